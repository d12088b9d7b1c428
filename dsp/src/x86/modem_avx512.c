#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../modem_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
static void correlate(bc_modem_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../modem_lanes.inc"

#include "correlate_avx512.inc"

static void correlate(bc_modem_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    correlate_group(g->rx.enabled, g->first, first_half, second_half, samples, x, energy);
}

uint32_t bc_modem_hop_avx512(bc_modem_group *g, const bc_modem_limits *limits, const int16_t *const samples[BC_LANES])
{
    return hop(g, limits, samples);
}
BC_TARGET_END
#else
typedef int bc_modem_avx512_is_for_x86;
#endif
