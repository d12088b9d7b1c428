/* voice_digits.c - collecting and dialling digits, stopping, clearing a termination table. */
#include <stdlib.h>
#include <string.h>

#include "dx.h"
#include "voice_run.h"

int voice_refuse(int handle, int error)
{
    dx_device *device = dx_enter(handle, DX_CHANNEL);
    return device ? dx_leave(device, error) : -1;
}

BC_EXPORT int dx_getdig(int chdev, const DV_TPT *tptp, DV_DIGIT *digitp, unsigned short mode)
{
    uint8_t body[WIRE_RULES];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_rules rules;
    const char *missing = NULL;
    int error = tpt_parse(tptp, TPT_COLLECT, &rules, &missing);
    if (missing)
        bcsrl_missing(missing);
    if (error != EDX_NOERROR)
        return voice_refuse(chdev, error);
    if (rules.max_digits == 0)
        rules.max_digits = DG_MAXDIGS; /* a DV_DIGIT holds no more */
    dx_job *job = dx_job_new(WIRE_COLLECT, CS_GTDIG, TDX_GETDIG, mode);
    if (!job)
        return voice_refuse(chdev, EDX_SYSTEM);
    job->digits = digitp;
    job->tone_id = rules.tone;
    wire_put_rules(&out, &rules);
    return dx_job_run(chdev, job, body, out.n);
}

/* Wait for the answer to a plain request of a channel. */
int voice_request(int handle, int need, unsigned kind, const void *body, size_t n, dx_answer *answer)
{
    dx_device *device = dx_enter(handle, need);
    if (!device)
        return -1;
    device->calls++; /* it stays while the lock is open */
    pthread_mutex_unlock(&dx_lock);
    int error = dx_request(device, kind, body, n, DX_NEVER, answer);
    pthread_mutex_lock(&dx_lock);
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    return dx_leave(device, error);
}

BC_EXPORT int dx_clrdigbuf(int chdev)
{
    return voice_request(chdev, DX_CHANNEL, WIRE_CLEAR_DIGITS, NULL, 0, NULL);
}

/* tp_type and tp_nextp stay: they say how the table goes on (unverified). */
BC_EXPORT int dx_clrtpt(DV_TPT *tptp, int size)
{
    if (bcsrl_forked() || !tptp || size < 1 || size > TPT_MAX)
        return -1;
    for (int i = 0; i < size; i++)
        tptp[i] = (DV_TPT){.tp_type = tptp[i].tp_type, .tp_nextp = tptp[i].tp_nextp};
    return 0;
}

/* Digits for the board into out; 0, or EDX_BADPARM. */
static int dial_string(const char *from, char *out, size_t room)
{
    size_t n = 0;
    if (*from == 'T') /* tone dialling, which is all there is */
        from++;
    for (; *from; from++) {
        int c = *from >= 'a' && *from <= 'd' ? *from - 'a' + 'A' : *from;
        if (c == ' ' || c == '-')
            continue;
        if ((c != ',' && !wire_digit_bit(c)) || n + 1 >= room)
            return EDX_BADPARM;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return EDX_NOERROR;
}

BC_EXPORT int dx_dial(int chdev, const char *dialstrp, const DX_CAP *capp, unsigned short mode)
{
    char digits[256];
    uint8_t body[4 + sizeof digits];
    wire_out out = {.octets = body, .room = sizeof body};
    (void)capp;
    if (mode & DX_CALLP) {
        bcsrl_missing("call progress analysis (DX_CALLP)");
        return voice_refuse(chdev, EDX_UNSUPPORTED);
    }
    if (!dialstrp || dial_string(dialstrp, digits, sizeof digits) != EDX_NOERROR)
        return voice_refuse(chdev, EDX_BADPARM);
    dx_job *job = dx_job_new(WIRE_DIAL, CS_DIAL, TDX_DIAL, mode);
    if (!job)
        return voice_refuse(chdev, EDX_SYSTEM);
    wire_u16(&out, 0);
    wire_u16(&out, 0);
    wire_octets(&out, digits, strlen(digits));
    return dx_job_run(chdev, job, body, out.n);
}

BC_EXPORT void dx_clrcap(DX_CAP *capp)
{
    if (capp)
        memset(capp, 0, sizeof *capp);
}

BC_EXPORT int dx_stopch(int ChDev, unsigned short mode)
{
    dx_device *device = dx_enter(ChDev, DX_CHANNEL);
    if (!device)
        return -1;
    device->ring_stop = 1; /* of dx_wtring */
    pthread_cond_broadcast(&device->changed);
    device->calls++;
    const dx_job *job = device->job;
    uint32_t ref = job ? job->ref : 0;
    int running = dx_job_stop(device, 1);
    if (!running && mode & EV_NOSTOP)
        bcsrl_post(device->handle, TDX_NOSTOP, NULL, 0, 0);
    while (!(mode & EV_ASYNC) && running && device->job && device->job->ref == ref)
        dx_wait(&device->changed, DX_NEVER);
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    return dx_leave(device, device->lost && !(mode & EV_ASYNC) && running ? EDX_SYSTEM : EDX_NOERROR);
}
