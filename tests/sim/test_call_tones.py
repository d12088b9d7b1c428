"""Call-progress tones of countries on the simulated exchange: what they tell who dials, and who is in a call."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from calls import a_call, answered, offered, phone_of
from memory_driver import MemoryDriver, MemoryFarEnd, MemoryOptions, open_memory_board

from boardcore import AddressError, Board, CallEnded, CallFailed, Cause, EndReason, open_board
from boardcore.events import CallFinished, Rang, ToneHeard
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import clip
from boardcore.tones import COUNTRIES, ToneDetector, ToneFound, country, tone_samples

ALL = sorted(COUNTRIES)
TOLD_S = 3.0  # a disconnect tone ends a call so soon after it began


async def dial(board: Board, number: str) -> Cause:
    with pytest.raises(CallFailed) as failed:
        await board.dial(number, timeout_s=40)
    return failed.value.cause


# --- dialling ---


@pytest.mark.parametrize("code", ALL)
async def test_a_call_is_placed(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        phone = phone_of(board)
        dialling = asyncio.ensure_future(board.dial("2001"))
        await phone.wait_ring()
        await phone.answer()
        call = await dialling
        assert call.state == "connected"
        heard = [event.name for event in call.history if isinstance(event, ToneHeard) and event.on]
        assert heard[0] in ("dial", "special_dial")


@pytest.mark.parametrize("code", ALL)
async def test_a_number_that_is_busy(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        assert await dial(board, "9000") is Cause.BUSY


@pytest.mark.parametrize("code", ALL)
async def test_a_number_that_nobody_has(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        wanted = Cause.UNOBTAINABLE if country(code).unobtainable else Cause.BUSY
        assert await dial(board, "7777") is wanted


@pytest.mark.parametrize("code", ALL)
async def test_an_answer_that_only_the_end_of_ringback_tells(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}&answer=audio") as board:
        phone = phone_of(board)
        dialling = asyncio.ensure_future(board.dial("2001"))
        await phone.wait_ring()
        await asyncio.sleep(10)
        await phone.answer()
        answered_s = board.loop.time()
        call = await dialling
        assert 2.0 < board.loop.time() - answered_s < 9.0
        names = [(event.name, event.on) for event in call.history if isinstance(event, ToneHeard)]
        assert names[-2:] == [("ringback", True), ("ringback", False)]


@pytest.mark.parametrize("code", ALL)
async def test_congestion_is_not_taken_for_dial_tone(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        plan = board.exchange.plan
        board.exchange.plan = replace(plan, dial=plan.congestion)
        assert await dial(board, "2001") is Cause.CONGESTION


@pytest.mark.parametrize("code", ["CN", "US", "GB", "DE", "IT", "RU"])
async def test_special_dial_tone_is_dial_tone(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        board.exchange.circuits["1001"].message_waiting = True
        assert await dial(board, "9000") is Cause.BUSY


def names_in(heard: Any, code: str) -> list[str]:
    found = ToneDetector(country(code)).events(heard)
    return [one.name for one in found if isinstance(one, ToneFound) and one.ended_s is None]


@pytest.mark.parametrize("code", ["CN", "US", "IT"])
async def test_special_dial_tone_tells_of_a_message(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        phone = phone_of(board)
        board.exchange.circuits["2001"].message_waiting = True
        phone.listen()
        await phone.off_hook()
        await asyncio.sleep(3)
        assert names_in(phone.heard(), code)[0] == "special_dial"


@pytest.mark.parametrize("code", ["US", "FR"])
async def test_a_tone_that_is_sent_once_is_followed_by_congestion(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        phone = phone_of(board)
        await phone.dial("7777")
        phone.listen()
        await asyncio.sleep(8)
        assert names_in(phone.heard(), code) == ["unobtainable", "congestion"]


async def test_dial_tone_that_is_cut_off_is_no_ringback(virtual_clock: VirtualClock) -> None:
    driver = MemoryDriver()
    async with open_memory_board(driver, MemoryOptions(tones=False)) as board:
        phone = MemoryFarEnd(driver, "2001")
        dialling = asyncio.ensure_future(board.dial("2001"))
        await phone.wait_ring()
        await phone.answer()
        call = await dialling
        assert [event.name for event in call.history if isinstance(event, ToneHeard)] == ["dial"]
        await call.hang_up()


@pytest.mark.parametrize(("number", "tone"), [("9000", "busy"), ("7777", "unobtainable")])
async def test_the_tone_that_fails_a_call_is_told(number: str, tone: str, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        dialling = asyncio.ensure_future(dial(board, number))
        await asyncio.sleep(0)
        call = board.channels[0].call
        assert call is not None
        await dialling
        end = call.history[-1]
        assert isinstance(end, CallFinished)
        assert end.tone == tone


async def test_an_earlier_tone_is_not_taken_for_the_end_s(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        dialling = asyncio.ensure_future(board.dial("9001", timeout_s=20))  # hears dial tone and ringback
        await asyncio.sleep(10)
        call = board.channels[0].call
        assert call is not None
        board.exchange.circuits["1001"].line.battery(0)
        with pytest.raises(CallFailed):
            await dialling
        end = call.history[-1]
        assert isinstance(end, CallFinished)
        assert (end.cause, end.tone) == (Cause.NO_ANSWER, None)


# --- ringing ---


@pytest.mark.parametrize(("code", "period_s"), [("CN", 5.0), ("US", 6.0), ("GB", 3.0), ("IN", 3.0), ("JP", 3.0)])
async def test_rings_are_counted_as_the_country_rings(code: str, period_s: float, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}") as board:
        call = await offered(board)
        await call.wait_rings(4)
        rang_s = [event.at_s for event in call.history if isinstance(event, Rang)]
        steps = [round(b - a, 2) for a, b in pairwise(rang_s)]
        assert steps == [period_s] * 3


async def test_a_caller_of_a_country_that_rings_twice_gives_up(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1&country=GB") as board:
        call = await offered(board)
        await asyncio.sleep(7)
        assert call.state == "ringing"
        await phone_of(board).hang_up()
        assert await call.wait_ended() is Cause.CANCELLED


# --- in a call ---


@pytest.mark.parametrize("code", ALL)
async def test_busy_tone_alone_ends_a_call(code: str, virtual_clock: VirtualClock) -> None:
    async with a_call(f"sim:analog?lines=1&country={code}&clearing=tone") as (board, call, phone):
        await asyncio.sleep(0.5)
        await phone.hang_up()
        hung_up_s = board.loop.time()
        assert await call.wait_ended() is Cause.NORMAL
        assert board.loop.time() - hung_up_s < TOLD_S
        heard, end = call.history[-2:]
        assert isinstance(heard, ToneHeard)
        assert (heard.name, heard.on) == ("busy", True)
        assert heard.since_s == pytest.approx(hung_up_s, abs=0.15)  # pyright: ignore[reportUnknownMemberType]
        assert 0.5 <= heard.sure <= 1
        assert isinstance(end, CallFinished)
        assert (end.tone, end.by_us) == ("busy", False)
        await call.hang_up()
        assert board.channels[0].idle


@pytest.mark.parametrize("code", ["CN", "US"])
async def test_busy_tone_ends_a_placed_call_too(code: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&country={code}&clearing=tone&answer=audio") as board:
        phone = phone_of(board)
        dialling = asyncio.ensure_future(board.dial("2001"))
        await phone.wait_ring()
        await asyncio.sleep(3)  # ringback has to be heard for its end to tell anything
        await phone.answer()
        call = await dialling
        await phone.hang_up()
        async with asyncio.timeout(TOLD_S):
            assert await call.wait_ended() is Cause.NORMAL


@pytest.mark.parametrize(("seconds", "state"), [(2.5, "connected"), (4.0, "ended")])
async def test_a_steady_tone_ends_a_call_when_it_lasts(
    seconds: float, state: str, virtual_clock: VirtualClock
) -> None:
    async with a_call("sim:analog?lines=1&country=GB&disconnect_tones=unobtainable") as (_, call, phone):
        began_s = call.channel.loop.time()
        speaking = asyncio.ensure_future(phone.speak(tone_samples(country("GB").tone("unobtainable"), seconds)))
        await asyncio.sleep(10)
        assert call.state == state
        if state == "ended":
            end = call.history[-1]
            assert isinstance(end, CallFinished)
            assert end.tone == "unobtainable"
            assert end.at_s - began_s == pytest.approx(3.0, abs=0.1)  # pyright: ignore[reportUnknownMemberType]
        await speaking


async def test_what_was_recorded_meanwhile_is_kept(tmp_path: Any, virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&clearing=tone") as (_, call, phone):
        recording = asyncio.ensure_future(call.record(tmp_path / "m.wav"))
        await asyncio.sleep(2)
        await phone.hang_up()
        with pytest.raises(CallEnded) as ended:
            await recording
        partial: Any = ended.value.partial
        assert partial.reason is EndReason.HANGUP
        assert 3.0 < partial.duration_s < 2.0 + TOLD_S


async def test_a_board_without_disconnect_tones_keeps_the_call(virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&clearing=tone&disconnect_tones=") as (_, call, phone):
        await phone.hang_up()
        await asyncio.sleep(30)
        assert call.state == "connected"
        assert not any(isinstance(event, ToneHeard) for event in call.history)


async def test_a_board_s_own_tone_ends_no_call(virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, phone):
        playing = asyncio.ensure_future(call.play(tone_samples(country("CN").busy, 6.0)))
        await phone.speak(clip(6.0, 3))
        await playing
        assert call.state == "connected"


async def test_the_next_call_starts_from_a_clean_state(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1&clearing=tone") as board:
        for number in ("2001", "2002"):
            call = await answered(board, number)
            await asyncio.sleep(3)
            assert call.state == "connected"
            await phone_of(board, number).hang_up()
            await call.wait_ended()
            await call.hang_up()


async def test_a_steady_tone_is_forgotten_with_its_call(virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&country=GB&disconnect_tones=unobtainable") as (board, call, phone):
        await phone.speak(tone_samples(country("GB").tone("unobtainable"), 2.0))
        await phone.hang_up()
        await call.wait_ended()
        await call.hang_up()
        ignored = board.channels[0].ignored
        await asyncio.sleep(10)
        assert board.channels[0].ignored == ignored


async def test_the_next_call_does_not_end_by_the_tone_of_the_last(virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&clearing=tone") as (board, call, phone):
        await phone.hang_up()
        await call.wait_ended()
        await call.hang_up()
        following = await answered(board, "2002")
        board.exchange.circuits["1001"].line.cut(True)
        assert await following.wait_ended() is Cause.LINE_FAULT
        ends = [[e.tone for e in one.history if isinstance(e, CallFinished)] for one in (call, following)]
        assert ends == [["busy"], [None]]


async def test_tones_are_told_while_a_job_asks_for_one(virtual_clock: VirtualClock) -> None:
    async with a_call("sim:analog?lines=1&disconnect_tones=") as (_, call, phone):
        playing = asyncio.ensure_future(call.play(clip(8.0, 1), stop_on_tone="congestion, busy"))
        speaking = asyncio.ensure_future(phone.speak(tone_samples(country("CN").busy, 5.0)))
        result = await playing
        assert (result.reason, result.tone, call.state) == (EndReason.TONE, "busy", "connected")
        assert [event.name for event in call.history if isinstance(event, ToneHeard) and event.on] == ["busy"]
        await speaking
        await asyncio.sleep(1)
        assert call.state == "connected"


async def test_a_tone_that_comes_too_late_means_nothing(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        board.take(0, ToneHeard(at_s=0.0, name="busy", on=True, since_s=0.0))
        assert board.channels[0].ignored == 0


# --- options ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("country=Atlantis", "no profile of country 'Atlantis'"),
        ("disconnect_tones=bussy", "there is no tone 'bussy'; did you mean 'busy'"),
        ("clearing=never", "clearing must be loop or tone"),
        ("answer=never", "answer must be reversal or audio"),
        ("law=x", "law must be"),
    ],
)
async def test_wrong_options_are_told(options: str, message: str, virtual_clock: VirtualClock) -> None:
    with pytest.raises(AddressError, match=message):
        await open_board(f"sim:analog?{options}")


@pytest.mark.parametrize(("options", "law"), [("country=US", "mu"), ("country=CN", "a"), ("country=US&law=a", "a")])
async def test_the_law_is_the_country_s(options: str, law: str, virtual_clock: VirtualClock) -> None:
    async with open_board(f"sim:analog?lines=1&{options}") as board:
        assert board.exchange.quality.law == law


async def test_a_wrong_name_of_a_tone_is_told(virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(ValueError, match="stop_on_tone: there is no tone 'bussy'; did you mean 'busy'"):
            await call.play(clip(1.0, 1), stop_on_tone="bussy")


@pytest.mark.parametrize("names", [5, None, ["busy", None], b"busy"])
async def test_what_is_no_name_of_a_tone_is_told(names: Any, virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(TypeError, match="stop_on_tone must be a name of a tone, or several, not "):
            await call.play(clip(1.0, 1), stop_on_tone=names)
