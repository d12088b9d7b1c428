"""What the Dialogic driver adds: from an event of the vendor's library to the awaited result, and idle channels.

The vendor's library is the simulated one, in this process; the boards are simulated in another, in real time.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.figures import SHORT
from boardcore import Board
from boardcore.ports import AudioSamples, EndReason, PlaySpec
from boardcore_dialogic import _constants as c
from boardcore_dialogic._board import DialogicBoard
from boardcore_dialogic._channel import DialogicChannel

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from dialogic_rig import serving  # the rig of the tests

Report = Callable[..., Any]
BUSY, IDLE = 120, 480
BUSY_S, IDLE_S = (2.0, 2.0) if SHORT else (8.0, 8.0)
CLIP_S = 0.5


def dialogic(board: Board) -> DialogicBoard:
    """The driver's own board."""
    assert isinstance(board.port, DialogicBoard)
    return board.port


class Arrivals:
    """When sr_waitevt last gave a channel the end of a play."""

    def __init__(self, board: DialogicBoard) -> None:
        self.at_s: dict[int, float] = {}
        self._wait = board.vendor.wait_event
        board.vendor.wait_event = self._noting  # type: ignore[method-assign]

    def _noting(self, timeout_ms: int, now: Callable[[], float]) -> Any:
        event = self._wait(timeout_ms, now)
        if event is not None and event.kind == c.Event.PLAY:
            self.at_s[event.device] = event.at_s
        return event

    def restore(self, board: DialogicBoard) -> None:
        board.vendor.wait_event = self._wait  # type: ignore[method-assign]


async def keep_playing(channel: DialogicChannel, arrivals: Arrivals, until_s: float, found: list[float]) -> None:
    """Play one clip after the other; note how long each result took."""
    loop = asyncio.get_running_loop()
    clip = AudioSamples(np.ones(round(CLIP_S * 8000), np.int16))
    await asyncio.sleep(CLIP_S * channel.index / BUSY)
    while loop.time() < until_s:
        job = await channel.media.start(PlaySpec(clip))
        result = await job.result()
        found.append(loop.time() - arrivals.at_s[channel.resource.device])
        assert result.reason is EndReason.DATA


async def busy_latencies(board: DialogicBoard) -> list[float]:
    """Seconds from the library's call's return to the awaited result, with all channels playing."""
    found: list[float] = []
    arrivals = Arrivals(board)
    try:
        until_s = asyncio.get_running_loop().time() + BUSY_S
        await asyncio.gather(*(keep_playing(channel, arrivals, until_s, found) for channel in board.channels))
    finally:
        arrivals.restore(board)
    return found


def test_result_latency(benchmark: Any, figure: Report) -> None:
    async def measure() -> list[float]:
        async with rig.open_board() as board:
            return await busy_latencies(dialogic(board))

    with serving(pace=1.0, lines=BUSY, spares=0) as rig:
        found = benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    assert len(found) > BUSY
    worst = sorted(found)[round(0.99 * len(found)) - 1]
    figure(
        f"dialogic: event to result, {BUSY} busy",
        statistics.median(found) * 1e3,
        "ms",
        2.0,
        note=f"median of {len(found)}; 99 of 100 within {worst * 1e3:.1f} ms",
    )


async def idle_share(board: Board) -> float:
    """Share of a core that an open board takes while nothing happens; the library's own threads included."""
    await asyncio.sleep(1.0)
    cpu_s, wall_s = time.process_time(), time.monotonic()
    await asyncio.sleep(IDLE_S)
    assert len(board.channels) == IDLE
    return (time.process_time() - cpu_s) / (time.monotonic() - wall_s)


@pytest.mark.skipif(SHORT, reason="opening so many channels takes its time")
def test_idle_channels(benchmark: Any, figure: Report) -> None:
    async def measure() -> float:
        async with rig.open_board() as board:
            return await idle_share(board)

    with serving(pace=1.0, lines=IDLE, spares=0) as rig:
        share = benchmark.pedantic(lambda: asyncio.run(measure()), rounds=1)
    figure(f"dialogic: {IDLE} idle channels", share * 100, "% of a core", 2.0, note="driver and simulated library")
