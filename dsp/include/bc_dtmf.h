/* bc_dtmf.h - DTMF (ITU-T Q.23, Q.24): generator of digit strings, batched receiver. */
#ifndef BC_DTMF_H
#define BC_DTMF_H
#include "bc_rx.h"
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

/* Receiver, see bc_rx.h. An event's code is the digit in ASCII, its detail the twist: high group above low, dB. */
typedef struct {
    double normal_twist_db;   /* accepted where the LOW group is the stronger (a long line does this); default 8 */
    double reverse_twist_db;  /* accepted where the HIGH group is the stronger; default 4. Both: Q.24 table A-1 */
    double min_level_dbm0;    /* per tone, default -42 */
    int dial_tone_filter;     /* 1: be deaf to dial tones, 350 to 450 Hz, at up to twice the cost; default 0 */
} bc_dtmf_options;
void bc_dtmf_defaults(bc_dtmf_options *options);
/* lanes: 1 to 65536. isa: BC_ISA_...; options may be NULL. NULL with *error set on failure. */
bc_rx *bc_dtmf_rx_new(int lanes, int isa, const bc_dtmf_options *options, int *error);
/* END CDEF */
#endif
