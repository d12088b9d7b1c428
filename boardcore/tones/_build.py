"""From what was heard to descriptions: cadence, frequencies, level, tolerances, and what stayed unsure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from boardcore.errors import ToneError
from boardcore.tones._cycles import Cycle, Phase, close, find_cycles
from boardcore.tones._heard import Heard, Sound
from boardcore.tones._tone import Burst, Tone

__all__ = ["Draft", "LearnedTone", "Span", "drafts_of", "learned"]

STEADY_S = 1.2  # a lone sound of this length may be a steady tone; bursts of 1 s are frequent
CERTAIN_S = 6.0  # no network has so long a burst
STUTTER_S = 0.25  # the bursts of a stutter tone, and their pauses, are shorter
STUTTER = 3.0  # the steady part of such a dial tone is so many times longer than its bursts
ONCE_S = 0.2  # shorter lone sounds are beeps, clicks and vowels
ONCE_REST = 0.04  # a lone sound must be purer than one that repeats: 14 dB
ONCE_PAUSE_S = 1.5  # what comes later is another tone
ONCE_BURSTS = 16
FREQ_TOLERANCE_HZ, FREQ_TOLERANCE_SHARE = 10.0, 0.4  # not less; of the distance between two frequencies not more
CADENCE_TOLERANCE, MAX_CADENCE_TOLERANCE = 0.1, 0.3
SPREAD_TIMES = 2.0  # a tolerance is so many times what was seen
UNEQUAL_DB = 2.0
LOUDEST_DBM0 = 3.0  # that a Tone can have
FEW_CYCLES = 2
INFINITE = Burst(math.inf)


@dataclass(frozen=True, slots=True)
class Span:
    """When a tone was heard, in seconds from the recording's beginning."""

    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class LearnedTone:
    """A tone as it was heard.

    Attributes:
        tone: Its description, to be used as any other: `tone_samples`, the detector, a profile.
        cycles: How often its cadence was heard from beginning to end; 0 of one without a cycle.
        heard: When.
        levels_dbm0: Of each frequency of the first burst, in the order of `tone.bursts[0].freqs_hz`.
        snr_db: What was heard beside it under the tone, in the whole band.
        freq_spread_hz: The furthest that a burst was from the mean.
        time_spread_s: The furthest that an on or off time was from its mean.
        unsure: What could not be told, in English; empty if nothing.
    """

    tone: Tone
    cycles: int
    heard: tuple[Span, ...]
    levels_dbm0: tuple[float, ...]
    snr_db: float
    freq_spread_hz: float
    time_spread_s: float
    unsure: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """A tone before it is described: its bursts, and every sound that was part of it."""

    phases: list[Phase]
    members: list[list[Heard]]  # by phase
    cycles: int
    repeats: bool
    steady_end: bool  # the last burst is for ever
    unsure: list[str]

    @property
    def rest(self) -> float:
        """What its sines left over."""
        return _mean_rest([one for members in self.members for one in members])

    @property
    def spans(self) -> list[Span]:
        every = [one for members in self.members for one in members]
        return [Span(round(min(one.first_s for one in every), 3), round(max(one.end_s for one in every), 3))]


def _mean_rest(heard: Sequence[Heard]) -> float:
    return sum(one.rest * one.on_s for one in heard) / sum(one.on_s for one in heard)


def drafts_of(passage: Sequence[Heard]) -> list[Draft]:
    """Describe a row of sounds with nothing but silence between."""
    found: list[Draft] = []
    at = 0
    for cycle in find_cycles(passage):
        found += _lone(passage[at : cycle.first])
        draft, at = _cyclic(passage, cycle)
        if draft.cycles >= FEW_CYCLES or draft.steady_end or draft.rest <= ONCE_REST:
            found.append(draft)
    return found + _lone(passage[at:])


def _cyclic(passage: Sequence[Heard], cycle: Cycle) -> tuple[Draft, int]:
    """A cadence; with the sound after it, if that makes it a stutter tone. And where what follows begins."""
    phases = cycle.phases(passage)
    members = [list(passage[cycle.first + n : cycle.end : cycle.period]) for n in range(cycle.period)]
    if cycle.end < len(passage) and _stutters(phases, passage[cycle.end - 1], passage[cycle.end]):
        return _stutter(phases[0], members[0], passage[cycle.end]), cycle.end + 1
    heard_whole = [min(len(p.ons_s) if p.whole else 0, len(p.offs_s)) for p in phases]
    unsure: list[str] = []
    if not all(phase.whole for phase in phases):
        unsure.append("an on time was never heard from beginning to end: it is at least so long")
    if min(heard_whole) < FEW_CYCLES:
        unsure.append("the cadence was heard hardly once")
    turn = max(range(cycle.period), key=lambda n: _off(phases[n]))  # the longest pause ends the cycle
    order = [*range(turn + 1, cycle.period), *range(turn + 1)] if _off(phases[turn]) else list(range(cycle.period))
    draft = Draft([phases[n] for n in order], [members[n] for n in order], min(heard_whole), True, False, unsure)
    return draft, cycle.end


def _off(phase: Phase) -> float:
    return float(np.mean(phase.offs_s))


def _stutters(phases: list[Phase], last: Heard, after: Heard) -> bool:
    """Whether a few equal bursts go over into a steady tone."""
    if len(phases) != 1 or last.off_s is None or after.kind != phases[0].kind:
        return False
    if max(*phases[0].ons_s, *phases[0].offs_s) > STUTTER_S:
        return False
    long_enough = after.on_s >= max(STEADY_S, STUTTER * max(phases[0].ons_s))
    return long_enough and close(last.off_s, _off(phases[0]))


def _stutter(phase: Phase, members: list[Heard], steady: Heard) -> Draft:
    unsure = ["the recording may have begun after its first bursts"] if members[0].cut_first else []
    phases = [phase] * len(members) + [Phase(phase.kind, (math.inf,), (), True)]
    return Draft(phases, [[one] for one in members] + [[steady]], 0, True, True, unsure)


def _lone(passage: Sequence[Heard]) -> list[Draft]:
    """Sounds that do not repeat: steady tones, and bursts that came once."""
    found: list[Draft] = []
    row: list[Heard] = []
    for index, one in enumerate(passage):
        touched = _touches(passage[index - 1]) if index else False
        if one.on_s >= STEADY_S and not touched and not _touches(one):
            found += [*_once(row), _steady(one)]
            row = []
            continue
        row.append(one)
        if one.off_s is None or one.off_s > ONCE_PAUSE_S:
            found += _once(row)
            row = []
    return found + _once(row)


def _touches(one: Heard) -> bool:
    return one.off_s == 0


def _steady(one: Heard) -> Draft:
    unsure: list[str] = []
    if one.on_s < CERTAIN_S:
        ended = ", and its end was not heard" if one.cut_end else ""
        unsure.append(f"heard once, for {one.on_s:.2f} s{ended}: it may be one burst of a cadence")
    return Draft([Phase(one.kind, (math.inf,), (), True)], [[one]], 0, True, True, unsure)


def _once(row: list[Heard]) -> list[Draft]:
    """One draft of bursts that came once, if they are long and pure enough to be a tone."""
    length_s = sum(one.on_s for one in row)
    if not row or length_s < ONCE_S or len(row) > ONCE_BURSTS or _mean_rest(row) > ONCE_REST:
        return []
    unsure = ["heard once: whether and when it is repeated is not known"]
    if row[0].cut_first or row[-1].cut_end:
        unsure.append("its beginning or end was not heard: there may be more of it")
    offs = [() if one is row[-1] or one.off_s is None else (one.off_s,) for one in row]
    phases = [Phase(one.kind, (one.on_s,), off, True) for one, off in zip(row, offs, strict=True)]
    return [Draft(phases, [[one] for one in row], 0, False, False, unsure)]


def learned(drafts: list[Draft], source: str) -> list[LearnedTone]:
    """Describe every draft; those of one tone together."""
    groups: list[list[Draft]] = []
    for draft in sorted(drafts, key=lambda one: not one.cycles):  # cadences first, their fragments join them
        home = next((group for group in groups if _belongs(draft, group[0])), None)
        if home is None:
            groups.append([draft])
        else:
            home.append(draft)
    found = [_described(group, source) for group in groups]
    return sorted((one for one in found if one is not None), key=lambda one: one.heard[0].began_s)


def _belongs(draft: Draft, to: Draft) -> bool:
    """Whether it is the same tone, or a fragment of one whose cadence is known."""
    if len(draft.phases) == len(to.phases) and all(map(_same, draft.phases, to.phases)):
        return draft.repeats == to.repeats or bool(to.cycles)
    return bool(to.cycles) and not draft.cycles and all(_fragment(members[0], to) for members in draft.members)


def _same(a: Phase, b: Phase) -> bool:
    return a.kind == b.kind and _close(a.ons_s, b.ons_s) and _close(a.offs_s, b.offs_s)


def _close(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    if not a or not b or math.inf in (a[0], b[0]):
        return a[:1] == b[:1]
    return close(float(np.mean(a)), float(np.mean(b)))


def _fragment(one: Heard, of: Draft) -> bool:
    cut = one.cut_first or one.cut_end
    return any(
        phase.kind == one.kind and (close(one.on_s, max(phase.ons_s)) or (cut and one.on_s <= max(phase.ons_s)))
        for phase in of.phases
    )


def _described(group: list[Draft], source: str) -> LearnedTone | None:
    draft = group[0]
    alike = [other for other in group if len(other.phases) == len(draft.phases)]
    members = [[one for other in alike for one in other.members[n]] for n in range(len(draft.phases))]
    sounds = [_mean_sound([one.sound for one in sorted(m, key=lambda one: -one.on_s)[:50]]) for m in members]
    unsure = list(draft.unsure) if len(alike) == 1 or draft.cycles < FEW_CYCLES else []
    try:
        tone, time_spread_s = _tone(draft, alike, sounds, source)
    except ToneError:
        return None  # no network sends what cannot be described
    freq_spread_hz = max(_freq_spread_hz(m, sound) for m, sound in zip(members, sounds, strict=True))
    rest = float(np.mean([one.rest for m in members for one in m]))
    return LearnedTone(
        tone,
        sum(other.cycles for other in alike),
        tuple(sorted((span for other in group for span in other.spans), key=lambda span: span.began_s)),
        tuple(round(level, 1) for level in sounds[0].levels_dbm0),
        round(min(-10 * math.log10(max(rest, 1e-9)), 60.0), 1),
        round(freq_spread_hz, 2),
        round(time_spread_s, 4),
        (*unsure, *_doubts(sounds, tone)),
    )


def _mean_sound(sounds: list[Sound]) -> Sound:
    return Sound(
        tuple(np.mean([sound.freqs_hz for sound in sounds], axis=0).tolist()),
        tuple(np.mean([sound.levels_dbm0 for sound in sounds], axis=0).tolist()),
        float(np.mean([sound.modulation_hz for sound in sounds])),
        float(np.mean([sound.modulation_depth for sound in sounds])),
        any(sound.distorted for sound in sounds),
    )


def _freq_spread_hz(members: list[Heard], mean: Sound) -> float:
    freqs = np.array([one.sound.freqs_hz for one in members])
    return float(np.abs(freqs - np.array(mean.freqs_hz)).max())


def _tone(draft: Draft, alike: list[Draft], sounds: list[Sound], source: str) -> tuple[Tone, float]:
    """The description, and the spread of its times."""
    times = [_times(alike, n) for n in range(len(draft.phases))]
    spread_s = max((float(np.ptp(t)) / 2 for pair in times for t in pair if len(t) > 1), default=0.0)
    shares = [float(np.ptp(t) / 2 / np.mean(t)) for pair in times for t in pair if len(t) > 1 and np.mean(t) > 0]
    rounded = [tuple(round(freq, 1) for freq in sound.freqs_hz) for sound in sounds]
    one_sound = len({phase.kind for phase in draft.phases}) == 1
    bursts = tuple(
        Burst(_mean_s(on, math.inf), _mean_s(off, 0.0), () if one_sound else freqs)
        for (on, off), freqs in zip(times, rounded, strict=True)
    )
    modulated = sounds[0].modulation_hz > 0
    tone = Tone(
        rounded[0] if one_sound else (),
        () if bursts == (INFINITE,) else bursts,
        _level_dbm0(sounds),
        round(sounds[0].modulation_hz, 1),
        round(max(sounds[0].modulation_depth, 0.01), 2) if modulated else 0.9,
        draft.repeats,
        _freq_tolerance_hz(draft, sounds),
        min(max(CADENCE_TOLERANCE, round(SPREAD_TIMES * max(shares, default=0.0), 3)), MAX_CADENCE_TOLERANCE),
        source,
    )
    return tone, spread_s


def _times(alike: list[Draft], phase: int) -> tuple[list[float], list[float]]:
    ons = [on for draft in alike for on in draft.phases[phase].ons_s if draft.phases[phase].whole and on != math.inf]
    offs = [off for draft in alike for off in draft.phases[phase].offs_s]
    return ons or [on for on in alike[0].phases[phase].ons_s if on != math.inf], offs


def _mean_s(times_s: list[float], without: float) -> float:
    return round(float(np.mean(times_s)), 3) if times_s else without


def _level_dbm0(sounds: list[Sound]) -> float:
    """The mean, or what a description has room for before it clips."""
    level = float(np.mean([level for sound in sounds for level in sound.levels_dbm0]))
    depth = max(sound.modulation_depth for sound in sounds)
    room = LOUDEST_DBM0 - 20 * math.log10(max(len(sound.freqs_hz) for sound in sounds) * (1 + depth))
    return round(max(min(level, room), -60.0), 1)


def _freq_tolerance_hz(draft: Draft, sounds: list[Sound]) -> float:
    spread = max(
        _freq_spread_hz(members, sound) for members, sound in zip(draft.members, sounds, strict=True)
    )
    apart = [b - a for sound in sounds for a, b in zip(sound.freqs_hz, sound.freqs_hz[1:], strict=False)]
    wanted = max(FREQ_TOLERANCE_HZ, SPREAD_TIMES * spread)
    return round(min([wanted, *(FREQ_TOLERANCE_SHARE * distance for distance in apart)]), 1)


def _doubts(sounds: list[Sound], tone: Tone) -> list[str]:
    doubts: list[str] = []
    levels = [level for sound in sounds for level in sound.levels_dbm0]
    if max(levels) - min(levels) > UNEQUAL_DB:
        doubts.append(f"its frequencies differ in level by {max(levels) - min(levels):.1f} dB: a Tone has one level")
    if any(sound.distorted for sound in sounds):
        doubts.append("distorted: harmonics were left out")
    if float(np.mean(levels)) > tone.level_dbm0 + 0.2:
        doubts.append("louder than a tone can be described: the recording clips")
    if tone.modulation_hz and len({round(sound.modulation_hz) for sound in sounds}) > 1:
        doubts.append("its bursts are not modulated alike")
    return doubts
