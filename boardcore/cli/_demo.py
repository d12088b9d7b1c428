"""`boardcore demo`: the main job from end to end, and a verdict on what was heard."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.markup import escape

import boardcore
from boardcore import AddressError, Board, Call, CallClosed, CallEnded, MediaFileError
from boardcore.cli._demo_app import ServiceCentre
from boardcore.cli._demo_people import People
from boardcore.cli._demo_verdict import Recorded, judge
from boardcore.events import Joined
from boardcore.prompts import languages
from boardcore.testing import VirtualClock

__all__ = ["FILES", "Demo", "Stage", "run_demo", "stage_of"]

# Opens a board of six lines, of a quality and with a seed, and the exchange that it is connected to.
Stage = Callable[[str, int], AbstractAsyncContextManager[tuple[Board, Any]]]
STAGES = "boardcore.demos"
LINES = "noise_dbm0=-62&loss_db=2&echo_db=28&echo_delay_ms=4&delay_ms=5"
FILES = ("message.wav", "call.json", "timeline.png")
PATIENCE_S = 180.0


class _Console(Console):
    """Goes on without a reader: the demo's files and exit code are worth having under `| head` too."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@asynccontextmanager
async def _simulated(quality: str, seed: int) -> AsyncGenerator[tuple[Board, Any]]:
    async with boardcore.open_board(f"sim:analog?lines=6&{quality}&seed={seed}") as board:
        yield board, board.exchange


def stage_of(board: str) -> Stage:
    """What the demo is played on: `sim`, or what a plug-in of the group `boardcore.demos` brings.

    Raises:
        AddressError: there is no such board.
    """
    if board == "sim":
        return _simulated
    known = {entry.name: entry for entry in entry_points(group=STAGES)}
    if board not in known:
        raise AddressError(f"the demo cannot be run on {board!r}: it knows {', '.join(['sim', *sorted(known)])}")
    stage: Stage = known[board].load()
    return stage


def run_demo(*, board: str, fast: bool, language: str, out: Path, seed: int) -> int:
    """Run it; the exit code: 0 if all that should have been heard was heard, else 1.

    Raises:
        AddressError: no such board.
        ValueError: no prompts in that language; a board whose time cannot be made fast.
        MediaFileError: the folder cannot be made or written.
    """
    if language not in languages():
        raise ValueError(f"no prompts in language {language!r}: there are {', '.join(languages())}")
    stage = stage_of(board)
    if fast and board != "sim":
        raise ValueError(f"--fast: the board {board!r} is simulated in a process of its own, whose time does not jump")
    _make_room(out)
    console = _Console(highlight=False, soft_wrap=True)
    console.print(f"boardcore demo on {board}, {'virtual' if fast else 'real'} time, prompts: {language}")
    demo = Demo(console, language, out, stage)
    try:
        if fast:
            VirtualClock().run(demo.run(seed))
        else:
            asyncio.run(demo.run(seed))
    except TimeoutError as error:
        console.print(f"[red]FAILED[/red]: {error or f'not done within {PATIENCE_S:g} s'}")
        return 1
    records = [call.report() for call in demo.centre_calls]
    (out / "call.json").write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
    _draw(demo.recorded, demo.centre_calls, out, console)
    return _verdict(demo.recorded, out, language, console)


def _make_room(out: Path) -> None:
    """Make the folder, take away what an earlier run left, and see that it can be written to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (out / name).unlink(missing_ok=True)
        (out / "call.json").touch()
    except OSError as error:
        raise MediaFileError(str(error.filename or out), error.errno or 0, "write to") from error


@dataclass
class Demo:
    """One run."""

    console: Console
    language: str
    out: Path
    stage: Stage = _simulated
    recorded: Recorded = field(default_factory=Recorded)
    centre_calls: list[Call] = field(default_factory=list[Call])

    async def run(self, seed: int) -> None:
        """Open the board, let everybody do their part, keep what was heard."""
        self._loop = asyncio.get_running_loop()
        self.recorded.begun_s = self._loop.time()
        self._failure: asyncio.Future[None] = self._loop.create_future()
        self._first_call: asyncio.Future[Call] = self._loop.create_future()
        async with self.stage(LINES, seed) as (board, exchange):
            people = People(exchange, self.language, self.say)
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._everybody(board, people)
            except BaseExceptionGroup as several:
                raise several.exceptions[0] from None  # the others were cancelled because of it
            for who in ("caller", "agent", "supervisor"):
                self.recorded.keep(f"{who} heard", people.began_s[who], getattr(people, who).heard())

    def say(self, text: str) -> None:
        """A line of the timeline, as it happens."""
        at_s = self._loop.time() - self.recorded.begun_s
        self.console.print(f"[dim]{at_s:7.2f} s[/dim]  {escape(text)}")

    async def _everybody(self, board: Board, people: People) -> None:
        self._centre = ServiceCentre(board, self.out, self.language, self.say)
        self.centre_calls = self._centre.calls
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(board.serve(self._handle, max_calls=2))
            watching = group.create_task(self._fail())
            group.create_task(self._tap())
            parts = (people.call_in(), people.agent_works(), people.supervisor_listens())
            await asyncio.gather(*(group.create_task(part) for part in parts))
            board.stop_serving()
            await serving
            watching.cancel()

    async def _handle(self, call: Call) -> None:
        """The application's handler; if it fails, the demo fails, and at once."""
        if not self._first_call.done():
            self._first_call.set_result(call)
        try:
            await self._centre.handle(call)
        except (CallEnded, CallClosed):
            raise
        except Exception as error:
            if not self._failure.done():
                self._failure.set_exception(error)

    async def _fail(self) -> None:
        await self._failure

    async def _tap(self) -> None:
        """Keep what comes from the caller's line, as anybody on the board's bus would get it, until an agent has it.

        A channel has one stream, and on boards that cannot confer the supervisor will need it.
        """
        call = await self._first_call
        await call.wait_answered()
        async with call.stream() as audio:
            began_s = self._loop.time()
            blocks: list[npt.NDArray[np.int16]] = []
            async for block in audio:
                blocks.append(block)
                if isinstance(call.history[-1], Joined):
                    break
        self.recorded.keep("from the caller", began_s, np.concatenate([*blocks, np.zeros(0, np.int16)]))


def _draw(recorded: Recorded, calls: list[Call], out: Path, console: Console) -> None:
    try:
        from boardcore.cli._demo_plot import draw
    except ImportError:
        console.print("no timeline.png: matplotlib is not installed (pip install 'boardcore\\[plot]')")
        return
    draw(recorded, calls, out / "timeline.png")


def _verdict(recorded: Recorded, out: Path, language: str, console: Console) -> int:
    checks = judge(recorded, out, language)
    for check in checks:
        mark = "[green]ok    [/green]" if check.good else "[red]FAILED[/red]"
        console.print(f"  {mark} {escape(check.what)} [dim]({escape(check.evidence)})[/dim]")
    good = sum(check.good for check in checks)
    files = ", ".join(name for name in FILES if (out / name).exists())
    console.print(f"verdict: {good} of {len(checks)} checks good; in {escape(str(out))}: {files}")
    return 0 if good == len(checks) else 1
