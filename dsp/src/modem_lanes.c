/* modem_lanes.c - the reference compilation of the modem tones' kernel. */
#include <string.h>

#include "modem_lanes.h"

static void correlate(bc_modem_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);

#include "modem_lanes.inc"

#include "correlate.inc"

static void correlate(bc_modem_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half, second_half, samples, x, energy);
}

uint32_t bc_modem_hop_scalar(bc_modem_group *g, const bc_modem_limits *limits, const int16_t *const samples[BC_LANES])
{
    return hop(g, limits, samples);
}
