"""Which sines a piece of sound is made of, by least squares.

The strongest peak of the spectrum is taken, then what is left is searched again; after each new sine all frequencies
are corrected together (Gauss-Newton), so that two sines nearer than the window's main lobe still part. Whether the
piece is a tone at all is told by what the sines leave over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ

__all__ = ["Floats", "Sines", "find_sines", "fit_at"]

Floats = npt.NDArray[np.float64]
LOW_HZ, HIGH_HZ = 100.0, 3800.0  # below is hum
MAX_SINES = 6  # two carriers and their side bands
SINE_S = 0.02  # a piece so long has room for one sine, twice as long for two
WEAKEST = 10 ** (-26 / 20)  # amplitude against the strongest; below are noise and the law's distortion
HOPELESS = (1.0, 0.85, 0.62, 0.4, 0.25)  # left over by so many sines: it will not be a tone with more either
GOOD = 1e-5  # left over: nothing else to be found
ROUNDS = 2  # of correction after each new sine


@dataclass(frozen=True, slots=True)
class Sines:
    """Sines that together come nearest to a piece of sound."""

    freqs_hz: Floats
    weights: Floats  # of cosine and sine, (2, n), time counted from `origin`
    origin: int
    rest: float  # share of the power that they leave over

    @property
    def amplitudes(self) -> Floats:
        """Peak amplitude of each, in steps of int16."""
        amplitudes: Floats = np.hypot(self.weights[0], self.weights[1])
        return amplitudes

    def wave(self, first: int, end: int) -> Floats:
        """Their sum for samples `first` to `end`, counted as `origin` is."""
        angles = _angles(self.freqs_hz, np.arange(first - self.origin, end - self.origin, dtype=np.float64))
        wave: Floats = np.cos(angles) @ self.weights[0] + np.sin(angles) @ self.weights[1]
        return wave


def _angles(freqs_hz: Floats, at: Floats) -> Floats:
    angles: Floats = np.outer(at, 2 * np.pi / RATE_HZ * freqs_hz)
    return angles


def fit_at(samples: Floats, freqs_hz: Floats, origin: int = 0) -> Sines:
    """Fit amplitudes and phases of known frequencies to all of `samples`, the first of which is number `origin`."""
    middle = samples.size // 2
    angles = _angles(freqs_hz, np.arange(samples.size, dtype=np.float64) - middle)
    basis = np.hstack([np.cos(angles), np.sin(angles)])
    weights = _solve(basis, samples)
    left = samples - basis @ weights
    rest = float(left @ left) / max(float(samples @ samples), 1e-9)
    return Sines(freqs_hz, weights.reshape(2, -1), origin + middle, min(rest, 1.0))


def _solve(basis: Floats, samples: Floats) -> Floats:
    """Least squares by normal equations; the ridge keeps two sines that have met from breaking it."""
    square = basis.T @ basis
    square[np.diag_indices_from(square)] *= 1 + 1e-9
    return np.asarray(np.linalg.lstsq(square, basis.T @ samples, rcond=1e-12)[0], np.float64)


def _corrected(samples: Floats, freqs_hz: Floats) -> Floats:
    """One Gauss-Newton step: the time-weighted quadratures of each sine say how far its frequency is off."""
    at = np.arange(samples.size, dtype=np.float64) - samples.size // 2
    angles = _angles(freqs_hz, at)
    cosines, sines = np.cos(angles), np.sin(angles)
    count = freqs_hz.size
    plain = np.hstack([cosines, sines])
    weights = _solve(plain, samples)
    a, b = weights[:count], weights[count:]
    slope = (b * cosines - a * sines) * (at * 2 * np.pi / RATE_HZ)[:, None]
    step = _solve(np.hstack([plain, slope]), samples)[2 * count :]
    limit = 0.5 * RATE_HZ / samples.size
    return np.clip(freqs_hz + np.clip(step, -limit, limit), LOW_HZ, HIGH_HZ)


def find_sines(samples: Floats) -> Sines:
    """Find the sines of a piece of sound that is at least 25 ms long; without any if there is no sound."""
    room = int(np.clip(samples.size / RATE_HZ / SINE_S, 1, MAX_SINES))
    window = np.hanning(samples.size)
    size = 1 << (4 * samples.size - 1).bit_length()
    best = fit_at(samples, np.zeros(0))
    left = samples
    for _ in range(room):
        freq = _peak_hz(left * window, size)
        if freq is None:
            break
        freqs = np.append(best.freqs_hz, freq)
        for _ in range(ROUNDS):
            freqs = _corrected(samples, freqs)
        found = fit_at(samples, freqs)
        if not _worth(found, best, max(RATE_HZ / samples.size, 1.0)):
            break
        best = found
        if best.rest < GOOD or best.rest > HOPELESS[min(best.freqs_hz.size, len(HOPELESS) - 1)]:
            break
        left = samples - best.wave(0, samples.size)
    order = np.argsort(best.freqs_hz)
    return Sines(best.freqs_hz[order], best.weights[:, order], best.origin, best.rest)


def _worth(found: Sines, best: Sines, resolved_hz: float) -> bool:
    amplitudes = found.amplitudes
    apart = np.diff(np.sort(found.freqs_hz))
    return bool(
        found.rest < best.rest
        and amplitudes.min() >= WEAKEST * amplitudes.max()
        and (not apart.size or apart.min() > resolved_hz)
    )


def _peak_hz(windowed: Floats, size: int) -> float | None:
    spectrum = np.abs(np.fft.rfft(windowed, size))
    low, high = int(LOW_HZ * size / RATE_HZ), int(HIGH_HZ * size / RATE_HZ)
    at = low + int(np.argmax(spectrum[low:high]))
    if spectrum[at] <= 0:
        return None
    return at * RATE_HZ / size
