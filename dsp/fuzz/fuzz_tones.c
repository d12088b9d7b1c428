/* fuzz_tones.c - arbitrary descriptions are taken or refused; with arbitrary samples, cut anywhere, a set gives the
   events of one piece, and sane ones. */
#include <stdlib.h>
#include <string.h>

#include "bc_tone.h"
#include "bc_tones.h"

enum { LANES = 3, MOST = 24000, CUT = 400, EVENTS = 4 * LANES * (MOST / BC_BLOCK + 1) };

#include "hear.h"

static bc_tones_sound sounds[BC_TONES_SOUNDS];
static bc_tones_pattern patterns[BC_TONES_PATTERNS];
static int sound_count, pattern_count;

typedef struct {
    const uint8_t *data;
    size_t left;
} reader;

static int octet(reader *r)
{
    if (r->left == 0)
        return 0;
    r->left--;
    return *r->data++;
}

static void describe(reader *r)
{
    static const double freqs_hz[] = {350, 400, 425, 440, 450, 480, 620, 950, 1400, 1800, 100, 4100};
    sound_count = octet(r) % 7;
    pattern_count = octet(r) % 7;
    for (int i = 0; i < sound_count; i++) {
        sounds[i].freqs = octet(r) % 5;
        for (int j = 0; j < BC_TONES_FREQS; j++)
            sounds[i].freq_hz[j] = freqs_hz[octet(r) % 12] + octet(r) % 8;
        sounds[i].tolerance_hz = octet(r) % 32;
        sounds[i].am_hz = octet(r) % 4 ? 0 : octet(r) % 48;
    }
    for (int i = 0; i < pattern_count; i++) {
        patterns[i].bursts = octet(r) % 5;
        patterns[i].tolerance = octet(r) / 512.0;
        patterns[i].repeats = octet(r) & 1;
        for (int j = 0; j < BC_TONES_BURSTS; j++) {
            int on = octet(r), off = octet(r);
            patterns[i].burst[j].sound = octet(r) % 8;
            patterns[i].burst[j].on = on == 255 ? BC_TONES_FOREVER : 40 * (uint32_t)on;
            patterns[i].burst[j].off = on == 255 ? 0 : 40 * (uint32_t)off;
        }
    }
}

static bc_rx *make(int isa)
{
    bc_tones_options options;
    bc_tones_defaults(&options);
    options.edges = 1;
    return bc_tones_rx_new(LANES, isa, sounds, sound_count, patterns, pattern_count, &options, NULL);
}

static void sane(const bc_rx_event *events, int count, size_t n)
{
    const bc_rx_event *open[LANES][2] = {0};
    for (int i = 0; i < count; i++) {
        const bc_rx_event *e = &events[i];
        MUST(e->lane >= 0 && e->lane < LANES && e->at <= n && e->start <= e->at && e->duration <= e->at);
        MUST(e->level_dbm0 > -90 && e->level_dbm0 < 15 && e->detail >= 0 && e->detail <= 1);
        MUST(i == 0 || events[i - 1].at <= e->at);
        int sound = e->kind == BC_TONES_SOUND_BEGIN || e->kind == BC_TONES_SOUND_END;
        MUST(e->code >= 0 && e->code < (sound ? sound_count : pattern_count));
        const bc_rx_event **last = &open[e->lane][sound];
        if (e->kind == BC_RX_BEGIN || e->kind == BC_TONES_SOUND_BEGIN) {
            MUST(!*last);
            *last = e;
        } else {
            MUST(e->kind == BC_RX_END || e->kind == BC_TONES_SOUND_END);
            MUST(*last && (*last)->code == e->code);
            *last = NULL;
        }
    }
}

/* The set's own tones over samples that are made softer, so that there is something to hear. */
static void send(reader *r, int16_t *in, size_t n)
{
    bc_tone t;
    int16_t tone[200];
    const bc_tones_pattern *p = &patterns[octet(r) % pattern_count];
    uint32_t on[4] = {0}, off[4] = {0};
    const bc_tones_sound *s = &sounds[p->burst[0].sound];
    double level = -3 - octet(r) % 40, soft = 1 + octet(r);
    MUST(bc_tone_init(&t, s->freq_hz[0], level, s->freqs > 1 ? s->freq_hz[1] : 0, level) == BC_OK);
    int bursts = p->bursts < 4 ? p->bursts : 4;
    for (int i = 0; i < bursts; i++) {
        on[i] = p->burst[i].on < 1000000 ? p->burst[i].on : 1000000;
        off[i] = p->burst[i].off;
    }
    MUST(bc_tone_cadence(&t, on, off, bursts) == BC_OK);
    for (size_t at = 0; at < n; at += 200) {
        size_t part = n - at < 200 ? n - at : 200;
        bc_tone_process(&t, tone, part);
        for (size_t i = 0; i < part; i++) {
            int x = (int)(in[at + i] / soft) + tone[i];
            in[at + i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t in[MOST];
    static bc_rx_event whole[EVENTS], parts[EVENTS];
    reader r = {data, size};
    uint32_t seed = (uint32_t)octet(&r) << 8 | 1;
    describe(&r);
    bc_rx *scalar = make(BC_ISA_SCALAR), *best = make(BC_ISA_BEST);
    MUST(!scalar == !best);
    if (!scalar)
        return 0;
    size_t each = MOST / LANES, given = r.left / (2 * LANES);
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < each; i++)
            in[lane * each + i] = 0;
    for (int lane = 0; lane < LANES && pattern_count; lane++) {
        reader copy = r;
        for (size_t i = 0; i < given && i < each; i++) {
            int low = octet(&copy), high = octet(&copy);
            in[(size_t)lane * each + i] = (int16_t)(low | (high << 8));
        }
        send(&r, in + (size_t)lane * each, each);
    }
    int count = hear(scalar, in, each, CUT, 0, whole);
    sane(whole, count, each);
    MUST(hear(best, in, each, CUT, seed, parts) == count);
    MUST(memcmp(whole, parts, (size_t)count * sizeof *whole) == 0);
    return 0;
}
