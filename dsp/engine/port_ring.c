/* port_ring.c - port kind whose other side is the control thread: streamed audio of boards without a bus of ours. */
#include <stdlib.h>

#include "internal.h"

struct bc_ring_port {
    bc_spsc from_line, to_line;
    uint32_t depth;             /* samples */
    bool flowing;               /* [t] the ring was filled to its depth once since it last ran dry */
    _Atomic uint64_t slips;
};

bc_ring_port *bc_ring_port_new(int depth_blocks)
{
    if (depth_blocks < 1 || depth_blocks > 100)
        return NULL;
    bc_ring_port *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
    if (!p)
        return NULL;
    *p = (bc_ring_port){.depth = (uint32_t)depth_blocks * BC_BLOCK};
    if (bc_spsc_init(&p->from_line, 4 * p->depth) || bc_spsc_init(&p->to_line, 4 * p->depth)) {
        bc_ring_port_free(p);
        return NULL;
    }
    return p;
}

void bc_ring_port_free(bc_ring_port *p)
{
    if (!p)
        return;
    bc_spsc_release(&p->from_line);
    bc_spsc_release(&p->to_line);
    free(p);
}

static void slip(bc_ring_port *p) { atomic_fetch_add_explicit(&p->slips, 1, memory_order_relaxed); }

static int ring_receive(void *state, int16_t *row)
{
    bc_ring_port *p = state;
    uint32_t used = bc_spsc_used(&p->from_line);
    if (used > 2 * p->depth) {
        bc_spsc_drop(&p->from_line, BC_BLOCK);
        slip(p);
    }
    if (!p->flowing && used < p->depth)
        return 0;
    p->flowing = true;
    if (used < BC_BLOCK) {
        p->flowing = false;
        slip(p);
        return 0;
    }
    bc_spsc_get(&p->from_line, row, BC_BLOCK);
    return 1;
}

static void ring_transmit(void *state, const int16_t *row)
{
    static const int16_t silence[BC_BLOCK];
    bc_ring_port *p = state;
    if (bc_spsc_room(&p->to_line) < BC_BLOCK)
        slip(p);
    else
        bc_spsc_put(&p->to_line, row ? row : silence, BC_BLOCK);
}

static uint64_t ring_slips(const void *state)
{
    const bc_ring_port *p = state;
    return atomic_load_explicit(&p->slips, memory_order_relaxed);
}

const bc_port_ops *bc_ring_port_ops(void)
{
    static const bc_port_ops ops = {.receive = ring_receive, .transmit = ring_transmit, .slips = ring_slips};
    return &ops;
}

int bc_ring_port_write(bc_ring_port *p, const int16_t *in, int blocks)
{
    int done = 0;
    for (; done < blocks && bc_spsc_room(&p->from_line) >= BC_BLOCK; done++)
        bc_spsc_put(&p->from_line, in + (size_t)done * BC_BLOCK, BC_BLOCK);
    return done;
}

int bc_ring_port_read(bc_ring_port *p, int16_t *out, int blocks)
{
    int done = 0;
    for (; done < blocks && bc_spsc_used(&p->to_line) >= BC_BLOCK; done++)
        bc_spsc_get(&p->to_line, out + (size_t)done * BC_BLOCK, BC_BLOCK);
    return done;
}
