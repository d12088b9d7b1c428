"""Paced time: a loop and its engine that go faster than the wall, together."""

from __future__ import annotations

import asyncio
import time

import pytest
from calls import answered, phone_of, sine

import boardcore
from boardcore.media.engine import Engine
from boardcore.testing import PacedClock

PACE = 5.0
LATE_S = 1.0  # on the wall: what a busy machine may take longer


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_sleep_takes_its_part_of_the_wall() -> None:
    async def sleeps() -> float:
        began_s = now()
        await asyncio.sleep(8.0)
        return now() - began_s

    began_s = time.monotonic()
    assert PacedClock(PACE).run(sleeps()) >= 8.0
    assert 8.0 / PACE <= time.monotonic() - began_s < 8.0 / PACE + LATE_S


def test_a_slower_pace_is_slower() -> None:
    began_s = time.monotonic()
    PacedClock(0.5).run(asyncio.sleep(0.1))
    assert 0.2 <= time.monotonic() - began_s < 0.2 + LATE_S


@pytest.mark.parametrize("pace", [1.0, PACE])
def test_the_loop_and_the_wall_agree(pace: float) -> None:
    async def measured() -> tuple[float, float]:
        began_s, wall_s = now(), time.monotonic()
        await asyncio.sleep(0.5)
        between_s = now() - began_s
        return between_s / pace, time.monotonic() - wall_s

    here_s, wall_s = PacedClock(pace).run(measured())
    assert here_s == pytest.approx(wall_s, abs=0.01)


@pytest.mark.parametrize("pace", [1.0, PACE, 20.0])
def test_the_engine_keeps_the_loops_time(pace: float) -> None:
    async def main() -> None:
        await asyncio.sleep(0.1 * pace)  # the clocks part from the loop's beginning on, the engine's is younger
        engine = Engine.acquire(max_ports=4)
        try:
            async with asyncio.timeout(20 * pace):
                while engine.tick < 200 or now() - engine.time_of(engine.tick) > 0.01 + 0.005 * pace:
                    await asyncio.sleep(0.1)
                    ticks, at_s = engine.tick, now()
                    assert engine.time_of(ticks) <= at_s + 1e-6 * pace  # no tick comes before its time
        finally:
            engine.release()

    began_s = time.monotonic()
    PacedClock(pace).run(main())
    assert time.monotonic() - began_s >= 2.0 / pace


def test_a_call_is_as_much_shorter_on_the_wall() -> None:
    async def main() -> tuple[float, float]:
        async with boardcore.open_board("sim:analog?lines=1") as board:
            call = await answered(board)
            phone = phone_of(board)
            began_s, wall_s = now(), time.monotonic()
            played = await call.play(sine(5.0))  # begins within a tick
            assert played.position_s == 5.0
            lasted_s, on_wall_s = now() - began_s, time.monotonic() - wall_s
            collecting = asyncio.create_task(call.get_digits(2, first_timeout_s=20))
            await phone.press("42")
            assert await collecting == "42"
            return lasted_s, on_wall_s

    lasted_s, on_wall_s = PacedClock(PACE).run(main())
    assert 4.98 <= lasted_s < 5.0 + LATE_S * PACE
    assert 4.98 / PACE <= on_wall_s < 5.0 / PACE + LATE_S


def test_time_outs_are_paced_too() -> None:
    async def hangs() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await asyncio.Event().wait()

    began_s = time.monotonic()
    PacedClock(10).run(hangs())
    assert 0.2 <= time.monotonic() - began_s < 0.2 + LATE_S


@pytest.mark.parametrize("pace", [0.0, -1.0, 0.009, 101.0, float("nan")])
def test_impossible_paces_are_refused(pace: float) -> None:
    with pytest.raises(ValueError, match="pace must be"):
        PacedClock(pace)
