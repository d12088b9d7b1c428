"""The figures that a run of the benchmarks ends with, each beside its target: on the screen and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

from boardcore._native import ffi, lib

__all__ = ["SHORT", "Figure", "best_isa", "table", "write_json"]

SHORT = os.environ.get("BOARDCORE_BENCH") == "short"  # CI: smaller and noisier, the same code


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        value, unit: the figure itself.
        target: what TARGETS.md asks for, in the same unit; None: shown only.
        at_most: the target is an upper bound.
        note: what is included, or the peer's own figure.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


def best_isa() -> str:
    """The instruction set that the library chooses here."""
    return str(ffi.string(lib.bc_isa_name(lib.bc_isa_best())).decode())


def machine() -> str:
    """What the figures were measured on, in a line."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, instruction set {best_isa()}, Python {platform.python_version()}"


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    target = "–"
    if figure.target is not None:
        target = f"{'≤' if figure.at_most else '≥'} {_number(figure.target)} {figure.unit}"
    met = {True: "met", False: "MISSED", None: ""}[figure.met]
    return figure.name, f"{_number(figure.value)} {figure.unit}", target, met, figure.note


def table(figures: list[Figure]) -> str:
    """All figures as text in columns."""
    rows = [("figure", "measured", "target", "", "note"), *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    padded = [[cell.ljust(width) for cell, width in zip(row, widths, strict=False)] for row in rows]
    lines = ["  ".join([*cells, row[4]]) for cells, row in zip(padded, rows, strict=True)]
    mode = "short run: smaller sizes, noisier" if SHORT else "full run"
    return "\n".join([f"{machine()} ({mode})", *(line.rstrip() for line in lines)])


def write_json(figures: list[Figure], path: Path) -> None:
    """Keep the figures for later."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine(), "isa": best_isa(), "short": SHORT}
    path.write_text(json.dumps({**found, "figures": [{**asdict(f), "met": f.met} for f in figures]}, indent=1) + "\n")
