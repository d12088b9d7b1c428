/* test_wav.c - the parser, the writer and the reader of bc_wav.h.

   pwrite and ftruncate are ours here: every call can be cut short, interrupted or refused, and after each one the file
   is looked at as a kill at that instant would leave it. The real calls go through syscall(2). */
#define _GNU_SOURCE /* memfd_create */
#include "bc_wav.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bc_g711.h"
#include "check.h"

/* ---- the system calls ---- */

static struct {
    void (*after)(void); /* called after each call that changed the file */
    size_t at_most;        /* octets per pwrite, 0: no limit */
    int64_t room;          /* file offset from which ENOSPC is given, -1: none */
    int interrupt;         /* every second call gives EINTR first */
    int refuse_head;       /* EIO for a write to offset 0 */
    unsigned calls;
} fake = {.room = -1};

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    if (fake.interrupt && ++fake.calls % 2) {
        errno = EINTR;
        return -1;
    }
    if (fake.refuse_head && at == 0) {
        errno = EIO;
        return -1;
    }
    if (fake.room >= 0 && n > 0 && at >= fake.room) {
        errno = ENOSPC;
        return -1;
    }
    if (fake.room >= 0 && at + (off_t)n > fake.room)
        n = (size_t)(fake.room - at);
    if (fake.at_most && n > fake.at_most)
        n = fake.at_most;
    ssize_t result = syscall(SYS_pwrite64, fd, from, n, at);
    if (fake.after)
        fake.after();
    return result;
}

int ftruncate(int fd, off_t length)
{
    int result = (int)syscall(SYS_ftruncate, fd, length);
    if (fake.after)
        fake.after();
    return result;
}

static void real_calls(void) { memset(&fake, 0, sizeof fake), fake.room = -1; }

/* ---- files in memory, and on disk under one name ---- */

enum { ROOM = 1 << 17 };
typedef struct {
    size_t n;
    uint8_t octet[ROOM];
} image;

static char path[64];
static const int encodings[] = {BC_WAV_PCM16, BC_WAV_ALAW, BC_WAV_ULAW};
enum { ENCODINGS = 3 };

static size_t width_of(int encoding) { return encoding == BC_WAV_PCM16 ? 2 : 1; }

static void put(image *f, const void *octets, size_t n)
{
    CHECK(f->n + n <= ROOM);
    memcpy(f->octet + f->n, octets, n);
    f->n += n;
}

static void put_le(image *f, uint64_t v, size_t n)
{
    uint8_t octets[8];
    for (size_t i = 0; i < n; i++)
        octets[i] = (uint8_t)(v >> (8 * i));
    put(f, octets, n);
}

static void set_le(image *f, size_t at, uint64_t v, size_t n)
{
    size_t end = f->n;
    f->n = at;
    put_le(f, v, n);
    f->n = end;
}

static uint32_t le32_at(const image *f, size_t at)
{
    const uint8_t *p = f->octet + at;
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_chunk(image *f, const char *id, const void *octets, size_t n)
{
    put(f, id, 4);
    put_le(f, n, 4);
    put(f, octets, n);
    if (n & 1)
        put(f, "", 1);
}

static void put_riff(image *f)
{
    f->n = 0;
    put(f, "RIFF\0\0\0\0WAVE", 12);
}

static void put_fmt(image *f, int tag, int channels, int rate, int bits)
{
    put(f, "fmt ", 4);
    put_le(f, 16, 4);
    put_le(f, (uint64_t)tag, 2);
    put_le(f, (uint64_t)channels, 2);
    put_le(f, (uint64_t)rate, 4);
    put_le(f, (uint64_t)(rate * channels * bits / 8), 4);
    put_le(f, (uint64_t)(channels * ((bits + 7) / 8)), 2);
    put_le(f, (uint64_t)bits, 2);
}

static void end_riff(image *f) { set_le(f, 4, f->n - 8, 4); }

static void store(const image *f)
{
    FILE *out = fopen(path, "wb");
    CHECK(out && fwrite(f->octet, 1, f->n, out) == f->n && fclose(out) == 0);
}

static void load_fd(int fd, image *f)
{
    ssize_t n = pread(fd, f->octet, ROOM, 0);
    CHECK(n >= 0 && n < ROOM);
    f->n = (size_t)n;
}

static void load(image *f)
{
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    load_fd(fd, f);
    CHECK(close(fd) == 0);
}

static int parse(const image *f, bc_wav_info *info)
{
    /* An exact copy, so that the sanitizer sees a read past the end. */
    uint8_t *head = malloc(f->n ? f->n : 1);
    CHECK(head);
    memcpy(head, f->octet, f->n);
    int result = bc_wav_parse(head, f->n, f->n, info);
    free(head);
    return result;
}

/* Samples 0, 1, 2 ... of a known signal that G.711 gives back unchanged, whatever the law. */
static void signal_at(int encoding, size_t from, int16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t octet = (uint8_t)((from + i) * 7 + (from + i) / 256);
        if (octet == 0x7F) /* mu-law's negative zero encodes as the positive one */
            octet = 0xFF;
        int law = encoding == BC_WAV_ALAW ? BC_LAW_A : BC_LAW_MU;
        if (encoding == BC_WAV_PCM16)
            out[i] = (int16_t)(uint16_t)(octet * 257u + 1u);
        else
            CHECK(bc_g711_decode(law, BC_ISA_SCALAR, &octet, 1, out + i) == BC_OK);
    }
}

static int write_signal(bc_wav_writer *w, int encoding, size_t from, size_t n)
{
    int16_t *samples = malloc((n + 1) * sizeof *samples);
    CHECK(samples);
    signal_at(encoding, from, samples, n);
    int result = bc_wav_writer_write(w, samples, n);
    free(samples);
    return result;
}

/* The file at path holds n samples of the signal and nothing else. */
static void check_signal(int encoding, uint64_t n)
{
    int error;
    bc_wav_info info;
    bc_wav_reader *r = bc_wav_reader_open(path, &info, &error);
    CHECK(r && error == BC_OK && info.encoding == encoding && info.rate_hz == 8000 && info.channels == 1);
    CHECK(bc_wav_reader_samples(r) == n);
    int16_t got[777], wanted[777];
    uint64_t done = 0;
    for (int64_t k; (k = bc_wav_reader_read(r, got, 777)) != 0; done += (uint64_t)k) {
        CHECK(k > 0);
        signal_at(encoding, (size_t)done, wanted, (size_t)k);
        CHECK(memcmp(got, wanted, (size_t)k * 2) == 0);
    }
    CHECK(done == n);
    bc_wav_reader_close(r);
}

static bc_wav_writer *open_writer(int encoding, int append)
{
    int error = 1;
    bc_wav_writer *w = bc_wav_writer_open(path, encoding, append, &error);
    CHECK(w && error == BC_OK && bc_wav_writer_errno(w) == 0);
    return w;
}

static void refuse_append(int encoding, int wanted)
{
    int error = 0;
    CHECK(!bc_wav_writer_open(path, encoding, 1, &error) && error == wanted);
}

static void make(int encoding, size_t n)
{
    bc_wav_writer *w = open_writer(encoding, 0);
    CHECK(write_signal(w, encoding, 0, n) == BC_OK && bc_wav_writer_close(w) == BC_OK);
}

/* A closed file in all its octets: header by bc_wav_header, pad, nothing more. */
static void check_closed(int encoding, size_t n)
{
    static image f;
    uint8_t header[BC_WAV_HEADER];
    size_t bytes = n * width_of(encoding);
    load(&f);
    CHECK(bc_wav_header(header, encoding, bytes) == BC_OK);
    CHECK(f.n == BC_WAV_HEADER + bytes + (bytes & 1));
    CHECK(memcmp(f.octet, header, sizeof header) == 0);
    CHECK(le32_at(&f, 4) + 8 == f.n);
    if (bytes & 1)
        CHECK(f.octet[f.n - 1] == 0);
    check_signal(encoding, n);
}

/* ---- parser ---- */

static image f; /* of the test that runs */
static const uint8_t junk[70001];

static void simple(int encoding, size_t bytes)
{
    static const uint8_t audio[256] = {1, 2, 3};
    put_riff(&f);
    put_fmt(&f, encoding, 1, 8000, encoding == BC_WAV_PCM16 ? 16 : 8);
    put_chunk(&f, "data", audio, bytes);
    end_riff(&f);
}

static void test_known_header(void)
{
    static const uint8_t alaw_3[BC_WAV_HEADER] = {
        'R', 'I', 'F', 'F', 54, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 18, 0, 0, 0, 6, 0, 1, 0, 0x40, 0x1F,
        0, 0, 0x40, 0x1F, 0, 0, 1, 0, 8, 0, 0, 0, 'f', 'a', 'c', 't', 4, 0, 0, 0, 3, 0, 0, 0, 'd', 'a', 't', 'a',
        3, 0, 0, 0};
    static const uint8_t pcm_6[BC_WAV_HEADER] = {
        'R', 'I', 'F', 'F', 56, 0, 0, 0, 'W', 'A', 'V', 'E', 'f', 'm', 't', ' ', 18, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F,
        0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0, 0, 0, 'f', 'a', 'c', 't', 4, 0, 0, 0, 3, 0, 0, 0, 'd', 'a', 't', 'a',
        6, 0, 0, 0};
    uint8_t h[BC_WAV_HEADER];
    CHECK(bc_wav_header(h, BC_WAV_ALAW, 3) == BC_OK && memcmp(h, alaw_3, sizeof h) == 0);
    CHECK(bc_wav_header(h, BC_WAV_PCM16, 6) == BC_OK && memcmp(h, pcm_6, sizeof h) == 0);
    CHECK(bc_wav_header(h, 2, 0) == BC_EINVAL);
    CHECK(bc_wav_header(h, BC_WAV_ULAW, 0xFFFFFFFE - 58) == BC_OK);
    CHECK(bc_wav_header(h, BC_WAV_ULAW, 0xFFFFFFFE - 57) == BC_EINVAL);
    CHECK(bc_wav_header(NULL, BC_WAV_ULAW, 0) == BC_EINVAL);
}

static void test_simple_files(void)
{
    bc_wav_info info;
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t bytes = 0; bytes < 6; bytes++) {
            simple(encodings[e], bytes);
            CHECK(parse(&f, &info) == BC_OK);
            CHECK(info.encoding == encodings[e] && info.channels == 1 && info.rate_hz == 8000);
            CHECK(info.bits == (e == 0 ? 16 : 8) && info.data_offset == 44);
            CHECK(info.data_bytes == bytes && info.truncated == 0);
        }
    CHECK(bc_wav_parse(NULL, 0, 0, NULL) == BC_EINVAL);
    CHECK(bc_wav_parse(NULL, 1, 1, &info) == BC_EINVAL);
    CHECK(bc_wav_parse(NULL, 0, 0, &info) == BC_ETRUNC);
    CHECK(bc_wav_parse(NULL, 0, 50, &info) == BC_EFULL);
}

static void test_other_chunks_are_skipped(void)
{
    bc_wav_info info;
    put_riff(&f);
    put_chunk(&f, "bext", "odd", 3);
    put_chunk(&f, "LIST", "INFOdata", 8);
    put_fmt(&f, BC_WAV_ULAW, 1, 8000, 8);
    put_chunk(&f, "fact", "\5\0\0\0", 4);
    put_chunk(&f, "data", "12345", 5);
    put_chunk(&f, "LIST", "INFO", 4);
    end_riff(&f);
    CHECK(parse(&f, &info) == BC_OK && info.data_offset == 84 && info.data_bytes == 5 && !info.truncated);
}

static void test_data_size_that_lies(void)
{
    static const uint64_t rest[] = {0, 11, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000};
    bc_wav_info info;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        simple(BC_WAV_ALAW, 10);
        set_le(&f, 40, rest[i], 4);
        CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 10 && info.truncated == (i > 0));
        set_le(&f, 4, 0, 4); /* RIFF's size as an untidy writer leaves it */
        CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 10);
        set_le(&f, 4, 0xFFFFFFFF, 4);
        CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 10);
    }
}

/* Size 0 and a chunk after it, all within RIFF: empty audio with tags, not a crash. */
static void test_empty_audio_with_tags(void)
{
    bc_wav_info info;
    simple(BC_WAV_PCM16, 0);
    put_chunk(&f, "LIST", "INFOabcd", 8);
    end_riff(&f);
    CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 0 && info.data_offset == 44);
    set_le(&f, 4, 36, 4); /* not within RIFF: a crashed writer's audio */
    CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 16);
    set_le(&f, 4, f.n - 8, 4);
    set_le(&f, 48, 9, 4); /* not a whole chunk */
    CHECK(parse(&f, &info) == BC_OK && info.data_bytes == 16);
}

static void put_extensible(uint16_t tag, size_t size, int cb)
{
    static const uint8_t tail[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
    int bits = tag == BC_WAV_PCM16 ? 16 : 8;
    put_riff(&f);
    put_fmt(&f, 0xFFFE, 1, 8000, bits);
    set_le(&f, 16, size, 4);
    put_le(&f, (uint64_t)cb, 2);
    put_le(&f, (uint64_t)bits, 2);
    put_le(&f, 4, 4);
    put_le(&f, tag, 2);
    put(&f, tail, 14);
    for (size_t i = 40; i < size; i++)
        put(&f, "", 1);
    put_chunk(&f, "data", "1234", 4);
    end_riff(&f);
}

static void test_extensible(void)
{
    bc_wav_info info;
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t size = 40; size <= 44; size += 2) {
            put_extensible((uint16_t)encodings[e], size, 22);
            CHECK(parse(&f, &info) == BC_OK && info.encoding == encodings[e]);
            CHECK(info.data_bytes == 4 && info.data_offset == 28 + size);
        }
    put_extensible(BC_WAV_ALAW, 40, 22);
    f.octet[59] ^= 1; /* another GUID */
    CHECK(parse(&f, &info) == BC_EUNSUP && info.encoding == 0xFFFE && info.channels == 1);
    put_extensible(BC_WAV_ALAW, 40, 21);
    CHECK(parse(&f, &info) == BC_EFORMAT);
    put_extensible(BC_WAV_ALAW, 38, 22);
    CHECK(parse(&f, &info) == BC_EFORMAT);
    put_extensible(3, 40, 22);
    CHECK(parse(&f, &info) == BC_EUNSUP && info.encoding == 3);
}

static int fmt_result(int tag, int channels, int rate, int bits, bc_wav_info *info)
{
    put_riff(&f);
    put_fmt(&f, tag, channels, rate, bits);
    put_chunk(&f, "data", "1234", 4);
    end_riff(&f);
    return parse(&f, info);
}

static void test_unsupported_is_filled(void)
{
    static const int cases[][4] = {{1, 2, 8000, 16}, {1, 1, 44100, 16}, {1, 1, 8000, 8}, {1, 1, 8000, 24},
                                   {1, 1, 8000, 12}, {3, 1, 8000, 32}, {6, 2, 8000, 8}, {7, 1, 16000, 8},
                                   {49, 1, 8000, 0}, {2, 1, 8000, 4}};
    bc_wav_info i;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const int *c = cases[k];
        CHECK(fmt_result(c[0], c[1], c[2], c[3], &i) == BC_EUNSUP);
        CHECK(i.encoding == c[0] && i.channels == c[1] && i.rate_hz == c[2] && i.bits == c[3]);
        CHECK(i.data_bytes == 4 && i.data_offset == 44);
    }
}

static void test_contradictions(void)
{
    bc_wav_info info;
    CHECK(fmt_result(1, 0, 8000, 16, &info) == BC_EFORMAT);
    CHECK(fmt_result(1, 1, 0, 16, &info) == BC_EFORMAT);
    CHECK(fmt_result(1, 1, 8000, 0, &info) == BC_EFORMAT);
    CHECK(fmt_result(6, 1, 8000, 16, &info) == BC_EFORMAT);
    simple(BC_WAV_PCM16, 4);
    set_le(&f, 24, 0x80000000, 4); /* rate */
    CHECK(parse(&f, &info) == BC_EFORMAT);
    simple(BC_WAV_PCM16, 4);
    set_le(&f, 32, 1, 2); /* block */
    CHECK(parse(&f, &info) == BC_EFORMAT);
    simple(BC_WAV_PCM16, 4);
    set_le(&f, 16, 15, 4); /* fmt too short */
    CHECK(parse(&f, &info) == BC_EFORMAT);
    put_riff(&f);
    put_chunk(&f, "data", "1234", 4);
    put_fmt(&f, 1, 1, 8000, 16);
    CHECK(parse(&f, &info) == BC_EFORMAT); /* no fmt yet */
    put_riff(&f);
    put_fmt(&f, 1, 1, 8000, 16);
    put_fmt(&f, 6, 1, 8000, 8);
    put_chunk(&f, "data", "1234", 4);
    CHECK(parse(&f, &info) == BC_EFORMAT); /* two of them */
}

static void test_relatives(void)
{
    bc_wav_info info;
    simple(BC_WAV_PCM16, 4);
    memcpy(f.octet, "RIFX", 4);
    CHECK(parse(&f, &info) == BC_EUNSUP && info.channels == 0);
    memcpy(f.octet, "RIFF", 4);
    memcpy(f.octet + 8, "AVI ", 4);
    CHECK(parse(&f, &info) == BC_EFORMAT);
    f.n = 0;
    put(&f, "RF64\377\377\377\377WAVE", 12);
    put(&f, "ds64\34\0\0\0", 8);
    put_le(&f, 0, 8);
    put_le(&f, 3, 8); /* data */
    put_le(&f, 0, 8);
    put_le(&f, 0, 4);
    put_fmt(&f, BC_WAV_ALAW, 1, 8000, 8);
    put_chunk(&f, "data", "12345", 5);
    set_le(&f, 76, 0xFFFFFFFF, 4);
    CHECK(parse(&f, &info) == BC_EUNSUP && info.encoding == BC_WAV_ALAW && info.data_bytes == 3 && !info.truncated);
}

/* Whatever is cut off: BC_ETRUNC before the audio begins, then as much audio as is left. */
static void test_every_truncation(void)
{
    bc_wav_info info;
    static image whole;
    for (int kind = 0; kind <= ENCODINGS; kind++) {
        if (kind < ENCODINGS)
            simple(encodings[kind], 7);
        else
            put_extensible(BC_WAV_ULAW, 40, 22);
        put_chunk(&f, "LIST", "INFO", 4);
        end_riff(&f);
        whole = f;
        CHECK(parse(&whole, &info) == BC_OK);
        uint64_t at = info.data_offset, bytes = info.data_bytes;
        for (size_t n = 0; n < whole.n; n++) {
            f.n = n;
            int result = parse(&f, &info);
            CHECK(result == (n < at ? BC_ETRUNC : BC_OK));
            if (result == BC_OK)
                CHECK(info.data_bytes == (n - at < bytes ? n - at : bytes) && info.truncated == (n - at < bytes));
            else
                CHECK(info.data_bytes == 0 && info.data_offset == 0);
            store(&f);
            int error;
            bc_wav_reader *r = bc_wav_reader_open(path, NULL, &error);
            CHECK(error == result && !r == (result != BC_OK));
            bc_wav_reader_close(r);
        }
    }
}

/* A head shorter than what precedes the data: BC_EFULL tells where to go on, never BC_ETRUNC, and never a guess. */
static void test_short_head(void)
{
    bc_wav_info info, whole;
    put_riff(&f);
    put_fmt(&f, BC_WAV_ALAW, 1, 8000, 8);
    put_chunk(&f, "JUNK", junk, 101);
    put_chunk(&f, "data", "123", 3);
    end_riff(&f);
    CHECK(parse(&f, &whole) == BC_OK && whole.data_offset == 154);
    for (size_t n = 0; n < f.n; n++) {
        int result = bc_wav_parse(f.octet, n, f.n, &info);
        CHECK(result == (n < whole.data_offset ? BC_EFULL : BC_OK));
        if (result == BC_OK)
            CHECK(memcmp(&info, &whole, sizeof info) == 0);
        else if (n >= 44)
            CHECK(info.data_offset == 146); /* the JUNK chunk is 36..145 */
    }
    CHECK(bc_wav_parse(f.octet, f.n, 100, &info) == BC_ETRUNC); /* more head than file: the file counts */
}

static void test_endless_chunks(void)
{
    bc_wav_info info;
    put_riff(&f);
    for (int i = 0; i < 2000; i++)
        put_chunk(&f, "JUNK", "", 0);
    CHECK(parse(&f, &info) == BC_EFORMAT);
    put_riff(&f);
    put_fmt(&f, BC_WAV_ALAW, 1, 8000, 8);
    put(&f, "JUNK\377\377\377\377", 8);
    CHECK(parse(&f, &info) == BC_ETRUNC);
}

/* ---- writer ---- */

static void test_written_files(void)
{
    static const size_t counts[] = {0, 1, 2, 79, 80, 81, 4095, 4096, 4097, 8191, 8192, 8193, 20001};
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            make(encodings[e], counts[i]);
            check_closed(encodings[e], counts[i]);
        }
}

static void test_chunking_gives_the_same_file(void)
{
    static image whole;
    for (int e = 0; e < ENCODINGS; e++) {
        make(encodings[e], 9999);
        load(&whole);
        bc_wav_writer *w = open_writer(encodings[e], 0);
        size_t done = 0;
        for (size_t step = 0; done < 9999; done += step, step = (step * 5 + 1) % 999) {
            step = step < 9999 - done ? step : 9999 - done;
            CHECK(write_signal(w, encodings[e], done, step) == BC_OK);
            CHECK(bc_wav_writer_samples(w) == done + step);
            check_signal(encodings[e], done + step); /* valid while it is open */
        }
        CHECK(bc_wav_writer_close(w) == BC_OK);
        load(&f);
        CHECK(f.n == whole.n && memcmp(f.octet, whole.octet, f.n) == 0);
    }
}

static void test_append(void)
{
    for (int e = 0; e < ENCODINGS; e++) {
        (void)unlink(path);
        size_t total = 0;
        for (size_t n = 0; n < 12; n++) {
            bc_wav_writer *w = open_writer(encodings[e], 1);
            CHECK(bc_wav_writer_samples(w) == total);
            for (size_t k = 0; k < n; k++, total++)
                CHECK(write_signal(w, encodings[e], total, 1) == BC_OK);
            CHECK(bc_wav_writer_close(w) == BC_OK);
            check_closed(encodings[e], total);
        }
        refuse_append(encodings[(e + 1) % ENCODINGS], BC_EFORMAT);
    }
    f.n = 0;
    store(&f); /* an empty file is what a kill in open leaves */
    bc_wav_writer *w = open_writer(BC_WAV_ALAW, 1);
    CHECK(bc_wav_writer_close(w) == BC_OK);
    check_closed(BC_WAV_ALAW, 0);
}

static void test_append_to_others(void)
{
    int error;
    put_riff(&f); /* a foreign layout: chunks of its own, no fact */
    put_chunk(&f, "LIST", "INFOabc", 7);
    put_fmt(&f, BC_WAV_PCM16, 1, 8000, 16);
    put_chunk(&f, "data", "", 0);
    store(&f);
    bc_wav_writer *w = open_writer(BC_WAV_PCM16, 1);
    CHECK(write_signal(w, BC_WAV_PCM16, 0, 33) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    check_signal(BC_WAV_PCM16, 33);
    load(&f);
    CHECK(f.n == 60 + 66 && le32_at(&f, 4) == f.n - 8 && le32_at(&f, 56) == 66);
    CHECK(memcmp(f.octet + 20, "INFOabc", 8) == 0);
    put_chunk(&f, "LIST", "INFO", 4);
    end_riff(&f);
    store(&f);
    refuse_append(BC_WAV_PCM16, BC_EFORMAT); /* the data chunk is not last */
    fmt_result(1, 2, 8000, 16, &(bc_wav_info){0});
    store(&f);
    refuse_append(BC_WAV_PCM16, BC_EFORMAT);
    f.n = 20;
    store(&f);
    refuse_append(BC_WAV_PCM16, BC_EFORMAT);
    put_riff(&f); /* a fact chunk without a sample count */
    put_fmt(&f, BC_WAV_ALAW, 1, 8000, 8);
    put_chunk(&f, "fact", "", 0);
    put_chunk(&f, "data", "", 0);
    end_riff(&f);
    store(&f);
    w = open_writer(BC_WAV_ALAW, 1);
    CHECK(write_signal(w, BC_WAV_ALAW, 0, 2) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    check_signal(BC_WAV_ALAW, 2);
    put_riff(&f);
    put_chunk(&f, "JUNK", junk, 5000);
    put_fmt(&f, BC_WAV_ALAW, 1, 8000, 8);
    put_chunk(&f, "data", "123", 3);
    end_riff(&f);
    store(&f);
    refuse_append(BC_WAV_ALAW, BC_EUNSUP); /* the header does not fit a page */
    CHECK(unlink(path) == 0 && !bc_wav_writer_open("/", BC_WAV_ALAW, 1, &error) && error == BC_EIO && errno == EISDIR);
    CHECK(!bc_wav_writer_open("/nowhere/x", BC_WAV_ALAW, 0, &error) && error == BC_EIO && errno == ENOENT);
    CHECK(!bc_wav_writer_open(path, 2, 0, &error) && error == BC_EINVAL);
    CHECK(!bc_wav_writer_open(NULL, 1, 0, NULL));
}

static void no_call(void) { CHECK(0 && "the file was touched"); }

/* A file that is in order is not written to before there is something to write. */
static void test_append_leaves_a_good_file_alone(void)
{
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t n = 0; n < 4; n++) {
            make(encodings[e], n);
            fake.after = no_call;
            bc_wav_writer *w = open_writer(encodings[e], 1);
            real_calls();
            CHECK(bc_wav_writer_close(w) == BC_OK);
            check_closed(encodings[e], n);
        }
}

/* Sizes and tails as crashes leave them, ours and others'. */
static void test_repair(void)
{
    static const uint32_t sizes[] = {0, 0xFFFFFFFF, 0x7FFFFFFF, 5000};
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t i = 0; i < 4; i++) {
            make(encodings[e], 1000);
            load(&f);
            set_le(&f, 4, sizes[i], 4);
            set_le(&f, 54, sizes[i], 4);
            if (e == 0)
                put(&f, "x", 1); /* half a sample */
            store(&f);
            bc_wav_writer *w = open_writer(encodings[e], 1);
            CHECK(bc_wav_writer_samples(w) == 1000);
            CHECK(bc_wav_writer_close(w) == BC_OK);
            check_closed(encodings[e], 1000);
        }
    make(BC_WAV_ALAW, 7);
    load(&f);
    set_le(&f, 4, 57, 4); /* as while it is open: no pad counted */
    f.n -= 1;
    put(&f, "left by a kill", 14);
    store(&f);
    check_signal(BC_WAV_ALAW, 7);
    bc_wav_writer *w = open_writer(BC_WAV_ALAW, 1);
    CHECK(bc_wav_writer_close(w) == BC_OK);
    check_closed(BC_WAV_ALAW, 7);
}

/* ---- a kill after every system call ---- */

static struct {
    int encoding;
    uint64_t done;    /* samples of writes that returned */
    uint64_t counted; /* what the header said last */
    int points;
} crash;

/* The file now: opens, holds the signal, every sample that was acknowledged and never fewer than a moment ago; and
   append makes a proper file of the copy. */
static void look(void)
{
    static image now;
    bc_wav_info info;
    load(&now);
    crash.points++;
    if (now.n == 0) /* not yet back from open */
        return;
    CHECK(parse(&now, &info) == BC_OK && info.encoding == crash.encoding && !info.truncated);
    uint64_t samples = info.data_bytes / width_of(crash.encoding);
    CHECK(samples >= crash.done && samples >= crash.counted);
    if (le32_at(&now, 54) != 0)
        CHECK(samples * width_of(crash.encoding) == le32_at(&now, 54));
    CHECK(le32_at(&now, 46) * width_of(crash.encoding) == le32_at(&now, 54));
    CHECK(le32_at(&now, 4) + 8 <= now.n); /* RIFF never claims more than there is */
    crash.counted = samples;

    void (*after)(void) = fake.after;
    fake.after = NULL;
    char original[sizeof path];
    memcpy(original, path, sizeof path);
    strcat(path, ".copy");
    store(&now);
    check_signal(crash.encoding, samples);
    bc_wav_writer *w = bc_wav_writer_open(path, crash.encoding, 1, NULL);
    CHECK(w && bc_wav_writer_samples(w) == samples);
    CHECK(write_signal(w, crash.encoding, samples, 3) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    check_closed(crash.encoding, samples + 3);
    CHECK(unlink(path) == 0);
    memcpy(path, original, sizeof path);
    fake.after = after;
}

static void test_crash_points(void)
{
    static const size_t writes[] = {1, 80, 2, 9000, 1, 3, 801};
    for (int e = 0; e < ENCODINGS; e++) {
        memset(&crash, 0, sizeof crash);
        crash.encoding = encodings[e];
        (void)unlink(path);
        for (int session = 0; session < 3; session++) {
            fake.after = look;
            bc_wav_writer *w = open_writer(encodings[e], session > 0);
            for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
                CHECK(write_signal(w, encodings[e], crash.done, writes[i]) == BC_OK);
                crash.done += writes[i];
                CHECK(crash.counted == crash.done);
            }
            CHECK(bc_wav_writer_close(w) == BC_OK);
            real_calls();
            check_closed(encodings[e], crash.done);
        }
        CHECK(crash.points >= 3 * 2 * 7);
    }
}

/* ---- disk full ---- */

static void test_short_and_interrupted_writes(void)
{
    for (int e = 0; e < ENCODINGS; e++)
        for (size_t at_most = 1; at_most < 60; at_most += 8) {
            fake.at_most = at_most;
            fake.interrupt = 1;
            make(encodings[e], 1235);
            real_calls();
            check_closed(encodings[e], 1235);
        }
}

/* room octets fit in the file: what the writer says, what is there and what the header says agree. */
static void full_at(int encoding, int64_t room, size_t step)
{
    fake.room = room;
    bc_wav_writer *w = open_writer(encoding, 0);
    size_t done = 0;
    int result;
    while ((result = write_signal(w, encoding, done, step)) == BC_OK)
        done += step;
    size_t fitted = (size_t)(room - BC_WAV_HEADER) / width_of(encoding);
    CHECK(result == BC_EIO && bc_wav_writer_errno(w) == ENOSPC && bc_wav_writer_samples(w) == fitted);
    fake.room = -1; /* room again, but the recording has a hole: it stays refused */
    CHECK(write_signal(w, encoding, fitted, 1) == BC_EIO && bc_wav_writer_samples(w) == fitted);
    fake.room = room;
    check_signal(encoding, fitted);
    load(&f);
    CHECK(f.n == BC_WAV_HEADER + fitted * width_of(encoding)); /* no half sample, in the file or in the header */
    CHECK(le32_at(&f, 54) == f.n - BC_WAV_HEADER && le32_at(&f, 4) == f.n - 8);
    errno = 0;
    CHECK(bc_wav_writer_close(w) == BC_EIO && errno == ENOSPC);
    real_calls();
    check_signal(encoding, fitted);
    w = open_writer(encoding, 1);
    CHECK(write_signal(w, encoding, fitted, 10) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    check_closed(encoding, fitted + 10);
}

static void test_disk_full(void)
{
    int error;
    for (int e = 0; e < ENCODINGS; e++)
        for (int64_t room = BC_WAV_HEADER; room < 400; room += 13) {
            full_at(encodings[e], room, 80);
            full_at(encodings[e], room, 7);
        }
    full_at(BC_WAV_PCM16, 20001, 9000);
    fake.room = 20;
    CHECK(!bc_wav_writer_open(path, BC_WAV_ALAW, 0, &error) && error == BC_EIO && errno == ENOSPC);
    real_calls();
    CHECK(!bc_wav_writer_open("/dev/full", BC_WAV_ALAW, 0, &error) && error == BC_EIO && errno == ENOSPC);
}

/* Only the pad does not fit: all samples are there, the file is as while it was open. */
static void test_no_room_for_the_pad(void)
{
    bc_wav_writer *w = open_writer(BC_WAV_ALAW, 0);
    CHECK(write_signal(w, BC_WAV_ALAW, 0, 5) == BC_OK);
    fake.room = BC_WAV_HEADER + 5;
    CHECK(bc_wav_writer_close(w) == BC_EIO && errno == ENOSPC);
    real_calls();
    check_signal(BC_WAV_ALAW, 5);
}

/* The header cannot be brought up to date: the new data do not count. */
static void test_header_refused(void)
{
    bc_wav_writer *w = open_writer(BC_WAV_ALAW, 0);
    CHECK(write_signal(w, BC_WAV_ALAW, 0, 51) == BC_OK);
    fake.refuse_head = 1;
    CHECK(write_signal(w, BC_WAV_ALAW, 51, 50) == BC_EIO);
    CHECK(bc_wav_writer_samples(w) == 51 && bc_wav_writer_errno(w) == EIO);
    fake.room = 60;
    CHECK(bc_wav_writer_close(w) == BC_EIO && errno == EIO); /* the first fault, not the pad's */
    real_calls();
    check_signal(BC_WAV_ALAW, 51);
}

/* The real limit, with SIGXFSZ at its default in a child: it must never be raised. */
static void test_file_size_limit(void)
{
    for (rlim_t limit = 100; limit < 110; limit++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
            CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, limit}) == 0);
            bc_wav_writer *w = open_writer(BC_WAV_PCM16, 0);
            CHECK(write_signal(w, BC_WAV_PCM16, 0, 21) == BC_OK); /* exactly 100 octets */
            size_t fitted = (size_t)(limit - BC_WAV_HEADER) / 2;
            CHECK(write_signal(w, BC_WAV_PCM16, 21, 21) == BC_EIO && bc_wav_writer_errno(w) == EFBIG);
            CHECK(bc_wav_writer_samples(w) == fitted && write_signal(w, BC_WAV_PCM16, 21, 21) == BC_EIO);
            CHECK(bc_wav_writer_close(w) == BC_EIO);
            check_signal(BC_WAV_PCM16, fitted);
            _exit(0);
        }
        int status;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
}

/* Sparse, so that 4 GiB cost nothing. */
static void test_four_gib(void)
{
    const uint64_t limit = 0xFFFFFFFE;
    bc_wav_info info;
    int error;
    for (int e = 0; e < ENCODINGS; e++) {
        make(encodings[e], 4);
        int fd = open(path, O_RDWR);
        CHECK(fd >= 0 && ftruncate(fd, (off_t)limit - 6) == 0);
        uint8_t size[4] = {0xFF, 0xFF, 0xFF, 0xFF};
        CHECK(pwrite(fd, size, 4, 54) == 4);
        bc_wav_writer *w = open_writer(encodings[e], 1);
        size_t room = 6 / width_of(encodings[e]);
        CHECK(write_signal(w, encodings[e], 0, room + 5) == BC_EFULL);
        CHECK(bc_wav_writer_samples(w) == (limit - BC_WAV_HEADER) / width_of(encodings[e]));
        CHECK(write_signal(w, encodings[e], 0, 1) == BC_EFULL && write_signal(w, encodings[e], 0, 0) == BC_OK);
        CHECK(bc_wav_writer_errno(w) == 0 && bc_wav_writer_close(w) == BC_OK);
        bc_wav_reader *r = bc_wav_reader_open(path, &info, &error);
        CHECK(r && info.data_bytes == limit - BC_WAV_HEADER && !info.truncated);
        int16_t got[8], wanted[8];
        CHECK(bc_wav_reader_seek(r, bc_wav_reader_samples(r) - room) == BC_OK);
        CHECK(bc_wav_reader_read(r, got, 8) == (int64_t)room);
        signal_at(encodings[e], 0, wanted, room);
        CHECK(memcmp(got, wanted, room * 2) == 0);
        bc_wav_reader_close(r);
        CHECK(ftruncate(fd, (off_t)limit + 100) == 0 && pwrite(fd, size, 4, 54) == 4 && close(fd) == 0);
        refuse_append(encodings[e], BC_EFULL);
    }
    CHECK(unlink(path) == 0);
}

/* ---- descriptors ---- */

static void test_descriptor(void)
{
    int error;
    int fd = memfd_create("wav", MFD_CLOEXEC);
    CHECK(fd >= 0);
    static const uint8_t old[500] = {1};
    CHECK(pwrite(fd, old, sizeof old, 0) == (ssize_t)sizeof old);
    CHECK(!bc_wav_writer_fd(fd, 99, &error) && error == BC_EINVAL);
    int keep = dup(fd);
    bc_wav_writer *w = bc_wav_writer_fd(fd, BC_WAV_ULAW, &error);
    CHECK(w && error == BC_OK && write_signal(w, BC_WAV_ULAW, 0, 11) == BC_OK && bc_wav_writer_close(w) == BC_OK);
    CHECK(fcntl(fd, F_GETFD) == -1); /* taken over: closed */
    load_fd(keep, &f);
    CHECK(f.n == BC_WAV_HEADER + 12);
    CHECK(close(keep) == 0);
    store(&f);
    check_closed(BC_WAV_ULAW, 11);
    fd = open(path, O_WRONLY | O_APPEND);
    CHECK(fd >= 0 && !bc_wav_writer_fd(fd, BC_WAV_ULAW, &error) && error == BC_EINVAL && close(fd) == 0);
    int ends[2];
    CHECK(pipe(ends) == 0 && !bc_wav_writer_fd(ends[1], BC_WAV_ULAW, &error) && error == BC_EIO && errno == ESPIPE);
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0); /* still ours after the failure */
    CHECK(!bc_wav_writer_fd(-1, BC_WAV_ULAW, NULL));
    CHECK(bc_wav_writer_write(NULL, NULL, 0) == BC_EINVAL && bc_wav_writer_close(NULL) == BC_OK);
}

/* ---- reader ---- */

static void test_reader(void)
{
    int16_t got[64], wanted[64];
    int error;
    for (int e = 0; e < ENCODINGS; e++) {
        make(encodings[e], 30000);
        bc_wav_reader *r = bc_wav_reader_open(path, NULL, &error);
        CHECK(r && bc_wav_reader_samples(r) == 30000);
        for (uint64_t at = 0; at <= 30000; at += 977) {
            size_t n = 30000 - at < 64 ? (size_t)(30000 - at) : 64;
            CHECK(bc_wav_reader_seek(r, at) == BC_OK && bc_wav_reader_read(r, got, 64) == (int64_t)n);
            signal_at(encodings[e], (size_t)at, wanted, n);
            CHECK(memcmp(got, wanted, n * 2) == 0);
        }
        CHECK(bc_wav_reader_seek(r, 30001) == BC_EINVAL && bc_wav_reader_seek(r, UINT64_MAX) == BC_EINVAL);
        CHECK(bc_wav_reader_seek(r, 30000) == BC_OK && bc_wav_reader_read(r, got, 64) == 0);
        CHECK(bc_wav_reader_seek(r, 0) == BC_OK && bc_wav_reader_read(r, got, 0) == 0);
        CHECK(bc_wav_reader_read(r, NULL, 1) == BC_EINVAL);
        /* The file shrinks under the reader. */
        CHECK(truncate(path, (off_t)(BC_WAV_HEADER + 10 * width_of(encodings[e]) + 1)) == 0);
        CHECK(bc_wav_reader_read(r, got, 64) == (encodings[e] == BC_WAV_PCM16 ? 10 : 11));
        CHECK(bc_wav_reader_read(r, got, 64) == 0);
        bc_wav_reader_close(r);
    }
    bc_wav_reader_close(NULL);
}

static void test_reader_refuses(void)
{
    int error;
    bc_wav_info info;
    CHECK(!bc_wav_reader_open("/nowhere/x", &info, &error) && error == BC_EIO && errno == ENOENT);
    CHECK(!bc_wav_reader_open("/", &info, &error) && error == BC_EIO && errno == EISDIR);
    CHECK(!bc_wav_reader_open("/dev/zero", &info, &error) && error == BC_EIO && errno == ESPIPE);
    CHECK(!bc_wav_reader_open(NULL, NULL, NULL));
    CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    CHECK(!bc_wav_reader_open(path, &info, &error) && error == BC_EIO); /* does not hang */
    CHECK(unlink(path) == 0);
    CHECK(fmt_result(1, 2, 44100, 16, &info) == BC_EUNSUP);
    store(&f);
    memset(&info, 0, sizeof info);
    CHECK(!bc_wav_reader_open(path, &info, &error) && error == BC_EUNSUP && info.channels == 2 && info.data_bytes == 4);
}

/* Chunks before the data that no head of 64 KiB holds. */
static void test_reader_far_data(void)
{
    int16_t got[4];
    int error;
    put_riff(&f);
    put_fmt(&f, BC_WAV_PCM16, 1, 8000, 16);
    put_chunk(&f, "JUNK", junk, sizeof junk);
    put_chunk(&f, "data", "\1\0\2\0\3\0", 6);
    store(&f);
    bc_wav_reader *r = bc_wav_reader_open(path, NULL, &error);
    CHECK(r && bc_wav_reader_read(r, got, 4) == 3 && got[0] == 1 && got[2] == 3);
    bc_wav_reader_close(r);
}

int main(void)
{
    const char *folder = getenv("TMPDIR");
    CHECK(snprintf(path, sizeof path - 8, "%s/bc_wav_XXXXXX", folder ? folder : "/tmp") < (int)sizeof path - 8);
    int fd = mkstemp(path);
    CHECK(fd >= 0 && close(fd) == 0);
    test_known_header();
    test_simple_files();
    test_other_chunks_are_skipped();
    test_data_size_that_lies();
    test_empty_audio_with_tags();
    test_extensible();
    test_unsupported_is_filled();
    test_contradictions();
    test_relatives();
    test_every_truncation();
    test_short_head();
    test_endless_chunks();
    test_written_files();
    test_chunking_gives_the_same_file();
    test_append();
    test_append_to_others();
    test_append_leaves_a_good_file_alone();
    test_repair();
    test_crash_points();
    test_short_and_interrupted_writes();
    test_disk_full();
    test_no_room_for_the_pad();
    test_header_refused();
    test_file_size_limit();
    test_four_gib();
    test_descriptor();
    test_reader();
    test_reader_refuses();
    test_reader_far_data();
    CHECK(unlink(path) == 0);
    return 0;
}
