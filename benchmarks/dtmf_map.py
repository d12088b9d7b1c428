"""Draw where DTMF is heard, ours beside spandsp's, on the same digits: one PNG, and the same maps as text.

`python benchmarks/dtmf_map.py` takes a minute or two and writes dtmf_map.png; `--quick` takes seconds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cffi import FFI
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # last: an installed boardcore is not hidden

from dtmf_accuracy import Make, Rows, make_rows, ours, score

Hear = Callable[[Rows], list[str]]
SHADES = "0123456789#"  # tenths heard; '#' is all


@dataclass(frozen=True, slots=True)
class Plan:
    """A map to draw: what lies along x and y, and the digits of a point."""

    title: str
    x_name: str
    x: tuple[float, float]
    y_name: str
    y: tuple[float, float]
    make: Callable[[float, float], Make]
    wanted: tuple[float, float, float, float]
    """The box, x from and to and y from and to, in which all must be heard."""


PLANS = (
    Plan(
        "both tones off by x, twist", "frequency off, %", (-5, 5), "twist, high over low, dB", (-13, 9),
        lambda x, y: Make(low_off_pct=x, high_off_pct=x, twist_db=y, on_ms=40, noise_dbm0=-45),
        (-1.5, 1.5, -8, 4),
    ),
    Plan(
        "each tone off", "low tone off, %", (-5, 5), "high tone off, %", (-5, 5),
        lambda x, y: Make(low_off_pct=x, high_off_pct=y, on_ms=40, noise_dbm0=-45),
        (-1.5, 1.5, -1.5, 1.5),
    ),
    Plan(
        "length in noise", "length, ms", (14, 62), "SNR, dB", (0, 24),
        lambda x, y: Make(on_ms=x, snr_db=y),
        (35, 62, 20, 24),
    ),
    Plan(
        "beneath a dial tone of 350+440 Hz, filter on", "each dial tone over each of the digit's, dB", (-15, 21),
        "level of each of the digit's tones, dBm0", (-40, -18),
        lambda x, y: Make(dial_hz=(350, 440), dial_above_db=x, level_dbm0=y),
        (-15, 12, -40, -18),
    ),
)  # fmt: skip


def spandsp(*, dial_tone_filter: bool) -> Hear:
    """Return spandsp's receiver, each row from a clean state.

    Raises:
        OSError: It is not installed.
    """
    ffi: Any = FFI()
    ffi.cdef(
        "void *dtmf_rx_init(void *, void *, void *); void dtmf_rx_parms(void *, int, int, int, int);"
        "int dtmf_rx(void *, const int16_t *, int); size_t dtmf_rx_get(void *, char *, int); int dtmf_rx_free(void *);"
    )
    lib: Any = ffi.dlopen("libspandsp.so.2")
    room = ffi.new("char[129]")

    def hear_row(row: NDArray[np.int16]) -> str:
        state = lib.dtmf_rx_init(ffi.NULL, ffi.NULL, ffi.NULL)
        lib.dtmf_rx_parms(state, dial_tone_filter, -1, -1, -99)
        lib.dtmf_rx(state, ffi.from_buffer("int16_t[]", row), len(row))
        digits = bytes(ffi.buffer(room, lib.dtmf_rx_get(state, room, 128))).decode()
        lib.dtmf_rx_free(state)
        return digits

    return lambda rows: [hear_row(np.ascontiguousarray(row)) for row in rows]


def axis(ends: tuple[float, float], points: int) -> NDArray[np.float64]:
    return np.linspace(ends[0], ends[1], points)


def lines(plan: Plan, hear: list[Hear], points: int, digits: int) -> Iterator[NDArray[np.float64]]:
    """For each y, the share heard at every x: [receiver][x]."""
    for row, y in enumerate(axis(plan.y, points)):
        made = [
            make_rows(plan.make(float(x), float(y)), digits, seed=1000 * row + i)
            for i, x in enumerate(axis(plan.x, points))
        ]
        yield np.array([[score(receiver(rows), keys) for rows, keys in made] for receiver in hear])


def as_text(plan: Plan, name: str, shares: NDArray[np.float64]) -> str:
    """One character a point: tenths heard, '#' where all are."""
    ys = axis(plan.y, len(shares))
    rows = [
        f"{y:8.1f} " + "".join(SHADES[int(share * 10)] for share in line)
        for y, line in zip(ys[::-1], shares[::-1], strict=True)
    ]
    foot = f"{'':9}{plan.x_name}: {plan.x[0]:g} to {plan.x[1]:g}; up: {plan.y_name}"
    return "\n".join([f"{name}: {plan.title}", *rows, foot])


def edges(ends: tuple[float, float], points: int) -> tuple[float, float]:
    """Where the outermost cells end, if the outermost points are their middles."""
    half = (ends[1] - ends[0]) / (points - 1) / 2
    return ends[0] - half, ends[1] + half


def draw(found: list[NDArray[np.float64]], names: list[str], path: Path) -> None:
    """Draw the maps, [plan][receiver][y][x]: a row a plan, a column a receiver."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    plt_: Any = plt
    figure, axes = plt_.subplots(
        len(found), len(names), figsize=(5.2 * len(names), 3.9 * len(found)), squeeze=False, layout="constrained"
    )
    image: Any = None
    for plan, maps, row in zip(PLANS, found, axes, strict=True):
        for name, shares, ax in zip(names, maps, row, strict=True):
            extent = (*edges(plan.x, len(shares)), *edges(plan.y, len(shares)))
            image = ax.imshow(
                shares * 100, origin="lower", aspect="auto", extent=extent, vmin=0, vmax=100, cmap="viridis"
            )
            left, right, bottom, top = plan.wanted
            box = ([left, right, right, left, left], [bottom, bottom, top, top, bottom])
            ax.plot(*box, color="white", linewidth=1.5, linestyle="--")
            ax.set(title=f"{name}: {plan.title}", xlabel=plan.x_name, ylabel=plan.y_name)
            ax.title.set_fontsize(9)
    figure.colorbar(image, ax=axes, label="digits heard, %; dashed: all must be", shrink=0.5)
    figure.savefig(path, dpi=110)
    plt_.close(figure)


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dtmf_map", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a coarse map of few digits")
    parser.add_argument("--out", type=Path, default=Path("dtmf_map.png"), help="the PNG to write")
    chosen = parser.parse_args(arguments)
    if not chosen.out.parent.is_dir():
        parser.error(f"--out: there is no folder {chosen.out.parent}")
    return chosen


def peers(console: Console) -> list[tuple[str, Hear, Hear]]:
    """The receivers to compare: name, as it is, with its dial tone filter."""
    found: list[tuple[str, Hear, Hear]] = [("boardcore", ours, lambda rows: ours(rows, dial_tone_filter=True))]
    try:
        found.append(("spandsp", spandsp(dial_tone_filter=False), spandsp(dial_tone_filter=True)))
    except OSError:
        console.print("no libspandsp.so.2 (apt-get install libspandsp2): boardcore alone is drawn")
    return found


def main(arguments: list[str]) -> int:
    chosen = options(arguments)
    console, points, digits = Console(stderr=True), 9 if chosen.quick else 41, 16 if chosen.quick else 48
    receivers = peers(console)
    names = [name for name, _, _ in receivers]
    found: list[NDArray[np.float64]] = []
    for plan in PLANS:
        hear = [filtered if "filter" in plan.title else plain for _, plain, filtered in receivers]
        steps = track(
            lines(plan, hear, points, digits), plan.title, points, console=console, disable=not console.is_terminal
        )
        found.append(np.stack(list(steps), axis=1))
        for name, shares in zip(names, found[-1], strict=True):
            print(as_text(plan, name, shares), end="\n\n", flush=True)
    draw(found, names, chosen.out)
    print(f"wrote {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
