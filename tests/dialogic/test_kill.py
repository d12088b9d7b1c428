"""A process that is killed while a Dialogic board records for it leaves a file that can be read."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from boardcore import dsp
from boardcore.testing._hearing import read_wav
from boardcore_simulators.client import RemoteExchange
from boardcore_simulators.process import SimulatorProcess

RECORDER = """
import asyncio, sys
import boardcore

async def main():
    async with boardcore.open_board("dialogic:?library=simulated") as board:
        print("ready", flush=True)
        call = await board.next_call()
        await call.answer()
        await call.record(sys.argv[1], max_s=60)

asyncio.run(main())
"""
SPOKEN_S = 3.0
LOST_MAX_S = 0.5  # on its way, and what the file's head does not count yet


async def _speak_and_kill(path: Path, simulator: SimulatorProcess) -> None:
    environment = os.environ | {"BOARDCORE_SIM_SOCKET": str(simulator.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RECORDER, str(path), env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(30), RemoteExchange.connect(simulator.path) as exchange:
        assert await process.stdout.readline() == b"ready\n"
        phone = exchange.subscriber("2001")
        await phone.dial("1001")
        await phone.wait_connected()
        await phone.speak(dsp.tone(1000, duration_ms=SPOKEN_S * 1000))
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await phone.wait_cleared()  # the server has freed the line of the client that died


def test_a_killed_process_leaves_its_recording(tmp_path: Path) -> None:
    path = tmp_path / "m.wav"
    with SimulatorProcess(lines=1, spares=1) as simulator:
        asyncio.run(_speak_and_kill(path, simulator))
    samples = read_wav(path).samples
    assert len(samples) / 8000 >= SPOKEN_S - LOST_MAX_S
    assert dsp.level_dbm0(samples[8000:16000]) > -20
