"""Jobs of a voice resource, one at a time: what all have in common, and those without audio of the client's."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from boardcore.errors import BoardcoreError
from boardcore.media.engine import TICK_S
from boardcore.media.port import EngineJob
from boardcore.ports import CollectSpec, EndReason, JobResult, SendDigitsSpec
from boardcore_simulators.server._bodies import Dial, JobEnded
from boardcore_simulators.server._rules import Flag, Rules, seconds
from boardcore_simulators.server._watch import SoundWatch
from boardcore_simulators.server._wire import Kind, Reason, Status

if TYPE_CHECKING:
    from boardcore_simulators.server._voice import Voice

_log = logging.getLogger(__name__)
__all__ = ["CollectJob", "DialJob", "Ending", "Job", "Owner"]

REASONS = {
    EndReason.DATA: Reason.DATA,
    EndReason.MAX_TIME: Reason.MAX_TIME,
    EndReason.MAX_DIGITS: Reason.MAX_DIGITS,
    EndReason.DIGIT: Reason.DIGIT,
    EndReason.SILENCE: Reason.SILENCE,
    EndReason.NONSILENCE: Reason.NONSILENCE,
    EndReason.FIRST_TIMEOUT: Reason.FIRST_TIMEOUT,
    EndReason.INTER_DIGIT_TIMEOUT: Reason.INTER_DIGIT_TIMEOUT,
    EndReason.STOPPED: Reason.STOPPED,
    EndReason.HANGUP: Reason.ERROR,
    EndReason.ERROR: Reason.ERROR,
}
DIAL_MAX = 1000  # digits of one DIAL; the engine takes 64 at a time
R = TypeVar("R", bound=JobResult)


class Owner(Protocol):
    """The client that started a job, as far as the job needs it."""

    @property
    def paused(self) -> bool:
        """It does not read: what is sent now is kept in memory."""
        ...

    def send(self, kind: Kind, ref: int, body: bytes, tick: int | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended; `text` is digits, or what went wrong."""

    why: Reason
    transferred: int = 0
    text: str = ""
    status: Status = Status.OK
    ended_s: float | None = None


class Job:
    """A job from its request to JOB_ENDED.

    Rules that the engine knows are the engine's. The others are watched here by events: the job is stopped, and the
    reason told is the rule's.
    """

    takes_digits = True  # digits can end it
    engine_hears = True  # the engine judges silence and sound

    def __init__(self, voice: Voice, owner: Owner, ref: int, rules: Rules) -> None:
        self.voice = voice
        self.owner = owner
        self.ref = ref
        self.rules = rules
        self.why: Reason | None = None  # to end it, if it is not the engine that ends it
        self.abandoned = False
        self._engine_job: EngineJob[Any] | None = None
        self._sound: SoundWatch | None = None
        self._timer: asyncio.TimerHandle | None = None

    # -- the life of a job --------------------------------------------------------------------------------------
    def accepted(self) -> None:
        """It is going to run."""

    async def run(self) -> None:
        """To the end, and tell of it."""
        engine = self.voice.engine
        begun_s = engine.time_of(engine.tick)
        try:
            ending = await self._whole()
        except ValueError as error:
            ending = Ending(Reason.ERROR, text=str(error), status=Status.BAD_VALUE)
        except BoardcoreError as error:
            ending = Ending(Reason.ERROR, text=str(error), status=Status.FAILED)
        except Exception:  # a fault of this program is no reason to leave the resource busy for ever
            _log.exception("a job failed")
            ending = Ending(Reason.ERROR, text="the firmware failed", status=Status.FAILED)
        finally:
            self._unwatch()
        ended_s = engine.time_of(engine.tick) if ending.ended_s is None else ending.ended_s
        ran_ms = max(0, round((ended_s - begun_s) * 1000))
        body = JobEnded(ending.why, ran_ms, ending.transferred, ending.status, ending.text).pack()
        self.voice.job_over(self)
        self.owner.send(Kind.JOB_ENDED, self.ref, body, round((ended_s - engine.epoch_s) / TICK_S))

    async def _whole(self) -> Ending:
        digits = self.voice.digits
        if self.rules.flags & Flag.CLEAR_FIRST:
            await digits.clear()
        kept = await digits.draw() if self.takes_digits else ""
        ending = await self.work(kept)
        if self.rules.flags & Flag.CLEAR_LAST:
            await digits.clear()
        return ending

    async def work(self, kept: str) -> Ending:
        """Do it. `kept`: digits that waited before."""
        raise NotImplementedError

    async def stage(self, job: EngineJob[R]) -> R:
        """Wait for a part of the job; a wish to stop reaches it."""
        self.begun(job)
        try:
            return await job.result()
        finally:
            self._engine_job = None

    def begun(self, job: EngineJob[Any]) -> None:
        self._engine_job = job
        if self.why is not None:
            job.stop()

    def ending(self, result: JobResult, transferred: int = 0, text: str = "") -> Ending:
        """From the engine's result: what it was stopped for is the reason, unless it ended by itself before."""
        if result.reason is EndReason.STOPPED and self.why is not None:
            return Ending(self.why, transferred, text, ended_s=result.ended_s)
        if result.reason in (EndReason.ERROR, EndReason.HANGUP):
            wrong = result.detail or "the channel is gone"
            return Ending(Reason.ERROR, transferred, wrong, Status.FAILED, result.ended_s)
        return Ending(REASONS[result.reason], transferred, text, ended_s=result.ended_s)

    def stop(self, why: Reason = Reason.STOPPED) -> None:
        """End it, for this reason; harmless when it is ending."""
        if self.why is None:
            self.why = why
        if self._engine_job is not None:
            self._engine_job.stop()

    def abandon(self) -> None:
        """End it at once: nobody takes what it has left."""
        self.abandoned = True
        self.stop()

    # -- messages of the client ---------------------------------------------------------------------------------
    def data(self, body: bytes) -> None:
        """Only a PLAY takes it."""

    def finish(self) -> None:
        """Only a PLAY takes it."""

    def credit(self, count: int) -> None:
        """Only a RECORD takes it."""

    def room(self) -> None:
        """The client reads again."""

    # -- what is heard and sensed meanwhile ---------------------------------------------------------------------
    def saw_digit(self, digit: str) -> None:
        """A digit came that the engine has dealt with."""

    def saw_loop_off(self) -> None:
        if self.rules.flags & Flag.LOOP_OFF:
            self.stop(Reason.LOOP_OFF)

    def saw_tone(self, template: int) -> None:
        if self.rules.flags & Flag.TONE and self.rules.tone == template:
            self.stop(Reason.TONE)

    def saw_sound(self, on: bool, at_s: float) -> None:
        if self._sound is not None:
            self._sound.sound(on, at_s)
            self._set_timer()

    def watch_sound(self) -> None:
        """From now on judge what the engine does not."""
        if self.rules.splits_silence or not self.engine_hears:
            now_s = self.voice.engine.time_of(self.voice.engine.tick)
            self._sound = SoundWatch(self.rules, not self.engine_hears, self.voice.sound, now_s)
            self._set_timer()

    def _set_timer(self) -> None:
        self._unset_timer()
        deadline = self._sound and self._sound.next_deadline()
        if deadline:
            at_s, why = deadline
            self._timer = self.voice.engine.loop.call_at(at_s, self.stop, why)

    def _unset_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _unwatch(self) -> None:
        self._unset_timer()
        self._sound = None


class CollectJob(Job):
    """COLLECT: digits are in the answer, the one that ended it too."""

    engine_hears = False

    async def work(self, kept: str) -> Ending:
        taken, enough = self.rules.take(kept)
        self.voice.digits.take(len(taken))
        if enough:
            matched = taken[-1] in self.rules.mask and not self.rules.flags & Flag.NEW_DIGITS_MATCH
            return Ending(Reason.DIGIT if matched else Reason.MAX_DIGITS, text=taken)
        first_ms = self.rules.inter_digit_ms if taken else self.rules.first_digit_ms
        spec = CollectSpec(
            max_digits=self.rules.still_wanted(taken),
            terminators=self.rules.mask,
            first_timeout_s=seconds(first_ms),
            inter_digit_timeout_s=seconds(self.rules.inter_digit_ms),
            max_s=seconds(self.rules.max_ms),
        )
        self.watch_sound()
        result = await self.voice.digits.collect(spec, self.begun)
        ending = self.ending(result, text=taken + result.digits + (result.terminator or ""))
        if taken and ending.why is Reason.FIRST_TIMEOUT:  # the first was there before
            return Ending(Reason.INTER_DIGIT_TIMEOUT, text=ending.text, ended_s=ending.ended_s)
        return ending


class DialJob(Job):
    """DIAL: send digits."""

    takes_digits = False

    def __init__(self, voice: Voice, owner: Owner, ref: int, dial: Dial) -> None:
        super().__init__(voice, owner, ref, Rules())
        self._dial = dial

    async def work(self, kept: str) -> Ending:
        digits = self._dial.digits
        if len(digits) > DIAL_MAX:
            raise ValueError(f"{len(digits)} digits to dial came, at most {DIAL_MAX} are taken")
        specs = [self._spec(digits[at : at + 64]) for at in range(0, len(digits), 64)]
        for spec in specs:
            if self.why is not None:
                return Ending(self.why)
            result = await self.stage(await self.voice.media.start(spec))
            if result.reason is not EndReason.DATA:
                return self.ending(result)
        return Ending(Reason.DATA)

    def _spec(self, digits: str) -> SendDigitsSpec:
        default = SendDigitsSpec("0")
        return SendDigitsSpec(digits, self._dial.on_ms or default.on_ms, self._dial.off_ms or default.off_ms)
