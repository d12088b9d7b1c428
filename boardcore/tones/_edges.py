"""Edges of steady pieces: the moment before which the one model, and after which the other, leaves least over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from boardcore.dsp import RATE_HZ
from boardcore.tones._sines import Floats, Sines, corrected_fit, fit_at

__all__ = ["Piece", "alike", "place_edges"]

EDGE = RATE_HZ * 45 // 1000  # either side, where an edge is looked for
NEAR_EDGE = RATE_HZ // 5  # what amplitude and phase at an edge are fitted to
TOUCHING = RATE_HZ * 28 // 1000  # a shorter gap between pieces, before edges are placed, is not a pause
UNTOLD = RATE_HZ * 150 // 1000  # what was not good for either piece, in one run
PASSES = 2  # the second with models that the wrong side of an edge does not disturb
SAME_HZ = 5.0
INSIDE = RATE_HZ * 2 // 1000  # an edge is so uncertain
SHORTEST = RATE_HZ * 20 // 1000  # what edges leave of a piece, if it is one
LEAST_MEASURED = RATE_HZ * 25 // 1000
MEASURED = 3 * RATE_HZ  # a longer piece was joined of several, each measured


@dataclass(frozen=True, slots=True)
class Piece:
    """Sines from sample `first` to `end` of the recording."""

    first: int
    end: int
    freqs_hz: tuple[float, ...]
    amplitudes: tuple[float, ...]
    rest: float
    open_first: bool = False  # goes on before: the recording, or the part of it worked on, began inside
    open_end: bool = False
    follows: bool = False  # in one run with the piece before: no pause between


def alike(one: Piece, other: Piece) -> bool:
    """Whether both have the same frequencies. A side band near the threshold may be missing in one."""
    strong, weak = _strong(one), _strong(other)
    return len(strong) == len(weak) and all(abs(a - b) <= SAME_HZ for a, b in zip(strong, weak, strict=True))


def _strong(piece: Piece) -> list[float]:
    least = 0.2 * max(piece.amplitudes)
    return [freq for freq, amplitude in zip(piece.freqs_hz, piece.amplitudes, strict=True) if amplitude >= least]


def place_edges(samples: Floats, pieces: list[Piece]) -> list[Piece]:
    """Move every edge to where it belongs, and join pieces of one sound. Sample numbers are those of `samples`."""
    placed = _joined(pieces)
    touching = [_touch(a, b) for a, b in pairwise(placed)]
    for _ in range(PASSES):
        placed = _pass(samples, placed, [False, *touching, False])
    return [_measured(samples, piece) for piece in placed if piece.end - piece.first >= SHORTEST]


def _touch(one: Piece, other: Piece) -> bool:
    return other.first - one.end < (UNTOLD if other.follows or one.open_end else TOUCHING)


def _pass(samples: Floats, pieces: list[Piece], touching: list[bool]) -> list[Piece]:
    """Place every edge once; `touching` has the gap before each piece and that after the last."""
    placed = list(pieces)
    for index in range(len(placed)):
        if not touching[index]:
            before = placed[index - 1].end if index else None
            placed[index] = _first_placed(samples, placed[index], before)
        if not touching[index + 1]:
            after = placed[index + 1].first if index + 1 < len(placed) else None
            placed[index] = _end_placed(samples, placed[index], after)
    for index in range(1, len(placed)):
        if touching[index]:
            placed[index - 1 : index + 1] = _parted(samples, *placed[index - 1 : index + 1])
    return placed


def _measured(samples: Floats, piece: Piece) -> Piece:
    """Frequencies, levels and what is left over, between the edges as they are now."""
    first, end = max(piece.first, 0) + INSIDE, min(piece.end, samples.size) - INSIDE
    if not LEAST_MEASURED <= end - first <= MEASURED:
        return piece
    sines = corrected_fit(samples[first:end], np.array(piece.freqs_hz))
    freqs, amplitudes = sines.freqs_hz.tolist(), sines.amplitudes.tolist()
    return replace(piece, freqs_hz=tuple(freqs), amplitudes=tuple(amplitudes), rest=sines.rest)


def _joined(pieces: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if found and _touch(found[-1], piece) and alike(found[-1], piece):
            found[-1] = _both(found[-1], piece)
        else:
            found.append(piece)
    return found


def _both(one: Piece, other: Piece) -> Piece:
    """Two pieces as one: the longer says what it is."""
    longer = max(one, other, key=lambda piece: piece.end - piece.first)
    return replace(
        longer, first=one.first, end=other.end,
        open_first=one.open_first, open_end=other.open_end, follows=one.follows,
    )  # fmt: skip


def _near(samples: Floats, first: int, end: int, piece: Piece) -> Sines:
    first = max(first, 0)
    return fit_at(samples[first:end], np.array(piece.freqs_hz), first)


def _at_beginning(samples: Floats, piece: Piece) -> Sines:
    return _near(samples, piece.first, min(piece.end, piece.first + NEAR_EDGE), piece)


def _at_end(samples: Floats, piece: Piece) -> Sines:
    return _near(samples, max(piece.first, piece.end - NEAR_EDGE), piece.end, piece)


def _first_placed(samples: Floats, piece: Piece, before: int | None) -> Piece:
    """The beginning, after silence or other sound; `before` is where the piece before ends."""
    if piece.open_first or piece.first < 0:
        return piece
    outer = EDGE if before is None else max(min(EDGE, (piece.first - before) // 2), 0)
    low, high = max(piece.first - outer, 0), piece.first + min(EDGE, (piece.end - piece.first) // 3)
    gain = _gain(samples, _at_beginning(samples, piece), low, high)
    return replace(piece, first=low + int(np.argmax(np.cumsum(gain[::-1])[::-1]))) if gain.size else piece


def _end_placed(samples: Floats, piece: Piece, after: int | None) -> Piece:
    """The end, before silence or other sound; `after` is where the next piece begins."""
    if piece.open_end:
        return piece
    outer = EDGE if after is None else max(min(EDGE, (after - piece.end) // 2), 0)
    low, high = piece.end - min(EDGE, (piece.end - piece.first) // 3), min(piece.end + outer, samples.size)
    gain = _gain(samples, _at_end(samples, piece), low, high)
    return replace(piece, end=low + int(np.argmax(np.cumsum(gain))) + 1) if gain.size else piece


def _gain(samples: Floats, sines: Sines, low: int, high: int) -> Floats:
    """How much better each sample is told by the sines than by nothing."""
    wave = sines.wave(low, high)
    gain: Floats = wave * (2 * samples[low:high] - wave)
    return gain


def _parted(samples: Floats, one: Piece, other: Piece) -> list[Piece]:
    """The edge between two pieces that touch."""
    low = max(one.end - min(EDGE, (one.end - one.first) // 3), 0)
    high = min(other.first + min(EDGE, (other.end - other.first) // 3), samples.size)
    if high <= low:
        return [one, other]
    here = samples[low:high]
    left, right = _at_end(samples, one).wave(low, high), _at_beginning(samples, other).wave(low, high)
    lost = np.concatenate([[0.0], np.cumsum((here - left) ** 2 - (here - right) ** 2)])
    at = low + int(np.argmin(lost))
    return [replace(one, end=at, open_end=False), replace(other, first=at, open_first=False)]
