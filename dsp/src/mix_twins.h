/* mix_twins.h - the variants of the block arithmetic. The scalar ones are the reference. */
#ifndef BC_MIX_TWINS_H
#define BC_MIX_TWINS_H
#include "bc_mix.h"

typedef struct {
    uint64_t (*energy)(const int16_t *in, size_t n);
    void (*add)(int16_t *out, const int16_t *a, const int16_t *b, size_t n);
    void (*accumulate)(int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);
    void (*without)(int16_t *out, const int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);
} bc_mix_twin;

extern const bc_mix_twin bc_mix_scalar;
#if defined(__x86_64__)
extern const bc_mix_twin bc_mix_avx2;
extern const bc_mix_twin bc_mix_avx512;
#endif

#endif
