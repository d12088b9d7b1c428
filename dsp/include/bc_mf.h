/* bc_mf.h - multifrequency signalling between exchanges, two tones of six: ITU-T R1 (Q.320 to Q.326) and R2 forward and
   backward (Q.441, Q.454, Q.455). Generator of strings and of steady signals, batched receiver. */
#ifndef BC_MF_H
#define BC_MF_H
#include "bc_rx.h"
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

/* Receiver, see bc_rx.h. An event's code is the signal, its detail the twist: higher frequency above lower, dB. */
typedef struct {
    double twist_db;       /* accepted, either way; default 6 for R1, 7 for R2 */
    double min_level_dbm0; /* per tone; default -30 for R1, -38 for R2 */
} bc_mf_options;
/* Leaves options alone for a kind that is none. */
void bc_mf_defaults(int kind, bc_mf_options *options);
/* lanes: 1 to 65536, all of one kind. isa: BC_ISA_...; options may be NULL. NULL with *error set on failure. */
bc_rx *bc_mf_rx_new(int kind, int lanes, int isa, const bc_mf_options *options, int *error);
/* END CDEF */
#endif
