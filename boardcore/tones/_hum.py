"""What is below the band of telephony taken away: direct current and the hum of the mains."""

from __future__ import annotations

import numpy as np

from boardcore.dsp import RATE_HZ
from boardcore.tones._sines import Floats

__all__ = ["HighPass"]

CORNER_HZ = 95.0  # half amplitude there; 60 Hz is 40 dB down, 130 Hz passes
HALF = 400  # taps either side of the middle


def _taps() -> Floats:
    """A windowed-sinc low-pass filter's negative with one added in its middle: it delays nothing."""
    at = np.arange(-HALF, HALF + 1)
    low = np.sinc(2 * CORNER_HZ / RATE_HZ * at) * np.hamming(2 * HALF + 1)
    taps: Floats = -low / low.sum()
    taps[HALF] += 1.0
    return taps


class HighPass:
    """Filters a stream of pieces; output is as long as input in all, and in step with it."""

    def __init__(self) -> None:
        self._taps = _taps()
        self._tail = np.zeros(0)
        self._begun = False

    def process(self, samples: Floats) -> Floats:
        """Take the next samples; return what is ready: half a filter's length less, at first."""
        if not self._begun and samples.size:
            self._tail = np.full(HALF, samples[:HALF].mean())  # direct current has been there before
            self._begun = True
        joined = np.concatenate([self._tail, samples])
        if joined.size <= 2 * HALF:
            self._tail = joined
            return np.zeros(0)
        self._tail = joined[-2 * HALF :]
        return self._filtered(joined)

    def _filtered(self, joined: Floats) -> Floats:
        size = 1 << (joined.size + 2 * HALF - 1).bit_length()
        whole = np.fft.irfft(np.fft.rfft(joined, size) * np.fft.rfft(self._taps, size), size)
        valid: Floats = whole[2 * HALF : joined.size]
        return valid

    def flush(self) -> Floats:
        """Return the rest."""
        if not self._begun:
            return np.zeros(0)
        return self.process(np.full(HALF, self._tail[-HALF:].mean()))
