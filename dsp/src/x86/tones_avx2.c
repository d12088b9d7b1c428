#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../tones.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
static void correlate(bc_tones_group *g, int pass, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../tones_lanes.inc"

#include "correlate_avx2.inc"

static void correlate(bc_tones_group *g, int pass, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    const bc_tones_set *set = bc_tones_set_of(g);
    correlate_group(g->rx.enabled, g->first[pass], set->table[pass][0], set->table[pass][1], samples, x,
                    pass ? NULL : energy);
}

uint32_t bc_tones_hop_avx2(void *group, const int16_t *const samples[BC_LANES]) { return hop(group, samples); }
BC_TARGET_END
#else
typedef int bc_tones_avx2_is_for_x86;
#endif
