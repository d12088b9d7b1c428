/* audio_ring.c - samples that a job plays from, or records to, in place of a file; the control thread has the other end.

   A recording is published as it is to a file: when it is older than the lag in which a digit may still be blanked or
   cut off. So whatever can be read is final. */
#include <stdlib.h>

#include "internal.h"

enum { RING_MIN = 2 * RECORD_LAG * BC_BLOCK, RING_MAX = 600 * BC_RATE_HZ };

bc_audio_ring *bc_audio_ring_new(int samples, int report)
{
    if (samples < RING_MIN || samples > RING_MAX || report < 1 || report > samples)
        return NULL;
    bc_audio_ring *r = aligned_alloc(64, (sizeof *r + 63) / 64 * 64);
    if (!r)
        return NULL;
    *r = (bc_audio_ring){.limit = (uint32_t)samples, .report = (uint32_t)report};
    if (bc_spsc_init(&r->ring, r->limit)) {
        free(r);
        return NULL;
    }
    return r;
}

void bc_audio_ring_free(bc_audio_ring *r)
{
    if (!r)
        return;
    bc_spsc_release(&r->ring);
    free(r);
}

/* What is held is a power of two and may be more than was asked for; the limit is what was asked for. */
uint32_t audio_ring_room(const bc_audio_ring *r) { return r->limit - bc_spsc_used(&r->ring); }

int bc_audio_ring_readable(const bc_audio_ring *r) { return (int)bc_spsc_used(&r->ring); }
int bc_audio_ring_writable(const bc_audio_ring *r) { return (int)audio_ring_room(r); }
uint64_t bc_audio_ring_underruns(const bc_audio_ring *r) { return atomic_load_explicit(&r->underruns, memory_order_relaxed); }

int bc_audio_ring_read(bc_audio_ring *r, int16_t *out, int n)
{
    int got = n > 0 ? (int)bc_spsc_get(&r->ring, out, (uint32_t)n) : 0;
    atomic_store_explicit(&r->told, false, memory_order_release); /* last: what was just taken up is not told again */
    return got;
}

int bc_audio_ring_write(bc_audio_ring *r, const int16_t *in, int n)
{
    if (atomic_load_explicit(&r->finished, memory_order_relaxed))
        return BC_ESTATE;
    uint32_t room = audio_ring_room(r);
    n = n < 0 ? 0 : (uint32_t)n > room ? (int)room : n;
    if (n > 0)
        bc_spsc_put(&r->ring, in, (uint32_t)n);
    atomic_store_explicit(&r->told, false, memory_order_release);
    return n;
}

void bc_audio_ring_finish(bc_audio_ring *r) { atomic_store_explicit(&r->finished, true, memory_order_release); }

/* ---- tick thread ----------------------------------------------------------------------------------------------- */
/* `ready` samples can be read or written: tell, once until the control thread has been there. */
static void tell(bc_engine *e, const job *j, uint32_t ready)
{
    bc_audio_ring *r = j->spec.ring;
    if (ready < r->report || atomic_load_explicit(&r->told, memory_order_acquire))
        return;
    atomic_store_explicit(&r->told, true, memory_order_release); /* before the event: its reader takes it back */
    if (!post(e, j->port, BC_EV_STREAM, false, j->id, bc_audio_ring_readable(r), bc_audio_ring_writable(r), 0, 0))
        atomic_store_explicit(&r->told, false, memory_order_release);
}

void audio_ring_recorded(bc_engine *e, const job *j) { tell(e, j, bc_spsc_used(&j->spec.ring->ring)); }

size_t audio_ring_play(bc_engine *e, const job *j, int16_t *row, bool *ended)
{
    bc_audio_ring *r = j->spec.ring;
    bool finished = atomic_load_explicit(&r->finished, memory_order_acquire); /* before what is left is counted */
    uint32_t used = bc_spsc_used(&r->ring);
    size_t n = bc_spsc_get(&r->ring, row, used < BC_BLOCK ? used : BC_BLOCK);
    *ended = finished && n == used;
    if (finished)
        return n;
    if (n < BC_BLOCK) {
        COUNT(e, play_underruns, 1);
        atomic_fetch_add_explicit(&r->underruns, 1, memory_order_relaxed);
    }
    tell(e, j, audio_ring_room(r));
    return n;
}
