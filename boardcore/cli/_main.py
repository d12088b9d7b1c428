"""Subcommands, and how errors are shown: one clear line, exit code 2, never a traceback.

Drivers and simulators add subcommands by entry points of the group `boardcore.commands`: each is a `typer.Typer`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import boardcore
from boardcore._drivers import driver_names, find_driver
from boardcore.errors import BoardcoreError

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Telephone boards: run, simulate, measure.")


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
    fast: Annotated[bool, typer.Option("--fast", help="In virtual time: done in a moment.")] = False,
    language: Annotated[str, typer.Option(help="Of the prompts: en or zh.")] = "en",
    out: Annotated[Path, typer.Option(help="Folder for message.wav, call.json and timeline.png.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(help="Of the lines' noise.", min=0)] = 1,
) -> None:
    """Run the main job: a caller, a voice menu, a message, an agent, a supervisor, all on simulated lines."""
    from boardcore.cli._demo import run_demo

    raise typer.Exit(run_demo(fast=fast, language=language, out=out, seed=seed))


@app.command(name="list")
def list_boards(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show the drivers that are installed and the boards that they find."""
    rows = asyncio.run(_boards())
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table("driver", "address", "board", "channels")
    for row in rows:
        table.add_row(row["driver"], row["address"], row["description"], str(row["channels"]))
    Console().print(table)


async def _boards() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in driver_names():
        try:
            found = await find_driver(name).enumerate()
        except BoardcoreError as error:
            rows.append({"driver": name, "address": "", "description": f"not usable: {error}", "channels": 0})
            continue
        for info in found:
            rows.append(
                {"driver": name, "address": info.address, "description": info.description, "channels": info.channels}
            )
    return rows


@app.command()
def bench(
    channels: Annotated[int, typer.Option(help="Channels to run.", min=2, max=4000)] = 480,
    seconds: Annotated[float, typer.Option(help="Of virtual time.", min=1, max=3600)] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure the engine on this machine: bridged pairs, digits detected on all, half recording, half playing."""
    from boardcore.cli._bench import measure

    rows = [row for isa in ("scalar", "avx2", "avx512") if (row := measure(isa, channels, seconds))]
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table("instruction set", "channels", "ns a channel a tick", "channels a core", "of a core in real time")
    for row in rows:
        per_core, share = f"{row['channels_per_core']:,.0f}", f"{row['share']:.1%}"
        table.add_row(str(row["isa"]), str(channels), f"{row['ns']:.0f}", per_core, share)
    Console().print(table)


def main() -> None:
    """Entry point of the command."""
    for entry in entry_points(group="boardcore.commands"):
        app.add_typer(entry.load(), name=entry.name)
    try:
        app(standalone_mode=False)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        print("boardcore: interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        say: Any = getattr(error, "format_message", None)  # typer's own errors
        if say is None and not isinstance(error, (BoardcoreError, ValueError, OSError)):
            raise
        print(f"boardcore: {say() if say else error}".replace("\n", " "), file=sys.stderr)
        sys.exit(2)
