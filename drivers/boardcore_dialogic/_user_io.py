"""User I/O: what the library reads and writes through functions of ours, on threads of its own."""

from __future__ import annotations

import threading
from typing import Protocol

__all__ = ["Sink", "Source", "UserIo"]


class Source(Protocol):
    """Gives what is played."""

    def read(self, room: int) -> bytes:
        """Up to so many bytes; none: the end. Never blocks for long."""
        ...


class Sink(Protocol):
    """Takes what is recorded."""

    def write(self, data: bytes) -> int:
        """Take it all, or fewer: the recording ends."""
        ...


class UserIo:
    """The handles that stand for sources and sinks in the library's tables."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        self._objects: dict[int, Source | Sink] = {}

    def add(self, thing: Source | Sink) -> int:
        """Give it a handle, never one that was used before: a late call of the library must meet nobody."""
        with self._lock:
            handle, self._next = self._next, self._next + 1 if self._next < 0x7FFFFFFF else 1
            self._objects[handle] = thing
            return handle

    def remove(self, handle: int) -> None:
        with self._lock:
            self._objects.pop(handle, None)

    def read(self, handle: int, room: int) -> bytes:
        with self._lock:
            source = self._objects.get(handle)
        reading = getattr(source, "read", None)
        return reading(room)[:room] if reading else b""

    def write(self, handle: int, data: bytes) -> int:
        with self._lock:
            sink = self._objects.get(handle)
        writing = getattr(sink, "write", None)
        return int(writing(data)) if writing else 0  # 0: no more; an error would look like a lost board
