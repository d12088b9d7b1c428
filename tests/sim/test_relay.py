"""Calls of a board that is no part of the engine, bridged to calls of one that is: through streamed audio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from calls import Samples, answered, phone_of, sine
from memory_driver import MemoryDriver, MemoryFarEnd, open_memory_board

import boardcore
from boardcore import Call, MediaBusy, dsp
from boardcore._relay import Relay
from boardcore.testing import VirtualClock
from boardcore_simulators import Subscriber


@dataclass
class Two:
    """A caller on each of two boards of different families."""

    memory: boardcore.Board
    sim: boardcore.Board
    inner: Call
    inner_phone: MemoryFarEnd
    outer: Call
    outer_phone: Subscriber


@contextlib.asynccontextmanager
async def two_families() -> AsyncGenerator[Two]:
    driver = MemoryDriver()
    async with open_memory_board(driver) as memory, boardcore.open_board("sim:analog?lines=4") as sim:
        phone = MemoryFarEnd(driver, "2001")
        await phone.call("1001")
        inner = await anext(memory.calls())
        await inner.answer()
        yield Two(memory, sim, inner, phone, await answered(sim), phone_of(sim))
    assert Relay._of == {}  # pyright: ignore[reportPrivateUsage]  # none is left


def loud(heard: Samples) -> bool:
    return float(dsp.level_dbm0(heard[len(heard) // 4 : -len(heard) // 4])) > -30


async def both_speak(two: Two) -> tuple[bool, bool]:
    """Who hears the other: the telephone on the memory board, that on the simulated one."""
    two.inner_phone.listen()
    two.outer_phone.listen()
    await two.outer_phone.speak(sine(1.0))
    inner_hears = loud(two.inner_phone.heard())
    two.outer_phone.listen()
    await two.inner_phone.speak(sine(1.0))
    return inner_hears, loud(two.outer_phone.heard())


async def test_bridge_across_families(virtual_clock: VirtualClock) -> None:
    async with two_families() as two:
        async with two.inner.bridge(two.outer):
            assert await both_speak(two) == (True, True)
            with pytest.raises(MediaBusy):
                async with two.inner.stream():  # its one stream is on the bridge
                    pass
        assert await both_speak(two) == (False, False)
        async with two.inner.stream():
            pass


async def test_bridge_that_is_listened_in_to(virtual_clock: VirtualClock) -> None:
    async with two_families() as two:
        supervisor = await answered(two.sim, "2002", "1002")
        ear = phone_of(two.sim, "2002")
        async with two.inner.bridge(two.outer):
            async with two.sim.conference() as room:
                await room.add(supervisor, listen_only=True)
                await room.add(two.inner, deaf=True)
                await room.add(two.outer, deaf=True)
                for speaker in (two.inner_phone, two.outer_phone):
                    ear.listen()
                    await speaker.speak(sine(1.0))
                    assert loud(ear.heard())
            assert await both_speak(two) == (True, True)


@pytest.mark.parametrize("end", ["inner hangs up", "outer hangs up", "we hang up", "the board is pulled"])
async def test_end_in_the_middle(virtual_clock: VirtualClock, end: str) -> None:
    async with two_families() as two, two.inner.bridge(two.outer):
        await asyncio.sleep(0.5)
        if end == "inner hangs up":
            await two.inner_phone.hang_up()
            await two.inner.wait_ended()
        elif end == "outer hangs up":
            await two.outer_phone.hang_up()
            await two.outer.wait_ended()
        elif end == "we hang up":
            await two.inner.hang_up()
        else:
            await two.inner_phone.lose_board()
            await two.inner.wait_ended()
        await asyncio.sleep(1)
        assert Relay._of == {}  # pyright: ignore[reportPrivateUsage]
        survivor = two.inner if end == "outer hangs up" else two.outer
        assert survivor.state == "connected"
        assert (await survivor.play(sine(0.2))).position_s == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.01, 0.5])
async def test_cancelled_at_any_time(virtual_clock: VirtualClock, after_s: float) -> None:
    async with two_families() as two:
        before = two.sim.statistics()["ports"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(after_s), two.inner.bridge(two.outer):
                await asyncio.sleep(10)
        assert two.sim.statistics()["ports"] == before
        async with two.inner.bridge(two.outer):
            assert await both_speak(two) == (True, True)


async def test_stream_in_use_by_the_application(virtual_clock: VirtualClock) -> None:
    async with two_families() as two:
        async with two.inner.stream():
            with pytest.raises(MediaBusy):
                async with two.inner.bridge(two.outer):
                    pass
        async with two.inner.bridge(two.outer):
            assert await both_speak(two) == (True, True)
