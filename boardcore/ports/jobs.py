"""Jobs: what a channel's media can be asked to do. A frozen spec goes in, exactly one typed result comes out.

Times in specs are seconds; the engine rounds them up to ticks of 10 ms. Rules end a job when the first is satisfied;
within one tick digits are looked at first, then tones, then sound, then time. Every result says which rule it was, and
the place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = [
    "ANY_DIGIT",
    "DIGITS",
    "AudioFile",
    "AudioSamples",
    "CollectResult",
    "CollectSpec",
    "Encoding",
    "EndReason",
    "JobResult",
    "JobSpec",
    "PlayResult",
    "PlaySpec",
    "RecordResult",
    "RecordSpec",
    "SendDigitsResult",
    "SendDigitsSpec",
    "Termination",
    "ToneResult",
    "ToneSpec",
    "check_digits",
]

DIGITS = "0123456789*#ABCD"
ANY_DIGIT = DIGITS
ResultT = TypeVar("ResultT", bound="JobResult", covariant=True)


class EndReason(Enum):
    """Why a job ended."""

    DATA = "all was played or sent"
    MAX_TIME = "the time was up"
    MAX_DIGITS = "enough digits came"
    DIGIT = "a digit asked for came"
    SILENCE = "it was silent for long enough"
    NONSILENCE = "there was sound for long enough"
    TONE = "a call-progress tone asked for was heard"
    FIRST_TIMEOUT = "no digit came in time"
    INTER_DIGIT_TIMEOUT = "no further digit came in time"
    STOPPED = "this program stopped it"
    HANGUP = "the call ended"
    ERROR = "the device or disk failed"


class Encoding(Enum):
    """What a recording is kept as: WAV, 8 kHz, mono. The values are the WAVE format tags."""

    PCM16 = 1
    ALAW = 6
    ULAW = 7


def check_digits(digits: str, what: str, also: str = "") -> str:
    """Return `digits` in upper case, or raise ValueError naming the character that is no DTMF digit."""
    if not isinstance(digits, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{what} must be a str of digits, not {type(digits).__name__}")
    upper = digits.upper()
    for place, digit in enumerate(upper):
        if digit not in DIGITS + also:
            allowed = "0-9 * # A-D" + "".join(f" {c!r}" for c in also)
            raise ValueError(f"{what}: character {digit!r} at position {place} is none of {allowed}")
    return upper


def _check_count(value: int) -> None:
    if not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"max_digits must be an int, not {type(value).__name__}")
    if not 1 <= value <= 64:
        raise ValueError(f"max_digits must be 1 to 64, not {value!r}")


def _check_names(names: frozenset[str]) -> None:
    if not isinstance(names, frozenset) or not all(isinstance(name, str) for name in names):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"tones must be a frozenset of names, not {names!r}")


def _check_time(value: float | None, what: str, zero: bool = False) -> None:
    if value is not None and not (0 <= value <= 86400 and (zero or value > 0)):
        raise ValueError(f"{what} must be {'0' if zero else 'more than 0'} to 86400 seconds, not {value!r}")


@dataclass(frozen=True, slots=True)
class Termination:
    """Rules that end a play, record or tone; None or empty is no such rule.

    `tones`: names of the country's call-progress tones (`boardcore.tones.TONE_NAMES`); one that sounds already ends the
    job at its start. A name that the country has no tone of is never heard. Needs `Capability.TONES`.
    """

    max_s: float | None = None
    max_digits: int | None = None
    digits: str = ""
    silence_s: float | None = None
    nonsilence_s: float | None = None
    keep_digit: bool = False  # the digit that ends the job stays in the type-ahead buffer
    tones: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "digits", check_digits(self.digits, "stop_on"))
        _check_time(self.max_s, "max_s")
        _check_time(self.silence_s, "silence_s")
        _check_time(self.nonsilence_s, "nonsilence_s")
        _check_names(self.tones)
        if self.max_digits is not None:
            _check_count(self.max_digits)


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A WAV file of 8 kHz mono PCM16, A-law or mu-law, checked; a board may hand it to its own firmware."""

    path: Path
    samples: int
    encoding: Encoding


@dataclass(frozen=True, slots=True, eq=False)
class AudioSamples:
    """Audio in memory: int16, mono, 8 kHz, not to be written to again."""

    samples: npt.NDArray[np.int16]
    name: str = "samples"


class JobSpec(Generic[ResultT]):
    """Base of the specs; the parameter is the result's type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class PlaySpec(JobSpec["PlayResult"]):
    """Play one source from `from_s` on."""

    source: AudioFile | AudioSamples
    stop: Termination = field(default_factory=Termination)
    from_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordSpec(JobSpec["RecordResult"]):
    """Record what comes from the line. The file is a readable WAV at any moment, whatever happens to the process.

    `mute_digits`: digits are silent in it, whole; it keeps its length. Needs `Capability.MUTE_DIGITS`.
    """

    path: Path
    encoding: Encoding = Encoding.PCM16
    append: bool = False
    stop: Termination = field(default_factory=Termination)
    mute_digits: bool = False


@dataclass(frozen=True, slots=True)
class CollectSpec(JobSpec["CollectResult"]):
    """Collect digits, those typed ahead first. A terminator ends it and is not among the digits."""

    max_digits: int = 64
    terminators: str = ""
    first_timeout_s: float | None = None
    inter_digit_timeout_s: float | None = None
    max_s: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "terminators", check_digits(self.terminators, "terminators"))
        _check_count(self.max_digits)
        _check_time(self.first_timeout_s, "first_timeout_s")
        _check_time(self.inter_digit_timeout_s, "inter_digit_timeout_s")
        _check_time(self.max_s, "max_s")


@dataclass(frozen=True, slots=True)
class SendDigitsSpec(JobSpec["SendDigitsResult"]):
    """Send DTMF; a comma is a pause of half a second. Levels are of each tone."""

    digits: str
    on_ms: float = 80.0
    off_ms: float = 80.0
    level_dbm0: float = -8.0
    twist_db: float = 2.0  # high group above low, as telephones send it

    def __post_init__(self) -> None:
        object.__setattr__(self, "digits", check_digits(self.digits, "digits", also=","))
        if not 1 <= len(self.digits) <= 64:
            raise ValueError(f"digits: 1 to 64 can be sent at once, not {len(self.digits)}")
        for name, value, low, high in (
            ("on_ms", self.on_ms, 20, 10000),
            ("off_ms", self.off_ms, 20, 10000),
            ("level_dbm0", self.level_dbm0, -60, 0),
            ("twist_db", self.twist_db, -12, 12),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high}, not {value!r}")


@dataclass(frozen=True, slots=True)
class ToneSpec(JobSpec["ToneResult"]):
    """Send one or two frequencies, steady or in a cadence of on and off times, until a rule ends it."""

    freqs_hz: tuple[float, ...]
    level_dbm0: float = -10.0
    cadence_s: tuple[tuple[float, float], ...] = ()  # up to four pairs (on, off), repeated
    stop: Termination = field(default_factory=Termination)

    def __post_init__(self) -> None:
        if not 1 <= len(self.freqs_hz) <= 2 or not all(0 < f < 4000 for f in self.freqs_hz):
            raise ValueError(f"freqs_hz: one or two frequencies between 0 and 4000 Hz, not {self.freqs_hz!r}")
        if len(self.cadence_s) > 4 or not all(0 < on <= 3600 and 0 <= off <= 3600 for on, off in self.cadence_s):
            wanted = "up to four pairs of on > 0 and off >= 0 seconds, each up to 3600"
            raise ValueError(f"cadence_s: {wanted}, not {self.cadence_s!r}")
        if not -60 <= self.level_dbm0 <= 3:
            raise ValueError(f"level_dbm0 must be -60 to 3, not {self.level_dbm0!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What every result has: why it ended, and when, in seconds of the loop's clock."""

    reason: EndReason
    started_s: float = 0.0
    ended_s: float = 0.0
    detail: str = ""  # with ERROR: what the system or the device said


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayResult(JobResult):
    """`position_s`: the place in the source that was reached. `digit`, `tone`: what stopped it."""

    digit: str | None = None
    tone: str | None = None
    position_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult(JobResult):
    """`duration_s`: how much is in the file (of this job, if it was appended)."""

    path: Path
    duration_s: float = 0.0
    digit: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectResult(JobResult):
    """`digits` without the terminator; under `call.secret()` they are kept out of repr."""

    digits: str = field(default="", repr=False)
    terminator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDigitsResult(JobResult):
    """`duration_s`: how long the sending took."""

    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneResult(JobResult):
    """`duration_s`: how long the tone was sent."""

    digit: str | None = None
    tone: str | None = None
    duration_s: float = 0.0
