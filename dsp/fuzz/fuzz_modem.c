/* fuzz_modem.c - arbitrary samples and arbitrary tones in them, cut anywhere, must give the events of one piece, and
   sane ones. */
#include <stdlib.h>
#include <string.h>

#include "bc_modem.h"

enum { LANES = 3, LENGTH = 8000, CUT = 300, EVENTS = 4 * LANES * (LENGTH / BC_BLOCK + 1), HEAD = 8, SCRIPT = 4 };

#include "hear.h"

static bc_modem_options options_of(uint32_t seed)
{
    bc_modem_options options;
    bc_modem_defaults(&options);
    if (seed & 1) {
        options.answer_ms = options.calling_ms = 100;
        options.reversals = 1;
    }
    return options;
}

static bc_rx *receiver(const bc_modem_options *options, int isa)
{
    int error = 1;
    bc_rx *rx = bc_modem_rx_new(LANES, isa, options, &error);
    MUST(rx && error == BC_OK);
    return rx;
}

/* Begins and ends alternate, of the tones and of V.21 apart. */
static void sane(const bc_rx_event *events, int count)
{
    const bc_rx_event *open[LANES][2] = {{0}};
    for (int i = 0; i < count; i++) {
        const bc_rx_event *e = &events[i];
        MUST(e->lane >= 0 && e->lane < LANES && e->at <= LENGTH && e->start <= e->at && e->duration <= e->at);
        MUST(e->code >= 1 && e->code <= BC_MODEM_KINDS);
        MUST(e->level_dbm0 > -60 && e->level_dbm0 < 10 && e->detail >= -50 && e->detail <= 50);
        MUST(i == 0 || events[i - 1].at <= e->at);
        const bc_rx_event **mine = &open[e->lane][e->code == BC_MODEM_V21_FLAGS];
        if (e->kind == BC_RX_BEGIN) {
            MUST(!*mine);
            *mine = e;
        } else {
            MUST(e->kind == BC_RX_END && *mine && (*mine)->code == e->code && (*mine)->start == e->start);
            *mine = NULL;
        }
    }
}

/* A tone after the other as the data say, each over what is there. */
static void send(const uint8_t *data, size_t size, int16_t *in)
{
    int16_t tone[2550 * 8];
    size_t at = 0;
    for (size_t i = 0; i + SCRIPT <= size && at < LENGTH; i += SCRIPT) {
        bc_modem_tx t;
        MUST(bc_modem_tx_init(&t, 1 + data[i] % BC_MODEM_KINDS, data[i + 1] * 10.0, -(double)(data[i + 2] & 63)) == BC_OK ||
             (data[i + 2] & 63) < 2);
        size_t n = bc_modem_tx_process(&t, tone, sizeof tone / sizeof *tone), pause = data[i + 3];
        for (size_t k = 0; k < n && at < LENGTH; k++, at++) {
            int x = in[at] + tone[k];
            in[at] = (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
        }
        at += pause * (data[i] & 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int16_t in[LANES * LENGTH];
    static bc_rx_event whole[EVENTS], parts[EVENTS];
    uint32_t seed;
    if (size < HEAD + LANES * SCRIPT)
        return 0;
    memcpy(&seed, data, sizeof seed);
    for (size_t i = 0; i < LANES * LENGTH; i++) { /* the octets over and over, as loud as one of them says */
        const uint8_t *at = data + HEAD + 2 * i % (size - HEAD - 1);
        in[i] = (int16_t)((int16_t)(at[0] | at[1] << 8) >> (data[4] & 15));
    }
    size_t share = (size - HEAD) / LANES;
    for (size_t lane = 0; lane < LANES && (seed & 2); lane++)
        send(data + HEAD + lane * share, share, in + lane * LENGTH);
    bc_modem_options options = options_of(seed);
    int count = hear(receiver(&options, BC_ISA_SCALAR), in, LENGTH, CUT, 0, whole);
    sane(whole, count);
    MUST(hear(receiver(&options, BC_ISA_BEST), in, LENGTH, CUT, seed | 1, parts) == count);
    MUST(memcmp(whole, parts, (size_t)count * sizeof *whole) == 0);
    return 0;
}
