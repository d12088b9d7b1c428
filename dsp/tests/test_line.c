#include <math.h>

#include "bc_g711.h"
#include "bc_line.h"
#include "rig.h"

enum { STATION = BC_LINE_STATION, EXCHANGE = BC_LINE_EXCHANGE };
static const bc_port_ops *ops;
static bc_line *line;
static int16_t heard[2][WIRE_TICKS * BC_BLOCK], signal[WIRE_TICKS * BC_BLOCK];

static bc_line_options clean(void)
{
    bc_line_options o;
    bc_line_defaults(&o);
    o.codec = BC_LINE_CODEC_NONE;
    return o;
}

static void lift(int up) { ops->control(bc_line_end(line, STATION), BC_LINE_HOOK, up, 0); }
static void ring(int on, int off) { ops->control(bc_line_end(line, EXCHANGE), BC_LINE_RING, on, off); }
static uint32_t sense(int side) { return ops->sense(bc_line_end(line, side)); }

static void open_line(const bc_line_options *o)
{
    int error = 1;
    line = bc_line_new(o, &error);
    CHECK(line && error == BC_OK);
    lift(1);
}

/* Ticks of both ends as the engine has them: all receive, then all transmit. from: who sends `signal`, -1 nobody.
   Returns how many blocks came in all. */
static int pass(int ticks, int from)
{
    int blocks = 0;
    for (int t = 0; t < ticks; t++) {
        for (int side = 0; side < 2; side++) {
            int16_t *row = heard[side] + t * BC_BLOCK;
            memset(row, 0, BC_BLOCK * sizeof *row);
            blocks += ops->receive(bc_line_end(line, side), row);
        }
        for (int side = 0; side < 2; side++)
            ops->transmit(bc_line_end(line, side), side == from ? signal + t * BC_BLOCK : NULL);
    }
    return blocks;
}

static void sine(double dbm0)
{
    bc_tone tone;
    CHECK(bc_tone_init(&tone, 1010, dbm0, 0, 0) == BC_OK);
    bc_tone_process(&tone, signal, sizeof signal / sizeof *signal);
}

static double level(int side, int from_tick, int ticks)
{
    size_t n = (size_t)ticks * BC_BLOCK;
    return bc_level_dbm0(bc_energy(BC_ISA_SCALAR, heard[side] + from_tick * BC_BLOCK, n), n);
}

static int near(double x, double y, double by) { return fabs(x - y) <= by; }

static void test_loss_and_delay(void)
{
    for (int from = 0; from < 2; from++) {
        for (int ms = 0; ms < 1000; ms += 333) {
            bc_line_options o = clean();
            o.delay_ms = ms + 0.375; /* three samples */
            open_line(&o);
            for (int i = 0; i < WIRE_TICKS * BC_BLOCK; i++)
                signal[i] = (int16_t)(i % 32000 + 1);
            pass(300, from);
            int lag = BC_BLOCK + ms * 8 + 3;
            for (int i = 0; i < 300 * BC_BLOCK; i++)
                CHECK(heard[1 - from][i] == (i < lag ? 0 : signal[i - lag]) && heard[from][i] == 0);
            bc_line_free(line);
        }
        sine(-10);
        for (int db = 0; db <= 40; db += 10) {
            bc_line_options o = clean();
            o.loss_db = db;
            open_line(&o);
            pass(200, from);
            CHECK(near(level(1 - from, 10, 100), -10 - db, 0.1));
            bc_line_free(line);
        }
    }
}

static void test_echo(void)
{
    for (int from = 0; from < 2; from++) {
        bc_line_options o = clean();
        o.echo_db = 20;
        o.echo_delay_ms = 100;
        o.loss_db = 6;
        open_line(&o);
        sine(-10);
        pass(200, from);
        CHECK(level(from, 0, 11) == -96 && near(level(from, 12, 100), -30, 0.1));
        CHECK(near(level(1 - from, 2, 100), -16, 0.1));
        /* It dies away to true silence. */
        pass(30, -1);
        CHECK(pass(30, -1) == 0);
        bc_line_free(line);
    }
}

static double correlation(const int16_t *a, const int16_t *b, int lag, int n)
{
    double ab = 0, aa = 0, bb = 0;
    for (int i = 16; i < n - 16; i++) {
        ab += (double)a[i] * b[i + lag];
        aa += (double)a[i] * a[i];
        bb += (double)b[i + lag] * b[i + lag];
    }
    return ab / sqrt(aa * bb);
}

static void test_noise(void)
{
    static int16_t before[4][80000];
    for (int db = -70; db <= -10; db += 10) {
        bc_line_options o = clean();
        o.noise_dbm0 = db;
        open_line(&o);
        CHECK(pass(1000, -1) == 2000);
        for (int side = 0; side < 2; side++)
            CHECK(near(level(side, 0, 1000), db, db < -60 ? 0.5 : 0.15));
        bc_line_free(line);
    }
    /* One seed, one noise; each end and each seed has its own, not another's a little later. */
    for (uint64_t seed = 0; seed < 2; seed++) {
        for (int again = 0; again < 2; again++) {
            bc_line_options o = clean();
            o.noise_dbm0 = -30;
            o.seed = seed;
            open_line(&o);
            pass(1000, -1);
            for (int side = 0; side < 2; side++) {
                CHECK(!again || memcmp(before[2 * seed + (uint64_t)side], heard[side], sizeof before[0]) == 0);
                memcpy(before[2 * seed + (uint64_t)side], heard[side], sizeof before[0]);
            }
            bc_line_free(line);
        }
    }
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            for (int lag = -16; lag <= 16; lag++)
                if (a != b || lag != 0)
                    CHECK(fabs(correlation(before[a], before[b], lag, 80000)) < 0.02);
}

static void test_ringing(void)
{
    bc_line_options o = clean();
    open_line(&o);
    lift(0);
    CHECK(sense(STATION) == BC_LINE_FEED && sense(EXCHANGE) == 0);
    ring(100, 300);
    int on = 0;
    for (int t = 0; t < 400; t++) { /* ten cycles */
        pass(1, -1);
        on += (sense(STATION) & BC_LINE_RINGING) != 0;
    }
    CHECK(on == 100);
    ring(0, 0);
    CHECK(sense(STATION) == BC_LINE_FEED);
    ring(100, 300);
    CHECK(sense(STATION) == (BC_LINE_FEED | BC_LINE_RINGING));
    ops->control(bc_line_end(line, STATION), BC_LINE_RING, 0, 0); /* not the station's to say */
    ops->control(bc_line_end(line, EXCHANGE), BC_LINE_HOOK, 1, 0);
    CHECK(sense(STATION) & BC_LINE_RINGING && sense(EXCHANGE) == 0);
    lift(1);
    CHECK(sense(EXCHANGE) == BC_LINE_OFF_HOOK);
    pass(1, -1);
    CHECK(sense(STATION) == BC_LINE_FEED); /* tripped, and stays so */
    lift(0);
    for (int t = 0; t < 50; t++) {
        pass(1, -1);
        CHECK(sense(STATION) == BC_LINE_FEED);
    }
    /* No current through a cut wire: what is lifted behind it trips nothing. */
    ring(100, 0);
    ops->control(bc_line_end(line, EXCHANGE), BC_LINE_SET_CUT, 1, 0);
    lift(1);
    pass(5, -1);
    lift(0);
    ops->control(bc_line_end(line, STATION), BC_LINE_SET_CUT, 0, 0);
    CHECK(sense(STATION) & BC_LINE_RINGING);
    bc_line_free(line);
}

static void ring_more(int side, int on, int off)
{
    ops->control(bc_line_end(line, side), BC_LINE_RING_MORE, on, off);
}

/* The bursts of so many ticks: 1 where it rings. */
static uint32_t bursts(int ticks)
{
    uint32_t seen = 0;
    for (int t = 0; t < ticks; t++) {
        seen = seen << 1 | ((sense(STATION) & BC_LINE_RINGING) != 0);
        pass(1, -1);
    }
    return seen;
}

static void test_ringing_twice(void)
{
    bc_line_options o = clean();
    open_line(&o);
    lift(0);
    ring_more(EXCHANGE, 20, 50);
    ring(30, 10);
    CHECK(bursts(11) == 0x760);  /* 111 0 11 00000 */
    CHECK(bursts(11) == 0x760);
    ring_more(STATION, 40, 0);   /* not the station's to say */
    CHECK(bursts(11) == 0x760);
    ring_more(EXCHANGE, 0, 50);  /* none, and no pause of its own */
    ring(30, 10);
    CHECK(bursts(8) == 0xEE);
    ring_more(EXCHANGE, -1, -1);
    ring(30, 10);
    CHECK(bursts(8) == 0xEE);
    ring(0, 0);
    CHECK(bursts(8) == 0);
    bc_line_free(line);
}

static void test_battery_and_cut(void)
{
    bc_line_options o = clean();
    open_line(&o);
    for (int i = 0; i < WIRE_TICKS * BC_BLOCK; i++)
        signal[i] = 500;
    for (int battery = 0; battery <= 3; battery++) {
        ops->control(bc_line_end(line, EXCHANGE), BC_LINE_BATTERY, battery, 0);
        const uint32_t bits[] = {0, BC_LINE_FEED, BC_LINE_FEED | BC_LINE_REVERSED, BC_LINE_FEED | BC_LINE_REVERSED};
        CHECK(sense(STATION) == bits[battery]);
        CHECK((pass(5, EXCHANGE) > 0) == (battery > 0));
    }
    ops->control(bc_line_end(line, STATION), BC_LINE_SET_CUT, 1, 0);
    CHECK(sense(STATION) == BC_LINE_CUT && sense(EXCHANGE) == BC_LINE_CUT && pass(5, STATION) == 0);
    ops->control(bc_line_end(line, EXCHANGE), BC_LINE_SET_CUT, 0, 0);
    CHECK(sense(EXCHANGE) == BC_LINE_OFF_HOOK && pass(5, STATION) == 4);
    /* On-hook nothing passes, and nothing of before comes after it. */
    lift(0);
    CHECK(pass(5, STATION) == 0);
    lift(1);
    CHECK(pass(5, -1) == 0);
    bc_line_free(line);
}

/* The exchange's line card is at the exchange's end: what goes to the station is coded first and lost after. */
static void test_codec(void)
{
    for (int law = BC_LAW_A; law <= BC_LAW_MU; law++) {
        for (int from = 0; from < 2; from++) {
            bc_line_options o = clean();
            o.codec = law;
            o.loss_db = 6;
            open_line(&o);
            sine(-12);
            pass(50, from);
            uint8_t octets[40 * BC_BLOCK];
            int16_t want[40 * BC_BLOCK];
            int32_t q15 = (int32_t)lround(32768 * pow(10, -0.3));
            memcpy(want, signal, sizeof want);
            for (int step = 0; step < 2; step++) {
                if (step == (from == STATION)) {
                    bc_g711_encode(law, BC_ISA_SCALAR, want, 40 * BC_BLOCK, octets);
                    bc_g711_decode(law, BC_ISA_SCALAR, octets, 40 * BC_BLOCK, want);
                } else {
                    for (int i = 0; i < 40 * BC_BLOCK; i++)
                        want[i] = (int16_t)((want[i] * q15 + 16384) >> 15);
                }
            }
            CHECK(memcmp(heard[1 - from] + BC_BLOCK, want, sizeof want) == 0);
            bc_line_free(line);
        }
    }
    bc_line_options o = clean();
    o.codec = BC_LAW_A;
    open_line(&o);
    CHECK(pass(1000, -1) == 0); /* silence stays silence, whatever A-law makes of a zero */
    bc_line_free(line);
}

/* An end whose port is closed sends nothing more; the other must not hear its last block for ever. */
static void test_one_end_closes(void)
{
    for (int closes = 0; closes < 2; closes++) {
        bc_line_options o = clean();
        o.delay_ms = 20;
        rig_open(2);
        open_line(&o);
        int gone = bc_engine_port_open(engine, ops, bc_line_end(line, closes));
        int stays = bc_engine_port_open(engine, ops, bc_line_end(line, 1 - closes));
        static int16_t clip[8000], tape[8000];
        for (int i = 0; i < 8000; i++)
            clip[i] = 1000;
        bc_job_spec s = {.kind = BC_JOB_PLAY, .clip = clip, .clip_samples = 8000};
        bc_stream *stream = bc_stream_new(100);
        bc_job_spec listens = {.kind = BC_JOB_STREAM, .stream = stream};
        rig_job(gone, &s);
        rig_job(stays, &listens);
        rig_run(10);
        CHECK(bc_engine_port_close(engine, gone) == BC_OK);
        rig_run(40);
        CHECK(bc_stream_read(stream, tape, 50) == 50);
        for (int t = 0; t < 50; t++)
            CHECK(tape[t * BC_BLOCK] == (t >= 3 && t < 13 ? 1000 : 0));
        /* Another takes the end. */
        gone = bc_engine_port_open(engine, ops, bc_line_end(line, closes));
        rig_job(gone, &s);
        rig_run(20);
        CHECK(bc_stream_read(stream, tape, 20) == 20);
        for (int t = 0; t < 20; t++)
            CHECK(tape[t * BC_BLOCK] == (t >= 3 ? 1000 : 0));
        rig_close();
        bc_stream_free(stream);
        bc_line_free(line);
    }
}

static void test_options(void)
{
    int error;
    bc_line_options o;
    bc_line_defaults(&o);
    CHECK((line = bc_line_new(NULL, &error)) && !bc_line_end(line, 2) && !bc_line_end(line, -1));
    bc_line_free(line);
    bc_line_free(NULL);
    for (int i = 0; i < 7; i++) {
        bc_line_defaults(&o);
        double *fields[] = {&o.loss_db, &o.noise_dbm0, &o.delay_ms, &o.echo_db, &o.echo_delay_ms};
        if (i < 5)
            *fields[i] = i == 1 ? 0 : -1;
        else
            o.codec = i == 5 ? -2 : 9;
        CHECK(!bc_line_new(&o, &error) && error == BC_EINVAL);
        if (i < 5) {
            *fields[i] = (double)NAN;
            CHECK(!bc_line_new(&o, &error) && error == BC_EINVAL);
        }
    }
}

static void dial(int pulses, int period_ms) { ops->control(bc_line_end(line, STATION), BC_LINE_PULSES, pulses, period_ms); }

/* The loop as the exchange sees it, a character a tick. */
static const char *loop(int ticks)
{
    static char seen[200];
    for (int t = 0; t < ticks; t++) {
        pass(1, -1);
        seen[t] = sense(EXCHANGE) & BC_LINE_OFF_HOOK ? '-' : '_';
    }
    seen[ticks] = 0;
    return seen;
}

static void test_pulses(void)
{
    bc_line_options o = clean();
    open_line(&o);
    dial(3, 100);
    CHECK(strcmp(loop(36), "______----______----______----------") == 0);
    dial(2, 50);
    CHECK(strcmp(loop(14), "___--___------") == 0);
    dial(10, 100);
    CHECK(strcmp(loop(8), "______--") == 0);
    lift(1); /* the dial is stopped */
    CHECK(strcmp(loop(8), "--------") == 0);
    dial(10, 100);
    loop(3);
    lift(0);
    CHECK(strcmp(loop(12), "____________") == 0);
    dial(1, 100); /* on-hook there is nothing to open */
    CHECK(strcmp(loop(12), "____________") == 0);
    lift(1);
    static const int wrong[][2] = {{0, 100}, {11, 100}, {-1, 100}, {3, 49}, {3, 201}, {3, -100}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        dial(wrong[i][0], wrong[i][1]);
        CHECK(strcmp(loop(3), "---") == 0);
    }
    ops->control(bc_line_end(line, EXCHANGE), BC_LINE_PULSES, 3, 100); /* not from this end */
    CHECK(strcmp(loop(3), "---") == 0);
    bc_line_free(line);
}

int main(void)
{
    ops = bc_line_ops();
    test_loss_and_delay();
    test_echo();
    test_ringing();
    test_ringing_twice();
    test_battery_and_cut();
    test_codec();
    test_noise();
    test_options();
    test_one_end_closes();
    test_pulses();
    return 0;
}
