/* mute.c - silence digits on the bus.

   A secret port is silent from the first suspicion of a digit on: nothing of it may pass, and speech that might be one
   loses a block now and then. Where digits are merely muted, what the line says is held back for two ticks. A block is
   silent if a digit was on when it came, or if it is suspicious and those held after it are likely to be a digit's, as they
   are before one is sure: so of a digit passes what is too short for suspicion, less than 5 ms, and speech is let be. */
#include <string.h>

#include "internal.h"

#define ROW_BYTES (BC_BLOCK * sizeof(int16_t))

void mute(port *p, bool on)
{
    p->mute_ends = !on && p->delay && p->digit_on; /* a key that is still down stays muted until it is let go */
    uint32_t delay = on || p->mute_ends ? BC_MUTE_TICKS : 0;
    if (delay == p->delay)
        return;
    p->delay = delay;
    for (int i = 0; i < BC_MUTE_TICKS; i++)
        p->held[i] = (held_block){.quiet = true};
}

/* How much later than it came is what a port has on the bus? */
uint32_t line_delay(const bc_engine *e, int32_t id)
{
    const port *p = &e->port[id];
    return p->delay + (p->tap && is_in_slot(e, p->source) ? e->port[p->source / 2].delay : 0);
}

static held_block *held_at(port *p, uint64_t tick) { return &p->held[tick % BC_MUTE_TICKS]; }

/* Its end is known to lie in that tick: what is held from after it was not that digit, but may be the next. */
void mute_until(const bc_engine *e, port *p, uint64_t last_tick)
{
    for (uint64_t back = 1; back <= p->delay && back <= e->now && e->now - back > last_tick; back++)
        held_at(p, e->now - back)->marks &= (uint8_t)~HELD_DIGIT;
}

static bool likely(uint8_t marks) { return marks & (HELD_LIKELY | HELD_DIGIT); }

/* Put on the bus what came BC_MUTE_TICKS ago, and hold what came now. */
static void pass_on(bc_engine *e, port *p, int32_t slot, uint8_t marks)
{
    held_block *due = held_at(p, e->now), now = {.quiet = e->quiet[slot], .marks = marks};
    bool since = likely(marks);
    for (uint64_t back = 1; back < BC_MUTE_TICKS; back++)
        since = since && likely(held_at(p, e->now - back)->marks);
    if (!now.quiet)
        memcpy(now.samples, slot_row(e, slot), ROW_BYTES);
    bool suspect = due->marks & HELD_SUSPECT;
    bool silent = due->marks & HELD_DIGIT || (suspect && (since || p->secret));
    if (due->quiet || silent) {
        silence(e, slot);
    } else {
        memcpy(slot_row(e, slot), due->samples, ROW_BYTES);
        e->quiet[slot] = 0;
    }
    *due = now;
}

void hush(bc_engine *e, int32_t id)
{
    port *p = &e->port[id];
    if (!p->secret && !p->delay)
        return;
    static const uint8_t marks[] = {0, HELD_SUSPECT, HELD_SUSPECT | HELD_LIKELY};
    if (p->delay)
        pass_on(e, p, slot_in(id), marks[sounds_like_digit(e, p)] | (p->digit_on ? HELD_DIGIT : 0));
    else if (digit_suspected(e, p))
        silence(e, slot_in(id));
}
