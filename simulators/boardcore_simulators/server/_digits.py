"""The digit buffer of a voice resource: 31 places, oldest first, what comes when it is full is lost.

The engine has a type-ahead buffer of its own, from which only a collecting job takes. So digits are drawn from there
into this one whenever exactness asks for it: before a job that digits can end, before they are cleared, and when many
wait. Drawing takes a tick.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from boardcore.media.engine import TICK_S
from boardcore.media.port import EngineJob, EngineMedia
from boardcore.ports import CollectResult, CollectSpec, EndReason
from boardcore_simulators.server._rules import BUFFERED_MAX

__all__ = ["DigitBuffer"]

_DRAW_AT = 16  # waiting in the engine, which has 64 places
_LEFT_OVER = (EndReason.MAX_DIGITS, EndReason.DIGIT)  # other ends leave nothing in the engine


class DigitBuffer:
    """Digits that nobody took yet."""

    def __init__(self, media: EngineMedia, spawn: Callable[[Coroutine[Any, Any, Any]], object]) -> None:
        self._media = media
        self._spawn = spawn
        self._kept = ""
        self._waiting: deque[int] = deque()  # the tick of each that is still in the engine
        self._collecting = False
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        waiting = 0 if self._collecting else len(self._waiting)
        return min(len(self._kept) + waiting, BUFFERED_MAX)

    def came(self, tick: int) -> None:
        """The engine told of a digit."""
        self._waiting.append(tick)
        if len(self._waiting) == _DRAW_AT and not self._lock.locked():
            self._spawn(self.draw())

    async def draw(self) -> str:
        """All digits that wait, still in the buffer."""
        async with self._lock:
            while self._waiting:
                count = min(len(self._waiting), 64)
                spec = CollectSpec(count, first_timeout_s=TICK_S, inter_digit_timeout_s=TICK_S)
                result = await (await self._media.start(spec)).result()
                self._taken(result)
                self._kept = (self._kept + result.digits)[:BUFFERED_MAX]
        return self._kept

    async def clear(self) -> None:
        """Forget them. A COLLECT under way keeps those it has."""
        if not self._collecting:
            await self.draw()
        self._kept = ""

    def take(self, count: int) -> None:
        """The oldest ones are somebody's now."""
        self._kept = self._kept[count:]

    async def collect(self, spec: CollectSpec, begun: Callable[[EngineJob[CollectResult]], None]) -> CollectResult:
        """Let the engine collect what comes; `begun` is given its job, to stop it."""
        async with self._lock:
            self._collecting = True
            try:
                job = await self._media.start(spec)
                begun(job)
                result = await job.result()
                self._taken(result)
                return result
            finally:
                self._collecting = False

    def _taken(self, result: CollectResult) -> None:
        """They are not in the engine any more. Their events came before the job's end did."""
        for _ in range(min(len(self._waiting), len(result.digits) + bool(result.terminator))):
            self._waiting.popleft()
        if result.reason not in _LEFT_OVER:
            end = round((result.ended_s - self._media.engine.epoch_s) / TICK_S)
            while self._waiting and self._waiting[0] <= end:
                self._waiting.popleft()
