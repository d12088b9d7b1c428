"""How boards end: drained, closed, lost, and what becomes of those who are at work on them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from calls import a_call, answered, offered, phone_of, sine

import boardcore
from boardcore import BoardClosed, BoardLost, Call, CallClosed, CallEnded, CollectResult, EndReason
from boardcore.ports import RingStarted
from boardcore.testing import VirtualClock


def now() -> float:
    return asyncio.get_running_loop().time()


# ---- drained ---------------------------------------------------------------------------------------------------------
async def test_call_that_comes_with_the_drain_is_not_forgotten(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        handled: list[Call] = []

        async def handler(call: Call) -> None:
            handled.append(call)
            await call.answer()

        serving = board.spawn(board.serve(handler), "serve")
        await asyncio.sleep(0.1)
        board.take(0, RingStarted(at_s=now(), caller="2001"))
        call = board.channels[0].call
        board.stop_serving()
        await serving
        assert call is not None
        assert call.state == "ended"
        assert handled == []


async def test_every_serve_of_a_board_drains(virtual_clock: VirtualClock) -> None:
    async def handler(call: Call) -> None:
        await call.answer()

    async with boardcore.open_board("sim:analog?lines=1") as board:
        serving = [board.spawn(board.serve(handler), f"serve {i}") for i in range(2)]
        await asyncio.sleep(1)
        board.stop_serving()
        async with asyncio.timeout(1):
            await asyncio.gather(*serving)


CHASSIS = """
import asyncio, boardcore

async def handler(call):
    await call.answer()

async def main():
    async with (
        boardcore.open_board("sim:analog?lines=1") as one,
        boardcore.open_board("sim:analog?lines=1") as other,
    ):
        serving = [asyncio.create_task(board.serve(handler)) for board in (one, other)]
        await asyncio.sleep(0)
        print("up", flush=True)
        await asyncio.gather(*serving)
    print("drained", flush=True)

asyncio.run(main())
"""


def test_sigterm_drains_every_board() -> None:
    with subprocess.Popen([sys.executable, "-c", CHASSIS], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        try:
            assert process.wait(20) == 0
        finally:
            process.kill()
        assert process.stdout.read() == "drained\n"


@pytest.mark.parametrize("timeout_s", [-1.0, float("nan"), float("inf")])
async def test_drain_time_out_of_range(virtual_clock: VirtualClock, timeout_s: float) -> None:
    async def handler(call: Call) -> None: ...

    async with boardcore.open_board("sim:analog?lines=1") as board:
        with pytest.raises(ValueError, match="drain_timeout_s"):
            await board.serve(handler, drain_timeout_s=timeout_s)


# ---- lost ------------------------------------------------------------------------------------------------------------
async def test_handlers_finish_what_a_lost_board_left_them(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    kept: list[object] = []

    async def handler(call: Call) -> None:
        await call.answer()
        try:
            await call.record(tmp_path / "message.wav")
        except CallEnded as ended:
            await asyncio.sleep(2)  # tells somebody
            kept.append(ended.partial)

    async with boardcore.open_board("sim:analog?lines=1") as board:
        serving = board.spawn(board.serve(handler), "serve")
        phone = phone_of(board)
        await phone.dial("1001")
        await phone.wait_connected()
        await phone.speak(sine(1.0))
        await board.port.vanish()  # type: ignore[attr-defined]  # pyright: ignore  # the simulator's own
        with pytest.raises(BoardLost):
            await serving
        assert len(kept) == 1


# ---- closed ----------------------------------------------------------------------------------------------------------
async def test_closed_while_dialling(virtual_clock: VirtualClock) -> None:
    board = await boardcore.open_board("sim:analog?lines=1")
    dialling = asyncio.create_task(board.dial("9001"))
    await asyncio.sleep(2)
    closing = asyncio.create_task(board.close())
    await asyncio.sleep(0)
    with pytest.raises(BoardClosed):  # at once, though lines are still being released
        await board.dial("9001")
    with pytest.raises(BoardClosed):
        await dialling
    await closing


async def test_cancelled_close_goes_on(virtual_clock: VirtualClock) -> None:
    board = await boardcore.open_board("sim:analog?lines=1")
    await answered(board)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await board.close()
    await asyncio.gather(board.close(), board.close())
    assert board.channels[0].call is None


async def test_closed_by_a_handler(virtual_clock: VirtualClock) -> None:
    async def handler(call: Call) -> None:
        await call.answer()
        if call.caller == "2001":
            await board.close()
        else:
            await call.wait_ended()

    board = await boardcore.open_board("sim:analog?lines=2")
    serving = asyncio.create_task(board.serve(handler))
    for number, called in (("2002", "1001"), ("2001", "1002")):
        await phone_of(board, number).dial(called)
    await serving
    await board.close()


async def test_closed_although_a_line_is_not_released(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = await boardcore.open_board("sim:analog?lines=1")
    await answered(board)

    async def hang() -> None:
        await asyncio.sleep(10000)

    monkeypatch.setattr(board.port.channels[0].line, "on_hook", hang)
    began_s = now()
    await board.close()
    assert now() - began_s < 15


async def test_channel_of_another_board(virtual_clock: VirtualClock) -> None:
    async with (
        boardcore.open_board("sim:analog?lines=1") as board,
        boardcore.open_board("sim:analog?lines=1") as other,
    ):
        with pytest.raises(ValueError, match="is not of"):
            await board.dial("9000", channel=other.channels[0])
        assert other.channels[0].idle


async def test_calls_that_nobody_takes_are_not_kept(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone = phone_of(board)
        for _ in range(5):
            await phone.dial("1001")
            await asyncio.sleep(2)
            await phone.hang_up()
            await asyncio.sleep(8)
        assert board.statistics()["calls"] == 5
        assert len(board._waiting) <= 1  # pyright: ignore[reportPrivateUsage]  # what this is about


# ---- calls -----------------------------------------------------------------------------------------------------------
async def test_far_end_hangs_up_before_the_first_digit(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, phone):
        board.loop.call_later(1, lambda: board.spawn(phone.hang_up(), "hang up"))
        with pytest.raises(CallEnded) as ended:
            await call.get_digits(4, prompt=sine(5.0))
        assert isinstance(ended.value.partial, CollectResult)
        assert (ended.value.partial.reason, ended.value.partial.digits) == (EndReason.HANGUP, "")


async def test_answered_while_another_waits_for_more_rings(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await offered(board)
        patient = board.spawn(call.answer(after_rings=4), "patient")
        await asyncio.sleep(0)
        await call.answer()
        async with asyncio.timeout(1):
            await patient


@pytest.mark.parametrize("who", ["we", "they"])
async def test_stream_at_the_end_of_the_call(virtual_clock: VirtualClock, who: str) -> None:
    async with a_call() as (board, call, phone):
        end = call.hang_up if who == "we" else phone.hang_up
        board.loop.call_later(1, lambda: board.spawn(end(), "end"))
        heard = 0
        async with call.stream() as audio:
            async for block in audio:
                heard += block.size
            assert 7000 < heard < 10000
            with pytest.raises(CallClosed if who == "we" else CallEnded):
                await audio.write(sine(1.0))


async def test_stream_that_is_written_to_when_the_call_ends(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, phone):
        board.loop.call_later(1, lambda: board.spawn(phone.hang_up(), "end"))
        with pytest.raises(CallEnded):
            async with call.stream(0.5) as audio:
                await audio.write(sine(30.0))
