/* Termination and transfer tables: each condition, the ends of chains, what is refused. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dx.h"
#include "tables.h"

static DV_TPT entry(unsigned short type, unsigned short number, unsigned short length, unsigned short flags)
{
    return (DV_TPT){.tp_type = type, .tp_termno = number, .tp_length = length, .tp_flags = flags};
}

static wire_rules parsed(DV_TPT one, int job, int wanted)
{
    wire_rules rules;
    const char *missing = NULL;
    CHECK(tpt_parse(&one, job, &rules, &missing) == wanted);
    return rules;
}

static wire_rules good(unsigned short number, unsigned short length, unsigned short flags)
{
    return parsed(entry(IO_EOT, number, length, flags), TPT_COLLECT, EDX_NOERROR);
}

static void bad(unsigned short number, unsigned short length)
{
    parsed(entry(IO_EOT, number, length, 0), TPT_PLAY, EDX_BADTPT);
}

static void conditions(void)
{
    CHECK(good(DX_MAXTIME, 25, TF_MAXTIME).max_ms == 2500 && good(DX_MAXTIME, 25, TF_10MS).max_ms == 250);
    CHECK(good(DX_MAXTIME, 0xFFFF, 0).max_ms == 6553500);
    CHECK(good(DX_MAXSIL, 30, TF_MAXSIL).silence_ms == 3000 && good(DX_MAXNOSIL, 7, 0).nonsilence_ms == 700);
    CHECK(good(DX_LCOFF, 1, TF_LCOFF).flags == WIRE_RULE_LOOP); /* TF_CLREND in it costs no digits */
    CHECK(good(DX_MAXDTMF, 4, TF_MAXDTMF).max_digits == 4 && good(DX_MAXDTMF, 4, TF_MAXDTMF).flags == 0);
    CHECK(good(DX_MAXDTMF, 4, TF_EDGE).flags == WIRE_RULE_NEW_DIGITS);
    CHECK(good(DX_MAXDTMF, 4, TF_LEVEL | TF_CLRBEG | TF_CLREND).flags == (WIRE_RULE_CLEAR_FIRST | WIRE_RULE_CLEAR_END));
    CHECK(good(DX_DIGMASK, DM_0, TF_LEVEL).digit_mask == 1 && good(DX_DIGMASK, DM_9, 0).digit_mask == 1 << 9);
    CHECK(good(DX_DIGMASK, DM_S | DM_P, 0).digit_mask == (1 << 10 | 1 << 11));
    CHECK(good(DX_DIGMASK, DM_A | DM_B | DM_C | DM_D, 0).digit_mask == 0xF000);
    CHECK(good(DX_DIGMASK, DM_1, 0).flags == WIRE_RULE_NEW_MASK);
    CHECK(good(DX_DIGTYPE, '7', TF_DIGTYPE).digit_mask == 1 << 7);
    CHECK(good(DX_IDDTIME, 50, 0).first_digit_ms == 5000 && good(DX_IDDTIME, 50, 0).inter_digit_ms == 5000);
    CHECK(good(DX_IDDTIME, 50, TF_FIRST).first_digit_ms == 0 && good(DX_IDDTIME, 50, TF_FIRST).flags == 0);
    DV_TPT tone = entry(IO_EOT, DX_TONE, 300, TF_TONE), initial = entry(IO_EOT, DX_MAXSIL, 20, TF_SETINIT);
    tone.tp_data = DX_TONEON;
    initial.tp_data = 50;
    CHECK(parsed(tone, TPT_PLAY, EDX_NOERROR).tone == 300 && parsed(tone, TPT_PLAY, 0).flags == WIRE_RULE_TONE);
    CHECK(parsed(initial, TPT_RECORD, EDX_NOERROR).first_silence_ms == 5000);
}

static void refusals(void)
{
    bad(DX_MAXDTMF, 0);
    bad(DX_MAXDTMF, 32);
    bad(DX_DIGMASK, 0);
    bad(DX_DIGTYPE, 'x');
    bad(DX_DIGTYPE, '1' | 8 << 8);
    bad(DX_TONE, 3); /* DX_TONEOFF */
    bad(DX_PMON, 1);
    bad(DX_MAXDATA, 1);
    bad(DX_IDDTIME, 1); /* in a play */
    bad(0, 1);
    bad(99, 1);
    parsed(entry(0, DX_MAXTIME, 1, 0), TPT_PLAY, EDX_BADTPT);
    parsed(entry(IO_LINK, DX_MAXTIME, 1, 0), TPT_PLAY, EDX_BADTPT);
    wire_rules rules, none = {0};
    CHECK(tpt_parse(NULL, TPT_PLAY, &rules, NULL) == EDX_NOERROR && memcmp(&rules, &none, sizeof rules) == 0);
}

static void ends_of_tables(void)
{
    DV_TPT table[TPT_MAX + 1], loop = entry(IO_LINK, DX_MAXTIME, 1, 0);
    wire_rules rules;
    for (int i = 0; i <= TPT_MAX; i++)
        table[i] = entry(IO_CONT, DX_MAXTIME, (unsigned short)i, 0);
    CHECK(tpt_parse(table, TPT_PLAY, &rules, NULL) == EDX_BADTPT);
    table[TPT_MAX - 1].tp_type = IO_EOT;
    CHECK(tpt_parse(table, TPT_PLAY, &rules, NULL) == EDX_NOERROR && rules.max_ms == 100 * (TPT_MAX - 1));
    loop.tp_nextp = &loop;
    CHECK(tpt_parse(&loop, TPT_PLAY, &rules, NULL) == EDX_BADTPT);
    loop.tp_nextp = &table[TPT_MAX - 1];
    CHECK(tpt_parse(&loop, TPT_PLAY, &rules, NULL) == EDX_NOERROR);
}

static int parts_of(DX_IOTT *chain, int wanted, iott_part *first)
{
    iott_part *parts = NULL;
    const char *missing = NULL;
    int count;
    CHECK(iott_parse(chain, &parts, &count, &missing) == wanted);
    CHECK((parts != NULL) == (wanted == EDX_NOERROR));
    if (parts)
        *first = parts[0];
    free(parts);
    return count;
}

static void transfers(void)
{
    char memory[10];
    iott_part part;
    DX_IOTT chain[2] = {{.io_type = IO_DEV | IO_CONT, .io_fhandle = 3, .io_offset = 44, .io_length = -1},
                        {.io_type = IO_MEM | IO_EOT, .io_bufp = memory, .io_offset = 2, .io_length = 8}};
    CHECK(parts_of(chain, EDX_NOERROR, &part) == 2 && part.fd == 3 && part.offset == 44 && part.length == -1);
    CHECK(parts_of(&chain[1], EDX_NOERROR, &part) == 1 && part.memory == memory + 2 && part.length == 8);
    chain[0].io_type = IO_DEV | IO_LINK;
    chain[0].io_nextp = &chain[0];
    parts_of(chain, EDX_BADIOTT, &part);
    chain[0].io_nextp = NULL;
    parts_of(chain, EDX_BADIOTT, &part);
    parts_of(NULL, EDX_BADIOTT, &part);
    chain[1].io_length = 0;
    parts_of(&chain[1], EDX_BADIOTT, &part);
    chain[1].io_length = -1; /* memory has no end of its own */
    parts_of(&chain[1], EDX_BADIOTT, &part);
    chain[1] = (DX_IOTT){.io_type = IO_UIO | IO_USEOFFSET | IO_EOT, .io_length = -1};
    CHECK(parts_of(&chain[1], EDX_NOERROR, &part) == 1 && part.kind == IO_UIO && part.seek);
    chain[1].io_type = IO_STREAM | IO_EOT;
    parts_of(&chain[1], EDX_BADIOTT, &part);
    chain[1].io_type = 0x4000 | IO_EOT;
    parts_of(&chain[1], EDX_BADIOTT, &part);
    chain[1] = (DX_IOTT){.io_type = IO_DEV | IO_EOT, .io_fhandle = 1, .io_length = 1, .io_offset = ~0UL};
    parts_of(&chain[1], EDX_BADIOTT, &part);
    chain[1].io_offset = LONG_MAX; /* what is behind it has no place in any file */
    parts_of(&chain[1], EDX_BADIOTT, &part);
}

static void room_of_absurd_lengths(void)
{
    iott_part parts[2] = {{.kind = IO_DEV, .length = LONG_MAX}, {.kind = IO_DEV, .length = LONG_MAX}};
    dx_transfer transfer = {.parts = parts, .count = 2, .done = 10};
    CHECK(dx_transfer_room(&transfer) == INT64_MAX);
    transfer.count = 1;
    CHECK(dx_transfer_room(&transfer) == LONG_MAX - 10);
}

static void formats(void)
{
    DX_XPB xpb = {FILE_FORMAT_VOX, DATA_FORMAT_PCM, DRT_8KHZ, 16};
    CHECK(xpb_encoding(&xpb) == 1);
    xpb.wBitsPerSample = 8;
    CHECK(xpb_encoding(&xpb) == 0);
    xpb.wDataFormat = DATA_FORMAT_ALAW;
    CHECK(xpb_encoding(&xpb) == 6);
    xpb.nSamplesPerSec = DRT_6KHZ;
    CHECK(xpb_encoding(&xpb) == 0);
    CHECK(mode_encoding(MD_PCM | PM_SR8, 6000) == 7 && mode_encoding(MD_PCM | PM_SR8 | PM_ALAW, 6000) == 6);
    CHECK(mode_encoding(MD_PCM, 8000) == 7 && mode_encoding(MD_PCM, 6000) == 0 && mode_encoding(PM_SR8, 8000) == 0);
}

int main(void)
{
    conditions();
    refusals();
    ends_of_tables();
    transfers();
    room_of_absurd_lengths();
    formats();
    return 0;
}
