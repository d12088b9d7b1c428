/* dx_state.c - the device table, errors, line events. */
#include "dx.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

pthread_mutex_t dx_lock = PTHREAD_MUTEX_INITIALIZER;
static dx_device devices[DX_HANDLES];
static uint16_t handles[65536]; /* by the server's number, which is 16 bit wide; 0: none */

void dx_init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

long long dx_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

int dx_wait(pthread_cond_t *condition, long long deadline_ns)
{
    struct timespec until = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
    if (deadline_ns >= 0)
        return pthread_cond_timedwait(condition, &dx_lock, &until) == 0 ? 0 : -1;
    pthread_cond_wait(condition, &dx_lock);
    return 0;
}

dx_device *dx_at(int handle)
{
    return &devices[handle % DX_HANDLES];
}

dx_device *dx_find(int handle)
{
    dx_device *device = handle > 0 && handle < DX_HANDLES ? &devices[handle] : NULL;
    return device && device->handle == handle ? device : NULL;
}

void dx_name_server(dx_device *device, unsigned server)
{
    device->server = server;
    handles[server & 0xFFFF] = (uint16_t)device->handle;
}

dx_device *dx_find_server(unsigned server)
{
    dx_device *device = server ? dx_find(handles[server & 0xFFFF]) : NULL;
    return device && !device->lost && device->server == server ? device : NULL; /* an entry may be of long ago */
}

static int usable(const dx_device *device, int need)
{
    if (device->lost || device->closing)
        return EDX_SYSTEM;
    if (need != DX_ANY && device->channel == 0)
        return EDX_BADDEV;
    return need == DX_LINE && !device->has_line ? EDX_BADPROD : EDX_NOERROR;
}

dx_device *dx_enter(int handle, int need)
{
    if (bcsrl_forked())
        return NULL;
    pthread_mutex_lock(&dx_lock);
    dx_device *device = dx_find(handle);
    int error = device ? usable(device, need) : EDX_BADDEV;
    if (error == EDX_NOERROR)
        return device;
    pthread_mutex_unlock(&dx_lock);
    bcsrl_fail(device ? handle : SRL_DEVICE, device ? error : ESR_BADDEV);
    return NULL;
}

int dx_leave(dx_device *device, int error)
{
    int handle = device->handle;
    pthread_mutex_unlock(&dx_lock);
    if (error == EDX_NOERROR)
        return 0;
    bcsrl_fail(handle, error);
    return -1;
}

long dx_error_of_status(unsigned status)
{
    static const long errors[] = {
        [WIRE_OK] = EDX_NOERROR,      [WIRE_PROTOCOL] = EDX_SYSTEM,  [WIRE_VERSION_WRONG] = EDX_SYSTEM,
        [WIRE_NO_DEVICE] = EDX_BADDEV, [WIRE_IN_USE] = EDX_INUSE,    [WIRE_BUSY] = EDX_BUSY,
        [WIRE_BAD_VALUE] = EDX_BADPARM, [WIRE_UNSUPPORTED] = EDX_NOTIMP, [WIRE_NO_LINE] = EDX_BADPROD,
        [WIRE_GONE] = EDX_SYSTEM,     [WIRE_REFUSED] = EDX_FWERROR,  [WIRE_FAILED] = EDX_FWERROR,
    };
    return status < sizeof errors / sizeof *errors ? errors[status] : EDX_SYSTEM;
}

static const char *message_of(long error)
{
    static const struct {
        long error;
        const char *text;
    } texts[] = {
        {EDX_NOERROR, "No error"},
        {EDX_SYSTEM, "System error: the boards are gone, or see errno"},
        {EDX_FWERROR, "The board reports a failure"},
        {EDX_TIMEOUT, "Not within the time"},
        {EDX_BADIOTT, "Bad transfer table (DX_IOTT)"},
        {EDX_BADTPT, "Bad termination table (DV_TPT)"},
        {EDX_BADPARM, "Bad parameter"},
        {EDX_BADDEV, "Not a device that can do this"},
        {EDX_BADPROD, "The board lacks this function"},
        {EDX_BUSY, "The channel is busy"},
        {EDX_IDLE, "The channel is idle"},
        {EDX_WTRINGSTOP, "Waiting for rings was stopped"},
        {EDX_BADWAVEFILE, "Bad WAVE file"},
        {EDX_XPBPARM, "Bad transfer parameters (DX_XPB)"},
        {EDX_NOSUPPORT, "Data format not supported"},
        {EDX_NOTIMP, "Not there"},
        {EDX_INUSE, "Open in another program"},
        {EDX_TONEID, "Bad tone id"},
        {EDX_MAXTMPLT, "Too many tone templates"},
        {EDX_FREQDET, "Bad frequency to detect"},
        {EDX_FLAGGEN, "Bad flag of a tone"},
        {EDX_FREQGEN, "Bad frequency of a tone"},
        {EDX_AMPLGEN, "Bad amplitude of a tone"},
        {EDX_CLIDINFO, "No caller's number"},
        {EDX_UNSUPPORTED, "Not supported"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].error == error)
            return texts[i].text;
    return "Error of the board";
}

static long subdevices(long handle)
{
    return ATDX_NUMCHAN((int)handle);
}

const bcsrl_class *dx_class(void)
{
    static const bcsrl_class of = {message_of, subdevices};
    return &of;
}

void dx_cst(dx_device *device, unsigned mask, unsigned event, unsigned data)
{
    DX_CST cst = {.cst_event = (unsigned short)event, .cst_data = (unsigned short)data};
    if (!mask || device->mask & mask)
        bcsrl_post(device->handle, TDX_CST, &cst, sizeof cst, 0);
    pthread_cond_broadcast(&device->changed);
}

static void ring(dx_device *device, const wire_message *message)
{
    device->rings = message->a;
    if (message->data_n) {
        size_t n = message->data_n < sizeof device->caller - 1 ? message->data_n : sizeof device->caller - 1;
        memcpy(device->caller, message->data, n);
        device->caller[n] = 0;
    } else if (message->a <= 1) {
        device->caller[0] = 0;
    }
    if (device->rings_wanted > 0 && device->rings % device->rings_wanted == 0) /* it counts anew from there */
        dx_cst(device, DM_RINGS, DE_RINGS, (unsigned)device->rings);
    pthread_cond_broadcast(&device->changed);
}

static void rings_off(dx_device *device)
{
    device->rings = 0;
    dx_cst(device, DM_RNGOFF, DE_RNGOFF, 0);
}

static void tone(dx_device *device, int on, unsigned id)
{
    for (int i = 0; i < device->tone_count; i++)
        if (device->tones[i].id == id && device->tones[i].mask & (on ? DM_TONEON : DM_TONEOFF))
            dx_cst(device, 0, on ? DE_TONEON : DE_TONEOFF, id);
}

void dx_line_event(dx_device *device, const wire_message *message)
{
    switch (message->event) {
    case WIRE_RING:
        ring(device, message);
        break;
    case WIRE_RINGS_OFF:
        rings_off(device);
        break;
    case WIRE_LOOP:
        dx_cst(device, message->a ? DM_LCON : DM_LCOF, message->a ? DE_LCON : DE_LCOF, 0);
        break;
    case WIRE_POLARITY:
        dx_cst(device, DM_LCREV, DE_LCREV, message->a);
        break;
    case WIRE_SOUND:
        dx_cst(device, message->a ? DM_SILOF : DM_SILON, message->a ? DE_SILOF : DE_SILON, 0);
        break;
    case WIRE_DIGIT: /* the digit in the low octet, its type in the high one */
        dx_cst(device, DM_DIGITS, DE_DIGITS, (unsigned)(message->a & 0xFF) | DG_DTMF << 8);
        break;
    case WIRE_TONE_HEARD:
        tone(device, message->a, message->b);
        break;
    default: /* RING_END and FAULT have no event of the vendor's */
        break;
    }
}
