"""Live audio of a channel, by two spare voice resources: one records the line, one plays to it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable

import numpy as np
import numpy.typing as npt

from boardcore.media.scrub import Scrubber

__all__ = ["StreamIn", "StreamOut", "VendorStream"]

Samples = npt.NDArray[np.int16]
BLOCK = 80
_WAIT_S = 0.2  # real time that the library's reading waits for audio before it is given silence
_SILENCE = 80 * 2  # bytes of it: fewer than the time that was waited, so that none piles up
_AHEAD = 400 * 2  # bytes of silence before what comes after a pause: 50 ms in which the next may be late


class VendorStream:
    """See `MediaStream`. `read_out` and `take_in` run on the library's threads."""

    def __init__(self, depth_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._depth = max(2, round(depth_s * 100)) * BLOCK
        self._in: deque[Samples] = deque()
        self._in_count = 0
        self._rest: Samples = np.zeros(0, np.int16)
        self._odd = b""
        self._out = bytearray()
        self._scrubber = Scrubber()
        self._moved = asyncio.Event()
        self._told = False
        self._dropped = 0
        self._ended = False
        self._dry = True
        self.on_close: Callable[[], Awaitable[None]] | None = None

    # -- the application's side ------------------------------------------------------------------------------
    async def read(self) -> Samples | None:
        while True:
            with self._lock:
                if self._in:
                    blocks = list(self._in)
                    self._in.clear()
                    self._in_count = 0
                    return np.concatenate(blocks)
                if self._ended:
                    return None
                self._moved.clear()
            await self._moved.wait()

    async def write(self, samples: Samples) -> None:
        if len(samples) % BLOCK:
            raise ValueError(f"samples must be a multiple of {BLOCK}, not {len(samples)}")
        for start in range(0, len(samples), self._depth):
            await self._write(samples[start : start + self._depth].astype("<i2").tobytes())

    async def _write(self, data: bytes) -> None:
        while True:
            with self._arrived:
                if self._ended:
                    return
                if len(self._out) + len(data) <= 2 * self._depth:
                    self._out += data
                    self._arrived.notify_all()
                    return
                self._moved.clear()
            await self._moved.wait()

    @property
    def dropped_blocks(self) -> int:
        return self._dropped // BLOCK

    async def close(self) -> None:
        self.end()
        closing, self.on_close = self.on_close, None
        if closing is not None:
            await closing()

    def end(self) -> None:
        """Let readers have what is there, and then None."""
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()
        self._moved.set()

    def set_secret(self, on: bool) -> None:
        with self._lock:
            self._scrubber.secret = on

    # -- the library's side ----------------------------------------------------------------------------------
    def write_in(self, data: bytes) -> int:
        """What the line said."""
        with self._lock:
            if self._ended:
                return len(data)
            whole = self._odd + data
            self._odd = whole[len(whole) & ~1 :]
            heard = self._scrubber.process(np.frombuffer(whole, "<i2", len(whole) // 2).astype(np.int16))
            self._keep(heard)
            tell, self._told = bool(self._in) and not self._told, self._told or bool(self._in)
        if tell:
            self._tell()
        return len(data)

    def _keep(self, heard: Samples) -> None:
        heard = np.concatenate([self._rest, heard])
        whole = len(heard) // BLOCK * BLOCK
        self._rest = heard[whole:]
        room = max(0, self._depth - self._in_count) // BLOCK * BLOCK
        kept = heard[: min(whole, room)]
        self._dropped += whole - len(kept)
        if len(kept):
            self._in.append(kept)
            self._in_count += len(kept)

    def read_out(self, room: int) -> bytes:
        """What the line is to hear next: what was written, or after a moment a little silence."""
        with self._arrived:
            if not self._out and not self._ended:
                self._arrived.wait(_WAIT_S)
            if self._ended:
                return b""
            if self._out and self._dry:
                self._out[:0] = bytes(_AHEAD)
            self._dry = not self._out
            data = bytes(self._out[: room & ~1]) or bytes(min(room & ~1, _SILENCE))
            del self._out[: room & ~1]
        self._tell()
        return data

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._move)
        except RuntimeError:  # the loop is closed
            self._ended = True

    def _move(self) -> None:
        self._told = False
        self._moved.set()


class StreamIn:
    """The stream as a sink of user I/O."""

    def __init__(self, stream: VendorStream) -> None:
        self.write = stream.write_in


class StreamOut:
    """The stream as a source of user I/O."""

    def __init__(self, stream: VendorStream) -> None:
        self.read = stream.read_out
