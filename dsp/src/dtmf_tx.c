/* dtmf_tx.c - digits to tones: ITU-T Q.23, table of frequencies.

          1209  1336  1477  1633 Hz
     697    1     2     3     A
     770    4     5     6     B
     852    7     8     9     C
     941    *     0     #     D
*/
#include <math.h>
#include <string.h>

#include "bc_dtmf.h"

#define PAUSE (BC_RATE_HZ / 2) /* what ',' stands for: 500 ms */

static const char keys[] = "123A456B789C*0#D";
/* round(f / 8000 * 2^32) */
static const uint32_t low_step[] = {374199026, 413390602, 457414017, 505195528};
static const uint32_t high_step[] = {649076933, 717259538, 792958337, 876710199};

/* Samples in so many milliseconds, or -1. */
static int64_t samples(double ms)
{
    if (!(ms >= 0 && ms <= 600e3)) /* ten minutes: within 32 bits, far beyond use */
        return -1;
    return llround(ms * (BC_RATE_HZ / 1000));
}

int bc_dtmf_tx_init(bc_dtmf_tx *t, const char *digits, size_t count, double on_ms, double off_ms, double level_dbm0,
                    double twist_db)
{
    int64_t on = samples(on_ms), off = samples(off_ms);
    memset(t, 0, sizeof *t);
    if (count > BC_DTMF_MAX_DIGITS || on < 1 || off < 0)
        return BC_EINVAL;
    for (size_t i = 0; i < count; i++)
        if (digits[i] == 0 || (digits[i] != ',' && !strchr(keys, digits[i])))
            return BC_EINVAL;
    /* Any two frequencies: this sets the amplitudes; each digit sets its own steps. */
    int result = bc_tone_init(&t->tone, 697, level_dbm0 - twist_db / 2, 1209, level_dbm0 + twist_db / 2);
    if (result != BC_OK)
        return result;
    memcpy(t->digits, digits, count);
    t->count = (uint32_t)count;
    t->on = (uint32_t)on;
    t->off = (uint32_t)off;
    t->level_dbm0 = level_dbm0;
    t->twist_db = twist_db;
    return BC_OK;
}

static void set_key(bc_dtmf_tx *t)
{
    uint32_t key = (uint32_t)(strchr(keys, t->digits[t->next]) - keys);
    t->tone.step[0] = low_step[key >> 2];
    t->tone.step[1] = high_step[key & 3];
    t->tone.phase[0] = t->tone.phase[1] = 0;
}

size_t bc_dtmf_tx_process(bc_dtmf_tx *t, int16_t *out, size_t n)
{
    size_t done = 0;
    while (done < n && t->next < t->count) {
        uint32_t on = t->digits[t->next] == ',' ? 0 : t->on;
        uint32_t off = t->digits[t->next] == ',' ? PAUSE : t->off;
        size_t room = n - done;
        if (t->at < on) {
            if (t->at == 0)
                set_key(t);
            size_t part = on - t->at < room ? on - t->at : room;
            bc_tone_process(&t->tone, out + done, part);
            t->at += (uint32_t)part;
            done += part;
        } else {
            uint32_t left = on + off - t->at;
            size_t part = left < room ? left : room;
            memset(out + done, 0, part * sizeof *out);
            t->at += (uint32_t)part;
            done += part;
        }
        if (t->at >= on + off) {
            t->at = 0;
            t->next++;
        }
    }
    return done;
}
