/* bc_rx.h - what all batched receivers of signals share: lanes, samples in, events out.

   A receiver works on groups of BC_LANES channels, structure of arrays, in hops that divide BC_BLOCK. A lane's analysis
   starts with the lane: a result depends neither on a neighbour nor on how samples were split. Every instruction set
   gives the same bits. Nothing is allocated after the constructor, which is the module's: bc_dtmf_rx_new and others.
   One thread at a time per object. */
#ifndef BC_RX_H
#define BC_RX_H
#include "bc_base.h"

/* CDEF */
#define BC_RX_BEGIN 1 /* a signal is sure: sent once, early */
#define BC_RX_END 2   /* it is over */
typedef struct {
    int32_t lane;
    int32_t kind;       /* BC_RX_..., or a receiver's own from 16 on */
    int32_t code;       /* what: a digit in ASCII, an MF signal, the number of a tone */
    float level_dbm0;   /* of each tone of the signal, mean */
    float detail;       /* as the receiver's header says: twist in dB, or how sure */
    uint32_t duration;  /* samples: so far at BEGIN, in all at END */
    uint64_t start;     /* sample of the lane at which it began (estimate) */
    uint64_t at;        /* sample of the lane at which this was decided */
} bc_rx_event;

typedef struct bc_rx bc_rx;
void bc_rx_free(bc_rx *rx);
int bc_rx_lanes(const bc_rx *rx);
/* Memory that it holds, in all. */
size_t bc_rx_bytes(const bc_rx *rx);
/* Switch a lane on (from a clean state, at its sample 0) or off. Cost is per group with a lane on. */
int bc_rx_enable(bc_rx *rx, int lane, int on);
/* Every lane on, from a clean state; samples short of a hop and events not handed over are forgotten. */
void bc_rx_reset(bc_rx *rx);
/* One block of BC_BLOCK samples for every enabled lane: lane i reads row[i] of the bus (int16, BC_ROW apart). Not to be
   mixed with bc_rx_process on the same object. Returns the count of events, in lane order. Events that find no room wait
   for the next call; BC_EFULL, and the block not taken, once as many wait as a hop can give. */
int bc_rx_block(bc_rx *rx, const int16_t *bus, const int32_t *row, bc_rx_event *out, int max_events);
/* n samples of every lane, any n: in[lane * stride + i]. Buffers what is short of a hop; a lane that was switched on
   within a hop has its own hops, and its events come up to a hop later. Stops when out has not room for a hop's events:
   *consumed says how many samples of each lane were taken; call again with the rest. */
int bc_rx_process(bc_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed, bc_rx_event *out,
                  int max_events);
/* Does the lane's latest hop sound like part of a signal (for muting), whether one is on or not? 1: it might be; 2: its
   latest two are likely to be; else 0, and always from receivers that do not suspect. */
int bc_rx_suspect(const bc_rx *rx, int lane);
/* END CDEF */
#endif
