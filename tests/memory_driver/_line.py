"""ChannelPort and LinePort of the memory board: a station at the office that tells what it senses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from boardcore.errors import Cause, UnsupportedOperation
from boardcore.ports import (
    Capability,
    LoopDropped,
    LoopRestored,
    PolarityChanged,
    PortEvent,
    ProgressTone,
    RingStarted,
    RingStopped,
    ToneHeard,
)
from memory_driver._audio import Block
from memory_driver._bus import MemoryBus
from memory_driver._ears import ProgressEar, ToneEar
from memory_driver._media import MemoryMedia
from memory_driver._office import Leg, Station

if TYPE_CHECKING:
    from memory_driver._board import MemoryBoard

__all__ = ["CAPABILITIES", "MemoryChannel", "MemoryLine"]

CAPABILITIES = frozenset(Capability) - {Capability.REJECT, Capability.CONFERENCE}
DIAL_S = 0.08  # a digit


class MemoryChannel(Station):
    """A channel of the board."""

    def __init__(self, board: MemoryBoard, index: int, number: str, bus: MemoryBus) -> None:
        super().__init__(number)
        self.board = board
        self.index = index
        self.line = MemoryLine(self)
        self.media = MemoryMedia(self, bus)
        self.progress: ProgressEar | ToneEar | None = None

    @property
    def name(self) -> str:
        return f"{self.board.info.address}/{self.index}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return CAPABILITIES if self.board.options.tones else CAPABILITIES - {Capability.TONES}

    def post(self, event: type[PortEvent], **fields: Any) -> None:
        """Tell of an event now."""
        self.board.post(self.index, event, **fields)

    def ring(self, on: bool, caller: str | None) -> None:
        if on:
            self.post(RingStarted, caller=caller, called=self.number)
        else:
            self.post(RingStopped)

    def loop(self, on: bool) -> None:
        if not on:
            self.media.end_all()
        self.post(LoopRestored if on else LoopDropped)

    def polarity(self, reversed_: bool) -> None:
        self.post(PolarityChanged, reversed=reversed_)

    def sends(self) -> Block:
        return self.media.send()

    def hears(self, block: Block) -> None:
        self._hear_tones(block)
        self.media.hear(block)

    def _hear_tones(self, block: Block) -> None:
        if isinstance(self.progress, ProgressEar):
            change = self.progress.hear(block)
            if change:
                self.post(ProgressTone, on=change[0], lasted_s=change[1])
        elif self.progress is not None:
            for heard in self.progress.hear(block, asyncio.get_running_loop().time()):
                self.post(ToneHeard, name=heard.name, on=heard.on, since_s=heard.since_s, sure=heard.sure)

    @property
    def tones_on(self) -> set[str]:
        """The tones that sound now."""
        return self.progress.sounding if isinstance(self.progress, ToneEar) else set()


class MemoryLine:
    """Signalling of one channel. What was asked is done at once; that it is done is told a little later."""

    def __init__(self, channel: MemoryChannel) -> None:
        self._channel = channel
        self._board = channel.board

    @property
    def number(self) -> str | None:
        return self._channel.number

    async def off_hook(self) -> None:
        self._board.check("off_hook")
        self._board.office.hook(self._channel, True)
        await self._board.command("off_hook")

    async def on_hook(self) -> None:
        self._board.check("on_hook")
        self._channel.media.end_all()
        if self._channel.leg is not Leg.RINGING:
            self._board.office.hook(self._channel, False)
        await self._board.command("on_hook")

    async def dial(self, digits: str) -> None:
        await self._board.command("dial")
        self._board.office.first_digit(self._channel)
        await asyncio.sleep(DIAL_S * len(digits))
        self._board.check("dial")
        self._board.office.dial(self._channel, digits)

    async def reject(self, cause: Cause) -> None:
        raise UnsupportedOperation(Capability.REJECT, self._channel.name)

    def watch_tones(self, on: bool) -> None:
        ear = ToneEar(self._board.country) if self._board.options.tones else ProgressEar()
        self._channel.progress = ear if on else None
