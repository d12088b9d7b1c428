"""The demo as a picture: what the caller and the supervisor heard, with what happened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib.figure import Figure  # after the backend is chosen

if TYPE_CHECKING:
    from boardcore.cli._demo import Outcome

__all__ = ["draw"]

RATE_HZ = 8000


def draw(outcome: Outcome, path: Path) -> None:
    """Waveform and spectrogram of two telephones, events as lines with their names beside."""
    figure: Any = Figure(figsize=(16, 11), layout="constrained")
    axes: Any = figure.subplots(5, 1, sharex=True, height_ratios=[1.5, 1, 2, 1, 2])
    begun_s = outcome.timeline[0][0]
    end_s = outcome.timeline[-1][0] - begun_s + 1.5
    _timeline(axes[0], outcome, begun_s)
    for row, who in ((1, "caller"), (3, "supervisor")):
        samples = outcome.heard[who]
        at_s = outcome.began_s[who] - begun_s + np.arange(samples.size) / RATE_HZ
        floor = np.random.default_rng(0).normal(0, 1e-6, samples.size)  # the logarithm of silence
        wave, spectrum = axes[row], axes[row + 1]
        wave.plot(at_s, samples / 32768, linewidth=0.3, color="tab:blue")
        wave.set_ylim(-1, 1)
        wave.set_ylabel("level")
        wave.set_title(f"what the {who} heard", loc="left", fontsize=11)
        spectrum.specgram(
            samples / 32768 + floor, NFFT=256, Fs=RATE_HZ, noverlap=128, cmap="magma", vmin=-120, vmax=-40,
            xextent=(float(at_s[0]), float(at_s[-1])),
        )
        spectrum.set_ylabel("Hz")
        for axis in (wave, spectrum):
            for when_s, _ in outcome.timeline:
                axis.axvline(when_s - begun_s, color="tab:orange", linewidth=0.8, alpha=0.8)
    axes[-1].set_xlabel("seconds")
    axes[-1].set_xlim(-0.5, end_s)
    figure.savefig(path, dpi=90)


def _timeline(axis: Any, outcome: Outcome, begun_s: float) -> None:
    """Event names, on as many rows as they need not to run into each other."""
    rows = 6
    for index, (when_s, text) in enumerate(outcome.timeline):
        at_s = when_s - begun_s
        row = rows - 1 - index % rows
        axis.axvline(at_s, color="tab:orange", linewidth=0.8, ymax=(row + 0.5) / rows)
        late = at_s > 0.85 * (outcome.timeline[-1][0] - begun_s)
        name = f" {text.split(':')[0]} "
        axis.text(at_s, row + 0.45, name, fontsize=9, va="center", ha="right" if late else "left")
    axis.set_ylim(0, rows)
    axis.set_yticks([])
    axis.set_title("boardcore demo", loc="left", fontsize=13)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
