"""Virtual time."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from calls import a_call, answered, phone_of

import boardcore
from boardcore.testing import VirtualClock, VirtualDeadlock


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_time_jumps_in_order(virtual_clock: VirtualClock) -> None:
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woke.append((name, now()))

    began = time.monotonic()
    await asyncio.gather(sleeper("c", 7200), sleeper("a", 0.001), sleeper("b", 60))
    assert woke == [("a", pytest.approx(0.001)), ("b", 60), ("c", 7200)]
    assert time.monotonic() - began < 5


async def test_time_stands_still_for_workers(virtual_clock: VirtualClock) -> None:
    release = threading.Event()
    early = asyncio.get_running_loop().call_later(1.0, pytest.fail, "time went on")
    asyncio.get_running_loop().call_soon(release.set)
    await asyncio.to_thread(release.wait)
    assert now() == 0.0
    early.cancel()


async def test_calls_from_threads_arrive(virtual_clock: VirtualClock) -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[int] = loop.create_future()
    threading.Thread(target=lambda: loop.call_soon_threadsafe(future.set_result, 5)).start()
    with loop.hold():  # type: ignore[attr-defined]  # pyright: ignore
        assert await future == 5


def test_deadlock_names_the_waiters() -> None:
    async def waits_for_godot() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(VirtualDeadlock, match="waits_for_godot"):
        VirtualClock().run(waits_for_godot())


def test_deadlock_with_an_engine() -> None:
    async def nobody_calls() -> None:
        async with boardcore.open_board("sim:analog?lines=2") as board:
            async for _ in board.calls():
                pass

    with pytest.raises(VirtualDeadlock, match="nobody_calls"):
        VirtualClock().run(nobody_calls())


def test_a_run_that_never_ends_is_found_out() -> None:
    async def for_ever() -> None:
        for _ in range(1_000_000):
            await asyncio.sleep(60)

    with pytest.raises(VirtualDeadlock, match="for_ever"):
        VirtualClock(limit_s=3600).run(for_ever())


def test_the_loop_is_closed_and_time_begins_anew() -> None:
    clock = VirtualClock()

    async def once() -> float:
        await asyncio.sleep(5)
        return now()

    assert clock.run(once()) == clock.run(once()) == 5


async def test_events_come_at_their_tick(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, phone):
        board.spawn(phone.press("5"), "press")
        began_s = now()
        assert await call.get_digits(1) == "5"
        assert 0.02 < now() - began_s < 0.08
        assert now() == pytest.approx(round(now() / 0.01) * 0.01)


def test_a_digit_in_time_beats_its_time_out_after_a_blocked_loop() -> None:
    """Real time: the loop is blocked over both the digit and the time-out, which the digit came before."""

    async def main() -> None:
        async with boardcore.open_board("sim:analog?lines=1") as board:
            call = await answered(board)
            phone = phone_of(board)
            collecting = asyncio.create_task(call.get_digits(1, first_timeout_s=0.6))
            pressing = asyncio.create_task(phone.press("8"))
            await asyncio.sleep(0.02)
            blocked = threading.Event()
            blocked.wait(1.2)  # the event loop's own thread
            assert await collecting == "8"
            await pressing

    asyncio.run(main())


def test_plug_in_runs_async_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio
        async def test_passes(virtual_clock, tmp_path):
            await asyncio.sleep(1000)
            assert tmp_path.exists()
        async def test_fails(virtual_clock):
            assert False
        async def test_hangs(virtual_clock):
            await asyncio.Event().wait()
        """
    )
    pytester.runpytest_subprocess("-q").assert_outcomes(passed=1, failed=2)
