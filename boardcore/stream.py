"""Live audio of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore.errors import BoardcoreError
from boardcore.ports.contract import MediaStream

__all__ = ["AudioStream"]

BLOCK = 80


class AudioStream:
    """`async for block in audio`: int16 at 8 kHz, mono, a multiple of 80 samples; ends with the call."""

    def __init__(self, stream: MediaStream, check: Callable[[], None]) -> None:
        self._stream = stream
        self._check = check  # raises how the call ended
        self._rest = np.zeros(0, np.int16)

    def __aiter__(self) -> AudioStream:
        return self

    async def __anext__(self) -> npt.NDArray[np.int16]:
        blocks = await self._stream.read()
        if blocks is None:
            raise StopAsyncIteration
        return blocks

    async def write(self, samples: npt.NDArray[Any]) -> None:
        """Queue samples to be sent, any number; waits for room. What is short of 10 ms waits for more.

        Raises:
            CallEnded, CallClosed: the call is over.
        """
        if not isinstance(samples, np.ndarray) or samples.dtype != np.int16:  # pyright: ignore[reportUnnecessaryIsInstance]
            what = getattr(samples, "dtype", type(samples).__name__)
            raise TypeError(f"a stream takes int16 samples at 8 kHz, not {what}")
        if samples.ndim != 1:
            raise ValueError(f"a stream takes mono samples of shape (n,), not {samples.shape}")
        self._check()
        ready = np.concatenate([self._rest, samples])
        whole = ready.size // BLOCK * BLOCK
        self._rest = ready[whole:]
        if whole:
            try:
                await self._stream.write(np.ascontiguousarray(ready[:whole]))
            except BoardcoreError:
                self._check()
                raise

    @property
    def dropped_blocks(self) -> int:
        """Blocks of 10 ms that were lost because nobody read them in time."""
        return self._stream.dropped_blocks
