#if defined(__x86_64__)
#include <immintrin.h>

#include "../meter_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
typedef __m512i V;
enum { W = 32 };
#define ZERO _mm512_setzero_si512()
#define SET(k) _mm512_set1_epi16(k)
#define SET_64(k) _mm512_set1_epi64(k)
#define AND _mm512_and_si512
#define OR _mm512_or_si512
#define ADD_32 _mm512_add_epi32
#define ADD_64 _mm512_add_epi64
#define SUBTRACT _mm512_sub_epi16
#define MULTIPLY_PAIRS _mm512_madd_epi16
#define SHIFT_RIGHT_64 _mm512_srli_epi64
#define MIN _mm512_min_epi16
#define MAX _mm512_max_epi16
#define GREATER(a, b) _mm512_movm_epi16(_mm512_cmpgt_epi16_mask(a, b))
#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#include "meter_simd.inc"

void bc_meter_avx512(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums) { add_all(in, n, limit, sums); }
BC_TARGET_END
#else
typedef int bc_meter_avx512_is_for_x86;
#endif
