/* dtmf_lanes.c - the reference compilation of the DTMF kernel. */
#include <stdbool.h>
#include <string.h>

#include "dtmf_lanes.h"

#include "fold.inc"

#include "dtmf_lanes.inc"

uint32_t bc_dtmf_hop_scalar(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
