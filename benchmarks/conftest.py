"""Collects every benchmark's figures and prints them beside their targets when the run is over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # last: `benchmarks.rig` is found, an installed boardcore is not hidden

from benchmarks.figures import Figure, table, write_json  # noqa: E402

FIGURES = pytest.StashKey[list[Figure]]()
# bench_dsp keeps its ratios where pytest-benchmark does. By test: the row, and how many times the peer it must be.
DSP_ROWS: dict[str, tuple[str, float]] = {
    "test_dtmf_receive[512-avx512]": ("DTMF receive, 512 channels, AVX-512", 6.0),
    "test_dtmf_receive[512-avx2]": ("DTMF receive, 512 channels, AVX2", 3.5),
    "test_dtmf_receive[1-avx512]": ("DTMF receive, one channel alone, AVX-512", 1.0),
    "test_dtmf_receive[1-avx2]": ("DTMF receive, one channel alone, AVX2", 1.0),
    "test_dtmf_receive[1-scalar]": ("DTMF receive, one channel alone, scalar", 1.0),
    "test_g711_encode[alaw]": ("G.711 A-law encode, from Python", 3.0),
    "test_g711_encode[ulaw]": ("G.711 µ-law encode, from Python", 3.0),
    "test_g711_decode[alaw]": ("G.711 A-law decode, from Python", 2.0),
    "test_g711_decode[ulaw]": ("G.711 µ-law decode, from Python", 2.0),
}


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[..., Figure]:
    """Report a figure: `figure(name, value, unit, target=..., note=...)`, as `Figure`."""

    def report(*args: Any, **kwargs: Any) -> Figure:
        found = Figure(*args, **kwargs)
        request.config.stash[FIGURES].append(found)
        return found

    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Generator[None]:
    """The rows that bench_dsp measures: against the fastest peer that was there."""
    yield
    row = DSP_ROWS.get(item.name)
    if row is None:
        return
    benchmark: Any = item.funcargs["benchmark"]
    extra: dict[str, float] = benchmark.extra_info
    ratios = {key.removeprefix("times_"): value for key, value in extra.items() if key.startswith("times_")}
    if ratios:
        peer = min(ratios, key=lambda name: ratios[name])
        note = f"{extra['channels_per_core']:,} channels a core"
        name, target = row
        item.config.stash[FIGURES].append(Figure(name, ratios[peer], f"× {peer}", target, at_most=False, note=note))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    figures = config.stash[FIGURES]
    if figures:
        write_json(figures, ROOT / "build" / "bench.json")
        terminalreporter.section("figures beside their targets")
        terminalreporter.write_line(table(figures))
