"""Programs that check the library from within: bad input, asynchronous jobs, the loss of the boards."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from vendor_abi.conftest import Compile, running

from boardcore_simulators.process import SimulatorProcess


@pytest.mark.parametrize("name", ["bad_input", "jobs"])
def test_program_finds_nothing_wrong(name: str, compile_program: Compile, simulator: SimulatorProcess) -> None:
    async def main() -> None:
        async with running(compile_program(name), simulator) as program:
            await program.expect("good")
            assert await program.ended() == 0

    asyncio.run(main())


def test_loss_of_the_server(compile_program: Compile) -> None:
    async def main() -> None:
        path = compile_program("loss")
        with SimulatorProcess(lines=4, pace=2.0) as simulator:
            async with running(path, simulator) as program:
                await program.expect("ready")
                await asyncio.to_thread(simulator.kill)
                await program.expect("lost")
                await asyncio.to_thread(simulator.start)
                await program.tell("back")
                await program.expect("good")
                assert await program.ended() == 0

    asyncio.run(main())


def test_what_is_missing_is_logged_once(compile_program: Compile, simulator: SimulatorProcess) -> None:
    environment = {"BOARDCORE_SIM_SOCKET": str(simulator.path)}
    done = subprocess.run([compile_program("bad_input")], env=environment, capture_output=True, text=True, check=True)
    assert done.stderr.count("boardcore-dialogic: call progress analysis (DX_CALLP) is not simulated\n") == 1
    quiet = environment | {"BOARDCORE_DIALOGIC_LOG": "0"}
    done = subprocess.run([compile_program("bad_input")], env=quiet, capture_output=True, text=True, check=True)
    assert done.stderr == ""
