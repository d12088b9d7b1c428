"""`boardcore inspect`: digits, tones, speech and levels of a recording, as a table, as JSON, as a picture."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boardcore.cli._inspect_overview import Overview
from boardcore.cli._inspect_scan import ChannelReport, Kind, Scanner
from boardcore.cli._sound_file import SoundFile, progress
from boardcore.dsp import RATE_HZ
from boardcore.tones import country

__all__ = ["run_inspect"]

Row = tuple[float, float, str, str, str]


def run_inspect(file: Path, png: Path | None, code: str | None, *, as_json: bool) -> None:
    """Print what is in the file, and draw it.

    Raises:
        MediaFormatError, OSError: The file cannot be read; see `SoundFile`.
        UnknownCountry: There is no profile of it.
        ValueError: A picture is wanted, but the library for it is not installed, or it would replace the file.
    """
    profile = None if code is None else country(code)
    if png is not None:
        _check_picture(file, png)
    with SoundFile(file) as sound, progress(sound, f"inspecting {file.name}") as blocks:
        scanner = Scanner(sound.channels, profile)
        length = round(sound.duration_s * RATE_HZ)
        overviews = [Overview(length) for _ in range(sound.channels if png is not None else 0)]
        for block in blocks:
            scanner.process(block)
            for overview, row in zip(overviews, block, strict=False):
                overview.process(row)
        head = f"{file.name}: {_length(sound.duration_s)}, {sound.rate_hz} Hz, {_channels(sound)}, {sound.described}"
        facts = {"file": str(file), "rate_hz": sound.rate_hz, "duration_s": sound.duration_s, "format": sound.described}
    reports = scanner.result()
    if png is not None:
        _draw(head, reports, overviews, png)
    if as_json:
        print(json.dumps({**facts, "channels": [_json(report) for report in reports]}, indent=1))
    else:
        _print(head, reports, None if png is None else str(png))


def _check_picture(file: Path, png: Path) -> None:
    """Refuse what cannot be drawn there; not only after an hour's work."""
    if find_spec("matplotlib") is None:
        raise ValueError("--png needs matplotlib: pip install 'boardcore[plot]'")
    if not png.absolute().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(png))
    if png.exists() and file.exists() and png.samefile(file):
        raise ValueError(f"--png: {png} is the recording itself")


def _draw(head: str, reports: list[ChannelReport], overviews: list[Overview], png: Path) -> None:
    from boardcore.cli._inspect_plot import draw

    for overview in overviews:
        overview.finish()
    draw(head, reports, overviews, png)


def _channels(sound: SoundFile) -> str:
    return "mono" if sound.channels == 1 else "stereo" if sound.channels == 2 else f"{sound.channels} channels"


def _length(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min {rest:02} s" if minutes >= 60 else f"{minutes} min {rest:02} s"


def _json(report: ChannelReport) -> dict[str, Any]:
    clipped = [one for one in report.stretches if one.kind == Kind.CLIPPED]
    return {
        "levels": {
            "rms_dbm0": report.rms_dbm0, "peak_dbm0": report.peak_dbm0, "peak_at_s": report.peak_at_s,
            "dc_offset": report.dc_offset, "clipped": report.clipped,
            "clipped_at_s": [[one.began_s, one.ended_s] for one in clipped],
        },
        "digits": [
            {key: value for key, value in asdict(digit).items() if key != "channel"} for digit in report.digits
        ],
        "mf_signals": [
            {key: value for key, value in asdict(signal).items() if key != "channel"} for signal in report.signals
        ],
        "stretches": [asdict(one) for one in report.stretches if one.kind != Kind.CLIPPED],
    }  # fmt: skip


def _print(head: str, reports: list[ChannelReport], picture: str | None) -> None:
    console = Console()
    console.print(Text(head, style="bold"))
    for number, report in enumerate(reports):
        if len(reports) > 1:
            console.print(Text(f"\nchannel {number}", style="bold"))
        _print_channel(console, report)
    if picture is not None:
        print(f"picture: {picture}")


def _print_channel(console: Console, report: ChannelReport) -> None:
    level = f"RMS {report.rms_dbm0:.1f} dBm0, peak {report.peak_dbm0:.1f} dBm0 at {report.peak_at_s:.2f} s"
    print(f"levels: {level}, DC offset {report.dc_offset:g}, {report.clipped} samples clipped")
    if report.digits:
        print(f"digits: {''.join(digit.digit for digit in report.digits)}")
    table = Table("from, s", "to, s", "length, s", "what", "detail", "dBm0")
    for column in (0, 1, 2, 5):
        table.columns[column].justify = "right"
    for began_s, ended_s, what, detail, level in _rows(report):
        times = (f"{began_s:.3f}", f"{ended_s:.3f}", f"{ended_s - began_s:.3f}")
        table.add_row(*times, Text(what), Text(detail, overflow="fold"), level)
    console.print(table)


def _rows(report: ChannelReport) -> list[Row]:
    rows: list[Row] = [
        (
            digit.time_s, digit.time_s + digit.duration_s, f"digit {digit.digit}",
            f"twist {round(digit.twist_db, 1) + 0.0:+.1f} dB", f"{digit.level_dbm0:.1f}",
        )
        for digit in report.digits
    ]  # fmt: skip
    for one in report.stretches:
        what = {Kind.SOUND: one.name, Kind.SILENCE: "silence", Kind.CLIPPED: "clipped"}.get(one.kind)
        level = "" if one.level_dbm0 is None else f"{one.level_dbm0:.1f}"
        rows.append((one.began_s, one.ended_s, what or f"{one.kind} {one.name}", one.detail, level))
    return sorted(rows)
