/* voice_open.c - opening and closing; the first opens the connection, the last closes it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dx.h"

#define CLOSE_NS 2000000000LL /* how long a server that hangs may hold up dx_close, per step */

static int fail_open(int error)
{
    bcsrl_fail(SRL_DEVICE, error == ENODEV || error == EINVAL ? ESR_BADDEV : ESR_NOCOM);
    errno = error;
    return -1;
}

static int name_is_open(const char *name)
{
    for (int i = 1; i < DX_HANDLES; i++) {
        const dx_device *device = dx_find(i);
        if (device && !device->lost && strcmp(device->name, name) == 0)
            return 1;
    }
    return 0;
}

/* A handle comes round again only after all others. Under the lock; 0: all are taken. */
static int new_handle(void)
{
    static int last;
    for (int i = 0; i < DX_HANDLES; i++) {
        last = last % (DX_HANDLES - 1) + 1;
        if (!dx_at(last)->handle)
            return last;
    }
    return 0;
}

static dx_device *reserve(const char *name)
{
    int handle = new_handle();
    if (!handle || bcsrl_attach(handle, name, dx_class()) != 0)
        return NULL;
    dx_device *device = dx_at(handle);
    memset(device, 0, sizeof *device);
    device->handle = handle;
    device->rings_wanted = 1; /* unverified: the vendor's default of DXCH_RINGCNT */
    device->play_rate_hz = device->record_rate_hz = 6000;
    snprintf(device->name, sizeof device->name, "%s", name);
    dx_init_condition(&device->changed);
    return device;
}

static void release(dx_device *device)
{
    int handle = device->handle;
    pthread_mutex_lock(&dx_lock);
    for (char **name = device->channel_names; name && *name; name++)
        free(*name);
    free(device->channel_names);
    device->channel_names = NULL;
    device->handle = 0;
    pthread_mutex_unlock(&dx_lock);
    pthread_cond_destroy(&device->changed);
    bcsrl_detach(handle);
}

static int errno_of(int error, unsigned status)
{
    if (error == EDX_TIMEOUT)
        return ETIMEDOUT;
    return status == WIRE_NO_DEVICE || status == WIRE_BAD_VALUE ? ENODEV : status == WIRE_IN_USE ? EBUSY : EIO;
}

static void fill(dx_device *device, const dx_answer *answer)
{
    const wire_message *opened = &answer->message;
    pthread_mutex_lock(&dx_lock);
    device->board = opened->board;
    device->channel = opened->channel;
    device->has_line = opened->has_line;
    device->voice_slot = opened->voice_slot;
    device->line_slot = opened->line_slot;
    snprintf(device->number, sizeof device->number, "%.63s", answer->text);
    snprintf(device->board_name, sizeof device->board_name, "dxxxB%u", opened->board);
    pthread_mutex_unlock(&dx_lock);
}

/* What a channel was left in by its last user: hook and ringing. */
static void read_line_state(dx_device *device)
{
    dx_answer answer;
    if (!device->channel || dx_request(device, WIRE_QUERY, NULL, 0, dx_now_ns() + CLOSE_NS, &answer) != EDX_NOERROR)
        return;
    pthread_mutex_lock(&dx_lock);
    device->off_hook = (answer.message.line & WIRE_LINE_OFF_HOOK) != 0;
    pthread_mutex_unlock(&dx_lock);
}

static int open_device(const char *name)
{
    dx_answer answer;
    int error = dx_connect();
    if (error) {
        dx_tell_unreached(error);
        return fail_open(error);
    }
    pthread_mutex_lock(&dx_lock);
    int taken = name_is_open(name);
    dx_device *device = taken ? NULL : reserve(name);
    pthread_mutex_unlock(&dx_lock);
    if (!device)
        return fail_open(taken ? EBUSY : EMFILE);
    error = dx_request(device, WIRE_OPEN, name, strlen(name), dx_now_ns() + 5 * CLOSE_NS, &answer);
    if (error != EDX_NOERROR) {
        release(device);
        return fail_open(errno_of(error, answer.status));
    }
    fill(device, &answer);
    read_line_state(device);
    return device->handle;
}

BC_EXPORT int dx_open(const char *namep, int oflags)
{
    (void)oflags;
    if (bcsrl_forked())
        return -1;
    if (!namep || !*namep || strnlen(namep, 32) == 32)
        return fail_open(EINVAL);
    dx_connection_lock();
    int handle = open_device(namep);
    int error = errno;
    if (handle < 0)
        dx_disconnect_unused();
    dx_connection_unlock();
    errno = error;
    return handle;
}

/* Under the lock: wait until no call uses the device and its job is over. 0, or -1: not within the time. */
static int drain(dx_device *device)
{
    long long deadline = dx_now_ns() + CLOSE_NS;
    while (device->job || device->calls)
        if (dx_wait(&device->changed, deadline) != 0)
            return -1;
    return 0;
}

/* A user function, or a file that is a pipe, may still be at work, with buffers of the program's: wait for it, and let
   others open and close meanwhile. Under both locks. */
static void outwait(dx_device *device)
{
    pthread_mutex_unlock(&dx_lock);
    dx_connection_unlock();
    pthread_mutex_lock(&dx_lock);
    while (device->job || device->calls)
        dx_wait(&device->changed, DX_NEVER);
    pthread_mutex_unlock(&dx_lock);
    dx_connection_lock();
    pthread_mutex_lock(&dx_lock);
}

static void close_device(dx_device *device)
{
    dx_abandon(device);
    pthread_cond_broadcast(&device->changed);
    device->ring_stop = 1;
    dx_job_stop(device, 1);
    int lost = device->lost;
    pthread_mutex_unlock(&dx_lock);
    if (!lost)
        dx_request(device, WIRE_CLOSE, NULL, 0, dx_now_ns() + CLOSE_NS, NULL);
    pthread_mutex_lock(&dx_lock);
    if (drain(device) != 0) {
        dx_job_lost(device); /* the server never said that the job ended */
        outwait(device);
    }
    pthread_mutex_unlock(&dx_lock);
    release(device);
}

BC_EXPORT int dx_close(int dev)
{
    if (bcsrl_forked())
        return -1;
    if (dx_io_inside_user_function()) { /* it would wait for itself */
        bcsrl_fail(dev, EDX_BUSY);
        return -1;
    }
    pthread_mutex_lock(&dx_lock);
    dx_device *device = dx_find(dev);
    if (!device || device->closing) {
        pthread_mutex_unlock(&dx_lock);
        bcsrl_fail(SRL_DEVICE, ESR_BADDEV);
        return -1;
    }
    device->closing = 1;
    pthread_mutex_unlock(&dx_lock);
    dx_connection_lock();
    pthread_mutex_lock(&dx_lock);
    close_device(device);
    dx_disconnect_unused();
    dx_connection_unlock();
    return 0;
}

static int count_boards(int *count)
{
    dx_connection_lock();
    int error = dx_connect();
    if (!error)
        dx_boards(count);
    dx_disconnect_unused();
    dx_connection_unlock();
    return error ? -1 : 0;
}

__attribute__((constructor)) static void announce(void)
{
    bcsrl_voice_boards(count_boards);
}
