/* tones_edges.c - where a sound begins and ends, from the labels and powers of a lane's hops.

   Theory of operation. While the edge of a tone passes through a window that is symmetric about its middle, the
   amplitude of its correlation is half of the whole when the edge stands in the middle: interpolated between hops, the
   place of an edge comes out to about a millisecond, whatever its alignment, as long as the tone and the pause are
   each longer than half a window. Of several frequencies the weakest counts. The power of a sound that beats is the
   mean over a period, which has fallen to half in the middle of that longer window.

   A gap is bridged if its two edges are less than 22 ms apart. */
#include <math.h>

#include "tones.h"

#define QUARTER 0.25f        /* power at half the amplitude */
#define HALF 0.5f
#define FILLED 0.97f         /* power of windows that the sound fills */
#define BRIDGED 176          /* samples */
#define GONE 3               /* hops under a quarter: longer than what is bridged */
#define FIRM 2               /* hops with the same label */
#define SETTLES 6            /* hops in which a new sound's power is still looked for */
#define FOLLOWS 8            /* hops between looks at its power later on */
#define LOST 10              /* hops without label, yet with power, at which a sound is over */
#define OTHER 16             /* hops of something else that are not the beginning of a sound */
#define REACH (RING - LAGS - 2)
#define LOUD 0.12f           /* of the latest sound's energy: less is the noise of a pause */

static float power_of(const bc_tones_group *g, int lane, const bc_tones_sort *sound, int part, int back)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    int bin = sound->bin[part], hops = sound->beat < 0 ? 1 : set->beat[sound->beat].period;
    float sum = 0;
    for (int i = 0; i < hops; i++)
        sum += g->power[(g->at - (uint32_t)(back + i)) % RING][bin][lane];
    return sum / (float)hops;
}

/* The power of the weakest part in its whole power, so many hops ago. */
static float share_of(const bc_tones_group *g, int lane, int number, int back)
{
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    float least = 2;
    for (int i = 0; i < sound->parts; i++) {
        float share = power_of(g, lane, sound, i, back) / g->edges[lane].scale[i];
        least = share < least ? share : least;
    }
    return least;
}

static float threshold(const bc_tones_sort *sound) { return sound->beat < 0 ? QUARTER : HALF; }

/* Sample of the lane in the middle of the window of so many hops ago. */
static double middle(const bc_tones_group *g, int lane, const bc_tones_sort *sound, int back)
{
    double delay = DELAY;
    if (sound->beat >= 0)
        delay += (bc_tones_set_of(g)->beat[sound->beat].period - 1) * HOP / 2.0;
    return (double)bc_rx_now(&g->rx, lane, HOP) - delay - back * HOP;
}

static uint64_t sample(double at) { return at > 0 ? (uint64_t)(at + 0.5) : 0; }

/* Where the share passes the threshold between `back` + 1 hops ago and `back` hops ago. */
static double crossing(const bc_tones_group *g, int lane, int number, int back)
{
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    float before = share_of(g, lane, number, back + 1), after = share_of(g, lane, number, back);
    float level = threshold(sound);
    if (sound->beat < 0) {
        before = sqrtf(before);
        after = sqrtf(after);
        level = HALF;
    }
    float step = after - before, part = step != 0 ? (level - before) / step : 0;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return middle(g, lane, sound, back + 1) + HOP * (double)part;
}

/* ---- a sound begins ------------------------------------------------------------------------------------------------ */
static void find_whole(bc_tones_group *g, int lane, int number, int hops)
{
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    bc_tones_edges *e = &g->edges[lane];
    for (int i = 0; i < sound->parts; i++) {
        for (int back = 0; back < hops; back++) {
            float power = power_of(g, lane, sound, i, back);
            e->whole[i] = power > e->whole[i] ? power : e->whole[i];
        }
    }
}

/* A window of which half is filled has more than half the amplitude if the tone is off its frequency: by how much was
   computed and fitted. The scale makes that a half again. */
static void find_scale(bc_tones_group *g, int lane, int number)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    const bc_tones_sort *sound = &set->sound[number];
    bc_tones_edges *e = &g->edges[lane];
    for (int i = 0; i < sound->parts; i++) {
        const bc_tones_bin *bin = &set->bin[sound->bin[i]];
        float off = 1 - g->cosine[sound->bin[i]][lane];
        float more = bin->wide ? 0.088f + off * (0.024f + off * 0.02f) : 0.36f + off * (0.14f + off * 0.12f);
        float edge = sound->beat < 0 ? 1 + off * more : 1;
        e->scale[i] = e->whole[i] * edge * edge;
    }
}

static uint64_t find_start(const bc_tones_group *g, int lane, int number)
{
    const bc_tones_edges *e = &g->edges[lane];
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    for (int back = 0; back < REACH; back++) {
        if (share_of(g, lane, number, back + 1) < threshold(sound)) {
            uint64_t at = sample(crossing(g, lane, number, back));
            return at > e->end ? at : e->end;
        }
    }
    /* It was there already, in another sound that ended: or under what was no sound. */
    double far = middle(g, lane, sound, REACH);
    return (double)e->end > far ? e->end : sample(middle(g, lane, sound, FIRM));
}

/* To the hundredth: so that libms agree. */
static float find_level(const bc_tones_group *g, int lane, int number)
{
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    double sum = 0;
    for (int i = 0; i < sound->parts; i++)
        sum += (double)(g->edges[lane].whole[i] * g->gain[sound->bin[i]][lane]);
    return (float)(round(1000 * log10(sum / sound->tones / bc_tones_power_at(0))) / 100);
}

/* What beats is labelled by sums that outlast it. */
static int already_over(const bc_tones_group *g, int lane, int number)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    const bc_tones_sort *sound = &set->sound[number];
    if (sound->beat < 0)
        return 0;
    float now = power_of(g, lane, sound, 0, 0), before = power_of(g, lane, sound, 0, set->beat[sound->beat].period);
    return now < before * HALF || now < set->least_power;
}

static void begin(bc_tones_group *g, int lane, int number, bc_tones_change *change)
{
    bc_tones_edges *e = &g->edges[lane];
    e->sound = number;
    e->age = e->ending = e->lost = e->other = 0;
    for (int i = 0; i < BC_TONES_FREQS; i++)
        e->whole[i] = 1e-9f;
    find_whole(g, lane, number, FIRM + 1);
    find_scale(g, lane, number);
    e->start = find_start(g, lane, number);
    e->energy = g->weighed[lane];
    e->level_dbm0 = find_level(g, lane, number);
    change->began = number;
    change->began_at = e->start;
}

/* ---- and ends ------------------------------------------------------------------------------------------------------ */
static void end(bc_tones_group *g, int lane, double at, bc_tones_change *change)
{
    bc_tones_edges *e = &g->edges[lane];
    e->end = sample(at) > e->start ? sample(at) : e->start;
    change->ended = e->sound;
    change->ended_start = e->start;
    change->ended_at = e->end;
    change->ended_level_dbm0 = e->level_dbm0;
    e->sound = SILENCE;
    e->ending = 0;
}

/* Does the sound fill the latest window? */
static int filled(const bc_tones_group *g, int lane, int number)
{
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[number];
    int whole = 1;
    for (int i = 0; i < sound->parts; i++)
        whole &= power_of(g, lane, sound, i, 0) >= g->edges[lane].whole[i] * FILLED;
    return whole;
}

/* Its power is looked for at first, then followed slowly, in windows that it fills. */
static void settle(bc_tones_group *g, int lane)
{
    bc_tones_edges *e = &g->edges[lane];
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[e->sound];
    int young = e->age < SETTLES;
    if (young) {
        find_whole(g, lane, e->sound, 1);
        e->energy = g->weighed[lane] > e->energy ? g->weighed[lane] : e->energy;
    }
    if ((!young && e->age % FOLLOWS) || g->label[lane] != e->sound || !filled(g, lane, e->sound))
        return;
    for (int i = 0; i < sound->parts && !young; i++)
        e->whole[i] += (power_of(g, lane, sound, i, 0) - e->whole[i]) * HALF;
    find_scale(g, lane, e->sound);
    e->level_dbm0 = find_level(g, lane, e->sound);
}

/* A sound is on: is it still there? */
static void follow(bc_tones_group *g, int lane, bc_tones_change *change)
{
    bc_tones_edges *e = &g->edges[lane];
    const bc_tones_sort *sound = &bc_tones_set_of(g)->sound[e->sound];
    e->age++;
    if (share_of(g, lane, e->sound, 0) >= threshold(sound)) {
        if (e->ending) {
            double up = crossing(g, lane, e->sound, 0);
            if (up - (double)e->end > BRIDGED) {
                end(g, lane, (double)e->end, change);
                return;
            }
            e->ending = 0;
        }
        settle(g, lane);
    } else {
        if (!e->ending)
            e->end = sample(crossing(g, lane, e->sound, 0));
        if (++e->ending >= GONE) {
            end(g, lane, (double)e->end, change);
            return;
        }
    }
    e->lost = g->label[lane] == e->sound ? 0 : e->lost + 1;
    if (e->lost >= LOST)
        end(g, lane, middle(g, lane, sound, e->lost), change);
}

/* Another sound is there. Without an end of the old one seen, it ended where the new one began. */
static void give_way(bc_tones_group *g, int lane, int number, bc_tones_change *change)
{
    bc_tones_edges *e = &g->edges[lane], old = *e;
    if (e->ending) {
        end(g, lane, (double)e->end, change);
        return;
    }
    e->end = e->start;
    begin(g, lane, number, change);
    e->end = e->start;
    change->ended = old.sound;
    change->ended_start = old.start;
    change->ended_at = e->start;
    change->ended_level_dbm0 = old.level_dbm0;
}

static int firm_label(bc_tones_group *g, int lane)
{
    bc_tones_edges *e = &g->edges[lane];
    int label = g->label[lane];
    e->times = label != e->label ? 1 : e->times < FIRM ? e->times + 1 : FIRM;
    e->label = label;
    return e->times >= FIRM ? label : SILENCE;
}

bc_tones_change bc_tones_follow(bc_tones_group *g, int lane)
{
    bc_tones_change change = {.ended = SILENCE, .began = SILENCE};
    bc_tones_edges *e = &g->edges[lane];
    int label = firm_label(g, lane);
    if (e->sound != SILENCE) {
        follow(g, lane, &change);
        if (e->sound != SILENCE && label != SILENCE && label != e->sound && !already_over(g, lane, label))
            give_way(g, lane, label, &change);
    }
    if (e->sound == SILENCE && label != SILENCE && !already_over(g, lane, label))
        begin(g, lane, label, &change);
    int other = e->sound == SILENCE && g->gate[lane] != 0 && g->weighed[lane] >= e->energy * LOUD;
    e->other = other ? e->other + 1 : 0;
    change.broken = e->other == OTHER;
    return change;
}
