"""Steady pieces of a recording: from when to when which frequencies sounded. Works on a stream, in bounded memory.

A run that might be a tone (`_runs.py`) is one if few sines leave next to nothing over. If not, it may be two tones
that touch, or a tone and speech: it is parted where its spectrum changes most, and each part is tried. Edges come from
the samples: the one moment before which the one model, and after which the other, leaves least over.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boardcore.dsp import RATE_HZ
from boardcore.tones._edges import Piece, place_edges
from boardcore.tones._hum import HighPass
from boardcore.tones._runs import FRAME, HOP, frame_powers, spectra, tonal_runs
from boardcore.tones._sines import Floats, Sines, find_sines, power_sum

__all__ = ["RMS_0DBM0", "Piece", "PieceFinder"]

RMS_0DBM0 = 16141.0  # G.711 clause 5
STEP = 4 * RATE_HZ  # worked on at a time; a multiple of HOP
LONGEST = 2 * RATE_HZ  # a longer run is taken in parts
MARGIN = RATE_HZ // 4  # kept before an open run
LEFT_OVER = 0.1  # 10 dB of signal to noise
INSIDE = RATE_HZ * 3 // 1000  # a run's edges are so uncertain
INSIDE_PARTED = RATE_HZ * 12 // 1000  # and those where it was parted
SHORTEST = RATE_HZ * 25 // 1000
PARTED = RATE_HZ * 90 // 1000  # the shortest part of a run that is parted
UNEVEN, UNEVEN_SHARE = RATE_HZ * 20 // 1000, 0.25  # in so short a time so much of the piece's power
TRIED = RATE_HZ * 3 // 10  # a run so short may be a tone with other sound at its edges
CHANGE = 5  # frames either side, compared to find a change


class PieceFinder:
    """Finds pieces in a stream. What it finds does not depend on how the stream is cut."""

    def __init__(self, min_level_dbm0: float) -> None:
        self._least = (RMS_0DBM0 * 10 ** (min_level_dbm0 / 20)) ** 2
        self._high_pass = HighPass()
        self._blocks: list[Floats] = []
        self._waiting = 0
        self._kept = np.zeros(0)  # samples that are still needed
        self._kept_at = 0  # number of their first
        self._done = 0  # everything before has been looked at
        self._open = False  # a run was parted there
        self.pieces: list[Piece] = []
        self.powers: list[Floats] = []  # mean square of the band, every 10 ms
        self._measured = 0  # frames

    def process(self, samples: Floats) -> None:
        """Take the next samples."""
        while samples.size:
            part, samples = samples[: STEP - self._waiting], samples[STEP - self._waiting :]
            self._blocks.append(part)
            self._waiting += part.size
            if self._waiting == STEP:
                self._work(last=False)

    def finish(self) -> None:
        """The recording is over."""
        self._work(last=True)

    @property
    def samples(self) -> int:
        """How many have been looked at."""
        return self._kept_at + self._kept.size

    def _work(self, last: bool) -> None:
        fresh = self._high_pass.process(np.concatenate([np.zeros(0), *self._blocks]))
        if last:
            fresh = np.concatenate([fresh, self._high_pass.flush()])
        self._blocks, self._waiting = [], 0
        self._kept = np.concatenate([self._kept, fresh])
        powers = spectra(self._kept)
        levels = frame_powers(powers)[self._measured - self._kept_at // HOP :]
        self.powers.append(levels)
        self._measured += levels.size
        self._find(powers, last)
        keep = max((self._done - MARGIN - self._kept_at) // HOP * HOP, 0)
        self._kept, self._kept_at = self._kept[keep:], self._kept_at + keep

    def _find(self, powers: Floats, last: bool) -> None:
        """Take the pieces that are over."""
        settled = self._kept.size - MARGIN * (not last)
        done = self._done - self._kept_at
        found: list[Piece] = []
        reached, cut_open = max(settled, done), False
        for run_first, end in tonal_runs(self._kept, powers, self._least):
            first = max(run_first, done)
            if end - first < SHORTEST:
                continue
            goes_on = self._open and first == done
            if end > settled:
                cut = max(settled - first, 0) // LONGEST * LONGEST
                reached, cut_open = first + cut, bool(cut) or goes_on
                found += self._run_pieces(first, first + cut, goes_on, cut_open)
                break
            found += self._run_pieces(first, end, goes_on, False)
        self._done, self._open = reached + self._kept_at, cut_open
        self._store(found)

    def _run_pieces(self, first: int, end: int, goes_on: bool, cut_open: bool) -> list[Piece]:
        """A run's pieces, `LONGEST` at a time."""
        found: list[Piece] = []
        continued = goes_on
        while end - first > 0:
            until = end if end - first < 2 * LONGEST else first + LONGEST
            found += self._pieces(first, until, goes_on, until < end or cut_open)
            first, goes_on = until, True
        return [replace(piece, follows=continued or index > 0) for index, piece in enumerate(found)]

    def _pieces(
        self, first: int, end: int, goes_on: bool, cut_open: bool, inside: tuple[int, int] = (INSIDE, INSIDE)
    ) -> list[Piece]:
        core_first, core_end = first + inside[0] * (not goes_on), end - inside[1] * (not cut_open)
        if core_end - core_first < SHORTEST:
            return []
        sines = find_sines(self._kept[core_first:core_end])
        good = _good(sines) and self._even(sines, core_first, core_end)
        if not good and core_end - core_first < TRIED:
            trim = (core_end - core_first) // 5
            core_first, core_end = core_first + trim, core_end - trim
            goes_on = cut_open = False
            if core_end - core_first >= SHORTEST:
                sines = find_sines(self._kept[core_first:core_end])
                good = _good(sines)
        if good:
            freqs, amplitudes = map(tuple, (sines.freqs_hz.tolist(), sines.amplitudes.tolist()))
            return [Piece(core_first, core_end, freqs, amplitudes, sines.rest, goes_on, cut_open)]
        return self._parted(first, end, goes_on, cut_open, inside)

    def _even(self, sines: Sines, first: int, end: int) -> bool:
        """Whether what is left over is spread evenly: else the piece reaches into another sound."""
        here = self._kept[first:end]
        left = (here - sines.wave(0, here.size)) ** 2
        blocks = left[: left.size // UNEVEN * UNEVEN].reshape(-1, UNEVEN).mean(axis=1)
        return not blocks.size or float(blocks.max()) <= UNEVEN_SHARE * power_sum(here) / here.size

    def _parted(
        self, first: int, end: int, goes_on: bool, cut_open: bool, inside: tuple[int, int]
    ) -> list[Piece]:
        at = first + self._change(first, end)
        if at - first < PARTED or end - at < PARTED:
            return []
        left = self._pieces(first, at, goes_on, False, (inside[0], INSIDE_PARTED))
        return left + self._pieces(at, end, False, cut_open, (INSIDE_PARTED, inside[1]))

    def _change(self, first: int, end: int) -> int:
        """Where the spectrum changes most, in samples from `first`; 0 if the span is too short to tell."""
        shapes = np.sqrt(spectra(self._kept[first:end]))
        count = shapes.shape[0] - 2 * CHANGE + 1
        if count < 1:
            return 0
        sums = np.concatenate([np.zeros((1, shapes.shape[1])), np.cumsum(shapes, axis=0)])
        before = sums[CHANGE : CHANGE + count] - sums[:count]
        after = sums[2 * CHANGE :] - sums[CHANGE : CHANGE + count]
        change = ((before - after) ** 2).sum(axis=1)
        room = max(PARTED // HOP - CHANGE, 0)
        inner = change[room : count - room] if count > 2 * room else change
        best = int(np.argmax(inner)) + (room if count > 2 * room else 0)
        return (best + CHANGE) * HOP + (FRAME - HOP) // 2

    def _store(self, found: list[Piece]) -> None:
        """Put edges right and keep the pieces. With the one before in an open run: its end is seen only now."""
        goes_on = bool(found) and found[0].follows
        local = [self._moved(piece, -self._kept_at) for piece in self.pieces[-1:] if piece.open_end or goes_on]
        local = [replace(piece, open_first=True) for piece in local]  # its first edge is in place
        del self.pieces[len(self.pieces) - len(local) :]
        placed = place_edges(self._kept, [*local, *found])
        self.pieces += [self._moved(piece, self._kept_at) for piece in placed]

    @staticmethod
    def _moved(piece: Piece, by: int) -> Piece:
        return replace(piece, first=piece.first + by, end=piece.end + by)


def _good(sines: Sines) -> bool:
    return sines.freqs_hz.size > 0 and sines.rest <= LEFT_OVER
