"""Rings in place of files: what this program writes is played, what is recorded is read as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from calls import Samples, sine

from boardcore import CallClosed, MediaBusy
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus, EngineMedia, EngineStream
from boardcore.media.rings import PlayRing, RecordRing
from boardcore.ports import AudioSamples, EndReason, PlaySpec, SendDigitsSpec, Termination
from boardcore.testing import PacedClock, VirtualClock
from boardcore_simulators import LineQuality
from boardcore_simulators.line import SimLine

NO_RULE = Termination()


def nothing() -> None: ...


@asynccontextmanager
async def both_ends() -> AsyncGenerator[tuple[EngineMedia, EngineMedia]]:
    """The media of a line's two ends, off-hook, without losses."""
    engine = Engine.acquire()
    line = SimLine(engine, "1001", LineQuality(law="none"), 1)
    line.hook(True)
    near, far = (EngineMedia(port, EngineBus.of(engine), lambda event: None) for port in (line.station, line.circuit))
    near.detect(True)
    await asyncio.sleep(0.05)
    try:
        yield near, far
    finally:
        await line.close()
        engine.release()


def from_first_sound(heard: Samples) -> Samples:
    return heard[np.flatnonzero(heard)[0] :]


async def test_what_is_written_as_room_is_told_is_heard_whole(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        said, ring = sine(3.0)[1:], PlayRing(4000, 1000)
        left = said[ring.write(said) :]
        assert left.size == said.size - 4000

        def more() -> None:
            nonlocal left
            left = left[ring.write(left) :]
            if not left.size:
                ring.finish()

        listening = EngineStream(far.engine, far.port, 500)
        result = await near.play_ring(ring, NO_RULE, more).result()
        await asyncio.sleep(0.1)
        await listening.close()
        assert (result.reason, result.samples, ring.underruns) == (EndReason.DATA, said.size, 0)
        assert np.array_equal(from_first_sound(listening.read_now())[: said.size], said)


def test_the_engines_thread_wakes_who_writes_and_reads() -> None:
    async def main() -> None:
        async with both_ends() as (near, far):
            said, out, heard = sine(4.0), PlayRing(16000, 1000), RecordRing(24000, 1000)
            left, read = said[out.write(said) :], 0

            def more() -> None:
                nonlocal left
                left = left[out.write(left) :]
                if not left.size:
                    out.finish()

            def take() -> None:
                nonlocal read
                read += heard.read().size

            recording = far.record_ring(heard, NO_RULE, take)
            played = await near.play_ring(out, NO_RULE, more).result()
            assert (played.reason, played.samples) == (EndReason.DATA, said.size)
            assert read > 8000
            recording.stop()
            recorded = await recording.result()
            assert read + heard.read().size == recorded.samples >= said.size

    PacedClock(5).run(main())


async def test_what_is_late_is_counted_and_the_job_goes_on(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, _):
        ring = PlayRing(4000, 1000)
        ring.write(sine(0.1))
        job = near.play_ring(ring, NO_RULE, nothing)
        await asyncio.sleep(0.3)
        assert 19 <= ring.underruns <= 20
        assert not job.done
        ring.write(sine(0.1))
        ring.finish()
        result = await job.result()
        assert (result.reason, result.samples) == (EndReason.DATA, 1600)


async def test_a_digit_ends_playing(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        ring = PlayRing(40000, 1000)
        ring.write(sine(5.0))
        job = near.play_ring(ring, Termination(digits="#"), nothing)
        await far.start(SendDigitsSpec("4#"))
        result = await job.result()
        assert (result.reason, result.digit) == (EndReason.DIGIT, "#")
        assert 0 < result.samples == ring.writable


async def test_what_is_recorded_can_be_read_as_it_comes_and_after_the_end(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        said, ring = sine(2.0)[1:], RecordRing(8000, 1600)
        read: list[Samples] = []
        job = near.record_ring(ring, Termination(max_s=3.0), lambda: read.append(ring.read(1500)))
        await far.start(PlaySpec(AudioSamples(said)))
        await asyncio.sleep(1.0)
        assert len(read) > 2
        assert all(part.size == 1500 for part in read)
        result = await job.result()
        heard = np.concatenate([*read, ring.read()])
        assert ring.readable == 0
        assert (result.reason, result.samples, heard.size) == (EndReason.MAX_TIME, 24000, 24000)
        assert np.array_equal(from_first_sound(heard)[: said.size], said)


async def test_wake_comes_once_until_something_is_read(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, _):
        woken, ring = 0, RecordRing(16000, 1600)

        def wake() -> None:
            nonlocal woken
            woken += 1

        near.record_ring(ring, Termination(max_s=5.0), wake)
        await asyncio.sleep(1.0)
        assert woken == 1
        ring.read()
        await asyncio.sleep(0.1)
        assert woken == 1
        await asyncio.sleep(0.2)
        assert woken == 2


async def test_a_digit_that_ends_a_recording_is_not_in_it(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        ring = RecordRing(16000, 1600)
        job = near.record_ring(ring, Termination(digits="5"), nothing)
        await asyncio.sleep(0.5)
        await far.start(SendDigitsSpec("5"))
        result = await job.result()
        assert (result.reason, result.digit) == (EndReason.DIGIT, "5")
        heard = ring.read()
        assert heard.size == result.samples > 3600
        assert not heard.any()


async def test_a_full_ring_ends_a_recording_and_loses_nothing_before(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        said, ring = sine(2.0)[1:], RecordRing(4000, 4000)
        await far.start(PlaySpec(AudioSamples(said)))
        result = await near.record_ring(ring, NO_RULE, nothing).result()
        assert (result.reason, result.samples) == (EndReason.ERROR, 4000)
        assert "buffer" in result.detail.lower()
        heard = from_first_sound(ring.read())
        assert heard.size > 3500
        assert np.array_equal(heard, said[: heard.size])


async def test_jobs_exclude_each_other(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, far):
        ring, record = PlayRing(4000, 1), RecordRing(4000, 1)
        job = near.play_ring(ring, NO_RULE, nothing)
        with pytest.raises(MediaBusy, match="PlayRing"):
            near.play_ring(PlayRing(4000, 1), NO_RULE, nothing)
        with pytest.raises(MediaBusy, match="PlayRing"):  # another port, the same ring
            far.play_ring(ring, NO_RULE, nothing)
        with pytest.raises(MediaBusy, match="PlaySpec"):
            await near.start(PlaySpec(AudioSamples(sine(0.1))))
        recording = near.record_ring(record, NO_RULE, nothing)
        with pytest.raises(MediaBusy, match="RecordRing"):
            near.record_ring(RecordRing(4000, 1), NO_RULE, nothing)
        for each in (job, recording):
            each.stop()
            assert (await each.result()).reason is EndReason.STOPPED
        await far.play_ring(PlayRing(4000, 1), Termination(max_s=0.1), nothing).result()


async def test_a_closed_port_ends_the_job_and_takes_no_other(virtual_clock: VirtualClock) -> None:
    async with both_ends() as (near, _):
        ring = RecordRing(8000, 8000)
        job = near.record_ring(ring, NO_RULE, nothing)
        await asyncio.sleep(0.2)
        await near.port.close()
        result = await job.result()
        assert result.reason is EndReason.HANGUP
        assert 1500 < result.samples == ring.read().size
        with pytest.raises(CallClosed):
            near.record_ring(ring, NO_RULE, nothing)


def test_arguments_are_checked() -> None:
    for samples, report, wrong in ((1599, 1, "1599"), (5_000_000, 1, "5000000"), (1600, 0, "0"), (1600, 1601, "1601")):
        with pytest.raises(ValueError, match=wrong):
            PlayRing(samples, report)
        with pytest.raises(ValueError, match=wrong):
            RecordRing(samples, report)
    ring = PlayRing(1600, 1)
    with pytest.raises(TypeError, match="float64"):
        ring.write(np.zeros(5))  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(ValueError, match="shape"):
        ring.write(np.zeros((2, 5), np.int16))
    assert ring.write(np.zeros(0, np.int16)) == 0
    assert ring.write(np.arange(4000, dtype=np.int16)[::2]) == 1600
    assert ring.writable == 0
    ring.finish()
    with pytest.raises(ValueError, match="finished"):
        ring.write(np.zeros(1, np.int16))
    assert RecordRing(1600, 1).read().size == 0
    assert RecordRing(1600, 1).read(-5).size == 0
