#include <stdlib.h>
#include <string.h>

#include "internal.h"

int bc_spsc_init(bc_spsc *r, uint32_t min_samples)
{
    uint32_t capacity = 256;
    while (capacity < min_samples)
        capacity *= 2;
    r->data = calloc(capacity, sizeof *r->data);
    r->capacity = capacity;
    atomic_init(&r->head, 0);
    atomic_init(&r->tail, 0);
    return r->data ? BC_OK : BC_ENOMEM;
}

void bc_spsc_release(bc_spsc *r)
{
    free(r->data);
    r->data = NULL;
}

uint32_t bc_spsc_used(const bc_spsc *r)
{
    return atomic_load_explicit(&r->head, memory_order_acquire) - atomic_load_explicit(&r->tail, memory_order_acquire);
}

uint32_t bc_spsc_room(const bc_spsc *r) { return r->capacity - bc_spsc_used(r); }

/* Write beyond the head, where the consumer does not look yet; the caller knows that there is room. NULL: zeros. */
void bc_spsc_stage(bc_spsc *r, uint32_t offset, const int16_t *in, uint32_t n)
{
    uint32_t at = (atomic_load_explicit(&r->head, memory_order_relaxed) + offset) & (r->capacity - 1);
    uint32_t first = r->capacity - at < n ? r->capacity - at : n;
    if (in) {
        memcpy(r->data + at, in, first * sizeof *in);
        memcpy(r->data, in + first, (n - first) * sizeof *in);
    } else {
        memset(r->data + at, 0, first * sizeof *in);
        memset(r->data, 0, (n - first) * sizeof *in);
    }
}

void bc_spsc_publish(bc_spsc *r, uint32_t n)
{
    atomic_store_explicit(&r->head, atomic_load_explicit(&r->head, memory_order_relaxed) + n, memory_order_release);
}

uint32_t bc_spsc_put(bc_spsc *r, const int16_t *in, uint32_t n)
{
    uint32_t room = bc_spsc_room(r);
    if (n > room)
        n = room;
    bc_spsc_stage(r, 0, in, n);
    bc_spsc_publish(r, n);
    return n;
}

uint32_t bc_spsc_get(bc_spsc *r, int16_t *out, uint32_t n)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t used = atomic_load_explicit(&r->head, memory_order_acquire) - tail;
    if (n > used)
        n = used;
    uint32_t at = tail & (r->capacity - 1), first = r->capacity - at < n ? r->capacity - at : n;
    memcpy(out, r->data + at, first * sizeof *out);
    memcpy(out + first, r->data, (n - first) * sizeof *out);
    atomic_store_explicit(&r->tail, tail + n, memory_order_release);
    return n;
}

void bc_spsc_drop(bc_spsc *r, uint32_t n)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    atomic_store_explicit(&r->tail, tail + n, memory_order_release);
}
