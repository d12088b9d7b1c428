/* Transfer tables: chains of files, memory and user functions. */
#include <limits.h>
#include <stdlib.h>

#include "tables.h"

enum { KINDS = IO_MEM | IO_UIO | IO_STREAM | IO_CACHED, LINKS = IO_CONT | IO_LINK | IO_EOT };

static int memory_part(const DX_IOTT *entry, iott_part *out)
{
    if (!entry->io_bufp || entry->io_length < 1)
        return EDX_BADIOTT;
    out->memory = entry->io_bufp + entry->io_offset; /* unverified: counted from io_bufp */
    return EDX_NOERROR;
}

static int file_part(const DX_IOTT *entry, iott_part *out)
{
    out->fd = entry->io_fhandle;
    out->seek = out->kind == IO_DEV || (entry->io_type & IO_USEOFFSET) != 0;
    return out->kind == IO_DEV && out->fd < 0 ? EDX_BADIOTT : EDX_NOERROR;
}

static int part(const DX_IOTT *entry, iott_part *out, const char **missing)
{
    int kind = entry->io_type & KINDS;
    if (kind & (IO_STREAM | IO_CACHED)) {
        *missing = "IO_STREAM and IO_CACHED";
        return EDX_BADIOTT;
    }
    if (kind == (IO_MEM | IO_UIO) || entry->io_type & ~(KINDS | LINKS | IO_USEOFFSET))
        return EDX_BADIOTT;
    if (entry->io_length < -1 || entry->io_length == 0 || entry->io_offset > LONG_MAX / 2)
        return EDX_BADIOTT;
    *out = (iott_part){.kind = kind, .fd = -1, .length = entry->io_length, .offset = (long)entry->io_offset};
    return kind == IO_MEM ? memory_part(entry, out) : file_part(entry, out);
}

/* The entry after this one; NULL at the end, *error if there should be one. */
static const DX_IOTT *next_entry(const DX_IOTT *entry, int *error)
{
    switch (entry->io_type & LINKS) {
    case IO_EOT:
        return NULL;
    case IO_CONT:
        return entry + 1;
    case IO_LINK:
        if (!entry->io_nextp)
            *error = EDX_BADIOTT;
        return entry->io_nextp;
    default:
        *error = EDX_BADIOTT;
        return NULL;
    }
}

int iott_parse(const DX_IOTT *chain, iott_part **out, int *count, const char **missing)
{
    int error = chain ? EDX_NOERROR : EDX_BADIOTT;
    *count = 0;
    *out = malloc(IOTT_MAX * sizeof **out);
    if (!*out)
        return EDX_SYSTEM;
    while (chain && error == EDX_NOERROR) {
        error = *count == IOTT_MAX ? EDX_BADIOTT : part(chain, &(*out)[*count], missing); /* a loop, or no end */
        if (error == EDX_NOERROR) {
            ++*count;
            chain = next_entry(chain, &error);
        }
    }
    if (error != EDX_NOERROR) {
        free(*out);
        *out = NULL;
    }
    return error;
}

int xpb_encoding(const DX_XPB *xpb)
{
    if (xpb->nSamplesPerSec != DRT_8KHZ && xpb->nSamplesPerSec != 8000)
        return 0;
    switch (xpb->wDataFormat) {
    case DATA_FORMAT_PCM:
        return xpb->wBitsPerSample == 16 ? 1 : 0;
    case DATA_FORMAT_ALAW:
        return xpb->wBitsPerSample == 8 ? 6 : 0;
    case DATA_FORMAT_MULAW:
        return xpb->wBitsPerSample == 8 ? 7 : 0;
    default:
        return 0;
    }
}

int mode_encoding(unsigned mode, int default_rate_hz)
{
    int rate_hz = mode & PM_SR8 ? 8000 : mode & PM_SR6 ? 6000 : default_rate_hz;
    if (!(mode & MD_PCM) || rate_hz != 8000)
        return 0;
    return mode & PM_ALAW ? 6 : 7;
}
