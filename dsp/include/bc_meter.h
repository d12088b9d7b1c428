/* bc_meter.h - what a level meter reads: power, peak, mean and clipping, window by window, of many channels at once.
   Any thread; all state is the caller's. Exact integer sums: any split of the samples and every instruction set give the
   same. bc_level_dbm0 of bc_mix.h makes a level of energy and count. */
#ifndef BC_METER_H
#define BC_METER_H
#include "bc_base.h"

/* CDEF */
typedef struct {
    int64_t sum;      /* of the samples: the mean is the DC offset */
    uint64_t energy;  /* sum of squares */
    uint64_t count;   /* samples */
    uint64_t clipped; /* samples whose magnitude is the limit or more */
    uint64_t peak;    /* the largest magnitude, 0 to 32768 */
} bc_meter_sums;

/* Add n samples to *sums. isa: one of BC_ISA_... already resolved. limit: 1 to 32768.
   Returns 0 or BC_EINVAL, and then nothing is added. */
int bc_meter_add(int isa, const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums);

/* Cut the channels' samples into windows. Channel c is n samples from in + c * stride on. open: of each channel, the
   window under way, all equally far; zeroed to begin with. ended: room windows a channel, channel c's from c * room on.
   Returns how many windows ended in each channel, BC_EFULL if there is no room for them, or BC_EINVAL for an argument
   out of its range (window 1 to 2^32, limit 1 to 32768) or an open window that is too long; then nothing is taken. */
int bc_meter_windows(int isa, const int16_t *in, size_t stride, size_t channels, size_t n, uint64_t window,
                     int32_t limit, bc_meter_sums *open, bc_meter_sums *ended, size_t room);
/* END CDEF */
#endif
