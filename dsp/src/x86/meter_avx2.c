#if defined(__x86_64__)
#include <immintrin.h>

#include "../meter_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
typedef __m256i V;
enum { W = 16 };
#define ZERO _mm256_setzero_si256()
#define SET(k) _mm256_set1_epi16(k)
#define SET_64(k) _mm256_set1_epi64x(k)
#define AND _mm256_and_si256
#define OR _mm256_or_si256
#define ADD_32 _mm256_add_epi32
#define ADD_64 _mm256_add_epi64
#define SUBTRACT _mm256_sub_epi16
#define MULTIPLY_PAIRS _mm256_madd_epi16
#define SHIFT_RIGHT_64 _mm256_srli_epi64
#define MIN _mm256_min_epi16
#define MAX _mm256_max_epi16
#define GREATER _mm256_cmpgt_epi16
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#include "meter_simd.inc"

void bc_meter_avx2(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums) { add_all(in, n, limit, sums); }
BC_TARGET_END
#else
typedef int bc_meter_avx2_is_for_x86;
#endif
