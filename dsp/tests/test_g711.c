#include "bc_g711.h"
#include "check.h"

#include <string.h>

/* ITU-T G.711 tables 1a and 2a, positive values: from the decision values of the tables, not from the code's shifts. */
static int table_value(int law, int segment, int step)
{
    if (law == BC_LAW_A)
        return segment == 0 ? 8 * (2 * step + 1) : 8 * (2 * step + 33) << (segment - 1);
    return 4 * (((2 * step + 33) << segment) - 33);
}

static int16_t every_input[65536];

static void decodes_as_the_tables(int law, int isa)
{
    for (int code = 0; code < 256; code++) {
        int bits = code ^ (law == BC_LAW_A ? 0x55 : 0x7F), positive = bits & 0x80;
        int value = table_value(law, bits >> 4 & 7, bits & 15);
        uint8_t octet = (uint8_t)code;
        int16_t got;
        CHECK(bc_g711_decode(law, isa, &octet, 1, &got) == BC_OK);
        CHECK(got == (positive ? value : -value));
    }
}

static void codes_come_back(int law, int isa)
{
    uint8_t codes[256], back[256];
    int16_t linear[256];
    for (int i = 0; i < 256; i++)
        codes[i] = (uint8_t)i;
    CHECK(bc_g711_decode(law, isa, codes, 256, linear) == BC_OK);
    CHECK(bc_g711_encode(law, isa, linear, 256, back) == BC_OK);
    for (int i = 0; i < 256; i++)
        CHECK(back[i] == codes[i] || (law == BC_LAW_MU && i == 0x7F && back[i] == 0xFF)); /* -0 */
}

static void twin_is_reference(int law, int isa)
{
    static uint8_t want[65536], got[65536];
    static int16_t want_linear[65536], got_linear[65536];
    for (size_t cut = 0; cut < 70; cut++) {
        size_t n = cut < 69 ? cut : 65536;
        memset(got, 0xAA, sizeof got);
        CHECK(bc_g711_encode(law, BC_ISA_SCALAR, every_input, n, want) == BC_OK);
        CHECK(bc_g711_encode(law, isa, every_input, n, got) == BC_OK);
        CHECK(memcmp(want, got, n) == 0);
        CHECK(n == 65536 || got[n] == 0xAA);
        CHECK(bc_g711_decode(law, BC_ISA_SCALAR, want, n, want_linear) == BC_OK);
        CHECK(bc_g711_decode(law, isa, want, n, got_linear) == BC_OK);
        CHECK(memcmp(want_linear, got_linear, 2 * n) == 0);
    }
}

/* Tables 3 and 4 go to a value near by, of the same sign: never further off than one step of the law that they go to. */
static void converts_close_by(int from, int isa)
{
    uint8_t codes[256], there[256];
    int16_t before[256], after[256];
    for (int i = 0; i < 256; i++)
        codes[i] = (uint8_t)i;
    CHECK(bc_g711_convert(from, isa, codes, 256, there) == BC_OK);
    CHECK(bc_g711_decode(from, isa, codes, 256, before) == BC_OK);
    CHECK(bc_g711_decode(1 - from, isa, there, 256, after) == BC_OK);
    for (int i = 0; i < 256; i++) {
        CHECK((there[i] & 0x80) == (i & 0x80));
        CHECK(abs(after[i] - before[i]) <= 8 + abs(before[i]) / 32);
    }
}

static void conversion_twin_is_reference(int from, int isa)
{
    uint8_t in[256 + 70], want[sizeof in], got[sizeof in];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n < sizeof in; n++) {
        memset(got, 0xAA, sizeof got);
        CHECK(bc_g711_convert(from, BC_ISA_SCALAR, in, n, want) == BC_OK);
        CHECK(bc_g711_convert(from, isa, in, n, got) == BC_OK);
        CHECK(memcmp(want, got, n) == 0 && got[n] == 0xAA);
    }
    CHECK(bc_g711_convert(from, isa, in, sizeof in - 1, in) == BC_OK); /* in place */
    CHECK(memcmp(in, want, sizeof in - 1) == 0);
}

int main(void)
{
    for (int i = 0; i < 65536; i++)
        every_input[i] = (int16_t)(i - 32768);
    for (int law = BC_LAW_A; law <= BC_LAW_MU; law++) {
        for (int isa = 0; isa <= bc_isa_best(); isa++) {
            decodes_as_the_tables(law, isa);
            codes_come_back(law, isa);
            twin_is_reference(law, isa);
            converts_close_by(law, isa);
            conversion_twin_is_reference(law, isa);
        }
    }
    CHECK(bc_g711_encode(7, BC_ISA_SCALAR, every_input, 1, NULL) == BC_EINVAL);
    CHECK(bc_g711_decode(BC_LAW_A, 99, NULL, 0, NULL) == BC_EINVAL);
    CHECK(bc_g711_convert(2, BC_ISA_SCALAR, NULL, 0, NULL) == BC_EINVAL);
    return 0;
}
