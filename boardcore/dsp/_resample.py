"""Sample-rate conversion, by the soxr library."""

from typing import Any

import numpy as np
import soxr  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

from boardcore.dsp._arguments import INT16, Int16Array, checked, whole

_MAX_RATE_HZ = 1_000_000
_soxr: Any = soxr


def _rounded(samples: NDArray[np.float32]) -> Int16Array:
    """Round, saturating: soxr's own int16 output is dithered, so it would depend on the cuts."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def resample(samples: Int16Array, rate_in_hz: int, rate_out_hz: int) -> Int16Array:
    """Convert a whole recording from one sample rate to another.

    Args:
        samples: int16, (n,) for mono or (n, channels).
        rate_in_hz, rate_out_hz: 1 to 1,000,000.

    Returns:
        int16, mono or (m, channels): the filter's delay is taken out, times stay where they were.

    Raises:
        TypeError: The samples are not an int16 array, or a rate is not an int.
        ValueError: A rate is out of its range, or the shape is neither of the two.
    """
    array = checked(samples, INT16, "samples")
    before = whole(rate_in_hz, 1, _MAX_RATE_HZ, "rate_in_hz")
    after = whole(rate_out_hz, 1, _MAX_RATE_HZ, "rate_out_hz")
    if array.ndim not in (1, 2):
        raise ValueError(f"samples must have the shape (n,) or (n, channels), got {array.shape}")
    if before == after or not array.size:
        return array.copy()
    return _rounded(_soxr.resample(array.astype(np.float32), before, after))


class Resampler:
    """Convert a mono stream piece by piece; the pieces together are the whole, whatever the cuts."""

    def __init__(self, rate_in_hz: int, rate_out_hz: int) -> None:
        """Make one. Raises as `resample` does."""
        before = whole(rate_in_hz, 1, _MAX_RATE_HZ, "rate_in_hz")
        after = whole(rate_out_hz, 1, _MAX_RATE_HZ, "rate_out_hz")
        self._stream = _soxr.ResampleStream(before, after, 1, dtype="float32")

    def process(self, samples: Int16Array) -> Int16Array:
        """Take the next int16 samples, mono; return what is ready, which may be nothing yet."""
        return self._feed(samples, last=False)

    def flush(self) -> Int16Array:
        """End the stream: return the rest. Afterwards the resampler is as new."""
        rest = self._feed(np.zeros(0, np.int16), last=True)
        self._stream.clear()
        return rest

    def _feed(self, samples: Int16Array, *, last: bool) -> Int16Array:
        array = checked(samples, INT16, "samples")
        if array.ndim != 1:
            raise ValueError(f"samples must have the shape (n,), got {array.shape}")
        return _rounded(self._stream.resample_chunk(array.astype(np.float32), last=last))
