/* tick.c - 10 ms of every port: receive, detect, send, mix, transmit, record, report. */
#include <string.h>

#include "internal.h"

#define ROW_BYTES (BC_BLOCK * sizeof(int16_t))

/* ---- receive ------------------------------------------------------------------------------------------------------- */
void apply_gain(int16_t *row, int32_t gain)
{
    for (int i = 0; i < BC_BLOCK; i++) {
        int32_t x = (row[i] * gain + BC_GAIN_ONE / 2) >> 12;
        row[i] = (int16_t)(x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x);
    }
}

void silence(bc_engine *e, int32_t slot)
{
    if (!e->quiet[slot])
        memset(slot_row(e, slot), 0, ROW_BYTES);
    e->quiet[slot] = 1;
}

static void receive(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    int32_t slot = slot_in(id);
    if (p->closing) {
        silence(e, slot);
        return;
    }
    int16_t *row = slot_row(e, slot);
    if (p->ops->receive(p->state, row)) {
        e->quiet[slot] = 0;
        if (p->gain_in != BC_GAIN_ONE)
            apply_gain(row, p->gain_in);
    } else {
        silence(e, slot);
    }
    if (!p->ops->sense)
        return;
    uint32_t bits = p->ops->sense(p->state);
    if (bits != p->line_bits &&
        post(e, id, BC_EV_LINE, true, 0, (int32_t)bits, (int32_t)(bits ^ p->line_bits), 0, 0))
        p->line_bits = bits; /* else latched: told as soon as there is room */
}

/* ---- detectors ------------------------------------------------------------------------------------------------------ */
static void detect_sound(bc_engine *e, port *p, int32_t id)
{
    uint64_t energy = e->quiet[slot_in(id)] ? 0 : bc_energy(e->isa, slot_row(e, slot_in(id)), BC_BLOCK);
    bool sound = energy > e->silence_energy;
    jobs_sound(p, sound);
    p->sound_run = sound == p->sound ? 0 : p->sound_run + 1;
    if (p->sound_run >= (sound ? 3u : 20u)) { /* 30 ms makes sound, 200 ms makes silence */
        p->sound = sound;
        p->sound_run = 0;
        post(e, id, BC_EV_SOUND, false, 0, sound, 0, (float)bc_level_dbm0(energy, BC_BLOCK), 0);
    }
}

/* Is a 20 ms window mostly the progress frequency? Goertzel's power against the window's, no libm. */
static bool tone_present(bc_engine *e, const port *p, const int16_t *row)
{
    float s1 = 0, s2 = 0, energy = 0;
    for (int i = 0; i < 2 * BC_BLOCK; i++) {
        float x = (float)(i < BC_BLOCK ? p->tone_tail[i] : row[i - BC_BLOCK]);
        float s = x + e->tone_coefficient * s1 - s2;
        s2 = s1;
        s1 = s;
        energy += x * x;
    }
    float power = s1 * s1 + s2 * s2 - e->tone_coefficient * s1 * s2;
    /* A pure tone in the middle of the bin gives power = energy * N / 2. */
    return energy > (float)(2 * e->silence_energy) && power > 0.6f * energy * (float)BC_BLOCK;
}

static void detect_tone(bc_engine *e, port *p, int32_t id)
{
    const int16_t *row = slot_row(e, slot_in(id));
    bool tone = tone_present(e, p, row);
    memcpy(p->tone_tail, row, sizeof p->tone_tail);
    p->tone_run++;
    p->tone_flip = tone == p->tone ? 0 : p->tone_flip + 1;
    if (p->tone_flip < 3) /* 30 ms: clicks and dropouts do not count */
        return;
    if (post(e, id, BC_EV_TONE, true, 0, tone, (int32_t)(p->tone_run - p->tone_flip), 0, 0)) {
        p->tone = tone;
        p->tone_run = p->tone_flip;
        p->tone_flip = 0;
    }
}

/* ---- transmit -------------------------------------------------------------------------------------------------------- */
static void transmit(bc_engine *e, port *p, int32_t id)
{
    int16_t scratch[BC_ROW] __attribute__((aligned(64)));
    bool media = !e->quiet[slot_media(id)], heard = p->listen >= 0 && !e->quiet[p->listen];
    const int16_t *out = media ? slot_row(e, slot_media(id)) : heard ? slot_row(e, p->listen) : NULL;
    if (media && heard) {
        bc_mix_add(e->isa, scratch, out, slot_row(e, p->listen), BC_BLOCK);
        out = scratch;
    }
    if (out && p->gain_out != BC_GAIN_ONE) {
        if (out != scratch)
            memcpy(scratch, out, ROW_BYTES);
        apply_gain(scratch, p->gain_out);
        out = scratch;
    }
    p->ops->transmit(p->state, out);
}

/* ---- the tick ---------------------------------------------------------------------------------------------------------- */
static void retire(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    silence(e, slot_in(id));
    silence(e, slot_media(id));
    int32_t at = 0;
    while (e->active[at] != id)
        at++;
    if (!post(e, id, BC_EV_CLOSED, true, 0, 0, 0, 0, 0))
        return;
    memmove(&e->active[at], &e->active[at + 1], (size_t)(--e->active_count - at) * sizeof *e->active);
    p->active = false;
    e->tap_count -= p->tap;
}

static void report(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    bool idle = jobs_report(e, p);
    if (p->waiting)
        signals_tell(e, id);
    if (p->lost && post(e, id, BC_EV_LOST, true, 0, (int32_t)p->lost, 0, 0, 0))
        p->lost = 0;
    if (p->closing && idle)
        retire(e, id);
}

void do_tick(bc_engine *e)
{
    drain_commands(e);
    for (int32_t i = 0; i < e->active_count; i++)
        if (!e->port[e->active[i]].tap)
            receive(e, e->active[i]);
    if (e->tap_count)
        receive_taps(e);
    detect_signals(e);
    for (int32_t i = 0; i < e->active_count; i++) {
        int32_t id = e->active[i];
        port *p = &e->port[id];
        if (p->detect & BC_DETECT_TONE)
            detect_tone(e, p, id);
        if (p->detect & BC_DETECT_SOUND)
            detect_sound(e, p, id);
        if (!p->tap)
            hush(e, id);
        send_block(e, id);
    }
    if (e->tap_count)
        hush_taps(e);
    mix_conferences(e);
    for (int32_t i = 0; i < e->active_count; i++) {
        int32_t id = e->active[i];
        port *p = &e->port[id];
        if (!p->closing && !p->tap)
            transmit(e, p, id);
        after_block(e, id);
    }
    for (int32_t i = 0; i < e->active_count;) {
        int32_t id = e->active[i];
        report(e, id);
        if (i < e->active_count && e->active[i] == id) /* else it was retired */
            i++;
    }
    COUNT(e, port_ticks, e->active_count);
    e->now++;
    atomic_store_explicit(&e->tick, e->now, memory_order_release);
}
