"""Programs that check the library from within: bad input, asynchronous jobs, the loss of the boards."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from abi_programs import running

from boardcore_simulators.process import SimulatorProcess


@pytest.mark.parametrize("name", ["bad_input", "jobs"])
def test_program_finds_nothing_wrong(name: str, program: Callable[[str], Path], simulator: SimulatorProcess) -> None:
    async def main() -> None:
        async with running(program(name), simulator) as run:
            await run.expect("good")
            assert await run.ended() == 0

    asyncio.run(main())


def test_loss_of_the_server(program: Callable[[str], Path]) -> None:
    async def main() -> None:
        path = program("loss")
        with SimulatorProcess(lines=4, pace=2.0) as simulator:
            async with running(path, simulator) as run:
                await run.expect("ready")
                await asyncio.to_thread(simulator.kill)
                await run.expect("lost")
                await asyncio.to_thread(simulator.start)
                await run.tell("back")
                await run.expect("good")
                assert await run.ended() == 0

    asyncio.run(main())


def test_what_is_missing_is_logged_once(program: Callable[[str], Path], simulator: SimulatorProcess) -> None:
    environment = {"BOARDCORE_SIM_SOCKET": str(simulator.path)}
    done = subprocess.run([program("bad_input")], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr.count("boardcore-dialogic: call progress analysis (DX_CALLP) is not simulated\n") == 1
    quiet = environment | {"BOARDCORE_DIALOGIC_LOG": "0"}
    done = subprocess.run([program("bad_input")], env=quiet, capture_output=True, text=True, check=True)
    assert done.stderr == ""
