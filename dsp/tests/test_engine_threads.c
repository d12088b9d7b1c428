/* The engine in real time: its own threads against a control thread that never rests, and one that sleeps. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "bc_line.h"
#include "bc_mf.h"
#include "wire.h"

static char folder[] = "/tmp/bc-test-XXXXXX";
static char path[64];

static const char *name(int number)
{
    CHECK(snprintf(path, sizeof path, "%s/%d.wav", folder, number) < (int)sizeof path);
    return path;
}

static uint64_t seed = 1;
static uint32_t dice(uint32_t n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(seed >> 33) % n;
}

static bc_engine *real_engine(int max_ports)
{
    bc_engine_options o;
    bc_engine_defaults(&o);
    o.max_ports = max_ports;
    int error = 1;
    bc_engine *e = bc_engine_new(&o, &error);
    CHECK(e && error == BC_OK && bc_engine_eventfd(e) >= 0);
    CHECK(bc_engine_run(e, 100) == 0); /* not in real time */
    CHECK(bc_engine_stop(e) == BC_ESTATE && bc_engine_start(e) == BC_OK && bc_engine_start(e) == BC_ESTATE);
    return e;
}

static void sleep_ms(int ms) { nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l}, NULL); }

/* ---- a control thread that hammers ---- */
enum { PORTS = 24, LINES = 6, ROLES = 4, PENDING = 8192 };
static struct {
    int open;
    bc_ring_port *ring; /* or a line's end */
    int64_t job[ROLES];
    bc_stream *stream;
} here[PORTS];
static struct {
    int64_t id;
    bc_stream *stream;
} running[PENDING];
static int running_count, unread;
#define CLOSING INT64_MAX
static uint64_t started, ended, opened, closed, last;
static int16_t clip[2400];

static void job_over(bc_engine *e, const bc_event *event)
{
    bc_job_result r;
    int at = 0;
    while (at < running_count && running[at].id != event->job)
        at++;
    CHECK(at < running_count); /* known, and not ended before */
    bc_stream_free(running[at].stream);
    running[at] = running[--running_count];
    for (int role = 0; role < ROLES; role++)
        if (here[event->port].job[role] == event->job)
            here[event->port].job[role] = 0;
    if (dice(8) || unread == 8) { /* else it goes with the engine */
        CHECK(bc_engine_job_result(e, event->job, &r) == BC_OK && r.reason == event->a);
        CHECK(bc_engine_job_result(e, event->job, &r) == BC_EINVAL);
    } else {
        unread++;
    }
    ended++;
}

static void look(bc_engine *e)
{
    bc_event events[64];
    int n;
    while ((n = bc_engine_poll(e, events, 64)) > 0)
        for (int i = 0; i < n; i++) {
            CHECK(events[i].tick >= last && events[i].port >= 0 && events[i].port < PORTS && here[events[i].port].open);
            last = events[i].tick;
            if (events[i].kind == BC_EV_JOB)
                job_over(e, &events[i]);
            if (events[i].kind == BC_EV_CLOSED) {
                bc_ring_port_free(here[events[i].port].ring);
                memset(&here[events[i].port], 0, sizeof *here);
                closed++;
            }
        }
    CHECK(n == 0);
}

static void start_one(bc_engine *e, int port)
{
    bc_job_spec s = {.kind = 1 + (int)dice(6), .slot = -1, .max_ticks = dice(3) ? dice(30) : 0, .digit_mask = dice(1 << 16)};
    int error = 1, role = s.kind == BC_JOB_RECORD ? 1 : s.kind == BC_JOB_COLLECT ? 2 : s.kind == BC_JOB_STREAM ? 3 : 0;
    if (running_count == PENDING)
        return;
    if (s.kind == BC_JOB_PLAY && dice(2)) {
        s.clip = clip;
        s.clip_samples = dice(2400);
    } else if (s.kind == BC_JOB_PLAY) {
        s.file = bc_file_play(name(1000), &error);
        CHECK(s.file);
    } else if (s.kind == BC_JOB_RECORD) {
        s.file = bc_file_record(name(port), BC_WAV_ALAW, (int)dice(2), &error);
        CHECK(s.file);
        s.slot = (int32_t)dice(2 * PORTS) - 1;
    } else if (s.kind == BC_JOB_DIGITS) {
        memcpy(s.digits, "1A*", 3);
        s.digit_count = 3;
        s.digit_on_ms = s.digit_off_ms = 50;
    } else if (s.kind == BC_JOB_TONE) {
        CHECK(bc_tone_init(&s.tone, 450, -10, 0, 0) == BC_OK);
    } else if (s.kind == BC_JOB_STREAM) {
        s.stream = bc_stream_new(4);
    }
    int64_t job = bc_engine_job_start(e, port, &s);
    CHECK((job > 0) == !here[port].job[role]);
    CHECK(job > 0 || job == (here[port].job[role] == CLOSING ? BC_EINVAL : BC_ESTATE));
    if (job <= 0) {
        bc_file_discard(s.file);
        bc_stream_free(s.stream);
        return;
    }
    running[running_count].id = job;
    running[running_count++].stream = s.stream;
    here[port].job[role] = job;
    started++;
}

static void act(bc_engine *e, bc_line *const *line, int *conf, int *party)
{
    int p = (int)dice(PORTS);
    bc_engine_statistics n;
    int16_t block[4 * BC_BLOCK] = {1, 2, 3};
    if (!here[p].open) {
        if (p < 2 * LINES)
            p = bc_engine_port_open(e, bc_line_ops(), bc_line_end(line[p / 2], p % 2));
        else {
            bc_ring_port *ring = bc_ring_port_new(2);
            p = bc_engine_port_open(e, bc_ring_port_ops(), ring);
            if (p >= 0)
                here[p].ring = ring;
            else
                bc_ring_port_free(ring);
        }
        if (p >= 0) {
            here[p].open = 1;
            opened++;
        }
        return;
    }
    switch (dice(22)) {
    case 0: case 1: case 2: case 3: start_one(e, p); break;
    case 4: bc_engine_port_detect(e, p, (int)dice(1024)); break;
    case 5:
        if (dice(2))
            bc_engine_port_secret(e, p, (int)dice(2));
        else if (dice(2))
            bc_engine_port_mute_digits(e, p, (int)dice(2));
        else
            bc_engine_port_late_digits(e, p, (int)dice(2));
        bc_engine_port_tones(e, p, (int)dice(4) - 1);
        if (dice(200) == 0) {
            int none = 1;
            bc_rx *rx = bc_mf_rx_new(BC_MF_R2_FORWARD, PORTS, BC_ISA_BEST, NULL, &none);
            if (bc_engine_tones(e, rx) < 0)
                bc_rx_free(rx);
        }
        break;
    case 6: bc_engine_listen(e, p, (int)dice(2 * PORTS) - 1); break;
    case 7: bc_engine_port_gain(e, p, (int)dice(9000), (int)dice(9000)); break;
    case 8: bc_engine_port_control(e, p, 1 + (int)dice(4), (int)dice(3) * 50, (int)dice(100)); break;
    case 9: bc_engine_port_clear_digits(e, p); break;
    case 10: case 11:
        if (running_count)
            CHECK(bc_engine_job_stop(e, running[dice((uint32_t)running_count)].id, BC_END_STOPPED) == BC_OK);
        break;
    case 12:
        if (dice(20) == 0 && bc_engine_port_close(e, p) == BC_OK)
            for (int role = 0; role < ROLES; role++)
                here[p].job[role] = CLOSING; /* the place is not free */
        break;
    case 13:
        if (*conf < 0)
            *conf = bc_engine_conf_open(e);
        else if (dice(10) == 0 && bc_engine_conf_close(e, *conf) == BC_OK)
            *conf = *party = -1;
        break;
    case 14:
        if (*conf >= 0 && *party < 0)
            *party = bc_engine_party_add(e, *conf, p, 4096, (int)dice(2), (int)dice(2));
        else if (*party >= 0 && dice(2))
            bc_engine_party_set(e, *party, (int)dice(9000), (int)dice(2));
        else if (*party >= 0 && bc_engine_party_remove(e, *party) == BC_OK)
            *party = -1;
        break;
    case 15: bc_engine_read_statistics(e, &n); break;
    case 16: case 17:
        if (running_count) {
            bc_stream *s = running[dice((uint32_t)running_count)].stream;
            if (s) {
                bc_stream_write(s, block, 4);
                bc_stream_read(s, block, 3);
            }
        }
        break;
    case 18: case 19:
        if (here[p].ring) {
            bc_ring_port_write(here[p].ring, block, 4);
            bc_ring_port_read(here[p].ring, block, 4);
        }
        break;
    default: look(e); break;
    }
}

static void hammer(int ms)
{
    bc_engine *e = real_engine(PORTS);
    bc_line *line[LINES];
    int error = 1, conf = -1, party = -1;
    bc_wav_writer *w = bc_wav_writer_open(name(1000), BC_WAV_PCM16, 0, &error);
    CHECK(w && bc_wav_writer_write(w, clip, 2400) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    bc_line_options o;
    bc_line_defaults(&o);
    o.noise_dbm0 = -60;
    for (int i = 0; i < LINES; i++)
        CHECK((line[i] = bc_line_new(&o, &error)));
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    for (int turn = 0;; turn++) {
        act(e, line, &conf, &party);
        if (turn % 64 == 0) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            if ((now.tv_sec - end.tv_sec) * 1000 + (now.tv_nsec - end.tv_nsec) / 1000000 > ms)
                break;
        }
        if (turn % 5000 == 4999) { /* stop and go on: nothing is lost */
            CHECK(bc_engine_stop(e) == BC_OK && bc_engine_stop(e) == BC_ESTATE);
            look(e);
            CHECK(bc_engine_start(e) == BC_OK);
        }
        if (dice(50) == 0)
            sleep_ms(1);
    }
    if (dice(2) == 0) { /* all in order, or whatever is left */
        for (int i = 0; i < PORTS; i++)
            if (here[i].open)
                bc_engine_port_close(e, i);
        for (int i = 0; i < 3000 && (closed < opened || ended < started); i++, sleep_ms(1))
            look(e);
        CHECK(closed == opened && ended == started && running_count == 0);
    }
    CHECK(started > 50 && ended > 50);
    bc_engine_free(e);
    for (int i = 0; i < PORTS; i++)
        bc_ring_port_free(here[i].ring);
    for (int i = 0; i < running_count; i++)
        bc_stream_free(running[i].stream);
    for (int i = 0; i < LINES; i++)
        bc_line_free(line[i]);
    memset(here, 0, sizeof here);
    running_count = unread = 0;
    started = ended = opened = closed = last = 0;
    for (int i = 0; i < PORTS; i++)
        unlink(name(i));
    unlink(name(1000));
}

/* ---- a control thread that sleeps ---- */
static _Atomic uint32_t wanted, shown;
static uint32_t blinking_sense(void *state)
{
    (void)state;
    uint32_t now = atomic_load(&wanted);
    atomic_store(&shown, now);
    return now;
}

static int nothing(void *state, int16_t *row)
{
    (void)state;
    (void)row;
    return 0;
}

static void nowhere(void *state, const int16_t *row)
{
    (void)state;
    (void)row;
}

/* 300 ms without a poll: each change of the line, in order; the ends of all jobs; the eventfd tells. */
static void stalled(void)
{
    static const bc_port_ops ops = {.receive = nothing, .transmit = nowhere, .sense = blinking_sense};
    bc_engine *e = real_engine(4);
    int port[4];
    for (int i = 0; i < 4; i++)
        CHECK((port[i] = bc_engine_port_open(e, &ops, &wanted)) >= 0);
    struct pollfd fd = {.fd = bc_engine_eventfd(e), .events = POLLIN};
    CHECK(poll(&fd, 1, 50) == 0);
    bc_job_spec s = {.kind = BC_JOB_COLLECT, .max_ticks = 5};
    int64_t job[4];
    for (int i = 0; i < 4; i++)
        CHECK((job[i] = bc_engine_job_start(e, port[i], &s)) > 0);
    uint32_t changes = 12;
    for (uint32_t i = 1; i <= changes; i++) {
        atomic_store(&wanted, i);
        while (atomic_load(&shown) != i)
            sleep_ms(2);
    }
    sleep_ms(150);
    CHECK(poll(&fd, 1, 0) == 1);
    told_count = 0;
    while (bc_engine_poll(e, told + told_count, 1) == 1) { /* more than fits keeps the eventfd ready */
        told_count++;
        CHECK(poll(&fd, 1, 0) == (told_count < 4 * (int)(changes + 1)));
    }
    CHECK(told_count == 4 * (int)(changes + 1));
    for (int i = 0; i < 4; i++) {
        CHECK(find_end(job[i]) && find_end(job[i])->a == BC_END_MAX_TIME && count_of(port[i], BC_EV_LINE) == (int)changes);
        for (uint32_t k = 0; k < changes; k++)
            CHECK(find(port[i], BC_EV_LINE, (int)k)->a == (int)k + 1);
    }
    CHECK(poll(&fd, 1, 50) == 0);
    bc_engine_free(e);
}

/* The clock of a second start: ticks that were done before are not late now. */
static void restart(void)
{
    bc_engine *e = real_engine(1);
    sleep_ms(400);
    CHECK(bc_engine_stop(e) == BC_OK);
    uint64_t before = bc_engine_tick(e);
    CHECK(before >= 20 && before <= 1000);
    bc_engine_statistics was, is;
    bc_engine_read_statistics(e, &was);
    CHECK(bc_engine_start(e) == BC_OK);
    double epoch_s = bc_engine_epoch_s(e);
    sleep_ms(400);
    CHECK(bc_engine_stop(e) == BC_OK);
    bc_engine_read_statistics(e, &is);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double due = ((double)now.tv_sec + (double)now.tv_nsec * 1e-9 - epoch_s) * 100;
    CHECK((double)bc_engine_tick(e) <= due + 0.1 && (double)bc_engine_tick(e) > due - 20);
    CHECK(is.late_ticks - was.late_ticks < (bc_engine_tick(e) - before) / 2);
    bc_engine_free(e);
}

/* More commands than the ring holds: they wait for the tick; with the threads stopped the ring is full at last. */
static void full_ring(void)
{
    bc_engine *e = real_engine(1);
    wire *w = wire_new();
    int port = port_open(e, w, 0);
    for (int i = 0; i < 20000; i++)
        CHECK(bc_engine_port_control(e, port, 1, i, 0) == BC_OK);
    CHECK(bc_engine_stop(e) == BC_OK);
    int result = BC_OK, count = 0;
    while ((result = bc_engine_port_control(e, port, 2, count, 0)) == BC_OK)
        CHECK(++count <= 8192);
    CHECK(result == BC_EFULL);
    /* What finds no room changes nothing. */
    bc_job_spec s = {.kind = BC_JOB_COLLECT};
    CHECK(bc_engine_job_start(e, port, &s) == BC_EFULL && bc_engine_port_open(e, &wire_ops, w) == BC_EFULL);
    CHECK(bc_engine_port_close(e, port) == BC_EFULL && bc_engine_slot_in(e, port) >= 0);
    int conf = bc_engine_conf_open(e);
    CHECK(bc_engine_party_add(e, conf, port, 1, 0, 0) == BC_EFULL && bc_engine_conf_close(e, conf) == BC_EFULL);
    CHECK(bc_engine_start(e) == BC_OK && bc_engine_job_start(e, port, &s) > 0);
    CHECK(bc_engine_stop(e) == BC_OK);
    CHECK(w->op == 2 && w->a == count - 1);
    bc_engine_free(e);
    free(w);
}

int main(void)
{
    CHECK(mkdtemp(folder));
    for (size_t i = 0; i < 2400; i++)
        clip[i] = count_up(i);
    for (int i = 0; i < 3; i++)
        hammer(400);
    stalled();
    restart();
    full_ring();
    CHECK(rmdir(folder) == 0);
    return 0;
}
