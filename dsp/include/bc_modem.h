/* bc_modem.h - the tones by which fax machines and modems find each other: generators, and a batched receiver of all
   of them at once (bc_rx.h tells how receivers are used).

   From the receiver `code` is BC_MODEM_..., level_dbm0 the mean level, and detail the frequency's error in Hz (0 for
   BC_MODEM_V21_FLAGS). A 2100 Hz tone that turns out to be more than was told gives BC_RX_END of the plainer and BC_RX_BEGIN
   of the richer code at one time, with one start. */
#ifndef BC_MODEM_H
#define BC_MODEM_H
#include "bc_rx.h"
#include "bc_tone.h"

/* CDEF */
#define BC_MODEM_CNG 1       /* T.30 4.3.3.1: 1100 Hz +-38, 0.5 s on, 3 s off, times +-15 % */
#define BC_MODEM_CALLING 2   /* V.25: calling tone, 1300 Hz +-15, 0.5 to 0.7 s on, 1.5 to 2 s off */
#define BC_MODEM_ANS 3       /* V.25: answer tone, and T.30 4.3.3.2 CED: 2100 Hz +-15, 2.6 to 4 s */
#define BC_MODEM_ANS_PR 4    /* V.25: ANS with its phase reversed every 450 ms +-25 */
#define BC_MODEM_ANSAM 5     /* V.8: 2100 Hz, amplitude modulated by 15 Hz, 20 % */
#define BC_MODEM_ANSAM_PR 6  /* V.8: ANSam with phase reversals */
#define BC_MODEM_BELL_ANS 7  /* Bell 103 and 212A: answer tone, 2225 Hz */
#define BC_MODEM_V21_FLAGS 8 /* T.30 5.3.1: preamble, HDLC flags by V.21 channel 2: 300 bit/s, 1 is 1650 Hz, 0 is 1850 */
#define BC_MODEM_KINDS 8

/* Phase-continuous binary FSK, bits given by the caller. */
typedef struct {
    bc_tone tone;
    uint32_t step[2]; /* of bit 0, of bit 1 */
    uint32_t baud;
    uint32_t at;      /* into the present bit, in 1 / BC_RATE_HZ of it; from BC_RATE_HZ on: no bit */
    uint32_t bit;
} bc_fsk_tx;
/* freq_hz: of bit 0, of bit 1. baud 1 to 2000. */
int bc_fsk_tx_init(bc_fsk_tx *t, double freq0_hz, double freq1_hz, uint32_t baud, double level_dbm0);
/* The samples of `count` bits, octets 0 or 1, until n: returns samples, and in *used the bits begun. A call goes on
   within the bit in which the one before stopped. */
size_t bc_fsk_tx_process(bc_fsk_tx *t, const uint8_t *bits, size_t count, size_t *used, int16_t *out, size_t n);

typedef struct {
    int32_t kind;
    uint32_t turn; /* of the eight bits of a flag */
    uint64_t at, length;
    bc_tone tone[2];
    bc_fsk_tx fsk;
} bc_modem_tx;
/* duration_ms in all, pauses of the calling tones included; 0 to 3600000. Tones with AM reach 1.6 dB above level_dbm0. */
int bc_modem_tx_init(bc_modem_tx *t, int kind, double duration_ms, double level_dbm0);
/* Write up to n samples, return how many; fewer than n only at the end. */
size_t bc_modem_tx_process(bc_modem_tx *t, int16_t *out, size_t n);

typedef struct {
    double min_level_dbm0; /* -60 to 0; default -43 (T.30 receivers: V.2, from memory) */
    double answer_ms;      /* an answer tone is told after so long, 100 to 2000; default 300 */
    double calling_ms;     /* a calling tone is told after so long, 100 to 2000; default 0: once its on time was right */
    int32_t reversals;     /* at the right distance, that make ANS_PR or ANSAM_PR, 1 to 8; default 2 */
} bc_modem_options;
void bc_modem_defaults(bc_modem_options *options);
/* lanes: 1 to 65536, all off. isa: BC_ISA_...; options may be NULL. NULL with *error set on failure. */
bc_rx *bc_modem_rx_new(int lanes, int isa, const bc_modem_options *options, int *error);
/* END CDEF */
#endif
