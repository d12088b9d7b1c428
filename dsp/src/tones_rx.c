/* tones_rx.c - the tone receiver as rx.h wants it: what the kernel, the edges and the cadences found, made into events. */
#include <stdlib.h>
#include <string.h>

#include "tones.h"

enum { MOST = 4 }; /* events of a lane's hop: a sound ends, one begins, a pattern ends, one begins */

static void clear_rows(float (*rows)[BC_TONES_BINS][BC_LANES], int count, int l)
{
    for (int i = 0; i < count; i++)
        bc_rx_clear_column(rows[i], BC_TONES_BINS, l);
}

static void clear_beats(bc_tones_group *g, int l)
{
    for (int i = 0; i < LAGS; i++) {
        bc_rx_clear_column(g->past_r[i], BC_TONES_BEATS, l);
        bc_rx_clear_column(g->past_i[i], BC_TONES_BEATS, l);
    }
    bc_rx_clear_column(g->half_r, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->half_i, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->full_r, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->full_i, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->slow, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->was_r, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->was_i, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->slow_1, BC_TONES_BEATS, l);
    bc_rx_clear_column(g->slow_2, BC_TONES_BEATS, l);
}

static void clear(bc_rx_group *group, int l)
{
    bc_tones_group *g = (bc_tones_group *)group;
    memset(g->before[l], 0, sizeof g->before[l]);
    clear_rows(g->x_r, 2, l);
    clear_rows(g->x_i, 2, l);
    clear_rows(&g->z_r, 1, l);
    clear_rows(&g->z_i, 1, l);
    clear_rows(&g->turn_r, 1, l);
    clear_rows(&g->turn_i, 1, l);
    clear_rows(&g->mean, 1, l);
    clear_rows(g->power, RING, l);
    bc_rx_clear_column(g->energy, 4, l);
    g->all[l] = 0;
    clear_beats(g, l);
    g->label[l] = SILENCE;
    g->edges[l] = (bc_tones_edges){.sound = SILENCE, .label = SILENCE};
    g->history[l] = (bc_tones_history){.open = SILENCE, .unheard = 1, .told = -1};
    g->busy &= ~(1u << l);
}

static bc_rx_event edge_of(const bc_tones_group *g, int l, int kind, int sound, uint64_t start, uint64_t until)
{
    return (bc_rx_event){
        .lane = l,
        .kind = kind,
        .code = sound,
        .level_dbm0 = g->edges[l].level_dbm0,
        .duration = bc_rx_length(start, until),
        .start = start,
        .at = bc_rx_now(&g->rx, l, HOP),
    };
}

static int run_lane(bc_tones_group *g, int l, bc_rx_event *out)
{
    int count = 0;
    bc_tones_change change = bc_tones_follow(g, l);
    if (bc_tones_set_of(g)->edges && change.ended >= 0) {
        out[count] = edge_of(g, l, BC_TONES_SOUND_END, change.ended, change.ended_start, change.ended_at);
        out[count++].level_dbm0 = change.ended_level_dbm0;
    }
    if (bc_tones_set_of(g)->edges && change.began >= 0)
        out[count++] = edge_of(g, l, BC_TONES_SOUND_BEGIN, change.began, change.began_at, bc_rx_now(&g->rx, l, HOP));
    count += bc_tones_judge(g, l, &change, out + count);
    const bc_tones_history *h = &g->history[l];
    int busy = g->edges[l].sound >= 0 || g->edges[l].times < 2 || g->edges[l].other || h->runs || h->told >= 0;
    g->busy = busy ? g->busy | 1u << l : g->busy & ~(1u << l);
    return count;
}

/* A lane that is quiet and has nothing to follow stays as it is: its edges and history would not change. */
static int run(bc_rx_group *group, const int16_t *const samples[BC_LANES], bc_rx_event *out)
{
    bc_tones_group *g = (bc_tones_group *)group;
    uint32_t mask = (bc_tones_set_of(g)->hop(g, samples) | g->busy) & group->enabled;
    int count = 0;
    for (int l = 0; mask; l++, mask >>= 1)
        if (mask & 1)
            count += run_lane(g, l, out + count);
    return count;
}

static const bc_rx_kind tones_kind = {
    .hop = HOP,
    .most = MOST,
    .group_bytes = sizeof(bc_tones_group),
    .run = run,
    .clear = clear,
};

bc_rx *bc_tones_rx_new(int lanes, int isa, const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern,
                       int patterns, const bc_tones_options *options, int *error)
{
    bc_tones_options defaults;
    bc_tones_defaults(&defaults);
    int resolved = bc_isa_resolve(isa), result = resolved < 0 ? resolved : BC_OK;
    bc_tones_set *set = result == BC_OK ? aligned_alloc(64, sizeof *set) : NULL;
    if (result == BC_OK && !set)
        result = BC_ENOMEM;
    if (result == BC_OK)
        result = bc_tones_make(set, sound, sounds, pattern, patterns, options ? options : &defaults);
    if (result < 0) {
        free(set);
        if (error)
            *error = result;
        return NULL;
    }
    set->hop = BC_RX_KERNEL(resolved, bc_tones_hop);
    return bc_rx_new(&tones_kind, lanes, set, sizeof *set, error);
}
