/* bc_wav.h - RIFF/WAVE of PCM16, A-law and mu-law: a parser that trusts nothing and a writer that survives a kill.

   The writer keeps a valid header on disk at all times: data first, then the sizes. One thread at a time per object. */
#ifndef BC_WAV_H
#define BC_WAV_H
#include "bc_base.h"

/* CDEF */
#define BC_WAV_PCM16 1   /* WAVE_FORMAT_PCM, 16 bit */
#define BC_WAV_ALAW 6
#define BC_WAV_ULAW 7
#define BC_WAV_HEADER 58 /* octets that the writer puts before the data, every encoding */
typedef struct {
    int32_t encoding;       /* the file's format tag; PCM of other than 16 bit is reported as it stands */
    int32_t channels;
    int32_t rate_hz;
    int32_t bits;
    uint64_t data_offset;   /* octets from the start of the file */
    uint64_t data_bytes;    /* as far as the file really goes: a size of 0, of 0xFFFFFFFF or past the end means the rest */
    int32_t truncated;      /* 1 if the header claims more than there is */
} bc_wav_info;
/* Parse the head of a file (as many octets as are at hand, 64 KiB is plenty) of file_bytes octets in all.
   BC_EFORMAT not RIFF/WAVE or contradictory, BC_ETRUNC it ends before the data, BC_EUNSUP a format that the engine does
   not read itself: anything but 8 kHz mono in the three encodings, or RF64 (out is filled all the same), or big-endian
   RIFX (out is zeros). BC_EFULL: the file goes on, the head does not; the next chunk starts at out->data_offset. */
int bc_wav_parse(const uint8_t *head, size_t head_bytes, uint64_t file_bytes, bc_wav_info *out);
/* The header for data_bytes of 8 kHz mono audio. BC_EINVAL for an unknown encoding or 4 GiB. */
int bc_wav_header(uint8_t *out, int encoding, uint64_t data_bytes);

typedef struct bc_wav_writer bc_wav_writer;
/* Create (truncate) path, header of an empty file on disk before return; with append, continue an existing file of the
   same encoding after the samples that its header counts, its sizes repaired, octets after RIFF's end dropped; create
   it if it is missing or empty. NULL with *error (BC_EIO: errno; BC_EFORMAT: append to something else, or chunks follow
   the data; BC_EUNSUP: more than 4096 octets before the data; BC_EFULL: 4 GiB already). error may be NULL. */
bc_wav_writer *bc_wav_writer_open(const char *path, int encoding, int append, int *error);
/* Take over an open descriptor (tests, memory files) and start an empty file in it. On failure it stays the caller's.
   BC_EINVAL: O_APPEND is set, with which no header can be brought up to date. */
bc_wav_writer *bc_wav_writer_fd(int fd, int encoding, int *error);
/* Write n linear samples: encode, append, then bring the header up to date. On BC_EIO (disk full) what fitted stays
   valid and counted, the rest and all further writes are refused; errno is kept in bc_wav_writer_errno. BC_EFULL: what
   fits below 4 GiB is written, the rest is not. Never raises SIGXFSZ. */
int bc_wav_writer_write(bc_wav_writer *w, const int16_t *in, size_t n);
uint64_t bc_wav_writer_samples(const bc_wav_writer *w);
int bc_wav_writer_errno(const bc_wav_writer *w);
/* Close; frees w. 0, or BC_EIO with errno if any of its writes failed. */
int bc_wav_writer_close(bc_wav_writer *w);

typedef struct bc_wav_reader bc_wav_reader;
/* Open an 8 kHz mono file that the engine reads itself; errors as bc_wav_parse, and BC_EIO. info may be NULL; it is
   filled on BC_EUNSUP too. */
bc_wav_reader *bc_wav_reader_open(const char *path, bc_wav_info *info, int *error);
uint64_t bc_wav_reader_samples(const bc_wav_reader *r);
/* Go to a sample; the end is allowed, past it is BC_EINVAL. */
int bc_wav_reader_seek(bc_wav_reader *r, uint64_t sample);
/* Up to n linear samples; fewer at the end or at a fault; 0 at the end; BC_EIO. */
int64_t bc_wav_reader_read(bc_wav_reader *r, int16_t *out, size_t n);
void bc_wav_reader_close(bc_wav_reader *r);
/* END CDEF */
#endif
