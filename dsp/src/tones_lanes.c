/* tones_lanes.c - the reference compilation of the tone kernel. */
#include <math.h>

#include "tones.h"

static void correlate(bc_tones_group *g, int pass, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);

#include "tones_lanes.inc"

#include "correlate.inc"

static void correlate(bc_tones_group *g, int pass, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    correlate_group(g->rx.enabled, g->first[pass], set->table[pass][0], set->table[pass][1], samples, x, energy);
}

uint32_t bc_tones_hop_scalar(void *group, const int16_t *const samples[BC_LANES]) { return hop(group, samples); }
