#include "bc_mix.h"
#include "check.h"

#include <math.h>
#include <string.h>

enum { N = 203 };
static uint32_t seed = 1;

static int16_t noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    int16_t x = (int16_t)(seed >> 16);
    return seed % 7 == 0 ? -32768 : seed % 11 == 0 ? 32767 : x;
}

static int16_t sat(int64_t x) { return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x); }

static void every_length(int isa, int32_t gain)
{
    int16_t a[N], b[N], out[N + 1];
    int32_t sum[N], before[N];
    for (size_t n = 0; n <= N; n++) {
        uint64_t energy = 0;
        for (int i = 0; i < N; i++) {
            a[i] = noise();
            b[i] = noise();
            before[i] = sum[i] = noise() * 5;
        }
        for (size_t i = 0; i < n; i++)
            energy += (uint64_t)((int64_t)a[i] * a[i]);
        CHECK(bc_energy(isa, a, n) == energy);
        out[n] = 77;
        bc_mix_add(isa, out, a, b, n);
        for (size_t i = 0; i < n; i++)
            CHECK(out[i] == sat(a[i] + b[i]));
        CHECK(out[n] == 77);
        bc_mix_accumulate(isa, sum, a, gain, n);
        for (size_t i = 0; i < N; i++)
            CHECK(sum[i] == before[i] + (i < n ? (a[i] * gain + 2048) >> 12 : 0));
        bc_mix_without(isa, out, sum, b, gain, n);
        for (size_t i = 0; i < n; i++)
            CHECK(out[i] == sat((int64_t)sum[i] - ((b[i] * gain + 2048) >> 12)));
        bc_mix_without(isa, out, sum, NULL, gain, n);
        for (size_t i = 0; i < n; i++)
            CHECK(out[i] == sat(sum[i]));
        CHECK(out[n] == 77);
        bc_mix_add(isa, a, a, b, n); /* in place */
    }
}

static void levels(void)
{
    int16_t loud[1000];
    for (int i = 0; i < 1000; i++)
        loud[i] = (int16_t)(i % 2 ? 16141 : -16141);
    CHECK(fabs(bc_level_dbm0(bc_energy(BC_ISA_SCALAR, loud, 1000), 1000)) < 1e-9);
    CHECK(bc_level_dbm0(0, 80) == -96 && bc_level_dbm0(5, 0) == -96);
    for (double level = -60; level <= 3; level += 1.5)
        CHECK(fabs(bc_level_dbm0(bc_energy_at(level, 80), 80) - level) < 0.01);
}

int main(void)
{
    static const int32_t gains[] = {BC_GAIN_ONE, 0, 1, 2048, 5793, 8 * BC_GAIN_ONE, -BC_GAIN_ONE};
    for (int isa = 0; isa <= bc_isa_best(); isa++)
        for (size_t i = 0; i < sizeof gains / sizeof *gains; i++)
            every_length(isa, gains[i]);
    levels();
    return 0;
}
