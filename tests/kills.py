"""Kill a recording process at random moments and look at what its files are worth.

Run as a program it is the process to be killed: real time, some channels over simulated lines that each carry a noise
of their own, recorded in every encoding. It tells its progress on standard output, in ticks recorded. Whoever reads
that kills it when a random amount is recorded; nobody sleeps.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped,unused-ignore]

from boardcore.dsp import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.ports import PlaySpec, PortEvent, RecordSpec
from boardcore.ports.jobs import AudioSamples, Encoding
from boardcore_simulators.line import LineQuality, SimLine

__all__ = ["Kill", "kill_many"]

Int16 = npt.NDArray[np.int16]
ENCODINGS = (Encoding.PCM16, Encoding.ALAW, Encoding.ULAW)
CHANNELS = 6
SIGNAL_S = 10
MAY_BE_LOST_S = 1.0
FLOOR = 50  # the signal is louder in every sample; coded silence is not


def signal(seed: int, channel: int) -> Int16:
    """Noise of 10 s in which no stretch is like another, and no sample is small."""
    rng = np.random.default_rng([seed, channel])
    size = SIGNAL_S * 8000
    samples: Int16 = (rng.integers(2 * FLOOR, 8000, size) * rng.choice([-1, 1], size)).astype(np.int16)
    return samples


# ---- the process that is killed ----------------------------------------------------------------------------
def _ignore(event: PortEvent) -> None:
    pass


async def _record(folder: Path, seed: int) -> None:
    engine = Engine.acquire(max_ports=2 * CHANNELS)
    bus = EngineBus.of(engine)
    lines = [SimLine(engine, str(i), LineQuality(law="none"), seed) for i in range(CHANNELS)]
    for line in lines:
        line.hook(True)
    keep: list[Any] = []
    for channel, line in enumerate(lines):
        media = EngineMedia(line.station, bus, _ignore)
        path = folder / f"{channel}.wav"
        keep.append(await media.start(RecordSpec(path, ENCODINGS[channel % len(ENCODINGS)])))
    started = engine.tick + 1  # the last recording begins with the tick that comes next
    for channel, line in enumerate(lines):
        source = EngineMedia(line.circuit, bus, _ignore)
        keep.append(await source.start(PlaySpec(AudioSamples(signal(seed, channel)))))
    while True:
        print(engine.tick - started, flush=True)
        await asyncio.sleep(0.005)


# ---- the one who kills it ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Kill:
    """One kill and the worst of its files.

    Attributes:
        seed: of the signals, and of the moment.
        told_s: how much was recorded when the process was last heard of.
        missing_s: how much of that is not in the shortest file; negative where a file has more.
        wrong: what is wrong with the files; empty if nothing is.
    """

    seed: int
    told_s: float
    missing_s: float
    wrong: tuple[str, ...]


def kill_one(folder: Path, seed: int) -> Kill:
    """Start a recording process, kill it with SIGKILL at a moment drawn from the seed, judge its files."""
    folder.mkdir()
    until = random.Random(seed).randrange(15, 250)  # ticks
    command = [sys.executable, __file__, str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # asked for
        told = -1
        for line in process.stdout:
            told = int(line)
            if told >= until:
                break
        process.kill()
    missing: list[float] = []
    wrong: list[str] = []
    for channel in range(CHANNELS):
        path = folder / f"{channel}.wav"
        try:
            missing.append(told * 0.01 - _judge(path, channel, seed))
        except Exception as error:  # whatever a reader raises, it could not read the file
            wrong.append(f"{path.name}: {error!r}")
    if process.returncode != -9:
        wrong.append(f"the process ended by itself with {process.returncode} after {told} ticks")
    worst = max(missing, default=float("inf"))
    if worst > MAY_BE_LOST_S:
        wrong.append(f"{worst:.2f} s are missing")
    return Kill(seed, told * 0.01, worst, tuple(wrong))


def _judge(path: Path, channel: int, seed: int) -> float:
    """Seconds in the file, if every sample in it is right."""
    encoding = ENCODINGS[channel % len(ENCODINGS)]
    heard: Int16 = np.asarray(soundfile.read(str(path), dtype="int16")[0], np.int16)
    if encoding is Encoding.PCM16:
        with wave.open(str(path), "rb") as other:
            frames = other.readframes(other.getnframes())
        if not np.array_equal(np.frombuffer(frames, np.int16), heard):
            raise ValueError("wave and soundfile read different samples")
    sent = signal(seed, channel)
    if encoding is Encoding.ALAW:
        sent = alaw_decode(alaw_encode(sent))
    elif encoding is Encoding.ULAW:
        sent = ulaw_decode(ulaw_encode(sent))
    loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > FLOOR)
    first = int(loud[0]) if loud.size else heard.size
    if not np.array_equal(heard[first:], sent[: heard.size - first]):
        raise ValueError(f"the audio is not what was sent, from sample {first} on")
    return heard.size / 8000


def kill_many(folder: Path, count: int, seed: int, at_a_time: int = 6) -> list[Kill]:
    """So many kills, several processes at a time."""
    with ThreadPoolExecutor(at_a_time) as pool:
        folders = [folder / str(i) for i in range(count)]
        return list(pool.map(kill_one, folders, range(seed, seed + count)))


if __name__ == "__main__":
    asyncio.run(_record(Path(sys.argv[1]), int(sys.argv[2])))
