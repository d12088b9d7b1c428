/* meter.c - sums of a level meter, see bc_meter.h. A window goes on from one call to the next in the caller's `open`. */
#include <limits.h>
#include <string.h>

#include "meter_twins.h"

#define LONGEST_WINDOW (UINT64_C(1) << 32) /* six days; its energy is below 2^62 */
#define FULL_SCALE 32768

void bc_meter_scalar(const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums)
{
    for (size_t i = 0; i < n; i++) {
        int32_t x = in[i], magnitude = x < 0 ? -x : x;
        sums->sum += x;
        sums->energy += (uint64_t)(uint32_t)(x * x);
        sums->clipped += magnitude >= limit;
        if ((uint64_t)magnitude > sums->peak)
            sums->peak = (uint64_t)magnitude;
    }
    sums->count += n;
}

static bc_meter_twin twin_for(int isa)
{
    switch (isa) {
    case BC_ISA_SCALAR: return bc_meter_scalar;
#if defined(__x86_64__)
    case BC_ISA_AVX2: return bc_meter_avx2;
    case BC_ISA_AVX512: return bc_meter_avx512;
#endif
    default: return NULL;
    }
}

static int in_range(int32_t limit) { return limit >= 1 && limit <= FULL_SCALE; }

int bc_meter_add(int isa, const int16_t *in, size_t n, int32_t limit, bc_meter_sums *sums)
{
    bc_meter_twin add = twin_for(isa);
    if (!add || !in_range(limit))
        return BC_EINVAL;
    add(in, n, limit, sums);
    return BC_OK;
}

static void one_channel(bc_meter_twin add, const int16_t *in, size_t n, uint64_t window, int32_t limit,
                        bc_meter_sums *open, bc_meter_sums *ended)
{
    while (n) {
        uint64_t missing = window - open->count;
        size_t take = n < missing ? n : (size_t)missing;
        add(in, take, limit, open);
        in += take;
        n -= take;
        if (open->count == window) {
            *ended++ = *open;
            memset(open, 0, sizeof *open);
        }
    }
}

int bc_meter_windows(int isa, const int16_t *in, size_t stride, size_t channels, size_t n, uint64_t window,
                     int32_t limit, bc_meter_sums *open, bc_meter_sums *ended, size_t room)
{
    bc_meter_twin add = twin_for(isa);
    if (!add || !in_range(limit) || window < 1 || window > LONGEST_WINDOW)
        return BC_EINVAL;
    for (size_t c = 0; c < channels; c++)
        if (open[c].count >= window || open[c].count != open[0].count)
            return BC_EINVAL;
    uint64_t ending = channels ? (open[0].count + n) / window : 0;
    if (ending > room || ending > INT_MAX)
        return BC_EFULL;
    for (size_t c = 0; c < channels; c++)
        one_channel(add, in + c * stride, n, window, limit, open + c, ended + c * room);
    return (int)ending;
}
