/* bc_line.h - the model of one subscriber's line: a pair of wires between a station and its exchange.

   Each end is an engine port. A signal crosses in the tick after it was sent, plus the line's delay: through the
   exchange's codec (its law), the loop's loss, noise from a seeded generator, and a hybrid's echo of what the end itself
   sent. Signalling crosses the same wires: the station's hook, the exchange's ringing, battery and polarity.
   Audio passes only while the loop is closed. Integer arithmetic: one seed, the same samples everywhere. */
#ifndef BC_LINE_H
#define BC_LINE_H
#include "bc_base.h"
#include "bc_engine.h"

/* CDEF */
#define BC_LINE_CODEC_NONE (-1)
typedef struct {
    uint64_t seed;
    int32_t codec;          /* BC_LAW_A, BC_LAW_MU, BC_LINE_CODEC_NONE */
    double loss_db;         /* each way, 0 to 40 */
    double noise_dbm0;      /* at each end; -96 or less: none */
    double delay_ms;        /* each way beyond the tick, 0 to 1000 */
    double echo_db;         /* return loss of each end's hybrid, 0 to 60; more: none */
    double echo_delay_ms;   /* 0 to 250 */
} bc_line_options;
typedef struct bc_line bc_line;
void bc_line_defaults(bc_line_options *options);
bc_line *bc_line_new(const bc_line_options *options, int *error);
void bc_line_free(bc_line *line);
#define BC_LINE_STATION 0
#define BC_LINE_EXCHANGE 1
/* The engine port of one end. */
const bc_port_ops *bc_line_ops(void);
void *bc_line_end(bc_line *line, int side);

/* Commands of an end, for bc_engine_port_control. */
#define BC_LINE_HOOK 1      /* station: a 1 closes the loop, 0 opens it */
#define BC_LINE_RING 2      /* exchange: a, b: ms on and off of the cadence; a 0 stops */
#define BC_LINE_BATTERY 3   /* exchange: a 0 none, 1 normal, 2 reversed */
#define BC_LINE_SET_CUT 4   /* either: a 1 cuts the wire, 0 mends it */
#define BC_LINE_RING_MORE 5 /* exchange: a, b: ms on and off of a second burst in each cycle of the ringing; a 0: none */
#define BC_LINE_PULSES 6    /* station: a (1 to 10) openings, one each b (50 to 200) ms for 3/5 of it, until a hook command */
/* END CDEF */
#endif
