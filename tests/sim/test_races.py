"""Two things at once on one line: what happens when they meet."""

from __future__ import annotations

import asyncio

import pytest
from calls import answered, offered, phone_of

import boardcore
from boardcore import CallFailed, Cause
from boardcore.events import DigitDetected
from boardcore.machines.station import State
from boardcore.ports import LineFault, LineRestored, RingStarted, RingStopped
from boardcore.testing import VirtualClock


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_reject_while_being_answered(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await offered(board)
        call.channel.answer(call)
        assert call.channel.state is State.ANSWERING
        async with asyncio.timeout(5):
            await call.reject()
        assert call.state == "ended"
        assert board.channels[0].idle


async def test_ring_that_begins_while_the_line_is_being_released(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        await asyncio.sleep(1)  # its own ringing is over
        channel = board.channels[0]
        channel.hang_up(call)
        board.take(0, RingStarted(at_s=now(), caller="2002"))
        assert channel.state is State.RELEASING
        async with asyncio.timeout(1):
            following = await anext(board.calls())
        assert (following.caller, following.rings) == ("2002", 1)


async def test_ring_that_is_over_before_the_line_is_released(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        board.channels[0].hang_up(call)
        board.take(0, RingStarted(at_s=now(), caller="2002"))
        board.take(0, RingStopped(at_s=now()))
        await call.hang_up()
        assert board.channels[0].idle


async def test_another_caller_within_the_pause_of_a_ring(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        other = phone_of(board, "2002")
        await other.off_hook()
        await other.press("100")
        first = await offered(board)
        await phone_of(board).hang_up()
        await asyncio.sleep(1)
        await other.press("1")
        second = await anext(board.calls())
        assert now() - first.history[0].at_s < 6.0
        assert (first.state, first.cause, first.rings) == ("ended", Cause.CANCELLED, 1)
        assert (second.caller, second.rings) == ("2002", 1)
        await second.answer()
        await other.wait_connected(1)


@pytest.mark.parametrize("after_s", [0.02 * n for n in range(14)])
async def test_glare(virtual_clock: VirtualClock, after_s: float) -> None:
    """A call comes in while one is being placed: one of them wins, and the line is whole afterwards."""
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone = phone_of(board)
        await phone.dial("1001")
        await asyncio.sleep(0.05 + after_s)
        began_s = now()
        try:
            with pytest.raises(CallFailed) as failed:
                await board.dial("9000", timeout_s=20)
            assert failed.value.cause in (Cause.BUSY, Cause.CONGESTION)
            assert now() - began_s < 5
        except boardcore.NoIdleChannel:
            pass
        await phone.hang_up()
        await asyncio.sleep(8)
        assert board.channels[0].idle
        assert (await answered(board)).state == "connected"


async def test_secrecy_ends_with_the_call(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        with pytest.raises(boardcore.CallEnded):
            async with call.secret():
                board.loop.call_later(1, lambda: board.spawn(phone_of(board).hang_up(), "hang up"))
                await call.get_digits(4)
        following = await answered(board)
        board.spawn(phone_of(board).press("7"), "press")
        assert repr(await following.get_digits(1)) == "'7'"
        assert [e.digit for e in following.history if isinstance(e, DigitDetected)] == ["7"]


async def test_driver_that_fails_in_its_own_way(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:

        async def fail() -> None:
            raise OSError("no such device")

        line = board.port.channels[0].line
        with monkeypatch.context() as patch:
            patch.setattr(line, "off_hook", fail)
            with pytest.raises(CallFailed) as failed:
                await board.dial("2001")
        assert failed.value.cause is Cause.LINE_FAULT
        assert "no such device" in caplog.text
        assert board.channels[0].idle


async def test_driver_that_hangs_does_not_keep_the_line(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        await phone_of(board).hang_up()

        async def hang(digits: str) -> None:
            while True:
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    if now() > 50:
                        raise

        line = board.port.channels[0].line
        monkeypatch.setattr(line, "dial", hang)
        with pytest.raises(CallFailed):
            await board.dial("2001", timeout_s=10)
        assert board.channels[0].idle
        await asyncio.sleep(50)


async def test_command_that_never_began(virtual_clock: VirtualClock) -> None:
    board = await boardcore.open_board("sim:analog?lines=1")
    board.take(0, LineFault(at_s=now()))
    board.take(0, LineRestored(at_s=now()))
    await board.close()  # no warning of a coroutine that was never awaited


async def test_board_lost_while_a_line_is_released(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        call.channel.hang_up(call)
        await asyncio.sleep(0.05)
        await board.port.vanish()  # type: ignore[attr-defined]  # pyright: ignore  # the simulator's own
        await asyncio.sleep(10)
        assert board.channels[0].state is State.OUT_OF_SERVICE


async def test_line_cut_while_it_is_released(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        call.channel.hang_up(call)
        board.take(0, LineFault(at_s=now()))
        await call.hang_up()
        assert board.channels[0].call is None
