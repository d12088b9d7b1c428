/* The event queue: order, device lists, several threads, handlers, validity of the current event. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "bcsrl.h"
#include "check.h"
#include "srl_queue.h"

#define DEVICES 4
#define EVENTS 500

static const char *message(long error)
{
    return error ? "wrong" : "right";
}

static long none(long device)
{
    (void)device;
    return 0;
}

static const bcsrl_class of = {message, none};
static atomic_int taken;

static void *take_all(void *pointer)
{
    long device = (long)(intptr_t)pointer, event;
    for (long i = 0; i < EVENTS; i++) {
        CHECK(sr_waitevtEx(&device, 1, 10000, &event) == 0);
        CHECK(sr_getevtdev() == device && (long)sr_getevttype() == i); /* each device's own order */
        CHECK(memcmp(sr_getevtdatap(), &i, sizeof i) == 0);
        taken++;
    }
    return NULL;
}

static void a_thread_for_each_device(void)
{
    pthread_t threads[DEVICES];
    for (long d = 0; d < DEVICES; d++)
        CHECK(pthread_create(&threads[d], NULL, take_all, (void *)(intptr_t)(d + 1)) == 0);
    for (long i = 0; i < EVENTS; i++)
        for (long d = 1; d <= DEVICES; d++)
            CHECK(bcsrl_post(d, (unsigned long)i, &i, sizeof i, 0) == 0);
    for (int d = 0; d < DEVICES; d++)
        pthread_join(threads[d], NULL);
    CHECK(taken == DEVICES * EVENTS && sr_waitevt(0) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_TMOUT);
}

static void the_last_event_stays_until_the_next(void)
{
    CHECK(bcsrl_post(1, 7, "abc", 4, 0) == 0 && sr_waitevt(0) == 0);
    CHECK(bcsrl_post(2, 8, NULL, 0, 9) == 0);
    CHECK(sr_waitevt(0) == 0 && sr_getevttype() == 8 && sr_getevtdatap() == NULL && sr_getevtlen() == 0);
    CHECK(ATDV_LASTERR(2) == 9 && strcmp(ATDV_ERRMSGP(2), "wrong") == 0);
    CHECK(sr_waitevt(1) == -1 && sr_getevttype() == 8);
}

static int calls;

static long keep(unsigned long parm)
{
    (void)parm;
    calls++;
    return 1;
}

static long release(unsigned long parm)
{
    (void)parm;
    calls += 10;
    return 0;
}

static void all_handlers_run_and_one_can_release(void)
{
    CHECK(sr_enbhdlr(1, 5, keep) == 0 && sr_enbhdlr(1, EV_ANYEVT, keep) == 0);
    CHECK(bcsrl_post(1, 5, NULL, 0, 0) == 0 && sr_waitevt(0) == 0 && calls == 2);
    CHECK(sr_enbhdlr(EV_ANYDEV, (unsigned long)-1L, release) == 0);
    CHECK(bcsrl_post(1, 5, NULL, 0, 0) == 0 && bcsrl_post(2, 6, NULL, 0, 0) == 0);
    CHECK(sr_waitevt(0) == -1 && calls == 24);
    CHECK(sr_dishdlr(EV_ANYDEV, EV_ANYEVT, release) == 0 && sr_dishdlr(1, 5, keep) == 0);
    CHECK(sr_enbhdlr(99, 5, keep) == -1 && sr_enbhdlr(1, 5, NULL) == -1);
}

static void a_closed_device_leaves_nothing(void)
{
    long device = 1, event;
    CHECK(bcsrl_post(1, 5, NULL, 0, 0) == 0 && bcsrl_pending(1, 5) == 1);
    bcsrl_detach(1);
    CHECK(bcsrl_pending(1, 5) == 0 && sr_waitevtEx(&device, 1, 0, &event) == -1);
    CHECK(ATDV_LASTERR(SRL_DEVICE) == ESR_BADDEV && ATDV_LASTERR(1) == EDV_BADDESC && ATDV_NAMEP(1) == NULL);
}

static void parameters(void)
{
    int value = SR_SIGMODE;
    CHECK(sr_setparm(SRL_DEVICE, SR_MODEID, &value) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_NOTIMP);
    value = SR_STASYNC;
    CHECK(sr_setparm(SRL_DEVICE, SR_MODELTYPE, &value) == 0);
    value = 99;
    CHECK(sr_getparm(SRL_DEVICE, SR_MODELTYPE, &value) == 0 && value == SR_STASYNC);
    CHECK(sr_setparm(SRL_DEVICE, 77, &value) == -1 && ATDV_LASTERR(SRL_DEVICE) == ESR_PARMID);
    CHECK(sr_setparm(SRL_DEVICE, SR_MODELTYPE, NULL) == -1 && sr_hold() == -1 && sr_release() == -1);
}

int main(void)
{
    for (long d = 1; d <= DEVICES; d++)
        CHECK(bcsrl_attach(d, "device", &of) == 0);
    CHECK(bcsrl_attach(1, "again", &of) == -1 && strcmp(ATDV_NAMEP(1), "device") == 0);
    a_thread_for_each_device();
    the_last_event_stays_until_the_next();
    all_handlers_run_and_one_can_release();
    a_closed_device_leaves_nothing();
    parameters();
    return 0;
}
