"""RECORD: what comes of a telephone's voice, credit, and what ends it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from board_client import Device, Job, Rig, Samples, rig
from calls import sine

from boardcore.ports import Encoding
from boardcore.testing import VirtualClock
from boardcore_simulators import LineQuality
from boardcore_simulators.server import Installation
from boardcore_simulators.server._audio import from_wire, to_wire
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._wire import Event, Kind, Reason, Status

CLEAR = Installation(lines=2, quality=LineQuality(law="none"))
HASH = 1 << 11
SECOND = 16000


def words(seconds: float = 1.0) -> Samples:
    """A voice that the bit can be told of, and no DTMF."""
    rough = np.random.default_rng(5).integers(-6000, 6000, round(seconds * 8000))
    return rough.astype(np.int16)


def trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(samples)
    return samples[loud[0] : loud[-1] + 1] if loud.size else samples[:0]


async def said(r: Rig, device: Device, job: Job, samples: Samples) -> None:
    await r.exchange.subscriber("2001").speak(samples)
    await asyncio.sleep(0.2)
    job.stop()
    await job.end()


@pytest.mark.parametrize("encoding", list(Encoding))
async def test_what_is_said_is_recorded(encoding: Encoding, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        job = device.record(encoding=encoding.value)
        await said(r, device, job, words())
        ended = await job.end()
        assert ended.reasons == Reason.STOPPED
        assert ended.transferred == len(job.data)
        assert job.samples(encoding).size == pytest.approx(ended.ran_ms * 8, abs=80)
        wanted = from_wire(encoding, to_wire(encoding, words()))
        silent = from_wire(encoding, to_wire(encoding, np.zeros(1, np.int16)))[0]
        loud = np.flatnonzero(job.samples(encoding) != silent)
        assert np.array_equal(job.samples(encoding)[loud[0] : loud[-1] + 1], wanted[: loud[-1] + 1 - loud[0]])
        assert loud[-1] - loud[0] == pytest.approx(8000, abs=20)


async def test_nothing_is_sent_beyond_the_credit(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        job = device.record(credit=1001)
        speaking = asyncio.create_task(r.exchange.subscriber("2001").speak(words(2.0)))
        await asyncio.sleep(1.0)
        assert len(job.data) == 1000
        job.send(Kind.CREDIT, (3000).to_bytes(4, "little"))
        await asyncio.sleep(0.1)
        assert len(job.data) == 4000
        job.send(Kind.CREDIT, (10**6).to_bytes(4, "little"))
        await speaking
        await asyncio.sleep(0.2)
        job.stop()
        await job.end()
        assert np.array_equal(trimmed(job.samples()), trimmed(words(2.0)))


async def test_samples_come_soon(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """140 ms behind the line: streams are made of this."""
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record()
        await asyncio.sleep(1.0)
        assert len(job.data) >= (1.0 - 0.16) * SECOND
        job.stop()
        await job.end()


async def test_all_is_sent_before_the_end_is_told(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record(Rules(max_ms=1000), credit=0)
        await asyncio.sleep(5.0)
        assert not job.ended.done()
        job.send(Kind.CREDIT, (SECOND - 2).to_bytes(4, "little"))
        await asyncio.sleep(0.1)
        assert not job.ended.done()
        job.send(Kind.CREDIT, (2).to_bytes(4, "little"))
        ended = await job.end()
        assert (ended.reasons, ended.transferred) == (Reason.MAX_TIME, SECOND)
        assert ended.ran_ms == pytest.approx(1000, abs=10)
        assert len(job.data) == SECOND


async def test_credit_that_does_not_come(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record(credit=SECOND)
        await asyncio.sleep(35.0)
        assert not job.ended.done()  # full after 1 + 30 s, and what was kept is not lost yet
        job.send(Kind.CREDIT, (10**6).to_bytes(4, "little"))
        ended = await job.end()
        assert (ended.reasons, ended.status, ended.digits) == (Reason.ERROR, Status.FAILED, "no credit came for 30 s")
        assert ended.transferred == len(job.data)
        assert len(job.data) == pytest.approx(31 * SECOND, abs=3200)


async def test_credit_that_never_comes(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record(Rules(max_ms=1000), credit=SECOND // 2)
        ended = await job.end()
        assert (ended.reasons, ended.status) == (Reason.ERROR, Status.FAILED)
        assert ended.transferred == SECOND // 2
        assert (await device.collect(Rules(max_ms=100)).end()).reasons == Reason.MAX_TIME


# ---- what ends it -------------------------------------------------------------------------------------------------
async def test_the_digit_that_ends_it_is_cut_off(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        job = device.record(Rules(digit_mask=HASH))
        phone = r.exchange.subscriber("2001")
        await phone.speak(words(0.5))
        await asyncio.sleep(0.3)
        await phone.press("#")
        ended = await job.end()
        assert (ended.reasons, ended.digits) == (Reason.DIGIT, "#")
        assert np.array_equal(trimmed(job.samples()), trimmed(words(0.5)))
        assert (await device.state())[0] == 1


@pytest.mark.parametrize(
    ("rules", "why"), [(Rules(digit_mask=HASH), Reason.DIGIT), (Rules(max_digits=2), Reason.MAX_DIGITS)]
)
async def test_the_digit_that_ends_it_is_kept_if_asked(
    rules: Rules, why: Reason, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        job = device.record(rules, keep=True)
        await r.exchange.subscriber("2001").press("1#")
        ended = await job.end()
        assert (ended.reasons, ended.digits) == (why, "#")
        tail = job.samples()[-200:]
        assert np.abs(tail.astype(int)).max() > 3000


@pytest.mark.parametrize(
    ("rules", "why", "after_s"),
    [
        (Rules(max_ms=700), Reason.MAX_TIME, 0.7),
        (Rules(silence_ms=1000), Reason.SILENCE, 2.03),
        (Rules(silence_ms=400), Reason.SILENCE, 0.4),
        (Rules(silence_ms=400, first_silence_ms=2000), Reason.SILENCE, 1.43),
        (Rules(silence_ms=2000, first_silence_ms=300), Reason.SILENCE, 0.3),
        (Rules(nonsilence_ms=300), Reason.NONSILENCE, 0.83),
    ],
)
async def test_rules(
    rules: Rules, why: Reason, after_s: float, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    """From 0.5 s to 1 s the caller speaks."""
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.wait(Event.SOUND, a=0) if device.of(Event.SOUND) else None
        job = device.record(rules)
        await asyncio.sleep(0.5)
        speaking = asyncio.create_task(r.exchange.subscriber("2001").speak(words(0.5)))
        ended = await job.end()
        await speaking
        assert ended.reasons == why
        assert ended.ran_ms == pytest.approx(after_s * 1000, abs=50)
        assert ended.transferred == pytest.approx(ended.ran_ms * 16, abs=400)


async def test_the_callers_end(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record(Rules(flags=Flag.LOOP_OFF))
        phone = r.exchange.subscriber("2001")
        await phone.speak(words(0.5))
        await phone.hang_up()
        ended = await job.end()
        assert ended.reasons == Reason.LOOP_OFF
        assert ended.transferred == len(job.data) >= SECOND // 2


async def test_digits_that_waited_end_it_at_once(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await r.exchange.subscriber("2001").press("#")
        await asyncio.sleep(0.1)
        ended = await device.record(Rules(digit_mask=HASH)).end()
        assert (ended.reasons, ended.digits, ended.transferred) == (Reason.DIGIT, "#", 0)


async def test_a_beep_is_heard_and_not_recorded(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        phone = r.exchange.subscriber("2001")
        phone.listen()
        job = device.record(Rules(max_ms=1000), beep=True)
        ended = await job.end()
        assert ended.transferred == SECOND
        assert ended.ran_ms == pytest.approx(1200, abs=10)
        assert not np.abs(job.samples()).any()
        assert trimmed(await phone.fetch_heard()).size == pytest.approx(1600, abs=10)


async def test_stopped_in_the_beep(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.record(beep=True)
        await asyncio.sleep(0.1)
        job.stop()
        ended = await job.end()
        assert (ended.reasons, ended.transferred) == (Reason.STOPPED, 0)
        assert ended.ran_ms <= 130


# ---- routing ------------------------------------------------------------------------------------------------------
async def test_a_spare_records_a_line_while_it_plays(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await r.call()
        spare = await r.client.open("dxxxB2C1")
        await spare.route(False, device.opened.line_timeslot)
        job = spare.record()
        playing = asyncio.create_task(device.played(sine(2.0)))
        await r.exchange.subscriber("2001").speak(words())
        await asyncio.sleep(0.2)
        job.stop()
        await job.end()
        assert np.array_equal(trimmed(job.samples()), trimmed(words()))
        await playing


async def test_a_spare_records_what_another_plays(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        player, recorder = await r.client.open("dxxxB2C1"), await r.client.open("dxxxB2C2")
        await recorder.route(False, player.opened.voice_timeslot)
        job = recorder.record(Rules(max_ms=1500))
        await player.played(words(0.5))
        await job.end()
        assert np.array_equal(trimmed(job.samples()), trimmed(words(0.5)))


async def test_a_spare_detects_what_it_listens_to(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        spare = await r.client.open("dxxxB2C1")
        await spare.route(False, device.opened.line_timeslot)
        await r.exchange.subscriber("2001").press("7")
        await spare.wait(Event.DIGIT, a=ord("7"))
        await device.wait(Event.DIGIT, a=ord("7"))


async def test_routing_can_be_undone(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.route(False, 0xFFFFFFFF)
        job = device.record(Rules(max_ms=800))
        await r.exchange.subscriber("2001").speak(words(0.5))
        await job.end()
        assert not job.samples().any()
