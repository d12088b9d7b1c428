"""The simulated board: analogue channels on the engine, on an exchange of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from boardcore._native import lib
from boardcore.errors import BoardLost, Cause, DriverError
from boardcore.media.engine import Engine, EngineEvent
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports import (
    BoardGone,
    BoardInfo,
    Capability,
    DriverContext,
    LineFault,
    LineRestored,
    LoopDropped,
    LoopRestored,
    PolarityChanged,
    PortEvent,
    RingStarted,
    RingStopped,
    SendDigitsSpec,
)
from boardcore.tones import Country
from boardcore_sim.options import SimOptions
from boardcore_simulators import Exchange
from boardcore_simulators.line import SimLine
from boardcore_simulators.pulses import dial_pulses

__all__ = ["SimBoard", "SimChannel"]


SEIZURE_S = 0.1  # an exchange does not notice a shorter closing
RELEASE_GUARD_S = 0.2  # an exchange takes a shorter opening of the loop for a flash


class SimLinePort:
    """Signalling of a channel: a telephone's hook on a simulated line."""

    def __init__(self, board: SimBoard, line: SimLine, media: EngineMedia) -> None:
        self._board = board
        self._line = line
        self._media = media
        self._off_hook = False
        self._loop_wanted = False  # a release has begun when `_off_hook` alone is set
        self._closed_s = 0.0

    @property
    def number(self) -> str | None:
        return self._line.number

    async def off_hook(self) -> None:
        self._board.check_alive()
        self._off_hook = self._loop_wanted = True
        self._closed_s = self._line.engine.loop.time()
        self._line.hook(True)

    async def on_hook(self) -> None:
        if not self._board.gone and self._off_hook:
            await asyncio.sleep(self._closed_s + SEIZURE_S - self._line.engine.loop.time())
            self._loop_wanted = False
            self._line.hook(False)
            await asyncio.sleep(RELEASE_GUARD_S)
        self._off_hook = False

    async def dial(self, digits: str) -> None:
        self._board.check_alive()
        if self._board.options.dial == "pulse":
            if not set(digits) <= set("0123456789"):
                raise DriverError(f"{self._board.info.address}: a line that dials by pulses has digits 0 to 9 only")
            await dial_pulses(self._line, digits, lambda: self._loop_wanted and not self._board.gone)
            return
        job = await self._media.start(SendDigitsSpec(digits))
        try:
            await job.result()
        except asyncio.CancelledError:
            job.stop()
            raise

    async def reject(self, cause: Cause) -> None:
        self._board.check_alive()
        self._board.exchange.circuits[self._line.number].refuse(cause)

    def watch_tones(self, on: bool) -> None:
        self._media.watch_tones(on)


class SimMedia(EngineMedia):
    """The engine's media, as long as the board is there."""

    board: SimBoard

    async def start(self, spec: Any) -> Any:
        self.board.check_alive()
        return await super().start(spec)


class SimChannel:
    """One channel."""

    capabilities = frozenset(Capability)

    def __init__(self, board: SimBoard, index: int, line: SimLine) -> None:
        self.name = f"sim:{line.number}"
        self._board = board
        self._index = index
        self._line = line
        options = board.options
        self.media = SimMedia(
            line.station, EngineBus.of(line.engine), self._post, options.profile,
            digit_ends=True, late_digits=options.digits == "late",
        )  # fmt: skip
        self.media.board = board
        self.line = SimLinePort(board, line, self.media)
        line.station.handler = self._handle

    def _post(self, event: PortEvent) -> None:
        self._board.context.post(self._index, event)

    def _handle(self, event: EngineEvent) -> None:
        if event.kind != lib.BC_EV_LINE:
            self.media.handle(event)
            return
        for told in self._line_events(event.tick, event.a, event.b):
            self._post(told)

    def _line_events(self, tick: int, bits: int, changed: int) -> list[PortEvent]:
        at_s = self._line.engine.time_of(tick)
        events: list[PortEvent] = []
        if changed & lib.BC_LINE_CUT:
            kind: type[PortEvent] = LineFault if bits & lib.BC_LINE_CUT else LineRestored
            events.append(kind(at_s=at_s, tick=tick))
        if changed & lib.BC_LINE_RINGING and bits & lib.BC_LINE_RINGING:
            caller, called = self._line.caller, self._line.number
            events.append(RingStarted(at_s=at_s, tick=tick, caller=caller, called=called))
        elif changed & lib.BC_LINE_RINGING:
            events.append(RingStopped(at_s=at_s, tick=tick))
        if changed & lib.BC_LINE_FEED and not bits & lib.BC_LINE_CUT:
            feed = bits & lib.BC_LINE_FEED
            events.append(LoopRestored(at_s=at_s, tick=tick) if feed else LoopDropped(at_s=at_s, tick=tick))
        if changed & lib.BC_LINE_REVERSED and bits & lib.BC_LINE_FEED:
            events.append(PolarityChanged(at_s=at_s, tick=tick, reversed=bool(bits & lib.BC_LINE_REVERSED)))
        return events


class SimBoard:
    """The board. `exchange` is reachable from tests as `board.exchange`."""

    def __init__(self, options: SimOptions, context: DriverContext) -> None:
        self.context = context
        self.options = options
        isa = {"best": -1, "scalar": 0, "avx2": 1, "avx512": 2}[options.isa]
        self.engine = Engine.acquire(max_ports=options.max_ports, isa=isa)
        self.gone = False
        self._closed = False
        self.exchange = Exchange(self.engine, options.plan, options.quality, options.seed)
        first = int(options.first_number)
        lines = [self.exchange.add_line(f"{first + i:04d}") for i in range(options.lines)]
        self._channels = [SimChannel(self, i, line) for i, line in enumerate(lines)]
        self._channel_lines = lines

    @property
    def info(self) -> BoardInfo:
        address = f"sim:{self.options.name}?lines={self.options.lines}"
        return BoardInfo(address, "simulated analogue board", self.options.lines)

    @property
    def channels(self) -> Sequence[SimChannel]:
        return self._channels

    @property
    def country(self) -> Country:
        return self.options.profile

    @property
    def disconnect_tones(self) -> frozenset[str]:
        return self.options.disconnect_names

    @property
    def extras(self) -> Mapping[str, Any]:
        return {"exchange": self.exchange}

    def check_alive(self) -> None:
        if self.gone:
            raise BoardLost(f"{self.info.address}: the board is gone")

    def catch_up(self) -> None:
        if not self.engine.virtual:
            self.engine.drain()

    def statistics(self) -> Mapping[str, int | float | str]:
        return self.engine.statistics()

    async def vanish(self, reason: str = "pulled from its slot") -> None:
        """Be gone, as a board that is pulled: its stations leave the wires, the exchange stays."""
        self.gone = True
        tick = self.engine.tick
        self.context.post(-1, BoardGone(at_s=self.engine.time_of(tick), tick=tick, reason=reason))
        await self._leave()

    async def _leave(self) -> None:
        for line in self._channel_lines:
            line.hook(False)
        await asyncio.gather(*(line.station.close() for line in self._channel_lines))

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self.exchange.close()
        self.engine.release()
