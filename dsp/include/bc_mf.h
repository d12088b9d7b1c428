/* bc_mf.h - multifrequency signalling between exchanges, two tones of six: ITU-T R1 (Q.320 to Q.326) and R2 forward and
   backward (Q.441, Q.454, Q.455). Generator of strings and of steady signals, batched receiver.

   The receiver works on groups of BC_LANES channels, structure of arrays, in hops of BC_BLOCK. A lane's analysis starts
   with the lane: a result depends neither on a neighbour nor on how samples were split. Every instruction set gives the
   same bits. Nothing is allocated after bc_mf_rx_new. One thread at a time per object. */
#ifndef BC_MF_H
#define BC_MF_H
#include "bc_base.h"
#include "bc_tone.h"

/* CDEF */
#define BC_MF_R1 0          /* 700 to 1700 Hz, step 200 (Q.320) */
#define BC_MF_R2_FORWARD 1  /* 1380 to 1980 Hz, step 120 (Q.441) */
#define BC_MF_R2_BACKWARD 2 /* 1140 down to 540 Hz, step 120 (Q.441) */
/* A signal is 1 to 15: frequencies a < b of 0 to 5 in the order above are signal 1 + a + b (b - 1) / 2. In R2 that is
   the recommendation's own number. In R1: the digits 1 to 9, 10 for 0, 13 for KP, 15 for ST; 11, 12 and 14 are codes
   11, 12 and KP2 in national use. As letters: 1-9, 0, then B C D E F in R2, and C A * B # in R1 (KP is *, ST is #). */
#define BC_MF_MAX_SIGNALS 64
typedef struct {
    uint8_t signals[BC_MF_MAX_SIGNALS];
    uint32_t count, next;
    uint32_t on, kp_on, off; /* samples */
    uint32_t at;
    int32_t kind;
    double level_dbm0;       /* mean of the two tones, each */
    double twist_db;         /* higher frequency above lower */
    bc_tone tone;
} bc_mf_tx;

/* The steady tone of a signal, for compelled signalling. BC_EINVAL for what is out of range. */
int bc_mf_tone(bc_tone *t, int kind, int signal, double level_dbm0, double twist_db);
/* Signals 1 to 15, each followed by its pause. kp_on_ms: length of R1's KP; other kinds have none. */
int bc_mf_tx_init(bc_mf_tx *t, int kind, const uint8_t *signals, size_t count, double on_ms, double kp_on_ms,
                  double off_ms, double level_dbm0, double twist_db);
/* Write up to n samples, return how many; fewer than n only at the end of the string (after the last off time). */
size_t bc_mf_tx_process(bc_mf_tx *t, int16_t *out, size_t n);

#define BC_MF_BEGIN 1 /* a signal is sure */
#define BC_MF_END 2   /* the signal is over */
typedef struct {
    int32_t lane;
    int32_t kind;       /* BC_MF_BEGIN or BC_MF_END */
    int32_t signal;     /* 1 to 15 */
    float level_dbm0;   /* mean of the two tones, each */
    float twist_db;     /* higher frequency above lower */
    uint32_t duration;  /* samples: so far at BEGIN, in all at END */
    uint64_t start;     /* sample of the lane at which the signal began (estimate) */
    uint64_t at;        /* sample of the lane at which this was decided */
} bc_mf_event;

typedef struct bc_mf_rx bc_mf_rx;
typedef struct {
    double twist_db;       /* accepted, either way; default 6 for R1, 7 for R2 */
    double min_level_dbm0; /* per tone; default -30 for R1, -38 for R2 */
} bc_mf_options;
/* Leaves options alone for a kind that is none. */
void bc_mf_defaults(int kind, bc_mf_options *options);
/* lanes: 1 to 65536, all of one kind. isa: BC_ISA_...; options may be NULL. NULL with *error set on failure. */
bc_mf_rx *bc_mf_rx_new(int kind, int lanes, int isa, const bc_mf_options *options, int *error);
void bc_mf_rx_free(bc_mf_rx *rx);
/* Switch a lane on (from a clean state, at its sample 0) or off. Cost is per group with a lane on. */
int bc_mf_rx_enable(bc_mf_rx *rx, int lane, int on);
/* Every lane on, from a clean state; samples short of a hop and events not handed over are forgotten. */
void bc_mf_rx_reset(bc_mf_rx *rx);
/* One block of BC_BLOCK samples for every enabled lane: lane i reads row[i] of the bus (int16, BC_ROW apart). Not to be
   mixed with bc_mf_rx_process on the same object. Returns the count of events, in lane order. Events that find no room
   wait for the next call; BC_EFULL, and the block not taken, once two a lane are waiting. */
int bc_mf_rx_block(bc_mf_rx *rx, const int16_t *bus, const int32_t *row, bc_mf_event *out, int max_events);
/* n samples of every lane, any n: in[lane * stride + i]. Buffers what is short of a hop. Stops when out has not room
   for a hop's events: *consumed says how many samples of each lane were taken; call again with the rest. */
int bc_mf_rx_process(bc_mf_rx *rx, const int16_t *in, size_t stride, size_t n, size_t *consumed, bc_mf_event *out,
                     int max_events);
/* END CDEF */
#endif
