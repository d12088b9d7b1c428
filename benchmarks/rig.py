"""Bare engines for measuring: ports that are rings, fed with speech by this process, without any simulated exchange.

`Rig` runs in virtual time, straight on the C face: what it reports is the time within ticks and nothing of Python.
`LiveRig` is the same on an event loop in real time, through the library's own Python.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.dsp import alaw_decode, available_isas, dtmf_tones
from boardcore.dsp._tones import tones_rx
from boardcore.media.engine import Engine, EnginePort
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports import CollectSpec, DigitDetected, PlaySpec, PortEvent
from boardcore.ports.jobs import AudioFile, AudioSamples
from boardcore.prompts import prompt_index
from boardcore.tones import Country
from boardcore.tones._detector import tone_set

__all__ = ["BLOCK", "RATE_HZ", "LiveRig", "Rig", "prompt", "speech", "voice", "write_wav"]

BLOCK = 80
RATE_HZ = 8000
DIGIT_EVERY_S = 5  # a key pressed by every caller


def _read(path: Path) -> npt.NDArray[np.int16]:
    """The samples of a shipped prompt: A-law, behind a header of fixed form that `wave` does not read."""
    data = path.read_bytes()
    at = data.index(b"data")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    return alaw_decode(np.frombuffer(data[at + 8 : at + 8 + size], np.uint8))


@cache
def prompt() -> npt.NDArray[np.int16]:
    """One spoken prompt of some seconds."""
    return _read(prompt_index("en")["welcome"].path)


@cache
def voice() -> npt.NDArray[np.int16]:
    """A hundred seconds of speech, two languages. Read-only."""
    audio = np.concatenate([_read(p.path) for language in ("en", "zh") for p in prompt_index(language).values()])
    audio = audio[: audio.size // BLOCK * BLOCK]
    audio.flags.writeable = False
    return audio


@cache
def speech() -> npt.NDArray[np.int16]:
    """The same with a digit of 80 ms every 5 s: what callers of a menu send. Read-only."""
    audio = voice().copy()
    for i, at in enumerate(range(RATE_HZ, audio.size - RATE_HZ, DIGIT_EVERY_S * RATE_HZ)):
        tone = dtmf_tones("1234567890*#"[i % 12], on_ms=80, off_ms=0, level_dbm0=-10)
        audio[at - 800 : at + tone.size + 800] = 0  # 100 ms of silence on both sides
        audio[at : at + tone.size] = tone
    audio.flags.writeable = False
    return audio


def write_wav(path: Path, samples: npt.NDArray[np.int16]) -> None:
    """A WAV file of PCM16 at 8 kHz."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())


class _Feed:
    """Rings and the speech that goes into them, each port at its own place of it."""

    def __init__(self, ports: int, depth: int) -> None:
        audio = speech()
        self.depth = depth
        self._length = audio.size
        looped = np.concatenate([audio, audio[: depth * BLOCK]])
        self._keep = looped
        self._audio: Any = ffi.from_buffer("int16_t[]", looped)
        self._at = [(7919 * BLOCK * i) % audio.size for i in range(ports)]
        self._scratch: Any = ffi.new("int16_t[]", 4 * depth * BLOCK)
        self.rings: list[Any] = [ffi.gc(lib.bc_ring_port_new(depth), lib.bc_ring_port_free) for _ in range(ports)]

    def step(self, first: int, last: int, silent: bool = False) -> None:
        """Give ports [first, last) `depth` blocks more, and take what they sent."""
        for i in range(first, last):
            ring = self.rings[i]
            if not silent:
                lib.bc_ring_port_write(ring, self._audio + self._at[i], self.depth)
                self._at[i] = (self._at[i] + self.depth * BLOCK) % self._length
            lib.bc_ring_port_read(ring, self._scratch, 4 * self.depth)


class Rig:
    """An engine in virtual time with ring ports. Close it.

    Args:
        ports: how many.
        isa: instruction set by name.
        fed: the callers speak; else the lines are silent.
    """

    DEPTH = 4  # blocks a ring: what a relay of streamed audio uses

    def __init__(self, ports: int, isa: str | None = None, *, fed: bool = True) -> None:
        options: Any = ffi.new("bc_engine_options *")
        lib.bc_engine_defaults(options)
        options.max_ports = self.max_ports = max(ports, 64)
        self._tone_set: int | None = None
        options.isa = -1 if isa is None else available_isas().index(isa)
        options.virtual_time = 1
        error: Any = ffi.new("int *")
        self.raw: Any = lib.bc_engine_new(options, error)
        if self.raw == ffi.NULL:
            raise RuntimeError(f"no engine: {error[0]}")
        self._fed = fed
        self._feed = _Feed(ports, self.DEPTH)
        ops: Any = lib.bc_ring_port_ops()
        self.ports: list[int] = [lib.bc_engine_port_open(self.raw, ops, ring) for ring in self._feed.rings]
        self._events: Any = ffi.new("bc_event[]", 256)
        self._keep: list[Any] = []
        self.streams: list[Any] = []

    def close(self) -> None:
        lib.bc_engine_free(self.raw)

    # -- resources ------------------------------------------------------------------------------------------
    def detect(self, port: int, what: int) -> None:
        lib.bc_engine_port_detect(self.raw, self.ports[port], what)

    def hear_tones(self, port: int, country: Country) -> None:
        """Hear a country's tones; the engine gets one set for all its ports."""
        if self._tone_set is None:
            flat = tone_set(country)
            rx = tones_rx(flat.sounds, flat.patterns, self.max_ports)
            self._tone_set = int(lib.bc_engine_tones(self.raw, rx))
        lib.bc_engine_port_tones(self.raw, self.ports[port], self._tone_set)
        self.detect(port, lib.BC_DETECT_TONES)

    def mute_digits(self, port: int) -> None:
        self.detect(port, lib.BC_DETECT_DTMF)
        lib.bc_engine_port_mute_digits(self.raw, self.ports[port], 1)

    def detector_bytes(self, what: int) -> float:
        """Of the receivers behind these bits, for each port."""
        return float(lib.bc_engine_detector_bytes(self.raw, what)) / self.max_ports

    def bridge(self, one: int, other: int) -> None:
        a, b = self.ports[one], self.ports[other]
        lib.bc_engine_listen(self.raw, a, lib.bc_engine_slot_in(self.raw, b))
        lib.bc_engine_listen(self.raw, b, lib.bc_engine_slot_in(self.raw, a))

    def start(self, port: int, spec: Any) -> None:
        if lib.bc_engine_job_start(self.raw, self.ports[port], spec) <= 0:
            raise RuntimeError("a job was refused")
        self._keep.append(spec)

    def play(self, port: int, clip: npt.NDArray[np.int16]) -> None:
        """Play a clip in memory, from a place of the port's own."""
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_PLAY
        spec.clip = keep = ffi.from_buffer("int16_t[]", clip)
        spec.clip_samples = clip.size
        spec.from_sample = 523 * BLOCK * port % (clip.size // 4)
        self._keep.append(keep)
        self.start(port, spec)

    def play_file(self, port: int, path: Path) -> None:
        error: Any = ffi.new("int *")
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_PLAY
        spec.file = lib.bc_file_play(str(path).encode(), error)
        self.start(port, spec)

    def record(self, port: int, path: Path) -> None:
        error: Any = ffi.new("int *")
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_RECORD
        spec.slot = -1
        spec.file = lib.bc_file_record(str(path).encode(), 1, 0, error)
        self.start(port, spec)

    def collect(self, port: int) -> None:
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_COLLECT
        self.start(port, spec)

    def stream(self, port: int) -> None:
        """A live stream that `run` reads, and answers with what it has read."""
        stream: Any = ffi.gc(lib.bc_stream_new(64), lib.bc_stream_free)
        spec: Any = ffi.new("bc_job_spec *")
        spec.kind = lib.BC_JOB_STREAM
        spec.stream = stream
        self.streams.append(stream)
        self.start(port, spec)

    def room(self, ports: range) -> None:
        """A conference of these ports."""
        conf = lib.bc_engine_conf_open(self.raw)
        for port in ports:
            lib.bc_engine_party_add(self.raw, conf, self.ports[port], lib.BC_GAIN_ONE, 0, 0)

    # -- time -----------------------------------------------------------------------------------------------
    def run(self, ticks: int) -> float:
        """Let ticks pass. Returns ns of computing per port and tick in them."""
        before = self.statistics()
        end = before.ticks + ticks
        scratch: Any = ffi.new("int16_t[]", 64 * BLOCK)
        while (now := lib.bc_engine_tick(self.raw)) < end:
            self._feed.step(0, len(self.ports), silent=not self._fed)
            for stream in self.streams:
                lib.bc_stream_write(stream, scratch, lib.bc_stream_read(stream, scratch, 64))
            until = min(now + self.DEPTH, end)
            while lib.bc_engine_run(self.raw, until) < until:
                lib.bc_engine_poll(self.raw, self._events, 256)
            lib.bc_engine_poll(self.raw, self._events, 256)
        after = self.statistics()
        return float((after.compute_ns - before.compute_ns) / (after.port_ticks - before.port_ticks))

    def measure(self, ticks: int, rounds: int) -> float:
        """Median of several runs, after one to warm up: ns per port and tick.

        The engine times its ticks on the wall: a run in which another process took the core away counts only if there
        are no better ones.
        """
        self.run(ticks)
        clean: list[float] = []
        disturbed: list[float] = []
        while len(clean) < rounds and len(clean) + len(disturbed) < 4 * rounds:
            before = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw
            found = self.run(ticks)
            undisturbed = resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw == before
            (clean if undisturbed else disturbed).append(found)
        return statistics.median(clean or disturbed)

    def statistics(self) -> Any:
        found: Any = ffi.new("bc_engine_statistics *")
        lib.bc_engine_read_statistics(self.raw, found)
        return found


class LiveRig:
    """The running loop's engine in real time, with ring ports that a task feeds, and media on each. Close it.

    Every port's callers speak and press a key every 5 s. `digits` counts the digits told to Python.
    """

    FEEDS_A_ROUND = 10  # the ports are fed in as many parts, so that no part is a burst

    def __init__(self, ports: int, depth: int = 25) -> None:
        self.engine = Engine.acquire(max_ports=max(ports, 64))
        self._feed = _Feed(ports, depth)
        ops: Any = lib.bc_ring_port_ops()
        self.ports: list[EnginePort] = [self.engine.open_port(ops, ring, ring) for ring in self._feed.rings]
        bus = EngineBus.of(self.engine)
        self.media = [EngineMedia(port, bus, self._event) for port in self.ports]
        self.digits = self.prompts = self.collected = 0
        self.feeding_s = 0.0  # CPU time of feeding: this file's own work, not the library's
        for port, media in zip(self.ports, self.media, strict=True):
            port.handler = media.handle
            media.detect(True)
        self._feed.step(0, ports)
        self._tasks = [asyncio.ensure_future(self._keep_fed())]

    def _event(self, event: PortEvent) -> None:
        self.digits += isinstance(event, DigitDetected)

    async def _keep_fed(self) -> None:
        """`depth` blocks to every port, every `depth` ticks, of the engine's own time."""
        count, parts = len(self.ports), self.FEEDS_A_ROUND
        start, turn = self.engine.tick, 0
        while True:
            due = start + turn * self._feed.depth // parts
            await asyncio.sleep(max(0.0, (due - self.engine.tick) * 0.01))
            part, began = turn % parts, time.thread_time()
            self._feed.step(count * part // parts, count * (part + 1) // parts)
            self.feeding_s += time.thread_time() - began
            turn += 1

    # -- what the channels do -------------------------------------------------------------------------------
    def play(self, port: int, source: AudioFile | AudioSamples) -> None:
        """Play a prompt over and over."""
        self._tasks.append(asyncio.ensure_future(self._play(self.media[port], source)))

    async def _play(self, media: EngineMedia, source: AudioFile | AudioSamples) -> None:
        while True:
            job = await media.start(PlaySpec(source))
            await job.result()
            self.prompts += 1

    def collect(self, port: int) -> None:
        """Collect numbers of two digits, one after the other."""
        self._tasks.append(asyncio.ensure_future(self._collect(self.media[port])))

    async def _collect(self, media: EngineMedia) -> None:
        while True:
            job = await media.start(CollectSpec(2, "#", 10.0, 10.0))
            await job.result()
            self.collected += 1

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(port.close() for port in self.ports))
        self.engine.release()
