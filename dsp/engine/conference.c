/* conference.c - rooms: a 32-bit sum of all who speak, to each party without itself. */
#include <string.h>

#include "internal.h"

static bool heard(const bc_engine *e, const party *q)
{
    return !q->listen_only && !e->quiet[slot_in(q->port)];
}

/* The parties list is ordered by room: [from, to) is one. */
static void mix_one(bc_engine *e, int32_t conf, int32_t from, int32_t to)
{
    int32_t *sum = e->sums;
    memset(sum, 0, BC_BLOCK * sizeof *sum);
    bool any = false;
    for (int32_t i = from; i < to; i++) {
        const party *q = &e->party[e->party_list[i]];
        if (!heard(e, q))
            continue;
        any = true;
        bc_mix_accumulate(e->isa, sum, slot_row(e, slot_in(q->port)), q->gain, BC_BLOCK);
    }
    int32_t out = slot_conf(e, conf);
    e->quiet[out] = !any;
    bc_mix_without(e->isa, slot_row(e, out), sum, NULL, 0, BC_BLOCK);
    for (int32_t i = from; i < to; i++) {
        const party *q = &e->party[e->party_list[i]];
        if (q->deaf)
            continue;
        int32_t slot = slot_party(e, e->party_list[i]);
        e->quiet[slot] = !any;
        bc_mix_without(e->isa, slot_row(e, slot), sum, heard(e, q) ? slot_row(e, slot_in(q->port)) : NULL, q->gain,
                       BC_BLOCK);
    }
}

void mix_conferences(bc_engine *e)
{
    for (int32_t from = 0, to; from < e->party_count; from = to) {
        int32_t conf = e->party[e->party_list[from]].conf;
        for (to = from; to < e->party_count && e->party[e->party_list[to]].conf == conf; to++)
            ;
        mix_one(e, conf, from, to);
    }
}

void party_join(bc_engine *e, int32_t id, int32_t conf, int32_t port_id, int32_t gain, bool listen_only, bool deaf)
{
    party *q = &e->party[id];
    if (!e->port[port_id].active || e->port[port_id].closing)
        return;
    q->conf = conf;
    q->port = port_id;
    q->gain = gain;
    q->listen_only = listen_only;
    q->deaf = deaf;
    q->active = true;
    int32_t at = e->party_count++;
    for (; at > 0 && e->party[e->party_list[at - 1]].conf > conf; at--)
        e->party_list[at] = e->party_list[at - 1];
    e->party_list[at] = id;
    if (!deaf)
        e->port[port_id].listen = slot_party(e, id);
}

/* Take a party out of its room; its line hears nothing until it is switched elsewhere. */
void party_drop(bc_engine *e, int32_t id)
{
    party *q = &e->party[id];
    if (!q->active)
        return;
    q->active = false;
    int32_t at = 0;
    while (e->party_list[at] != id)
        at++;
    memmove(&e->party_list[at], &e->party_list[at + 1], (size_t)(--e->party_count - at) * sizeof *e->party_list);
    memset(slot_row(e, slot_party(e, id)), 0, BC_ROW * sizeof(int16_t));
    e->quiet[slot_party(e, id)] = 1;
    port *p = &e->port[q->port];
    if (p->listen == slot_party(e, id))
        p->listen = -1;
    bool left = false;
    for (int32_t i = 0; i < e->party_count; i++)
        left = left || e->party[e->party_list[i]].conf == q->conf;
    if (!left) {
        memset(slot_row(e, slot_conf(e, q->conf)), 0, BC_ROW * sizeof(int16_t));
        e->quiet[slot_conf(e, q->conf)] = 1;
    }
}

int bc_engine_conf_open(bc_engine *e)
{
    for (int i = 0; i < MAX_CONFERENCES; i++) {
        if (e->conf[i].taken)
            continue;
        e->conf[i].taken = true;
        atomic_fetch_add_explicit(&e->n.conferences, 1, memory_order_relaxed);
        return i;
    }
    return BC_EFULL;
}

static bool conf_ok(const bc_engine *e, int conf) { return conf >= 0 && conf < MAX_CONFERENCES && e->conf[conf].taken; }
static bool party_ok(const bc_engine *e, int id) { return id >= 0 && id < MAX_PARTIES && e->party[id].taken; }

int bc_engine_conf_slot(const bc_engine *e, int conf) { return conf_ok(e, conf) ? slot_conf(e, conf) : BC_EINVAL; }

int bc_engine_conf_close(bc_engine *e, int conf)
{
    if (!conf_ok(e, conf))
        return BC_EINVAL;
    int result = BC_OK;
    for (int i = 0; i < MAX_PARTIES && !result; i++)
        if (e->party[i].taken && e->party[i].room == conf)
            result = bc_engine_party_remove(e, i);
    if (!result)
        result = push_command(e, &(command){.op = OP_CONF_CLOSE, .a = conf});
    if (result)
        return result;
    e->conf[conf].taken = false;
    atomic_fetch_sub_explicit(&e->n.conferences, 1, memory_order_relaxed);
    return BC_OK;
}

int bc_engine_party_add(bc_engine *e, int conf, int port_id, int32_t gain_q12, int listen_only, int deaf)
{
    if (!conf_ok(e, conf) || port_id < 0 || port_id >= e->ports_max || !e->port[port_id].open || e->port[port_id].shut ||
        gain_q12 < 0 || gain_q12 > 8 * BC_GAIN_ONE)
        return BC_EINVAL;
    for (int i = 0; i < MAX_PARTIES; i++) {
        party *q = &e->party[i];
        if (q->taken)
            continue;
        q->taken = true;
        q->room = conf;
        int result = push_command(e, &(command){.op = OP_PARTY_ADD, .port = port_id, .a = i, .b = gain_q12, .id = conf,
                                                .c = (listen_only ? 1 : 0) | (deaf ? 2 : 0)});
        if (result)
            q->taken = false;
        return result ? result : i;
    }
    return BC_EFULL;
}

int bc_engine_party_set(bc_engine *e, int id, int32_t gain_q12, int listen_only)
{
    if (!party_ok(e, id) || gain_q12 < 0 || gain_q12 > 8 * BC_GAIN_ONE)
        return BC_EINVAL;
    return push_command(e, &(command){.op = OP_PARTY_SET, .a = id, .b = gain_q12, .c = listen_only ? 1 : 0});
}

int bc_engine_party_remove(bc_engine *e, int id)
{
    if (!party_ok(e, id))
        return BC_EINVAL;
    int result = push_command(e, &(command){.op = OP_PARTY_REMOVE, .a = id});
    if (!result)
        e->party[id].taken = false; /* a new taker's command comes after this one's */
    return result;
}
