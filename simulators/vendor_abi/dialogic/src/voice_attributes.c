/* voice_attributes.c - ATDX_… and the descriptions of a device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dx.h"
#include "voice_run.h"

static long leave_with(dx_device *device, long value)
{
    dx_leave(device, EDX_NOERROR);
    return value;
}

#define ATTRIBUTE(name, need, value)                        \
    BC_EXPORT long name(int SrlDevice)                      \
    {                                                       \
        dx_device *device = dx_enter(SrlDevice, need);      \
        return device ? leave_with(device, value) : AT_FAILURE; \
    }

static long state_of(const dx_device *device)
{
    if (device->job)
        return device->job->stopped_by_user ? CS_STOPD : device->job->state;
    return device->hooking ? CS_HOOK : device->waits_rings ? CS_RINGS : CS_IDLE;
}

ATTRIBUTE(ATDX_STATE, DX_CHANNEL, state_of(device))
ATTRIBUTE(ATDX_TERMMSK, DX_CHANNEL, device->termination)
ATTRIBUTE(ATDX_TRCOUNT, DX_CHANNEL, device->transferred)
ATTRIBUTE(ATDX_TONEID, DX_CHANNEL, device->tone_id)
ATTRIBUTE(ATDX_HOOKST, DX_LINE, device->off_hook ? DX_OFFHOOK : DX_ONHOOK)
ATTRIBUTE(ATDX_RINGCNT, DX_LINE, device->rings)
ATTRIBUTE(ATDX_CHNUM, DX_CHANNEL, device->channel)
ATTRIBUTE(ATDX_BDTYPE, DX_ANY, device->channel ? DI_D41CH : DI_D41BD)
ATTRIBUTE(ATDX_DEVTYPE, DX_ANY, device->channel ? DT_DXCH : DT_DXBD)
ATTRIBUTE(ATDX_EVTCNT, DX_CHANNEL, bcsrl_pending(SrlDevice, TDX_CST))

static long channels_of(const dx_device *device)
{
    int count;
    const wire_board *boards = dx_boards(&count);
    return device->board >= 1 && device->board <= count ? boards[device->board - 1].channels : 0;
}

BC_EXPORT long ATDX_NUMCHAN(int SrlDevice)
{
    dx_device *device = dx_enter(SrlDevice, DX_ANY);
    if (!device)
        return AT_FAILURE;
    return leave_with(device, device->channel ? 0 : channels_of(device));
}

BC_EXPORT char *ATDX_BDNAMEP(int SrlDevice)
{
    dx_device *device = dx_enter(SrlDevice, DX_ANY);
    if (!device)
        return NULL;
    dx_leave(device, EDX_NOERROR);
    return device->board_name;
}

static char **name_channels(const dx_device *device)
{
    long n = channels_of(device);
    char **names = calloc((size_t)n + 1, sizeof *names);
    for (long i = 0; names && i < n; i++) {
        names[i] = malloc(64);
        if (!names[i])
            break;
        snprintf(names[i], 64, "%sC%ld", device->board_name, i + 1);
    }
    return names;
}

/* Of a board: its channels' names, a NULL behind the last; they go with the board's handle. */
BC_EXPORT char **ATDX_CHNAMES(int SrlDevice)
{
    dx_device *device = dx_enter(SrlDevice, DX_ANY);
    if (!device)
        return NULL;
    if (device->channel) {
        dx_leave(device, EDX_BADDEV);
        return NULL;
    }
    if (!device->channel_names)
        device->channel_names = name_channels(device);
    char **names = device->channel_names;
    dx_leave(device, names ? EDX_NOERROR : EDX_SYSTEM);
    return names;
}

BC_EXPORT long ATDX_BUFDIGS(int SrlDevice)
{
    dx_answer answer;
    if (voice_request(SrlDevice, DX_CHANNEL, WIRE_QUERY, NULL, 0, &answer) != 0)
        return AT_FAILURE;
    return (long)answer.message.digits;
}

/* Unverified: the bits of hook, loop current and ring are set when the thing is *not* there. */
BC_EXPORT long ATDX_LINEST(int SrlDevice)
{
    dx_answer answer;
    if (voice_request(SrlDevice, DX_LINE, WIRE_QUERY, NULL, 0, &answer) != 0)
        return AT_FAILURE;
    uint32_t line = answer.message.line;
    return (line & WIRE_LINE_OFF_HOOK ? 0 : RLS_HOOK) | (line & WIRE_LINE_CURRENT ? 0 : RLS_LCSENSE) |
           (line & WIRE_LINE_RINGING ? 0 : RLS_RING) | (line & WIRE_LINE_SOUND ? 0 : RLS_SILENCE);
}

BC_EXPORT int dx_getctinfo(int chDev, CT_DEVINFO *ct_devinfop)
{
    dx_device *device = dx_enter(chDev, DX_CHANNEL);
    if (!device)
        return -1;
    if (!ct_devinfop)
        return dx_leave(device, EDX_BADPARM);
    *ct_devinfop = (CT_DEVINFO){
        .ct_devfamily = CT_DFD41E,
        .ct_devmode = device->has_line ? CT_DMNETWORK : CT_DMRESOURCE,
        .ct_nettype = device->has_line ? CT_NTANALOG : CT_NTNONE,
        .ct_busmode = CT_BMSCBUS,
        .ct_busencoding = CT_BEULAW,
    };
    return dx_leave(device, EDX_NOERROR);
}

BC_EXPORT int dx_getfeaturelist(int chDev, FEATURE_TABLE *feature_tablep)
{
    dx_device *device = dx_enter(chDev, DX_CHANNEL);
    if (!device)
        return -1;
    if (!feature_tablep)
        return dx_leave(device, EDX_BADPARM);
    *feature_tablep = (FEATURE_TABLE){
        .ft_play = FT_PCM | FT_ALAW | FT_ULAW | FT_LINEAR | FT_DRT8KHZ,
        .ft_record = FT_PCM | FT_ALAW | FT_ULAW | FT_LINEAR | FT_DRT8KHZ,
        .ft_tone = FT_GTDENABLED | FT_GTGENABLED | FT_CADENCE_TONE,
        .ft_front_end = (unsigned short)(FT_ROUTEABLE | (device->has_line ? FT_ANALOG | FT_ANALOG_CID : 0)),
        .ft_misc = device->has_line ? FT_CALLERID : 0,
    };
    return dx_leave(device, EDX_NOERROR);
}
