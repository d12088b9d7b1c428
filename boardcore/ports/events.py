"""What a driver tells of its channels. Frozen, stamped with the time at which it happened on the line.

`at_s` is seconds of the loop's clock; `tick` is the same in 10 ms ticks of the board's own audio clock.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BoardGone",
    "DigitDetected",
    "DigitEnded",
    "DigitsLost",
    "LineFault",
    "LineRestored",
    "LoopDropped",
    "LoopRestored",
    "PolarityChanged",
    "PortEvent",
    "ProgressTone",
    "RingStarted",
    "RingStopped",
    "SoundChanged",
    "ToneHeard",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortEvent:
    """Base of all of them."""

    at_s: float
    tick: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RingStarted(PortEvent):
    """A burst of ringing began. Caller and called number as far as the line tells them."""

    caller: str | None = None
    called: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RingStopped(PortEvent):
    """The burst is over; another may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopDropped(PortEvent):
    """The exchange took the loop current away: the far end is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRestored(PortEvent):
    """Loop current is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolarityChanged(PortEvent):
    """Polarity reversed or returned: on an outgoing call, answer and clear."""

    reversed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFault(PortEvent):
    """The wire is cut or the module is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRestored(PortEvent):
    """The wire is whole again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressTone(PortEvent):
    """The country's call-progress frequency came on or went off; `lasted_s`: how long the state before it was.

    For boards without `Capability.TONES`: boardcore makes `ToneHeard` of it. `freqs_hz`: of which tone, as the country
    has them; empty for a board that listens to the frequency of busy tone alone.
    """

    on: bool
    lasted_s: float
    freqs_hz: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneHeard(PortEvent):
    """A call-progress tone of the country was recognised, or is over. Never dropped.

    `name` is one of `boardcore.tones.TONE_NAMES`; `since_s`: when the tone began, in seconds of the loop's clock (its
    recognition takes a burst or two); `sure`: 0 to 1, by how much of the cadence has been heard.
    """

    name: str
    on: bool
    since_s: float
    sure: float = 1.0
    level_dbm0: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitDetected(PortEvent):
    """A DTMF digit; None in secret. Told as soon as it is sure, while the key is still down."""

    digit: str | None
    level_dbm0: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitEnded(PortEvent):
    """A digit that was told by `DigitDetected` is over: the key is up. None in secret. Needs `Capability.DIGIT_ENDS`.

    `twist_db`: its high group above its low group. Boards that do not measure it, or the level, give None.
    """

    digit: str | None
    duration_s: float
    level_dbm0: float | None = None
    twist_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsLost(PortEvent):
    """`count` digits came while nobody took them and could not be kept."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundChanged(PortEvent):
    """Sound began or ended on the line. A level report: it may be dropped under load, and is counted then.

    `level_dbm0` is None where the board tells sound from silence but not how loud it is.
    """

    sound: bool
    level_dbm0: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardGone(PortEvent):
    """The board is lost: nothing more will come from it."""

    reason: str
