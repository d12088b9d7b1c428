/* bc_mix.h - block arithmetic on bus rows: energy, gain, saturating mix, conference sum. Any thread, no state.
   Integer throughout; every instruction set gives the same bits. */
#ifndef BC_MIX_H
#define BC_MIX_H
#include "bc_base.h"

/* CDEF */
#define BC_GAIN_ONE 4096  /* gains are Q12: 4096 is 0 dB, at most 8 * 4096 */
/* Sum of squares of n samples. */
uint64_t bc_energy(int isa, const int16_t *in, size_t n);
/* out = sat16(a + b). out may be a or b. */
void bc_mix_add(int isa, int16_t *out, const int16_t *a, const int16_t *b, size_t n);
/* sum += in * gain (Q12, rounded to int16 scale: (x * gain + 2048) >> 12). */
void bc_mix_accumulate(int isa, int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);
/* out = sat16(sum - in * gain), same rounding: what a conference party hears. in may be NULL: out = sat16(sum). */
void bc_mix_without(int isa, int16_t *out, const int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);
/* 10 log10 of mean power against 0 dBm0 (rms 16141); -96 for silence. Not for use in decisions. */
double bc_level_dbm0(uint64_t energy, size_t n);
/* Energy of n samples at level_dbm0, rounded: the threshold to compare bc_energy with. */
uint64_t bc_energy_at(double level_dbm0, size_t n);
/* END CDEF */
#endif
