/* srl_queue.h - the event queue: events of all devices in order of arrival, any number of threads waiting. */
#ifndef SRL_QUEUE_H
#define SRL_QUEUE_H
#include "bcsrl.h"

typedef struct srl_event {
    struct srl_event *next;
    long device;
    unsigned long type;
    long error, len;
    unsigned char data[];
} srl_event;

#define SRL_MAX_EVENT_DATA (1L << 20)

int srl_queue_put(long device, unsigned long type, const void *data, long len, long error); /* 0, ESR_NOMEM */
/* The oldest event of one of `count` devices (NULL: of any), waiting until deadline_ns of CLOCK_MONOTONIC (negative: for
   ever). NULL: none came. The caller frees it. */
srl_event *srl_queue_get(const long *devices, int count, long long deadline_ns);
srl_event *srl_queue_find(long device, unsigned long type); /* without waiting; the caller frees it */
long srl_queue_count(long device, unsigned long type);
void srl_queue_drop(long device);
long long srl_now_ns(void);
#endif
