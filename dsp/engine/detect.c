/* detect.c - what ports hear: batched receivers on the bus, the lanes that ports have in them, and what their events do.

   A detector is one receiver with a lane for every port. The control thread makes it when it is first asked for and
   hands it over by command, so the tick never allocates. A lane is the lowest free one, so that groups stay full. */
#include <stdlib.h>

#include "bc_mf.h"
#include "bc_modem.h"
#include "internal.h"
#include "rx.h"

enum { LANE_EVENTS = 8 }; /* that a lane can have in a tick, with room to spare */

/* ---- control thread ------------------------------------------------------------------------------------------------ */
static bc_rx *receiver_of(const bc_engine *e, int which, int *error)
{
    switch (which) {
    case DETECTOR_DTMF: return bc_dtmf_rx_new(e->ports_max, e->isa, NULL, error);
    case DETECTOR_MODEM: return bc_modem_rx_new(e->ports_max, e->isa, NULL, error);
    case DETECTOR_R1: return bc_mf_rx_new(BC_MF_R1, e->ports_max, e->isa, NULL, error);
    case DETECTOR_R2F: return bc_mf_rx_new(BC_MF_R2_FORWARD, e->ports_max, e->isa, NULL, error);
    default: return bc_mf_rx_new(BC_MF_R2_BACKWARD, e->ports_max, e->isa, NULL, error);
    }
}

void detector_free(detector *d)
{
    if (!d)
        return;
    bc_rx_free(d->rx);
    free(d->lane_port);
    free(d->lane_row);
    free(d->lane_tick);
    free(d->events);
    free(d);
}

/* Around a receiver, which stays the caller's on failure. */
static detector *detector_new(const bc_engine *e)
{
    size_t lanes = (size_t)e->ports_max;
    detector *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->lane_port = calloc(lanes, sizeof *d->lane_port);
    d->lane_row = calloc(lanes, sizeof *d->lane_row);
    d->lane_tick = calloc(lanes, sizeof *d->lane_tick);
    d->events = calloc(LANE_EVENTS * lanes, sizeof *d->events);
    if (!d->lane_port || !d->lane_row || !d->lane_tick || !d->events) {
        detector_free(d);
        return NULL;
    }
    for (int32_t i = 0; i < e->ports_max; i++) {
        d->lane_port[i] = -1;
        d->lane_row[i] = slot_silence(e);
    }
    return d;
}

static int ear_of(int which)
{
    if (which >= DETECTOR_SETS)
        return EAR_TONES;
    return which == DETECTOR_DTMF ? EAR_DTMF : which == DETECTOR_MODEM ? EAR_MODEM : EAR_MF;
}

static int hand_over(bc_engine *e, int which, bc_rx *rx)
{
    detector *d = detector_new(e);
    if (!d)
        return BC_ENOMEM;
    d->rx = rx;
    d->ear = ear_of(which);
    int result = push_command(e, &(command){.op = OP_DETECTOR, .port = -1, .a = which, .pointer = d});
    if (!result) {
        e->made[which] = d;
        return BC_OK;
    }
    d->rx = NULL;
    detector_free(d);
    return result;
}

static int make_detector(bc_engine *e, int which)
{
    int error = BC_OK;
    if (e->made[which])
        return BC_OK;
    bc_rx *rx = receiver_of(e, which, &error);
    if (!rx)
        return error;
    error = hand_over(e, which, rx);
    if (error)
        bc_rx_free(rx);
    return error;
}

int bc_engine_tones(bc_engine *e, bc_rx *rx)
{
    if (!rx || bc_rx_lanes(rx) < e->ports_max)
        return BC_EINVAL;
    bc_rx_rest(rx); /* blocks can only be taken by one that holds nothing of a hop */
    for (int set = 0; set < BC_MAX_TONE_SETS; set++) {
        if (e->made[DETECTOR_SETS + set])
            continue;
        int result = hand_over(e, DETECTOR_SETS + set, rx);
        return result ? result : set;
    }
    return BC_EFULL;
}

int bc_engine_port_tones(bc_engine *e, int id, int set)
{
    bool known = set == -1 || (set >= 0 && set < BC_MAX_TONE_SETS && e->made[DETECTOR_SETS + set]);
    return known ? tell_port(e, id, OP_TONES, set, 0, 0) : BC_EINVAL;
}

static int mf_detector(uint32_t what)
{
    return what & BC_DETECT_R1 ? DETECTOR_R1 : what & BC_DETECT_R2_FORWARD ? DETECTOR_R2F : DETECTOR_R2B;
}

int bc_engine_port_detect(bc_engine *e, int id, int what)
{
    int mf = what & BC_DETECT_MF;
    if (what & ~BC_DETECT_ALL || (mf & (mf - 1)) || !port_ok(e, id))
        return BC_EINVAL;
    int result = BC_OK;
    if (what & BC_DETECT_DTMF)
        result = make_detector(e, DETECTOR_DTMF);
    if (!result && what & BC_DETECT_MODEM)
        result = make_detector(e, DETECTOR_MODEM);
    if (!result && mf)
        result = make_detector(e, mf_detector((uint32_t)what));
    return result ? result : tell_port(e, id, OP_DETECT, what, 0, 0);
}

size_t bc_engine_detector_bytes(const bc_engine *e, int what)
{
    static const int bit[DETECTOR_SETS] = {
        [DETECTOR_DTMF] = BC_DETECT_DTMF, [DETECTOR_MODEM] = BC_DETECT_MODEM, [DETECTOR_R1] = BC_DETECT_R1, [DETECTOR_R2F] = BC_DETECT_R2_FORWARD,
        [DETECTOR_R2B] = BC_DETECT_R2_BACKWARD};
    size_t bytes = 0;
    for (int i = 0; i < DETECTORS; i++)
        if (e->made[i] && what & (i < DETECTOR_SETS ? bit[i] : BC_DETECT_TONES))
            bytes += bc_rx_bytes(e->made[i]->rx);
    return bytes;
}

/* ---- lanes --------------------------------------------------------------------------------------------------------- */
static int wanted(const port *p, int ear)
{
    uint32_t what = p->closing ? 0 : p->detect;
    switch (ear) {
    case EAR_DTMF: return what & BC_DETECT_DTMF ? DETECTOR_DTMF : -1;
    case EAR_MODEM: return what & BC_DETECT_MODEM ? DETECTOR_MODEM : -1;
    case EAR_MF: return what & BC_DETECT_MF ? mf_detector(what) : -1;
    default: return what & BC_DETECT_TONES && p->tone_set >= 0 ? DETECTOR_SETS + p->tone_set : -1;
    }
}

static void lane_open(bc_engine *e, int32_t id, int ear, int which)
{
    detector *d = e->detector[which];
    int32_t lane = 0;
    while (lane < d->lanes_used && d->lane_port[lane] >= 0)
        lane++;
    if (lane == d->lanes_used)
        d->lanes_used++;
    d->lane_port[lane] = id;
    d->lane_row[lane] = slot_in(id);
    d->lane_tick[lane] = e->now;
    e->port[id].ear[ear] = (struct ear){.detector = which, .lane = lane};
    bc_rx_enable(d->rx, lane, 1);
}

static void lane_close(bc_engine *e, int32_t id, int ear)
{
    struct ear *at = &e->port[id].ear[ear];
    detector *d = e->detector[at->detector];
    bc_rx_enable(d->rx, at->lane, 0);
    d->lane_port[at->lane] = -1;
    d->lane_row[at->lane] = slot_silence(e);
    while (d->lanes_used > 0 && d->lane_port[d->lanes_used - 1] < 0)
        d->lanes_used--;
    at->detector = at->lane = -1;
    signals_cease(e, id, ear);
}

/* Open and close lanes until the port has those that it is to have. */
void lanes_switch(bc_engine *e, int32_t id)
{
    for (int ear = 0; ear < EARS; ear++) {
        int has = e->port[id].ear[ear].detector, wants = wanted(&e->port[id], ear);
        if (has == wants)
            continue;
        if (has >= 0)
            lane_close(e, id, ear);
        if (wants >= 0)
            lane_open(e, id, ear, wants);
    }
}

/* Does what the port hears now sound like a digit, whether one is on or not? As bc_rx_suspect. */
int sounds_like_digit(const bc_engine *e, const port *p)
{
    const struct ear *at = &p->ear[EAR_DTMF];
    return at->lane >= 0 ? bc_rx_suspect(e->detector[at->detector]->rx, at->lane) : 0;
}

/* Might it be one? */
bool digit_suspected(const bc_engine *e, const port *p) { return p->digit_on || sounds_like_digit(e, p); }

/* ---- the tick ------------------------------------------------------------------------------------------------------ */
static void run_detector(bc_engine *e, detector *d)
{
    int n = bc_rx_block(d->rx, e->bus, d->lane_row, d->events, LANE_EVENTS * e->ports_max);
    for (int i = 0; i < n; i++) {
        int32_t lane = d->events[i].lane;
        signal_heard(e, d->lane_port[lane], d->ear, d->lane_tick[lane], &d->events[i]);
    }
}

void detect_signals(bc_engine *e)
{
    for (int i = 0; i < DETECTORS; i++)
        if (e->detector[i] && e->detector[i]->lanes_used)
            run_detector(e, e->detector[i]);
}
