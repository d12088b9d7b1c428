#include "srl_devices.h"

#include <pthread.h>
#include <string.h>

#include "srl_handlers.h"
#include "srl_queue.h"

typedef struct {
    long handle; /* 0: free */
    long error;
    const bcsrl_class *of;
    char name[SRL_NAME_BYTES]; /* stays when the device is closed: programs keep the pointer */
} device;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static device devices[SRL_BUCKETS];
static long runtime_error; /* of SRL_DEVICE */

static const char *const runtime_messages[] = {
    [ESR_NOERR] = "No error",
    [ESR_SCAN] = "Scanning for events failed",
    [ESR_PARMID] = "Unknown parameter",
    [ESR_TMOUT] = "No event within the time",
    [ESR_SYS] = "System error",
    [ESR_DATASZ] = "Event data too long",
    [ESR_QSIZE] = "Event queue size not possible",
    [ESR_NOHDLR] = "No such handler",
    [ESR_MODE] = "Not possible in this mode",
    [ESR_NOTIMP] = "Not there",
    [ESR_NULL_DATAP] = "Pointer is NULL",
    [ESR_BADDEV] = "Device is not open",
    [ESR_NOMEM] = "Out of memory",
    [ESR_BADPARM] = "Bad value",
    [ESR_NOCOM] = "No answer from the boards",
    [ESR_INSUFBUF] = "Buffer too small",
};

static device *find(long handle)
{
    device *at = handle > 0 ? &devices[handle % SRL_BUCKETS] : NULL;
    return at && at->handle == handle ? at : NULL;
}

int bcsrl_attach(long handle, const char *name, const bcsrl_class *of)
{
    pthread_mutex_lock(&lock);
    device *at = &devices[handle % SRL_BUCKETS];
    int taken = handle <= 0 || at->handle != 0;
    if (!taken) {
        *at = (device){.handle = handle, .of = of};
        strncpy(at->name, name, sizeof at->name - 1);
    }
    pthread_mutex_unlock(&lock);
    return taken ? -1 : 0;
}

void bcsrl_detach(long handle)
{
    pthread_mutex_lock(&lock);
    device *at = find(handle);
    if (at)
        at->handle = 0;
    pthread_mutex_unlock(&lock);
    srl_handlers_drop(handle);
    srl_queue_drop(handle);
}

void bcsrl_fail(long handle, long error)
{
    pthread_mutex_lock(&lock);
    device *at = find(handle);
    if (at)
        at->error = error;
    else if (handle == SRL_DEVICE)
        runtime_error = error;
    pthread_mutex_unlock(&lock);
}

int srl_device_known(long handle)
{
    pthread_mutex_lock(&lock);
    int known = find(handle) != NULL;
    pthread_mutex_unlock(&lock);
    return known;
}

static long error_of(long handle, const bcsrl_class **of)
{
    pthread_mutex_lock(&lock);
    const device *at = find(handle);
    long error = at ? at->error : handle == SRL_DEVICE ? runtime_error : EDV_BADDESC;
    *of = at ? at->of : NULL;
    pthread_mutex_unlock(&lock);
    return error;
}

long srl_device_error(long handle)
{
    const bcsrl_class *of;
    return error_of(handle, &of);
}

const char *srl_device_message(long handle)
{
    const bcsrl_class *of;
    long error = error_of(handle, &of);
    if (of)
        return of->message(error);
    if (error == EDV_BADDESC)
        return runtime_messages[ESR_BADDEV];
    return error >= 0 && error < (long)(sizeof runtime_messages / sizeof *runtime_messages) ? runtime_messages[error] : "Unknown error";
}

char *srl_device_name(long handle)
{
    pthread_mutex_lock(&lock);
    device *at = find(handle);
    pthread_mutex_unlock(&lock);
    return at ? at->name : NULL;
}

long srl_device_subdevices(long handle)
{
    pthread_mutex_lock(&lock);
    const device *at = find(handle);
    const bcsrl_class *of = at ? at->of : NULL;
    pthread_mutex_unlock(&lock);
    return of ? of->subdevices(handle) : AT_FAILURE;
}
