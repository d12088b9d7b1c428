"""Speed of the DSP modules beside their peers, measured in the same run.

`pytest -s benchmarks/bench_dsp.py` prints channels per core (8 kHz, in real time) and the ratio to the peer.
DTMF and MF are timed kernel to kernel, both through cffi, two seconds of audio a call, and DTMF then from Python
with an object made for each digit. G.711 is timed from Python.
"""

import math
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cffi import FFI
from numpy.typing import NDArray

from boardcore._native import ffi, lib
from boardcore.dsp import (
    DTMF_DIGITS,
    DtmfDetector,
    MfKind,
    alaw_decode,
    alaw_encode,
    available_isas,
    dtmf_tones,
    mf_digits,
    mf_tones,
    ulaw_decode,
    ulaw_encode,
)
from boardcore.dsp._tones import tones_rx
from boardcore.tones import country, tone_samples, tone_set

SECONDS = 2
RATE_HZ = 8000
BULK = 38_400  # samples a call
ROUNDS = 15
# A call takes 0.1 ms on one channel, 10 ms on 512: only without the time that others have the core are they comparable.
CPU_TIME = pytest.mark.benchmark(timer=time.process_time)


def median_s(
    work: Callable[[], Any], rounds: int = ROUNDS, timer: Callable[[], float] = time.perf_counter
) -> float:
    """Median time of a call, after one to warm up."""
    work()
    times: list[float] = []
    for _ in range(rounds):
        start = timer()
        work()
        times.append(timer() - start)
    return statistics.median(times)


def line_audio(channels: int) -> NDArray[np.int16]:
    """Digits of 60 ms with pauses of 60 ms in light noise, each channel at its own place in them."""
    rng = np.random.default_rng(1)
    digits = dtmf_tones(DTMF_DIGITS * 2, on_ms=60, off_ms=60, level_dbm0=-12)
    rows = rng.integers(-20, 21, (channels, SECONDS * RATE_HZ)).astype(np.int16)
    for channel, row in enumerate(rows):
        at = 7 * channel % digits.size
        row += np.roll(digits, at)[: row.size]
    return rows


@pytest.fixture(scope="module")
def spandsp_dtmf() -> float:
    """Channels per core of spandsp's dtmf_rx."""
    peer = FFI()
    peer.cdef("void *dtmf_rx_init(void *, void *, void *); int dtmf_rx(void *, const int16_t *, int);")
    try:
        spandsp: Any = peer.dlopen("libspandsp.so.2")
    except OSError as error:
        pytest.skip(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")
    state = spandsp.dtmf_rx_init(peer.NULL, peer.NULL, peer.NULL)
    row = line_audio(1)[0]
    samples = peer.from_buffer("int16_t[]", row)
    return SECONDS / median_s(lambda: spandsp.dtmf_rx(state, samples, row.size), timer=time.process_time)


def report(benchmark: Any, ours: float, peers: dict[str, float]) -> None:
    """Put channels per core and ratios where pytest-benchmark keeps them, and print them."""
    benchmark.extra_info["channels_per_core"] = round(ours)
    text = f"{ours:,.0f} ch/core"
    for name, peer in peers.items():
        benchmark.extra_info[f"times_{name}"] = round(ours / peer, 2)
        text += f", {ours / peer:.1f} x {name} ({peer:,.0f})"
    print(f"\n{benchmark.name}: {text}")


def receiver(channels: int, isa: str, dial_tone_filter: bool = False) -> Any:
    options = ffi.new("bc_dtmf_options *")
    lib.bc_dtmf_defaults(options)
    options.dial_tone_filter = dial_tone_filter
    rx = lib.bc_dtmf_rx_new(channels, available_isas().index(isa), options, ffi.NULL)
    rx = ffi.gc(rx, lib.bc_rx_free)
    lib.bc_rx_reset(rx)
    return rx


def receive(benchmark: Any, rx: Any, channels: int) -> float:
    """Channels per core of a receiver at work on digits, kernel alone."""
    rows = line_audio(channels)
    room, samples = ffi.new("bc_rx_event[]", 64 * channels), ffi.from_buffer("int16_t[]", rows)
    consumed, length = ffi.new("size_t *"), rows.shape[1]
    count = benchmark.pedantic(
        lib.bc_rx_process,
        args=(rx, samples, length, length, consumed, room, 64 * channels),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    assert consumed[0] == length
    assert count >= 30 * channels
    benchmark.extra_info["bytes_per_channel"] = lib.bc_rx_bytes(rx) // channels
    return float(channels * SECONDS / benchmark.stats.stats.median)


@CPU_TIME
@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("channels", [1, 2, 8, 16, 64, 512])
def test_dtmf_receive(benchmark: Any, spandsp_dtmf: float, channels: int, isa: str) -> None:
    """Every channel has digits half of the time: the hardest case, since silence and speech are cheaper."""
    report(benchmark, receive(benchmark, receiver(channels, isa), channels), {"spandsp": spandsp_dtmf})


@CPU_TIME
@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("channels", [1, 64])
def test_dtmf_receive_with_filter(benchmark: Any, spandsp_dtmf: float, channels: int, isa: str) -> None:
    """As test_dtmf_receive, and deaf to dial tones."""
    rx = receiver(channels, isa, dial_tone_filter=True)
    report(benchmark, receive(benchmark, rx, channels), {"spandsp_without_filter": spandsp_dtmf})


@CPU_TIME
@pytest.mark.parametrize("channels", [1, 64])
def test_dtmf_detector(benchmark: Any, spandsp_dtmf: float, channels: int) -> None:
    """From Python, with eight digits a second on every channel."""
    rows, detector = line_audio(channels), DtmfDetector(channels)
    benchmark.pedantic(detector.process, args=(rows,), rounds=ROUNDS, warmup_rounds=1)
    report(benchmark, channels * SECONDS / benchmark.stats.stats.median, {"spandsp": spandsp_dtmf})


def mf_audio(kind: MfKind, channels: int) -> NDArray[np.int16]:
    """Signals of 68 ms with pauses of 68 ms in light noise, each channel at its own place in them."""
    rng = np.random.default_rng(1)
    signals = mf_tones(kind, mf_digits(kind) * 2, kp_ms=68, level_dbm0=-12)
    rows = rng.integers(-20, 21, (channels, SECONDS * RATE_HZ)).astype(np.int16)
    for channel, row in enumerate(rows):
        row += np.roll(signals, 7 * channel)[: row.size]
    return rows


def spandsp_mf(kind: MfKind) -> float:
    """Channels per core of spandsp's bell_mf_rx or r2_mf_rx."""
    peer = FFI()
    peer.cdef(
        "void *bell_mf_rx_init(void *, void *, void *); int bell_mf_rx(void *, const int16_t *, int);"
        "void *r2_mf_rx_init(void *, bool, void *, void *); int r2_mf_rx(void *, const int16_t *, int);"
    )
    try:
        spandsp: Any = peer.dlopen("libspandsp.so.2")
    except OSError as error:
        pytest.skip(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")
    row = mf_audio(kind, 1)[0]
    samples = peer.from_buffer("int16_t[]", row)
    if kind is MfKind.R1:
        state = spandsp.bell_mf_rx_init(peer.NULL, peer.NULL, peer.NULL)
        return SECONDS / median_s(lambda: spandsp.bell_mf_rx(state, samples, row.size))
    state = spandsp.r2_mf_rx_init(peer.NULL, kind is MfKind.R2_FORWARD, peer.NULL, peer.NULL)
    return SECONDS / median_s(lambda: spandsp.r2_mf_rx(state, samples, row.size))


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("channels", [1, 64])
@pytest.mark.parametrize("kind", MfKind, ids=[k.value for k in MfKind])
def test_mf_receive(benchmark: Any, kind: MfKind, channels: int, isa: str) -> None:
    """Every channel has signals half of the time; kernel to kernel, both through cffi."""
    peer, rows, number = spandsp_mf(kind), mf_audio(kind, channels), list(MfKind).index(kind)
    rx = ffi.gc(
        lib.bc_mf_rx_new(number, channels, available_isas().index(isa), ffi.NULL, ffi.NULL), lib.bc_rx_free
    )
    lib.bc_rx_reset(rx)
    room, samples = ffi.new("bc_rx_event[]", 64 * channels), ffi.from_buffer("int16_t[]", rows)
    consumed, length = ffi.new("size_t *"), rows.shape[1]
    count = benchmark.pedantic(
        lib.bc_rx_process,
        args=(rx, samples, length, length, consumed, room, 64 * channels),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    assert consumed[0] == length
    assert count >= 26 * channels
    report(benchmark, channels * SECONDS / benchmark.stats.stats.median, {"spandsp": peer})


def tones_audio(code: str, channels: int) -> NDArray[np.int16]:
    """A country's tones in light noise, each channel with another one and at its own place in it."""
    rng, tones = np.random.default_rng(1), list(country(code).tones.values())
    rows = rng.integers(-20, 21, (channels, SECONDS * RATE_HZ)).astype(np.int16)
    for channel, row in enumerate(rows):
        row += np.roll(tone_samples(tones[channel % len(tones)], SECONDS) // 2, 37 * channel)
    return rows


def spandsp_tones(code: str) -> float:
    """Channels per core of spandsp's super_tone_rx with the same tones, two frequencies of each at most."""
    peer = FFI()
    peer.cdef(
        "void *super_tone_rx_make_descriptor(void *); int super_tone_rx_add_tone(void *);"
        "int super_tone_rx_add_element(void *, int, int, int, int, int);"
        "void *super_tone_rx_init(void *, void *, void (*)(void *, int, int, int), void *);"
        "int super_tone_rx(void *, const int16_t *, int);"
    )
    try:
        spandsp: Any = peer.dlopen("libspandsp.so.2")
    except OSError as error:
        pytest.skip(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")
    desc = spandsp.super_tone_rx_make_descriptor(peer.NULL)
    for tone in country(code).tones.values():
        number = spandsp.super_tone_rx_add_tone(desc)
        for burst in tone.bursts:
            first, second = (*[round(f) for f in burst.freqs_hz], 0)[:2]
            most = 0 if burst.on_s == math.inf else round(1100 * burst.on_s)
            spandsp.super_tone_rx_add_element(desc, number, first, second, 700 if not most else most * 9 // 11, most)
            if burst.off_s:
                low, high = round(900 * burst.off_s), round(1100 * burst.off_s)
                spandsp.super_tone_rx_add_element(desc, number, 0, 0, low, high)
    told = peer.callback("void(void *, int, int, int)", lambda *_: None)
    state = spandsp.super_tone_rx_init(peer.NULL, desc, told, peer.NULL)
    row = tones_audio(code, 3)[2]
    return SECONDS / median_s(lambda: spandsp.super_tone_rx(state, peer.from_buffer("int16_t[]", row), row.size))


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("channels", [1, 64])
@pytest.mark.parametrize("code", ["CN", "US"])
def test_tones_receive(benchmark: Any, code: str, channels: int, isa: str) -> None:
    """A country's nine tones on every channel; kernel to kernel, both through cffi."""
    peer, rows, tones = spandsp_tones(code), tones_audio(code, channels), tone_set(country(code))
    rx = ffi.gc(tones_rx(tones.sounds, tones.patterns, channels, isa), lib.bc_rx_free)
    lib.bc_rx_reset(rx)
    room, samples = ffi.new("bc_rx_event[]", 64 * channels), ffi.from_buffer("int16_t[]", rows)
    consumed, length = ffi.new("size_t *"), rows.shape[1]
    benchmark.pedantic(
        lib.bc_rx_process,
        args=(rx, samples, length, length, consumed, room, 64 * channels),
        rounds=ROUNDS,
        warmup_rounds=1,
    )
    assert consumed[0] == length
    assert len(tones.names) == 9
    median = benchmark.stats.stats.median
    benchmark.extra_info["ns_per_channel_per_tick"] = round(median * 1e9 / channels / SECONDS / 100)
    benchmark.extra_info["bytes_per_channel"] = lib.bc_rx_bytes(rx) // channels
    report(benchmark, channels * SECONDS / median, {"spandsp": peer})


def audioop_peer(name: str, data: bytes) -> dict[str, float]:
    """The standard library's codec, where Python still has it (until 3.12)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import audioop
    except ImportError:
        return {}
    convert: Any = getattr(audioop, name)
    return {"audioop": BULK / RATE_HZ / median_s(lambda: convert(data, 2))}


@pytest.mark.parametrize("law", ["alaw", "ulaw"])
def test_g711_encode(benchmark: Any, law: str) -> None:
    encode = {"alaw": alaw_encode, "ulaw": ulaw_encode}[law]
    samples = np.random.default_rng(1).integers(-32768, 32768, BULK).astype(np.int16)
    octets, table = np.empty(BULK, np.uint8), encode(np.arange(-32768, 32768).astype(np.int16))
    index, room = samples.view(np.uint16) ^ np.uint16(0x8000), np.empty(BULK, np.uint8)
    peers = audioop_peer(f"lin2{law}", samples.tobytes())
    peers["numpy_take"] = BULK / RATE_HZ / median_s(lambda: table.take(index, out=room, mode="wrap"))
    assert np.array_equal(room, encode(samples))
    benchmark.pedantic(encode, args=(samples, octets), rounds=200, iterations=5, warmup_rounds=5)
    report(benchmark, BULK / RATE_HZ / benchmark.stats.stats.median, peers)


@pytest.mark.parametrize("law", ["alaw", "ulaw"])
def test_g711_decode(benchmark: Any, law: str) -> None:
    decode = {"alaw": alaw_decode, "ulaw": ulaw_decode}[law]
    octets = np.random.default_rng(1).integers(0, 256, BULK).astype(np.uint8)
    linear, table = np.empty(BULK, np.int16), decode(np.arange(256, dtype=np.uint8))
    room = np.empty(BULK, np.int16)
    peers = audioop_peer(f"{law}2lin", octets.tobytes())
    peers["numpy_take"] = BULK / RATE_HZ / median_s(lambda: table.take(octets, out=room, mode="wrap"))
    benchmark.pedantic(decode, args=(octets, linear), rounds=200, iterations=5, warmup_rounds=5)
    report(benchmark, BULK / RATE_HZ / benchmark.stats.stats.median, peers)
