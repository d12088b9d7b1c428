/* engine.c - the engine's life, its threads, and the control thread's side of ports and jobs. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define TICK_NS 10000000
#define FILE_TICKS 10 /* a turn of the files every 100 ms */

void bc_engine_defaults(bc_engine_options *options)
{
    *options = (bc_engine_options){.max_ports = 4096, .isa = BC_ISA_BEST, .silence_dbm0 = -38.0, .tone_hz = 450.0,
                                     .tick_ns = TICK_NS};
}

static uint32_t power_of_two(uint32_t n)
{
    uint32_t p = 1024;
    while (p < n)
        p *= 2;
    return p;
}

static void *row_array(size_t rows)
{
    size_t bytes = rows * BC_ROW * sizeof(int16_t);
    void *memory = aligned_alloc(64, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

static bool allocate(bc_engine *e)
{
    size_t ports = (size_t)e->ports_max;
    e->slots = 2 * e->ports_max + MAX_PARTIES + MAX_CONFERENCES + 1;
    e->jobs_max = 4 * e->ports_max;
    e->event_reserved = (uint32_t)e->ports_max * BC_PORT_CREDITS;
    e->event_capacity = power_of_two(e->event_reserved + 1024);
    e->bus = row_array((size_t)e->slots);
    e->quiet = malloc((size_t)e->slots);
    e->sums = calloc(BC_ROW, sizeof *e->sums);
    e->port = calloc(ports, sizeof *e->port);
    e->active = calloc(ports, sizeof *e->active);
    e->job = calloc((size_t)e->jobs_max, sizeof *e->job);
    e->party = calloc(MAX_PARTIES, sizeof *e->party);
    e->party_list = calloc(MAX_PARTIES, sizeof *e->party_list);
    e->commands = calloc(COMMANDS, sizeof *e->commands);
    e->events = calloc(e->event_capacity, sizeof *e->events);
    return e->bus && e->quiet && e->sums && e->port && e->active && e->job && e->party && e->party_list &&
           e->commands && e->events;
}

static void release(bc_engine *e)
{
    for (int i = 0; i < DETECTORS; i++)
        detector_free(e->made[i]);
    void *all[] = {e->bus, e->quiet, e->sums, e->port, e->active, e->job, e->party, e->party_list, e->commands, e->events};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    if (e->event_fd >= 0)
        close(e->event_fd);
    sem_destroy(&e->file_work);
    free(e);
}

bc_engine *bc_engine_new(const bc_engine_options *options, int *error)
{
    bc_engine_options o;
    bc_engine_defaults(&o);
    if (options)
        o = *options;
    int isa = bc_isa_resolve(o.isa);
    if (isa < 0 || o.max_ports < 1 || o.max_ports > 65536 || !(o.silence_dbm0 >= -90 && o.silence_dbm0 <= 0) ||
        !(o.tone_hz > 100 && o.tone_hz < 3900) || o.tick_ns < 100000 || o.tick_ns > 1000000000) {
        *error = isa < 0 ? isa : BC_EINVAL;
        return NULL;
    }
    bc_engine *e = aligned_alloc(64, (sizeof *e + 63) / 64 * 64);
    if (!e) {
        *error = BC_ENOMEM;
        return NULL;
    }
    memset(e, 0, sizeof *e);
    e->options = o;
    e->isa = isa;
    e->ports_max = o.max_ports;
    e->job_free = -1;
    e->timer_fd = -1;
    sem_init(&e->file_work, 0, 0);
    e->event_fd = o.virtual_time ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if ((!o.virtual_time && e->event_fd < 0) || !allocate(e)) {
        *error = e->event_fd < 0 && !o.virtual_time ? BC_EIO : BC_ENOMEM;
        release(e);
        return NULL;
    }
    memset(e->quiet, 1, (size_t)e->slots);
    e->silence_energy = bc_energy_at(o.silence_dbm0, BC_BLOCK);
    e->tone_coefficient = (float)(2.0 * cos(2.0 * 3.14159265358979323846 * o.tone_hz / BC_RATE_HZ));
    *error = BC_OK;
    return e;
}

/* ---- time ---------------------------------------------------------------------------------------------------------- */
static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* Eight buckets an octave: the top three bits below the leading one. */
static int bucket(uint64_t ns)
{
    if (ns < 16)
        return (int)ns;
    int top = 63 - __builtin_clzll(ns);
    int index = 16 + (top - 4) * 8 + (int)(ns >> (top - 3) & 7);
    return index < HISTOGRAM ? index : HISTOGRAM - 1;
}

static uint64_t bucket_end(int index)
{
    if (index < 16)
        return (uint64_t)index;
    int top = (index - 16) / 8 + 4, part = (index - 16) % 8;
    return (1ull << top) + ((uint64_t)(part + 1) << (top - 3));
}

static void histogram_add(histogram *h, uint64_t ns)
{
    _Atomic uint64_t *count = &h->count[bucket(ns)];
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1, memory_order_relaxed);
    if (ns > atomic_load_explicit(&h->max, memory_order_relaxed))
        atomic_store_explicit(&h->max, ns, memory_order_relaxed);
}

static uint64_t histogram_p999(const histogram *h)
{
    uint64_t total = 0, above = 0;
    for (int i = 0; i < HISTOGRAM; i++)
        total += atomic_load_explicit(&h->count[i], memory_order_relaxed);
    for (int i = HISTOGRAM - 1; i >= 0; i--) {
        above += atomic_load_explicit(&h->count[i], memory_order_relaxed);
        if (above * 1000 > total)
            return bucket_end(i);
    }
    return 0;
}

static void timed_tick(bc_engine *e)
{
    uint64_t began = now_ns();
    do_tick(e);
    uint64_t took = now_ns() - began;
    COUNT(e, compute_ns, took);
    histogram_add(&e->compute, took);
}

static void tell(bc_engine *e)
{
    uint64_t one = 1;
    if (e->posted && write(e->event_fd, &one, sizeof one) != sizeof one)
        return; /* EAGAIN: 2^64 unread tellings, the reader is told already; else again in the next tick */
    e->posted = false;
}

static void *tick_loop(void *argument)
{
    bc_engine *e = argument;
    struct sched_param priority = {.sched_priority = 10};
    atomic_store(&e->n.realtime_priority, pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0);
    uint64_t tick_ns = (uint64_t)e->options.tick_ns, due = (uint64_t)(e->epoch_s * 1e9) + e->now * tick_ns;
    while (!atomic_load_explicit(&e->stop, memory_order_relaxed)) {
        uint64_t expired = 0;
        if (read(e->timer_fd, &expired, sizeof expired) != sizeof expired)
            continue;
        for (; expired && !atomic_load_explicit(&e->stop, memory_order_relaxed); expired--) {
            due += tick_ns;
            uint64_t now = now_ns(), late = now > due ? now - due : 0;
            histogram_add(&e->late, late);
            if (late > tick_ns)
                COUNT(e, late_ticks, 1);
            timed_tick(e);
            tell(e);
            if (e->now % FILE_TICKS == 0)
                sem_post(&e->file_work);
        }
    }
    return NULL;
}

/* The tick thread calls: a clock that somebody sets must not put off a recording. */
static void *file_loop(void *argument)
{
    bc_engine *e = argument;
    while (!atomic_load_explicit(&e->stop, memory_order_acquire)) {
        if (sem_wait(&e->file_work))
            continue; /* a signal */
        while (sem_trywait(&e->file_work) == 0)
            ;
        service_files(e);
    }
    return NULL;
}

static int no_start(bc_engine *e, int result)
{
    int kept = errno;
    if (e->timer_fd >= 0)
        close(e->timer_fd);
    e->timer_fd = -1;
    errno = kept;
    return result;
}

static int64_t ns_of(struct timespec t) { return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec; }

static struct timespec spec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
}

int bc_engine_start(bc_engine *e)
{
    if (e->options.virtual_time || e->running)
        return BC_ESTATE;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    e->epoch_s = (double)start.tv_sec + (double)start.tv_nsec * 1e-9 - (double)e->now * (double)e->options.tick_ns * 1e-9;
    struct timespec tick = spec_of(e->options.tick_ns);
    struct itimerspec timer = {.it_interval = tick, .it_value = spec_of(ns_of(start) + e->options.tick_ns)};
    e->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (e->timer_fd < 0 || timerfd_settime(e->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL) < 0)
        return no_start(e, BC_EIO);
    atomic_store(&e->stop, false);
    if (pthread_create(&e->file_thread, NULL, file_loop, e))
        return no_start(e, BC_ENOMEM);
    if (pthread_create(&e->tick_thread, NULL, tick_loop, e)) {
        atomic_store(&e->stop, true);
        sem_post(&e->file_work);
        pthread_join(e->file_thread, NULL);
        return no_start(e, BC_ENOMEM);
    }
    e->running = true;
    return BC_OK;
}

int bc_engine_stop(bc_engine *e)
{
    if (!e->running)
        return BC_ESTATE;
    atomic_store(&e->stop, true);
    sem_post(&e->file_work);
    pthread_join(e->tick_thread, NULL);
    pthread_join(e->file_thread, NULL);
    close(e->timer_fd);
    e->timer_fd = -1;
    e->running = false;
    return BC_OK;
}

void bc_engine_free(bc_engine *e)
{
    if (!e)
        return;
    bc_engine_stop(e);
    drain_commands(e);
    for (int32_t i = 0; i < e->active_count; i++)
        for (int role = 0; role < ROLES; role++)
            if (e->port[e->active[i]].jobs[role])
                job_end(e, e->port[e->active[i]].jobs[role], BC_END_HANGUP, 0);
    service_files(e);
    bury(e);
    for (int32_t i = 0; i < e->job_used; i++)
        if (e->job[i].taken && e->job[i].spec.file)
            bc_file_destroy(e->job[i].spec.file);
    release(e);
}

uint64_t bc_engine_run(bc_engine *e, uint64_t until)
{
    while (e->options.virtual_time && e->now < until &&
           atomic_load_explicit(&e->event_head, memory_order_relaxed) ==
               atomic_load_explicit(&e->event_tail, memory_order_relaxed)) {
        timed_tick(e);
        bool work = e->now % FILE_TICKS == 0;
        while (sem_trywait(&e->file_work) == 0)
            work = true;
        if (work)
            service_files(e);
    }
    return e->now;
}

int bc_engine_eventfd(const bc_engine *e) { return e->event_fd; }
uint64_t bc_engine_tick(const bc_engine *e) { return atomic_load_explicit(&e->tick, memory_order_acquire); }
double bc_engine_epoch_s(const bc_engine *e) { return e->epoch_s; }

void bc_engine_read_statistics(bc_engine *e, bc_engine_statistics *out)
{
#define READ(field) .field = atomic_load_explicit(&e->n.field, memory_order_relaxed)
    *out = (bc_engine_statistics){
        .ticks = bc_engine_tick(e), READ(late_ticks), READ(compute_ns), READ(port_ticks), READ(commands), READ(events),
        READ(events_dropped), READ(events_latched), READ(digits_lost), READ(play_underruns), READ(record_overruns),
        READ(stream_overruns), READ(stream_underruns), READ(file_writes), READ(file_errors), READ(file_late_ns_max),
        READ(ports), READ(jobs), READ(conferences), READ(files), READ(realtime_priority), .isa = e->isa,
        .compute_ns_max = atomic_load(&e->compute.max), .compute_ns_p999 = histogram_p999(&e->compute),
        .late_ns_max = atomic_load(&e->late.max), .late_ns_p999 = histogram_p999(&e->late),
    };
#undef READ
    out->slips = e->closed_slips;
    for (int32_t i = 0; i < e->ports_max; i++)
        if (e->port[i].open && e->port[i].ops->slips)
            out->slips += e->port[i].ops->slips(e->port[i].state);
}

/* ---- ports --------------------------------------------------------------------------------------------------------- */
bool port_ok(const bc_engine *e, int id) { return id >= 0 && id < e->ports_max && e->port[id].open && !e->port[id].shut; }

int open_port(bc_engine *e, const bc_port_ops *ops, void *state, bool tap)
{
    for (int32_t i = 0; i < e->ports_max; i++) {
        port *p = &e->port[i];
        if (p->open)
            continue;
        p->ops = ops; /* the tick thread looks at them from the command on */
        p->state = state;
        p->tap = tap;
        int result = push_command(e, &(command){.op = OP_PORT_OPEN, .port = i});
        if (result)
            return result;
        p->open = true;
        p->shut = false;
        atomic_fetch_add_explicit(&e->n.ports, 1, memory_order_relaxed);
        return i;
    }
    return BC_EFULL;
}

int bc_engine_port_open(bc_engine *e, const bc_port_ops *ops, void *state)
{
    return ops && state ? open_port(e, ops, state, false) : BC_EINVAL;
}

int tell_port(bc_engine *e, int id, int op, int32_t a, int32_t b, int32_t c)
{
    if (!port_ok(e, id))
        return BC_EINVAL;
    return push_command(e, &(command){.op = op, .port = id, .a = a, .b = b, .c = c});
}

int bc_engine_port_close(bc_engine *e, int id)
{
    int result = tell_port(e, id, OP_PORT_CLOSE, 0, 0, 0);
    if (!result) {
        e->port[id].shut = true;
        atomic_fetch_sub_explicit(&e->n.ports, 1, memory_order_relaxed);
    }
    return result;
}

int bc_engine_port_control(bc_engine *e, int id, int op, int32_t a, int32_t b)
{
    return tell_port(e, id, OP_PORT_CONTROL, op, a, b);
}

int bc_engine_port_secret(bc_engine *e, int id, int on) { return tell_port(e, id, OP_SECRET, on, 0, 0); }
int bc_engine_port_late_digits(bc_engine *e, int id, int late) { return tell_port(e, id, OP_LATE, late, 0, 0); }
int bc_engine_port_mute_digits(bc_engine *e, int id, int on) { return tell_port(e, id, OP_MUTE, on, 0, 0); }
int bc_engine_port_clear_digits(bc_engine *e, int id) { return tell_port(e, id, OP_CLEAR_DIGITS, 0, 0, 0); }

int bc_engine_port_gain(bc_engine *e, int id, int32_t in_q12, int32_t out_q12)
{
    bool ok = in_q12 >= 0 && in_q12 <= 8 * BC_GAIN_ONE && out_q12 >= 0 && out_q12 <= 8 * BC_GAIN_ONE;
    return ok ? tell_port(e, id, OP_GAIN, in_q12, out_q12, 0) : BC_EINVAL;
}

int bc_engine_slot_in(const bc_engine *e, int id) { return port_ok(e, id) ? slot_in(id) : BC_EINVAL; }
int bc_engine_slot_media(const bc_engine *e, int id) { return port_ok(e, id) ? slot_media(id) : BC_EINVAL; }

bool slot_ok(const bc_engine *e, int32_t slot)
{
    if (slot < 0 || slot >= slot_silence(e))
        return slot == -1 || slot == slot_silence(e);
    if (slot < 2 * e->ports_max)
        return port_ok(e, slot / 2);
    return slot < slot_conf(e, 0) ? e->party[slot - slot_party(e, 0)].taken : e->conf[slot - slot_conf(e, 0)].taken;
}

int bc_engine_listen(bc_engine *e, int id, int slot)
{
    return port_ok(e, id) && !e->port[id].tap && slot_ok(e, slot) ? tell_port(e, id, OP_LISTEN, slot, 0, 0) : BC_EINVAL;
}

/* ---- jobs ---------------------------------------------------------------------------------------------------------- */
static int64_t job_id(const job *j) { return (int64_t)j->generation << 20 | (j->index + 1); }

static job *find_job(bc_engine *e, int64_t id)
{
    int64_t index = (id & 0xfffff) - 1;
    if (id <= 0 || index < 0 || index >= e->job_used)
        return NULL;
    job *j = &e->job[index];
    return j->taken && job_id(j) == id ? j : NULL;
}

static job *take_job(bc_engine *e)
{
    if (e->job_free >= 0) {
        job *j = &e->job[e->job_free];
        e->job_free = j->next_free;
        return j;
    }
    if (e->job_used == e->jobs_max)
        return NULL;
    job *j = &e->job[e->job_used];
    j->index = e->job_used++;
    return j;
}

static void give_back(bc_engine *e, job *j)
{
    j->taken = false;
    j->generation++;
    j->next_free = e->job_free;
    e->job_free = j->index;
}

/* The state is the caller's to fill in, and the tick thread must neither overrun nor turn for ever on it. */
static bool tone_ok(const bc_tone *t)
{
    uint64_t whole = 0;
    if (t->segments > 4 || t->segment >= (t->segments ? t->segments : 1))
        return false;
    for (uint32_t i = 0; i < t->segments; i++)
        whole += (uint64_t)t->on[i] + t->off[i];
    return (whole || !t->segments) && t->amplitude[0] >= 0 && t->amplitude[0] <= INT16_MAX && t->amplitude[1] >= 0 &&
           t->amplitude[1] <= INT16_MAX;
}

static int check_spec(const bc_engine *e, const bc_job_spec *s)
{
    if (!s || (s->ring && (s->kind > BC_JOB_RECORD || s->file || s->clip || s->from_sample)))
        return BC_EINVAL;
    switch (s->kind) {
    case BC_JOB_PLAY:
        if (s->ring)
            return BC_OK;
        if (s->file)
            return s->file->kind == FILE_PLAY && s->from_sample <= s->file->samples ? BC_OK : BC_EINVAL;
        return s->clip && s->from_sample <= s->clip_samples ? BC_OK : BC_EINVAL;
    case BC_JOB_RECORD:
        if (!s->ring && !(s->file && s->file->kind == FILE_RECORD))
            return BC_EINVAL;
        return s->slot >= -1 && s->slot < e->slots ? BC_OK : BC_EINVAL;
    case BC_JOB_COLLECT: return s->max_digits <= BC_MAX_DIGITS ? BC_OK : BC_EINVAL;
    case BC_JOB_DIGITS: return s->digit_count <= BC_MAX_DIGITS ? BC_OK : BC_EINVAL;
    case BC_JOB_TONE: return tone_ok(&s->tone) ? BC_OK : BC_EINVAL;
    case BC_JOB_STREAM: return s->stream ? BC_OK : BC_EINVAL;
    default: return BC_EINVAL;
    }
}

static int prepare(job *j, const bc_job_spec *s)
{
    if (s->kind == BC_JOB_DIGITS)
        return bc_dtmf_tx_init(&j->dtmf, s->digits, s->digit_count, s->digit_on_ms, s->digit_off_ms,
                               s->digit_level_dbm0, s->digit_twist_db);
    return s->file ? bc_file_prefill(s->file, s->from_sample) : BC_OK;
}

int64_t bc_engine_job_start(bc_engine *e, int id, const bc_job_spec *spec)
{
    if (!port_ok(e, id) || check_spec(e, spec))
        return BC_EINVAL;
    port *p = &e->port[id];
    uint8_t role = (uint8_t)(1u << job_role(spec->kind));
    if ((p->roles_taken & role) || (spec->ring && spec->ring->taken))
        return BC_ESTATE;
    job *j = take_job(e);
    if (!j)
        return BC_EFULL;
    j->port = id;
    j->spec = *spec;
    j->result = (bc_job_result){.tone = -1};
    j->at = j->recorded = j->committed = 0;
    j->silent = j->loud = j->digits_seen = 0;
    j->cut_sample = UINT64_MAX;
    j->reported = false;
    int result = prepare(j, spec);
    if (!result)
        result = push_command(e, &(command){.op = OP_JOB_START, .port = id, .id = job_id(j), .pointer = j});
    if (result) {
        give_back(e, j);
        return result;
    }
    j->taken = true;
    p->roles_taken |= role;
    if (spec->file)
        file_hand_over(e, spec->file);
    if (spec->ring)
        spec->ring->taken = true;
    atomic_fetch_add_explicit(&e->n.jobs, 1, memory_order_relaxed);
    return job_id(j);
}

int bc_engine_job_stop(bc_engine *e, int64_t id, int reason)
{
    job *j = find_job(e, id);
    if (!j || (reason != BC_END_STOPPED && reason != BC_END_HANGUP))
        return BC_EINVAL;
    return push_command(e, &(command){.op = OP_JOB_STOP, .port = j->port, .a = reason, .id = id, .pointer = j});
}

int bc_engine_job_result(bc_engine *e, int64_t id, bc_job_result *out)
{
    job *j = find_job(e, id);
    if (!j || !j->reported)
        return BC_EINVAL;
    *out = j->result;
    memset(&j->result, 0, sizeof j->result); /* digits do not linger */
    if (j->spec.file) {
        j->spec.file->grave = e->graves;
        e->graves = j->spec.file;
        bury(e);
    }
    give_back(e, j);
    atomic_fetch_sub_explicit(&e->n.jobs, 1, memory_order_relaxed);
    return BC_OK;
}
