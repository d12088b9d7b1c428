/* jobs.c - play, record, collect, send and stream: what they do with a block, and what ends them.

   In one tick the order is: digits, tones, sound, then time; the first rule satisfied ends the job and is reported with
   its place. A digit that a rule takes leaves the type-ahead buffer, unless the job is to keep it. */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define CLICK_TICKS 2     /* sound shorter than this does not end a silence */
#define HOLD_TICKS 6      /* a time-out waits this long for a digit that may be under way */

int digit_bit(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit == '*')
        return 10;
    if (digit == '#')
        return 11;
    return digit >= 'A' && digit <= 'D' ? digit - 'A' + 12 : -1;
}

static bool in_mask(uint32_t mask, uint8_t digit)
{
    int bit = digit_bit(digit);
    return bit >= 0 && (mask >> bit & 1u);
}

int job_role(int kind)
{
    switch (kind) {
    case BC_JOB_RECORD: return ROLE_RECORD;
    case BC_JOB_COLLECT: return ROLE_COLLECT;
    case BC_JOB_STREAM: return ROLE_STREAM;
    default: return ROLE_SEND;
    }
}

static void take_digit(port *p, uint32_t at)
{
    memmove(p->digits + at, p->digits + at + 1, --p->digit_count - at);
}

static void finish(bc_engine *e, job *j, int reason, int error)
{
    j->result.reason = reason;
    j->result.error = error;
    j->result.samples = j->at;
    j->result.end_tick = e->now + 1;
    j->state = JOB_ENDED;
}

static bc_spsc *record_ring(const job *j) { return j->spec.ring ? &j->spec.ring->ring : &j->spec.file->ring; }

static void record_commit(job *j, uint64_t upto)
{
    if (upto > j->committed) {
        bc_spsc_publish(record_ring(j), (uint32_t)(upto - j->committed));
        j->committed = upto;
    }
}

void job_end(bc_engine *e, job *j, int reason, int error)
{
    if (j->state != JOB_RUNNING)
        return;
    finish(e, j, reason, error);
    bc_file *f = j->spec.file;
    if (j->spec.kind == BC_JOB_RECORD) {
        record_commit(j, j->cut_sample < j->recorded ? j->cut_sample : j->recorded);
        if (f)
            j->state = JOB_FLUSHING; /* the end is told when the file is whole */
        else
            j->result.samples = j->committed;
    }
    if (f)
        file_finish(e, f);
}

/* A send or record job looks at a digit; true if it ended. */
static bool stops_on(bc_engine *e, job *j, uint8_t digit)
{
    j->digits_seen++;
    bool match = in_mask(j->spec.digit_mask, digit);
    if (!match && !(j->spec.max_digits && j->digits_seen >= j->spec.max_digits))
        return false;
    j->result.digit = digit;
    job_end(e, j, match ? BC_END_DIGIT : BC_END_MAX_DIGITS, 0);
    return true;
}

static void collect_take(bc_engine *e, port *p, job *j)
{
    while (j->state == JOB_RUNNING && p->digit_count) {
        uint8_t digit = p->digits[0];
        take_digit(p, 0);
        if (in_mask(j->spec.digit_mask, digit)) {
            j->result.digit = digit;
            job_end(e, j, BC_END_DIGIT, 0);
            return;
        }
        j->result.digits[j->result.digit_count++] = (char)digit;
        if (j->result.digit_count >= (j->spec.max_digits ? j->spec.max_digits : BC_MAX_DIGITS))
            job_end(e, j, BC_END_MAX_DIGITS, 0);
    }
}

/* reason: BC_END_TONE or BC_END_MODEM, which have masks of their own. */
static bool stops_on_tone(bc_engine *e, job *j, int reason, uint32_t tones)
{
    uint32_t found = tones & (reason == BC_END_MODEM ? j->spec.modem_mask : j->spec.tone_mask);
    if (!found || j->state != JOB_RUNNING)
        return false;
    j->result.tone = __builtin_ctz(found);
    job_end(e, j, reason, 0);
    return true;
}

/* A tone came on. */
void jobs_tone(bc_engine *e, port *p, int reason, int32_t tone)
{
    for (int role = 0; role < ROLES && (uint32_t)tone < 32; role++)
        if (p->jobs[role])
            stops_on_tone(e, p->jobs[role], reason, 1u << tone);
}

/* Digits waiting in the buffer, or a tone that is on, may end a job at its very start. */
static void look_back(bc_engine *e, port *p, job *j)
{
    if (j->spec.kind == BC_JOB_COLLECT)
        collect_take(e, p, j);
    if (stops_on_tone(e, j, BC_END_TONE, p->tones_on) || stops_on_tone(e, j, BC_END_MODEM, p->modem_on) ||
        j->spec.kind == BC_JOB_COLLECT)
        return;
    for (uint32_t i = 0; i < p->digit_count; i++)
        if (stops_on(e, j, p->digits[i])) {
            if (!j->spec.keep_digit)
                take_digit(p, i);
            return;
        }
}

void job_begin(bc_engine *e, job *j, int64_t id)
{
    port *p = &e->port[j->port];
    j->id = id;
    j->state = JOB_RUNNING;
    j->result.start_tick = j->digit_tick = e->now;
    p->jobs[job_role(j->spec.kind)] = j; /* free: the control thread saw to it */
    j->spec.slot = live_slot(e, j->spec.slot);
    look_back(e, p, j);
}

/* Where in its recording is what the port's line said in that tick? */
static uint64_t place_of(const bc_engine *e, const job *j, uint64_t tick)
{
    uint64_t on_bus = tick + line_delay(e, j->port);
    return on_bus > j->result.start_tick ? (on_bus - j->result.start_tick) * BC_BLOCK : 0;
}

/* A new digit, to the rules and then to the buffer. False if it found no room there and nobody took it. */
bool jobs_digit(bc_engine *e, int32_t id, uint8_t digit, uint64_t start_tick)
{
    port *p = &e->port[id];
    job *collect = p->jobs[ROLE_COLLECT];
    bool taken = false;
    for (int role = ROLE_SEND; role <= ROLE_RECORD; role++) {
        job *j = p->jobs[role];
        if (!j || j->state != JOB_RUNNING)
            continue;
        if (role == ROLE_RECORD)
            j->cut_sample = place_of(e, j, start_tick); /* the tone itself is not part of the message */
        bool stopped = stops_on(e, j, digit);
        taken = taken || (stopped && !j->spec.keep_digit);
        j->cut_sample = UINT64_MAX;
    }
    if (taken)
        return true;
    if (p->digit_count == BC_MAX_DIGITS)
        return false;
    p->digits[p->digit_count++] = digit;
    if (collect && collect->state == JOB_RUNNING) {
        collect->digit_tick = e->now;
        collect_take(e, p, collect);
    }
    return true;
}

static void sound_rules(bc_engine *e, job *j)
{
    if (!j || j->state != JOB_RUNNING)
        return;
    if (j->spec.nonsilence_ticks && j->loud >= j->spec.nonsilence_ticks)
        job_end(e, j, BC_END_NONSILENCE, 0);
    else if (j->spec.silence_ticks && j->silent >= j->spec.silence_ticks && !j->loud) /* not on what may be a click */
        job_end(e, j, BC_END_SILENCE, 0);
}

/* Sound or silence in this tick, to every job's count since its start. */
void jobs_sound(port *p, bool sound)
{
    for (int role = 0; role < ROLES; role++) {
        job *j = p->jobs[role];
        if (!j || j->state != JOB_RUNNING)
            continue;
        j->loud = sound ? j->loud + 1 : 0;
        if (j->loud > CLICK_TICKS)
            j->silent = 0;
        else
            j->silent++;
    }
}

static void time_rules(bc_engine *e, port *p, job *j)
{
    if (!j || j->state != JOB_RUNNING)
        return;
    uint64_t age = e->now - j->result.start_tick;
    int reason = 0;
    uint64_t over = 0;
    if (j->spec.kind == BC_JOB_COLLECT) {
        uint64_t quiet = e->now - j->digit_tick;
        if (p->digit_on)
            j->digit_tick = e->now; /* the pause begins when the key is let go */
        else if (!j->result.digit_count && j->spec.first_ticks && quiet >= j->spec.first_ticks)
            reason = BC_END_FIRST_TIMEOUT, over = quiet - j->spec.first_ticks;
        else if (j->result.digit_count && j->spec.inter_ticks && quiet >= j->spec.inter_ticks)
            reason = BC_END_INTER_TIMEOUT, over = quiet - j->spec.inter_ticks;
    }
    if (!reason && j->spec.max_ticks && age >= j->spec.max_ticks)
        reason = BC_END_MAX_TIME, over = age - j->spec.max_ticks;
    if (!reason)
        return;
    if (j->spec.kind == BC_JOB_COLLECT && over < HOLD_TICKS && digit_suspected(e, p))
        return;
    job_end(e, j, reason, 0);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */
/* One block to row: how many samples there were. *ended: nothing is left. */
static size_t play_block(bc_engine *e, job *j, int16_t *row, bool *ended)
{
    bc_file *f = j->spec.file;
    if (j->spec.ring)
        return audio_ring_play(e, j, row, ended);
    if (!f) {
        uint64_t from = j->spec.from_sample + j->at;
        uint64_t left = j->spec.clip_samples > from ? j->spec.clip_samples - from : 0;
        size_t n = left < BC_BLOCK ? (size_t)left : BC_BLOCK;
        if (n)
            memcpy(row, j->spec.clip + from, n * sizeof *row);
        *ended = n == left;
        return n;
    }
    bool at_end = atomic_load_explicit(&f->at_end, memory_order_acquire);
    uint32_t used = bc_spsc_used(&f->ring);
    if (used < BC_BLOCK && !at_end) {
        COUNT(e, play_underruns, 1);
        sem_post(&e->file_work);
        return 0; /* a gap, nothing played */
    }
    if (used < 40 * BC_BLOCK && !at_end)
        sem_post(&e->file_work);
    size_t n = bc_spsc_get(&f->ring, row, BC_BLOCK);
    *ended = at_end && n == used;
    return n;
}

static size_t produce(bc_engine *e, job *j, int16_t *row, bool *ended)
{
    size_t n;
    switch (j->spec.kind) {
    case BC_JOB_PLAY:
        return play_block(e, j, row, ended);
    case BC_JOB_DIGITS:
        n = bc_dtmf_tx_process(&j->dtmf, row, BC_BLOCK);
        *ended = n < BC_BLOCK;
        return n;
    default:
        bc_tone_process(&j->spec.tone, row, BC_BLOCK);
        return BC_BLOCK;
    }
}

static void stream_out(bc_engine *e, port *p, int16_t *row, bool silent)
{
    job *j = p->jobs[ROLE_STREAM];
    if (!j || j->state != JOB_RUNNING)
        return;
    bc_stream *s = j->spec.stream;
    int16_t block[BC_BLOCK];
    if (bc_spsc_used(&s->out) >= BC_BLOCK) {
        bc_spsc_get(&s->out, block, BC_BLOCK);
        if (silent)
            memcpy(row, block, sizeof block);
        else
            bc_mix_add(e->isa, row, row, block, BC_BLOCK);
        s->was_full_out = true;
    } else if (s->was_full_out) {
        COUNT(e, stream_underruns, 1);
        s->was_full_out = false;
    }
}

/* What the port's own resources send in this tick, to its media slot. */
void send_block(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    job *j = p->jobs[ROLE_SEND];
    if (j) {
        sound_rules(e, j);
        time_rules(e, p, j);
    }
    bool sends = j && j->state == JOB_RUNNING;
    if (!sends && !p->jobs[ROLE_STREAM]) {
        if (!e->quiet[slot_media(id)])
            memset(slot_row(e, slot_media(id)), 0, BC_BLOCK * sizeof(int16_t));
        e->quiet[slot_media(id)] = 1;
        return;
    }
    int16_t *row = slot_row(e, slot_media(id));
    bool ended = false;
    size_t n = sends ? produce(e, j, row, &ended) : 0;
    if (n < BC_BLOCK)
        memset(row + n, 0, (BC_BLOCK - n) * sizeof *row);
    if (sends)
        j->at += n;
    e->quiet[slot_media(id)] = 0;
    stream_out(e, p, row, !sends);
    if (ended) {
        int error = j->spec.file ? atomic_load_explicit(&j->spec.file->error, memory_order_relaxed) : 0;
        job_end(e, j, error ? BC_END_ERROR : BC_END_DATA, error);
    }
}

/* ---- after the block is on the bus -------------------------------------------------------------------------------- */
/* A digit that is to stop the recording at its end is cut off it: its tone waits, but not for what half the ring holds. */
static uint64_t commit_limit(const bc_engine *e, const job *j, uint32_t size)
{
    const port *p = &e->port[j->port];
    bool stops = p->due && (in_mask(j->spec.digit_mask, p->due) ||
                            (j->spec.max_digits && j->digits_seen + 1 >= j->spec.max_digits));
    return stops && j->recorded - j->committed < size / 2 ? place_of(e, j, p->due_tick) : UINT64_MAX;
}

static void commit_old(const bc_engine *e, job *j, uint32_t size)
{
    if (j->recorded < RECORD_LAG * BC_BLOCK)
        return;
    uint64_t upto = j->recorded - (RECORD_LAG - 1) * BC_BLOCK, limit = commit_limit(e, j, size);
    record_commit(j, upto < limit ? upto : limit);
}

static bool muted(const bc_engine *e, const job *j, int32_t slot)
{
    return j->spec.mute_digits && is_in_slot(e, slot) && e->port[slot / 2].digit_on;
}

static void record_block(bc_engine *e, int32_t id, job *j)
{
    int32_t slot = j->spec.slot >= 0 ? j->spec.slot : slot_in(id);
    bc_spsc *ring = record_ring(j);
    uint32_t staged = (uint32_t)(j->recorded - j->committed);
    uint32_t room = j->spec.ring ? audio_ring_room(j->spec.ring) : bc_spsc_room(ring);
    if (room < staged + BC_BLOCK) {
        COUNT(e, record_overruns, 1);
        if (j->spec.ring) { /* a gap would go unseen */
            job_end(e, j, BC_END_ERROR, ENOBUFS);
            return;
        }
    } else {
        bc_spsc_stage(ring, staged, muted(e, j, slot) ? NULL : slot_row(e, slot), BC_BLOCK);
        j->recorded += BC_BLOCK;
        j->at = j->recorded;
    }
    commit_old(e, j, j->spec.ring ? j->spec.ring->limit : ring->capacity);
    if (j->spec.ring) {
        audio_ring_recorded(e, j);
        return;
    }
    int error = atomic_load_explicit(&j->spec.file->error, memory_order_acquire);
    if (error)
        job_end(e, j, BC_END_ERROR, error);
}

/* A digit began at from_tick: silence what a recording of it still holds back. */
static void blank_lag(job *j, uint64_t from_tick)
{
    uint64_t from = from_tick > j->result.start_tick ? (from_tick - j->result.start_tick) * BC_BLOCK : 0;
    if (from < j->committed)
        from = j->committed;
    if (from < j->recorded)
        bc_spsc_stage(record_ring(j), (uint32_t)(from - j->committed), NULL, (uint32_t)(j->recorded - from));
}

/* What a tap has in this tick of a room may be older than the suspicion. */
static void blank_taps(bc_engine *e, int32_t port_id)
{
    for (int32_t i = 0; i < e->active_count; i++) {
        int32_t id = e->active[i];
        if (e->port[id].tap && id != port_id && carries(e, slot_in(id), port_id, CARRY_DEPTH))
            silence(e, slot_in(id));
    }
}

/* Of all recordings that carry the port, or only of those that are to mute digits. */
void record_blank(bc_engine *e, int32_t port_id, uint64_t from_tick, bool all)
{
    for (int32_t i = 0; i < e->active_count; i++) {
        job *j = e->port[e->active[i]].jobs[ROLE_RECORD];
        if (!j || j->state != JOB_RUNNING || !(all || j->spec.mute_digits))
            continue;
        int32_t slot = j->spec.slot >= 0 ? j->spec.slot : slot_in(e->active[i]);
        if (carries(e, slot, port_id, CARRY_DEPTH))
            blank_lag(j, from_tick);
    }
    if (e->tap_count && all)
        blank_taps(e, port_id);
}

static void stream_in(bc_engine *e, int32_t id, job *j)
{
    bc_stream *s = j->spec.stream;
    if (bc_spsc_room(&s->in) >= BC_BLOCK) {
        bc_spsc_put(&s->in, slot_row(e, slot_in(id)), BC_BLOCK);
        j->at += BC_BLOCK;
    } else {
        atomic_fetch_add_explicit(&s->dropped, 1, memory_order_relaxed);
        COUNT(e, stream_overruns, 1);
    }
    bool readable = bc_stream_readable(s) >= 2;
    bool room = atomic_load_explicit(&s->wants_room, memory_order_acquire) &&
                bc_spsc_room(&s->out) >= s->out.capacity / 2;
    if ((!readable && !room) || atomic_load_explicit(&s->told, memory_order_acquire))
        return;
    atomic_store_explicit(&s->told, true, memory_order_release); /* before the event: its reader takes them back */
    if (room)
        atomic_store_explicit(&s->wants_room, false, memory_order_release);
    if (post(e, id, BC_EV_STREAM, false, j->id, bc_stream_readable(s), bc_stream_writable(s), 0, 0))
        return;
    atomic_store_explicit(&s->told, false, memory_order_release);
    if (room)
        atomic_store_explicit(&s->wants_room, true, memory_order_release);
}

void after_block(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    job *j = p->jobs[ROLE_RECORD];
    if (j && j->state == JOB_RUNNING) {
        sound_rules(e, j);
        time_rules(e, p, j);
        if (j->state == JOB_RUNNING)
            record_block(e, id, j);
    }
    j = p->jobs[ROLE_COLLECT];
    if (j && j->state == JOB_RUNNING) {
        sound_rules(e, j);
        time_rules(e, p, j);
    }
    j = p->jobs[ROLE_STREAM];
    if (j && j->state == JOB_RUNNING) {
        time_rules(e, p, j);
        if (j->state == JOB_RUNNING)
            stream_in(e, id, j);
    }
}

/* Tell of ended jobs; one that finds no credit is told later. True if none is left. */
bool jobs_report(bc_engine *e, port *p)
{
    bool left = false;
    for (int role = 0; role < ROLES; role++) {
        job *j = p->jobs[role];
        if (j && j->state == JOB_FLUSHING) {
            bc_file *f = j->spec.file;
            if (atomic_load_explicit(&f->state, memory_order_acquire) == FILE_CLOSED) {
                int error = atomic_load_explicit(&f->error, memory_order_relaxed);
                j->result.samples = atomic_load_explicit(&f->written, memory_order_relaxed);
                if (error) {
                    j->result.reason = BC_END_ERROR;
                    j->result.error = error;
                }
                j->state = JOB_ENDED;
            }
        }
        if (j && j->state == JOB_ENDED &&
            post(e, j->port, BC_EV_JOB, true, j->id, j->result.reason, 0, 0, 0))
            p->jobs[role] = NULL;
        left = left || p->jobs[role];
    }
    return !left;
}
