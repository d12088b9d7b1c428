#if defined(__x86_64__)
#include <immintrin.h>

#include "../g711_twins.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
typedef __m256i V;
enum { W = 16 };
#define SET(k) _mm256_set1_epi16(k)
#define TABLE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))
#define LOOKUP _mm256_shuffle_epi8
#define AND _mm256_and_si256
#define OR _mm256_or_si256
#define XOR _mm256_xor_si256
#define ADD _mm256_add_epi16
#define SUBTRACT _mm256_sub_epi16
#define MULTIPLY _mm256_mullo_epi16
#define MIN _mm256_min_epi16
#define MAX _mm256_max_epi16
#define GREATER _mm256_cmpgt_epi16
#define SIGN(x) _mm256_srai_epi16(x, 15)
#define SHIFT_LEFT _mm256_slli_epi16
#define SHIFT_RIGHT _mm256_srli_epi16
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define LOAD_OCTETS(p) _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(p)))
static inline void store_octets(uint8_t *out, V v)
{
    V packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(v, v), 0x08);
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(packed));
}
#define STORE_OCTETS store_octets
#define SET_OCTETS(k) _mm256_set1_epi8((char)(k))
#define ADD_SATURATED _mm256_adds_epu8
#define ROW(p) _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)(p)))
#include "g711_simd.inc"
BC_TARGET_END

const bc_g711_twin bc_g711_avx2 = {
    .encode = {[BC_LAW_A] = encode_a_all, [BC_LAW_MU] = encode_mu_all},
    .decode = {[BC_LAW_A] = decode_a_all, [BC_LAW_MU] = decode_mu_all},
    .convert = {[BC_LAW_A] = convert_a_all, [BC_LAW_MU] = convert_mu_all},
};
#else
typedef int bc_g711_avx2_is_for_x86;
#endif
