"""Live audio and routing on a memory board."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from boardcore.errors import DriverError, UnsupportedOperation
from boardcore.ports import Capability, ConferencePort, MediaPort
from memory_driver._audio import BLOCK, SILENCE, TURN_S, Block

if TYPE_CHECKING:
    from memory_driver._board import MemoryBoard
    from memory_driver._media import MemoryMedia

__all__ = ["MemoryBus", "MemoryStream"]


class MemoryBus:
    """Routing of one board: whoever is connected hears what came from the other's line."""

    def __init__(self, board: MemoryBoard) -> None:
        self._board = board

    async def connect(self, a: MediaPort, b: MediaPort) -> None:
        one, two = self._own(a), self._own(b)
        await self._board.command("connect")
        one.listens_to, two.listens_to = two, one

    async def disconnect(self, a: MediaPort, b: MediaPort) -> None:
        for one, two in ((self._own(a), self._own(b)), (self._own(b), self._own(a))):
            if one.listens_to is two:
                one.listens_to = None
        await self._board.command("disconnect")

    async def open_conference(self) -> ConferencePort:
        raise UnsupportedOperation(Capability.CONFERENCE, self._board.info.address)

    def _own(self, port: MediaPort) -> MemoryMedia:
        for channel in self._board.ports:
            if channel.media is port:
                return channel.media
        raise DriverError("that port is on another board")


class MemoryStream:
    """Live audio of one channel. Room for `depth` samples each way."""

    def __init__(self, media: MemoryMedia, depth_s: float) -> None:
        self._media = media
        self._depth = max(2, round(depth_s / TURN_S)) * BLOCK
        self._in: Block = SILENCE[:0]
        self._out: Block = SILENCE[:0]
        self._dropped_samples = 0
        self._moved = asyncio.Event()
        self.ended = False

    async def read(self) -> Block | None:
        while not len(self._in) and not self.ended:
            await self._wait()
        block, self._in = self._in, SILENCE[:0]
        return block if len(block) else None

    async def write(self, samples: Block) -> None:
        if len(samples) % 80:
            raise ValueError(f"samples must be a multiple of 80, not {len(samples)}")
        for start in range(0, len(samples), BLOCK):
            while len(self._out) >= self._depth and not self.ended:
                await self._wait()
            self._out = np.concatenate([self._out, samples[start : start + BLOCK]])

    @property
    def dropped_blocks(self) -> int:
        return self._dropped_samples // 80

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        """Let readers have what is there, and then None."""
        self.ended = True
        self._media.stream = None
        self._moved.set()

    def turn(self, heard: Block) -> None:
        """Take what came from the line."""
        if len(self._in) >= self._depth:
            self._dropped_samples += len(heard)
        else:
            self._in = np.concatenate([self._in, heard])
        self._moved.set()

    def send(self) -> Block:
        block, self._out = self._out[:BLOCK], self._out[BLOCK:]
        self._moved.set()
        return np.concatenate([block, SILENCE[len(block) :]])

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()
