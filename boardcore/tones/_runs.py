"""Where a sound might be a tone: runs of frames that hold nearly all their power in a few narrow places.

Only a first look, fast and generous. Frames are 32 ms, 10 ms apart; runs are then cut at pauses, which the envelope
shows to a few milliseconds. A beat of two frequencies or a modulation dips too, but not for so long.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ
from boardcore.tones._sines import HIGH_HZ, LOW_HZ, Floats

__all__ = ["HOP", "frame_powers", "spectra", "tonal_runs"]

FRAME, HOP = 256, 80
HOLE = 2  # frames that are bridged
LOBE = 2  # bins either side of a peak, Hann
PEAKS = 4
TONAL = 0.75  # share of the power within the peaks
ENVELOPE = 40  # samples that the envelope is taken over, 5 ms
STEP = 8  # samples, 1 ms
AROUND_MS = 60  # a pause is quiet against what is so near
QUIET = 10**-1.3  # power
PAUSE_MS = 23  # dips of a 16 Hz modulation are shorter; the shortest pause of a network's tone is 40
SHORTEST = RATE_HZ * 25 // 1000

Bools = npt.NDArray[np.bool_]


def spectra(samples: Floats) -> Floats:
    """Power spectra of the frames, (frames, bins), in the band of telephony; the sum of a sine's is its power."""
    if samples.size < FRAME:
        return np.zeros((0, FRAME // 2 + 1))
    window = np.hanning(FRAME + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    powers = np.abs(np.fft.rfft(frames * window)) ** 2 * (2 / (FRAME * float(window @ window)))
    bins = np.arange(FRAME // 2 + 1) * RATE_HZ / FRAME
    powers[:, (bins < LOW_HZ) | (bins > HIGH_HZ)] = 0
    result: Floats = powers
    return result


def frame_powers(powers: Floats) -> Floats:
    """Mean square of each frame, in the band."""
    sums: Floats = powers.sum(axis=1)
    return sums


def _tonal(powers: Floats, least: float) -> Bools:
    """Frames with `TONAL` of their power within the strongest peaks, and enough of it."""
    total = frame_powers(powers)
    left = np.pad(powers, ((0, 0), (LOBE, LOBE)))
    rows = np.arange(len(powers))
    held = np.zeros(powers.shape[0])
    for _ in range(PEAKS):
        peak = np.argmax(left, axis=1)
        for offset in range(-LOBE, LOBE + 1):
            at = np.clip(peak + offset, 0, left.shape[1] - 1)
            held += left[rows, at]
            left[rows, at] = 0
    return _bridged((total >= least) & (held >= TONAL * total))


def _bridged(flags: Bools) -> Bools:
    """Without the holes that noise makes where a modulated tone is at its weakest."""
    holes = [(a, b) for a, b in _stretches(~flags) if 0 < a and b < flags.size and b - a <= HOLE]
    for first, end in holes:
        flags[first:end] = True
    return flags


def _stretches(flags: Bools) -> list[tuple[int, int]]:
    """First and end of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _pauses(samples: Floats) -> list[tuple[int, int]]:
    """Where the envelope is far below what surrounds it for longer than a beat's dip, in samples."""
    squares = np.concatenate([[0.0], np.cumsum(samples * samples)])
    starts = np.arange(0, max(samples.size - ENVELOPE, 0) + 1, STEP)
    ends = np.minimum(starts + ENVELOPE, samples.size)
    envelope = (squares[ends] - squares[starts]) / ENVELOPE
    around = np.lib.stride_tricks.sliding_window_view(np.pad(envelope, AROUND_MS), 2 * AROUND_MS + 1).max(axis=1)
    middle = ENVELOPE // 2
    return [
        (a * STEP + middle, b * STEP + middle)
        for a, b in _stretches(envelope < QUIET * around)
        if b - a >= PAUSE_MS
    ]  # fmt: skip


def tonal_runs(samples: Floats, powers: Floats, least: float) -> list[tuple[int, int]]:
    """Spans of samples that might be a tone, first and end; `least` is the mean square below which nothing counts."""
    pauses = _pauses(samples)
    runs: list[tuple[int, int]] = []
    for first_frame, end_frame in _stretches(_tonal(powers, least)):
        first, end = first_frame * HOP + HOP, (end_frame - 1) * HOP + FRAME - HOP
        for pause_first, pause_end in [(a, b) for a, b in pauses if a < end and b > first]:
            if pause_first - first >= SHORTEST:
                runs.append((first, pause_first))
            first = pause_end
        if end - first >= SHORTEST:
            runs.append((first, end))
    return runs
