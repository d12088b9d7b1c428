"""From steady pieces to what a network sent: sounds, how long each lasted, and the pauses between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from boardcore.dsp import RATE_HZ
from boardcore.tones._edges import Piece
from boardcore.tones._pieces import RMS_0DBM0
from boardcore.tones._runs import FRAME, HOP
from boardcore.tones._sines import Floats
from boardcore.tones._tone import MAX_FREQS

__all__ = ["Heard", "Sound", "passages", "sound_of"]

Line = tuple[float, float]  # frequency, amplitude
SAME_HZ = 5.0  # two sounds of one recording are one
SYMMETRIC_HZ = 2.0  # side bands about their carrier
MAX_MODULATION_HZ = 120.0
SIDE_SHARE = 0.62  # of the carrier's amplitude: a whole modulation has 0.5
SIDE_RATIO = 1.5  # between the two
HARMONICS = range(2, 10)
HARMONIC_SHARE = 10 ** (-8 / 20)  # weaker ones are distortion, not a frequency of the tone
LOUD_FRAMES = 5  # 72 ms: more than a click
EDGE_FRAMES = 3
AT_EDGE = RATE_HZ * 6 // 100  # other sound so near hides the edge
NOISE_TIMES = 4.0  # what stands 6 dB above the noise is a sound
LOUD = 0.1  # so does what is 10 dB below the tone
LONGEST_PAUSE_S = 20.0
TOUCHING_S = 0.015  # no pause


@dataclass(frozen=True, slots=True)
class Sound:
    """One or more frequencies at a time, perhaps modulated."""

    freqs_hz: tuple[float, ...]
    levels_dbm0: tuple[float, ...]
    modulation_hz: float = 0.0
    modulation_depth: float = 0.0
    distorted: bool = False

    def same(self, other: Sound) -> bool:
        """Whether both are one sound of one network."""
        if len(self.freqs_hz) != len(other.freqs_hz) or bool(self.modulation_hz) != bool(other.modulation_hz):
            return False
        pairs = zip(self.freqs_hz, other.freqs_hz, strict=True)
        rates_apart_hz = abs(self.modulation_hz - other.modulation_hz)
        return all(abs(a - b) <= SAME_HZ for a, b in pairs) and rates_apart_hz <= SYMMETRIC_HZ


@dataclass(slots=True)
class Heard:
    """A sound that lasted, and the pause after it: None if other sound or the recording's end came there."""

    sound: Sound
    first_s: float
    on_s: float
    rest: float
    cut_first: bool = False  # it may have begun before
    cut_end: bool = False  # it may have gone on
    off_s: float | None = None
    kind: int = field(default=-1)  # which of the recording's sounds

    @property
    def end_s(self) -> float:
        return self.first_s + self.on_s


def sound_of(piece: Piece) -> Sound | None:
    """Return what a piece sounds like; None if no network's tone does."""
    lines = list(zip(piece.freqs_hz, piece.amplitudes, strict=True))
    strongest = max(lines, key=_amplitude)
    clean = [line for line in lines if not _harmonic(line, strongest)]
    modulated = _modulated(clean)
    carriers = [(freq, amplitude) for freq, amplitude in (modulated[0] if modulated else clean)]
    if len(carriers) > MAX_FREQS:
        return None
    return Sound(
        tuple(freq for freq, _ in carriers),
        tuple(20 * math.log10(max(amplitude, 1e-3) / (RMS_0DBM0 * math.sqrt(2))) for _, amplitude in carriers),
        modulated[1] if modulated else 0.0,
        min(modulated[2], 1.0) if modulated else 0.0,
        len(clean) < len(lines),
    )


def _harmonic(line: Line, of: Line) -> bool:
    near = any(abs(line[0] - times * of[0]) < 3.0 for times in HARMONICS)
    return near and line[1] < HARMONIC_SHARE * of[1]


def _amplitude(line: Line) -> float:
    return line[1]


def _modulated(lines: list[Line]) -> tuple[list[Line], float, float] | None:
    """Carriers, rate and depth if every line is a carrier with two side bands, or one of those."""
    left: list[Line] = list(lines)
    carriers: list[Line] = []
    rates: list[float] = []
    depths: list[float] = []
    while left:
        carrier: Line = max(left, key=_amplitude)
        pairs = list(combinations(left, 2))
        sides = [(low, high) for low, high in pairs if _sides(carrier, low, high)][:1]
        if not sides:
            return None
        low, high = sides[0]
        for line in (carrier, low, high):
            left.remove(line)
        carriers.append(carrier)
        rates.append((high[0] - low[0]) / 2)
        depths.append((low[1] + high[1]) / carrier[1])
    if max(rates) - min(rates) > SYMMETRIC_HZ:
        return None
    return sorted(carriers), float(np.mean(rates)), float(np.mean(depths))


def _sides(carrier: Line, low: Line, high: Line) -> bool:
    below_hz, above_hz = carrier[0] - low[0], high[0] - carrier[0]
    weaker, stronger = sorted((low[1], high[1]))
    return (
        0 < below_hz <= MAX_MODULATION_HZ
        and abs(below_hz - above_hz) <= SYMMETRIC_HZ
        and stronger <= SIDE_SHARE * carrier[1]
        and stronger <= SIDE_RATIO * weaker
    )


def passages(pieces: Sequence[Piece], powers: Floats, samples: int, least: float) -> list[list[Heard]]:
    """Return sounds in order of time, parted where something else than silence came between."""
    found: list[list[Heard]] = []
    for index, piece in enumerate(pieces):
        sound = sound_of(piece)
        if sound is None:
            continue
        before = pieces[index - 1].end if index else 0
        after = pieces[index + 1].first if index + 1 < len(pieces) else samples
        heard = _heard(piece, sound, powers, (before, after, samples), least)
        last = found[-1][-1] if found else None
        if last is not None and last.off_s is not None and sound_of(pieces[index - 1]) is not None:
            found[-1].append(heard)
        else:
            found.append([heard])
    _number([heard for passage in found for heard in passage])
    for passage in found:
        passage[-1].off_s = None
    return found


def _heard(piece: Piece, sound: Sound, powers: Floats, around: tuple[int, int, int], least: float) -> Heard:
    before, after, samples = around
    power = sum(amplitude**2 for amplitude in piece.amplitudes) / 2
    threshold = min(LOUD * power, max(NOISE_TIMES * piece.rest * power, least))
    pause_s = max(after - piece.end, 0) / RATE_HZ
    quiet = after < samples and pause_s <= LONGEST_PAUSE_S and not _loud(powers, piece.end, after, threshold)
    near_first, near_end = max(before, piece.first - AT_EDGE), min(after, piece.end + AT_EDGE)
    at_beginning = piece.first < TOUCHING_S * RATE_HZ
    at_end = piece.end > samples - TOUCHING_S * RATE_HZ
    return Heard(
        sound,
        piece.first / RATE_HZ,
        (piece.end - piece.first) / RATE_HZ,
        piece.rest,
        at_beginning or _loud(powers, near_first, piece.first, threshold, EDGE_FRAMES),
        at_end or _loud(powers, piece.end, near_end, threshold, EDGE_FRAMES),
        (pause_s if pause_s > TOUCHING_S else 0.0) if quiet else None,
    )


def _loud(powers: Floats, first: int, end: int, threshold: float, frames: int = LOUD_FRAMES) -> bool:
    """Whether other sound than a click is between two samples."""
    inside = powers[-(-first // HOP) : max((end - FRAME) // HOP + 1, 0)] > threshold
    if inside.size < frames:
        return False
    return bool(np.convolve(inside, np.ones(frames, np.int64)).max() >= frames)


def _number(heard: list[Heard]) -> None:
    """Give the same number to what is the same sound."""
    kinds: list[Sound] = []
    for one in heard:
        one.kind = next((n for n, sound in enumerate(kinds) if sound.same(one.sound)), len(kinds))
        if one.kind == len(kinds):
            kinds.append(one.sound)
