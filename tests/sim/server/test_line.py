"""The line of a channel: hook, ringing, caller, loop current, polarity, faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from board_client import Device, Rig, rig

from boardcore.testing import VirtualClock
from boardcore_simulators.server._wire import Event, Kind, LineBit, Status


async def bits(device: Device) -> LineBit:
    return LineBit((await device.state())[1])


def ticks_of(device: Device, event: Event) -> list[int]:
    return [tick for kind, tick, *_ in device.events if kind is event]


async def ringing(r: Rig) -> Device:
    device = await r.client.open("dxxxB1C1")
    await r.exchange.subscriber("2001").dial("1001")
    await device.wait(Event.RING)
    return device


async def test_bursts_are_counted_and_the_caller_is_told(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        await device.wait(Event.RING_END, count=3)
        assert device.of(Event.RING) == [(1, 0, "2001"), (2, 0, "2001"), (3, 0, "2001")]
        first, second, third = ticks_of(device, Event.RING)
        assert (second - first, third - second) == (500, 500)
        assert ticks_of(device, Event.RING_END)[0] - first == 100


async def test_ringing_is_in_the_state(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        assert await bits(device) == LineBit.RINGING
        await device.wait(Event.RING_END)
        assert await bits(device) == LineBit(0)


async def test_a_caller_who_gives_up_is_known_by_the_missing_burst(
    tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        await r.exchange.subscriber("2001").hang_up()
        await device.wait(Event.RINGS_OFF)
        assert ticks_of(device, Event.RINGS_OFF)[0] - ticks_of(device, Event.RING_END)[0] == 600
        await r.exchange.subscriber("2001").dial("1001")
        await device.wait(Event.RING, count=2)
        assert device.of(Event.RING)[1] == (1, 0, "2001")  # counted from one again


async def test_no_rings_off_for_who_answers(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        await device.hook(True)
        await asyncio.sleep(10)
        assert not device.of(Event.RINGS_OFF)
        await r.exchange.subscriber("2001").hang_up()
        await device.hook(False)
        await r.exchange.subscriber("2001").dial("1001")
        await device.wait(Event.RING, count=2)
        assert device.of(Event.RING)[1][0] == 1


async def test_answering_closes_the_loop(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        await device.hook(True)
        assert await bits(device) & (LineBit.OFF_HOOK | LineBit.LOOP) == LineBit.OFF_HOOK | LineBit.LOOP
        await r.exchange.subscriber("2001").wait_connected(1.0)
        assert not device.of(Event.LOOP)  # its own hook is no news


async def test_a_caller_who_hangs_up_takes_the_current(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await r.exchange.subscriber("2001").hang_up()
        await device.wait(Event.LOOP, count=2)
        assert [a for a, _, _ in device.of(Event.LOOP)] == [0, 1]
        gone, back = ticks_of(device, Event.LOOP)
        assert back - gone == pytest.approx(50, abs=2)  # the exchange opens the loop for half a second
        await device.hook(False)
        assert await bits(device) & (LineBit.OFF_HOOK | LineBit.LOOP) == LineBit(0)
        assert len(device.of(Event.LOOP)) == 2


async def test_an_answer_reverses_the_polarity(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        phone = r.exchange.subscriber("2001")
        await device.hook(True)
        await asyncio.sleep(0.5)
        await device.dial("2001").end()
        await phone.wait_ring()
        assert not device.of(Event.POLARITY)
        await phone.answer()
        await device.wait(Event.POLARITY)
        assert device.of(Event.POLARITY) == [(1, 0, "")]
        assert LineBit.REVERSED in await bits(device)


async def test_two_lines_call_each_other(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        one, other = await r.client.open("dxxxB1C1"), await r.client.open("dxxxB1C2")
        await one.hook(True)
        await asyncio.sleep(0.5)
        await one.dial("1002").end()
        await other.wait(Event.RING)
        assert other.of(Event.RING) == [(1, 0, "1001")]
        await other.hook(True)
        await one.wait(Event.POLARITY)


async def test_a_cut_wire(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await r.exchange.cut("1001")
        await device.wait(Event.FAULT)
        assert LineBit.FAULT in await bits(device)
        assert LineBit.LOOP not in await bits(device)
        await r.exchange.cut("1001", on=False)
        await device.wait(Event.FAULT, count=2)
        assert [a for a, _, _ in device.of(Event.FAULT)] == [1, 0]
        assert next(a for a, _, _ in device.of(Event.LOOP)) == 0


async def test_a_wire_is_cut_on_hook(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await r.exchange.cut("1001")
        await device.wait(Event.FAULT)
        assert not device.of(Event.LOOP)


async def test_hooks_are_done_in_order(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        down_and_up = [device.hook(True), device.hook(False), device.hook(True), device.hook(True)]
        await asyncio.gather(*down_and_up)
        assert LineBit.OFF_HOOK in await bits(device)
        await r.exchange.subscriber("2001").wait_cleared(5.0)  # the loop was open long enough to be seen


async def test_an_answer_that_is_taken_back_at_once_is_seen(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await ringing(r)
        phone = r.exchange.subscriber("2001")
        began_s = asyncio.get_running_loop().time()
        await asyncio.gather(device.hook(True), device.hook(False))
        assert asyncio.get_running_loop().time() - began_s >= 0.1  # an exchange overlooks a shorter one
        await phone.wait_cleared(5.0)


@pytest.mark.parametrize("kind", [Kind.HOOK, Kind.ROUTE])
async def test_a_spare_has_no_line(kind: Kind, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        spare = await r.client.open("dxxxB2C1")
        assert not spare.opened.has_line
        assert spare.opened.line_timeslot == 0xFFFFFFFF
        assert await spare.status(kind, b"\1" + bytes(7)) is Status.NO_LINE


async def test_sound_on_the_line(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        before = len(device.of(Event.SOUND))
        await r.exchange.subscriber("2001").press("5", on_ms=500)
        await device.wait(Event.SOUND, a=0, count=before // 2 + 1)
        assert [a for a, _, _ in device.of(Event.SOUND)[before:]] == [1, 0]
        on, off = ticks_of(device, Event.SOUND)[before:]
        assert off - on == pytest.approx(50 - 3 + 20, abs=2)


async def test_sound_ends_with_the_call(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """Nothing is detected on-hook, and the state does not stay as it was."""
    async with rig(tmp_path) as r:
        device = await r.call()
        pressing = asyncio.create_task(r.exchange.subscriber("2001").press("5", on_ms=5000))
        await device.wait(Event.SOUND, a=1)
        await device.hook(False)
        assert await bits(device) == LineBit(0)
        assert device.of(Event.SOUND)[-1] == (0, 0, "")
        await pressing


async def test_tones_of_a_watched_template(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        assert await device.watch(101, 450, 30) is Status.OK
        await device.hook(True)  # dial tone: 450 Hz
        await device.wait(Event.TONE, a=1)
        await device.dial("2").end()
        await device.wait(Event.TONE, a=0)
        assert device.of(Event.TONE) == [(1, 101, ""), (0, 101, "")]
        assert await device.watch(101, 450, 30, on=False) is Status.OK
        await device.hook(False)
        await device.hook(True)
        await asyncio.sleep(1.0)
        assert len(device.of(Event.TONE)) == 2


@pytest.mark.parametrize(("f1_hz", "dev1_hz", "f2_hz"), [(350, 20, 440), (1200, 50, 0)])
async def test_tones_that_the_country_does_not_have(
    f1_hz: int, dev1_hz: int, f2_hz: int, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        assert await device.watch(1, f1_hz, dev1_hz, f2_hz) is Status.UNSUPPORTED


async def test_templates_are_bounded(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        found = [await device.watch(number, 450, 30) for number in range(65)]
        assert found == [Status.OK] * 64 + [Status.BAD_VALUE]
