#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../dtmf_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX512)
static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../dtmf_lanes.inc"

#define LOAD(p) _mm512_load_si512((const void *)(p))

enum { TOGETHER = 4 }; /* lanes that share a load of the coefficients */

/* Outputs are the vector's lanes here: one pair of samples at a time is multiplied into all of them. */
static inline void correlate_lanes(const int16_t *const *in, int32_t (*first)[OUTPUTS], int32_t (*out)[OUTPUTS])
{
    __m512i a[TOGETHER], b[TOGETHER];
    for (int k = 0; k < TOGETHER; k++) {
        a[k] = LOAD(first[k]);
        b[k] = _mm512_setzero_si512();
    }
    for (int n = 0; n < HOP / 2; n++) {
        __m512i second = LOAD(second_half[n]), begun = LOAD(first_half[n]);
        for (int k = 0; k < TOGETHER; k++) {
            int32_t two;
            memcpy(&two, in[k] + 2 * n, sizeof two);
            __m512i pair = _mm512_set1_epi32(two);
            a[k] = _mm512_add_epi32(a[k], _mm512_madd_epi16(pair, second));
            b[k] = _mm512_add_epi32(b[k], _mm512_madd_epi16(pair, begun));
        }
    }
    for (int k = 0; k < TOGETHER; k++) {
        _mm512_store_si512(out[k], a[k]);
        _mm512_store_si512(first[k], b[k]);
    }
}

static inline uint32_t hop_energy(const int16_t *in)
{
    __m128i sum = _mm_setzero_si128();
    for (int i = 0; i < HOP; i += 8) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
        sum = _mm_add_epi32(sum, _mm_srli_epi32(_mm_madd_epi16(v, v), 6));
    }
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(sum);
}

/* 16 rows of 16 to 16 columns. */
static inline void transpose(int32_t (*in)[OUTPUTS], int32_t (*out)[BC_LANES])
{
    __m512i r[16], t[16];
    for (int i = 0; i < 16; i++)
        r[i] = LOAD(in[i]);
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) { /* r[i + j]: column j of each 128 bits, of rows i to i + 3 */
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int j = 0; j < 4; j++) {
        __m512i even_a = _mm512_shuffle_i32x4(r[j], r[j + 4], 0x88), odd_a = _mm512_shuffle_i32x4(r[j], r[j + 4], 0xDD);
        __m512i even_b = _mm512_shuffle_i32x4(r[j + 8], r[j + 12], 0x88);
        __m512i odd_b = _mm512_shuffle_i32x4(r[j + 8], r[j + 12], 0xDD);
        _mm512_store_si512(out[j], _mm512_shuffle_i32x4(even_a, even_b, 0x88));
        _mm512_store_si512(out[j + 4], _mm512_shuffle_i32x4(odd_a, odd_b, 0x88));
        _mm512_store_si512(out[j + 8], _mm512_shuffle_i32x4(even_a, even_b, 0xDD));
        _mm512_store_si512(out[j + 12], _mm512_shuffle_i32x4(odd_a, odd_b, 0xDD));
    }
}

static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy)
{
    static const int16_t nothing[HOP] = {0};
    int32_t rows[BC_LANES][OUTPUTS] __attribute__((aligned(64)));
    const int16_t *in[BC_LANES];
    for (int l = 0; l < BC_LANES; l++) {
        in[l] = g->enabled >> l & 1 ? samples[l] : nothing;
        energy[l] = hop_energy(in[l]);
    }
    for (int l = 0; l < BC_LANES; l += TOGETHER) {
        if (g->enabled >> l & 15)
            correlate_lanes(in + l, g->first + l, rows + l);
        else
            memset(rows[l], 0, TOGETHER * sizeof rows[l]);
    }
    transpose(rows, x);
}

uint32_t bc_dtmf_hop_avx512(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
BC_TARGET_END
#else
typedef int bc_dtmf_avx512_is_for_x86;
#endif
