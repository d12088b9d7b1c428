"""What the batched detectors share (bc_rx.h): a lock, checks of the samples, events as plain tuples."""

import threading
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import INT16, Int16Array, checked, finite, whole

MAX_CHANNELS = 65536
END: int = lib.BC_RX_END
_ROOM = 256  # events a call into C
_EVENT = np.dtype(  # bc_rx_event
    [
        ("lane", "i4"),
        ("kind", "i4"),
        ("code", "i4"),
        ("level_dbm0", "f4"),
        ("detail", "f4"),
        ("duration", "u4"),
        ("start", "u8"),
        ("at", "u8"),
    ]
)
Record = tuple[int, int, int, float, float, int, int, int]
"""The fields of bc_rx_event in their order."""


def channels_checked(channels: int) -> int:
    """Return how many channels a detector is for, 1 to 65536.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is out of range.
    """
    return whole(channels, 1, MAX_CHANNELS, "channels")


def within(value: float, low: float, high: float, name: str) -> float:
    """Return a finite number from `low` to `high`.

    Raises:
        TypeError: It is not a number.
        ValueError: It is out of range.
    """
    number = finite(value, name)
    if not low <= number <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {value}")
    return number


class Receiver:
    """A bc_rx and the memory for its events. Not to be used by two threads at a time: that raises RuntimeError."""

    def __init__(self, channels: int, rx: Any, what: str) -> None:
        """Take over `rx`, which a constructor in C returned.

        Args:
            channels: How many it was made for.
            rx: The receiver; NULL stands for no memory.
            what: Its name in messages, "a DtmfDetector".

        Raises:
            MemoryError: `rx` is NULL.
        """
        if rx == ffi.NULL:
            raise MemoryError(f"no memory for {channels} channels")
        self.channels = channels
        self._what = what
        self._lock = threading.Lock()
        self._rx: Any = ffi.gc(rx, lib.bc_rx_free)
        self._events: Any = np.empty(_ROOM, _EVENT)  # plain tuples come out of it quickly
        self._room: Any = ffi.from_buffer("bc_rx_event[]", self._events)
        self._consumed: Any = ffi.new("size_t *")
        lib.bc_rx_reset(self._rx)

    @property
    def bytes(self) -> int:
        """Memory that it holds in C."""
        return int(lib.bc_rx_bytes(self._rx))

    def reset(self) -> None:
        """Forget everything: every channel is at its sample 0 again.

        Raises:
            RuntimeError: Another thread is using it.
        """
        self._enter()
        try:
            lib.bc_rx_reset(self._rx)
        finally:
            self._lock.release()

    def take(self, samples: Int16Array) -> list[Record]:
        """Take the next samples of every channel; return the events in them.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is using it.
        """
        array = checked(samples, INT16, "samples")
        if array.ndim == 1 and self.channels == 1:
            array = array.reshape(1, -1)
        if array.ndim != 2 or array.shape[0] != self.channels:
            wanted = f"({self.channels}, n)" + (" or (n,)" if self.channels == 1 else "")
            raise ValueError(f"samples must have the shape {wanted}, got {array.shape}")
        self._enter()
        try:
            return self._run(array)
        finally:
            self._lock.release()

    def drain(self, silence_samples: int) -> list[Record]:
        """Take so much silence, then reset; return the events."""
        records = self.take(np.zeros((self.channels, silence_samples), np.int16))
        self.reset()
        return records

    def _enter(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(f"{self._what} is used by two threads at a time")

    def _run(self, array: Int16Array) -> list[Record]:
        found: list[Record] = []
        length, at, count = array.shape[1], 0, _ROOM
        base = ffi.from_buffer("int16_t[]", array) if array.size else ffi.NULL
        while at < length or count == _ROOM:
            count = lib.bc_rx_process(
                self._rx, base + at, length, length - at, self._consumed, self._room, _ROOM
            )
            at += self._consumed[0]
            found += self._events[:count].tolist()
        return found
