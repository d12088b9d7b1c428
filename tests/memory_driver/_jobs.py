"""The jobs of a memory board's channel: what each does with a turn, and what ends it.

Rules are looked at once a turn, digits first, then sound, then time; the first satisfied ends the job. A job
that has ended is deaf; its result is delivered a little later, when its file is whole and its place is free
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from boardcore import dsp
from boardcore.ports import (
    AudioSamples,
    CollectResult,
    CollectSpec,
    EndReason,
    JobResult,
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
from memory_driver._audio import BLOCK, RATE_HZ, SILENCE, TURN_S, Block, tone
from memory_driver._ears import DIGIT_LOOK_BACK_S
from memory_driver._files import WavWriter, read_wav

__all__ = ["LAG_TURNS", "AnyJob", "CollectJob", "PlayJob", "RecordJob", "SendDigitsJob", "SendJob", "ToneJob"]

ResultT = TypeVar("ResultT", bound=JobResult)
DELIVERY_S = 0.004  # the firmware's mail takes its time
LAG_TURNS = round(DIGIT_LOOK_BACK_S / TURN_S)


class Job(Generic[ResultT]):
    """A job under way; `ended` is told to its port when its place is free."""

    role = "send"

    def __init__(self, stop: Termination, ended: Callable[[Job[ResultT]], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.rules = stop
        self.running = True
        self.started_s = self.loop.time()
        self.turns = self._silent = self._loud = self._digits_seen = 0
        self._ended = ended
        self.tone_heard: str | None = None
        self._outcome: ResultT | None = None
        self._result: asyncio.Future[ResultT] = self.loop.create_future()

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        self.finish(reason)

    async def result(self) -> ResultT:
        return await asyncio.shield(self._result)

    def finish(self, reason: EndReason, digit: str | None = None) -> None:
        """End it for this reason, unless it has ended."""
        if self.running:
            self.running = False
            self._outcome = self.outcome(reason, digit)
            self.loop.call_later(DELIVERY_S, self.deliver)

    def deliver(self) -> None:
        """Hand the result of an ended job over; once."""
        if self._outcome is not None and not self._result.done():
            self._ended(self)
            self._result.set_result(self._outcome)

    def outcome(self, reason: EndReason, digit: str | None) -> ResultT:
        """Close what is open, and make the result."""
        raise NotImplementedError

    def hear(self, block: Block) -> None:
        """Take what came from the line in this turn."""

    # ---- rules -----------------------------------------------------------------
    def digit(self, digit: str, told: str | None) -> bool:
        """Look at a digit; True if it takes it from the buffer. `told` is what a result may say of it."""
        self._digits_seen += 1
        enough = self.rules.max_digits is not None and self._digits_seen >= self.rules.max_digits
        if digit in self.rules.digits:
            self.finish(EndReason.DIGIT, told)
        elif enough:
            self.finish(EndReason.MAX_DIGITS, told)
        return not self.running and not self.rules.keep_digit

    def tone(self, name: str) -> None:
        """Look at a call-progress tone that is heard."""
        if self.running and name in self.rules.tones:
            self.tone_heard = name
            self.finish(EndReason.TONE)

    def sound(self, sound: bool) -> None:
        """Judge the sound of this turn; a click of one turn does not end a silence."""
        self._loud = self._loud + 1 if sound else 0
        self._silent = 0 if self._loud > 1 else self._silent + 1
        if self.rules.nonsilence_s is not None and self._loud * TURN_S >= self.rules.nonsilence_s:
            self.finish(EndReason.NONSILENCE)
        elif self.rules.silence_s is not None and self._silent * TURN_S >= self.rules.silence_s:
            self.finish(EndReason.SILENCE)

    def time(self, key_down: bool) -> None:
        """Judge the time at the end of this turn."""
        self.turns += 1
        if self.rules.max_s is not None and self.turns * TURN_S >= self.rules.max_s:
            self.finish(EndReason.MAX_TIME)


AnyJob = Job[PlayResult] | Job[RecordResult] | Job[CollectResult] | Job[SendDigitsResult] | Job[ToneResult]


class SendJob(Job[ResultT]):
    """A job that sends: one at a time."""

    sent = 0  # samples: the place in the source, for a play

    def send(self) -> Block:
        """Give the next block."""
        raise NotImplementedError

    @property
    def sent_s(self) -> float:
        return self.sent / RATE_HZ


class PlayJob(SendJob[PlayResult]):
    def __init__(self, spec: PlaySpec, ended: Callable[[Job[PlayResult]], None]) -> None:
        source = spec.source
        samples = source.samples if isinstance(source, AudioSamples) else read_wav(source.path)
        super().__init__(spec.stop, ended)
        self.sent = min(round(spec.from_s * RATE_HZ), len(samples))
        self._samples: Block = samples

    def send(self) -> Block:
        block = self._samples[self.sent : self.sent + BLOCK]
        self.sent += len(block)
        if self.sent >= len(self._samples):
            self.finish(EndReason.DATA)
        return np.concatenate([block, SILENCE[len(block) :]])

    def outcome(self, reason: EndReason, digit: str | None) -> PlayResult:
        return PlayResult(
            reason=reason,
            started_s=self.started_s,
            ended_s=self.loop.time(),
            digit=digit,
            tone=self.tone_heard,
            position_s=self.sent_s,
        )


class SendDigitsJob(SendJob[SendDigitsResult]):
    def __init__(self, spec: SendDigitsSpec, ended: Callable[[Job[SendDigitsResult]], None]) -> None:
        super().__init__(Termination(), ended)
        self._samples = dsp.dtmf_tones(
            spec.digits,
            on_ms=spec.on_ms,
            off_ms=spec.off_ms,
            level_dbm0=spec.level_dbm0,
            twist_db=spec.twist_db,
        )

    def send(self) -> Block:
        block = self._samples[self.sent : self.sent + BLOCK]
        self.sent += len(block)
        if self.sent >= len(self._samples):
            self.finish(EndReason.DATA)
        return np.concatenate([block, SILENCE[len(block) :]])

    def outcome(self, reason: EndReason, digit: str | None) -> SendDigitsResult:
        now = self.loop.time()
        return SendDigitsResult(reason=reason, started_s=self.started_s, ended_s=now, duration_s=self.sent_s)


class ToneJob(SendJob[ToneResult]):
    def __init__(self, spec: ToneSpec, ended: Callable[[Job[ToneResult]], None]) -> None:
        super().__init__(spec.stop, ended)
        self._spec = spec

    def send(self) -> Block:
        block = tone(self._spec.freqs_hz, self._spec.level_dbm0, self._spec.cadence_s, self.sent)
        self.sent += len(block)
        return block

    def outcome(self, reason: EndReason, digit: str | None) -> ToneResult:
        now = self.loop.time()
        return ToneResult(
            reason=reason,
            started_s=self.started_s,
            ended_s=now,
            digit=digit,
            tone=self.tone_heard,
            duration_s=self.sent_s,
        )


class RecordJob(Job[RecordResult]):
    """Keeps the latest blocks back: a digit that ends it, or is secret, is known only after it has begun."""

    role = "record"

    def __init__(self, spec: RecordSpec, ended: Callable[[Job[RecordResult]], None]) -> None:
        self.mutes_digits = spec.mute_digits
        self._path = spec.path
        self._file = WavWriter(spec.path, spec.encoding, spec.append)
        super().__init__(spec.stop, ended)
        self._held: list[Block] = []
        self.holding = False  # a key is down that may end it when it is up
        self._samples = 0
        self._detail = ""

    def hear(self, block: Block) -> None:
        self._held.append(block)
        while len(self._held) > LAG_TURNS and not self.holding:
            self._write(self._held.pop(0))

    def blank(self) -> None:
        """Silence what is held back: a secret digit has begun in it."""
        self._held = [SILENCE] * len(self._held)

    def outcome(self, reason: EndReason, digit: str | None) -> RecordResult:
        if reason not in (EndReason.DIGIT, EndReason.MAX_DIGITS, EndReason.ERROR):
            for block in self._held:
                self._write(block)
        self._file.close()
        return RecordResult(
            reason=reason,
            started_s=self.started_s,
            ended_s=self.loop.time(),
            path=self._path,
            duration_s=self._samples / RATE_HZ,
            digit=digit,
            tone=self.tone_heard,
            detail=self._detail,
        )

    def _write(self, block: Block) -> None:
        try:
            self._file.write(block)
            self._samples += len(block)
        except OSError as error:
            self._detail = error.strerror or str(error)
            self.finish(EndReason.ERROR)


class CollectJob(Job[CollectResult]):
    role = "collect"

    def __init__(self, spec: CollectSpec, ended: Callable[[Job[CollectResult]], None]) -> None:
        super().__init__(Termination(max_s=spec.max_s), ended)
        self._spec = spec
        self._digits = ""
        self._waited = 0

    def digit(self, digit: str, told: str | None) -> bool:
        """Take every digit, secret or not: it is who they are meant for."""
        self._waited = 0
        if digit in self._spec.terminators:
            self.finish(EndReason.DIGIT, digit)
            return True
        self._digits += digit
        if len(self._digits) >= self._spec.max_digits:
            self.finish(EndReason.MAX_DIGITS)
        return True

    def time(self, key_down: bool) -> None:
        self._waited = 0 if key_down else self._waited + 1
        limit_s = self._spec.inter_digit_timeout_s if self._digits else self._spec.first_timeout_s
        if limit_s is not None and self._waited * TURN_S >= limit_s:
            self.finish(EndReason.INTER_DIGIT_TIMEOUT if self._digits else EndReason.FIRST_TIMEOUT)
        super().time(key_down)

    def outcome(self, reason: EndReason, digit: str | None) -> CollectResult:
        now = self.loop.time()
        return CollectResult(
            reason=reason, started_s=self.started_s, ended_s=now, digits=self._digits, terminator=digit
        )
