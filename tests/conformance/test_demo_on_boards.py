"""The demo on the engine's own board and on a Dialogic board: the same calls, the same events, at the same times."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pytest
from rich.console import Console

from boardcore import Call
from boardcore.cli._demo import Demo, stage_of
from boardcore.cli._demo_verdict import judge
from boardcore.events import CallEvent, DigitEnded, OperationEnded, OperationStarted, ToneHeard
from boardcore.testing import Clock, PacedClock, VirtualClock

PACE = 2.0
TOLERANCE_S = 0.06
# The engine is sure of dial tone when it is longer than any burst, a quarter of a second later: so much later is who is
# dialled, and what follows.
TOLERANCES_S = {"CallAnswered": 0.3, "Joined": 0.3, "CallFinished": 0.5}
UNEVEN = (DigitEnded, ToneHeard)  # only one of them tells ends of digits, and hears a tone out before it tells
Row = tuple[str, str, float]


def _name(event: CallEvent) -> str:
    match event:
        case OperationStarted():
            return f"{event.operation} begins"
        case OperationEnded():
            return f"{event.operation} ends by {event.reason}"
        case _:
            return type(event).__name__


def _rows(calls: Iterable[Call]) -> list[list[Row]]:
    """What happened on each call, and how long after what was before it."""
    rows: list[list[Row]] = []
    for place, call in enumerate(calls, 1):
        told = [event for event in call.history if not isinstance(event, UNEVEN)]
        times = [event.at_s for event in told]
        gaps = [after - before for before, after in zip([times[0], *times], times, strict=False)]
        each = enumerate(zip(told, gaps, strict=True))
        rows.append([(f"call {place} event {number}", _name(e), gap) for number, (e, gap) in each])
    return rows


def _play(board: str, clock: Clock, folder: Path) -> list[list[Row]]:
    folder.mkdir()
    demo = Demo(Console(file=io.StringIO()), "en", folder, stage_of(board))
    clock.run(demo.run(seed=1))
    (folder / "call.json").write_text("")
    bad = [check for check in judge(demo.recorded, folder, "en") if not check.good]
    assert bad == []
    return _rows(demo.centre_calls)


def _apart(sim: list[list[Row]], dialogic: list[list[Row]]) -> dict[str, float]:
    """What came too early or too late, by how many seconds."""
    pairs = [pair for calls in zip(sim, dialogic, strict=True) for pair in zip(*calls, strict=True)]
    apart = {f"{a[0]} {a[1]}": (round(b[2] - a[2], 3), a[1]) for a, b in pairs}
    return {what: s for what, (s, name) in apart.items() if abs(s) > TOLERANCES_S.get(name, TOLERANCE_S)}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[Row]], list[list[Row]]]:
    folder = tmp_path_factory.mktemp("demo")
    return _play("sim", VirtualClock(), folder / "sim"), _play("dialogic", PacedClock(PACE), folder / "dialogic")


def test_the_same_events(played: tuple[list[list[Row]], list[list[Row]]]) -> None:
    sim, dialogic = ([[row[:2] for row in call] for call in calls] for calls in played)
    assert dialogic == sim


def test_at_the_same_times(played: tuple[list[list[Row]], list[list[Row]]], tmp_path: Path) -> None:
    """At a hurried pace the machine's delays count double: what was too late then is looked at in real time."""
    sim, dialogic = played
    hurried = _apart(sim, dialogic)
    if hurried:
        print(f"at pace {PACE}: {hurried}")
        assert _apart(sim, _play("dialogic", PacedClock(1.0), tmp_path / "again")) == {}
