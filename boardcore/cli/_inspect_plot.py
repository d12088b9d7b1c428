"""A recording as a picture: waveform, spectrogram and what was decided, on one axis of time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib.figure import Figure  # after the backend is chosen
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from boardcore.cli._inspect_overview import BINS, Overview
from boardcore.cli._inspect_scan import ChannelReport, Kind, Stretch
from boardcore.dsp import RATE_HZ

__all__ = ["Lane", "draw", "lanes_of", "placed"]

WIDTH_IN, LEFT_IN, RIGHT_IN = 15.0, 1.95, 0.35
WAVE_IN, SPECTRUM_IN, LANE_IN, GAP_IN, HEAD_IN, FOOT_IN = 1.0, 1.9, 0.27, 0.18, 0.75, 0.6
BETWEEN_IN = 0.65  # channels
DPI = 110
CLOCK_S, TICKS = 120.0, 14  # longer recordings have their times in minutes
MAX_TONES = 8  # lanes; what is left shares one
NAME_LETTERS = 24  # of a lane, that have room
LETTER_IN = 0.095  # of a digit in its lane
NARROWEST_IN = 0.02  # of a bar, to be seen
RANGE_DB = (-85.0, -10.0)
COLOURS = {
    "digits": "#333333", Kind.TONE: "#d6801f", Kind.MODEM: "#8a56b8", Kind.MF: "#2a9d8f", Kind.SOUND: "#4a86c5",
    Kind.SILENCE: "#d9d9d9", Kind.CLIPPED: "#cc2222",
}  # fmt: skip


@dataclass(slots=True)
class Lane:
    """One row of decisions."""

    name: str
    colour: str
    bars: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    letters: list[tuple[float, float, str]] = field(default_factory=list[tuple[float, float, str]])  # began, ended


def lanes_of(report: ChannelReport) -> list[Lane]:
    """The rows under a channel, from the top; only those that have something."""
    digits = Lane("digits", COLOURS["digits"])
    digits.letters = [(d.time_s, d.time_s + d.duration_s, d.digit) for d in report.digits]
    lanes = [digits] if digits.letters else []
    for kind in (Kind.MF, Kind.TONE, Kind.MODEM):
        lanes += _named(kind, [one for one in report.stretches if one.kind == kind], report)
    for kind, name in ((Kind.SOUND, "speech, sound"), (Kind.SILENCE, "silence"), (Kind.CLIPPED, "clipped")):
        bars = [(one.began_s, one.ended_s) for one in report.stretches if one.kind == kind]
        lanes += [Lane(name, COLOURS[kind], bars)] if bars else []
    return lanes


def _named(kind: str, stretches: list[Stretch], report: ChannelReport) -> list[Lane]:
    lanes: dict[str, Lane] = {}
    for one in stretches:
        name = _short(_lane_name(kind, one))
        if name not in lanes and len(lanes) == MAX_TONES:
            name = f"other {kind}s"
        lane = lanes.setdefault(name, Lane(name, COLOURS[kind]))
        if kind == Kind.MF:
            inside = [s for s in report.signals if one.began_s <= s.time_s <= one.ended_s]
            lane.letters += [(s.time_s, s.time_s + s.duration_s, s.digit) for s in inside]
        else:
            lane.bars.append((one.began_s, one.ended_s))
    return list(lanes.values())


def _short(name: str) -> str:
    return name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 1]}…"


def _lane_name(kind: str, one: Stretch) -> str:
    if kind == Kind.MF:
        return f"MF {one.name}"
    if one.name[:1].isdigit():  # learned: no other name than its frequencies
        cadence = one.detail.replace(" (unsure)", "")
        return f"{one.name} Hz, {cadence}" if len(one.name) + len(cadence) < NAME_LETTERS - 4 else f"{one.name} Hz"
    return one.name.replace("_", " ")


def draw(title: str, reports: list[ChannelReport], overviews: list[Overview], path: Path) -> None:
    """Write the picture, PNG."""
    lanes = [lanes_of(report) for report in reports]
    heights = [WAVE_IN + SPECTRUM_IN + 2 * GAP_IN + LANE_IN * max(len(rows), 1) for rows in lanes]
    height = HEAD_IN + sum(heights) + BETWEEN_IN * (len(heights) - 1) + FOOT_IN
    figure: Any = Figure(figsize=(WIDTH_IN, height), facecolor="white")
    top = height - HEAD_IN
    figure.text(LEFT_IN / WIDTH_IN, 1 - 0.3 / height, title, fontsize=13, fontweight="bold", va="center")
    for number, (report, overview, rows) in enumerate(zip(reports, overviews, lanes, strict=True)):
        last = number == len(reports) - 1
        name = f"channel {number}: " if len(reports) > 1 else ""
        _channel(figure, (top, height), name + _summary(report), (report, overview, rows), last)
        top -= heights[number] + BETWEEN_IN
    figure.savefig(path, dpi=DPI, format="png")


def _summary(report: ChannelReport) -> str:
    parts = [f"RMS {report.rms_dbm0:.1f} dBm0", f"peak {report.peak_dbm0:.1f} dBm0 at {report.peak_at_s:.2f} s"]
    parts += [f"DC {report.dc_offset:+.0f}"] if abs(report.dc_offset) >= 1 else []
    parts += [f"{report.clipped:,} samples clipped"] if report.clipped else []
    return ", ".join(parts)


def _axes(figure: Any, top: float, size: float, height: float) -> Any:
    width = WIDTH_IN - LEFT_IN - RIGHT_IN
    return figure.add_axes((LEFT_IN / WIDTH_IN, (top - size) / height, width / WIDTH_IN, size / height))


def _channel(
    figure: Any, place: tuple[float, float], title: str, what: tuple[ChannelReport, Overview, list[Lane]], last: bool
) -> None:
    (top, height), (report, overview, rows) = place, what
    wave = _axes(figure, top, WAVE_IN, height)
    spectrum = _axes(figure, top - WAVE_IN - GAP_IN, SPECTRUM_IN, height)
    size = LANE_IN * max(len(rows), 1)
    decisions = _axes(figure, top - WAVE_IN - SPECTRUM_IN - 2 * GAP_IN, size, height)
    wave.set_title(title, loc="left", fontsize=10, color="#444444", pad=5)
    _wave(wave, overview, report)
    _spectrum(spectrum, overview)
    _decisions(decisions, rows, report)
    for axis in (wave, spectrum, decisions):
        axis.set_xlim(0, report.duration_s)
        axis.xaxis.set_major_locator(_ticks(report.duration_s))
        axis.xaxis.set_major_formatter(FuncFormatter(partial(_time, report.duration_s)))
        axis.tick_params(labelbottom=axis is decisions, labelsize=9, length=3)
    if last:
        decisions.set_xlabel("minutes:seconds" if report.duration_s > CLOCK_S else "seconds", fontsize=10)


def _ticks(duration_s: float) -> Any:
    """Round seconds, or round minutes where those are shown."""
    if duration_s <= CLOCK_S:
        return MaxNLocator(nbins=TICKS, steps=[1, 2, 5, 10])
    steps_s = (10, 15, 30, *(60 * n for n in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480)))
    return MultipleLocator(next((step for step in steps_s if duration_s / step <= TICKS), duration_s / TICKS))


def _time(whole_s: float, at_s: float, _position: int) -> str:
    if whole_s <= CLOCK_S:
        return f"{at_s:g}"
    hours, rest = divmod(round(at_s), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _wave(axis: Any, overview: Overview, report: ChannelReport) -> None:
    at = np.linspace(0, report.duration_s, overview.columns)
    axis.fill_between(at, overview.low, overview.high, color="#2171b5", linewidth=0.5)
    reach = max(float(np.abs(overview.low).max()), float(np.abs(overview.high).max()), 0.01)
    limit = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if step >= min(reach, 1.0))
    axis.set_ylim(-limit, limit)
    axis.set_yticks([-limit, 0, limit], [f"{-limit:g}", "0", f"{limit:g}"])
    axis.set_ylabel("of full scale", fontsize=9)
    axis.grid(axis="x", color="#e6e6e6", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _spectrum(axis: Any, overview: Overview) -> None:
    half_bin = RATE_HZ / 2 / (BINS - 1) / 2
    axis.imshow(
        overview.spectrogram_db(), origin="lower", aspect="auto", cmap="magma", vmin=RANGE_DB[0], vmax=RANGE_DB[1],
        extent=(0, overview.duration_s, -half_bin, RATE_HZ / 2 + half_bin), interpolation="nearest",
    )  # fmt: skip
    axis.set_ylim(0, RATE_HZ / 2)
    axis.set_yticks([0, 1000, 2000, 3000, 4000])
    axis.set_ylabel("Hz", fontsize=9)


def _decisions(axis: Any, rows: list[Lane], report: ChannelReport) -> None:
    per_s = (WIDTH_IN - LEFT_IN - RIGHT_IN) / max(report.duration_s, 1e-3)
    count = max(len(rows), 1)
    for number, lane in enumerate(rows):
        y = count - 1 - number
        axis.axhspan(y - 0.5, y + 0.5, color="#f6f6f6" if number % 2 == 0 else "white", linewidth=0, zorder=0)
        _bars(axis, y, lane.bars, per_s, lane.colour, 1.0)
        for began_s, ended_s, at_s, text in placed(lane.letters, report.duration_s, per_s):
            _bars(axis, y, [(began_s, ended_s)], per_s, lane.colour, 0.15)
            axis.text(
                at_s, y, text, ha="center", va="center_baseline", fontsize=9, fontweight="bold",
                color=lane.colour, zorder=3, clip_on=True,
            )  # fmt: skip
    if not rows:
        axis.text(0.5, 0.5, "nothing found", transform=axis.transAxes, ha="center", va="center", fontsize=9)
    axis.set_ylim(-0.5, count - 0.5)
    axis.set_yticks([count - 1 - n for n in range(len(rows))], [lane.name for lane in rows], fontsize=9)
    axis.tick_params(axis="y", left=False)
    axis.grid(axis="x", color="#dddddd", linewidth=0.6, zorder=1)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _bars(axis: Any, y: int, spans: list[tuple[float, float]], per_s: float, colour: str, alpha: float) -> None:
    widths = [(a, max(b - a, NARROWEST_IN / per_s)) for a, b in spans]
    axis.broken_barh(widths, (y - 0.33, 0.66), color=colour, alpha=alpha, linewidth=0, zorder=2)


def placed(
    letters: list[tuple[float, float, str]], duration_s: float, per_s: float
) -> list[tuple[float, float, float, str]]:
    """From when to when digits sounded, the middle of their text, and the text.

    Those too near to each other are one string; where there is no room for it, it is empty.
    """
    groups: list[list[tuple[float, float, str]]] = []
    for letter in letters:
        if groups and (letter[0] - groups[-1][-1][0]) * per_s < LETTER_IN:
            groups[-1].append(letter)
        else:
            groups.append([letter])
    found: list[tuple[float, float, float, str]] = []
    reached_s = -math.inf
    for group in groups:
        began_s, ended_s, text = group[0][0], group[-1][1], "".join(letter for _, _, letter in group)
        half_s = len(text) * LETTER_IN / 2 / per_s
        middle_s = max(min((began_s + ended_s) / 2, duration_s - half_s), half_s)
        fits = middle_s - half_s >= reached_s and middle_s + half_s <= duration_s
        found.append((began_s, ended_s, middle_s, text if fits else ""))
        reached_s = max(reached_s, middle_s + half_s) if fits else reached_s
    return found
