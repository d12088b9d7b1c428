"""What is told of digits on the simulated board: their end, when they count, and where they are not to be heard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from calls import a_call, answered, phone_of

from boardcore import EndReason, UnsupportedOperation, open_board
from boardcore.events import DigitDetected, DigitEnded
from boardcore.ports import Capability
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import clip, digits_in, find, loud_s, read_wav


def near(wanted: float, within: float) -> Any:
    return pytest.approx(wanted, abs=within)  # pyright: ignore[reportUnknownMemberType]


@pytest.mark.parametrize("on_ms", [50, 90, 400])
async def test_the_end_of_a_digit(on_ms: int, virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, phone):
        await phone.press("5", on_ms=on_ms)
        await asyncio.sleep(0.2)
        began, ended = [e for e in call.history if isinstance(e, (DigitDetected, DigitEnded))]
        assert isinstance(began, DigitDetected)
        assert isinstance(ended, DigitEnded)
        assert (began.digit, ended.digit) == ("5", "5")
        assert ended.duration_s == near(on_ms / 1000, 0.012)
        assert ended.level_dbm0 == near(-9.0, 1.0)  # mean of two tones, 2 dB apart
        assert ended.twist_db == near(2.0, 0.5)
        assert ended.at_s - began.at_s >= on_ms / 1000 - 0.06


async def test_a_secret_digit_s_end_does_not_tell_it(virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, phone):
        async with call.secret():
            await phone.press("5")
            await asyncio.sleep(0.2)
        (ended,) = [e for e in call.history if isinstance(e, DigitEnded)]
        assert ended.digit is None
        assert ended.duration_s == near(0.08, 0.02)


async def test_a_report_has_no_digits(virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, phone):
        await phone.press("5")
        await asyncio.sleep(0.2)
        told = [entry for entry in call.report()["events"] if entry["event"].startswith("Digit")]
        assert [entry["event"] for entry in told] == ["DigitDetected", "DigitEnded"]
        assert not any("digit" in entry for entry in told)


@pytest.mark.parametrize(("digits", "stops_s"), [("early", 0.05), ("late", 0.45)])
async def test_when_a_digit_stops_a_prompt(digits: str, stops_s: float, virtual_clock: VirtualClock) -> None:
    async with a_call(f"sim:analog?lines=1&digits={digits}") as (board, call, phone):
        playing = asyncio.ensure_future(call.play(clip(5.0, 1), stop_on="5"))
        await asyncio.sleep(0.5)
        pressed_s = board.loop.time()
        pressing = asyncio.ensure_future(phone.press("5", on_ms=400))
        result = await playing
        assert (result.reason, result.digit) == (EndReason.DIGIT, "5")
        assert result.ended_s - pressed_s == near(stops_s, 0.04)
        assert [e.digit for e in call.history if isinstance(e, DigitDetected)] == ["5"]
        await pressing


async def test_a_digit_counts_once_when_it_counts_late(virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&digits=late") as (_, call, phone):
        collecting = asyncio.ensure_future(call.get_digits(3, inter_digit_timeout_s=2))
        await phone.press("147", on_ms=150)
        assert await collecting == "147"
        await phone.press("#")
        await asyncio.sleep(0.2)
        assert await call.get_digits(1, first_timeout_s=0.5) == "#"


async def test_a_recording_without_digits(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    said = clip(0.5, 2)
    async with a_call() as (_, call, phone):
        recording = asyncio.ensure_future(call.record(tmp_path / "m.wav", max_s=3.0, mute_digits=True))
        await asyncio.sleep(0.2)
        await phone.press("159#", on_ms=120)
        await phone.speak(said)
        result = await recording
        assert result.duration_s == near(3.0, 0.01)
        assert await call.get_digits(4, first_timeout_s=1) == "159#"
        with_digits = await _recorded_with(call, phone, tmp_path)
    samples = read_wav(result.path).samples
    assert digits_in(samples) == ""
    at_s = find(said, samples)
    assert at_s is not None
    assert loud_s(samples[: round((at_s - 0.02) * 8000)]) == 0
    assert digits_in(with_digits) == "7"


async def _recorded_with(call: Any, phone: Any, folder: Path) -> Any:
    recording = asyncio.ensure_future(call.record(folder / "n.wav", max_s=1.0))
    await phone.press("7")
    return read_wav((await recording).path).samples


async def test_a_bridge_without_digits(virtual_clock: VirtualClock) -> None:
    said = clip(0.5, 3)
    async with open_board("sim:analog?lines=2") as board:
        one, two = await answered(board, "2001"), await answered(board, "2002", "1002")
        caller, agent = phone_of(board, "2001"), phone_of(board, "2002")
        async with one.bridge(two, mute_digits=True):
            await asyncio.sleep(0.2)
            agent.listen()
            await caller.press("73#", on_ms=200)
            await caller.speak(said)
            await asyncio.sleep(0.2)
            heard = agent.heard()
            caller.listen()
            await agent.press("86", on_ms=150)
            await asyncio.sleep(0.2)
            assert digits_in(caller.heard()) == ""
        at_s = find(said, heard)
        assert at_s is not None
        assert digits_in(heard) == ""
        assert loud_s(heard[: round((at_s - 0.02) * 8000)]) <= 0.03
        assert await one.get_digits(3, first_timeout_s=1) == "73#"
        async with one.bridge(two):
            await asyncio.sleep(0.1)
            agent.listen()
            await caller.press("4")
            await asyncio.sleep(0.2)
            assert digits_in(agent.heard()) == "4"


async def test_a_room_without_one_s_digits(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=2") as board:
        one, two = await answered(board, "2001"), await answered(board, "2002", "1002")
        caller, agent = phone_of(board, "2001"), phone_of(board, "2002")
        async with board.conference() as room:
            await room.add(one, mute_digits=True)
            await room.add(two)
            agent.listen()
            caller.listen()
            await caller.press("73#", on_ms=200)
            await agent.press("5")
            await asyncio.sleep(0.2)
            assert (digits_in(agent.heard()), digits_in(caller.heard())) == ("", "5")


async def test_muting_is_over_with_the_call(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        with call.digits_muted():
            await phone_of(board).hang_up()
            await call.wait_ended()
            await call.hang_up()
            following = await answered(board, "2002")
            async with following.stream() as audio:
                await phone_of(board, "2002").press("7", on_ms=200)
                block = await anext(aiter(audio))
                assert loud_s(block) > 0.1
        async with following.stream() as audio:
            await phone_of(board, "2002").press("7", on_ms=200)
            assert loud_s(await anext(aiter(audio))) > 0.1


async def test_a_board_that_cannot_mute_says_so(
    tmp_path: Path, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_call() as (board, call, _):
        less = frozenset(Capability) - {Capability.MUTE_DIGITS, Capability.TONES}
        monkeypatch.setattr(type(board.channels[0].port), "capabilities", less)
        with pytest.raises(UnsupportedOperation, match="MUTE_DIGITS"):
            await call.record(tmp_path / "m.wav", mute_digits=True)
        with pytest.raises(UnsupportedOperation, match="TONES"):
            await call.play(clip(1.0, 1), stop_on_tone="busy")
        async with board.conference() as room:
            with pytest.raises(UnsupportedOperation, match="MUTE_DIGITS"):
                await room.add(call, mute_digits=True)
            await room.add(call)  # nothing is left of the attempt
