/* bc_port.h - what a port kind gives the engine. All of it runs on the tick thread: no allocation, no blocking. */
#ifndef BC_PORT_H
#define BC_PORT_H
#include "bc_engine.h"

struct bc_port_ops {
    /* One block from the line. 1: row is filled; 0: silence, row untouched. */
    int (*receive)(void *state, int16_t *row);
    /* One block to the line; NULL is silence. */
    void (*transmit)(void *state, const int16_t *row);
    /* Line state bits now; NULL if the kind has no line. */
    uint32_t (*sense)(void *state);
    /* A command of the kind's own. */
    void (*control)(void *state, int op, int32_t a, int32_t b);
    /* Blocks slipped so far; NULL if it cannot slip. */
    uint64_t (*slips)(const void *state);
};
#endif
