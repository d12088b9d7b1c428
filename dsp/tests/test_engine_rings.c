/* Rings in place of files, in virtual time: what is played and recorded, what ends it, what is told, what is refused. */
#include <errno.h>

#include "wire.h"

enum { RING = 8000, REPORT = 800 };
static int16_t clip[WIRE_TICKS * BC_BLOCK];
static int16_t back[WIRE_TICKS * BC_BLOCK];

static bc_audio_ring *ring_new(int samples, int report)
{
    bc_audio_ring *r = bc_audio_ring_new(samples, report);
    CHECK(r);
    return r;
}

static int64_t start(bc_engine *e, int port, bc_job_spec s, int kind, bc_audio_ring *ring)
{
    s.kind = kind;
    s.slot = -1;
    s.ring = ring;
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK(job > 0);
    return job;
}

static int told_of(int64_t job)
{
    int n = 0;
    for (int i = 0; i < told_count; i++)
        n += told[i].kind == BC_EV_STREAM && told[i].job == job;
    return n;
}

/* ---- playing ---- */
static void play_to_the_end(size_t samples)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    CHECK(bc_audio_ring_write(r, clip, (int)samples) == (int)samples && bc_audio_ring_readable(r) == (int)samples);
    bc_audio_ring_finish(r);
    CHECK(bc_audio_ring_write(r, clip, 1) == BC_ESTATE);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, r);
    bc_job_result end = outcome(e, job, 200);
    CHECK(end.reason == BC_END_DATA && end.samples == samples && memcmp(w->heard, clip, samples * 2) == 0);
    uint64_t blocks = samples ? (samples + BC_BLOCK - 1) / BC_BLOCK : 1;
    CHECK(end.end_tick == blocks && bc_audio_ring_underruns(r) == 0 && !told_of(job));
    CHECK(peak(w->heard + samples, blocks * BC_BLOCK - samples) == 0);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* What is late is silence, counted; the job goes on with what comes then. */
static void play_what_is_late(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    CHECK(bc_audio_ring_write(r, clip, 200) == 200);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, r);
    run_to(e, 10);
    CHECK(memcmp(w->heard, clip, 400) == 0 && peak(w->heard + 200, 600) == 0 && !find_end(job));
    CHECK(bc_audio_ring_underruns(r) == 8); /* the third, which was partly so, to the tenth */
    CHECK(bc_audio_ring_write(r, clip + 200, 100) == 100);
    bc_audio_ring_finish(r);
    bc_job_result end = outcome(e, job, 10);
    CHECK(end.reason == BC_END_DATA && end.samples == 300 && end.end_tick == 12);
    CHECK(memcmp(w->heard + 800, clip + 200, 200) == 0);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.play_underruns == 8 && bc_audio_ring_underruns(r) == 8);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

static void play_finished_when_dry(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    CHECK(bc_audio_ring_write(r, clip, 160) == 160);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, r);
    run_to(e, 5);
    bc_audio_ring_finish(r);
    bc_job_result end = outcome(e, job, 10);
    CHECK(end.reason == BC_END_DATA && end.samples == 160 && end.end_tick == 6);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* Every rule, as for clips; samples say what was really played. */
static void play_rules(void)
{
    static const struct {
        bc_job_spec spec;
        int reason, digit;
    } cases[] = {
        {{.max_ticks = 20}, BC_END_MAX_TIME, 0},
        {{.digit_mask = 1u << 5}, BC_END_DIGIT, '5'},
        {{.max_digits = 1}, BC_END_MAX_DIGITS, '5'},
        {{.nonsilence_ticks = 5}, BC_END_NONSILENCE, 0},
        {{.silence_ticks = 25}, BC_END_SILENCE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 300, "5", 100, 100);
        int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_SOUND);
        bc_audio_ring *r = ring_new(RING, REPORT);
        CHECK(bc_audio_ring_write(r, clip, RING) == RING);
        bc_job_result end = outcome(e, start(e, port, cases[i].spec, BC_JOB_PLAY, r), 90);
        CHECK(end.reason == cases[i].reason && end.digit == cases[i].digit);
        CHECK((int)end.samples == RING - bc_audio_ring_readable(r) && end.samples == (end.end_tick - 1) * BC_BLOCK);
        bc_engine_free(e);
        bc_audio_ring_free(r);
        free(w);
    }
}

static void room_is_told_once(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    CHECK(bc_audio_ring_write(r, clip, RING + 5) == RING && bc_audio_ring_writable(r) == 0);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, r);
    run_to(e, 9);
    CHECK(told_of(job) == 0);
    run_to(e, 40);
    CHECK(told_of(job) == 1 && told[told_count - 1].tick == 10 && told[told_count - 1].b == REPORT);
    CHECK(bc_audio_ring_write(r, clip, 1) == 1); /* looked at, and there is still as much room */
    run_to(e, 41);
    CHECK(told_of(job) == 2);
    CHECK(bc_audio_ring_write(r, clip, RING) == 41 * BC_BLOCK - 1);
    run_to(e, 50);
    CHECK(told_of(job) == 2);
    run_to(e, 51);
    CHECK(told_of(job) == 3);
    bc_audio_ring_finish(r); /* nobody is to write: nothing to tell */
    CHECK(bc_audio_ring_write(r, clip, 0) == BC_ESTATE);
    (void)outcome(e, job, 200);
    CHECK(told_of(job) == 3);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* ---- recording ---- */
static void record_all(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    int64_t job = start(e, port, (bc_job_spec){.max_ticks = 250}, BC_JOB_RECORD, r);
    size_t n = 0;
    for (uint64_t t = 30; t <= 240; t += 30) {
        run_to(e, t);
        CHECK(bc_audio_ring_readable(r) > (int)(29 - 11) * BC_BLOCK);
        int got = bc_audio_ring_read(r, back + n, RING);
        CHECK(got > 0 && bc_audio_ring_readable(r) == 0);
        n += (size_t)got;
    }
    bc_job_result end = outcome(e, job, 50);
    CHECK(end.reason == BC_END_MAX_TIME && end.samples == 250 * BC_BLOCK);
    int left = bc_audio_ring_readable(r); /* all is there when the end is told, and is read after it */
    CHECK((uint64_t)left + n == end.samples && bc_audio_ring_read(r, back + n, 7) == 7);
    CHECK(bc_audio_ring_read(r, back + n + 7, RING) == left - 7 && memcmp(back, w->says, 250 * 160) == 0);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

static void readable_is_told_once(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(RING, REPORT);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_RECORD, r);
    run_to(e, 60);
    CHECK(told_of(job) == 1 && told[0].a == REPORT);
    CHECK(bc_audio_ring_read(r, back, 80) == 80);
    run_to(e, 61);
    CHECK(told_of(job) == 2);
    CHECK(bc_audio_ring_read(r, back, RING) > REPORT);
    run_to(e, 70);
    CHECK(told_of(job) == 2);
    run_to(e, 71);
    CHECK(told_of(job) == 3);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* A digit that ends it is not in it; `samples` is what is. */
static void digit_is_cut_off(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 500, "8", 100, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    bc_audio_ring *r = ring_new(RING, REPORT);
    bc_job_result end = outcome(e, start(e, port, (bc_job_spec){.digit_mask = 1u << 8}, BC_JOB_RECORD, r), 100);
    CHECK(end.reason == BC_END_DIGIT && end.digit == '8' && end.samples >= 48 * BC_BLOCK && end.samples <= 50 * BC_BLOCK);
    CHECK(bc_audio_ring_readable(r) == (int)end.samples && bc_audio_ring_read(r, back, RING) == (int)end.samples);
    CHECK(peak(back, end.samples) == 0);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

static void secret_is_blanked(int secret)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 500, "8", 100, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    CHECK(bc_engine_port_secret(e, port, secret) == BC_OK);
    bc_audio_ring *r = ring_new(RING, REPORT);
    bc_job_result end = outcome(e, start(e, port, (bc_job_spec){.max_ticks = 90}, BC_JOB_RECORD, r), 100);
    CHECK(bc_audio_ring_read(r, back, RING) == (int)end.samples && end.samples == 90 * BC_BLOCK);
    CHECK((peak(back, end.samples) == 0) == secret);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* A full ring ends it, and nothing of what was before that is lost. */
static void full_ring(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    bc_audio_ring *r = ring_new(2050, 1);
    bc_job_result end = outcome(e, start(e, port, (bc_job_spec){0}, BC_JOB_RECORD, r), 100);
    CHECK(end.reason == BC_END_ERROR && end.error == ENOBUFS && end.samples == 25 * BC_BLOCK && end.end_tick == 26);
    CHECK(bc_audio_ring_readable(r) == 25 * BC_BLOCK && bc_audio_ring_writable(r) == 50);
    CHECK(bc_audio_ring_read(r, back, 8000) == 25 * BC_BLOCK && memcmp(back, w->says, 25 * 160) == 0);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
}

/* The port is closed: both jobs end, and the rings are the caller's again. */
static void port_closes(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    bc_audio_ring *out = ring_new(RING, REPORT), *in = ring_new(RING, REPORT);
    CHECK(bc_audio_ring_write(out, clip, 4000) == 4000);
    int64_t play = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, out);
    int64_t record = start(e, port, (bc_job_spec){0}, BC_JOB_RECORD, in);
    run_to(e, 20);
    CHECK(bc_engine_port_close(e, port) == BC_OK);
    bc_job_result played = outcome(e, play, 5), recorded = outcome(e, record, 5);
    CHECK(played.reason == BC_END_HANGUP && played.samples == 20 * BC_BLOCK);
    CHECK(recorded.reason == BC_END_HANGUP && recorded.samples == 20 * BC_BLOCK);
    bc_audio_ring_free(out); /* the engine has let go of both */
    CHECK(bc_audio_ring_read(in, back, RING) == 20 * BC_BLOCK && memcmp(back, w->says, 20 * 160) == 0);
    bc_audio_ring_free(in);
    run_to(e, 40);
    bc_engine_free(e);
    free(w);
}

static void arguments(void)
{
    CHECK(!bc_audio_ring_new(1599, 1) && !bc_audio_ring_new(4800001, 1) && !bc_audio_ring_new(-1, 1));
    CHECK(!bc_audio_ring_new(1600, 0) && !bc_audio_ring_new(1600, 1601) && !bc_audio_ring_new(1600, -1));
    bc_audio_ring_free(NULL);
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *v = wire_new();
    int port = port_open(e, w, 0), other = port_open(e, v, 0), error = 0;
    bc_audio_ring *r = ring_new(1600, 1600);
    CHECK(bc_audio_ring_write(r, clip, -1) == 0 && bc_audio_ring_read(r, back, -1) == 0 && bc_audio_ring_read(r, back, 9) == 0);
    bc_file *f = bc_file_play_fd(-1, 0, &error);
    CHECK(f);
    bc_job_spec bad[] = {
        {.kind = BC_JOB_PLAY, .ring = r, .clip = clip},     {.kind = BC_JOB_PLAY, .ring = r, .file = f},
        {.kind = BC_JOB_PLAY, .ring = r, .from_sample = 1}, {.kind = BC_JOB_RECORD, .ring = r, .slot = 1 << 30},
        {.kind = BC_JOB_RECORD, .ring = r, .slot = -2},     {.kind = BC_JOB_COLLECT, .ring = r},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(bc_engine_job_start(e, port, &bad[i]) == BC_EINVAL);
    bc_file_discard(f);
    int64_t job = start(e, port, (bc_job_spec){0}, BC_JOB_PLAY, r); /* none of those took it */
    bc_job_spec s = {.kind = BC_JOB_PLAY, .ring = r};
    CHECK(bc_engine_job_start(e, other, &s) == BC_ESTATE); /* one job at a time has a ring */
    CHECK(bc_engine_job_stop(e, job, BC_END_STOPPED) == BC_OK && outcome(e, job, 5).reason == BC_END_STOPPED);
    CHECK(start(e, other, (bc_job_spec){0}, BC_JOB_PLAY, r) > 0);
    bc_engine_free(e);
    bc_audio_ring_free(r);
    free(w);
    free(v);
}

int main(void)
{
    for (size_t i = 0; i < sizeof clip / sizeof *clip; i++)
        clip[i] = count_up(i + 777);
    static const size_t lengths[] = {0, 1, 79, 80, 81, 160, 8000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        play_to_the_end(lengths[i]);
    play_what_is_late();
    play_finished_when_dry();
    play_rules();
    room_is_told_once();
    record_all();
    readable_is_told_once();
    digit_is_cut_off();
    secret_is_blanked(1);
    secret_is_blanked(0);
    full_ring();
    port_closes();
    arguments();
    return 0;
}
