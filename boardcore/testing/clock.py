"""Virtual time: an event loop whose clock jumps, and the engine's ticks with it.

One call into C runs ticks until an event or the loop's next deadline, so a minute of telephony takes milliseconds and
is the same to the last bit every time. Time stands still while executor jobs or thread-safe calls are in flight. A loop
with nothing to wait for raises `VirtualDeadlock`, which names the waiters. With a peer in another process use real
time: skipped time makes every answer late.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine, Generator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from boardcore.media.engine import Engine

__all__ = ["VirtualClock", "VirtualDeadlock", "VirtualLoop"]

T = TypeVar("T")
# Without a timer, how long an engine may run without an event before nothing is believed to come any more.
PATIENCE_S = 60.0
PATIENCE_WITH_JOBS_S = 4 * 3600.0


class VirtualDeadlock(RuntimeError):
    """Every task waits for something that will never come."""


def _waiters(loop: asyncio.AbstractEventLoop) -> str:
    lines: list[str] = []
    for task in asyncio.all_tasks(loop):
        frames = task.get_stack()
        coroutine: Any = task.get_coro()
        # The innermost awaited coroutine says what is really waited for.
        chain = [coroutine.__qualname__]
        while getattr(coroutine, "cr_await", None) is not None and hasattr(coroutine.cr_await, "cr_frame"):
            coroutine = coroutine.cr_await
            chain.append(coroutine.__qualname__)
        frame = getattr(coroutine, "cr_frame", None) or (frames[-1] if frames else None)
        where = " > ".join(chain) + (f" ({frame.f_code.co_filename}:{frame.f_lineno})" if frame else "")
        lines.append(f"  {task.get_name()}: {where}")
    return "\n".join(sorted(lines)) or "  (no task)"


class _VirtualSelector(selectors.DefaultSelector):
    """Looks at the real descriptors; where asyncio would sleep, it lets the loop's virtual time pass instead."""

    loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or self.loop is None or (timeout is not None and timeout <= 0):
            return ready
        if self.loop.in_flight:
            return super().select(None)  # time stands still
        self.loop.jump(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time. Made by `VirtualClock`."""

    def __init__(self, utc_at_zero: datetime, limit_s: float) -> None:
        selector = _VirtualSelector()
        super().__init__(selector)
        self._now_s = 0.0
        self._engine: Engine | None = None
        self.in_flight = 0
        self.utc_at_zero = utc_at_zero
        self._limit_s = limit_s
        selector.loop = self

    def time(self) -> float:
        return self._now_s

    def limit(self, limit_s: float) -> None:
        """Virtual time at which this is taken for a run that never ends."""
        self._limit_s = limit_s

    def attach_engine(self, engine: Engine | None) -> None:
        """The engine whose ticks pass with this loop's time."""
        self._engine = engine

    def arrive(self, now_s: float) -> None:
        """It is now that late."""
        self._now_s = max(self._now_s, now_s)

    def jump(self, timeout: float | None) -> None:
        """Let time pass: to the next timer, or to the engine's next event before it."""
        if self._now_s > self._limit_s:
            self._deadlock()
        if self._engine is None:
            if timeout is None:
                self._deadlock()
            self.arrive(self._now_s + (timeout or 0.0))
        elif timeout is not None:
            self._engine.advance(self._now_s + timeout, self.arrive)
        else:
            busy = self._engine.statistics()["jobs"]
            patience_s = PATIENCE_WITH_JOBS_S if busy else PATIENCE_S
            if not self._engine.advance(self._now_s + patience_s, self.arrive):
                self._deadlock()

    def _deadlock(self) -> None:
        raise VirtualDeadlock(
            f"nothing new can happen any more at {self._now_s:.2f} s of virtual time; waiting:\n{_waiters(self)}"
        )

    @contextlib.contextmanager
    def hold(self) -> Generator[None]:
        """Let time stand still: something outside of the loop (a thread, a process) is about to answer."""
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    def _landed(self, future: object) -> None:
        self.in_flight -= 1

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self.in_flight += 1
        future.add_done_callback(self._landed)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        with self.hold():
            await super().shutdown_default_executor()


class VirtualClock:
    """Runs coroutines in virtual time.

    Example:
        clock = VirtualClock()
        clock.run(main())      # as asyncio.run, and an hour takes a blink
    """

    def __init__(self, utc: datetime = datetime(2026, 1, 1, tzinfo=UTC), limit_s: float = 3 * 86400.0) -> None:
        """`utc`: wall-clock time at zero. `limit_s`: virtual time at which a run is taken for one that never ends."""
        self._utc = utc
        self._limit_s = limit_s

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end in a new loop, cancel what is left over, close the loop.

        Raises:
            VirtualDeadlock: when every task waits for something that will never come.
        """
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self._utc, self._limit_s)) as runner:
            try:
                return runner.run(main)
            except VirtualDeadlock:
                self._clear_up(runner.get_loop())
                raise

    def _clear_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the tasks that hang end in order, as far as they can within one more hour of their time."""
        assert isinstance(loop, VirtualLoop)  # we made it
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.limit(loop.time() + 3600.0)
        with contextlib.suppress(VirtualDeadlock):
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
