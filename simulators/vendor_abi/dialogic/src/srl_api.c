/* srl_api.c - the standard runtime's functions. Handlers run inside sr_waitevt only (poll mode); whatever model a
   program chooses with SR_MODELTYPE, there is no handler thread. A handler may not wait for events itself. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "srl_devices.h"
#include "srl_handlers.h"
#include "srl_queue.h"

typedef struct {
    srl_event *event;  /* what sr_getevt… answer from; owned */
    int in_handler;
} thread_state;

static atomic_int forked, child_closes = -1;
static _Atomic bcsrl_board_count voice_boards;
static _Atomic int parameters[SR_PARMHIPRIMODE + 1] = {
    [SR_MODEID] = SR_POLLMODE, [SR_MODELTYPE] = SR_MTASYNC, [SR_DATASZID] = SR_DFLT_DATASIZE};
static pthread_key_t state_key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void free_state(void *pointer)
{
    thread_state *state = pointer;
    free(state->event);
    free(state);
}

static void make_key(void)
{
    pthread_key_create(&state_key, free_state);
}

static thread_state *state_of_thread(void)
{
    pthread_once(&key_once, make_key);
    thread_state *state = pthread_getspecific(state_key);
    if (!state) {
        state = calloc(1, sizeof *state);
        if (state)
            pthread_setspecific(state_key, state);
    }
    return state;
}

static void in_child(void)
{
    forked = 1;
    int fd = atomic_exchange(&child_closes, -1);
    if (fd >= 0)
        close(fd);
}

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

int bcsrl_forked(void)
{
    return forked;
}

void bcsrl_close_in_child(int fd)
{
    child_closes = fd;
}

void bcsrl_voice_boards(bcsrl_board_count count)
{
    voice_boards = count;
}

void bcsrl_missing(const char *what)
{
    static _Atomic(const char *) said[64];
    const char *wanted = getenv("BOARDCORE_DIALOGIC_LOG");
    if (wanted && strcmp(wanted, "0") == 0)
        return;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        const char *expected = NULL;
        if (atomic_compare_exchange_strong(&said[i], &expected, what)) {
            fprintf(stderr, "boardcore-dialogic: %s is not simulated\n", what);
            return;
        }
        if (expected == what || strcmp(expected, what) == 0)
            return;
    }
}

static long fail(long error)
{
    bcsrl_fail(SRL_DEVICE, error);
    return -1;
}

int bcsrl_post(long device, unsigned long type, const void *data, long len, long error)
{
    return srl_queue_put(device, type, data, len, error) == ESR_NOERR ? 0 : -1;
}

long bcsrl_take(long device, unsigned long type, void *data, long room)
{
    srl_event *event = srl_queue_find(device, type);
    if (!event)
        return -1;
    long len = event->len;
    memcpy(data, event->data, (size_t)(len < room ? len : room));
    free(event);
    return len;
}

long bcsrl_pending(long device, unsigned long type)
{
    return srl_queue_count(device, type);
}

/* Call all handlers of the thread's current event: 1 if the event stays, 0 if one of them released it. */
static int run_handlers(thread_state *state)
{
    srl_handler handlers[SRL_MAX_MATCHES];
    int n = srl_handlers_of(state->event->device, state->event->type, handlers);
    int stays = 1;
    state->in_handler = 1;
    for (int i = 0; i < n; i++)
        stays &= handlers[i](0) != 0;
    state->in_handler = 0;
    return stays;
}

static void make_current(thread_state *state, srl_event *event)
{
    free(state->event);
    state->event = event;
    if (event && event->error)
        bcsrl_fail(event->device, event->error);
}

static long wait_event(const long *devices, int count, long timeout_ms)
{
    thread_state *state = state_of_thread();
    if (!state)
        return fail(ESR_NOMEM);
    if (state->in_handler)
        return fail(ESR_MODE);
    long long deadline = -1;
    if (timeout_ms >= 0)
        deadline = srl_now_ns() + (timeout_ms < 1000000000L ? timeout_ms : 1000000000L) * 1000000LL;
    for (;;) {
        srl_event *event = srl_queue_get(devices, count, deadline);
        if (!event)
            return fail(ESR_TMOUT);
        make_current(state, event);
        if (run_handlers(state))
            return 0;
        make_current(state, NULL);
    }
}

BC_EXPORT long sr_waitevt(long tmout)
{
    if (forked)
        return -1;
    return tmout < -1 ? fail(ESR_BADPARM) : wait_event(NULL, 0, tmout);
}

BC_EXPORT long sr_waitevtEx(long *handlep, int count, long tmout, long *evthp)
{
    if (forked)
        return -1;
    if (!handlep || !evthp)
        return fail(ESR_NULL_DATAP);
    if (count < 1 || count > SRL_BUCKETS || tmout < -1)
        return fail(ESR_BADPARM);
    for (int i = 0; i < count; i++)
        if (handlep[i] != SRL_DEVICE && !srl_device_known(handlep[i]))
            return fail(ESR_BADDEV);
    long result = wait_event(handlep, count, tmout);
    if (result == 0)
        *evthp = (long)state_of_thread()->event;
    return result;
}

static const srl_event *current(void)
{
    thread_state *state = forked ? NULL : state_of_thread();
    return state ? state->event : NULL;
}

BC_EXPORT long sr_getevtdev()
{
    const srl_event *event = current();
    return event ? event->device : -1;
}

BC_EXPORT long sr_getevttype()
{
    const srl_event *event = current();
    return event ? (long)event->type : -1;
}

BC_EXPORT long sr_getevtlen()
{
    const srl_event *event = current();
    return event ? event->len : -1;
}

BC_EXPORT void *sr_getevtdatap()
{
    const srl_event *event = current();
    return event && event->len ? (void *)(uintptr_t)event->data : NULL;
}

BC_EXPORT long sr_putevt(long dev, unsigned long evt, long len, void *datap, long err)
{
    if (forked)
        return -1;
    if (dev != SRL_DEVICE && !srl_device_known(dev))
        return fail(ESR_BADDEV);
    if (len < 0 || len > SRL_MAX_EVENT_DATA)
        return fail(ESR_DATASZ);
    if (len && !datap)
        return fail(ESR_NULL_DATAP);
    int error = srl_queue_put(dev, evt, datap, len, err);
    return error == ESR_NOERR ? 0 : fail(error);
}

static int handler_arguments(long ddd, srl_handler hdlr)
{
    if (!hdlr)
        return ESR_NULL_DATAP;
    return ddd == EV_ANYDEV || ddd == SRL_DEVICE || srl_device_known(ddd) ? ESR_NOERR : ESR_BADDEV;
}

BC_EXPORT long sr_enbhdlr(long ddd, unsigned long event_type, srl_handler hdlr)
{
    if (forked)
        return -1;
    int error = handler_arguments(ddd, hdlr);
    if (error == ESR_NOERR) /* EV_ANYEVT may come as a 32-bit or as a 64-bit -1 */
        error = srl_handler_add(ddd, event_type & 0xFFFFFFFFUL, hdlr);
    return error == ESR_NOERR ? 0 : fail(error);
}

BC_EXPORT long sr_dishdlr(long ddd, unsigned long event_type, srl_handler hdlr)
{
    if (forked)
        return -1;
    int error = handler_arguments(ddd, hdlr);
    if (error == ESR_NOERR)
        error = srl_handler_remove(ddd, event_type & 0xFFFFFFFFUL, hdlr);
    return error == ESR_NOERR ? 0 : fail(error);
}

static int parameter_error(long ddd, long parmid, const void *valuep)
{
    if (ddd != SRL_DEVICE)
        return ESR_BADDEV;
    if (!valuep)
        return ESR_NULL_DATAP;
    return parmid == SR_MODEID || parmid == SR_MODELTYPE || parmid == SR_INTERPOLLID || parmid == SR_DATASZID ||
                   parmid == SR_QSIZEID
               ? ESR_NOERR
               : ESR_PARMID;
}

static int value_error(long parmid, int value)
{
    if (parmid == SR_MODEID && value == SR_SIGMODE) {
        bcsrl_missing("SR_SIGMODE (events by signal)");
        return ESR_NOTIMP;
    }
    if (parmid == SR_MODEID)
        return value == SR_POLLMODE ? ESR_NOERR : ESR_BADPARM;
    if (parmid == SR_MODELTYPE)
        return value >= SR_STASYNC && value <= SR_MTSYNC ? ESR_NOERR : ESR_BADPARM;
    return value >= 0 ? ESR_NOERR : ESR_BADPARM;
}

BC_EXPORT long sr_setparm(long ddd, long parmid, void *valuep)
{
    if (forked)
        return -1;
    int error = parameter_error(ddd, parmid, valuep), value = 0;
    if (error == ESR_NOERR) {
        memcpy(&value, valuep, sizeof value);
        error = value_error(parmid, value);
    }
    if (error != ESR_NOERR)
        return fail(error);
    parameters[parmid] = value;
    return 0;
}

BC_EXPORT long sr_getparm(long ddd, long parmid, void *valuep)
{
    if (forked)
        return -1;
    int error = parameter_error(ddd, parmid, valuep);
    if (error != ESR_NOERR)
        return fail(error);
    int value = parameters[parmid];
    memcpy(valuep, &value, sizeof value);
    return 0;
}

/* Signal mode is not there, so there is nothing to hold. */
BC_EXPORT long sr_hold(void)
{
    return forked ? -1 : fail(ESR_MODE);
}

BC_EXPORT long sr_release(void)
{
    return forked ? -1 : fail(ESR_MODE);
}

BC_EXPORT long sr_getboardcnt(char *brdname, int *brdcnt)
{
    if (forked)
        return -1;
    if (!brdname || !brdcnt)
        return fail(ESR_NULL_DATAP);
    *brdcnt = 0; /* of a class that has no boards here */
    bcsrl_board_count count = voice_boards;
    if (strcmp(brdname, DEV_CLASS_VOICE) == 0 && count && count(brdcnt) != 0)
        return fail(ESR_NOCOM);
    return 0;
}

BC_EXPORT long ATDV_LASTERR(long ddd)
{
    return forked ? ESR_SYS : srl_device_error(ddd);
}

BC_EXPORT char *ATDV_ERRMSGP(long ddd)
{
    if (forked)
        return (char *)(uintptr_t) "System error: the library belongs to the parent process";
    return (char *)(uintptr_t)srl_device_message(ddd);
}

BC_EXPORT char *ATDV_NAMEP(long ddd)
{
    return forked ? NULL : srl_device_name(ddd);
}

BC_EXPORT long ATDV_SUBDEVS(long ddd)
{
    return forked ? AT_FAILURE : srl_device_subdevices(ddd);
}
