"""Pulse dialling on a simulated line: the exchange's ear for it, and the dial of a station."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from boardcore.machines.pulse import STANDARD, AnyPulseEvent, PulseDecoder, PulseEvent, PulseTimes

if TYPE_CHECKING:
    from boardcore.media.engine import Engine
    from boardcore_simulators.line import SimLine

__all__ = ["EXCHANGE_TIMES", "PulseEar", "PulseTaker", "dial_pulses"]

# This exchange has no use for a flash: what is open for longer than a pulse is a release. A station waits for 200 ms.
EXCHANGE_TIMES = PulseTimes(flash_min_s=0.15, release_s=0.15)
PERIOD_MS = 100
PAUSE_PERIODS = 8  # between digits, as a dial by hand


class PulseTaker(Protocol):
    """What is told by a `PulseEar`."""

    def pulse_digit(self, digit: str) -> None: ...

    def pulse_garbled(self) -> None: ...

    def pulse_release(self) -> None: ...


class PulseEar:
    """Counts the pulses of one line from its seizure on, by the ticks of the engine. Ends with the release."""

    def __init__(self, engine: Engine, taker: PulseTaker, tick: int) -> None:
        self._engine = engine
        self._taker = taker
        self._decoder = PulseDecoder(EXCHANGE_TIMES)
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._told_s = 0.0  # up to when it is known what the loop did
        self.feed(True, tick)

    @property
    def busy(self) -> bool:
        """The loop is open, or a digit may be under way."""
        return self._decoder.next_deadline() is not None

    def feed(self, closed: bool, tick: int) -> None:
        """The loop changed at a tick."""
        self._told_s = self._engine.time_of(tick)
        self._tell(self._decoder.feed(closed, self._told_s))

    def close(self) -> None:
        """Count no more, tell nothing more."""
        self._closed = True
        self._disarm()

    def _tell(self, events: list[AnyPulseEvent]) -> None:
        for event in events:
            if self._closed:
                return
            if isinstance(event, PulseEvent.Digit):
                self._taker.pulse_digit(event.digit)
            elif isinstance(event, PulseEvent.Garbled):
                self._taker.pulse_garbled()
            elif isinstance(event, PulseEvent.Released):
                self._taker.pulse_release()
        self._arm()

    def _arm(self) -> None:
        self._disarm()
        deadline = self._decoder.next_deadline()
        if deadline is not None and not self._closed:
            loop = self._engine.loop
            self._timer = loop.call_at(max(deadline, loop.time() + 0.001), self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        """Judge by the ticks done, once all that happened in them is taken in, however late the loop is."""
        now = self._engine.time_of(self._engine.tick)
        if not self._engine.virtual:
            self._engine.drain()
        if not self._closed:  # a tick that was done meanwhile may have told more
            self._tell(self._decoder.expire(max(now, self._told_s)))


async def dial_pulses(line: SimLine, digits: str, off_hook: Callable[[], bool]) -> None:
    """Dial on a closed loop at ten pulses a second; ends early when the station hangs up.

    The line model times the pulses of a digit, so that a late event loop makes pauses longer and nothing else.

    Args:
        line: Its station's end.
        digits: 0 to 9.
        off_hook: Whether the station wants the loop closed, asked every 100 ms. So it is left, also when cancelled.

    Raises:
        ValueError: A character has no pulses.
    """
    counts = [STANDARD.pulses(digit) for digit in digits]
    try:
        for count in counts:
            line.pulses(count, PERIOD_MS)
            for _ in range(count + PAUSE_PERIODS):
                await asyncio.sleep(PERIOD_MS / 1000)
                if not off_hook():
                    return
    finally:
        line.hook(off_hook())
