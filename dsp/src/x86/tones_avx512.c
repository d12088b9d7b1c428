#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "../tones.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
#include "fold_avx512.inc"

#include "../tones_lanes.inc"

uint32_t bc_tones_hop_avx512(void *group, const int16_t *const samples[BC_LANES]) { return hop(group, samples); }
BC_TARGET_END
#else
typedef int bc_tones_avx512_is_for_x86;
#endif
