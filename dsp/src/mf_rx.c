/* mf_rx.c - batched MF receiver: what the kernel in mf_lanes.inc, which says how signals are recognised, found, made
   into events. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mf_lanes.h"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define PEAK 1023.0       /* of the correlator's window, make_mf.py */
#define MARGIN_DB 0.8     /* limits hold at 100 %: the decision stands a little outside them */
#define HALF 0.5          /* hops: a window weighs its last hop by half */

/* What differs between the kinds. Levels and twist: Q.323 for R1, from memory (unverified): a twist of 6 dB. Q.455 for R2,
   as other receivers' documentation quotes it: -5 to -35 dBm0 and 7 dB (5 dB of adjacent tones), no more than 20 dB, 10 Hz
   off, interruptions of 7 ms bridged, at most 80 ms to operate and release together. */
typedef struct {
    double window; /* samples: its sum over PEAK, half of its length */
    double purity, present, twist_db, min_level_dbm0;
    int patience;
} bc_mf_set;
static const bc_mf_set sets[] = {
    [BC_MF_R1] = {60, 0.72, 0.03, 6, -30, 1},
    [BC_MF_R2_FORWARD] = {80, 0.72, 0.06, 7, -38, 2},
    [BC_MF_R2_BACKWARD] = {80, 0.72, 0.06, 7, -38, 2},
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
        .patience = sets[kind].patience,
    };
}

static void clear(bc_rx_group *group, int l)
{
    bc_mf_group *g = (bc_mf_group *)group;
    memset(g->first[l], 0, sizeof g->first[l]);
    bc_rx_clear_column(g->energy, RING, l);
    for (int i = 0; i < RING; i++)
        bc_rx_clear_column(g->power[i], TONES, l);
    g->on[l] = g->a[l] = g->b[l] = g->missed[l] = 0;
    g->whole[0][l] = g->whole[1][l] = 1;
}

static uint64_t lane_now(const bc_mf_group *g, int l) { return bc_rx_now(&g->rx, l, HOP); }

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

static bc_rx_event event_of(const bc_mf_group *g, int l, int kind, uint64_t until)
{
    return (bc_rx_event){
        .lane = l,
        .kind = kind,
        .code = 1 + g->a[l] + g->b[l] * (g->b[l] - 1) / 2,
        .level_dbm0 = g->level_dbm0[l],
        .detail = g->twist_db[l],
        .duration = bc_rx_length(g->start[l], until),
        .start = g->start[l],
        .at = lane_now(g, l),
    };
}

static void begin(bc_mf_group *g, int l)
{
    int a = g->found_a[l], b = g->found_b[l];
    double power_a = (double)g->power[g->at][a][l], power_b = (double)g->power[g->at][b][l];
    double since_a = sounded(g, l, a, power_a), since_b = sounded(g, l, b, power_b);
    double level_a = 10 * log10(power_a / power_at(g->kind, 0)), level_b = 10 * log10(power_b / power_at(g->kind, 0));
    g->a[l] = a;
    g->b[l] = b;
    g->on[l] = -1;
    g->missed[l] = 0;
    g->whole[0][l] = (float)power_a;
    g->whole[1][l] = (float)power_b;
    g->start[l] = bc_rx_back(lane_now(g, l), since_a < since_b ? since_a : since_b, HOP);
    g->level_dbm0[l] = bc_rx_hundredths((level_a + level_b) / 2);
    g->twist_db[l] = bc_rx_hundredths(g->kind == BC_MF_R2_BACKWARD ? level_a - level_b : level_b - level_a);
}

static uint64_t end_of(const bc_mf_group *g, int l)
{
    double a = away(g, l, g->a[l], (double)g->whole[0][l]), b = away(g, l, g->b[l], (double)g->whole[1][l]);
    return bc_rx_back(lane_now(g, l), a > b ? a : b, HOP);
}

/* What its groups share. */
typedef struct {
    bc_mf_hop *hop;
} mf_shared;

static int run(bc_rx_group *group, const int16_t *const samples[BC_LANES], bc_rx_event *out)
{
    bc_mf_group *g = (bc_mf_group *)group;
    int count = 0;
    uint32_t mask = ((const mf_shared *)group->shared)->hop(g, samples) & group->enabled;
    for (int l = 0; mask; l++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        if (g->ending[l]) {
            out[count++] = event_of(g, l, BC_RX_END, end_of(g, l));
            g->on[l] = 0;
        }
        if (g->beginning[l]) {
            begin(g, l);
            out[count++] = event_of(g, l, BC_RX_BEGIN, lane_now(g, l));
        }
    }
    return count;
}

static const bc_rx_kind mf_kind = {
    .hop = HOP, .most = 2, .group_bytes = sizeof(bc_mf_group), .run = run, .clear = clear,
};

static bc_rx *build(int kind, int lanes, bc_mf_hop *hop, const bc_mf_options *options, int *error)
{
    mf_shared *shared = malloc(sizeof *shared);
    if (shared)
        shared->hop = hop;
    bc_rx *rx = shared ? bc_rx_new(&mf_kind, lanes, shared, sizeof *shared, error) : NULL;
    for (int i = 0; rx && i < bc_rx_groups(rx); i++) {
        bc_mf_group *g = (bc_mf_group *)bc_rx_group_at(rx, i);
        g->kind = kind;
        g->limits = limits_of(kind, options);
    }
    return rx;
}

bc_rx *bc_mf_rx_new(int kind, int lanes, int isa, const bc_mf_options *options, int *error)
{
    bc_mf_options defaults = {0, 0};
    bc_mf_defaults(kind, &defaults);
    if (!options)
        options = &defaults;
    int resolved = bc_isa_resolve(isa), result = resolved < 0 ? resolved : BC_ENOMEM;
    bc_rx *rx = NULL;
    if (bad_kind(kind) || bad_options(options))
        result = BC_EINVAL;
    else if (resolved >= 0)
        rx = build(kind, lanes, BC_RX_KERNEL(resolved, bc_mf_hop), options, &result);
    if (error)
        *error = result;
    return rx;
}
