"""Paced time: an event loop whose clock runs faster (or slower) than the wall by a constant factor.

For tests with a peer in another process. Virtual time jumps, so every answer of such a peer would come late; paced time
only hurries both. Its engine's ticks come as much more often, and what it says of time is in the loop's seconds. A real
delay of the machine counts as that many times longer: at pace 5 a thread that is woken 2 ms late is one tick late.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

__all__ = ["PacedClock", "PacedLoop"]

T = TypeVar("T")
SLOWEST, FASTEST = 0.01, 100.0  # what the engine's ticks can follow: bc_engine_options.tick_ns


class _PacedSelector(selectors.DefaultSelector):
    """Waits as long on the wall as the loop's seconds take there."""

    pace = 1.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / self.pace)


class PacedLoop(asyncio.SelectorEventLoop):
    """An event loop in paced time. Made by `PacedClock`."""

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self._zero_s = time.monotonic()  # where both clocks agree
        selector = _PacedSelector()
        selector.pace = pace
        super().__init__(selector)
        self.utc_at_zero = datetime.now(UTC) - timedelta(seconds=self._zero_s)

    def time(self) -> float:
        return self.time_at(time.monotonic())

    def time_at(self, monotonic_s: float) -> float:
        """The loop's time when `time.monotonic()` is that."""
        return self._zero_s + (monotonic_s - self._zero_s) * self.pace


class PacedClock:
    """Runs coroutines in a time that goes `pace` times as fast as the wall's; 1 is real time.

    Example:
        PacedClock(5).run(main())      # a minute takes 12 s
    """

    def __init__(self, pace: float) -> None:
        """`pace`: 0.01 to 100. Raises ValueError for another."""
        if not SLOWEST <= pace <= FASTEST:
            raise ValueError(f"pace must be {SLOWEST} to {FASTEST:.0f}, not {pace!r}")
        self.pace = pace

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run as `asyncio.run` does, in a new loop."""
        with asyncio.Runner(loop_factory=lambda: PacedLoop(self.pace)) as runner:
            return runner.run(main)
