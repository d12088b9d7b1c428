"""Carries a channel's streamed audio onto the engine: for boards that cannot switch or conference by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.errors import BoardcoreError
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports.contract import MediaPort, MediaStream
from boardcore.ports.events import PortEvent

__all__ = ["Relay"]

log = logging.getLogger("boardcore.relay")
BLOCK = 80
DEPTH_BLOCKS = 10  # streams of boards come in pieces of up to 40 ms, late by what the machine has else to do
TURN_S = 0.02


def _ignore(event: PortEvent) -> None:
    pass


class Relay:
    """An engine port that is fed from, and feeds, a channel's live stream.

    A channel has one stream, so those who want it on the engine (a bridge, a room that listens in) share its relay.
    """

    _of: dict[int, Relay] = {}  # noqa: RUF012  # by the identity of the media, which the relay keeps alive

    def __init__(self, media: MediaPort) -> None:
        self._channel_media = media
        self._users = 0
        self._changing = asyncio.Lock()
        self._running: contextlib.AsyncExitStack | None = None
        self._media: EngineMedia | None = None

    @property
    def media(self) -> EngineMedia:
        """The channel's media on the engine, while it is open."""
        assert self._media is not None  # who has a relay has opened it
        return self._media

    @classmethod
    async def open(cls, media: MediaPort) -> Relay:
        """Join a channel's media to the engine; `close()` as often.

        Raises:
            MediaBusy: the application has the channel's stream itself.
        """
        relay = cls._of.setdefault(id(media), cls(media))
        relay._users += 1
        try:
            async with relay._changing:
                if relay._running is None:
                    await relay._start()
        except BaseException:
            await relay.close()
            raise
        return relay

    async def close(self) -> None:
        """Take it off again, when nobody else wants it there."""
        self._users -= 1
        async with self._changing:
            if self._users:
                return
            running, self._running = self._running, None
            try:
                if running is not None:
                    await running.aclose()
            finally:
                if not self._users:
                    self._of.pop(id(self._channel_media), None)

    async def _start(self) -> None:
        async with contextlib.AsyncExitStack() as made:
            stream = await self._channel_media.open_stream(1.0)
            made.push_async_callback(_close, stream)
            engine = Engine.acquire()
            made.callback(engine.release)
            raw: Any = ffi.gc(lib.bc_ring_port_new(DEPTH_BLOCKS), lib.bc_ring_port_free)
            port = engine.open_port(lib.bc_ring_port_ops(), raw, raw)
            made.push_async_callback(port.close)
            self._media = EngineMedia(port, EngineBus.of(engine), _ignore)
            carrying = [asyncio.ensure_future(_inward(stream, raw)), asyncio.ensure_future(_outward(stream, raw))]
            made.push_async_callback(_end, carrying)
            self._running = made.pop_all()


async def _inward(stream: MediaStream, raw: Any) -> None:
    while (read := await stream.read()) is not None:
        blocks = np.ascontiguousarray(read, dtype=np.int16)
        lib.bc_ring_port_write(raw, ffi.from_buffer("int16_t[]", blocks), blocks.size // BLOCK)


async def _outward(stream: MediaStream, raw: Any) -> None:
    """The engine's ticks fill the ring; every turn what is there goes to the board."""
    out = np.empty(DEPTH_BLOCKS * 4 * BLOCK, np.int16)
    buffer: Any = ffi.from_buffer("int16_t[]", out, require_writable=True)
    while True:
        await asyncio.sleep(TURN_S)
        blocks = lib.bc_ring_port_read(raw, buffer, DEPTH_BLOCKS * 4)
        if blocks:
            await stream.write(out[: blocks * BLOCK].copy())


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.debug("relay: %s", error)  # the stream went with its call or board, which say so themselves


async def _close(stream: MediaStream) -> None:
    with contextlib.suppress(BoardcoreError):
        await stream.close()
