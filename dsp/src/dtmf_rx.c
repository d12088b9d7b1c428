/* dtmf_rx.c - batched DTMF receiver: lanes, buffers and events around the kernel in dtmf_lanes.inc, which says how
   digits are recognised. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dtmf_lanes.h"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define PEAK 2047.0       /* of the correlator's window, make_dtmf.py */
#define MARGIN_DB 0.8     /* limits hold at 100 %: the decision stands a little outside them */
#define EDGE 0.75         /* mass counts windows' powers: the two edges of a tone take this many hops from it */
#define FULL_MASS 6.4     /* the history is full: the tone may be older than it */
#define MAX_RUN 16        /* hops that a digit's beginning may go back while it was merely suspected */

struct bc_dtmf_rx {
    int lanes, groups;
    bc_dtmf_hop *hop;
    int16_t (*part)[HOP];    /* by lane: samples short of a hop (bc_dtmf_rx_process) */
    size_t have;
    bc_dtmf_event *pending;  /* found but not yet handed over: at most 2 a lane */
    int pending_count, pending_next;
    bc_dtmf_group *group;
};

void bc_dtmf_defaults(bc_dtmf_options *options)
{
    options->normal_twist_db = 8;
    options->reverse_twist_db = 4;
    options->min_level_dbm0 = -42;
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
           !(o->min_level_dbm0 >= -60 && o->min_level_dbm0 <= 0);
}

static bc_dtmf_hop *kernel_for(int isa)
{
#if defined(__x86_64__)
    if (isa == BC_ISA_AVX512)
        return bc_dtmf_hop_avx512;
    if (isa == BC_ISA_AVX2)
        return bc_dtmf_hop_avx2;
#endif
    return isa == BC_ISA_SCALAR ? bc_dtmf_hop_scalar : NULL;
}

static bc_dtmf_rx *build(int lanes, bc_dtmf_hop *hop, const bc_dtmf_options *options)
{
    bc_dtmf_rx *rx = calloc(1, sizeof *rx);
    if (!rx)
        return NULL;
    rx->lanes = lanes;
    rx->groups = (lanes + BC_LANES - 1) / BC_LANES;
    rx->hop = hop;
    rx->part = calloc((size_t)lanes, sizeof *rx->part);
    rx->pending = calloc(4 * (size_t)lanes, sizeof *rx->pending);
    rx->group = aligned_alloc(64, (size_t)rx->groups * sizeof *rx->group);
    if (!rx->part || !rx->pending || !rx->group) {
        bc_dtmf_rx_free(rx);
        return NULL;
    }
    memset(rx->group, 0, (size_t)rx->groups * sizeof *rx->group);
    for (int i = 0; i < rx->groups; i++) {
        bc_dtmf_limits *limits = &rx->group[i].limits;
        limits->min_power = (float)power_at(options->min_level_dbm0);
        limits->normal_twist = (float)pow(10.0, (options->normal_twist_db + MARGIN_DB) / 10);
        limits->reverse_twist = (float)pow(10.0, (options->reverse_twist_db + MARGIN_DB) / 10);
    }
    return rx;
}

bc_dtmf_rx *bc_dtmf_rx_new(int lanes, int isa, const bc_dtmf_options *options, int *error)
{
    bc_dtmf_options defaults;
    bc_dtmf_defaults(&defaults);
    if (!options)
        options = &defaults;
    int resolved = bc_isa_resolve(isa), result = BC_OK;
    bc_dtmf_rx *rx = NULL;
    if (lanes < 1 || lanes > 65536 || bad_options(options))
        result = BC_EINVAL;
    else if (resolved < 0)
        result = resolved;
    else if (!(rx = build(lanes, kernel_for(resolved), options)))
        result = BC_ENOMEM;
    if (error)
        *error = result;
    return rx;
}

void bc_dtmf_rx_free(bc_dtmf_rx *rx)
{
    if (!rx)
        return;
    free(rx->part);
    free(rx->pending);
    free(rx->group);
    free(rx);
}

static void clear_column(float (*rows)[BC_LANES], size_t count, int l)
{
    for (size_t i = 0; i < count; i++)
        rows[i][l] = 0;
}

static void clear_lane(bc_dtmf_group *g, int l)
{
    memset(g->first[l], 0, sizeof g->first[l]);
    clear_column(g->xr, BINS, l);
    clear_column(g->xi, BINS, l);
    clear_column(g->energy, RING, l);
    for (int i = 0; i < RING; i++)
        clear_column(g->power[i], BINS, l);
    for (int i = 0; i < TURNS; i++) {
        clear_column(g->turn_r[i], BINS, l);
        clear_column(g->turn_i[i], BINS, l);
    }
    g->shortfall[l] = 0;
    g->suspect[l] = g->on[l] = 0;
    g->whole[0][l] = g->whole[1][l] = 1; /* divided by */
    g->since[l] = g->hops;
}

int bc_dtmf_rx_enable(bc_dtmf_rx *rx, int lane, int on)
{
    if (lane < 0 || lane >= rx->lanes)
        return BC_EINVAL;
    bc_dtmf_group *g = &rx->group[lane / BC_LANES];
    int l = lane % BC_LANES;
    clear_lane(g, l);
    memset(rx->part[lane], 0, sizeof rx->part[lane]);
    g->enabled = on ? g->enabled | 1u << l : g->enabled & ~(1u << l);
    return BC_OK;
}

int bc_dtmf_rx_suspect(const bc_dtmf_rx *rx, int lane)
{
    if (lane < 0 || lane >= rx->lanes)
        return 0;
    const bc_dtmf_group *g = &rx->group[lane / BC_LANES];
    return g->suspect[lane % BC_LANES] != 0 || g->on[lane % BC_LANES] != 0;
}

static uint64_t lane_now(const bc_dtmf_group *g, int l) { return (g->hops - g->since[l]) * HOP; }

static uint64_t go_back(uint64_t now, double hops)
{
    uint64_t samples = (uint64_t)(hops * HOP);
    return samples < now ? now - samples : 0;
}

static bc_dtmf_event event_of(const bc_dtmf_group *g, int l, int kind, uint64_t until)
{
    uint64_t length = until > g->start[l] ? until - g->start[l] : 0;
    return (bc_dtmf_event){
        .kind = kind,
        .digit = "123A456B789C*0#D"[4 * g->low[l] + g->high[l] - 4],
        .level_dbm0 = g->level_dbm0[l],
        .twist_db = g->twist_db[l],
        .duration = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX,
        .start = g->start[l],
        .at = lane_now(g, l),
    };
}

/* To the hundredth: so that libms agree. */
static float hundredths(double x) { return (float)(round(x * 100) / 100); }

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
    g->start[l] = go_back(lane_now(g, l), hops);
    g->level_dbm0[l] = hundredths((low + high) / 2);
    g->twist_db[l] = hundredths(high - low);
}

/* One hop of one group; up to 2 events a lane, in lane order. */
static int run_group(bc_dtmf_rx *rx, int group, const int16_t *const samples[BC_LANES], bc_dtmf_event *out)
{
    bc_dtmf_group *g = &rx->group[group];
    int count = 0;
    uint32_t mask = rx->hop(g, samples) & g->enabled;
    g->hops++;
    for (int l = 0; mask; l++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        int from = count;
        if (g->ending[l]) {
            double gone = (double)g->shortfall[l] + 0.5;
            out[count++] = event_of(g, l, BC_DTMF_END, go_back(lane_now(g, l), gone));
            g->on[l] = 0;
        }
        if (g->beginning[l]) {
            begin(g, l);
            out[count++] = event_of(g, l, BC_DTMF_BEGIN, lane_now(g, l));
        }
        for (; from < count; from++)
            out[from].lane = group * BC_LANES + l;
    }
    return count;
}

static int hand_over(bc_dtmf_rx *rx, bc_dtmf_event *out, int max_events)
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
static void close_up(bc_dtmf_rx *rx)
{
    int left = rx->pending_count - rx->pending_next;
    memmove(rx->pending, rx->pending + rx->pending_next, (size_t)left * sizeof *rx->pending);
    rx->pending_next = 0;
    rx->pending_count = left;
}

/* Two runs of events, each in lane order, into one. */
static int merge(const bc_dtmf_event *a, int a_count, const bc_dtmf_event *b, int b_count, bc_dtmf_event *out)
{
    int i = 0, j = 0, count = 0;
    while (i < a_count || j < b_count)
        out[count++] = j == b_count || (i < a_count && a[i].lane <= b[j].lane) ? a[i++] : b[j++];
    return count;
}

int bc_dtmf_rx_block(bc_dtmf_rx *rx, const int16_t *bus, const int32_t *row, bc_dtmf_event *out, int max_events)
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
        bc_dtmf_event early[2 * BC_LANES], late[2 * BC_LANES];
        for (int l = 0; l < BC_LANES; l++)
            if (enabled >> l & 1)
                samples[l] = bus + (ptrdiff_t)row[group * BC_LANES + l] * BC_ROW;
        int early_count = run_group(rx, group, samples, early);
        for (int l = 0; l < BC_LANES; l++)
            samples[l] = samples[l] ? samples[l] + HOP : NULL;
        int late_count = run_group(rx, group, samples, late);
        if (early_count + late_count == 0)
            continue;
        rx->pending_count += merge(early, early_count, late, late_count, rx->pending + rx->pending_count);
        total += hand_over(rx, out + total, max_events - total);
    }
    return total;
}

/* Every lane's hop, from the buffer or straight from the input. */
static void run_hop(bc_dtmf_rx *rx, const int16_t *in, size_t stride)
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

static void keep(bc_dtmf_rx *rx, const int16_t *in, size_t stride, size_t n)
{
    for (int lane = 0; lane < rx->lanes; lane++)
        memcpy(rx->part[lane] + rx->have, in + (size_t)lane * stride, n * sizeof *in);
    rx->have += n;
}

int bc_dtmf_rx_process(bc_dtmf_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed,
                       bc_dtmf_event *out, int max_events)
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
