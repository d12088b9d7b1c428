/* tone.c - two table oscillators behind a cadence gate.

   Theory of operation. A phase is 32 bits, 2^32 a turn: the upper 10 bits pick a point of the table, the next 16
   interpolate to the following one (error below -100 dB of full scale). Everything after init is integer, so every
   machine makes the same samples. The oscillators run on through the pauses of a cadence, as in an exchange, where
   one generator is switched to many lines. */
#include "bc_tone.h"
#include "sine.h"

#include <math.h>
#include <string.h>

#define SINE_BITS 10
#define RMS_0DBM0 16141.0 /* G.711 clause 5: full load of A-law is +3.14 dBm0, a sine of peak 32768 */
#define MAX_DBM0 3.14

static const int16_t sine_table[(1 << SINE_BITS) + 1] = {
#include "sine_table.inc"
};

static int32_t sine(uint32_t phase)
{
    uint32_t at = phase >> (32 - SINE_BITS);
    int32_t fraction = (int32_t)(phase >> (16 - SINE_BITS) & 0xFFFF);
    int32_t a = sine_table[at], b = sine_table[at + 1];
    return a + (((b - a) * fraction + 0x8000) >> 16);
}

int32_t bc_sine(uint32_t phase) { return sine(phase); }

/* Raised cosine from 0 to 32768 over `of` samples. */
static int32_t edge(uint32_t at, uint32_t of)
{
    uint32_t half_turn = (uint32_t)(((2 * (uint64_t)at + 1) << 30) / of);
    return (32768 - sine(half_turn + 0x40000000u)) / 2;
}

static int set_tone(bc_tone *t, int i, double freq_hz, double level_dbm0)
{
    if (!(freq_hz > 0 && freq_hz < BC_RATE_HZ / 2.0) || !(level_dbm0 <= MAX_DBM0))
        return BC_EINVAL;
    long peak = lround(RMS_0DBM0 * sqrt(2.0) * pow(10.0, level_dbm0 / 20));
    t->step[i] = (uint32_t)llround(freq_hz / BC_RATE_HZ * 4294967296.0);
    t->amplitude[i] = (int32_t)(peak > 32767 ? 32767 : peak);
    return BC_OK;
}

int bc_tone_init(bc_tone *t, double f1_hz, double level1_dbm0, double f2_hz, double level2_dbm0)
{
    memset(t, 0, sizeof *t);
    int result = set_tone(t, 0, f1_hz, level1_dbm0);
    if (result == BC_OK && f2_hz != 0)
        result = set_tone(t, 1, f2_hz, level2_dbm0);
    return result;
}

int bc_tone_cadence(bc_tone *t, const uint32_t *on, const uint32_t *off, int count)
{
    uint64_t whole = 0;
    if (count < 1 || count > 4)
        return BC_EINVAL;
    for (int i = 0; i < count; i++)
        whole += (uint64_t)on[i] + off[i];
    if (whole == 0)
        return BC_EINVAL;
    memcpy(t->on, on, (size_t)count * sizeof *on);
    memcpy(t->off, off, (size_t)count * sizeof *off);
    t->segments = (uint32_t)count;
    t->segment = 0;
    t->at = 0;
    return BC_OK;
}

/* Gain of the gate at the present sample, 0 to 32768; then one sample on. */
static int32_t gate(bc_tone *t)
{
    int32_t gain = 0;
    if (t->segments == 0) {
        gain = t->at < t->ramp ? edge(t->at, t->ramp) : 32768;
        t->at += t->at < t->ramp;
        return gain;
    }
    while (t->at >= (uint64_t)t->on[t->segment] + t->off[t->segment]) {
        t->at = 0;
        t->segment = (t->segment + 1) % t->segments;
    }
    uint32_t on = t->on[t->segment], ramp = t->ramp < on / 2 ? t->ramp : on / 2;
    if (t->at < on) {
        uint32_t left = on - 1 - t->at;
        gain = t->at < ramp ? edge(t->at, ramp) : left < ramp ? edge(left, ramp) : 32768;
    }
    t->at++;
    return gain;
}

static int16_t sum(const bc_tone *t)
{
    /* Two amplitudes of at most 32767 times a sine of at most 32767: within 31 bits. */
    int32_t value = (t->amplitude[0] * sine(t->phase[0]) + t->amplitude[1] * sine(t->phase[1]) + 0x4000) >> 15;
    return (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
}

void bc_tone_process(bc_tone *t, int16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int32_t gain = gate(t);
        out[i] = gain ? (int16_t)((sum(t) * gain) >> 15) : 0;
        t->phase[0] += t->step[0];
        t->phase[1] += t->step[1];
    }
}
