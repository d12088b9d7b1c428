"""The memory board at the level of its ports, without the facade."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from memory_driver import MemoryBoard, MemoryDriver, MemoryFarEnd, MemoryOptions

from boardcore import dsp
from boardcore.errors import BoardLost, Cause, DriverError, MediaBusy, MediaFileError, UnsupportedOperation
from boardcore.ports import (
    AudioSamples,
    BoardGone,
    CollectSpec,
    DigitDetected,
    Encoding,
    EndReason,
    LoopDropped,
    PlaySpec,
    PolarityChanged,
    PortEvent,
    ProgressTone,
    RecordSpec,
    RingStarted,
    RingStopped,
    SendDigitsSpec,
    Termination,
    ToneSpec,
)
from boardcore.testing import VirtualClock

Samples = np.ndarray[Any, np.dtype[np.int16]]
NOISE: Samples = np.random.default_rng(1).normal(0, 3000, 16000).astype(np.int16)
RATE_HZ = 8000


@dataclass
class Desk:
    """A board, two telephones, and what the board posted."""

    driver: MemoryDriver = field(default_factory=MemoryDriver)
    posted: list[tuple[int, PortEvent]] = field(default_factory=list[tuple[int, PortEvent]])
    news: asyncio.Event = field(default_factory=asyncio.Event)
    board: MemoryBoard = field(init=False)

    def __post_init__(self) -> None:
        self.far = MemoryFarEnd(self.driver, "2001")
        self.other = MemoryFarEnd(self.driver, "2002")

    def post(self, channel: int, event: PortEvent) -> None:
        self.posted.append((channel, event))
        self.news.set()

    def kinds(self) -> list[type[PortEvent]]:
        return [type(event) for _, event in self.posted]

    async def wait_for(self, kind: type[PortEvent], count: int = 1) -> None:
        async with asyncio.timeout(60):
            while self.kinds().count(kind) < count:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def desk(**options: Any) -> AsyncGenerator[Desk]:
    made = Desk()
    made.board = await made.driver.open(MemoryOptions(**options), made)
    yield made
    await made.board.close()
    await made.far.hang_up()
    await made.other.hang_up()


@asynccontextmanager
async def talking() -> AsyncGenerator[Desk]:
    async with desk() as made:
        await made.far.call("1001")
        await made.board.channels[0].line.off_hook()
        await made.far.wait_connected()
        made.board.channels[0].media.detect(True)
        yield made


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine test on a jumping clock."""
    import functools

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        VirtualClock().run(test(*args, **kwargs))

    return run


@virtual
async def test_rings_one_second_in_five_and_stops_when_the_caller_gives_up() -> None:
    async with desk() as d:
        await d.far.call("1001")
        begun = asyncio.get_running_loop().time()
        await d.wait_for(RingStarted, 3)
        assert asyncio.get_running_loop().time() - begun == pytest.approx(10, abs=0.1)  # pyright: ignore[reportUnknownMemberType]
        await d.far.hang_up()
        assert d.kinds() == [RingStarted, RingStopped] * 3
        first = d.posted[0][1]
        assert isinstance(first, RingStarted)
        assert (first.caller, first.called) == ("2001", "1001")


@virtual
async def test_outgoing_call_is_answered_with_a_polarity_reversal() -> None:
    async with desk() as d:
        line = d.board.channels[0].line
        await line.off_hook()
        await line.dial("2001")
        await d.far.wait_ring()
        assert PolarityChanged not in d.kinds()
        await d.far.answer()
        await d.wait_for(PolarityChanged)
        await d.far.hang_up()
        await d.wait_for(LoopDropped)


@virtual
async def test_busy_is_heard_as_a_cadence() -> None:
    async with desk(tones=False) as d:
        line = d.board.channels[0].line
        await d.far.call("1003")
        await line.off_hook()
        await line.dial("2001")
        line.watch_tones(True)
        await d.wait_for(ProgressTone, 10)
        tones = [e for _, e in d.posted if isinstance(e, ProgressTone)][1:]
        assert len(tones) >= 6
        assert [e.lasted_s for e in tones] == pytest.approx([0.35] * len(tones), abs=0.045)  # pyright: ignore[reportUnknownMemberType]


@virtual
async def test_plays_what_is_heard_at_the_far_end() -> None:
    async with talking() as d:
        d.far.listen()
        job = await d.board.channels[0].media.start(PlaySpec(AudioSamples(NOISE), from_s=0.5))
        result = await job.result()
        assert (result.reason, result.position_s) == (EndReason.DATA, 2.0)
        heard = d.far.heard()
        at = int(np.argmax(np.abs(heard) > 0))
        sent = dsp.alaw_decode(dsp.alaw_encode(NOISE[4000:]))
        lag = next(k for k in range(at, at + 320) if np.array_equal(heard[k : k + 8000], sent[k - at : k - at + 8000]))
        assert lag - at < 320


@virtual
async def test_one_job_of_a_kind_at_a_time_and_stop_ends_it() -> None:
    async with talking() as d:
        media = d.board.channels[0].media
        job = await media.start(ToneSpec((440.0,)))
        with pytest.raises(MediaBusy):
            await media.start(PlaySpec(AudioSamples(NOISE)))
        job.stop()
        job.stop(EndReason.HANGUP)
        assert (await job.result()).reason is EndReason.STOPPED
        assert (await job.result()).reason is EndReason.STOPPED
        await (await media.start(SendDigitsSpec("12#"))).result()
        assert d.board.statistics()["jobs"] == 0


@virtual
async def test_digits_are_collected_and_typed_ahead() -> None:
    async with talking() as d:
        media = d.board.channels[0].media
        await d.far.send_digits("12")
        job = await media.start(CollectSpec(terminators="#", inter_digit_timeout_s=1))
        await d.far.send_digits("3#4")
        result = await job.result()
        assert (result.digits, result.terminator, result.reason) == ("123", "#", EndReason.DIGIT)
        rest = await (await media.start(CollectSpec(first_timeout_s=1, inter_digit_timeout_s=1))).result()
        assert (rest.digits, rest.reason) == ("4", EndReason.INTER_DIGIT_TIMEOUT)


@pytest.mark.parametrize("encoding", list(Encoding))
@virtual
async def test_records_whole_files_and_appends(encoding: Encoding, tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    async with talking() as d:
        for append in (False, True):
            stop = Termination(digits="#", max_s=20)
            job = await d.board.channels[0].media.start(RecordSpec(path, encoding, append, stop))
            await d.far.speak(NOISE)
            await d.far.send_digits("#")
            result = await job.result()
            assert (result.reason, result.digit) == (EndReason.DIGIT, "#")
            assert 1.9 < result.duration_s < 2.1
    samples, rate = soundfile.read(path, dtype="int16")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    assert rate == RATE_HZ
    assert 3.9 < len(samples) / RATE_HZ < 4.2  # pyright: ignore[reportUnknownArgumentType]


@virtual
async def test_secret_digits_are_in_no_event_and_in_no_recording(tmp_path: Path) -> None:
    async with talking() as d:
        media = d.board.channels[0].media
        media.set_secret(True)
        record = await media.start(RecordSpec(tmp_path / "r.wav"))
        collect = await media.start(CollectSpec(max_digits=4))
        await d.far.send_digits("1234")
        assert (await collect.result()).digits == "1234"
        record.stop()
        await record.result()
        assert [e.digit for _, e in d.posted if isinstance(e, DigitDetected)] == [None] * 4
    samples: Samples = soundfile.read(tmp_path / "r.wav", dtype="int16")[0]  # pyright: ignore
    detector = dsp.DtmfDetector()
    assert not detector.process(samples) + detector.flush()


@virtual
async def test_a_lost_board_ends_everything_and_comes_back() -> None:
    async with talking() as d:
        media = d.board.channels[0].media
        job = await media.start(CollectSpec())
        stream = await media.open_stream()
        d.driver.lose_board()
        assert (await job.result()).reason is EndReason.HANGUP
        while await stream.read() is not None:
            pass
        assert d.kinds()[-1] is BoardGone
        with pytest.raises(BoardLost):
            await media.start(CollectSpec())
        with pytest.raises(BoardLost):
            await d.driver.open(MemoryOptions(), d)
        d.driver.restore_board()
        await (await d.driver.open(MemoryOptions(), d)).close()


@virtual
async def test_bridged_channels_hear_each_other() -> None:
    async with talking() as d:
        one, two = d.board.channels[:2]
        await d.other.call("1002")
        await two.line.off_hook()
        await one.media.bus.connect(one.media, two.media)
        d.other.listen()
        d.far.listen()
        await d.far.speak(NOISE)
        assert dsp.level_dbm0(d.other.heard()[-8000:]) > -20
        assert dsp.level_dbm0(d.far.heard()) < -60
        await one.media.bus.disconnect(one.media, two.media)
        d.other.listen()
        await d.far.speak(NOISE)
        assert dsp.level_dbm0(d.other.heard()[800:]) < -60


@virtual
async def test_errors_are_typed(tmp_path: Path) -> None:
    async with talking() as d:
        one = d.board.channels[0]
        with pytest.raises(UnsupportedOperation):
            await one.media.bus.open_conference()
        with pytest.raises(UnsupportedOperation):
            await one.line.reject(Cause.BUSY)
        with pytest.raises(MediaFileError):
            await one.media.start(RecordSpec(tmp_path / "no" / "r.wav"))
        d.board.refuse_next("PlaySpec", 7)
        with pytest.raises(DriverError) as refused:
            await one.media.start(PlaySpec(AudioSamples(NOISE)))
        assert refused.value.vendor_code == 7
        await (await one.media.start(PlaySpec(AudioSamples(NOISE)))).result()
