"""`boardcore demo`: the main job from end to end, and a verdict on what was heard."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console

import boardcore
from boardcore.cli._demo_app import ServiceCentre
from boardcore.cli._demo_people import ACCOUNT, People, voice
from boardcore.errors import MediaFileError
from boardcore.prompts import languages
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import digits_in, find, read_wav

__all__ = ["Outcome", "run_demo"]

LINES = "lines=6&noise_dbm0=-62&loss_db=2&echo_db=28&echo_delay_ms=4&delay_ms=5"
Samples = npt.NDArray[np.int16]


@dataclass
class Outcome:
    """What the run left behind."""

    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    heard: dict[str, Samples] = field(default_factory=dict[str, Samples])
    began_s: dict[str, float] = field(default_factory=dict[str, float])
    timeline: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])


def run_demo(*, fast: bool, language: str, out: Path, seed: int) -> int:
    """Run it; the exit code: 0 if all that should have been heard was heard, else 1.

    Raises:
        ValueError: no prompts in that language.
        MediaFileError: the folder cannot be made or written.
    """
    if language not in languages():
        raise ValueError(f"no prompts in language {language!r}: there are {', '.join(languages())}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "call.json").write_text("[]\n")
    except OSError as error:
        raise MediaFileError(str(out), error.errno or 0, "write to") from error
    console = Console(highlight=False)
    console.print(f"boardcore demo on sim:analog, {'virtual' if fast else 'real'} time, prompts: {language}")
    outcome = Outcome()
    job = _main_job(outcome, console, language, out, seed)
    if fast:
        VirtualClock().run(job)
    else:
        asyncio.run(job)
    (out / "call.json").write_text(json.dumps(outcome.records, indent=1, ensure_ascii=False) + "\n")
    _draw(outcome, out, console)
    return _judge(outcome, out, language, console)


async def _main_job(outcome: Outcome, console: Console, language: str, out: Path, seed: int) -> None:
    loop = asyncio.get_running_loop()
    begun_s = loop.time()

    def say(text: str) -> None:
        now_s = loop.time()
        outcome.timeline.append((now_s, text))
        console.print(f"[dim]{now_s - begun_s:7.2f} s[/dim]  {text}")

    async with boardcore.open_board(f"sim:analog?{LINES}&seed={seed}") as board:
        centre = ServiceCentre(board, out, language, say)
        people = People(board, language, say)
        serving = asyncio.create_task(board.serve(centre.handle, max_calls=2))
        async with asyncio.timeout(180):
            async with asyncio.TaskGroup() as group:
                for part in (people.call_in(), people.agent_works(), people.supervisor_listens()):
                    group.create_task(part)
            board.stop_serving()
            await serving
        outcome.records = [call.report() for call in centre.calls]
        outcome.heard = {who: getattr(people, who).heard() for who in ("caller", "agent", "supervisor")}
        outcome.began_s = people.began_s


def _draw(outcome: Outcome, out: Path, console: Console) -> None:
    try:
        from boardcore.cli._demo_plot import draw
    except ImportError:
        console.print("no timeline.png: matplotlib is not installed (pip install 'boardcore\\[plot]')")
        return
    draw(outcome, out / "timeline.png")


def _judge(outcome: Outcome, out: Path, language: str, console: Console) -> int:
    """Look at what was left behind, not at what the program meant to do."""

    def heard(who: str, name: str) -> bool:
        return find(voice(name, language), outcome.heard[who]) is not None

    message = read_wav(out / "message.wav").samples
    written = (out / "call.json").read_text()
    checks = {
        "caller heard the greeting": heard("caller", "welcome"),
        "caller heard the last two digits": all(heard("caller", f"digit_{d}") for d in ACCOUNT[-2:]),
        "message.wav is the caller's message": find(voice("caller_message", language), message) is not None,
        "message.wav has no digits in it": digits_in(message) == "",
        "caller heard the agent": heard("caller", "agent_hello"),
        "agent heard the caller": heard("agent", "caller_question"),
        "supervisor heard both": heard("supervisor", "agent_hello") and heard("supervisor", "caller_question"),
        "agent's line did not carry the account number": ACCOUNT not in digits_in(outcome.heard["agent"]),
        "call.json does not tell the account number": ACCOUNT not in written and ACCOUNT[-4:] not in written,
    }
    for what, good in checks.items():
        console.print(f"  {'[green]ok[/green]  ' if good else '[red]FAILED[/red]'} {what}")
    files = ", ".join(sorted(p.name for p in out.iterdir()))
    console.print(f"{sum(checks.values())} of {len(checks)} checks good; in {out}: {files}")
    return 0 if all(checks.values()) else 1
