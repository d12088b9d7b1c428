/* dx_jobs.c - jobs: what the voice resource of a channel does, one at a time, from the call to its result. */
#include "dx.h"

#include <stdlib.h>
#include <string.h>

dx_job *dx_job_new(unsigned kind, int state, unsigned long event, unsigned mode)
{
    dx_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->kind = kind;
    job->state = state;
    job->event = event;
    job->asynchronous = (mode & EV_ASYNC) != 0;
    job->transfer.owned_fd = -1;
    job->last = &job->first;
    return job;
}

void dx_job_free(dx_job *job)
{
    if (job->has_transfer)
        dx_transfer_close(&job->transfer, 0);
    free(job);
}

static long mask_of(const dx_job *job)
{
    static const struct {
        uint32_t reason;
        long mask;
    } reasons[] = {
        {WIRE_ENDED_MAX_TIME, TM_MAXTIME},   {WIRE_ENDED_MAX_DIGITS, TM_MAXDTMF}, {WIRE_ENDED_DIGIT, TM_DIGIT},
        {WIRE_ENDED_SILENCE, TM_MAXSIL},     {WIRE_ENDED_NONSILENCE, TM_MAXNOSIL}, {WIRE_ENDED_FIRST, TM_IDDTIME},
        {WIRE_ENDED_INTER, TM_IDDTIME},      {WIRE_ENDED_LOOP, TM_LCOFF},         {WIRE_ENDED_TONE, TM_TONE},
        {WIRE_ENDED_ERROR, TM_ERROR},
    };
    long mask = TM_NORMTERM;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (job->end.reasons & reasons[i].reason)
            mask |= reasons[i].mask;
    if (job->end.reasons & WIRE_ENDED_DATA && job->has_transfer)
        mask |= TM_EOD;
    if (job->end.reasons & WIRE_ENDED_STOPPED) /* a recording whose tables are full was stopped by us */
        mask |= job->full && !job->stopped_by_user ? TM_EOD : TM_USRSTOP;
    return job->error ? mask | TM_ERROR : mask;
}

static void give_digits(dx_job *job)
{
    size_t n = strnlen(job->text, DG_MAXDIGS);
    job->count = (int)n;
    if (!job->digits)
        return;
    memset(job->digits, 0, sizeof *job->digits);
    memcpy(job->digits->dg_value, job->text, n);
    memset(job->digits->dg_type, DG_DTMF_ASCII, n);
    job->digits->dg_type[n] = DG_END;
}

static void find_error(dx_job *job)
{
    if (job->error || !(job->end.reasons & WIRE_ENDED_ERROR))
        return;
    job->error = job->end.job_status == WIRE_REFUSED ? atol(job->text) : dx_error_of_status(job->end.job_status);
    if (job->error == EDX_NOERROR)
        job->error = EDX_FWERROR;
}

void dx_job_finish(dx_job *job)
{
    dx_device *device = job->device;
    job->finishing = 1;
    find_error(job);
    if (job->has_transfer) {
        pthread_mutex_unlock(&dx_lock);
        if (dx_transfer_close(&job->transfer, job->moved) != 0 && !job->error)
            job->error = EDX_SYSTEM;
        pthread_mutex_lock(&dx_lock);
    }
    for (dx_block *block = job->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    if (job->kind == WIRE_COLLECT && !job->error)
        give_digits(job);
    device->termination = mask_of(job);
    device->transferred = (long)(job->kind == WIRE_RECORD ? job->moved : job->end.transferred);
    if (job->kind != WIRE_RECORD && job->kind != WIRE_PLAY)
        device->transferred = 0;
    device->tone_id = job->end.reasons & WIRE_ENDED_TONE ? job->tone_id : 0;
    device->job = NULL;
    job->finished = 1;
    if (job->asynchronous && !device->closing)
        bcsrl_post(device->handle, job->error ? TDX_ERROR : job->event, NULL, 0, job->error);
    pthread_cond_broadcast(&device->changed);
    if (job->asynchronous)
        free(job);
}

/* Under the lock: the server is done with it. What is in flight is finished by the thread that moves its data. */
static void ended(dx_job *job)
{
    job->ended = 1;
    if (job->has_transfer)
        dx_io_wake(job);
    else if (job->sent)
        dx_job_finish(job);
}

void dx_job_end(dx_device *device, const wire_message *message)
{
    dx_job *job = device->job;
    if (!job || job->ref != message->head.ref || job->ended)
        return;
    job->end = *message;
    size_t n = message->data_n < sizeof job->text - 1 ? message->data_n : sizeof job->text - 1;
    memcpy(job->text, message->data, n);
    ended(job);
}

void dx_job_lost(dx_device *device)
{
    dx_job *job = device->job;
    if (!job || job->ended)
        return;
    job->end = (wire_message){.reasons = WIRE_ENDED_ERROR, .job_status = WIRE_GONE, .transferred = job->moved};
    job->error = EDX_SYSTEM;
    ended(job);
}

void dx_job_credit(dx_device *device, const wire_message *message)
{
    dx_job *job = device->job;
    if (!job || job->ref != message->head.ref || job->kind != WIRE_PLAY)
        return;
    job->credit += message->credit;
    dx_io_wake(job);
}

int dx_job_data(dx_device *device, const wire_message *message)
{
    dx_job *job = device->job;
    if (!job || job->ref != message->head.ref || job->kind != WIRE_RECORD || job->ended || !message->data_n)
        return 0;
    if (message->data_n > job->granted)
        return -1;
    dx_block *block = malloc(sizeof *block + message->data_n);
    if (!block)
        return -1;
    *block = (dx_block){.n = message->data_n};
    memcpy(block->octets, message->data, message->data_n);
    job->granted -= message->data_n;
    *job->last = block;
    job->last = &block->next;
    dx_io_wake(job);
    return 0;
}

int dx_job_stop(dx_device *device, int by_user)
{
    dx_job *job = device->job;
    if (!job)
        return 0;
    job->stopped_by_user |= by_user;
    job->stop_wanted = 1;
    if (job->sent && !job->ended) {
        unsigned number = device->server;
        uint32_t ref = job->ref;
        pthread_mutex_unlock(&dx_lock);
        dx_send(WIRE_STOP, number, ref, NULL, 0);
        pthread_mutex_lock(&dx_lock);
    }
    return 1;
}

static int begin(dx_device *device, dx_job *job)
{
    if (device->job)
        return EDX_BUSY;
    job->device = device;
    job->ref = dx_new_ref();
    if (job->has_transfer && job->transfer.may_block && dx_io_own_thread(job) != 0)
        return EDX_SYSTEM;
    device->job = job;
    device->calls += !job->asynchronous;
    return EDX_NOERROR;
}

static int result_of(dx_device *device, dx_job *job)
{
    while (!job->finished)
        dx_wait(&device->changed, DX_NEVER);
    int error = (int)job->error;
    int count = job->kind == WIRE_COLLECT ? job->count + 1 : 0;
    device->calls--;
    pthread_cond_broadcast(&device->changed); /* for dx_close */
    free(job);
    return dx_leave(device, error) == 0 ? count : -1;
}

int dx_job_run(int handle, dx_job *job, const void *body, size_t n)
{
    int asynchronous = job->asynchronous;
    dx_device *device = dx_enter(handle, DX_CHANNEL);
    int error = device ? begin(device, job) : EDX_NOERROR;
    if (!device || error != EDX_NOERROR) {
        dx_job_free(job);
        return device ? dx_leave(device, error) : -1;
    }
    unsigned number = device->server;
    uint32_t ref = job->ref;
    unsigned kind = job->kind;
    pthread_mutex_unlock(&dx_lock);
    dx_send(kind, number, ref, body, n); /* a failure shows as the loss of the connection, which ends the job */
    pthread_mutex_lock(&dx_lock);
    job->sent = 1;
    int stop = job->stop_wanted && !job->ended;
    if (job->has_transfer)
        dx_io_wake(job);
    else if (job->ended)
        dx_job_finish(job);
    if (stop) { /* it was too early for dx_job_stop; from here on an asynchronous job may be gone */
        pthread_mutex_unlock(&dx_lock);
        dx_send(WIRE_STOP, number, ref, NULL, 0);
        pthread_mutex_lock(&dx_lock);
    }
    if (asynchronous)
        return dx_leave(device, EDX_NOERROR);
    return result_of(device, job);
}
