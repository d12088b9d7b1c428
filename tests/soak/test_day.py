"""A day of 30 busy lines in virtual time leaks nothing: no task, descriptor, port, job or file, and no memory."""

from __future__ import annotations

import asyncio
import gc
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import boardcore
from benchmarks.town import Town, Traffic
from boardcore.testing import VirtualClock

HOURS = int(os.environ.get("BOARDCORE_SOAK_HOURS", "24"))
WARM_UP_HOURS = 2  # caches fill: prompts, the allocator's arenas
HOUR_S = 3600.0
# A day has 17,280 calls: far below an object and half a KiB a call. The allocator's own swing was 2.6 MiB.
OBJECTS_A_DAY = 720
RSS_A_DAY_KIB = 6144


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds between two hours, when no call is up."""

    tasks: int
    descriptors: int
    engine: dict[str, int]
    objects: int
    rss_kib: int


def held(board: boardcore.Board) -> Held:
    gc.collect()
    statistics: dict[str, Any] = board.statistics()
    engine = {name: int(statistics[name]) for name in ("ports", "jobs", "files", "conferences", "channels_idle")}
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return Held(len(asyncio.all_tasks()), descriptors, engine, len(gc.get_objects()), pages * 4)


async def live(traffic: Traffic, folder: Path) -> list[Held]:
    """A day; what is held after each hour."""
    async with boardcore.open_board(traffic.address) as board:
        town = Town(board, traffic, folder)
        hours: list[Held] = []
        for hour in range(HOURS):
            counts = await town.run(HOUR_S)
            await asyncio.sleep(60.0)  # lines are released
            hours.append(held(board))
            print(f"hour {hour + 1}: {counts.calls} calls so far, {hours[-1]}", flush=True)
            assert not counts.failures
        return hours


@pytest.mark.soak
def test_a_day_leaks_nothing(tmp_path: Path) -> None:
    hours = VirtualClock().run(live(Traffic(), tmp_path))
    warm, last = hours[min(WARM_UP_HOURS, len(hours)) - 1], hours[-1]
    assert last.tasks == warm.tasks == 1
    assert last.descriptors == warm.descriptors
    assert last.engine == warm.engine
    assert last.engine["jobs"] == last.engine["files"] == last.engine["conferences"] == 0
    assert last.engine["channels_idle"] == Traffic().lines
    assert last.objects - warm.objects <= OBJECTS_A_DAY
    assert last.rss_kib - warm.rss_kib <= RSS_A_DAY_KIB
    assert not list(tmp_path.iterdir()), "messages were left behind"
