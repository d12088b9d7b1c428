#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

#include "../dtmf_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
#include "fold_avx2.inc"

#include "../dtmf_lanes.inc"

uint32_t bc_dtmf_hop_avx2(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
BC_TARGET_END
#else
typedef int bc_dtmf_avx2_is_for_x86;
#endif
