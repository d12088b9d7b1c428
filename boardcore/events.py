"""What `call.events()` yields: frozen, typed, stamped with the time on the line.

`at_s` is in seconds of the loop's clock, `tick` the same in 10 ms ticks of the board's audio. Beside those here:
`DigitDetected`, `DigitEnded`, `DigitsLost`, `SoundChanged` and `ToneHeard` of `boardcore.ports`.
"""

from __future__ import annotations

from dataclasses import dataclass

from boardcore.errors import Cause
from boardcore.ports.events import DigitDetected, DigitEnded, DigitsLost, PortEvent, SoundChanged, ToneHeard

__all__ = [
    "CallAlerting",
    "CallAnswered",
    "CallEvent",
    "CallFinished",
    "CallOffered",
    "DigitDetected",
    "DigitEnded",
    "DigitsLost",
    "Joined",
    "OperationEnded",
    "OperationStarted",
    "Parted",
    "Rang",
    "SecretChanged",
    "SoundChanged",
    "ToneHeard",
]

CallEvent = PortEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(PortEvent):
    """The call began: it came in, or is being placed."""

    incoming: bool
    caller: str | None
    called: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(PortEvent):
    """The channel's line rang once more."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAlerting(PortEvent):
    """The called end is ringing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(PortEvent):
    """Audio is through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished(PortEvent):
    """The call is over. `by_us`: this program hung up. `tone`: the exchange's tone by which its end was told, if it
    was; the `ToneHeard` before it says since when and how sure."""

    cause: Cause
    by_us: bool
    tone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStarted(PortEvent):
    """play, record, get_digits, send_digits or tone began; `detail` is what."""

    operation: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEnded(PortEvent):
    """It ended; `detail` is the result in words, without digits."""

    operation: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretChanged(PortEvent):
    """Digits are kept secret from now on, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(PortEvent):
    """The call hears another, or a room."""

    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted(PortEvent):
    """It no longer does."""

    other: str
