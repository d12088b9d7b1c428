"""A tone: frequencies, level, cadence, tolerances, and where they come from. A wrong one cannot be made.

A cadence is a cycle of bursts. A burst may have frequencies of its own (special information tone), and the last one may
last for ever (three short bursts, then steady). No cadence at all is a steady tone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real

from boardcore.dsp import RATE_HZ
from boardcore.errors import ToneError
from boardcore.ports import Termination, ToneSpec

__all__ = ["Burst", "Tone", "number"]

MAX_FREQS = 4  # receiver-off-hook tone in North America has four
PEAK_0DBM0 = 16141.0 * math.sqrt(2.0)  # G.711 clause 5: a sine that fully loads A-law is +3.14 dBm0
FULL_SCALE = 32767
MAX_BURSTS = 64
SPEC_BURSTS, SPEC_FREQS = 4, 2  # what ToneSpec has room for


def number(value: object, name: str, low: float, high: float) -> float:
    """Return a finite number from `low` to `high`.

    Raises:
        TypeError: It is not a real number.
        ToneError: It is out of range.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}")
    result = float(value)
    if not low <= result <= high:
        raise ToneError(f"{name} must be {low:g} to {high:g}, not {result:g}")
    return result


def _check_freqs(freqs_hz: tuple[float, ...], modulation_hz: float) -> None:
    if len(freqs_hz) > MAX_FREQS:
        raise ToneError(f"freqs_hz: at most {MAX_FREQS} frequencies at a time, not {len(freqs_hz)}")
    for freq in freqs_hz:
        number(freq, "freqs_hz", 1, RATE_HZ / 2 - 1)
        if not modulation_hz < freq < RATE_HZ / 2 - modulation_hz:
            raise ToneError(f"modulation_hz: {freq:g} Hz has no room for side bands {modulation_hz:g} Hz away")
    if len(set(freqs_hz)) != len(freqs_hz):
        raise ToneError(f"freqs_hz: the same frequency twice in {freqs_hz!r}")


@dataclass(frozen=True, slots=True)
class Burst:
    """On and then off, in seconds. `on_s` may be `math.inf` in a last burst; `freqs_hz` if not the tone's."""

    on_s: float
    off_s: float = 0.0
    freqs_hz: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.on_s != math.inf:
            number(self.on_s, "on_s", 1 / RATE_HZ, 3600)
        number(self.off_s, "off_s", 0, 3600)
        if self.on_s == math.inf and self.off_s:
            raise ToneError(f"off_s: a burst for ever has no pause after it, not {self.off_s:g} s")


@dataclass(frozen=True, slots=True)
class Tone:
    """One tone of a network.

    Attributes:
        freqs_hz: One to four at a time; empty if every burst has its own.
        cadence: Bursts, repeated from the first; empty for a steady tone.
        level_dbm0: Of each frequency (of the carrier, if it is modulated).
        modulation_hz, modulation_depth: Of the amplitude; 0 Hz if there is none.
        repeats: False for a cadence that is sent once.
        freq_tolerance_hz: Either side.
        cadence_tolerance: Share of each time, either side.
        source: Where the row comes from; says "unverified" of what could not be confirmed.

    Raises:
        ToneError: The description contradicts itself or is out of range.
        TypeError: A number is not one.
    """

    freqs_hz: tuple[float, ...]
    cadence: tuple[Burst, ...] = ()
    level_dbm0: float = -10.0
    modulation_hz: float = 0.0
    modulation_depth: float = 0.9
    repeats: bool = True
    freq_tolerance_hz: float = 15.0
    cadence_tolerance: float = 0.1
    source: str = "the caller"

    def __post_init__(self) -> None:
        number(self.level_dbm0, "level_dbm0", -60, 3)
        number(self.modulation_hz, "modulation_hz", 0, 500)
        number(self.modulation_depth, "modulation_depth", 0.01, 1)
        number(self.freq_tolerance_hz, "freq_tolerance_hz", 0, 200)
        number(self.cadence_tolerance, "cadence_tolerance", 0, 0.45)
        self._check_cadence()
        for burst in self.bursts:
            _check_freqs(burst.freqs_hz, self.modulation_hz)
        if self._peak() > FULL_SCALE:
            raise ToneError(f"level_dbm0: the frequencies together clip at {self.level_dbm0:g} dBm0 each")
        if not self.source.strip():
            raise ToneError("source: a tone says where it comes from")

    def _check_cadence(self) -> None:
        if len(self.cadence) > MAX_BURSTS:
            raise ToneError(f"cadence: at most {MAX_BURSTS} bursts, not {len(self.cadence)}")
        own = [bool(burst.freqs_hz) for burst in self.cadence]
        if not self.freqs_hz and not (own and all(own)):
            raise ToneError("freqs_hz: none, and not every burst has its own")
        if self.freqs_hz and own and all(own):
            raise ToneError("freqs_hz: never heard, since every burst has its own")
        if any(burst.on_s == math.inf for burst in self.cadence[:-1]):
            raise ToneError("cadence: bursts after one that lasts for ever")
        if not self.repeats and not self.ends:
            raise ToneError("repeats: a tone that never ends cannot be sent once")
        self._check_edges()

    def _check_edges(self) -> None:
        bursts = self.bursts
        following = (*bursts[1:], bursts[0]) if self.ends and self.repeats else bursts[1:]
        for burst, after in zip(bursts, following, strict=False):
            if not burst.off_s and set(burst.freqs_hz) == set(after.freqs_hz):
                raise ToneError(f"cadence: no pause after {burst.on_s:g} s, and the same frequencies go on")

    def _peak(self) -> float:
        at_once = max(len(burst.freqs_hz) for burst in self.bursts)
        depth = self.modulation_depth if self.modulation_hz else 0.0
        return at_once * PEAK_0DBM0 * 10 ** (self.level_dbm0 / 20) * (1 + depth)

    @property
    def unverified(self) -> bool:
        """Whether something about it could not be confirmed; `source` says what."""
        return "unverified" in self.source

    @property
    def ends(self) -> bool:
        """Whether a cycle of the cadence has an end."""
        return bool(self.cadence) and self.cadence[-1].on_s != math.inf

    @property
    def bursts(self) -> tuple[Burst, ...]:
        """The cadence with every burst's frequencies filled in; of a steady tone one burst for ever."""
        if not self.cadence:
            return (Burst(math.inf, 0.0, self.freqs_hz),)
        return tuple(Burst(burst.on_s, burst.off_s, burst.freqs_hz or self.freqs_hz) for burst in self.cadence)

    def to_spec(self, stop: Termination | None = None) -> ToneSpec:
        """Return the job that sends this tone.

        Raises:
            ToneError: A `ToneSpec` has no room for it: more than two frequencies or four bursts, modulation, bursts
                that differ, one that lasts for ever after others, or a cadence that is sent once.
        """
        lack = self._too_much()
        if lack:
            raise ToneError(f"a ToneSpec cannot carry {lack}: make samples of it with tone_samples() and play them")
        cadence = tuple((burst.on_s, burst.off_s) for burst in self.cadence if burst.on_s != math.inf)
        return ToneSpec(self.bursts[0].freqs_hz, self.level_dbm0, cadence, stop or Termination())

    def _too_much(self) -> str:
        if self.modulation_hz:
            return f"modulation by {self.modulation_hz:g} Hz"
        sets = {frozenset(burst.freqs_hz) for burst in self.bursts}
        if len(sets) > 1:
            return "bursts of different frequencies"
        if len(self.bursts[0].freqs_hz) > SPEC_FREQS:
            return f"{len(self.bursts[0].freqs_hz)} frequencies at a time"
        if len(self.cadence) > SPEC_BURSTS:
            return f"{len(self.cadence)} bursts"
        if len(self.cadence) > 1 and not self.ends:
            return "a cadence that becomes steady"
        return "" if self.repeats else "a cadence that is sent once"

    def resembles(self, other: Tone) -> bool:
        """Whether a listener within both tolerances could take one for the other."""
        if bool(self.modulation_hz) != bool(other.modulation_hz):
            return False
        mine, theirs = self.bursts, other.bursts
        length = math.lcm(len(mine), len(theirs))
        mine, theirs = mine * (length // len(mine)), theirs * (length // len(theirs))
        turns = range(length) if self.ends and other.ends else range(1)
        if not self.repeats and not other.repeats:  # the pause after the end is not heard
            mine, theirs = ((*bursts[:-1], replace(bursts[-1], off_s=0.0)) for bursts in (mine, theirs))
        return any(
            all(self._alike(a, b, other) for a, b in zip(mine, (*theirs[turn:], *theirs[:turn]), strict=True))
            for turn in turns
        )

    def _alike(self, mine: Burst, theirs: Burst, other: Tone) -> bool:
        tolerance_hz = self.freq_tolerance_hz + other.freq_tolerance_hz
        same_freqs = len(mine.freqs_hz) == len(theirs.freqs_hz) and all(
            abs(a - b) <= tolerance_hz for a, b in zip(sorted(mine.freqs_hz), sorted(theirs.freqs_hz), strict=True)
        )
        times = ((mine.on_s, theirs.on_s), (mine.off_s, theirs.off_s))
        return same_freqs and all(self._close(a, b, other) for a, b in times)

    def _close(self, a: float, b: float, other: Tone) -> bool:
        if a == b:
            return True
        if math.inf in (a, b):
            return False
        return abs(a - b) <= a * self.cadence_tolerance + b * other.cadence_tolerance
