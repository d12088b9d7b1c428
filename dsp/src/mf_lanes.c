/* mf_lanes.c - the reference compilation of the MF kernel. */
#include "mf_lanes.h"

static void correlate(bc_mf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);

#include "mf_lanes.inc"

#include "correlate.inc"

static void correlate(bc_mf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half[g->kind], second_half[g->kind], samples, x, energy);
}

uint32_t bc_mf_hop_scalar(bc_mf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
