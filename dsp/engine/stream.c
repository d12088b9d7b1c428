/* stream.c - live audio between a port and the control thread. */
#include <stdlib.h>

#include "internal.h"

bc_stream *bc_stream_new(int blocks)
{
    if (blocks < 4 || blocks > 3000)
        return NULL;
    bc_stream *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);
    if (!s)
        return NULL;
    *s = (bc_stream){0};
    if (bc_spsc_init(&s->in, (uint32_t)blocks * BC_BLOCK) || bc_spsc_init(&s->out, (uint32_t)blocks * BC_BLOCK)) {
        bc_stream_free(s);
        return NULL;
    }
    return s;
}

void bc_stream_free(bc_stream *s)
{
    if (!s)
        return;
    bc_spsc_release(&s->in);
    bc_spsc_release(&s->out);
    free(s);
}

int bc_stream_readable(const bc_stream *s) { return (int)(bc_spsc_used(&s->in) / BC_BLOCK); }
int bc_stream_writable(const bc_stream *s) { return (int)(bc_spsc_room(&s->out) / BC_BLOCK); }
uint64_t bc_stream_dropped(const bc_stream *s) { return atomic_load_explicit(&s->dropped, memory_order_relaxed); }

int bc_stream_read(bc_stream *s, int16_t *out, int blocks)
{
    atomic_store_explicit(&s->told, false, memory_order_release);
    int ready = bc_stream_readable(s);
    if (ready > blocks)
        ready = blocks;
    return ready > 0 ? (int)bc_spsc_get(&s->in, out, (uint32_t)ready * BC_BLOCK) / BC_BLOCK : 0;
}

int bc_stream_write(bc_stream *s, const int16_t *in, int blocks)
{
    int room = bc_stream_writable(s);
    int n = room < blocks ? room : blocks;
    if (n > 0)
        bc_spsc_put(&s->out, in, (uint32_t)n * BC_BLOCK);
    if (n < blocks) {
        atomic_store_explicit(&s->wants_room, true, memory_order_release);
        atomic_store_explicit(&s->told, false, memory_order_release);
    }
    return n;
}
