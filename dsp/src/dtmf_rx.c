/* dtmf_rx.c - batched DTMF receiver: what the kernel in dtmf_lanes.inc, which says how digits are recognised, found,
   made into events. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dtmf_lanes.h"
#include "dtmf_table.inc"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define PEAK 2047.0       /* of the correlator's window, make_dtmf.py */
#define MARGIN_DB 0.8     /* limits hold at 100 %: the decision stands a little outside them */
#define EDGE 0.75         /* mass counts windows' powers: the two edges of a tone take this many hops from it */
#define FULL_MASS 6.4     /* the history is full: the tone may be older than it */
#define LIKELY_PURITY 0.55f
#define TONE_ENERGY (1.0f / 10.0f / ((float)PEAK * (float)PEAK)) /* as in dtmf_lanes.inc */
#define MAX_RUN 16        /* hops that a digit's beginning may go back while it was merely suspected */

void bc_dtmf_defaults(bc_dtmf_options *options)
{
    options->normal_twist_db = 8;
    options->reverse_twist_db = 4;
    options->min_level_dbm0 = -42;
    options->dial_tone_filter = 0;
}

/* |X|^2 of a tone at a level: a sine of amplitude A gives X = A/2 * sum of the window (40 * PEAK). */
static double power_at(double level_dbm0)
{
    double amplitude = RMS_0DBM0 * sqrt(2.0) * pow(10.0, level_dbm0 / 20);
    double x = amplitude / 2 * HOP * PEAK;
    return x * x;
}

static double level_of(double power) { return 10 * log10(power / power_at(0)); }

static int bad_options(const bc_dtmf_options *o)
{
    return !(o->normal_twist_db >= 0 && o->normal_twist_db <= 30) ||
           !(o->reverse_twist_db >= 0 && o->reverse_twist_db <= 30) ||
           !(o->min_level_dbm0 >= -60 && o->min_level_dbm0 <= 0) ||
           !(o->dial_tone_filter == 0 || o->dial_tone_filter == 1);
}

static void clear(bc_rx_group *group, int l)
{
    bc_dtmf_group *g = (bc_dtmf_group *)group;
    memset(g->before[l], 0, sizeof g->before[l]);
    g->energy_before[l] = 0;
    bc_rx_clear_column(g->xr, BINS, l);
    bc_rx_clear_column(g->xi, BINS, l);
    bc_rx_clear_column(g->energy, RING, l);
    bc_rx_clear_column(g->dial, LONG, l);
    for (int i = 0; i < RING; i++)
        bc_rx_clear_column(g->power[i], BINS, l);
    for (int i = 0; i < TURNS; i++) {
        bc_rx_clear_column(g->turn_r[i], BINS, l);
        bc_rx_clear_column(g->turn_i[i], BINS, l);
    }
    g->shortfall[l] = 0;
    g->suspect[l] = g->on[l] = 0;
    g->whole[0][l] = g->whole[1][l] = 1; /* divided by */
}

/* Do the strongest bins of both groups hold most of the energy of the window so many hops ago? Of one that lies in a
   digit they hold all, less the noise; of speech seldom so much. */
static bool mostly_two(const bc_dtmf_group *g, int l, uint32_t hops_ago)
{
    uint32_t at = (g->at - hops_ago) % RING;
    float most[2] = {0, 0};
    for (int b = 0; b < BINS; b++) {
        float power = g->power[at][b][l], *group = &most[b / (BINS / 2)];
        *group = power > *group ? power : *group;
    }
    return (most[0] + most[1]) * TONE_ENERGY >= g->energy[at][l] * LIKELY_PURITY;
}

static int suspect(const bc_rx_group *group, int l)
{
    const bc_dtmf_group *g = (const bc_dtmf_group *)group;
    if (!g->suspect[l])
        return 0;
    return 1 + (g->suspect[l] > 1 && mostly_two(g, l, 0) && mostly_two(g, l, 1));
}

static uint64_t lane_now(const bc_dtmf_group *g, int l) { return bc_rx_now(&g->rx, l, HOP); }

static bc_rx_event event_of(const bc_dtmf_group *g, int l, int kind, uint64_t until)
{
    return (bc_rx_event){
        .lane = l,
        .kind = kind,
        .code = "123A456B789C*0#D"[4 * g->low[l] + g->high[l] - 4],
        .level_dbm0 = g->level_dbm0[l],
        .detail = g->twist_db[l],
        .duration = bc_rx_length(g->start[l], until),
        .start = g->start[l],
        .at = lane_now(g, l),
    };
}

static void begin(bc_dtmf_group *g, int l)
{
    double mass = 4 * (double)g->found_mass[0][l] / (double)g->found_power[0][l];
    double other = 4 * (double)g->found_mass[1][l] / (double)g->found_power[1][l];
    double hops = (mass > other ? mass : other) + EDGE;
    if (hops > FULL_MASS + EDGE) {
        int run = g->suspect[l] < MAX_RUN ? g->suspect[l] : MAX_RUN;
        hops = run + 1 > hops ? run + 1 : hops;
    }
    double power[2];
    for (int side = 0; side < 2; side++) {
        double re = g->found_re[side][l], im = g->found_im[side][l], size = sqrt(re * re + im * im);
        g->steer_r[side][l] = (float)(re / size);
        g->steer_i[side][l] = (float)(im / size);
        power[side] = (double)g->found_power[side][l] / 4;
        g->whole[side][l] = (float)power[side];
    }
    double low = level_of(power[0]), high = level_of(power[1]);
    g->low[l] = g->found_low[l];
    g->high[l] = g->found_high[l];
    g->on[l] = -1;
    g->shortfall[l] = 0;
    g->start[l] = bc_rx_back(lane_now(g, l), hops, HOP);
    g->level_dbm0[l] = bc_rx_hundredths((low + high) / 2);
    g->twist_db[l] = bc_rx_hundredths(high - low);
}

static int run(bc_rx_group *group, const int16_t *const samples[BC_LANES], bc_rx_event *out)
{
    bc_dtmf_group *g = (bc_dtmf_group *)group;
    int count = 0;
    uint32_t mask = ((const bc_dtmf_shared *)group->shared)->hop(g, samples) & group->enabled;
    for (int l = 0; mask; l++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        if (g->ending[l]) {
            double gone = (double)g->shortfall[l] + 0.5;
            out[count++] = event_of(g, l, BC_RX_END, bc_rx_back(lane_now(g, l), gone, HOP));
            g->on[l] = 0;
        }
        if (g->beginning[l]) {
            begin(g, l);
            out[count++] = event_of(g, l, BC_RX_BEGIN, lane_now(g, l));
        }
    }
    return count;
}

static const bc_rx_kind dtmf_kind = {
    .hop = HOP, .most = 2, .group_bytes = sizeof(bc_dtmf_group), .run = run, .clear = clear, .suspect = suspect,
};

static bc_dtmf_shared shared_of(bc_dtmf_hop *hop, const bc_dtmf_options *options)
{
    bool filter = options->dial_tone_filter == 1;
    return (bc_dtmf_shared){
        .hop = hop,
        .table = filter ? &deaf : &plain,
        .dial = filter ? &dial : NULL,
        .turn_re = turn_re,
        .turn_im = turn_im,
        .off_limit = off_limit,
        .limits.min_power = (float)power_at(options->min_level_dbm0),
        .limits.normal_twist = (float)pow(10.0, (options->normal_twist_db + MARGIN_DB) / 10),
        .limits.reverse_twist = (float)pow(10.0, (options->reverse_twist_db + MARGIN_DB) / 10),
    };
}

static bc_rx *build(int lanes, bc_dtmf_hop *hop, const bc_dtmf_options *options, int *error)
{
    bc_dtmf_shared *shared = malloc(sizeof *shared);
    if (!shared)
        return NULL;
    *shared = shared_of(hop, options);
    return bc_rx_new(&dtmf_kind, lanes, shared, sizeof *shared, error);
}

bc_rx *bc_dtmf_rx_new(int lanes, int isa, const bc_dtmf_options *options, int *error)
{
    bc_dtmf_options defaults;
    bc_dtmf_defaults(&defaults);
    if (!options)
        options = &defaults;
    int resolved = bc_isa_resolve(isa), result = resolved < 0 ? resolved : BC_ENOMEM;
    bc_rx *rx = NULL;
    if (bad_options(options))
        result = BC_EINVAL;
    else if (resolved >= 0)
        rx = build(lanes, BC_RX_KERNEL(resolved, bc_dtmf_hop), options, &result);
    if (error)
        *error = result;
    return rx;
}
