"""Numbers of the vendor's API that this driver uses, under the vendor's own names."""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = ["CST", "DataFormat", "Error", "Event", "EventMask", "IoType", "Rule", "RuleFlag", "TableEnd", "TermMask"]

SRL_DEVICE = 0
SR_MODELTYPE = 5
SR_STASYNC = 0  # events are fetched, no thread of the library's own runs handlers
ESR_TMOUT = 3
EV_ASYNC = 0x8000
DX_ONHOOK = 0
DX_OFFHOOK = 1
DXCH_RINGCNT = 671088641
DXCH_CALLID = 536874500
DRT_8KHZ = 64
FILE_FORMAT_VOX = 1
DM_TONEON = 1
DM_TONEOFF = 2
TN_LEADING = 2
MARKER = 0xB0C0  # an event of our own, put into the queue behind what has happened


class Event(IntEnum):
    """TDX_ events."""

    PLAY = 0x81
    RECORD = 0x82
    GETDIG = 0x83
    DIAL = 0x84
    CST = 0x86
    SETHOOK = 0x87
    ERROR = 0x89
    PLAYTONE = 0x8A


class CST(IntEnum):
    """DE_ numbers: what a TDX_CST tells."""

    RINGS = 1
    SILON = 2
    SILOF = 3
    LCON = 4
    LCOF = 5
    RNGOFF = 7
    DIGITS = 8
    LCREV = 13
    TONEON = 17
    TONEOFF = 18


class EventMask(IntFlag):
    """DM_ bits of dx_setevtmsk."""

    RINGS = 1
    SILON = 2
    SILOF = 4
    LCON = 8
    LCOF = 16
    RNGOFF = 64
    DIGITS = 128
    LCREV = 4096


class TermMask(IntFlag):
    """TM_ bits of ATDX_TERMMSK."""

    MAXDTMF = 0x1
    MAXSIL = 0x2
    MAXNOSIL = 0x4
    LCOFF = 0x8
    IDDTIME = 0x10
    MAXTIME = 0x20
    DIGIT = 0x40
    USRSTOP = 0x100
    EOD = 0x200
    TONE = 0x2000
    ERROR = 0x80000


class Rule(IntEnum):
    """DX_ numbers of DV_TPT.tp_termno."""

    MAXDTMF = 1
    MAXSIL = 2
    MAXNOSIL = 3
    LCOFF = 4
    MAXTIME = 6
    DIGMASK = 7


class RuleFlag(IntFlag):
    """TF_ bits of DV_TPT.tp_flags; without LEVEL a rule looks at what comes, not at what is there."""

    LEVEL = 1
    CLRBEG = 4  # empty the library's digit buffer first
    USE = 8
    TEN_MS = 32


class TableEnd(IntEnum):
    """IO_ numbers that say whether a table goes on."""

    CONT = 1
    EOT = 4


class IoType(IntEnum):
    """IO_ numbers of DX_IOTT.io_type."""

    DEV = 0
    MEM = 8
    UIO = 16
    USEOFFSET = 128


class DataFormat(IntEnum):
    """DATA_FORMAT_ numbers of DX_XPB."""

    ALAW = 3
    MULAW = 7
    PCM = 8


class Error(IntEnum):
    """EDX_ numbers that mean something to this driver."""

    SYSTEM = 1
    BADPARM = 6
    BADDEV = 7
    BUSY = 9
    IDLE = 10
    NOSUPPORT = 14
    NOTIMP = 15
    NORESOURCE = 19
    CLIDINFO = 128
    CLIDBLK = 129
    CLIDOOA = 130
