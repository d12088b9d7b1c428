/* mf_tx.c - multifrequency signals to tones: Q.320 table of frequencies (R1), Q.441 table 5 (R2). */
#include <math.h>
#include <string.h>

#include "bc_mf.h"

enum { SIGNALS = 15, KP = 13 };

static const int16_t freq_hz[3][6] = {
    [BC_MF_R1] = {700, 900, 1100, 1300, 1500, 1700},
    [BC_MF_R2_FORWARD] = {1380, 1500, 1620, 1740, 1860, 1980},
    [BC_MF_R2_BACKWARD] = {1140, 1020, 900, 780, 660, 540},
};
/* The two frequencies of signals 1 to 15. */
static const uint8_t pairs[SIGNALS][2] = {{0, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}, {2, 3}, {0, 4}, {1, 4},
                                          {2, 4}, {3, 4}, {0, 5}, {1, 5}, {2, 5}, {3, 5}, {4, 5}};

int bc_mf_tone(bc_tone *t, int kind, int signal, double level_dbm0, double twist_db)
{
    if (kind < BC_MF_R1 || kind > BC_MF_R2_BACKWARD || signal < 1 || signal > SIGNALS)
        return BC_EINVAL;
    double a = freq_hz[kind][pairs[signal - 1][0]], b = freq_hz[kind][pairs[signal - 1][1]];
    double above = a < b ? twist_db : -twist_db; /* of b over a */
    return bc_tone_init(t, a, level_dbm0 - above / 2, b, level_dbm0 + above / 2);
}

/* Samples in so many milliseconds, or -1. */
static int64_t samples(double ms)
{
    if (!(ms >= 0 && ms <= 600e3)) /* ten minutes: within 32 bits, far beyond use */
        return -1;
    return llround(ms * (BC_RATE_HZ / 1000));
}

int bc_mf_tx_init(bc_mf_tx *t, int kind, const uint8_t *signals, size_t count, double on_ms, double kp_on_ms,
                  double off_ms, double level_dbm0, double twist_db)
{
    int64_t on = samples(on_ms), kp_on = samples(kp_on_ms), off = samples(off_ms);
    memset(t, 0, sizeof *t);
    if (count > BC_MF_MAX_SIGNALS || on < 1 || kp_on < 1 || off < 0)
        return BC_EINVAL;
    for (size_t i = 0; i < count; i++)
        if (signals[i] < 1 || signals[i] > SIGNALS)
            return BC_EINVAL;
    int result = bc_mf_tone(&t->tone, kind, 1, level_dbm0, twist_db); /* tries kind and levels */
    if (result != BC_OK)
        return result;
    memcpy(t->signals, signals, count);
    t->count = (uint32_t)count;
    t->kind = kind;
    t->on = (uint32_t)on;
    t->kp_on = (uint32_t)kp_on;
    t->off = (uint32_t)off;
    t->level_dbm0 = level_dbm0;
    t->twist_db = twist_db;
    return BC_OK;
}

/* The signal whose turn it is: up to n samples of its tone or of its pause. */
static size_t go_on(bc_mf_tx *t, int16_t *out, size_t n)
{
    int signal = t->signals[t->next];
    uint32_t on = t->kind == BC_MF_R1 && signal == KP ? t->kp_on : t->on;
    int sounds = t->at < on;
    uint32_t left = sounds ? on - t->at : on + t->off - t->at;
    size_t part = left < n ? left : n;
    if (t->at == 0)
        bc_mf_tone(&t->tone, t->kind, signal, t->level_dbm0, t->twist_db);
    if (sounds)
        bc_tone_process(&t->tone, out, part);
    else
        memset(out, 0, part * sizeof *out);
    t->at += (uint32_t)part;
    if (t->at >= on + t->off) {
        t->at = 0;
        t->next++;
    }
    return part;
}

size_t bc_mf_tx_process(bc_mf_tx *t, int16_t *out, size_t n)
{
    size_t done = 0;
    while (done < n && t->next < t->count)
        done += go_on(t, out + done, n - done);
    return done;
}
