/* dtmf_lanes.c - the reference compilation of the DTMF kernel. */
#include "dtmf_lanes.h"

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);

#include "dtmf_lanes.inc"

#include "correlate.inc"

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half, second_half, samples, x, energy);
}

uint32_t bc_dtmf_hop_scalar(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
