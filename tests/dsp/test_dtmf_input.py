"""What is no digit, however loud: silence, DC, hum, squares, chirps, clipping; and arrays that are not samples."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boardcore._native import ffi, lib
from boardcore.dsp import DTMF_DIGITS, DtmfDetector, DtmfDigit, dtmf_tones

Samples = NDArray[np.int16]
T = np.arange(4 * 8000) / 8000  # four seconds


def square(freq_hz: float) -> Samples:
    return np.where(np.sin(2 * np.pi * freq_hz * T + 0.1) >= 0, 32767, -32768).astype(np.int16)


def sines(*freqs_hz: float, peak: float = 15000) -> Samples:
    return sum((peak * np.sin(2 * np.pi * f * T) for f in freqs_hz), np.zeros_like(T)).astype(np.int16)


def steps() -> Samples:
    """From rail to rail at random moments."""
    return np.repeat(np.random.default_rng(3).choice([-32768, 32767], 400), 80).astype(np.int16)


NO_DIGIT: dict[str, Callable[[], Samples]] = {
    "silence": lambda: np.zeros(32000, np.int16),
    "DC": lambda: np.full(32000, 32767, np.int16),
    "negative DC": lambda: np.full(32000, -32768, np.int16),
    "one tone of a digit": lambda: sines(770),
    "two low tones": lambda: sines(697, 941),
    "two high tones": lambda: sines(1209, 1633),
    "ringback 440+480": lambda: sines(440, 480),
    "busy 480+620": lambda: sines(480, 620),
    "dial 350+440": lambda: sines(350, 440),
    "R1 700+1100": lambda: sines(700, 1100),
    "half way between digits": lambda: sines(733, 1272),
    "50 Hz hum, clipped": lambda: np.clip(sines(50, peak=32000).astype(np.int32) * 4, -32768, 32767).astype(np.int16),
    "white noise": lambda: np.random.default_rng(1).integers(-32768, 32768, 32000).astype(np.int16),
    "rail to rail": steps,
    "chirp": lambda: (20000 * np.sin(2 * np.pi * (300 * T + 775 / 2 * T**2))).astype(np.int16),
    "alternating extremes": lambda: np.tile(np.array([32767, -32768], np.int16), 16000),
    **{f"square of {f} Hz": partial(square, f) for f in (50, 60, 100, 233, 349, 425, 697, 770, 852, 941, 1209)},
}


@pytest.mark.parametrize("dial_tone_filter", [False, True])
@pytest.mark.parametrize("name", NO_DIGIT)
def test_it_is_no_digit(name: str, dial_tone_filter: bool) -> None:
    detector = DtmfDetector(dial_tone_filter=dial_tone_filter)
    assert detector.events(NO_DIGIT[name]()) == []
    assert detector.flush() == []


@pytest.mark.parametrize("name", NO_DIGIT)
def test_a_digit_after_it_is_heard(name: str) -> None:
    detector = DtmfDetector()
    detector.process(NO_DIGIT[name]())
    assert [d.digit for d in detector.process(np.pad(dtmf_tones("5"), (800, 800)))] == ["5"]


def test_a_clipped_digit_is_heard() -> None:
    loud = np.clip(dtmf_tones(DTMF_DIGITS, level_dbm0=-3).astype(np.int32) * 2, -32768, 32767).astype(np.int16)
    assert np.mean(np.abs(loud.astype(int)) >= 32767) > 0.1
    assert "".join(d.digit for d in DtmfDetector().process(loud)) == DTMF_DIGITS


def test_a_digit_on_dc_is_heard() -> None:
    assert [d.digit for d in DtmfDetector().process(dtmf_tones("5", level_dbm0=-20) + np.int16(1000))] == ["5"]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int32, np.float32, np.float64, np.complex64, object])
def test_other_types_are_refused(dtype: Any) -> None:
    wrong: Any = np.zeros(80, dtype)
    with pytest.raises(TypeError, match=f"int16, got an array of {wrong.dtype}"):
        DtmfDetector().process(wrong)


def test_bytes_in_the_other_order_are_refused() -> None:
    with pytest.raises(TypeError, match="got an array of >i2"):
        DtmfDetector().process(np.zeros(80, np.dtype(">i2")))


def test_every_stride_is_the_samples_it_shows() -> None:
    sent = np.pad(dtmf_tones("147*", on_ms=50, off_ms=50), 400)
    backwards = DtmfDetector().events(sent[::-1].copy())
    assert DtmfDetector().events(sent[::-1]) == backwards
    assert len(backwards) == 8
    twice = np.repeat(sent, 2)
    assert DtmfDetector().events(twice[::2]) == DtmfDetector().events(sent)
    columns = np.stack([sent, sent], axis=1)
    assert DtmfDetector(2).events(columns.T) == DtmfDetector(2).events(np.stack([sent, sent]))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    channels=st.integers(1, 20),
    cuts=st.lists(st.integers(0, 300), min_size=1, max_size=12),
    on_at=st.data(),
)
def test_when_a_lane_is_switched_on_does_not_matter(
    seed: int, channels: int, cuts: list[int], on_at: st.DataObject
) -> None:
    """Each lane hears what a detector hears that was made when the lane was switched on."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(-100, 100, (channels, 3200)).astype(np.int16)
    for row in rows:
        row += dtmf_tones("".join(rng.choice(list(DTMF_DIGITS), 4)), on_ms=60, off_ms=40, level_dbm0=-15)
    when = [on_at.draw(st.integers(0, len(cuts))) for _ in range(channels)]
    rx = ffi.gc(lib.bc_dtmf_rx_new(channels, lib.BC_ISA_BEST, ffi.NULL, ffi.NULL), lib.bc_rx_free)
    room, taken, at = ffi.new("bc_rx_event[]", 64 * channels), ffi.new("size_t *"), 0
    starts = [0] * channels
    found: list[list[tuple[int, str, int, int]]] = [[] for _ in range(channels)]
    base = ffi.from_buffer("int16_t[]", rows)
    for step, cut in enumerate([*cuts, 3200]):
        for lane in (c for c in range(channels) if when[c] == step):
            lib.bc_rx_enable(rx, lane, 1)
            starts[lane] = at
        n = min(cut, 3200 - at)
        count = lib.bc_rx_process(rx, base + at, 3200, n, taken, room, 64 * channels)
        assert taken[0] == n
        at += n
        events: list[Any] = list(room[0:count])
        for e in events:
            found[int(e.lane)].append((int(e.kind), chr(e.code), int(e.start), int(e.at)))
    for lane in range(channels):
        alone = DtmfDetector().events(rows[lane, starts[lane] :])
        wanted = [
            (lib.BC_RX_BEGIN + isinstance(e, DtmfDigit), e.digit, round(e.time_s * 8000), round(e.decided_s * 8000))
            for e in alone
        ]
        assert found[lane] == wanted[: len(found[lane])]
        # A lane with hops of its own tells a hop later: what is decided in the last one may be missing.
        assert all(w[3] > 3200 - starts[lane] - 40 for w in wanted[len(found[lane]) :])
