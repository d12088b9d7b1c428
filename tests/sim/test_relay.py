"""Calls of a board that is no part of the engine, bridged to calls of one that is: through streamed audio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from calls import Samples, answered, phone_of, sine
from memory_driver import MemoryDriver, MemoryFarEnd, _line, open_memory_board

import boardcore
from boardcore import Call, Capability, MediaBusy, dsp
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


@contextlib.asynccontextmanager
async def bridged_on_memory(
    monkeypatch: pytest.MonkeyPatch, lacks: frozenset[Capability]
) -> AsyncGenerator[tuple[Call, Call, MemoryFarEnd, MemoryFarEnd]]:
    """Two calls of one memory board, bridged; the board lacks some capabilities."""
    monkeypatch.setattr(_line, "CAPABILITIES", _line.CAPABILITIES - lacks)
    driver = MemoryDriver()
    async with open_memory_board(driver) as board:
        phones = [MemoryFarEnd(driver, number) for number in ("2001", "2002")]
        calls: list[Call] = []
        for phone, number in zip(phones, ("1001", "1002"), strict=True):
            await phone.call(number)
            calls.append(await anext(board.calls()))
            await calls[-1].answer()
        async with calls[0].bridge(calls[1]):
            yield calls[0], calls[1], phones[0], phones[1]
        assert Relay._of == {}  # pyright: ignore[reportPrivateUsage]


def on_engine(*calls: Call) -> list[bool]:
    return [id(call.channel.port.media) in Relay._of for call in calls]  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("lacks", [frozenset({Capability.SECRET_ON_BUS}), frozenset[Capability]()], ids=["no", "yes"])
async def test_secrets_leave_a_bus_that_would_tell_them(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, lacks: frozenset[Capability]
) -> None:
    async with bridged_on_memory(monkeypatch, lacks) as (one, other, phone, listener):
        assert on_engine(one, other) == [False, False]
        for _ in range(2):
            async with one.secret(), other.secret():
                assert on_engine(one, other) == [bool(lacks)] * 2
                listener.listen()
                await phone.speak(sine(1.0))
                await asyncio.sleep(0.3)
                assert loud(listener.heard())
            assert on_engine(one, other) == [bool(lacks)] * 2  # the last key may be down yet
        listener.listen()
        await phone.speak(sine(1.0))
        await asyncio.sleep(0.3)
        assert loud(listener.heard())


async def test_a_secret_bridge_that_cannot_be_kept_is_parted(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bridged_on_memory(monkeypatch, frozenset({Capability.SECRET_ON_BUS})) as (one, other, phone, listener):
        async with other.stream():  # takes what would carry the bridge
            with pytest.raises(MediaBusy):
                async with one.secret():
                    pass
            assert not one.in_secret
        listener.listen()
        await phone.speak(sine(1.0))
        assert not loud(listener.heard())


async def test_a_secret_bridge_ends_with_a_call(virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = frozenset({Capability.SECRET_ON_BUS})
    async with bridged_on_memory(monkeypatch, lacks) as (one, other, _, _), one.secret():
        await other.hang_up()  # ends the bridge, the secret goes on
        await asyncio.sleep(0.1)
        assert on_engine(one, other) == [False, False]
        assert one.in_secret


async def test_a_secret_is_entered_though_the_other_call_ends_just_then(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacks = frozenset({Capability.SECRET_ON_BUS})

    async def secretly(call: Call) -> bool:
        async with call.secret():
            return call.in_secret

    async with bridged_on_memory(monkeypatch, lacks) as (one, other, _, _):
        _, secret = await asyncio.gather(other.hang_up(), secretly(one))
        assert secret


async def test_nobody_is_in_secret_before_the_bus_is_left(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacks = frozenset({Capability.SECRET_ON_BUS})
    async with bridged_on_memory(monkeypatch, lacks) as (one, other, _, _):

        async def secretly() -> list[bool]:
            async with one.secret():
                return on_engine(one, other)

        assert list(await asyncio.gather(secretly(), secretly())) == [[True, True]] * 2


async def test_a_room_is_not_on_a_bus_that_would_tell_secrets(
    virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = _line.CAPABILITIES - {Capability.SECRET_ON_BUS} | {Capability.CONFERENCE}
    monkeypatch.setattr(_line, "CAPABILITIES", able)
    driver = MemoryDriver()
    async with open_memory_board(driver) as board:
        await MemoryFarEnd(driver, "2001").call("1001")
        call = await anext(board.calls())
        await call.answer()
        async with board.conference() as room:
            await room.add(call)
            assert on_engine(call) == [True]
