/* commands.c - the way from the control thread to the tick. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* A full ring is emptied within a tick: wait for that, but not for ever. */
int push_command(bc_engine *e, const command *c)
{
    uint32_t head = atomic_load_explicit(&e->command_head, memory_order_relaxed);
    for (int waited_ms = 0; head - atomic_load_explicit(&e->command_tail, memory_order_acquire) >= COMMANDS; waited_ms++) {
        if (e->options.virtual_time) {
            drain_commands(e);
            continue;
        }
        if (!e->running || waited_ms > 1000)
            return BC_EFULL;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    e->commands[head & (COMMANDS - 1)] = *c;
    atomic_store_explicit(&e->command_head, head + 1, memory_order_release);
    return BC_OK;
}

int32_t live_slot(const bc_engine *e, int32_t slot)
{
    if (slot < 0 || slot >= 2 * e->ports_max)
        return slot;
    const port *p = &e->port[slot / 2];
    return p->active && !p->closing ? slot : slot_silence(e);
}

/* Who hears or records a slot gets silence from now on: its number may be given to a stranger. */
static void detach(bc_engine *e, int32_t slot)
{
    for (int32_t i = 0; i < e->active_count; i++) {
        port *p = &e->port[e->active[i]];
        job *recording = p->jobs[ROLE_RECORD];
        if (p->listen == slot)
            p->listen = -1;
        if (p->source == slot)
            p->source = -1;
        if (recording && recording->spec.slot == slot)
            recording->spec.slot = slot_silence(e);
    }
}

static void port_open(bc_engine *e, const command *c)
{
    port *p = &e->port[c->port];
    p->listen = p->source = p->tone_set = -1;
    for (int ear = 0; ear < EARS; ear++)
        p->ear[ear] = (struct ear){-1, -1};
    memset(p->latch, 0, sizeof p->latch);
    p->detect = p->waiting = p->tones_on = p->modem_on = p->delay = 0;
    p->secret = p->secret_ends = p->mute_ends = p->digit_on = p->late = p->sound = p->tone = p->closing = false;
    p->due = 0;
    p->gain_in = p->gain_out = BC_GAIN_ONE;
    p->line_bits = p->digit_count = p->lost = p->sound_run = p->tone_run = p->tone_flip = 0;
    p->active = true;
    e->tap_count += p->tap;
    int32_t at = e->active_count++;
    for (; at > 0 && e->active[at - 1] > c->port; at--)
        e->active[at] = e->active[at - 1];
    e->active[at] = c->port;
}

static void port_close(bc_engine *e, const command *c)
{
    port *p = &e->port[c->port];
    if (!p->active || p->closing)
        return;
    p->closing = true;
    for (int role = 0; role < ROLES; role++)
        if (p->jobs[role])
            job_end(e, p->jobs[role], BC_END_HANGUP, 0);
    for (int32_t i = e->party_count - 1; i >= 0; i--)
        if (e->party[e->party_list[i]].port == c->port)
            party_drop(e, e->party_list[i]);
    detach(e, slot_in(c->port));
    detach(e, slot_media(c->port));
    p->detect = 0;
    lanes_switch(e, c->port);
    p->waiting = 0; /* BC_EV_CLOSED tells */
}

static void detect(bc_engine *e, const command *c)
{
    port *p = &e->port[c->port];
    uint32_t was = p->detect;
    p->detect = (uint32_t)c->a;
    if (!p->active || p->closing)
        return;
    lanes_switch(e, c->port);
    if (!(was & BC_DETECT_SOUND) && (p->detect & BC_DETECT_SOUND)) {
        p->sound = false;
        p->sound_run = 0;
    }
    if (!(was & BC_DETECT_TONE) && (p->detect & BC_DETECT_TONE)) {
        p->tone = false;
        p->tone_run = p->tone_flip = 0;
        memset(p->tone_tail, 0, sizeof p->tone_tail);
    }
}

static void execute(bc_engine *e, const command *c)
{
    port *p = c->port >= 0 ? &e->port[c->port] : NULL;
    job *j;
    switch (c->op) {
    case OP_PORT_OPEN: port_open(e, c); break;
    case OP_PORT_CLOSE: port_close(e, c); break;
    case OP_PORT_CONTROL:
        if (p->active && p->ops->control)
            p->ops->control(p->state, c->a, c->b, c->c);
        break;
    case OP_DETECT: detect(e, c); break;
    case OP_SECRET:
        p->secret_ends = !c->a && p->secret && p->digit_on; /* a key that is still down stays hidden until it is let go */
        p->secret = c->a || p->secret_ends;
        break;
    case OP_DETECTOR: e->detector[c->a] = c->pointer; break;
    case OP_TONES:
        p->tone_set = c->a;
        if (p->active)
            lanes_switch(e, c->port);
        break;
    case OP_LATE: p->late = c->a; break;
    case OP_MUTE: mute(p, c->a); break;
    case OP_CLEAR_DIGITS: p->digit_count = p->due = 0; break;
    case OP_GAIN:
        p->gain_in = c->a;
        p->gain_out = c->b;
        break;
    case OP_LISTEN: p->listen = live_slot(e, c->a); break;
    case OP_SOURCE: p->source = live_slot(e, c->a); break;
    case OP_JOB_START: job_begin(e, c->pointer, c->id); break;
    case OP_JOB_STOP:
        j = c->pointer;
        if (j->id == c->id)
            job_end(e, j, c->a, 0);
        break;
    case OP_CONF_CLOSE: detach(e, slot_conf(e, c->a)); break;
    case OP_PARTY_ADD: party_join(e, c->a, (int32_t)c->id, c->port, c->b, c->c & 1, c->c & 2); break;
    case OP_PARTY_SET:
        e->party[c->a].gain = c->b;
        e->party[c->a].listen_only = c->c & 1;
        break;
    case OP_PARTY_REMOVE: party_drop(e, c->a); break;
    default: break;
    }
}

void drain_commands(bc_engine *e)
{
    uint32_t tail = atomic_load_explicit(&e->command_tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&e->command_head, memory_order_acquire);
    COUNT(e, commands, head - tail);
    for (; tail != head; tail++)
        execute(e, &e->commands[tail & (COMMANDS - 1)]);
    atomic_store_explicit(&e->command_tail, tail, memory_order_release);
}
