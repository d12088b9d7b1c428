/* mf_rx.c - batched MF receiver: lanes, buffers and events around the kernel in mf_lanes.inc, which says how signals
   are recognised. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mf_lanes.h"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define PEAK 1023.0       /* of the correlator's window, make_mf.py */
#define MARGIN_DB 0.8     /* limits hold at 100 %: the decision stands a little outside them */
#define HALF 0.5          /* hops: a window weighs its last hop by half */

struct bc_mf_rx {
    int lanes, groups;
    bc_mf_hop *hop;
    int16_t (*part)[HOP];  /* by lane: samples short of a hop (bc_mf_rx_process) */
    size_t have;
    bc_mf_event *pending;  /* found but not yet handed over: at most 4 a lane */
    int pending_count, pending_next;
    bc_mf_group *group;
};

/* What differs between the kinds. Levels and twist: Q.323 for R1, Q.455 for R2, both quoted from memory (unverified):
   R1 receivers take a twist of 6 dB; R2 receivers take -35 dBm0 and 7 dB (5 dB of adjacent tones) and refuse -42 dBm0
   and 20 dB. */
typedef struct {
    double window; /* samples: its sum over PEAK, half of its length */
    double purity, present, twist_db, min_level_dbm0;
} bc_mf_set;
static const bc_mf_set sets[] = {
    [BC_MF_R1] = {60, 0.55, 0.03, 6, -30},
    [BC_MF_R2_FORWARD] = {80, 0.65, 0.06, 7, -38},
    [BC_MF_R2_BACKWARD] = {80, 0.65, 0.06, 7, -38},
};

static int bad_kind(int kind) { return kind < BC_MF_R1 || kind > BC_MF_R2_BACKWARD; }

void bc_mf_defaults(int kind, bc_mf_options *options)
{
    if (bad_kind(kind))
        return;
    options->twist_db = sets[kind].twist_db;
    options->min_level_dbm0 = sets[kind].min_level_dbm0;
}

/* |X|^2 of a tone at a level: a sine of amplitude A gives X = A/2 * sum of the window. */
static double power_at(int kind, double level_dbm0)
{
    double amplitude = RMS_0DBM0 * sqrt(2.0) * pow(10.0, level_dbm0 / 20);
    double x = amplitude / 2 * sets[kind].window * PEAK;
    return x * x;
}

static int bad_options(const bc_mf_options *o)
{
    return !(o->twist_db >= 0 && o->twist_db <= 30) || !(o->min_level_dbm0 >= -60 && o->min_level_dbm0 <= 0);
}

static bc_mf_limits limits_of(int kind, const bc_mf_options *options)
{
    double sum = sets[kind].window * PEAK;
    return (bc_mf_limits){
        .min_power = (float)power_at(kind, options->min_level_dbm0 - MARGIN_DB),
        .twist = (float)pow(10.0, (options->twist_db + MARGIN_DB) / 10),
        .tone_energy = (float)(4.0 * HOP / (sum * sum)),
        .purity = (float)sets[kind].purity,
        .present = (float)sets[kind].present,
    };
}

static bc_mf_hop *kernel_for(int isa)
{
#if defined(__x86_64__)
    if (isa == BC_ISA_AVX512)
        return bc_mf_hop_avx512;
    if (isa == BC_ISA_AVX2)
        return bc_mf_hop_avx2;
#endif
    return isa == BC_ISA_SCALAR ? bc_mf_hop_scalar : NULL;
}

static void clear_column(float (*rows)[BC_LANES], size_t count, int l)
{
    for (size_t i = 0; i < count; i++)
        rows[i][l] = 0;
}

static void clear_lane(bc_mf_group *g, int l)
{
    memset(g->first[l], 0, sizeof g->first[l]);
    clear_column(g->energy, RING, l);
    for (int i = 0; i < RING; i++)
        clear_column(g->power[i], TONES, l);
    g->on[l] = g->a[l] = g->b[l] = 0;
    g->whole[0][l] = g->whole[1][l] = 1;
    g->since[l] = g->hops;
}

static bc_mf_rx *build(int kind, int lanes, bc_mf_hop *hop, const bc_mf_options *options)
{
    bc_mf_rx *rx = calloc(1, sizeof *rx);
    if (!rx)
        return NULL;
    rx->lanes = lanes;
    rx->groups = (lanes + BC_LANES - 1) / BC_LANES;
    rx->hop = hop;
    rx->part = calloc((size_t)lanes, sizeof *rx->part);
    rx->pending = calloc(4 * (size_t)lanes, sizeof *rx->pending);
    rx->group = aligned_alloc(64, (size_t)rx->groups * sizeof *rx->group);
    if (!rx->part || !rx->pending || !rx->group) {
        bc_mf_rx_free(rx);
        return NULL;
    }
    memset(rx->group, 0, (size_t)rx->groups * sizeof *rx->group);
    for (int i = 0; i < rx->groups; i++) {
        rx->group[i].kind = kind;
        rx->group[i].limits = limits_of(kind, options);
    }
    return rx;
}

bc_mf_rx *bc_mf_rx_new(int kind, int lanes, int isa, const bc_mf_options *options, int *error)
{
    bc_mf_options defaults = {0, 0};
    bc_mf_defaults(kind, &defaults);
    if (!options)
        options = &defaults;
    int resolved = bc_isa_resolve(isa), result = BC_OK;
    bc_mf_rx *rx = NULL;
    if (bad_kind(kind) || lanes < 1 || lanes > 65536 || bad_options(options))
        result = BC_EINVAL;
    else if (resolved < 0)
        result = resolved;
    else if (!(rx = build(kind, lanes, kernel_for(resolved), options)))
        result = BC_ENOMEM;
    if (error)
        *error = result;
    return rx;
}

void bc_mf_rx_free(bc_mf_rx *rx)
{
    if (!rx)
        return;
    free(rx->part);
    free(rx->pending);
    free(rx->group);
    free(rx);
}

int bc_mf_rx_enable(bc_mf_rx *rx, int lane, int on)
{
    if (lane < 0 || lane >= rx->lanes)
        return BC_EINVAL;
    bc_mf_group *g = &rx->group[lane / BC_LANES];
    int l = lane % BC_LANES;
    clear_lane(g, l);
    memset(rx->part[lane], 0, sizeof rx->part[lane]);
    g->enabled = on ? g->enabled | 1u << l : g->enabled & ~(1u << l);
    return BC_OK;
}

void bc_mf_rx_reset(bc_mf_rx *rx)
{
    for (int lane = 0; lane < rx->lanes; lane++)
        bc_mf_rx_enable(rx, lane, 1);
    rx->have = 0;
    rx->pending_count = rx->pending_next = 0;
}

static uint64_t lane_now(const bc_mf_group *g, int l) { return (g->hops - g->since[l]) * HOP; }

static uint64_t go_back(uint64_t now, double hops)
{
    uint64_t samples = (uint64_t)(hops * HOP);
    return samples < now ? now - samples : 0;
}

/* How much of a window a tone fills, 0 to 1: the square root of its share of the power of a whole one. */
static double filled(const bc_mf_group *g, int l, int tone, uint32_t back, double whole)
{
    double share = (double)g->power[(g->at - back) % RING][tone][l] / whole;
    return share < 1 ? sqrt(share) : 1;
}

/* Hops that a tone has sounded, of the latest. Windows of 20 ms add up to 1 everywhere, but for the last hop. */
static double sounded(const bc_mf_group *g, int l, int tone, double whole)
{
    double hops = HALF;
    for (uint32_t back = 0; back < RING; back++)
        hops += filled(g, l, tone, back, whole);
    return hops;
}

/* Hops that a tone has been away, of the latest three. */
static double away(const bc_mf_group *g, int l, int tone, double whole)
{
    double hops = HALF;
    for (uint32_t back = 0; back < RING - 1; back++)
        hops += 1 - filled(g, l, tone, back, whole);
    return hops;
}

static bc_mf_event event_of(const bc_mf_group *g, int l, int kind, uint64_t until)
{
    uint64_t length = until > g->start[l] ? until - g->start[l] : 0;
    return (bc_mf_event){
        .kind = kind,
        .signal = 1 + g->a[l] + g->b[l] * (g->b[l] - 1) / 2,
        .level_dbm0 = g->level_dbm0[l],
        .twist_db = g->twist_db[l],
        .duration = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX,
        .start = g->start[l],
        .at = lane_now(g, l),
    };
}

/* To the hundredth: so that libms agree. */
static float hundredths(double x) { return (float)(round(x * 100) / 100); }

static void begin(bc_mf_group *g, int l)
{
    int a = g->found_a[l], b = g->found_b[l];
    double power_a = (double)g->power[g->at][a][l], power_b = (double)g->power[g->at][b][l];
    double since_a = sounded(g, l, a, power_a), since_b = sounded(g, l, b, power_b);
    double level_a = 10 * log10(power_a / power_at(g->kind, 0)), level_b = 10 * log10(power_b / power_at(g->kind, 0));
    g->a[l] = a;
    g->b[l] = b;
    g->on[l] = -1;
    g->whole[0][l] = (float)power_a;
    g->whole[1][l] = (float)power_b;
    g->start[l] = go_back(lane_now(g, l), since_a < since_b ? since_a : since_b);
    g->level_dbm0[l] = hundredths((level_a + level_b) / 2);
    g->twist_db[l] = hundredths(g->kind == BC_MF_R2_BACKWARD ? level_a - level_b : level_b - level_a);
}

static uint64_t end_of(const bc_mf_group *g, int l)
{
    double a = away(g, l, g->a[l], (double)g->whole[0][l]), b = away(g, l, g->b[l], (double)g->whole[1][l]);
    return go_back(lane_now(g, l), a > b ? a : b);
}

/* One hop of one group; up to 2 events a lane, in lane order. */
static int run_group(bc_mf_rx *rx, int group, const int16_t *const samples[BC_LANES], bc_mf_event *out)
{
    bc_mf_group *g = &rx->group[group];
    int count = 0;
    uint32_t mask = rx->hop(g, samples) & g->enabled;
    g->hops++;
    for (int l = 0; mask; l++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        int from = count;
        if (g->ending[l]) {
            out[count++] = event_of(g, l, BC_MF_END, end_of(g, l));
            g->on[l] = 0;
        }
        if (g->beginning[l]) {
            begin(g, l);
            out[count++] = event_of(g, l, BC_MF_BEGIN, lane_now(g, l));
        }
        for (; from < count; from++)
            out[from].lane = group * BC_LANES + l;
    }
    return count;
}

static int hand_over(bc_mf_rx *rx, bc_mf_event *out, int max_events)
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

/* Room for two more events a lane behind those that still wait. */
static void close_up(bc_mf_rx *rx)
{
    int left = rx->pending_count - rx->pending_next;
    memmove(rx->pending, rx->pending + rx->pending_next, (size_t)left * sizeof *rx->pending);
    rx->pending_next = 0;
    rx->pending_count = left;
}

int bc_mf_rx_block(bc_mf_rx *rx, const int16_t *bus, const int32_t *row, bc_mf_event *out, int max_events)
{
    int total = hand_over(rx, out, max_events);
    if (rx->pending_count - rx->pending_next > 2 * rx->lanes)
        return total ? total : BC_EFULL;
    close_up(rx);
    for (int group = 0; group < rx->groups; group++) {
        const int16_t *samples[BC_LANES] = {0};
        uint32_t enabled = rx->group[group].enabled;
        if (!enabled)
            continue;
        for (int l = 0; l < BC_LANES; l++)
            if (enabled >> l & 1)
                samples[l] = bus + (ptrdiff_t)row[group * BC_LANES + l] * BC_ROW;
        rx->pending_count += run_group(rx, group, samples, rx->pending + rx->pending_count);
    }
    return total + hand_over(rx, out + total, max_events - total);
}

/* Every lane's hop, from the buffer or straight from the input. */
static void run_hop(bc_mf_rx *rx, const int16_t *in, size_t stride)
{
    for (int group = 0; group < rx->groups; group++) {
        const int16_t *samples[BC_LANES] = {0};
        uint32_t enabled = rx->group[group].enabled;
        for (int l = 0; l < BC_LANES; l++) {
            int lane = group * BC_LANES + l;
            if (enabled >> l & 1)
                samples[l] = rx->have ? rx->part[lane] : in + (size_t)lane * stride;
        }
        if (enabled)
            rx->pending_count += run_group(rx, group, samples, rx->pending + rx->pending_count);
    }
}

static void keep(bc_mf_rx *rx, const int16_t *in, size_t stride, size_t n)
{
    for (int lane = 0; lane < rx->lanes; lane++)
        memcpy(rx->part[lane] + rx->have, in + (size_t)lane * stride, n * sizeof *in);
    rx->have += n;
}

int bc_mf_rx_process(bc_mf_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed, bc_mf_event *out,
                     int max_events)
{
    size_t done = 0;
    int total = hand_over(rx, out, max_events);
    while (rx->pending_count == 0 && done < n) {
        size_t want = HOP - rx->have, left = n - done;
        if (rx->have || left < HOP) {
            size_t part = left < want ? left : want;
            keep(rx, in + done, stride, part);
            done += part;
            if (rx->have < HOP)
                break;
            run_hop(rx, NULL, 0);
            rx->have = 0;
        } else {
            run_hop(rx, in + done, stride);
            done += HOP;
        }
        total += hand_over(rx, out + total, max_events - total);
    }
    if (consumed)
        *consumed = done;
    return total;
}
