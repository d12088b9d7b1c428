"""Audio of a channel: which voice resource does which job, digits, secret, live audio."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from boardcore import dsp
from boardcore.errors import BoardcoreError, DriverError, MediaBusy, MediaFileError, UnsupportedOperation
from boardcore.ports import (
    AudioSamples,
    Capability,
    CollectSpec,
    DigitDetected,
    DigitsLost,
    EndReason,
    JobResult,
    JobSpec,
    MediaJob,
    PlayResult,
    PlaySpec,
    RecordResult,
    RecordSpec,
    SendDigitsResult,
    SendDigitsSpec,
    SoundChanged,
    Termination,
    ToneResult,
    ToneSpec,
)
from boardcore_dialogic import _sources as sources
from boardcore_dialogic._constants import CST, DataFormat, Error
from boardcore_dialogic._digits import DigitRule, TypeAhead, Verdict
from boardcore_dialogic._jobs import CollectJob, Ending, Job, TransferJob
from boardcore_dialogic._live import LiveAudio
from boardcore_dialogic._recorder import Recorder, file_key
from boardcore_dialogic._resource import Resource
from boardcore_dialogic._rules import conditions
from boardcore_dialogic._stream import VendorStream
from boardcore_dialogic._vendor import SourceData, VendorEvent

if TYPE_CHECKING:
    from boardcore_dialogic._channel import DialogicBus, DialogicChannel

__all__ = ["DialogicMedia"]

ResultT = TypeVar("ResultT", bound=JobResult)
_ROLES: dict[type[object], str] = {RecordSpec: "record", CollectSpec: "collect"}
_SENDS = (PlaySpec, SendDigitsSpec, ToneSpec)


class DialogicMedia:
    """See `MediaPort`."""

    def __init__(self, channel: DialogicChannel, bus: DialogicBus) -> None:
        self._channel = channel
        self._board = channel.board
        self._resource = channel.resource
        self._bus = bus
        self._jobs: dict[str, Job[Any]] = {}
        self._starting: set[str] = set()
        self._detecting = False
        self._secret = False
        self._public_from_s = -1.0
        self._typed = TypeAhead()
        self._live = LiveAudio(channel)
        self._recorder: Recorder | None = None

    @property
    def bus(self) -> DialogicBus:
        return self._bus

    @property
    def jobs(self) -> list[Job[Any]]:
        """Those under way."""
        return list(self._jobs.values())

    @property
    def open_jobs(self) -> int:
        return len(self._jobs) + self._live.is_open

    # -- detecting -------------------------------------------------------------------------------------------
    def detect(self, on: bool) -> None:
        self._detecting = on
        if not on:
            self._typed.clear()

    def set_secret(self, on: bool) -> None:
        if self._secret and not on:
            self._public_from_s = self._board.loop.time()
        self._secret = on
        self._live.set_secret(on)
        if self._recorder is not None:
            self._recorder.set_secret(on)

    def mute_digits(self, on: bool) -> None:
        raise UnsupportedOperation(Capability.MUTE_DIGITS, self._channel.name)

    def clear_digits(self) -> None:
        self._typed.clear()

    def told(self, number: int, data: int, event: VendorEvent) -> None:
        """A TDX_CST that is about what is heard."""
        if not self._detecting:
            return
        if number == CST.DIGITS:
            digit = chr(data & 0xFF).upper()
            if digit in dsp.DTMF_DIGITS:
                self._take(digit, event.at_s)
        elif number in (CST.SILON, CST.SILOF):
            self._channel.post(SoundChanged(at_s=event.at_s, sound=number == CST.SILOF, level_dbm0=None))

    def _take(self, digit: str, at_s: float) -> None:
        told = None if self._secret or at_s <= self._public_from_s else digit  # it may have waited for the loop
        self._channel.post(DigitDetected(at_s=at_s, digit=told))
        taken = False
        for role in ("send", "record", "collect"):
            job = self._jobs.get(role)
            if job is not None and not (taken and role == "collect"):
                # Its terminator is for who collects, in secret too.
                taken |= job.digit(digit, digit if role == "collect" else told, at_s)
        if not taken and not self._typed.add(digit):
            self._channel.post(DigitsLost(at_s=at_s, count=1))

    # -- jobs ------------------------------------------------------------------------------------------------
    async def start(self, spec: JobSpec[ResultT]) -> MediaJob[ResultT]:
        role = "send" if isinstance(spec, _SENDS) else _ROLES.get(type(spec))
        if role is None:
            raise TypeError(f"not a job that this board knows: {spec!r}")
        if isinstance(spec, (PlaySpec, RecordSpec, ToneSpec)) and spec.stop.tones:
            raise UnsupportedOperation(Capability.TONES, self._channel.name)
        if isinstance(spec, RecordSpec) and spec.mute_digits:
            raise UnsupportedOperation(Capability.MUTE_DIGITS, self._channel.name)
        self._resource.check()
        if role in self._jobs or role in self._starting:
            raise MediaBusy(f"{self._channel.name} is already busy: {role}")
        self._starting.add(role)
        starting = self._board.spawn(self._start(spec, role), f"{self._channel.name} {role}")
        try:
            return cast("MediaJob[ResultT]", await asyncio.shield(starting))
        except asyncio.CancelledError:  # the library's call cannot be taken back: what it began is stopped first
            await asyncio.shield(self._board.spawn(_stop_begun(starting), f"{self._channel.name} {role} cancelled"))
            raise

    async def _start(self, spec: object, role: str) -> Job[Any]:
        try:
            match spec:
                case PlaySpec():
                    return await self._play(spec)
                case RecordSpec():
                    return await self._record(spec)
                case SendDigitsSpec():
                    return await self._send_digits(spec)
                case ToneSpec():
                    return await self._tone(spec)
                case CollectSpec():
                    return self._collect(spec)
                case _:
                    raise TypeError(f"not a job that this board knows: {spec!r}")
        finally:
            self._starting.discard(role)

    def end_all(self) -> None:
        """The call is over: everything ends."""
        for job in self.jobs:
            job.stop(EndReason.HANGUP)
        self._live.end()

    def _typed_verdict(self, rule: DigitRule) -> Verdict | None:
        """Do digits typed ahead end a job at its very start? The one that does is taken."""
        for digit in self._typed.digits:
            verdict = rule.feed(digit)
            if verdict is not None:
                if not rule.stop.keep_digit:
                    self._typed.take(digit)
                return verdict if not self._secret else Verdict(verdict.reason)
        return None

    def _make(
        self, role: str, stop: Termination, conclude: Callable[[Ending, float, float], Awaitable[ResultT]]
    ) -> TransferJob[ResultT]:
        """A job that runs from its place in `_jobs` on. `conclude` is told how it ended, its beginning and end."""

        async def finish(ending: Ending, ended_s: float) -> ResultT:
            try:
                return await conclude(ending, job.started_s, ended_s)
            finally:
                self._forget(job)

        job = TransferJob[ResultT](role, self._board.loop, stop, finish)
        return job

    def _forget(self, job: Job[Any]) -> None:
        if self._jobs.get(job.role) is job:
            del self._jobs[job.role]

    async def _begin(
        self, job: TransferJob[Any], resource: Resource, call: Callable[..., object], *args: Any
    ) -> TransferJob[Any]:
        """Begin, unless a digit typed ahead has ended it already."""
        verdict = self._typed_verdict(job.rule)
        if verdict is not None:
            job.over(verdict)
            await job.conclude(None)
            return job
        self._jobs[job.role] = job  # from now on it is told of digits
        try:
            transfer = await resource.begin(call, *args)
        except BaseException:
            self._forget(job)
            raise
        job.begun(resource, transfer)
        self._board.spawn(job.run(), f"{self._channel.name} {job.role}")
        return job

    # -- jobs that send --------------------------------------------------------------------------------------
    async def _send(
        self,
        data: SourceData,
        stop: Termination,
        conclude: Callable[[Ending, float, float], ResultT],
        clean: Callable[[], None] = lambda: None,
    ) -> Job[ResultT]:
        """Play on the line's own resource; `clean` is called when it is over, or did not begin."""
        routes = self._channel.line.routes

        def tidy() -> None:
            clean()
            routes.prompting = False
            self._channel.line.route_soon()

        async def finish(ending: Ending, started_s: float, ended_s: float) -> ResultT:
            tidy()
            return conclude(ending, started_s, ended_s)

        job = self._make("send", stop, finish)
        try:
            routes.prompting = True
            await self._channel.line.route()
            return await self._begin(job, self._resource, self._board.vendor.play, data, conditions(stop))
        except BaseException:
            tidy()
            raise

    async def _play(self, spec: PlaySpec) -> Job[PlayResult]:
        start = round(spec.from_s * sources.RATE_HZ)
        if isinstance(spec.source, AudioSamples):
            data = sources.from_samples(spec.source, start)
        else:
            data = await asyncio.to_thread(sources.from_file, spec.source, start)

        def conclude(ending: Ending, started_s: float, ended_s: float) -> PlayResult:
            rate = data.bits / 8 * sources.RATE_HZ
            total_s = data.length / rate
            # A board that is lost does not tell; the time does, and it is none if a digit was typed ahead.
            told_s = ended_s - started_s if ending.count is None else ending.count / rate
            position_s = spec.from_s + min(total_s, told_s)
            return PlayResult(
                reason=ending.reason,
                started_s=started_s,
                ended_s=ended_s,
                digit=ending.digit,
                position_s=position_s,
                detail=ending.detail,
            )

        if data.length == 0:
            job = self._make("send", spec.stop, _quick(conclude))
            job.over(Verdict(EndReason.DATA))
            sources.close_source(data)
            await job.conclude(None)
            return job
        return await self._send(data, spec.stop, conclude, functools.partial(sources.close_source, data))

    async def _send_digits(self, spec: SendDigitsSpec) -> Job[SendDigitsResult]:
        samples = dsp.dtmf_tones(
            spec.digits,
            on_ms=spec.on_ms,
            off_ms=spec.off_ms,
            level_dbm0=spec.level_dbm0,
            twist_db=spec.twist_db,
        )

        def conclude(ending: Ending, started_s: float, ended_s: float) -> SendDigitsResult:
            return SendDigitsResult(
                reason=ending.reason,
                started_s=started_s,
                ended_s=ended_s,
                duration_s=(ending.count or 0) / (2 * sources.RATE_HZ),
                detail=ending.detail,
            )

        return await self._send(sources.from_samples(AudioSamples(samples), 0), Termination(), conclude)

    async def _tone(self, spec: ToneSpec) -> Job[ToneResult]:
        handle = self._board.vendor.user_io.add(sources.ToneSource(spec))

        def conclude(ending: Ending, started_s: float, ended_s: float) -> ToneResult:
            return ToneResult(
                reason=ending.reason,
                started_s=started_s,
                ended_s=ended_s,
                digit=ending.digit,
                duration_s=(ending.count or 0) / (2 * sources.RATE_HZ),
                detail=ending.detail,
            )

        data = SourceData(handle, DataFormat.PCM, 16, user=True)
        return await self._send(data, spec.stop, conclude, functools.partial(self._board.vendor.user_io.remove, handle))

    # -- recording -------------------------------------------------------------------------------------------
    async def _record(self, spec: RecordSpec) -> Job[RecordResult]:
        async with contextlib.AsyncExitStack() as undo:
            self._claim_file(spec, undo)
            resource = self._recording_resource(undo)
            hearing = self._board.spawn(self._hear_line(resource), f"{self._channel.name} routing")
            undo.push_async_callback(_settled, hearing)
            recorder = await asyncio.to_thread(Recorder, spec.path, spec.encoding, spec.append)
            undo.push_async_callback(asyncio.to_thread, recorder.close)
            recorder.set_secret(self._secret)
            handle = self._board.vendor.user_io.add(recorder)
            undo.callback(self._board.vendor.user_io.remove, handle)
            undo.callback(self._recorder_gone, recorder)
            self._recorder = recorder
            await hearing
            kept = contextlib.AsyncExitStack()

            async def finish(ending: Ending, started_s: float, ended_s: float) -> RecordResult:
                await kept.aclose()
                return _recorded(spec, recorder, ending, started_s, ended_s)

            job = self._make("record", spec.stop, finish)
            kept.push_async_exit(undo.pop_all())
            try:
                return await self._begin(job, resource, self._board.vendor.record, handle, conditions(spec.stop))
            except BaseException:
                await kept.aclose()
                raise

    async def _hear_line(self, resource: Resource) -> None:
        if resource is not self._resource:
            await resource.listen(self._channel.line.partner_slot)

    def _recorder_gone(self, recorder: Recorder) -> None:
        if self._recorder is recorder:
            self._recorder = None

    def _claim_file(self, spec: RecordSpec, undo: contextlib.AsyncExitStack) -> None:
        """Another recording would empty it."""
        place = file_key(spec.path)
        if place is None:
            return
        if place in self._board.recordings:
            raise MediaFileError(str(spec.path), errno.EBUSY, "record to")
        self._board.recordings.add(place)
        undo.callback(self._board.recordings.discard, place)

    def _recording_resource(self, undo: contextlib.AsyncExitStack) -> Resource:
        """A spare one, or the line's own while it is idle."""
        spare = self._board.take_spare(self._channel.line.partner_slot)
        if spare is not None:
            undo.callback(self._board.give_back, spare)
            return spare
        if self._resource.transfer is not None or "send" in self._starting:
            raise DriverError(f"{self._channel.name}: no voice resource is free to record with", Error.NORESOURCE)
        return self._resource

    def _collect(self, spec: CollectSpec) -> CollectJob:
        job = CollectJob(spec, self._board.loop, self._board.catch_up)
        self._jobs[job.role] = job
        job.ended = functools.partial(self._forget, job)
        for digit in self._typed.digits:
            if job.done:
                break
            self._typed.take(digit)
            job.digit(digit, digit, job.started_s)
        return job

    async def open_stream(self, depth_s: float = 2.0) -> VendorStream:
        return await self._live.open(depth_s, self._secret)

    async def close(self) -> None:
        """End all, and wait for it."""
        self.end_all()
        await self._live.close()
        for job in self.jobs:
            with contextlib.suppress(BoardcoreError):
                await job.result()


def _recorded(spec: RecordSpec, recorder: Recorder, ending: Ending, started_s: float, ended_s: float) -> RecordResult:
    fault = recorder.fault
    return RecordResult(
        reason=EndReason.ERROR if fault else ending.reason,
        started_s=started_s,
        ended_s=ended_s,
        path=spec.path,
        duration_s=recorder.samples / sources.RATE_HZ,
        digit=ending.digit,
        detail=os.strerror(fault) if fault else ending.detail,
    )


def _quick(
    conclude: Callable[[Ending, float, float], ResultT],
) -> Callable[[Ending, float, float], Awaitable[ResultT]]:
    async def finish(ending: Ending, started_s: float, ended_s: float) -> ResultT:
        return conclude(ending, started_s, ended_s)

    return finish


async def _stop_begun(starting: asyncio.Task[Job[Any]]) -> None:
    await asyncio.wait({starting})
    if not starting.cancelled() and starting.exception() is None:
        starting.result().stop()
        with contextlib.suppress(BoardcoreError):
            await starting.result().result()


async def _settled(work: asyncio.Task[None]) -> None:
    """Wait for something whose failure another has been told of."""
    await asyncio.wait({work})
    if not work.cancelled():
        work.exception()
