"""Waveform and spectrogram of a recording of any length in as many columns as a picture has."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ

__all__ = ["COLUMNS", "Overview"]

COLUMNS = 1400
FRAME = 256
BINS = FRAME // 2 + 1
LEAST_HOP, MOST_HOP = 16, FRAME
FULL_SCALE = 32768.0
Samples = npt.NDArray[np.int16]


class Overview:
    """One channel's. Fed block by block; its size does not depend on how long the recording is."""

    def __init__(self, samples: int) -> None:
        self.total = max(samples, 1)
        self.columns = min(COLUMNS, max(samples // LEAST_HOP, 1))
        self.low = np.zeros(self.columns)
        self.high = np.zeros(self.columns)
        self._powers = np.zeros((self.columns, BINS))
        self._frames = np.zeros(self.columns)
        self._hop = int(np.clip(self.total // self.columns, LEAST_HOP, MOST_HOP))
        self._at = 0
        self._kept = np.zeros(FRAME // 2)  # a frame's column is where its middle is
        self._frame_at = 0  # middle of the next frame

    def process(self, samples: Samples) -> None:
        """Take the next samples."""
        scaled = samples / FULL_SCALE
        if scaled.size:
            column = self._column(np.arange(self._at, self._at + scaled.size))
            edges = np.flatnonzero(np.diff(column, prepend=-1))
            which = column[edges]
            self.low[which] = np.minimum(self.low[which], np.minimum.reduceat(scaled, edges))
            self.high[which] = np.maximum(self.high[which], np.maximum.reduceat(scaled, edges))
        self._at += scaled.size
        self._spectra(scaled)

    def _column(self, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        column: npt.NDArray[np.int64] = np.minimum(at * self.columns // self.total, self.columns - 1)
        return column

    def _spectra(self, scaled: npt.NDArray[np.float64]) -> None:
        self._kept = np.concatenate([self._kept, scaled])
        count = (self._kept.size - FRAME) // self._hop + 1
        if count < 1:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._kept, FRAME)[:: self._hop][:count]
        window = np.hanning(FRAME)
        column = self._column(self._frame_at + self._hop * np.arange(count))
        for first in range(0, count, 4096):
            powers = np.abs(np.fft.rfft(frames[first : first + 4096] * window)) ** 2
            np.add.at(self._powers, column[first : first + 4096], powers)
        np.add.at(self._frames, column, 1)
        self._kept = self._kept[count * self._hop :]
        self._frame_at += count * self._hop

    def finish(self) -> None:
        """The recording is over: the last frames reach into silence."""
        self._spectra(np.zeros(FRAME // 2))

    def spectrogram_db(self) -> npt.NDArray[np.float64]:
        """Mean power of a column's frames against a sine of full scale, (bins, columns)."""
        counts = np.maximum(self._frames, 1)[:, None]
        powers = self._powers / counts
        for column in map(int, np.flatnonzero(self._frames == 0)):  # shorter than a hop: as the one before
            powers[column] = powers[max(column - 1, 0)]
        scale = (np.hanning(FRAME).sum() / 2) ** 2
        result: npt.NDArray[np.float64] = 10 * np.log10(powers.T / scale + 1e-12)
        return result

    @property
    def duration_s(self) -> float:
        """Of what it was made for."""
        return self.total / RATE_HZ
