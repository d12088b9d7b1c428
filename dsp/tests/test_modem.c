#include "bc_modem.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 37, LENGTH = 12000, EVENTS = 2000 };
static int16_t lanes[LANES * LENGTH];

static void send(int kind, double ms, double level_dbm0, int16_t *out)
{
    bc_modem_tx t;
    size_t n = (size_t)(ms * 8);
    CHECK(bc_modem_tx_init(&t, kind, ms, level_dbm0) == BC_OK);
    CHECK(bc_modem_tx_process(&t, out, n + 100) == n && bc_modem_tx_process(&t, out + n, 10) == 0);
}

/* Every event of n samples of each of `count` lanes, in pieces, with room for so many events a call. */
static int hear(int count, int isa, const bc_modem_options *options, const int16_t *in, size_t n, size_t piece, int room,
                bc_rx_event *events)
{
    int error = 1, found = 0, got = 1;
    bc_rx *rx = bc_modem_rx_new(count, isa, options, &error);
    CHECK(rx && error == BC_OK);
    bc_rx_reset(rx);
    for (size_t at = 0; at < n || got > 0;) {
        size_t part = n - at < piece ? n - at : piece, taken = 0;
        got = bc_rx_process(rx, in + at, n, part, &taken, events + found, room);
        CHECK(got >= 0 && got <= room && taken <= part && found + got + room < EVENTS);
        found += got;
        at += taken;
    }
    bc_rx_free(rx);
    return found;
}

static void every_tone_begins_and_ends(int isa)
{
    enum { LEAD = 1111, ON = 12800, N = 16000 };
    static int16_t audio[N + 200];
    static bc_rx_event events[EVENTS];
    for (int kind = 1; kind <= BC_MODEM_KINDS; kind++) {
        memset(audio, 0, sizeof audio);
        send(kind, ON / 8.0, -17, audio + LEAD);
        int count = hear(1, isa, NULL, audio, N, N, 100, events);
        int calls = kind == BC_MODEM_CNG || kind == BC_MODEM_CALLING;
        int reverses = kind == BC_MODEM_ANS_PR || kind == BC_MODEM_ANSAM_PR;
        long on = kind == BC_MODEM_CNG ? 4000 : kind == BC_MODEM_CALLING ? 4800 : ON;
        CHECK(count == (reverses ? 4 : 2));
        if (reverses) {
            CHECK(events[0].code == kind - 1 && events[1].code == kind - 1 && events[1].kind == BC_RX_END);
            CHECK(events[1].at == events[2].at && events[0].start == events[2].start);
        }
        const bc_rx_event *begin = &events[count - 2], *end = begin + 1;
        CHECK(begin->kind == BC_RX_BEGIN && end->kind == BC_RX_END && begin->code == kind && end->code == kind);
        CHECK(labs((long)begin->start - LEAD) <= (kind == BC_MODEM_V21_FLAGS ? 120 : 40) && end->start == begin->start);
        CHECK(labs((long)end->duration - on) <= (kind == BC_MODEM_V21_FLAGS ? 240 : 40));
        CHECK(end->at > LEAD + (uint64_t)on && end->at < LEAD + (uint64_t)on + 960);
        CHECK(fabsf(end->level_dbm0 + 17) < 0.3f && fabsf(end->detail) < 0.5f);
        CHECK(calls == (begin->at == end->at));
    }
}

static uint32_t seed = 7;

static int16_t noise(int peak)
{
    seed = seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)(seed >> 16) % (2 * peak + 1) - peak);
}

/* Lanes of every kind, at odd places, over noise of many levels; and full-scale garbage. */
static void fill(void)
{
    static int16_t tone[LENGTH + 200];
    memset(lanes, 0, sizeof lanes);
    for (int lane = 0; lane < LANES; lane++) {
        int16_t *row = lanes + (size_t)lane * LENGTH;
        int peak = lane % 9 == 8 ? 32767 : 1 << (lane % 11), lead = 131 * lane % 900;
        send(1 + lane % BC_MODEM_KINDS, 800 + 7 * lane, -5 - lane, tone);
        for (int i = 0; i < LENGTH; i++) {
            int x = noise(peak) + (i >= lead && i - lead < 8 * (800 + 7 * lane) ? tone[i - lead] : 0);
            row[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

static void splits_twins_and_neighbours(const bc_modem_options *options)
{
    static bc_rx_event want[EVENTS], got[EVENTS];
    int count = hear(LANES, BC_ISA_SCALAR, options, lanes, LENGTH, LENGTH, 500, want);
    CHECK(count > LANES);
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        for (size_t piece = 1; piece < LENGTH; piece = 7 * piece + 5) {
            CHECK(hear(LANES, isa, options, lanes, LENGTH, piece, 1 + (int)piece % 5, got) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
    for (int lane = 0; lane < LANES; lane++) { /* a lane alone hears the same */
        int alone = hear(1, BC_ISA_BEST, options, lanes + (size_t)lane * LENGTH, LENGTH, 80, 100, got), i = 0;
        for (int k = 0; k < count; k++) {
            if (want[k].lane != lane)
                continue;
            bc_rx_event event = want[k];
            event.lane = 0;
            CHECK(i < alone && memcmp(&event, &got[i], sizeof event) == 0);
            i++;
        }
        CHECK(i == alone);
    }
}

/* The engine's way in: blocks of bus rows, lanes switched on at any tick, off and on again, against process(). */
static void blocks_and_late_lanes(int isa)
{
    enum { TICKS = LENGTH / BC_BLOCK, AGAIN = 41 };
    static int16_t bus[LANES * BC_ROW];
    static bc_rx_event want[EVENTS], got[EVENTS], fresh[EVENTS];
    int32_t row[LANES];
    bc_rx *rx = bc_modem_rx_new(LANES, isa, NULL, NULL);
    CHECK(rx);
    int count = 0, from[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        row[lane] = LANES - 1 - lane;
        from[lane] = lane % 3 ? lane % 7 : AGAIN + lane % 5;
    }
    for (int tick = 0; tick < TICKS; tick++) {
        for (int lane = 0; lane < LANES; lane++) {
            if (lane % 3 == 0 && tick == 30) /* while it follows something */
                CHECK(bc_rx_enable(rx, lane, 0) == BC_OK);
            if (tick == from[lane] || (lane % 3 == 0 && tick == 3))
                CHECK(bc_rx_enable(rx, lane, 1) == BC_OK);
            memcpy(bus + row[lane] * BC_ROW, lanes + lane * LENGTH + tick * BC_BLOCK, BC_BLOCK * sizeof *bus);
        }
        int found = bc_rx_block(rx, bus, row, fresh, EVENTS);
        CHECK(found >= 0);
        for (int i = 0; i < found; i++) {
            CHECK(fresh[i].lane >= 0 && fresh[i].lane < LANES && (i == 0 || fresh[i - 1].lane <= fresh[i].lane));
            if (fresh[i].lane % 3 || tick >= AGAIN)
                got[count++] = fresh[i];
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        size_t late = (size_t)from[lane] * BC_BLOCK;
        int i = 0, alone = hear(1, BC_ISA_SCALAR, NULL, lanes + (size_t)lane * LENGTH + late, LENGTH - late, 80, 100, want);
        for (int k = 0; k < count; k++) {
            if (got[k].lane != lane)
                continue;
            want[i].lane = lane;
            CHECK(i < alone && memcmp(&want[i], &got[k], sizeof *got) == 0);
            i++;
        }
        CHECK(i == alone);
    }
    bc_rx_free(rx);
}

static void any_split_is_the_same_tone(void)
{
    enum { N = 5000 };
    static int16_t whole[N + 100], parts[N + 100];
    for (int kind = 1; kind <= BC_MODEM_KINDS; kind++) {
        bc_modem_tx t;
        send(kind, N / 8.0, -10, whole);
        CHECK(bc_modem_tx_init(&t, kind, N / 8.0, -10) == BC_OK);
        for (size_t at = 0, step = 1; at < N; step = step * 3 % 101)
            at += bc_modem_tx_process(&t, parts + at, step);
        CHECK(memcmp(whole, parts, N * sizeof *whole) == 0);
    }
}

/* A bit lasts BC_RATE_HZ / baud samples, the last of a sample's too, and the phase never jumps. */
static void fsk_is_even_and_continuous(void)
{
    enum { BITS = 300 };
    static int16_t out[BITS * 27];
    uint8_t bits[BITS];
    bc_fsk_tx t;
    size_t used, n;
    for (int i = 0; i < BITS; i++)
        bits[i] = i % 3 == 0;
    CHECK(bc_fsk_tx_init(&t, 1850, 1650, 300, -10) == BC_OK);
    n = bc_fsk_tx_process(&t, bits, BITS, &used, out, sizeof out / sizeof *out);
    CHECK(used == BITS && n == 8000);
    /* 100 bits of 1650 Hz and 200 of 1850, exactly: 550 turns and 1233 1/3. */
    double turns = 100 * 1650 / 300.0 + 200 * 1850 / 300.0, phase = t.tone.phase[0] / 4294967296.0;
    CHECK(fabs(phase - (turns - floor(turns))) < 0.001);
    for (size_t i = 1; i < n; i++) /* the steepest step of a sine of this size at 1850 Hz */
        CHECK(abs(out[i] - out[i - 1]) < 7220 * 1.4);
    CHECK(bc_fsk_tx_init(&t, 0, 1650, 300, -10) == BC_EINVAL && bc_fsk_tx_init(&t, 1850, 4000, 300, -10) == BC_EINVAL);
    CHECK(bc_fsk_tx_init(&t, 1850, 1650, 0, -10) == BC_EINVAL && bc_fsk_tx_init(&t, 1850, 1650, 2001, -10) == BC_EINVAL);
}

static int refused(bc_modem_options options)
{
    int error = 0;
    return !bc_modem_rx_new(1, BC_ISA_BEST, &options, &error) && error == BC_EINVAL;
}

static void bad_arguments(void)
{
    int error;
    bc_modem_tx t;
    bc_modem_options good, bad;
    CHECK(bc_modem_tx_init(&t, 0, 100, -10) == BC_EINVAL && bc_modem_tx_init(&t, 9, 100, -10) == BC_EINVAL);
    CHECK(bc_modem_tx_init(&t, 1, -1, -10) == BC_EINVAL && bc_modem_tx_init(&t, 1, NAN, -10) == BC_EINVAL);
    CHECK(bc_modem_tx_init(&t, 1, 3.7e6, -10) == BC_EINVAL && bc_modem_tx_init(&t, 1, 100, 3.2) == BC_EINVAL);
    CHECK(bc_modem_tx_init(&t, BC_MODEM_ANSAM, 100, 1.6) == BC_EINVAL);
    CHECK(bc_modem_tx_init(&t, BC_MODEM_V21_FLAGS, 100, NAN) == BC_EINVAL);
    CHECK(!bc_modem_rx_new(0, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_modem_rx_new(65537, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_modem_rx_new(1, 17, NULL, &error) && error == BC_EUNSUP);
    CHECK(!bc_modem_rx_new(1, 17, NULL, NULL));
    bc_modem_defaults(&good);
    CHECK((bad = good, bad.min_level_dbm0 = NAN, refused(bad)) && (bad = good, bad.min_level_dbm0 = 1, refused(bad)));
    CHECK((bad = good, bad.answer_ms = 99, refused(bad)) && (bad = good, bad.answer_ms = 2001, refused(bad)));
    CHECK((bad = good, bad.calling_ms = 50, refused(bad)) && (bad = good, bad.calling_ms = NAN, refused(bad)));
    CHECK((bad = good, bad.reversals = 0, refused(bad)) && (bad = good, bad.reversals = 9, refused(bad)));
}

int main(void)
{
    bc_modem_options early;
    bc_modem_defaults(&early);
    early.calling_ms = 300;
    early.answer_ms = 100;
    early.reversals = 1;
    fill();
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        every_tone_begins_and_ends(isa);
        blocks_and_late_lanes(isa);
    }
    splits_twins_and_neighbours(NULL);
    splits_twins_and_neighbours(&early);
    any_split_is_the_same_tone();
    fsk_is_even_and_continuous();
    bad_arguments();
    return 0;
}
