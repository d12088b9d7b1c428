"""Calls that hear each other: bridges and rooms, who is heard where and how loud, and what ends it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from calls import Samples, answered, phone_of, sine

import boardcore
from boardcore import Call, CallClosed, CallEnded, MediaBusy, dsp
from boardcore.events import Joined, Parted
from boardcore.testing import VirtualClock

SINE_DBM0 = float(dsp.level_dbm0(sine(1.0)))
FREQS_HZ = {"2001": 700.0, "2002": 1100.0, "2003": 1700.0}


def levels(heard: Samples) -> dict[str, float]:
    """How loud each telephone is in what was heard, in dB of what it says."""
    found: dict[str, float] = {}
    middle = heard[len(heard) // 4 : -len(heard) // 4].astype(float)
    for number, freq_hz in FREQS_HZ.items():
        wave = np.exp(-2j * np.pi * freq_hz / 8000 * np.arange(len(middle)))
        peak = 2 * abs(complex(np.mean(middle * wave)))
        found[number] = 20 * float(np.log10(max(peak, 1e-3) / 8000))
    return found


async def all_speak(board: boardcore.Board, *numbers: str) -> dict[str, dict[str, float]]:
    """Everybody speaks for a second; who was heard by whom."""
    phones = [phone_of(board, number) for number in numbers]
    for phone in phones:
        phone.listen()
    await asyncio.gather(*(phone.speak(sine(1.0, FREQS_HZ[phone.number])) for phone in phones))
    return {phone.number: levels(phone.heard()) for phone in phones}


def silent(level_db: float) -> bool:
    return level_db < -45


async def three(board: boardcore.Board) -> list[Call]:
    return [await answered(board, f"200{i}", f"100{i}") for i in (1, 2, 3)]


async def test_bridge_is_level_both_ways(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        a, b, _ = await three(board)
        async with a.bridge(b):
            heard = await all_speak(board, "2001", "2002", "2003")
            assert heard["2001"]["2002"] == pytest.approx(0, abs=0.2)
            assert heard["2002"]["2001"] == pytest.approx(0, abs=0.2)
            assert silent(heard["2001"]["2001"])
            assert all(silent(heard[n]["2003"]) for n in FREQS_HZ)
            assert silent(heard["2003"]["2001"])
        heard = await all_speak(board, "2001", "2002")
        assert silent(heard["2001"]["2002"])
        assert silent(heard["2002"]["2001"])


async def test_whoever_calls_next_is_not_on_the_bridge(virtual_clock: VirtualClock) -> None:
    """A bridge ends with either call: the channel's next call must neither hear nor be heard."""
    async with boardcore.open_board("sim:analog?lines=4") as board:
        a = await answered(board, "2001", "1001")
        b = await answered(board, "2002", "1002")
        async with a.bridge(b):
            await phone_of(board, "2002").hang_up()
            await b.wait_ended()
            stranger = await answered(board, "2003", "1002")
            assert stranger.channel is b.channel
            heard = await all_speak(board, "2001", "2003")
            assert silent(heard["2001"]["2003"])
            assert silent(heard["2003"]["2001"])
            async with a.bridge(stranger):  # it is free for another
                pass
            outer = stranger.bridge(await answered(board, "2002", "1003"))
            await outer.__aenter__()
        heard = await all_speak(board, "2002", "2003")  # the end of the old bridge does not cut the new one
        assert heard["2002"]["2003"] == pytest.approx(0, abs=0.2)
        assert heard["2003"]["2002"] == pytest.approx(0, abs=0.2)
        await outer.__aexit__(None, None, None)
        assert [type(e) for e in a.history if isinstance(e, Joined | Parted)] == [Joined, Parted] * 2


async def test_one_bridge_at_a_time(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        a, b, c = await three(board)
        async with a.bridge(b):
            for one, other in ((a, c), (c, a), (c, b)):
                with pytest.raises(MediaBusy, match="bridged already"):
                    async with one.bridge(other):
                        pass
            async with board.conference() as room:
                await room.add(a, deaf=True)  # it goes on hearing b
                with pytest.raises(MediaBusy):
                    await room.add(b)
                assert list(room.members) == [a]
        async with b.bridge(c), board.conference() as room:
            await room.add(a)
            with pytest.raises(MediaBusy, match="in a conference"):
                async with a.bridge(b):
                    pass


async def test_bridge_on_the_way_of_which_a_call_ends(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        a, b, _ = await three(board)
        await b.hang_up()
        with pytest.raises(CallClosed):
            async with a.bridge(b):
                pass
        await phone_of(board, "2001").hang_up()
        await a.wait_ended()
        with pytest.raises(CallEnded):
            async with a.bridge(b):
                pass


async def test_board_closed_under_a_bridge(virtual_clock: VirtualClock) -> None:
    async with (
        boardcore.open_board("sim:analog?lines=2&first_number=1001") as board,
        boardcore.open_board("sim:analog?lines=2&first_number=1101") as second,
    ):
        a = await answered(board, "2001", "1001")
        b = await answered(second, "2002", "1101")
        async with a.bridge(b):
            phone_of(board, "2001").listen()
            await phone_of(second, "2002").speak(sine(1.0, FREQS_HZ["2002"]))
            assert levels(phone_of(board, "2001").heard())["2002"] == pytest.approx(0, abs=0.2)
            await second.close()
            assert (await a.play(sine(0.1))).position_s == pytest.approx(0.1)


async def test_room_of_three(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        a, b, c = await three(board)
        async with board.conference() as room:
            await room.add(a)
            await room.add(b, gain_db=-6)
            await room.add(c, listen_only=True)
            assert list(room.members) == [a, b, c]
            heard = await all_speak(board, *FREQS_HZ)
            assert heard["2001"]["2002"] == pytest.approx(-6, abs=0.2)
            assert heard["2002"]["2001"] == pytest.approx(0, abs=0.2)
            assert heard["2003"]["2001"] == pytest.approx(0, abs=0.2)
            assert heard["2003"]["2002"] == pytest.approx(-6, abs=0.2)
            assert all(silent(heard[n][n]) for n in FREQS_HZ)
            assert all(silent(heard[n]["2003"]) for n in ("2001", "2002"))

            await room.change(b, gain_db=0)
            await room.change(c, listen_only=False)
            heard = await all_speak(board, *FREQS_HZ)
            assert heard["2001"]["2002"] == pytest.approx(0, abs=0.3)
            assert heard["2001"]["2003"] == pytest.approx(0, abs=0.3)

            await room.remove(b)
            await room.remove(b)
            heard = await all_speak(board, *FREQS_HZ)
            assert silent(heard["2001"]["2002"])
            assert silent(heard["2002"]["2001"])
            assert heard["2001"]["2003"] == pytest.approx(0, abs=0.2)

            await phone_of(board, "2003").hang_up()
            await c.wait_ended()
            await asyncio.sleep(0)
            assert list(room.members) == [a]
            for wrong in (b, c):
                with pytest.raises(ValueError, match="not in the room"):
                    await room.change(wrong, gain_db=0)
            with pytest.raises(ValueError, match="in the room already"):
                await room.add(a)
        with pytest.raises(CallClosed, match="closed"):
            await room.add(b)
        async with a.bridge(b):
            pass


@pytest.mark.parametrize("gain_db", [-61.0, 19.0, float("nan"), float("inf")])
async def test_gains_out_of_range(virtual_clock: VirtualClock, gain_db: float) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await answered(board)
        async with board.conference() as room:
            with pytest.raises(ValueError, match="gain_db"):
                await room.add(call, gain_db=gain_db)
            assert room.members == ()
            await room.add(call)  # the refused one left nothing behind
            with pytest.raises(ValueError, match="gain_db"):
                await room.change(call, gain_db=gain_db)


async def test_room_that_is_not_closed_goes_with_its_board(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await answered(board)
        room = board.conference()
        await room.add(call)
    assert room.members == ()
    async with boardcore.open_board("sim:analog?lines=2") as board:
        assert board.statistics()["ports"] == 4  # an engine of its own, not the one before
