"""Carries a channel's streamed audio onto the engine: for boards that cannot switch or conference by themselves."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.media.engine import Engine, EnginePort
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports.contract import MediaPort, MediaStream
from boardcore.ports.events import PortEvent

__all__ = ["Relay"]

BLOCK = 80
DEPTH_BLOCKS = 4


def _ignore(event: PortEvent) -> None:
    pass


class Relay:
    """An engine port that is fed from, and feeds, a channel's live stream."""

    def __init__(self, engine: Engine, port: EnginePort, raw: Any, stream: MediaStream) -> None:
        self._engine = engine
        self._port = port
        self._raw = raw
        self._stream = stream
        self.media = EngineMedia(port, EngineBus.of(engine), _ignore)
        self._tasks = [asyncio.ensure_future(self._inward()), asyncio.ensure_future(self._outward())]

    @classmethod
    async def open(cls, media: MediaPort) -> Relay:
        """Join a channel's media to the engine."""
        stream = await media.open_stream(1.0)
        engine = Engine.acquire()
        raw: Any = ffi.gc(lib.bc_ring_port_new(DEPTH_BLOCKS), lib.bc_ring_port_free)
        port = engine.open_port(lib.bc_ring_port_ops(), raw, raw)
        return cls(engine, port, raw, stream)

    async def _inward(self) -> None:
        while (blocks := await self._stream.read()) is not None:
            lib.bc_ring_port_write(self._raw, ffi.from_buffer("int16_t[]", blocks), blocks.size // BLOCK)

    async def _outward(self) -> None:
        """The engine's ticks fill the ring; every 20 ms what is there goes to the board."""
        out = np.empty(DEPTH_BLOCKS * 4 * BLOCK, np.int16)
        buffer: Any = ffi.from_buffer("int16_t[]", out, require_writable=True)
        while True:
            await asyncio.sleep(0.02)
            blocks = lib.bc_ring_port_read(self._raw, buffer, DEPTH_BLOCKS * 4)
            if blocks:
                await self._stream.write(out[: blocks * BLOCK].copy())

    async def close(self) -> None:
        """Take it off again."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stream.close()
        await self._port.close()
        self._engine.release()
