#if defined(__x86_64__)
#include <immintrin.h>

#include "../mix_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
/* Two squares make up to 2^31: right as an unsigned number, so it is widened without its sign. */
static uint64_t energy(const int16_t *in, size_t n)
{
    __m256i sum = _mm256_setzero_si256(), low = _mm256_set1_epi64x(0xFFFFFFFF);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(in + i)), pairs = _mm256_madd_epi16(x, x);
        sum = _mm256_add_epi64(sum, _mm256_add_epi64(_mm256_and_si256(pairs, low), _mm256_srli_epi64(pairs, 32)));
    }
    uint64_t part[4];
    _mm256_storeu_si256((__m256i *)(void *)part, sum);
    return part[0] + part[1] + part[2] + part[3] + bc_mix_scalar.energy(in + i, n - i);
}

static void add(int16_t *out, const int16_t *a, const int16_t *b, size_t n)
{
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        _mm256_storeu_si256((__m256i *)(void *)(out + i),
                            _mm256_adds_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(a + i)),
                                              _mm256_loadu_si256((const __m256i *)(const void *)(b + i))));
    bc_mix_scalar.add(out + i, a + i, b + i, n - i);
}
#define BC_OWN_ENERGY_AND_ADD
#include "../mix_lanes.inc"
BC_TARGET_END

const bc_mix_twin bc_mix_avx2 = {energy, add, accumulate, without};
#else
typedef int bc_mix_avx2_is_for_x86;
#endif
