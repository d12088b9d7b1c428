"""Hear a country's tones: descriptions flattened into one set for boardcore.dsp, and its events by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ
from boardcore.dsp._tones import MAX_BURSTS, MAX_PATTERNS, MAX_SOUNDS, Pattern, SetError, Sound, ToneEvent, ToneReceiver
from boardcore.dsp._tones import ToneEventKind as Kind
from boardcore.errors import ToneError
from boardcore.tones._model import Country
from boardcore.tones._tone import Tone

__all__ = ["ToneBurst", "ToneDetector", "ToneFound", "ToneSet", "tone_set"]

LEAST_ON_S, LEAST_OFF_S = 0.045, 0.03
LEAST_PERIODS = 3  # of modulation in a burst: fewer do not show it
LEAST_DEPTH = 0.7  # of modulation; less is too near to a plain tone
LEAST_FREQ_HZ, MOST_FREQ_HZ, APART_HZ, CLOSE_HZ = 150.0, 3800.0, 12.0, 35.0
MOST_TOLERANCE_HZ, MOST_TOLERANCE_OF_SEVERAL_HZ = 50.0, 25.0
MODULATION_HZ = (14.0, 30.0)

_Key = tuple[frozenset[float], float]  # of a sound: its frequencies and its modulation


@dataclass(frozen=True, slots=True)
class ToneSet:
    """Tones as the detector takes them: pattern k is the tone `names[k]`."""

    names: tuple[str, ...]
    sounds: tuple[Sound, ...]
    patterns: tuple[Pattern, ...]


def tone_set(tones: Country | Mapping[str, Tone]) -> ToneSet:
    """Flatten tones into distinct sounds and patterns over them.

    Where two tones have the same frequencies, the wider of their tolerances serves both.

    Raises:
        ToneError: A tone is not one that the detector can hear, or two cannot be told apart; the message names it.
    """
    named = dict(tones.tones if isinstance(tones, Country) else tones)
    if not 1 <= len(named) <= MAX_PATTERNS:
        raise ToneError(f"a detector hears 1 to {MAX_PATTERNS} tones, not {len(named)}")
    sounds: dict[_Key, Sound] = {}
    for name, tone in named.items():
        _check(name, tone)
        _add_sounds(sounds, name, tone)
    if len(sounds) > MAX_SOUNDS:
        raise ToneError(f"the tones have {len(sounds)} different sounds; a detector hears up to {MAX_SOUNDS}")
    for (name, tone), (other_name, other) in combinations(named.items(), 2):
        if tone.resembles(other):
            raise ToneError(f"{name} and {other_name} cannot be told apart")
    keys = list(sounds)
    return ToneSet(tuple(named), tuple(sounds.values()), tuple(_pattern(tone, keys) for tone in named.values()))


def _key(tone: Tone, freqs_hz: tuple[float, ...]) -> _Key:
    return frozenset(freqs_hz), tone.modulation_hz


def _pattern(tone: Tone, keys: list[_Key]) -> Pattern:
    bursts = tuple((keys.index(_key(tone, b.freqs_hz)), b.on_s, b.off_s) for b in tone.bursts)
    return Pattern(bursts, tone.cadence_tolerance, tone.repeats)


def _add_sounds(sounds: dict[_Key, Sound], name: str, tone: Tone) -> None:
    for burst in tone.bursts:
        several = len(burst.freqs_hz) > 1 or bool(tone.modulation_hz)
        most = MOST_TOLERANCE_OF_SEVERAL_HZ if several else MOST_TOLERANCE_HZ
        tolerance = max(tone.freq_tolerance_hz, 1.0)
        if tolerance > most:
            raise ToneError(f"{name}: freq_tolerance_hz up to {most:g} can be judged, not {tolerance:g}")
        sound = Sound(tuple(sorted(burst.freqs_hz)), tolerance, tone.modulation_hz)
        old = sounds.get(_key(tone, burst.freqs_hz), sound)
        sounds[_key(tone, burst.freqs_hz)] = replace(old, tolerance_hz=max(old.tolerance_hz, tolerance))


def _check(name: str, tone: Tone) -> None:
    if not isinstance(tone, Tone):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a Tone, not {type(tone).__name__}")
    if len(tone.bursts) > MAX_BURSTS:
        raise ToneError(f"{name}: cadence of {len(tone.bursts)} bursts; a detector takes up to {MAX_BURSTS}")
    if tone.modulation_hz:
        low, high = MODULATION_HZ
        if not low <= tone.modulation_hz <= high or tone.modulation_depth < LEAST_DEPTH:
            raise ToneError(
                f"{name}: modulation of {low:g} to {high:g} Hz and {LEAST_DEPTH:g} or deeper can be heard, "
                f"not {tone.modulation_hz:g} Hz, {tone.modulation_depth:g}"
            )
        if any(len(burst.freqs_hz) > 1 for burst in tone.bursts):
            raise ToneError(f"{name}: modulation of more than one frequency cannot be heard")
    for burst in tone.bursts:
        _check_freqs(name, burst.freqs_hz)
        if burst.on_s * tone.modulation_hz < LEAST_PERIODS and tone.modulation_hz:
            raise ToneError(
                f"{name}: modulation of {tone.modulation_hz:g} Hz can be heard in bursts of "
                f"{LEAST_PERIODS / tone.modulation_hz:.3g} s and more, not {burst.on_s:g}"
            )
        if burst.on_s < LEAST_ON_S or 0 < burst.off_s < LEAST_OFF_S:
            raise ToneError(
                f"{name}: {LEAST_ON_S:g} s on and {LEAST_OFF_S:g} s off and more can be heard, "
                f"not {burst.on_s:g} and {burst.off_s:g}"
            )


def _check_freqs(name: str, freqs_hz: tuple[float, ...]) -> None:
    for freq in freqs_hz:
        if not LEAST_FREQ_HZ <= freq <= MOST_FREQ_HZ:
            raise ToneError(f"{name}: {LEAST_FREQ_HZ:g} to {MOST_FREQ_HZ:g} Hz can be heard, not {freq:g}")
    if len(freqs_hz) > 2 and any(abs(a - b) < CLOSE_HZ for a, b in combinations(freqs_hz, 2)):
        raise ToneError(f"{name}: three frequencies or more must be {CLOSE_HZ:g} Hz apart, not {freqs_hz!r}")
    for a, b in combinations(freqs_hz, 2):
        if abs(a - b) < APART_HZ:
            raise ToneError(f"{name}: {a:g} and {b:g} Hz are less than {APART_HZ:g} Hz apart")


@dataclass(frozen=True, slots=True)
class ToneFound:
    """A tone of the set."""

    channel: int
    name: str
    began_s: float
    """Its first burst that fitted, in seconds from the channel's first sample."""
    decided_s: float
    """Up to where the samples had to be heard to tell."""
    ended_s: float | None
    """End of its last burst; None while it goes on."""
    sure: float
    """0 to 1: each burst and pause that fits halves the doubt."""
    level_dbm0: float
    """Of each frequency, mean."""


@dataclass(frozen=True, slots=True)
class ToneBurst:
    """One burst of one of the set's sounds, whatever its cadence."""

    channel: int
    freqs_hz: tuple[float, ...]
    modulation_hz: float
    began_s: float
    decided_s: float
    ended_s: float | None
    """None at its beginning."""
    level_dbm0: float


class ToneDetector:
    """Tell tones by description, a whole country's set, on one channel or on many at once.

    A tone with a short cadence is told by two bursts and the pause between them, ringback by one burst and 0.6 s of the
    pause, a steady tone once it has lasted longer than any other tone's burst of the same frequencies. It is over when
    what is heard no longer fits: a pause that is too long, a burst cut short, another sound, speech. The stream may be
    cut anywhere: what is found does not depend on it, nor on other channels. Not to be used by two threads at a time:
    that raises RuntimeError.
    """

    def __init__(
        self,
        tones: Country | Mapping[str, Tone],
        channels: int = 1,
        isa: str | None = None,
        *,
        min_level_dbm0: float = -38,
        twist_db: float = 6,
        purity: float = 0.7,
        bursts: bool = False,
    ) -> None:
        """Make a detector for so many channels.

        Args:
            tones: A country's, or any by name.
            channels: 1 to 65536.
            isa: "scalar", "avx2" or "avx512"; the best there is without it. All give the same results.
            min_level_dbm0: Of each frequency, -60 to 0.
            twist_db: Accepted difference of a tone's strongest and weakest frequency, 0 to 20.
            purity: Share of all energy that the tone must have, 0.3 to 0.95.
            bursts: Give each sound's own edges too, from `events`.

        Raises:
            TypeError: An argument is of another type.
            ToneError: The tones cannot be heard or told apart by one detector.
            ValueError: Another argument is out of its range, or this machine lacks the instruction set.
        """
        self._set = tone_set(tones)
        options: dict[str, Any] = {"min_level_dbm0": min_level_dbm0, "twist_db": twist_db, "purity": purity}
        try:
            self._rx = ToneReceiver(self._set.sounds, self._set.patterns, channels, isa, edges=bursts, **options)
        except SetError as error:
            raise ToneError(str(error)) from None
        self._open: dict[int, ToneFound] = {}
        self._samples = 0

    @property
    def channels(self) -> int:
        """How many channels the detector was made for."""
        return self._rx.channels

    @property
    def names(self) -> tuple[str, ...]:
        """The tones that it tells."""
        return self._set.names

    @property
    def bytes(self) -> int:
        """Memory that it holds in C."""
        return self._rx.bytes

    def reset(self) -> None:
        """Forget everything: every channel is at its sample 0 again."""
        self._rx.reset()
        self._open.clear()
        self._samples = 0

    def process(self, samples: npt.NDArray[np.int16]) -> list[ToneFound]:
        """Take the next samples; return the tones that ended in them.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is using the detector.
        """
        return [e for e in self.events(samples) if isinstance(e, ToneFound) and e.ended_s is not None]

    def events(self, samples: npt.NDArray[np.int16]) -> list[ToneFound | ToneBurst]:
        """Take the next samples as `process` does; return each tone when it is told and again when it is over.

        With `bursts`, also each burst at both its edges. In order of time, and at one time in order of channels.
        """
        events = [self._event(e) for e in self._rx.events(samples)]
        self._samples += samples.shape[-1]
        return events

    def flush(self) -> list[ToneFound]:
        """End the stream: return the tones that still go on, as ended where it ends, then reset."""
        found = [replace(tone, ended_s=self._samples / RATE_HZ) for tone in self._open.values()]
        self.reset()
        return found

    def _event(self, e: ToneEvent) -> ToneFound | ToneBurst:
        over = e.kind in (Kind.PATTERN_ENDED, Kind.SOUND_ENDED)
        ended_s = e.time_s + e.duration_s if over else None
        if e.kind in (Kind.SOUND_BEGAN, Kind.SOUND_ENDED):
            sound = self._set.sounds[e.number]
            return ToneBurst(
                e.channel, sound.freqs_hz, sound.modulation_hz, e.time_s, e.decided_s, ended_s, e.level_dbm0
            )
        tone = ToneFound(e.channel, self._set.names[e.number], e.time_s, e.decided_s, ended_s, e.sure, e.level_dbm0)
        if over:
            self._open.pop(e.channel, None)
        else:
            self._open[e.channel] = tone
        return tone
