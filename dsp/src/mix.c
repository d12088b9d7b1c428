/* mix.c - block arithmetic on bus rows.

   A conference is one sum of all parties and, for each, that sum less its own part: N additions and N subtractions
   instead of N * N. Sums are 32 bits: 8192 parties at the largest gain before they could wrap. */
#include <math.h>

#include "mix_twins.h"

#include "mix_lanes.inc"

#define RMS_0DBM0 16141.0 /* see bc_tone.h */
#define SILENCE_DBM0 (-96.0)

const bc_mix_twin bc_mix_scalar = {energy, add, accumulate, without};

static const bc_mix_twin *twin_for(int isa)
{
#if defined(__x86_64__)
    if (isa == BC_ISA_AVX512)
        return &bc_mix_avx512;
    if (isa == BC_ISA_AVX2)
        return &bc_mix_avx2;
#endif
    (void)isa;
    return &bc_mix_scalar;
}

uint64_t bc_energy(int isa, const int16_t *in, size_t n) { return twin_for(isa)->energy(in, n); }

void bc_mix_add(int isa, int16_t *out, const int16_t *a, const int16_t *b, size_t n) { twin_for(isa)->add(out, a, b, n); }

void bc_mix_accumulate(int isa, int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n)
{
    twin_for(isa)->accumulate(sum, in, gain_q12, n);
}

void bc_mix_without(int isa, int16_t *out, const int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n)
{
    twin_for(isa)->without(out, sum, in, gain_q12, n);
}

double bc_level_dbm0(uint64_t energy_sum, size_t n)
{
    if (n == 0 || energy_sum == 0)
        return SILENCE_DBM0;
    double level = 10 * log10((double)energy_sum / (double)n / (RMS_0DBM0 * RMS_0DBM0));
    return level < SILENCE_DBM0 ? SILENCE_DBM0 : level;
}

uint64_t bc_energy_at(double level_dbm0, size_t n)
{
    double sum = pow(10.0, level_dbm0 / 10) * (RMS_0DBM0 * RMS_0DBM0) * (double)n;
    return sum < 9.2e18 ? (uint64_t)(sum + 0.5) : UINT64_MAX;
}
