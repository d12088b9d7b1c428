/* fuzz_engine.c - any sequence of calls, in virtual time: every job ends once, every port closes once, no control event
   is lost, nothing leaks, whether the engine is closed in order or freed in the midst. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bc_line.h"
#include "bc_mf.h"
#include "bc_modem.h"
#include "internal.h"

#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)

enum { LINES = 2, TAPS = 2, PORTS = 2 * LINES + 2 + TAPS, JOBS = 512, CLIP = 4000, FILES = 4 };

typedef struct {
    int id, open, shut;
    int32_t bits;
    int32_t on[BC_EV_MF + 1]; /* by kind of event: 1 + what was told to begin and not to end */
    const bc_port_ops *ops; /* NULL: a tap */
    void *state;
} channel;

static const uint8_t *data;
static size_t left;
static bc_engine *engine;
static channel channels[PORTS];
static bc_ring_port *ring;
static bc_stream *stream[PORTS];
static bc_audio_ring *to_play[PORTS], *recorded[PORTS];
static int64_t play_job[PORTS], record_job[PORTS]; /* that have those rings */
static uint64_t taken_out[PORTS];
static int64_t job_ids[JOBS], stream_job[PORTS];
static int job_port[JOBS], job_ended[JOBS], jobs;
static uint64_t polled;
static int parties[32], rooms[8], party_count, room_count;
static int16_t clip[CLIP];
static int memory = -1;
static char path[FILES][64];

static uint32_t take(int octets)
{
    uint32_t x = 0;
    for (; octets > 0 && left > 0; octets--, left--)
        x = x << 8 | *data++;
    return x;
}

static void fill(void *out, size_t n)
{
    size_t some = n < left ? n : left;
    memset(out, 0, n);
    memcpy(out, data, some);
    data += some;
    left -= some;
}

/* A port whose line gives keys or raw octets, whichever was asked for last. */
static bc_dtmf_tx keys;
static bc_tone signals[3]; /* one of each MF kind */
static bc_modem_tx modem;
static int keys_on, raw_on, signal_on, modem_on;
static uint32_t loose_bits;

static int loose_receive(void *state, int16_t *row)
{
    (void)state;
    if (keys_on) {
        size_t n = bc_dtmf_tx_process(&keys, row, BC_BLOCK);
        keys_on = n == BC_BLOCK;
        memset(row + n, 0, (BC_BLOCK - n) * sizeof *row);
        return 1;
    }
    if (modem_on) {
        size_t n = bc_modem_tx_process(&modem, row, BC_BLOCK);
        modem_on = n == BC_BLOCK;
        memset(row + n, 0, (BC_BLOCK - n) * sizeof *row);
        return 1;
    }
    if (signal_on) {
        bc_tone_process(&signals[signal_on - 1], row, BC_BLOCK);
        return 1;
    }
    for (int i = 0; i < BC_BLOCK && raw_on; i++)
        row[i] = (int16_t)(raw_on * (i % 7 - 3));
    return raw_on != 0;
}
static void loose_transmit(void *state, const int16_t *row)
{
    static volatile int16_t sink;
    (void)state;
    for (int i = 0; row && i < BC_BLOCK; i++)
        sink = (int16_t)(sink ^ row[i]);
}
static uint32_t loose_sense(void *state)
{
    (void)state;
    return loose_bits;
}
static const bc_port_ops loose_ops = {.receive = loose_receive, .transmit = loose_transmit, .sense = loose_sense};

/* A job with a ring ended: what it says is in the ring is there, and the ring may go. */
static void ring_over(int i, int64_t job, const bc_job_result *r)
{
    if (record_job[i] == job) {
        MUST(taken_out[i] + (uint64_t)bc_audio_ring_readable(recorded[i]) == r->samples);
        bc_audio_ring_free(recorded[i]);
        MUST((recorded[i] = bc_audio_ring_new(1600, 400)));
        record_job[i] = 0;
        taken_out[i] = 0;
    }
    if (play_job[i] == job) {
        MUST(r->reason != BC_END_DATA || bc_audio_ring_readable(to_play[i]) == 0);
        bc_audio_ring_free(to_play[i]);
        MUST((to_play[i] = bc_audio_ring_new(1600, 400)));
        play_job[i] = 0;
    }
}

/* What begins ends before another of its kind begins. */
static void began(channel *c, int kind, int on, int32_t code)
{
    if (kind == BC_EV_DIGIT && on) /* its end may not be wanted */
        c->on[kind] = 0;
    MUST((c->on[kind] != 0) != on && (on || c->on[kind] == 1 + code || kind == BC_EV_DIGIT));
    c->on[kind] = on ? 1 + code : 0;
}

static void told(const bc_event *e)
{
    channel *c = NULL;
    for (int i = 0; i < PORTS; i++)
        if (channels[i].open && channels[i].id == e->port)
            c = &channels[i];
    MUST(c && e->tick <= bc_engine_tick(engine) && e->tick > 0);
    switch (e->kind) {
    case BC_EV_LINE:
        MUST(e->b && (c->bits ^ e->b) == e->a);
        c->bits = e->a;
        break;
    case BC_EV_DIGIT:
    case BC_EV_DIGIT_END:
        MUST(e->a == 0 || digit_bit((uint8_t)e->a) >= 0);
        began(c, BC_EV_DIGIT, e->kind == BC_EV_DIGIT, 0);
        break;
    case BC_EV_TONE_HEARD: case BC_EV_TONE_SOUND: case BC_EV_MODEM: case BC_EV_MF:
        MUST((e->a == 0 || e->a == 1) && e->lasted <= e->tick);
        began(c, e->kind, e->a, e->b);
        break;
    case BC_EV_LOST: MUST(e->a > 0); break;
    case BC_EV_CLOSED:
        MUST(c->shut);
        c->open = 0;
        for (int i = 0; i < jobs; i++)
            MUST(job_port[i] != e->port || job_ended[i]);
        break;
    case BC_EV_JOB: {
        int at = 0;
        bc_job_result r;
        while (at < jobs && job_ids[at] != e->job)
            at++;
        MUST(at < jobs && !job_ended[at] && job_port[at] == e->port);
        job_ended[at] = 1;
        MUST(bc_engine_job_result(engine, e->job, &r) == BC_OK && r.reason == e->a);
        MUST(r.reason >= BC_END_DATA && r.reason <= BC_END_MODEM && (r.reason >= BC_END_TONE) == (r.tone >= 0));
        MUST(r.start_tick < r.end_tick && r.end_tick <= e->tick);
        MUST(r.digit_count <= BC_MAX_DIGITS && (r.reason == BC_END_ERROR) == (r.error != 0));
        MUST(bc_engine_job_result(engine, e->job, &r) == BC_EINVAL);
        for (int i = 0; i < PORTS; i++) {
            if (stream_job[i] == e->job)
                stream_job[i] = 0;
            ring_over(i, e->job, &r);
        }
        break;
    }
    default: MUST(e->kind == BC_EV_SOUND || e->kind == BC_EV_TONE || e->kind == BC_EV_STREAM);
    }
}

static void listen_to_all(int most)
{
    bc_event events[64];
    int n;
    while ((n = bc_engine_poll(engine, events, most)) > 0) {
        MUST(n <= most);
        polled += (uint64_t)n;
        for (int i = 0; i < n; i++)
            told(&events[i]);
        if (most < 64)
            break;
    }
    MUST(n >= 0);
}

static void start_job(channel *c)
{
    int error = 0, index = (int)(c - channels);
    bc_job_spec s = {.kind = (int)take(1) % 8, .slot = -1};
    uint32_t flags = take(1);
    if (flags & 1)
        s.max_ticks = take(1);
    if (flags & 2)
        s.max_digits = take(1) % 70;
    if (flags & 4)
        s.digit_mask = take(2);
    if (flags & 8)
        s.silence_ticks = take(1);
    if (flags & 16)
        s.nonsilence_ticks = take(1) % 16;
    if (flags & 32)
        s.first_ticks = take(1), s.inter_ticks = take(1);
    s.keep_digit = flags & 64;
    s.tone_mask = flags & 64 ? take(2) : 0;
    s.modem_mask = flags & 32 ? take(2) : 0;
    s.mute_digits = flags & 4;
    switch (s.kind) {
    case BC_JOB_PLAY:
        s.from_sample = take(2);
        if (s.from_sample % 3 == 0)
            s.ring = to_play[index], s.from_sample = s.from_sample == 3;
        else if (flags & 128)
            s.file = bc_file_play_fd(dup(memory), take(2), &error);
        else
            s.clip = clip, s.clip_samples = take(2) % (CLIP + 1);
        break;
    case BC_JOB_RECORD:
        s.slot = (int)(int16_t)take(2);
        if (flags & 128 && take(1) % 2)
            s.ring = recorded[take(1) % 4 ? index : (int)take(1) % PORTS];
        else
            s.file = bc_file_record(flags & 128 && take(1) % 8 == 0 ? "/dev/full" : path[take(1) % FILES], BC_WAV_PCM16, 0, &error);
        break;
    case BC_JOB_DIGITS:
        s.digit_count = take(1) % 70;
        fill(s.digits, sizeof s.digits);
        for (uint32_t i = 0; i < BC_MAX_DIGITS && flags & 128; i++)
            s.digits[i] = "0123456789ABCD*#,"[(uint8_t)s.digits[i] % 17];
        s.digit_on_ms = take(1), s.digit_off_ms = take(1), s.digit_level_dbm0 = -(double)take(1), s.digit_twist_db = take(1) % 8;
        break;
    case BC_JOB_TONE:
        if (flags & 128)
            fill(&s.tone, sizeof s.tone);
        else
            (void)bc_tone_init(&s.tone, take(2) % 4000, -10, 0, 0);
        break;
    case BC_JOB_STREAM: s.stream = flags & 128 && take(1) == 7 ? NULL : stream[index]; break;
    default: break;
    }
    if (jobs == JOBS || (s.kind == BC_JOB_STREAM && stream_job[index])) {
        bc_file_discard(s.file);
        return;
    }
    int64_t id = bc_engine_job_start(engine, c->id, &s);
    if (id <= 0) {
        MUST(id == BC_EINVAL || id == BC_ESTATE || id == BC_EFULL || id == BC_EIO);
        bc_file_discard(s.file);
        return;
    }
    for (int i = 0; i < jobs; i++)
        MUST(job_ids[i] != id);
    job_port[jobs] = c->id;
    job_ended[jobs] = 0;
    if (s.kind == BC_JOB_STREAM)
        stream_job[index] = id;
    for (int i = 0; i < PORTS; i++) {
        if (s.ring == recorded[i] && s.ring) {
            MUST(!record_job[i]);
            record_job[i] = id;
        }
        if (s.ring == to_play[i] && s.ring) {
            MUST(!play_job[i]);
            play_job[i] = id;
        }
    }
    job_ids[jobs++] = id;
}

static void open_channel(channel *c)
{
    if (c->open)
        return;
    c->id = c->ops ? bc_engine_port_open(engine, c->ops, c->state) : bc_engine_tap_open(engine);
    MUST(c->id >= 0);
    for (int i = 0; i < PORTS; i++)
        MUST(c == &channels[i] || !channels[i].open || channels[i].id != c->id);
    c->open = 1;
    c->shut = 0;
    c->bits = 0;
    memset(c->on, 0, sizeof c->on);
    for (int i = 0; i < jobs; i++)
        if (job_port[i] == c->id)
            job_port[i] = -1; /* another's */
}

static void close_channel(channel *c)
{
    int result = c->open ? bc_engine_port_close(engine, c->id) : BC_EINVAL;
    MUST(result == (c->open && !c->shut ? BC_OK : BC_EINVAL));
    if (!result)
        c->shut = 1;
}

/* Tone sets are MF receivers: their signals are as good as tones. */
static void use_detectors(channel *c)
{
    int error;
    bc_rx *rx = NULL;
    switch (take(1) % 5) {
    case 0: (void)bc_engine_port_late_digits(engine, c->id, (int)take(1) % 2); break;
    case 1: (void)bc_engine_port_mute_digits(engine, c->id, (int)take(1) % 2); break;
    case 2: (void)bc_engine_port_tones(engine, c->id, (int)take(1) % 10 - 1); break;
    case 3:
        rx = bc_mf_rx_new((int)take(1) % 3, PORTS - (int)take(1) % 2, BC_ISA_BEST, NULL, &error);
        if (bc_engine_tones(engine, rx) < 0)
            bc_rx_free(rx);
        break;
    default: MUST(bc_engine_detector_bytes(engine, (int)take(2)) < 1 << 24);
    }
}

static void use_rings(int i)
{
    int16_t audio[8 * BC_BLOCK];
    fill(audio, sizeof audio / 4);
    (void)bc_audio_ring_write(to_play[i], audio, (int)take(2) % (8 * BC_BLOCK + 1));
    if (take(1) % 8 == 0)
        bc_audio_ring_finish(to_play[i]);
    int want = (int)take(2) % (8 * BC_BLOCK + 1), got = bc_audio_ring_read(recorded[i], audio, want);
    MUST(got >= 0 && got <= want && bc_audio_ring_readable(recorded[i]) <= 1600 && bc_audio_ring_writable(to_play[i]) >= 0);
    taken_out[i] += (uint64_t)got;
}

static void step(void)
{
    channel *c = &channels[take(1) % PORTS];
    int16_t audio[8 * BC_BLOCK];
    uint64_t until = bc_engine_tick(engine);
    bc_engine_statistics s;
    switch (take(1) % 28) {
    case 0: open_channel(c); break;
    case 1: close_channel(c); break;
    case 2: case 3: case 4:
        open_channel(c);
        start_job(c);
        break;
    case 5:
        if (jobs)
            (void)bc_engine_job_stop(engine, job_ids[take(1) % (uint32_t)jobs], (int)take(1) % 12);
        break;
    case 6: (void)bc_engine_port_control(engine, c->id, (int)take(1) % 8, (int)(int16_t)take(2), (int)(int16_t)take(2)); break;
    case 7: (void)bc_engine_port_detect(engine, c->id, (int)take(2) % 1024); break;
    case 8: (void)bc_engine_port_secret(engine, c->id, (int)take(1) % 2); break;
    case 9: (void)bc_engine_port_clear_digits(engine, c->id); break;
    case 10: (void)bc_engine_port_gain(engine, c->id, (int)take(2), (int)take(2)); break;
    case 11: (void)bc_engine_listen(engine, c->id, take(1) % 2 ? (int)take(1) % (2 * PORTS) : (int)(int16_t)take(2)); break;
    case 12:
        if (room_count < 8)
            rooms[room_count++] = bc_engine_conf_open(engine);
        break;
    case 13:
        if (room_count) {
            (void)bc_engine_conf_close(engine, rooms[take(1) % (uint32_t)room_count]);
            room_count = take(1) % 4 ? room_count : 0;
        }
        break;
    case 14:
        if (room_count && party_count < 32) {
            int room = rooms[take(1) % (uint32_t)room_count];
            int id = bc_engine_party_add(engine, room, c->id, (int)take(2), (int)take(1) % 2, (int)take(1) % 2);
            if (id >= 0)
                parties[party_count++] = id;
            int slot = bc_engine_conf_slot(engine, room);
            if (slot >= 0)
                (void)bc_engine_listen(engine, channels[take(1) % PORTS].id, slot);
        }
        break;
    case 15:
        if (party_count) {
            int id = parties[take(1) % (uint32_t)party_count];
            (void)bc_engine_party_set(engine, id, (int)take(2), (int)take(1) % 2);
            if (take(1) % 2)
                (void)bc_engine_party_remove(engine, id);
        }
        break;
    case 16: listen_to_all(1 + (int)take(1) % 64); break;
    case 17: /* the control thread is away */
        for (uint32_t n = take(1); n; n--)
            do_tick(engine);
        service_files(engine);
        break;
    case 18:
        keys_on = bc_dtmf_tx_init(&keys, &"123456789*0#ABCD"[take(1) % 8], 1 + take(1) % 8, 30 + take(1) % 64, take(1) % 100, -10, 0) == BC_OK;
        break;
    case 19:
        signal_on = (int)take(1) % 4;
        if (signal_on)
            MUST(bc_mf_tone(&signals[signal_on - 1], signal_on - 1, 1 + (int)take(1) % 15, -10, 0) == BC_OK);
        modem_on = bc_modem_tx_init(&modem, (int)take(1) % 16, take(2), -12) == BC_OK;
        raw_on = (int)(int16_t)take(2) / 3; break;
    case 20: loose_bits = take(1) % 32; break;
    case 21:
        fill(audio, sizeof audio / 4);
        (void)bc_ring_port_write(ring, audio, (int)take(1) % 9);
        (void)bc_ring_port_read(ring, audio, (int)take(1) % 9);
        (void)bc_stream_write(stream[c - channels], audio, (int)take(1) % 9);
        (void)bc_stream_read(stream[c - channels], audio, (int)take(1) % 9);
        break;
    case 22: bc_engine_read_statistics(engine, &s); break;
    case 23: (void)bc_engine_tap_source(engine, c->id, take(1) % 4 ? (int)take(1) % (2 * PORTS) : (int)(int16_t)take(2)); break;
    case 24: use_rings((int)(c - channels)); break;
    case 25: case 26: use_detectors(c); break;
    default:
        until += take(1);
        do
            listen_to_all(64);
        while (bc_engine_run(engine, until) < until);
        listen_to_all(64);
    }
}

static void in_order(void)
{
    for (int i = 0; i < PORTS; i++)
        if (channels[i].open && !channels[i].shut)
            close_channel(&channels[i]);
    for (int i = 0; i < 8; i++) {
        (void)bc_engine_run(engine, bc_engine_tick(engine) + 1);
        listen_to_all(64);
    }
    for (int i = 0; i < PORTS; i++)
        MUST(!channels[i].open);
    for (int i = 0; i < jobs; i++)
        MUST(job_ended[i]);
    service_files(engine);
    listen_to_all(64);
    for (int i = 0; i < 256; i++)
        (void)bc_engine_conf_close(engine, i);
    bc_engine_statistics s;
    bc_engine_read_statistics(engine, &s);
    MUST(s.ports == 0 && s.jobs == 0 && s.files == 0 && s.conferences == 0 && s.events == polled);
    MUST(s.ticks == bc_engine_tick(engine) && engine->party_count == 0 && engine->active_count == 0);
    MUST(engine->tap_count == 0);
    for (int i = 0; i < DETECTORS; i++)
        MUST(!engine->detector[i] || engine->detector[i]->lanes_used == 0);
    for (int32_t i = 0; i < engine->slots; i++) {
        MUST(engine->quiet[i]);
        for (int k = 0; k < BC_BLOCK; k++)
            MUST(slot_row(engine, i)[k] == 0); /* nobody's voice is left on the bus */
    }
}

static void once(void)
{
    memory = memfd_create("fuzz", 0);
    for (int i = 0; i < CLIP; i++)
        clip[i] = (int16_t)(i * 31);
    MUST(memory >= 0 && write(memory, clip, sizeof clip) == sizeof clip);
    for (int i = 0; i < FILES; i++)
        snprintf(path[i], sizeof path[i], "/dev/shm/bc_fuzz.%d.%d", (int)getpid(), i);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
    if (memory < 0)
        once();
    data = in;
    left = size;
    int error = 0;
    bc_engine_options o;
    bc_engine_defaults(&o);
    o.max_ports = PORTS;
    o.virtual_time = 1;
    engine = bc_engine_new(&o, &error);
    MUST(engine);
    bc_line *line[LINES];
    for (int i = 0; i < LINES; i++) {
        bc_line_options l;
        bc_line_defaults(&l);
        l.echo_db = i ? 20 : 99;
        l.noise_dbm0 = i ? -60 : -96;
        MUST((line[i] = bc_line_new(&l, &error)));
        for (int side = 0; side < 2; side++)
            channels[2 * i + side] = (channel){.ops = bc_line_ops(), .state = bc_line_end(line[i], side)};
    }
    MUST((ring = bc_ring_port_new(2)));
    channels[2 * LINES] = (channel){.ops = bc_ring_port_ops(), .state = ring};
    channels[2 * LINES + 1] = (channel){.ops = &loose_ops, .state = &loose_bits};
    for (int i = 0; i < TAPS; i++)
        channels[2 * LINES + 2 + i] = (channel){.ops = NULL};
    for (int i = 0; i < PORTS; i++) {
        MUST((stream[i] = bc_stream_new(4)));
        MUST((to_play[i] = bc_audio_ring_new(1600, 400)) && (recorded[i] = bc_audio_ring_new(1600, 400)));
        stream_job[i] = play_job[i] = record_job[i] = 0;
        taken_out[i] = 0;
    }
    jobs = party_count = room_count = keys_on = raw_on = signal_on = modem_on = 0;
    polled = loose_bits = 0;
    int orderly = (int)take(1) % 4;
    for (int steps = 0; left > 0 && steps < 300; steps++)
        step();
    if (orderly)
        in_order();
    bc_engine_free(engine);
    for (int i = 0; i < LINES; i++)
        bc_line_free(line[i]);
    bc_ring_port_free(ring);
    for (int i = 0; i < PORTS; i++) {
        bc_stream_free(stream[i]);
        bc_audio_ring_free(to_play[i]);
        bc_audio_ring_free(recorded[i]);
    }
    for (int i = 0; i < FILES; i++)
        unlink(path[i]);
    return 0;
}
