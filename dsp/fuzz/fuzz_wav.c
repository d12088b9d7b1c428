/* fuzz_wav.c - libFuzzer: any octets through the parser, the reader and the appending writer.

   Build: clang -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined -Idsp/include dsp/fuzz/fuzz_wav.c dsp/src/wav.c
   dsp/src/base.c dsp/src/g711.c (and what that needs). Needs /proc.

   Checked besides the sanitizers: parser and reader agree, a head cut short gives the same answer or BC_EFULL, what the
   parser promises lies inside the file, the reader delivers as much, and what append accepts it leaves well formed. */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bc_wav.h"

#define MUST(condition)                                                       \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "%d: must hold: %s\n", __LINE__, #condition);     \
            abort();                                                          \
        }                                                                     \
    } while (0)

static void check_info(const bc_wav_info *info, int result, size_t n)
{
    if (result != BC_OK && result != BC_EUNSUP) {
        MUST(result == BC_EFORMAT || result == BC_ETRUNC);
        return;
    }
    MUST(info->data_offset <= n && info->data_bytes <= n - info->data_offset);
    MUST(info->truncated == 0 || info->data_bytes == n - info->data_offset);
    if (result == BC_OK)
        MUST(info->channels == 1 && info->rate_hz == 8000 && info->bits == (info->encoding == BC_WAV_PCM16 ? 16 : 8));
}

static void check_short_heads(const uint8_t *octets, size_t n, const bc_wav_info *whole, int result)
{
    bc_wav_info info;
    for (size_t head = 0; head < n; head += 1 + n / 16) {
        int r = bc_wav_parse(octets, head, n, &info);
        MUST(r == BC_EFULL ? info.data_offset <= n : r == result && memcmp(&info, whole, sizeof info) == 0);
    }
}

static void check_reader(const char *path, const bc_wav_info *whole, int result)
{
    bc_wav_info info;
    int error;
    int16_t out[100];
    bc_wav_reader *r = bc_wav_reader_open(path, &info, &error);
    MUST(error == result && !r == (result != BC_OK) && memcmp(&info, whole, sizeof info) == 0);
    if (!r)
        return;
    uint64_t total = 0;
    for (int64_t k; (k = bc_wav_reader_read(r, out, 100)) != 0; total += (uint64_t)k)
        MUST(k > 0 && k <= 100);
    MUST(total == bc_wav_reader_samples(r));
    MUST(total == info.data_bytes / (info.encoding == BC_WAV_PCM16 ? 2 : 1));
    MUST(bc_wav_reader_seek(r, total / 2) == BC_OK && bc_wav_reader_seek(r, total + 1) == BC_EINVAL);
    MUST(bc_wav_reader_read(r, out, 1) == (total > 0));
    bc_wav_reader_close(r);
}

static void check_append(const char *path, int encoding)
{
    static const int16_t in[3] = {0, -8, 32124};
    int error;
    bc_wav_writer *w = bc_wav_writer_open(path, encoding, 1, &error);
    if (!w) {
        MUST(error == BC_EFORMAT || error == BC_EUNSUP);
        return;
    }
    uint64_t before = bc_wav_writer_samples(w);
    MUST(bc_wav_writer_write(w, in, 3) == BC_OK && bc_wav_writer_samples(w) == before + 3);
    MUST(bc_wav_writer_close(w) == BC_OK);
    bc_wav_info info;
    bc_wav_reader *r = bc_wav_reader_open(path, &info, &error);
    MUST(r && !info.truncated && info.encoding == encoding && bc_wav_reader_samples(r) == before + 3);
    bc_wav_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t n)
{
    char path[32];
    bc_wav_info info;
    int result = bc_wav_parse(octets, n, n, &info);
    check_info(&info, result, n);
    check_short_heads(octets, n, &info, result);
    int fd = memfd_create("wav", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, octets, n) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    check_reader(path, &info, result);
    check_append(path, info.encoding == 0 ? BC_WAV_ALAW : info.encoding < 8 && info.encoding > 5 ? info.encoding : 1);
    close(fd);
    return 0;
}
