"""The driver conformance kit: what the driver contract asks, as checks that any board can be put to.

    report = check_driver(open_board, far_end, VirtualClock())
    print(report)

Each check opens the board anew, does one thing through `boardcore`'s own face (or, where a rule cannot be reached
from there, through the channel's port), judges what was heard at the far end, and must leave nothing behind: no
task, no descriptor, no thread. Under pytest, one test a check:

    @pytest.mark.parametrize("check", conformance_checks(), ids=str)
    def test_conformance(check, setup):
        run_check(check, setup).pass_or_raise()
"""

from __future__ import annotations

import asyncio
import importlib
import tempfile
import threading
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from boardcore.errors import UnsupportedOperation
from boardcore.ports import Capability
from boardcore.testing._bench import CHECKS, Bench, Check, Clock, Nonconformance, Setup
from boardcore.testing.far_end import FarEnd, FarEndLacks

if TYPE_CHECKING:
    from boardcore.board import Board

__all__ = [
    "Bench",
    "Check",
    "Clock",
    "ConformanceFailed",
    "Nonconformance",
    "Outcome",
    "RealClock",
    "Report",
    "Setup",
    "Unsupported",
    "Verdict",
    "check_driver",
    "conformance_checks",
    "run_check",
]

T = TypeVar("T")
LIMIT_S = 300.0  # of the board's clock, for one check
FDS = Path("/proc/self/fd")
MODULES = (
    "line",
    "play",
    "record",
    "digits",
    "tones",
    "audio",
    "cancel",
    "ends",
    "board",
)  # each puts its own on the list


class RealClock:
    """Real time: for boards that cannot be hurried."""

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run as `asyncio.run` does."""
        return asyncio.run(main)


class Verdict(Enum):
    """How a check went."""

    PASSED = "passed"
    FAILED = "FAILED"
    UNSUPPORTED = "unsupported"


class Unsupported(Exception):
    """A check could not be made: the board has no such capability, or the far end cannot do that."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one check went, and why.

    Attributes:
        capability: What the board lacks, where that is why the check is unsupported.
        error: What a failed check raised.
    """

    check: Check
    verdict: Verdict
    reason: str = ""
    capability: Capability | None = None
    error: BaseException | None = None

    def __str__(self) -> str:
        line = f"{self.verdict.value:11} {self.check.name}"
        if self.verdict is Verdict.PASSED:
            return line
        asks = f"\n{'':12}asked: {self.check.asks}" if self.verdict is Verdict.FAILED else ""
        return f"{line}{asks}\n{'':12}{self.reason}"

    def pass_or_raise(self) -> None:
        """Return if it passed.

        Raises:
            Unsupported: It could not be made.
            Exception: What a failed check raised.
        """
        if self.verdict is Verdict.UNSUPPORTED:
            raise Unsupported(self.reason)
        if self.error is not None:
            raise self.error


@dataclass(frozen=True, slots=True)
class Report:
    """How all checks went; str gives it as text."""

    outcomes: tuple[Outcome, ...]

    def of(self, verdict: Verdict) -> tuple[Outcome, ...]:
        """Those that went so."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict is verdict)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return self.of(Verdict.FAILED)

    @property
    def passed(self) -> tuple[Outcome, ...]:
        return self.of(Verdict.PASSED)

    @property
    def unsupported(self) -> tuple[Outcome, ...]:
        return self.of(Verdict.UNSUPPORTED)

    def __str__(self) -> str:
        counts = ", ".join(f"{len(self.of(verdict))} {verdict.value}" for verdict in Verdict)
        return "\n".join([*map(str, self.outcomes), f"{len(self.outcomes)} checks: {counts}"])


class ConformanceFailed(AssertionError):
    """At least one check failed: `.report`."""

    def __init__(self, report: Report) -> None:
        failed = "\n".join(str(outcome) for outcome in report.failed)
        super().__init__(f"{len(report.failed)} of {len(report.outcomes)} checks failed\n{failed}")
        self.report = report


def conformance_checks() -> Sequence[Check]:
    """List all checks, in order."""
    for name in MODULES:
        importlib.import_module(f"boardcore.testing._checks_{name}")
    return tuple(CHECKS)


def check_driver(
    open_board: Callable[[], AbstractAsyncContextManager[Board]],
    far_end: Callable[[Board, int], FarEnd],
    clock: Clock,
    *,
    numbers: Sequence[str] = (),
    nobody: str = "7999",
    tolerance_s: float = 0.06,
    loss_db: float = 0.0,
    refuse_next: Callable[[Board], int] | None = None,
    told: Callable[[Outcome], object] = lambda outcome: None,
) -> Report:
    """Put a driver to all checks. Blocks: it runs loops of its own, one a check.

    Args:
        open_board, far_end, clock, numbers, nobody, tolerance_s, loss_db, refuse_next: See `Setup`.
        told: Is told of each outcome as it comes.

    Raises:
        ConformanceFailed: At least one check failed; `.report` has all.
    """
    setup = Setup(open_board, far_end, clock, numbers, nobody, tolerance_s, loss_db, refuse_next)
    outcomes: list[Outcome] = []
    for check in conformance_checks():
        outcomes.append(run_check(check, setup))
        told(outcomes[-1])
    report = Report(tuple(outcomes))
    if report.failed:
        raise ConformanceFailed(report)
    return report


def run_check(check: Check, setup: Setup) -> Outcome:
    """Make one check. Its board is opened and closed; what is left behind fails it."""
    before = _resources()
    claimed: set[Capability] = set()
    try:
        with tempfile.TemporaryDirectory(prefix="boardcore-check-") as folder:
            setup.clock.run(_run(check, setup, Path(folder).resolve(), claimed))
        _expect_nothing_left(before)
    except FarEndLacks as lack:
        return Outcome(check, Verdict.UNSUPPORTED, str(lack))
    except UnsupportedOperation as refusal:
        if refusal.capability not in claimed:
            return Outcome(check, Verdict.UNSUPPORTED, str(refusal), refusal.capability)
        return Outcome(check, Verdict.FAILED, f"claims {refusal.capability.name}, and: {refusal}", error=refusal)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in where if "_checks_" in frame.filename]
        place = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
        return Outcome(check, Verdict.FAILED, f"{type(error).__name__}: {error}{place}", error=error)
    return Outcome(check, Verdict.PASSED)


async def _run(check: Check, setup: Setup, folder: Path, claimed: set[Capability]) -> None:
    async with asyncio.timeout(LIMIT_S), setup.open_board() as board:
        for channel in board.channels:
            claimed |= channel.capabilities
        bench = Bench(setup, board, folder)
        try:
            await check.body(bench)
        finally:
            await bench.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        raise Nonconformance(f"tasks are left when the board is closed: {', '.join(map(repr, left))}")


# ---- what is left behind -----------------------------------------------------------------------
def _resources() -> dict[str, str]:
    """List this process's threads and, where the system tells them, descriptors."""
    found = {f"thread {thread.ident}": thread.name for thread in threading.enumerate()}
    if FDS.exists():
        for link in FDS.iterdir():
            try:
                found[f"descriptor {link.name}"] = str(link.readlink())
            except OSError:  # the descriptor that listed the folder
                continue
    return found


def _expect_nothing_left(before: dict[str, str]) -> None:
    left = dict(_resources().items() - before.items())
    if left:
        raise Nonconformance(f"left behind: {', '.join(f'{key} ({value})' for key, value in sorted(left.items()))}")
