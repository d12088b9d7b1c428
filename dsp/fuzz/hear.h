/* hear.h - what the fuzz targets of batched receivers share. The includer defines LANES and EVENTS. */
#ifndef BC_FUZZ_HEAR_H
#define BC_FUZZ_HEAR_H
#include <stdlib.h>

#include "bc_rx.h"

#define MUST(condition)       \
    do {                      \
        if (!(condition))     \
            abort();          \
    } while (0)

/* Run n samples a lane, every lane on, and free the receiver. Cuts, shorter than `longest`, and room come from `seed`; no
   cuts and ample room for seed 0. */
static int hear(bc_rx *rx, const int16_t *in, size_t n, uint32_t longest, uint32_t seed, bc_rx_event *events)
{
    int count = 0, got = 1;
    MUST(rx);
    bc_rx_reset(rx);
    for (size_t at = 0; at < n || got > 0;) {
        seed = seed ? seed * 1664525u + 1013904223u : 0;
        size_t left = n - at, part = seed ? (seed >> 20) % longest : left, taken = 0;
        int room = seed ? 1 + (int)(seed >> 10 & 7) : EVENTS - count;
        part = part < left ? part : left;
        room = room < EVENTS - count ? room : EVENTS - count;
        got = bc_rx_process(rx, in + at, n, part, &taken, events + count, room);
        MUST(got >= 0 && got <= room && taken <= part);
        count += got;
        at += taken;
    }
    bc_rx_free(rx);
    return count;
}
#endif
