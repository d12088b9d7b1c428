/* modem_rx.c - batched receiver of modem tones: what the kernel in modem_lanes.inc finds becomes events here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "modem_lanes.h"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define PEAK 1023.0       /* of the correlator's window, make_modem.py */
#define MARGIN_DB 0.8     /* limits hold at 100 %: the decision stands a little outside them */
#define MARGIN_MS 12.0
#define HALF 0.5          /* hops: a window weighs its last hop by half */
#define HOP_MS 10.0
#define BIT (8000.0 / 300.0) /* samples */
#define FLAG_BITS 8.0
#define CARRIER_LEAD 1000.0  /* samples in which the bit clock may have missed the first flags */
#define PI 3.14159265358979323846

enum { CNG_TONE, CALLING_TONE, BELL_TONE = TONES - 1 };
/* V.25: a phase reversal follows the one before after 450 ms +-25. Each is placed within a hop or so. */
enum { FLIP_EARLIEST = 41, FLIP_LATEST = 49, MOST_EVENTS = 4 };

typedef struct {
    bc_modem_limits limits;
    bc_modem_hop *hop;
} bc_modem_shared;

void bc_modem_defaults(bc_modem_options *options)
{
    options->min_level_dbm0 = -43;
    options->answer_ms = 300;
    options->calling_ms = 0;
    options->reversals = 2;
}

static int bad_time(double ms) { return !(ms >= 100 && ms <= 2000); }

static int bad_options(const bc_modem_options *o)
{
    return !(o->min_level_dbm0 >= -60 && o->min_level_dbm0 <= 0) || bad_time(o->answer_ms) ||
           (o->calling_ms != 0 && bad_time(o->calling_ms)) || o->reversals < 1 || o->reversals > 8;
}

/* |X| of a tone at a level: a sine of amplitude A gives X = A/2 * sum of the window (80 * PEAK). */
static double size_at(double level_dbm0)
{
    return RMS_0DBM0 * sqrt(2.0) * pow(10.0, level_dbm0 / 20) / 2 * HOP * PEAK * (double)SCALE;
}

static double energy_at(double level_dbm0) { return HOP * RMS_0DBM0 * RMS_0DBM0 * pow(10.0, level_dbm0 / 10); }

static bc_modem_limits limits_of(const bc_modem_options *o)
{
    double size = size_at(o->min_level_dbm0 - MARGIN_DB);
    int32_t answer = (int32_t)(o->answer_ms / HOP_MS), calling = (int32_t)(o->calling_ms / HOP_MS);
    return (bc_modem_limits){
        .min_power = (float)(size * size),
        .min_energy = (float)energy_at(o->min_level_dbm0 - MARGIN_DB),
        .due = {calling, calling, answer, answer}, /* 0 is never reached */
        .calling_early = calling > 0,
        .reversals = o->reversals,
    };
}

static void clear_follow(bc_modem_follow *w, int l)
{
    w->on[l] = w->tone[l] = w->run[l] = w->miss[l] = w->flip_age[l] = w->waver_run[l] = 0;
    w->turn_re[l] = w->turn_im[l] = w->mass[l] = w->gap[l] = 0;
    w->whole[l] = 1; /* divided by */
    bc_rx_clear_column(w->envelope, ENVELOPE, l);
}

static void clear(bc_rx_group *group, int l)
{
    bc_modem_group *g = (bc_modem_group *)group;
    memset(g->first[l], 0, sizeof g->first[l]);
    for (int i = 0; i < HISTORY; i++) {
        bc_rx_clear_column(g->re[i], TONES, l);
        bc_rx_clear_column(g->im[i], TONES, l);
    }
    g->energy[0][l] = g->energy[1][l] = 0;
    g->found[l] = 0;
    clear_follow(&g->follow, l);
    g->v21.hang[l] = g->v21.told[l] = 0; /* the rest is cleared when V.21 comes */
    memset(&g->told[l], 0, sizeof g->told[l]);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */
static uint64_t lane_now(const bc_modem_group *g, int l) { return bc_rx_now(&g->rx, l, HOP); }

static uint64_t samples_back(uint64_t now, double samples) { return bc_rx_back(now, samples / HOP, HOP); }

static bc_rx_event event_of(const bc_modem_group *g, int l, int kind, uint64_t until)
{
    const bc_modem_told *t = &g->told[l];
    return (bc_rx_event){
        .lane = l,
        .kind = kind,
        .code = t->code,
        .level_dbm0 = t->level_dbm0,
        .detail = t->off_hz,
        .duration = bc_rx_length(t->start, until),
        .start = t->start,
        .at = lane_now(g, l),
    };
}

/* Mean |X|: of 200 ms if the tone is as long, which AM's three turns do not move. From the newest back, so that a lane's
   place in the ring is no matter. */
static double mean_size(const bc_modem_group *g, int l)
{
    double sum = 0;
    if (g->follow.run[l] < ENVELOPE)
        return (double)g->follow.whole[l];
    for (uint32_t back = 0; back < ENVELOPE; back++)
        sum += (double)g->follow.envelope[(g->envelope_at + ENVELOPE - back) % ENVELOPE][l];
    return sum / ENVELOPE;
}

/* Frequency and level, the window's loss off the frequency made good. */
static void measure(bc_modem_group *g, int l)
{
    bc_modem_told *t = &g->told[l];
    double turn = atan2((double)g->follow.turn_im[l], (double)g->follow.turn_re[l]);
    double x = turn / PI, loss = fabs(x) < 1e-3 ? 1 : sin(turn) / (turn * (1 - x * x));
    if (fabs(x) > 0.999)
        loss = 0.5;
    t->off_hz = bc_rx_hundredths(x * 50);
    t->level_dbm0 = bc_rx_hundredths(20 * log10(mean_size(g, l) / (loss * size_at(0))));
}

static void note(bc_modem_group *g, int l)
{
    double hops = (double)g->follow.mass[l] / (double)g->follow.whole[l] + HALF;
    g->told[l].start = bc_rx_back(lane_now(g, l), hops, HOP);
    measure(g, l);
}

static int code_of(const bc_modem_group *g, const bc_modem_limits *limits, int l)
{
    const bc_modem_told *t = &g->told[l];
    int tone = g->follow.tone[l], reversed = t->flips >= limits->reversals;
    if (tone == ANSWER)
        return t->am ? (reversed ? BC_MODEM_ANSAM_PR : BC_MODEM_ANSAM) : reversed ? BC_MODEM_ANS_PR : BC_MODEM_ANS;
    return tone == CNG_TONE ? BC_MODEM_CNG : tone == CALLING_TONE ? BC_MODEM_CALLING : BC_MODEM_BELL_ANS;
}

static void count_flip(bc_modem_group *g, int l)
{
    int32_t age = g->follow.flip_age[l];
    int right = age >= FLIP_EARLIEST && age <= FLIP_LATEST;
    g->told[l].flips = right && g->told[l].flips ? g->told[l].flips + 1 : 1;
    g->follow.flip_age[l] = 0;
}

static int tell(bc_modem_group *g, const bc_modem_limits *limits, int l, bc_rx_event *out)
{
    g->told[l].code = code_of(g, limits, l);
    *out = event_of(g, l, BC_RX_BEGIN, lane_now(g, l));
    return 1;
}

/* T.30: 0.5 s +-15 %; V.25: 0.5 to 0.7 s. */
static int right_calling(int tone, double ms)
{
    double least = tone == CNG_TONE ? 425 : 500, most = tone == CNG_TONE ? 575 : 700;
    return ms >= least - MARGIN_MS && ms <= most + MARGIN_MS;
}

static int end(bc_modem_group *g, const bc_modem_limits *limits, int l, bc_rx_event *out)
{
    bc_modem_told *t = &g->told[l];
    int tone = g->follow.tone[l], count = 0;
    uint64_t over = bc_rx_back(lane_now(g, l), (double)g->follow.gap[l] + HALF, HOP);
    double ms = bc_rx_length(t->start, over) / (BC_RATE_HZ / 1000.0);
    if (tone <= CALLING_TONE && !limits->calling_early && g->follow.run[l] >= NOTE_RUN && right_calling(tone, ms)) {
        count += tell(g, limits, l, out);
        out[0].duration = bc_rx_length(t->start, over);
    }
    if (t->code)
        out[count++] = event_of(g, l, BC_RX_END, over);
    t->code = t->am = t->flips = 0;
    clear_follow(&g->follow, l);
    return count;
}

static int tone_events(bc_modem_group *g, const bc_modem_limits *limits, int l, bc_rx_event *out)
{
    bc_modem_told *t = &g->told[l];
    int found = g->found[l], count = 0;
    if (found & NOTED)
        note(g, l);
    if (found & WAVERS)
        t->am = 1;
    if (found & FLIPPED)
        count_flip(g, l);
    if (t->code && t->code != code_of(g, limits, l)) {
        out[count++] = event_of(g, l, BC_RX_END, lane_now(g, l));
        count += tell(g, limits, l, out + count);
    }
    if (found & DUE) {
        measure(g, l);
        count += tell(g, limits, l, out + count);
    }
    if (found & GONE)
        count += end(g, limits, l, out + count);
    return count;
}

/* ---- V.21 -------------------------------------------------------------------------------------------------------- */
static bc_rx_event v21_event(const bc_modem_group *g, int l, int kind, uint64_t until)
{
    const bc_modem_told *t = &g->told[l];
    return (bc_rx_event){
        .lane = l,
        .kind = kind,
        .code = BC_MODEM_V21_FLAGS,
        .level_dbm0 = t->v21_level_dbm0,
        .duration = bc_rx_length(t->v21_start, until),
        .start = t->v21_start,
        .at = lane_now(g, l),
    };
}

/* The first flags are lost to the clock: the preamble began with its carrier, unless that was long before. */
static uint64_t v21_start(const bc_modem_group *g, int l)
{
    uint64_t now = lane_now(g, l);
    uint64_t carrier = bc_rx_back(now, g->v21.carrier[l] + HALF, HOP);
    double bits = g->v21.flags[l] * FLAG_BITS + g->v21.since[l];
    uint64_t flags = samples_back(now, bits * BIT);
    return (double)(flags - (flags < carrier ? flags : carrier)) <= CARRIER_LEAD ? carrier : flags;
}

static int v21_events(bc_modem_group *g, int l, bc_rx_event *out)
{
    bc_modem_told *t = &g->told[l];
    if (g->found[l] & FLAGS_ON) {
        double energy = ((double)g->energy[0][l] + (double)g->energy[1][l]) / 2;
        t->v21_start = v21_start(g, l);
        t->v21_level_dbm0 = bc_rx_hundredths(10 * log10(energy / energy_at(0)));
        g->v21.told[l] = -1;
        *out = v21_event(g, l, BC_RX_BEGIN, lane_now(g, l));
        return 1;
    }
    if (g->found[l] & FLAGS_OFF) {
        *out = v21_event(g, l, BC_RX_END, samples_back(lane_now(g, l), g->v21.since[l] * BIT));
        g->v21.told[l] = 0;
        g->v21.flags[l] = 0;
        return 1;
    }
    return 0;
}

static int run(bc_rx_group *group, const int16_t *const samples[BC_LANES], bc_rx_event *out)
{
    bc_modem_group *g = (bc_modem_group *)group;
    const bc_modem_shared *shared = group->shared;
    uint32_t mask = shared->hop(g, &shared->limits, samples);
    int count = 0;
    for (int l = 0; mask; l++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        if (!(group->enabled >> l & 1)) {
            clear(group, l); /* switched off while it followed something */
            continue;
        }
        count += tone_events(g, &shared->limits, l, out + count);
        count += v21_events(g, l, out + count);
    }
    return count;
}

static const bc_rx_kind modem_kind = {
    .hop = HOP,
    .most = MOST_EVENTS,
    .group_bytes = sizeof(bc_modem_group),
    .run = run,
    .clear = clear,
};

static int make_shared(int isa, const bc_modem_options *options, bc_modem_shared **made)
{
    int resolved = bc_isa_resolve(isa);
    if (bad_options(options))
        return BC_EINVAL;
    if (resolved < 0)
        return resolved;
    *made = malloc(sizeof **made);
    if (!*made)
        return BC_ENOMEM;
    **made = (bc_modem_shared){.limits = limits_of(options), .hop = BC_RX_KERNEL(resolved, bc_modem_hop)};
    return BC_OK;
}

bc_rx *bc_modem_rx_new(int lanes, int isa, const bc_modem_options *options, int *error)
{
    bc_modem_options defaults;
    bc_modem_shared *shared = NULL;
    bc_modem_defaults(&defaults);
    int result = make_shared(isa, options ? options : &defaults, &shared);
    if (result == BC_OK)
        return bc_rx_new(&modem_kind, lanes, shared, sizeof *shared, error);
    if (error)
        *error = result;
    return NULL;
}
