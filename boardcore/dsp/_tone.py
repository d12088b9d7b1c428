"""Tones of one or two frequencies, steady or in a cadence (bc_tone.h)."""

from collections.abc import Sequence

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import Int16Array, finite

RATE_HZ: int = lib.BC_RATE_HZ
MAX_LEVEL_DBM0 = 3.14  # a sine that fully loads A-law, G.711 clause 5
_MAX_CADENCE = 4


def samples_of(ms: float, name: str) -> int:
    """Return how many samples a time in milliseconds is, to the nearest.

    Raises:
        ValueError: The time is negative or longer than an hour.
    """
    value = finite(ms, name)
    if not 0 <= value <= 3.6e6:
        raise ValueError(f"{name} must be from 0 to 3600000, got {ms}")
    return round(value * RATE_HZ / 1000)


def check_level(level_dbm0: float, name: str = "level_dbm0") -> float:
    """Return a level that a tone can have.

    Raises:
        ValueError: It is above +3.14 dBm0.
    """
    level = finite(level_dbm0, name)
    if level > MAX_LEVEL_DBM0:
        raise ValueError(f"{name} must be at most +{MAX_LEVEL_DBM0} dBm0, got {level_dbm0}")
    return level


def _check_freq(freq_hz: float, name: str) -> float:
    freq = finite(freq_hz, name)
    if not 0 < freq < RATE_HZ / 2:
        raise ValueError(f"{name} must be above 0 and below {RATE_HZ // 2} Hz, got {freq_hz}")
    return freq


def _cadence(cadence_ms: Sequence[tuple[float, float]]) -> tuple[list[int], list[int]]:
    if not 1 <= len(cadence_ms) <= _MAX_CADENCE:
        raise ValueError(f"cadence_ms must have 1 to {_MAX_CADENCE} (on, off) pairs, got {len(cadence_ms)}")
    on = [samples_of(pair[0], "cadence_ms on") for pair in cadence_ms]
    off = [samples_of(pair[1], "cadence_ms off") for pair in cadence_ms]
    if not sum(on) + sum(off):
        raise ValueError("cadence_ms is all zero")
    return on, off


def tone(
    f1_hz: float,
    f2_hz: float | None = None,
    *,
    duration_ms: float = 1000,
    level_dbm0: float = -10,
    level2_dbm0: float | None = None,
    cadence_ms: Sequence[tuple[float, float]] | None = None,
    ramp_ms: float = 0,
) -> Int16Array:
    """Make a tone.

    Args:
        f1_hz, f2_hz: Frequencies, above 0 and below 4000 Hz.
        duration_ms: Length of the result, pauses included.
        level_dbm0: Of each frequency, at most +3.14.
        level2_dbm0: Of the second, if it is another.
        cadence_ms: 1 to 4 pairs of on and off times, repeated; steady without it.
        ramp_ms: Length of the raised-cosine edges.

    Returns:
        int16, mono, at 8000 Hz: the same samples on every machine.

    Raises:
        TypeError: An argument is not a number.
        ValueError: An argument is out of its range; the message says which.
    """
    f1 = _check_freq(f1_hz, "f1_hz")
    f2 = 0.0 if f2_hz is None else _check_freq(f2_hz, "f2_hz")
    level = check_level(level_dbm0)
    level2 = level if level2_dbm0 is None else check_level(level2_dbm0, "level2_dbm0")
    state = ffi.new("bc_tone *")
    lib.bc_tone_init(state, f1, level, f2, level2)
    if cadence_ms is not None:
        on, off = _cadence(cadence_ms)
        lib.bc_tone_cadence(state, on, off, len(on))
    state.ramp = samples_of(ramp_ms, "ramp_ms")
    out: Int16Array = np.empty(samples_of(duration_ms, "duration_ms"), np.int16)
    if out.size:
        lib.bc_tone_process(state, ffi.from_buffer("int16_t[]", out), out.size)
    return out
