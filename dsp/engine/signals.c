/* signals.c - what detectors' events do: they are told, given to the rules of jobs, and kept secret.

   What begins and ends goes through a latch. A beginning that finds no room is told when there is some, if it lasts
   still; the end of what was told is told in any case, before anything else of its kind. A digit whose beginning finds
   no room is lost, and counted: who is told of it later would take it for a digit of then. */
#include <string.h>

#include "bc_tones.h"
#include "internal.h"

static bool tell(bc_engine *e, int32_t id, int which, const signal_told *s, bool on)
{
    static const int32_t kinds[LATCHES] = {
        [LATCH_TONES] = BC_EV_TONE_HEARD, [LATCH_MODEM] = BC_EV_MODEM, [LATCH_MF] = BC_EV_MF,
        [LATCH_SOUND] = BC_EV_TONE_SOUND};
    bool digit = which == LATCH_DTMF;
    return post_event(e, true, (bc_event){.port = id, .kind = !digit ? kinds[which] : on ? BC_EV_DIGIT : BC_EV_DIGIT_END,
                                          .a = digit ? s->code : on, .b = digit ? 0 : s->code, .x = s->x, .y = s->y,
                                          .z = s->z, .lasted = (uint32_t)(e->now + 1 - s->since)});
}

/* Tell what is to be told, in order, as far as there is room. */
static void settle(bc_engine *e, int32_t id, int which)
{
    port *p = &e->port[id];
    latch *l = &p->latch[which];
    if (l->over && tell(e, id, which, &l->ending, false))
        l->over = l->told = false;
    if (l->on && !l->told)
        l->told = tell(e, id, which, &l->now, true);
    bool waits = l->over || (l->on && !l->told);
    p->waiting = waits ? p->waiting | 1u << which : p->waiting & ~(1u << which);
}

static bool now_told(const latch *l) { return l->on && l->told && !l->over; }

/* True if its beginning was told. */
static bool latch_end(bc_engine *e, int32_t id, int which, const signal_told *s)
{
    latch *l = &e->port[id].latch[which];
    if (which != LATCH_DTMF && l->now.code != s->code)
        return true; /* ended when another began */
    bool told = now_told(l);
    if (told) {
        l->ending = *s;
        l->over = l->ends;
        l->told = l->ends;
    }
    l->on = false;
    settle(e, id, which);
    return told;
}

/* What is on, as long as it has lasted. */
static signal_told so_far(const bc_engine *e, const latch *l, int which)
{
    signal_told s = l->now;
    float ms = (float)(e->now - s.since) * 10;
    if (which == LATCH_TONES)
        s.z = ms;
    else
        s.y = ms;
    return s;
}

static bool latch_begin(bc_engine *e, int32_t id, int which, const signal_told *s)
{
    latch *l = &e->port[id].latch[which];
    if (l->on) {
        signal_told before = so_far(e, l, which);
        latch_end(e, id, which, &before);
    }
    l->now = *s;
    l->on = true;
    l->ends = which != LATCH_DTMF || e->port[id].detect & BC_DETECT_DIGIT_ENDS;
    settle(e, id, which);
    return now_told(l);
}

static void lost(bc_engine *e, port *p)
{
    p->lost++;
    COUNT(e, digits_lost, 1);
}

/* ---- digits -------------------------------------------------------------------------------------------------------- */
static signal_told shown(const port *p, const signal_told *s)
{
    return p->secret ? (signal_told){.since = s->since, .y = s->y} : *s;
}

static void digit_begin(bc_engine *e, int32_t id, const signal_told *s)
{
    port *p = &e->port[id];
    signal_told told = shown(p, s);
    p->digit_on = true;
    record_blank(e, id, (s->since > 2 ? s->since - 2 : 0) + p->delay, p->secret || p->delay);
    p->due_told = latch_begin(e, id, LATCH_DTMF, &told);
    if (!p->due_told)
        p->latch[LATCH_DTMF].on = false; /* not when it is old */
    p->due = p->late ? (uint8_t)s->code : 0;
    p->due_tick = s->since;
    bool kept = p->late || jobs_digit(e, id, (uint8_t)s->code, s->since);
    if (!p->due_told || !kept)
        lost(e, p);
}

static void digit_counts(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    uint8_t digit = p->due;
    p->due = 0;
    if (digit && !jobs_digit(e, id, digit, p->due_tick) && p->due_told)
        lost(e, p);
}

/* `last_tick`: the last in which it sounded. */
static void digit_end(bc_engine *e, int32_t id, const signal_told *s, uint64_t last_tick)
{
    port *p = &e->port[id];
    signal_told told = shown(p, s);
    p->digit_on = false;
    mute_until(e, p, last_tick);
    latch_end(e, id, LATCH_DTMF, &told);
    digit_counts(e, id);
    if (p->secret_ends)
        p->secret = p->secret_ends = false;
    if (p->mute_ends)
        mute(p, false);
}

/* ---- all ----------------------------------------------------------------------------------------------------------- */
/* Of the set or of a modem: it may end jobs. */
static void tone_heard(bc_engine *e, int32_t id, int ear, bool on, const signal_told *s)
{
    port *p = &e->port[id];
    uint32_t bit = (uint32_t)s->code < 32 ? 1u << s->code : 0, *all = ear == EAR_MODEM ? &p->modem_on : &p->tones_on;
    *all = on ? *all | bit : *all & ~bit;
    if (!on) {
        latch_end(e, id, ear, s);
        return;
    }
    latch_begin(e, id, ear, s);
    jobs_tone(e, p, ear == EAR_MODEM ? BC_END_MODEM : BC_END_TONE, s->code);
}

static void mf_heard(bc_engine *e, int32_t id, bool on, const signal_told *s)
{
    if (on)
        latch_begin(e, id, LATCH_MF, s);
    else if (!latch_end(e, id, LATCH_MF, s))
        lost(e, &e->port[id]); /* came and went unseen */
}

static void sound_heard(bc_engine *e, int32_t id, bool on, const signal_told *s)
{
    if (!on)
        latch_end(e, id, LATCH_SOUND, s);
    else if (e->port[id].detect & BC_DETECT_TONE_SOUNDS)
        latch_begin(e, id, LATCH_SOUND, s);
}

void signal_heard(bc_engine *e, int32_t id, int ear, uint64_t lane_tick, const bc_rx_event *heard)
{
    float ms = (float)heard->duration * (1000.0f / BC_RATE_HZ);
    signal_told s = {.code = heard->code, .since = lane_tick + heard->start / BC_BLOCK, .x = heard->level_dbm0, .y = ms,
                     .z = heard->detail};
    bool on = heard->kind == BC_RX_BEGIN;
    if (ear == EAR_DTMF) {
        if (on)
            digit_begin(e, id, &s);
        else
            digit_end(e, id, &s, lane_tick + (heard->start + heard->duration) / BC_BLOCK);
    } else if (ear == EAR_MF) {
        mf_heard(e, id, on, &s);
    } else if (ear == EAR_MODEM) {
        tone_heard(e, id, ear, on, &s);
    } else if (heard->kind > BC_RX_END) {
        sound_heard(e, id, heard->kind == BC_TONES_SOUND_BEGIN, &s);
    } else {
        s.y = heard->detail;
        s.z = ms;
        tone_heard(e, id, ear, on, &s);
    }
}

/* Nobody listens any more: what is on ends now. */
static void cease(bc_engine *e, int32_t id, int which)
{
    latch *l = &e->port[id].latch[which];
    signal_told s = so_far(e, l, which);
    if (which == LATCH_DTMF)
        digit_end(e, id, &s, e->now);
    else if (l->on)
        latch_end(e, id, which, &s);
}

void signals_cease(bc_engine *e, int32_t id, int ear)
{
    port *p = &e->port[id];
    if (ear == EAR_TONES) {
        p->tones_on = 0;
        cease(e, id, LATCH_SOUND);
    }
    if (ear == EAR_MODEM)
        p->modem_on = 0;
    if (ear != EAR_DTMF || p->digit_on)
        cease(e, id, ear);
}

/* What has waited for room. */
void signals_tell(bc_engine *e, int32_t id)
{
    for (int which = 0; which < LATCHES; which++)
        if (e->port[id].waiting >> which & 1)
            settle(e, id, which);
}
