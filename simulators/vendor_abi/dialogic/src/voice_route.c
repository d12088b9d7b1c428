/* voice_route.c - the bus: who transmits on which timeslot and listens to which. */
#include "dx.h"
#include "voice_run.h"

enum { VOICE, LINE };

static int transmit_slot(int handle, int side, const SC_TSINFO *info)
{
    dx_device *device = dx_enter(handle, side == LINE ? DX_LINE : DX_CHANNEL);
    if (!device)
        return -1;
    if (!info || info->sc_numts < 1 || !info->sc_tsarrayp)
        return dx_leave(device, EDX_BADPARM);
    info->sc_tsarrayp[0] = (long)(side == LINE ? device->line_slot : device->voice_slot);
    return dx_leave(device, EDX_NOERROR);
}

static int route(int handle, int side, uint32_t slot)
{
    uint8_t body[8];
    wire_out out = {.octets = body, .room = sizeof body};
    wire_u8(&out, (unsigned)side);
    wire_u8(&out, 0);
    wire_u16(&out, 0);
    wire_u32(&out, slot);
    return voice_request(handle, side == LINE ? DX_LINE : DX_CHANNEL, WIRE_ROUTE, body, out.n, NULL);
}

static int listen_to(int handle, int side, const SC_TSINFO *info)
{
    if (!info || info->sc_numts != 1 || !info->sc_tsarrayp || info->sc_tsarrayp[0] < 0 ||
        info->sc_tsarrayp[0] >= (long)WIRE_NOTHING)
        return voice_refuse(handle, EDX_BADPARM);
    return route(handle, side, (uint32_t)info->sc_tsarrayp[0]);
}

BC_EXPORT int dx_getxmitslot(int chDev, SC_TSINFO *sc_tsinfop)
{
    return transmit_slot(chDev, VOICE, sc_tsinfop);
}

BC_EXPORT int ag_getxmitslot(int chDev, SC_TSINFO *sc_tsinfop)
{
    return transmit_slot(chDev, LINE, sc_tsinfop);
}

BC_EXPORT int dx_listen(int chDev, SC_TSINFO *sc_tsinfop)
{
    return listen_to(chDev, VOICE, sc_tsinfop);
}

BC_EXPORT int ag_listen(int chDev, SC_TSINFO *sc_tsinfop)
{
    return listen_to(chDev, LINE, sc_tsinfop);
}

BC_EXPORT int dx_unlisten(int chDev)
{
    return route(chDev, VOICE, WIRE_NOTHING);
}

BC_EXPORT int ag_unlisten(int chDev)
{
    return route(chDev, LINE, WIRE_NOTHING);
}
