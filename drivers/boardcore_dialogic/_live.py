"""The live audio of a channel: at most one stream at a time, and the two spare resources that it takes."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from boardcore.errors import BoardcoreError, DriverError, MediaBusy
from boardcore_dialogic._constants import DataFormat, Error
from boardcore_dialogic._resource import Resource, Transfer
from boardcore_dialogic._stream import StreamIn, StreamOut, VendorStream
from boardcore_dialogic._vendor import SourceData

if TYPE_CHECKING:
    from boardcore_dialogic._channel import DialogicChannel

__all__ = ["LiveAudio"]


class LiveAudio:
    """Opens and ends a channel's stream."""

    def __init__(self, channel: DialogicChannel) -> None:
        self._channel = channel
        self._board = channel.board
        self._resource = channel.resource
        self._stream: VendorStream | None = None

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    def set_secret(self, on: bool) -> None:
        if self._stream is not None:
            self._stream.set_secret(on)

    def end(self) -> None:
        """The call is over: let readers have what is there, and then None."""
        if self._stream is not None:
            self._stream.end()

    async def close(self) -> None:
        """End it and give back what it took."""
        if self._stream is not None:
            with contextlib.suppress(BoardcoreError):
                await self._stream.close()

    async def open(self, depth_s: float, secret: bool) -> VendorStream:
        """Open the channel's stream. Raises MediaBusy, DriverError without two resources, BoardLost."""
        self._resource.check()
        if self._stream is not None:
            raise MediaBusy(f"{self._channel.name} already has a stream")
        stream = self._stream = VendorStream(depth_s)
        stream.set_secret(secret)
        opening = self._board.spawn(self._open(stream), f"{self._channel.name} stream")
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.shield(self._board.spawn(_close_opened(opening, stream), f"{self._channel.name} stream"))
            raise
        return stream

    async def _open(self, stream: VendorStream) -> None:
        async with contextlib.AsyncExitStack() as undo:
            undo.callback(self._stream_gone, stream)
            ear, mouth = self._spare(undo), self._spare(undo)
            io, vendor = self._board.vendor.user_io, self._board.vendor
            sink, source = io.add(StreamIn(stream)), io.add(StreamOut(stream))
            undo.callback(io.remove, sink)
            undo.callback(io.remove, source)
            await ear.listen(self._channel.line.partner_slot)
            hearing = await ear.begin(vendor.record, sink, [])
            undo.push_async_callback(self._end, ear, hearing)
            data = SourceData(source, DataFormat.PCM, 16, user=True)
            sending = await mouth.begin(vendor.play, data, [])
            undo.push_async_callback(self._end, mouth, sending)
            undo.callback(stream.end)
            self._channel.line.routes.stream = mouth.slot
            undo.callback(self._channel.line.route_soon)
            undo.callback(self._unroute, mouth.slot)
            await self._channel.line.route()
            stream.on_close = undo.pop_all().aclose

    def _spare(self, undo: contextlib.AsyncExitStack) -> Resource:
        spare = self._board.take_spare()
        if spare is None:
            raise DriverError(f"{self._channel.name}: no two voice resources are free for a stream", Error.NORESOURCE)
        undo.callback(self._board.give_back, spare)
        return spare

    async def _end(self, resource: Resource, transfer: Transfer) -> None:
        resource.stop(transfer)
        await asyncio.shield(transfer.ended)

    def _unroute(self, slot: int) -> None:
        if self._channel.line.routes.stream == slot:
            self._channel.line.routes.stream = None

    def _stream_gone(self, stream: VendorStream) -> None:
        stream.end()
        if self._stream is stream:
            self._stream = None


async def _close_opened(opening: asyncio.Task[None], stream: VendorStream) -> None:
    await asyncio.wait({opening})
    if not opening.cancelled() and opening.exception() is None:
        await stream.close()
