"""Tones, levels, sums and sample rates."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardcore.dsp import Resampler, energy, level_dbm0, mix, resample, tone


@given(freq=st.floats(50, 3900), level=st.floats(-50, 3))
def test_a_tone_has_its_level(freq: float, level: float) -> None:
    assert level_dbm0(tone(freq, level_dbm0=level, duration_ms=2000)) == pytest.approx(level, abs=0.15)


def test_a_tone_has_its_frequency() -> None:
    spectrum = np.abs(np.fft.rfft(tone(425, 1400).astype(float)))
    assert sorted(np.argsort(spectrum)[-2:]) == [425, 1400]


def test_a_cadence_is_on_and_off() -> None:
    busy = tone(425, duration_ms=2000, cadence_ms=[(500, 500)], ramp_ms=5).reshape(4, 4000)
    assert [level_dbm0(part) > -11 for part in busy] == [True, False, True, False]
    assert level_dbm0(busy[1]) == -96


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"f1_hz": 0}, "f1_hz must be above 0"),
        ({"f1_hz": 4000}, "f1_hz must be above 0 and below 4000 Hz, got 4000"),
        ({"f1_hz": 440, "f2_hz": -1}, "f2_hz"),
        ({"f1_hz": float("nan")}, "f1_hz must be finite"),
        ({"f1_hz": 440, "level_dbm0": 4}, "level_dbm0 must be at most"),
        ({"f1_hz": 440, "duration_ms": -1}, "duration_ms"),
        ({"f1_hz": 440, "cadence_ms": []}, "1 to 4"),
        ({"f1_hz": 440, "cadence_ms": [(0, 0)]}, "all zero"),
    ],
)
def test_a_wrong_tone_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tone(**arguments)


def test_a_tone_of_text_is_refused() -> None:
    with pytest.raises(TypeError, match="f1_hz must be a number, got str"):
        tone("440")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_levels() -> None:
    assert level_dbm0(np.zeros(80, np.int16)) == -96
    assert level_dbm0(np.zeros(0, np.int16)) == -96
    assert level_dbm0(np.full(80, 16141, np.int16)) == pytest.approx(0)
    assert energy(np.full(100001, -32768, np.int16)) == 100001 << 30
    assert energy(np.zeros((0, 4), np.int16)) == 0


def test_a_mix_saturates_once_at_the_end() -> None:
    loud, quiet = np.full(50, 30000, np.int16), np.full(50, -30000, np.int16)
    assert (mix(loud, loud) == 32767).all()
    assert (mix(loud, loud, quiet) == 30000).all()
    assert (mix(loud, gains_db=[-6.0206]) == 15000).all()
    assert mix(np.zeros((2, 0), np.int16)).shape == (2, 0)


def test_an_odd_mix_is_refused() -> None:
    some = np.zeros(5, np.int16)
    with pytest.raises(ValueError, match="at least one"):
        mix()
    with pytest.raises(ValueError, match=r"signal 0 has \(5,\), signal 1 has \(4,\)"):
        mix(some, some[:4])
    with pytest.raises(ValueError, match="one gain a signal, 1, got 2"):
        mix(some, gains_db=[0, 0])
    with pytest.raises(ValueError, match="at most"):
        mix(some, gains_db=[20])
    with pytest.raises(TypeError, match="signal 1 must be a numpy array of int16, got an array of float64"):
        mix(some, np.zeros(5))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
def test_resampling_keeps_time_and_level(rate_hz: int) -> None:
    there = resample(tone(1000, duration_ms=500), 8000, rate_hz)
    back = resample(there, rate_hz, 8000)
    assert abs(there.size - rate_hz / 2) < 1
    assert np.abs(back[400:3600] - tone(1000, duration_ms=500)[400:3600].astype(int)).max() <= 4


@given(cuts=st.lists(st.integers(0, 900), max_size=8))
def test_a_resampled_stream_does_not_depend_on_its_cuts(cuts: list[int]) -> None:
    whole, stream, at = tone(440, 1500, duration_ms=300), Resampler(8000, 16000), 0
    parts: list[Any] = []
    for cut in [*cuts, 10**6]:
        parts.append(stream.process(whole[at : at + cut]))
        at += cut
    assert np.array_equal(np.concatenate([*parts, stream.flush()]), resample(whole, 8000, 16000))


def test_resampling_refuses_what_it_cannot_do() -> None:
    some = np.zeros(5, np.int16)
    with pytest.raises(ValueError, match="rate_out_hz must be from 1 to 1000000, got 0"):
        resample(some, 8000, 0)
    with pytest.raises(TypeError, match="rate_in_hz must be an int, got float"):
        resample(some, 8000.0, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="shape"):
        resample(np.zeros((1, 1, 1), np.int16), 8000, 16000)
    assert resample(some[:0], 8000, 16000).size == 0
