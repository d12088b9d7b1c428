"""Tones, digits and muting as the engine hears them, seen through a channel's media."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
from calls import a_call, answered, phone_of, sine

import boardcore
from boardcore._native import lib
from boardcore.dsp import dtmf_tones
from boardcore.errors import BoardLost, UnsupportedOperation
from boardcore.media.engine import Engine, EngineEvent, EnginePort
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.media.rings import PlayRing
from boardcore.media.tones import engine_tones
from boardcore.ports import (
    AudioSamples,
    EndReason,
    PlaySpec,
    PortEvent,
    ProgressTone,
    Termination,
    ToneHeard,
)
from boardcore.testing import VirtualClock
from boardcore.tones import COUNTRIES, Country, country, tone_samples

SECOND = np.zeros(8000, np.int16)


class Voice:
    """A tap with its media, and what it told of; another's media is what it hears."""

    def __init__(self, engine: Engine, hears: Country | None) -> None:
        self.events: list[PortEvent] = []
        self.source = EngineMedia(engine.open_tap(), EngineBus.of(engine), self.events.append)
        self.port: EnginePort = engine.open_tap()
        self.media = EngineMedia(self.port, EngineBus.of(engine), self.events.append, hears)
        self.port.handler = self.media.handle
        self.port.receive_from(self.source.port.slot_media)

    async def say(self, tone: str, of: Country, seconds: float) -> None:
        job = await self.source.start(PlaySpec(AudioSamples(tone_samples(of.tone(tone), seconds))))
        await job.result()

    def told(self) -> list[tuple[str, bool]]:
        return [(e.name, e.on) for e in self.events if isinstance(e, ToneHeard)]

    async def close(self) -> None:
        await self.port.close()
        await self.source.port.close()


@contextlib.contextmanager
def small_engine() -> Generator[Engine]:
    engine = Engine.acquire(max_ports=64)
    try:
        yield engine
    finally:
        engine.release()


async def test_each_channel_hears_its_country(virtual_clock: VirtualClock) -> None:
    """450 Hz of China is busy there; to the United States it is nothing, whose busy is."""
    with small_engine() as engine:
        china, states = country("CN"), country("US")
        one, other = Voice(engine, china), Voice(engine, states)
        one.media.watch_tones(True)
        other.media.watch_tones(True)
        other.port.receive_from(one.source.port.slot_media)
        await one.say("busy", china, 4.0)
        await asyncio.sleep(1.0)
        await one.say("busy", states, 4.0)
        await asyncio.sleep(1.0)
        assert one.told() == [("busy", True), ("busy", False)]
        assert other.told() == [("busy", True), ("busy", False)]
        seen = [e for e in one.events + other.events if isinstance(e, ToneHeard) and e.on]
        assert seen[0].at_s < 3.0 < 5.0 < seen[1].at_s
        assert seen[0].since_s == pytest.approx(engine.epoch_s, abs=0.03)
        await one.close()
        await other.close()


async def test_a_watch_begins_anew(virtual_clock: VirtualClock) -> None:
    """What is on is told again, its end once, and nothing after the watch."""
    with small_engine() as engine:
        china = country("CN")
        voice = Voice(engine, china)
        voice.media.watch_tones(True)
        saying = asyncio.ensure_future(voice.say("busy", china, 9.0))
        await asyncio.sleep(3.0)
        voice.media.watch_tones(False)
        voice.media.watch_tones(True)
        await asyncio.sleep(3.0)
        voice.media.watch_tones(False)
        await saying
        await asyncio.sleep(1.0)
        assert voice.told() == [("busy", True), ("busy", True)]
        await voice.close()


async def test_a_watch_that_is_asked_for_twice_begins_anew(virtual_clock: VirtualClock) -> None:
    with small_engine() as engine:
        china = country("CN")
        voice = Voice(engine, china)
        voice.media.watch_tones(True)
        saying = asyncio.ensure_future(voice.say("busy", china, 6.0))
        await asyncio.sleep(3.0)
        voice.media.watch_tones(True)
        await saying
        await asyncio.sleep(2.0)
        assert voice.told() == [("busy", True), ("busy", True), ("busy", False)]
        await voice.close()


async def test_a_tick_under_way_tells_a_new_watch_nothing(virtual_clock: VirtualClock) -> None:
    """In real time the engine may be past its commands in the tick that a watch begins in."""
    with small_engine() as engine:
        voice = Voice(engine, country("CN"))
        for later, told in ((1, []), (2, [("dial", True)])):
            voice.media.watch_tones(True)
            voice.media.handle(EngineEvent(engine.tick + later, lib.BC_EV_TONE_HEARD, 1, 0, -10.0, 0.75, 0.0, 40))
            assert voice.told() == told
        await voice.close()


async def test_a_job_listens_though_nobody_watches(virtual_clock: VirtualClock) -> None:
    with small_engine() as engine:
        china = country("CN")
        voice = Voice(engine, china)
        silence, busy = AudioSamples(np.tile(SECOND, 20)), Termination(tones=frozenset({"busy"}))
        job = await voice.media.start(PlaySpec(silence, busy))
        saying = asyncio.ensure_future(voice.say("busy", china, 4.0))
        result = await job.result()
        assert (result.reason, result.tone) == (EndReason.TONE, "busy")
        await saying
        ring = PlayRing(8000, 800)
        stop = Termination(tones=frozenset({"ringback", "busy"}), max_s=9.0)
        again = voice.media.play_ring(ring, stop, lambda: None)
        await voice.say("ringback", china, 5.0)
        assert (await again.result()).tone == "ringback"
        assert voice.told() == []
        await voice.close()


async def test_a_channel_without_a_country(virtual_clock: VirtualClock) -> None:
    """It tells of the one progress frequency, and ends no job by a tone."""
    with small_engine() as engine:
        voice = Voice(engine, None)
        stop = Termination(tones=frozenset({"busy"}))
        with pytest.raises(UnsupportedOperation, match="tones"):
            await voice.media.start(PlaySpec(AudioSamples(SECOND), stop))
        voice.media.watch_tones(True)
        await voice.say("busy", country("CN"), 2.0)
        assert voice.told() == []
        assert [e.on for e in voice.events if isinstance(e, ProgressTone)][:2] == [True, False]
        await (await voice.media.start(PlaySpec(AudioSamples(SECOND)))).result()  # its place is free
        await voice.close()


async def test_a_set_serves_all_channels_of_a_country(virtual_clock: VirtualClock) -> None:
    with small_engine() as engine:
        china = COUNTRIES["CN"]
        many = [replace(china, name=f"China {number}") for number in range(lib.BC_MAX_TONE_SETS + 1)]
        sets = [engine_tones(engine, profile) for profile in many[:-1]]
        assert [s.number for s in sets] == list(range(lib.BC_MAX_TONE_SETS))
        assert engine_tones(engine, many[0]) is sets[0]
        assert sets[0].mask(frozenset({"busy", "no such tone"})) == 1 << sets[0].names.index("busy")
        assert lib.bc_engine_detector_bytes(engine.raw, lib.BC_DETECT_TONES) > 0
        with pytest.raises(BoardLost, match="another country"):
            engine_tones(engine, many[-1])


@pytest.mark.parametrize("digits", ["early", "late"])
async def test_when_a_digit_counts(virtual_clock: VirtualClock, digits: str) -> None:
    async with a_call(f"sim:analog?lines=2&digits={digits}") as (_, call, phone):
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        pressed = asyncio.ensure_future(phone.press("5", on_ms=500))
        assert await call.get_digits(1) == "5"
        after_s = loop.time() - began_s
        assert after_s < 0.1 if digits == "early" else 0.5 < after_s < 0.6
        await pressed


async def test_digits_are_early_or_late(virtual_clock: VirtualClock) -> None:
    with pytest.raises(boardcore.AddressError, match="digits must be early or late, not 'never'"):
        async with boardcore.open_board("sim:analog?digits=never"):
            pass


async def test_speech_passes_where_digits_are_muted(virtual_clock: VirtualClock) -> None:
    """20 ms later than it came, and no sample of it is another."""
    async with boardcore.open_board("sim:analog?lines=2&law=none") as board:
        one, two = await answered(board, "2001", "1001"), await answered(board, "2002", "1002")
        voice = sine(0.5, 300.0)
        heard: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
        for mute in (False, True):
            async with one.bridge(two, mute_digits=mute):
                await asyncio.sleep(0.2)
                phone_of(board, "2002").listen()
                await phone_of(board, "2001").speak(np.concatenate([voice, dtmf_tones("1", on_ms=100), voice]))
                await asyncio.sleep(0.2)
                heard.append(phone_of(board, "2002").heard())
        at = [int(np.flatnonzero(h)[0]) for h in heard]
        assert at[1] - at[0] == 160
        for h, first in zip(heard, at, strict=True):
            assert np.array_equal(h[first : first + 3800], heard[0][at[0] : at[0] + 3800])
        assert np.abs(heard[1][at[1] + 4100 : at[1] + 4700]).max() == 0
        assert np.array_equal(heard[0][at[0] + 5200 : at[0] + 8000], heard[1][at[1] + 5200 : at[1] + 8000])
