"""Bodies of the simulator's messages: packed from values, values parsed from bytes of anybody. Pure.

`Splitter` has seen to it that a body has as many bytes as its kind asks; what depends on the content is checked here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from boardcore.ports import Encoding
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import MAGIC, MAX_BODY, NOTHING, RULES_BYTES, ProtocolError, Role

__all__ = [
    "Board",
    "Dial",
    "Hello",
    "JobEnded",
    "Opened",
    "Play",
    "Record",
    "Segment",
    "Tone",
    "ToneWatch",
]

FOREVER = 0xFFFFFFFF
_BEEP, _KEEP_TONE = 1, 2
_HELLO = struct.Struct("<IHH")
_WATCH = struct.Struct("<HBxHHHH")
_SEGMENT = struct.Struct("<HHhhII")
_OPENED = struct.Struct("<HHB3xII")
_ENDED = struct.Struct("<IIQI")
MAX_TEXT = 1024  # of a reply; longer ones are cut


def text_of(body: bytes, what: str) -> str:
    """A string, the rest of a body."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{what}: {body[error.start]:#x} came at byte {error.start}, wanted UTF-8") from None


def _short(text: str) -> bytes:
    return text.encode()[:MAX_TEXT].decode(errors="ignore").encode()


# ---- requests -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Hello:
    """Who connects."""

    role: Role
    name: str
    version: int = 1

    @classmethod
    def parse(cls, body: bytes) -> Hello:
        magic, version, role = _HELLO.unpack_from(body)
        if magic != MAGIC:
            raise ProtocolError(f"a HELLO with magic {magic:#010x} came, wanted {MAGIC:#010x}")
        if role not in (Role.BOARD, Role.CONTROL):
            raise ProtocolError(f"a HELLO with role {role} came, wanted 1 (board) or 2 (control)")
        return cls(Role(role), text_of(body[_HELLO.size :], "name in HELLO"), version)

    def pack(self) -> bytes:
        return _HELLO.pack(MAGIC, self.version, self.role) + self.name.encode()


@dataclass(frozen=True, slots=True)
class ToneWatch:
    """A template: one or two frequencies, each with the deviation that is taken."""

    template: int
    on: bool
    f1_hz: int
    dev1_hz: int
    f2_hz: int = 0
    dev2_hz: int = 0

    @classmethod
    def parse(cls, body: bytes) -> ToneWatch:
        template, on, *hz = _WATCH.unpack_from(body)
        return cls(template, bool(on), *hz)

    def takes(self, freqs_hz: tuple[float, ...]) -> bool:
        """Is a sound of these frequencies within the template?"""
        ranges = [(self.f1_hz, self.dev1_hz), *([(self.f2_hz, self.dev2_hz)] if self.f2_hz else [])]
        return len(freqs_hz) == len(ranges) and all(
            abs(freq - wanted) <= off for freq, (wanted, off) in zip(sorted(freqs_hz), sorted(ranges), strict=True)
        )

    def pack(self) -> bytes:
        return _WATCH.pack(self.template, self.on, self.f1_hz, self.dev1_hz, self.f2_hz, self.dev2_hz)


def encoding_of(number: int) -> Encoding:
    """Raises ValueError for one that is not known."""
    try:
        return Encoding(number)
    except ValueError:
        raise ValueError(f"encoding {number} came, wanted 1 (PCM 16 bit), 6 (A-law) or 7 (mu-law)") from None


@dataclass(frozen=True, slots=True)
class Play:
    rules: Rules
    encoding: int = Encoding.PCM16.value
    beep: bool = False

    @classmethod
    def parse(cls, body: bytes) -> Play:
        return cls(Rules.parse(body), body[RULES_BYTES], bool(body[RULES_BYTES + 1] & _BEEP))

    def pack(self) -> bytes:
        return self.rules.pack() + bytes((self.encoding, _BEEP * self.beep, 0, 0))


@dataclass(frozen=True, slots=True)
class Record:
    rules: Rules
    encoding: int = Encoding.PCM16.value
    beep: bool = False
    keep_tone: bool = False
    credit: int = 0

    @classmethod
    def parse(cls, body: bytes) -> Record:
        flags = body[RULES_BYTES + 1]
        credit = int.from_bytes(body[RULES_BYTES + 4 : RULES_BYTES + 8], "little")
        return cls(Rules.parse(body), body[RULES_BYTES], bool(flags & _BEEP), bool(flags & _KEEP_TONE), credit)

    def pack(self) -> bytes:
        flags = _BEEP * self.beep | _KEEP_TONE * self.keep_tone
        return self.rules.pack() + bytes((self.encoding, flags, 0, 0)) + self.credit.to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class Dial:
    digits: str
    on_ms: int = 0
    off_ms: int = 0

    @classmethod
    def parse(cls, body: bytes) -> Dial:
        on_ms, off_ms = struct.unpack_from("<HH", body)
        return cls(text_of(body[4:], "digits in DIAL"), on_ms, off_ms)

    def pack(self) -> bytes:
        return struct.pack("<HH", self.on_ms, self.off_ms) + self.digits.encode()


@dataclass(frozen=True, slots=True)
class Segment:
    """A tone and the pause behind it; a frequency of 0 is none."""

    f1_hz: int
    f2_hz: int
    level1_dbm0: float
    level2_dbm0: float
    on_ms: int
    off_ms: int


@dataclass(frozen=True, slots=True)
class Tone:
    rules: Rules
    cycles: int
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, body: bytes) -> Tone:
        cycles, count = body[RULES_BYTES : RULES_BYTES + 2]
        wanted = RULES_BYTES + 4 + count * _SEGMENT.size
        if len(body) < wanted:
            raise ProtocolError(f"a TONE of {len(body)} bytes came, {wanted} were wanted for {count} segments")
        rows = (_SEGMENT.unpack_from(body, RULES_BYTES + 4 + i * _SEGMENT.size) for i in range(count))
        segments = tuple(Segment(f1, f2, l1 / 10, l2 / 10, on, off) for f1, f2, l1, l2, on, off in rows)
        return cls(Rules.parse(body), cycles, segments)

    def pack(self) -> bytes:
        rows = (
            _SEGMENT.pack(s.f1_hz, s.f2_hz, round(s.level1_dbm0 * 10), round(s.level2_dbm0 * 10), s.on_ms, s.off_ms)
            for s in self.segments
        )
        return self.rules.pack() + bytes((self.cycles, len(self.segments), 0, 0)) + b"".join(rows)


def hook_of(body: bytes) -> bool:
    return bool(body[0])


def pack_route(of_line: bool, timeslot: int) -> bytes:
    return struct.pack("<B3xI", of_line, timeslot)


def route_of(body: bytes) -> tuple[bool, int]:
    """Whether the line (else the voice resource) receives, and the timeslot."""
    who, timeslot = struct.unpack_from("<B3xI", body)
    return bool(who), timeslot


def credit_of(body: bytes) -> int:
    return int.from_bytes(body[:4], "little")


def pack_credit(count: int) -> bytes:
    return count.to_bytes(4, "little")


# ---- answers --------------------------------------------------------------------------------------------------
def pack_reply(status: int, text: str = "") -> bytes:
    return struct.pack("<HH", status, 0) + _short(text)


def reply_of(body: bytes) -> tuple[int, str]:
    return body[0] | body[1] << 8, text_of(body[4:], "text in REPLY")


@dataclass(frozen=True, slots=True)
class Board:
    """What WELCOME tells of a board."""

    name: str
    channels: int
    has_lines: bool


def pack_welcome(version: int, boards: Iterable[Board]) -> bytes:
    rows = [struct.pack("<HBB", b.channels, b.has_lines, len(b.name.encode())) + b.name.encode() for b in boards]
    return struct.pack("<HH", version, len(rows)) + b"".join(rows)


def welcome_of(body: bytes) -> tuple[int, list[Board]]:
    version, count = struct.unpack_from("<HH", body)
    at, boards = 4, list[Board]()
    for number in range(count):
        if len(body) < at + 4 or len(body) < at + 4 + body[at + 3]:
            raise ProtocolError(f"a WELCOME of {len(body)} bytes came, too short for board {number + 1} of {count}")
        channels, has_lines, length = struct.unpack_from("<HBB", body, at)
        boards.append(Board(text_of(body[at + 4 : at + 4 + length], "board's name"), channels, bool(has_lines & 1)))
        at += 4 + length
    return version, boards


@dataclass(frozen=True, slots=True)
class Opened:
    board: int
    channel: int
    has_line: bool
    voice_timeslot: int = NOTHING
    line_timeslot: int = NOTHING
    number: str = ""

    @classmethod
    def parse(cls, body: bytes) -> Opened:
        board, channel, flags, voice, line = _OPENED.unpack_from(body)
        return cls(board, channel, bool(flags & 1), voice, line, text_of(body[_OPENED.size :], "number in OPENED"))

    def pack(self) -> bytes:
        head = _OPENED.pack(self.board, self.channel, self.has_line, self.voice_timeslot, self.line_timeslot)
        return head + self.number.encode()


def pack_state(digits: int, bits: int) -> bytes:
    return struct.pack("<II", digits, bits)


def state_of(body: bytes) -> tuple[int, int]:
    digits, bits = struct.unpack_from("<II", body)
    return digits, bits


def pack_event(event: int, a: int = 0, b: int = 0, text: str = "") -> bytes:
    return struct.pack("<HHI", event, a, b & 0xFFFFFFFF) + _short(text)


def event_of(body: bytes) -> tuple[int, int, int, str]:
    event, a, b = struct.unpack_from("<HHI", body)
    return event, a, b, text_of(body[8:], "text in EVENT")


@dataclass(frozen=True, slots=True)
class JobEnded:
    """`digits` is what went wrong where `status` is not 0."""

    reasons: int
    ran_ms: int = 0
    transferred: int = 0
    status: int = 0
    digits: str = ""

    @classmethod
    def parse(cls, body: bytes) -> JobEnded:
        reasons, ran_ms, transferred, status = _ENDED.unpack_from(body)
        return cls(reasons, ran_ms, transferred, status, text_of(body[_ENDED.size :], "digits in JOB_ENDED"))

    def pack(self) -> bytes:
        return _ENDED.pack(self.reasons, self.ran_ms, self.transferred, self.status) + _short(self.digits)


# ---- control --------------------------------------------------------------------------------------------------
def _split(body: bytes) -> tuple[bytes, bytes]:
    words, _, audio = body.partition(b"\0")
    return words, audio


def json_of(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The object, and the binary behind it.

    Raises:
        ValueError: it is no JSON object.
    """
    words, audio = _split(body)
    try:
        found: object = json.loads(words)
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError(f"a JSON {type(found).__name__} came, wanted an object")  # noqa: TRY004  # from the wire
    return cast(dict[str, Any], found), audio


def pack_json(value: dict[str, Any], audio: bytes | None = None) -> bytes:
    words = json.dumps(value).encode()
    return words if audio is None else words + b"\0" + audio


def pack_result(status: int, more: bool, value: dict[str, Any], audio: bytes | None = None) -> bytes:
    return struct.pack("<HH", status, more) + pack_json(value, audio)


def result_of(body: bytes) -> tuple[int, bool, dict[str, Any], bytes]:
    """Status, whether more follows, the object, the binary.

    Raises:
        ProtocolError: it is no JSON object.
    """
    status, more = struct.unpack_from("<HH", body)
    words, audio = _split(body[4:])
    try:
        value, _ = json_of(words or b"{}")
    except ValueError as error:
        raise ProtocolError(f"a RESULT with a JSON object was wanted: {error}") from None
    return status, bool(more), value, audio


AUDIO_BYTES = (MAX_BODY - 1024) & ~1  # of one message with JSON
