"""MediaPort of the memory board: which job is told of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from boardcore import dsp
from boardcore.errors import MediaBusy, UnsupportedOperation
from boardcore.ports import (
    Capability,
    CollectSpec,
    DigitDetected,
    DigitEnded,
    DigitsLost,
    EndReason,
    JobResult,
    JobSpec,
    MediaJob,
    MediaStream,
    PlaySpec,
    RecordSpec,
    SendDigitsSpec,
    SoundChanged,
    ToneSpec,
)
from memory_driver._audio import SILENCE, Block
from memory_driver._bus import MemoryBus, MemoryStream
from memory_driver._ears import Digit, Ears
from memory_driver._jobs import (
    LAG_TURNS,
    AnyJob,
    CollectJob,
    PlayJob,
    RecordJob,
    SendDigitsJob,
    SendJob,
    ToneJob,
)

if TYPE_CHECKING:
    from memory_driver._line import MemoryChannel

__all__ = ["MemoryMedia"]

ResultT = TypeVar("ResultT", bound=JobResult)
TYPE_AHEAD = 64
ROLES: dict[type[object], str] = {
    PlaySpec: "send",
    SendDigitsSpec: "send",
    ToneSpec: "send",
    RecordSpec: "record",
    CollectSpec: "collect",
}


class MemoryMedia:
    """Audio of one channel."""

    def __init__(self, channel: MemoryChannel, bus: MemoryBus) -> None:
        self._channel = channel
        self._bus = bus
        self._jobs: dict[str, AnyJob] = {}
        self._starting: set[str] = set()
        self._ears: Ears | None = None
        self._secret = False
        self._muted = False
        self._hushed = False  # the key that is down is not to be heard
        self._in_secret = False  # it was pressed in secret
        self._typed = ""
        self._sound = False
        self._recent: list[Block] = []  # what others are yet to hear, in secret
        self.stream: MemoryStream | None = None
        self.listens_to: MemoryMedia | None = None
        self.from_line = SILENCE  # the latest block, secrets silenced

    @property
    def bus(self) -> MemoryBus:
        return self._bus

    @property
    def open_jobs(self) -> int:
        return len(self._jobs) + (self.stream is not None)

    async def start(self, spec: JobSpec[ResultT]) -> MediaJob[ResultT]:
        role = ROLES.get(type(spec))
        if role is None:
            raise UnsupportedOperation(Capability.PLAY, f"{type(spec).__name__} on {self._channel.name}")
        if role in self._jobs or role in self._starting:
            raise MediaBusy(f"{self._channel.name} is already busy: {role}")
        self._starting.add(role)
        try:
            await self._channel.board.command(type(spec).__name__)
            job = self._begin(spec)
        finally:
            self._starting.discard(role)
        return cast("MediaJob[ResultT]", job)

    def detect(self, on: bool) -> None:
        if not on:
            self._typed = ""
            self._sound = False
        if on != (self._ears is not None):
            self._ears = Ears() if on else None

    def set_secret(self, on: bool) -> None:
        self._secret = on

    def mute_digits(self, on: bool) -> None:
        self._muted = on

    @property
    def _hushing(self) -> bool:
        return self._secret or self._muted

    def clear_digits(self) -> None:
        self._typed = ""

    async def open_stream(self, depth_s: float = 2.0) -> MediaStream:
        if self.stream:
            raise MediaBusy(f"{self._channel.name} already has a stream")
        self.stream = MemoryStream(self, depth_s)
        return self.stream

    def end_all(self) -> None:
        """The call or the board is gone: end everything."""
        for job in list(self._jobs.values()):
            job.finish(EndReason.HANGUP)
        if self.stream:
            self.stream.end()
        self.from_line = SILENCE
        self._recent.clear()

    def deliver_all(self) -> None:
        """Hand over results that are on their way: nothing will come later."""
        for job in list(self._jobs.values()):
            job.deliver()

    # ---- a turn ----------------------------------------------------------------
    def send(self) -> Block:
        """Give what goes out to the line: what is played and written, and whom it listens to."""
        block = self.listens_to.from_line if self.listens_to else SILENCE
        job = self._jobs.get("send")
        if isinstance(job, SendJob) and job.running:
            block = dsp.mix(block, job.send())
        elif self.stream:
            block = dsp.mix(block, self.stream.send())
        return block

    def hear(self, block: Block) -> None:
        """Take what came from the line: digits first, then tones, then sound, then time."""
        ears = self._ears
        for digit in ears.hear(block) if ears else ():
            self._key(digit)
        key_down = ears is not None and ears.key_down
        self._hushed = key_down and (self._hushing or self._hushed)
        for name in self._channel.tones_on:
            for job in list(self._jobs.values()):
                job.tone(name)
        heard = SILENCE if self._hushed else block
        self.from_line = self._held_back(heard)
        if self.stream:
            self.stream.turn(self.from_line)
        for job in list(self._jobs.values()):
            if job.running:
                muted = key_down and isinstance(job, RecordJob) and job.mutes_digits
                job.hear(SILENCE if muted else heard)
            if ears and job.running:
                job.sound(ears.sound)
            if job.running:
                job.time(key_down)
        if ears and ears.sound is not self._sound:
            self._sound = ears.sound
            self._channel.post(SoundChanged, sound=ears.sound, level_dbm0=ears.level_dbm0)

    def _held_back(self, heard: Block) -> Block:
        """In secret, others hear this line a little later: a key is known only after it began to sound."""
        self._recent = [*self._recent[-LAG_TURNS:], heard] if self._hushing else [heard]
        return self._recent[0] if len(self._recent) > LAG_TURNS or not self._hushing else SILENCE

    def _key(self, heard: Digit) -> None:
        """A key went down or up: either counts."""
        late = self._channel.board.options.digits == "late"
        recording = self._jobs.get("record")
        if isinstance(recording, RecordJob):
            recording.holding = late and heard.duration_s is None
        if heard.duration_s is None:
            self._in_secret = self._secret
            told = None if self._in_secret else heard.digit
            self._channel.post(DigitDetected, digit=told, level_dbm0=heard.level_dbm0)
            self._blank()
            if not late:
                self._take(heard)
            return
        told = None if self._in_secret else heard.digit
        level, twist = heard.level_dbm0, heard.twist_db
        self._channel.post(DigitEnded, digit=told, duration_s=heard.duration_s, level_dbm0=level, twist_db=twist)
        if late:
            self._take(heard)

    def _blank(self) -> None:
        """Silence what has been heard of a key that is not to be heard."""
        recording = self._jobs.get("record")
        if isinstance(recording, RecordJob) and recording.running and (self._hushing or recording.mutes_digits):
            recording.blank()
        if self._hushing:
            self._recent = [SILENCE] * len(self._recent)

    def _take(self, heard: Digit) -> None:
        told = None if self._in_secret else heard.digit
        if len(self._typed) == TYPE_AHEAD:
            self._channel.post(DigitsLost, count=1)
            return
        taken = False
        for role in ("send", "record", "collect"):
            job = self._jobs.get(role)
            if job and job.running and not (taken and role == "collect"):
                taken |= job.digit(heard.digit, told)
        if not taken:
            self._typed += heard.digit

    def _begin(self, spec: JobSpec[ResultT]) -> AnyJob:
        job = self._make(spec)
        self._jobs[job.role] = job
        for digit in self._typed:
            if job.running and job.digit(digit, None if self._secret else digit):
                self._typed = self._typed.replace(digit, "", 1)
        return job

    def _make(self, spec: object) -> AnyJob:
        match spec:
            case PlaySpec():
                return PlayJob(spec, self._ended)
            case RecordSpec():
                return RecordJob(spec, self._ended)
            case CollectSpec():
                return CollectJob(spec, self._ended)
            case SendDigitsSpec():
                return SendDigitsJob(spec, self._ended)
            case ToneSpec():
                return ToneJob(spec, self._ended)
            case _:
                raise TypeError(f"not a job's spec: {spec!r}")

    def _ended(self, job: AnyJob) -> None:
        if self._jobs.get(job.role) is job:
            del self._jobs[job.role]
