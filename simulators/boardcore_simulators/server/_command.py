"""`boardcore sim`: the simulator server from the command line."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from boardcore.testing import PacedClock
from boardcore.tones import country as profile_of
from boardcore_simulators.line import LineQuality
from boardcore_simulators.server._bodies import Board
from boardcore_simulators.server._premises import Installation
from boardcore_simulators.server._server import serving

__all__ = ["sim"]


def sim(
    serve: Annotated[Path, typer.Option("--serve", help="Unix socket to serve at.", metavar="SOCKET")],
    lines: Annotated[int, typer.Option(help="Channels with lines, on the first board.")] = 4,
    spares: Annotated[
        int | None, typer.Option(help="Voice resources without, on the second; twice the lines.", show_default=False)
    ] = None,
    first_number: Annotated[str, typer.Option(help="Of the first line; the others follow.")] = "1001",
    pace: Annotated[float, typer.Option(help="How much faster than the clock on the wall.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the lines' noise.", min=0)] = 1,
    country: Annotated[str, typer.Option(help="Whose tones: a code or name.")] = "CN",
    clearing: Annotated[
        str, typer.Option(help="How the far end's release is told: loop (current goes) or tone (busy tone alone).")
    ] = "loop",
    law: Annotated[str, typer.Option(help="The exchange's codec: a, mu or none; the country's without it.")] = "",
    loss_db: Annotated[float, typer.Option(help="Of the wires, each way.")] = 0.0,
    noise_dbm0: Annotated[float, typer.Option(help="At each end of the wires.")] = -96.0,
    delay_ms: Annotated[float, typer.Option(help="Of the wires, each way.")] = 0.0,
    echo_db: Annotated[float, typer.Option(help="Return loss of the hybrids.")] = 99.0,
    echo_delay_ms: Annotated[float, typer.Option(help="Of the echo.")] = 0.0,
) -> None:
    """Serve simulated boards to other programs (docs/simulator-protocol.md) until interrupted."""
    quality = LineQuality(law or profile_of(country).law, loss_db, noise_dbm0, delay_ms, echo_db, echo_delay_ms)
    installation = Installation(lines, spares, first_number, pace, seed, quality, country, clearing)
    logging.basicConfig(level=logging.WARNING, format="boardcore sim: %(message)s", stream=sys.stderr)
    main = _until_told(serve, installation)
    if pace == 1.0:
        asyncio.run(main)
    else:
        PacedClock(pace).run(main)


def _told(board: Board) -> str:
    return f"{board.name} ({board.channels} {'lines' if board.has_lines else 'resources'})"


async def _until_told(path: Path, installation: Installation) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with serving(path, installation) as premises:
        print(f"serving {', '.join(_told(board) for board in premises.chassis.boards)} on {path}", flush=True)
        await ended.wait()
