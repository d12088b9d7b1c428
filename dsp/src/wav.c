/* RIFF/WAVE: a tree of chunks (four letters, a 32-bit little-endian size, that many octets, one pad octet if odd).
   Sources: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (1991), for RIFF, fmt,
   fact and data; RFC 2361 for the format tags; Microsoft's KSDATAFORMAT_SUBTYPE_WAVEFORMATEX for the tag inside
   WAVE_FORMAT_EXTENSIBLE; EBU Tech 3306 for RF64 and ds64.

   Reading: one walk over the chunks, fed from memory or from a descriptor by fetch(), the only function that touches
   the bytes and the only one that checks a position. What the data chunk's size means:

     claimed size                          audio                       truncated
     fits                                  as claimed                  0
     past the end (0xFFFFFFFF too)         the rest of the file        1
     0, a chunk follows as RIFF's size     none: empty audio that      0
       says                                somebody tagged
     0 otherwise                           the rest (maybe nothing)    0

   Writing: every write is data, then all of the header in one pwrite. The header lies within the first page, so that
   a kill sees either the old or the new one. What a kill leaves behind, by the last call that ended:

     open          an empty file, for the moment before bc_wav_writer_open returns; append takes it for a new one
     header        an empty recording, or the state of the last complete write
     data          the same, and octets after the end that RIFF's size admits: readers ignore them, append drops them.
                   (After the very first write the size is still 0 and the octets count by the table above.)
     pad at close  the same with one octet after the end

   Nothing is synced to the medium: a kill loses no page that was written, a power failure may. */
#include "bc_wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bc_g711.h"

_Static_assert(sizeof(off_t) == 8, "files go to 4 GiB: build with -D_FILE_OFFSET_BITS=64");

enum {
    RIFF_HEAD = 12,
    CHUNK_HEAD = 8,
    FMT_MIN = 16,         /* WAVEFORMAT with the bits per sample */
    FMT_EXTENSIBLE = 40,
    TAG_EXTENSIBLE = 0xFFFE,
    FACT_AT = 46,         /* in our own header */
    CHUNKS_MAX = 1024,    /* before data; real files have under ten. Bounds the time spent on a hostile file */
    HEAD_MAX = 4096,      /* one page: the header of a file that is appended to must be replaced in one write */
    BUFFER = 8192,        /* octets encoded or decoded at a time: a second of A-law */
};
static const uint64_t FILE_MAX = 0xFFFFFFFE; /* octets: below 4 GiB, even, and no size ever reads as 0xFFFFFFFF */

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }
static uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

static int is(const uint8_t *p, const char *id) { return memcmp(p, id, 4) == 0; }

/* Octets in a sample, 0 for an encoding that is not ours. */
static size_t width_of(int encoding)
{
    if (encoding == BC_WAV_PCM16)
        return 2;
    return encoding == BC_WAV_ALAW || encoding == BC_WAV_ULAW ? 1 : 0;
}

static int law_of(int encoding) { return encoding == BC_WAV_ALAW ? BC_LAW_A : BC_LAW_MU; }

/* pread until n octets are there or the file ends. Octets read; -1 with errno if the very first read fails. */
static ssize_t read_at(int fd, uint8_t *to, size_t n, uint64_t at)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, to + done, n - done, (off_t)(at + done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || errno != EINTR)
            return got == 0 || done > 0 ? (ssize_t)done : -1;
    }
    return (ssize_t)done;
}

/* ---- parser ---- */

typedef struct {
    const uint8_t *head; /* used if fd < 0 */
    size_t head_bytes;
    int fd;
    uint64_t file_bytes;
} source;

typedef struct {
    int has_fmt;
    int is_rf64;
    uint64_t riff_end;  /* where the file ends according to RIFF's size */
    uint64_t fact_at;   /* offset of the sample count, 0 if there is none */
    uint64_t data_size; /* of ds64, 0 if there is none */
} layout;

/* n octets from offset `at`, or: BC_ETRUNC the file ends before, BC_EFULL the head in memory does, BC_EIO. */
static int fetch(const source *s, uint64_t at, size_t n, uint8_t *to)
{
    if (at > s->file_bytes || n > s->file_bytes - at)
        return BC_ETRUNC;
    if (s->fd >= 0) {
        ssize_t got = read_at(s->fd, to, n, at);
        return got < 0 ? BC_EIO : (size_t)got == n ? BC_OK : BC_ETRUNC;
    }
    if (at > s->head_bytes || n > s->head_bytes - at)
        return BC_EFULL;
    if (n > 0)
        memcpy(to, s->head + at, n);
    return BC_OK;
}

/* Do the first n octets (up to 12) begin like RIFF....WAVE or a relative of it? */
static int looks_like_riff(const uint8_t *h, size_t n)
{
    static const char *const kinds[] = {"RIFF", "RF64", "BW64", "RIFX"};
    int found = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        found |= memcmp(h, kinds[i], n < 4 ? n : 4) == 0;
    return found && (n <= 8 || memcmp(h + 8, "WAVE", n - 8) == 0);
}

static int take_riff(const source *s, layout *l)
{
    uint8_t h[RIFF_HEAD];
    size_t n = s->file_bytes < sizeof h ? (size_t)s->file_bytes : sizeof h;
    int result = fetch(s, 0, n, h);
    if (result != BC_OK)
        return result;
    if (!looks_like_riff(h, n))
        return BC_EFORMAT;
    if (n < sizeof h)
        return BC_ETRUNC;
    if (is(h, "RIFX")) /* big-endian throughout */
        return BC_EUNSUP;
    l->is_rf64 = !is(h, "RIFF");
    l->riff_end = (uint64_t)get32(h + 4) + CHUNK_HEAD;
    return BC_OK;
}

/* Fields that contradict each other, for the encodings with a fixed number of octets per sample. */
static int contradicts(const bc_wav_info *f, int block)
{
    if (f->encoding != BC_WAV_PCM16 && width_of(f->encoding) == 0)
        return 0;
    if (f->bits == 0 || (f->encoding != BC_WAV_PCM16 && f->bits != 8))
        return 1;
    return block != f->channels * ((f->bits + 7) / 8);
}

static int take_fmt(const source *s, uint64_t at, uint32_t size, bc_wav_info *out, layout *l)
{
    /* A GUID of this tail carries a format tag in its first two octets. */
    static const uint8_t waveformatex[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
    uint8_t f[FMT_EXTENSIBLE] = {0};
    if (l->has_fmt || size < FMT_MIN)
        return BC_EFORMAT;
    int result = fetch(s, at, size < sizeof f ? size : sizeof f, f);
    if (result != BC_OK)
        return result;
    uint32_t rate = get32(f + 4);
    int extensible = get16(f) == TAG_EXTENSIBLE;
    if (get16(f + 2) == 0 || rate == 0 || rate > INT32_MAX)
        return BC_EFORMAT;
    if (extensible && (size < FMT_EXTENSIBLE || get16(f + 16) < FMT_EXTENSIBLE - 18))
        return BC_EFORMAT;
    out->encoding = get16(extensible && memcmp(f + 26, waveformatex, sizeof waveformatex) == 0 ? f + 24 : f);
    out->channels = get16(f + 2);
    out->rate_hz = (int32_t)rate;
    out->bits = get16(f + 14);
    l->has_fmt = 1;
    return contradicts(out, get16(f + 12)) ? BC_EFORMAT : BC_OK;
}

/* Is there a chunk at `at`, wholly inside what RIFF's size claims and the file has? 1, 0 or an error of fetch. */
static int chunk_follows(const source *s, uint64_t at, const layout *l)
{
    uint8_t h[CHUNK_HEAD];
    if (l->riff_end > s->file_bytes || l->riff_end < at + sizeof h)
        return 0;
    int result = fetch(s, at, sizeof h, h);
    if (result != BC_OK)
        return result;
    for (int i = 0; i < 4; i++)
        if (h[i] < ' ' || h[i] > '~')
            return 0;
    return get32(h + 4) <= l->riff_end - at - sizeof h;
}

/* The table at the top of this file. */
static int take_data(const source *s, uint64_t at, uint32_t size, bc_wav_info *out, const layout *l)
{
    uint64_t there = s->file_bytes - at;
    uint64_t claimed = l->is_rf64 && size == UINT32_MAX && l->data_size != 0 ? l->data_size : size;
    if (!l->has_fmt)
        return BC_EFORMAT;
    if (claimed == 0 && there > 0) {
        int follows = chunk_follows(s, at, l);
        if (follows < 0)
            return follows;
        claimed = follows ? 0 : there;
    }
    out->data_offset = at;
    out->data_bytes = claimed < there ? claimed : there;
    out->truncated = claimed > there;
    return BC_OK;
}

/* Can the engine play it as it stands? */
static int is_native(const bc_wav_info *f)
{
    size_t width = width_of(f->encoding);
    return width != 0 && f->bits == (int32_t)(8 * width) && f->channels == 1 && f->rate_hz == BC_RATE_HZ;
}

static int take_chunk(const source *s, const uint8_t *head, uint64_t at, bc_wav_info *out, layout *l)
{
    uint32_t size = get32(head + 4);
    uint8_t ds64[16]; /* RIFF's size, the data chunk's size */
    if (is(head, "fmt "))
        return take_fmt(s, at, size, out, l);
    if (is(head, "fact") && size >= 4 && l->fact_at == 0)
        l->fact_at = at;
    if (l->is_rf64 && is(head, "ds64") && size >= sizeof ds64) {
        int result = fetch(s, at, sizeof ds64, ds64);
        if (result != BC_OK)
            return result;
        l->data_size = get64(ds64 + 8);
    }
    return BC_OK;
}

/* Walk the chunks up to data. On BC_EFULL out->data_offset is where to go on. */
static int walk(const source *s, bc_wav_info *out, layout *l)
{
    memset(out, 0, sizeof *out);
    memset(l, 0, sizeof *l);
    uint8_t head[CHUNK_HEAD];
    uint64_t at = RIFF_HEAD;
    int result = take_riff(s, l);
    for (int i = 0; result == BC_OK; i++) {
        out->data_offset = at;
        result = i < CHUNKS_MAX ? fetch(s, at, sizeof head, head) : BC_EFORMAT;
        if (result != BC_OK)
            break;
        uint32_t size = get32(head + 4);
        at += CHUNK_HEAD;
        if (is(head, "data")) {
            result = take_data(s, at, size, out, l);
            return result != BC_OK ? result : is_native(out) && !l->is_rf64 ? BC_OK : BC_EUNSUP;
        }
        result = take_chunk(s, head, at, out, l);
        at += (uint64_t)size + (size & 1);
    }
    if (result != BC_EFULL)
        out->data_offset = 0;
    return result;
}

int bc_wav_parse(const uint8_t *head, size_t head_bytes, uint64_t file_bytes, bc_wav_info *out)
{
    if (!out || (!head && head_bytes > 0))
        return BC_EINVAL;
    layout l;
    source s = {.head = head, .head_bytes = head_bytes, .fd = -1, .file_bytes = file_bytes};
    return walk(&s, out, &l);
}

/* ---- header ---- */

int bc_wav_header(uint8_t *out, int encoding, uint64_t data_bytes)
{
    uint32_t width = (uint32_t)width_of(encoding);
    if (!out || width == 0 || data_bytes > FILE_MAX - BC_WAV_HEADER)
        return BC_EINVAL;
    uint32_t bytes = (uint32_t)data_bytes;
    memcpy(out, "RIFF----WAVEfmt ", 16);
    put32(out + 4, BC_WAV_HEADER - CHUNK_HEAD + bytes + (bytes & 1));
    put32(out + 16, 18); /* WAVEFORMATEX, its extension empty */
    put16(out + 20, (uint32_t)encoding);
    put16(out + 22, 1);
    put32(out + 24, BC_RATE_HZ);
    put32(out + 28, BC_RATE_HZ * width);
    put16(out + 32, width);
    put16(out + 34, 8 * width);
    put16(out + 36, 0);
    memcpy(out + 38, "fact", 4);
    put32(out + 42, 4);
    put32(out + FACT_AT, bytes / width);
    memcpy(out + 50, "data", 4);
    put32(out + 54, bytes);
    return BC_OK;
}

/* ---- writer ---- */

struct bc_wav_writer {
    int fd;
    int encoding;
    int isa;
    int error;            /* errno of the fault that ended it */
    size_t width;
    uint64_t data_bytes;  /* what the header on disk says */
    size_t head_bytes;    /* offset of the data */
    size_t fact_at;       /* 0: none */
    uint8_t head[HEAD_MAX];
    uint8_t buffer[BUFFER];
};

static int fail(int *error, int result)
{
    if (error)
        *error = result;
    return result;
}

/* A write that starts at or past RLIMIT_FSIZE raises SIGXFSZ, which kills a program that does not ignore it; one that
   crosses the limit is merely cut short (setrlimit(2)). */
static int past_limit(uint64_t at)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && at >= limit.rlim_cur;
}

/* pwrite all of it. Octets written; fewer than n with errno set. */
static size_t write_at(int fd, const uint8_t *from, size_t n, uint64_t at)
{
    size_t done = 0;
    while (done < n) {
        if (past_limit(at + done)) {
            errno = EFBIG;
            break;
        }
        ssize_t put = pwrite(fd, from + done, n - done, (off_t)(at + done));
        if (put > 0) {
            done += (size_t)put;
        } else if (put == 0 || errno != EINTR) {
            errno = put == 0 ? EIO : errno;
            break;
        }
    }
    return done;
}

static void set_sizes(bc_wav_writer *w, uint64_t data_bytes, uint32_t pad)
{
    put32(w->head + 4, (uint32_t)(w->head_bytes - CHUNK_HEAD + data_bytes) + pad);
    put32(w->head + w->head_bytes - 4, (uint32_t)data_bytes);
    if (w->fact_at)
        put32(w->head + w->fact_at, (uint32_t)(data_bytes / w->width));
}

/* Put the header on disk; only then are the data counted. */
static int commit(bc_wav_writer *w, uint64_t data_bytes, uint32_t pad)
{
    set_sizes(w, data_bytes, pad);
    if (write_at(w->fd, w->head, w->head_bytes, 0) < w->head_bytes) {
        w->error = errno;
        return BC_EIO;
    }
    w->data_bytes = data_bytes;
    return BC_OK;
}

static bc_wav_writer *writer_new(int fd, int encoding)
{
    bc_wav_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->fd = fd;
    w->encoding = encoding;
    w->isa = bc_isa_resolve(BC_ISA_BEST);
    w->width = width_of(encoding);
    return w;
}

static int start(bc_wav_writer *w)
{
    w->head_bytes = BC_WAV_HEADER;
    w->fact_at = FACT_AT;
    (void)bc_wav_header(w->head, w->encoding, 0);
    return commit(w, 0, 0);
}

/* Where an existing file's audio ends, and whether a pad octet follows. BC_OK if it can be continued there. */
static int find_end(bc_wav_writer *w, uint64_t file_bytes, uint32_t *pad)
{
    bc_wav_info info;
    layout l;
    source s = {.fd = w->fd, .file_bytes = file_bytes};
    int result = walk(&s, &info, &l);
    if (result != BC_OK || info.encoding != w->encoding)
        return result == BC_EIO ? BC_EIO : BC_EFORMAT;
    uint64_t claimed_end = info.data_offset + info.data_bytes;
    uint64_t odd = info.data_bytes & 1;
    if (file_bytes - claimed_end > odd && l.riff_end > claimed_end + odd)
        return BC_EFORMAT; /* chunks after the data */
    if (info.data_offset > HEAD_MAX)
        return BC_EUNSUP;
    if (claimed_end > FILE_MAX)
        return BC_EFULL;
    w->head_bytes = (size_t)info.data_offset;
    w->fact_at = l.fact_at + 4 <= info.data_offset ? (size_t)l.fact_at : 0;
    w->data_bytes = info.data_bytes - info.data_bytes % w->width;
    *pad = w->data_bytes & 1 && claimed_end < file_bytes;
    return fetch(&s, 0, w->head_bytes, w->head);
}

/* Continue an existing file: repair its sizes, drop what a kill left behind the end of the audio. */
static int resume(bc_wav_writer *w, uint64_t file_bytes)
{
    uint8_t *before = w->buffer;
    uint32_t pad = 0;
    int result = find_end(w, file_bytes, &pad);
    if (result != BC_OK)
        return result;
    memcpy(before, w->head, w->head_bytes);
    set_sizes(w, w->data_bytes, pad);
    if (memcmp(before, w->head, w->head_bytes) != 0 && commit(w, w->data_bytes, pad) != BC_OK)
        return BC_EIO;
    uint64_t end = w->head_bytes + w->data_bytes + pad;
    return file_bytes > end && ftruncate(w->fd, (off_t)end) != 0 ? BC_EIO : BC_OK;
}

static int open_path(const char *path, int flags)
{
    int fd;
    do /* O_NONBLOCK: a FIFO without a peer must not hang the caller */
        fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static void close_keeping_errno(int fd)
{
    int saved = errno;
    (void)close(fd);
    errno = saved;
}

static void free_keeping_errno(void *object)
{
    int saved = errno;
    free(object);
    errno = saved;
}

static int begin(bc_wav_writer *w, int append)
{
    struct stat st;
    if (!append)
        return start(w);
    if (fstat(w->fd, &st) != 0)
        return BC_EIO;
    return st.st_size == 0 ? start(w) : resume(w, (uint64_t)st.st_size);
}

bc_wav_writer *bc_wav_writer_open(const char *path, int encoding, int append, int *error)
{
    if (!path || width_of(encoding) == 0)
        return fail(error, BC_EINVAL), NULL;
    int fd = open_path(path, append ? O_RDWR | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC);
    if (fd < 0)
        return fail(error, BC_EIO), NULL;
    bc_wav_writer *w = writer_new(fd, encoding);
    int result = w ? begin(w, append) : BC_ENOMEM;
    if (fail(error, result) == BC_OK)
        return w;
    free_keeping_errno(w);
    close_keeping_errno(fd);
    return NULL;
}

static int start_on(bc_wav_writer *w)
{
    int flags = fcntl(w->fd, F_GETFL);
    if (flags < 0)
        return BC_EIO;
    if (flags & O_APPEND) /* Linux appends whatever offset pwrite is given (pwrite(2), BUGS) */
        return BC_EINVAL;
    int result = start(w);
    if (result == BC_OK && ftruncate(w->fd, BC_WAV_HEADER) != 0 && errno != EINVAL) /* EINVAL: not a file */
        result = BC_EIO;
    return result;
}

bc_wav_writer *bc_wav_writer_fd(int fd, int encoding, int *error)
{
    if (fd < 0 || width_of(encoding) == 0)
        return fail(error, BC_EINVAL), NULL;
    bc_wav_writer *w = writer_new(fd, encoding);
    int result = w ? start_on(w) : BC_ENOMEM;
    if (fail(error, result) == BC_OK)
        return w;
    free_keeping_errno(w);
    return NULL;
}

static void encode(bc_wav_writer *w, const int16_t *in, size_t n)
{
    if (w->encoding == BC_WAV_PCM16)
        for (size_t i = 0; i < n; i++)
            put16(w->buffer + 2 * i, (uint16_t)in[i]);
    else
        (void)bc_g711_encode(law_of(w->encoding), w->isa, in, n, w->buffer);
}

/* One buffer: data, then header. */
static int write_chunk(bc_wav_writer *w, const int16_t *in, size_t n)
{
    encode(w, in, n);
    uint64_t end = w->head_bytes + w->data_bytes;
    size_t put = write_at(w->fd, w->buffer, n * w->width, end);
    int fault = put < n * w->width ? errno : 0;
    size_t whole = put - put % w->width;
    int result = whole > 0 ? commit(w, w->data_bytes + whole, 0) : BC_OK;
    if (put > whole) /* half a sample: harmless behind the end, nicer gone */
        (void)!ftruncate(w->fd, (off_t)(end + whole));
    if (fault == 0)
        return result;
    w->error = fault;
    return BC_EIO;
}

int bc_wav_writer_write(bc_wav_writer *w, const int16_t *in, size_t n)
{
    if (!w || (!in && n > 0))
        return BC_EINVAL;
    if (w->error)
        return BC_EIO;
    uint64_t room = (FILE_MAX - w->head_bytes - w->data_bytes) / w->width;
    size_t fits = n < room ? n : (size_t)room;
    size_t step = BUFFER / w->width;
    for (size_t done = 0; done < fits; done += step) {
        int result = write_chunk(w, in + done, fits - done < step ? fits - done : step);
        if (result != BC_OK)
            return result;
    }
    return fits < n ? BC_EFULL : BC_OK;
}

uint64_t bc_wav_writer_samples(const bc_wav_writer *w) { return w->data_bytes / w->width; }
int bc_wav_writer_errno(const bc_wav_writer *w) { return w->error; }

/* RIFF wants an even chunk. Until here there is none, so that a write need not take it back. */
static void finish(bc_wav_writer *w)
{
    static const uint8_t pad = 0;
    int fault = w->error;
    if (!(w->data_bytes & 1))
        return;
    if (write_at(w->fd, &pad, 1, w->head_bytes + w->data_bytes) == 1)
        (void)commit(w, w->data_bytes, 1);
    else
        w->error = errno;
    w->error = fault ? fault : w->error;
}

int bc_wav_writer_close(bc_wav_writer *w)
{
    if (!w)
        return BC_OK;
    finish(w);
    int fault = w->error;
    if (close(w->fd) != 0 && errno != EINTR && !fault) /* Linux has closed it even so */
        fault = errno;
    free(w);
    errno = fault ? fault : errno;
    return fault ? BC_EIO : BC_OK;
}

/* ---- reader ---- */

struct bc_wav_reader {
    int fd;
    int encoding;
    int isa;
    size_t width;
    uint64_t data_offset;
    uint64_t samples;
    uint64_t position;
    uint8_t buffer[BUFFER];
};

static int parse_open(int fd, bc_wav_info *info)
{
    struct stat st;
    layout l;
    if (fstat(fd, &st) != 0)
        return BC_EIO;
    if (!S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
        return BC_EIO;
    }
    source s = {.fd = fd, .file_bytes = (uint64_t)st.st_size};
    return walk(&s, info, &l);
}

static bc_wav_reader *reader_new(int fd, const bc_wav_info *info)
{
    bc_wav_reader *r = malloc(sizeof *r);
    if (!r)
        return NULL;
    r->fd = fd;
    r->encoding = info->encoding;
    r->isa = bc_isa_resolve(BC_ISA_BEST);
    r->width = width_of(info->encoding);
    r->data_offset = info->data_offset;
    r->samples = info->data_bytes / r->width;
    r->position = 0;
    return r;
}

bc_wav_reader *bc_wav_reader_open(const char *path, bc_wav_info *info, int *error)
{
    bc_wav_info own;
    bc_wav_reader *r = NULL;
    if (!info)
        info = &own;
    memset(info, 0, sizeof *info);
    if (!path)
        return fail(error, BC_EINVAL), NULL;
    int fd = open_path(path, O_RDONLY);
    if (fd < 0)
        return fail(error, BC_EIO), NULL;
    int result = parse_open(fd, info);
    if (result == BC_OK) {
        r = reader_new(fd, info);
        result = r ? BC_OK : BC_ENOMEM;
    }
    if (!r)
        close_keeping_errno(fd);
    fail(error, result);
    return r;
}

uint64_t bc_wav_reader_samples(const bc_wav_reader *r) { return r->samples; }

int bc_wav_reader_seek(bc_wav_reader *r, uint64_t sample)
{
    if (!r || sample > r->samples)
        return BC_EINVAL;
    r->position = sample;
    return BC_OK;
}

static void decode(bc_wav_reader *r, size_t n, int16_t *out)
{
    if (r->encoding == BC_WAV_PCM16)
        for (size_t i = 0; i < n; i++)
            out[i] = (int16_t)get16(r->buffer + 2 * i);
    else
        (void)bc_g711_decode(law_of(r->encoding), r->isa, r->buffer, n, out);
}

int64_t bc_wav_reader_read(bc_wav_reader *r, int16_t *out, size_t n)
{
    if (!r || (!out && n > 0))
        return BC_EINVAL;
    uint64_t left = r->samples - r->position;
    size_t wanted = n < left ? n : (size_t)left;
    size_t done = 0;
    while (done < wanted) {
        size_t step = wanted - done < BUFFER / r->width ? wanted - done : BUFFER / r->width;
        ssize_t got = read_at(r->fd, r->buffer, step * r->width, r->data_offset + r->position * r->width);
        if (got < 0)
            return done > 0 ? (int64_t)done : BC_EIO;
        size_t samples = (size_t)got / r->width;
        decode(r, samples, out + done);
        done += samples;
        r->position += samples;
        if (samples < step) /* somebody cut the file */
            break;
    }
    return (int64_t)done;
}

void bc_wav_reader_close(bc_wav_reader *r)
{
    if (!r)
        return;
    (void)close(r->fd);
    free(r);
}
