#include "bc_tone.h"
#include "bc_tones.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 37, LENGTH = 24000, EVENTS = 6000 };
static int16_t bus[LANES * LENGTH];

/* Sounds and patterns that touch every kind: plain, several, close, modulated. */
enum { PLAIN, DIAL, CLOSE, MODULATED, HIGH, SOUNDS };
enum { BUSY, STEADY, RING, PAIR, THROBS, WARNING, PATTERNS };
static const bc_tones_sound sounds[SOUNDS] = {
    [PLAIN] = {1, {425}, 15, 0},           [DIAL] = {2, {350, 440}, 15, 0}, [CLOSE] = {2, {400, 425}, 8, 0},
    [MODULATED] = {1, {600}, 15, 25},      [HIGH] = {1, {1400}, 50, 0},
};
static const bc_tones_pattern patterns[PATTERNS] = {
    [BUSY] = {1, {{PLAIN, 2000, 2000}}, 0.1, 1},
    [STEADY] = {1, {{DIAL, BC_TONES_FOREVER, 0}}, 0.1, 1},
    [RING] = {2, {{PLAIN, 3200, 1600}, {PLAIN, 3200, 16000}}, 0.1, 1},
    [PAIR] = {1, {{CLOSE, BC_TONES_FOREVER, 0}}, 0.1, 1},
    [THROBS] = {1, {{MODULATED, 4000, 2000}}, 0.1, 1},
    [WARNING] = {3, {{PLAIN, 2640, 0}, {HIGH, 2640, 0}, {DIAL, 2640, 0}}, 0.1, 0},
};

static bc_rx *make(int lanes, int isa, int edges)
{
    bc_tones_options options;
    int error = 1;
    bc_tones_defaults(&options);
    options.edges = edges;
    bc_rx *rx = bc_tones_rx_new(lanes, isa, sounds, SOUNDS, patterns, PATTERNS, &options, &error);
    CHECK(rx && error == BC_OK);
    return rx;
}

/* Every event of n samples, one lane, in pieces of `piece`. */
static int hear(int isa, const int16_t *in, size_t n, size_t piece, int edges, bc_rx_event *events, int max)
{
    int count = 0;
    bc_rx *rx = make(1, isa, edges);
    bc_rx_reset(rx);
    for (size_t at = 0; at < n;) {
        size_t part = n - at < piece ? n - at : piece, taken = 0;
        int got = bc_rx_process(rx, in + at, part, part, &taken, events + count, max - count);
        CHECK(got >= 0 && count + got < max);
        count += got;
        at += taken;
    }
    bc_rx_free(rx);
    return count;
}

static void tone(int16_t *out, size_t n, double f1_hz, double f2_hz, double level_dbm0, uint32_t on, uint32_t off)
{
    bc_tone t;
    CHECK(bc_tone_init(&t, f1_hz, level_dbm0, f2_hz, level_dbm0) == BC_OK);
    if (on)
        CHECK(bc_tone_cadence(&t, &on, &off, 1) == BC_OK);
    bc_tone_process(&t, out, n);
}

static uint32_t seed = 7;

static int16_t noise(int peak)
{
    seed = seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)(seed >> 16) % (2 * peak + 1) - peak);
}

/* Lanes of tones at odd places in noise of many levels, full-scale garbage, and silence at times. */
static void fill(void)
{
    for (int lane = 0; lane < LANES; lane++) {
        int16_t *row = bus + (size_t)lane * LENGTH;
        size_t lead = (size_t)(321 + 77 * lane), n = LENGTH - lead - 2000;
        double level = -6.0 - lane;
        int peak = lane % 9 == 8 ? 32767 : 1 << (lane % 7);
        memset(row, 0, LENGTH * sizeof *row);
        if (lane % 9 == 0)
            tone(row + lead, n, 425, 0, level, 2000, 2000);
        else if (lane % 9 == 1)
            tone(row + lead, n, 350, 440, level, 0, 0);
        else if (lane % 9 == 2)
            tone(row + lead, n, 400, 425, level, 0, 0);
        else if (lane % 9 < 6)
            tone(row + lead, n, 425, 0, level, (uint32_t)(1200 + 97 * lane), (uint32_t)(240 + 50 * lane));
        else if (lane % 9 == 6) {
            tone(row + lead, 2640, 425, 0, level, 0, 0);
            tone(row + lead + 2640, 2640, 1400, 0, level, 0, 0);
            tone(row + lead + 5280, 2640, 350, 440, level, 0, 0);
        }
        for (int i = 0; i < LENGTH; i++) {
            int x = row[i] + (lane % 2 || i > 4000 ? noise(peak) : 0);
            row[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

static void a_busy_tone_begins_and_ends(int isa)
{
    static int16_t audio[40000];
    bc_rx_event events[40];
    memset(audio, 0, sizeof audio);
    tone(audio + 1234, 20000, 425, 0, -20, 2000, 2000);
    int count = hear(isa, audio, 40000, 40000, 0, events, 40);
    CHECK(count == 2);
    CHECK(events[0].kind == BC_RX_BEGIN && events[1].kind == BC_RX_END);
    CHECK(events[0].code == BUSY && events[1].code == BUSY);
    CHECK(labs((long)events[0].start - 1234) <= 16 && events[1].start == events[0].start);
    CHECK(events[0].at <= 1234 + 6000 + 1000);
    CHECK(labs((long)events[1].duration - 18000) <= 24);
    CHECK(fabsf(events[0].level_dbm0 + 20) < 0.3f);
    CHECK(events[0].detail > 0.9f && events[1].detail > events[0].detail && events[1].detail <= 1);
}

static void bursts_have_edges(int isa)
{
    static int16_t audio[20000];
    bc_rx_event events[40];
    for (int lead = 0; lead < 80; lead += 13) {
        for (int off = 60; off <= 480; off += 60) { /* 7.5 to 60 ms */
            memset(audio, 0, sizeof audio);
            tone(audio + 800 + lead, 4000, 1400, 0, -20, 1000, (uint32_t)off);
            memset(audio + 800 + lead + 2000 + off, 0, 4000);
            int count = hear(isa, audio, 8000, 8000, 1, events, 40);
            if (off <= 120) { /* bridged */
                CHECK(count == 2);
                CHECK(labs((long)events[1].duration - 2000 - off) <= 16);
            }
            if (off >= 240) {
                CHECK(count == 4);
                CHECK(events[0].kind == BC_TONES_SOUND_BEGIN && events[1].kind == BC_TONES_SOUND_END);
                CHECK(events[0].code == HIGH && events[3].code == HIGH);
                CHECK(labs((long)events[1].start - 800 - lead) <= 16 && labs((long)events[1].duration - 1000) <= 24);
                CHECK(labs((long)events[3].start - 1800 - off - lead) <= 16);
            }
        }
    }
}

static void any_split_gives_the_same(void)
{
    static bc_rx_event want[200], got[200];
    for (int lane = 0; lane < 9; lane++) {
        const int16_t *in = bus + lane * LENGTH;
        int count = hear(BC_ISA_SCALAR, in, LENGTH, LENGTH, 1, want, 200);
        CHECK(lane > 5 || count > 1);
        for (size_t piece = 1; piece < 3000; piece = piece * 5 + 1) {
            CHECK(hear(BC_ISA_BEST, in, LENGTH, piece, 1, got, 200) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
}

static int hear_all(int isa, bc_rx_event *events, int room)
{
    bc_rx *rx = make(LANES, isa, 1);
    int count = 0;
    bc_rx_reset(rx);
    for (size_t at = 0; at < LENGTH;) {
        size_t taken;
        int got = bc_rx_process(rx, bus + at, LENGTH, LENGTH - at, &taken, events + count, room);
        CHECK(got >= 0 && got <= room && count + got + room < EVENTS);
        count += got;
        at += taken;
    }
    for (int got = 1; got > 0; count += got)
        got = bc_rx_process(rx, bus, LENGTH, 0, NULL, events + count, room);
    bc_rx_free(rx);
    return count;
}

static int alone(const bc_rx_event *all, int count, int lane, const bc_rx_event *own, int own_count)
{
    int i = 0;
    for (int k = 0; k < count; k++) {
        bc_rx_event event = all[k];
        if (event.lane != lane)
            continue;
        event.lane = 0;
        if (i >= own_count || memcmp(&event, &own[i], sizeof event) != 0)
            return 0;
        i++;
    }
    return i == own_count;
}

static void twins_lanes_and_room(void)
{
    static bc_rx_event want[EVENTS], got[EVENTS];
    int count = hear_all(BC_ISA_SCALAR, want, 1000), patterns_told = 0;
    for (int i = 0; i < count; i++)
        patterns_told |= want[i].kind == BC_RX_BEGIN ? 1 << want[i].code : 0;
    CHECK((patterns_told & (1 << BUSY)) && (patterns_told & (1 << STEADY)) && (patterns_told & (1 << PAIR)));
    CHECK(patterns_told & (1 << WARNING));
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        for (int room = 1; room < 20; room += 9) {
            CHECK(hear_all(isa, got, room) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
    for (int lane = 0; lane < LANES; lane++) { /* a lane alone hears the same */
        int own = hear(BC_ISA_BEST, bus + (size_t)lane * LENGTH, LENGTH, 80, 1, got, EVENTS);
        CHECK(alone(want, count, lane, got, own));
    }
}

/* The engine's way in: blocks of bus rows, lanes enabled at any tick, against process() on the same samples. */
static void blocks_and_late_lanes(int isa)
{
    static int16_t rows[LANES * BC_ROW];
    static bc_rx_event want[400], got[EVENTS];
    int32_t row[LANES];
    bc_rx *rx = make(LANES, isa, 1);
    int count = 0;
    for (int lane = 0; lane < LANES; lane++)
        row[lane] = LANES - 1 - lane;
    for (int tick = 0; tick < LENGTH / BC_BLOCK; tick++) {
        for (int lane = 0; lane < LANES; lane++) {
            if (3 * (lane % 11) == tick)
                CHECK(bc_rx_enable(rx, lane, 1) == BC_OK);
            memcpy(rows + row[lane] * BC_ROW, bus + lane * LENGTH + tick * BC_BLOCK, BC_BLOCK * sizeof *rows);
        }
        int found = bc_rx_block(rx, rows, row, got + count, 4 * LANES);
        for (int i = 1; i < found; i++)
            CHECK(got[count + i - 1].lane <= got[count + i].lane);
        count += found;
        CHECK(count < EVENTS - 4 * LANES);
    }
    for (int lane = 0; lane < LANES; lane++) {
        int late = 3 * (lane % 11) * BC_BLOCK;
        int own = hear(BC_ISA_SCALAR, bus + lane * LENGTH + late, (size_t)(LENGTH - late), 80, 1, want, 400);
        CHECK(alone(got, count, lane, want, own));
    }
    bc_rx_free(rx);
}

static void refused(bc_tones_sound *s, bc_tones_pattern *p, bc_tones_options *o, int wanted)
{
    int error = 1;
    CHECK(!bc_tones_rx_new(1, BC_ISA_BEST, s, 2, p, 2, o, &error) && error == wanted);
}

static void contradictions(void)
{
    const bc_tones_sound good_sounds[2] = {{1, {425}, 15, 0}, {2, {350, 440}, 15, 0}};
    const bc_tones_pattern good_patterns[2] = {{1, {{0, 2000, 2000}}, 0.1, 1}, {1, {{1, BC_TONES_FOREVER, 0}}, 0.1, 1}};
    bc_tones_sound s[2];
    bc_tones_pattern p[2];
    bc_tones_options o;
#define AGAIN (memcpy(s, good_sounds, sizeof s), memcpy(p, good_patterns, sizeof p), bc_tones_defaults(&o))
#define REFUSED(change) (AGAIN, (change), refused(s, p, &o, BC_EINVAL))
    AGAIN;
    bc_rx *rx = bc_tones_rx_new(1, BC_ISA_BEST, s, 2, p, 2, &o, NULL);
    CHECK(rx && bc_rx_bytes(rx) > 1000);
    bc_rx_free(rx);
    REFUSED(s[0].freqs = 0);
    REFUSED(s[0].freqs = 5);
    REFUSED(s[0].freq_hz[0] = NAN);
    REFUSED(s[0].freq_hz[0] = 4000);
    REFUSED(s[1].freq_hz[1] = 355);
    REFUSED(s[0].tolerance_hz = 0);
    REFUSED(s[0].tolerance_hz = NAN);
    REFUSED(s[0].tolerance_hz = 51);
    REFUSED(s[1].tolerance_hz = 26);
    REFUSED(s[1].am_hz = 20);
    REFUSED(s[0].am_hz = 200);
    REFUSED(s[0] = s[1]);
    REFUSED(p[0].bursts = 0);
    REFUSED(p[0].bursts = BC_TONES_BURSTS + 1);
    REFUSED(p[0].burst[0].sound = 2);
    REFUSED(p[0].burst[0].sound = -1);
    REFUSED(p[0].burst[0].on = 100);
    REFUSED(p[0].burst[0].off = 100);
    REFUSED(p[0].burst[0].off = 0);
    REFUSED(p[0].tolerance = -0.1);
    REFUSED(p[0].tolerance = NAN);
    REFUSED(p[0] = p[1]);
    REFUSED(p[1].burst[0].off = 1000);
    REFUSED((p[1] = p[0], p[1].burst[0].on = 2300));
    REFUSED(o.purity = NAN);
    REFUSED(o.twist_db = -1);
    REFUSED(o.min_level_dbm0 = 1);
    CHECK(!bc_tones_rx_new(0, BC_ISA_BEST, good_sounds, 2, good_patterns, 2, NULL, NULL));
    CHECK(!bc_tones_rx_new(1, 17, good_sounds, 2, good_patterns, 2, NULL, NULL));
    CHECK(!bc_tones_rx_new(1, BC_ISA_BEST, good_sounds, 2, NULL, 0, NULL, NULL)); /* nothing to tell */
}

static void too_much(void)
{
    bc_tones_sound s[BC_TONES_SOUNDS];
    bc_tones_options o;
    int error = 0;
    bc_tones_defaults(&o);
    o.edges = 1;
    for (int i = 0; i < BC_TONES_SOUNDS; i++)
        s[i] = (bc_tones_sound){1, {300 + 150 * i}, 15, 0};
    bc_rx *rx = bc_tones_rx_new(1, BC_ISA_BEST, s, BC_TONES_SOUNDS, NULL, 0, &o, &error);
    CHECK(rx && error == BC_OK);
    bc_rx_free(rx);
    s[0] = (bc_tones_sound){2, {310, 370}, 15, 0};
    CHECK(!bc_tones_rx_new(1, BC_ISA_BEST, s, BC_TONES_SOUNDS, NULL, 0, &o, &error) && error == BC_EFULL);
    for (int i = 0; i < BC_TONES_BEATS + 1; i++)
        s[i].freqs = 1, s[i].am_hz = 25;
    CHECK(!bc_tones_rx_new(1, BC_ISA_BEST, s, BC_TONES_BEATS + 1, NULL, 0, &o, &error) && error == BC_EFULL);
}

int main(void)
{
    fill();
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        a_busy_tone_begins_and_ends(isa);
        bursts_have_edges(isa);
        blocks_and_late_lanes(isa);
    }
    any_split_gives_the_same();
    twins_lanes_and_room();
    contradictions();
    too_much();
    return 0;
}
