/* bc_tone.h - tone generator: up to two frequencies, a cadence of up to 4 on/off pairs, integer phase, table sine.
   Plain state, owned by the caller: no allocation. The same samples on every machine: no libm while generating. */
#ifndef BC_TONE_H
#define BC_TONE_H
#include "bc_base.h"

/* CDEF */
typedef struct {
    uint32_t phase[2];      /* 2^32 a turn */
    uint32_t step[2];
    int32_t amplitude[2];   /* peak, int16 scale */
    uint32_t ramp;          /* samples of raised edge at on and off, 0 for none */
    uint32_t segments;      /* 0: steady tone */
    uint32_t on[4], off[4]; /* samples */
    uint32_t segment;
    uint32_t at;            /* samples into the present segment */
} bc_tone;

/* Steady tone. level_dbm0 per frequency, 0 dBm0 = sine of rms 16141 (A-law load capacity +3.14 dBm0, G.711 table 1a);
   f2_hz 0 for a single frequency. BC_EINVAL for a frequency outside (0, 4000) or a level above +3.14 dBm0. */
int bc_tone_init(bc_tone *t, double f1_hz, double level1_dbm0, double f2_hz, double level2_dbm0);
/* Cadence in samples; repeats for ever. count 1 to 4. */
int bc_tone_cadence(bc_tone *t, const uint32_t *on, const uint32_t *off, int count);
/* Write n samples (replaces out). */
void bc_tone_process(bc_tone *t, int16_t *out, size_t n);
/* END CDEF */
#endif
