/* Real time at another pace: when ticks come, what is late, and rings between the tick thread and the control thread. */
#include <poll.h>
#include <time.h>

#include "wire.h"

static bc_engine *paced_engine(int64_t tick_ns)
{
    bc_engine_options o;
    bc_engine_defaults(&o);
    CHECK(o.tick_ns == 10000000);
    o.max_ports = 4;
    o.tick_ns = tick_ns;
    int error = 1;
    bc_engine *e = bc_engine_new(&o, &error);
    CHECK(e && error == BC_OK && bc_engine_start(e) == BC_OK);
    told_count = 0;
    return e;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void sleep_ms(int ms) { nanosleep(&(struct timespec){.tv_nsec = ms * 1000000l}, NULL); }

/* Tick number n ends no sooner than its time; a busy machine may be late with it, and catches up. */
static void ticks_come_so_often(int64_t tick_ns)
{
    bc_engine *e = paced_engine(tick_ns);
    double tick_s = (double)tick_ns * 1e-9, epoch_s = bc_engine_epoch_s(e), late_s = 1;
    for (int i = 0; i < 500 && late_s > 0.02 + tick_s; i++) {
        sleep_ms(100);
        uint64_t ticks = bc_engine_tick(e);
        double at_s = now_s() - epoch_s;
        CHECK((double)ticks * tick_s <= at_s);
        late_s = at_s - (double)ticks * tick_s;
    }
    CHECK(late_s <= 0.02 + tick_s);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.late_ticks <= n.ticks / 2); /* a busy machine's; all, if it went by another tick than its own */
    CHECK(bc_engine_stop(e) == BC_OK);
    uint64_t before = bc_engine_tick(e);
    CHECK(bc_engine_start(e) == BC_OK); /* goes on where it was */
    CHECK(bc_engine_epoch_s(e) + (double)before * tick_s <= now_s() && bc_engine_epoch_s(e) + (double)(before + 1000) * tick_s > now_s());
    bc_engine_free(e);
}

/* Read all that is there and keep what is not silent: what is late is, and nothing said is. */
static int hear(bc_audio_ring *in, int16_t *heard, int got, int room)
{
    int16_t block[1000];
    for (int n; (n = bc_audio_ring_read(in, block, 1000)) > 0;)
        for (int i = 0; i < n; i++)
            if (block[i]) {
                CHECK(got < room);
                heard[got++] = block[i];
            }
    return got;
}

/* A tap plays from a ring, another records that into a second ring, this thread feeds one and empties the other. */
static void rings_between_threads(void)
{
    enum { TOTAL = 60000, RING = 4000 };
    static int16_t said[TOTAL], heard[TOTAL];
    for (size_t i = 0; i < TOTAL; i++)
        said[i] = count_up(i * 3);
    bc_engine *e = paced_engine(200000);
    int mouth = bc_engine_tap_open(e), ear = bc_engine_tap_open(e);
    CHECK(bc_engine_tap_source(e, ear, bc_engine_slot_media(e, mouth)) == BC_OK);
    bc_audio_ring *out = bc_audio_ring_new(RING, 800), *in = bc_audio_ring_new(10 * RING, 800);
    CHECK(out && in);
    bc_job_spec play = {.kind = BC_JOB_PLAY, .slot = -1, .ring = out}, record = {.kind = BC_JOB_RECORD, .slot = -1, .ring = in};
    int64_t recording = bc_engine_job_start(e, ear, &record), playing = bc_engine_job_start(e, mouth, &play);
    CHECK(recording > 0 && playing > 0);
    int written = 0, got = 0, stopped = 0;
    double until_s = now_s() + 60;
    while (!find_end(recording)) {
        CHECK(now_s() < until_s);
        if (written < TOTAL) {
            int n = TOTAL - written < 777 ? TOTAL - written : 777;
            written += bc_audio_ring_write(out, said + written, n);
            if (written == TOTAL)
                bc_audio_ring_finish(out);
        }
        got = hear(in, heard, got, TOTAL);
        if (find_end(playing) && !stopped++)
            CHECK(bc_engine_job_stop(e, recording, BC_END_STOPPED) == BC_OK);
        struct pollfd fd = {.fd = bc_engine_eventfd(e), .events = POLLIN};
        CHECK(poll(&fd, 1, 2) >= 0);
        take_events(e);
    }
    got = hear(in, heard, got, TOTAL); /* what is left after the end */
    bc_job_result r;
    CHECK(bc_engine_job_result(e, playing, &r) == BC_OK && r.reason == BC_END_DATA && r.samples == TOTAL);
    CHECK(bc_engine_job_result(e, recording, &r) == BC_OK && r.reason == BC_END_STOPPED && r.samples >= TOTAL);
    bc_audio_ring_free(out);
    bc_audio_ring_free(in);
    CHECK(got >= TOTAL - 2 * BC_BLOCK && memcmp(heard, said, (size_t)got * 2) == 0);
    bc_engine_free(e);
}

int main(void)
{
    ticks_come_so_often(2000000);
    ticks_come_so_often(20000000);
    rings_between_threads();
    return 0;
}
