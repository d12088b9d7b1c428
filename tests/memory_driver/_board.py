"""Driver and BoardPort of the memory board."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boardcore.errors import BoardLost, DriverError
from boardcore.ports import CONTRACT_VERSION, BoardGone, BoardInfo, DriverContext, PortEvent
from boardcore.tones import Country, country, tone_names
from memory_driver._audio import TURN_S
from memory_driver._bus import MemoryBus
from memory_driver._line import MemoryChannel
from memory_driver._office import Leg, MemoryOffice

__all__ = ["MemoryBoard", "MemoryDriver", "MemoryOptions"]

COMMAND_S = 0.003  # from a command to the firmware's "done"


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """Options of a `memory:` address. Without `tones` it tells edges of the progress tone only."""

    name: str = "office"
    lines: int = 4
    tones: bool = True
    digits: str = "early"  # count when they are detected; late: when they are over
    disconnect_tones: str = "busy,congestion"


class MemoryDriver:
    """A chassis with one memory board, wired to one office."""

    contract_version = CONTRACT_VERSION
    options_type = MemoryOptions

    def __init__(self, office: MemoryOffice | None = None) -> None:
        self.office = office or MemoryOffice()
        self.board: MemoryBoard | None = None
        self.pulled = False

    async def enumerate(self) -> Sequence[BoardInfo]:
        options = MemoryOptions()
        return [] if self.pulled else [_info(options)]

    async def open(self, options: MemoryOptions, context: DriverContext) -> MemoryBoard:
        if self.pulled:
            raise BoardLost(f"memory:{options.name} is not in its slot")
        if self.board:
            raise DriverError(f"memory:{options.name} is open already", vendor_code=16)
        self.board = MemoryBoard(self, options, context)
        await asyncio.sleep(COMMAND_S)
        return self.board

    def lose_board(self) -> None:
        """Pull the board from its slot."""
        self.pulled = True
        if self.board:
            self.board.lose()

    def restore_board(self) -> None:
        self.pulled = False


class MemoryBoard:
    """An open board."""

    def __init__(self, driver: MemoryDriver, options: MemoryOptions, context: DriverContext) -> None:
        self._driver = driver
        self._context = context
        self.options = options
        self._lost = False
        self._refusals: dict[str, int] = {}
        self.office = driver.office
        self.info = _info(options)
        bus = MemoryBus(self)
        self.ports = [MemoryChannel(self, i, str(1001 + i), bus) for i in range(options.lines)]
        for channel in self.ports:
            self.office.plug(channel)

    @property
    def channels(self) -> Sequence[MemoryChannel]:
        return self.ports

    @property
    def country(self) -> Country:
        return country("CN")

    @property
    def disconnect_tones(self) -> frozenset[str]:
        return tone_names(self.options.disconnect_tones, "disconnect_tones")

    @property
    def extras(self) -> Mapping[str, Any]:
        return {"office": self.office}

    def statistics(self) -> Mapping[str, int | float | str]:
        return {
            "turns": self.office.turn,
            "jobs": sum(channel.media.open_jobs for channel in self.ports),
            "ports": sum(channel.leg is not Leg.IDLE for channel in self.ports),
        }

    def catch_up(self) -> None:
        """Do nothing: events are posted as they happen."""

    async def close(self) -> None:
        self._take_out()
        if self._driver.board is self:
            self._driver.board = None

    # ---- the firmware's side ---------------------------------------------------
    def post(self, channel: int, event: type[PortEvent], **fields: Any) -> None:
        """Tell of an event that happens now. One turn is two ticks."""
        if not self._lost:
            now = asyncio.get_running_loop().time()
            self._context.post(channel, event(at_s=now, tick=round(self.office.turn * TURN_S * 100), **fields))

    def check(self, name: str) -> None:
        """Raise BoardLost if it is, DriverError if the next command of this name is to be refused."""
        if self._lost:
            raise BoardLost(f"{self.info.address} was pulled")
        code = self._refusals.pop(name, None)
        if code is not None:
            raise DriverError(f"{self.info.address}: firmware refused {name}", vendor_code=code)

    async def command(self, name: str) -> None:
        """Ask the firmware, and wait for its answer."""
        self.check(name)
        await asyncio.sleep(COMMAND_S)
        self.check(name)

    def refuse_next(self, command: str, vendor_code: int) -> None:
        """For tests: answer the next command of this name (`off_hook`, `PlaySpec`, ...) with an error."""
        self._refusals[command] = vendor_code

    def lose(self) -> None:
        """All ends, and that is the last that is heard of it."""
        self.post(-1, BoardGone, reason="pulled from its slot")
        self._take_out()
        self._driver.board = None

    def _take_out(self) -> None:
        self._lost = True
        for channel in self.ports:
            channel.media.end_all()
            channel.media.deliver_all()
            self.office.unplug(channel)


def _info(options: MemoryOptions) -> BoardInfo:
    return BoardInfo(f"memory:{options.name}", "a resource board in memory", options.lines)
