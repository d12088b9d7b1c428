/* rx.c - lanes, buffers and events of every batched receiver. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rx.h"

#define MAX_LANES 65536

/* A lane that was switched on within a hop has hops of its own, which end `lag` samples before the others': so many of
   its samples stay in `part` when a hop has been run. */
typedef struct {
    uint8_t lag;
    bool waits; /* for its first whole hop */
} lane_phase;

struct bc_rx {
    const bc_rx_kind *kind;
    int lanes, groups;
    int used; /* groups up to the last with a lane on: no other is looked at */
    size_t shared_bytes;
    void *shared;
    unsigned char *memory; /* of the groups, aligned within; calloc's, so that lanes never used cost no pages */
    unsigned char *group;
    int16_t *part;         /* two hops a lane: samples short of a hop (bc_rx_process) */
    lane_phase *phase;
    int have;              /* samples in each part, beside the lag */
    int lagging;           /* lanes with a lag */
    bc_rx_event *pending;  /* found but not yet handed over */
    int pending_count, pending_next;
};

static int room_of(const bc_rx_kind *kind, int lanes) { return kind->most * lanes * (BC_BLOCK / kind->hop + 1); }

static bool build(bc_rx *rx)
{
    size_t lanes = (size_t)rx->lanes, hop = (size_t)rx->kind->hop;
    rx->memory = calloc(1, (size_t)rx->groups * rx->kind->group_bytes + 63);
    rx->group = rx->memory + (64 - (uintptr_t)rx->memory % 64) % 64;
    rx->part = calloc(2 * lanes * hop, sizeof *rx->part);
    rx->phase = calloc(lanes, sizeof *rx->phase);
    rx->pending = calloc((size_t)room_of(rx->kind, rx->lanes), sizeof *rx->pending);
    return rx->memory && rx->part && rx->phase && rx->pending;
}

static int make(const bc_rx_kind *kind, int lanes, bc_rx **made)
{
    if (lanes < 1 || lanes > MAX_LANES)
        return BC_EINVAL;
    bc_rx *rx = *made = calloc(1, sizeof *rx);
    if (!rx)
        return BC_ENOMEM;
    rx->kind = kind;
    rx->lanes = lanes;
    rx->groups = (lanes + BC_LANES - 1) / BC_LANES;
    return build(rx) ? BC_OK : BC_ENOMEM;
}

bc_rx *bc_rx_new(const bc_rx_kind *kind, int lanes, void *shared, size_t bytes, int *error)
{
    bc_rx *rx = NULL;
    int result = make(kind, lanes, &rx);
    if (error)
        *error = result;
    if (result < 0) {
        free(shared);
        bc_rx_free(rx);
        return NULL;
    }
    rx->shared = shared;
    rx->shared_bytes = bytes;
    for (int i = 0; i < rx->groups; i++)
        bc_rx_group_at(rx, i)->shared = shared;
    return rx;
}

void bc_rx_free(bc_rx *rx)
{
    if (!rx)
        return;
    free(rx->shared);
    free(rx->memory);
    free(rx->part);
    free(rx->phase);
    free(rx->pending);
    free(rx);
}

int bc_rx_lanes(const bc_rx *rx) { return rx->lanes; }

size_t bc_rx_bytes(const bc_rx *rx)
{
    size_t lane = 2 * (size_t)rx->kind->hop * sizeof *rx->part + sizeof *rx->phase;
    return sizeof *rx + rx->shared_bytes + (size_t)rx->groups * rx->kind->group_bytes + (size_t)rx->lanes * lane +
           (size_t)room_of(rx->kind, rx->lanes) * sizeof *rx->pending;
}

int bc_rx_groups(const bc_rx *rx) { return rx->groups; }

static void *group_at(const bc_rx *rx, int group) { return rx->group + (size_t)group * rx->kind->group_bytes; }

bc_rx_group *bc_rx_group_at(bc_rx *rx, int group) { return group_at(rx, group); }

static int16_t *part_of(const bc_rx *rx, int lane) { return rx->part + 2 * (size_t)lane * (size_t)rx->kind->hop; }

static void set_enabled(bc_rx *rx, int lane, bool on)
{
    int group = lane / BC_LANES;
    uint32_t bit = 1u << lane % BC_LANES;
    bc_rx_group *g = group_at(rx, group);
    g->enabled = on ? g->enabled | bit : g->enabled & ~bit;
    if (on && rx->used <= group)
        rx->used = group + 1;
    while (rx->used > 0 && !bc_rx_group_at(rx, rx->used - 1)->enabled)
        rx->used--;
}

/* From a clean state, at the hop that follows. */
static void start(bc_rx *rx, int lane)
{
    bc_rx_group *g = group_at(rx, lane / BC_LANES);
    rx->kind->clear(g, lane % BC_LANES);
    g->since[lane % BC_LANES] = g->hops;
    set_enabled(rx, lane, true);
}

int bc_rx_enable(bc_rx *rx, int lane, int on)
{
    if (lane < 0 || lane >= rx->lanes)
        return BC_EINVAL;
    lane_phase *phase = &rx->phase[lane];
    rx->lagging -= phase->lag > 0;
    *phase = (lane_phase){0, false};
    set_enabled(rx, lane, false);
    if (on && rx->have) {
        *phase = (lane_phase){(uint8_t)(rx->kind->hop - rx->have), true};
        rx->lagging++;
    } else if (on) {
        start(rx, lane);
    }
    return BC_OK;
}

static void switch_all(bc_rx *rx, int on)
{
    rx->have = 0;
    rx->pending_count = rx->pending_next = 0;
    for (int lane = 0; lane < rx->lanes; lane++)
        bc_rx_enable(rx, lane, on);
}

void bc_rx_reset(bc_rx *rx) { switch_all(rx, 1); }
void bc_rx_rest(bc_rx *rx) { switch_all(rx, 0); }

int bc_rx_suspect(const bc_rx *rx, int lane)
{
    if (lane < 0 || lane >= rx->lanes || !rx->kind->suspect)
        return 0;
    const bc_rx_group *g = group_at(rx, lane / BC_LANES);
    return g->enabled >> (lane % BC_LANES) & 1 ? rx->kind->suspect(g, lane % BC_LANES) : 0;
}

/* ---- events ----------------------------------------------------------------------------------------------------- */
static int hand_over(bc_rx *rx, bc_rx_event *out, int max_events)
{
    int count = rx->pending_count - rx->pending_next;
    count = count < max_events ? count : max_events;
    if (count > 0) {
        memcpy(out, rx->pending + rx->pending_next, (size_t)count * sizeof *out);
        rx->pending_next += count;
    }
    if (rx->pending_next == rx->pending_count)
        rx->pending_next = rx->pending_count = 0;
    return count > 0 ? count : 0;
}

/* Room for a block's events behind those that still wait. */
static void close_up(bc_rx *rx)
{
    int left = rx->pending_count - rx->pending_next;
    memmove(rx->pending, rx->pending + rx->pending_next, (size_t)left * sizeof *rx->pending);
    rx->pending_next = 0;
    rx->pending_count = left;
}

static void run_hop(bc_rx *rx, int group, const int16_t *const samples[BC_LANES])
{
    bc_rx_group *g = group_at(rx, group);
    bc_rx_event *out = rx->pending + rx->pending_count;
    int count = rx->kind->run(g, samples, out);
    g->hops++;
    for (int i = 0; i < count; i++)
        out[i].lane += group * BC_LANES;
    rx->pending_count += count;
}

/* By lane; what a lane's hops found stays in order. There are few, and most in order already. */
static void by_lane(bc_rx_event *events, int count)
{
    for (int i = 1; i < count; i++) {
        bc_rx_event moving = events[i];
        int at = i;
        for (; at > 0 && events[at - 1].lane > moving.lane; at--)
            events[at] = events[at - 1];
        events[at] = moving;
    }
}

/* ---- a block of the bus ------------------------------------------------------------------------------------------ */
static void run_block(bc_rx *rx, int group, const int16_t *bus, const int32_t *row)
{
    const int16_t *samples[BC_LANES] = {0};
    uint32_t enabled = bc_rx_group_at(rx, group)->enabled;
    int from = rx->pending_count;
    for (int at = 0; at < BC_BLOCK; at += rx->kind->hop) {
        for (int l = 0; l < BC_LANES; l++)
            if (enabled >> l & 1)
                samples[l] = bus + (ptrdiff_t)row[group * BC_LANES + l] * BC_ROW + at;
        run_hop(rx, group, samples);
    }
    if (rx->kind->hop < BC_BLOCK)
        by_lane(rx->pending + from, rx->pending_count - from);
}

int bc_rx_block(bc_rx *rx, const int16_t *bus, const int32_t *row, bc_rx_event *out, int max_events)
{
    int total = hand_over(rx, out, max_events);
    if (rx->pending_count - rx->pending_next > rx->kind->most * rx->lanes)
        return total ? total : BC_EFULL;
    close_up(rx);
    for (int group = 0; group < rx->used; group++)
        if (bc_rx_group_at(rx, group)->enabled)
            run_block(rx, group, bus, row);
    return total + hand_over(rx, out + total, max_events - total);
}

/* ---- samples in any number --------------------------------------------------------------------------------------- */
/* A lane's hop, from its buffer or straight from the input. */
static const int16_t *hop_of(const bc_rx *rx, int lane, const int16_t *in, size_t stride)
{
    return rx->have || rx->phase[lane].lag ? part_of(rx, lane) : in + (size_t)lane * stride;
}

static void keep(bc_rx *rx, const int16_t *in, size_t stride, size_t n, bool all)
{
    for (int lane = 0; lane < rx->lanes; lane++) {
        const lane_phase *phase = &rx->phase[lane];
        /* In its first hop a lane has none of the samples that came before it. */
        int lag = phase->waits ? phase->lag - rx->kind->hop : phase->lag;
        if (all || phase->lag)
            memcpy(part_of(rx, lane) + lag + rx->have, in + (size_t)lane * stride, n * sizeof *in);
    }
}

static void after_hop(bc_rx *rx)
{
    for (int lane = 0; rx->lagging && lane < rx->lanes; lane++) {
        lane_phase *phase = &rx->phase[lane];
        if (phase->waits) {
            phase->waits = false;
            start(rx, lane);
        } else if (phase->lag) {
            memmove(part_of(rx, lane), part_of(rx, lane) + rx->kind->hop, phase->lag * sizeof(int16_t));
        }
    }
}

/* Rows lie far apart: ask for those of the next group while one is run, since no hardware sees the pattern. */
static void prefetch(const bc_rx *rx, int group, const int16_t *in, size_t stride)
{
    for (int l = 0; l < BC_LANES; l++) {
        int lane = group * BC_LANES + l;
        if (lane < rx->lanes) {
            const int16_t *row = in + (size_t)lane * stride;
            __builtin_prefetch(row);
            __builtin_prefetch(row + rx->kind->hop - 1);
        }
    }
}

static void run_all(bc_rx *rx, const int16_t *in, size_t stride)
{
    for (int group = 0; group < rx->used; group++) {
        const int16_t *samples[BC_LANES] = {0};
        uint32_t enabled = bc_rx_group_at(rx, group)->enabled;
        for (int l = 0; l < BC_LANES; l++)
            if (enabled >> l & 1)
                samples[l] = hop_of(rx, group * BC_LANES + l, in, stride);
        if (!rx->have)
            prefetch(rx, group + 1, in, stride);
        if (enabled)
            run_hop(rx, group, samples);
    }
    after_hop(rx);
}

/* Take what completes a hop, or all there is; run the hop. Returns how many samples were taken. */
static size_t take(bc_rx *rx, const int16_t *in, size_t stride, size_t n)
{
    size_t hop = (size_t)rx->kind->hop, want = hop - (size_t)rx->have, part = n < want ? n : want;
    bool whole = part == hop;
    if (!whole || rx->lagging)
        keep(rx, in, stride, part, !whole);
    if (part == want) {
        run_all(rx, in, stride);
        rx->have = 0;
    } else {
        rx->have += (int)part;
    }
    return part;
}

int bc_rx_process(bc_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed, bc_rx_event *out,
                  int max_events)
{
    size_t done = 0;
    int total = hand_over(rx, out, max_events);
    while (rx->pending_count == 0 && done < n) {
        done += take(rx, in + done, stride, n - done);
        total += hand_over(rx, out + total, max_events - total);
    }
    if (consumed)
        *consumed = done;
    return total;
}
