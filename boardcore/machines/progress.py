"""Tells a country's call-progress tones apart by cadence, from the edges of a sound: for boards that tell only those.

Theory of operation. A board says when a sound (one frequency, or a pair) came on and went off. What lasted how long is
compared with the cadences of the tones that have this sound, in any phase. A tone is told
- when it alone fits the last burst, the pause and the burst before it;
- when a pause after a burst of its length is longer than the shorter pauses of all others (ringback, call waiting);
- when the sound stays longer than any burst (steady tones). While a line is being seized nobody is rung and no call
  waits, so that only the bursts of the other tones are waited for.
It is over when something does not fit any more or has lasted too long. Figures come from the country's profile
(ITU-T E.180); edges are known less well than in a detector that hears the audio, hence twice its tolerance. Tones whose
bursts differ in frequency (special information tone) cannot be told so. No clock, no I/O.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from boardcore.machines.station import Event
from boardcore.tones import Country, Tone

__all__ = ["Heard", "ProgressClassifier", "progress_sounds", "station_event"]

EDGE_S = 0.035  # an edge is known to within a few ticks
PAUSE_MIN_S = 0.5  # where no other tone has a pause to be told from
RUNS_KEPT = 16
ELEMENTS = 3  # burst, pause, burst
NOT_SEIZING = ("ringback", "call_waiting", "record_warning")  # never heard in answer to an off-hook
Run = tuple[bool, float]  # sound or pause, for so long
_EVENTS: dict[str, type] = {
    "dial": Event.DialTone,
    "special_dial": Event.DialTone,
    "ringback": Event.Ringback,
    "busy": Event.BusyTone,
    "congestion": Event.CongestionTone,
    "howler": Event.CongestionTone,
    "unobtainable": Event.UnobtainableTone,
}


def station_event(name: str, on: bool) -> object | None:
    """What a tone that was recognised, or is over, is to the station machine."""
    if not on:
        return Event.RingbackStopped() if name == "ringback" else None
    kind = _EVENTS.get(name)
    return None if kind is None else kind()


def progress_sounds(profile: Country) -> dict[tuple[float, ...], dict[str, Tone]]:
    """The tones of a country by their frequencies; those whose bursts differ in them are left out."""
    found: dict[tuple[float, ...], dict[str, Tone]] = {}
    for name, tone in profile.tones.items():
        kinds = {burst.freqs_hz for burst in tone.bursts}
        if len(kinds) == 1:
            found.setdefault(kinds.pop(), {})[name] = tone
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """A tone was recognised, or is over. `sure`: 0 to 1."""

    name: str
    on: bool
    since_s: float
    sure: float


class _Pattern:
    """One tone's cadence."""

    def __init__(self, name: str, tone: Tone) -> None:
        self.name = name
        self._tolerance = 2 * tone.cadence_tolerance
        self._wraps = tone.ends and tone.repeats
        self.runs: list[Run] = [run for b in tone.bursts for run in ((True, b.on_s), (False, b.off_s)) if run[1]]
        self.steady = not tone.cadence
        self.becomes_steady = self.runs[-1][1] == math.inf

    def longest(self, run: Run) -> float:
        """What a run may last."""
        return run[1] + max(self._tolerance * run[1], EDGE_S)

    def shortest(self, run: Run) -> float:
        return run[1] - max(self._tolerance * run[1], EDGE_S)

    def _fits(self, run: Run, wanted: Run) -> bool:
        return run[0] is wanted[0] and self.shortest(wanted) <= run[1] <= self.longest(wanted) < math.inf

    def matched(self, heard: list[Run]) -> tuple[int, Run | None]:
        """How many of the latest runs fit, and what is to follow then."""
        best: tuple[int, Run | None] = (0, None)
        for place in range(len(self.runs)):
            count = self._matched_at(heard, place)
            if count > best[0]:
                best = (count, self._after(place))
        return best

    def _matched_at(self, heard: list[Run], place: int) -> int:
        count = 0
        for run in reversed(heard):
            at = place - count
            if (at < 0 and not self._wraps) or not self._fits(run, self.runs[at % len(self.runs)]):
                break
            count += 1
        return count

    def _after(self, place: int) -> Run | None:
        if place + 1 < len(self.runs):
            return self.runs[place + 1]
        return self.runs[0] if self._wraps else None


class _Sound:
    """What is known of one sound."""

    def __init__(self, tones: dict[str, Tone]) -> None:
        self._patterns = [_Pattern(name, tone) for name, tone in tones.items()]
        self.reset()

    def reset(self) -> None:
        self._runs: list[Run] = []
        self._edge_s = 0.0
        self._on: bool | None = None  # not known yet
        self._told: tuple[_Pattern, float, float] | None = None  # since when, how sure
        self._judge_s: float | None = None  # when what lasts becomes a tone
        self._over_s: float | None = None  # when what lasts is the told tone no longer

    def feed(self, on: bool, lasted_s: float, now: float, seizing: bool) -> list[Heard]:
        if self._on is not None:
            self._runs = [*self._runs, (not on, lasted_s)][-RUNS_KEPT:]
        self._on, self._edge_s = on, now
        heard = self._still_told() + self._new_by_cadence()
        self._judge_s = now + self._patience(seizing) if on else self._pause_told_at(now)
        return heard

    # -- by what was completed ------------------------------------------------------------------------------
    def _still_told(self) -> list[Heard]:
        if self._told is None:
            return []
        pattern = self._told[0]
        count, following = pattern.matched(self._runs)
        if count >= min(2, len(self._runs)):
            self._over_s = self._until(pattern, following)
            return []
        return self._untell()

    def _untell(self) -> list[Heard]:
        told, self._told, self._over_s = self._told, None, None
        return [] if told is None else [Heard(told[0].name, False, told[1], told[2])]

    def _new_by_cadence(self) -> list[Heard]:
        if self._told is not None:
            return []
        counts = sorted(((p.matched(self._runs), p) for p in self._patterns), key=lambda row: row[0][0], reverse=True)
        if not counts or counts[0][0][0] < ELEMENTS or (len(counts) > 1 and counts[1][0][0] == counts[0][0][0]):
            return []
        (count, following), pattern = counts[0]
        return self._tell(pattern, count, following)

    def _tell(self, pattern: _Pattern, count: int, following: Run | None) -> list[Heard]:
        since_s = self._edge_s - sum(run[1] for run in self._runs[len(self._runs) - count :])
        sure = 1 - 0.5 ** max(count, 2)
        self._told = (pattern, since_s, sure)
        self._over_s = self._until(pattern, following)
        return [Heard(pattern.name, True, since_s, sure)]

    def _until(self, pattern: _Pattern, following: Run | None) -> float | None:
        """What lasts longer than what is to follow is that no longer."""
        if following is None or following[1] == math.inf:
            return None
        return self._edge_s + pattern.longest(following)

    # -- by what lasts --------------------------------------------------------------------------------------
    def _patience(self, seizing: bool) -> float:
        others = [p for p in self._patterns if not (seizing and p.name in NOT_SEIZING)]
        bursts = [p.longest(run) for p in others for run in p.runs if run[0] and run[1] < math.inf]
        return max(bursts, default=EDGE_S) + EDGE_S

    def _pause_told_at(self, now: float) -> float | None:
        found = self._by_pause()
        return None if found is None or self._told is not None else now + found[1]

    def _by_pause(self) -> tuple[_Pattern, float, int, Run] | None:
        """The one tone that the running pause can become, how long it has to last, runs that fit, and the pause."""
        able = [(p, *p.matched(self._runs)) for p in self._patterns]
        possible = [(p, n, after) for p, n, after in able if n and after is not None and not after[0]]
        if not possible:
            return None
        pattern, count, pause = max(possible, key=lambda row: row[2][1])
        shorter = [p.longest(r) for p in self._patterns for r in p.runs if not r[0] and p.longest(r) < pause[1]]
        wait_s = max(shorter, default=PAUSE_MIN_S) + EDGE_S
        alone = all(p is pattern or p.longest(after) < wait_s for p, _, after in possible)
        return (pattern, wait_s, count, pause) if alone and wait_s < pattern.shortest(pause) else None

    def deadline(self) -> float | None:
        return min((at for at in (self._judge_s, self._over_s) if at is not None), default=None)

    def expire(self, now: float) -> list[Heard]:
        heard: list[Heard] = []
        if self._over_s is not None and now >= self._over_s:
            heard += self._untell()
        if self._judge_s is not None and now >= self._judge_s:
            self._judge_s = None
            heard += self._lasting()
        return heard

    def _lasting(self) -> list[Heard]:
        if self._told is not None and self._told[0].becomes_steady:
            return []
        if not self._on:
            found = self._by_pause()
            return [] if found is None or self._told is not None else self._tell(found[0], found[2], found[3])
        steady = sorted((p for p in self._patterns if p.becomes_steady), key=lambda p: not p.steady)
        return [*self._untell(), *self._tell(steady[0], 0, None)] if steady else self._untell()


class ProgressClassifier:
    """Feed edges, get tones."""

    def __init__(self, profile: Country) -> None:
        sounds = progress_sounds(profile)
        own = profile.busy.bursts[0].freqs_hz
        self._sounds = {freqs: _Sound(tones) for freqs, tones in sounds.items()}
        self._sounds[()] = _Sound(sounds.get(own, {}))

    def reset(self) -> None:
        """Forget what was heard."""
        for sound in self._sounds.values():
            sound.reset()

    def feed(
        self, on: bool, lasted_s: float, now: float, seizing: bool, freqs_hz: tuple[float, ...] = ()
    ) -> list[Heard]:
        """An edge: a sound came on or went off, the state before it having lasted `lasted_s`.

        `freqs_hz` are those of a tone in the profile; none: those of its busy tone. `seizing`: the line was just taken.
        """
        sound = self._sounds.get(freqs_hz)
        return [] if sound is None else sound.feed(on, lasted_s, now, seizing)

    def next_deadline(self) -> float | None:
        """When `expire` is to be called."""
        deadlines = [sound.deadline() for sound in self._sounds.values()]
        return min((at for at in deadlines if at is not None), default=None)

    def expire(self, now: float) -> list[Heard]:
        """Time has come: what lasts too long is over, what lasts long enough is a tone."""
        return [heard for sound in self._sounds.values() for heard in sound.expire(now)]
