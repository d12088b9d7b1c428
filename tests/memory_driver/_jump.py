"""A loop whose clock jumps to the next timer: enough for code whose every wait is a timer of that loop."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["JumpClock"]

T = TypeVar("T")


class _JumpSelector(selectors.SelectSelector):
    """Turns waiting into moving the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("every task waits, and nothing is due")
            self.now_s += timeout
        return ready


class _JumpLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumps = _JumpSelector()
        super().__init__(self._jumps)

    def time(self) -> float:
        return self._jumps.now_s


class JumpClock:
    """The kit's clock for boards without the media engine."""

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` on a loop of its own, as `asyncio.run` does."""
        with asyncio.Runner(loop_factory=_JumpLoop) as runner:
            return runner.run(main)
