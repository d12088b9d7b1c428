"""`boardcore tones learn`: the tones in a recording."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boardcore.cli._sound_file import SoundFile, progress
from boardcore.tones import LearnedTone, ToneLearner, cadence_text, freqs_text, python_text

__all__ = ["show_learned"]

SHOWN = 3  # of the times at which a tone was heard; JSON has all


def show_learned(file: Path, *, as_json: bool) -> None:
    """Print what is learned from every channel of a file, as a table and as Python, or as JSON."""
    found = learned_from(file)
    if as_json:
        print(json.dumps([_row(channel, one) for channel, tones in enumerate(found) for one in tones], indent=1))
    elif not any(found):
        print(f"{file}: no tones found")
    else:
        _show(found)


def learned_from(path: Path) -> list[list[LearnedTone]]:
    """Learn from every channel of a file."""
    with SoundFile(path) as file, progress(file, f"learning from {path.name}") as blocks:
        source = f"learned from {path.name}"
        learners = [ToneLearner(source=source) for _ in range(file.channels)]
        for block in blocks:
            for learner, samples in zip(learners, block, strict=True):
                learner.process(samples)
        return [learner.result() for learner in learners]


def _row(channel: int, one: LearnedTone) -> dict[str, Any]:
    tone = one.tone
    bursts = [
        {"on_s": None if b.on_s == math.inf else b.on_s, "off_s": b.off_s, "freqs_hz": b.freqs_hz} for b in tone.bursts
    ]
    return {
        "channel": channel, "freqs": freqs_text(tone), "cadence": cadence_text(tone), "level_dbm0": tone.level_dbm0,
        "levels_dbm0": one.levels_dbm0, "modulation_hz": tone.modulation_hz,
        "modulation_depth": tone.modulation_depth if tone.modulation_hz else 0.0,
        "repeats": tone.repeats, "bursts": bursts, "freq_tolerance_hz": tone.freq_tolerance_hz,
        "cadence_tolerance": tone.cadence_tolerance, "cycles": one.cycles,
        "heard": [[span.began_s, span.ended_s] for span in one.heard], "snr_db": one.snr_db,
        "freq_spread_hz": one.freq_spread_hz, "time_spread_s": one.time_spread_s, "unsure": one.unsure,
        "python": python_text(tone),
    }  # fmt: skip


def _show(found: list[list[LearnedTone]]) -> None:
    stereo = len(found) > 1
    table = Table(*(["channel"] if stereo else []), "", "Hz", "cadence, s", "dBm0", "cycles", "heard at, s")
    for channel, number, one in _numbered(found):
        spans = ", ".join(f"{span.began_s:.2f}-{span.ended_s:.2f}" for span in one.heard[:SHOWN])
        more = f", {len(one.heard) - SHOWN} more" if len(one.heard) > SHOWN else ""
        cells = (
            str(number), freqs_text(one.tone), cadence_text(one.tone), f"{one.tone.level_dbm0:g}",
            str(one.cycles) if one.cycles else "", spans + more,
        )  # fmt: skip
        table.add_row(*([str(channel)] if stereo else []), *(Text(cell, overflow="fold") for cell in cells))
    Console().print(table)
    for _, number, one in _numbered(found):
        for doubt in one.unsure:
            print(f"{number}: unsure: {doubt}")
    print("\nfrom boardcore.tones import Burst, Tone\n")
    for _, number, one in _numbered(found):
        print(f"tone_{number} = {python_text(one.tone)}")


def _numbered(found: list[list[LearnedTone]]) -> list[tuple[int, int, LearnedTone]]:
    every = [(channel, one) for channel, tones in enumerate(found) for one in tones]
    return [(channel, number, one) for number, (channel, one) in enumerate(every, start=1)]
