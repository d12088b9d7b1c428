/* fuzz_dialogic_tables.c - libFuzzer: any octets as the application's tables, and as a WAVE file that is played.

   Links of a table are turned into links to entries of the same table, or NULL: a pointer into nowhere is the one thing
   that a library cannot check. The tables are padded so that reading on to the limit stays inside. Needs /proc. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dx.h"

static DV_TPT tpt[2 * TPT_MAX];
static DX_IOTT iott[2 * IOTT_MAX];
static char memory[64];

static void fill(void *table, size_t room, const uint8_t *octets, size_t n)
{
    memset(table, 0, room);
    memcpy(table, octets, n < room / 2 ? n : room / 2);
}

static void try_terminations(const uint8_t *octets, size_t n)
{
    wire_rules rules;
    const char *missing = NULL;
    fill(tpt, sizeof tpt, octets, n);
    for (int i = 0; i < TPT_MAX; i++)
        tpt[i].tp_nextp = tpt[i].rfu ? &tpt[tpt[i].rfu % TPT_MAX] : NULL;
    for (int job = TPT_PLAY; job <= TPT_TONE; job++)
        if (tpt_parse(tpt, job, &rules, &missing) == EDX_NOERROR && rules.max_digits > DG_MAXDIGS)
            abort();
}

static void try_transfers(const uint8_t *octets, size_t n)
{
    iott_part *parts;
    const char *missing = NULL;
    int count;
    fill(iott, sizeof iott, octets, n);
    for (int i = 0; i < IOTT_MAX; i++) {
        iott[i].io_nextp = iott[i].rfu ? &iott[iott[i].rfu % IOTT_MAX] : NULL;
        iott[i].io_bufp = iott[i].io_bufp ? memory : NULL;
    }
    if (iott_parse(iott, &parts, &count, &missing) == EDX_NOERROR) {
        if (count < 1 || count > IOTT_MAX)
            abort();
        free(parts);
    }
}

static void try_wave(const uint8_t *octets, size_t n)
{
    static uint8_t samples[4096];
    int fd = memfd_create("wave", 0), encoding;
    if (fd < 0 || write(fd, octets, n) != (ssize_t)n)
        abort();
    iott_part *part = malloc(sizeof *part);
    *part = (iott_part){.kind = IO_DEV, .fd = fd, .length = -1};
    dx_transfer transfer = {.parts = part, .count = 1, .owned_fd = fd};
    if (dx_transfer_read_heads(&transfer, &encoding) == EDX_NOERROR) {
        size_t total = 0;
        for (long k; (k = dx_transfer_read(&transfer, samples, sizeof samples)) > 0;)
            total += (size_t)k;
        if (total > n || !dx_transfer_at_end(&transfer))
            abort();
    }
    dx_transfer_close(&transfer, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n)
{
    try_terminations(octets, n);
    try_transfers(octets, n);
    try_wave(octets, n);
    return 0;
}
