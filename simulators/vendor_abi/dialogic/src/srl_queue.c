#include "srl_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static srl_event *first, **last = &first;

static void make_condition(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&arrived, &attributes);
    pthread_condattr_destroy(&attributes);
}

long long srl_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

int srl_queue_put(long device, unsigned long type, const void *data, long len, long error)
{
    srl_event *event = malloc(sizeof *event + (size_t)len);
    if (!event)
        return ESR_NOMEM;
    *event = (srl_event){.device = device, .type = type, .error = error, .len = len};
    if (len)
        memcpy(event->data, data, (size_t)len);
    pthread_once(&once, make_condition);
    pthread_mutex_lock(&lock);
    *last = event;
    last = &event->next;
    pthread_cond_broadcast(&arrived); /* waiters differ in the devices they wait for */
    pthread_mutex_unlock(&lock);
    return ESR_NOERR;
}

static srl_event *unlink_event(srl_event **at)
{
    srl_event *event = *at;
    *at = event->next;
    if (!*at)
        last = at;
    event->next = NULL;
    return event;
}

static int listed(long device, const long *devices, int count)
{
    for (int i = 0; devices && i < count; i++)
        if (devices[i] == device)
            return 1;
    return devices == NULL;
}

static srl_event *take_listed(const long *devices, int count)
{
    for (srl_event **at = &first; *at; at = &(*at)->next)
        if (listed((*at)->device, devices, count))
            return unlink_event(at);
    return NULL;
}

srl_event *srl_queue_get(const long *devices, int count, long long deadline_ns)
{
    struct timespec until = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
    srl_event *event;
    int late = 0;
    pthread_once(&once, make_condition);
    pthread_mutex_lock(&lock);
    while (!(event = take_listed(devices, count)) && !late) {
        if (deadline_ns < 0)
            pthread_cond_wait(&arrived, &lock);
        else
            late = pthread_cond_timedwait(&arrived, &lock, &until) != 0;
    }
    pthread_mutex_unlock(&lock);
    return event;
}

srl_event *srl_queue_find(long device, unsigned long type)
{
    srl_event *event = NULL;
    pthread_mutex_lock(&lock);
    for (srl_event **at = &first; *at && !event;)
        if ((*at)->device == device && (*at)->type == type)
            event = unlink_event(at);
        else
            at = &(*at)->next;
    pthread_mutex_unlock(&lock);
    return event;
}

long srl_queue_count(long device, unsigned long type)
{
    long n = 0;
    pthread_mutex_lock(&lock);
    for (const srl_event *event = first; event; event = event->next)
        n += event->device == device && event->type == type;
    pthread_mutex_unlock(&lock);
    return n;
}

void srl_queue_drop(long device)
{
    pthread_mutex_lock(&lock);
    for (srl_event **at = &first; *at;)
        if ((*at)->device == device)
            free(unlink_event(at));
        else
            at = &(*at)->next;
    pthread_mutex_unlock(&lock);
}
