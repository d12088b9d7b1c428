/* tones_cadence.c - which pattern fits the bursts and pauses that a lane's sounds made.

   Theory of operation. The history is the latest runs: sounds and silences with their lengths, and one that goes on. A
   pattern fits, begun anywhere, if the run that goes on is one of its runs, not too long for it yet, and so far back as
   the finished runs before are its runs before. What counts is how many of them fit.

   A pattern is told when it fits and
     - two of its bursts and what lies between have been heard, whole, and 0.7 s in all; or
     - one whole burst of a quarter of a second and more with a pause of 2 s and more, of which so much was heard that
       no shorter pause of another pattern with that sound is that long, and before it nothing or silence; or
     - it ends in a steady tone, which has lasted longer than any other pattern's burst of that sound;
   and no other pattern fits as many runs, even if the first burst was cut short. It is over when it fits no longer: cut short, another sound, a pause too
   long. */
#include <string.h>

#include "tones.h"

#define LONG_BURST 2000 /* samples */
#define APART 8000      /* silence before a burst that stands alone */
#define LEAST 5600      /* of what is told by two bursts */
#define NEW_SOUND 800   /* samples after which the third sound of a row counts */
#define WAIT 5          /* hops after a burst */
#define LATE 4          /* hops that a label takes, */
#define LATE_BEAT 13    /* and where beats must be told from plain sounds */
#define WHOLE 4         /* hops in which a sound's level is found */
#define LOOK 8          /* hops between looks at a run that goes on */
#define EDGE 100        /* a pause shorter than this between two sounds is none */

typedef struct {
    int fits;
    int runs, bursts; /* finished ones that fit, and how many of them are sounds */
    int at;           /* run of the cadence that goes on */
    uint64_t length;  /* of the finished ones that fit, from the first burst on */
} bc_tones_fit;

static int before(const bc_tones_cadence *c, int at) { return at > 0 ? at - 1 : c->repeats ? c->count - 1 : -1; }

/* The oldest burst may have been under way when it was first heard. */
static int fits_run(const bc_tones_run *run, const bc_tones_history *h, int i, int cut)
{
    int shorter = cut && i == h->runs - 1 && run->sound >= 0;
    return run->sound == h->run[i].sound && (shorter || h->run[i].length >= run->least) &&
           h->run[i].length <= run->most;
}

/* The history against a cadence of which run `at` goes on, for so many samples yet. */
static bc_tones_fit fit_at(const bc_tones_cadence *c, int at, const bc_tones_history *h, uint64_t so_far, int cut)
{
    bc_tones_fit fit = {.at = at};
    const bc_tones_run *run = &c->run[at];
    uint64_t length = 0;
    if (run->sound != h->open || (run->most != FOREVER && so_far > run->most))
        return fit;
    fit.fits = 1;
    for (int i = 0; i < h->runs; i++) {
        at = before(c, at);
        if (at < 0)
            break;
        run = &c->run[at];
        if (!fits_run(run, h, i, cut))
            break;
        length += h->run[i].length;
        fit.runs++;
        if (run->sound >= 0) {
            fit.bursts++;
            fit.length = length;
        }
    }
    /* What leads up to a steady tone must have been heard; else it is one without. */
    if (c->steady && fit.at == c->count - 1 && c->count > 1 && fit.runs < 2)
        fit.fits = 0;
    return fit;
}

static bc_tones_fit fit_of(const bc_tones_cadence *c, const bc_tones_history *h, uint64_t so_far, int cut)
{
    bc_tones_fit best = {0};
    for (int at = 0; at < c->count; at++) {
        bc_tones_fit fit = fit_at(c, at, h, so_far, cut);
        if (fit.fits && (!best.fits || fit.runs > best.runs))
            best = fit;
    }
    return best;
}

static int enough(const bc_tones_cadence *c, const bc_tones_fit *fit, const bc_tones_history *h, uint64_t so_far)
{
    if (!fit->fits)
        return 0;
    if (fit->bursts >= 2)
        return fit->length + so_far >= LEAST && (fit->runs >= 3 || (h->open >= 0 && so_far >= NEW_SOUND));
    if (c->run[fit->at].length == FOREVER)
        return so_far > c->longest;
    int alone = h->runs == 1 || (h->run[1].sound == SILENCE && h->run[1].length >= APART);
    return fit->runs >= 1 && h->open == SILENCE && alone && h->run[0].length >= LONG_BURST && so_far > c->heard;
}

/* The pattern that is sure, or -1. */
static int find(const bc_tones_set *set, const bc_tones_history *h, uint64_t so_far, bc_tones_fit *found)
{
    bc_tones_fit fits[BC_TONES_PATTERNS];
    int best = -1, rivals = 0;
    for (int i = 0; i < set->patterns; i++)
        fits[i] = fit_of(&set->pattern[i], h, so_far, 0);
    for (int i = 0; i < set->patterns; i++)
        if (enough(&set->pattern[i], &fits[i], h, so_far) && (best < 0 || fits[i].runs > fits[best].runs))
            best = i;
    for (int i = 0; i < set->patterns && best >= 0; i++) {
        bc_tones_fit rival = fit_of(&set->pattern[i], h, so_far, 1);
        rivals += i != best && rival.fits && rival.runs >= fits[best].runs;
    }
    if (best < 0 || rivals)
        return -1;
    *found = fits[best];
    return best;
}

/* Each run that fits halves the doubt, and so does each further while of a steady tone. */
static float sureness(const bc_tones_cadence *c, const bc_tones_fit *fit, uint64_t so_far)
{
    float doubt = 0.5f;
    uint64_t halves = (uint64_t)fit->runs + (c->run[fit->at].length == FOREVER ? so_far / c->longest : 0);
    for (uint64_t i = 0; i < halves && i < 24; i++)
        doubt *= 0.5f;
    return 1 - doubt;
}

static bc_rx_event event_of(const bc_tones_group *g, int lane, int kind, uint64_t until)
{
    const bc_tones_history *h = &g->history[lane];
    return (bc_rx_event){
        .lane = lane,
        .kind = kind,
        .code = h->told,
        .level_dbm0 = h->level_dbm0,
        .detail = h->sure,
        .duration = bc_rx_length(h->start, until),
        .start = h->start,
        .at = bc_rx_now(&g->rx, lane, HOP),
    };
}

static void push(bc_tones_history *h, int sound, uint64_t length)
{
    memmove(h->run + 1, h->run, sizeof h->run - sizeof *h->run);
    h->run[0].sound = sound;
    h->run[0].length = length < FOREVER ? (uint32_t)length : FOREVER - 1;
    h->runs += h->runs < RUNS;
    h->fitted += h->fitted < RUNS;
}

/* The open run is over; another begins. */
static void turn(bc_tones_history *h, int sound, uint64_t at)
{
    int nothing = h->open == SILENCE && at < h->since + EDGE;
    if (h->unheard) {
        if (h->open != SILENCE)
            push(h, UNKNOWN, at - h->since);
    } else if (!nothing) {
        push(h, h->open, at - h->since);
    }
    if (h->open != SILENCE)
        h->last_on = at;
    h->unheard = 0;
    h->open = sound;
    h->since = at;
}

static void take(bc_tones_history *h, const bc_tones_change *change)
{
    if (change->ended >= 0)
        turn(h, SILENCE, change->ended_at);
    if (change->began >= 0) {
        turn(h, change->began, change->began_at > h->since ? change->began_at : h->since);
        h->unheard = change->began_at < HOP;
    }
}

static void forget(bc_tones_history *h, uint64_t now)
{
    h->runs = 0;
    if (h->open == SILENCE) {
        h->unheard = 1;
        h->since = now;
    }
}

/* The end of the pattern that was told: of the latest burst, unless that one did not belong to it. */
static uint64_t end_of(const bc_tones_history *h, uint64_t now)
{
    uint64_t until = h->open < 0 ? h->last_on : h->last_on > h->start ? h->last_on : now;
    return until > h->start ? until : now;
}

/* What fitted a pattern is no evidence for another one. A burst that broke it is, but not for one that stands alone. */
static void use_up(bc_tones_history *h, int fitted)
{
    if (h->runs == 0)
        return;
    h->runs = fitted ? 1 : 2;
    h->run[h->runs - 1].sound = UNKNOWN;
}

static int look(bc_tones_group *g, int lane, uint64_t now, int broken, bc_rx_event *out)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    bc_tones_history *h = &g->history[lane];
    uint64_t so_far = now > h->since ? now - h->since : 0;
    bc_tones_fit fit;
    int count = 0;
    h->due = LOOK;
    if (h->told >= 0) {
        fit = fit_of(&set->pattern[h->told], h, so_far, 0);
        int goes_on = fit.fits && fit.runs >= h->fitted && !broken;
        float sure = sureness(&set->pattern[h->told], &fit, so_far);
        if (goes_on) {
            h->sure = sure > h->sure ? sure : h->sure;
            return 0;
        }
        out[count++] = event_of(g, lane, BC_RX_END, end_of(h, now));
        h->told = -1;
        use_up(h, fit.runs);
    }
    if (broken)
        return count;
    int found = find(set, h, so_far, &fit);
    if (found >= 0) {
        h->told = found;
        h->sure = sureness(&set->pattern[found], &fit, so_far);
        h->fitted = fit.runs;
        h->start = h->since > fit.length ? h->since - fit.length : 0;
        out[count++] = event_of(g, lane, BC_RX_BEGIN, now);
    }
    return count;
}

/* Up to where it is known what a lane heard: in silence not to the beginning of what may have no label yet. */
static uint64_t known(const bc_tones_group *g, int lane)
{
    const bc_tones_edges *e = &g->edges[lane];
    const bc_tones_set *set = bc_tones_set_of(g);
    uint64_t now = bc_rx_now(&g->rx, lane, HOP), unknown = DELAY;
    int late = set->beats ? LATE_BEAT : LATE;
    if (e->sound == SILENCE)
        unknown += (uint64_t)(e->other > late ? e->other : late) * HOP;
    else if (set->sound[e->sound].beat >= 0)
        unknown += (uint64_t)set->beat[set->sound[e->sound].beat].period * HOP / 2;
    return now > unknown ? now - unknown : 0;
}

int bc_tones_judge(bc_tones_group *g, int lane, const bc_tones_change *change, bc_rx_event *out)
{
    bc_tones_history *h = &g->history[lane];
    const bc_tones_edges *e = &g->edges[lane];
    uint64_t now = known(g, lane);
    int waits = h->open >= 0 || h->runs || h->told >= 0, whole = e->sound >= 0 && e->age >= WHOLE;
    if (change->ended >= 0 || whole)
        h->level_dbm0 = change->ended >= 0 ? change->ended_level_dbm0 : e->level_dbm0;
    take(h, change);
    if (change->ended >= 0 && change->began < 0)
        h->due = WAIT; /* another sound may follow at once, whose beginning is not seen yet */
    else if (change->began >= 0 || change->broken)
        h->due = 0;
    else if (!waits || e->ending || --h->due > 0)
        return 0;
    if (h->due > 0)
        return 0;
    int count = look(g, lane, now, change->broken, out);
    if (change->broken || (h->open == SILENCE && now > h->since + bc_tones_set_of(g)->forget && h->told < 0))
        forget(h, now);
    return count;
}
