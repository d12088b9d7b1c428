#include "bc_meter.h"
#include "check.h"

#include <string.h>

enum { N = 203, LONG = 40 * 16384 };
static int16_t samples[LONG];

static void fill(void)
{
    uint32_t seed = 7;
    for (int i = 0; i < LONG; i++) {
        seed = seed * 1664525u + 1013904223u;
        samples[i] = seed % 7 == 0 ? -32768 : seed % 11 == 0 ? 32767 : (int16_t)(seed >> 16);
    }
}

static bc_meter_sums expected(const int16_t *in, size_t n, int32_t limit)
{
    bc_meter_sums s = {.count = n};
    for (size_t i = 0; i < n; i++) {
        int64_t x = in[i];
        s.sum += x;
        s.energy += (uint64_t)(x * x);
        s.clipped += x >= limit || x <= -limit;
        s.peak = (uint64_t)llabs(x) > s.peak ? (uint64_t)llabs(x) : s.peak;
    }
    return s;
}

static int same(const bc_meter_sums *a, const bc_meter_sums *b) { return memcmp(a, b, sizeof *a) == 0; }

static void sums_are_exact(int isa, int32_t limit)
{
    for (size_t n = 0; n <= N; n++) {
        bc_meter_sums got = {0}, want = expected(samples + n, n, limit);
        CHECK(bc_meter_add(isa, samples + n, n, limit, &got) == BC_OK);
        CHECK(same(&got, &want));
    }
}

/* The worst for counters and sums: all samples at one end, for longer than a run of the vector kernels. */
static void nothing_overflows(int isa, int16_t value)
{
    static int16_t loud[LONG];
    for (int i = 0; i < LONG; i++)
        loud[i] = value;
    bc_meter_sums got = {0}, want = expected(loud, LONG, 32767);
    CHECK(bc_meter_add(isa, loud, LONG, 32767, &got) == BC_OK);
    CHECK(same(&got, &want));
}

static void windows_do_not_depend_on_the_split(int isa)
{
    enum { CHANNELS = 3, STRIDE = 211, WINDOW = 17, ROOM = N / WINDOW };
    for (size_t cut = 0; cut <= N; cut++) {
        bc_meter_sums open[CHANNELS] = {0}, ended[CHANNELS][ROOM], rest[CHANNELS][ROOM];
        int first = bc_meter_windows(isa, samples, STRIDE, CHANNELS, cut, WINDOW, 32767, open, ended[0], ROOM);
        int then = bc_meter_windows(isa, samples + cut, STRIDE, CHANNELS, N - cut, WINDOW, 32767, open, rest[0], ROOM);
        CHECK(first == (int)cut / WINDOW && first + then == ROOM);
        for (int c = 0; c < CHANNELS; c++) {
            for (int w = 0; w < ROOM; w++) {
                bc_meter_sums want = expected(samples + c * STRIDE + w * WINDOW, WINDOW, 32767);
                CHECK(same(w < first ? &ended[c][w] : &rest[c][w - first], &want));
            }
            CHECK(open[c].count == N % WINDOW);
        }
    }
}

static void bad_arguments_change_nothing(void)
{
    bc_meter_sums open[2] = {{.count = 5}, {.count = 5}}, ended[4], sums = {0};
    CHECK(bc_meter_add(99, samples, 5, 9, &sums) == BC_EINVAL);
    CHECK(bc_meter_add(BC_ISA_SCALAR, samples, 5, 0, &sums) == BC_EINVAL);
    CHECK(bc_meter_add(BC_ISA_SCALAR, samples, 5, 32769, &sums) == BC_EINVAL);
    CHECK(sums.count == 0);
    CHECK(bc_meter_windows(BC_ISA_SCALAR, samples, 9, 2, 9, 5, 9, open, ended, 2) == BC_EINVAL); /* open is as long */
    CHECK(bc_meter_windows(BC_ISA_SCALAR, samples, 9, 2, 9, 0, 9, open, ended, 2) == BC_EINVAL);
    CHECK(bc_meter_windows(BC_ISA_SCALAR, samples, 30, 2, 25, 10, 9, open, ended, 2) == BC_EFULL);
    CHECK(open[0].count == 5 && open[1].count == 5);
    open[1].count = 6; /* not equally far */
    CHECK(bc_meter_windows(BC_ISA_SCALAR, samples, 9, 2, 9, 10, 9, open, ended, 2) == BC_EINVAL);
    CHECK(bc_meter_windows(BC_ISA_SCALAR, samples, 9, 0, 9, 10, 9, NULL, NULL, 0) == 0);
}

int main(void)
{
    fill();
    for (int isa = 0; isa <= bc_isa_best(); isa++) {
        static const int32_t limits[] = {1, 20000, 32124, 32767, 32768};
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
            sums_are_exact(isa, limits[i]);
        nothing_overflows(isa, -32768);
        nothing_overflows(isa, 32767);
        windows_do_not_depend_on_the_split(isa);
    }
    bad_arguments_change_nothing();
    return 0;
}
