#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "../dtmf_lanes.h"
#include "target.h"

BC_TARGET_BEGIN(BC_AVX2)
static void correlate(bc_dtmf_group *g, const int16_t *const samples[BC_LANES], int32_t (*x)[BC_LANES],
                      uint32_t *energy);
#include "../dtmf_lanes.inc"

#define LOAD(p) _mm256_load_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_store_si256((__m256i *)(void *)(p), v)

enum { TOGETHER = 2 }; /* lanes that share a load of the coefficients */

/* Outputs are the vector's lanes here: one pair of samples at a time is multiplied into all of them. */
static inline void correlate_lanes(const int16_t *const *in, int32_t (*first)[OUTPUTS], int32_t (*out)[OUTPUTS])
{
    __m256i a[TOGETHER][2], b[TOGETHER][2];
    for (int k = 0; k < TOGETHER; k++) {
        for (int half = 0; half < 2; half++) {
            a[k][half] = LOAD(first[k] + 8 * half);
            b[k][half] = _mm256_setzero_si256();
        }
    }
    for (int n = 0; n < HOP / 2; n++) {
        for (int k = 0; k < TOGETHER; k++) {
            int32_t two;
            memcpy(&two, in[k] + 2 * n, sizeof two);
            __m256i pair = _mm256_set1_epi32(two);
            for (int half = 0; half < 2; half++) {
                a[k][half] = _mm256_add_epi32(a[k][half], _mm256_madd_epi16(pair, LOAD(second_half[n][8 * half])));
                b[k][half] = _mm256_add_epi32(b[k][half], _mm256_madd_epi16(pair, LOAD(first_half[n][8 * half])));
            }
        }
    }
    for (int k = 0; k < TOGETHER; k++) {
        for (int half = 0; half < 2; half++) {
            STORE(out[k] + 8 * half, a[k][half]);
            STORE(first[k] + 8 * half, b[k][half]);
        }
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

/* 8 rows of 8 to 8 columns. */
static inline void transpose(const int32_t *in, int32_t *out)
{
    __m256i r[8], t[8];
    for (int i = 0; i < 8; i++)
        r[i] = LOAD(in + i * OUTPUTS);
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        STORE(out + i * BC_LANES, _mm256_permute2x128_si256(r[i], r[i + 4], 0x20));
        STORE(out + (i + 4) * BC_LANES, _mm256_permute2x128_si256(r[i], r[i + 4], 0x31));
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
        if (g->enabled >> l & 3)
            correlate_lanes(in + l, g->first + l, rows + l);
        else
            memset(rows[l], 0, TOGETHER * sizeof rows[l]);
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            transpose(&rows[8 * i][8 * j], &x[8 * j][8 * i]);
}

uint32_t bc_dtmf_hop_avx2(bc_dtmf_group *g, const int16_t *const samples[BC_LANES]) { return hop(g, samples); }
BC_TARGET_END
#else
typedef int bc_dtmf_avx2_is_for_x86;
#endif
