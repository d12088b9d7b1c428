"""The simulator's protocol on the wire: numbers, headers, messages out of a stream of bytes. Pure.

docs/simulator-protocol.md is the contract. Nothing here trusts a length: a message is only made of bytes that came, and
what breaks the protocol raises `ProtocolError`, which says what came and what was wanted.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag

__all__ = [
    "ANSWERS",
    "MAX_BODY",
    "NOTHING",
    "REQUESTS",
    "VERSION",
    "Event",
    "Kind",
    "LineBit",
    "Message",
    "ProtocolError",
    "Reason",
    "Role",
    "Splitter",
    "Status",
    "pack",
]

VERSION = 1
MAGIC = 0x50534342
MAX_BODY = 65536
NOTHING = 0xFFFFFFFF  # a timeslot that is none
_HEADER = struct.Struct("<IHHII")


class ProtocolError(Exception):
    """The other side does not speak the protocol: what came, and what was wanted."""


class Role(IntEnum):
    BOARD = 1
    CONTROL = 2


class Kind(IntEnum):
    """Kinds of messages."""

    HELLO = 1
    OPEN = 2
    CLOSE = 3
    HOOK = 4
    ROUTE = 5
    CLEAR_DIGITS = 6
    QUERY = 7
    TONE_WATCH = 8
    PLAY = 9
    RECORD = 10
    COLLECT = 11
    DIAL = 12
    TONE = 13
    STOP = 14
    DATA = 15
    CREDIT = 16
    FINISH = 17
    CONTROL = 30
    REPLY = 101
    WELCOME = 102
    OPENED = 103
    STATE = 104
    EVENT = 105
    JOB_ENDED = 106
    SENT = 107  # DATA in the document: samples of a RECORD
    GRANTED = 108  # CREDIT in the document: of a PLAY
    RESULT = 130


class Status(IntEnum):
    OK = 0
    PROTOCOL = 1
    VERSION = 2
    NO_DEVICE = 3
    IN_USE = 4
    BUSY = 5
    BAD_VALUE = 6
    UNSUPPORTED = 7
    NO_LINE = 8
    GONE = 9
    REFUSED = 10
    FAILED = 11


class Event(IntEnum):
    RING = 1
    RING_END = 2
    RINGS_OFF = 3
    LOOP = 4
    POLARITY = 5
    SOUND = 6
    DIGIT = 7
    TONE = 8
    FAULT = 9


class Reason(IntFlag):
    """Why a job ended."""

    DATA = 1
    MAX_TIME = 2
    MAX_DIGITS = 4
    DIGIT = 8
    SILENCE = 16
    NONSILENCE = 32
    FIRST_TIMEOUT = 64
    INTER_DIGIT_TIMEOUT = 128
    STOPPED = 256
    LOOP_OFF = 512
    TONE = 1024
    ERROR = 2048


class LineBit(IntFlag):
    """Of a STATE."""

    OFF_HOOK = 1
    RINGING = 2
    LOOP = 4
    REVERSED = 8
    SOUND = 16
    FAULT = 32


RULES_BYTES = 40
# The least number of bytes in a body of each kind.
REQUESTS: Mapping[int, int] = {
    Kind.HELLO: 8,
    Kind.OPEN: 0,
    Kind.CLOSE: 0,
    Kind.HOOK: 1,
    Kind.ROUTE: 8,
    Kind.CLEAR_DIGITS: 0,
    Kind.QUERY: 0,
    Kind.TONE_WATCH: 12,
    Kind.PLAY: RULES_BYTES + 4,
    Kind.RECORD: RULES_BYTES + 8,
    Kind.COLLECT: RULES_BYTES,
    Kind.DIAL: 4,
    Kind.TONE: RULES_BYTES + 4 + 16,
    Kind.STOP: 0,
    Kind.DATA: 0,
    Kind.CREDIT: 4,
    Kind.FINISH: 0,
    Kind.CONTROL: 0,
}
ANSWERS: Mapping[int, int] = {
    Kind.REPLY: 4,
    Kind.WELCOME: 4,
    Kind.OPENED: 16,
    Kind.STATE: 8,
    Kind.EVENT: 8,
    Kind.JOB_ENDED: 20,
    Kind.SENT: 0,
    Kind.GRANTED: 4,
    Kind.RESULT: 4,
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message, its body still packed."""

    kind: Kind
    device: int = 0
    ref: int = 0
    tick: int = 0
    body: bytes = b""


def pack(message: Message) -> bytes:
    """Header and body; `tick` is taken modulo 2^32.

    Raises:
        ValueError: the body is longer than a message may be.
    """
    size = len(message.body)
    if size > MAX_BODY:
        raise ValueError(f"a body of {size} bytes; at most {MAX_BODY} fit into a message")
    tick = message.tick & 0xFFFFFFFF
    return _HEADER.pack(size, message.kind, message.device, message.ref, tick) + message.body


class Splitter:
    """Cuts a stream of bytes into messages.

    Args:
        kinds: those that this side takes, each with the least length of its body.
    """

    def __init__(self, kinds: Mapping[int, int]) -> None:
        self._kinds = kinds
        self._bytes = bytearray()
        self._at = 0

    def feed(self, data: bytes | memoryview) -> None:
        """More bytes came, in any pieces."""
        del self._bytes[: self._at]
        self._at = 0
        self._bytes += data

    def next(self) -> Message | None:
        """Give the next message; None if it is not whole yet.

        Raises:
            ProtocolError: what comes is no message. Nothing can be read behind it.
        """
        if len(self._bytes) - self._at < _HEADER.size:
            return None
        size, kind, device, ref, tick = _HEADER.unpack_from(self._bytes, self._at)
        self._check(size, kind)
        start = self._at + _HEADER.size
        if len(self._bytes) - start < size:
            return None
        self._at = start + size
        return Message(Kind(kind), device, ref, tick, bytes(self._bytes[start : self._at]))

    def _check(self, size: int, kind: int) -> None:
        """Before the body is there: a wrong header is not waited for."""
        if size > MAX_BODY:
            raise ProtocolError(f"a message of {size} bytes came, at most {MAX_BODY} are taken")
        least = self._kinds.get(kind)
        if least is None:
            wanted = ", ".join(str(int(known)) for known in self._kinds)
            raise ProtocolError(f"a message of kind {kind} came, wanted one of {wanted}")
        if size < least:
            raise ProtocolError(f"a {Kind(kind).name} of {size} bytes came, at least {least} were wanted")
