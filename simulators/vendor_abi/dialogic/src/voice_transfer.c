/* voice_transfer.c - playing and recording. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dx.h"
#include "voice_run.h"

#define FIRST_CREDIT 65536u

static pthread_mutex_t uio_lock = PTHREAD_MUTEX_INITIALIZER;
static DX_UIO global_uio;

typedef struct {
    int handle;
    unsigned kind;      /* WIRE_PLAY, WIRE_RECORD */
    int encoding;       /* 0: of the WAVE files */
    int wave;
    const DV_TPT *tpt;
    unsigned mode;
    unsigned flags;     /* of the message */
} wanted;

static void complain(const char *missing)
{
    if (missing)
        bcsrl_missing(missing);
}

static DX_UIO functions_of(int handle)
{
    pthread_mutex_lock(&uio_lock);
    DX_UIO uio = global_uio;
    pthread_mutex_unlock(&uio_lock);
    pthread_mutex_lock(&dx_lock);
    const dx_device *device = dx_find(handle);
    if (device && device->has_uio)
        uio = device->uio;
    pthread_mutex_unlock(&dx_lock);
    return uio;
}

/* User functions, pipes, sockets and terminals: who waits for them may hold up nobody else. */
static int may_block(const iott_part *part)
{
    return part->kind == IO_UIO || (part->kind == IO_DEV && lseek(part->fd, 0, SEEK_CUR) < 0 && errno == ESPIPE);
}

static int prepare_user_io(dx_job *job, const wanted *w)
{
    dx_transfer *t = &job->transfer;
    for (int i = 0; i < t->count; i++) {
        t->has_user |= t->parts[i].kind == IO_UIO;
        t->may_block |= may_block(&t->parts[i]);
    }
    if (!t->has_user)
        return EDX_NOERROR;
    t->uio = functions_of(w->handle);
    int present = w->kind == WIRE_PLAY ? t->uio.u_read != NULL : t->uio.u_write != NULL;
    return present && !w->wave ? EDX_NOERROR : EDX_BADIOTT;
}

static int prepare_wave(dx_job *job, wanted *w)
{
    if (!w->wave)
        return EDX_NOERROR;
    if (w->kind == WIRE_RECORD)
        return dx_transfer_write_head(&job->transfer, w->encoding);
    return dx_transfer_read_heads(&job->transfer, &w->encoding);
}

static size_t pack(dx_job *job, const wanted *w, const wire_rules *rules, uint8_t *body, size_t room)
{
    wire_out out = {.octets = body, .room = room};
    wire_put_rules(&out, rules);
    wire_u8(&out, (unsigned)w->encoding);
    wire_u8(&out, w->flags);
    wire_u16(&out, 0);
    if (w->kind == WIRE_RECORD) {
        int64_t limit = dx_transfer_room(&job->transfer);
        job->granted = limit < (int64_t)FIRST_CREDIT ? (uint64_t)limit : FIRST_CREDIT;
        wire_u32(&out, (uint32_t)job->granted);
    }
    return out.n;
}

/* 1: a job may start now, so far as can be told; else the error is set. Files are not touched for a call that fails. */
static int channel_is_free(int handle)
{
    dx_device *device = dx_enter(handle, DX_CHANNEL);
    if (!device)
        return 0;
    return dx_leave(device, device->job ? EDX_BUSY : EDX_NOERROR) == 0;
}

static int prepare(dx_job *job, wanted *w, const DX_IOTT *iott, wire_rules *rules)
{
    const char *missing = NULL;
    int error = tpt_parse(w->tpt, w->kind == WIRE_PLAY ? TPT_PLAY : TPT_RECORD, rules, &missing);
    if (error == EDX_NOERROR)
        error = iott_parse(iott, &job->transfer.parts, &job->transfer.count, &missing);
    if (error == EDX_NOERROR)
        error = prepare_user_io(job, w);
    if (error == EDX_NOERROR)
        error = prepare_wave(job, w);
    complain(missing);
    return error;
}

/* owned_fd: closed when the job is over, or now if it never starts; -1: none. */
static int transfer(wanted w, const DX_IOTT *iott, int owned_fd)
{
    uint8_t body[WIRE_RULES + 8];
    wire_rules rules;
    dx_job *job = NULL;
    int recording = w.kind == WIRE_RECORD;
    if (channel_is_free(w.handle))
        job = dx_job_new(w.kind, recording ? CS_RECD : CS_PLAY, recording ? TDX_RECORD : TDX_PLAY, w.mode);
    if (!job) {
        if (owned_fd >= 0)
            close(owned_fd);
        return -1;
    }
    job->has_transfer = 1;
    job->transfer.owned_fd = owned_fd;
    int error = prepare(job, &w, iott, &rules);
    if (error != EDX_NOERROR) {
        dx_job_free(job);
        return voice_refuse(w.handle, error);
    }
    job->tone_id = rules.tone;
    size_t n = pack(job, &w, &rules, body, sizeof body);
    return dx_job_run(w.handle, job, body, n);
}

static int mode_error(unsigned mode, unsigned known)
{
    if (!(mode & ~(known | EV_ASYNC)))
        return EDX_NOERROR;
    bcsrl_missing("a flag of the mode of dx_play or dx_rec");
    return EDX_BADPARM;
}

static unsigned record_flags(int handle, unsigned mode)
{
    pthread_mutex_lock(&dx_lock);
    const dx_device *device = dx_find(handle);
    int keep = device && device->keep_tone;
    pthread_mutex_unlock(&dx_lock);
    return (mode & RM_TONE ? 1u : 0u) | (keep ? 2u : 0u);
}

static int default_rate(int handle, unsigned kind)
{
    pthread_mutex_lock(&dx_lock);
    const dx_device *device = dx_find(handle);
    int rate_hz = !device ? 0 : kind == WIRE_PLAY ? device->play_rate_hz : device->record_rate_hz;
    pthread_mutex_unlock(&dx_lock);
    return rate_hz;
}

static unsigned flags_of(int handle, unsigned kind, unsigned mode)
{
    return kind == WIRE_PLAY ? (mode & PM_TONE ? 1 : 0) : record_flags(handle, mode);
}

/* dx_play and dx_rec: the format is in the mode. */
static int by_mode(int handle, unsigned kind, const DX_IOTT *iott, const DV_TPT *tpt, unsigned mode, int owned_fd)
{
    int error = mode_error(mode, PM_TONE | MD_PCM | MD_NOGAIN | PM_ALAW | PM_SR6 | PM_SR8);
    int encoding = mode_encoding(mode, default_rate(handle, kind));
    if (error == EDX_NOERROR && !encoding) {
        bcsrl_missing("ADPCM, and 6 kHz,");
        error = EDX_NOSUPPORT;
    }
    if (error != EDX_NOERROR) {
        if (owned_fd >= 0)
            close(owned_fd);
        return voice_refuse(handle, error);
    }
    wanted w = {.handle = handle, .kind = kind, .encoding = encoding, .tpt = tpt, .mode = mode};
    w.flags = flags_of(handle, kind, mode);
    return transfer(w, iott, owned_fd);
}

/* dx_playiottdata and its kin: the format is in a DX_XPB. A WAVE file that is played has its own. */
static int by_xpb(int handle, unsigned kind, const DX_IOTT *iott, const DV_TPT *tpt, const DX_XPB *xpb, unsigned mode,
                  int owned_fd)
{
    int error = mode_error(mode, PM_TONE | MD_NOGAIN);
    int wave = xpb && xpb->wFileFormat == FILE_FORMAT_WAVE;
    int encoding = !xpb || (wave && kind == WIRE_PLAY) ? 0 : xpb_encoding(xpb);
    if (error == EDX_NOERROR && !xpb)
        error = EDX_BADPARM;
    if (error == EDX_NOERROR && !encoding && !(wave && kind == WIRE_PLAY)) {
        bcsrl_missing("a data format other than 8 kHz PCM of 16 bit, A-law and mu-law");
        error = EDX_XPBPARM;
    }
    if (error == EDX_NOERROR && !wave && xpb->wFileFormat != FILE_FORMAT_VOX && xpb->wFileFormat != FILE_FORMAT_NONE)
        error = EDX_XPBPARM;
    if (error != EDX_NOERROR) {
        if (owned_fd >= 0)
            close(owned_fd);
        return voice_refuse(handle, error);
    }
    wanted w = {.handle = handle, .kind = kind, .encoding = encoding, .wave = wave, .tpt = tpt, .mode = mode};
    w.flags = flags_of(handle, kind, mode);
    return transfer(w, iott, owned_fd);
}

/* The table of a file that the library opens itself; -1 with the error set. */
static int open_file(int handle, const char *name, unsigned kind, DX_IOTT *out)
{
    if (!name || !channel_is_free(handle))
        return name ? -1 : voice_refuse(handle, EDX_BADPARM);
    int fd = open(name, kind == WIRE_PLAY ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return voice_refuse(handle, EDX_SYSTEM);
    *out = (DX_IOTT){.io_type = IO_DEV | IO_EOT, .io_fhandle = fd, .io_length = -1};
    return fd;
}

static int named_by_xpb(int handle, unsigned kind, const char *name, const DV_TPT *tpt, const DX_XPB *xpb,
                        unsigned format, unsigned mode)
{
    DX_IOTT iott;
    DX_XPB own = {.wFileFormat = (unsigned short)format};
    if (xpb) {
        own = *xpb;
        own.wFileFormat = (unsigned short)format;
    } else if (format != FILE_FORMAT_WAVE || kind != WIRE_PLAY) {
        return voice_refuse(handle, EDX_BADPARM);
    }
    int fd = open_file(handle, name, kind, &iott);
    return fd < 0 ? -1 : by_xpb(handle, kind, &iott, tpt, &own, mode, fd);
}

static int named_by_mode(int handle, unsigned kind, const char *name, const DV_TPT *tpt, unsigned mode)
{
    DX_IOTT iott;
    if (mode & EV_ASYNC) /* synchronous only */
        return voice_refuse(handle, EDX_BADPARM);
    int fd = open_file(handle, name, kind, &iott);
    return fd < 0 ? -1 : by_mode(handle, kind, &iott, tpt, mode, fd);
}

BC_EXPORT int dx_play(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, unsigned short mode)
{
    return by_mode(ChDev, WIRE_PLAY, iottp, tptp, mode, -1);
}

BC_EXPORT int dx_playf(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode)
{
    return named_by_mode(ChDev, WIRE_PLAY, fNamep, tptp, mode);
}

BC_EXPORT int dx_playiottdata(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, const DX_XPB *xpbp, unsigned short mode)
{
    return by_xpb(ChDev, WIRE_PLAY, iottp, tptp, xpbp, mode, -1);
}

BC_EXPORT int dx_playwav(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode)
{
    return named_by_xpb(ChDev, WIRE_PLAY, fNamep, tptp, NULL, FILE_FORMAT_WAVE, mode);
}

BC_EXPORT int dx_playvox(int ChDev, const char *fNamep, const DV_TPT *tptp, const DX_XPB *xpbp, unsigned short mode)
{
    return named_by_xpb(ChDev, WIRE_PLAY, fNamep, tptp, xpbp, FILE_FORMAT_VOX, mode);
}

BC_EXPORT int dx_rec(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, unsigned short mode)
{
    return by_mode(ChDev, WIRE_RECORD, iottp, tptp, mode, -1);
}

BC_EXPORT int dx_recf(int ChDev, const char *fNamep, const DV_TPT *tptp, unsigned short mode)
{
    return named_by_mode(ChDev, WIRE_RECORD, fNamep, tptp, mode);
}

BC_EXPORT int dx_reciottdata(int ChDev, DX_IOTT *iottp, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode)
{
    return by_xpb(ChDev, WIRE_RECORD, iottp, tptp, xpbp, mode, -1);
}

BC_EXPORT int dx_recwav(int ChDev, const char *fNamep, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode)
{
    return named_by_xpb(ChDev, WIRE_RECORD, fNamep, tptp, xpbp, FILE_FORMAT_WAVE, mode);
}

BC_EXPORT int dx_recvox(int ChDev, const char *fNamep, const DV_TPT *tptp, DX_XPB *xpbp, unsigned short mode)
{
    return named_by_xpb(ChDev, WIRE_RECORD, fNamep, tptp, xpbp, FILE_FORMAT_VOX, mode);
}

BC_EXPORT int dx_setuio(DX_UIO uio)
{
    if (bcsrl_forked())
        return -1;
    pthread_mutex_lock(&uio_lock);
    global_uio = uio;
    pthread_mutex_unlock(&uio_lock);
    return 0;
}

/* *retuiop: what was set before, valid until the next call for this channel; NULL if nothing was. */
BC_EXPORT int dx_setdevuio(int chDev, DX_UIO *devuiop, DX_UIO **retuiop)
{
    dx_device *device = dx_enter(chDev, DX_CHANNEL);
    if (!device)
        return -1;
    if (retuiop) {
        device->old_uio = device->uio;
        *retuiop = device->has_uio ? &device->old_uio : NULL;
    }
    device->has_uio = devuiop != NULL;
    if (devuiop)
        device->uio = *devuiop;
    return dx_leave(device, EDX_NOERROR);
}
