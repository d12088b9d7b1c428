"""Calls from ringing to release, both ways, and what ends them."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from calls import a_call, answered, offered, phone_of, sine

import boardcore
from boardcore import CallClosed, CallEnded, CallFailed, Cause, EndReason
from boardcore.events import CallAnswered, CallFinished, CallOffered, Rang
from boardcore.machines.station import State
from boardcore.ports import CollectResult, PlayResult, RecordResult
from boardcore.testing import VirtualClock


def now() -> float:
    return asyncio.get_running_loop().time()


# ---- incoming ------------------------------------------------------------------------------------------------------
async def test_answer_after_rings(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await offered(board)
        assert (call.caller, call.called, call.state, call.channel.number) == ("2001", "1001", "ringing", "1001")
        began_s = now()
        await call.answer(after_rings=3)
        assert call.rings == 3
        assert now() - began_s == pytest.approx(10.0, abs=0.1)  # two cadences of 5 s
        assert call.state == "connected"
        await phone_of(board).wait_connected(1)


async def test_caller_gives_up_while_ringing(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await offered(board)
        board.loop.call_later(7.0, lambda: board.spawn(phone_of(board).hang_up(), "give up"))
        with pytest.raises(CallEnded) as ended:
            await call.answer(after_rings=9)
        assert ended.value.cause is Cause.CANCELLED
        assert now() < 20
        await call.channel.wait_idle()
        assert (await answered(board)).state == "connected"


async def test_reject(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await offered(board)
        await call.reject()
        assert (call.state, call.cause, call.channel.state) == ("ended", Cause.BUSY, State.IDLE)
        phone = phone_of(board)
        await phone.hang_up()
        with pytest.raises(CallClosed):
            await call.answer()
        assert (await answered(board)).number == 2


async def test_rejected_caller_hears_busy(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        refusing = board.spawn(_reject_next(board), "refuse")
        with pytest.raises(CallFailed) as failed:
            await board.dial("1001", channel=board.channels[1])
        assert failed.value.cause in (Cause.BUSY, Cause.REJECTED)
        await refusing


async def _reject_next(board: boardcore.Board) -> None:
    async for call in board.calls():
        await call.reject(Cause.BUSY)
        return


# ---- outgoing ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("number", "cause"),
    [("9000", Cause.BUSY), ("9001", Cause.NO_ANSWER), ("5678", Cause.UNOBTAINABLE), ("1001", Cause.BUSY)],
)
async def test_dial_fails_with_its_cause(virtual_clock: VirtualClock, number: str, cause: Cause) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        if number == "1001":
            await answered(board)
        with pytest.raises(CallFailed, match=number) as failed:
            await board.dial(number, timeout_s=20)
        assert failed.value.cause is cause
        assert all(c.idle or c.number == "1001" for c in board.channels)


async def test_dial_on_a_cut_line(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        line = board.exchange.circuits["1001"].line
        line.cut(True)
        await asyncio.sleep(0.1)
        assert board.channels[0].state is State.OUT_OF_SERVICE
        with pytest.raises(boardcore.NoIdleChannel, match="out of service"):
            await board.dial("2001")
        line.cut(False)
        await asyncio.sleep(0.5)
        with pytest.raises(CallFailed):
            await board.dial("9000")


async def test_no_dial_tone(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2&law=none") as board:
        board.exchange.circuits["1002"].line.battery(0)
        with pytest.raises(CallFailed) as failed:
            await board.dial("2001", timeout_s=30)
        assert failed.value.cause is Cause.NO_DIAL_TONE


async def test_dial_answered_and_far_end_hangs_up(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        phone = phone_of(board)

        async def person() -> None:
            await phone.wait_ring()
            await phone.answer()
            await asyncio.sleep(2)
            await phone.hang_up()

        board.spawn(person(), "person")
        call = await board.dial("2001")
        assert call.channel.number == "1002"  # outgoing from the highest down
        assert await call.wait_ended() is Cause.NORMAL
        await call.channel.wait_idle()


async def test_cancelled_dial_frees_the_line(virtual_clock: VirtualClock) -> None:
    for after_s in (0.0, 0.1, 0.7, 1.2, 3.0, 8.0):
        async with boardcore.open_board("sim:analog?lines=1") as board:
            dialling = board.spawn(board.dial("9001"), "dial")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(after_s + 0.001):
                    await dialling
            assert board.channels[0].idle
            with pytest.raises(CallFailed):
                await board.dial("9000")


# ---- the far end hangs up ------------------------------------------------------------------------------------------
Operation = Callable[[boardcore.Call, Path], Awaitable[Any]]
OPERATIONS: dict[str, Operation] = {
    "play": lambda call, folder: call.play(sine(10)),
    "record": lambda call, folder: call.record(folder / "kept.wav"),
    "get_digits": lambda call, folder: call.get_digits(9),
    "send_digits": lambda call, folder: call.send_digits("1" * 60),
    "tone": lambda call, folder: call.tone(440.0, duration_s=10),
}


@pytest.mark.parametrize("name", OPERATIONS)
async def test_far_end_hangs_up_during(virtual_clock: VirtualClock, tmp_path: Path, name: str) -> None:
    async with a_call() as (board, call, phone):

        async def person() -> None:
            await asyncio.sleep(0.5)
            await phone.press("12")
            await phone.speak(sine(1.0))
            await phone.hang_up()

        board.spawn(person(), "person")
        with pytest.raises(CallEnded) as ended:
            await OPERATIONS[name](call, tmp_path)
        assert ended.value.cause is Cause.NORMAL
        partial = ended.value.partial
        assert partial is not None
        assert partial.reason is EndReason.HANGUP
        if isinstance(partial, RecordResult):
            assert partial.duration_s == pytest.approx(1.8, abs=0.1)
            assert (tmp_path / "kept.wav").stat().st_size == 58 + 2 * round(partial.duration_s * 8000)
        elif isinstance(partial, CollectResult):
            assert partial.digits == "12"
        elif isinstance(partial, PlayResult):
            assert partial.position_s == pytest.approx(1.8, abs=0.1)
        with pytest.raises(CallEnded):
            await call.play(sine(0.1))
        await call.hang_up()
        assert (await answered(board)).state == "connected"


@pytest.mark.parametrize("name", OPERATIONS)
async def test_our_own_hang_up_during(virtual_clock: VirtualClock, tmp_path: Path, name: str) -> None:
    async with a_call() as (board, call, phone):
        board.loop.call_later(0.5, lambda: board.spawn(call.hang_up(), "hang up"))
        with pytest.raises(CallClosed):
            await OPERATIONS[name](call, tmp_path)
        await call.hang_up()
        await phone.wait_cleared(1)
        await phone.hang_up()
        assert (await answered(board)).state == "connected"


# ---- cancelling ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.5])
async def test_cancelling_leaves_the_call_usable(
    virtual_clock: VirtualClock, tmp_path: Path, name: str, after_s: float
) -> None:
    async with a_call() as (board, call, phone):
        await call.play(sine(0.1))  # the exchange's tones are over
        before = board.statistics()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(after_s):
                await OPERATIONS[name](call, tmp_path)
        after = board.statistics()
        assert {k: after[k] for k in ("jobs", "files", "ports")} == {k: before[k] for k in ("jobs", "files", "ports")}
        assert (await call.play(sine(0.2))).reason is EndReason.DATA
        board.spawn(phone.press("7"), "press")
        assert await call.get_digits(1, first_timeout_s=2) == "7"


@pytest.mark.parametrize("what", ["answer", "hang_up", "reject", "bridge", "stream", "events"])
async def test_cancelling_other_awaits(virtual_clock: VirtualClock, what: str) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        call = await offered(board)
        if what in ("bridge", "stream", "events"):
            await call.answer()

        async def bridge() -> None:
            async with call.bridge(await answered(board, "2002", "1002")):
                await board.loop.create_future()

        async def stream() -> None:
            async with call.stream() as audio:
                async for block in audio:
                    await audio.write(block)

        async def events() -> None:
            async for _ in call.events():
                pass

        waits: dict[str, Callable[[], Awaitable[None]]] = {
            "answer": lambda: call.answer(after_rings=5),
            "hang_up": call.hang_up,
            "reject": call.reject,
            "bridge": bridge,
            "stream": stream,
            "events": events,
        }
        try:
            async with asyncio.timeout(0 if what in ("hang_up", "reject") else 4):
                await waits[what]()
        except TimeoutError:
            pass
        else:
            pytest.fail("it was not cancelled")
        if what == "answer":
            await call.answer()
        if call.state == "connected":
            assert (await call.play(sine(0.1))).reason is EndReason.DATA
        await call.hang_up()
        await phone_of(board).hang_up()
        assert (await answered(board)).state == "connected"


# ---- serving -------------------------------------------------------------------------------------------------------
async def test_serve_limits_isolates_and_drains(
    virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    served: list[str | None] = []

    async def handler(call: boardcore.Call) -> None:
        await call.answer()
        served.append(call.caller)
        if call.caller == "2001":
            raise RuntimeError("the application is wrong")
        await call.wait_ended()

    async with boardcore.open_board("sim:analog?lines=4") as board:
        serving = board.spawn(board.serve(handler, max_calls=2), "serve")
        phones = [phone_of(board, f"200{i}") for i in range(1, 6)]
        with caplog.at_level(logging.ERROR, "boardcore"):
            await phones[0].dial("1001")
            await phones[0].wait_cleared(20)  # its handler failed, so it is hung up
        assert "the application is wrong" in caplog.text
        await phones[1].dial("1002")
        await phones[2].dial("1003")
        for phone in phones[1:3]:
            await phone.wait_connected(10)
        phones[3].listen()
        await phones[3].dial("1004")  # one more than the limit
        await asyncio.sleep(3)
        assert served == ["2001", "2002", "2003"]
        assert board.channels[3].idle
        board.stop_serving()
        await asyncio.sleep(1)
        assert not serving.done()  # two calls are under way
        await phones[4].dial("1001")
        await asyncio.sleep(3)
        assert served == ["2001", "2002", "2003"]  # refused: draining
        for phone in phones[1:3]:
            await phone.hang_up()
        await serving
        assert all(channel.idle for channel in board.channels)


async def test_cancelled_serve_ends_its_calls(virtual_clock: VirtualClock) -> None:
    async def handler(call: boardcore.Call) -> None:
        await call.answer()
        await board.loop.create_future()

    async with boardcore.open_board("sim:analog?lines=2") as board:
        serving = board.spawn(board.serve(handler), "serve")
        phone = phone_of(board)
        await phone.dial("1001")
        await phone.wait_connected(5)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        await phone.wait_cleared(1)
        assert board.channels[0].idle


SERVER = """
import asyncio, boardcore

async def handler(call):
    await call.answer()
    print("up", flush=True)
    await call.play(tone)
    print("played", flush=True)

async def main():
    async with boardcore.open_board("sim:analog?lines=2") as board:
        serving = asyncio.create_task(board.serve(handler))
        await board.exchange.subscriber("2001").dial("1001")
        await serving
        print("drained", all(c.idle for c in board.channels), flush=True)

from calls import sine
tone = sine(1.0)
asyncio.run(main())
"""


def test_sigterm_drains() -> None:
    root = Path(__file__).parents[1]  # where calls.py is
    with subprocess.Popen([sys.executable, "-c", SERVER], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.stdout.read() == "played\ndrained True\n"
        assert process.wait(20) == 0


# ---- boards --------------------------------------------------------------------------------------------------------
async def test_board_lost_and_reopened(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        call = await answered(board)
        recording = board.loop.create_task(call.record(tmp_path / "kept.wav"))
        incoming = board.loop.create_task(_reject_next(board))
        await phone_of(board).speak(sine(1.0))
        board.loop.call_later(0, lambda: board.loop.create_task(board.port.vanish()))  # type: ignore[attr-defined]  # pyright: ignore
        with pytest.raises(CallEnded) as ended:
            await recording
        assert ended.value.cause is Cause.BOARD_LOST
        assert isinstance(ended.value.partial, RecordResult)
        assert ended.value.partial.duration_s == pytest.approx(1.0, abs=0.1)
        with pytest.raises(boardcore.BoardLost):
            await incoming
        with pytest.raises(boardcore.BoardLost, match="pulled"):
            await board.dial("2001")
        assert board.lost
    async with boardcore.open_board("sim:analog?lines=2") as board:
        assert (await answered(board)).state == "connected"


async def test_close_with_calls_up(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=4") as board:
        calls = [await answered(board), await offered(board, "2002", "1002")]
        dialling = board.loop.create_task(board.dial("9001"))
        playing = board.loop.create_task(calls[0].play(sine(20)))
        await asyncio.sleep(1)
    assert [call.state for call in calls] == ["ended", "ended"]
    with pytest.raises(CallClosed):
        await playing
    with pytest.raises(boardcore.BoardcoreError):
        await dialling
    await board.close()


async def test_history_is_in_order_and_stamped(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await offered(board)
        seen: list[Any] = []

        async def watch() -> None:
            async for event in call.events():
                seen.append(event)

        watching = board.spawn(watch(), "watch")
        await call.answer(after_rings=2)
        await call.play(sine(0.3))
        await call.hang_up()
        await watching
        kinds = [type(event) for event in call.history]
        assert kinds[:2] == [CallOffered, Rang]
        assert CallAnswered in kinds
        assert kinds[-1] is CallFinished
        assert seen == call.history[2:]
        assert all(event.at_s == pytest.approx(event.tick * 0.01) for event in call.history)
        assert [e async for e in call.events()] == []


async def test_a_time_out_around_the_next_call_does_not_end_the_iteration(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        calls = board.calls()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(calls)
        board.spawn(phone_of(board).dial("1001"), "dial")
        assert (await anext(calls)).caller == "2001"


async def test_a_group_of_ended_calls_is_no_failure(
    virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(call: boardcore.Call) -> None:
        await call.answer()
        async with asyncio.TaskGroup() as group:
            group.create_task(call.get_digits(1))
            group.create_task(call.play(sine(30)))

    async with boardcore.open_board("sim:analog?lines=1") as board:
        serving = board.loop.create_task(board.serve(handler))
        phone = phone_of(board)
        await phone.dial("1001")
        await phone.wait_connected(5)
        await phone.hang_up()
        await asyncio.sleep(1)
        assert board.channels[0].idle
    await serving  # closing the board ends it
    assert "failed" not in caplog.text
