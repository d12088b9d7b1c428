"""`boardcore bench`: the engine alone, in virtual time, on ports that have no simulated exchange behind them; then the
DTMF detector alone. `make bench` has peers beside them; this is for a look at a machine."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from boardcore import dsp
from boardcore._native import ffi, lib
from boardcore.dsp._isa import isa_number
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports import AudioSamples, PlaySpec, PortEvent, RecordSpec, Termination
from boardcore.testing import VirtualClock

__all__ = ["measure"]

DTMF_CHANNELS = 64
DTMF_S = 2
DTMF_EVENTS = 64 * DTMF_CHANNELS  # more than there can be
DTMF_ROUNDS = 7


def _ignore(event: PortEvent) -> None:
    pass


def measure(channels: int, seconds: float) -> list[dict[str, Any]]:
    """A row for each instruction set of this machine: ns of C per channel per tick, channels a core could carry.

    Raises:
        BoardLost: the engine cannot be made so large.
    """
    return [_engine(isa, channels, seconds) | _dtmf(isa) for isa in dsp.available_isas()]


def _engine(isa: str, channels: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return VirtualClock().run(_run(isa, channels, seconds, Path(folder)))


def _dtmf(isa: str) -> dict[str, Any]:
    """The detector's C alone, with digits half of the time on every channel, which is the hardest case."""
    channels, samples = DTMF_CHANNELS, DTMF_S * dsp.RATE_HZ
    digits = dsp.dtmf_tones(dsp.DTMF_DIGITS, on_ms=60, off_ms=60, level_dbm0=-12)[:samples]
    audio = np.random.default_rng(1).integers(-20, 21, (channels, samples)).astype(np.int16)
    for channel, row in enumerate(audio):
        row[: digits.size] += np.roll(digits, 7 * channel)
    rx: Any = ffi.gc(lib.bc_dtmf_rx_new(channels, isa_number(isa), ffi.NULL, ffi.NULL), lib.bc_rx_free)
    for lane in range(channels):
        lib.bc_rx_enable(rx, lane, 1)
    base: Any = ffi.from_buffer("int16_t[]", audio)
    consumed: Any = ffi.new("size_t *")
    events: Any = ffi.new("bc_rx_event[]", DTMF_EVENTS)
    times_s: list[float] = []
    for _ in range(DTMF_ROUNDS):
        start_s = time.perf_counter()
        lib.bc_rx_process(rx, base, samples, samples, consumed, events, DTMF_EVENTS)
        times_s.append(time.perf_counter() - start_s)
    return {"dtmf_channels_per_core": channels * DTMF_S / statistics.median(times_s)}


async def _run(isa: str, channels: int, seconds: float, folder: Path) -> dict[str, Any]:
    engine = Engine.acquire(max_ports=channels, isa=isa_number(isa))
    try:
        bus = EngineBus.of(engine)
        ports: list[EngineMedia] = []
        rings: list[Any] = []
        for _ in range(channels):
            raw: Any = ffi.gc(lib.bc_ring_port_new(4), lib.bc_ring_port_free)
            rings.append(raw)
            ports.append(EngineMedia(engine.open_port(lib.bc_ring_port_ops(), raw, raw), bus, _ignore))
        noise = np.random.default_rng(1).normal(0, 2000, 80 * 8).astype(np.int16)
        prompt = AudioSamples(np.random.default_rng(2).normal(0, 2000, round(seconds * 8000) + 8000).astype(np.int16))
        jobs: list[Any] = []
        for i, media in enumerate(ports):
            media.detect(True)
            if i % 2:
                await bus.connect(media, ports[i - 1])
                jobs.append(await media.start(PlaySpec(prompt, Termination(max_s=seconds))))
            else:
                jobs.append(await media.start(RecordSpec(folder / f"{i}.wav", stop=Termination(max_s=seconds))))
        # Audio from the lines: eight blocks at a time, as the engine uses them up.
        buffer: Any = ffi.from_buffer("int16_t[]", noise)
        out: Any = ffi.new("int16_t[]", noise.size)
        while jobs and not jobs[-1].done:
            for raw in rings:
                lib.bc_ring_port_write(raw, buffer, 8)
                lib.bc_ring_port_read(raw, out, 8)
            engine.advance(engine.loop.time() + 0.08, lambda now_s: engine.loop.arrive(now_s))  # type: ignore[attr-defined]
        for job in jobs:
            await job.result()
        figures = engine.statistics()
        for media in ports:
            await media.port.close()
    finally:
        engine.release()
    ns = float(figures["compute_ns"]) / float(figures["port_ticks"])
    return {"isa": isa, "channels": channels, "ns": ns, "channels_per_core": 1e7 / ns, "share": ns * channels / 1e7}
