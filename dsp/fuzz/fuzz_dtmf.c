/* fuzz_dtmf.c - arbitrary samples, cut anywhere, must give the events of one piece, and sane ones.

   clang -fsanitize=fuzzer,address,undefined -Idsp/include -Idsp/src dsp/fuzz/fuzz_dtmf.c dsp/src/(all).c -lm */
#include <stdlib.h>
#include <string.h>

#include "bc_dtmf.h"

enum { LANES = 3, MOST = 20000, CUT = 200, EVENTS = 4 * LANES * (MOST / 40 + 1) };

#include "hear.h"

static bc_rx *receiver(int isa, int filter)
{
    int error = 1;
    bc_dtmf_options options;
    bc_dtmf_defaults(&options);
    options.dial_tone_filter = filter;
    bc_rx *rx = bc_dtmf_rx_new(LANES, isa, &options, &error);
    MUST(rx && error == BC_OK);
    return rx;
}

static void sane(const bc_rx_event *events, int count, size_t n)
{
    const bc_rx_event *open[LANES] = {0};
    for (int i = 0; i < count; i++) {
        const bc_rx_event *e = &events[i];
        MUST(e->lane >= 0 && e->lane < LANES && e->at <= n && e->start <= e->at && e->duration <= e->at);
        MUST(e->code && strchr("0123456789ABCD*#", e->code));
        MUST(e->level_dbm0 > -61 && e->level_dbm0 < 10 && e->detail > -10 && e->detail < 6);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t in[MOST];
    static bc_rx_event whole[EVENTS], parts[EVENTS];
    uint32_t seed;
    if (size < sizeof seed + 2 * LANES)
        return 0;
    memcpy(&seed, data, sizeof seed);
    size_t octets = size - sizeof seed < sizeof in ? size - sizeof seed : sizeof in;
    size_t n = octets / (2 * LANES);
    memcpy(in, data + sizeof seed, n * 2 * LANES);
    /* Half of the inputs: keys instead of samples, so that there is something to hear. */
    if (seed & 1) {
        for (int lane = 0; lane < LANES; lane++) {
            bc_dtmf_tx t;
            char keys[4];
            for (int i = 0; i < 4; i++)
                keys[i] = "0123456789ABCD*#"[data[4 + (lane + i) % 6] & 15];
            MUST(bc_dtmf_tx_init(&t, keys, 4, 20 + (data[5] & 63), data[6] & 63, -(double)(data[7] & 63), 0) == BC_OK);
            int16_t tone[200];
            for (size_t at = 0; at < n;) {
                size_t got = bc_dtmf_tx_process(&t, tone, n - at < 200 ? n - at : 200);
                for (size_t i = 0; i < got; i++) {
                    int x = in[(size_t)lane * n + at + i] / (1 + (data[8] & 255)) + tone[i];
                    in[(size_t)lane * n + at + i] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
                }
                at += got;
                if (got == 0)
                    break;
            }
        }
    }
    int filter = seed >> 1 & 1;
    int count = hear(receiver(BC_ISA_SCALAR, filter), in, n, CUT, 0, whole);
    sane(whole, count, n);
    MUST(hear(receiver(BC_ISA_BEST, filter), in, n, CUT, seed | 1, parts) == count);
    MUST(memcmp(whole, parts, (size_t)count * sizeof *whole) == 0);
    return 0;
}
