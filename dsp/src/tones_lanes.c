/* tones_lanes.c - the reference compilation of the tone kernel. */
#include <math.h>
#include <string.h>

#include "tones.h"

#include "fold.inc"

#include "tones_lanes.inc"

uint32_t bc_tones_hop_scalar(void *group, const int16_t *const samples[BC_LANES]) { return hop(group, samples); }
