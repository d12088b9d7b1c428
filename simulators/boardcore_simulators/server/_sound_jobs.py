"""Jobs with audio: PLAY and TONE, which the engine takes from a ring, and RECORD, which it puts into one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from boardcore.media.rings import PlayRing, RecordRing
from boardcore.ports import AudioSamples, EndReason, PlaySpec
from boardcore_simulators.server._audio import BEEP, RATE_HZ, check_segments, from_wire, to_wire, tone_chunks, width
from boardcore_simulators.server._bodies import Play, Record, Tone, encoding_of, pack_credit
from boardcore_simulators.server._jobs import Ending, Job, Owner
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import Kind, ProtocolError, Reason, Status

if TYPE_CHECKING:
    from boardcore_simulators.server._voice import Voice

__all__ = ["PlayJob", "RecordJob", "ToneJob"]

AHEAD = RATE_HZ  # samples that a client may send ahead: a second
GRANT = RATE_HZ // 4  # room for that many is worth a message
PREFILL_S = 0.5  # a play begins without data when it has not come by then
KEPT_S = 30  # of a recording for which there is no credit
NEWS = 320  # samples of a recording that are worth a message: 40 ms
PIECE_BYTES = 32768  # of a DATA


class _RingJob(Job):
    """Plays what `fill` puts into a ring."""

    def __init__(self, voice: Voice, owner: Owner, ref: int, rules: Rules) -> None:
        super().__init__(voice, owner, ref, rules)
        self.ring = PlayRing(AHEAD, report=GRANT)

    @property
    def held(self) -> int:
        """Samples in the ring."""
        return AHEAD - self.ring.writable

    def accepted(self) -> None:
        self.fill()

    def fill(self) -> None:
        """There may be room in the ring."""

    async def ready(self) -> None:
        """Wait until it makes sense to begin."""

    async def work(self, kept: str) -> Ending:
        ended_by, left = self.rules.look_back(kept)
        if ended_by is not None:
            return Ending(Reason.DIGIT if ended_by in self.rules.mask else Reason.MAX_DIGITS, text=ended_by)
        stop = self.rules.termination(left)
        await self.ready()
        if self.why is not None:
            return Ending(self.why)
        self.watch_sound()
        result = await self.stage(self.voice.media.play_ring(self.ring, stop, self.fill))
        return self.ending(result, self.transferred(result.samples), result.digit or "")

    def transferred(self, samples: int) -> int:
        """Bytes of the client's that so many played samples were."""
        return 0


class PlayJob(_RingJob):
    """PLAY: the client's samples, under credit."""

    def __init__(self, voice: Voice, owner: Owner, ref: int, play: Play) -> None:
        super().__init__(voice, owner, ref, play.rules)
        self._encoding = encoding_of(play.encoding)
        self._lead = BEEP.size if play.beep else 0
        if play.beep:
            self.ring.write(BEEP)
        self._width = width(self._encoding)
        self._credit = 0  # bytes that may still come
        self._half = b""  # a sample's first byte, the other is under way
        self._finished = False
        self._anything = asyncio.Event()

    def fill(self) -> None:
        room = (AHEAD - self.held) * self._width - self._credit - len(self._half)
        if not self._finished and room > 0:
            self._credit += room
            self.owner.send(Kind.GRANTED, self.ref, pack_credit(room))

    async def ready(self) -> None:
        try:
            async with asyncio.timeout(PREFILL_S):
                await self._anything.wait()
        except TimeoutError:
            return

    def data(self, body: bytes) -> None:
        if self._finished:
            return
        if len(body) > self._credit:
            raise ProtocolError(f"DATA of {len(body)} bytes came, wanted at most the credit, {self._credit}")
        self._credit -= len(body)
        data = self._half + body
        whole = len(data) - len(data) % self._width
        self._half = data[whole:]
        self.ring.write(from_wire(self._encoding, data[:whole]))
        self._anything.set()

    def finish(self) -> None:
        self._finished = True
        self.ring.finish()
        self._anything.set()

    def stop(self, why: Reason = Reason.STOPPED) -> None:
        super().stop(why)
        self._anything.set()

    def transferred(self, samples: int) -> int:
        return max(0, samples - self._lead) * self._width


class ToneJob(_RingJob):
    """TONE: samples that are made here."""

    def __init__(self, voice: Voice, owner: Owner, ref: int, tone: Tone) -> None:
        super().__init__(voice, owner, ref, tone.rules)
        check_segments(tone.segments)
        self._chunks: Iterator[npt.NDArray[np.int16]] = tone_chunks(tone.segments, tone.cycles)
        self._rest = np.zeros(0, np.int16)

    def fill(self) -> None:
        while self.held < AHEAD:
            if not self._rest.size:
                chunk = next(self._chunks, None)
                if chunk is None:
                    self.ring.finish()
                    return
                self._rest = chunk
            written = self.ring.write(self._rest)
            self._rest = self._rest[written:]


class RecordJob(Job):
    """RECORD: to the client within its credit."""

    def __init__(self, voice: Voice, owner: Owner, ref: int, record: Record) -> None:
        super().__init__(voice, owner, ref, record.rules)
        self._encoding = encoding_of(record.encoding)
        self._beep = record.beep
        self._keep_tone = record.keep_tone  # the engine cuts the tone of a digit that ends it
        self._left = 0
        self._digit = ""
        self._credit = record.credit
        self._sent = 0
        self._ring: RecordRing | None = None
        self._empty = asyncio.Event()

    async def work(self, kept: str) -> Ending:
        ended_by, self._left = self.rules.look_back(kept)
        if ended_by is not None:
            return Ending(Reason.DIGIT if ended_by in self.rules.mask else Reason.MAX_DIGITS, text=ended_by)
        stop = self.rules.termination(self._left, digits=not self._keep_tone)
        if self._beep:
            await self.stage(await self.voice.media.start(PlaySpec(AudioSamples(BEEP))))
        if self.why is not None:
            return Ending(self.why)
        self.watch_sound()
        self._ring = RecordRing(KEPT_S * RATE_HZ, report=NEWS)
        result = await self.stage(self.voice.media.record_ring(self._ring, stop, self.room))
        whole = await self._deliver(self._ring)
        if not whole:
            return Ending(Reason.ERROR, self._sent, "no credit came for what was recorded", Status.FAILED)
        full = result.reason is EndReason.ERROR
        text = "no credit came for 30 s" if full else result.digit or self._digit
        ending = self.ending(result, self._sent, text)
        return Ending(Reason.ERROR, self._sent, text, Status.FAILED, ending.ended_s) if full else ending

    async def _deliver(self, ring: RecordRing) -> bool:
        """Send what is left, as credit comes; False if it does not."""
        self._empty.clear()
        self.room()
        if ring.readable and not self.abandoned:
            try:
                async with asyncio.timeout(KEPT_S):
                    await self._empty.wait()
            except TimeoutError:
                return False
        return True

    def room(self) -> None:
        ring, sample = self._ring, width(self._encoding)
        if ring is None:
            return
        while self._credit >= sample and not self.owner.paused and not self.abandoned:
            samples = ring.read(min(self._credit, PIECE_BYTES) // sample)
            if not samples.size:
                break
            data = to_wire(self._encoding, samples)
            self._credit -= len(data)
            self._sent += len(data)
            self.owner.send(Kind.SENT, self.ref, data)
        if not ring.readable:
            self._empty.set()

    def credit(self, count: int) -> None:
        self._credit += count
        self.room()

    def abandon(self) -> None:
        super().abandon()
        self._empty.set()

    def saw_digit(self, digit: str) -> None:
        if not self._keep_tone or self.why is not None:
            return
        self._left -= 1
        if digit in self.rules.mask or self._left == 0:
            self._digit = digit
            self.stop(Reason.DIGIT if digit in self.rules.mask else Reason.MAX_DIGITS)
