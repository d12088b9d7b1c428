/* Jobs with files: playing and recording in virtual time, what is on the disk when the end is told, full disks. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire.h"

static char folder[] = "/tmp/bc-test-XXXXXX";
static char path[64];

static const char *name(const char *file)
{
    CHECK(snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path);
    return path;
}

static bc_file *record_to(const char *file, int encoding, int append)
{
    int error = 1;
    bc_file *f = bc_file_record(file, encoding, append, &error);
    CHECK(f);
    return f;
}

static bc_job_spec record_spec(bc_file *f) { return (bc_job_spec){.kind = BC_JOB_RECORD, .slot = -1, .file = f}; }

static void write_count(const char *file, int encoding, size_t n)
{
    int error = 1;
    bc_wav_writer *w = bc_wav_writer_open(file, encoding, 0, &error);
    CHECK(w);
    for (size_t i = 0; i < n; i++) {
        int16_t x = count_up(i);
        CHECK(bc_wav_writer_write(w, &x, 1) == BC_OK);
    }
    CHECK(bc_wav_writer_close(w) == BC_OK);
}

static size_t read_back(const char *file, int16_t *out, size_t room)
{
    int error = 1;
    bc_wav_reader *r = bc_wav_reader_open(file, NULL, &error);
    CHECK(r);
    int64_t n = bc_wav_reader_read(r, out, room);
    CHECK(n >= 0 && (uint64_t)n == bc_wav_reader_samples(r));
    bc_wav_reader_close(r);
    return (size_t)n;
}

static void opening(void)
{
    int error = 0;
    CHECK(!bc_file_play(name("missing.wav"), &error) && error == BC_EIO && errno == ENOENT);
    CHECK(!bc_file_record(name("no/such/folder.wav"), BC_WAV_PCM16, 0, &error) && error == BC_EIO && errno == ENOENT);
    CHECK(!bc_file_record(name("x.wav"), 99, 0, &error) && error == BC_EINVAL);
    bc_file_discard(record_to(name("x.wav"), BC_WAV_PCM16, 0));
    bc_file_discard(NULL);
    int16_t none[1];
    CHECK(read_back(name("x.wav"), none, 1) == 0); /* an empty but valid file */
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_file *f = record_to(name("x.wav"), BC_WAV_PCM16, 0), *p = bc_file_play(name("x.wav"), &error);
    CHECK(p);
    bc_job_spec wrong[] = {
        {.kind = BC_JOB_PLAY, .file = f}, {.kind = BC_JOB_RECORD, .file = p, .slot = -1},
        {.kind = BC_JOB_RECORD, .file = f, .slot = 1 << 30}, {.kind = BC_JOB_PLAY, .file = p, .from_sample = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(bc_engine_job_start(e, port, &wrong[i]) == BC_EINVAL);
    bc_file_discard(f); /* still the caller's */
    bc_file_discard(p);
    bc_engine_free(e);
    free(w);
}

static void playing(void)
{
    enum { LONG = 40001 };
    write_count(name("long.wav"), BC_WAV_PCM16, LONG);
    int16_t *raw = calloc(LONG, sizeof *raw);
    for (size_t i = 0; i < LONG; i++)
        raw[i] = count_up(i);
    static const uint64_t froms[] = {0, 1, 12345, LONG - 80, LONG};
    for (size_t i = 0; i < 2 * sizeof froms / sizeof *froms; i++) {
        uint64_t from = froms[i / 2];
        int error = 1, fd = -1;
        bc_file *f;
        if (i % 2) {
            fd = open(name("raw"), O_RDWR | O_CREAT | O_TRUNC, 0600);
            CHECK(write(fd, raw, LONG * sizeof *raw) == LONG * sizeof *raw);
            f = bc_file_play_fd(fd, LONG, &error);
        } else {
            f = bc_file_play(name("long.wav"), &error);
        }
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        int port = port_open(e, w, 0);
        bc_job_spec s = {.kind = BC_JOB_PLAY, .file = f, .from_sample = from};
        int64_t job = bc_engine_job_start(e, port, &s);
        bc_job_result r = outcome(e, job, 600);
        CHECK(r.reason == BC_END_DATA && r.samples == LONG - from && r.error == 0);
        run_to(e, 600);
        for (size_t k = 0; k < 600 * BC_BLOCK; k++)
            CHECK(w->heard[k] == (k < LONG - from ? raw[from + k] : 0));
        bc_engine_statistics n;
        bc_engine_read_statistics(e, &n);
        CHECK(n.play_underruns == 0 && n.files == 0 && n.jobs == 0);
        CHECK(fd < 0 || fcntl(fd, F_GETFD) == -1); /* closed with it */
        bc_engine_free(e);
        free(w);
    }
    free(raw);
}

/* A file that ends early, because somebody cut it while it played. */
static void cut_under_way(void)
{
    write_count(name("cut.wav"), BC_WAV_PCM16, 80000);
    int error = 1;
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_job_spec s = {.kind = BC_JOB_PLAY, .file = bc_file_play(name("cut.wav"), &error)};
    CHECK(truncate(name("cut.wav"), BC_WAV_HEADER + 2 * 40000) == 0);
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 1500);
    CHECK((r.reason == BC_END_DATA || r.reason == BC_END_ERROR) && r.samples <= 40000 && r.samples >= 16000);
    bc_engine_free(e);
    free(w);
}

static void recording(void)
{
    static const uint32_t lengths[] = {1, 2, 9, 10, 11, 25, 137};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint32_t ticks = lengths[i];
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_count(w);
        int port = port_open(e, w, 0);
        run_to(e, 4);
        bc_job_spec s = record_spec(record_to(name("r.wav"), BC_WAV_PCM16, 0));
        s.max_ticks = ticks;
        int64_t job = bc_engine_job_start(e, port, &s);
        bc_job_result r = outcome(e, job, 200);
        CHECK(r.reason == BC_END_MAX_TIME && r.samples == ticks * BC_BLOCK && r.end_tick == 4 + ticks + 1);
        /* The file is whole as soon as the end is told. */
        int16_t *back = calloc(200, BC_BLOCK * sizeof *back);
        CHECK(read_back(name("r.wav"), back, 200 * BC_BLOCK) == ticks * BC_BLOCK);
        CHECK(memcmp(back, w->says + 4 * BC_BLOCK, ticks * BC_BLOCK * sizeof *back) == 0);
        free(back);
        bc_engine_statistics n;
        bc_engine_read_statistics(e, &n);
        CHECK(n.files == 0 && n.record_overruns == 0 && n.file_errors == 0 && n.file_writes > 0);
        bc_engine_free(e);
        free(w);
    }
}

/* The file on disk follows within 200 ms, header and all: what a killed process leaves. */
static void on_the_disk_meanwhile(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    bc_job_spec s = record_spec(record_to(name("m.wav"), BC_WAV_ALAW, 0));
    CHECK(bc_engine_job_start(e, port, &s) > 0);
    int16_t back[100 * BC_BLOCK];
    for (uint64_t t = 1; t <= 100; t++) {
        run_to(e, t);
        CHECK(read_back(name("m.wav"), back, 100 * BC_BLOCK) + 20 * BC_BLOCK >= t * BC_BLOCK);
    }
    bc_engine_free(e); /* closes it in order, with all that came */
    CHECK(read_back(name("m.wav"), back, 100 * BC_BLOCK) == 100 * BC_BLOCK);
    free(w);
}

/* What is told is what this job recorded, not what the file held before. */
static void appending(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    for (int i = 0; i < 3; i++) {
        bc_job_spec s = record_spec(record_to(name("a.wav"), BC_WAV_PCM16, i > 0));
        s.max_ticks = 20;
        CHECK(outcome(e, bc_engine_job_start(e, port, &s), 50).samples == 20 * BC_BLOCK);
    }
    bc_job_spec s = record_spec(record_to(name("a.wav"), BC_WAV_PCM16, 1));
    int64_t job = bc_engine_job_start(e, port, &s);
    bc_engine_job_stop(e, job, BC_END_STOPPED);
    CHECK(outcome(e, job, 50).samples == 0);
    int16_t back[80 * BC_BLOCK];
    CHECK(read_back(name("a.wav"), back, 80 * BC_BLOCK) == 60 * BC_BLOCK);
    bc_engine_free(e);
    free(w);
}

/* A digit that ends a recording is cut off its end. */
static void without_the_key(void)
{
    for (int mask = 0; mask < 2; mask++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_tone(w, 0, 300, 500, -20);
        say_keys(w, 300, "#", 100, 100);
        int port = port_open(e, w, BC_DETECT_DTMF);
        bc_job_spec s = record_spec(record_to(name("k.wav"), BC_WAV_PCM16, 0));
        s.digit_mask = mask ? 1u << 11 : 0;
        s.max_digits = mask ? 0 : 1;
        bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 100);
        CHECK(r.reason == (mask ? BC_END_DIGIT : BC_END_MAX_DIGITS) && r.digit == '#');
        CHECK(r.samples >= 28 * BC_BLOCK && r.samples <= 31 * BC_BLOCK);
        int16_t back[100 * BC_BLOCK];
        CHECK(read_back(name("k.wav"), back, 100 * BC_BLOCK) == r.samples);
        bc_engine_free(e);
        free(w);
    }
}

static void every_end_of_a_recording(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_tone(w, 300, 200, 1000, -10);
    int port = port_open(e, w, BC_DETECT_SOUND);
    bc_job_spec s = record_spec(record_to(name("s.wav"), BC_WAV_PCM16, 0));
    s.nonsilence_ticks = 10;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 100);
    CHECK(r.reason == BC_END_NONSILENCE && r.samples == 39 * BC_BLOCK);
    s = record_spec(record_to(name("s.wav"), BC_WAV_PCM16, 0));
    s.silence_ticks = 20;
    uint64_t began = bc_engine_tick(e);
    r = outcome(e, bc_engine_job_start(e, port, &s), 100);
    CHECK(r.reason == BC_END_SILENCE && r.samples == (69 - began) * BC_BLOCK);
    s = record_spec(record_to(name("s.wav"), BC_WAV_PCM16, 0));
    int64_t job = bc_engine_job_start(e, port, &s);
    run_to(e, bc_engine_tick(e) + 33);
    bc_engine_job_stop(e, job, BC_END_HANGUP);
    r = outcome(e, job, 100);
    CHECK(r.reason == BC_END_HANGUP && r.samples == 33 * BC_BLOCK);
    /* Closing the port: the end of the recording comes first, with a whole file, then the port's. */
    s = record_spec(record_to(name("s.wav"), BC_WAV_PCM16, 0));
    job = bc_engine_job_start(e, port, &s);
    run_to(e, bc_engine_tick(e) + 7);
    CHECK(bc_engine_port_close(e, port) == BC_OK);
    r = outcome(e, job, 100);
    CHECK(r.reason == BC_END_HANGUP && r.samples == 7 * BC_BLOCK);
    run_to(e, bc_engine_tick(e) + 30);
    CHECK(find(port, BC_EV_CLOSED, 0) > find_end(job));
    bc_engine_free(e);
    free(w);
}

static void full_disk(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0), error = 0;
    bc_file *f = bc_file_record("/dev/full", BC_WAV_PCM16, 0, &error);
    CHECK(!f && error == BC_EIO && errno == ENOSPC);
    struct rlimit was, little = {.rlim_cur = 40000, .rlim_max = RLIM_INFINITY};
    CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
    little.rlim_max = was.rlim_max;
    bc_job_spec s = record_spec(record_to(name("full.wav"), BC_WAV_PCM16, 0));
    CHECK(setrlimit(RLIMIT_FSIZE, &little) == 0);
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 1000);
    CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
    CHECK(r.reason == BC_END_ERROR && r.error == EFBIG && r.samples == (40000 - BC_WAV_HEADER) / 2);
    static int16_t back[30000];
    CHECK(read_back(name("full.wav"), back, 30000) == r.samples);
    CHECK(memcmp(back, w->says, r.samples * sizeof *back) == 0);
    CHECK(r.end_tick > 250 && r.end_tick < 280); /* told within 300 ms of the 25th tenth of a second */
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.file_errors == 1 && n.files == 0);
    bc_engine_free(e);
    free(w);
}

/* All that was not taken back goes with the engine: jobs running, ended, told, read. */
static void free_at_any_time(void)
{
    write_count(name("p.wav"), BC_WAV_PCM16, 20000);
    for (uint64_t ticks = 0; ticks < 40; ticks++) {
        bc_engine *e = engine_new(2);
        wire *a = wire_new(), *b = wire_new();
        int one = port_open(e, a, BC_DETECT_DTMF), two = port_open(e, b, 0), error = 1;
        bc_job_spec play = {.kind = BC_JOB_PLAY, .file = bc_file_play(name("p.wav"), &error), .max_ticks = 11};
        bc_job_spec record = record_spec(record_to(name("f.wav"), BC_WAV_PCM16, 0));
        bc_job_spec second = record_spec(record_to(name("g.wav"), BC_WAV_PCM16, 0));
        second.max_ticks = 13;
        int64_t playing = bc_engine_job_start(e, one, &play);
        CHECK(playing > 0 && bc_engine_job_start(e, one, &record) > 0 && bc_engine_job_start(e, two, &second) > 0);
        bc_engine_run(e, ticks); /* stops at the first event */
        if (ticks > 20) {
            take_events(e);
            bc_engine_port_close(e, two);
            bc_engine_run(e, ticks);
        }
        bc_job_result r;
        if (ticks > 30)
            CHECK(bc_engine_job_result(e, playing, &r) == BC_OK);
        bc_engine_free(e);
        free(a);
        free(b);
    }
}

int main(void)
{
    CHECK(mkdtemp(folder));
    opening();
    playing();
    cut_under_way();
    recording();
    on_the_disk_meanwhile();
    appending();
    without_the_key();
    every_end_of_a_recording();
    full_disk();
    free_at_any_time();
    static const char *const files[] = {"x.wav", "long.wav", "raw", "cut.wav", "r.wav", "m.wav", "a.wav", "k.wav",
                                        "s.wav", "full.wav", "p.wav", "f.wav", "g.wav"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        CHECK(unlink(name(files[i])) == 0);
    CHECK(rmdir(folder) == 0);
    return 0;
}
