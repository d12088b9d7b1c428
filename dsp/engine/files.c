/* files.c - the only code that touches the disk: on the file thread, or between ticks in virtual time.

   A recording is appended every turn (100 ms), header after data, so a killed process loses what the turn had not
   reached: the ring (100 ms) and the recorder's lag (100 ms). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define RECORD_RING (4 * BC_RATE_HZ) /* the disk may stall for 4 s */
#define PLAY_RING (2 * BC_RATE_HZ)
#define CHUNK 2048

static bc_file *file_new(int kind, uint32_t ring, int *error)
{
    bc_file *f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
    if (f) {
        *f = (bc_file){.kind = kind, .raw_fd = -1};
        if (bc_spsc_init(&f->ring, ring) == BC_OK)
            return f;
        free(f);
    }
    *error = BC_ENOMEM;
    return NULL;
}

void bc_file_destroy(bc_file *f)
{
    if (f->writer)
        bc_wav_writer_close(f->writer);
    bc_wav_reader_close(f->reader);
    if (f->raw_fd >= 0)
        close(f->raw_fd);
    bc_spsc_release(&f->ring);
    free(f);
}

void bc_file_discard(bc_file *f)
{
    if (f)
        bc_file_destroy(f);
}

bc_file *bc_file_record(const char *path, int encoding, int append, int *error)
{
    bc_file *f = file_new(FILE_RECORD, RECORD_RING, error);
    if (f && !(f->writer = bc_wav_writer_open(path, encoding, append, error))) {
        int kept = errno;
        bc_file_destroy(f);
        errno = kept;
        return NULL;
    }
    if (f)
        f->samples = bc_wav_writer_samples(f->writer);
    return f;
}

bc_file *bc_file_play(const char *path, int *error)
{
    bc_file *f = file_new(FILE_PLAY, PLAY_RING, error);
    if (f && !(f->reader = bc_wav_reader_open(path, NULL, error))) {
        int kept = errno;
        bc_file_destroy(f);
        errno = kept;
        return NULL;
    }
    if (f)
        f->samples = bc_wav_reader_samples(f->reader);
    return f;
}

bc_file *bc_file_play_fd(int fd, uint64_t samples, int *error)
{
    bc_file *f = file_new(FILE_PLAY, PLAY_RING, error);
    if (f) {
        f->raw_fd = fd;
        f->samples = samples;
    }
    return f;
}

static int64_t source_read(bc_file *f, int16_t *out, size_t n)
{
    if (f->reader)
        return bc_wav_reader_read(f->reader, out, n);
    uint64_t left = f->samples > f->raw_at ? f->samples - f->raw_at : 0;
    if (n > left)
        n = (size_t)left;
    ssize_t got = n ? pread(f->raw_fd, out, n * 2, (off_t)(f->raw_at * 2)) : 0;
    if (got < 0)
        return BC_EIO;
    f->raw_at += (uint64_t)got / 2;
    return got / 2;
}

static void fill(bc_file *f)
{
    int16_t chunk[CHUNK];
    while (!atomic_load_explicit(&f->at_end, memory_order_relaxed) && bc_spsc_room(&f->ring) >= CHUNK) {
        int64_t n = source_read(f, chunk, CHUNK);
        if (n > 0)
            bc_spsc_put(&f->ring, chunk, (uint32_t)n);
        if (n < 0)
            atomic_store_explicit(&f->error, errno ? errno : EIO, memory_order_relaxed);
        if (n <= 0)
            atomic_store_explicit(&f->at_end, 1, memory_order_release);
    }
}

/* On the control thread, before the file is handed over: the first block must not wait for the file thread. */
int bc_file_prefill(bc_file *f, uint64_t from_sample)
{
    if (f->kind != FILE_PLAY)
        return BC_OK;
    if (f->reader && from_sample && bc_wav_reader_seek(f->reader, from_sample))
        return BC_EIO;
    f->raw_at = from_sample;
    fill(f);
    return BC_OK;
}

static void drain(bc_file *f, bc_engine *e)
{
    int16_t chunk[CHUNK];
    uint32_t n;
    while ((n = bc_spsc_get(&f->ring, chunk, CHUNK)) > 0) {
        if (atomic_load_explicit(&f->error, memory_order_relaxed))
            continue; /* refused by the disk once: what is on it stays as it is */
        COUNT(e, file_writes, 1);
        if (bc_wav_writer_write(f->writer, chunk, n) < 0) {
            int why = bc_wav_writer_errno(f->writer);
            atomic_store_explicit(&f->error, why ? why : EFBIG, memory_order_release);
            COUNT(e, file_errors, 1);
        }
        atomic_store_explicit(&f->written, bc_wav_writer_samples(f->writer) - f->samples, memory_order_release);
    }
}

bool bc_file_service(bc_file *f, bc_engine *e)
{
    bool finish = atomic_load_explicit(&f->state, memory_order_acquire) == FILE_FINISH;
    if (f->kind == FILE_PLAY) {
        if (!finish)
            fill(f);
    } else {
        drain(f, e);
        if (finish) {
            if (bc_wav_writer_close(f->writer) < 0 && !atomic_load(&f->error))
                atomic_store(&f->error, errno ? errno : EIO);
            f->writer = NULL;
        }
    }
    if (finish)
        atomic_store_explicit(&f->state, FILE_CLOSED, memory_order_release);
    return finish;
}

/* Control thread: give a file to the file thread. */
void file_hand_over(bc_engine *e, bc_file *f)
{
    bc_file *first = atomic_load_explicit(&e->file_inbox, memory_order_relaxed);
    do
        f->next = first;
    while (!atomic_compare_exchange_weak_explicit(&e->file_inbox, &first, f, memory_order_release, memory_order_relaxed));
    COUNT(e, files, 1);
}

/* Tick thread: no more will be put in or taken out. */
void file_finish(bc_engine *e, bc_file *f)
{
    atomic_store_explicit(&f->state, FILE_FINISH, memory_order_release);
    sem_post(&e->file_work);
}

static uint64_t monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One turn over all files. */
void service_files(bc_engine *e)
{
    bc_file *f = atomic_exchange_explicit(&e->file_inbox, NULL, memory_order_acquire);
    while (f) {
        bc_file *next = f->next;
        f->next = e->file_list;
        e->file_list = f;
        f = next;
    }
    if (!e->file_list)
        return;
    uint64_t began = monotonic_ns();
    for (bc_file **link = &e->file_list; *link;) {
        bc_file *next = (*link)->next;
        if (bc_file_service(*link, e))
            *link = next;
        else
            link = &(*link)->next;
    }
    uint64_t took = monotonic_ns() - began;
    if (took > atomic_load_explicit(&e->n.file_late_ns_max, memory_order_relaxed))
        atomic_store_explicit(&e->n.file_late_ns_max, took, memory_order_relaxed);
}

/* Control thread: free the files of jobs long ended that the file thread has let go since. */
void bury(bc_engine *e)
{
    for (bc_file **link = &e->graves; *link;) {
        bc_file *f = *link;
        if (atomic_load_explicit(&f->state, memory_order_acquire) == FILE_CLOSED) {
            *link = f->grave;
            bc_file_destroy(f);
            atomic_fetch_sub_explicit(&e->n.files, 1, memory_order_relaxed);
        } else {
            link = &f->grave;
        }
    }
}
