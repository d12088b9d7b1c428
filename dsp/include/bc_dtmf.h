/* bc_dtmf.h - DTMF (ITU-T Q.23, Q.24): generator of digit strings, batched receiver.

   The receiver works on groups of BC_LANES channels, structure of arrays, in hops that divide BC_BLOCK. A lane's
   analysis starts with the lane: a result depends neither on a neighbour nor on how samples were split. Every
   instruction set gives the same bits. Nothing is allocated after bc_dtmf_rx_new. One thread at a time per object. */
#ifndef BC_DTMF_H
#define BC_DTMF_H
#include "bc_base.h"
#include "bc_tone.h"

/* CDEF */
#define BC_DTMF_MAX_DIGITS 64
typedef struct {
    uint8_t digits[BC_DTMF_MAX_DIGITS];
    uint32_t count, next;
    uint32_t on, off;       /* samples */
    double level_dbm0;      /* mean of the two tones, each */
    double twist_db;        /* high group above low: low is level - twist/2, high is level + twist/2 */
    uint32_t at;
    bc_tone tone;
} bc_dtmf_tx;

/* digits: 0-9 A-D * # and ',' (a pause of 500 ms). BC_EINVAL names no culprit: validate before. */
int bc_dtmf_tx_init(bc_dtmf_tx *t, const char *digits, size_t count, double on_ms, double off_ms, double level_dbm0,
                    double twist_db);
/* Write up to n samples, return how many; fewer than n only at the end of the string (after the last off time). */
size_t bc_dtmf_tx_process(bc_dtmf_tx *t, int16_t *out, size_t n);

#define BC_DTMF_BEGIN 1  /* a digit is sure: sent once, early */
#define BC_DTMF_END 2    /* the digit is over */
typedef struct {
    int32_t lane;
    int32_t kind;
    int32_t digit;          /* ASCII */
    float level_dbm0;       /* mean of the two tones, each */
    float twist_db;         /* high group above low */
    uint32_t duration;      /* samples: so far at BEGIN, in all at END */
    uint64_t start;         /* sample of the lane at which the digit began (estimate) */
    uint64_t at;            /* sample of the lane at which this was decided */
} bc_dtmf_event;

typedef struct bc_dtmf_rx bc_dtmf_rx;
typedef struct {
    double normal_twist_db;   /* accepted where the LOW group is the stronger (a long line does this); default 8 */
    double reverse_twist_db;  /* accepted where the HIGH group is the stronger; default 4. Both: Q.24 table A-1 */
    double min_level_dbm0;    /* per tone, default -42 */
} bc_dtmf_options;
void bc_dtmf_defaults(bc_dtmf_options *options);
/* lanes: 1 to 65536. isa: BC_ISA_...; options may be NULL. NULL with *error set on failure. */
bc_dtmf_rx *bc_dtmf_rx_new(int lanes, int isa, const bc_dtmf_options *options, int *error);
void bc_dtmf_rx_free(bc_dtmf_rx *rx);
/* Switch a lane on (from a clean state, at its sample 0) or off. Cost is per group with a lane on. */
int bc_dtmf_rx_enable(bc_dtmf_rx *rx, int lane, int on);
/* One block of BC_BLOCK samples for every enabled lane: lane i reads row[i] of the bus (int16, BC_ROW apart). Not to
   be mixed with bc_dtmf_rx_process on the same object. Returns the count of events, at most 2 a lane, in lane order.
   Events that find no room wait for the next call; BC_EFULL, and the block not taken, once two a lane are waiting. */
int bc_dtmf_rx_block(bc_dtmf_rx *rx, const int16_t *bus, const int32_t *row, bc_dtmf_event *out, int max_events);
/* n samples of every lane, any n: in[lane * stride + i]. Buffers what is short of a hop. Stops when out has not room
   for a hop's events: *consumed says how many samples of each lane were taken; call again with the rest. */
int bc_dtmf_rx_process(bc_dtmf_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed,
                       bc_dtmf_event *out, int max_events);
/* Is the lane's latest hop possibly part of a digit (for muting)? 0 or 1. */
int bc_dtmf_rx_suspect(const bc_dtmf_rx *rx, int lane);
/* END CDEF */
#endif
