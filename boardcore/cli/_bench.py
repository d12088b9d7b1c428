"""`boardcore bench`: the engine alone, in virtual time, on ports that have no simulated exchange behind them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.errors import BoardLost
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports import AudioSamples, PlaySpec, PortEvent, RecordSpec, Termination
from boardcore.testing import VirtualClock

__all__ = ["measure"]

ISAS = {"scalar": 0, "avx2": 1, "avx512": 2}


def _ignore(event: PortEvent) -> None:
    pass


def measure(isa: str, channels: int, seconds: float) -> dict[str, Any] | None:
    """Nanoseconds of C per channel per tick; None if this machine lacks the instruction set."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return VirtualClock().run(_run(isa, channels, seconds, Path(folder)))
        except BoardLost:
            return None


async def _run(isa: str, channels: int, seconds: float, folder: Path) -> dict[str, Any]:
    engine = Engine.acquire(max_ports=channels, isa=ISAS[isa])
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
