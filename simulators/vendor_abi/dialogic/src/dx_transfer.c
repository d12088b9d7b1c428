/* dx_transfer.c - octets between an application's files, memory, functions and the samples of a job. */
#include "dx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bc_wav.h"

#define HEAD_BYTES 65536

static iott_part *current(dx_transfer *t)
{
    while (t->at < t->count && t->parts[t->at].length >= 0 && t->done >= t->parts[t->at].length) {
        t->at++;
        t->done = 0;
        t->placed = 0;
    }
    return t->at < t->count ? &t->parts[t->at] : NULL;
}

static void next_part(dx_transfer *t)
{
    t->at++;
    t->done = 0;
    t->placed = 0;
}

static size_t limited(const dx_transfer *t, const iott_part *part, size_t n)
{
    long left = part->length - t->done;
    return part->length >= 0 && (size_t)left < n ? (size_t)left : n;
}

static int place(dx_transfer *t, const iott_part *part)
{
    if (t->placed || !part->seek || part->kind != IO_UIO)
        return 0;
    t->placed = 1;
    return t->uio.u_seek && t->uio.u_seek(part->fd, part->offset, SEEK_SET) >= 0 ? 0 : -1;
}

/* A file's own position is left alone; pipes have none. */
static ssize_t read_file(const iott_part *part, long done, void *out, size_t n)
{
    ssize_t k;
    do
        k = pread(part->fd, out, n, part->offset + done);
    while (k < 0 && errno == EINTR);
    if (k < 0 && errno == ESPIPE)
        do
            k = read(part->fd, out, n);
        while (k < 0 && errno == EINTR);
    return k;
}

static ssize_t write_file(const iott_part *part, long done, const void *octets, size_t n)
{
    ssize_t k;
    do
        k = pwrite(part->fd, octets, n, part->offset + done);
    while (k < 0 && errno == EINTR);
    if (k < 0 && errno == ESPIPE)
        do
            k = write(part->fd, octets, n);
        while (k < 0 && errno == EINTR);
    return k;
}

static long read_part(dx_transfer *t, const iott_part *part, uint8_t *out, size_t n)
{
    if (part->kind == IO_MEM) {
        memcpy(out, part->memory + t->done, n);
        return (long)n;
    }
    if (part->kind == IO_DEV)
        return read_file(part, t->done, out, n);
    if (place(t, part) != 0)
        return -1;
    long k = t->uio.u_read(part->fd, (char *)out, (unsigned)n);
    return k > (long)n ? -1 : k;
}

int dx_transfer_at_end(dx_transfer *t)
{
    return current(t) == NULL;
}

long dx_transfer_read(dx_transfer *t, uint8_t *out, size_t n)
{
    for (iott_part *part; (part = current(t));) {
        long k = read_part(t, part, out, limited(t, part, n));
        if (k > 0)
            t->done += k;
        if (k != 0)
            return k < 0 ? -1 : k;
        next_part(t); /* the file is shorter than its entry says, or goes to its end */
    }
    return 0;
}

static long write_part(dx_transfer *t, const iott_part *part, const uint8_t *octets, size_t n)
{
    if (part->kind == IO_MEM) {
        memcpy(part->memory + t->done, octets, n);
        return (long)n;
    }
    if (part->kind == IO_DEV)
        return write_file(part, t->done, octets, n);
    if (place(t, part) != 0)
        return -1;
    long k = t->uio.u_write(part->fd, (char *)(uintptr_t)octets, (unsigned)n);
    return k > (long)n ? -1 : k;
}

long dx_transfer_write(dx_transfer *t, const uint8_t *octets, size_t n)
{
    size_t stored = 0;
    for (iott_part *part; stored < n && (part = current(t));) {
        long k = write_part(t, part, octets + stored, limited(t, part, n - stored));
        if (k < 0)
            return -1;
        if (k == 0) /* a user function that takes no more */
            next_part(t);
        t->done += k;
        stored += (size_t)k;
    }
    return (long)stored;
}

int64_t dx_transfer_room(const dx_transfer *t)
{
    int64_t room = 0;
    for (int i = t->at; i < t->count; i++) {
        int64_t more = t->parts[i].length - (i == t->at ? t->done : 0);
        if (t->parts[i].length < 0 || more > INT64_MAX - room)
            return INT64_MAX;
        room += more;
    }
    return room;
}

static int read_head(iott_part *part, int *encoding)
{
    uint8_t *head = malloc(HEAD_BYTES);
    struct stat about;
    off_t end = part->kind == IO_DEV && fstat(part->fd, &about) == 0 ? about.st_size : -1;
    bc_wav_info info;
    int result = EDX_BADWAVEFILE;
    if (head && end > part->offset) {
        ssize_t n = pread(part->fd, head, HEAD_BYTES, part->offset);
        uint64_t size = (uint64_t)(end - part->offset);
        if (n > 0 && bc_wav_parse(head, (size_t)n, size, &info) == BC_OK &&
            (*encoding == 0 || *encoding == info.encoding)) {
            long samples = (long)info.data_bytes;
            *encoding = info.encoding;
            part->offset += (long)info.data_offset;
            part->length = part->length < 0 || part->length > samples ? samples : part->length;
            result = EDX_NOERROR;
        }
    }
    free(head);
    return result;
}

int dx_transfer_read_heads(dx_transfer *t, int *encoding)
{
    *encoding = 0;
    for (int i = 0; i < t->count; i++) {
        int error = read_head(&t->parts[i], encoding);
        if (error != EDX_NOERROR)
            return error;
    }
    return EDX_NOERROR;
}

int dx_transfer_write_head(dx_transfer *t, int encoding)
{
    uint8_t header[BC_WAV_HEADER];
    iott_part *part = t->parts;
    if (t->count != 1 || part->kind != IO_DEV || bc_wav_header(header, encoding, 0) != BC_OK)
        return EDX_BADIOTT;
    if (write_file(part, 0, header, sizeof header) != (ssize_t)sizeof header)
        return EDX_SYSTEM;
    part->offset += BC_WAV_HEADER;
    t->wave = encoding;
    return EDX_NOERROR;
}

static int finish_head(const dx_transfer *t, uint64_t octets)
{
    uint8_t header[BC_WAV_HEADER];
    if (bc_wav_header(header, t->wave, octets) != BC_OK)
        return -1;
    return pwrite(t->parts[0].fd, header, sizeof header, t->parts[0].offset - BC_WAV_HEADER) == (ssize_t)sizeof header
               ? 0
               : -1;
}

int dx_transfer_close(dx_transfer *t, uint64_t octets)
{
    int result = t->wave ? finish_head(t, octets) : 0;
    if (t->owned_fd >= 0 && close(t->owned_fd) != 0)
        result = -1;
    free(t->parts);
    *t = (dx_transfer){.owned_fd = -1};
    return result;
}
