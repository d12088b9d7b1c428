/* tones_set.c - a set of sounds and patterns made ready for the kernel and the cadences. */
#include <math.h>
#include <string.h>

#include "sine.h"
#include "tones.h"

#define RMS_0DBM0 16141.0    /* see bc_tone.h */
#define PEAK 1023            /* of the window: no sample can overflow the correlator's sums */
#define SCALE (1.0 / 65536)  /* as in tones_lanes.inc */
#define MARGIN_DB 1.0        /* limits hold at 100 %: the decision stands a little outside them */
#define MARGIN_HZ 1.0
#define LEAST_PAIR_HZ 8.0    /* what is nearer than this cannot be parted */
#define MOST_PAIR_HZ 49.0
#define NARROW_HZ 18.0       /* and the largest that windows of 40 ms are for where they need not part others */
#define SLACK 32             /* samples by which edges are uncertain */
#define NEAR_SLACK 96        /* the same of sounds with another frequency of the set near */
#define NEAR_HZ 60.0
#define BEAT_SLACK 40        /* the same of sounds that beat: so much, and half a period */
#define PAIR_LOSS 0.92       /* power that a wide window in the middle of two tones has of them */
#define SIDE_BANDS 1.28      /* power of a carrier with its side bands, modulated by 0.9, there */
#define ONCE_PAUSE 2400      /* samples of silence after a pattern that is heard once */
#define LONG_PAUSE 15200     /* samples: longer ones are told by one burst */
#define HEARD_LEAST 4800     /* samples of it that must be heard */
#define STEADY_LEAST 6400    /* samples: no steady tone is told before */
#define STEADY_ALONE 8000    /* nor one of a single frequency, which a voice can hold */

void bc_tones_defaults(bc_tones_options *options)
{
    *options = (bc_tones_options){.min_level_dbm0 = -38, .twist_db = 6, .purity = 0.7, .edges = 0};
}

/* Power of a bin, see ENERGY_POWER in tones_lanes.inc. */
double bc_tones_power_at(double level_dbm0)
{
    double z = RMS_0DBM0 * sqrt(2.0) * pow(10.0, level_dbm0 / 20) * HOP * PEAK * SCALE;
    return z * z;
}

/* ---- bins --------------------------------------------------------------------------------------------------------- */
static uint32_t phase_of(double turns) { return (uint32_t)(int64_t)llround((turns - floor(turns)) * 4294967296.0); }

static float cosine_of(double turns) { return (float)bc_cosine(phase_of(turns)) / 32767; }

static int find_bin(bc_tones_set *set, double freq_hz, int wide)
{
    for (int b = 0; b < set->bins; b++)
        if (set->bin[b].freq_hz == freq_hz && set->bin[b].wide == wide)
            return b;
    if (set->bins == BC_TONES_BINS)
        return BC_EFULL;
    double turns = freq_hz * HOP / BC_RATE_HZ;
    set->bin[set->bins] = (bc_tones_bin){freq_hz, wide, -1, cosine_of(turns), -cosine_of(turns - 0.25)};
    return set->bins++;
}

/* How far a number is from the nearest whole one, beside `off`. */
static double apart(double x, double off) { return fabs(x - off - round(x - off)); }

static int find_beat(bc_tones_set *set, double freq_hz, double rate_hz, int pair)
{
    double hops = rate_hz * HOP / BC_RATE_HZ; /* periods in a hop */
    for (int k = 0; k < set->beats; k++)
        if (set->beat[k].rate_hz == rate_hz && set->beat[k].pair == pair &&
            set->bin[set->beat[k].bin].freq_hz == freq_hz)
            return k;
    if (set->beats == BC_TONES_BEATS)
        return BC_EFULL;
    int b = find_bin(set, freq_hz, 1);
    if (b < 0)
        return b;
    bc_tones_beat *beat = &set->beat[set->beats];
    *beat = (bc_tones_beat){rate_hz, b, 1, 2, pair ? LAGS : (int)lround(1 / hops), pair, 0, 0, 0};
    if (pair)
        return set->beats++;
    for (int lag = 2; lag < LAGS; lag++) {
        beat->half = apart(lag * hops, 0.5) < apart(beat->half * hops, 0.5) ? lag : beat->half;
        beat->full = apart(lag * hops, 0) < apart(beat->full * hops, 0) ? lag : beat->full;
    }
    if (beat->period > LAGS)
        beat->period = LAGS;
    if (apart(beat->half * hops, 0.5) > 0.13 || apart(beat->full * hops, 0) > 0.13)
        return BC_EINVAL;
    return set->beats++;
}

/* Two frequencies that no window parts: 0, or how far apart they are. */
static double close_pair(const bc_tones_sound *s)
{
    double apart_hz = s->freqs == 2 ? fabs(s->freq_hz[0] - s->freq_hz[1]) : CLOSE_HZ;
    return apart_hz < CLOSE_HZ ? apart_hz : 0;
}

static double middle_of(const bc_tones_sound *s)
{
    return s->freqs == 2 ? (s->freq_hz[0] + s->freq_hz[1]) / 2 : s->freq_hz[0];
}

/* Limits of the two tones' middle and distance, see part() in tones_lanes.inc. */
static void limit_pair(bc_tones_beat *beat, double pair_hz, double tolerance_hz)
{
    double hop_s = (double)HOP / BC_RATE_HZ, least_hz = pair_hz - 2 * tolerance_hz, most_hz = pair_hz + 2 * tolerance_hz;
    least_hz = least_hz < LEAST_PAIR_HZ ? LEAST_PAIR_HZ : least_hz;
    most_hz = most_hz > MOST_PAIR_HZ ? MOST_PAIR_HZ : most_hz;
    float near = 2 * cosine_of(least_hz / 2 * hop_s), far = 2 * cosine_of(most_hz / 2 * hop_s);
    beat->near = near * near;
    beat->far = far * far;
    beat->middle = cosine_of(2 * tolerance_hz * hop_s);
}

static int make_sound(bc_tones_set *set, bc_tones_sort *sort, const bc_tones_sound *s)
{
    double pair_hz = close_pair(s), rate_hz = pair_hz != 0 ? pair_hz : s->am_hz;
    double tolerance_hz = s->tolerance_hz + pair_hz / 2 + MARGIN_HZ;
    sort->beat = -1;
    sort->parts = rate_hz != 0 ? 1 : s->freqs;
    sort->least_cos = tolerance_hz < 50 ? cosine_of(tolerance_hz * HOP / BC_RATE_HZ) : -1;
    sort->tones = pair_hz != 0 ? 2 * PAIR_LOSS : rate_hz != 0 ? SIDE_BANDS : s->freqs;
    if (rate_hz != 0) {
        sort->beat = find_beat(set, middle_of(s), rate_hz, pair_hz != 0);
        if (sort->beat < 0)
            return sort->beat;
        if (pair_hz != 0)
            limit_pair(&set->beat[sort->beat], pair_hz, s->tolerance_hz + MARGIN_HZ);
        sort->bin[0] = set->beat[sort->beat].bin;
    }
    for (int i = 0; i < sort->parts && rate_hz == 0; i++) {
        sort->bin[i] = find_bin(set, s->freq_hz[i], s->freqs == 1 && s->tolerance_hz > NARROW_HZ);
        if (sort->bin[i] < 0)
            return sort->bin[i];
    }
    return BC_OK;
}

static int spread_of(const bc_tones_set *set, const bc_tones_sort *sort)
{
    int spread = sort->beat < 0 ? SLACK : BEAT_SLACK + (int)(BC_RATE_HZ / set->beat[sort->beat].rate_hz / 2);
    for (int i = 0; i < sort->parts && sort->beat < 0; i++) {
        for (int b = 0; b < set->bins; b++) {
            double away_hz = fabs(set->bin[b].freq_hz - set->bin[sort->bin[i]].freq_hz);
            spread = away_hz > 0 && away_hz <= NEAR_HZ ? NEAR_SLACK : spread;
        }
    }
    return spread;
}

/* Beats that a plain single tone might be taken for. */
static uint32_t beats_near(const bc_tones_set *set, const bc_tones_sound *s)
{
    uint32_t mask = 0;
    for (int k = 0; k < set->beats; k++) {
        double away_hz = fabs(set->bin[set->beat[k].bin].freq_hz - s->freq_hz[0]);
        mask |= (uint32_t)(s->freqs == 1 && away_hz <= 50 + s->tolerance_hz) << k;
    }
    return mask;
}

/* Folded about the middle of the window: from there on, the cosine of each bin and less its sine, twice as large. */
static void make_table(bc_tones_set *set)
{
    const int64_t unit = (int64_t)32767 * 32767 / (2 * PEAK), half = unit / 2;
    for (int n = 0; n < HOP; n++) {
        int32_t window = (32767 - bc_cosine(phase_of((HOP + n + 0.5) / (2 * HOP)))) / 2; /* Hann, to 32767 */
        for (int b = 0; b < set->bins; b++) {
            bc_fold_table *table = &set->table[b / BINS];
            uint32_t phase = phase_of(set->bin[b].freq_hz * (n + 0.5) / BC_RATE_HZ);
            int64_t part[2] = {(int64_t)window * bc_cosine(phase), -(int64_t)window * bc_sine(phase)};
            for (int k = 0; k < 2; k++) {
                int o = b % BINS * 2 + k;
                table->rows[o][n] = (int16_t)((part[k] + (part[k] < 0 ? -half : half)) / unit);
                table->pairs[n / 2][o][n % 2] = table->rows[o][n];
            }
        }
    }
}

/* ---- cadences ------------------------------------------------------------------------------------------------------ */
static bc_tones_run run_of(int sound, uint32_t length, double tolerance, int slack)
{
    double least = length * (1 - tolerance) - slack, most = length * (1 + tolerance) + slack;
    if (length == FOREVER)
        return (bc_tones_run){sound, 0, FOREVER, FOREVER};
    return (bc_tones_run){sound, least > 0 ? (uint32_t)least : 0, (uint32_t)(most < 4e9 ? most : 4e9), length};
}

static void make_cadence(const bc_tones_set *set, bc_tones_cadence *c, const bc_tones_pattern *p)
{
    c->count = 0;
    c->steady = p->burst[p->bursts - 1].on == FOREVER;
    c->repeats = p->repeats && !c->steady;
    for (int i = 0; i < p->bursts; i++) {
        const bc_tones_burst *b = &p->burst[i];
        int slack = set->sound[b->sound].spread, last = i == p->bursts - 1;
        uint32_t off = last && !p->repeats && !c->steady ? ONCE_PAUSE : b->off;
        c->run[c->count++] = run_of(b->sound, b->on, p->tolerance, slack);
        if (off)
            c->run[c->count++] = run_of(SILENCE, off, p->tolerance, slack);
    }
}

/* The longest that a burst of this sound may last in any pattern, or a pause. */
static uint32_t longest(const bc_tones_set *set, int sound)
{
    uint32_t most = 0;
    for (int i = 0; i < set->patterns; i++)
        for (int j = 0; j < set->pattern[i].count; j++) {
            const bc_tones_run *run = &set->pattern[i].run[j];
            if (run->sound == sound && run->most != FOREVER && run->most > most)
                most = run->most;
        }
    return most;
}

/* The longest of the short pauses that follow a sound. */
static uint32_t longest_short(const bc_tones_set *set, int sound)
{
    uint32_t most = HEARD_LEAST;
    for (int i = 0; i < set->patterns; i++) {
        const bc_tones_cadence *c = &set->pattern[i];
        for (int j = 1; j < c->count; j++)
            if (c->run[j].sound == SILENCE && c->run[j - 1].sound == sound && c->run[j].length < LONG_PAUSE &&
                c->run[j].most > most)
                most = c->run[j].most;
    }
    return most;
}

static void make_cadences(bc_tones_set *set, const bc_tones_pattern *pattern)
{
    for (int i = 0; i < set->patterns; i++)
        make_cadence(set, &set->pattern[i], &pattern[i]);
    for (int i = 0; i < set->patterns; i++) {
        bc_tones_cadence *c = &set->pattern[i];
        const bc_tones_sort *sort = &set->sound[c->run[c->count - 1].sound < 0 ? 0 : c->run[c->count - 1].sound];
        uint32_t most = longest(set, c->run[c->count - 1].sound);
        uint32_t least = sort->parts == 1 && sort->beat < 0 ? STEADY_ALONE : STEADY_LEAST;
        c->longest = most > least ? most : least;
        int alone = c->count == 2 && c->run[1].length >= LONG_PAUSE;
        c->heard = alone ? longest_short(set, c->run[0].sound) : FOREVER;
    }
    set->forget = longest(set, SILENCE);
}

int bc_tones_make(bc_tones_set *set, const bc_tones_sound *sound, int sounds, const bc_tones_pattern *pattern,
                  int patterns, const bc_tones_options *options)
{
    memset(set, 0, sizeof *set);
    if (!bc_tones_good(sound, sounds, pattern, patterns, options))
        return BC_EINVAL;
    set->sounds = sounds;
    set->patterns = patterns;
    set->edges = options->edges != 0;
    for (int i = 0; i < sounds; i++) {
        int result = make_sound(set, &set->sound[i], &sound[i]);
        if (result < 0)
            return result;
    }
    for (int i = 0; i < sounds; i++) {
        set->sound[i].against = set->sound[i].beat < 0 ? beats_near(set, &sound[i]) : 0;
        set->sound[i].spread = spread_of(set, &set->sound[i]);
    }
    set->passes = (set->bins + BINS - 1) / BINS;
    make_table(set);
    make_cadences(set, pattern);
    set->least_power = (float)bc_tones_power_at(options->min_level_dbm0 - MARGIN_DB);
    set->least_energy = set->least_power / 2;
    set->twist = (float)pow(10.0, (options->twist_db + MARGIN_DB) / 10);
    set->purity = (float)options->purity;
    return BC_OK;
}
