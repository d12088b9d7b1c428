"""Levels and saturating sums (bc_mix.h)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import INT16, Int16Array, checked, finite
from boardcore.dsp._isa import BEST

_ONE: int = lib.BC_GAIN_ONE
_MAX_GAIN_DB = 18.06  # 8 times, the most that a Q12 gain may be


def energy(samples: Int16Array) -> int:
    """Return the sum of squares of int16 samples of any shape, exactly."""
    array = checked(samples, INT16, "samples")
    if not array.size:
        return 0
    return int(lib.bc_energy(BEST, ffi.from_buffer("int16_t[]", array), array.size))


def level_dbm0(samples: Int16Array) -> float:
    """Return the mean power of int16 samples in dBm0, -96 for silence and for no samples at all.

    0 dBm0 is a sine of rms 16141: A-law is fully loaded at +3.14 dBm0 (G.711 clause 5).
    """
    array = checked(samples, INT16, "samples")
    return float(lib.bc_level_dbm0(energy(array), array.size))


def _gain_q12(gain_db: float) -> int:
    gain = finite(gain_db, "gains_db")
    if gain > _MAX_GAIN_DB:
        raise ValueError(f"a gain is at most {_MAX_GAIN_DB} dB, got {gain}")
    return round(_ONE * 10 ** (gain / 20))


def mix(*signals: Int16Array, gains_db: Sequence[float] | None = None) -> Int16Array:
    """Add signals, saturating once at the end.

    Args:
        signals: One or more int16 arrays of one shape.
        gains_db: A gain for each; 0 dB without it.

    Raises:
        TypeError: A signal is not an int16 array.
        ValueError: There is no signal, the shapes differ, or there are not as many gains as signals.
    """
    if not signals:
        raise ValueError("mix needs at least one signal")
    arrays = [checked(signal, INT16, f"signal {i}") for i, signal in enumerate(signals)]
    gains = [0.0] * len(arrays) if gains_db is None else list(gains_db)
    if len(gains) != len(arrays):
        raise ValueError(f"gains_db must have one gain a signal, {len(arrays)}, got {len(gains)}")
    shape = arrays[0].shape
    for i, array in enumerate(arrays):
        if array.shape != shape:
            raise ValueError(
                f"signals must have one shape: signal 0 has {shape}, signal {i} has {array.shape}"
            )
    total: NDArray[np.int32] = np.zeros(shape, np.int32)
    out: Int16Array = np.empty(shape, np.int16)
    if not out.size:
        return out
    sums = ffi.from_buffer("int32_t[]", total)
    for array, gain in zip(arrays, gains, strict=True):
        lib.bc_mix_accumulate(BEST, sums, ffi.from_buffer("int16_t[]", array), _gain_q12(gain), out.size)
    lib.bc_mix_without(BEST, ffi.from_buffer("int16_t[]", out), sums, ffi.NULL, _ONE, out.size)
    return out
