/* What ports hear, in virtual time: digits early and late, muted, their ends; tone sets, MF; events without room. */
#include "bc_mf.h"
#include "bc_modem.h"
#include "bc_tones.h"
#include "rx.h"
#include "wire.h"

/* Of the engine's own: a tick though events wait, which bc_engine_run does not do. */
void do_tick(bc_engine *e);

static int16_t back[WIRE_TICKS * BC_BLOCK];

static void ticks(bc_engine *e, int n)
{
    while (n-- > 0)
        do_tick(e);
}

/* Leave the port so many places in the event ring. */
static void leave_room(bc_engine *e, wire *w, int places)
{
    for (int i = 0; i < BC_PORT_CREDITS - places; i++) {
        w->bits ^= BC_LINE_REVERSED;
        do_tick(e);
    }
}

static void say_mf(wire *w, int at_ms, int signal, int ms)
{
    bc_tone tone;
    CHECK(bc_mf_tone(&tone, BC_MF_R2_FORWARD, signal, -10, 0) == BC_OK);
    bc_tone_process(&tone, w->says + (size_t)at_ms * 8, (size_t)ms * 8);
}

static bc_job_spec collect_spec(uint32_t digits)
{
    return (bc_job_spec){.kind = BC_JOB_COLLECT, .max_digits = digits};
}

static bc_job_spec play_spec(void)
{
    static int16_t clip[WIRE_TICKS * BC_BLOCK];
    return (bc_job_spec){.kind = BC_JOB_PLAY, .clip = clip, .clip_samples = WIRE_TICKS * BC_BLOCK};
}

static int64_t record(bc_engine *e, int port, bc_audio_ring *ring, uint32_t max_ticks)
{
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = -1, .ring = ring, .max_ticks = max_ticks};
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK(job > 0);
    return job;
}

static bc_audio_ring *ring_new(void)
{
    bc_audio_ring *ring = bc_audio_ring_new(80000, 80000);
    CHECK(ring);
    return ring;
}

/* ---- ends of digits ------------------------------------------------------------------------------------------------ */
static void ends_are_told(void)
{
    for (int secret = 0; secret < 2; secret++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 300, "5", 80, 100);
        int port = port_open(e, w, 0);
        run_to(e, 5);
        CHECK(bc_engine_port_detect(e, port, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS) == BC_OK);
        CHECK(bc_engine_port_secret(e, port, secret) == BC_OK);
        run_to(e, 60);
        const bc_event *begin = find(port, BC_EV_DIGIT, 0), *end = find(port, BC_EV_DIGIT_END, 0);
        CHECK(begin && end && begin < end && count_of(port, BC_EV_DIGIT_END) == 1);
        CHECK(end->a == (secret ? 0 : '5') && end->y > 77 && end->y < 83 && end->tick - end->lasted == 30);
        CHECK(begin->lasted >= 3 && begin->tick - begin->lasted == 30 && end->tick <= 42);
        CHECK(secret ? end->x == 0 && end->z == 0 : end->x > -9 && end->x < -7 && end->z > -1 && end->z < 1);
        bc_engine_free(e);
        free(w);
    }
}

/* The end of a digit that was told waits for room, before any other; one whose beginning found none is lost whole. */
static void ends_wait_for_room(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 1500, "12", 80, 80);
    int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS);
    leave_room(e, w, 1);
    ticks(e, 171 - BC_PORT_CREDITS); /* the other key is down */
    take_events(e);
    CHECK(count_of(port, BC_EV_DIGIT) == 1 && !find(port, BC_EV_DIGIT_END, 0));
    run_to(e, 200);
    const bc_event *end = find(port, BC_EV_DIGIT_END, 0);
    CHECK(end && end->a == '1' && end->y > 77 && end->y < 83 && end->tick - end->lasted == 150);
    CHECK(count_of(port, BC_EV_DIGIT) == 1 && count_of(port, BC_EV_DIGIT_END) == 1);
    CHECK(count_of(port, BC_EV_LOST) == 1 && find(port, BC_EV_LOST, 0)->a == 1);
    bc_engine_free(e);
    free(w);
}

/* Who does not ask for ends is not told of them. */
static void ends_are_asked_for(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 300, "55", 80, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    run_to(e, 80);
    CHECK(count_of(port, BC_EV_DIGIT) == 2 && count_of(port, BC_EV_DIGIT_END) == 0);
    bc_engine_free(e);
    free(w);
}

/* Who stops listening is told the end of what is on. */
static void switching_off_ends(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 100, "9", 1000, 100);
    int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS);
    run_to(e, 60);
    CHECK(count_of(port, BC_EV_DIGIT) == 1 && bc_engine_port_detect(e, port, 0) == BC_OK);
    run_to(e, 200);
    const bc_event *end = find(port, BC_EV_DIGIT_END, 0);
    CHECK(count_of(port, BC_EV_DIGIT_END) == 1 && end->a == '9' && end->tick == 61 && end->y == 500);
    bc_engine_free(e);
    free(w);
}

/* ---- digits that count at their end -------------------------------------------------------------------------------- */
static void late_digits(void)
{
    for (int late = 0; late < 2; late++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 300, "5", 400, 100);
        int port = port_open(e, w, BC_DETECT_DTMF);
        CHECK(bc_engine_port_late_digits(e, port, late) == BC_OK);
        bc_job_spec collect = collect_spec(1), play = play_spec();
        collect.first_ticks = 40; /* would be over while the key is down */
        play.digit_mask = 1u << 5;
        int64_t playing = bc_engine_job_start(e, port, &play);
        bc_job_result heard = outcome(e, playing, 100);
        CHECK(heard.reason == BC_END_DIGIT && heard.digit == '5');
        CHECK(late ? heard.end_tick > 70 && heard.end_tick < 76 : heard.end_tick > 30 && heard.end_tick < 36);
        CHECK(find(port, BC_EV_DIGIT, 0)->tick < 36); /* told early, either way */
        run_to(e, 300);
        bc_job_result none = outcome(e, bc_engine_job_start(e, port, &collect), 100);
        CHECK(none.reason == BC_END_FIRST_TIMEOUT);
        bc_engine_free(e);
        free(w);
    }
}

static void late_collecting(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 300, "57", 400, 100);
    int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS);
    CHECK(bc_engine_port_late_digits(e, port, 1) == BC_OK);
    bc_job_spec s = collect_spec(1);
    s.first_ticks = 40; /* would be over while the key is down */
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 100);
    CHECK(r.reason == BC_END_MAX_DIGITS && r.digits[0] == '5' && r.end_tick > 70 && r.end_tick < 76);
    run_to(e, 100); /* 7 is down */
    CHECK(count_of(port, BC_EV_DIGIT) == 2 && bc_engine_port_clear_digits(e, port) == BC_OK);
    run_to(e, 140);
    CHECK(count_of(port, BC_EV_DIGIT_END) == 2);
    CHECK(outcome(e, bc_engine_job_start(e, port, &s), 100).reason == BC_END_FIRST_TIMEOUT); /* it was cleared */
    bc_engine_free(e);
    free(w);
}

static void late_type_ahead(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 100, "57", 100, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    CHECK(bc_engine_port_late_digits(e, port, 1) == BC_OK);
    run_to(e, 100);
    bc_job_spec s = collect_spec(2);
    CHECK(memcmp(outcome(e, bc_engine_job_start(e, port, &s), 3).digits, "57", 2) == 0);
    bc_engine_free(e);
    free(w);
}

/* A recording that a late digit stops has nothing of its tone, if half its ring can hold that. */
static void late_cut(int key_ms, int ring_samples, int whole)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_tone(w, 0, 1000, 200, -20);
    say_keys(w, 1000, "5", key_ms, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    CHECK(bc_engine_port_late_digits(e, port, 1) == BC_OK);
    bc_audio_ring *ring = bc_audio_ring_new(ring_samples, ring_samples);
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = -1, .ring = ring, .digit_mask = 1u << 5};
    int64_t job = bc_engine_job_start(e, port, &s);
    int n = 0;
    for (uint64_t t = 1; t < 300; t++) {
        run_to(e, t);
        n += bc_audio_ring_read(ring, back + n, ring_samples);
    }
    bc_job_result r;
    CHECK(find_end(job) && bc_engine_job_result(e, job, &r) == BC_OK && r.reason == BC_END_DIGIT && r.samples == (uint64_t)n);
    CHECK(whole ? n > 7800 && n <= 8080 : n > 8080 && n < 8000 + 8 * key_ms);
    bc_engine_free(e);
    bc_audio_ring_free(ring);
    free(w);
}

/* ---- digits that are muted ----------------------------------------------------------------------------------------- */
/* On a loud line: 5 ms of what is heard are part of a key? */
static int is_key(const int16_t *in) { return bc_energy(BC_ISA_SCALAR, in, 40) > 40ull * 1500 * 1500; }

/* Keys from `at_ms` on: none of them is in a recording or passes the bridge, more than 5 ms of each; they are told and
   collected; all else passes, 20 ms late. */
static void mute_a_bridge(int at_ms, double on_ms, int tap)
{
    bc_engine *e = engine_new(3);
    wire *w = wire_new(), *partner = wire_new();
    say_count(w);
    for (size_t i = 0; i < sizeof w->says / sizeof *w->says; i++)
        w->says[i] = (int16_t)(w->says[i] % 97); /* faint, and every place of a block looks different */
    say_keys(w, at_ms, "159", on_ms, 100);
    int port = port_open(e, w, BC_DETECT_DTMF), other = port_open(e, partner, 0), copy = bc_engine_tap_open(e);
    CHECK(bc_engine_tap_source(e, copy, bc_engine_slot_in(e, port)) == BC_OK);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, tap ? copy : port)) == BC_OK);
    CHECK(bc_engine_port_mute_digits(e, port, 1) == BC_OK);
    bc_audio_ring *ring = ring_new();
    record(e, tap ? copy : port, ring, 200);
    bc_job_spec collect = collect_spec(3);
    CHECK(memcmp(outcome(e, bc_engine_job_start(e, port, &collect), 200).digits, "159", 3) == 0);
    run_to(e, 300);
    CHECK(count_of(port, BC_EV_DIGIT) == 3 && find(port, BC_EV_DIGIT, 1)->a == '5');
    int n = bc_audio_ring_read(ring, back, 80000), heard = 0;
    CHECK(n == 200 * BC_BLOCK);
    for (int i = 0; i < n; i += 40) {
        CHECK(!is_key(back + i));
        heard += is_key(partner->heard + i);
    }
    CHECK(heard <= 3);
    for (size_t i = 160; i < ((size_t)at_ms / 10 - 1) * BC_BLOCK; i++) /* two ticks are lost of what came before */
        CHECK(back[i] == w->says[i - 160]);
    size_t before = (size_t)at_ms * 8 + 120, after = ((size_t)at_ms + 3 * ((size_t)on_ms + 100)) * 8;
    for (size_t i = 160; i < before; i++)
        CHECK(partner->heard[i] == w->says[i - 160]);
    for (size_t i = after; i < after + 4000; i++)
        CHECK(partner->heard[i] == w->says[i - 160] && (i >= (size_t)n || back[i] == w->says[i - 160]));
    bc_engine_free(e);
    bc_audio_ring_free(ring);
    free(partner);
    free(w);
}

/* What may be a digit but is short, or not most of what sounds, is no reason to mute; on a secret port it is. */
static void mute_is_sure(int secret, int ms, int with_another)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    bc_dtmf_tx tx;
    CHECK(bc_dtmf_tx_init(&tx, "5", 1, ms, 0, -20, 0) == BC_OK);
    if (with_another) /* three fifths of all energy */
        say_tone(w, 300, ms, 300, -15.2);
    for (int i = 0; i < 8 * ms; i++) {
        int16_t x;
        bc_dtmf_tx_process(&tx, &x, 1);
        w->says[2400 + i] = (int16_t)(w->says[2400 + i] + x);
    }
    int port = port_open(e, w, BC_DETECT_DTMF), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    CHECK((secret ? bc_engine_port_secret(e, port, 1) : bc_engine_port_mute_digits(e, port, 1)) == BC_OK);
    run_to(e, 60);
    CHECK(count_of(port, BC_EV_DIGIT) == 0);
    for (int i = with_another ? 80 : 0; i < 8 * ms; i++)
        CHECK(partner->heard[2400 + 160 * !secret + i] == (secret ? 0 : w->says[2400 + i]));
    bc_engine_free(e);
    free(partner);
    free(w);
}

/* Of a key that follows another before that one's end is seen passes no more than of the first. */
static void mute_close_keys(int at_ms, double off_ms, int secret)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    say_keys(w, at_ms, "1595", 51, off_ms);
    int port = port_open(e, w, BC_DETECT_DTMF), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    CHECK(bc_engine_port_mute_digits(e, port, 1) == BC_OK && bc_engine_port_secret(e, port, secret) == BC_OK);
    run_to(e, 120);
    CHECK(count_of(port, BC_EV_DIGIT) == 4);
    for (int i = 40; i < 1100 * 8; i += 40)
        CHECK(!is_key(partner->heard + i) || !is_key(partner->heard + i - 40));
    bc_engine_free(e);
    free(partner);
    free(w);
}

/* What follows a key at once is not lost with it. */
static void mute_ends_in_time(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    say_keys(w, 300, "5", 80, 0);
    say_tone(w, 380, 1000, 300, -40);
    int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    CHECK(bc_engine_port_mute_digits(e, port, 1) == BC_OK);
    run_to(e, 100);
    CHECK(count_of(port, BC_EV_DIGIT_END) == 1);
    for (size_t i = 390 * 8; i < 700 * 8; i++)
        CHECK(partner->heard[i + 160] == w->says[i]);
    bc_engine_free(e);
    free(partner);
    free(w);
}

/* A digit that stops a recording is cut off it where it stands in it: as late as the line is on the bus. */
static void mute_and_cut(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_tone(w, 0, 500, 300, -40);
    say_keys(w, 500, "5", 80, 0);
    int port = port_open(e, w, BC_DETECT_DTMF);
    CHECK(bc_engine_port_mute_digits(e, port, 1) == BC_OK);
    bc_audio_ring *ring = ring_new();
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = -1, .ring = ring, .digit_mask = 1u << 5};
    CHECK(outcome(e, bc_engine_job_start(e, port, &s), 160).samples == 52 * BC_BLOCK);
    bc_engine_free(e);
    bc_audio_ring_free(ring);
    free(w);
}

/* Switched off while a key is down, muting lasts until it is let go. */
static void mute_until_release(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    say_keys(w, 300, "55", 200, 200);
    int port = port_open(e, w, BC_DETECT_DTMF), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    CHECK(bc_engine_port_mute_digits(e, port, 1) == BC_OK);
    run_to(e, 40);
    CHECK(bc_engine_port_mute_digits(e, port, 0) == BC_OK);
    run_to(e, 100);
    CHECK(peak(partner->heard + 2480, 3000) == 0);
    for (size_t i = 700 * 8; i < 900 * 8; i++)
        CHECK(partner->heard[i] == w->says[i]);
    bc_engine_free(e);
    free(partner);
    free(w);
}

/* What is off stays off, though a key is down when it is switched off again: the key is told and heard. */
static void off_twice(int (*set)(bc_engine *, int, int))
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    say_keys(w, 300, "5", 300, 100);
    int port = port_open(e, w, BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    run_to(e, 40);
    CHECK(set(e, port, 0) == BC_OK);
    run_to(e, 100);
    CHECK(count_of(port, BC_EV_DIGIT_END) == 1 && find(port, BC_EV_DIGIT_END, 0)->a == '5');
    CHECK(memcmp(partner->heard, w->says, 1000 * 16) == 0);
    bc_engine_free(e);
    free(partner);
    free(w);
}

/* A recording that mutes digits: they are not in it, and the bus is as it was. */
static void mute_a_recording(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *partner = wire_new();
    say_tone(w, 0, 2000, 300, -40);
    say_keys(w, 503, "15", 80, 100);
    int port = port_open(e, w, BC_DETECT_DTMF), other = port_open(e, partner, 0);
    CHECK(bc_engine_listen(e, other, bc_engine_slot_in(e, port)) == BC_OK);
    bc_audio_ring *ring = ring_new();
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = -1, .ring = ring, .max_ticks = 150, .mute_digits = 1};
    outcome(e, bc_engine_job_start(e, port, &s), 160);
    CHECK(bc_audio_ring_read(ring, back, 80000) == 150 * BC_BLOCK);
    for (int i = 0; i < 150 * BC_BLOCK; i += 40)
        CHECK(!is_key(back + i));
    CHECK(peak(back + 4040, 640) == 0); /* and not what is left of them */
    CHECK(memcmp(back, w->says, 470 * 16) == 0 && memcmp(back + 8000, w->says + 8000, 4000) == 0);
    CHECK(memcmp(partner->heard, w->says, 1500 * 16) == 0);
    bc_engine_free(e);
    bc_audio_ring_free(ring);
    free(partner);
    free(w);
}

/* ---- tone sets, played by MF receivers ----------------------------------------------------------------------------- */
static int set_new(bc_engine *e, int lanes)
{
    int error = 1;
    bc_rx *rx = bc_mf_rx_new(BC_MF_R2_FORWARD, lanes, BC_ISA_BEST, NULL, &error);
    CHECK(rx && error == BC_OK);
    int set = bc_engine_tones(e, rx);
    if (set < 0)
        bc_rx_free(rx);
    return set;
}

static int hears_tones(bc_engine *e, wire *w, int set)
{
    int port = port_open(e, w, BC_DETECT_TONES);
    CHECK(bc_engine_port_tones(e, port, set) == BC_OK);
    return port;
}

static void tones_are_told(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *v = wire_new();
    say_mf(w, 300, 7, 400);
    *v = *w;
    int set = set_new(e, 2), port = hears_tones(e, w, set), deaf = port_open(e, v, BC_DETECT_TONES);
    run_to(e, 150);
    const bc_event *on = find(port, BC_EV_TONE_HEARD, 0), *off = find(port, BC_EV_TONE_HEARD, 1);
    CHECK(on && off && count_of(port, BC_EV_TONE_HEARD) == 2 && count_of(deaf, BC_EV_TONE_HEARD) == 0);
    CHECK(on->a == 1 && on->b == 7 && on->x > -11 && on->x < -9 && on->tick - on->lasted <= 31 && on->lasted >= 1);
    CHECK(off->a == 0 && off->b == 7 && off->z > 380 && off->z < 420 && off->tick - off->lasted == on->tick - on->lasted);
    bc_engine_free(e);
    free(v);
    free(w);
}

/* A job ends on a tone of its mask, at once if that is on already. */
static void tones_end_jobs(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_mf(w, 300, 3, 300);
    say_mf(w, 1000, 7, 1000);
    int port = hears_tones(e, w, set_new(e, 1));
    bc_job_spec s = play_spec();
    s.tone_mask = 1u << 7 | 1u << 9;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 200);
    CHECK(r.reason == BC_END_TONE && r.tone == 7 && r.end_tick > 100 && r.end_tick < 112);
    r = outcome(e, bc_engine_job_start(e, port, &s), 5);
    CHECK(r.reason == BC_END_TONE && r.tone == 7 && r.end_tick - r.start_tick == 1 && r.samples == 0);
    bc_audio_ring *ring = ring_new();
    bc_job_spec record = {.kind = BC_JOB_RECORD, .slot = -1, .ring = ring, .tone_mask = 1u << 7};
    CHECK(outcome(e, bc_engine_job_start(e, port, &record), 5).reason == BC_END_TONE);
    bc_job_spec collect = collect_spec(1);
    collect.tone_mask = 1u << 7;
    CHECK(outcome(e, bc_engine_job_start(e, port, &collect), 5).reason == BC_END_TONE);
    run_to(e, 300);
    s.max_ticks = 5;
    r = outcome(e, bc_engine_job_start(e, port, &s), 20); /* it is off */
    CHECK(r.reason == BC_END_MAX_TIME && r.tone == -1);
    bc_engine_free(e);
    bc_audio_ring_free(ring);
    free(w);
}

/* A tone that finds no room is told when there is some, if it is on still; the end of one that was told, in any case. */
static void tones_wait_for_room(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_mf(w, 1500, 3, 300);
    say_mf(w, 2000, 4, 100);
    say_mf(w, 2300, 5, 2000);
    int port = hears_tones(e, w, set_new(e, 1));
    leave_room(e, w, 1);
    ticks(e, 300 - BC_PORT_CREDITS + 1);
    take_events(e);
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 1 && find(port, BC_EV_TONE_HEARD, 0)->b == 3);
    run_to(e, 320);
    const bc_event *off = find(port, BC_EV_TONE_HEARD, 1), *on = find(port, BC_EV_TONE_HEARD, 2);
    CHECK(off && off->a == 0 && off->b == 3 && off->z > 280 && off->z < 320 && off->tick == 301);
    CHECK(on && on->a == 1 && on->b == 5 && on->tick == 301 && on->lasted > 68 && on->lasted < 74);
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 3);
    bc_engine_free(e);
    free(w);
}

static void sets_are_switched(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    say_mf(w, 300, 7, 1000);
    int one = set_new(e, 2), two = set_new(e, 3);
    CHECK(one == 0 && two == 1 && set_new(e, 1) == BC_EINVAL && bc_engine_tones(e, NULL) == BC_EINVAL);
    int port = hears_tones(e, w, one);
    CHECK(bc_engine_port_tones(e, port, 2) == BC_EINVAL && bc_engine_port_tones(e, port, -2) == BC_EINVAL);
    run_to(e, 60);
    CHECK(bc_engine_port_tones(e, port, two) == BC_OK);
    run_to(e, 80);
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 3); /* off of one set, on of the other */
    CHECK(!find(port, BC_EV_TONE_HEARD, 1)->a && find(port, BC_EV_TONE_HEARD, 1)->tick == 61);
    CHECK(bc_engine_port_tones(e, port, -1) == BC_OK);
    run_to(e, 90);
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 4 && !find(port, BC_EV_TONE_HEARD, 3)->a);
    bc_job_spec s = play_spec();
    s.tone_mask = 1u << 7;
    s.max_ticks = 3;
    CHECK(outcome(e, bc_engine_job_start(e, port, &s), 9).reason == BC_END_MAX_TIME);
    for (int i = 2; i < BC_MAX_TONE_SETS; i++)
        CHECK(set_new(e, 2) == i);
    CHECK(set_new(e, 2) == BC_EFULL && bc_engine_detector_bytes(e, BC_DETECT_TONES) > 0);
    CHECK(bc_engine_detector_bytes(e, BC_DETECT_R1) == 0);
    bc_engine_free(e);
    free(w);
}

/* A receiver that was used before: its lanes and what it holds of a hop are the engine's to begin with. */
static void a_used_set(void)
{
    int error = 1;
    bc_engine *e = engine_new(1);
    wire *w = wire_new(), *v = wire_new();
    say_mf(w, 300, 7, 400);
    *v = *w;
    bc_rx *rx = bc_mf_rx_new(BC_MF_R2_FORWARD, 1, BC_ISA_BEST, NULL, &error);
    CHECK(rx && error == BC_OK);
    bc_rx_reset(rx);
    bc_rx_event none[4];
    CHECK(bc_rx_process(rx, w->says, 77, 77, NULL, none, 4) == 0);
    int set = bc_engine_tones(e, rx), deaf = port_open(e, v, BC_DETECT_DTMF);
    CHECK(bc_engine_port_tones(e, deaf, set) == BC_OK);
    run_to(e, 100);
    CHECK(bc_engine_port_close(e, deaf) == BC_OK);
    run_to(e, 102);
    w->received = 0;
    hears_tones(e, w, set);
    run_to(e, 200);
    CHECK(count_of(0, BC_EV_TONE_HEARD) == 2 && find(0, BC_EV_TONE_HEARD, 0)->tick > 130);
    bc_engine_free(e);
    free(v);
    free(w);
}

/* A receiver that begins one tone before it ends another. */
static int overlapping(bc_rx_group *g, const int16_t *const samples[BC_LANES], bc_rx_event *out)
{
    static const int script[4][2] = {{BC_RX_BEGIN, 3}, {BC_RX_BEGIN, 5}, {BC_RX_END, 3}, {BC_RX_END, 5}};
    (void)samples;
    if (g->hops % 10 || g->hops > 30)
        return 0;
    const int *now = script[g->hops / 10];
    out[0] = (bc_rx_event){.kind = now[0], .code = now[1], .start = g->hops * BC_BLOCK};
    return 1;
}

static void no_state(bc_rx_group *g, int lane)
{
    (void)g;
    (void)lane;
}

static void one_at_a_time(void)
{
    static const bc_rx_kind kind = {.hop = BC_BLOCK, .most = 1, .group_bytes = sizeof(bc_rx_group), .run = overlapping,
                                    .clear = no_state};
    int error = 1;
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    bc_rx *rx = bc_rx_new(&kind, 1, NULL, 0, &error);
    CHECK(rx && error == BC_OK);
    int port = hears_tones(e, w, bc_engine_tones(e, rx));
    run_to(e, 50);
    static const int32_t want[4][2] = {{1, 3}, {0, 3}, {1, 5}, {0, 5}};
    for (int i = 0; i < 4; i++) {
        const bc_event *told = find(port, BC_EV_TONE_HEARD, i);
        CHECK(told && told->a == want[i][0] && told->b == want[i][1]);
    }
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 4);
    CHECK(find(port, BC_EV_TONE_HEARD, 1)->z == 100); /* it lasted from one beginning to the other */
    bc_engine_free(e);
    free(w);
}

/* ---- MF ------------------------------------------------------------------------------------------------------------ */
static void mf_signals(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_mf(w, 300, 12, 200);
    int port = port_open(e, w, BC_DETECT_R2_FORWARD | BC_DETECT_DTMF);
    CHECK(bc_engine_port_detect(e, port, BC_DETECT_R1 | BC_DETECT_R2_BACKWARD) == BC_EINVAL);
    run_to(e, 100);
    const bc_event *on = find(port, BC_EV_MF, 0), *off = find(port, BC_EV_MF, 1);
    CHECK(on && off && count_of(port, BC_EV_MF) == 2 && on->a == 1 && on->b == 12 && off->a == 0 && off->b == 12);
    CHECK(off->y > 190 && off->y < 210 && count_of(port, BC_EV_DIGIT) == 0);
    CHECK(bc_engine_port_detect(e, port, BC_DETECT_R1) == BC_OK); /* another receiver, which does not know it */
    run_to(e, 1100);
    CHECK(count_of(port, BC_EV_MF) == 2);
    bc_engine_free(e);
    free(w);
}

/* A signal that comes and goes while there is no room is counted as lost, as digits are. */
static void mf_lost(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_mf(w, 1500, 12, 100);
    int port = port_open(e, w, BC_DETECT_R2_FORWARD);
    leave_room(e, w, 0);
    ticks(e, 200 - BC_PORT_CREDITS);
    take_events(e);
    run_to(e, 210);
    CHECK(count_of(port, BC_EV_MF) == 0 && count_of(port, BC_EV_LOST) == 1 && find(port, BC_EV_LOST, 0)->a == 1);
    bc_engine_free(e);
    free(w);
}

/* ---- fax and modem ------------------------------------------------------------------------------------------------- */
static void say_modem(wire *w, int at_ms, int kind, int ms)
{
    bc_modem_tx tx;
    CHECK(bc_modem_tx_init(&tx, kind, ms, -12) == BC_OK);
    bc_modem_tx_process(&tx, w->says + (size_t)at_ms * 8, (size_t)ms * 8);
}

/* A fax machine calls while a prompt plays. */
static void fax_ends_a_prompt(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_modem(w, 1000, BC_MODEM_CNG, 8000);
    int port = port_open(e, w, BC_DETECT_MODEM | BC_DETECT_DTMF);
    bc_job_spec s = play_spec();
    s.modem_mask = 1u << BC_MODEM_CNG;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 600);
    CHECK(r.reason == BC_END_MODEM && r.tone == BC_MODEM_CNG && r.end_tick > 140 && r.end_tick < 170);
    const bc_event *on = find(port, BC_EV_MODEM, 0);
    CHECK(on && on->a == 1 && on->b == BC_MODEM_CNG && on->tick - on->lasted >= 99 && on->tick - on->lasted <= 101);
    run_to(e, 900);
    for (int i = 0; i < count_of(port, BC_EV_MODEM); i++)
        CHECK(find(port, BC_EV_MODEM, i)->a == (i + 1) % 2);
    bc_engine_free(e);
    free(w);
}

/* ---- a country's busy tone, by its receiver ------------------------------------------------------------------------ */
static void busy_tone(void)
{
    int error = 1;
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    for (int ms = 1000; ms < 5000; ms += 700)
        say_tone(w, ms, 350, 450, -15);
    bc_tones_sound sound = {.freqs = 1, .freq_hz = {450}, .tolerance_hz = 25};
    bc_tones_pattern busy = {.bursts = 1, .burst = {{0, 2800, 2800}}, .tolerance = 0.1, .repeats = 1};
    bc_tones_options options;
    bc_tones_defaults(&options);
    options.edges = 1;
    bc_rx *rx = bc_tones_rx_new(1, BC_ISA_BEST, &sound, 1, &busy, 1, &options, &error);
    CHECK(rx && error == BC_OK);
    int port = hears_tones(e, w, bc_engine_tones(e, rx));
    run_to(e, 300);
    CHECK(count_of(port, BC_EV_TONE_HEARD) == 1 && count_of(port, BC_EV_TONE_SOUND) == 0); /* bursts are asked for */
    CHECK(bc_engine_port_detect(e, port, BC_DETECT_TONES | BC_DETECT_TONE_SOUNDS) == BC_OK);
    run_to(e, 800);
    const bc_event *on = find(port, BC_EV_TONE_HEARD, 0), *off = find(port, BC_EV_TONE_HEARD, 1);
    CHECK(on && off && on->a == 1 && on->b == 0 && on->y > 0 && on->y <= 1 && on->x > -16 && on->x < -14);
    CHECK(on->tick - on->lasted >= 99 && on->tick - on->lasted <= 101 && on->tick < 230);
    CHECK(off->a == 0 && off->z > 3800 && off->z < 3900 && count_of(port, BC_EV_TONE_HEARD) == 2);
    CHECK(count_of(port, BC_EV_TONE_SOUND) >= 4);
    bc_engine_free(e);
    free(w);
}

/* ---- neighbours ---------------------------------------------------------------------------------------------------- */
enum { ALL = BC_DETECT_DTMF | BC_DETECT_DIGIT_ENDS | BC_DETECT_TONES | BC_DETECT_R2_FORWARD };

/* What a port is told does not depend on what others have switched on and off. */
static void neighbours(void)
{
    static bc_event alone[200];
    int alone_count = 0;
    for (int busy = 0; busy < 2; busy++) {
        bc_engine *e = engine_new(40);
        wire *w = wire_new(), *others = wire_new();
        for (int ms = 205; ms < 9000; ms += 613)
            say_keys(w, ms, "27", 60, 50);
        for (int ms = 507; ms < 9000; ms += 613)
            say_mf(w, ms, 5, 120);
        *others = *w;
        int set = set_new(e, 40), port = -1, beside[39];
        for (int i = 0; i < 40; i++)
            if (i == 20)
                port = hears_tones(e, w, set);
            else
                beside[i - (i > 20)] = busy ? hears_tones(e, others, set) : 0;
        for (uint64_t t = 1; t < 900; t++) {
            int turn = (int)(t * 7 % 39);
            if (busy)
                CHECK(bc_engine_port_detect(e, beside[turn], (int)(t * 31 % 5) ? ALL : 0) == BC_OK);
            if (t == 15)
                CHECK(bc_engine_port_detect(e, port, ALL) == BC_OK);
            run_to(e, t);
        }
        int count = 0;
        for (int i = 0; i < told_count; i++) {
            if (told[i].port != port)
                continue;
            told[i].port = 0;
            CHECK(count < 200);
            if (busy)
                CHECK(count < alone_count && memcmp(&alone[count], &told[i], sizeof told[i]) == 0);
            else
                alone[count] = told[i];
            count++;
        }
        CHECK(count > 60 && (!busy || count == alone_count));
        alone_count = count;
        bc_engine_free(e);
        free(others);
        free(w);
    }
}

int main(void)
{
    ends_are_told();
    ends_are_asked_for();
    ends_wait_for_room();
    switching_off_ends();
    late_digits();
    late_collecting();
    late_type_ahead();
    late_cut(80, 80000, 1);
    late_cut(400, 80000, 1);
    late_cut(400, 3200, 0);
    for (int ms = 400; ms < 410; ms++)
        for (int tap = 0; tap < 2; tap++) {
            mute_a_bridge(ms, 37, tap);
            mute_a_bridge(ms, 80, tap);
        }
    for (int secret = 0; secret < 2; secret++) {
        mute_is_sure(secret, 15, 0);
        mute_is_sure(secret, 60, 1);
    }
    for (int ms = 400; ms < 410; ms++) {
        mute_close_keys(ms, 9, 0);
        mute_close_keys(ms, 13, 1);
    }
    mute_ends_in_time();
    mute_and_cut();
    mute_until_release();
    off_twice(bc_engine_port_secret);
    off_twice(bc_engine_port_mute_digits);
    mute_a_recording();
    tones_are_told();
    tones_end_jobs();
    tones_wait_for_room();
    sets_are_switched();
    a_used_set();
    one_at_a_time();
    mf_signals();
    mf_lost();
    fax_ends_a_prompt();
    busy_tone();
    neighbours();
    return 0;
}
