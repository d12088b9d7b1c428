"""A vendor's library in Python, for tests of the driver alone: it does what a test tells it, also what none should."""

from __future__ import annotations

import queue
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from boardcore_dialogic import _constants as c
from boardcore_dialogic._rules import Condition
from boardcore_dialogic._user_io import UserIo
from boardcore_dialogic._vendor import SourceData, VendorError, VendorEvent

__all__ = ["FakeVendor"]

LINE_SLOTS = 1000


class FakeVendor:
    """Two boards: lines with their resources, and resources only. Handles are 10, 11, ... in order of opening."""

    path = "fake"

    def __init__(self, lines: int = 2, spares: int = 4) -> None:
        self.user_io = UserIo()
        self.taken = False
        self.counts = {1: lines, 2: spares}
        self.devices: dict[str, int] = {}
        self.open_devices: set[int] = set()
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.jobs: dict[int, str] = {}
        self.sources: dict[int, SourceData] = {}
        self.sinks: dict[int, int] = {}
        self.refusals: dict[str, int] = {}
        self.hanging: dict[str, threading.Event] = {}
        self.silent: set[str] = set()  # functions whose event never comes
        self.missing: set[str] = set()
        self.dead = False
        self.delay_s = 0.0  # of each event
        self._events: queue.Queue[VendorEvent] = queue.Queue()

    # -- what tests do ---------------------------------------------------------------------------------------
    def tell(self, name: str, kind: int, data: bytes = b"", *, mask: int = 0, count: int = 0, error: int = 0) -> None:
        """Put an event into the queue."""
        self._events.put(VendorEvent(self.devices.get(name, 9999), kind, data, 0.0, mask, count, error))

    def cst(self, name: str, number: int, data: int = 0) -> None:
        self.tell(name, c.Event.CST, struct.pack("=HH", number, data))

    def end(self, name: str, mask: int, count: int = 0) -> None:
        """End the job of a channel."""
        job = self.jobs.pop(self.devices[name])
        self.tell(name, c.Event.PLAY if job == "play" else c.Event.RECORD, mask=mask, count=count)

    def called(self, function: str) -> list[tuple[Any, ...]]:
        return [args for name, args in self.calls if name == function]

    def _do(self, function: str, *args: Any) -> None:
        self.calls.append((function, args))
        if function in self.hanging:
            self.hanging[function].wait(20)
        code = self.refusals.pop(function, None)
        if code is not None:
            raise VendorError(function, code, "refused")

    # -- what the driver calls -------------------------------------------------------------------------------
    def has(self, *functions: str) -> bool:
        return not self.missing.intersection(functions)

    def start(self) -> None:
        self._do("start")

    def board_count(self) -> int:
        self._do("board_count")
        return 2

    def wait_event(self, timeout_ms: int, now: Callable[[], float]) -> VendorEvent | None:
        try:
            event = self._events.get(timeout=timeout_ms / 1000)
            time.sleep(self.delay_s)
        except queue.Empty:
            return None
        return VendorEvent(event.device, event.kind, event.data, now(), event.term_mask, event.count, event.error)

    def put_marker(self, device: int) -> None:
        self._events.put(VendorEvent(device, c.MARKER, b"", 0.0))

    def open(self, name: str) -> int:
        self._do("open", name)
        device = self.devices[name] = 10 + len(self.devices)
        self.open_devices.add(device)
        return device

    def close(self, device: int) -> None:
        self._do("close", device)
        self.open_devices.remove(device)

    def subdevices(self, board: int) -> int:
        return self.counts[1 if self.devices["dxxxB1"] == board else 2]

    def set_event_mask(self, device: int, mask: int) -> None:
        self._do("set_event_mask", device, mask)

    def set_parameter(self, device: int, parameter: int, value: int) -> None:
        self._do("set_parameter", device, parameter, value)

    def set_hook(self, device: int, state: int) -> None:
        self._do("set_hook", device, state)
        if "set_hook" not in self.silent:
            self._events.put(VendorEvent(device, c.Event.SETHOOK, struct.pack("=HH", state, 0), 0.0))

    def caller_id(self, device: int) -> str | None:
        self._do("caller_id", device)
        return "2001"

    def transmit_slot(self, device: int, line: bool) -> int:
        if self.dead:
            raise VendorError("dx_getxmitslot", c.Error.SYSTEM, "gone")
        name = next(name for name, known in self.devices.items() if known == device)
        if line and name.startswith("dxxxB2"):
            raise VendorError("ag_getxmitslot", c.Error.NOSUPPORT, "no line")
        return device + (LINE_SLOTS if line else 0)

    def listen(self, device: int, slot: int, line: bool) -> None:
        self._do("listen", device, slot, line)

    def play(self, device: int, source: SourceData, rules: Sequence[Condition]) -> None:
        self._do("play", device, source, tuple(rules))
        self.jobs[device], self.sources[device] = "play", source

    def record(self, device: int, handle: int, rules: Sequence[Condition]) -> None:
        self._do("record", device, handle, tuple(rules))
        self.jobs[device], self.sinks[device] = "record", handle

    def dial(self, device: int, digits: str) -> None:
        self._do("dial", device, digits)
        if "dial" not in self.silent:
            self._events.put(VendorEvent(device, c.Event.DIAL, b"", 0.0))

    def stop(self, device: int) -> None:
        self._do("stop", device)
        job = self.jobs.pop(device, None) if "stop" not in self.silent else None
        if job is not None:
            kind = c.Event.PLAY if job == "play" else c.Event.RECORD
            self._events.put(VendorEvent(device, kind, b"", 0.0, c.TermMask.USRSTOP, 8000))

    def add_tone(self, device: int, template: int, freqs_hz: tuple[int, ...], off_hz: int) -> None:
        self._do("add_tone", device, template, freqs_hz, off_hz)

    def watch_tone(self, device: int, template: int, on: bool) -> None:
        self._do("watch_tone", device, template, on)
