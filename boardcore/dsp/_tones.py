"""Tones by description (bc_tones.h): a set of sounds and of cadences over them, heard on many channels in one pass.

`boardcore.tones.ToneDetector` makes such a set of a country's tones; this is what lies below it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import Int16Array, finite, whole
from boardcore.dsp._isa import isa_number
from boardcore.dsp._receiver import Receiver, Record, channels_checked, within
from boardcore.dsp._tone import RATE_HZ

MAX_FREQS: int = lib.BC_TONES_FREQS
MAX_SOUNDS: int = lib.BC_TONES_SOUNDS
MAX_PATTERNS: int = lib.BC_TONES_PATTERNS
MAX_BURSTS: int = lib.BC_TONES_BURSTS
_FOREVER: int = lib.BC_TONES_FOREVER
_FULL: int = lib.BC_EFULL
_NO_MEMORY: int = lib.BC_ENOMEM


class SetError(ValueError):
    """Sounds or patterns that no receiver takes."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What is heard at one time."""

    freqs_hz: tuple[float, ...]
    """One to four, 150 to 3800 Hz, 12 Hz apart at least."""
    tolerance_hz: float = 15.0
    """Of each, either side: up to 50, and up to 25 where there is more than one frequency or a modulation."""
    modulation_hz: float = 0.0
    """Of the amplitude of its one frequency, by 0.7 or more: 0, or 14 to 30."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A cadence of sounds."""

    bursts: tuple[tuple[int, float, float], ...]
    """Up to eight: number of the sound, seconds on (`math.inf` in a last one), seconds off: 0.045 and 0.03
    at least."""
    tolerance: float = 0.1
    """Share of each time, either side."""
    repeats: bool = True


class ToneEventKind(Enum):
    """What a `ToneEvent` tells."""

    PATTERN_BEGAN = lib.BC_RX_BEGIN
    PATTERN_ENDED = lib.BC_RX_END
    SOUND_BEGAN = lib.BC_TONES_SOUND_BEGIN
    SOUND_ENDED = lib.BC_TONES_SOUND_END


_KIND = {kind.value: kind for kind in ToneEventKind}


@dataclass(frozen=True, slots=True)
class ToneEvent:
    """Something about a sound or a pattern, by its number in the set."""

    channel: int
    kind: ToneEventKind
    number: int
    time_s: float
    """Where it began, in seconds from the channel's first sample."""
    duration_s: float
    """So far, or in all."""
    decided_s: float
    """Up to where the samples had to be heard to be sure."""
    level_dbm0: float
    """Of a frequency, mean of all that sound."""
    sure: float
    """Of a pattern: 0 to 1."""


def _freq_array(sounds: Sequence[Sound]) -> Any:
    array = ffi.new("bc_tones_sound[]", max(1, len(sounds)))
    for c, sound in zip(array, sounds, strict=False):
        if not 1 <= len(sound.freqs_hz) <= MAX_FREQS:
            raise ValueError(f"a sound has 1 to {MAX_FREQS} frequencies, got {sound.freqs_hz!r}")
        c.freqs = len(sound.freqs_hz)
        for i, freq in enumerate(sound.freqs_hz):
            c.freq_hz[i] = finite(freq, "freqs_hz")
        c.tolerance_hz = finite(sound.tolerance_hz, "tolerance_hz")
        c.am_hz = finite(sound.modulation_hz, "modulation_hz")
    return array


def _samples(time_s: float, name: str) -> int:
    if time_s == math.inf:
        return _FOREVER
    return round(within(time_s, 0, 100_000, name) * RATE_HZ)


def _pattern_array(patterns: Sequence[Pattern]) -> Any:
    array = ffi.new("bc_tones_pattern[]", max(1, len(patterns)))
    for c, pattern in zip(array, patterns, strict=False):
        if not 1 <= len(pattern.bursts) <= MAX_BURSTS:
            raise ValueError(f"a pattern has 1 to {MAX_BURSTS} bursts, got {len(pattern.bursts)}")
        c.bursts = len(pattern.bursts)
        c.tolerance = finite(pattern.tolerance, "tolerance")
        c.repeats = bool(pattern.repeats)
        for burst, (sound, on_s, off_s) in zip(c.burst, pattern.bursts, strict=False):
            burst.sound = whole(sound, 0, MAX_SOUNDS - 1, "number of a sound")
            burst.on, burst.off = _samples(on_s, "seconds on"), _samples(off_s, "seconds off")
    return array


def tones_rx(
    sounds: Sequence[Sound],
    patterns: Sequence[Pattern],
    lanes: int,
    isa: str | None = None,
    *,
    min_level_dbm0: float = -38,
    twist_db: float = 6,
    purity: float = 0.7,
    edges: bool = False,
) -> Any:
    """Return a `bc_rx *` for these tones, which the caller must free or hand over; no lane is on.

    Args:
        sounds, patterns: Up to 16 of each; patterns may be none where edges are wanted.
        lanes: 1 to 65536.
        isa: "scalar", "avx2" or "avx512"; the best there is without it. All give the same results.
        min_level_dbm0: Of each frequency, -60 to 0.
        twist_db: A sound's strongest frequency over its weakest, 0 to 20.
        purity: Of a sound's energy in all energy, 0.3 to 0.95.
        edges: Give each sound's own beginning and end too.

    Raises:
        TypeError: An argument is of another type.
        SetError: The descriptions contradict themselves or do not fit (bc_tones.h says the limits).
        ValueError: A number is out of range.
        MemoryError: There is none.
    """
    if len(sounds) > MAX_SOUNDS or len(patterns) > MAX_PATTERNS:
        raise ValueError(f"at most {MAX_SOUNDS} sounds and {MAX_PATTERNS} patterns: {len(sounds)}, {len(patterns)}")
    options = ffi.new("bc_tones_options *")
    options.min_level_dbm0 = within(min_level_dbm0, -60, 0, "min_level_dbm0")
    options.twist_db = within(twist_db, 0, 20, "twist_db")
    options.purity = within(purity, 0.3, 0.95, "purity")
    options.edges = bool(edges)
    error = ffi.new("int *")
    rx = lib.bc_tones_rx_new(
        channels_checked(lanes), isa_number(isa), _freq_array(sounds), len(sounds), _pattern_array(patterns),
        len(patterns), options, error,
    )  # fmt: skip
    if rx == ffi.NULL and error[0] == _NO_MEMORY:
        raise MemoryError(f"no memory for {lanes} channels")
    if rx == ffi.NULL:
        full = "more frequencies than a detector has room for: 16, of which 4 modulated or pairs closer than 35 Hz"
        raise SetError(full if error[0] == _FULL else "descriptions that contradict themselves or are out of range")
    return rx


class ToneReceiver:
    """Hear sounds and patterns, by number, on one channel or on many at once.

    The stream may be cut anywhere: what is heard does not depend on it, nor on other channels. Not to be used by two
    threads at a time: that raises RuntimeError.
    """

    def __init__(
        self, sounds: Sequence[Sound], patterns: Sequence[Pattern], channels: int = 1, isa: str | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        """Make a receiver; the arguments and what they raise are those of `tones_rx`."""
        count = channels_checked(channels)
        self._rx = Receiver(count, tones_rx(sounds, patterns, count, isa, **options), "a tone detector")

    @property
    def channels(self) -> int:
        """How many channels the receiver was made for."""
        return self._rx.channels

    @property
    def bytes(self) -> int:
        """Memory that it holds in C."""
        return self._rx.bytes

    def reset(self) -> None:
        """Forget everything: every channel is at its sample 0 again."""
        self._rx.reset()

    def events(self, samples: Int16Array) -> list[ToneEvent]:
        """Take the next samples; return what is told by them, in order of time.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is using the receiver.
        """
        return [_event(record) for record in self._rx.take(samples)]


def _event(record: Record) -> ToneEvent:
    lane, kind, number, level, sure, duration, start, at = record
    return ToneEvent(
        channel=lane,
        kind=_KIND[kind],
        number=number,
        time_s=start / RATE_HZ,
        duration_s=duration / RATE_HZ,
        decided_s=at / RATE_HZ,
        level_dbm0=round(level, 2),
        sure=round(sure, 4),
    )
