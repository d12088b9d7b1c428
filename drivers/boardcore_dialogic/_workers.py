"""Threads that call into the vendor's library, so that a call which does not come back costs one thread."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["CallHung", "Workers"]

T = TypeVar("T")


class CallHung(Exception):
    """A call did not return in time, or no thread is left to make one."""


class _Work:
    """One call: who takes it first, the worker or the one that gives up waiting, decides."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
        self.loop = loop
        self.call = call
        self.future: asyncio.Future[Any] = loop.create_future()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.done = self.given_up = False

    def run(self) -> bool:
        """Do it, unless it was given up; False if it was given up meanwhile: then this thread was replaced."""
        with self.lock:
            if self.given_up:
                return True
            self.thread = threading.current_thread()
        error: BaseException | None = None
        value: Any = None
        try:
            value = self.call()
        except BaseException as raised:  # it is told where it is awaited
            error = raised
        with self.lock:
            self.done = True
            replaced = self.given_up
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.tell, value, error)
        return not replaced

    def tell(self, value: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)


class Workers:
    """So many threads; those that hang are replaced, up to `max_hung` of them."""

    def __init__(self, count: int, max_hung: int, hang_limit_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit_s = hang_limit_s
        self._spare = max_hung
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads: set[threading.Thread] = set()
        self._made = 0
        self.hung = 0
        for _ in range(count):
            self._add()

    def _add(self) -> None:
        self._made += 1
        thread = threading.Thread(target=self._run, name=f"boardcore-dialogic-{self._made}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            if not work.run():
                return

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call it on a thread. Cancelling lets the call run to its end.

        Raises:
            CallHung: it has not returned within the limit.
        """
        if not self._threads:
            raise CallHung("every thread that may call the library hangs in it")
        work = _Work(self._loop, lambda: function(*args))
        self._queue.put(work)
        timer = self._loop.call_later(self._limit_s, self._give_up, work)
        work.future.add_done_callback(lambda _: timer.cancel())
        try:
            return await asyncio.shield(work.future)
        except asyncio.CancelledError:
            work.future.add_done_callback(_retrieve)
            raise

    def _give_up(self, work: _Work) -> None:
        with work.lock:
            if work.done:
                return
            work.given_up = True
            thread = work.thread
        if thread is not None:
            self.hung += 1
            self._threads.discard(thread)
            if self._spare > 0:
                self._spare -= 1
                self._add()
        work.tell(None, CallHung(f"the vendor's library has not come back within {self._limit_s:g} s"))

    async def close(self) -> None:
        """End all threads but those that hang, and wait for them."""
        for _ in self._threads:
            self._queue.put(None)
        while self._threads:
            await asyncio.sleep(0.002)
            self._threads = {thread for thread in self._threads if _alive(thread)}


def _alive(thread: threading.Thread) -> bool:
    thread.join(0)
    return thread.is_alive()


def _retrieve(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
