"""`boardcore tones list`, `play` and `learn`."""

from __future__ import annotations

import json
import math
import wave
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from boardcore.dsp import RATE_HZ
from boardcore.tones import COUNTRIES, Country, Tone, cadence_text, country, freqs_text, tone_samples

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Call-progress tones of countries.")


def _row(profile: Country, name: str, tone: Tone) -> dict[str, Any]:
    bursts = [
        {"on_s": None if b.on_s == math.inf else b.on_s, "off_s": b.off_s, "freqs_hz": b.freqs_hz} for b in tone.bursts
    ]
    return {
        "country": profile.code, "tone": name, "freqs": freqs_text(tone), "cadence": cadence_text(tone),
        "level_dbm0": tone.level_dbm0, "modulation_hz": tone.modulation_hz, "repeats": tone.repeats, "bursts": bursts,
        "freq_tolerance_hz": tone.freq_tolerance_hz, "cadence_tolerance": tone.cadence_tolerance,
        "law": profile.law, "source": tone.source, "unverified": tone.unverified,
    }  # fmt: skip


@app.command(name="list")
def list_tones(
    code: Annotated[str | None, typer.Argument(metavar="[COUNTRY]", help="Only of this one, as CN.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; on_s null: for ever.")] = False,
) -> None:
    """Show the tones of all countries or of one: frequencies, cadence in seconds on-off-on-off, level."""
    profiles = [country(code)] if code is not None else list(COUNTRIES.values())
    rows = [_row(profile, name, tone) for profile in profiles for name, tone in profile.tones.items()]
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    table = Table("country", "tone", "Hz", "cadence, s", "dBm0", caption="?: unverified. Sources: --json.")
    for row in rows:
        name = row["tone"] + (" ?" if row["unverified"] else "")
        cells = (row["country"], name, row["freqs"], row["cadence"], f"{row['level_dbm0']:g}")
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    Console().print(table)


@app.command()
def play(
    code: Annotated[str, typer.Argument(metavar="COUNTRY", help="As CN.")],
    name: Annotated[str, typer.Argument(metavar="TONE", help="As busy; `tones list COUNTRY` shows them.")],
    out: Annotated[Path, typer.Option(help="WAV file to write or replace: 16 bits, mono, 8000 Hz.")],
    duration_s: Annotated[float, typer.Option("--duration", help="In seconds.", min=0.01, max=3600)] = 10.0,
) -> None:
    """Write a country's tone to a WAV file."""
    samples = tone_samples(country(code).tone(name), duration_s)
    with out.open("wb") as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE_HZ)
        wav.writeframes(samples.astype("<i2").tobytes())
    print(f"{out}: {samples.size / RATE_HZ:g} s")


@app.command()
def learn(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: WAV, FLAC, ... of any rate.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs; on_s null: for ever.")] = False,
) -> None:
    """Find the tones in a recording: frequencies, cadence, level, and what could not be told.

    Two or three cycles of each cadence make it sure.
    """
    from boardcore.cli._learn import show_learned

    show_learned(file, as_json=as_json)
