"""A simulator server, compiled programs, and prompts for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from abi_programs import compile_program, tone, write_wave

from boardcore_simulators.process import SimulatorProcess


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    """A server of four lines, twice as fast as the clock on the wall."""
    with SimulatorProcess(lines=4, pace=2.0) as process:
        yield process


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Compile a program by its name."""
    out = tmp_path_factory.mktemp("programs")
    return lambda name: compile_program(name, out)


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """menu.wav (700 Hz, 1 s) and a file a digit (800 Hz + 100 Hz a digit, 0.3 s)."""
    write_wave(tmp_path / "menu.wav", tone(700, 1.0))
    for digit in range(10):
        write_wave(tmp_path / f"{digit}.wav", tone(800 + 100 * digit, 0.3))
    return tmp_path
