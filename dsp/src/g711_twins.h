/* g711_twins.h - the variants of the bulk converters. The scalar ones are the reference. */
#ifndef BC_G711_TWINS_H
#define BC_G711_TWINS_H
#include "bc_g711.h"

#include "g711_table.inc"

typedef struct {
    void (*encode[2])(const int16_t *in, size_t n, uint8_t *out); /* by BC_LAW_... */
    void (*decode[2])(const uint8_t *in, size_t n, int16_t *out);
    void (*convert[2])(const uint8_t *in, size_t n, uint8_t *out); /* from that law to the other */
} bc_g711_twin;

extern const bc_g711_twin bc_g711_scalar;
#if defined(__x86_64__)
extern const bc_g711_twin bc_g711_avx2;
extern const bc_g711_twin bc_g711_avx512;
#endif

#endif
