"""Live audio of a call."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore.ports.contract import MediaStream

__all__ = ["AudioStream"]

BLOCK = 80


class AudioStream:
    """`async for block in audio`: int16 at 8 kHz, mono, a multiple of 80 samples; ends with the call."""

    def __init__(self, stream: MediaStream) -> None:
        self._stream = stream
        self._rest = np.zeros(0, np.int16)

    def __aiter__(self) -> AudioStream:
        return self

    async def __anext__(self) -> npt.NDArray[np.int16]:
        blocks = await self._stream.read()
        if blocks is None:
            raise StopAsyncIteration
        return blocks

    async def write(self, samples: npt.NDArray[Any]) -> None:
        """Queue samples to be sent, any number; waits for room. What is short of 10 ms waits for more."""
        if not isinstance(samples, np.ndarray) or samples.dtype != np.int16:  # pyright: ignore[reportUnnecessaryIsInstance]
            what = getattr(samples, "dtype", type(samples).__name__)
            raise TypeError(f"a stream takes int16 samples at 8 kHz, not {what}")
        if samples.ndim != 1:
            raise ValueError(f"a stream takes mono samples of shape (n,), not {samples.shape}")
        ready = np.concatenate([self._rest, samples])
        whole = ready.size // BLOCK * BLOCK
        self._rest = ready[whole:]
        if whole:
            await self._stream.write(np.ascontiguousarray(ready[:whole]))

    @property
    def dropped_blocks(self) -> int:
        """Blocks of 10 ms that were lost because nobody read them in time."""
        return self._stream.dropped_blocks
