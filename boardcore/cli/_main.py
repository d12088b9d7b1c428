"""Subcommands, and how errors are shown: one clear line, exit code 2, never a traceback.

Drivers and simulators add subcommands by entry points of the group `boardcore.commands`: each is a function with
typer's annotations, or a `typer.Typer` with subcommands of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import boardcore
from boardcore._drivers import driver_names, find_driver
from boardcore.cli._tones import app as tones
from boardcore.errors import BoardcoreError

__all__ = ["app", "main"]

COMMANDS = "boardcore.commands"
INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Telephone boards: run, simulate, measure.")
app.add_typer(tones, name="tones")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"boardcore {boardcore.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Telephone boards: run, simulate, measure."""


@app.command()
def demo(
    board: Annotated[str, typer.Option(help="To run it on: sim, or a plug-in's, as dialogic.")] = "sim",
    fast: Annotated[bool, typer.Option("--fast", help="In virtual time: done in a moment.")] = False,
    language: Annotated[str, typer.Option(help="Of the prompts: en or zh.")] = "en",
    out: Annotated[Path, typer.Option(help="Folder for message.wav, call.json and timeline.png.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(help="Of the lines' noise.", min=0)] = 1,
) -> None:
    """Run the main job: a caller, a voice menu, a message, an agent, a supervisor, all on simulated lines."""
    from boardcore.cli._demo import run_demo

    raise typer.Exit(run_demo(board=board, fast=fast, language=language, out=out, seed=seed))


@app.command(name="list")
def list_boards(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the drivers that are installed and the boards that they find."""
    rows = asyncio.run(_boards())
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table("driver", "address", "board", "channels")
    for row in rows:
        if row["error"] is not None:
            table.add_row(row["driver"], "", Text(f"not usable: {row['error']}", style="red"), "")
        else:
            table.add_row(row["driver"], row["address"], Text(row["description"]), str(row["channels"]))
    Console().print(table)


async def _boards() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in driver_names():
        try:
            found = await find_driver(name).enumerate()
        except Exception as error:  # a driver is somebody else's code; the others are still shown
            rows.append({"driver": name, "error": str(error) or type(error).__name__})
            continue
        rows += [{"driver": name, "error": None, **asdict(info)} for info in found]
    return rows


@app.command()
def bench(
    channels: Annotated[int, typer.Option(help="Channels to run.", min=2, max=4000)] = 480,
    seconds: Annotated[float, typer.Option(help="Of virtual time.", min=1, max=3600)] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure this machine: the engine with pairs bridged, digits detected on all, half recording, half playing; and
    the DTMF detector alone."""
    from boardcore.cli._bench import measure

    rows = measure(channels, seconds)
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table(title=f"{channels} channels, {seconds:g} s of virtual time", title_justify="left")
    table.add_column("instruction\nset")
    for heading in ("ns/channel\n/tick", "channels\n/core", "of a core in\nreal time", "DTMF alone,\nchannels/core"):
        table.add_column(heading, justify="right")
    for row in rows:
        per_core, share, dtmf = (
            f"{row['channels_per_core']:,.0f}", f"{row['share']:.1%}", f"{row['dtmf_channels_per_core']:,.0f}"
        )  # fmt: skip
        table.add_row(str(row["isa"]), f"{row['ns']:.0f}", per_core, share, dtmf)
    Console().print(table)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: WAV, FLAC, ... of any rate.")],
    png: Annotated[Path | None, typer.Option(help="Draw waveform, spectrogram and decisions there.")] = None,
    code: Annotated[
        str | None, typer.Option("--country", metavar="CN", help="Look for its tones; without it, for any.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell what is in a recording: digits, tones, speech, silence, levels, each with its times."""
    from boardcore.cli._inspect import run_inspect

    run_inspect(file, png, code, as_json=as_json)


def _add_plugins() -> None:
    """Subcommands of drivers and simulators; one that is broken takes nothing but itself away."""
    for entry in entry_points(group=COMMANDS):
        try:
            command = entry.load()
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=entry.name)
            else:
                app.command(name=entry.name)(command)
        except Exception as error:
            _complain(f"subcommand {entry.name!r} cannot be loaded: {error}")


def _complain(text: str) -> None:
    print("boardcore: " + " ".join(text.split()), file=sys.stderr)


def _said(error: Exception) -> str:
    """The system's own errors without their numbers."""
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, str):
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _run() -> int:
    try:
        code: object = app(standalone_mode=False)  # returns the code of an Exit, in some versions raises it
    except typer.Exit as done:
        code = done.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        say: Any = getattr(error, "format_message", None)  # typer's own errors
        if say is None and not isinstance(error, (BoardcoreError, ValueError, OSError)):
            raise
        text = str(say() if say else _said(error))
        if text:  # none after the help that is shown without a subcommand
            _complain(text)
        return 2
    if code == INTERRUPTED:
        _complain("interrupted")
    return code if isinstance(code, int) else 0


def main() -> None:
    """Entry point of the command."""
    _add_plugins()
    sys.exit(_run())
