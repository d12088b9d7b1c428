"""C programs written for a vendor's API, compiled against our headers, run on the simulator server's boards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import subprocess
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boardcore_simulators.client import RemoteSubscriber
from boardcore_simulators.process import SimulatorProcess
from boardcore_simulators.vendor_abi import dialogic_folder

Samples = npt.NDArray[np.int16]
EXAMPLES = Path(__file__).parents[1] / "simulators/vendor_abi/dialogic/examples"
PROGRAMS = Path(__file__).parent / "vendor_abi/programs"
RATE_HZ = 8000
LIMIT_S = 30.0


def tone(freq_hz: float, seconds: float, amplitude: float = 8000.0) -> Samples:
    """A sine, int16 at 8 kHz."""
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * freq_hz * t)).astype(np.int16)


def seconds_of(samples: Samples, freq_hz: float) -> float:
    """How long a tone lasts in all, by blocks of 20 ms of which it is the most."""
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(np.float64)
    turn = np.exp(-2j * np.pi * freq_hz * np.arange(160) / RATE_HZ)
    power = 2 * np.abs(blocks @ turn / 160) ** 2
    total = np.mean(blocks**2, axis=1)
    return float(np.count_nonzero((total > 1e4) & (power > 0.6 * total))) * 0.02


async def wait_heard(phone: RemoteSubscriber, freq_hz: float, seconds: float) -> None:
    """Wait until a telephone has heard so much of a tone since it began to listen."""
    async with asyncio.timeout(LIMIT_S):
        while seconds_of(await phone.fetch_heard(), freq_hz) < seconds:  # noqa: ASYNC110 - it is another process's
            await asyncio.sleep(0.01)


def write_wave(path: Path, samples: Samples) -> None:
    """Write 16-bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


def read_wave(path: Path) -> Samples:
    """Read 16-bit PCM of one channel at 8 kHz."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


class Program:
    """A C program that runs: its lines as they come."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), LIMIT_S)).decode().rstrip()

    async def expect(self, text: str) -> str:
        """Its next line, which begins with a text."""
        line = await self.line()
        assert line.startswith(text), f"{line!r}, wanted {text!r}"
        return line

    async def tell(self, text: str) -> None:
        """Write a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        await self.process.stdin.drain()

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), LIMIT_S)


@contextlib.asynccontextmanager
async def running(path: Path, simulator: SimulatorProcess, *arguments: str | Path) -> AsyncGenerator[Program]:
    """Run a program on a server's boards; it is killed at the end if it still runs."""
    environment = os.environ | {"BOARDCORE_SIM_SOCKET": str(simulator.path)}
    process = await asyncio.create_subprocess_exec(
        path, *map(str, arguments), env=environment, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.PIPE
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def compile_program(name: str, out: Path) -> Path:
    """Compile a program of the examples, or of these tests, as a programmer of the API would."""
    (source,) = [path for folder in (EXAMPLES, PROGRAMS) if (path := folder / f"{name}.c").is_file()]
    folder, target = dialogic_folder(), out / name
    compiler = shlex.split(os.environ.get("CC", "")) or [shutil.which("gcc") or "cc"]
    flags = ["-std=c11", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]
    link = [f"-L{folder}", f"-Wl,-rpath,{folder}", "-ldxxx", "-lsrl"]
    subprocess.run([*compiler, *flags, f"-I{folder}/include", source, "-o", target, *link], check=True)
    return target
