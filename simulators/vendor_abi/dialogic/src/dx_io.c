/* dx_io.c - the threads that move samples: one for files and memory, one for each job that may block. */
#include "dx.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 8192
#define DRAIN 65536

static pthread_t thread;
static pthread_cond_t work; /* for every thread of this file */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static dx_job *queue, **queue_last = &queue;
static int quit; /* under dx_lock */
static _Thread_local int user_function;

static void init(void)
{
    dx_init_condition(&work);
}

static void stop(dx_job *job)
{
    if (!job->stop_wanted)
        dx_job_stop(job->device, 0);
}

static void send_unlocked(const dx_job *job, unsigned kind, const void *body, size_t n)
{
    unsigned number = job->device->server;
    uint32_t ref = job->ref;
    pthread_mutex_unlock(&dx_lock);
    dx_send(kind, number, ref, body, n);
    pthread_mutex_lock(&dx_lock);
}

static void finish_play(dx_job *job)
{
    job->eof = 1;
    send_unlocked(job, WIRE_FINISH, NULL, 0);
}

static void play(dx_job *job)
{
    uint8_t buffer[CHUNK];
    while (job->sent && !job->ended && !job->eof && !job->stop_wanted) {
        pthread_mutex_unlock(&dx_lock);
        int end = dx_transfer_at_end(&job->transfer);
        pthread_mutex_lock(&dx_lock);
        if (end) {
            finish_play(job);
            return;
        }
        size_t room = job->credit < sizeof buffer ? (size_t)job->credit : sizeof buffer;
        if (!room)
            return;
        pthread_mutex_unlock(&dx_lock);
        long n = dx_transfer_read(&job->transfer, buffer, room);
        pthread_mutex_lock(&dx_lock);
        if (n < 0) {
            job->error = EDX_SYSTEM;
            stop(job);
        } else if (n == 0) {
            finish_play(job);
        } else {
            job->credit -= (uint64_t)n;
            job->moved += (uint64_t)n;
            send_unlocked(job, WIRE_DATA, buffer, (size_t)n);
        }
    }
}

static void send_credit(dx_job *job, uint64_t n)
{
    uint8_t body[4];
    wire_out out = {.octets = body, .room = sizeof body};
    job->granted += n;
    wire_u32(&out, (uint32_t)n);
    send_unlocked(job, WIRE_CREDIT, body, out.n);
}

/* Never more than the tables can take. */
static void grant(dx_job *job, uint64_t n)
{
    uint64_t room = (uint64_t)dx_transfer_room(&job->transfer);
    uint64_t more = room - (job->granted < room ? job->granted : room);
    if (more)
        send_credit(job, more < n ? more : n);
}

/* What was recorded until the server heard of the stop has still to come before the job can end; it is dropped. */
static void drain(dx_job *job, uint64_t n)
{
    uint64_t first = job->stop_wanted ? 0 : DRAIN;
    stop(job);
    if (!job->ended)
        send_credit(job, first ? first : n);
}

static void record(dx_job *job)
{
    while (job->first) {
        dx_block *block = job->first;
        job->first = block->next;
        if (!job->first)
            job->last = &job->first;
        long n = 0;
        if (!job->error && !job->full) {
            pthread_mutex_unlock(&dx_lock);
            n = dx_transfer_write(&job->transfer, block->octets, block->n);
            pthread_mutex_lock(&dx_lock);
        }
        job->moved += n > 0 ? (uint64_t)n : 0;
        if (n < 0)
            job->error = EDX_SYSTEM;
        else if (!job->error && (n < (long)block->n || dx_transfer_room(&job->transfer) == 0))
            job->full = 1;
        if (job->error || job->full)
            drain(job, block->n);
        else if (!job->ended)
            grant(job, block->n);
        free(block);
    }
}

/* Under the lock; 1: the job is over and gone. */
static int serve(dx_job *job)
{
    if (job->kind == WIRE_PLAY)
        play(job);
    else
        record(job);
    if (!job->ended || !job->sent || job->first || job->queued) /* queued: it comes round once more */
        return 0;
    dx_job_finish(job);
    return 1;
}

static void *serve_files(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&dx_lock);
    while (queue || !quit) {
        dx_job *job = queue;
        if (!job) {
            pthread_cond_wait(&work, &dx_lock);
            continue;
        }
        queue = job->next;
        if (!queue)
            queue_last = &queue;
        job->queued = 0;
        serve(job);
    }
    pthread_mutex_unlock(&dx_lock);
    return NULL;
}

static void *serve_user(void *pointer)
{
    dx_job *job = pointer;
    user_function = 1;
    pthread_mutex_lock(&dx_lock);
    for (;;) {
        while (!job->queued)
            pthread_cond_wait(&work, &dx_lock);
        job->queued = 0;
        if (serve(job))
            break;
    }
    pthread_mutex_unlock(&dx_lock);
    return NULL;
}

int dx_io_inside_user_function(void)
{
    return user_function;
}

void dx_io_wake(dx_job *job)
{
    if (job->queued || job->finishing)
        return;
    job->queued = 1;
    if (!job->has_thread) {
        job->next = NULL;
        *queue_last = job;
        queue_last = &job->next;
    }
    pthread_cond_broadcast(&work);
}

/* Detached: dx_close waits for its job, a new connection does not, for a user function may take its time. */
int dx_io_own_thread(dx_job *job)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    job->has_thread = 1;
    int failed = pthread_create(&job->thread, &attributes, serve_user, job);
    pthread_attr_destroy(&attributes);
    if (failed)
        job->has_thread = 0;
    return failed ? -1 : 0;
}

int dx_io_start(void)
{
    pthread_once(&once, init);
    quit = 0;
    return pthread_create(&thread, NULL, serve_files, NULL) == 0 ? 0 : -1;
}

void dx_io_stop(void)
{
    pthread_mutex_lock(&dx_lock);
    quit = 1;
    pthread_cond_broadcast(&work);
    pthread_mutex_unlock(&dx_lock);
    pthread_join(thread, NULL);
}
