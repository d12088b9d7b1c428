/* The bus of the engine in virtual time: listening, gains, conferences, secrets, closing, credits, statistics. */
#include <unistd.h>

#include "wire.h"

static char folder[] = "/tmp/bc-test-XXXXXX";
static char path[64];

static const char *name(const char *file)
{
    CHECK(snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path);
    return path;
}

static int64_t record(bc_engine *e, int port, int slot, const char *file, uint32_t max_ticks)
{
    int error = 1;
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = slot, .max_ticks = max_ticks};
    s.file = bc_file_record(name(file), BC_WAV_PCM16, 0, &error);
    CHECK(s.file);
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK(job > 0);
    return job;
}

/* A recording as it is on the disk: samples, and zeros after them. */
static size_t recorded(const char *file, int16_t out[WIRE_TICKS * BC_BLOCK])
{
    int error = 1;
    memset(out, 0, WIRE_TICKS * BC_BLOCK * sizeof *out);
    bc_wav_reader *r = bc_wav_reader_open(name(file), NULL, &error);
    CHECK(r);
    int64_t n = bc_wav_reader_read(r, out, WIRE_TICKS * BC_BLOCK);
    CHECK(n >= 0);
    bc_wav_reader_close(r);
    return (size_t)n;
}

static int16_t *at_tick(wire *w, uint64_t tick) { return w->heard + tick % WIRE_TICKS * BC_BLOCK; }
static int16_t *said_at(wire *w, uint64_t tick) { return w->says + tick % WIRE_TICKS * BC_BLOCK; }

/* ---- listening ---- */
static void bridging(void)
{
    bc_engine *e = engine_new(3);
    wire *w[3];
    int port[3];
    for (int i = 0; i < 3; i++) {
        w[i] = wire_new();
        say_tone(w[i], 0, 10000, 300 + 100 * i, -10);
        port[i] = port_open(e, w[i], 0);
    }
    CHECK(bc_engine_listen(e, port[0], bc_engine_slot_in(e, port[1])) == BC_OK);
    CHECK(bc_engine_listen(e, port[1], bc_engine_slot_in(e, port[0])) == BC_OK);
    run_to(e, 10);
    for (uint64_t t = 0; t < 10; t++) { /* in the same tick, bit for bit */
        CHECK(memcmp(at_tick(w[0], t), said_at(w[1], t), 160) == 0 && memcmp(at_tick(w[1], t), said_at(w[0], t), 160) == 0);
        CHECK(!w[2]->spoke[t]);
    }
    /* Media is heard beside it; gains are the line's. */
    static int16_t clip[800];
    for (int i = 0; i < 800; i++)
        clip[i] = (int16_t)(i * 13);
    bc_job_spec s = {.kind = BC_JOB_PLAY, .clip = clip, .clip_samples = 800};
    CHECK(bc_engine_port_gain(e, port[0], 2048, 8192) == BC_OK && bc_engine_job_start(e, port[0], &s) > 0);
    CHECK(bc_engine_listen(e, port[2], bc_engine_slot_media(e, port[0])) == BC_OK);
    run_to(e, 20);
    for (uint64_t t = 10; t < 20; t++)
        for (int i = 0; i < BC_BLOCK; i++) {
            int played = clip[(t - 10) * BC_BLOCK + (uint64_t)i];
            int loud = 2 * (said_at(w[1], t)[i] + played);
            CHECK(at_tick(w[0], t)[i] == (loud > 32767 ? 32767 : loud < -32768 ? -32768 : loud));
            CHECK(at_tick(w[1], t)[i] == (said_at(w[0], t)[i] * 2048 + 2048) >> 12);
            CHECK(at_tick(w[2], t)[i] == played);
        }
    CHECK(bc_engine_listen(e, port[1], -1) == BC_OK);
    w[1]->mute = 1;
    run_to(e, 22);
    CHECK(!w[1]->spoke[20] && !w[0]->spoke[21] && !w[2]->spoke[20]);
    bc_engine_free(e);
    for (int i = 0; i < 3; i++)
        free(w[i]);
}

/* ---- conferences ---- */
enum { PARTIES = 5 };

static void n_less_one(void)
{
    bc_engine *e = engine_new(PARTIES + 1);
    wire *w[PARTIES + 1];
    int port[PARTIES + 1], party[PARTIES];
    static const int32_t gain[PARTIES] = {4096, 2048, 4096, 5793, 0};
    for (int i = 0; i <= PARTIES; i++) {
        w[i] = wire_new();
        say_tone(w[i], 0, 10000, 300 + 77 * i, -12);
        port[i] = port_open(e, w[i], 0);
    }
    int conf = bc_engine_conf_open(e);
    CHECK(conf >= 0 && bc_engine_conf_slot(e, conf) > 0 && bc_engine_conf_slot(e, conf + 1) == BC_EINVAL);
    for (int i = 0; i < PARTIES; i++) /* 2 listens only, 3 is deaf */
        CHECK((party[i] = bc_engine_party_add(e, conf, port[i], gain[i], i == 2, i == 3)) >= 0);
    CHECK(bc_engine_listen(e, port[PARTIES], bc_engine_conf_slot(e, conf)) == BC_OK);
    run_to(e, 5);
    for (uint64_t t = 0; t < 5; t++)
        for (int k = 0; k < BC_BLOCK; k++) {
            int part[PARTIES], sum = 0;
            for (int i = 0; i < PARTIES; i++)
                sum += part[i] = i == 2 ? 0 : (said_at(w[i], t)[k] * gain[i] + 2048) >> 12;
            for (int i = 0; i < PARTIES; i++)
                CHECK(at_tick(w[i], t)[k] == (i == 3 ? 0 : sum - part[i]));
            CHECK(at_tick(w[PARTIES], t)[k] == sum);
        }
    CHECK(bc_engine_party_set(e, party[1], 4096, 0) == BC_OK && bc_engine_party_set(e, party[0], 4096, 1) == BC_OK);
    w[3]->mute = 1;
    run_to(e, 6);
    for (int k = 0; k < BC_BLOCK; k++)
        CHECK(at_tick(w[0], 5)[k] == said_at(w[1], 5)[k] && at_tick(w[1], 5)[k] == 0);
    /* Leaving: silence for who left, one voice less for the others. */
    CHECK(bc_engine_party_remove(e, party[1]) == BC_OK && bc_engine_party_remove(e, party[1]) == BC_EINVAL);
    CHECK(bc_engine_party_set(e, party[1], 1, 0) == BC_EINVAL);
    run_to(e, 8);
    CHECK(!w[1]->spoke[6] && !w[1]->spoke[7]);
    for (int k = 0; k < BC_BLOCK; k++)
        CHECK(at_tick(w[0], 7)[k] == 0);
    CHECK(bc_engine_conf_close(e, conf) == BC_OK && bc_engine_conf_close(e, conf) == BC_EINVAL);
    CHECK(bc_engine_conf_slot(e, conf) == BC_EINVAL && bc_engine_party_remove(e, party[0]) == BC_EINVAL);
    run_to(e, 9);
    for (int i = 0; i <= PARTIES; i++)
        CHECK(!w[i]->spoke[8]);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.conferences == 0);
    bc_engine_free(e);
    for (int i = 0; i <= PARTIES; i++)
        free(w[i]);
}

/* Loud voices are limited once, at the end: no wrap. */
static void loud_room(void)
{
    bc_engine *e = engine_new(40);
    wire *w = wire_new();
    for (size_t i = 0; i < sizeof w->says / sizeof *w->says; i++)
        w->says[i] = i / 8 % 2 ? 32767 : -32768;
    wire *listener = wire_new();
    int conf = bc_engine_conf_open(e), hears = port_open(e, listener, 0);
    CHECK(bc_engine_party_add(e, conf, hears, 4096, 1, 0) >= 0);
    wire *copy[39];
    for (int i = 0; i < 39; i++) {
        copy[i] = wire_new();
        *copy[i] = *w;
        CHECK(bc_engine_party_add(e, conf, port_open(e, copy[i], 0), 8 * 4096, 0, 0) >= 0);
    }
    run_to(e, 3);
    for (size_t i = 0; i < 3 * BC_BLOCK; i++)
        CHECK(listener->heard[i] == w->says[i]);
    bc_engine_free(e);
    for (int i = 0; i < 39; i++)
        free(copy[i]);
    free(listener);
    free(w);
}

static void conference_arguments(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    int port = port_open(e, w, 0), conf = -1, last = -1;
    CHECK(bc_engine_party_add(e, 0, port, 4096, 0, 0) == BC_EINVAL && bc_engine_conf_close(e, -1) == BC_EINVAL);
    for (int i = 0; i < 256; i++) {
        CHECK((last = bc_engine_conf_open(e)) >= 0);
        conf = i == 7 ? last : conf;
    }
    CHECK(bc_engine_conf_open(e) == BC_EFULL);
    CHECK(bc_engine_party_add(e, conf, -1, 4096, 0, 0) == BC_EINVAL && bc_engine_party_add(e, conf, 1, 4096, 0, 0) == BC_EINVAL);
    CHECK(bc_engine_party_add(e, conf, port, -1, 0, 0) == BC_EINVAL && bc_engine_party_add(e, conf, port, 32769, 0, 0) == BC_EINVAL);
    CHECK(bc_engine_party_set(e, -1, 0, 0) == BC_EINVAL && bc_engine_party_remove(e, 1 << 20) == BC_EINVAL);
    int id = 0, count = 0;
    while ((id = bc_engine_party_add(e, conf, port, 4096, 0, 0)) >= 0)
        count++;
    CHECK(id == BC_EFULL && count == 4096);
    run_to(e, 1);
    CHECK(bc_engine_conf_close(e, conf) == BC_OK);
    run_to(e, 2);
    CHECK((conf = bc_engine_conf_open(e)) >= 0 && bc_engine_party_add(e, conf, port, 4096, 0, 0) >= 0);
    bc_engine_free(e);
    free(w);
}

/* ---- secrets ---- */
/* The loudest sample of n. */
/* A caller keys 1 at 500 ms and 2 at 700 ms on a line with a faint hum, recorded on its own port, through a conference
   and by a bridged listener. Are the keys in the recordings? */
static void secret_digits(void)
{
    for (int secret = 0; secret < 2; secret++) {
        bc_engine *e = engine_new(3);
        wire *caller = wire_new(), *agent = wire_new(), *other = wire_new();
        say_tone(caller, 0, 10000, 200, -50);
        say_keys(caller, 500, "12", 100, 100);
        int port = port_open(e, caller, BC_DETECT_DTMF | BC_DETECT_SOUND), listener = port_open(e, agent, 0);
        int third = port_open(e, other, 0), conf = bc_engine_conf_open(e);
        CHECK(bc_engine_party_add(e, conf, port, 4096, 0, 0) >= 0 && bc_engine_party_add(e, conf, third, 4096, 0, 0) >= 0);
        CHECK(bc_engine_listen(e, listener, bc_engine_slot_in(e, port)) == BC_OK);
        CHECK(bc_engine_port_secret(e, port, secret) == BC_OK);
        int64_t own = record(e, port, -1, "own.wav", 150);
        int64_t room = record(e, third, bc_engine_conf_slot(e, conf), "room.wav", 150);
        int64_t far = record(e, listener, bc_engine_slot_in(e, port), "far.wav", 150);
        bc_job_spec collect = {.kind = BC_JOB_COLLECT, .max_digits = 2};
        int64_t collecting = bc_engine_job_start(e, port, &collect);
        run_to(e, 200);
        CHECK(find_end(own) && find_end(room) && find_end(far) && find_end(collecting));
        CHECK(count_of(port, BC_EV_DIGIT) == 2);
        for (int i = 0; i < 2; i++) {
            const bc_event *d = find(port, BC_EV_DIGIT, i);
            CHECK(d->a == (secret ? 0 : '1' + i) && (!secret || d->x == 0));
        }
        bc_job_result r; /* whoever collects is told */
        CHECK(bc_engine_job_result(e, collecting, &r) == BC_OK && r.digit_count == 2 && memcmp(r.digits, "12", 2) == 0);
        static int16_t back[WIRE_TICKS * BC_BLOCK];
        static const char *const files[] = {"own.wav", "room.wav", "far.wav"};
        for (int i = 0; i < 3; i++) {
            CHECK(recorded(files[i], back) == 150 * BC_BLOCK);
            int loud = peak(back + 480 * 8, 450 * 8);
            CHECK(secret ? loud < 100 : loud > 5000);
            CHECK(peak(back + 300 * 8, 100 * 8) > 50 && peak(back + 1100 * 8, 100 * 8) > 50); /* the rest is there */
        }
        /* On the bus, what was heard before suspicion is all that passes. */
        uint64_t passed = 0;
        for (uint64_t t = 48; t < 95; t++)
            passed += peak(at_tick(agent, t), BC_BLOCK) > 1000;
        CHECK(secret ? passed <= 4 : passed >= 20);
        bc_engine_free(e);
        free(caller);
        free(agent);
        free(other);
    }
}

/* Secrecy that ends while a key is down lasts until the key is let go; then digits show again. */
static void secret_until_release(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 100, "45", 300, 200);
    int port = port_open(e, w, BC_DETECT_DTMF);
    CHECK(bc_engine_port_secret(e, port, 1) == BC_OK);
    int64_t job = record(e, port, -1, "own.wav", 130);
    run_to(e, 20);
    CHECK(count_of(port, BC_EV_DIGIT) == 1 && bc_engine_port_secret(e, port, 0) == BC_OK);
    run_to(e, 160);
    CHECK(find_end(job) && find(port, BC_EV_DIGIT, 0)->a == 0 && find(port, BC_EV_DIGIT, 1)->a == '5');
    static int16_t back[WIRE_TICKS * BC_BLOCK];
    recorded("own.wav", back);
    CHECK(peak(back, 590 * 8) == 0 && peak(back + 610 * 8, 100 * 8) > 1000);
    bc_engine_free(e);
    free(w);
}

/* ---- closing ---- */
static void closing(void)
{
    bc_engine *e = engine_new(4);
    wire *w[4];
    int port[4];
    for (int i = 0; i < 4; i++) {
        w[i] = wire_new();
        say_count(w[i]);
        port[i] = port_open(e, w[i], 7);
    }
    int conf = bc_engine_conf_open(e);
    bc_stream *stream = bc_stream_new(50);
    bc_job_spec tone = {.kind = BC_JOB_TONE}, collect = {.kind = BC_JOB_COLLECT};
    bc_job_spec live = {.kind = BC_JOB_STREAM, .stream = stream};
    bc_tone_init(&tone.tone, 440, -10, 0, 0);
    int64_t job[4] = {bc_engine_job_start(e, port[0], &tone), bc_engine_job_start(e, port[0], &collect),
                      record(e, port[0], -1, "own.wav", 0), bc_engine_job_start(e, port[0], &live)};
    int64_t watch = record(e, port[2], bc_engine_slot_in(e, port[0]), "watch.wav", 60);
    int party = bc_engine_party_add(e, conf, port[0], 4096, 0, 1);
    CHECK(bc_engine_party_add(e, conf, port[3], 4096, 1, 0) >= 0);
    CHECK(bc_engine_listen(e, port[1], bc_engine_slot_in(e, port[0])) == BC_OK);
    CHECK(bc_engine_listen(e, port[2], bc_engine_slot_media(e, port[0])) == BC_OK);
    run_to(e, 30);
    CHECK(w[1]->spoke[29] && w[2]->spoke[29] && w[3]->spoke[29]);
    CHECK(bc_engine_port_close(e, port[0]) == BC_OK);
    /* From now on it does not exist for who asks. */
    CHECK(bc_engine_port_close(e, port[0]) == BC_EINVAL && bc_engine_port_detect(e, port[0], 0) == BC_EINVAL);
    CHECK(bc_engine_job_start(e, port[0], &tone) == BC_EINVAL && bc_engine_slot_in(e, port[0]) == BC_EINVAL);
    CHECK(bc_engine_party_add(e, conf, port[0], 4096, 0, 0) == BC_EINVAL);
    CHECK(bc_engine_job_stop(e, job[0], BC_END_STOPPED) == BC_OK); /* an end that is on its way is left alone */
    uint32_t sent = w[0]->sent;
    run_to(e, 31);
    CHECK(w[0]->sent == sent && !w[1]->spoke[30] && !w[2]->spoke[30] && !w[3]->spoke[30]);
    run_to(e, 50);
    const bc_event *closed = find(port[0], BC_EV_CLOSED, 0);
    CHECK(closed && count_of(port[0], BC_EV_CLOSED) == 1);
    for (int i = 0; i < 4; i++)
        CHECK(find_end(job[i]) && find_end(job[i]) < closed && find_end(job[i])->a == BC_END_HANGUP);
    /* The number is given anew; nothing of the old port clings to it, and nobody who heard the old one hears the new. */
    wire *next = wire_new();
    say_count(next);
    told_count = 0;
    int again = port_open(e, next, 0);
    CHECK(again == port[0]);
    run_to(e, 70);
    CHECK(!w[1]->spoke[69] && !w[2]->spoke[69] && !w[3]->spoke[69] && !next->spoke[19]);
    CHECK(next->received == 20 && find_end(watch));
    for (int i = 0; i < told_count; i++)
        CHECK(told[i].port != again);
    bc_job_result r;
    for (int i = 0; i < 4; i++) /* still to be had */
        CHECK(bc_engine_job_result(e, job[i], &r) == BC_OK && r.reason == BC_END_HANGUP && r.end_tick == 31);
    static int16_t back[WIRE_TICKS * BC_BLOCK];
    CHECK(recorded("watch.wav", back) == 60 * BC_BLOCK && memcmp(back, w[0]->says, 30 * 160) == 0);
    CHECK(peak(back + 30 * BC_BLOCK, 30 * BC_BLOCK) == 0); /* nor is a stranger recorded */
    CHECK(bc_engine_party_remove(e, party) == BC_OK);
    bc_engine_free(e);
    bc_stream_free(stream);
    free(next);
    for (int i = 0; i < 4; i++)
        free(w[i]);
}

/* The room's slot after the room was closed and its number given to another. */
static void closed_room(void)
{
    bc_engine *e = engine_new(3);
    wire *w[3];
    int port[3];
    for (int i = 0; i < 3; i++) {
        w[i] = wire_new();
        say_count(w[i]);
        port[i] = port_open(e, w[i], 0);
    }
    int conf = bc_engine_conf_open(e);
    CHECK(bc_engine_party_add(e, conf, port[0], 4096, 0, 0) >= 0);
    CHECK(bc_engine_listen(e, port[2], bc_engine_conf_slot(e, conf)) == BC_OK);
    int64_t job = record(e, port[2], bc_engine_conf_slot(e, conf), "room.wav", 30);
    run_to(e, 10);
    CHECK(w[2]->spoke[9] && bc_engine_conf_close(e, conf) == BC_OK);
    int next = bc_engine_conf_open(e);
    CHECK(next == conf && bc_engine_party_add(e, next, port[1], 4096, 0, 0) >= 0);
    run_to(e, 60);
    CHECK(!w[2]->spoke[10] && !w[2]->spoke[40] && find_end(job));
    static int16_t back[WIRE_TICKS * BC_BLOCK];
    CHECK(recorded("room.wav", back) == 30 * BC_BLOCK && peak(back + 10 * BC_BLOCK, 20 * BC_BLOCK) == 0);
    CHECK(memcmp(back, w[0]->says, 10 * 160) == 0);
    bc_engine_free(e);
    for (int i = 0; i < 3; i++)
        free(w[i]);
}

/* Opened and closed in one tick; listening to, joining with and recording from a port that closes in that tick. */
static void closing_at_once(void)
{
    bc_engine *e = engine_new(2);
    wire *a = wire_new(), *b = wire_new();
    say_count(a);
    int gone = port_open(e, a, 7), stays = port_open(e, b, 0);
    int slot = bc_engine_slot_in(e, gone);
    bc_job_spec collect = {.kind = BC_JOB_COLLECT};
    int64_t job = bc_engine_job_start(e, gone, &collect);
    CHECK(job > 0 && bc_engine_listen(e, stays, slot) == BC_OK && bc_engine_port_close(e, gone) == BC_OK);
    CHECK(bc_engine_listen(e, stays, slot) == BC_EINVAL); /* a slot that nobody has */
    int64_t watching = record(e, stays, slot, "watch.wav", 20);
    run_to(e, 3);
    CHECK(a->received == 0 && a->sent == 0 && find(gone, BC_EV_CLOSED, 0) && find_end(job));
    int again = port_open(e, a, 0);
    run_to(e, 40);
    CHECK(again == gone && a->received == 37 && !b->spoke[20] && find_end(watching));
    static int16_t back[WIRE_TICKS * BC_BLOCK];
    CHECK(recorded("watch.wav", back) == 20 * BC_BLOCK && peak(back, 20 * BC_BLOCK) == 0);
    bc_engine_free(e);
    free(a);
    free(b);
}

/* ---- line events, credits ---- */
static void line_events(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    w->bits = BC_LINE_FEED;
    int port = port_open(e, w, 0);
    run_to(e, 2);
    const bc_event *l = find(port, BC_EV_LINE, 0);
    CHECK(l && l->tick == 1 && l->a == BC_LINE_FEED && l->b == BC_LINE_FEED && count_of(port, BC_EV_LINE) == 1);
    w->bits = BC_LINE_RINGING;
    run_to(e, 3);
    l = find(port, BC_EV_LINE, 1);
    CHECK(l && l->tick == 3 && l->a == BC_LINE_RINGING && l->b == (BC_LINE_RINGING | BC_LINE_FEED));
    CHECK(bc_engine_port_control(e, port, 42, 7, -9) == BC_OK);
    run_to(e, 4);
    CHECK(w->op == 42 && w->a == 7 && w->b == -9);
    w->slips = 5;
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.slips == 5 && n.ticks == 4 && n.port_ticks == 4 && n.events == 2 && n.commands == 2);
    CHECK(n.ports == 1 && n.late_ticks == 0 && n.compute_ns > 0 && n.compute_ns_max <= n.compute_ns);
    CHECK(n.compute_ns_p999 > 0 && n.isa == bc_isa_best());
    bc_engine_free(e);
    free(w);
}

/* Of the engine's own: a tick though events wait, which bc_engine_run does not do. */
void do_tick(bc_engine *e);

/* Use up a port's places in the ring with line events. */
static void use_up(bc_engine *e, wire *w)
{
    for (int i = 0; i < BC_PORT_CREDITS; i++) {
        w->bits ^= BC_LINE_REVERSED;
        do_tick(e);
    }
}

static void latched_line_state(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *v = wire_new();
    int port = port_open(e, w, 0), beside = port_open(e, v, 0);
    use_up(e, w);
    w->bits = BC_LINE_RINGING; /* comes and goes untold */
    do_tick(e);
    w->bits = BC_LINE_CUT;
    v->bits = BC_LINE_FEED; /* a neighbour has places of its own */
    do_tick(e);
    do_tick(e);
    take_events(e);
    CHECK(count_of(port, BC_EV_LINE) == BC_PORT_CREDITS && find(beside, BC_EV_LINE, 0)->tick == BC_PORT_CREDITS + 2);
    do_tick(e);
    do_tick(e);
    take_events(e);
    const bc_event *l = find(port, BC_EV_LINE, BC_PORT_CREDITS);
    CHECK(l && l->a == BC_LINE_CUT && l->b == BC_LINE_CUT && l->tick == BC_PORT_CREDITS + 4);
    CHECK(count_of(port, BC_EV_LINE) == BC_PORT_CREDITS + 1);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.events_latched == 3 && n.events_dropped == 0 && n.digits_lost == 0);
    bc_engine_free(e);
    free(w);
    free(v);
}

static void lost_digits(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_keys(w, 1500, "123", 60, 60);
    int port = port_open(e, w, BC_DETECT_DTMF);
    use_up(e, w);
    for (int i = 0; i < 100; i++)
        do_tick(e);
    take_events(e);
    CHECK(!find(port, BC_EV_DIGIT, 0) && !find(port, BC_EV_LOST, 0));
    do_tick(e);
    take_events(e);
    CHECK(count_of(port, BC_EV_LOST) == 1 && find(port, BC_EV_LOST, 0)->a == 3);
    bc_job_spec s = {.kind = BC_JOB_COLLECT, .max_digits = 3}; /* only their events were lost */
    CHECK(memcmp(outcome(e, bc_engine_job_start(e, port, &s), 1).digits, "123", 3) == 0);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.digits_lost == 3);
    bc_engine_free(e);
    free(w);
}

/* The end of a job and of a port wait for a place, in that order, with the tick at which they are told. */
static void ends_that_wait(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    use_up(e, w);
    bc_job_spec s = {.kind = BC_JOB_COLLECT, .max_ticks = 5};
    int64_t job = bc_engine_job_start(e, port, &s);
    for (int i = 0; i < 20; i++)
        do_tick(e);
    CHECK(bc_engine_port_close(e, port) == BC_OK);
    do_tick(e);
    bc_event one;
    CHECK(bc_engine_poll(e, &one, 1) == 1 && one.kind == BC_EV_LINE); /* one place */
    do_tick(e);
    do_tick(e);
    take_events(e);
    CHECK(find_end(job) && !find(port, BC_EV_CLOSED, 0));
    do_tick(e);
    take_events(e);
    CHECK(find(port, BC_EV_CLOSED, 0));
    bc_job_result r;
    CHECK(bc_engine_job_result(e, job, &r) == BC_OK && r.reason == BC_END_MAX_TIME && r.end_tick == BC_PORT_CREDITS + 6);
    bc_engine_free(e);
    free(w);
}

/* Level reports fill what no port owns, and no more; they are counted, and control events still find room. */
static void dropped_levels(void)
{
    enum { PORTS = 16 };
    bc_engine *e = engine_new(PORTS);
    wire *w[PORTS];
    for (int i = 0; i < PORTS; i++) {
        w[i] = wire_new();
        for (int at = 0; at < 10000; at += 400)
            say_tone(w[i], at, 150, 1000, -10);
        port_open(e, w[i], BC_DETECT_SOUND);
    }
    for (int i = 0; i < 3000; i++)
        do_tick(e);
    for (int i = 0; i < PORTS; i++)
        use_up(e, w[i]);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(n.events_dropped > 0 && n.events_latched == 0 && n.events == 4096);
    take_events(e);
    CHECK(told_count == 4096);
    for (int i = 0; i < PORTS; i++)
        CHECK(count_of(i, BC_EV_LINE) == BC_PORT_CREDITS && count_of(i, BC_EV_SOUND) >= 40);
    for (int i = 1; i < told_count; i++)
        CHECK(told[i].tick >= told[i - 1].tick);
    bc_engine_free(e);
    for (int i = 0; i < PORTS; i++)
        free(w[i]);
}

/* ---- detectors ---- */
static void sound_reports(void)
{
    bc_engine *e = engine_new(1);
    wire *w = wire_new();
    say_tone(w, 300, 1000, 1000, -10);
    int port = port_open(e, w, BC_DETECT_SOUND);
    run_to(e, 100);
    CHECK(count_of(port, BC_EV_SOUND) == 1);
    const bc_event *s = find(port, BC_EV_SOUND, 0);
    CHECK(s->a == 1 && s->tick == 33 && s->x > -10.5f && s->x < -9.5f);
    /* Off in the middle of sound and on in silence: it starts from silence again. */
    CHECK(bc_engine_port_detect(e, port, 0) == BC_OK);
    run_to(e, 200);
    CHECK(bc_engine_port_detect(e, port, BC_DETECT_SOUND) == BC_OK);
    run_to(e, 300);
    CHECK(count_of(port, BC_EV_SOUND) == 1);
    bc_engine_free(e);
    free(w);
}

/* Busy tone of 450 Hz, 350 ms on and off, and near misses: other frequencies, speech-like two tones, too faint. */
static void progress_tone(void)
{
    static const struct {
        double freq_hz, level_dbm0;
        int heard;
    } cases[] = {{450, -10, 1}, {450, -30, 1}, {440, -10, 1}, {460, -20, 1}, {425, -10, 0}, {480, -10, 0}, {400, -10, 0},
                 {1000, -10, 0}, {900, -10, 0}, {450, -45, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bc_engine *e = engine_new(1);
        wire *w = wire_new();
        for (int at = 350; at < 4000; at += 700)
            say_tone(w, at, 350, cases[i].freq_hz, cases[i].level_dbm0);
        int port = port_open(e, w, BC_DETECT_TONE);
        run_to(e, 400);
        CHECK(count_of(port, BC_EV_TONE) >= (cases[i].heard ? 9 : 0) && (cases[i].heard || !count_of(port, BC_EV_TONE)));
        for (int k = 1; k < count_of(port, BC_EV_TONE); k++) { /* cadence to within 10 ms, from the second on */
            const bc_event *t = find(port, BC_EV_TONE, k);
            CHECK(t->a == (k + 1) % 2 && t->b >= 34 && t->b <= 36);
        }
        bc_engine_free(e);
        free(w);
    }
}

int main(void)
{
    CHECK(mkdtemp(folder));
    bridging();
    n_less_one();
    loud_room();
    conference_arguments();
    secret_digits();
    secret_until_release();
    closing();
    closed_room();
    closing_at_once();
    line_events();
    latched_line_state();
    lost_digits();
    ends_that_wait();
    dropped_levels();
    sound_reports();
    progress_tone();
    static const char *const files[] = {"own.wav", "room.wav", "far.wav", "watch.wav"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        CHECK(unlink(name(files[i])) == 0);
    CHECK(rmdir(folder) == 0);
    return 0;
}
