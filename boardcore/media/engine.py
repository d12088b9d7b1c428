"""The C engine on an event loop: one engine a loop, shared by all boards, so that any two channels can meet.

In real time the engine runs on its own threads, at the loop's pace if it has one, and an eventfd wakes the loop; under
`boardcore.testing.VirtualClock` the loop itself runs the ticks. Either way events arrive through `Engine.drain`, in
order, stamped with their tick.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from boardcore._blocking import blocking, is_virtual
from boardcore._native import ffi, lib
from boardcore.errors import BoardLost, MediaFileError

__all__ = ["TICK_S", "Engine", "EngineEvent", "EnginePort"]

TICK_S = 0.01
_INTS, _FLOATS = ("port", "kind", "a", "b"), ("x", "y", "z")
_EVENT = np.dtype(
    [("tick", "u8"), ("job", "i8"), *((n, "i4") for n in _INTS), *((n, "f4") for n in _FLOATS), ("lasted", "u4")]
)
_BATCH = 512
T = TypeVar("T")


class EngineEvent(NamedTuple):
    """An event of a port; what the fields mean is by `kind`, see `bc_event` in bc_engine.h."""

    tick: int
    kind: int
    a: int
    b: int
    x: float
    y: float
    z: float
    lasted: int  # ticks before `tick` at which what is told of began


EventHandler = Callable[[EngineEvent], None]

_engines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Engine] = weakref.WeakKeyDictionary()


def ticks(seconds: float | None) -> int:
    """Ticks that cover `seconds`; 0 (no rule) for None, at least 1 otherwise."""
    return 0 if seconds is None else max(1, math.ceil(seconds / TICK_S - 1e-6))


def check(code: int, doing: str) -> int:
    """Pass a count on; raise what a negative result code means."""
    if code >= 0:
        return code
    if code == lib.BC_EFULL:
        raise BoardLost(f"the engine has no room left to {doing}")
    if code == lib.BC_EINVAL:
        raise ValueError(f"the engine refused to {doing}: an argument is out of its range")
    raise BoardLost(f"the engine cannot {doing} (code {code})")


def _loop_time(loop: asyncio.AbstractEventLoop, monotonic_s: float) -> float:
    """The loop's time at a time of CLOCK_MONOTONIC: the same, but for a paced loop."""
    scale: Callable[[float], float] | None = getattr(loop, "time_at", None)
    return monotonic_s if scale is None else scale(monotonic_s)


class EnginePort:
    """One port of the engine: the audio of a channel, or of a simulated line's end."""

    def __init__(self, engine: Engine, number: int, keep_alive: object) -> None:
        self.engine = engine
        self.number = number
        self.handler: EventHandler | None = None
        self.closed: asyncio.Future[None] = engine.loop.create_future()
        self.listening = -1  # the slot that `listen` gave it
        self._keep_alive = keep_alive  # the C state behind the port
        self.closing = False
        self.slot_in: int = lib.bc_engine_slot_in(engine.raw, number)
        self.slot_media: int = lib.bc_engine_slot_media(engine.raw, number)

    def control(self, op: int, a: int = 0, b: int = 0) -> None:
        if not self.closing:
            check(lib.bc_engine_port_control(self.engine.raw, self.number, op, a, b), "control a port")

    def detect(self, what: int) -> None:
        if not self.closing:
            check(lib.bc_engine_port_detect(self.engine.raw, self.number, what), "switch detectors")

    def secret(self, on: bool) -> None:
        if not self.closing:
            check(lib.bc_engine_port_secret(self.engine.raw, self.number, on), "keep digits secret")

    def hear_tones(self, tone_set: int) -> None:
        """The engine's tone set that `BC_DETECT_TONES` means; -1: none."""
        if not self.closing:
            check(lib.bc_engine_port_tones(self.engine.raw, self.number, tone_set), "hear tones")

    def late_digits(self, late: bool) -> None:
        """Let digits count when they are over, not as soon as they are sure."""
        if not self.closing:
            check(lib.bc_engine_port_late_digits(self.engine.raw, self.number, late), "report digits late")

    def mute_digits(self, on: bool) -> None:
        """Silence digits on the bus and in recordings, 20 ms behind the line; they are told and counted as ever."""
        if not self.closing:
            check(lib.bc_engine_port_mute_digits(self.engine.raw, self.number, on), "mute digits")

    def clear_digits(self) -> None:
        if not self.closing:
            check(lib.bc_engine_port_clear_digits(self.engine.raw, self.number), "clear digits")

    def listen(self, slot: int) -> None:
        """Let the port's line hear a slot beside its own media; -1 for none. Raises ValueError if nobody has that
        slot, or the port is a tap."""
        if not self.closing:
            check(lib.bc_engine_listen(self.engine.raw, self.number, slot), "switch a port")
            self.listening = slot

    def receive_from(self, slot: int) -> None:
        """Of a tap: the slot that it has as its `in` from the next tick on; -1 for silence. Raises ValueError if nobody
        has that slot, it is a tap's `in`, or this port is not a tap."""
        if not self.closing:
            check(lib.bc_engine_tap_source(self.engine.raw, self.number, slot), "switch a tap")

    async def close(self) -> None:
        """End its jobs, take it off the bus; returns when the engine has let go of it."""
        if not self.closing:
            self.closing = True
            check(lib.bc_engine_port_close(self.engine.raw, self.number), "close a port")
        await asyncio.shield(self.closed)


class Engine:
    """Face of `bc_engine`. Not made directly: `Engine.acquire()`, and `release()` as often."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_ports: int, isa: int) -> None:
        self.loop = loop
        self.virtual = is_virtual(loop)
        options: Any = ffi.new("bc_engine_options *")
        lib.bc_engine_defaults(options)
        options.max_ports = max_ports
        options.isa = isa
        options.virtual_time = self.virtual
        options.tick_ns = round(options.tick_ns / getattr(loop, "pace", 1.0))
        error: Any = ffi.new("int *")
        self.raw: Any = lib.bc_engine_new(options, error)
        if self.raw == ffi.NULL:
            raise BoardLost(f"cannot make an engine of {max_ports} ports on instruction set {isa} (code {error[0]})")
        self.max_ports = max_ports
        self.isa = str(ffi.string(lib.bc_isa_name(lib.bc_isa_resolve(isa))).decode())
        self._users = 0
        self._recordings: set[str] = set()
        self._ports: dict[int, EnginePort] = {}
        self._jobs: dict[int, Callable[[Any], None]] = {}
        self._streams: dict[int, Callable[[], None]] = {}
        self._buffer: Any = ffi.new("bc_event[]", _BATCH)
        self._events = np.frombuffer(ffi.buffer(self._buffer), dtype=_EVENT)
        self._result: Any = ffi.new("bc_job_result *")
        if self.virtual:
            self.epoch_s = loop.time()
            loop.attach_engine(self)  # type: ignore[attr-defined]
        else:
            check(lib.bc_engine_start(self.raw), "start its threads")
            self.epoch_s = _loop_time(loop, lib.bc_engine_epoch_s(self.raw))
            loop.add_reader(lib.bc_engine_eventfd(self.raw), self.drain)

    @staticmethod
    def acquire(max_ports: int = 4096, isa: int = -1) -> Engine:
        """The running loop's engine; made at first use, with these figures."""
        loop = asyncio.get_running_loop()
        engine = _engines.get(loop)
        if engine is None:
            engine = _engines[loop] = Engine(loop, max_ports, isa)
        engine._users += 1
        return engine

    def release(self) -> None:
        """Give it back; the last user's release stops it."""
        self._users -= 1
        if self._users:
            return
        _engines.pop(self.loop, None)
        if self.virtual:
            self.loop.attach_engine(None)  # type: ignore[attr-defined]
        else:
            self.loop.remove_reader(lib.bc_engine_eventfd(self.raw))
        lib.bc_engine_free(self.raw)
        self.raw = ffi.NULL

    # -- time -----------------------------------------------------------------------------------------------
    @property
    def tick(self) -> int:
        """Ticks done."""
        return int(lib.bc_engine_tick(self.raw))

    def time_of(self, tick: int) -> float:
        """Loop time, in seconds, of a tick."""
        return self.epoch_s + tick * TICK_S

    def advance(self, until_s: float, arrive: Callable[[float], None]) -> bool:
        """Virtual time: run ticks until `until_s` or the first event. `arrive` is told the time reached; True if events
        came."""
        until = math.floor((until_s - self.epoch_s) / TICK_S + 1e-6)
        reached = int(lib.bc_engine_run(self.raw, max(until, 0)))
        count = lib.bc_engine_poll(self.raw, self._buffer, _BATCH)
        arrive(self.time_of(reached) if count else until_s)
        self._dispatch(count)
        return bool(count)

    # -- events ---------------------------------------------------------------------------------------------
    def drain(self) -> None:
        """Take in all events that wait."""
        while self.raw != ffi.NULL:
            count = lib.bc_engine_poll(self.raw, self._buffer, _BATCH)
            self._dispatch(count)
            if count < _BATCH:
                return

    def _dispatch(self, count: int) -> None:
        if count <= 0:
            return
        rows: list[Any] = self._events[:count].tolist()
        failed: Exception | None = None
        for row in rows:
            try:
                self._deliver(*row)
            except Exception as error:  # the others' events are not lost for it
                failed = failed or error
        if failed is not None:
            raise failed

    def _deliver(self, tick: int, job: int, port: int, kind: int, *rest: Any) -> None:
        if kind == 3:  # BC_EV_JOB
            self._job_ended(job)
        elif kind == 6:  # BC_EV_STREAM
            wake = self._streams.get(job)
            if wake:
                wake()
        elif kind == 8:  # BC_EV_CLOSED
            self._port_closed(port)
        else:
            known = self._ports.get(port)
            if known is not None and known.handler is not None:
                known.handler(EngineEvent(tick, kind, *rest))

    def _port_closed(self, number: int) -> None:
        port = self._ports.pop(number)
        if not port.closed.done():
            port.closed.set_result(None)

    def _job_ended(self, job: int) -> None:
        check(lib.bc_engine_job_result(self.raw, job, self._result), "read a job's result")
        self._streams.pop(job, None)
        self._jobs.pop(job)(self._result)

    # -- ports and jobs -------------------------------------------------------------------------------------
    def open_port(self, ops: Any, state: Any, keep_alive: object) -> EnginePort:
        """Put a port on the bus. `keep_alive` owns the C state; it is held until the port is closed."""
        number = check(lib.bc_engine_port_open(self.raw, ops, state), "open a port")
        port = self._ports[number] = EnginePort(self, number, keep_alive)
        return port

    def open_tap(self) -> EnginePort:
        """Put a port without a line on the bus: a voice resource. `receive_from` says what it hears; a line's port
        hears it by `listen(tap.slot_media)`."""
        number = check(lib.bc_engine_tap_open(self.raw), "open a tap")
        port = self._ports[number] = EnginePort(self, number, None)
        return port

    def start_job(
        self, port: EnginePort, spec: Any, ended: Callable[[Any], None], wake: Callable[[], None] | None = None
    ) -> int:
        """Begin a job: its id, or a negative code. `ended` gets the C result once; `wake` a stream's reports."""
        if port.closing:  # the engine itself may be gone
            return int(lib.BC_EINVAL)
        job = int(lib.bc_engine_job_start(self.raw, port.number, spec))
        if job > 0:
            self._jobs[job] = ended
            if wake:
                self._streams[job] = wake
        return job

    @contextlib.contextmanager
    def recording(self, place: str | None, path: Path) -> Generator[None]:
        """Hold a file for one recording: another would empty it. `place` is None for what is no file."""
        if place is None:
            yield
            return
        if place in self._recordings:
            raise MediaFileError(str(path), errno.EBUSY, "record to")
        self._recordings.add(place)
        try:
            yield
        finally:
            self._recordings.discard(place)

    def stop_job(self, job: int, reason: int) -> None:
        if job in self._jobs:
            lib.bc_engine_job_stop(self.raw, job, reason)

    async def blocking(self, work: Callable[..., T], *args: object) -> T:
        """Run what touches the disk: on a worker in real time, in place in virtual time."""
        return await blocking(work, *args)

    async def opening(self, work: Callable[..., T], discard: Callable[[T], object], *args: object) -> T:
        """As `blocking`, for work that opens something: if nobody waits for it any more, it is discarded."""
        if self.virtual:
            return work(*args)
        future = self.loop.run_in_executor(None, work, *args)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(lambda f: None if f.cancelled() or f.exception() else discard(f.result()))
            raise

    def statistics(self) -> dict[str, int | float | str]:
        """The engine's counters; see `bc_engine_statistics` in bc_engine.h."""
        raw: Any = ffi.new("bc_engine_statistics *")
        lib.bc_engine_read_statistics(self.raw, raw)
        found: dict[str, int | float | str] = {name: getattr(raw, name) for name, _ in ffi.typeof(raw[0]).fields}
        found["isa"] = ffi.string(lib.bc_isa_name(raw.isa)).decode()
        return found
