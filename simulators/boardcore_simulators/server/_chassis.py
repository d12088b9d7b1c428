"""The simulated boards in their chassis: names, channels, timeslots, and the faults that a test asks for."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Protocol

from boardcore.media.engine import Engine
from boardcore.tones import Country, country
from boardcore_simulators.exchange import Exchange
from boardcore_simulators.line import SimLine
from boardcore_simulators.server._bodies import Board, Opened
from boardcore_simulators.server._line import Line
from boardcore_simulators.server._voice import Voice
from boardcore_simulators.server._wire import NOTHING, Event, Kind, LineBit

__all__ = ["Channel", "Chassis", "Faults", "Holder"]

_NAME = re.compile(r"dxxxB([1-9][0-9]{0,3})(?:C([1-9][0-9]{0,4}))?")


class Holder(Protocol):
    """Who has a channel open."""

    def event(self, event: Event, tick: int, a: int, b: int, text: str) -> None: ...


@dataclass(slots=True)
class Faults:
    """What the next requests will meet."""

    refuse_play: int | None = None  # the vendor's code
    hang: Kind | None = None
    boards_lost: bool = False

    def hangs(self, kind: Kind) -> bool:
        """Is this request one that is never answered? Only one is."""
        if self.hang is not kind:
            return False
        self.hang = None
        return True

    def refusal(self) -> int | None:
        """The code that this PLAY is refused with."""
        code, self.refuse_play = self.refuse_play, None
        return code


class Channel:
    """One channel: a voice resource, and a line on a board that has lines."""

    def __init__(self, chassis: Chassis, place: tuple[int, int], index: int, wires: SimLine | None) -> None:
        self._chassis = chassis
        self.board, self.number = place
        self.name = f"dxxxB{self.board}C{self.number}"
        self.holder: Holder | None = None
        self._released: asyncio.Task[None] | None = None
        self.voice = Voice(chassis.engine, self._tell, chassis.country)
        self.line = Line(wires, self._tell, self._loop_off, self._hook_changed) if wires else None
        self.voice_timeslot = 2 * index
        self.line_timeslot = 2 * index + 1 if wires else NOTHING
        self._heard = NOTHING  # the timeslot that the voice resource listens to

    def _tell(self, event: Event, tick: int, a: int, b: int, text: str) -> None:
        if self.holder is not None:
            self.holder.event(event, tick, a, b, text)

    def _loop_off(self) -> None:
        if self.voice.job is not None:
            self.voice.job.saw_loop_off()

    def _hook_changed(self) -> None:
        """A line on-hook is silent, and so is no timeslot."""
        asleep = self.line is not None and self._heard == self.line_timeslot and not self.line.closed
        self.voice.hears(self._heard != NOTHING and not asleep)

    def opened(self) -> Opened:
        number = self.line.wires.number if self.line else ""
        has_line = self.line is not None
        return Opened(self.board, self.number, has_line, self.voice_timeslot, self.line_timeslot, number)

    def state(self) -> LineBit:
        line = self.line.state() if self.line else LineBit(0)
        return line | (LineBit.SOUND if self.voice.sound else LineBit(0))

    # -- routing ------------------------------------------------------------------------------------------------
    def route_by_default(self) -> None:
        """Voice resource and line hear each other."""
        self.voice_hears(self.line_timeslot)
        if self.line is not None:
            self.line_hears(self.voice_timeslot)

    def voice_hears(self, timeslot: int) -> None:
        """Raises ValueError: there is no such timeslot."""
        self.voice.port.receive_from(self._chassis.slot(timeslot))
        self._heard = timeslot
        self._hook_changed()

    def line_hears(self, timeslot: int) -> None:
        """Raises ValueError: there is no such timeslot."""
        assert self.line is not None  # the caller has looked
        self.line.wires.station.listen(self._chassis.slot(timeslot))

    # -- who has it ---------------------------------------------------------------------------------------------
    def release(self) -> None:
        """Its client is gone: jobs end, the line goes on-hook, routing is as at first."""
        self.holder = None
        self._released = self.voice.engine.loop.create_task(self._release())

    async def _release(self) -> None:
        self.route_by_default()
        voice = self.voice.release()
        await (asyncio.gather(voice, self.line.hook(False)) if self.line else voice)

    async def settled(self) -> None:
        """Wait until what the client before had begun is over."""
        if self._released is not None:
            await asyncio.shield(self._released)

    async def close(self) -> None:
        self.release()
        await self.settled()
        if self.line is not None:
            self.line.close()
        await self.voice.close()


@dataclass(slots=True)
class Chassis:
    """All boards: one with lines, and one of voice resources without, if there are any.

    Args:
        engine: what they run on.
        exchange: where the lines lead to.
        lines, spares: how many channels each board has.
        first_number: of the first line; the others follow.
        country: whose tones the voice resources can watch for.
    """

    engine: Engine
    exchange: Exchange
    lines: int
    spares: int
    first_number: int
    country: Country = field(default_factory=lambda: country("CN"))
    faults: Faults = field(default_factory=Faults)
    channels: list[Channel] = field(default_factory=list[Channel])
    slots: list[int] = field(default_factory=list[int])  # of the engine, by timeslot; -1: none transmits there

    def __post_init__(self) -> None:
        for index in range(self.lines):
            self._add((1, index + 1), self.exchange.add_line(f"{self.first_number + index:04d}"))
        for index in range(self.spares):
            self._add((2, index + 1), None)

    def _add(self, place: tuple[int, int], wires: SimLine | None) -> None:
        self.slots += [-1, wires.station.slot_in if wires else -1]
        channel = Channel(self, place, len(self.channels), wires)
        self.slots[channel.voice_timeslot] = channel.voice.port.slot_media
        channel.route_by_default()
        self.channels.append(channel)

    @property
    def boards(self) -> list[Board]:
        every = [Board("dxxxB1", self.lines, True), Board("dxxxB2", self.spares, False)]
        return [board for board in every if board.channels]

    def slot(self, timeslot: int) -> int:
        """The engine's slot of a timeslot.

        Raises:
            ValueError: nobody transmits there.
        """
        if timeslot == NOTHING:
            return -1
        if timeslot >= len(self.slots) or self.slots[timeslot] < 0:
            raise ValueError(f"timeslot {timeslot} came, nobody transmits on it")
        return self.slots[timeslot]

    def find(self, name: str) -> Channel | Opened | None:
        """A channel, or what OPENED says of a board; None if there is no such device."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        board, channel = int(found[1]), int(found[2] or 0)
        if board > len(self.boards) or channel > self.boards[board - 1].channels:
            return None
        if not channel:
            return Opened(board, 0, self.boards[board - 1].has_lines)
        return self.channels[channel - 1 if board == 1 else self.lines + channel - 1]

    async def close(self) -> None:
        """End all jobs, take all voice resources off the bus; the lines are the exchange's."""
        await asyncio.gather(*(channel.close() for channel in self.channels))
