/* sine.h - the table sine of the tone generator, for tables that are made at run time: the same on every machine. */
#ifndef BC_SINE_H
#define BC_SINE_H
#include <stdint.h>

/* -32767 to 32767; a turn is 2^32. */
int32_t bc_sine(uint32_t phase);
static inline int32_t bc_cosine(uint32_t phase) { return bc_sine(phase + 0x40000000u); }

#endif
