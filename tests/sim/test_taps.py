"""Voice resources on the engine's bus: ports without a line that hear a line and are heard by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from calls import Samples, sine

from boardcore.media.engine import Engine, EnginePort
from boardcore.media.port import EngineBus, EngineMedia, EngineStream
from boardcore.ports import (
    AudioSamples,
    CollectSpec,
    DigitDetected,
    PlaySpec,
    PortEvent,
    SendDigitsSpec,
)
from boardcore.testing import VirtualClock
from boardcore_simulators import LineQuality
from boardcore_simulators.line import SimLine


class Voice:
    """A tap with its media, and what it told of."""

    def __init__(self, engine: Engine) -> None:
        self.events: list[PortEvent] = []
        self.port = engine.open_tap()
        self.media = EngineMedia(self.port, EngineBus.of(engine), self.events.append)
        self.port.handler = self.media.handle

    @property
    def digits(self) -> str:
        return "".join(e.digit or "?" for e in self.events if isinstance(e, DigitDetected))


@asynccontextmanager
async def resource_on_a_line() -> AsyncGenerator[tuple[Voice, SimLine, EngineMedia]]:
    """A voice resource joined to a line's station; the media of the line's other end."""
    engine = Engine.acquire()
    line = SimLine(engine, "1001", LineQuality(law="none"), 1)
    line.hook(True)
    far = EngineMedia(line.circuit, EngineBus.of(engine), lambda event: None)
    voice = Voice(engine)
    voice.port.receive_from(line.station.slot_in)
    line.station.listen(voice.port.slot_media)
    try:
        yield voice, line, far
    finally:
        await voice.port.close()
        await line.close()
        engine.release()


async def heard_by(port: EnginePort, seconds: float) -> Samples:
    stream = EngineStream(port.engine, port, round(seconds * 100) + 50)
    await asyncio.sleep(seconds)
    await stream.close()
    return stream.read_now()


async def test_a_resource_takes_digits_of_its_line(virtual_clock: VirtualClock) -> None:
    async with resource_on_a_line() as (voice, _, far):
        voice.media.detect(True)
        collecting = await voice.media.start(CollectSpec(max_digits=3))
        await far.start(SendDigitsSpec("471"))
        assert (await collecting.result()).digits == "471"
        assert voice.digits == "471"


async def test_a_line_hears_its_resource(virtual_clock: VirtualClock) -> None:
    async with resource_on_a_line() as (voice, _, far):
        said = sine(0.5)
        await voice.media.start(PlaySpec(AudioSamples(said)))
        heard = await heard_by(far.port, 1.0)
        assert np.array_equal(heard[np.flatnonzero(heard)[0] :][:3000], said[np.flatnonzero(said)[0] :][:3000])


async def test_a_resource_that_is_switched_off_hears_nothing(virtual_clock: VirtualClock) -> None:
    async with resource_on_a_line() as (voice, _, far):
        await far.start(PlaySpec(AudioSamples(sine(5.0))))
        assert np.abs(await heard_by(voice.port, 1.0)).max() > 5000
        voice.port.receive_from(-1)
        await asyncio.sleep(0.02)
        assert not (await heard_by(voice.port, 1.0)).any()


async def test_a_resource_hears_another(virtual_clock: VirtualClock) -> None:
    async with resource_on_a_line() as (voice, line, _):
        other = Voice(line.engine)
        other.port.receive_from(voice.port.slot_media)
        said = sine(0.5)
        await voice.media.start(PlaySpec(AudioSamples(said)))
        heard = await heard_by(other.port, 1.0)
        assert np.array_equal(heard[80 : 80 + said.size], said)
        await other.port.close()


async def test_slots_that_nobody_has_are_refused(virtual_clock: VirtualClock) -> None:
    async with resource_on_a_line() as (voice, line, _):
        other = Voice(line.engine)
        closed = other.port.slot_media
        await other.port.close()
        other.port.receive_from(line.station.slot_in)  # closed: harmless
        with pytest.raises(ValueError, match="switch a tap"):
            voice.port.receive_from(closed)
        with pytest.raises(ValueError, match="switch a tap"):
            voice.port.receive_from(voice.port.slot_in)
        with pytest.raises(ValueError, match="switch a tap"):
            line.station.receive_from(-1)
        with pytest.raises(ValueError, match="switch a port"):
            line.station.listen(closed)
        assert line.station.listening == voice.port.slot_media  # as before
