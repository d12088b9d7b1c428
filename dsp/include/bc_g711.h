/* bc_g711.h - ITU-T G.711 A-law and mu-law, bulk conversion. Any thread; no state. */
#ifndef BC_G711_H
#define BC_G711_H
#include "bc_base.h"

/* CDEF */
#define BC_LAW_A 0
#define BC_LAW_MU 1

/* int16 linear (16-bit scale: a 13-bit A-law value times 8, a 14-bit mu-law value times 4) to octets as sent on the
   line (A-law even bits inverted). n samples. isa: one of BC_ISA_... already resolved. Returns 0 or BC_EINVAL. */
int bc_g711_encode(int law, int isa, const int16_t *in, size_t n, uint8_t *out);
int bc_g711_decode(int law, int isa, const uint8_t *in, size_t n, int16_t *out);
/* Octets of one law to octets of the other, G.711 tables 3 and 4: not what decoding and encoding again would give.
   from: the law of `in`. out may be in. */
int bc_g711_convert(int from, int isa, const uint8_t *in, size_t n, uint8_t *out);
/* END CDEF */
#endif
