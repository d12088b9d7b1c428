"""C programs written for a vendor's API, compiled against our headers, run on the simulator server's boards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from boardcore_simulators.client import RemoteSubscriber
from boardcore_simulators.process import SimulatorProcess
from boardcore_simulators.vendor_abi import dialogic_folder

Samples = npt.NDArray[np.int16]
EXAMPLES = Path(__file__).parents[2] / "simulators/vendor_abi/dialogic/examples"
PROGRAMS = Path(__file__).parent / "programs"
RATE_HZ = 8000
LIMIT_S = 30.0
Compile = Callable[[str], Path]


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
        while seconds_of(await phone.fetch_heard(), freq_hz) < seconds:
            await asyncio.sleep(0.01)


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


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    """A server of four lines, twice as fast as the clock on the wall."""
    with SimulatorProcess(lines=4, pace=2.0) as process:
        yield process


@pytest.fixture(scope="session")
def compile_program(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compile a program of the examples, or of these tests, as a programmer of the API would."""
    out = tmp_path_factory.mktemp("programs")
    compiler = shlex.split(os.environ.get("CC", "")) or [shutil.which("gcc") or "cc"]

    def build(name: str) -> Path:
        (source,) = [path for folder in (EXAMPLES, PROGRAMS) if (path := folder / f"{name}.c").is_file()]
        folder, target = dialogic_folder(), out / name
        flags = ["-std=c11", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]
        link = [f"-L{folder}", f"-Wl,-rpath,{folder}", "-ldxxx", "-lsrl"]
        subprocess.run([*compiler, *flags, f"-I{folder}/include", source, "-o", target, *link], check=True)
        return target

    return build


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """menu.wav (700 Hz, 1 s) and a file a digit (800 Hz + 100 Hz a digit, 0.3 s)."""
    soundfile.write(tmp_path / "menu.wav", tone(700, 1.0), RATE_HZ, subtype="PCM_16")
    for digit in range(10):
        soundfile.write(tmp_path / f"{digit}.wav", tone(800 + 100 * digit, 0.3), RATE_HZ, subtype="ULAW")
    return tmp_path
