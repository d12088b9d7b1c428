#include "srl_handlers.h"

#include <pthread.h>
#include <stdlib.h>

#include "bcsrl.h"

typedef struct {
    long device;
    unsigned long type;
    srl_handler function;
} entry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry entries[SRL_MAX_HANDLERS];
static int used;

static int find(long device, unsigned long type, srl_handler function)
{
    for (int i = 0; i < used; i++)
        if (entries[i].device == device && entries[i].type == type && entries[i].function == function)
            return i;
    return -1;
}

static void erase(int at)
{
    for (used--; at < used; at++) /* the order of enabling is the order of calling */
        entries[at] = entries[at + 1];
}

int srl_handler_add(long device, unsigned long type, srl_handler function)
{
    int error = ESR_NOERR;
    pthread_mutex_lock(&lock);
    if (find(device, type, function) < 0) {
        if (used == SRL_MAX_HANDLERS)
            error = ESR_NOMEM;
        else
            entries[used++] = (entry){device, type, function};
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int srl_handler_remove(long device, unsigned long type, srl_handler function)
{
    pthread_mutex_lock(&lock);
    int at = find(device, type, function);
    if (at >= 0)
        erase(at);
    pthread_mutex_unlock(&lock);
    return at >= 0 ? ESR_NOERR : ESR_NOHDLR;
}

int srl_handlers_of(long device, unsigned long type, srl_handler out[SRL_MAX_MATCHES])
{
    int n = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < used && n < SRL_MAX_MATCHES; i++)
        if ((entries[i].device == device || entries[i].device == EV_ANYDEV) &&
            (entries[i].type == type || entries[i].type == EV_ANYEVT))
            out[n++] = entries[i].function;
    pthread_mutex_unlock(&lock);
    return n;
}

void srl_handlers_drop(long device)
{
    pthread_mutex_lock(&lock);
    for (int i = used - 1; i >= 0; i--)
        if (entries[i].device == device)
            erase(i);
    pthread_mutex_unlock(&lock);
}
