/* rig.h - an engine in virtual time with ports whose line is an array: what the tests of the engine stand on. */
#ifndef BC_RIG_H
#define BC_RIG_H
#include <string.h>

#include "bc_dtmf.h"
#include "bc_engine.h"
#include "bc_mix.h"
#include "bc_port.h"
#include "check.h"

enum { WIRE_TICKS = 1200, RIG_EVENTS = 8192 };

/* What comes from the line in each tick since the port's opening, and what went to it. */
typedef struct {
    int16_t in[WIRE_TICKS][BC_BLOCK];
    int16_t out[WIRE_TICKS][BC_BLOCK];
    int sound_to;  /* ticks from which on nothing comes */
    int received, sent;
    uint32_t bits;
    int controls;
} wire;

static inline int wire_receive(void *state, int16_t *row)
{
    wire *w = state;
    int at = w->received++;
    if (at >= w->sound_to || at >= WIRE_TICKS)
        return 0;
    memcpy(row, w->in[at], sizeof w->in[at]);
    return 1;
}

static inline void wire_transmit(void *state, const int16_t *row)
{
    wire *w = state;
    if (w->sent < WIRE_TICKS) {
        if (row)
            memcpy(w->out[w->sent], row, sizeof w->out[0]);
        else
            memset(w->out[w->sent], 0, sizeof w->out[0]);
    }
    w->sent++;
}

static inline uint32_t wire_sense(void *state) { return ((wire *)state)->bits; }

static inline void wire_control(void *state, int op, int32_t a, int32_t b)
{
    wire *w = state;
    w->controls += op + a + b;
}

static const bc_port_ops wire_ops = {
    .receive = wire_receive, .transmit = wire_transmit, .sense = wire_sense, .control = wire_control};

/* From tick `at` on for `ticks`, a constant, loud enough to be told by its value. */
static inline void wire_level(wire *w, int at, int ticks, int16_t value)
{
    for (int t = at; t < at + ticks; t++)
        for (int i = 0; i < BC_BLOCK; i++)
            w->in[t][i] = value;
    if (w->sound_to < at + ticks)
        w->sound_to = at + ticks;
}

static inline void wire_tone(wire *w, int at, int ticks, double hz, double dbm0)
{
    bc_tone tone;
    CHECK(bc_tone_init(&tone, hz, dbm0, 0, 0) == BC_OK);
    bc_tone_process(&tone, w->in[at], (size_t)ticks * BC_BLOCK);
    if (w->sound_to < at + ticks)
        w->sound_to = at + ticks;
}

/* Keys from tick `at` on, 60 ms down and 60 ms up: 12 ticks each. */
static inline void wire_keys(wire *w, int at, const char *keys)
{
    bc_dtmf_tx tx;
    size_t n = strlen(keys);
    CHECK(bc_dtmf_tx_init(&tx, keys, n, 60, 60, -10, 0) == BC_OK);
    CHECK(at + 12 * (int)n <= WIRE_TICKS);
    bc_dtmf_tx_process(&tx, w->in[at], 12 * n * BC_BLOCK);
    if (w->sound_to < at + 12 * (int)n)
        w->sound_to = at + 12 * (int)n;
}

static bc_engine *engine;
static bc_event told[RIG_EVENTS];
static int told_count;

static inline void rig_open_options(const bc_engine_options *o)
{
    int error = 1;
    engine = bc_engine_new(o, &error);
    CHECK(engine && error == BC_OK);
    told_count = 0;
}

static inline void rig_open(int ports)
{
    bc_engine_options o;
    bc_engine_defaults(&o);
    o.max_ports = ports;
    o.virtual_time = 1;
    rig_open_options(&o);
}

static inline void rig_close(void)
{
    bc_engine_free(engine);
    engine = NULL;
}

static inline wire *wire_new(void)
{
    wire *w = calloc(1, sizeof *w);
    CHECK(w);
    return w;
}

static inline int rig_port(wire *w)
{
    int id = bc_engine_port_open(engine, &wire_ops, w);
    CHECK(id >= 0);
    return id;
}

static inline void rig_poll(void)
{
    CHECK(told_count + 256 <= RIG_EVENTS);
    for (int n; (n = bc_engine_poll(engine, told + told_count, 256)) > 0;)
        told_count += n;
}

/* So many ticks more, all events to `told`. */
static inline void rig_run(uint64_t ticks)
{
    uint64_t until = bc_engine_tick(engine) + ticks;
    do
        rig_poll();
    while (bc_engine_run(engine, until) < until);
    rig_poll();
}

static inline int rig_count(int kind, int port)
{
    int n = 0;
    for (int i = 0; i < told_count; i++)
        n += told[i].kind == kind && told[i].port == port;
    return n;
}

static inline const bc_event *rig_last(int kind, int port)
{
    const bc_event *last = NULL;
    for (int i = 0; i < told_count; i++)
        if (told[i].kind == kind && told[i].port == port)
            last = &told[i];
    CHECK(last);
    return last;
}

static inline int rig_ended(int64_t job)
{
    int n = 0;
    for (int i = 0; i < told_count; i++)
        n += told[i].kind == BC_EV_JOB && told[i].job == job;
    CHECK(n <= 1);
    return n;
}

/* The result of a job that has ended, told once. */
static inline bc_job_result rig_result(int64_t job, int reason)
{
    bc_job_result r;
    CHECK(rig_ended(job) == 1);
    CHECK(bc_engine_job_result(engine, job, &r) == BC_OK);
    CHECK(bc_engine_job_result(engine, job, &r) == BC_EINVAL);
    if (r.reason != reason)
        fprintf(stderr, "reason %d, not %d\n", r.reason, reason);
    CHECK(r.reason == reason);
    for (int i = 0; i < told_count; i++)
        if (told[i].kind == BC_EV_JOB && told[i].job == job)
            CHECK(told[i].a == reason && told[i].tick >= r.end_tick);
    return r;
}

static inline int64_t rig_job(int port, const bc_job_spec *spec)
{
    int64_t id = bc_engine_job_start(engine, port, spec);
    CHECK(id > 0);
    return id;
}

static inline uint32_t key_bit(char key)
{
    const char *at = strchr("0123456789*#ABCD", key);
    CHECK(at);
    return 1u << (at - "0123456789*#ABCD");
}

static inline bc_engine_statistics rig_statistics(void)
{
    bc_engine_statistics s;
    bc_engine_read_statistics(engine, &s);
    return s;
}
#endif
