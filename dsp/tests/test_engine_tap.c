/* Taps of the engine in virtual time: what they copy and when, what works on them, what happens to what they copy. */
#include <unistd.h>

#include "wire.h"

static char folder[] = "/tmp/bc-test-XXXXXX";
static char path[64];

static const char *name(const char *file)
{
    CHECK(snprintf(path, sizeof path, "%s/%s", folder, file) < (int)sizeof path);
    return path;
}

static int64_t record(bc_engine *e, int port, const char *file, uint32_t max_ticks)
{
    int error = 1;
    bc_job_spec s = {.kind = BC_JOB_RECORD, .slot = -1, .max_ticks = max_ticks};
    s.file = bc_file_record(name(file), BC_WAV_PCM16, 0, &error);
    CHECK(s.file);
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK(job > 0);
    return job;
}

static int16_t back[WIRE_TICKS * BC_BLOCK];

static size_t recorded(const char *file)
{
    int error = 1;
    memset(back, 0, sizeof back);
    bc_wav_reader *r = bc_wav_reader_open(name(file), NULL, &error);
    CHECK(r);
    int64_t n = bc_wav_reader_read(r, back, WIRE_TICKS * BC_BLOCK);
    CHECK(n >= 0);
    bc_wav_reader_close(r);
    CHECK(unlink(name(file)) == 0);
    return (size_t)n;
}

static int tap_open(bc_engine *e, int detect)
{
    int tap = bc_engine_tap_open(e);
    CHECK(tap >= 0 && bc_engine_port_detect(e, tap, detect) == BC_OK);
    return tap;
}

static void receive_from(bc_engine *e, int tap, int slot) { CHECK(bc_engine_tap_source(e, tap, slot) == BC_OK); }

static void play(bc_engine *e, int port, const int16_t *clip, uint64_t samples)
{
    bc_job_spec s = {.kind = BC_JOB_PLAY, .slot = -1, .clip = clip, .clip_samples = samples};
    CHECK(bc_engine_job_start(e, port, &s) > 0);
}

/* A line's sound in the same tick, whichever was opened first. */
static void line_in_the_same_tick(int tap_first)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    say_count(w);
    int tap = tap_first ? tap_open(e, 0) : -1, line = port_open(e, w, 0);
    if (!tap_first)
        tap = tap_open(e, 0);
    CHECK((tap < line) == tap_first);
    receive_from(e, tap, bc_engine_slot_in(e, line));
    record(e, tap, "tap.wav", 20);
    run_to(e, 30);
    CHECK(recorded("tap.wav") == 20 * BC_BLOCK && memcmp(back, w->says, 20 * 160) == 0);
    bc_engine_free(e);
    free(w);
}

/* Media and rooms: what the last tick made. */
static void made_in_the_last_tick(void)
{
    static int16_t clip[10 * BC_BLOCK];
    bc_engine *e = engine_new(4);
    wire *w = wire_new();
    say_count(w);
    for (size_t i = 0; i < 10 * BC_BLOCK; i++)
        clip[i] = count_up(i + 5000);
    int tap = tap_open(e, 0), watch = tap_open(e, 0), line = port_open(e, w, 0), room = bc_engine_conf_open(e);
    CHECK(bc_engine_party_add(e, room, line, 4096, 0, 1) >= 0);
    receive_from(e, tap, bc_engine_slot_media(e, line));
    receive_from(e, watch, bc_engine_conf_slot(e, room));
    play(e, line, clip, 10 * BC_BLOCK);
    record(e, tap, "media.wav", 12);
    record(e, watch, "room.wav", 12);
    run_to(e, 30);
    CHECK(recorded("media.wav") == 12 * BC_BLOCK && peak(back, BC_BLOCK) == 0 && memcmp(back + BC_BLOCK, clip, sizeof clip) == 0);
    CHECK(peak(back + 11 * BC_BLOCK, BC_BLOCK) == 0);
    CHECK(recorded("room.wav") == 12 * BC_BLOCK && peak(back, BC_BLOCK) == 0 && memcmp(back + BC_BLOCK, w->says, 11 * 160) == 0);
    bc_engine_free(e);
    free(w);
}

/* A voice resource and a line as on a board: each hears the other, digits and sound are detected on the tap. */
static void voice_resource(void)
{
    static int16_t clip[10 * BC_BLOCK];
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    say_keys(w, 200, "73", 80, 80);
    for (size_t i = 0; i < 10 * BC_BLOCK; i++)
        clip[i] = count_up(i);
    int line = port_open(e, w, 0), tap = tap_open(e, BC_DETECT_DTMF | BC_DETECT_SOUND);
    receive_from(e, tap, bc_engine_slot_in(e, line));
    CHECK(bc_engine_listen(e, line, bc_engine_slot_media(e, tap)) == BC_OK);
    play(e, tap, clip, 10 * BC_BLOCK);
    bc_job_spec collect = {.kind = BC_JOB_COLLECT, .max_digits = 2};
    bc_job_result r = outcome(e, bc_engine_job_start(e, tap, &collect), 100);
    CHECK(r.reason == BC_END_MAX_DIGITS && memcmp(r.digits, "73", 2) == 0);
    CHECK(memcmp(w->heard, clip, sizeof clip) == 0);
    CHECK(find(tap, BC_EV_DIGIT, 0)->a == '7' && find(tap, BC_EV_SOUND, 0)->a == 1 && !count_of(line, BC_EV_DIGIT));
    bc_engine_free(e);
    free(w);
}

static void gains_and_switching(void)
{
    bc_engine *e = engine_new(3);
    wire *a = wire_new(), *b = wire_new();
    say_count(a);
    say_tone(b, 0, 9000, 700, -10);
    int tap = tap_open(e, 0), one = port_open(e, a, 0), other = port_open(e, b, 0);
    CHECK(bc_engine_port_gain(e, tap, 2048, 4096) == BC_OK);
    receive_from(e, tap, bc_engine_slot_in(e, one));
    record(e, tap, "tap.wav", 30);
    run_to(e, 10);
    receive_from(e, tap, bc_engine_slot_in(e, other));
    run_to(e, 20);
    receive_from(e, tap, -1);
    run_to(e, 40);
    CHECK(recorded("tap.wav") == 30 * BC_BLOCK);
    for (int i = 0; i < 20 * BC_BLOCK; i++)
        CHECK(back[i] == ((i < 10 * BC_BLOCK ? a : b)->says[i] * 2048 + 2048) >> 12);
    CHECK(peak(back + 20 * BC_BLOCK, 10 * BC_BLOCK) == 0);
    bc_engine_free(e);
    free(a);
    free(b);
}

/* A copy of silence is known to be silent: nothing is computed for it. */
static void quiet_source(int media)
{
    static int16_t clip[9 * BC_BLOCK];
    bc_engine *e = engine_new(3);
    wire *w = wire_new(), *ear = wire_new();
    say_count(w);
    for (size_t i = 0; i < 9 * BC_BLOCK; i++)
        clip[i] = count_up(i + 100);
    int line = port_open(e, w, 0), hears = port_open(e, ear, 0), tap = tap_open(e, 0);
    receive_from(e, tap, media ? bc_engine_slot_media(e, line) : bc_engine_slot_in(e, line));
    play(e, line, clip, 9 * BC_BLOCK);
    CHECK(bc_engine_listen(e, hears, bc_engine_slot_in(e, tap)) == BC_OK);
    run_to(e, 10);
    w->mute = 1;
    run_to(e, 20);
    const int16_t *last = media ? clip + 8 * BC_BLOCK : w->says + 9 * BC_BLOCK;
    CHECK(ear->spoke[9] && memcmp(ear->heard + 9 * BC_BLOCK, last, 160) == 0);
    for (int t = 10; t < 20; t++)
        CHECK(!ear->spoke[t]);
    bc_engine_free(e);
    free(w);
    free(ear);
}

/* The source's port is closed and its number given to another: silence, not the stranger. */
static void source_closes(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new();
    say_count(w);
    int line = port_open(e, w, 0), tap = tap_open(e, 0);
    int slot = bc_engine_slot_in(e, line);
    receive_from(e, tap, slot);
    record(e, tap, "tap.wav", 40);
    run_to(e, 10);
    CHECK(bc_engine_port_close(e, line) == BC_OK && bc_engine_tap_source(e, tap, slot) == BC_EINVAL);
    run_to(e, 20);
    CHECK(port_open(e, w, 0) == line);
    run_to(e, 60);
    CHECK(recorded("tap.wav") == 40 * BC_BLOCK && memcmp(back, w->says, 10 * 160) == 0);
    CHECK(peak(back + 10 * BC_BLOCK, 30 * BC_BLOCK) == 0);
    /* A tap that is asked for, and its source closed, in one tick. */
    receive_from(e, tap, bc_engine_slot_in(e, line));
    CHECK(bc_engine_port_close(e, line) == BC_OK);
    record(e, tap, "tap.wav", 10);
    run_to(e, 80);
    CHECK(recorded("tap.wav") == 10 * BC_BLOCK && peak(back, 10 * BC_BLOCK) == 0);
    bc_engine_free(e);
    free(w);
}

/* A tap that closes is gone as any port is: jobs end, listeners hear silence, the number serves a line. */
static void tap_closes(void)
{
    bc_engine *e = engine_new(2);
    wire *w = wire_new(), *next = wire_new();
    say_count(w);
    say_count(next);
    int line = port_open(e, w, 0), tap = tap_open(e, 7);
    bc_job_spec tone = {.kind = BC_JOB_TONE, .slot = -1};
    CHECK(bc_tone_init(&tone.tone, 440, -10, 0, 0) == BC_OK);
    int64_t job = bc_engine_job_start(e, tap, &tone);
    receive_from(e, tap, bc_engine_slot_in(e, line));
    CHECK(job > 0 && bc_engine_listen(e, line, bc_engine_slot_media(e, tap)) == BC_OK);
    run_to(e, 10);
    CHECK(w->spoke[9] && bc_engine_port_close(e, tap) == BC_OK && bc_engine_tap_source(e, tap, -1) == BC_EINVAL);
    run_to(e, 20);
    CHECK(find(tap, BC_EV_CLOSED, 0) && find_end(job)->a == BC_END_HANGUP && !w->spoke[10]);
    CHECK(port_open(e, next, 0) == tap && bc_engine_tap_source(e, tap, -1) == BC_EINVAL); /* a line now */
    record(e, tap, "tap.wav", 10);
    run_to(e, 40);
    CHECK(next->sent == 20 && recorded("tap.wav") == 10 * BC_BLOCK && memcmp(back, next->says, 10 * 160) == 0);
    bc_engine_free(e);
    free(w);
    free(next);
}

static void arguments(void)
{
    bc_engine *e = engine_new(3);
    wire *w = wire_new();
    int line = port_open(e, w, 0), tap = tap_open(e, 0), other = tap_open(e, 0);
    CHECK(bc_engine_tap_open(e) == BC_EFULL);
    static const int no_slot[] = {-2, 1 << 20, INT32_MIN};
    for (size_t i = 0; i < sizeof no_slot / sizeof *no_slot; i++)
        CHECK(bc_engine_tap_source(e, tap, no_slot[i]) == BC_EINVAL);
    CHECK(bc_engine_tap_source(e, line, -1) == BC_EINVAL && bc_engine_tap_source(e, 7, -1) == BC_EINVAL);
    CHECK(bc_engine_tap_source(e, tap, bc_engine_slot_in(e, tap)) == BC_EINVAL);
    CHECK(bc_engine_tap_source(e, tap, bc_engine_slot_in(e, other)) == BC_EINVAL);
    CHECK(bc_engine_tap_source(e, tap, bc_engine_slot_media(e, other)) == BC_OK);
    CHECK(bc_engine_listen(e, tap, bc_engine_slot_in(e, line)) == BC_EINVAL); /* it has no line to hear it */
    int room = bc_engine_conf_open(e), slot = bc_engine_conf_slot(e, room);
    CHECK(bc_engine_tap_source(e, tap, slot) == BC_OK && bc_engine_conf_close(e, room) == BC_OK);
    CHECK(bc_engine_tap_source(e, tap, slot) == BC_EINVAL);
    bc_engine_free(e);
    free(w);
}

/* A digit that is secret on the line is silent in a recording of its tap, direct or through a room; also if it was
   under way, and not yet told, when it became secret. */
static void secret_on_the_line(int through_room, int secret, int at_ms, uint64_t since_tick)
{
    bc_engine *e = engine_new(3);
    wire *w = wire_new();
    say_keys(w, at_ms, "5", 100, 100);
    int tap = tap_open(e, 0), line = port_open(e, w, BC_DETECT_DTMF), room = bc_engine_conf_open(e);
    CHECK(bc_engine_party_add(e, room, line, 4096, 0, 1) >= 0);
    receive_from(e, tap, through_room ? bc_engine_conf_slot(e, room) : bc_engine_slot_in(e, line));
    record(e, tap, "tap.wav", 60);
    run_to(e, since_tick);
    CHECK(bc_engine_port_secret(e, line, secret) == BC_OK);
    run_to(e, 80);
    const bc_event *digit = find(line, BC_EV_DIGIT, 0);
    int hidden = secret && digit->tick > since_tick;
    CHECK(recorded("tap.wav") == 60 * BC_BLOCK && digit->a == (hidden ? 0 : '5'));
    CHECK(hidden ? peak(back, 60 * BC_BLOCK) == 0 : peak(back, 60 * BC_BLOCK) > 1000);
    bc_engine_free(e);
    free(w);
}

static void secrets(void)
{
    for (int through_room = 0; through_room < 2; through_room++) {
        secret_on_the_line(through_room, 0, 300, 0);
        for (int ms = 300; ms < 310; ms++) /* wherever in a tick it begins */
            secret_on_the_line(through_room, 1, ms, 0);
        for (uint64_t since = 28; since < 45; since++)
            secret_on_the_line(through_room, 1, 300, since);
    }
}

/* Slips of a port stay counted when it is closed. */
static void slips_stay(void)
{
    bc_engine *e = engine_new(2);
    wire *a = wire_new(), *b = wire_new();
    a->slips = 5, b->slips = 3;
    int one = port_open(e, a, 0);
    (void)port_open(e, b, 0);
    run_to(e, 2);
    CHECK(bc_engine_port_close(e, one) == BC_OK);
    run_to(e, 5);
    bc_engine_statistics n;
    bc_engine_read_statistics(e, &n);
    CHECK(find(one, BC_EV_CLOSED, 0) && n.slips == 8);
    bc_engine_free(e);
    free(a);
    free(b);
}

int main(void)
{
    CHECK(mkdtemp(folder));
    line_in_the_same_tick(0);
    line_in_the_same_tick(1);
    secrets();
    made_in_the_last_tick();
    voice_resource();
    gains_and_switching();
    quiet_source(0);
    quiet_source(1);
    source_closes();
    tap_closes();
    arguments();
    slips_stay();
    CHECK(rmdir(folder) == 0);
    return 0;
}
