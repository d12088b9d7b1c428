/* The core of batched receivers: what bc_rx.h promises of every one of them, tried with two of different hops. */
#include "bc_dtmf.h"
#include "bc_mf.h"
#include "check.h"

#include <stdbool.h>
#include <string.h>

enum { LENGTH = 6000, LANES = 20, EVENTS = 64, MOST = 2000 };
static int16_t digits[LENGTH], signals[LENGTH];

typedef struct {
    bc_rx *(*make)(int lanes);
    const int16_t *audio;
    int hop;
} subject;

static bc_rx *dtmf(int lanes) { return bc_dtmf_rx_new(lanes, BC_ISA_BEST, NULL, NULL); }
static bc_rx *mf(int lanes) { return bc_mf_rx_new(BC_MF_R1, lanes, BC_ISA_BEST, NULL, NULL); }
static const subject subjects[] = {{dtmf, digits, 40}, {mf, signals, 80}};

static void fill(void)
{
    bc_dtmf_tx d;
    bc_mf_tx m;
    const uint8_t numbers[] = {1, 2, 3, 4, 5};
    CHECK(bc_dtmf_tx_init(&d, "12345", 5, 60, 60, -10, 0) == BC_OK);
    CHECK(bc_mf_tx_init(&m, BC_MF_R1, numbers, 5, 60, 100, 60, -10, 0) == BC_OK);
    bc_dtmf_tx_process(&d, digits + 400, LENGTH - 400);
    bc_mf_tx_process(&m, signals + 400, LENGTH - 400);
}

static bool same(const bc_rx_event *a, const bc_rx_event *b)
{
    return a->kind == b->kind && a->code == b->code && a->level_dbm0 == b->level_dbm0 && a->detail == b->detail &&
           a->duration == b->duration && a->start == b->start && a->at == b->at;
}

static int hear(bc_rx *rx, const int16_t *in, bc_rx_event *out)
{
    int count = 0;
    for (size_t at = 0, taken; at < LENGTH; at += taken)
        count += bc_rx_process(rx, in + at, LENGTH, LENGTH - at, &taken, out + count, EVENTS - count);
    return count;
}

static int alone(const subject *s, bc_rx_event *out)
{
    bc_rx *rx = s->make(1);
    CHECK(rx && bc_rx_enable(rx, 0, 1) == BC_OK);
    int count = hear(rx, s->audio, out);
    bc_rx_free(rx);
    return count;
}

/* Every lane has the same samples, but comes to them at a time of its own: lane i is switched on `delay` later than the
   one before it, whatever part of a hop that is. Its events are those of a lane that is alone. */
static void a_lane_begins_when_it_is_switched_on(const subject *s, int delay, int piece)
{
    static bc_rx_event want[EVENTS], got[MOST];
    static int16_t rows[LANES][LENGTH + 4000];
    int count = 0, wanted = alone(s, want), seen[LANES] = {0};
    bc_rx *rx = s->make(LANES);
    CHECK(rx && wanted == 10);
    memset(rows, 0, sizeof rows);
    for (int lane = 0; lane < LANES; lane++)
        memcpy(rows[lane] + lane * delay, s->audio, LENGTH * sizeof(int16_t));
    for (int at = 0; at < LENGTH + 4000;) {
        int next = at + piece < LENGTH + 4000 ? at + piece : LENGTH + 4000;
        for (int lane = 0; lane < LANES; lane++) {
            if (at == lane * delay)
                CHECK(bc_rx_enable(rx, lane, 1) == BC_OK);
            if (at < lane * delay && next > lane * delay)
                next = lane * delay;
        }
        size_t taken = 0, n = (size_t)(next - at);
        count += bc_rx_process(rx, rows[0] + at, LENGTH + 4000, n, &taken, got + count, MOST - count);
        at += (int)taken;
        CHECK(count < MOST);
    }
    for (int i = 0; i < count; i++) {
        int lane = got[i].lane;
        CHECK(seen[lane] < wanted && same(&got[i], &want[seen[lane]]));
        seen[lane]++;
    }
    for (int lane = 0; lane < LANES; lane++)
        CHECK(seen[lane] == wanted);
    bc_rx_free(rx);
}

static void a_reset_leaves_nothing(const subject *s)
{
    bc_rx_event want[EVENTS], got[EVENTS];
    int wanted = alone(s, want);
    bc_rx *rx = s->make(1);
    CHECK(rx);
    bc_rx_reset(rx);
    size_t taken = 0;
    CHECK(bc_rx_process(rx, s->audio, LENGTH, 803, &taken, got, 0) == 0); /* no room: events wait, a hop is cut */
    bc_rx_reset(rx);
    CHECK(hear(rx, s->audio, got) == wanted);
    for (int i = 0; i < wanted; i++)
        CHECK(same(&got[i], &want[i]));
    bc_rx_free(rx);
}

static void a_lane_that_is_off_is_silent(const subject *s)
{
    bc_rx_event got[EVENTS];
    bc_rx *rx = s->make(2);
    CHECK(rx && bc_rx_lanes(rx) == 2 && bc_rx_bytes(rx) > 1000);
    bc_rx_reset(rx);
    CHECK(bc_rx_enable(rx, 1, 0) == BC_OK);
    for (size_t at = 0, taken; at < LENGTH; at += taken) {
        int count = bc_rx_process(rx, s->audio + at, 0, LENGTH - at, &taken, got, EVENTS);
        for (int i = 0; i < count; i++)
            CHECK(got[i].lane == 0);
        CHECK(!bc_rx_suspect(rx, 1));
    }
    bc_rx_free(rx);
}

int main(void)
{
    fill();
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        const subject *s = &subjects[i];
        for (int delay = 1; delay < 2 * s->hop; delay += 13)
            a_lane_begins_when_it_is_switched_on(s, delay, 33);
        a_lane_begins_when_it_is_switched_on(s, s->hop, LENGTH);
        a_reset_leaves_nothing(s);
        a_lane_that_is_off_is_silent(s);
    }
    return 0;
}
