"""Speed of G.711 from kernel to kernel, from law to law, and of level meters, beside the peers of the same run.

Bulk calls of 38,400 samples. `bench_dsp.py` has encoding and decoding from Python.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cffi import FFI
from numpy.typing import NDArray

from benchmarks.figures import best_isa
from boardcore._native import ffi, lib
from boardcore.dsp import LevelMeter, alaw_to_ulaw, levels, ulaw_to_alaw

BULK = 38_400
RATE_HZ = 8000
LAWS = {"alaw": 0, "ulaw": 1}
PEER = """
void *g711_init(void *s, int mode);
int g711_encode(void *s, uint8_t g711_data[], const int16_t amp[], int len);
int g711_decode(void *s, int16_t amp[], const uint8_t g711_data[], int g711_bytes);
int g711_transcode(void *s, uint8_t out[], const uint8_t in[], int len);
"""


def median_s(work: Callable[[], Any], rounds: int = 101) -> float:
    work()
    times: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@pytest.fixture(scope="module")
def spandsp() -> tuple[FFI, Any]:
    peer = FFI()
    peer.cdef(PEER)
    try:
        return peer, peer.dlopen("libspandsp.so.2")
    except OSError as error:
        pytest.skip(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")


class Buffers:
    """The same samples for both."""

    def __init__(self, maker: Any) -> None:
        rng = np.random.default_rng(1)
        self.linear = rng.integers(-32768, 32768, BULK).astype(np.int16)
        self.coded = rng.integers(0, 256, BULK).astype(np.uint8)
        self.other = np.empty(BULK, np.uint8)
        self.samples = maker.from_buffer("int16_t[]", self.linear)
        self.octets = maker.from_buffer("uint8_t[]", self.coded)
        self.result = maker.from_buffer("uint8_t[]", self.other)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("way", ["encode", "decode"])
def test_g711_kernel(benchmark: Any, figure: Any, spandsp: tuple[FFI, Any], way: str, law: str) -> None:
    number, isa, (peer, theirs) = LAWS[law], lib.bc_isa_best(), spandsp
    a, b, state = Buffers(ffi), Buffers(peer), theirs.g711_init(peer.NULL, LAWS[law])
    if way == "encode":
        other = median_s(lambda: theirs.g711_encode(state, b.octets, b.samples, BULK))
        work, arguments = lib.bc_g711_encode, (number, isa, a.samples, BULK, a.octets)
    else:
        other = median_s(lambda: theirs.g711_decode(state, b.samples, b.octets, BULK))
        work, arguments = lib.bc_g711_decode, (number, isa, a.octets, BULK, a.samples)
    benchmark.pedantic(work, args=arguments, rounds=200, iterations=5, warmup_rounds=5)
    ours = benchmark.stats.stats.median
    note = f"{BULK / RATE_HZ / ours:,.0f} channels a core, {best_isa()}"
    figure(f"G.711 {law} {way}, kernel", other / ours, "× spandsp", target=3, at_most=False, note=note)


@pytest.mark.parametrize(("law", "convert"), [("alaw", alaw_to_ulaw), ("ulaw", ulaw_to_alaw)])
def test_law_to_law(benchmark: Any, figure: Any, spandsp: tuple[FFI, Any], law: str, convert: Any) -> None:
    """From Python, beside spandsp's C and what Python and numpy have for a table of 256."""
    peer, theirs = spandsp
    a, b = Buffers(ffi), Buffers(peer)
    state = theirs.g711_init(peer.NULL, LAWS[law])
    table, data = convert(np.arange(256, dtype=np.uint8)), a.coded.tobytes()
    ways = {
        "spandsp": median_s(lambda: theirs.g711_transcode(state, b.result, b.octets, BULK)),
        "bytes.translate": median_s(lambda: data.translate(table.tobytes())),
        "numpy take": median_s(lambda: table.take(a.coded, out=a.other, mode="wrap")),
    }
    benchmark.pedantic(convert, args=(a.coded, a.other), rounds=200, iterations=5, warmup_rounds=5)
    assert a.other.tobytes() == data.translate(table.tobytes())
    ours, fastest = benchmark.stats.stats.median, min(ways, key=lambda name: ways[name])
    note = ", ".join(f"{took / ours:.1f} × {name}" for name, took in ways.items())
    figure(f"G.711 {law} to the other law, from Python", ways[fastest] / ours, f"× {fastest}", note=note)


def audioop_levels(samples: NDArray[np.int16]) -> dict[str, float]:
    """The standard library's three loops, where Python still has them (until 3.12)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import audioop
    except ImportError:
        return {}
    rows = [row.tobytes() for row in samples]
    found: dict[str, float] = {}

    def measure() -> None:
        for row in rows:
            audioop.rms(row, 2)
            audioop.max(row, 2)
            audioop.avg(row, 2)

    found["audioop"] = median_s(measure, 21)
    return found


def numpy_levels(samples: NDArray[np.int16]) -> tuple[Any, ...]:
    """What one would write: exact, since float64 carries the squares."""
    wide = samples.astype(np.float64)
    size = np.abs(wide)
    power = 10 * np.log10((wide * wide).mean(axis=1) / 16141**2)
    return power, size.max(axis=1), wide.mean(axis=1), np.count_nonzero(size >= 32124, axis=1)


@pytest.mark.parametrize("channels", [1, 64])
def test_level_meter(benchmark: Any, figure: Any, channels: int) -> None:
    """Power, peak, DC and clipping of a second of every channel, in ten windows; from Python."""
    samples = np.random.default_rng(1).integers(-30000, 30000, (channels, RATE_HZ)).astype(np.int16)
    peers = {"numpy": median_s(lambda: numpy_levels(samples), 21), **audioop_levels(samples)}
    assert np.allclose(levels(samples).rms_dbm0, numpy_levels(samples)[0])
    meter = LevelMeter(channels)
    benchmark.pedantic(meter.process, args=(samples,), rounds=100, warmup_rounds=3)
    ours, fastest = benchmark.stats.stats.median, min(peers, key=lambda name: peers[name])
    note = f"{channels / ours:,.0f} channels a core, {best_isa()}"
    figure(f"level meter, {channels} channels, from Python", peers[fastest] / ours, f"× {fastest}", note=note)
