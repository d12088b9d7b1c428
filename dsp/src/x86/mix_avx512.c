#if defined(__x86_64__)
#include <immintrin.h>

#include "../mix_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
/* Two squares make up to 2^31: right as an unsigned number, so it is widened without its sign. */
static uint64_t energy(const int16_t *in, size_t n)
{
    __m512i sum = _mm512_setzero_si512(), low = _mm512_set1_epi64(0xFFFFFFFF);
    for (size_t i = 0; i < n; i += 32) {
        __mmask32 there = n - i >= 32 ? 0xFFFFFFFFu : (1u << (n - i)) - 1;
        __m512i x = _mm512_maskz_loadu_epi16(there, in + i), pairs = _mm512_madd_epi16(x, x);
        sum = _mm512_add_epi64(sum, _mm512_add_epi64(_mm512_and_si512(pairs, low), _mm512_srli_epi64(pairs, 32)));
    }
    return (uint64_t)_mm512_reduce_add_epi64(sum);
}

static void add(int16_t *out, const int16_t *a, const int16_t *b, size_t n)
{
    for (size_t i = 0; i < n; i += 32) {
        __mmask32 there = n - i >= 32 ? 0xFFFFFFFFu : (1u << (n - i)) - 1;
        _mm512_mask_storeu_epi16(out + i, there, _mm512_adds_epi16(_mm512_maskz_loadu_epi16(there, a + i),
                                                                   _mm512_maskz_loadu_epi16(there, b + i)));
    }
}
#define BC_OWN_ENERGY_AND_ADD
#include "../mix_lanes.inc"
BC_TARGET_END

const bc_mix_twin bc_mix_avx512 = {energy, add, accumulate, without};
#else
typedef int bc_mix_avx512_is_for_x86;
#endif
