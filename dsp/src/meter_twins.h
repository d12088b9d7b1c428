/* meter_twins.h - the variants of the level meter's sums. The scalar one is the reference. */
#ifndef BC_METER_TWINS_H
#define BC_METER_TWINS_H
#include "bc_meter.h"

typedef void (*bc_meter_twin)(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums);

void bc_meter_scalar(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums);
#if defined(__x86_64__)
void bc_meter_avx2(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums);
void bc_meter_avx512(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums);
#endif

#endif
