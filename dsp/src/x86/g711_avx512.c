#if defined(__x86_64__)
#include <immintrin.h>

#include "../g711_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
typedef __m512i V;
enum { W = 32 };
#define SET(k) _mm512_set1_epi16(k)
#define TABLE(...) _mm512_broadcast_i32x4(_mm_setr_epi8(__VA_ARGS__))
#define LOOKUP _mm512_shuffle_epi8
#define AND _mm512_and_si512
#define OR _mm512_or_si512
#define XOR _mm512_xor_si512
#define ADD _mm512_add_epi16
#define SUBTRACT _mm512_sub_epi16
#define MULTIPLY _mm512_mullo_epi16
#define MIN _mm512_min_epi16
#define MAX _mm512_max_epi16
#define GREATER(a, b) _mm512_movm_epi16(_mm512_cmpgt_epi16_mask(a, b))
#define SIGN(x) _mm512_srai_epi16(x, 15)
#define SHIFT_LEFT _mm512_slli_epi16
#define SHIFT_RIGHT _mm512_srli_epi16
#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define LOAD_OCTETS(p) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#define STORE_OCTETS(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), _mm512_cvtepi16_epi8(v))
#define SET_OCTETS(k) _mm512_set1_epi8((char)(k))
#define ADD_SATURATED _mm512_adds_epu8
#define ROW(p) _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)(const void *)(p)))
#include "g711_simd.inc"
BC_TARGET_END

const bc_g711_twin bc_g711_avx512 = {
    .encode = {[BC_LAW_A] = encode_a_all, [BC_LAW_MU] = encode_mu_all},
    .decode = {[BC_LAW_A] = decode_a_all, [BC_LAW_MU] = decode_mu_all},
    .convert = {[BC_LAW_A] = convert_a_all, [BC_LAW_MU] = convert_mu_all},
};
#else
typedef int bc_g711_avx512_is_for_x86;
#endif
