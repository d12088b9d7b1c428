"""Level meters (bc_meter.h): power and peak in dBm0, clipping and DC offset, of a block or of a stream, batched.

0 dBm0 is a sine of rms 16141, 3.14 dB under a sine that fully loads A-law (G.711 clause 5). A peak's level is that of
the sine that has this peak: both figures are the same for a sine, and a fully loading one has +3.14 dBm0 in both.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import INT16, Int16Array, checked, whole
from boardcore.dsp._isa import isa_number
from boardcore.dsp._tone import RATE_HZ, samples_of

SILENCE_DBM0 = -96.0
CLIP_AT = 32124  # the largest magnitude that µ-law carries (G.711 table 2); A-law's is 32256 (table 1)
_RMS_0DBM0 = 16141.0
_PEAK_0DBM0 = _RMS_0DBM0 * math.sqrt(2)
_FIELDS = 5  # of bc_meter_sums, all of 64 bits
_SUM, _ENERGY, _COUNT, _CLIPPED, _PEAK = range(_FIELDS)
_MAX_CHANNELS = 65536
Sums = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What a level meter reads: one figure a channel, or one a channel and window. All arrays have one shape.

    Attributes:
        rms_dbm0: Mean power, DC included; -96 for silence and where there are no samples.
        peak_dbm0: Level of the sine that has the largest magnitude as its peak; likewise.
        dc_offset: Mean of the samples, on the int16 scale; 0 where there are none.
        clipped: How many samples had the clipping limit or more.
    """

    rms_dbm0: NDArray[np.float64]
    peak_dbm0: NDArray[np.float64]
    dc_offset: NDArray[np.float64]
    clipped: NDArray[np.int64]


def _decibels(ratio: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    floor = 10 ** (SILENCE_DBM0 / factor)
    found: NDArray[np.float64] = factor * np.log10(np.maximum(ratio, floor))
    return found


def _sums(*shape: int) -> Sums:
    return np.zeros((*shape, _FIELDS), np.uint64)


def _read(sums: Sums) -> Levels:
    count = np.maximum(sums[..., _COUNT], 1).astype(np.float64)
    return Levels(
        rms_dbm0=_decibels(sums[..., _ENERGY] / (count * _RMS_0DBM0**2), 10),
        peak_dbm0=_decibels(sums[..., _PEAK] / _PEAK_0DBM0, 20),
        dc_offset=sums[..., _SUM].astype(np.int64) / count,
        clipped=sums[..., _CLIPPED].astype(np.int64),
    )


def _cut(array: Int16Array, window: int, clip_at: int, under_way: Sums, isa: int) -> Sums:
    """Sum channels in rows into windows, (channels, windows); `under_way` goes on from call to call."""
    channels, length = array.shape
    windows = (int(under_way[0, _COUNT]) + length) // window
    ended = _sums(channels, windows)
    if length:
        into = ffi.from_buffer("bc_meter_sums[]", ended) if windows else ffi.NULL
        going_on = ffi.from_buffer("bc_meter_sums[]", under_way)
        rows = ffi.from_buffer("int16_t[]", array)
        found = lib.bc_meter_windows(isa, rows, length, channels, length, window, clip_at, going_on, into, windows)
        if found != windows:
            raise RuntimeError(f"bc_meter_windows found {found} windows, {windows} were expected")
    return ended


def levels(samples: Int16Array, *, clip_at: int = CLIP_AT) -> Levels:
    """Measure each channel of a block.

    Args:
        samples: int16; time is the last axis, whatever is before it are channels.
        clip_at: Magnitude from which on a sample counts as clipped, 1 to 32768.

    Returns:
        Levels, of the shape of `samples` without its last axis.

    Raises:
        TypeError: `samples` is not an int16 array.
        ValueError: It has no axis, or `clip_at` is out of its range.
    """
    array = checked(samples, INT16, "samples")
    limit = whole(clip_at, 1, 32768, "clip_at")
    if not array.ndim:
        raise ValueError("samples must have an axis of time, got an array of shape ()")
    shape, length = array.shape[:-1], array.shape[-1]
    channels = math.prod(shape)
    if not array.size:
        return _read(_sums(*shape))
    sums = _cut(array.reshape(channels, length), length, limit, _sums(channels), isa_number(None))
    return _read(sums.reshape(*shape, _FIELDS))


class LevelMeter:
    """Meter of a stream of channels: levels window by window, and what is held over all of it.

    Any split of the samples into calls gives the same figures.

    Args:
        channels: How many there are.
        window_ms: Length of a window, to the nearest sample of 8000 a second; at least one.
        clip_at: As of `levels`.
        isa: Instruction set, for tests; the best one without it.

    Raises:
        TypeError: An argument is not a number of its kind.
        ValueError: An argument is out of its range.
    """

    def __init__(
        self, channels: int = 1, window_ms: float = 100.0, *, clip_at: int = CLIP_AT, isa: str | None = None
    ) -> None:
        self._channels = whole(channels, 1, _MAX_CHANNELS, "channels")
        self._window = samples_of(window_ms, "window_ms")
        if not self._window:
            raise ValueError(f"window_ms must be at least a sample, {1000 / RATE_HZ} ms, got {window_ms}")
        self._clip_at = whole(clip_at, 1, 32768, "clip_at")
        self._isa = isa_number(isa)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget all samples: a window begins, nothing is held. Raises RuntimeError as `process`."""
        with self._alone():
            self._under_way = _sums(self._channels)
            self._held = _sums(self._channels)

    def process(self, samples: Int16Array) -> Levels:
        """Take the next samples; return the windows that ended in them.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Returns:
            Levels of shape (channels, windows), often of no window.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is in here.
        """
        array = checked(samples, INT16, "samples")
        if array.ndim == 1 and self._channels == 1:
            array = array.reshape(1, -1)
        if array.ndim != 2 or array.shape[0] != self._channels:
            wanted = f"({self._channels}, n)" + (" or (n,)" if self._channels == 1 else "")
            raise ValueError(f"samples must have the shape {wanted}, got {array.shape}")
        with self._alone():
            ended = _cut(array, self._window, self._clip_at, self._under_way, self._isa)
            if ended.shape[1]:
                self._held = _together(self._held, ended.sum(axis=1), ended[..., _PEAK].max(axis=1))
        return _read(ended)

    def total(self) -> Levels:
        """Return the levels of everything since the beginning or `reset`: the peak that is held, all that clipped.

        The sums have room for a hundred days of 0 dBm0.

        Returns:
            Levels of shape (channels,), the window under way included.

        Raises:
            RuntimeError: Another thread is in here.
        """
        with self._alone():
            return _read(_together(self._held, self._under_way, self._under_way[..., _PEAK]))

    @contextmanager
    def _alone(self) -> Generator[None]:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError("a LevelMeter is used by two threads at a time")
        try:
            yield
        finally:
            self._lock.release()


def _together(one: Sums, other: Sums, peak: Any) -> Sums:
    total: Sums = one + other  # the signed sum too: two's complement
    np.maximum(one[..., _PEAK], peak, out=total[..., _PEAK])
    return total
