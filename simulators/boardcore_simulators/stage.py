"""Where `boardcore demo --board dialogic` is played: a Dialogic board simulated in a process of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import boardcore
from boardcore import Board
from boardcore_simulators.client import RemoteExchange
from boardcore_simulators.process import SimulatorProcess

__all__ = ["SOCKET_VARIABLE", "dialogic"]

SOCKET_VARIABLE = "BOARDCORE_SIM_SOCKET"  # where the vendor-ABI libraries look for the server
LINES = 6


@asynccontextmanager
async def dialogic(quality: str, seed: int) -> AsyncGenerator[tuple[Board, RemoteExchange]]:
    """Start a server, open its board through the vendor's API, and connect to its exchange.

    Args:
        quality: Of the lines, as in an address: `loss_db=2&echo_db=28`.
        seed: Of the lines' noise.
    """
    pace = getattr(asyncio.get_running_loop(), "pace", 1.0)
    options = ["--" + option.replace("_", "-") for option in quality.split("&")]  # --loss-db=2
    simulator = SimulatorProcess(lines=LINES, pace=pace, options=[*options, f"--seed={seed}"])
    await asyncio.to_thread(simulator.start)
    before = os.environ.get(SOCKET_VARIABLE)
    os.environ[SOCKET_VARIABLE] = str(simulator.path)
    try:
        async with (
            RemoteExchange.connect(simulator.path) as exchange,
            boardcore.open_board("dialogic:?library=simulated") as board,
        ):
            yield board, exchange
    finally:
        if before is None:
            del os.environ[SOCKET_VARIABLE]
        else:
            os.environ[SOCKET_VARIABLE] = before
        await asyncio.to_thread(simulator.stop)
