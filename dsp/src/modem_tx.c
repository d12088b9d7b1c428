/* modem_tx.c - the tones of fax machines and modems.

   ANSam is its carrier and two sidebands, 15 Hz away and 20 dB down: A sin(c) (1 + 0.2 sin(m)) is
   A sin(c) + 0.1 A cos(c - m) - 0.1 A cos(c + m). A reversal of the phase changes the sign of all of it. */
#include <math.h>
#include <string.h>

#include "bc_modem.h"

#define ANSWER_HZ 2100.0
#define AM_HZ 15.0
#define SIDEBAND_DB (-20.0) /* half of a depth of 0.2 */
#define AM_MAX_DBM0 1.55    /* 1.2 times the amplitude of +3.14 dBm0 */
#define QUARTER_TURN 0x40000000u
#define REVERSAL 3600       /* samples: 450 ms */
#define MOST_MS 3.6e6

/* V.21: channel 2. T.30 5.3.1: preamble of flags. */
enum { V21_SPACE_HZ = 1850, V21_MARK_HZ = 1650, V21_BAUD = 300 };
static const uint8_t flag[8] = {0, 1, 1, 1, 1, 1, 1, 0};

/* ---- FSK --------------------------------------------------------------------------------------------------------- */
int bc_fsk_tx_init(bc_fsk_tx *t, double freq0_hz, double freq1_hz, uint32_t baud, double level_dbm0)
{
    bc_tone zero, one;
    memset(t, 0, sizeof *t);
    int result = bc_tone_init(&zero, freq0_hz, level_dbm0, 0, 0);
    if (result == BC_OK)
        result = bc_tone_init(&one, freq1_hz, level_dbm0, 0, 0);
    if (result != BC_OK || baud < 1 || baud > 2000)
        return BC_EINVAL;
    t->tone = one;
    t->step[0] = zero.step[0];
    t->step[1] = one.step[0];
    t->baud = baud;
    t->at = BC_RATE_HZ;
    t->bit = 1;
    return BC_OK;
}

/* A bit begins between two samples: the part of the step before it that is the new bit's is made good. */
static void begin_bit(bc_fsk_tx *t, uint32_t bit)
{
    t->at -= BC_RATE_HZ;
    int32_t more = (int32_t)(t->step[bit] - t->step[t->bit]);
    t->tone.phase[0] += (uint32_t)((int64_t)more * t->at / t->baud);
    t->tone.step[0] = t->step[bit];
    t->bit = bit;
}

size_t bc_fsk_tx_process(bc_fsk_tx *t, const uint8_t *bits, size_t count, size_t *used, int16_t *out, size_t n)
{
    size_t done = 0;
    *used = 0;
    while (done < n) {
        if (t->at >= BC_RATE_HZ) {
            if (*used == count)
                break;
            begin_bit(t, bits[(*used)++] != 0);
        }
        size_t left = (BC_RATE_HZ - t->at + t->baud - 1) / t->baud, part = left < n - done ? left : n - done;
        bc_tone_process(&t->tone, out + done, part);
        t->at += (uint32_t)part * t->baud;
        done += part;
    }
    return done;
}

/* ---- tones ------------------------------------------------------------------------------------------------------- */
static int plain(bc_modem_tx *t, double freq_hz, double level_dbm0, uint32_t on, uint32_t off)
{
    int result = bc_tone_init(&t->tone[0], freq_hz, level_dbm0, 0, 0);
    return result == BC_OK && on ? bc_tone_cadence(&t->tone[0], &on, &off, 1) : result;
}

static int modulated(bc_modem_tx *t, double level_dbm0)
{
    double side = level_dbm0 + SIDEBAND_DB;
    if (!(level_dbm0 <= AM_MAX_DBM0))
        return BC_EINVAL;
    int result = bc_tone_init(&t->tone[0], ANSWER_HZ, level_dbm0, ANSWER_HZ - AM_HZ, side);
    t->tone[0].phase[1] = QUARTER_TURN;
    if (result == BC_OK)
        result = bc_tone_init(&t->tone[1], ANSWER_HZ + AM_HZ, side, 0, 0);
    t->tone[1].phase[0] = 3 * QUARTER_TURN;
    return result;
}

static int set_up(bc_modem_tx *t, double level_dbm0)
{
    switch (t->kind) {
    case BC_MODEM_CNG:
        return plain(t, 1100, level_dbm0, 4000, 24000);
    case BC_MODEM_CALLING:
        return plain(t, 1300, level_dbm0, 4800, 14000);
    case BC_MODEM_ANS:
    case BC_MODEM_ANS_PR:
        return plain(t, ANSWER_HZ, level_dbm0, 0, 0);
    case BC_MODEM_ANSAM:
    case BC_MODEM_ANSAM_PR:
        return modulated(t, level_dbm0);
    case BC_MODEM_BELL_ANS:
        return plain(t, 2225, level_dbm0, 0, 0);
    case BC_MODEM_V21_FLAGS:
        return bc_fsk_tx_init(&t->fsk, V21_SPACE_HZ, V21_MARK_HZ, V21_BAUD, level_dbm0);
    default:
        return BC_EINVAL;
    }
}

int bc_modem_tx_init(bc_modem_tx *t, int kind, double duration_ms, double level_dbm0)
{
    memset(t, 0, sizeof *t);
    if (!(duration_ms >= 0 && duration_ms <= MOST_MS))
        return BC_EINVAL;
    t->kind = kind;
    t->length = (uint64_t)llround(duration_ms * (BC_RATE_HZ / 1000));
    return set_up(t, level_dbm0);
}

static void flags(bc_modem_tx *t, int16_t *out, size_t n)
{
    for (size_t done = 0, used; done < n; t->turn = (t->turn + (uint32_t)used) % 8)
        done += bc_fsk_tx_process(&t->fsk, flag + t->turn, 8 - t->turn, &used, out + done, n - done);
}

static int16_t clipped(int32_t x) { return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x); }

static void add_sideband(bc_modem_tx *t, int16_t *out, size_t n)
{
    int16_t side[BC_BLOCK];
    for (size_t at = 0, part; at < n; at += part) {
        part = n - at < BC_BLOCK ? n - at : BC_BLOCK;
        bc_tone_process(&t->tone[1], side, part);
        for (size_t i = 0; i < part; i++)
            out[at + i] = clipped(out[at + i] + side[i]);
    }
}

static void reverse(const bc_modem_tx *t, int16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((t->at + i) / REVERSAL % 2)
            out[i] = clipped(-(int32_t)out[i]);
}

size_t bc_modem_tx_process(bc_modem_tx *t, int16_t *out, size_t n)
{
    uint64_t left = t->length - t->at;
    size_t count = left < n ? (size_t)left : n;
    if (t->kind == BC_MODEM_V21_FLAGS)
        flags(t, out, count);
    else
        bc_tone_process(&t->tone[0], out, count);
    if (t->kind == BC_MODEM_ANSAM || t->kind == BC_MODEM_ANSAM_PR)
        add_sideband(t, out, count);
    if (t->kind == BC_MODEM_ANS_PR || t->kind == BC_MODEM_ANSAM_PR)
        reverse(t, out, count);
    t->at += count;
    return count;
}
