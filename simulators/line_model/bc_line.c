/* bc_line.c - see bc_line.h.

   Towards the station: codec, delay, loss, then the station's echo and noise. Towards the exchange: delay, loss, echo,
   noise, then codec: the exchange's line card sits at the exchange's end of the loop. */
#include "bc_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bc_g711.h"
#include "bc_port.h"

#define Q15 32768.0
#define QUIET_LONG 1000000u
#define NOISE_LANES 8 /* generators side by side, so that the compiler can use vectors */

typedef struct {
    int16_t *data;
    uint32_t mask;
    uint32_t written; /* samples */
    uint32_t delay;   /* samples behind the latest block */
    uint32_t silent;  /* samples of silence in a row up to now */
    int taken;        /* the far end had a block since the latest came */
} delay_line;

typedef struct {
    struct bc_line *line;
    int side;
    uint32_t random[NOISE_LANES];
    delay_line out;   /* what this end sent, on its way to the other */
    delay_line echo;  /* what this end sent, on its way back */
} end;

struct bc_line {
    bc_line_options options;
    end ends[2];
    int32_t loss_q15, echo_q15;
    int32_t noise_q16;
    int isa;
    int closed, cut, battery;
    uint32_t ring_on, ring_off, ring_at;  /* ticks; ring_on 0: not ringing */
    uint32_t ring_more_on, ring_more_off; /* the cycle's second burst */
    uint32_t pulses, pulse_at, pulse_ticks; /* how many are to come, and where in this one the dial is */
};

void bc_line_defaults(bc_line_options *o)
{
    *o = (bc_line_options){.codec = BC_LAW_A, .noise_dbm0 = -96.0, .echo_db = 99.0};
}

static int delay_init(delay_line *d, uint32_t delay)
{
    uint32_t capacity = 256;
    while (capacity < delay + 2 * BC_BLOCK)
        capacity *= 2;
    d->data = calloc(capacity, sizeof *d->data);
    d->mask = capacity - 1;
    d->delay = delay;
    d->silent = QUIET_LONG;
    return d->data ? BC_OK : BC_ENOMEM;
}

static void delay_clear(delay_line *d)
{
    if (d->silent <= d->mask)
        memset(d->data, 0, (d->mask + 1) * sizeof *d->data);
    d->silent = QUIET_LONG;
}

static void delay_put(delay_line *d, const int16_t *in)
{
    if (!in && d->silent > d->mask)
        return; /* all of it is silence already */
    uint32_t at = d->written & d->mask, first = d->mask + 1 - at;
    if (first > BC_BLOCK)
        first = BC_BLOCK;
    if (in) {
        memcpy(d->data + at, in, first * sizeof *in);
        memcpy(d->data, in + first, (BC_BLOCK - first) * sizeof *in);
    } else {
        memset(d->data + at, 0, first * sizeof *in);
        memset(d->data, 0, (BC_BLOCK - first) * sizeof *in);
    }
    d->written += BC_BLOCK;
    d->silent = in ? 0 : d->silent + BC_BLOCK;
}

static int delay_heard(const delay_line *d) { return d->silent < d->delay + BC_BLOCK; }
static void delay_get(const delay_line *d, int16_t *out)
{
    uint32_t at = (d->written - BC_BLOCK - d->delay) & d->mask, first = d->mask + 1 - at;
    if (first > BC_BLOCK)
        first = BC_BLOCK;
    memcpy(out, d->data + at, first * sizeof *out);
    memcpy(out + first, d->data, (BC_BLOCK - first) * sizeof *out);
}

/* splitmix64's finisher: far apart for neighbours */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static int in_range(double x, double low, double high) { return x >= low && x <= high; }

/* Mixed: a step of the generator apart, all would have one noise, each a sample later than the other. */
static void seed_noise(end *n, uint64_t seed)
{
    for (uint64_t lane = 0; lane < NOISE_LANES; lane++) {
        n->random[lane] = (uint32_t)mixed(mixed(seed) + lane + 1);
        if (!n->random[lane])
            n->random[lane] = 1; /* xorshift's one fixed point is 0 */
    }
}

/* Marsaglia's xorshift32 in every lane. */
static inline void random_step(uint32_t *lanes)
{
    for (int i = 0; i < NOISE_LANES; i++) {
        uint32_t x = lanes[i];
        x ^= x << 13;
        x ^= x >> 17;
        lanes[i] = x ^ (x << 5);
    }
}

/* Four uniform 16-bit numbers a sample: close enough to Gauss, and never beyond 3.5 deviations. */
static void add_noise(end *n, int32_t *sum, int32_t level_q16)
{
    uint32_t one[NOISE_LANES], other[NOISE_LANES];
    for (int at = 0; at < BC_BLOCK; at += NOISE_LANES) {
        random_step(n->random);
        memcpy(one, n->random, sizeof one);
        random_step(n->random);
        memcpy(other, n->random, sizeof other);
        for (int i = 0; i < NOISE_LANES; i++) {
            int32_t four = (int16_t)(one[i] & 0xffff) + (int16_t)(one[i] >> 16) + (int16_t)(other[i] & 0xffff) +
                           (int16_t)(other[i] >> 16);
            sum[at + i] += (four * level_q16 + 32768) >> 16; /* below 2^31: level_q16 is at most 8841, -10 dBm0 */
        }
    }
}

/* The arguments' product is at most 2^30. */
static void add_scaled(int32_t *sum, const delay_line *d, int32_t q15)
{
    int16_t row[BC_BLOCK];
    delay_get(d, row);
    for (int i = 0; i < BC_BLOCK; i++)
        sum[i] += (row[i] * q15 + 16384) >> 15;
}

bc_line *bc_line_new(const bc_line_options *options, int *error)
{
    bc_line_options o;
    bc_line_defaults(&o);
    if (options)
        o = *options;
    *error = BC_EINVAL;
    if (o.codec < BC_LINE_CODEC_NONE || o.codec > BC_LAW_MU || !in_range(o.loss_db, 0, 40) ||
        !in_range(o.noise_dbm0, -200, -10) || !in_range(o.delay_ms, 0, 1000) || !in_range(o.echo_db, 0, 1000) ||
        !in_range(o.echo_delay_ms, 0, 250))
        return NULL;
    bc_line *line = calloc(1, sizeof *line);
    *error = BC_ENOMEM;
    if (!line)
        return NULL;
    line->options = o;
    line->battery = 1;
    line->isa = bc_isa_best();
    line->loss_q15 = (int32_t)lround(Q15 * pow(10.0, -o.loss_db / 20.0));
    line->echo_q15 = o.echo_db > 60 ? 0 : (int32_t)lround(Q15 * pow(10.0, -o.echo_db / 20.0));
    /* Four uniform 16-bit numbers add to a deviation of 37837; 0 dBm0 is an rms of 16141. */
    line->noise_q16 = o.noise_dbm0 <= -96 ? 0 : (int32_t)lround(65536.0 * 16141.0 * pow(10.0, o.noise_dbm0 / 20.0) / 37837.0);
    int failed = 0;
    for (int side = 0; side < 2; side++) {
        end *n = &line->ends[side];
        n->line = line;
        n->side = side;
        seed_noise(n, (o.seed * 2 + (uint64_t)side + 1) * 0x9e3779b97f4a7c15ull);
        failed |= delay_init(&n->out, (uint32_t)lround(o.delay_ms * BC_RATE_HZ / 1000));
        failed |= delay_init(&n->echo, (uint32_t)lround(o.echo_delay_ms * BC_RATE_HZ / 1000));
    }
    if (failed) {
        bc_line_free(line);
        return NULL;
    }
    *error = BC_OK;
    return line;
}

void bc_line_free(bc_line *line)
{
    if (!line)
        return;
    for (int side = 0; side < 2; side++) {
        free(line->ends[side].out.data);
        free(line->ends[side].echo.data);
    }
    free(line);
}

void *bc_line_end(bc_line *line, int side) { return side == BC_LINE_STATION || side == BC_LINE_EXCHANGE ? &line->ends[side] : NULL; }

static void through_codec(const bc_line *line, int16_t *row)
{
    uint8_t octets[BC_BLOCK];
    if (line->options.codec == BC_LINE_CODEC_NONE)
        return;
    bc_g711_encode(line->options.codec, line->isa, row, BC_BLOCK, octets);
    bc_g711_decode(line->options.codec, line->isa, octets, BC_BLOCK, row);
}

static void ring_step(bc_line *line)
{
    if (line->ring_on && line->closed && !line->cut)
        line->ring_on = 0; /* ring trip: the loop's current stops it */
    uint32_t cycle = line->ring_on + line->ring_off + line->ring_more_on + line->ring_more_off;
    if (line->ring_on && ++line->ring_at >= cycle)
        line->ring_at = 0;
}

static void hook(bc_line *line, int closed)
{
    line->closed = closed;
    for (int side = 0; side < 2; side++) {
        delay_clear(&line->ends[side].out);
        delay_clear(&line->ends[side].echo);
    }
}

static void pulse_step(bc_line *line)
{
    if (!line->pulses)
        return;
    if (line->pulse_at == 0 || line->pulse_at == line->pulse_ticks * 3 / 5)
        hook(line, line->pulse_at != 0);
    if (++line->pulse_at == line->pulse_ticks) {
        line->pulse_at = 0;
        line->pulses--;
    }
}

static int passes(const bc_line *line) { return line->closed && line->battery && !line->cut; }

static int line_receive(void *state, int16_t *row)
{
    end *n = state;
    bc_line *line = n->line;
    delay_line *far = &line->ends[1 - n->side].out;
    if (far->taken)
        delay_put(far, NULL); /* that end's port is closed: no block has come */
    far->taken = 1;
    if (n->side == BC_LINE_EXCHANGE)
        ring_step(line);
    else
        pulse_step(line);
    if (!passes(line))
        return 0;
    int echo = line->echo_q15 && delay_heard(&n->echo);
    if (!delay_heard(far) && !echo && !line->noise_q16)
        return 0;
    int32_t sum[BC_BLOCK] = {0};
    if (delay_heard(far))
        add_scaled(sum, far, line->loss_q15);
    if (echo)
        add_scaled(sum, &n->echo, line->echo_q15);
    if (line->noise_q16)
        add_noise(n, sum, line->noise_q16);
    for (int i = 0; i < BC_BLOCK; i++)
        row[i] = (int16_t)(sum[i] > INT16_MAX ? INT16_MAX : sum[i] < INT16_MIN ? INT16_MIN : sum[i]);
    if (n->side == BC_LINE_EXCHANGE)
        through_codec(line, row);
    return 1;
}

static void line_transmit(void *state, const int16_t *row)
{
    end *n = state;
    bc_line *line = n->line;
    int16_t coded[BC_BLOCK];
    if (!passes(line))
        row = NULL;
    if (row && n->side == BC_LINE_EXCHANGE) {
        memcpy(coded, row, sizeof coded);
        through_codec(line, coded);
        row = coded;
    }
    delay_put(&n->out, row);
    n->out.taken = 0;
    if (line->echo_q15)
        delay_put(&n->echo, row);
}

static int rings(const bc_line *line)
{
    uint32_t second = line->ring_on + line->ring_off;
    int in_first = line->ring_at < line->ring_on;
    int in_second = line->ring_at >= second && line->ring_at < second + line->ring_more_on;
    return line->ring_on && (in_first || in_second);
}

static uint32_t line_sense(void *state)
{
    const end *n = state;
    const bc_line *line = n->line;
    if (line->cut)
        return BC_LINE_CUT;
    if (n->side == BC_LINE_EXCHANGE)
        return line->closed ? BC_LINE_OFF_HOOK : 0;
    return (line->battery ? BC_LINE_FEED : 0u) | (line->battery == 2 ? BC_LINE_REVERSED : 0u) |
           (rings(line) ? BC_LINE_RINGING : 0u);
}

static uint32_t ticks_of(int32_t ms)
{
    return ms > 0 ? (uint32_t)ms / 10 : 0;
}

static void line_control(void *state, int op, int32_t a, int32_t b)
{
    end *n = state;
    bc_line *line = n->line;
    if (op == BC_LINE_HOOK && n->side == BC_LINE_STATION) {
        line->pulses = 0;
        if (line->closed != (a != 0))
            hook(line, a != 0);
    }
    if (op == BC_LINE_PULSES && n->side == BC_LINE_STATION && line->closed && a >= 1 && a <= 10 && b >= 50 && b <= 200) {
        line->pulses = (uint32_t)a;
        line->pulse_ticks = (uint32_t)b / 10;
        line->pulse_at = 0;
    }
    if (op == BC_LINE_RING && n->side == BC_LINE_EXCHANGE) {
        line->ring_on = ticks_of(a);
        line->ring_off = ticks_of(b);
        line->ring_at = 0;
    }
    if (op == BC_LINE_RING_MORE && n->side == BC_LINE_EXCHANGE) {
        line->ring_more_on = ticks_of(a);
        line->ring_more_off = line->ring_more_on ? ticks_of(b) : 0;
    }
    if (op == BC_LINE_BATTERY && n->side == BC_LINE_EXCHANGE && a >= 0 && a <= 2)
        line->battery = a;
    if (op == BC_LINE_SET_CUT)
        line->cut = a != 0;
}

const bc_port_ops *bc_line_ops(void)
{
    static const bc_port_ops ops = {
        .receive = line_receive, .transmit = line_transmit, .sense = line_sense, .control = line_control};
    return &ops;
}
