"""COLLECT and the digit buffer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from board_client import Device, Rig, rig
from calls import sine

from boardcore.testing import VirtualClock
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._wire import Event, Kind, Reason, Status

HASH = 1 << 11


async def press(r: Rig, digits: str, on_ms: float = 60, off_ms: float = 60) -> None:
    await r.exchange.subscriber("2001").press(digits, on_ms, off_ms)
    await asyncio.sleep(0.05)


async def buffered(device: Device) -> int:
    return (await device.state())[0]


async def test_every_digit_is_told(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "0123456789*#ABCD")
        told = device.of(Event.DIGIT)
        assert "".join(chr(a) for a, _, _ in told) == "0123456789*#ABCD"
        levels = {(b - 2**32) / 10 for _, b, _ in told}
        assert all(-11 < level < -5 for level in levels)


@pytest.mark.parametrize(
    ("rules", "pressed", "digits", "why", "after_s"),
    [
        (Rules(max_digits=3), "1234", "123", Reason.MAX_DIGITS, 0.3),
        (Rules(digit_mask=HASH), "12#4", "12#", Reason.DIGIT, 0.3),
        (Rules(first_digit_ms=2000), "", "", Reason.FIRST_TIMEOUT, 2.0),
        (Rules(first_digit_ms=2000, inter_digit_ms=1500), "12", "12", Reason.INTER_DIGIT_TIMEOUT, 1.68),
        (Rules(max_ms=1000), "12", "12", Reason.MAX_TIME, 1.0),
        (Rules(silence_ms=700), "12", "12", Reason.SILENCE, 0.88),
        (Rules(first_silence_ms=700), "", "", Reason.SILENCE, 0.7),
        (Rules(nonsilence_ms=50), "1", "1", Reason.NONSILENCE, 0.05),
        (Rules(max_digits=1, flags=Flag.LOOP_OFF), "1", "1", Reason.MAX_DIGITS, 0.04),
    ],
)
async def test_rules(
    rules: Rules, pressed: str, digits: str, why: Reason, after_s: float, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await asyncio.sleep(1.0)
        job = device.collect(rules)
        pressing = asyncio.create_task(press(r, pressed) if pressed else asyncio.sleep(0))
        ended = await job.end()
        await pressing
        assert (ended.digits, ended.reasons) == (digits, why)
        assert ended.ran_ms == pytest.approx(after_s * 1000, abs=50)


async def test_a_pause_begins_when_the_key_is_let_go(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.collect(Rules(inter_digit_ms=1000))
        await press(r, "1", on_ms=3000)
        assert not job.ended.done()
        assert (await job.end()).ran_ms == pytest.approx(4000, abs=60)


async def test_it_is_stopped(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.collect()
        await press(r, "12")
        job.stop()
        ended = await job.end()
        assert (ended.digits, ended.reasons) == ("12", Reason.STOPPED)


async def test_it_is_stopped_before_it_has_begun(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """Digits wait, and to take them lasts a moment."""
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "12")
        job = device.collect()
        job.stop()
        ended = await job.end(1.0)
        assert (ended.digits, ended.reasons) == ("12", Reason.STOPPED)


async def test_the_loop_goes(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.collect(Rules(flags=Flag.LOOP_OFF))
        await press(r, "1")
        await r.exchange.subscriber("2001").hang_up()
        ended = await job.end()
        assert (ended.digits, ended.reasons) == ("1", Reason.LOOP_OFF)


async def test_a_tone_ends_it(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.watch(1, 450, 10)
        job = device.collect(Rules(flags=Flag.TONE, tone=1))
        await r.exchange.subscriber("2001").hang_up()
        assert (await job.end()).reasons == Reason.TONE


# ---- what was typed ahead -----------------------------------------------------------------------------------------
async def test_digits_wait_and_are_taken_first(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "123")
        assert await buffered(device) == 3
        job = device.collect(Rules(max_digits=5))
        await press(r, "456")
        ended = await job.end()
        assert (ended.digits, ended.reasons) == ("12345", Reason.MAX_DIGITS)
        assert await buffered(device) == 1


@pytest.mark.parametrize(
    ("rules", "digits", "why", "left"),
    [
        (Rules(max_digits=2), "12", Reason.MAX_DIGITS, 2),
        (Rules(digit_mask=HASH), "123#", Reason.DIGIT, 0),
        (Rules(digit_mask=1 << 1), "1", Reason.DIGIT, 3),
        (Rules(inter_digit_ms=500, first_digit_ms=100), "123#", Reason.INTER_DIGIT_TIMEOUT, 0),
        (Rules(max_digits=2, max_ms=100, flags=Flag.NEW_DIGITS_COUNT), "123#", Reason.MAX_TIME, 0),
        (Rules(digit_mask=HASH, max_ms=100, flags=Flag.NEW_DIGITS_MATCH), "123#", Reason.MAX_TIME, 0),
        (Rules(max_digits=2, max_ms=100, flags=Flag.CLEAR_FIRST), "", Reason.MAX_TIME, 0),
        (Rules(max_digits=2, flags=Flag.CLEAR_LAST), "12", Reason.MAX_DIGITS, 0),
    ],
)
async def test_rules_and_digits_that_waited(
    rules: Rules, digits: str, why: Reason, left: int, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "123#")
        ended = await device.collect(rules).end()
        assert (ended.digits, ended.reasons) == (digits, why)
        assert await buffered(device) == left


async def test_the_buffer_holds_thirty_one(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "0123456789" * 4)
        assert len(device.of(Event.DIGIT)) == 40
        assert await buffered(device) == 31
        ended = await device.collect(Rules(max_digits=30)).end()
        assert ended.digits == "0123456789" * 3
        assert await buffered(device) == 1
        await press(r, "9")
        ended = await device.collect(Rules(max_ms=200)).end()
        assert ended.digits == "09"


@pytest.mark.parametrize("count", [0, 31, 64])
async def test_collecting_gives_thirty_one_at_most(count: int, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.collect(Rules(max_digits=count))
        await press(r, "0123456789" * 4)
        ended = await job.end()
        assert (ended.digits, ended.reasons) == (("0123456789" * 4)[:31], Reason.MAX_DIGITS)
        assert await buffered(device) == 9


async def test_many_calls_worth_of_digits(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """A client that takes digits from events only fills the buffer, and hears of every digit all the same."""
    async with rig(tmp_path) as r:
        device = await r.call()
        for _ in range(5):
            await press(r, "0123456789*#ABCD" * 4)
        assert len(device.of(Event.DIGIT)) == 320
        assert (await r.exchange.info())["statistics"]["digits_lost"] == 0
        assert await buffered(device) == 31


async def test_clearing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "123")
        await device.ok(Kind.CLEAR_DIGITS)
        assert await buffered(device) == 0
        await press(r, "4")
        assert (await device.collect(Rules(max_ms=100)).end()).digits == "4"


async def test_clearing_while_it_collects(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.collect(Rules(max_digits=4))
        await press(r, "12")
        await device.ok(Kind.CLEAR_DIGITS)
        await press(r, "34")
        assert (await job.end()).digits == "1234"


async def test_clearing_while_it_plays(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        playing = asyncio.create_task(device.played(sine(2.0)))
        await press(r, "123")
        await device.ok(Kind.CLEAR_DIGITS)
        await press(r, "4")
        assert (await playing).reasons == Reason.DATA
        assert (await device.collect(Rules(max_ms=100)).end()).digits == "4"


async def test_digits_outlive_the_call(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await press(r, "12")
        await device.hook(False)
        assert (await device.collect(Rules(max_digits=2)).end()).digits == "12"


async def test_own_dialling_is_not_heard(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.dial("123").end()
        assert await buffered(device) == 0


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.01, 0.03, 0.05, 0.07, 0.09, 0.11])
async def test_no_digit_is_lost_between_jobs(after_s: float, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """One collecting after the other, begun at any moment of a key: every digit is in one of them, in order."""
    async with rig(tmp_path) as r:
        device = await r.call()
        pressing = asyncio.create_task(press(r, "0123456789"))
        found = ""
        await asyncio.sleep(after_s)
        while len(found) < 10:
            found += (await device.collect(Rules(max_ms=110)).end()).digits
            await asyncio.sleep(0.03)
        await pressing
        assert found == "0123456789"


@pytest.mark.parametrize("kind", [Kind.CLEAR_DIGITS, Kind.QUERY, Kind.CLOSE, Kind.COLLECT, Kind.DIAL])
async def test_a_board_has_no_digits(kind: Kind, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        board = await r.client.open("dxxxB1")
        if kind is Kind.COLLECT:
            assert (await board.collect().end()).status == Status.UNSUPPORTED
        elif kind is Kind.DIAL:
            assert (await board.dial("1").end()).status == Status.UNSUPPORTED
        else:
            assert await board.status(kind) is (Status.OK if kind is Kind.CLOSE else Status.UNSUPPORTED)
