/* test_engine_threads.c - real time: a control thread that hammers the engine while its threads run; every job ends
   exactly once, also for a control thread that looks away. Run under the thread sanitizer too. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bc_engine.h"
#include "bc_mix.h"
#include "check.h"

#define PORTS 12
#define ROUNDS 250

static int16_t clip[BC_BLOCK * 30];
static int started, finished, closed;
static int64_t latest[PORTS];
static bc_stream *streams[PORTS];
static uint32_t seed = 12345;

static uint32_t chance(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void take_events(bc_engine *e)
{
    bc_event events[64];
    int n;
    do {
        n = bc_engine_poll(e, events, 64);
        CHECK(n >= 0);
        for (int i = 0; i < n; i++) {
            bc_job_result result;
            if (events[i].kind == BC_EV_JOB) {
                CHECK(bc_engine_job_result(e, events[i].job, &result) == BC_OK);
                CHECK(result.reason >= BC_END_DATA && result.reason <= BC_END_ERROR);
                finished++;
            }
            closed += events[i].kind == BC_EV_CLOSED;
        }
    } while (n == 64);
}

static void start_one(bc_engine *e, int port, const char *path)
{
    bc_job_spec s;
    int error = 0;
    memset(&s, 0, sizeof s);
    s.slot = -1;
    s.kind = (int32_t)(1 + chance(6));
    s.max_ticks = 1 + chance(20);
    s.clip = clip;
    s.clip_samples = BC_BLOCK * 30;
    s.stream = streams[port];
    if (s.kind == BC_JOB_RECORD)
        s.file = bc_file_record(path, BC_WAV_ALAW, 0, &error);
    if (s.kind == BC_JOB_DIGITS) {
        memcpy(s.digits, "159D", 4);
        s.digit_count = 4;
        s.digit_on_ms = s.digit_off_ms = 30;
        s.digit_level_dbm0 = -10;
    }
    if (s.kind == BC_JOB_TONE)
        CHECK(bc_tone_init(&s.tone, 450, -10, 0, 0) == BC_OK);
    int64_t job = bc_engine_job_start(e, port, &s);
    if (job > 0) {
        started++;
        latest[port] = job;
    } else {
        CHECK(job == BC_ESTATE);
        bc_file_discard(s.file);
    }
}

static void pause_ms(long ms) { nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL); }

int main(void)
{
    char path[] = "/tmp/bc-threads-XXXXXX";
    int fd = mkstemp(path), error = 0;
    CHECK(fd >= 0);
    close(fd);
    bc_engine_options o;
    bc_engine_defaults(&o);
    o.max_ports = 32;
    bc_engine *e = bc_engine_new(&o, &error);
    CHECK(e && bc_engine_start(e) == BC_OK && bc_engine_start(e) == BC_ESTATE);
    bc_ring_port *rings[PORTS];
    for (int i = 0; i < PORTS; i++) {
        rings[i] = bc_ring_port_new(4);
        streams[i] = bc_stream_new(16);
        CHECK(bc_engine_port_open(e, bc_ring_port_ops(), rings[i]) == i);
        bc_engine_port_detect(e, i, BC_DETECT_DTMF | BC_DETECT_SOUND | BC_DETECT_TONE);
    }
    for (int i = 0; i < BC_BLOCK * 30; i++)
        clip[i] = (int16_t)(i * 37 % 9001 - 4500);
    int conf = bc_engine_conf_open(e), party = -1;
    for (int round = 0; round < ROUNDS; round++) {
        int port = (int)chance(PORTS);
        int16_t block[BC_BLOCK * 4];
        bc_engine_statistics n;
        start_one(e, port, path);
        bc_ring_port_write(rings[port], clip, 4);
        bc_ring_port_read(rings[port], block, 4);
        bc_stream_read(streams[port], block, 4);
        bc_stream_write(streams[port], clip, 2);
        switch (chance(7)) {
        case 0: bc_engine_listen(e, port, bc_engine_slot_in(e, (port + 1) % PORTS)); break;
        case 1: bc_engine_port_secret(e, port, (int)chance(2)); break;
        case 2: bc_engine_job_stop(e, latest[port], BC_END_STOPPED); break;
        case 3:
            if (party >= 0)
                bc_engine_party_remove(e, party);
            party = bc_engine_party_add(e, conf, port, BC_GAIN_ONE, 0, 0);
            break;
        case 4: bc_engine_read_statistics(e, &n); break;
        case 5: bc_engine_port_clear_digits(e, port); break;
        default: pause_ms(4); break;
        }
        if (round % 3 == 0)
            take_events(e);
        if (round == ROUNDS / 2)
            pause_ms(200); /* looks away */
    }
    for (int i = 0; i < PORTS; i++)
        CHECK(bc_engine_port_close(e, i) == BC_OK);
    for (int waited = 0; waited < 500 && closed < PORTS; waited++) {
        pause_ms(5);
        take_events(e);
    }
    CHECK(closed == PORTS);
    CHECK(started > 50 && finished == started);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.jobs == 0 && n.ports == 0 && n.files == 0);
    CHECK(bc_engine_stop(e) == BC_OK && bc_engine_stop(e) == BC_ESTATE);
    bc_engine_free(e);
    for (int i = 0; i < PORTS; i++) {
        bc_ring_port_free(rings[i]);
        bc_stream_free(streams[i]);
    }
    unlink(path);
    return 0;
}
