"""Signals for several listeners: asyncio has room for one a signal, a chassis has many boards."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import weakref
from collections.abc import Callable, Generator

__all__ = ["on_signals"]

Callback = Callable[[], None]
_listening: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[signal.Signals, list[Callback]]] = (
    weakref.WeakKeyDictionary()
)


def _deliver(callbacks: list[Callback]) -> None:
    for callback in list(callbacks):
        callback()


@contextlib.contextmanager
def on_signals(signals: tuple[signal.Signals, ...], callback: Callback) -> Generator[None]:
    """Call `callback` on the running loop at each of the signals; does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    table = _listening.setdefault(loop, {})
    for number in signals:
        if number not in table:
            table[number] = []
            loop.add_signal_handler(number, _deliver, table[number])
        table[number].append(callback)
    try:
        yield
    finally:
        for number in signals:
            table[number].remove(callback)
            if not table[number]:
                del table[number]
                loop.remove_signal_handler(number)
