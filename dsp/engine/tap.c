/* tap.c - ports without a line whose `in` slot is a copy of another slot: the voice resources of a board's channels.

   Taps receive after all other ports, so that they have what came from a line in the same tick. Media and rooms are
   made later in the tick: of those a tap has what the last tick made. */
#include <string.h>

#include "internal.h"

bool is_in_slot(const bc_engine *e, int32_t slot)
{
    return slot >= 0 && slot < 2 * e->ports_max && slot == slot_in(slot / 2);
}

static void copy(bc_engine *e, const port *p, int32_t slot)
{
    int16_t *row = slot_row(e, slot);
    memcpy(row, slot_row(e, p->source), BC_BLOCK * sizeof *row);
    e->quiet[slot] = 0;
    if (p->gain_in != BC_GAIN_ONE)
        apply_gain(row, p->gain_in);
}

void receive_taps(bc_engine *e)
{
    for (int32_t i = 0; i < e->active_count; i++) {
        int32_t id = e->active[i];
        const port *p = &e->port[id];
        if (!p->tap)
            continue;
        if (p->closing || p->source < 0 || e->quiet[p->source])
            silence(e, slot_in(id));
        else
            copy(e, p, slot_in(id));
    }
}

/* A digit that was hushed on its line in this tick is hushed in its copies; what is held back there is late here too. */
void hush_taps(bc_engine *e)
{
    for (int32_t i = 0; i < e->active_count; i++) {
        int32_t id = e->active[i];
        const port *p = &e->port[id];
        if (!p->tap)
            continue;
        if (is_in_slot(e, p->source) && e->quiet[p->source])
            silence(e, slot_in(id));
        else if (is_in_slot(e, p->source) && e->port[p->source / 2].delay)
            copy(e, p, slot_in(id));
        hush(e, id);
    }
}

static bool room_carries(const bc_engine *e, int32_t slot, int32_t port_id, int depth)
{
    for (int32_t k = 0; k < e->party_count; k++) {
        const party *q = &e->party[e->party_list[k]];
        if (!q->listen_only && slot == slot_conf(e, q->conf) && carries(e, slot_in(q->port), port_id, depth))
            return true;
    }
    return false;
}

/* Is what a port's line says to be heard in this slot? Deeper than `depth` nobody looks. */
bool carries(const bc_engine *e, int32_t slot, int32_t port_id, int depth)
{
    if (slot == slot_in(port_id))
        return true;
    if (depth == 0)
        return false;
    if (is_in_slot(e, slot) && e->port[slot / 2].tap)
        return carries(e, e->port[slot / 2].source, port_id, depth - 1);
    return slot >= slot_conf(e, 0) && room_carries(e, slot, port_id, depth - 1);
}

/* ---- control thread -------------------------------------------------------------------------------------------- */
/* A tap receives and sends nothing by itself: the tick calls none of these but needs a port's kind. */
static int no_receive(void *state, int16_t *row)
{
    (void)state;
    (void)row;
    return 0;
}

static void no_transmit(void *state, const int16_t *row)
{
    (void)state;
    (void)row;
}

static const bc_port_ops tap_ops = {.receive = no_receive, .transmit = no_transmit};

int bc_engine_tap_open(bc_engine *e) { return open_port(e, &tap_ops, e, true); }

int bc_engine_tap_source(bc_engine *e, int id, int slot)
{
    /* A tap of a tap would have its sound in this tick or the next by the order of their numbers; of itself, for ever. */
    bool tap_of_tap = is_in_slot(e, slot) && e->port[slot / 2].tap;
    return !port_ok(e, id) || !e->port[id].tap || tap_of_tap || !slot_ok(e, slot) ? BC_EINVAL
                                                                                 : tell_port(e, id, OP_SOURCE, slot, 0, 0);
}
