/* g711.c - ITU-T G.711 companding.

   Theory of operation. Both laws are eight segments a sign, each segment twice as wide as the one below it, each cut
   into 16 equal steps; an octet is sign, segment, step. In the 16-bit scale used here the segment is the length in bits
   of (magnitude >> 8), once mu-law's bias is added, so both directions are shifts.

   A-law, G.711 table 1a: 13-bit values, here times 8: the lowest two segments share one step of 16; even bits of
   the octet are inverted (note 2 to table 1a). mu-law, table 2a: 14-bit values, here times 4: the bias of 33 (132) makes
   the segments powers of two; all bits are inverted.

   G.711 leaves open which side a sample exactly on a decision value falls on. As in the ITU's own software (G.191),
   the magnitude of a negative sample is its ones' complement: the positive tie goes up, the negative one down.

   From one law to the other, tables 3 and 4 map the numbers of the output values; both signs alike, so a table of the low
   7 bits serves. They are not the nearest values everywhere: see tables/make_g711.py. */
#include "g711_twins.h"

#define MU_BIAS 132  /* table 2a: 33 of 14 bits */
#define MU_CLIP 32635 /* the largest magnitude that stays in 15 bits after the bias: 8158.75 of 14 bits */

/* Length in bits of the upper byte of a 15-bit magnitude: the segment, 0 to 7. */
static unsigned segment_of(unsigned magnitude)
{
    unsigned segment = 0;
    for (unsigned high = magnitude >> 8; high; high >>= 1)
        segment++;
    return segment;
}

static uint8_t encode_a(int16_t x)
{
    unsigned negative = x < 0, magnitude = (unsigned)(negative ? ~x : x);
    unsigned segment = segment_of(magnitude);
    unsigned step = magnitude >> (segment ? segment + 3 : 4) & 15;
    return (uint8_t)((segment << 4 | step) ^ (negative ? 0x55u : 0xD5u));
}

static int16_t decode_a(uint8_t octet)
{
    unsigned y = octet ^ 0x55u, segment = y >> 4 & 7;
    int middle = (int)((y & 15) << 4) + 8; /* output: half-way between decision values */
    if (segment)
        middle = (middle + 256) * (1 << (segment - 1));
    return (int16_t)(y & 0x80 ? middle : -middle);
}

static uint8_t encode_mu(int16_t x)
{
    unsigned negative = x < 0, magnitude = (unsigned)(negative ? ~x : x);
    magnitude = (magnitude > MU_CLIP ? MU_CLIP : magnitude) + MU_BIAS;
    unsigned segment = segment_of(magnitude);
    return (uint8_t)((segment << 4 | (magnitude >> (segment + 3) & 15)) ^ (negative ? 0x7Fu : 0xFFu));
}

static int16_t decode_mu(uint8_t octet)
{
    unsigned y = octet ^ 0xFFu;
    int value = ((int)((y & 15) << 3) + MU_BIAS) * (1 << (y >> 4 & 7)) - MU_BIAS;
    return (int16_t)(y & 0x80 ? -value : value);
}

static void encode_a_all(const int16_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = encode_a(in[i]);
}

static void encode_mu_all(const int16_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = encode_mu(in[i]);
}

static void decode_a_all(const uint8_t *in, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = decode_a(in[i]);
}

static void decode_mu_all(const uint8_t *in, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = decode_mu(in[i]);
}

static void convert(const uint8_t (*table)[16], const uint8_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((in[i] & 0x80) | table[in[i] >> 4 & 7][in[i] & 15]);
}

static void convert_a_all(const uint8_t *in, size_t n, uint8_t *out) { convert(a_to_mu, in, n, out); }
static void convert_mu_all(const uint8_t *in, size_t n, uint8_t *out) { convert(mu_to_a, in, n, out); }

const bc_g711_twin bc_g711_scalar = {
    .encode = {[BC_LAW_A] = encode_a_all, [BC_LAW_MU] = encode_mu_all},
    .decode = {[BC_LAW_A] = decode_a_all, [BC_LAW_MU] = decode_mu_all},
    .convert = {[BC_LAW_A] = convert_a_all, [BC_LAW_MU] = convert_mu_all},
};

static const bc_g711_twin *twin_for(int law, int isa)
{
    if (law != BC_LAW_A && law != BC_LAW_MU)
        return NULL;
    switch (isa) {
    case BC_ISA_SCALAR: return &bc_g711_scalar;
#if defined(__x86_64__)
    case BC_ISA_AVX2: return &bc_g711_avx2;
    case BC_ISA_AVX512: return &bc_g711_avx512;
#endif
    default: return NULL;
    }
}

int bc_g711_encode(int law, int isa, const int16_t *in, size_t n, uint8_t *out)
{
    const bc_g711_twin *twin = twin_for(law, isa);
    if (!twin)
        return BC_EINVAL;
    twin->encode[law](in, n, out);
    return BC_OK;
}

int bc_g711_decode(int law, int isa, const uint8_t *in, size_t n, int16_t *out)
{
    const bc_g711_twin *twin = twin_for(law, isa);
    if (!twin)
        return BC_EINVAL;
    twin->decode[law](in, n, out);
    return BC_OK;
}

int bc_g711_convert(int from, int isa, const uint8_t *in, size_t n, uint8_t *out)
{
    const bc_g711_twin *twin = twin_for(from, isa);
    if (!twin)
        return BC_EINVAL;
    twin->convert[from](in, n, out);
    return BC_OK;
}
