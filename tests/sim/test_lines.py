"""Calls over the simulated exchange: how they come, go, fail, are cancelled and are served."""

# pyright: reportPrivateUsage=false
import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from boardcore import (
    Board,
    BoardClosed,
    BoardLost,
    Call,
    CallClosed,
    CallEnded,
    CallFailed,
    Capability,
    Cause,
    ChannelUnavailable,
    CollectResult,
    EndReason,
    NoIdleChannel,
    PlayResult,
    RecordResult,
    open_board,
)
from boardcore.events import CallAnswered, CallFinished, CallOffered, DigitDetected, OperationEnded, Rang
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import clip, read_wav

LONG = clip(30.0, 7)


def jobs(board: Board) -> object:
    return board.statistics()["jobs"]


async def vanish(board: Board) -> None:
    port: Any = board.port
    await port.vanish()


async def settle() -> None:
    """Let ended work be seen as ended."""
    await asyncio.sleep(0.05)


# --- incoming ---


@pytest.mark.parametrize(("rings", "after_s"), [(1, 0.0), (2, 5.0), (3, 10.0)])
async def test_answer_after_rings(rings: int, after_s: float, ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        assert (call.state, call.caller, call.called, call.incoming) == ("ringing", "2001", "1001", True)
        since_s = board.loop.time()
        await call.answer(after_rings=rings)
        assert board.loop.time() - since_s == pytest.approx(after_s, abs=0.1)
        assert (call.state, call.rings) == ("connected", rings)
        await phone.wait_connected(1.0)
        await call.answer(after_rings=9)  # it is up: harmless


@pytest.mark.parametrize("rings", [1, 4])
async def test_a_caller_who_gives_up(rings: int, ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        await phone.hang_up()
        if rings > 1:
            with pytest.raises(CallEnded) as caught:
                await call.answer(after_rings=rings)
            assert caught.value.cause is Cause.CANCELLED
        assert await call.wait_ended() is Cause.CANCELLED
        assert board.channels[0].idle
        second = await ring(board, phone)
        await second.answer()


@pytest.mark.parametrize("cause", [Cause.BUSY, Cause.CONGESTION, Cause.REJECTED])
async def test_reject_then_the_next_call(cause: Cause, ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone, other = board.exchange.subscriber("2001"), board.exchange.subscriber("2002")
        call = await ring(board, phone)
        await call.reject(cause)
        assert (call.state, call.cause, call.closed_by_us) == ("ended", cause, True)
        assert board.channels[0].idle
        second = await ring(board, other)
        assert second.caller == "2002"
        await second.answer()
        with pytest.raises(CallClosed):
            await call.answer()
        with pytest.raises(ValueError, match="only a ringing call"):
            await second.reject()


async def test_reject_while_it_is_being_answered(ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        answering = asyncio.ensure_future(call.answer())
        await asyncio.sleep(0)
        assert call.state == "ringing"
        async with asyncio.timeout(5):
            await call.reject()
        with pytest.raises(CallClosed):
            await answering
        assert not any(isinstance(event, CallAnswered) for event in call.history)
        assert board.channels[0].idle


async def test_reject_and_hang_up_where_the_line_cannot_refuse(
    ring: Any, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_board("sim:analog?lines=1") as board:
        monkeypatch.setattr(type(board.channels[0].port), "capabilities", frozenset[Capability]())
        phone = board.exchange.subscriber("2001")
        for _ in range(2):
            call = await ring(board, phone)
            await call.reject()
            await phone.hang_up()
            assert board.channels[0].idle
            await asyncio.sleep(1)


@pytest.mark.parametrize("state", ["ringing", "answering", "connected"])
async def test_hang_up_in_any_state(state: str, ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        answering = asyncio.ensure_future(call.answer()) if state != "ringing" else None
        await asyncio.sleep(0)
        if state == "connected" and answering:
            await answering
        await call.hang_up()
        await call.hang_up()  # harmless
        assert (call.state, board.channels[0].idle) == ("ended", True)
        if state == "answering" and answering:
            with pytest.raises(CallClosed):
                await answering
        for operation in (call.play(LONG), call.get_digits(1), call.wait_rings(9)):
            with pytest.raises(CallClosed):
                await operation
        await phone.hang_up()
        await asyncio.sleep(1)
        await (await ring(board, phone)).answer()


# --- outgoing ---


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_placed_call(reverse: bool, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=2") as board:
        phone = board.exchange.subscriber("2001")
        dialling = asyncio.ensure_future(board.dial("2001"))
        await phone.wait_ring()
        await phone.answer()
        call = await dialling
        assert (call.state, call.called, call.incoming) == ("connected", "2001", False)
        assert call.channel is board.channels[1]  # the highest first
        if reverse:
            await phone.hang_up()
            assert await call.wait_ended() is Cause.NORMAL
            assert not call.closed_by_us
            with pytest.raises(CallEnded):
                await call.play(LONG)
        else:
            await call.hang_up()
            await phone.wait_cleared(5.0)
            assert call.closed_by_us
        await call.channel.wait_idle()
        with pytest.raises(ValueError, match="only an incoming"):
            await call.answer()


@pytest.mark.parametrize(
    ("number", "timeout_s", "cause", "within_s"),
    [
        ("9000", 60.0, Cause.BUSY, 5.0),
        ("2999", 60.0, Cause.UNOBTAINABLE, 5.0),
        ("2001", 12.0, Cause.NO_ANSWER, 12.1),
        ("9001", 20.0, Cause.NO_ANSWER, 20.1),
        ("2002", 60.0, Cause.BUSY, 5.0),
    ],
)
async def test_a_call_that_fails(
    number: str, timeout_s: float, cause: Cause, within_s: float, virtual_clock: VirtualClock
) -> None:
    async with open_board("sim:analog?lines=1") as board:
        board.exchange.subscriber("2001")
        await board.exchange.subscriber("2002").off_hook()
        since_s = board.loop.time()
        with pytest.raises(CallFailed, match=number) as caught:
            await board.dial(number, timeout_s=timeout_s)
        assert caught.value.cause is cause
        assert board.loop.time() - since_s < within_s + 0.5
        assert board.channels[0].idle
        answered = await board.dial("9002")  # the line is fit for use
        await answered.hang_up()


async def test_no_dial_tone(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        circuit = board.exchange.circuits["1001"]
        circuit.line.circuit.handler = None  # the exchange does not notice the hook
        with pytest.raises(CallFailed) as caught:
            await board.dial("2001")
        assert caught.value.cause is Cause.NO_DIAL_TONE
        assert board.channels[0].idle
        circuit.line.circuit.handler = circuit._handle
        await (await board.dial("9002")).hang_up()


async def test_no_line_to_dial_on(up: Any, virtual_clock: VirtualClock) -> None:
    async with up("sim:analog?lines=1") as (board, _, call):
        with pytest.raises(NoIdleChannel, match="connected"):
            await board.dial("2002")
        with pytest.raises(ChannelUnavailable, match="connected"):
            await board.dial("2002", channel=board.channels[0])
        await call.hang_up()


@pytest.mark.parametrize("after_s", [0.0, 0.1, 0.6, 1.0, 1.5, 2.5, 6.0])
async def test_cancelling_a_dial(after_s: float, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        dialling = asyncio.ensure_future(board.dial("2001"))
        await asyncio.sleep(after_s)
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        assert board.channels[0].idle
        await settle()
        assert jobs(board) == 0
        await (await board.dial("9002")).hang_up()
        assert not phone.off_hook_now


async def test_the_line_is_cut_while_dialling(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        board.exchange.subscriber("2001")
        for after_s in (0.2, 1.0, 4.0):
            dialling = asyncio.ensure_future(board.dial("2001"))
            await asyncio.sleep(after_s)
            board.exchange.circuits["1001"].line.cut(True)
            with pytest.raises(CallFailed) as caught:
                await dialling
            assert caught.value.cause is Cause.LINE_FAULT
            with pytest.raises(NoIdleChannel, match="out of service"):
                await board.dial("9002")
            board.exchange.circuits["1001"].line.cut(False)
            await asyncio.sleep(2)
            assert board.channels[0].idle
        await (await board.dial("9002")).hang_up()


# --- far hang-up ---

OPERATIONS: list[tuple[str, Callable[[Call, Path], Awaitable[Any]], type[Any]]] = [
    ("play", lambda c, p: c.play(LONG), PlayResult),
    ("record", lambda c, p: c.record(p / "x.wav"), RecordResult),
    ("get_digits", lambda c, p: c.get_digits(9), CollectResult),
    ("get_digits with prompt", lambda c, p: c.get_digits(9, prompt=LONG), CollectResult),
    ("send_digits", lambda c, p: c.send_digits("1" * 60), object),
    ("tone", lambda c, p: c.tone(440, duration_s=60), object),
]


@pytest.mark.parametrize(("do", "kind"), [o[1:] for o in OPERATIONS], ids=[o[0] for o in OPERATIONS])
async def test_the_far_end_hangs_up(
    do: Callable[[Call, Path], Awaitable[Any]], kind: type[Any], up: Any, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with up() as (board, phone, call):
        doing = asyncio.ensure_future(do(call, tmp_path))
        await asyncio.sleep(2)
        await phone.hang_up()
        with pytest.raises(CallEnded) as caught:
            await doing
        assert caught.value.cause is Cause.NORMAL
        partial: Any = caught.value.partial
        assert isinstance(partial, kind)
        assert partial.reason is EndReason.HANGUP
        if isinstance(partial, PlayResult):
            assert partial.position_s == pytest.approx(2.0, abs=0.2)
        if isinstance(partial, RecordResult):
            assert partial.duration_s == pytest.approx(2.0, abs=0.2)
            assert len(read_wav(partial.path).samples) == round(partial.duration_s * 8000)
        await call.channel.wait_idle()
        await settle()
        assert jobs(board) == 0


async def test_digits_keyed_before_the_far_end_hung_up(up: Any, virtual_clock: VirtualClock) -> None:
    async with up() as (_, phone, call):
        collecting = asyncio.ensure_future(call.get_digits(9))
        await phone.press("123")
        await phone.hang_up()
        with pytest.raises(CallEnded) as caught:
            await collecting
        partial = caught.value.partial
        assert isinstance(partial, CollectResult)
        assert partial.digits == "123"


@pytest.mark.parametrize(("do", "kind"), [o[1:] for o in OPERATIONS], ids=[o[0] for o in OPERATIONS])
async def test_this_end_hangs_up(
    do: Callable[[Call, Path], Awaitable[Any]], kind: type[Any], up: Any, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with up() as (board, phone, call):
        doing = asyncio.ensure_future(do(call, tmp_path))
        await asyncio.sleep(1)
        await call.hang_up()
        with pytest.raises(CallClosed):
            await doing
        await phone.hang_up()
        await asyncio.sleep(1)
        assert jobs(board) == 0


# --- cancelling ---

AWAITS: list[tuple[str, Callable[[Call, Path], Awaitable[Any]]]] = [
    *((name, do) for name, do, _ in OPERATIONS),
    ("record with beep", lambda c, p: c.record(p / "x.wav", beep=True)),
    ("wait_ended", lambda c, p: c.wait_ended()),
    ("events", lambda c, p: anext(c.events())),
    ("wait_rings", lambda c, p: c.channel.board.next_call()),
]


@pytest.mark.parametrize("after_s", [None, 0.0, 0.1, 1.005])
@pytest.mark.parametrize("do", [a[1] for a in AWAITS], ids=[a[0] for a in AWAITS])
async def test_cancelling_an_await_leaves_the_call_fit_for_use(
    do: Callable[[Call, Path], Awaitable[Any]],
    after_s: float | None,
    up: Any,
    tmp_path: Path,
    virtual_clock: VirtualClock,
) -> None:
    async with up() as (board, phone, call):
        await settle()  # the exchange's ringback is a job too
        doing = asyncio.ensure_future(do(call, tmp_path))
        if after_s is not None:
            await asyncio.sleep(after_s)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        assert jobs(board) == 0
        assert call.state == "connected"
        if (tmp_path / "x.wav").exists():
            read_wav(tmp_path / "x.wav")  # whole
        phone.listen()
        assert (await call.play(clip(0.5, 2))).reason is EndReason.DATA
        collecting = asyncio.ensure_future(call.get_digits(2))
        await phone.press("42")
        assert await collecting == "42"
        await call.record(tmp_path / "y.wav", max_s=0.5)


@pytest.mark.parametrize("rings", [1, 3])
async def test_cancelling_an_answer(rings: int, ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        answering = asyncio.ensure_future(call.answer(after_rings=rings))
        await asyncio.sleep(0)
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        await call.answer()
        assert call.state == "connected"


async def test_cancelling_hang_up_and_reject(ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        for end in (Call.reject, Call.hang_up):
            call = await ring(board, phone)
            if end is Call.hang_up:
                await call.answer()
            ending: asyncio.Task[None] = asyncio.ensure_future(end(call))
            await asyncio.sleep(0)
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            assert call.state == "ended"
            async with asyncio.timeout(2):
                await board.channels[0].wait_idle()
            await phone.hang_up()
            await asyncio.sleep(1)


# --- serve ---


async def echo_digit(call: Call) -> None:
    await call.answer()
    await call.get_digits(1)


async def serving(board: Board, handler: Any, **options: Any) -> "asyncio.Task[None]":
    task = asyncio.ensure_future(board.serve(handler, drain_on=(), **options))
    await asyncio.sleep(0)
    return task


async def test_serve_rejects_more_calls_than_it_may_take(virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=3") as board:
        phones = [board.exchange.subscriber(f"200{i}") for i in range(3)]
        server = await serving(board, echo_digit, max_calls=2)
        for i in (0, 1):
            await phones[i].dial(f"100{i + 1}")
            await phones[i].wait_connected(5.0)
        await phones[2].dial("1003")
        with pytest.raises(TimeoutError):
            await phones[2].wait_connected(5.0)
        assert board.channels[2].idle
        await phones[0].press("1")  # one goes: there is room again
        await phones[0].wait_cleared(5.0)
        await phones[2].hang_up()
        await asyncio.sleep(1)
        await phones[2].dial("1003")
        await phones[2].wait_connected(5.0)
        server.cancel()
        with pytest.raises(asyncio.CancelledError):
            await server
        assert all(c.idle for c in board.channels)


async def test_a_handler_that_raises_ends_its_own_call_only(
    virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def handler(call: Call) -> None:
        await call.answer()
        if call.caller == "2000":
            raise RuntimeError("a bug in the application")
        await call.get_digits(1)

    async with open_board("sim:analog?lines=2") as board:
        phones = [board.exchange.subscriber(f"200{i}") for i in range(2)]
        server = await serving(board, handler)
        await phones[1].dial("1002")
        await phones[1].wait_connected(5.0)
        await phones[0].dial("1001")
        await phones[0].wait_cleared(5.0)
        assert "a bug in the application" in caplog.text
        assert board.channels[1].call is not None
        board.stop_serving()
        await phones[1].press("5")
        await server


@pytest.mark.parametrize("way", ["patient", "impatient"])
async def test_draining(way: str, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=2") as board:
        phones = [board.exchange.subscriber(f"200{i}") for i in range(2)]
        server = await serving(board, echo_digit, drain_timeout_s=20.0)
        await phones[0].dial("1001")
        await phones[0].wait_connected(5.0)
        board.stop_serving()
        await phones[1].dial("1002")
        with pytest.raises(TimeoutError):
            await phones[1].wait_connected(5.0)
        assert board.channels[1].idle  # turned away
        assert not server.done()
        since_s = board.loop.time()
        if way == "patient":
            await phones[0].press("1")
        await server
        assert board.loop.time() - since_s == pytest.approx(0.5 if way == "patient" else 13.5, abs=2.0)
        assert all(c.idle for c in board.channels)


async def test_a_call_that_comes_with_the_order_to_stop_is_turned_away(ring: Any, virtual_clock: VirtualClock) -> None:
    taken: list[Call] = []

    async def handler(call: Call) -> None:
        taken.append(call)

    async with open_board("sim:analog?lines=2") as board:
        phone = board.exchange.subscriber("2001")
        held = board.exchange.subscriber("2002")
        await phone.dial("1001")
        async with asyncio.timeout(5):
            await board._offered.wait()
        server = asyncio.ensure_future(board.serve(handler, drain_on=()))
        await asyncio.sleep(0)
        board.stop_serving()
        await server
        assert not taken or taken[0].state == "ended"
        call = next(c for c in (*taken, *board._waiting, board.channels[0].call) if c is not None)
        if not taken:
            assert call in board._waiting  # nobody's, and not lost
        assert held.number == "2002"


async def test_serve_ends_with_the_board(up: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        server = await serving(board, echo_digit)
        await vanish(board)
        with pytest.raises(BoardLost):
            await server
    board = await open_board("sim:analog?lines=1")
    server = await serving(board, echo_digit)
    await board.close()
    await server  # our own closing is no error


SERVER = """
    import asyncio, sys
    from boardcore import open_board

    async def handler(call):
        await call.answer()
        print("up", flush=True)
        await asyncio.sleep(0.7)
        print("done", flush=True)

    async def main():
        async with open_board("sim:analog?lines=1") as board:
            phone = board.exchange.subscriber("2001")
            asyncio.get_running_loop().call_later(0.1, lambda: asyncio.ensure_future(phone.dial("1001")))
            await board.serve(handler)
            print("drained", len(board.channels), flush=True)

    asyncio.run(main())
"""


def test_sigterm_drains() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVER)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "up\n"
        os.kill(process.pid, signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    assert (rest, errors, process.returncode) == ("done\ndrained 1\n", "", 0)


# --- events ---


async def test_events_to_the_end_of_the_call(ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        events = call.events()
        seen: list[Any] = []

        async def watch() -> None:
            seen.extend([event async for event in events])

        watching = asyncio.ensure_future(watch())
        await call.answer(2)
        collecting = asyncio.ensure_future(call.get_digits(2))
        await phone.press("12")
        await collecting
        await phone.hang_up()
        await watching
        kinds: list[type[object]] = [type(e) for e in seen]
        assert kinds[:2] == [Rang, CallAnswered]
        assert [e.digit for e in seen if isinstance(e, DigitDetected)] == ["1", "2"]
        assert isinstance(seen[-1], CallFinished)
        assert [e.at_s for e in seen] == sorted(e.at_s for e in seen)
        assert isinstance(call.history[0], CallOffered)
        assert [e async for e in call.events()] == []  # over


# --- the board goes ---


async def test_the_board_is_lost_in_mid_call_and_opened_again(
    up: Any, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with up() as (board, _, call):
        recording = asyncio.ensure_future(call.record(tmp_path / "x.wav"))
        playing = asyncio.ensure_future(call.play(LONG))
        waiting = asyncio.ensure_future(anext(board.calls()))
        await asyncio.sleep(1.5)
        await vanish(board)
        for task in (recording, playing):
            with pytest.raises(CallEnded) as caught:
                await task
            assert caught.value.cause is Cause.BOARD_LOST
            assert caught.value.partial is not None
        assert len(read_wav(tmp_path / "x.wav").samples) >= 1.4 * 8000
        with pytest.raises(BoardLost):
            await waiting
        with pytest.raises(BoardLost):
            await board.dial("9002")
        with pytest.raises(BoardLost):
            board.conference()
        await call.hang_up()  # harmless
        assert board.lost
    async with up() as (again, phone, call):
        collecting = asyncio.ensure_future(call.get_digits(1))
        await phone.press("7")
        assert await collecting == "7"
        assert not again.lost


@pytest.mark.parametrize("after_s", [0.0, 0.3, 1.0, 4.0])
async def test_the_board_is_lost_while_dialling(after_s: float, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        board.exchange.subscriber("2001")
        dialling = asyncio.ensure_future(board.dial("2001"))
        await asyncio.sleep(after_s)
        await vanish(board)
        with pytest.raises(BoardLost):
            await dialling
        async with asyncio.timeout(60):
            await asyncio.sleep(30)  # no timer of a dead line keeps the loop from its work


async def test_the_board_is_lost_while_answering(ring: Any, virtual_clock: VirtualClock) -> None:
    async with open_board("sim:analog?lines=1") as board:
        phone = board.exchange.subscriber("2001")
        call = await ring(board, phone)
        answering = asyncio.ensure_future(call.answer())
        await asyncio.sleep(0)
        await vanish(board)
        with pytest.raises((CallEnded, BoardLost)):
            await answering
        await asyncio.sleep(30)


@pytest.mark.parametrize("after_s", [None, 0.0, 0.5, 1.0, 4.0])
async def test_closing_the_board_while_dialling(after_s: float | None, virtual_clock: VirtualClock) -> None:
    board = await open_board("sim:analog?lines=1")
    board.exchange.subscriber("2001")
    dialling = asyncio.ensure_future(board.dial("2001"))
    if after_s is not None:
        await asyncio.sleep(after_s)
    await board.close()
    with pytest.raises((CallClosed, BoardClosed)):
        await dialling
    with pytest.raises(BoardClosed):
        await board.dial("2001")
    await board.close()  # harmless


async def test_closing_the_board_with_calls_up(up: Any, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with up() as (board, _, call):
        recording = asyncio.ensure_future(call.record(tmp_path / "x.wav"))
        collecting = asyncio.ensure_future(call.get_digits(5))
        ended = [event async for event in _until_closed(board, call)]
        for task in (recording, collecting):
            with pytest.raises(CallClosed):
                await task
        assert ended
        assert len(read_wav(tmp_path / "x.wav").samples) >= 0.9 * 8000


async def _until_closed(board: Board, call: Call) -> AsyncGenerator[object]:
    events = call.events()
    await asyncio.sleep(1)
    await board.close()
    async for event in events:
        if isinstance(event, (CallFinished, OperationEnded)):
            yield event


@pytest.mark.parametrize("who", ["hung line", "refusing line"])
async def test_closing_does_not_wait_for_a_line_that_will_not_release(
    who: str, up: Any, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_hook() -> None:
        if who == "refusing line":
            raise OSError(5, "no answer")
        await asyncio.Event().wait()

    board_up = up()
    board, _, call = await board_up.__aenter__()
    monkeypatch.setattr(call.channel.port.line, "on_hook", on_hook)
    async with asyncio.timeout(60):
        await board.close()
    await board_up.__aexit__(None, None, None)


async def test_a_driver_that_fails_in_its_own_way_is_a_line_fault(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def off_hook() -> None:
        raise OSError(5, "relay stuck")

    async with open_board("sim:analog?lines=1") as board:
        monkeypatch.setattr(board.channels[0].port.line, "off_hook", off_hook)
        with pytest.raises(CallFailed) as caught:
            await board.dial("2001")
        assert caught.value.cause is Cause.LINE_FAULT
