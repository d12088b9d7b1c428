#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../mf_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
static void correlate(bc_mf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../mf_lanes.inc"

#include "correlate_avx2.inc"

static void correlate(bc_mf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half[g->kind], second_half[g->kind], samples, x, energy);
}

uint32_t bc_mf_hop_avx2(bc_mf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
BC_TARGET_END
#else
typedef int bc_mf_avx2_is_for_x86;
#endif
