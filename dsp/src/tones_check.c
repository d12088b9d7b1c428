/* tones_check.c - what is wrong with a set of sounds and patterns. */
#include <math.h>

#include "tones.h"

#define APART_HZ 12.0
#define SEVERAL_HZ 25.0      /* the largest tolerance of more than one frequency */
#define LEAST_ON 360         /* samples */
#define LEAST_OFF 240

static int within(double x, double low, double high) { return x >= low && x <= high; } /* false for NaN */

static int good_options(const bc_tones_options *o)
{
    return within(o->min_level_dbm0, -60, 0) && within(o->twist_db, 0, 20) && within(o->purity, 0.3, 0.95);
}

static int crowded(const bc_tones_sound *s)
{
    for (int i = 0; i < s->freqs; i++)
        for (int j = 0; j < i; j++)
            if (s->freqs > 2 && fabs(s->freq_hz[i] - s->freq_hz[j]) < CLOSE_HZ)
                return 1;
    return 0;
}

static int good_sound(const bc_tones_sound *s)
{
    if (s->freqs < 1 || s->freqs > BC_TONES_FREQS)
        return 0;
    for (int i = 0; i < s->freqs; i++) {
        if (!within(s->freq_hz[i], 150, 3800))
            return 0;
        for (int j = 0; j < i; j++)
            if (!(fabs(s->freq_hz[i] - s->freq_hz[j]) >= APART_HZ))
                return 0;
    }
    if (crowded(s))
        return 0;
    int modulated = s->am_hz != 0;
    if (modulated && (s->freqs != 1 || !within(s->am_hz, 14, 30)))
        return 0;
    return s->tolerance_hz > 0 && s->tolerance_hz <= (s->freqs > 1 || modulated ? SEVERAL_HZ : 50);
}

static int same_sound(const bc_tones_sound *a, const bc_tones_sound *b)
{
    if (a->freqs != b->freqs || a->am_hz != b->am_hz)
        return 0;
    for (int i = 0; i < a->freqs; i++) {
        int found = 0;
        for (int j = 0; j < b->freqs; j++)
            found |= a->freq_hz[i] == b->freq_hz[j];
        if (!found)
            return 0;
    }
    return 1;
}

static int good_burst(const bc_tones_pattern *p, int i, int sounds)
{
    const bc_tones_burst *b = &p->burst[i];
    int last = i == p->bursts - 1;
    if (b->sound < 0 || b->sound >= sounds || b->on < LEAST_ON)
        return 0;
    if (b->on == FOREVER)
        return last && b->off == 0;
    if (b->off)
        return b->off >= LEAST_OFF && b->off != FOREVER;
    if (last && !p->repeats)
        return 1;
    return p->burst[last ? 0 : i + 1].sound != b->sound;
}

static int good_pattern(const bc_tones_pattern *p, int sounds)
{
    if (p->bursts < 1 || p->bursts > BC_TONES_BURSTS || !within(p->tolerance, 0, 0.45))
        return 0;
    for (int i = 0; i < p->bursts; i++)
        if (!good_burst(p, i, sounds))
            return 0;
    return 1;
}

static int near_times(uint32_t a, uint32_t b, double tolerance)
{
    if (a == b || a == FOREVER || b == FOREVER)
        return a == b;
    return fabs((double)a - (double)b) <= tolerance;
}

static int near_bursts(const bc_tones_pattern *a, int i, const bc_tones_pattern *b, int j)
{
    const bc_tones_burst *x = &a->burst[i], *y = &b->burst[j];
    return x->sound == y->sound && near_times(x->on, y->on, x->on * a->tolerance + y->on * b->tolerance) &&
           near_times(x->off, y->off, x->off * a->tolerance + y->off * b->tolerance);
}

/* Could one be taken for the other, begun anywhere? */
static int alike(const bc_tones_pattern *a, const bc_tones_pattern *b)
{
    int length = a->bursts * b->bursts;
    int turns = a->burst[a->bursts - 1].on != FOREVER && b->burst[b->bursts - 1].on != FOREVER ? b->bursts : 1;
    for (int turn = 0; turn < turns; turn++) {
        int same = 1;
        for (int i = 0; i < length && same; i++)
            same = near_bursts(a, i % a->bursts, b, (i + turn) % b->bursts);
        if (same)
            return 1;
    }
    return 0;
}

int bc_tones_good(const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern, int patterns,
                  const bc_tones_options *options)
{
    if (!sound || sounds < 1 || sounds > BC_TONES_SOUNDS || patterns < 0 || patterns > BC_TONES_PATTERNS)
        return 0;
    if ((patterns && !pattern) || !good_options(options) || (!patterns && !options->edges))
        return 0;
    for (int i = 0; i < sounds; i++) {
        if (!good_sound(&sound[i]))
            return 0;
        for (int j = 0; j < i; j++)
            if (same_sound(&sound[i], &sound[j]))
                return 0;
    }
    for (int i = 0; i < patterns; i++) {
        if (!good_pattern(&pattern[i], sounds))
            return 0;
        for (int j = 0; j < i; j++)
            if (alike(&pattern[i], &pattern[j]))
                return 0;
    }
    return 1;
}
