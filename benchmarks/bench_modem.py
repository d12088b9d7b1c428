"""Speed of the modem tones' receiver beside spandsp's, kernel to kernel, both through cffi, two seconds a call.

spandsp has a mode for each tone; ours hears all of them at once. Each row's audio is that mode's own tone on every
channel, in light noise: lines that are silent or speak cost less.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cffi import FFI
from numpy.typing import NDArray

from benchmarks.figures import SHORT
from boardcore._native import ffi, lib
from boardcore.dsp import ModemTone, available_isas, modem_tone

SECONDS = 2
LENGTH = SECONDS * 8000
ROUNDS = 5 if SHORT else 15
CHANNELS = 64
# spandsp's mode, and what it listens to; TARGETS.md: at least 4 times spandsp, batched.
MODES = {
    "CNG": (1, ModemTone.CNG),
    "CED + V.21": (7, ModemTone.V21_FLAGS),
    "ANS with reversals": (3, ModemTone.ANSAM_PR),
}
TARGET = 4.0
TIMER = time.thread_time  # of the processor: what else the machine does must not move the ratio


def audio(tone: ModemTone, channels: int) -> NDArray[np.int16]:
    """The tone in light noise, each channel at its own place in it."""
    sent = modem_tone(tone, duration_ms=3500, level_dbm0=-13)
    rows = np.random.default_rng(1).integers(-20, 21, (channels, LENGTH)).astype(np.int16)
    for channel, row in enumerate(rows):
        row += np.roll(sent, 77 * channel)[:LENGTH]
    return rows


def median_s(work: Callable[[], Any]) -> float:
    """Median processor time of a call, after one to warm up."""
    work()
    times: list[float] = []
    for _ in range(ROUNDS):
        start = TIMER()
        work()
        times.append(TIMER() - start)
    return statistics.median(times)


def spandsp(mode: int, tone: ModemTone) -> float:
    """Channels per core of spandsp's modem_connect_tones_rx."""
    peer = FFI()
    peer.cdef(
        "void *modem_connect_tones_rx_init(void *, int, void *, void *);"
        "int modem_connect_tones_rx(void *, const int16_t *, int);"
    )
    try:
        library: Any = peer.dlopen("libspandsp.so.2")
    except OSError as error:
        pytest.skip(f"no libspandsp.so.2 (apt-get install libspandsp2): {error}")
    state, row = library.modem_connect_tones_rx_init(peer.NULL, mode, peer.NULL, peer.NULL), audio(tone, 1)[0]
    samples = peer.from_buffer("int16_t[]", row)
    return SECONDS / median_s(lambda: library.modem_connect_tones_rx(state, samples, LENGTH))


@pytest.mark.benchmark(timer=TIMER)
@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("channels", [1, CHANNELS])
@pytest.mark.parametrize("name", MODES)
def test_modem_tones(benchmark: Any, figure: Callable[..., Any], name: str, channels: int, isa: str) -> None:
    mode, tone = MODES[name]
    peer, rows = spandsp(mode, tone), audio(tone, channels)
    rx = ffi.gc(lib.bc_modem_rx_new(channels, available_isas().index(isa), ffi.NULL, ffi.NULL), lib.bc_rx_free)
    lib.bc_rx_reset(rx)
    room, samples = ffi.new("bc_rx_event[]", 64 * channels), ffi.from_buffer("int16_t[]", rows)
    consumed = ffi.new("size_t *")
    arguments = (rx, samples, LENGTH, LENGTH, consumed, room, 64 * channels)
    assert lib.bc_rx_process(*arguments) >= channels
    benchmark.pedantic(lib.bc_rx_process, args=arguments, rounds=ROUNDS, warmup_rounds=1)
    assert consumed[0] == LENGTH
    ours = channels * SECONDS / benchmark.stats.stats.median
    benchmark.extra_info["channels_per_core"] = round(ours)
    benchmark.extra_info["times_spandsp"] = round(ours / peer, 2)
    target = TARGET if channels == CHANNELS and isa == available_isas()[-1] != "scalar" else None
    memory = lib.bc_rx_bytes(rx) // channels
    note = f"{ours:,.0f} channels a core, {1e7 / ours:,.0f} ns a channel a tick, {memory:,} bytes a channel"
    figure(f"{name}, {channels} ch., {isa}", round(ours / peer, 2), "× spandsp", target, at_most=False, note=note)
