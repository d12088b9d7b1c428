#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../dtmf_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../dtmf_lanes.inc"

#include "correlate_avx512.inc"

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half, second_half, samples, x, energy);
}

uint32_t bc_dtmf_hop_avx512(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
BC_TARGET_END
#else
typedef int bc_dtmf_avx512_is_for_x86;
#endif
