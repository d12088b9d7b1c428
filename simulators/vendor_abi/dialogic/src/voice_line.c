/* voice_line.c - hook, rings, call status events, parameters, the caller's number. */
#include <string.h>

#include "dx.h"

static long long deadline_s(int timeout_s)
{
    return timeout_s < 0 ? DX_NEVER : dx_now_ns() + timeout_s * 1000000000LL;
}

/* Locked on entry, unlocked on return. */
static int hook_now(dx_device *device, int hook)
{
    uint8_t body[1] = {hook == DX_OFFHOOK};
    device->hooking = 1;
    device->calls++; /* it stays while the lock is open */
    pthread_mutex_unlock(&dx_lock);
    int error = dx_request(device, WIRE_HOOK, body, sizeof body, DX_NEVER, NULL);
    pthread_mutex_lock(&dx_lock);
    device->hooking = 0;
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    if (error == EDX_NOERROR) {
        device->off_hook = hook == DX_OFFHOOK;
        device->rings = 0;
    }
    return dx_leave(device, error);
}

BC_EXPORT int dx_sethook(int ChDev, int HookState, unsigned short mode)
{
    dx_device *device = dx_enter(ChDev, DX_LINE);
    if (!device)
        return -1;
    if (HookState != DX_ONHOOK && HookState != DX_OFFHOOK)
        return dx_leave(device, EDX_BADPARM);
    if (device->hooking)
        return dx_leave(device, EDX_BUSY);
    if (!(mode & EV_ASYNC))
        return hook_now(device, HookState);
    device->hooking = 1;
    device->calls++;
    pthread_mutex_unlock(&dx_lock);
    int error = dx_request_hook(device, HookState);
    pthread_mutex_lock(&dx_lock);
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    if (error != EDX_NOERROR)
        device->hooking = 0;
    return dx_leave(device, error);
}

static int wait_rings(dx_device *device, int wanted, long long deadline)
{
    while (device->rings < wanted) {
        if (device->ring_stop)
            return EDX_WTRINGSTOP;
        if (device->lost || device->closing)
            return EDX_SYSTEM;
        if (dx_wait(&device->changed, deadline) != 0 && device->rings < wanted)
            return EDX_TIMEOUT;
    }
    return EDX_NOERROR;
}

BC_EXPORT int dx_wtring(int ChDev, int numRings, int HookState, int timeout)
{
    dx_device *device = dx_enter(ChDev, DX_LINE);
    if (!device)
        return -1;
    if (numRings < 1 || timeout < -1 || (HookState != DX_ONHOOK && HookState != DX_OFFHOOK))
        return dx_leave(device, EDX_BADPARM);
    if (device->waits_rings || device->job)
        return dx_leave(device, EDX_BUSY);
    device->calls++;
    device->waits_rings = 1;
    device->ring_stop = 0;
    int error = wait_rings(device, numRings, deadline_s(timeout));
    device->waits_rings = 0;
    int result = error == EDX_NOERROR && HookState != device->off_hook ? hook_now(device, HookState)
                                                                       : dx_leave(device, error);
    pthread_mutex_lock(&dx_lock);
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&dx_lock);
    return result;
}

BC_EXPORT int dx_setevtmsk(int ChDev, unsigned int mask)
{
    const unsigned known = DM_RINGS | DM_SILON | DM_SILOF | DM_LCON | DM_LCOF | DM_LCREV | DM_RNGOFF | DM_DIGITS;
    dx_device *device = dx_enter(ChDev, DX_CHANNEL);
    if (!device)
        return -1;
    if (mask & ~known) {
        bcsrl_missing("an event of dx_setevtmsk other than rings, silence, loop current, polarity and digits");
        return dx_leave(device, EDX_BADPARM);
    }
    device->mask = mask;
    return dx_leave(device, EDX_NOERROR);
}

BC_EXPORT int dx_getevt(int chdev, DX_EBLK *eblkp, int timeout)
{
    dx_device *device = dx_enter(chdev, DX_CHANNEL);
    DX_CST cst = {0};
    int error = EDX_NOERROR;
    if (!device)
        return -1;
    if (!eblkp || timeout < -1)
        return dx_leave(device, EDX_BADPARM);
    long long deadline = deadline_s(timeout);
    device->calls++;
    while (error == EDX_NOERROR && bcsrl_take(device->handle, TDX_CST, &cst, sizeof cst) < 0)
        if (device->lost || device->closing)
            error = EDX_SYSTEM;
        else if (dx_wait(&device->changed, deadline) != 0)
            error = bcsrl_take(device->handle, TDX_CST, &cst, sizeof cst) < 0 ? EDX_TIMEOUT : -1;
    device->calls--;
    pthread_cond_broadcast(&device->changed);
    if (error > 0)
        return dx_leave(device, error);
    *eblkp = (DX_EBLK){.ev_event = cst.cst_event, .ev_data = cst.cst_data};
    return dx_leave(device, EDX_NOERROR);
}

BC_EXPORT int dx_setrings(int devd, unsigned int nrings)
{
    dx_device *device = dx_enter(devd, DX_LINE);
    if (!device)
        return -1;
    if (nrings < 1 || nrings > 255)
        return dx_leave(device, EDX_BADPARM);
    device->rings_wanted = (int)nrings;
    return dx_leave(device, EDX_NOERROR);
}

/* The parameters that a voice program needs; all are 16 bit wide. NULL: no such. */
static int *parameter(dx_device *device, unsigned long parm, int *lowest, int *highest)
{
    *lowest = 0;
    *highest = 1;
    switch (parm) {
    case DXCH_RINGCNT:
        *lowest = 1;
        *highest = 255;
        return &device->rings_wanted;
    case DXCH_PLAYDRATE:
    case DXCH_RECRDRATE:
        *lowest = 6000;
        *highest = 8000;
        return parm == DXCH_PLAYDRATE ? &device->play_rate_hz : &device->record_rate_hz;
    case DXCH_DONOTTRIMTONES:
        return &device->keep_tone;
    case DXCH_CALLID:
        return &device->caller_id; /* kept for who asks; a simulated line always tells who calls */
    default:
        bcsrl_missing("a parameter of dx_setparm or dx_getparm");
        return NULL;
    }
}

BC_EXPORT int dx_setparm(int Dev, unsigned long parm, const void *valuep)
{
    dx_device *device = dx_enter(Dev, DX_CHANNEL);
    unsigned short value = 0;
    int lowest, highest;
    if (!device)
        return -1;
    int *at = valuep ? parameter(device, parm, &lowest, &highest) : NULL;
    if (valuep)
        memcpy(&value, valuep, sizeof value);
    if (!at || value < lowest || value > highest)
        return dx_leave(device, EDX_BADPARM);
    *at = value;
    return dx_leave(device, EDX_NOERROR);
}

BC_EXPORT int dx_getparm(int Dev, unsigned long parm, void *valuep)
{
    dx_device *device = dx_enter(Dev, DX_CHANNEL);
    int lowest, highest;
    if (!device)
        return -1;
    const int *at = valuep ? parameter(device, parm, &lowest, &highest) : NULL;
    if (!at)
        return dx_leave(device, EDX_BADPARM);
    unsigned short value = (unsigned short)*at;
    memcpy(valuep, &value, sizeof value);
    return dx_leave(device, EDX_NOERROR);
}

BC_EXPORT int dx_gtcallid(int Chdev, unsigned char *bufp)
{
    dx_device *device = dx_enter(Chdev, DX_LINE);
    if (!device)
        return -1;
    if (!bufp)
        return dx_leave(device, EDX_BADPARM);
    if (!device->caller[0])
        return dx_leave(device, EDX_CLIDINFO);
    memcpy(bufp, device->caller, strlen(device->caller) + 1);
    return dx_leave(device, EDX_NOERROR);
}
