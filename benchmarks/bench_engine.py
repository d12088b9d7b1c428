"""What the engine costs: in C per port and tick, as a whole in real time, in memory.

Virtual-time figures are the engine's own `compute_ns` over `port_ticks`: commands, port rings, detectors, jobs, mixing,
events; not the file thread and nothing of Python. The ports are rings, so no simulated exchange is in them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cffi import FFI

from benchmarks.figures import SHORT, best_isa
from benchmarks.rig import BLOCK, RATE_HZ, LiveRig, Rig, prompt, speech, write_wav
from boardcore._native import ffi, lib
from boardcore.dsp import available_isas
from boardcore.ports import RecordSpec
from boardcore.ports.jobs import AudioFile, AudioSamples, Encoding
from boardcore.tones import country

Report = Callable[..., Any]
CHANNELS = 480
TICKS, ROUNDS = (40, 9) if SHORT else (40, 45)
CALL = lib.BC_DETECT_DTMF | lib.BC_DETECT_SOUND  # what is on for every connected call
MIX_PARTIES = 32


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than a minute: it is streamed from the disk."""
    path = tmp_path_factory.mktemp("audio") / "long.wav"
    write_wav(path, speech())
    return path


def busy_rig(isa: str | None, long_file: Path, folder: Path) -> Rig:
    """480 channels in pairs, DTMF and sound detection on all; of each pair one records, one plays (half from files)."""
    rig = Rig(CHANNELS, isa)
    for port in range(CHANNELS):
        rig.detect(port, CALL)
    for port in range(0, CHANNELS, 2):
        rig.bridge(port, port + 1)
        rig.record(port, folder / f"{port}.wav")
        if port % 4:
            rig.play(port + 1, speech())
        else:
            rig.play_file(port + 1, long_file)
    return rig


@pytest.mark.parametrize("isa", available_isas())
def test_engine_row(benchmark: Any, figure: Report, isa: str, long_file: Path, tmp_path: Path) -> None:
    rig = busy_rig(isa, long_file, tmp_path)
    try:
        found = benchmark.pedantic(rig.measure, args=(TICKS, ROUNDS), rounds=1)
        counted = rig.statistics()
    finally:
        rig.close()
    assert counted.play_underruns == counted.record_overruns == 0
    target = 400.0 if isa == best_isa() else None
    note = "ticks in C, ring ports included"
    figure(f"engine, 480 channels in pairs, {isa}", found, "ns/channel/tick", target, note=note)


def clocks(rig: LiveRig) -> dict[str, float]:
    """Seconds so far: on the wall, and of the processor by whom."""
    return {
        "wall": time.perf_counter(),
        "process": time.process_time(),
        "python": time.thread_time() - rig.feeding_s,
        "feeding": rig.feeding_s,
        "ticks": float(rig.engine.statistics()["compute_ns"]) / 1e9,
    }


async def share_of_a_core(
    seconds: float, long_file: Path, folder: Path
) -> tuple[dict[str, float], dict[str, Any]]:
    """The same in real time through the library's Python, prompts of two seconds started again and again.

    Percent of a core by whom, and the counters.
    """
    rig = LiveRig(CHANNELS)
    long = AudioFile(long_file, speech().size, Encoding.PCM16)
    jobs: list[Any] = []
    for port in range(0, CHANNELS, 2):
        rig.ports[port].listen(rig.ports[port + 1].slot_in)
        rig.ports[port + 1].listen(rig.ports[port].slot_in)
        jobs.append(await rig.media[port].start(RecordSpec(folder / f"{port}.wav")))
        rig.play(port + 1, AudioSamples(prompt()) if port % 4 else long)
    await asyncio.sleep(1.0)
    before = clocks(rig)
    await asyncio.sleep(seconds)
    spent = {name: after - before[name] for name, after in clocks(rig).items()}
    counted: dict[str, Any] = {**rig.engine.statistics(), "digits": rig.digits, "prompts": rig.prompts}
    for job in jobs:
        job.stop()
        await job.result()
    await rig.close()
    wall = spent.pop("wall")
    return {name: 100 * took / wall for name, took in spent.items()}, counted


def test_share_of_a_core(benchmark: Any, figure: Report, long_file: Path, tmp_path: Path) -> None:
    seconds = 3.0 if SHORT else 10.0
    share, counted = benchmark.pedantic(
        lambda: asyncio.run(share_of_a_core(seconds, long_file, tmp_path)), rounds=1
    )
    benchmark.extra_info.update(counted)
    assert counted["play_underruns"] == counted["record_overruns"] == 0
    assert counted["slips"] == 0, "the feeding task was late: the figure would be of less work"
    assert counted["digits"] > 0
    assert counted["prompts"] > 0
    ours = share["process"] - share["feeding"]
    rest = ours - share["python"] - share["ticks"]
    note = f"ticks {share['ticks']:.1f}, Python {share['python']:.1f}, files and wake-ups {rest:.1f}"
    note += f"; without the benchmark's own feeding of the rings, {share['feeding']:.1f}"
    figure("the same 480 channels in real time", ours, "% of a core", 4.0, note=note)


# ---- each resource alone -----------------------------------------------------------------------------------
def _each(work: Callable[[Rig, int], None]) -> Callable[[Rig, Path], None]:
    def fill(rig: Rig, folder: Path) -> None:
        for port in range(CHANNELS):
            work(rig, port)

    return fill


def _rooms(size: int) -> Callable[[Rig, Path], None]:
    def fill(rig: Rig, folder: Path) -> None:
        for first in range(0, CHANNELS, size):
            rig.room(range(first, first + size))

    return fill


def _record_all(rig: Rig, folder: Path) -> None:
    for port in range(CHANNELS):
        rig.record(port, folder / f"{port}.wav")


def _bridge_all(rig: Rig, folder: Path) -> None:
    for port in range(0, CHANNELS, 2):
        rig.bridge(port, port + 1)


def _dtmf_collect(rig: Rig, port: int) -> None:
    rig.detect(port, lib.BC_DETECT_DTMF)
    rig.collect(port)


RESOURCES: dict[str, tuple[bool, Callable[[Rig, Path], None] | None]] = {  # do callers speak? and what is on
    "idle": (False, None),
    "speech on the line": (True, None),
    "play": (False, _each(lambda rig, port: rig.play(port, speech()))),
    "record": (True, _record_all),
    "DTMF": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_DTMF))),
    "DTMF and collect": (True, _each(_dtmf_collect)),
    "a country's nine tones": (True, _each(lambda rig, port: rig.hear_tones(port, country("US")))),
    "fax and modem tones": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_MODEM))),
    "R2 forward": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_R2_FORWARD))),
    "R1": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_R1))),
    "DTMF, muted on the bus": (True, _each(lambda rig, port: rig.mute_digits(port))),
    "sound": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_SOUND))),
    "progress tone": (True, _each(lambda rig, port: rig.detect(port, lib.BC_DETECT_TONE))),
    "conference of 8": (True, _rooms(8)),
    "conference of 60": (True, _rooms(60)),
    "bridge": (True, _bridge_all),
    "stream": (True, _each(lambda rig, port: rig.stream(port))),
}


@pytest.mark.parametrize("resource", list(RESOURCES))
def test_resource(benchmark: Any, figure: Report, resource: str, tmp_path: Path) -> None:
    fed, fill = RESOURCES[resource]
    rig = Rig(CHANNELS, fed=fed)
    try:
        if fill is not None:
            fill(rig, tmp_path)
        found = benchmark.pedantic(rig.measure, args=(TICKS, ROUNDS), rounds=1)
    finally:
        rig.close()
    base = "silent line" if not fed else "speech on the line"
    figure(f"alone: {resource}", found, "ns/port/tick", note=f"480 ring ports, {base} included")


DETECTORS: dict[str, int] = {
    "DTMF": lib.BC_DETECT_DTMF,
    "a country's nine tones": lib.BC_DETECT_TONES,
    "fax and modem tones": lib.BC_DETECT_MODEM,
    "R2 forward": lib.BC_DETECT_R2_FORWARD,
}


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_detector_memory(benchmark: Any, figure: Report, detector: str) -> None:
    rig = Rig(CHANNELS, fed=False)
    try:
        if detector == "a country's nine tones":
            rig.hear_tones(0, country("US"))
        else:
            rig.detect(0, DETECTORS[detector])
        found = benchmark.pedantic(rig.detector_bytes, args=(DETECTORS[detector],), rounds=1) / 1024
    finally:
        rig.close()
    figure(f"memory of a lane: {detector}", found, "KiB", note="reserved; resident once a group of 16 lanes is in use")


# ---- conference kernels ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def mix_peer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """The scalar loop, compiled here."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the scalar peer (apt-get install gcc)")
    library = tmp_path_factory.mktemp("peer") / "mix_peer.so"
    source = Path(__file__).with_name("mix_peer.c")
    flags = ["-O2", "-fno-tree-vectorize", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
    peer = FFI()
    peer.cdef(
        "void mix_scalar(const int16_t *, int16_t *, int, int);"
        "void mix_by(void *, void *, int, const int16_t *, int16_t *, int, int);"
    )
    return peer, peer.dlopen(str(library))


def _address(peer: Any, name: str) -> Any:
    return peer.cast("void *", int(ffi.cast("uintptr_t", ffi.addressof(lib, name))))


def test_conference_mix(benchmark: Any, figure: Report, mix_peer: tuple[Any, Any]) -> None:
    peer, loop = mix_peer
    rng = np.random.default_rng(1)
    rows = rng.integers(-8000, 8000, (MIX_PARTIES, 96)).astype(np.int16)
    outs = {name: np.zeros_like(rows) for name in ("peer", *available_isas())}
    blocks, source = 1000, peer.from_buffer("int16_t[]", rows)
    kernels = _address(peer, "bc_mix_accumulate"), _address(peer, "bc_mix_without")

    def mix_once(name: str, isa: int) -> float:
        room = peer.from_buffer("int16_t[]", outs[name], require_writable=True)
        began = time.perf_counter()
        if name == "peer":
            loop.mix_scalar(source, room, MIX_PARTIES, blocks)
        else:
            loop.mix_by(*kernels, isa, source, room, MIX_PARTIES, blocks)
        return time.perf_counter() - began

    def mix_all() -> dict[str, float]:
        """By turns, so that a busy neighbour slows all alike; the median of each."""
        isas = {name: isa for isa, name in enumerate(outs, start=-1)}
        turns = [{name: mix_once(name, isa) for name, isa in isas.items()} for _ in range(15 if SHORT else 45)]
        return {name: statistics.median(turn[name] for turn in turns) for name in isas}

    took = benchmark.pedantic(mix_all, rounds=1)
    for name, out in outs.items():
        assert np.array_equal(out[:, :BLOCK], outs["peer"][:, :BLOCK]), name
    audio_s = MIX_PARTIES * blocks * BLOCK / RATE_HZ
    for name in available_isas():
        note = f"{audio_s / took[name]:,.0f} parties a core, scalar loop {audio_s / took['peer']:,.0f}"
        target = 5.0 if name == best_isa() else None
        ratio = took["peer"] / took[name]
        figure(f"conference mix, {name}", ratio, "× scalar loop", target, at_most=False, note=note)


# ---- memory ------------------------------------------------------------------------------------------------
_MEMORY = """
import asyncio, json, sys
from pathlib import Path
import boardcore
from boardcore.testing import VirtualClock
sys.path.append({root!r})
from benchmarks.rig import Rig, speech
from boardcore._native import lib

def rss():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

async def board(lines):
    async with boardcore.open_board("sim:analog?lines=1"):
        await asyncio.sleep(1)  # whatever is loaded at first use
        before = rss()
    async with boardcore.open_board(f"sim:analog?lines={{lines}}"):
        await asyncio.sleep(1)
        return (rss() - before) / lines

def ports(count):
    speech()
    before = rss()
    rig = Rig(count)
    for port in range(count):
        rig.detect(port, lib.BC_DETECT_DTMF)
    rig.run(100)
    return (rss() - before) / count

kind, count = sys.argv[1], int(sys.argv[2])
print(VirtualClock().run(board(count)) if kind == "board" else ports(count))
"""


@pytest.mark.parametrize(("kind", "count"), [("board", 480), ("board", 2000), ("port", 2000)])
def test_memory(benchmark: Any, figure: Report, kind: str, count: int) -> None:
    code = _MEMORY.format(root=str(Path(__file__).resolve().parent.parent))

    def child() -> float:
        run = subprocess.run(
            [sys.executable, "-c", code, kind, str(count)], check=True, capture_output=True, text=True
        )
        return float(json.loads(run.stdout))

    found = benchmark.pedantic(child, rounds=1) / 1024
    if kind == "board":
        name = f"memory, a line channel of {count}"
        note = "resident, before its first call; both ends of its line, circuit, channel objects"
    else:
        name, note = f"memory, an engine port of {count}", "resident; its rings (8 KiB), slots and DTMF lane included"
    figure(name, found, "KiB", note=note)
