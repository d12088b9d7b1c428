"""A call: one conversation on a channel."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from boardcore._bridge import Bridge
from boardcore._report import call_report
from boardcore._text import Digits, describe, hide_digit
from boardcore.errors import (
    BoardcoreError,
    CallClosed,
    CallEnded,
    CallFailed,
    Cause,
    MediaBusy,
    MediaError,
    RecordingFailed,
    UnsupportedOperation,
)
from boardcore.events import (
    CallAlerting,
    CallAnswered,
    CallEvent,
    CallFinished,
    CallOffered,
    OperationEnded,
    OperationStarted,
    Rang,
    SecretChanged,
    SoundChanged,
)
from boardcore.media.audio import Playable, resolve
from boardcore.ports.capabilities import Capability
from boardcore.ports.jobs import (
    DIGITS,
    CollectResult,
    CollectSpec,
    Encoding,
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
from boardcore.stream import AudioStream
from boardcore.tones import tone_names

if TYPE_CHECKING:
    from boardcore.channel import Channel
    from boardcore.ports.contract import MediaJob

__all__ = ["Call"]

log = logging.getLogger("boardcore.call")
ResultT = TypeVar("ResultT", bound=JobResult)
EVENTS_KEPT = 1000  # level reports beyond this are dropped and counted
SETTLE_S = 5.0  # a board that has not ended a stopped job by then is not waited for any longer
BEEP = ToneSpec((1000.0,), level_dbm0=-12.0, stop=Termination(max_s=0.25))


class _Watcher:
    """One iterator over a call's events."""

    def __init__(self) -> None:
        self.queue: deque[CallEvent] = deque()
        self.wake = asyncio.Event()
        self.over = False

    def put(self, event: CallEvent) -> bool:
        if isinstance(event, SoundChanged) and len(self.queue) >= EVENTS_KEPT:
            return False
        self.queue.append(event)
        self.wake.set()
        return True


class Call:
    """One conversation. Made by the board: `board.dial`, `board.calls`, `board.serve`.

    Whatever is under way when the far end hangs up raises `CallEnded`, with the partial result; after this program has
    hung up, `CallClosed`. Cancelling any of its coroutines ends what it was doing and leaves the call usable.

    Attributes:
        channel: the line it is on.
        incoming: it came in.
        caller, called: numbers, as far as the line tells them.
        rings: how often it has rung.
        number: counts the board's calls from 1.
        cause: why it ended, or None.
        dropped_reports: level reports that no reader of `events()` took in time.
    """

    def __init__(self, channel: Channel, number: int, incoming: bool, caller: str | None, called: str | None) -> None:
        self.channel = channel
        self.number = number
        self.incoming = incoming
        self.caller = caller
        self.called = called
        self.rings = 0
        self.cause: Cause | None = None
        self.closed_by_us = False
        self.dropped_reports = 0
        self.history: list[CallEvent] = []
        self._answered: asyncio.Future[None] = channel.loop.create_future()
        self._ended: asyncio.Future[None] = channel.loop.create_future()
        self._rang = asyncio.Event()
        self._jobs: set[MediaJob[JobResult]] = set()
        self._at_end: set[Callable[[], None]] = set()
        self._watchers: list[_Watcher] = []
        self._secrets = 0
        self._mutes = 0
        self._rewire: Callable[[], Awaitable[None]] | None = None  # of the bridge that it is in
        self._hears: str | None = None
        self.note(CallOffered(**channel.stamp(), incoming=incoming, caller=caller, called=called))

    def __repr__(self) -> str:
        way = "from" if self.incoming else "to"
        other = self.caller if self.incoming else self.called
        return f"<Call {self.number} {way} {other or 'unknown'} on {self.channel.name}, {self.state}>"

    async def __aenter__(self) -> Call:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.hang_up()

    @property
    def state(self) -> str:
        """'ringing', 'dialling', 'connected' or 'ended'."""
        if self._ended.done():
            return "ended"
        if self._answered.done():
            return "connected"
        return "ringing" if self.incoming else "dialling"

    # -- what the channel tells -----------------------------------------------------------------------------
    def note(self, event: CallEvent) -> None:
        """Keep an event and pass it to those who read `events()`."""
        if not isinstance(event, SoundChanged):
            self.history.append(event)
        for watcher in self._watchers:
            if not watcher.put(event):
                self.dropped_reports += 1

    def rang(self) -> None:
        self.rings += 1
        self.note(Rang(**self.channel.stamp(), count=self.rings))
        self._rang.set()

    def alerting(self) -> None:
        self.note(CallAlerting(**self.channel.stamp()))

    def answered(self) -> None:
        if not self._answered.done() and not self._ended.done():
            self._answered.set_result(None)
            self._rang.set()
            self.note(CallAnswered(**self.channel.stamp()))

    def finish(self, cause: Cause, by_us: bool, tone: str | None = None) -> None:
        """The call is over: end what is under way."""
        if self._ended.done():
            return
        self.cause = cause
        self.closed_by_us = by_us
        if self._secrets:
            self.channel.port.media.set_secret(False)  # the line's next call has secrets of its own
        if self._mutes:
            self.channel.port.media.mute_digits(False)
        for job in list(self._jobs):
            job.stop(EndReason.HANGUP)
        self._ended.set_result(None)
        for undo in list(self._at_end):
            undo()
        self._rang.set()
        self.note(CallFinished(**self.channel.stamp(), cause=cause, by_us=by_us, tone=tone))
        how = " by us" if by_us else f" by {tone} tone" if tone else ""
        log.info("call %d on %s ended: %s%s", self.number, self.channel.name, cause.name, how)
        for watcher in self._watchers:
            watcher.over = True
            watcher.wake.set()

    @contextlib.contextmanager
    def _undone_at_end(self, close: Callable[[], Awaitable[None]]) -> Generator[None]:
        """Close something when the call ends, though the block goes on: its line may carry another call soon."""

        def undo() -> None:
            self.channel.board.spawn(_coroutine(close), "call's end")

        self._at_end.add(undo)
        try:
            yield
        finally:
            self._at_end.discard(undo)

    def _error(self, partial: JobResult | None = None) -> Exception:
        if self.closed_by_us:
            return CallClosed()
        return CallEnded(self.cause or Cause.NORMAL, partial)

    def _check_alive(self) -> None:
        if self._ended.done():
            raise self._error()

    def check_connected(self) -> None:
        """Raise what is the matter if the call is not up."""
        self._check_alive()
        if not self._answered.done():
            raise CallClosed(f"the call is not answered yet, it is {self.state}")

    # -- answering and ending -------------------------------------------------------------------------------
    async def wait_rings(self, count: int) -> None:
        """Wait until it has rung `count` times, or is answered. Raises CallEnded if the caller gives up."""
        while self.rings < count and not self._answered.done():
            self._check_alive()
            self._rang.clear()
            await self._rang.wait()
        self._check_alive()

    async def answer(self, after_rings: int = 1) -> None:
        """Answer an incoming call; returns when audio is through.

        Raises:
            CallEnded: the caller gave up first.
        """
        if not self.incoming:
            raise ValueError("only an incoming call can be answered")
        if after_rings < 0:
            raise ValueError(f"after_rings must be 0 or more, not {after_rings!r}")
        await self.wait_rings(after_rings)
        if not self._answered.done():
            self.channel.answer(self)
            await self._first(self._answered)

    async def reject(self, cause: Cause = Cause.BUSY) -> None:
        """Refuse an incoming call; returns when the channel is idle again.

        Where the line cannot refuse without answering (`Capability.REJECT`), it is answered and released at once.
        """
        if not self.incoming or self._answered.done():
            raise ValueError(f"only a ringing call can be rejected; this one is {self.state}")
        self._check_alive()
        self.channel.reject(self, cause)
        await self.channel.wait_idle()

    async def hang_up(self) -> None:
        """End the call; returns when the channel is idle again. Harmless when it has ended."""
        if not self._ended.done():
            self.channel.hang_up(self)
        await self.channel.wait_free_of(self)

    async def wait_ended(self) -> Cause:
        """Wait until the call is over; returns why."""
        await asyncio.shield(self._ended)
        return self.cause or Cause.NORMAL

    async def wait_answered(self) -> None:
        """Wait until a placed call is answered. Raises CallFailed."""
        try:
            await self._first(self._answered)
        except CallEnded as ended:
            raise CallFailed(self.called or "", ended.cause) from None

    async def _first(self, future: asyncio.Future[None]) -> None:
        await asyncio.wait({future, self._ended}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise self._error()

    # -- media ----------------------------------------------------------------------------------------------
    async def _run(self, operation: str, spec: JobSpec[ResultT]) -> ResultT:
        """One job from start to end, whatever happens meanwhile."""
        self.check_connected()
        try:
            job = await self.channel.port.media.start(spec)
        except BoardcoreError:
            self._check_alive()  # it ended meanwhile: that is what is the matter
            raise
        if self._ended.done():
            job.stop(EndReason.HANGUP)
        self._jobs.add(job)
        self.note(OperationStarted(**self.channel.stamp(), operation=operation, detail=describe(spec)))
        try:
            result = await job.result()
        except asyncio.CancelledError:
            job.stop()
            await self._settle(job)
            self.note(OperationEnded(**self.channel.stamp(), operation=operation, reason="CANCELLED", detail=""))
            raise
        finally:
            self._jobs.discard(job)
        self.note(
            OperationEnded(
                **self.channel.stamp(), operation=operation, reason=result.reason.name, detail=describe(result)
            )
        )
        if self._secrets:
            result = hide_digit(result)
        if result.reason is EndReason.HANGUP:
            raise self._error(result)
        if result.reason is EndReason.ERROR:
            if isinstance(result, RecordResult):
                kept = f"{result.duration_s:.2f} s are safe in {str(result.path)!r}"
                raise RecordingFailed(f"recording stopped: {result.detail}; {kept}", result)
            raise MediaError(f"{operation} failed: {result.detail}")
        return result

    async def _settle(self, job: MediaJob[JobResult]) -> None:
        """Wait for a stopped job's end, also through further cancellations: it is a matter of ticks."""
        ending = asyncio.ensure_future(job.result())
        until_s = self.channel.loop.time() + SETTLE_S
        while not ending.done() and (left_s := until_s - self.channel.loop.time()) > 0:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({ending}, timeout=left_s)
        if not ending.done():
            ending.cancel()
            log.error("call %d: a stopped job of %s has not ended", self.number, self.channel.name)

    async def play(
        self,
        source: Playable,
        *,
        stop_on: str = "",
        max_s: float | None = None,
        from_s: float = 0.0,
        silence_s: float | None = None,
        nonsilence_s: float | None = None,
        keep_digit: bool = False,
        stop_on_tone: str | Collection[str] = (),
    ) -> PlayResult:
        """Play a file, int16 samples at 8 kHz, or a list of those in one go.

        Args:
            source: WAV of any kind and what libsndfile reads, any rate; or samples of shape (n,).
            stop_on: digits that stop it. One that was typed ahead stops it at once. The digit is taken from the
                type-ahead buffer unless `keep_digit`.
            max_s: play no longer than this.
            from_s: start here.
            silence_s, nonsilence_s: stop when the caller has been silent, or speaking, for this long.
            stop_on_tone: stop when this call-progress tone, or one of these, is heard on the line: "busy" and other
                names of `boardcore.tones.TONE_NAMES`, as the board's country has them. Those that end the call
                (`disconnect_tones` of the board) do so all the same.

        Returns:
            Why it ended, the digit or tone, and the position reached.

        Raises:
            CallEnded: the far end hung up; `.partial` is the result so far.
            MediaFileError, MediaFormatError, TypeError, ValueError: that cannot be played.
            MediaBusy: something is being sent already.
            UnsupportedOperation: the board cannot end a job by a tone (`Capability.TONES`).
        """
        self.check_connected()
        if not 0 <= from_s <= 86400:
            raise ValueError(f"from_s must be 0 to 86400 seconds, not {from_s!r}")
        tones = self._tone_names(stop_on_tone)
        stop = Termination(max_s, None, stop_on, silence_s, nonsilence_s, keep_digit, tones)
        with self._hearing(tones):
            return await self._run("play", PlaySpec(await resolve(source), stop, from_s))

    async def record(
        self,
        path: str | os.PathLike[str],
        *,
        max_s: float | None = None,
        silence_s: float | None = None,
        stop_on: str = "",
        beep: bool = False,
        encoding: Encoding | str = Encoding.PCM16,
        append: bool = False,
        keep_digit: bool = False,
        stop_on_tone: str | Collection[str] = (),
        mute_digits: bool = False,
    ) -> RecordResult:
        """Record the caller to a WAV file that is readable at any moment, whatever happens to this process.

        Args:
            max_s: no longer than this.
            silence_s: end when the caller has been silent for this long.
            stop_on: digits that end it; the digit's tone is cut off the end.
            beep: a quarter of a second of 1000 Hz first.
            encoding: `Encoding` or its name: 'pcm16', 'alaw', 'ulaw'.
            append: continue a recording of the same encoding.
            stop_on_tone: as for `play`. The tone up to its recognition stays in the recording.
            mute_digits: digits are silent in it, which keeps its length; they count and are told as ever.

        Raises:
            CallEnded: the far end hung up; `.partial` tells what is in the file, which is whole.
            RecordingFailed: the disk gave up; likewise.
            MediaFileError: the file cannot be written at all.
            UnsupportedOperation: the board cannot end a job by a tone (`Capability.TONES`), or mute digits
                (`Capability.MUTE_DIGITS`).
        """
        self.check_connected()
        tones = self._tone_names(stop_on_tone)
        stop = Termination(max_s, None, stop_on, silence_s, None, keep_digit, tones)
        if mute_digits:
            self._need(Capability.MUTE_DIGITS)
        spec = RecordSpec(Path(path), _encoding(encoding), append, stop, mute_digits)
        with self._hearing(tones):
            if beep:
                await self._run("tone", BEEP)
            return await self._run("record", spec)

    def _tone_names(self, names: str | Collection[str]) -> frozenset[str]:
        wanted = tone_names(names, "stop_on_tone")
        if wanted:
            self._need(Capability.TONES)
        return wanted

    def _need(self, capability: Capability) -> None:
        if capability not in self.channel.capabilities:
            raise UnsupportedOperation(capability, self.channel.name)

    def _hearing(self, tones: frozenset[str]) -> contextlib.AbstractContextManager[None]:
        return self.channel.hearing_tones() if tones else contextlib.nullcontext()

    async def get_digits(
        self,
        max_digits: int = 64,
        *,
        terminators: str = "",
        first_timeout_s: float | None = None,
        inter_digit_timeout_s: float | None = None,
        max_s: float | None = None,
        prompt: Playable | None = None,
    ) -> Digits:
        """Collect digits, those typed ahead first.

        Args:
            max_digits: return when there are so many.
            terminators: digits that end the number and are not part of it.
            first_timeout_s, inter_digit_timeout_s: return with what there is when no digit comes for so long; a digit
                that was begun in time counts.
            prompt: play this meanwhile; any digit stops it and belongs to the number. Time-outs then count from the
                prompt's end.

        Returns:
            A str with `.reason` and `.terminator`; under `secret()` its repr hides the digits.

        Raises:
            CallEnded: the far end hung up; `.partial.digits` is what had been keyed.
        """
        spec = CollectSpec(max_digits, terminators, first_timeout_s, inter_digit_timeout_s, max_s)
        self.check_connected()
        try:
            if prompt is not None:
                await self.play(prompt, stop_on=DIGITS, keep_digit=True)
            result = await self._run("get_digits", spec)
        except CallEnded as ended:  # any digit would have ended the prompt: there was none
            if ended.partial is None:
                raise CallEnded(ended.cause, CollectResult(reason=EndReason.HANGUP)) from None
            if isinstance(ended.partial, CollectResult):
                raise
            played = ended.partial
            partial = CollectResult(reason=EndReason.HANGUP, started_s=played.started_s, ended_s=played.ended_s)
            raise CallEnded(ended.cause, partial) from None
        return Digits.of(result, secret=self._secrets > 0)

    async def send_digits(
        self, digits: str, *, on_ms: float = 80.0, off_ms: float = 80.0, level_dbm0: float = -8.0
    ) -> SendDigitsResult:
        """Send DTMF; a comma is a pause of half a second."""
        return await self._run("send_digits", SendDigitsSpec(digits, on_ms, off_ms, level_dbm0))

    async def tone(
        self, *freqs_hz: float, duration_s: float, level_dbm0: float = -10.0, stop_on: str = ""
    ) -> ToneResult:
        """Send one or two frequencies."""
        spec = ToneSpec(tuple(freqs_hz), level_dbm0, stop=Termination(max_s=duration_s, digits=stop_on))
        return await self._run("tone", spec)

    def clear_digits(self) -> None:
        """Forget what was typed ahead."""
        self.check_connected()
        self.channel.port.media.clear_digits()

    @contextlib.asynccontextmanager
    async def secret(self) -> AsyncGenerator[None]:
        """Keep digits secret: out of events, history, logs and repr, silent in recordings and to others on the bus.

        Their timing is kept: an event still tells that a digit came, and a recording keeps its length. Enter it before
        the first prompt that a digit may interrupt: `get_digits(prompt=...)` inside is the pattern.

        Raises:
            MediaBusy: the call is bridged by a board that cannot silence digits on its bus, and its stream, which
                would carry the bridge meanwhile, is taken. The bridge is parted then.
        """
        self.check_connected()
        self._secrets += 1
        try:
            if self._secrets == 1:
                self.channel.port.media.set_secret(True)
                self.note(SecretChanged(**self.channel.stamp(), on=True))
            if self._rewire is not None:
                await self._rewire()  # who enters it second waits too: the bus may not be left yet
            yield
        finally:
            self._secrets -= 1
            if self._secrets == 0 and not self._ended.done():  # after its end: see finish
                self.channel.port.media.set_secret(False)
                self.note(SecretChanged(**self.channel.stamp(), on=False))

    @property
    def in_secret(self) -> bool:
        """Digits are kept secret now."""
        return self._secrets > 0

    @contextlib.contextmanager
    def digits_muted(self, muted: bool = True) -> Generator[None]:
        """Keep the sound of digits out of recordings, streams and from others on the bus in the block; they count and
        are told as ever, unlike under `secret()`. With False it does nothing.

        Raises:
            UnsupportedOperation: the board has no `Capability.MUTE_DIGITS`.
        """
        if not muted:
            yield
            return
        self._need(Capability.MUTE_DIGITS)
        self._mute(1)
        try:
            yield
        finally:
            self._mute(-1)

    def _mute(self, change: int) -> None:
        before, self._mutes = self._mutes, self._mutes + change
        if bool(before) is not bool(self._mutes) and not self._ended.done():  # after its end: see finish
            self.channel.port.media.mute_digits(self._mutes > 0)

    @contextlib.contextmanager
    def rewired_by(self, rewire: Callable[[], Awaitable[None]]) -> Generator[None]:
        """Hold the bridge that must be told when secrecy begins: for the bridge."""
        self._rewire = rewire
        try:
            yield
        finally:
            self._rewire = None

    @contextlib.asynccontextmanager
    async def bridge(self, other: Call, *, mute_digits: bool = False) -> AsyncGenerator[None]:
        """Let this call and another hear each other, as long as the block lasts and both calls live.

        Prompts played to either are heard by that one only. The block is not interrupted when a call ends.

        Args:
            mute_digits: neither hears the other's digits, which count and are told as ever; nor are they heard in
                recordings and streams of the two meanwhile.

        Raises:
            UnsupportedOperation: a board of theirs cannot mute digits (`Capability.MUTE_DIGITS`).
            MediaBusy: one of them is bridged already, or in a conference and not deaf to it.
        """
        self.check_connected()
        other.check_connected()
        if other is self:
            raise ValueError("a call cannot be bridged to itself")
        bridge = Bridge(self, other)
        with self.digits_muted(mute_digits), other.digits_muted(mute_digits):
            await bridge.open()
            try:
                yield
            finally:
                await bridge.close()

    @contextlib.contextmanager
    def hears(self, what: str) -> Generator[None]:
        """Hold what the line hears beside its own prompts: one bridge, or one room."""
        if self._hears is not None:
            raise MediaBusy(f"call {self.number} is {self._hears} already; more than two meet in a conference")
        self._hears = what
        try:
            yield
        finally:
            self._hears = None

    @contextlib.asynccontextmanager
    async def stream(self, depth_s: float = 2.0) -> AsyncGenerator[AudioStream]:
        """Live audio: `async for` blocks of int16 at 8 kHz, and `await audio.write(samples)`.

        Args:
            depth_s: how much is kept for a reader that is late; older audio is dropped and counted.
        """
        self.check_connected()
        stream = await self.channel.port.media.open_stream(depth_s)
        try:
            self.check_connected()  # it may have ended meanwhile
            with self._undone_at_end(stream.close):
                yield AudioStream(stream, self._check_alive)
        finally:
            await stream.close()

    def report(self) -> dict[str, Any]:
        """The call as JSON would have it: numbers, times (UTC and ticks), cause, everything that happened; no digits
        that were collected or sent."""
        return call_report(self)

    # -- events ---------------------------------------------------------------------------------------------
    def events(self) -> AsyncIterator[CallEvent]:
        """Events from now on, to the call's end.

        Control events are never dropped; level reports are, beyond a thousand unread, and counted in `dropped_reports`.
        """
        watcher = _Watcher()
        if self._ended.done():
            watcher.over = True
        else:
            self._watchers.append(watcher)
        return self._watch(watcher)

    async def _watch(self, watcher: _Watcher) -> AsyncIterator[CallEvent]:
        try:
            while True:
                while watcher.queue:
                    yield watcher.queue.popleft()
                if watcher.over:
                    return
                watcher.wake.clear()
                await watcher.wake.wait()
        finally:
            if watcher in self._watchers:
                self._watchers.remove(watcher)


async def _coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _encoding(encoding: Encoding | str) -> Encoding:
    if isinstance(encoding, Encoding):
        return encoding
    try:
        return Encoding[encoding.upper()]
    except (KeyError, AttributeError):
        raise ValueError(f"encoding must be 'pcm16', 'alaw' or 'ulaw', not {encoding!r}") from None


