/* fuzz_mf.c - arbitrary samples, cut anywhere, must give the events of one piece, and sane ones. */
#include <stdlib.h>
#include <string.h>

#include "bc_mf.h"

enum { LANES = 3, MOST = 20000, CUT = 200, EVENTS = 4 * LANES * (MOST / BC_BLOCK + 1) };

#include "hear.h"

static bc_rx *receiver(int kind, int isa)
{
    int error = 1;
    bc_rx *rx = bc_mf_rx_new(kind, LANES, isa, NULL, &error);
    MUST(rx && error == BC_OK);
    return rx;
}

static void sane(const bc_rx_event *events, int count, size_t n)
{
    const bc_rx_event *open[LANES] = {0};
    for (int i = 0; i < count; i++) {
        const bc_rx_event *e = &events[i];
        MUST(e->lane >= 0 && e->lane < LANES && e->at <= n && e->start <= e->at && e->duration <= e->at);
        MUST(e->code >= 1 && e->code <= 15);
        MUST(e->level_dbm0 > -61 && e->level_dbm0 < 10 && e->detail > -10 && e->detail < 10);
        MUST(i == 0 || events[i - 1].at <= e->at);
        if (e->kind == BC_RX_BEGIN) {
            MUST(!open[e->lane]);
            open[e->lane] = e;
        } else {
            MUST(e->kind == BC_RX_END && open[e->lane]);
            MUST(open[e->lane]->code == e->code && open[e->lane]->start == e->start);
            open[e->lane] = NULL;
        }
    }
}

/* Signals over samples that are made softer, so that there is something to hear. */
static void send(int kind, const uint8_t *data, int lane, int16_t *in, size_t n)
{
    bc_mf_tx t;
    uint8_t signals[4];
    int16_t tone[200];
    for (int i = 0; i < 4; i++)
        signals[i] = (uint8_t)(1 + data[4 + (lane + i) % 6] % 15);
    MUST(bc_mf_tx_init(&t, kind, signals, 4, 20 + (data[5] & 63), 100, data[6] & 63, -(double)(data[7] & 63), 0) ==
         BC_OK);
    for (size_t at = 0, got = 1; at < n && got; at += got) {
        got = bc_mf_tx_process(&t, tone, n - at < 200 ? n - at : 200);
        for (size_t i = 0; i < got; i++) {
            int x = in[at + i] / (1 + (data[8] & 255)) + tone[i];
            in[at + i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t in[MOST];
    static bc_rx_event whole[EVENTS], parts[EVENTS];
    uint32_t seed;
    if (size < sizeof seed + 2 * LANES)
        return 0;
    memcpy(&seed, data, sizeof seed);
    int kind = (int)((seed >> 1) % 3);
    size_t octets = size - sizeof seed < sizeof in ? size - sizeof seed : sizeof in;
    size_t n = octets / (2 * LANES);
    memcpy(in, data + sizeof seed, n * 2 * LANES);
    for (int lane = 0; lane < LANES && (seed & 1); lane++)
        send(kind, data, lane, in + (size_t)lane * n, n);
    int count = hear(receiver(kind, BC_ISA_SCALAR), in, n, CUT, 0, whole);
    sane(whole, count, n);
    MUST(hear(receiver(kind, BC_ISA_BEST), in, n, CUT, seed | 1, parts) == count);
    MUST(memcmp(whole, parts, (size_t)count * sizeof *whole) == 0);
    return 0;
}
