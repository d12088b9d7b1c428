"""The demo as a picture: what happened, what the caller heard, and what came from the caller's line."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib.figure import Figure  # after the backend is chosen

from boardcore import Call
from boardcore.cli._demo_chart import Chart, chart_of, without_keys
from boardcore.cli._demo_verdict import Recorded, Sound
from boardcore.testing._hearing import RATE_HZ

__all__ = ["draw"]

ROWS = {  # from the top, with their colours
    "menu plays": "#9ecae1",
    "caller's keys": "#444444",
    "menu records": "#fdae6b",
    "caller and agent bridged": "#a1d99b",
    "supervisor hears both": "#bcbddc",
}
FULL_SCALE = 32768.0
NARROW_S = 1.2  # a shorter bar has no room for its name


def draw(recorded: Recorded, calls: list[Call], path: Path) -> None:
    """Bars of what was done, then waveform and spectrogram of either direction, on one axis of time."""
    chart = chart_of(calls, recorded.begun_s)
    figure: Any = Figure(figsize=(16, 10), layout="constrained", facecolor="white")
    axes: Any = figure.subplots(5, 1, sharex=True, height_ratios=[1.7, 0.9, 1.6, 0.9, 1.6])
    _bars(axes[0], chart)
    heard = without_keys(recorded.sounds["caller heard"], chart)
    panels = (
        (1, heard, "what the caller heard", "not drawn: the keys of a secret number"),
        (3, recorded.sounds["from the caller"], "what came from the caller", "silenced by the board"),
    )
    for row, sound, title, secret in panels:
        _wave(axes[row], sound, title)
        _spectrum(axes[row + 1], sound)
        for axis in (axes[row], axes[row + 1]):
            _context(axis, chart)
        _secret(axes[row + 1], chart, secret)
    axes[-1].set_xlabel("seconds")
    axes[-1].set_xlim(0, chart.marks[-1][0] + 1.0)
    figure.savefig(path, dpi=100)


def _bars(axis: Any, chart: Chart) -> None:
    rows = {name: len(ROWS) - 1 - index for index, name in enumerate(ROWS)}
    for bar in chart.bars:
        y, width_s = rows[bar.row], bar.to_s - bar.from_s
        (drawn,) = axis.barh(y, width_s, left=bar.from_s, height=0.66, color=ROWS[bar.row], edgecolor="white")
        if width_s >= NARROW_S:
            text = axis.text(bar.from_s + 0.1, y, bar.name, fontsize=8.5, va="center", clip_on=True)
            text.set_clip_path(drawn)
    axis.plot(chart.digits_s, [rows["caller's keys"]] * len(chart.digits_s), "o", markersize=5, color="#444444")
    axis.set_yticks(list(rows.values()), list(rows), fontsize=10)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.tick_params(left=False)
    axis.set_title("boardcore demo", loc="left", fontsize=13, fontweight="bold", pad=20)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    for at_s, name in chart.marks:
        axis.axvline(at_s, color="#d62728", linewidth=1)
        axis.text(at_s, len(rows) - 0.35, name, fontsize=10, color="#d62728", ha="center", va="bottom")


def _wave(axis: Any, sound: Sound, title: str) -> None:
    at_s = sound.began_s + np.arange(sound.samples.size) / RATE_HZ
    axis.plot(at_s, sound.samples / FULL_SCALE, linewidth=0.35, color="#2171b5")
    axis.set_ylim(-0.5, 0.5)
    axis.set_yticks([-0.5, 0, 0.5])
    axis.set_ylabel("of full scale")
    axis.set_title(title, loc="left", fontsize=11)


def _spectrum(axis: Any, sound: Sound) -> None:
    floor = np.random.default_rng(0).normal(0, 1e-6, sound.samples.size)  # silence has no logarithm
    axis.specgram(
        sound.samples / FULL_SCALE + floor, NFFT=256, Fs=RATE_HZ, noverlap=192, cmap="Blues", vmin=-95, vmax=-45,
        xextent=(sound.began_s, sound.began_s + sound.duration_s),
    )  # fmt: skip
    axis.set_ylim(0, RATE_HZ / 2)
    axis.set_yticks([0, 1000, 2000, 3000, 4000])
    axis.set_ylabel("Hz")


def _context(axis: Any, chart: Chart) -> None:
    """The same moments on every panel."""
    for at_s, _ in chart.marks:
        axis.axvline(at_s, color="#d62728", linewidth=1)
    for bar in chart.bars:
        if bar.row in ("menu records", "caller and agent bridged"):
            axis.axvspan(bar.from_s, bar.to_s, color=ROWS[bar.row], alpha=0.16, linewidth=0)


def _secret(axis: Any, chart: Chart, why: str) -> None:
    from_s, to_s = chart.keys_s
    axis.axvspan(from_s, to_s, facecolor="none", edgecolor="#999999", hatch="//", linewidth=0)
    label = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "#999999"}
    text = "\n".join(textwrap.wrap(why, 14))
    place = axis.get_xaxis_transform()
    axis.text((from_s + to_s) / 2, 0.5, text, transform=place, ha="center", va="center", fontsize=9, bbox=label)
