"""An hour of a busy board in virtual time: exchange, line model, callers and application, all of it in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boardcore
from benchmarks.figures import SHORT
from benchmarks.town import Counts, Town, Traffic
from boardcore.testing import VirtualClock

Report = Callable[..., Any]
MINUTES = 5 if SHORT else 60


async def busy(traffic: Traffic, seconds: float, folder: Path) -> tuple[Counts, dict[str, Any], float]:
    """Run it: counts, the board's counters, CPU seconds."""
    began = time.process_time()
    async with boardcore.open_board(traffic.address) as board:
        counts = await Town(board, traffic, folder).run(seconds)
        counters = board.statistics()
    return counts, counters, time.process_time() - began


def test_busy_hour(benchmark: Any, figure: Report, tmp_path: Path) -> None:
    traffic = Traffic()
    counts, counters, cpu_s = benchmark.pedantic(
        lambda: VirtualClock().run(busy(traffic, MINUTES * 60.0, tmp_path)), rounds=1
    )
    assert not counts.failures
    assert counts.messages > MINUTES
    assert counts.keys_right > MINUTES
    assert counters["jobs"] == counters["files"] == 0
    in_c = float(counters["compute_ns"]) / 1e9
    erlang = counts.talked_s / (MINUTES * 60 * traffic.lines)
    scaled = f", {MINUTES} minutes times {60 // MINUTES}" if MINUTES < 60 else ""
    note = f"{counts.calls} calls, {erlang:.2f} erlang a line carried, {counts.lost} lost, {counts.messages} messages; "
    note += f"ticks in C {in_c * 60 / MINUTES:.1f} s on the wall{scaled}"
    figure("an hour of 30 busy lines in virtual time", cpu_s * 60 / MINUTES, "s of CPU", 20.0, note=note)
