"""Checks of the board's own life: it is lost, it comes back, it is closed, it leaks nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from boardcore.errors import BoardClosed, BoardLost, CallClosed, CallEnded, Cause
from boardcore.ports import EndReason, RecordResult
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import Bench, begun, check, expect, expect_raises, let_pass
from boardcore.testing._checks_record import expect_whole


async def ending(task: asyncio.Task[Any]) -> BaseException:
    """Expect that a task ends by an error within two seconds; the error."""
    _, pending = await asyncio.wait([task], timeout=2)
    expect(not pending, f"2 s after the board was lost, this still waits: {task.get_coro()}")
    error = task.exception()
    if error is None:
        expect(False, f"the board was lost, and this returned: {task.get_coro()}")
        raise AssertionError
    return error


def expect_lost(error: BaseException) -> None:
    """Expect BoardLost, or CallEnded because of it."""
    lost = isinstance(error, BoardLost) or (isinstance(error, CallEnded) and error.cause is Cause.BOARD_LOST)
    expect(lost, f"the board was lost, and {error!r} was raised")


@check
async def a_board_is_lost(bench: Bench) -> None:
    """What is awaited on a lost board ends: CallEnded(BOARD_LOST) with the partial result, or BoardLost."""
    async with (
        bench.talking() as talk,
        begun(talk.call.play(hearing.clip(9.0, 1))) as playing,
        begun(talk.call.get_digits(9)) as collecting,
        begun(bench.board.dial(bench.setup.nobody, timeout_s=60)) as dialling,
        begun(talk.call.record(bench.folder / "m.wav", max_s=60)) as recording,
    ):
        await let_pass(1.0)
        await talk.phone.lose_board()
        for task in (playing, collecting, dialling):
            expect_lost(await ending(task))
        error = await ending(recording)
        expect_lost(error)
        if isinstance(error, CallEnded):
            expect(isinstance(error.partial, RecordResult), f"the partial result is {error.partial!r}")
            if isinstance(error.partial, RecordResult):
                expect(error.partial.reason is EndReason.HANGUP, f"its reason is {error.partial.reason.name}")
                expect_whole(error.partial)
        await talk.call.hang_up()


@check
async def a_lost_board_refuses(bench: Bench) -> None:
    """On a lost board everything raises BoardLost at once; closing it is harmless."""
    async with bench.talking() as talk, begun(bench.next_call()) as incoming:
        await let_pass()
        await talk.phone.lose_board()
        expect_lost(await ending(incoming))
        with expect_raises(BoardLost):
            await bench.board.dial("1")
        with expect_raises(CallEnded, BoardLost):
            await talk.call.play(hearing.clip(0.1, 1))
        await talk.call.hang_up()
        await bench.board.close()


@check
async def a_lost_board_comes_back(bench: Bench) -> None:
    """While it is away it cannot be opened or is found anew; put back, it opens, and calls go through."""
    async with bench.talking() as talk:
        await talk.phone.lose_board()
        await bench.board.close()
        await talk.phone.restore_board()
    async with bench.setup.open_board() as board:
        again = Bench(bench.setup, board, bench.folder)
        await again.is_usable()
        await again.close()


@check
async def a_board_is_closed_in_the_middle(bench: Bench) -> None:
    """Closing a board ends its calls as this program's doing; everything afterwards raises BoardClosed."""
    async with bench.talking() as talk, begun(talk.call.play(hearing.clip(9.0, 1))) as playing:
        await let_pass(0.5)
        await bench.board.close()
        await asyncio.wait([playing], timeout=2)
        expect(playing.done(), "a play outlives its board")
        expect(isinstance(playing.exception(), CallClosed), f"a play raised {playing.exception()!r}")
        with expect_raises(BoardClosed):
            await bench.board.dial("1")
        await bench.board.close()


@check
async def nothing_is_left_of_calls(bench: Bench) -> None:
    """After calls of every kind the channels are idle, and the board has as many jobs and files as before."""
    names = ("jobs", "files", "conferences")
    async with bench.talking():
        pass
    await bench.put_down()
    before = bench.board.statistics()
    for number in range(3):
        async with bench.talking() as talk:
            async with begun(talk.call.record(bench.folder / f"{number}.wav", max_s=60)):
                await talk.call.play(hearing.clip(0.2, 1))
                await talk.call.send_digits("1")
                async with talk.call.stream():
                    await let_pass(0.1)
            async with begun(talk.call.get_digits(4)):
                await talk.phone.send_digits("1")
                if number:
                    await talk.phone.hang_up()
                    await talk.call.wait_ended()
        await let_pass(1)
    await bench.put_down()
    after = bench.board.statistics()
    for name in names:
        expect(after.get(name) == before.get(name), f"{name}: {before.get(name)} before, {after.get(name)} after")
    expect(all(channel.idle for channel in bench.board.channels), "a channel is not idle at the end")


@check
async def capabilities_are_data(bench: Bench) -> None:
    """Every channel says what it can do: a frozen set, the same each time."""
    for channel in bench.board.channels:
        expect(channel.port.capabilities == channel.capabilities, f"{channel.name}: capabilities vary")
        kind = type(channel.port.capabilities).__name__
        expect(kind == "frozenset", f"{channel.name}: capabilities are a {kind}")
