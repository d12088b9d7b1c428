/* test_engine.c - the engine in virtual time, on ring ports and on the line model: jobs, rules, places, secrets. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "bc_dtmf.h"
#include "bc_engine.h"
#include "bc_line.h"
#include "bc_mix.h"
#include "check.h"

typedef struct {
    bc_engine *e;
    bc_ring_port *ring[4];
    int port[4];
} rig;

static rig rig_new(int ports)
{
    rig r = {0};
    bc_engine_options o;
    int error = 0;
    bc_engine_defaults(&o);
    o.virtual_time = 1;
    o.max_ports = 16;
    r.e = bc_engine_new(&o, &error);
    CHECK(r.e && error == BC_OK);
    for (int i = 0; i < ports; i++) {
        r.ring[i] = bc_ring_port_new(1);
        r.port[i] = bc_engine_port_open(r.e, bc_ring_port_ops(), r.ring[i]);
        CHECK(r.port[i] == i);
    }
    return r;
}

static void rig_free(rig *r)
{
    bc_engine_free(r->e);
    for (int i = 0; i < 4; i++)
        bc_ring_port_free(r->ring[i]);
}

/* One tick: `in` from port 0's line (NULL: nothing), what port `out_port` sends to out. */
static void tick(rig *r, const int16_t *in, int out_port, int16_t *out)
{
    static bc_event none[64];
    if (in)
        CHECK(bc_ring_port_write(r->ring[0], in, 1) == 1);
    uint64_t now = bc_engine_tick(r->e);
    CHECK(bc_engine_poll(r->e, none, 0) >= 0);
    bc_engine_run(r->e, now + 1);
    int16_t scratch[BC_BLOCK];
    for (int i = 0; i < 4; i++)
        if (r->ring[i] && bc_ring_port_read(r->ring[i], scratch, 1) && out && i == out_port)
            memcpy(out, scratch, sizeof scratch);
}

/* Take events until this job's end; its result. */
static bool ended(rig *r, int64_t job, bc_job_result *result)
{
    bc_event events[64];
    bool found = false;
    int n = bc_engine_poll(r->e, events, 64);
    for (int i = 0; i < n; i++)
        if (events[i].kind == BC_EV_JOB && events[i].job == job) {
            CHECK(bc_engine_job_result(r->e, job, result) == BC_OK);
            found = true;
        }
    return found;
}

static bc_job_result run_to_end(rig *r, int64_t job, const int16_t *in, size_t in_samples)
{
    bc_job_result result;
    CHECK(job > 0);
    for (size_t t = 0; t < 3000; t++) {
        tick(r, (t + 1) * BC_BLOCK <= in_samples ? in + t * BC_BLOCK : NULL, -1, NULL);
        if (ended(r, job, &result))
            return result;
    }
    CHECK(0 && "the job never ended");
    return result;
}

static bc_job_spec spec_of(int kind)
{
    bc_job_spec s;
    memset(&s, 0, sizeof s);
    s.kind = kind;
    s.slot = -1;
    return s;
}

static int16_t clip[8000];

static bc_job_spec play_spec(void)
{
    bc_job_spec s = spec_of(BC_JOB_PLAY);
    for (int i = 0; i < 8000; i++)
        clip[i] = (int16_t)(i % 200 * 30 - 3000);
    s.clip = clip;
    s.clip_samples = 8000;
    return s;
}

/* DTMF on a line, `lead` samples of silence first. */
static size_t keys(const char *digits, size_t lead, int16_t *out, size_t room)
{
    bc_dtmf_tx tx;
    memset(out, 0, room * sizeof *out);
    CHECK(bc_dtmf_tx_init(&tx, digits, strlen(digits), 80, 80, -8, 0) == BC_OK);
    return lead + bc_dtmf_tx_process(&tx, out + lead, room - lead);
}

static void test_play_to_the_end_and_from_a_place(void)
{
    rig r = rig_new(1);
    bc_job_spec s = play_spec();
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), NULL, 0);
    CHECK(result.reason == BC_END_DATA && result.samples == 8000);
    CHECK(result.end_tick - result.start_tick == 100);
    s.from_sample = 7950; /* less than a block is left */
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), NULL, 0);
    CHECK(result.reason == BC_END_DATA && result.samples == 50);
    s.from_sample = 8000;
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), NULL, 0);
    CHECK(result.reason == BC_END_DATA && result.samples == 0);
    s.from_sample = 8001;
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    rig_free(&r);
}

static void test_play_is_what_goes_out(void)
{
    rig r = rig_new(1);
    bc_job_spec s = play_spec();
    int64_t job = bc_engine_job_start(r.e, 0, &s);
    int16_t out[BC_BLOCK];
    for (int t = 0; t < 100; t++) {
        tick(&r, NULL, 0, out);
        CHECK(memcmp(out, clip + t * BC_BLOCK, sizeof out) == 0);
    }
    bc_job_result result;
    CHECK(ended(&r, job, &result));
    CHECK(bc_engine_job_result(r.e, job, &result) == BC_EINVAL); /* once only */
    rig_free(&r);
}

static void test_rules_of_time_and_stop(void)
{
    rig r = rig_new(1);
    bc_job_spec s = play_spec();
    s.max_ticks = 7;
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), NULL, 0);
    CHECK(result.reason == BC_END_MAX_TIME && result.samples == 7 * BC_BLOCK);
    s.max_ticks = 0;
    int64_t job = bc_engine_job_start(r.e, 0, &s);
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_ESTATE); /* one that sends at a time */
    for (int t = 0; t < 5; t++)
        tick(&r, NULL, -1, NULL);
    CHECK(bc_engine_job_stop(r.e, job, BC_END_DATA) == BC_EINVAL);
    CHECK(bc_engine_job_stop(r.e, job, BC_END_STOPPED) == BC_OK);
    result = run_to_end(&r, job, NULL, 0);
    CHECK(result.reason == BC_END_STOPPED && result.samples == 5 * BC_BLOCK);
    CHECK(bc_engine_job_stop(r.e, job, BC_END_STOPPED) == BC_EINVAL); /* its id is gone */
    rig_free(&r);
}

static void test_digit_stops_a_play_and_is_taken(void)
{
    static int16_t in[16000];
    for (int keep = 0; keep <= 1; keep++) {
        rig r = rig_new(1);
        size_t n = keys("5#", 1600, in, 16000);
        bc_engine_port_detect(r.e, 0, BC_DETECT_DTMF);
        bc_job_spec s = play_spec();
        s.digit_mask = 1u << 11;
        s.keep_digit = keep;
        bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in, n);
        CHECK(result.reason == BC_END_DIGIT && result.digit == '#');
        CHECK(result.samples > 1600 + 1280 && result.samples < 1600 + 1280 + 480);
        bc_job_spec c = spec_of(BC_JOB_COLLECT);
        c.first_ticks = 3;
        c.inter_ticks = 3;
        result = run_to_end(&r, bc_engine_job_start(r.e, 0, &c), NULL, 0);
        CHECK(result.digit_count == (keep ? 2u : 1u) && result.digits[0] == '5');
        rig_free(&r);
    }
}

static void test_collect(void)
{
    static int16_t in[16000];
    rig r = rig_new(1);
    size_t n = keys("123", 800, in, 16000);
    bc_engine_port_detect(r.e, 0, BC_DETECT_DTMF);
    bc_job_spec c = spec_of(BC_JOB_COLLECT);
    c.max_digits = 2;
    c.first_ticks = 100;
    c.inter_ticks = 50;
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &c), in, n);
    CHECK(result.reason == BC_END_MAX_DIGITS && result.digit_count == 2 && memcmp(result.digits, "12", 2) == 0);
    for (size_t t = 0; t < 40; t++) { /* the third arrives with nobody collecting: typed ahead */
        bc_event events[64];
        CHECK(bc_engine_poll(r.e, events, 64) < 64);
        tick(&r, in + 4080, -1, NULL);
    }
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &c), NULL, 0);
    CHECK(result.reason == BC_END_FIRST_TIMEOUT || result.reason == BC_END_INTER_TIMEOUT);
    bc_engine_port_clear_digits(r.e, 0);
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &c), NULL, 0);
    CHECK(result.reason == BC_END_FIRST_TIMEOUT && result.digit_count == 0);
    CHECK(result.end_tick - result.start_tick == 101);
    rig_free(&r);
}

static void test_sound_rules(void)
{
    static int16_t in[24000];
    rig r = rig_new(1);
    bc_engine_port_detect(r.e, 0, BC_DETECT_SOUND);
    for (int i = 8000; i < 16000; i++)
        in[i] = (int16_t)lround(6000 * sin(i * 0.6));
    bc_job_spec s = play_spec();
    s.max_ticks = 500;
    s.nonsilence_ticks = 10;
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in, 24000);
    CHECK(result.reason == BC_END_DATA); /* the sound begins as the clip ends */
    s = spec_of(BC_JOB_TONE);
    CHECK(bc_tone_init(&s.tone, 440, -10, 0, 0) == BC_OK);
    s.nonsilence_ticks = 10;
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in + 8000, 8000);
    CHECK(result.reason == BC_END_NONSILENCE && result.samples == 9 * BC_BLOCK);
    s.nonsilence_ticks = 0;
    s.silence_ticks = 30;
    result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in + 12000, 12000);
    CHECK(result.reason == BC_END_SILENCE);
    CHECK(result.samples >= (50 + 29) * BC_BLOCK && result.samples <= (50 + 31) * BC_BLOCK);
    rig_free(&r);
}

static size_t read_back(const char *path, int16_t *out, size_t room)
{
    int error = 0;
    bc_wav_reader *reader = bc_wav_reader_open(path, NULL, &error);
    CHECK(reader);
    int64_t n = bc_wav_reader_read(reader, out, room);
    CHECK(n >= 0);
    bc_wav_reader_close(reader);
    return (size_t)n;
}

static bc_job_spec record_spec(const char *path)
{
    bc_job_spec s = spec_of(BC_JOB_RECORD);
    int error = 0;
    s.file = bc_file_record(path, BC_WAV_PCM16, 0, &error);
    CHECK(s.file);
    return s;
}

static void test_record_is_what_came_in(const char *path)
{
    static int16_t in[16000], back[20000];
    rig r = rig_new(1);
    for (int i = 0; i < 16000; i++)
        in[i] = (int16_t)(i * 7919 % 20011 - 10000);
    bc_job_spec s = record_spec(path);
    s.max_ticks = 150;
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in, 16000);
    CHECK(result.reason == BC_END_MAX_TIME && result.samples == 12000 && result.error == 0);
    CHECK(read_back(path, back, 20000) == 12000);
    CHECK(memcmp(in, back, 12000 * sizeof *in) == 0);
    s.file = NULL;
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    bc_engine_statistics n;
    bc_engine_read_statistics(r.e, &n);
    CHECK(n.jobs == 0 && n.files == 0 && n.record_overruns == 0);
    rig_free(&r);
}

static void test_record_cuts_the_digit_that_ends_it(const char *path)
{
    static int16_t in[16000], back[16000];
    rig r = rig_new(1);
    size_t n = keys("#", 4000, in, 16000);
    for (int i = 0; i < 4000; i++)
        in[i] = (int16_t)(i * 7919 % 2003 - 1000);
    bc_engine_port_detect(r.e, 0, BC_DETECT_DTMF);
    bc_job_spec s = record_spec(path);
    s.digit_mask = 1u << 11;
    bc_job_result result = run_to_end(&r, bc_engine_job_start(r.e, 0, &s), in, n);
    CHECK(result.reason == BC_END_DIGIT && result.digit == '#');
    CHECK(result.samples >= 4000 - 160 && result.samples <= 4000 + 80);
    CHECK(read_back(path, back, 16000) == result.samples);
    rig_free(&r);
}

static void test_secret_digits_are_silent_everywhere(const char *path)
{
    static int16_t in[16000], back[16000];
    rig r = rig_new(2);
    size_t n = keys("7,3", 4040, in, 16000);
    for (int i = 0; i < 4040; i++) /* loud up to the key, so that the onset cannot be suspected at once */
        in[i] = (int16_t)(i * 7919 % 20011 - 10000);
    bc_engine_port_detect(r.e, 0, BC_DETECT_DTMF);
    bc_engine_port_secret(r.e, 0, 1);
    bc_engine_listen(r.e, 1, bc_engine_slot_in(r.e, 0));
    bc_job_spec s = record_spec(path);
    s.max_ticks = 190;
    bc_job_spec c = spec_of(BC_JOB_COLLECT);
    c.max_digits = 2;
    int64_t collecting = bc_engine_job_start(r.e, 0, &c), recording = bc_engine_job_start(r.e, 0, &s);
    bc_event events[64];
    bc_job_result digits = {0}, recorded = {0};
    uint64_t passed = 0;
    int told = 0;
    for (size_t t = 0; t < 200; t++) {
        int16_t out[BC_BLOCK] = {0};
        tick(&r, (t + 1) * BC_BLOCK <= n ? in + t * BC_BLOCK : NULL, 1, out);
        if (t * BC_BLOCK >= 4040)
            passed += bc_energy(BC_ISA_SCALAR, out, BC_BLOCK);
        int count = bc_engine_poll(r.e, events, 64);
        for (int i = 0; i < count; i++) {
            if (events[i].kind == BC_EV_DIGIT) {
                CHECK(events[i].a == 0 && events[i].x == 0);
                told++;
            }
            if (events[i].kind == BC_EV_JOB && events[i].job == collecting)
                CHECK(bc_engine_job_result(r.e, collecting, &digits) == BC_OK);
            if (events[i].kind == BC_EV_JOB && events[i].job == recording)
                CHECK(bc_engine_job_result(r.e, recording, &recorded) == BC_OK);
        }
    }
    CHECK(told == 2 && digits.digit_count == 2 && memcmp(digits.digits, "73", 2) == 0);
    CHECK(recorded.samples == 190 * BC_BLOCK); /* timing kept */
    CHECK(read_back(path, back, 16000) == 15200);
    CHECK(memcmp(back, in, 3600 * sizeof *in) == 0);
    CHECK(bc_energy(BC_ISA_SCALAR, back + 4040, 11160) == 0);
    /* Somebody bridged hears at most the onset that could not be known: 3 blocks of a key's 16. */
    CHECK(passed < 2 * 3 * (uint64_t)BC_BLOCK * 8000 * 8000);
    rig_free(&r);
}

static void test_conference(void)
{
    static int16_t voice[3][BC_BLOCK];
    rig r = rig_new(4);
    int conf = bc_engine_conf_open(r.e), party[4];
    CHECK(conf >= 0);
    for (int i = 0; i < 4; i++)
        party[i] = bc_engine_party_add(r.e, conf, r.port[i], i == 1 ? BC_GAIN_ONE / 2 : BC_GAIN_ONE, i == 3, 0);
    CHECK(party[3] >= 0);
    CHECK(bc_engine_party_add(r.e, conf, 9, BC_GAIN_ONE, 0, 0) == BC_EINVAL);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < BC_BLOCK; k++)
            voice[i][k] = (int16_t)(1000 * (i + 1) + k);
    int16_t out[4][BC_BLOCK];
    for (int t = 0; t < 3; t++) {
        for (int i = 0; i < 3; i++)
            CHECK(bc_ring_port_write(r.ring[i], voice[i], 1) == 1);
        bc_engine_run(r.e, bc_engine_tick(r.e) + 1);
        for (int i = 0; i < 4; i++)
            CHECK(bc_ring_port_read(r.ring[i], out[i], 1) == 1);
    }
    for (int k = 0; k < BC_BLOCK; k++) {
        int half = (voice[1][k] * (BC_GAIN_ONE / 2) + 2048) >> 12;
        CHECK(out[0][k] == half + voice[2][k]);
        CHECK(out[1][k] == voice[0][k] + voice[2][k]);
        CHECK(out[2][k] == voice[0][k] + half);
        CHECK(out[3][k] == voice[0][k] + half + voice[2][k]); /* hears all, is not heard */
    }
    CHECK(bc_engine_party_set(r.e, party[1], 0, 0) == BC_OK);
    CHECK(bc_engine_party_remove(r.e, party[2]) == BC_OK);
    CHECK(bc_engine_port_close(r.e, r.port[0]) == BC_OK); /* takes its party with it */
    bc_engine_run(r.e, bc_engine_tick(r.e) + 1);
    for (int i = 1; i < 4; i++)
        bc_ring_port_read(r.ring[i], out[i], 1);
    for (int k = 0; k < BC_BLOCK; k++)
        CHECK(out[1][k] == 0 && out[2][k] == 0 && out[3][k] == 0);
    CHECK(bc_engine_conf_close(r.e, conf) == BC_OK);
    CHECK(bc_engine_conf_close(r.e, conf) == BC_EINVAL);
    rig_free(&r);
}

static void test_closing_a_port_ends_its_jobs(const char *path)
{
    rig r = rig_new(2);
    bc_job_spec s = play_spec(), rec = record_spec(path);
    int64_t playing = bc_engine_job_start(r.e, 0, &s), recording = bc_engine_job_start(r.e, 0, &rec);
    bc_engine_listen(r.e, 1, bc_engine_slot_media(r.e, 0));
    tick(&r, NULL, -1, NULL);
    CHECK(bc_engine_port_close(r.e, 0) == BC_OK);
    CHECK(bc_engine_port_close(r.e, 0) == BC_EINVAL);
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    int jobs = 0, closed = 0;
    bc_event events[64];
    for (int t = 0; t < 20; t++) {
        bc_engine_run(r.e, bc_engine_tick(r.e) + 1);
        int n = bc_engine_poll(r.e, events, 64);
        for (int i = 0; i < n; i++) {
            CHECK(!closed);
            bc_job_result result;
            if (events[i].kind == BC_EV_JOB) {
                CHECK(events[i].job == playing || events[i].job == recording);
                CHECK(bc_engine_job_result(r.e, events[i].job, &result) == BC_OK && result.reason == BC_END_HANGUP);
                jobs++;
            }
            closed += events[i].kind == BC_EV_CLOSED;
        }
    }
    CHECK(jobs == 2 && closed == 1);
    CHECK(bc_engine_port_open(r.e, bc_ring_port_ops(), r.ring[0]) == 0); /* the place is free again */
    rig_free(&r);
}

static void test_full_disk(void)
{
    rig r = rig_new(1);
    int error = 0;
    bc_job_spec s = spec_of(BC_JOB_RECORD);
    s.file = bc_file_record("/dev/full", BC_WAV_PCM16, 0, &error);
    CHECK(!s.file && error == BC_EIO && errno == ENOSPC);
    rig_free(&r);
}

/* A control thread that never looks loses no line state and is told of the digits it lost. */
static void test_events_without_room(void)
{
    rig r = rig_new(1);
    static int16_t in[400000];
    size_t n = keys("1234567890123456789012345678901234567890123456789012345678901234", 0, in, 400000);
    bc_engine_port_detect(r.e, 0, BC_DETECT_DTMF);
    bc_event events[256];
    int digits = 0, lost = 0;
    for (int round = 0; round < 2; round++)
        for (size_t t = 0; t < n / BC_BLOCK; t++) {
            bc_ring_port_write(r.ring[0], in + t * BC_BLOCK, 1);
            /* bc_engine_run stops at waiting events, so tick by hand through the statistics' back door: one at a time */
            uint64_t now = bc_engine_tick(r.e);
            bc_engine_run(r.e, now + 1);
            if (bc_engine_tick(r.e) == now) { /* an event waits: take one, leave the rest */
                int got = bc_engine_poll(r.e, events, 1);
                for (int i = 0; i < got; i++) {
                    digits += events[i].kind == BC_EV_DIGIT;
                    lost += events[i].kind == BC_EV_LOST ? events[i].a : 0;
                }
                bc_engine_run(r.e, now + 1);
            }
            int16_t scratch[BC_BLOCK];
            bc_ring_port_read(r.ring[0], scratch, 1);
        }
    int got = bc_engine_poll(r.e, events, 256);
    for (int i = 0; i < got; i++) {
        digits += events[i].kind == BC_EV_DIGIT;
        lost += events[i].kind == BC_EV_LOST ? events[i].a : 0;
    }
    CHECK(digits == 128);  /* every one told */
    CHECK(lost == 64);     /* those that the full type-ahead buffer could not keep */
    rig_free(&r);
}

static void test_line_signals(void)
{
    rig r = rig_new(0);
    int error = 0;
    bc_line *line = bc_line_new(NULL, &error);
    CHECK(line);
    int station = bc_engine_port_open(r.e, bc_line_ops(), bc_line_end(line, BC_LINE_STATION));
    int circuit = bc_engine_port_open(r.e, bc_line_ops(), bc_line_end(line, BC_LINE_EXCHANGE));
    int32_t bits[2] = {0, 0};
    int rings = 0;
    uint64_t off_hook_tick = 0;
    bc_engine_port_control(r.e, circuit, BC_LINE_RING, 1000, 4000);
    for (int t = 0; t < 1200; t++) {
        if (t == 1100)
            bc_engine_port_control(r.e, station, BC_LINE_HOOK, 1, 0);
        bc_engine_run(r.e, bc_engine_tick(r.e) + 1);
        bc_event events[16];
        int n = bc_engine_poll(r.e, events, 16);
        for (int i = 0; i < n; i++) {
            CHECK(events[i].kind == BC_EV_LINE);
            bits[events[i].port] = events[i].a;
            rings += events[i].port == station && (events[i].a & events[i].b & BC_LINE_RINGING);
            if (events[i].port == circuit && (events[i].a & BC_LINE_OFF_HOOK))
                off_hook_tick = events[i].tick;
        }
    }
    CHECK(rings == 3);                             /* at 0, 5 and 10 s */
    CHECK(!(bits[station] & BC_LINE_RINGING));     /* ring trip */
    CHECK(bits[station] & BC_LINE_FEED);
    CHECK(off_hook_tick >= 1101 && off_hook_tick <= 1102);
    bc_engine_free(r.e);
    bc_line_free(line);
}

static void test_bad_arguments(void)
{
    bc_engine_options o;
    int error = 0;
    bc_engine_defaults(&o);
    o.max_ports = 0;
    CHECK(!bc_engine_new(&o, &error) && error == BC_EINVAL);
    o.max_ports = 4;
    o.silence_dbm0 = NAN;
    CHECK(!bc_engine_new(&o, &error) && error == BC_EINVAL);
    rig r = rig_new(1);
    CHECK(bc_engine_start(r.e) == BC_ESTATE);
    CHECK(bc_engine_port_open(r.e, NULL, NULL) == BC_EINVAL);
    CHECK(bc_engine_port_detect(r.e, 0, 1 << 20) == BC_EINVAL);
    CHECK(bc_engine_port_gain(r.e, 0, -1, 0) == BC_EINVAL);
    CHECK(bc_engine_listen(r.e, 0, 1 << 20) == BC_EINVAL);
    CHECK(bc_engine_listen(r.e, 7, 0) == BC_EINVAL);
    CHECK(bc_engine_party_add(r.e, 3, 0, BC_GAIN_ONE, 0, 0) == BC_EINVAL);
    bc_job_spec s = spec_of(99);
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    s = spec_of(BC_JOB_DIGITS);
    memcpy(s.digits, "1x", 2);
    s.digit_count = 2;
    s.digit_on_ms = s.digit_off_ms = 80;
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    s = spec_of(BC_JOB_COLLECT);
    s.max_digits = 65;
    CHECK(bc_engine_job_start(r.e, 0, &s) == BC_EINVAL);
    rig_free(&r);
}

int main(void)
{
    char path[] = "/tmp/bc-engine-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    test_play_to_the_end_and_from_a_place();
    test_play_is_what_goes_out();
    test_rules_of_time_and_stop();
    test_digit_stops_a_play_and_is_taken();
    test_collect();
    test_sound_rules();
    test_record_is_what_came_in(path);
    test_record_cuts_the_digit_that_ends_it(path);
    test_secret_digits_are_silent_everywhere(path);
    test_conference();
    test_closing_a_port_ends_its_jobs(path);
    test_full_disk();
    test_events_without_room();
    test_line_signals();
    test_bad_arguments();
    unlink(path);
    return 0;
}
