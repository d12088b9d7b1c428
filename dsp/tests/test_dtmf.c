#include "bc_dtmf.h"
#include "check.h"

#include <math.h>
#include <string.h>

static const char keys[] = "123A456B789C*0#D";
enum { MOST = 400000 };
static int16_t audio[MOST];

static size_t dial(const char *digits, double on_ms, double off_ms, double level_dbm0, double twist_db, int16_t *out)
{
    bc_dtmf_tx t;
    CHECK(bc_dtmf_tx_init(&t, digits, strlen(digits), on_ms, off_ms, level_dbm0, twist_db) == BC_OK);
    size_t n = bc_dtmf_tx_process(&t, out, MOST);
    CHECK(n < MOST && bc_dtmf_tx_process(&t, out + n, 10) == 0);
    return n;
}

static int dial_tone_filter; /* of the receivers that `hear` and `hear_all` make */

static bc_rx *receiver(int lanes, int isa)
{
    int error = 1;
    bc_dtmf_options options;
    bc_dtmf_defaults(&options);
    options.dial_tone_filter = dial_tone_filter;
    bc_rx *rx = bc_dtmf_rx_new(lanes, isa, &options, &error);
    CHECK(rx && error == BC_OK);
    return rx;
}

/* Every event of n samples, one lane, in pieces of `piece`. */
static int hear(int isa, const int16_t *in, size_t n, size_t piece, bc_rx_event *events, int max)
{
    int count = 0;
    bc_rx *rx = receiver(1, isa);
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

static void every_key_begins_early_and_ends(int isa)
{
    static bc_rx_event events[100];
    size_t lead = 321;
    memset(audio, 0, lead * sizeof *audio);
    size_t n = lead + dial(keys, 50, 50, -10, 0, audio + lead);
    int count = hear(isa, audio, n, n, events, 100);
    CHECK(count == 32);
    for (int i = 0; i < 16; i++) {
        const bc_rx_event *begin = &events[2 * i], *end = begin + 1;
        long start = (long)lead + 800 * i;
        CHECK(begin->kind == BC_RX_BEGIN && end->kind == BC_RX_END);
        CHECK(begin->code == keys[i] && end->code == keys[i]);
        CHECK((long)begin->at - start <= 8 * 45 && (long)begin->at - start >= 8 * 25);
        CHECK((long)begin->start - start <= 8 * 5 && (long)begin->start - start >= -8 * 15);
        CHECK(end->start == begin->start);
        CHECK((long)end->at - (start + 400) <= 8 * 25);
        CHECK(labs((long)end->duration - 400) <= 8 * 5);
        CHECK(fabsf(begin->level_dbm0 + 10) < 0.3f && fabsf(begin->detail) < 0.6f);
    }
}

static void any_split_gives_the_same(void)
{
    static bc_rx_event want[100], got[100];
    size_t n = dial("147*2580,369#ABCD", 41, 37, -20, 3, audio);
    int count = hear(BC_ISA_SCALAR, audio, n, n, want, 100);
    CHECK(count == 32);
    for (size_t piece = 1; piece < 1000; piece = piece * 3 / 2 + 1) {
        CHECK(hear(BC_ISA_BEST, audio, n, piece, got, 100) == count);
        CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
    }
}

static uint32_t seed = 7;

static int16_t noise(int peak)
{
    seed = seed * 1664525u + 1013904223u;
    return (int16_t)((int32_t)(seed >> 16) % (2 * peak + 1) - peak);
}

enum { LANES = 37, LENGTH = 4000 };

/* Lanes of digits at odd places in noise of many levels, tones that are no digits, and full-scale garbage. */
static void fill(int16_t *bus)
{
    for (int lane = 0; lane < LANES; lane++) {
        int16_t *row = bus + (size_t)lane * LENGTH;
        int peak = lane % 5 == 4 ? 32767 : 1 << (lane % 12);
        memset(row, 0, LENGTH * sizeof *row);
        if (lane % 5 != 4) {
            char digits[5] = {keys[lane % 16], keys[lane / 2 % 16], keys[lane % 16], keys[lane / 3 % 16], 0};
            bc_dtmf_tx t;
            CHECK(bc_dtmf_tx_init(&t, digits, 4, 33 + lane, 20 + lane / 2, -5 - lane, lane % 9 - 6) == BC_OK);
            bc_dtmf_tx_process(&t, row + 13 * lane, (size_t)(LENGTH - 13 * lane));
        }
        for (int i = 0; i < LENGTH; i++) {
            int x = row[i] + noise(peak);
            row[i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

static int hear_all(int isa, const int16_t *bus, bc_rx_event *events, int max, int room)
{
    bc_rx *rx = receiver(LANES, isa);
    int count = 0;
    for (int lane = 0; lane < LANES; lane++)
        CHECK(bc_rx_enable(rx, lane, 1) == BC_OK);
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

static void twins_lanes_and_room(void)
{
    static int16_t bus[LANES * LENGTH];
    static bc_rx_event want[4000], got[4000];
    fill(bus);
    int count = hear_all(BC_ISA_SCALAR, bus, want, 4000, 1000);
    CHECK(count > 2 * LANES);
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        for (int room = 1; room < 40; room += 7) {
            CHECK(hear_all(isa, bus, got, 4000, room) == count);
            CHECK(memcmp(want, got, (size_t)count * sizeof *got) == 0);
        }
    }
    for (int lane = 0; lane < LANES; lane++) { /* a lane alone hears the same */
        int alone = hear(BC_ISA_BEST, bus + (size_t)lane * LENGTH, LENGTH, 80, got, 4000), i = 0;
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
static void blocks_and_late_lanes(int isa)
{
    static int16_t lanes[LANES * LENGTH], bus[LANES * BC_ROW];
    static bc_rx_event want[100], got[4000];
    int32_t row[LANES];
    fill(lanes);
    bc_rx *rx = bc_dtmf_rx_new(LANES, isa, NULL, NULL);
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
        int alone = hear(BC_ISA_SCALAR, lanes + lane * LENGTH + late, (size_t)(LENGTH - late), 40, want, 100);
        for (int k = 0; k < count; k++) {
            if (got[k].lane != lane)
                continue;
            CHECK(i < alone && want[i].at == got[k].at && want[i].code == got[k].code && want[i].kind == got[k].kind);
            CHECK(want[i].start == got[k].start && want[i].duration == got[k].duration);
            i++;
        }
        CHECK(i == alone);
    }
    bc_rx_free(rx);
}

static void muted_from_the_first_hop(void)
{
    bc_rx_event events[4];
    bc_rx *rx = bc_dtmf_rx_new(1, BC_ISA_BEST, NULL, NULL);
    CHECK(rx && bc_rx_enable(rx, 0, 1) == BC_OK);
    memset(audio, 0, 400 * sizeof *audio);
    size_t n = 400 + dial("5", 60, 60, -30, 0, audio + 400);
    for (size_t at = 0; at + 40 <= n; at += 40) {
        bc_rx_process(rx, audio + at, 40, 40, NULL, events, 4);
        size_t end = at + 40;
        if (end <= 400 || end > 880 + 8 * 25)
            CHECK(bc_rx_suspect(rx, 0) == 0);
        else if (end >= 440 && end <= 880)
            CHECK(bc_rx_suspect(rx, 0) == 1 + (end >= 520)); /* likely once two windows lie in it */
    }
    CHECK(bc_rx_suspect(rx, 9) == 0);
    bc_rx_free(rx);
}

static void bad_arguments(void)
{
    int error;
    bc_dtmf_tx t;
    bc_dtmf_options options;
    bc_dtmf_defaults(&options);
    CHECK(bc_dtmf_tx_init(&t, "12E", 3, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_dtmf_tx_init(&t, "12\0", 3, 50, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_dtmf_tx_init(&t, "1", 1, 0, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_dtmf_tx_init(&t, "1", 1, NAN, 50, -10, 0) == BC_EINVAL);
    CHECK(bc_dtmf_tx_init(&t, "1", 1, 50, 50, 9, 0) == BC_EINVAL);
    CHECK(!bc_dtmf_rx_new(0, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_dtmf_rx_new(65537, BC_ISA_BEST, NULL, &error) && error == BC_EINVAL);
    CHECK(!bc_dtmf_rx_new(1, 17, NULL, &error) && error == BC_EUNSUP);
    options.normal_twist_db = NAN;
    CHECK(!bc_dtmf_rx_new(1, BC_ISA_BEST, &options, &error) && error == BC_EINVAL);
    bc_dtmf_defaults(&options);
    options.dial_tone_filter = 2;
    CHECK(!bc_dtmf_rx_new(1, BC_ISA_BEST, &options, &error) && error == BC_EINVAL);
    bc_rx *rx = bc_dtmf_rx_new(3, BC_ISA_BEST, NULL, &error);
    CHECK(rx && bc_rx_enable(rx, 3, 1) == BC_EINVAL && bc_rx_enable(rx, -1, 1) == BC_EINVAL);
    bc_rx_free(rx);
    bc_rx_free(NULL);
}

int main(void)
{
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        every_key_begins_early_and_ends(isa);
        blocks_and_late_lanes(isa);
    }
    any_split_gives_the_same();
    for (dial_tone_filter = 1; dial_tone_filter >= 0; dial_tone_filter--)
        twins_lanes_and_room();
    dial_tone_filter = 0;
    muted_from_the_first_hop();
    bad_arguments();
    return 0;
}
