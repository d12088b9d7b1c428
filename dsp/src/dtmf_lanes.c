/* dtmf_lanes.c - the reference compilation of the DTMF kernel. */
#include "dtmf_lanes.h"

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);

#include "dtmf_lanes.inc"

/* The window that ends with this hop is the second half over this hop, and the first half over the one before. All
   integers: twins may sum in any order. */
static void correlate_lane(const int16_t *in, int32_t *first, int32_t *out, uint32_t *energy)
{
    int32_t begun[OUTPUTS] = {0};
    *energy = 0;
    for (int o = 0; o < OUTPUTS; o++)
        out[o] = first[o];
    for (int n = 0; n < HOP / 2; n++) {
        int32_t a = in[2 * n], b = in[2 * n + 1];
        *energy += ((uint32_t)(a * a) + (uint32_t)(b * b)) / (uint32_t)ENERGY_UNIT;
        for (int o = 0; o < OUTPUTS; o++) {
            out[o] += a * second_half[n][o][0] + b * second_half[n][o][1];
            begun[o] += a * first_half[n][o][0] + b * first_half[n][o][1];
        }
    }
    for (int o = 0; o < OUTPUTS; o++)
        first[o] = begun[o];
}

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    for (int l = 0; l < BC_LANES; l++) {
        int32_t out[OUTPUTS] = {0};
        energy[l] = 0;
        if (g->enabled >> l & 1)
            correlate_lane(samples[l], g->first[l], out, &energy[l]);
        for (int o = 0; o < OUTPUTS; o++)
            x[o][l] = out[o];
    }
}

uint32_t bc_dtmf_hop_scalar(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
