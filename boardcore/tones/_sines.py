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

__all__ = ["Floats", "Sines", "corrected_fit", "find_sines", "fit_at", "power_sum"]

Floats = npt.NDArray[np.float64]
LOW_HZ, HIGH_HZ = 100.0, 3800.0  # below is hum
MAX_SINES = 6  # two carriers and their side bands
SINE_S = 0.02  # a piece so long has room for one sine, twice as long for two
WEAKEST = 10 ** (-26 / 20)  # amplitude against the strongest; below are noise and the law's distortion
WORTH_TRYING = 0.7 * WEAKEST
FINE = 64  # samples
HOPELESS = (0.85, 0.62, 0.4, 0.25)  # left over by so many sines: it will not be a tone with more either
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
        cosines, sines = _quadratures(self.freqs_hz, first - self.origin, end - first)
        wave: Floats = np.einsum("k,kn->n", self.weights[0], cosines) + np.einsum("k,kn->n", self.weights[1], sines)
        return wave


def power_sum(samples: Floats) -> float:
    """Sum of squares. Not by `@`: its threads wait for each other longer than this takes."""
    return float(np.einsum("n,n->", samples, samples))


def _quadratures(freqs_hz: Floats, first: int, count: int) -> tuple[Floats, Floats]:
    """Cosines and sines, (frequencies, samples) each, from `first` on; as products, which is faster."""
    turns = np.asarray(2j * np.pi / RATE_HZ * freqs_hz[:, None], np.complex128)
    steps = -(-count // FINE)
    coarse = np.exp(turns * (first + FINE * np.arange(steps)))
    fine = np.exp(turns * np.arange(FINE))
    whole = (coarse[:, :, None] * fine[:, None, :]).reshape(freqs_hz.size, steps * FINE)[:, :count]
    return np.real(whole).copy(), np.imag(whole).copy()


def fit_at(samples: Floats, freqs_hz: Floats, origin: int = 0) -> Sines:
    """Fit amplitudes and phases of known frequencies to all of `samples`, the first of which is number `origin`."""
    middle = samples.size // 2
    basis = np.vstack(_quadratures(freqs_hz, -middle, samples.size))
    weights = _solve(basis, samples)
    left = samples - np.einsum("k,kn->n", weights, basis)
    rest = power_sum(left) / max(power_sum(samples), 1e-9)
    return Sines(freqs_hz, weights.reshape(2, -1), origin + middle, min(rest, 1.0))


def _solve(basis: Floats, samples: Floats) -> Floats:
    """Least squares by normal equations; the ridge keeps two sines that have met from breaking it."""
    square = basis @ basis.T
    square.flat[:: len(square) + 1] *= 1 + 1e-9
    try:
        return np.asarray(np.linalg.solve(square, basis @ samples), np.float64)
    except np.linalg.LinAlgError:  # two have met all the same
        return np.asarray(np.linalg.lstsq(square, basis @ samples, rcond=1e-12)[0], np.float64)


def _corrected(samples: Floats, freqs_hz: Floats) -> Floats:
    """One Gauss-Newton step: the time-weighted quadratures of each sine say how far its frequency is off."""
    first = -(samples.size // 2)
    cosines, sines = _quadratures(freqs_hz, first, samples.size)
    count = freqs_hz.size
    plain = np.vstack([cosines, sines])
    weights = _solve(plain, samples)
    a, b = weights[:count, None], weights[count:, None]
    slope = (b * cosines - a * sines) * (np.arange(first, first + samples.size) * (2 * np.pi / RATE_HZ))
    step = _solve(np.vstack([plain, slope]), samples)[2 * count :]
    limit = 0.5 * RATE_HZ / samples.size
    return np.clip(freqs_hz + np.clip(step, -limit, limit), LOW_HZ, HIGH_HZ)


def corrected_fit(samples: Floats, freqs_hz: Floats) -> Sines:
    """Fit sines whose frequencies are nearly known, and correct those."""
    for _ in range(ROUNDS):
        freqs_hz = _corrected(samples, freqs_hz)
    return fit_at(samples, freqs_hz)


def find_sines(samples: Floats) -> Sines:
    """Find the sines of a piece of sound that is at least 25 ms long; without any if there is no sound."""
    room = int(np.clip(samples.size / RATE_HZ / SINE_S, 1, MAX_SINES))
    window = np.hanning(samples.size)
    size = 1 << (4 * samples.size - 1).bit_length()
    best = fit_at(samples, np.zeros(0))
    left = samples
    for count in range(1, room + 1):
        freq, amplitude = _peak(left * window, size)
        if amplitude <= WORTH_TRYING * max(best.amplitudes, default=0.0):
            break
        found = corrected_fit(samples, np.append(best.freqs_hz, freq))
        if not _worth(found, best, max(RATE_HZ / samples.size, 1.0)):
            break
        best = found
        if best.rest < GOOD or best.rest > HOPELESS[min(count, len(HOPELESS)) - 1]:
            break
        left = samples - best.wave(0, samples.size)
    order = np.argsort(best.freqs_hz)
    return Sines(best.freqs_hz[order], best.weights[:, order], best.origin, best.rest)


def _worth(found: Sines, best: Sines, resolved_hz: float) -> bool:
    amplitudes = found.amplitudes
    freqs = np.sort(found.freqs_hz)
    apart = freqs[1:] - freqs[:-1]
    return bool(
        found.rest < best.rest
        and amplitudes.min() >= WEAKEST * amplitudes.max()
        and (not apart.size or apart.min() > resolved_hz)
    )


def _peak(windowed: Floats, size: int) -> tuple[float, float]:
    """The strongest line of a Hann-windowed piece: frequency and, roughly, amplitude."""
    spectrum = np.abs(np.fft.rfft(windowed, size))
    low, high = int(LOW_HZ * size / RATE_HZ), int(HIGH_HZ * size / RATE_HZ)
    at = low + int(np.argmax(spectrum[low:high]))
    return at * RATE_HZ / size, float(spectrum[at]) * 4 / windowed.size
