/* wire.h - an engine in virtual time and a port kind whose line is two arrays: what it says and what it heard. */
#ifndef BC_TEST_WIRE_H
#define BC_TEST_WIRE_H
#include <string.h>

#include "bc_dtmf.h"
#include "bc_engine.h"
#include "bc_mix.h"
#include "bc_port.h"
#include "check.h"

#define WIRE_TICKS 1000 /* of what is heard; what is said comes round again after as many */
typedef struct {
    int16_t says[WIRE_TICKS * BC_BLOCK];
    int16_t heard[WIRE_TICKS * BC_BLOCK];
    uint8_t spoke[WIRE_TICKS]; /* 1: the engine sent samples, 0: it sent silence */
    uint32_t received, sent;   /* ticks */
    int mute;                  /* receive says: silence */
    uint32_t bits;
    int op;
    int32_t a, b;
    uint64_t slips;
} wire;

static int wire_receive(void *state, int16_t *row)
{
    wire *w = state;
    memcpy(row, w->says + (size_t)(w->received++ % WIRE_TICKS) * BC_BLOCK, BC_BLOCK * sizeof *row);
    return !w->mute;
}

static void wire_transmit(void *state, const int16_t *row)
{
    wire *w = state;
    int16_t *place = w->heard + (size_t)(w->sent % WIRE_TICKS) * BC_BLOCK;
    w->spoke[w->sent++ % WIRE_TICKS] = row != NULL;
    if (row)
        memcpy(place, row, BC_BLOCK * sizeof *row);
    else
        memset(place, 0, BC_BLOCK * sizeof *place);
}

static uint32_t wire_sense(void *state) { return ((wire *)state)->bits; }

static void wire_control(void *state, int op, int32_t a, int32_t b)
{
    wire *w = state;
    w->op = op;
    w->a = a;
    w->b = b;
}

static uint64_t wire_slips(const void *state) { return ((const wire *)state)->slips; }

static const bc_port_ops wire_ops = {wire_receive, wire_transmit, wire_sense, wire_control, wire_slips};

__attribute__((unused)) static wire *wire_new(void)
{
    wire *w = calloc(1, sizeof *w);
    CHECK(w);
    return w;
}

/* ---- what a wire says ---- */
__attribute__((unused)) static void say_keys(wire *w, int at_ms, const char *keys, double on_ms, double off_ms)
{
    bc_dtmf_tx tx;
    CHECK(bc_dtmf_tx_init(&tx, keys, strlen(keys), on_ms, off_ms, -8, 0) == BC_OK);
    size_t at = (size_t)at_ms * 8;
    bc_dtmf_tx_process(&tx, w->says + at, sizeof w->says / sizeof *w->says - at);
}

__attribute__((unused)) static void say_tone(wire *w, int at_ms, int ms, double freq_hz, double level_dbm0)
{
    bc_tone tone;
    CHECK(bc_tone_init(&tone, freq_hz, level_dbm0, 0, 0) == BC_OK);
    bc_tone_process(&tone, w->says + (size_t)at_ms * 8, (size_t)ms * 8);
}

/* A different value in every sample of every tick, none of them zero. */
static inline int16_t count_up(size_t i) { return (int16_t)(1 + i % 30011); }

__attribute__((unused)) static void say_count(wire *w)
{
    for (size_t i = 0; i < sizeof w->says / sizeof *w->says; i++)
        w->says[i] = count_up(i);
}

__attribute__((unused)) static int peak(const int16_t *in, size_t n)
{
    int most = 0;
    for (size_t i = 0; i < n; i++)
        most = abs(in[i]) > most ? abs(in[i]) : most;
    return most;
}

/* ---- the engine, and all that it told ---- */
static bc_event told[20000];
static int told_count;

__attribute__((unused)) static bc_engine *engine_new(int max_ports)
{
    bc_engine_options options;
    bc_engine_defaults(&options);
    options.max_ports = max_ports;
    options.virtual_time = 1;
    int error = 1;
    bc_engine *e = bc_engine_new(&options, &error);
    CHECK(e && error == BC_OK);
    told_count = 0;
    return e;
}

__attribute__((unused)) static int port_open(bc_engine *e, wire *w, int detect)
{
    int port = bc_engine_port_open(e, &wire_ops, w);
    CHECK(port >= 0 && (!detect || bc_engine_port_detect(e, port, detect) == BC_OK));
    return port;
}

static void take_events(bc_engine *e)
{
    int n;
    while ((n = bc_engine_poll(e, told + told_count, 16)) > 0) {
        told_count += n;
        CHECK(told_count < (int)(sizeof told / sizeof *told) - 16);
    }
    CHECK(n == 0);
}

/* Run until `until` ticks are done in all. */
__attribute__((unused)) static void run_to(bc_engine *e, uint64_t until)
{
    while (bc_engine_run(e, until) < until)
        take_events(e);
    take_events(e);
}

__attribute__((unused)) static const bc_event *find(int port, int kind, int nth)
{
    for (int i = 0; i < told_count; i++)
        if (told[i].port == port && told[i].kind == kind && nth-- == 0)
            return &told[i];
    return NULL;
}

__attribute__((unused)) static int count_of(int port, int kind)
{
    int n = 0;
    while (find(port, kind, n))
        n++;
    return n;
}

__attribute__((unused)) static const bc_event *find_end(int64_t job)
{
    const bc_event *found = NULL;
    for (int i = 0; i < told_count; i++)
        if (told[i].kind == BC_EV_JOB && told[i].job == job) {
            CHECK(!found); /* exactly once */
            found = &told[i];
        }
    return found;
}

/* Start a job, run for at most so many ticks, read its result. */
__attribute__((unused)) static bc_job_result outcome(bc_engine *e, int64_t job, uint64_t within)
{
    CHECK(job > 0);
    uint64_t until = bc_engine_tick(e) + within;
    take_events(e);
    while (!find_end(job) && bc_engine_tick(e) < until) {
        bc_engine_run(e, until);
        take_events(e);
    }
    CHECK(find_end(job));
    bc_job_result r;
    CHECK(bc_engine_job_result(e, job, &r) == BC_OK);
    CHECK(r.reason == find_end(job)->a && r.start_tick <= r.end_tick && r.end_tick <= bc_engine_tick(e));
    return r;
}
#endif
