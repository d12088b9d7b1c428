/* Jobs of the engine in virtual time: what each plays or collects, what ends it, and where. */
#include "wire.h"

#define DIGITS_AND_SOUND (BC_DETECT_DTMF | BC_DETECT_SOUND)
enum { CLIP = 4000 };
static int16_t clip[CLIP];

static bc_job_spec play_spec(uint64_t samples)
{
    return (bc_job_spec){.kind = BC_JOB_PLAY, .slot = -1, .clip = clip, .clip_samples = samples};
}

static bc_job_spec tone_spec(void)
{
    bc_job_spec s = {.kind = BC_JOB_TONE, .slot = -1};
    CHECK(bc_tone_init(&s.tone, 440, -10, 0, 0) == BC_OK);
    return s;
}

static bc_job_spec keys_spec(const char *keys)
{
    bc_job_spec s = {.kind = BC_JOB_DIGITS, .slot = -1, .digit_count = (uint32_t)strlen(keys), .digit_on_ms = 70,
                     .digit_off_ms = 60, .digit_level_dbm0 = -9};
    memcpy(s.digits, keys, strlen(keys));
    return s;
}

static bc_job_spec collect_spec(uint32_t max_digits) { return (bc_job_spec){.kind = BC_JOB_COLLECT, .max_digits = max_digits}; }

/* ---- arguments ---- */
static void engine_arguments(void)
{
    int error = 0;
    static const struct {
        int32_t ports, isa;
        double silence, tone;
        int64_t tick_ns;
        int error;
    } bad[] = {
        {0, -1, -38, 450, 10000000, BC_EINVAL},          {65537, -1, -38, 450, 10000000, BC_EINVAL},
        {4, 99, -38, 450, 10000000, BC_EUNSUP},          {4, -1, 1, 450, 10000000, BC_EINVAL},
        {4, -1, -91, 450, 10000000, BC_EINVAL},          {4, -1, -38, 100, 10000000, BC_EINVAL},
        {4, -1, -38, 3900, 10000000, BC_EINVAL},         {4, -1, 0.0 / 0.0, 450, 10000000, BC_EINVAL},
        {4, -1, -38, 0.0 / 0.0, 10000000, BC_EINVAL},    {4, -1, -38, 450, 0, BC_EINVAL},
        {4, -1, -38, 450, -1, BC_EINVAL},                {4, -1, -38, 450, 99999, BC_EINVAL},
        {4, -1, -38, 450, 1000000001, BC_EINVAL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bc_engine_options o = {bad[i].ports, bad[i].isa, 1, bad[i].silence, bad[i].tone, bad[i].tick_ns};
        CHECK(!bc_engine_new(&o, &error) && error == bad[i].error);
    }
    bc_engine_free(NULL);
    bc_engine *e = engine_new(2);
    CHECK(bc_engine_start(e) == BC_ESTATE && bc_engine_stop(e) == BC_ESTATE && bc_engine_eventfd(e) == -1);
    wire *w = wire_new();
    CHECK(bc_engine_port_open(e, NULL, w) == BC_EINVAL && bc_engine_port_open(e, &wire_ops, NULL) == BC_EINVAL);
    int port = port_open(e, w, 0);
    CHECK(port_open(e, w, 0) == 1 && bc_engine_port_open(e, &wire_ops, w) == BC_EFULL);
    static const int no_port[] = {-1, 2, 1 << 30};
    for (size_t i = 0; i < sizeof no_port / sizeof *no_port; i++) {
        int p = no_port[i];
        CHECK(bc_engine_port_close(e, p) == BC_EINVAL && bc_engine_port_control(e, p, 1, 0, 0) == BC_EINVAL);
        CHECK(bc_engine_port_detect(e, p, 0) == BC_EINVAL && bc_engine_port_secret(e, p, 1) == BC_EINVAL);
        CHECK(bc_engine_port_clear_digits(e, p) == BC_EINVAL && bc_engine_port_gain(e, p, 1, 1) == BC_EINVAL);
        CHECK(bc_engine_slot_in(e, p) == BC_EINVAL && bc_engine_slot_media(e, p) == BC_EINVAL);
        bc_job_spec s = play_spec(80);
        CHECK(bc_engine_listen(e, p, -1) == BC_EINVAL && bc_engine_job_start(e, p, &s) == BC_EINVAL);
    }
    CHECK(bc_engine_port_detect(e, port, 1 << 20) == BC_EINVAL && bc_engine_port_detect(e, port, -1) == BC_EINVAL);
    CHECK(bc_engine_port_gain(e, port, -1, 0) == BC_EINVAL && bc_engine_port_gain(e, port, 0, 32769) == BC_EINVAL);
    CHECK(bc_engine_listen(e, port, -2) == BC_EINVAL && bc_engine_listen(e, port, 1 << 30) == BC_EINVAL);
    CHECK(bc_engine_poll(e, told, 0) == 0 && bc_engine_poll(e, told, -1) == 0);
    bc_engine_free(e);
    free(w);
}

static void job_arguments(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_job_spec bad[] = {
        {.kind = 0}, {.kind = 7}, {.kind = -1},
        {.kind = BC_JOB_PLAY},                                                             /* neither clip nor file */
        {.kind = BC_JOB_PLAY, .clip = clip, .clip_samples = 80, .from_sample = 81},
        {.kind = BC_JOB_RECORD}, {.kind = BC_JOB_STREAM},
        {.kind = BC_JOB_COLLECT, .max_digits = BC_MAX_DIGITS + 1},
        {.kind = BC_JOB_DIGITS, .digit_count = BC_MAX_DIGITS + 1, .digit_on_ms = 70},
        {.kind = BC_JOB_DIGITS, .digit_count = 1, .digits = "x", .digit_on_ms = 70},
        {.kind = BC_JOB_DIGITS, .digit_count = 1, .digits = "1", .digit_on_ms = 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(bc_engine_job_start(e, port, &bad[i]) == BC_EINVAL);
    bc_job_result r;
    CHECK(bc_engine_job_stop(e, 0, BC_END_STOPPED) == BC_EINVAL && bc_engine_job_stop(e, -1, BC_END_STOPPED) == BC_EINVAL);
    CHECK(bc_engine_job_stop(e, 1, BC_END_STOPPED) == BC_EINVAL && bc_engine_job_result(e, 1, &r) == BC_EINVAL);
    bc_job_spec s = play_spec(CLIP);
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK(job > 0);
    CHECK(bc_engine_job_stop(e, job, BC_END_DATA) == BC_EINVAL && bc_engine_job_stop(e, job, 0) == BC_EINVAL);
    CHECK(bc_engine_job_result(e, job, &r) == BC_EINVAL); /* not ended */
    bc_engine_free(e);
    free(w);
}

/* A tone that bc_tone_init did not make must not stop or overrun the tick. */
static void tone_arguments(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_job_spec s = tone_spec();
    s.tone.segments = 5;
    CHECK(bc_engine_job_start(e, port, &s) == BC_EINVAL);
    s.tone.segments = 2; /* of no length: a gate that turns for ever */
    CHECK(bc_engine_job_start(e, port, &s) == BC_EINVAL);
    s.tone.on[0] = 80;
    s.tone.segment = 2;
    CHECK(bc_engine_job_start(e, port, &s) == BC_EINVAL);
    s.tone.segment = 1;
    s.tone.amplitude[1] = 1 << 30;
    CHECK(bc_engine_job_start(e, port, &s) == BC_EINVAL);
    s.tone.amplitude[1] = -1;
    CHECK(bc_engine_job_start(e, port, &s) == BC_EINVAL);
    s.tone.amplitude[1] = 0;
    CHECK(bc_engine_job_start(e, port, &s) > 0);
    CHECK(bc_engine_job_start(e, port, NULL) == BC_EINVAL);
    run_to(e, 3);
    bc_engine_free(e);
    free(w);
}

/* ---- sending ---- */
static void play_to_the_end(void)
{
    static const struct {
        uint64_t samples, from;
    } cases[] = {{400, 0}, {401, 0}, {479, 0}, {80, 0}, {1, 0}, {0, 0}, {400, 123}, {400, 400}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        int port = port_open(e, w, 0);
        run_to(e, 3);
        bc_job_spec s = play_spec(cases[i].samples);
        s.from_sample = cases[i].from;
        bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 20);
        uint64_t n = cases[i].samples - cases[i].from, blocks = n ? (n + BC_BLOCK - 1) / BC_BLOCK : 1;
        CHECK(r.reason == BC_END_DATA && r.samples == n && r.error == 0 && r.digit == 0 && r.digit_count == 0);
        CHECK(r.start_tick == 3 && r.end_tick == 3 + blocks);
        run_to(e, 20);
        for (size_t k = 0; k < (20 - 3) * BC_BLOCK; k++)
            CHECK(w->heard[3 * BC_BLOCK + k] == (k < n ? clip[cases[i].from + k] : 0));
        CHECK(!w->spoke[2] && w->spoke[3] && !w->spoke[3 + blocks]);
        bc_engine_free(e);
        free(w);
    }
}

static void one_job_of_a_role(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_job_spec play = play_spec(160), tone = tone_spec(), keys = keys_spec("1"), collect = collect_spec(1);
    int64_t first = bc_engine_job_start(e, port, &play), collecting = bc_engine_job_start(e, port, &collect);
    CHECK(first > 0 && collecting > 0 && first != collecting);
    CHECK(bc_engine_job_start(e, port, &play) == BC_ESTATE && bc_engine_job_start(e, port, &tone) == BC_ESTATE);
    CHECK(bc_engine_job_start(e, port, &keys) == BC_ESTATE && bc_engine_job_start(e, port, &collect) == BC_ESTATE);
    run_to(e, 1);
    CHECK(bc_engine_job_start(e, port, &play) == BC_ESTATE);
    bc_engine_run(e, 2); /* ended, but nobody has looked yet */
    CHECK(bc_engine_job_start(e, port, &play) == BC_ESTATE);
    take_events(e);
    CHECK(find_end(first) && !find_end(collecting));
    int64_t next = bc_engine_job_start(e, port, &play); /* the place is free although the result is unread */
    CHECK(next > 0 && next != first);
    bc_job_result r;
    CHECK(bc_engine_job_result(e, first, &r) == BC_OK && r.samples == 160);
    CHECK(bc_engine_job_result(e, first, &r) == BC_EINVAL); /* once */
    bc_engine_free(e);
    free(w);
}

/* An id is never used again, though its place is. */
static void generations(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    bc_job_spec s = play_spec(80), longer = play_spec(CLIP);
    int64_t ids[200];
    for (int i = 0; i < 200; i++) {
        ids[i] = bc_engine_job_start(e, port, &s);
        CHECK(outcome(e, ids[i], 3).reason == BC_END_DATA);
        for (int k = 0; k < i; k++)
            CHECK(ids[k] != ids[i]);
    }
    int64_t job = bc_engine_job_start(e, port, &longer);
    bc_job_result r;
    for (int i = 0; i < 200; i++)
        CHECK(bc_engine_job_stop(e, ids[i], BC_END_STOPPED) == BC_EINVAL && bc_engine_job_result(e, ids[i], &r) == BC_EINVAL);
    run_to(e, bc_engine_tick(e) + 2);
    CHECK(!find_end(job));
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.jobs == 1 && n.ports == 1);
    bc_engine_free(e);
    free(w);
}

static void tone_and_keys(void)
{
    bc_engine *e = engine_new(2);
    wire *a = wire_new(), *b = wire_new();
    int from = port_open(e, a, 0);
    bc_job_spec tone = tone_spec(), keys = keys_spec("159D*0#,7");
    tone.max_ticks = 7;
    bc_job_result r = outcome(e, bc_engine_job_start(e, from, &tone), 20);
    CHECK(r.reason == BC_END_MAX_TIME && r.samples == 7 * BC_BLOCK && r.end_tick - r.start_tick == 8);
    int16_t expected[7 * BC_BLOCK];
    bc_tone_process(&tone.tone, expected, 7 * BC_BLOCK);
    CHECK(memcmp(expected, a->heard, sizeof expected) == 0 && !a->spoke[7]);
    r = outcome(e, bc_engine_job_start(e, from, &keys), 300);
    CHECK(r.reason == BC_END_DATA && r.samples == (8 * 130 + 500) * 8);
    /* What it sent, said to another port, is collected there. */
    int to = port_open(e, b, BC_DETECT_DTMF);
    memcpy(b->says, a->heard, sizeof b->says);
    bc_job_spec collect = collect_spec(8);
    r = outcome(e, bc_engine_job_start(e, to, &collect), 300);
    CHECK(r.reason == BC_END_MAX_DIGITS && r.digit_count == 8 && memcmp(r.digits, "159D*0#7", 8) == 0);
    bc_engine_free(e);
    free(a);
    free(b);
}

/* ---- rules ---- */
/* Tick index in which the first of the keys is recognised when it is pressed at at_ms. */
static uint64_t tick_of_key(int at_ms)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, at_ms, "5", 100, 100);
    int port = port_open(e, w, BC_DETECT_DTMF);
    run_to(e, (uint64_t)at_ms / 10 + 20);
    const bc_event *d = find(port, BC_EV_DIGIT, 0);
    CHECK(d && count_of(port, BC_EV_DIGIT) == 1 && d->a == '5' && d->b == 0 && d->x < -5 && d->x > -11);
    CHECK(d->y >= 25 && d->y < 100);
    uint64_t tick = d->tick - 1;
    CHECK(tick >= (uint64_t)at_ms / 10 + 2 && tick <= (uint64_t)at_ms / 10 + 6);
    bc_engine_free(e);
    free(w);
    return tick;
}

/* Play on a port that hears a key at 300 ms and sound from 600 to 800 ms; how does it end? */
static bc_job_result play_with(const bc_job_spec *rules)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 300, "5", 100, 100);
    say_tone(w, 600, 200, 1000, -10);
    int port = port_open(e, w, DIGITS_AND_SOUND);
    bc_job_spec s = *rules;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 400);
    run_to(e, 200);
    if (s.kind == BC_JOB_TONE) /* what was sent is what is told */
        for (uint64_t i = 0; i < 100; i++)
            CHECK(w->spoke[i] == (i * BC_BLOCK < r.samples));
    bc_engine_free(e);
    free(w);
    return r;
}

static void rules_and_places(void)
{
    uint64_t key = tick_of_key(300);
    bc_job_spec s = tone_spec(), none = s;
    none.max_ticks = 150;
    bc_job_result r = play_with(&none);
    CHECK(r.reason == BC_END_MAX_TIME && r.samples == 150 * BC_BLOCK && r.end_tick == 151);

    s.digit_mask = 1u << 5;
    r = play_with(&s);
    CHECK(r.reason == BC_END_DIGIT && r.digit == '5' && r.samples == key * BC_BLOCK && r.end_tick == key + 1);
    s.digit_mask = 0xffff & ~(1u << 5);
    s.max_ticks = 100;
    CHECK(play_with(&s).reason == BC_END_MAX_TIME);

    s = tone_spec();
    s.max_digits = 1;
    r = play_with(&s);
    CHECK(r.reason == BC_END_MAX_DIGITS && r.digit == '5' && r.samples == key * BC_BLOCK);
    s.max_digits = 2;
    s.max_ticks = 90;
    CHECK(play_with(&s).reason == BC_END_MAX_TIME);

    s = tone_spec();
    s.silence_ticks = 25; /* counted from the start of the job; its place is after the 25th silent tick */
    r = play_with(&s);
    CHECK(r.reason == BC_END_SILENCE && r.samples == 24 * BC_BLOCK && r.end_tick == 25);
    s.silence_ticks = 31; /* 30 to the key at 300 ms, 20 to the sound, then from 800 ms on */
    r = play_with(&s);
    CHECK(r.reason == BC_END_SILENCE && r.samples == (80 + 30) * BC_BLOCK);

    s = tone_spec();
    s.nonsilence_ticks = 3;
    r = play_with(&s);
    CHECK(r.reason == BC_END_NONSILENCE && r.samples == 32 * BC_BLOCK);
    s.nonsilence_ticks = 15; /* the key is too short for it */
    r = play_with(&s);
    CHECK(r.reason == BC_END_NONSILENCE && r.samples == 74 * BC_BLOCK);
}

/* All rules together, moved into one tick: digits before sound before time. */
static void precedence(void)
{
    uint64_t key = tick_of_key(300);
    bc_job_spec s = tone_spec();
    s.max_ticks = (uint32_t)key;
    s.nonsilence_ticks = (uint32_t)key - 30 + 1;
    s.digit_mask = 1u << 5;
    CHECK(play_with(&s).reason == BC_END_DIGIT);
    s.digit_mask = 0;
    s.max_digits = 1;
    CHECK(play_with(&s).reason == BC_END_MAX_DIGITS);
    s.max_digits = 0;
    bc_job_result r = play_with(&s);
    CHECK(r.reason == BC_END_NONSILENCE && r.samples == key * BC_BLOCK);
    s.nonsilence_ticks = 0;
    r = play_with(&s);
    CHECK(r.reason == BC_END_MAX_TIME && r.samples == key * BC_BLOCK);
    /* A tick earlier, each of the later ones wins. */
    s.max_ticks = (uint32_t)key - 1;
    s.digit_mask = 1u << 5;
    s.nonsilence_ticks = (uint32_t)key - 30 + 1;
    CHECK(play_with(&s).reason == BC_END_MAX_TIME);
    s.max_ticks = (uint32_t)key;
    s.nonsilence_ticks--;
    CHECK(play_with(&s).reason == BC_END_NONSILENCE);
    /* Silence before time. */
    s = tone_spec();
    s.silence_ticks = 20;
    s.max_ticks = 19;
    CHECK(play_with(&s).reason == BC_END_SILENCE);
    s.max_ticks = 18;
    CHECK(play_with(&s).reason == BC_END_MAX_TIME);
}

static void stopping(void)
{
    static const int reasons[] = {BC_END_STOPPED, BC_END_HANGUP};
    for (int i = 0; i < 2; i++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        int port = port_open(e, w, 0);
        bc_job_spec s = tone_spec();
        int64_t job = bc_engine_job_start(e, port, &s);
        run_to(e, 5);
        CHECK(bc_engine_job_stop(e, job, reasons[i]) == BC_OK && bc_engine_job_stop(e, job, BC_END_STOPPED) == BC_OK);
        bc_job_result r = outcome(e, job, 2);
        CHECK(r.reason == reasons[i] && r.samples == 5 * BC_BLOCK && r.end_tick == 6 && !w->spoke[5]);
        /* Stopped before it ran at all. */
        job = bc_engine_job_start(e, port, &s);
        CHECK(bc_engine_job_stop(e, job, reasons[i]) == BC_OK);
        r = outcome(e, job, 2);
        CHECK(r.reason == reasons[i] && r.samples == 0 && !w->spoke[6]);
        bc_engine_free(e);
        free(w);
    }
}

/* ---- collecting ---- */
static void collecting(void)
{
    static const struct {
        bc_job_spec spec;
        const char *keys;
        int reason, digit;
        const char *digits;
    } cases[] = {
        {{.max_digits = 3}, "1234", BC_END_MAX_DIGITS, 0, "123"},
        {{.max_digits = 1}, "9", BC_END_MAX_DIGITS, 0, "9"},
        {{.max_digits = 9, .digit_mask = 1u << 11}, "12#34", BC_END_DIGIT, '#', "12"},
        {{.max_digits = 9, .digit_mask = 0x3ff}, "*A7", BC_END_DIGIT, '7', "*A"},
        {{.digit_mask = 1u << 10, .inter_ticks = 100}, "*", BC_END_DIGIT, '*', ""},
        {{.max_digits = 9, .first_ticks = 100, .inter_ticks = 100}, "12", BC_END_INTER_TIMEOUT, 0, "12"},
        {{.max_digits = 9, .first_ticks = 100, .inter_ticks = 100}, "", BC_END_FIRST_TIMEOUT, 0, ""},
        {{.max_digits = 9, .first_ticks = 10, .max_ticks = 200}, "12", BC_END_FIRST_TIMEOUT, 0, ""},
        {{.max_digits = 9, .max_ticks = 200}, "12", BC_END_MAX_TIME, 0, "12"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 500, cases[i].keys, 80, 80);
        int port = port_open(e, w, BC_DETECT_DTMF);
        bc_job_spec s = cases[i].spec;
        s.kind = BC_JOB_COLLECT;
        bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 500);
        CHECK(r.reason == cases[i].reason && r.digit == cases[i].digit && r.digit_count == strlen(cases[i].digits));
        CHECK(memcmp(r.digits, cases[i].digits, r.digit_count) == 0);
        if (r.reason == BC_END_FIRST_TIMEOUT)
            CHECK(r.end_tick == s.first_ticks + 1);
        if (r.reason == BC_END_INTER_TIMEOUT) /* the pause counts from the release: 500 + 160 + 80 ms, seen a little late */
            CHECK(r.end_tick >= 74 + 100 && r.end_tick <= 74 + 100 + 5);
        if (r.reason == BC_END_MAX_TIME)
            CHECK(r.end_tick == 201);
        bc_engine_free(e);
        free(w);
    }
}

static void all_sixteen(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 100, "0123456789*#ABCD", 60, 60);
    int port = port_open(e, w, BC_DETECT_DTMF);
    bc_job_spec s = collect_spec(16);
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 400);
    CHECK(r.reason == BC_END_MAX_DIGITS && memcmp(r.digits, "0123456789*#ABCD", 16) == 0);
    for (int bit = 0; bit < 16; bit++) { /* the mask's bits are in that order */
        memset(w->says, 0, sizeof w->says);
        char key[2] = {"0123456789*#ABCD"[bit], 0};
        w->received = 0;
        say_keys(w, 50, key, 60, 60);
        bc_job_spec t = tone_spec();
        t.digit_mask = 1u << bit;
        t.max_ticks = 50;
        bc_engine_port_clear_digits(e, port);
        r = outcome(e, bc_engine_job_start(e, port, &t), 60);
        CHECK(r.reason == BC_END_DIGIT && r.digit == key[0]);
    }
    bc_engine_free(e);
    free(w);
}

static void type_ahead(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 0, "12#45", 60, 60);
    int port = port_open(e, w, BC_DETECT_DTMF);
    run_to(e, 80);
    CHECK(count_of(port, BC_EV_DIGIT) == 5);
    bc_job_spec s = collect_spec(9), play = tone_spec();
    s.digit_mask = 1u << 11;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 1);
    CHECK(r.reason == BC_END_DIGIT && r.digit == '#' && memcmp(r.digits, "12", 2) == 0 && r.digit_count == 2);
    /* "45" are left. A play that stops on 5 ends before its first sample and takes the 5, not the 4. */
    play.digit_mask = 1u << 5;
    r = outcome(e, bc_engine_job_start(e, port, &play), 1);
    CHECK(r.reason == BC_END_DIGIT && r.digit == '5' && r.samples == 0);
    play.digit_mask = 1u << 4;
    play.keep_digit = 1;
    CHECK(outcome(e, bc_engine_job_start(e, port, &play), 1).digit == '4');
    CHECK(outcome(e, bc_engine_job_start(e, port, &play), 1).digit == '4'); /* kept: still there */
    play.keep_digit = 0;
    CHECK(outcome(e, bc_engine_job_start(e, port, &play), 1).digit == '4');
    play.max_ticks = 5;
    CHECK(outcome(e, bc_engine_job_start(e, port, &play), 9).reason == BC_END_MAX_TIME);
    bc_engine_free(e);
    free(w);
}

static void clearing(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 0, "12", 60, 60);
    int port = port_open(e, w, BC_DETECT_DTMF);
    run_to(e, 40);
    CHECK(count_of(port, BC_EV_DIGIT) == 2 && bc_engine_port_clear_digits(e, port) == BC_OK);
    bc_job_spec s = collect_spec(1);
    s.first_ticks = 10;
    CHECK(outcome(e, bc_engine_job_start(e, port, &s), 20).reason == BC_END_FIRST_TIMEOUT);
    bc_engine_free(e);
    free(w);
}

/* A digit that stops a play: kept for the next collecting, or not; a collecting under way gets it in any case kept. */
static void keeping(void)
{
    for (int keep = 0; keep < 2; keep++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 100, "7", 60, 60);
        int port = port_open(e, w, BC_DETECT_DTMF);
        bc_job_spec play = tone_spec(), s = collect_spec(1);
        play.digit_mask = 0xffff;
        play.keep_digit = keep;
        CHECK(outcome(e, bc_engine_job_start(e, port, &play), 50).digit == '7');
        s.first_ticks = 30;
        bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 50);
        CHECK(r.reason == (keep ? BC_END_MAX_DIGITS : BC_END_FIRST_TIMEOUT) && r.digit_count == (uint32_t)keep);
        bc_engine_free(e);
        free(w);
    }
}

/* The time-out of a collecting falls into a digit that is not yet sure: it waits, and the digit counts. */
static void held_time_out(void)
{
    uint64_t key = tick_of_key(300);
    for (uint32_t first = 31; first <= key + 1; first++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        say_keys(w, 300, "5", 100, 100);
        int port = port_open(e, w, BC_DETECT_DTMF);
        bc_job_spec s = collect_spec(1);
        s.first_ticks = first;
        bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 100);
        CHECK(r.reason == BC_END_MAX_DIGITS && r.digits[0] == '5' && r.end_tick == key + 1);
        bc_engine_free(e);
        free(w);
    }
    /* Not for ever: what never becomes a digit holds it for 60 ms. Two keys' tones at once are suspect and no digit. */
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 200, "1", 2000, 0);
    for (size_t i = 1600; i < 16000; i++) /* wavering, so that it never becomes sure */
        w->says[i] = (int16_t)(w->says[i] * (int)(i / 160 % 2) + (int)(i * 7919 % 4001) - 2000);
    int port = port_open(e, w, BC_DETECT_DTMF);
    bc_job_spec s = collect_spec(1);
    s.first_ticks = 50;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 100);
    CHECK(r.reason == BC_END_FIRST_TIMEOUT && r.end_tick >= 51 && r.end_tick <= 57);
    bc_engine_free(e);
    free(w);
}

/* A key held for seconds is one digit, and the pause between digits begins when it is let go. */
static void long_key(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 100, "8", 3000, 0);
    int port = port_open(e, w, BC_DETECT_DTMF);
    bc_job_spec s = collect_spec(5);
    s.first_ticks = s.inter_ticks = 50;
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 500);
    CHECK(r.reason == BC_END_INTER_TIMEOUT && r.digit_count == 1 && count_of(port, BC_EV_DIGIT) == 1);
    CHECK(r.end_tick >= 310 + 50 && r.end_tick <= 310 + 55);
    bc_engine_free(e);
    free(w);
}

/* 65 digits that nobody takes: the last finds no room, which is told; it still stops a play. */
static void full_type_ahead(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, BC_DETECT_DTMF);
    bc_job_spec play = tone_spec();
    play.digit_mask = 1u << 9;
    int64_t job = bc_engine_job_start(e, port, &play);
    for (int i = 0; i <= BC_MAX_DIGITS; i++) {
        memset(w->says, 0, sizeof w->says);
        w->received = 0;
        say_keys(w, 0, i < BC_MAX_DIGITS ? "1" : "9", 60, 60);
        CHECK(!find(port, BC_EV_LOST, 0) && !find_end(job));
        run_to(e, bc_engine_tick(e) + 12);
    }
    CHECK(count_of(port, BC_EV_DIGIT) == BC_MAX_DIGITS + 1);
    CHECK(find_end(job) && find_end(job)->a == BC_END_DIGIT);
    CHECK(!find(port, BC_EV_LOST, 0)); /* the rule took it: it needed no room */
    memset(w->says, 0, sizeof w->says);
    w->received = 0;
    say_keys(w, 0, "23", 60, 60);
    run_to(e, bc_engine_tick(e) + 30);
    CHECK(count_of(port, BC_EV_LOST) == 2 && find(port, BC_EV_LOST, 0)->a == 1);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.digits_lost == 2);
    bc_job_spec s = collect_spec(0);
    bc_job_result r = outcome(e, bc_engine_job_start(e, port, &s), 1);
    CHECK(r.reason == BC_END_MAX_DIGITS && r.digit_count == BC_MAX_DIGITS && r.digits[63] == '1');
    bc_engine_free(e);
    free(w);
}

/* ---- streams ---- */
static void streaming(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_count(w);
    int port = port_open(e, w, 0);
    CHECK(!bc_stream_new(3) && !bc_stream_new(3001));
    bc_stream *stream = bc_stream_new(8);
    int16_t block[16 * BC_BLOCK], back[16 * BC_BLOCK];
    for (size_t i = 0; i < 16 * BC_BLOCK; i++)
        block[i] = (int16_t)(i + 1);
    bc_job_spec s = {.kind = BC_JOB_STREAM, .stream = stream, .slot = -1};
    CHECK(bc_stream_writable(stream) >= 8 && bc_stream_readable(stream) == 0);
    int room = bc_stream_writable(stream);
    CHECK(bc_stream_write(stream, block, room + 1) == room);
    int64_t job = bc_engine_job_start(e, port, &s);
    run_to(e, 4);
    CHECK(memcmp(w->heard, block, 4 * BC_BLOCK * sizeof *block) == 0);
    CHECK(count_of(port, BC_EV_STREAM) == 1 && bc_stream_readable(stream) == 4); /* told once until it is read */
    CHECK(bc_stream_read(stream, back, 16) == 4 && memcmp(back, w->says, 4 * BC_BLOCK * sizeof *back) == 0);
    run_to(e, 40);
    CHECK(!w->spoke[39] || w->heard[39 * BC_BLOCK] == 0); /* ran dry */
    CHECK(bc_stream_dropped(stream) == 36 - (uint64_t)bc_stream_readable(stream));
    /* It mixes with a play. */
    bc_job_spec play = play_spec(80);
    CHECK(bc_stream_write(stream, block, 1) == 1);
    int64_t playing = bc_engine_job_start(e, port, &play);
    run_to(e, 41);
    for (size_t i = 0; i < BC_BLOCK; i++)
        CHECK(w->heard[40 * BC_BLOCK + i] == block[i] + clip[i]);
    CHECK(find_end(playing) && bc_engine_job_stop(e, job, BC_END_STOPPED) == BC_OK);
    bc_job_result r = outcome(e, job, 1);
    CHECK(r.reason == BC_END_STOPPED && r.samples == (4 + (uint64_t)bc_stream_readable(stream)) * BC_BLOCK);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.stream_overruns == bc_stream_dropped(stream) && n.stream_underruns == 1);
    run_to(e, 50);
    CHECK(!w->spoke[45]);
    bc_engine_free(e);
    bc_stream_free(stream);
    bc_stream_free(NULL);
    free(w);
}

int main(void)
{
    for (size_t i = 0; i < CLIP; i++)
        clip[i] = count_up(i * 7 + 100);
    engine_arguments();
    job_arguments();
    tone_arguments();
    play_to_the_end();
    one_job_of_a_role();
    generations();
    tone_and_keys();
    rules_and_places();
    precedence();
    stopping();
    collecting();
    all_sixteen();
    type_ahead();
    clearing();
    keeping();
    held_time_out();
    long_key();
    full_type_ahead();
    streaming();
    return 0;
}
