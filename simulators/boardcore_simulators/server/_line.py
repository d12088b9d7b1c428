"""The line interface of a channel: hook, ringing, loop current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from boardcore._native import lib
from boardcore.media.engine import EngineEvent
from boardcore_simulators.line import SimLine
from boardcore_simulators.server._voice import Tell
from boardcore_simulators.server._wire import Event, LineBit

__all__ = ["Line"]

RELAY_S = 0.02  # until a hook that was asked for is known to be seen by the wires
SEIZURE_S = 0.1  # an exchange does not notice a shorter closing of the loop
RINGS_OFF_S = 6.0  # without a burst: nobody rings any more


class Line:
    """The firmware of one analogue line.

    Args:
        tell: what happens is told to it.
        loop_off: is called when the loop current goes.
        hook_changed: is called when the loop is closed or open for sure.
    """

    def __init__(
        self, line: SimLine, tell: Tell, loop_off: Callable[[], None], hook_changed: Callable[[], None]
    ) -> None:
        self.wires = line
        self.off_hook = False
        self.closed = False  # sound may still come: until the wires have settled after off_hook
        self._tell = tell
        self._loop_off = loop_off
        self._hook_changed = hook_changed
        self._bits: int = 0
        self._current = False
        self._rings = 0
        self._rings_off: asyncio.TimerHandle | None = None
        self._closed_s = 0.0
        self._hook_lock = asyncio.Lock()
        line.station.handler = self._handle

    # -- hook ---------------------------------------------------------------------------------------------------
    async def hook(self, off: bool) -> None:
        """Close or open the loop; returns when it is done, in the order of asking."""
        async with self._hook_lock:
            if off and not self.off_hook:
                await self._close_loop()
            elif not off and self.off_hook:
                await self._open_loop()

    async def _close_loop(self) -> None:
        self.off_hook = self.closed = True
        self._hook_changed()
        self._closed_s = self.wires.engine.loop.time()
        self._forget_rings()
        self._current = self._flows()
        self.wires.hook(True)
        await asyncio.sleep(RELAY_S)

    async def _open_loop(self) -> None:
        await asyncio.sleep(self._closed_s + SEIZURE_S - self.wires.engine.loop.time())
        self.off_hook = False
        self._current = False
        self.wires.hook(False)
        await asyncio.sleep(RELAY_S)
        self.closed = False
        self._hook_changed()

    # -- state --------------------------------------------------------------------------------------------------
    def _flows(self) -> bool:
        return self.off_hook and bool(self._bits & lib.BC_LINE_FEED) and not self._bits & lib.BC_LINE_CUT

    def state(self) -> LineBit:
        pairs = (
            (self.off_hook, LineBit.OFF_HOOK),
            (self._bits & lib.BC_LINE_RINGING, LineBit.RINGING),
            (self._flows(), LineBit.LOOP),
            (self._bits & lib.BC_LINE_REVERSED, LineBit.REVERSED),
            (self._bits & lib.BC_LINE_CUT, LineBit.FAULT),
        )
        found = LineBit(0)
        for holds, bit in pairs:
            found |= bit if holds else LineBit(0)
        return found

    # -- from the wires -----------------------------------------------------------------------------------------
    def _handle(self, event: EngineEvent) -> None:
        tick, kind, a, b = event[:4]
        if kind != lib.BC_EV_LINE:
            return
        self._bits = a
        if b & lib.BC_LINE_CUT:
            self._tell(Event.FAULT, tick, int(bool(a & lib.BC_LINE_CUT)), 0, "")
        if b & lib.BC_LINE_RINGING:
            self._ringing(tick, bool(a & lib.BC_LINE_RINGING))
        self._loop(tick)
        if b & lib.BC_LINE_REVERSED and a & lib.BC_LINE_FEED:
            self._tell(Event.POLARITY, tick, int(bool(a & lib.BC_LINE_REVERSED)), 0, "")

    def _loop(self, tick: int) -> None:
        """The far side gave or took the current of a closed loop; what the own hook does is not news."""
        flows = self._flows()
        if flows == self._current:
            return
        self._current = flows
        self._tell(Event.LOOP, tick, int(flows), 0, "")
        if not flows:
            self._loop_off()

    def _ringing(self, tick: int, on: bool) -> None:
        self._stop_timer()
        if on and self.off_hook:
            return  # answered as the burst began
        if on:
            self._rings += 1
            self._tell(Event.RING, tick, self._rings, 0, self.wires.caller or "")
            return
        self._tell(Event.RING_END, tick, 0, 0, "")
        if not self.off_hook:
            engine = self.wires.engine
            self._rings_off = engine.loop.call_at(engine.time_of(tick) + RINGS_OFF_S, self._gave_up)

    def _gave_up(self) -> None:
        self._forget_rings()
        self._tell(Event.RINGS_OFF, self.wires.engine.tick, 0, 0, "")

    def _forget_rings(self) -> None:
        self._stop_timer()
        self._rings = 0

    def _stop_timer(self) -> None:
        if self._rings_off is not None:
            self._rings_off.cancel()
            self._rings_off = None

    def close(self) -> None:
        """Hear nothing more of the wires, which are the exchange's to take away."""
        self._stop_timer()
        self.wires.station.handler = None
