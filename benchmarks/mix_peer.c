/* mix_peer.c - the loop that anybody would write for a conference, and the library's kernels driven the same way.

   Compiled without vectorisation by bench_engine.py: it is the scalar peer of TARGETS.md. One call mixes `blocks` blocks
   of a room: every party hears the sum of all without itself. Neither side is helped by a call from Python a party. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 80
#define ROW 96

static int16_t clip(int32_t x) { return (int16_t)(x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x); }

void mix_scalar(const int16_t *in, int16_t *out, int parties, int blocks)
{
    int32_t sum[BLOCK];
    for (int b = 0; b < blocks; b++) {
        memset(sum, 0, sizeof sum);
        for (int p = 0; p < parties; p++)
            for (int i = 0; i < BLOCK; i++)
                sum[i] += in[(size_t)p * ROW + i];
        for (int p = 0; p < parties; p++)
            for (int i = 0; i < BLOCK; i++)
                out[(size_t)p * ROW + i] = clip(sum[i] - in[(size_t)p * ROW + i]);
    }
}

typedef void (*accumulate)(int isa, int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);
typedef void (*without)(int isa, int16_t *out, const int32_t *sum, const int16_t *in, int32_t gain_q12, size_t n);

void mix_by(accumulate add, without take, int isa, const int16_t *in, int16_t *out, int parties, int blocks)
{
    int32_t sum[BLOCK];
    for (int b = 0; b < blocks; b++) {
        memset(sum, 0, sizeof sum);
        for (int p = 0; p < parties; p++)
            add(isa, sum, in + (size_t)p * ROW, 4096, BLOCK);
        for (int p = 0; p < parties; p++)
            take(isa, out + (size_t)p * ROW, sum, in + (size_t)p * ROW, 4096, BLOCK);
    }
}
