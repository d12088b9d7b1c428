#include "bc_mf.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 40000, LANES = 37, LENGTH = 6000 };
static int16_t audio[MOST];

static size_t send(int kind, const uint8_t *signals, size_t count, double on_ms, double off_ms, double level_dbm0,
                   double twist_db, int16_t *out)
{
    bc_mf_tx t;
    CHECK(bc_mf_tx_init(&t, kind, signals, count, on_ms, on_ms, off_ms, level_dbm0, twist_db) == BC_OK);
    size_t n = bc_mf_tx_process(&t, out, MOST);
    CHECK(n < MOST && bc_mf_tx_process(&t, out + n, 10) == 0);
    return n;
}

/* Every event of n samples, one lane, in pieces of `piece`. */
static int hear(int kind, int isa, const int16_t *in, size_t n, size_t piece, bc_rx_event *events, int max)
{
    int error = 1, count = 0;
    bc_rx *rx = bc_mf_rx_new(kind, 1, isa, NULL, &error);
    CHECK(rx && error == BC_OK);
    CHECK(bc_rx_enable(rx, 0, 1) == BC_OK);
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

static void every_signal_begins_and_ends(int kind, int isa)
{
    static bc_rx_event events[100];
    uint8_t signals[15];
    size_t lead = 321;
    for (int i = 0; i < 15; i++)
        signals[i] = (uint8_t)(i + 1);
    memset(audio, 0, lead * sizeof *audio);
    size_t n = lead + send(kind, signals, 15, 63, 51, -10, 2, audio + lead);
    int count = hear(kind, isa, audio, n, n, events, 100);
    CHECK(count == 30);
    for (int i = 0; i < 15; i++) {
        const bc_rx_event *begin = &events[2 * i], *end = begin + 1;
        long start = (long)lead + 8 * (63 + 51) * i, over = start + 8 * 63;
        CHECK(begin->kind == BC_RX_BEGIN && end->kind == BC_RX_END);
        CHECK(begin->code == i + 1 && end->code == i + 1);
        CHECK((long)begin->at - start <= 8 * 30 && (long)begin->at - start >= 8 * 15);
        CHECK(labs((long)begin->start - start) <= 8 * 6);
        CHECK(end->start == begin->start);
        CHECK((long)end->at - over <= 8 * (kind == BC_MF_R1 ? 25 : 35) && (long)end->at >= over);
        CHECK(labs((long)end->duration - 8 * 63) <= 8 * 8);
        CHECK(fabsf(begin->level_dbm0 + 10) < 0.5f && fabsf(begin->detail - 2) < 0.8f);
    }
}

static uint32_t seed = 7;

static int16_t noise(int peak)
{
    seed = seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)(seed >> 16) % (2 * peak + 1) - peak);
}

/* Lanes of signals at odd places in noise of many levels, and full-scale garbage. */
static void fill(int kind, int16_t *bus)
{
    for (int lane = 0; lane < LANES; lane++) {
        int16_t *row = bus + (size_t)lane * LENGTH;
        int peak = lane % 5 == 4 ? 32767 : 1 << (lane % 12);
        memset(row, 0, LENGTH * sizeof *row);
        if (lane % 5 != 4) {
            uint8_t signals[4];
            bc_mf_tx t;
            for (int i = 0; i < 4; i++)
                signals[i] = (uint8_t)(1 + (lane + 4 * i) % 15);
            CHECK(bc_mf_tx_init(&t, kind, signals, 4, 28 + lane, 90, lane % 40, -5 - lane, lane % 9 - 4) == BC_OK);
            bc_mf_tx_process(&t, row + 13 * lane, (size_t)(LENGTH - 13 * lane));
        }
        for (int i = 0; i < LENGTH; i++) {
            int x = row[i] + noise(peak);
            row[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

static void any_split_gives_the_same(int kind)
{
    static int16_t bus[LANES * LENGTH];
    static bc_rx_event want[200], got[200];
    fill(kind, bus);
    for (int lane = 0; lane < 6; lane++) {
        const int16_t *in = bus + lane * LENGTH;
        int count = hear(kind, BC_ISA_SCALAR, in, LENGTH, LENGTH, want, 200);
        CHECK(lane > 3 || count > 2);
        for (size_t piece = 1; piece < 1000; piece = piece * 3 / 2 + 1) {
            CHECK(hear(kind, BC_ISA_BEST, in, LENGTH, piece, got, 200) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
}

static int hear_all(int kind, int isa, const int16_t *bus, bc_rx_event *events, int max, int room)
{
    bc_rx *rx = bc_mf_rx_new(kind, LANES, isa, NULL, NULL);
    CHECK(rx);
    int count = 0;
    bc_rx_reset(rx);
    for (size_t at = 0; at < LENGTH;) {
        size_t taken;
        int got = bc_rx_process(rx, bus + at, LENGTH, LENGTH - at, &taken, events + count, room);
        CHECK(got >= 0 && got <= room && count + got + room < max);
        count += got;
        at += taken;
    }
    for (int got = 1; got > 0; count += got)
        got = bc_rx_process(rx, bus, LENGTH, 0, NULL, events + count, room);
    bc_rx_free(rx);
    return count;
}

static void twins_lanes_and_room(int kind)
{
    static int16_t bus[LANES * LENGTH];
    static bc_rx_event want[4000], got[4000];
    fill(kind, bus);
    int count = hear_all(kind, BC_ISA_SCALAR, bus, want, 4000, 1000);
    CHECK(count > 2 * LANES);
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        for (int room = 1; room < 40; room += 7) {
            CHECK(hear_all(kind, isa, bus, got, 4000, room) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
    for (int lane = 0; lane < LANES; lane++) { /* a lane alone hears the same */
        int alone = hear(kind, BC_ISA_BEST, bus + (size_t)lane * LENGTH, LENGTH, 80, got, 4000), i = 0;
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

/* The engine's way in: blocks of bus rows, lanes enabled at any tick, against process() on the same samples. */
static void blocks_and_late_lanes(int kind, int isa)
{
    static int16_t lanes[LANES * LENGTH], bus[LANES * BC_ROW];
    static bc_rx_event want[200], got[4000];
    int32_t row[LANES];
    fill(kind, lanes);
    bc_rx *rx = bc_mf_rx_new(kind, LANES, isa, NULL, NULL);
    CHECK(rx);
    int count = 0;
    for (int lane = 0; lane < LANES; lane++)
        row[lane] = LANES - 1 - lane;
    for (int tick = 0; tick < LENGTH / BC_BLOCK; tick++) {
        for (int lane = 0; lane < LANES; lane++) {
            if (lane % 7 == tick)
                CHECK(bc_rx_enable(rx, lane, 1) == BC_OK);
            memcpy(bus + row[lane] * BC_ROW, lanes + lane * LENGTH + tick * BC_BLOCK, BC_BLOCK * sizeof *bus);
        }
        int found = bc_rx_block(rx, bus, row, got + count, 2 * LANES);
        for (int i = 1; i < found; i++)
            CHECK(got[count + i - 1].lane <= got[count + i].lane);
        count += found;
        CHECK(count < 3000);
    }
    for (int lane = 0; lane < LANES; lane++) {
        int late = lane % 7 * BC_BLOCK, i = 0;
        int alone = hear(kind, BC_ISA_SCALAR, lanes + lane * LENGTH + late, (size_t)(LENGTH - late), 80, want, 200);
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

/* With no room at all, events wait and blocks are refused, but none is lost. */
static void no_room(void)
{
    static int16_t bus[BC_ROW];
    bc_rx_event events[64], want[64];
    const uint8_t signals[] = {1, 2, 3, 4, 5, 6};
    int32_t row = 0;
    size_t n = send(BC_MF_R2_FORWARD, signals, 6, 50, 50, -10, 0, audio);
    int wanted = hear(BC_MF_R2_FORWARD, BC_ISA_BEST, audio, n, n, want, 64), refused = 0, count = 0;
    bc_rx *rx = bc_mf_rx_new(BC_MF_R2_FORWARD, 1, BC_ISA_BEST, NULL, NULL);
    CHECK(rx && wanted == 12 && bc_rx_enable(rx, 0, 1) == BC_OK);
    for (size_t at = 0; at + BC_BLOCK <= n; at += BC_BLOCK) {
        memcpy(bus, audio + at, BC_BLOCK * sizeof *bus);
        int got = bc_rx_block(rx, bus, &row, events, 0);
        if (got == BC_EFULL) {
            refused++;
            got = bc_rx_block(rx, bus, &row, events + count, 64 - count);
        }
        CHECK(got >= 0);
        count += got;
    }
    count += bc_rx_process(rx, NULL, 0, 0, NULL, events + count, 64 - count);
    CHECK(refused > 0 && count == wanted && memcmp(events, want, (size_t)count * sizeof *want) == 0);
    bc_rx_free(rx);
}

static void reset_forgets_what_is_short_of_a_hop(void)
{
    bc_rx_event want[4], got[4];
    const uint8_t seven = 7;
    size_t n = send(BC_MF_R1, &seven, 1, 68, 68, -7, 0, audio);
    CHECK(hear(BC_MF_R1, BC_ISA_BEST, audio, n, n, want, 4) == 2);
    bc_rx *rx = bc_mf_rx_new(BC_MF_R1, 1, BC_ISA_BEST, NULL, NULL);
    CHECK(rx);
    bc_rx_reset(rx);
    CHECK(bc_rx_process(rx, audio, 333, 333, NULL, got, 4) == 1);
    bc_rx_reset(rx);
    CHECK(bc_rx_process(rx, audio, n, n, NULL, got, 4) == 2 || bc_rx_process(rx, audio, 0, 0, NULL, got, 4));
    CHECK(got[0].at == want[0].at && got[0].start == want[0].start);
    bc_rx_free(rx);
}

static void bad_arguments(void)
{
    int error;
    bc_mf_tx t;
    bc_tone tone;
    bc_mf_options options;
    const uint8_t good[] = {1, 15}, bad[] = {1, 16}, none[] = {0};
    CHECK(bc_mf_tx_init(&t, 0, good, 2, 50, 50, 50, -10, 0) == BC_OK);
    CHECK(bc_mf_tx_init(&t, 3, good, 2, 50, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, -1, good, 2, 50, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, bad, 2, 50, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, none, 1, 50, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, good, 65, 50, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, good, 2, 0, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, good, 2, 50, NAN, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_mf_tx_init(&t, 0, good, 2, 50, 50, 50, 9, 0) == BC_EINVAL);
    CHECK(bc_mf_tone(&tone, 1, 16, -10, 0) == BC_EINVAL);
    CHECK(!bc_mf_rx_new(3, 1, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_mf_rx_new(0, 0, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_mf_rx_new(0, 65537, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_mf_rx_new(0, 1, 17, NULL, &error) && error == BC_EUNSUP);
    bc_mf_defaults(BC_MF_R1, &options);
    options.twist_db = NAN;
    CHECK(!bc_mf_rx_new(0, 1, BC_ISA_BEST, &options, &error) && error == BC_EINVAL);
    bc_rx *rx = bc_mf_rx_new(0, 3, BC_ISA_BEST, NULL, &error);
    CHECK(rx && bc_rx_enable(rx, 3, 1) == BC_EINVAL && bc_rx_enable(rx, -1, 1) == BC_EINVAL);
    bc_rx_free(rx);
    bc_rx_free(NULL);
}

int main(void)
{
    for (int kind = BC_MF_R1; kind <= BC_MF_R2_BACKWARD; kind++) {
        for (int isa = 0; isa <= bc_isa_best(); isa++) {
            every_signal_begins_and_ends(kind, isa);
            blocks_and_late_lanes(kind, isa);
        }
        any_split_gives_the_same(kind);
        twins_lanes_and_room(kind);
    }
    no_room();
    reset_forgets_what_is_short_of_a_hop();
    bad_arguments();
    return 0;
}
