"""The engine as a `MediaPort`, a `Bus` and a `ConferencePort`: for boards whose audio the host processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.errors import CallClosed, MediaBusy, MediaFileError, MediaFormatError, UnsupportedOperation
from boardcore.media.clips import clip_of
from boardcore.media.engine import TICK_S, Engine, EngineEvent, EnginePort, check, ticks
from boardcore.media.rings import PlayRing, RecordRing, RingResult
from boardcore.media.tones import engine_tones
from boardcore.ports.capabilities import Capability
from boardcore.ports.contract import MediaPort
from boardcore.ports.events import (
    DigitDetected,
    DigitEnded,
    DigitsLost,
    PortEvent,
    ProgressTone,
    SoundChanged,
    ToneHeard,
)
from boardcore.ports.jobs import (
    DIGITS,
    AudioFile,
    CollectResult,
    CollectSpec,
    EndReason,
    JobResult,
    JobSpec,
    PlayResult,
    PlaySpec,
    RecordResult,
    RecordSpec,
    SendDigitsResult,
    SendDigitsSpec,
    Termination,
    ToneResult,
    ToneSpec,
)
from boardcore.tones import Country

__all__ = ["EngineBus", "EngineConference", "EngineJob", "EngineMedia", "EngineStream", "tone_job"]

BLOCK = 80
RATE_HZ = 8000
CLIP_MAX_S = 60.0  # longer files are streamed from the disk
_REASONS = {
    1: EndReason.DATA,
    2: EndReason.MAX_TIME,
    3: EndReason.MAX_DIGITS,
    4: EndReason.DIGIT,
    5: EndReason.SILENCE,
    6: EndReason.NONSILENCE,
    7: EndReason.FIRST_TIMEOUT,
    8: EndReason.INTER_DIGIT_TIMEOUT,
    9: EndReason.STOPPED,
    10: EndReason.HANGUP,
    11: EndReason.ERROR,
    12: EndReason.TONE,
}
_STOP_CODES = {EndReason.STOPPED: 9, EndReason.HANGUP: 10}
ResultT = TypeVar("ResultT", bound=JobResult)


def digit_mask(digits: str) -> int:
    """Bit mask of `bc_job_spec.digit_mask`: 0-9, then * # A B C D."""
    return sum(1 << DIGITS.index(digit) for digit in set(digits))


def gain_q12(gain_db: float) -> int:
    """Q12 gain of -60 to +18 dB."""
    if not -60 <= gain_db <= 18:
        raise ValueError(f"gain_db must be -60 to 18, not {gain_db!r}")
    return round(4096 * 10 ** (gain_db / 20))


class EngineJob(Generic[ResultT]):
    """A job in the engine."""

    def __init__(self, engine: Engine, convert: Callable[[Any], ResultT], keep_alive: object) -> None:
        self._engine = engine
        self._convert = convert
        self._keep_alive = keep_alive
        self._undo = ExitStack()
        self._future: asyncio.Future[ResultT] = engine.loop.create_future()
        self.number = 0

    def hold(self, undo: ExitStack) -> None:
        """Keep something to the job's end."""
        self._undo = undo

    def ended(self, raw: Any) -> None:
        self._keep_alive = None
        self._undo.close()
        self._future.set_result(self._convert(raw))

    @property
    def done(self) -> bool:
        """The result is there."""
        return self._future.done()

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        self._engine.stop_job(self.number, _STOP_CODES[reason])

    async def result(self) -> ResultT:
        return await asyncio.shield(self._future)


class EngineMedia:
    """Media of one channel on the engine.

    Args:
        country: Whose call-progress tones are heard, for `watch_tones` and jobs that end by a tone. Without one
            `watch_tones` tells of the engine's one progress frequency, and no job ends by a tone.
        digit_ends: Post `DigitEnded` too.
        late_digits: A digit counts when it is over, not as soon as it is sure.
    """

    def __init__(
        self,
        port: EnginePort,
        bus: EngineBus,
        post: Callable[[PortEvent], None],
        country: Country | None = None,
        *,
        digit_ends: bool = False,
        late_digits: bool = False,
    ) -> None:
        self.port = port
        self.engine = port.engine
        self.post = post
        self._bus = bus
        self._country = country
        self._digits = lib.BC_DETECT_DTMF | (lib.BC_DETECT_DIGIT_ENDS if digit_ends else 0)
        self._watching = False
        self._watched_from = 0  # ticks: what was heard before is another watch's
        self._told: dict[str, float] = {}  # tones that are on, and since when
        self._tone_jobs = 0
        self._detecting = False
        if country is not None:
            port.hear_tones(engine_tones(self.engine, country).number)
        if late_digits:
            port.late_digits(True)
        self._busy: set[str] = set()

    @property
    def bus(self) -> EngineBus:
        return self._bus

    # -- detectors ------------------------------------------------------------------------------------------
    def detect(self, on: bool) -> None:
        self._detecting = on
        self._switch()
        if not on:  # after it: a digit that was under way may have counted
            self.port.clear_digits()

    def watch_tones(self, on: bool) -> None:
        """From a clean state: what is on already is told again."""
        self._watching = on
        self._watched_from = self.engine.tick + 1  # that tick may be under way, with what it was told before
        self._told.clear()
        if on:
            self._switch(tones=False)
        self._switch()

    def _switch(self, tones: bool = True) -> None:
        what = self._digits | lib.BC_DETECT_SOUND if self._detecting else 0
        if tones and (self._watching or self._tone_jobs):
            what |= lib.BC_DETECT_TONE if self._country is None else lib.BC_DETECT_TONES
        self.port.detect(what)

    @contextlib.contextmanager
    def _hearing_tones(self) -> Generator[None]:
        self._tone_jobs += 1
        self._switch()
        try:
            yield
        finally:
            self._tone_jobs -= 1
            self._switch()

    def set_secret(self, on: bool) -> None:
        self.port.secret(on)

    def mute_digits(self, on: bool) -> None:
        self.port.mute_digits(on)

    def clear_digits(self) -> None:
        self.port.clear_digits()

    def handle(self, event: EngineEvent) -> None:
        """Turn a media event of the engine into the contract's."""
        tick, kind, a, b, x = event[:5]
        at_s = self.engine.time_of(tick)
        if kind == lib.BC_EV_DIGIT:
            digit, level_dbm0 = (chr(a), round(x, 1)) if a else (None, None)
            self.post(DigitDetected(at_s=at_s, tick=tick, digit=digit, level_dbm0=level_dbm0))
        elif kind == lib.BC_EV_DIGIT_END:
            self.post(self._digit_ended(event))
        elif kind == lib.BC_EV_TONE_HEARD:
            self._tone_heard(event)
        elif kind == lib.BC_EV_SOUND:
            self.post(SoundChanged(at_s=at_s, tick=tick, sound=bool(a), level_dbm0=round(x, 1)))
        elif kind == lib.BC_EV_TONE:
            self.post(ProgressTone(at_s=at_s, tick=tick, on=bool(a), lasted_s=round(b * TICK_S, 2)))
        elif kind == lib.BC_EV_LOST:
            self.post(DigitsLost(at_s=at_s, tick=tick, count=a))

    def _digit_ended(self, event: EngineEvent) -> DigitEnded:
        public = bool(event.a)  # nothing of a secret digit is told but how long it was
        return DigitEnded(
            at_s=self.engine.time_of(event.tick),
            tick=event.tick,
            digit=chr(event.a) if public else None,
            duration_s=round(event.y / 1000, 3),
            level_dbm0=round(event.x, 1) if public else None,
            twist_db=round(event.z, 1) if public else None,
        )

    def _tone_heard(self, event: EngineEvent) -> None:
        if self._country is None or not self._watching or event.tick <= self._watched_from:
            return
        name, on = engine_tones(self.engine, self._country).names[event.b], bool(event.a)
        since_s = self.engine.time_of(event.tick - event.lasted)
        if not on and self._told.pop(name, None) is None:  # of a watch that is over
            return
        if on:
            self._told[name] = since_s
        self.post(
            ToneHeard(
                at_s=self.engine.time_of(event.tick), tick=event.tick, name=name, on=on, since_s=since_s,
                sure=round(event.y, 3), level_dbm0=round(event.x, 1),
            )
        )  # fmt: skip

    # -- jobs -----------------------------------------------------------------------------------------------
    async def start(self, spec: JobSpec[ResultT]) -> EngineJob[ResultT]:
        kind, prepare = _PREPARE.get(type(spec), (0, None))
        if prepare is None:
            raise TypeError(f"not a job that the engine knows: {spec!r}")
        raw: Any = ffi.new("bc_job_spec *")
        raw.kind = kind
        raw.slot = -1
        with ExitStack() as undo:
            undo.enter_context(self._taken(spec))  # before a file is touched: another job may be writing it
            keep_alive, convert = await prepare(self.engine, spec, raw, undo)
            convert = self._tone_rule(getattr(spec, "stop", None), raw, undo, convert)
            job: EngineJob[Any] = EngineJob(self.engine, convert, (raw, keep_alive))
            job.number = self.engine.start_job(self.port, raw, job.ended)
            if job.number <= 0:
                lib.bc_file_discard(raw.file)
                self._refuse(job.number, spec)
            job.hold(undo.pop_all())
        return cast(EngineJob[ResultT], job)

    def _tone_rule(
        self, stop: Termination | None, raw: Any, undo: ExitStack, convert: Callable[[Any], Any]
    ) -> Callable[[Any], Any]:
        """Let tones end a job, and its result say which."""
        if stop is None or not stop.tones:
            return convert
        if self._country is None:
            raise UnsupportedOperation(Capability.TONES, "a channel without a country's tones")
        tones = engine_tones(self.engine, self._country)
        raw.tone_mask = tones.mask(stop.tones)
        undo.enter_context(self._hearing_tones())

        def named(r: Any) -> Any:
            return replace(convert(r), tone=tones.names[r.tone]) if r.tone >= 0 else convert(r)

        return named

    @contextlib.contextmanager
    def _taken(self, spec: object) -> Generator[None]:
        role = _ROLES.get(type(spec), "send")
        if role in self._busy:
            self._refuse(lib.BC_ESTATE, spec)
        self._busy.add(role)
        try:
            yield
        finally:
            self._busy.discard(role)

    def _refuse(self, code: int, spec: object) -> None:
        if code == lib.BC_ESTATE:
            raise MediaBusy(f"the channel (or ring) has a job of this kind under way: {type(spec).__name__} refused")
        if self.port.closing:
            raise CallClosed("the channel is closed")
        check(code, f"start {type(spec).__name__}")

    def play_ring(self, ring: PlayRing, stop: Termination, wake: Callable[[], None]) -> EngineJob[RingResult]:
        """Play what is written to a ring until it is finished and empty, or a rule ends it. `wake` is called on the
        loop when there is room to write. Raises MediaBusy, also if another job has the ring; CallClosed; BoardLost."""
        return self._on_ring(lib.BC_JOB_PLAY, ring, stop, wake)

    def record_ring(self, ring: RecordRing, stop: Termination, wake: Callable[[], None]) -> EngineJob[RingResult]:
        """Record into a ring until a rule ends it, or with ERROR when it is full. `wake` is called on the loop when
        there is something to read; all is in the ring when the result is there. Raises as `play_ring`."""
        return self._on_ring(lib.BC_JOB_RECORD, ring, stop, wake)

    def _on_ring(
        self, kind: int, ring: PlayRing | RecordRing, stop: Termination, wake: Callable[[], None]
    ) -> EngineJob[RingResult]:
        raw: Any = ffi.new("bc_job_spec *")
        raw.kind, raw.slot, raw.ring = kind, -1, ring.raw
        _rules(stop, raw)

        def convert(r: Any) -> RingResult:
            return RingResult(**_common(self.engine, r), digit=_digit(r), samples=r.samples)

        with ExitStack() as undo:
            undo.enter_context(self._taken(ring))
            job = EngineJob(self.engine, self._tone_rule(stop, raw, undo, convert), (raw, ring))
            job.number = self.engine.start_job(self.port, raw, job.ended, wake)
            if job.number <= 0:
                self._refuse(job.number, ring)
            job.hold(undo.pop_all())
        return job

    async def open_stream(self, depth_s: float = 2.0) -> EngineStream:
        if not 0.04 <= depth_s <= 30:
            raise ValueError(f"depth_s must be 0.04 to 30 seconds, not {depth_s!r}")
        return EngineStream(self.engine, self.port, round(depth_s / TICK_S))


# ---- one preparation a spec: fill the C spec, say what to keep alive and how to read the result ------------
Prepared = tuple[object, Callable[[Any], Any]]


def _rules(stop: Termination, raw: Any) -> None:
    raw.max_ticks = ticks(stop.max_s)
    raw.max_digits = stop.max_digits or 0
    raw.digit_mask = digit_mask(stop.digits)
    raw.silence_ticks = ticks(stop.silence_s)
    raw.nonsilence_ticks = ticks(stop.nonsilence_s)
    raw.keep_digit = stop.keep_digit


def _common(engine: Engine, raw: Any) -> dict[str, Any]:
    return {
        "reason": _REASONS[raw.reason],
        "started_s": engine.time_of(raw.start_tick),
        "ended_s": engine.time_of(raw.end_tick),
        "detail": os.strerror(raw.error) if raw.error else "",
    }


def _digit(raw: Any) -> str | None:
    return chr(raw.digit) if raw.digit else None


def _seconds(raw: Any) -> float:
    return float(raw.samples / RATE_HZ)


def _file_error(code: int, path: str, doing: str) -> Exception:
    if code == lib.BC_EIO:
        return MediaFileError(path, ffi.errno, doing)
    if code == lib.BC_ENOMEM:
        return MediaFileError(path, 12, doing)
    return MediaFormatError(f"cannot {doing} {path!r}: it is not an 8 kHz mono WAV file of that encoding")


async def _play(engine: Engine, spec: PlaySpec, raw: Any, undo: ExitStack) -> Prepared:
    _rules(spec.stop, raw)
    source = spec.source
    raw.from_sample = round(spec.from_s * RATE_HZ)
    keep: object = None
    if isinstance(source, AudioFile) and source.samples > CLIP_MAX_S * RATE_HZ:
        raw.file = await engine.opening(_open_play, lib.bc_file_discard, str(source.path))
        raw.from_sample = min(raw.from_sample, source.samples)
    else:
        samples = await clip_of(engine, source)
        keep = ffi.from_buffer("int16_t[]", samples) if samples.size else ffi.new("int16_t[]", 1)
        raw.clip = keep
        raw.clip_samples = samples.size
        raw.from_sample = min(raw.from_sample, samples.size)
    start = raw.from_sample

    def convert(r: Any) -> PlayResult:
        return PlayResult(**_common(engine, r), digit=_digit(r), position_s=(start + r.samples) / RATE_HZ)

    return keep, convert


def _open_play(path: str) -> Any:
    error: Any = ffi.new("int *")
    file: Any = lib.bc_file_play(os.fsencode(path), error)
    if file == ffi.NULL:
        raise _file_error(error[0], path, "play")
    return file


def _open_record(path: str, encoding: int, append: bool) -> Any:
    error: Any = ffi.new("int *")
    file: Any = lib.bc_file_record(os.fsencode(path), encoding, append, error)
    if file == ffi.NULL:
        raise _file_error(error[0], path, "record to")
    return file


def _place(path: Path) -> str | None:
    """What tells a file from others; None for a device, which is no file."""
    if "\0" in str(path):
        raise ValueError(f"a path has no null character, not {str(path)!r}")
    return None if os.path.exists(path) and not os.path.isfile(path) else os.path.realpath(path)  # noqa: PTH110, PTH113  # no errors


async def _record(engine: Engine, spec: RecordSpec, raw: Any, undo: ExitStack) -> Prepared:
    _rules(spec.stop, raw)
    raw.mute_digits = spec.mute_digits
    undo.enter_context(engine.recording(await engine.blocking(_place, spec.path), spec.path))
    raw.file = await engine.opening(
        _open_record, lib.bc_file_discard, str(spec.path), spec.encoding.value, spec.append
    )

    def convert(r: Any) -> RecordResult:
        return RecordResult(**_common(engine, r), path=spec.path, digit=_digit(r), duration_s=_seconds(r))

    return None, convert


async def _collect(engine: Engine, spec: CollectSpec, raw: Any, undo: ExitStack) -> Prepared:
    raw.max_digits = spec.max_digits
    raw.digit_mask = digit_mask(spec.terminators)
    raw.first_ticks = ticks(spec.first_timeout_s)
    raw.inter_ticks = ticks(spec.inter_digit_timeout_s)
    raw.max_ticks = ticks(spec.max_s)

    def convert(r: Any) -> CollectResult:
        digits = bytes(ffi.buffer(r.digits, r.digit_count)).decode("ascii")
        return CollectResult(**_common(engine, r), digits=digits, terminator=_digit(r))

    return None, convert


async def _send_digits(engine: Engine, spec: SendDigitsSpec, raw: Any, undo: ExitStack) -> Prepared:
    ffi.memmove(raw.digits, spec.digits.encode(), len(spec.digits))
    raw.digit_count = len(spec.digits)
    raw.digit_on_ms, raw.digit_off_ms = spec.on_ms, spec.off_ms
    raw.digit_level_dbm0, raw.digit_twist_db = spec.level_dbm0, spec.twist_db
    return None, lambda r: SendDigitsResult(**_common(engine, r), duration_s=_seconds(r))


def tone_job(port: EnginePort, spec: ToneSpec, ended: Callable[[], None]) -> EngineJob[ToneResult]:
    """Begin a tone on a bare port, at once; `ended` is called when it is over."""
    raw: Any = ffi.new("bc_job_spec *")
    raw.kind = lib.BC_JOB_TONE
    convert = _fill_tone(port.engine, spec, raw)
    job = EngineJob(port.engine, convert, raw)

    def over(result: Any) -> None:
        job.ended(result)
        ended()

    job.number = check(port.engine.start_job(port, raw, over), "send a tone")
    return job


async def _tone(engine: Engine, spec: ToneSpec, raw: Any, undo: ExitStack) -> Prepared:
    return None, _fill_tone(engine, spec, raw)


def _fill_tone(engine: Engine, spec: ToneSpec, raw: Any) -> Callable[[Any], ToneResult]:
    _rules(spec.stop, raw)
    tone: Any = ffi.addressof(raw, "tone")
    f1_hz, f2_hz = (*spec.freqs_hz, 0.0)[:2]
    check(lib.bc_tone_init(tone, f1_hz, spec.level_dbm0, f2_hz, spec.level_dbm0), "make that tone")
    if spec.cadence_s:
        on = [round(s * RATE_HZ) for s, _ in spec.cadence_s]
        off = [round(s * RATE_HZ) for _, s in spec.cadence_s]
        check(lib.bc_tone_cadence(tone, on, off, len(on)), "make that cadence")
    return lambda r: ToneResult(**_common(engine, r), digit=_digit(r), duration_s=_seconds(r))


_ROLES: dict[type, str] = {RecordSpec: "record", RecordRing: "record", CollectSpec: "collect"}
_PREPARE: dict[type, tuple[int, Callable[..., Any]]] = {
    PlaySpec: (lib.BC_JOB_PLAY, _play),
    RecordSpec: (lib.BC_JOB_RECORD, _record),
    CollectSpec: (lib.BC_JOB_COLLECT, _collect),
    SendDigitsSpec: (lib.BC_JOB_DIGITS, _send_digits),
    ToneSpec: (lib.BC_JOB_TONE, _tone),
}


# ---- live audio --------------------------------------------------------------------------------------------
class EngineStream:
    """Live audio of one port; see `MediaStream`."""

    def __init__(self, engine: Engine, port: EnginePort, blocks: int) -> None:
        self._engine = engine
        self._raw: Any = ffi.gc(lib.bc_stream_new(blocks), lib.bc_stream_free)
        self._blocks = blocks
        self._wake = asyncio.Event()
        self._ended: asyncio.Future[None] = engine.loop.create_future()
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_STREAM
        spec.stream = self._raw
        self._job = engine.start_job(port, spec, self._finish, self._wake.set)
        if self._job == lib.BC_ESTATE:
            raise MediaBusy("the channel has a stream open already")
        check(self._job, "open a stream")

    def _finish(self, raw: Any) -> None:
        self._ended.set_result(None)
        self._wake.set()

    @property
    def dropped_blocks(self) -> int:
        return int(lib.bc_stream_dropped(self._raw))

    async def _more(self) -> None:
        await self._wake.wait()
        if not self._ended.done():
            self._wake.clear()

    def read_now(self) -> npt.NDArray[np.int16]:
        """All blocks that are there, perhaps none."""
        out = np.empty(lib.bc_stream_readable(self._raw) * BLOCK, dtype=np.int16)
        if out.size:
            buffer: Any = ffi.from_buffer("int16_t[]", out, require_writable=True)
            lib.bc_stream_read(self._raw, buffer, out.size // BLOCK)
        return out

    async def read(self) -> npt.NDArray[np.int16] | None:
        while True:
            blocks = self.read_now()
            if blocks.size:
                return blocks
            if self._ended.done():
                return None
            await self._more()

    async def write(self, samples: npt.NDArray[np.int16]) -> None:
        left = samples
        while left.size:
            if self._ended.done():
                raise CallClosed("the stream is closed")
            n = lib.bc_stream_write(self._raw, ffi.from_buffer("int16_t[]", left), left.size // BLOCK)
            left = left[n * BLOCK :]
            if left.size:
                await self._more()

    async def close(self) -> None:
        self._engine.stop_job(self._job, 9)
        await asyncio.shield(self._ended)


# ---- switching ---------------------------------------------------------------------------------------------
class EngineBus:
    """The engine's own switch: every channel on the engine is on the same bus."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @staticmethod
    def of(engine: Engine) -> EngineBus:
        """The one bus of an engine."""
        found = getattr(engine, "_bus", None)
        if not isinstance(found, EngineBus):
            found = EngineBus(engine)
            engine._bus = found  # type: ignore[attr-defined]
        return found

    async def connect(self, a: MediaPort, b: MediaPort) -> None:
        one, other = _engine_media(a), _engine_media(b)
        if one.port.closing or other.port.closing:
            raise CallClosed("the channel is closed")
        one.port.listen(other.port.slot_in)
        other.port.listen(one.port.slot_in)

    async def disconnect(self, a: MediaPort, b: MediaPort) -> None:
        one, other = _engine_media(a), _engine_media(b)
        for ear, voice in ((one, other), (other, one)):
            if ear.port.listening == voice.port.slot_in:  # not what it has been switched to since
                ear.port.listen(-1)

    async def open_conference(self) -> EngineConference:
        return EngineConference(self.engine)


def _engine_media(port: MediaPort) -> EngineMedia:
    if not isinstance(port, EngineMedia):
        raise TypeError(f"{port!r} is not on the engine's bus")
    return port


class EngineConference:
    """A room in the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._number = check(lib.bc_engine_conf_open(engine.raw), "open a conference")
        self._open = True

    async def add(self, port: MediaPort, *, gain_db: float = 0.0, listen_only: bool = False, deaf: bool = False) -> int:
        if not self._open:
            raise CallClosed("the conference is closed")
        media = _engine_media(port)
        code = lib.bc_engine_party_add(
            self._engine.raw, self._number, media.port.number, gain_q12(gain_db), listen_only, deaf
        )
        number = check(code, "add a party to a conference")
        if not deaf:
            media.port.listening = -1  # it hears the room
        return number

    async def change(self, member: int, *, gain_db: float, listen_only: bool) -> None:
        code = lib.bc_engine_party_set(self._engine.raw, member, gain_q12(gain_db), listen_only)
        check(code, "change a party")

    async def remove(self, member: int) -> None:
        lib.bc_engine_party_remove(self._engine.raw, member)

    async def close(self) -> None:
        if self._open and self._engine.raw != ffi.NULL:
            lib.bc_engine_conf_close(self._engine.raw, self._number)
        self._open = False
