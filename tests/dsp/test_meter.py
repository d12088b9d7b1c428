"""Level meters: figures by definition, any split of a stream, odd input."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from boardcore.dsp import LevelMeter, Levels, available_isas, energy, level_dbm0, levels, tone

Signal = NDArray[np.int16]
FIELDS = ("rms_dbm0", "peak_dbm0", "dc_offset", "clipped")
SILENCE_DBM0 = -96.0
blocks = npst.arrays(np.int16, st.tuples(st.integers(1, 4), st.integers(0, 700)))


def same(a: Levels, b: Levels) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in FIELDS)


@pytest.mark.parametrize("level", [-60.0, -40.0, -20.0, -10.0, 0.0, 3.0])
def test_a_sine_has_one_level_by_power_and_by_peak(level: float) -> None:
    """1000 Hz would have samples only on and between peaks; 996 Hz comes near every point of a turn.

    At -60 dBm0 the peak is 23 steps: rounding alone is worth 0.2 dB of it, and 0.08 dB of the power.
    """
    found = levels(tone(996, duration_ms=2000, level_dbm0=level))
    assert found.rms_dbm0 == pytest.approx(level, abs=0.1 if level < -50 else 0.05)
    assert found.peak_dbm0 == pytest.approx(level, abs=0.25 if level < -50 else 0.05)


def test_a_sine_that_loads_a_law_fully_has_3_14_dbm0() -> None:
    sine = np.round(32767 * np.sin(2 * np.pi * 996 * np.arange(16000) / 8000)).astype(np.int16)
    found = levels(sine)
    assert found.rms_dbm0 == pytest.approx(3.14, abs=0.005)
    assert found.peak_dbm0 == pytest.approx(3.14, abs=0.005)


def test_a_full_scale_square_wave_is_3_db_above_the_sine() -> None:
    square = np.where(np.arange(800) % 8 < 4, 32767, -32768).astype(np.int16)
    found = levels(square)
    assert found.rms_dbm0 == pytest.approx(6.15, abs=0.005)
    assert found.peak_dbm0 == pytest.approx(3.14, abs=0.005)
    assert found.clipped == 800
    assert found.dc_offset == -0.5


def test_silence_and_nothing_have_the_lowest_level() -> None:
    for samples in (np.zeros(80, np.int16), np.zeros(0, np.int16)):
        found = levels(samples)
        assert found.rms_dbm0 == found.peak_dbm0 == SILENCE_DBM0
        assert found.dc_offset == 0
        assert found.clipped == 0


def test_the_lowest_sample_is_the_highest_peak() -> None:
    found = levels(np.array([0, -32768, 32767], np.int16), clip_at=32768)
    assert found.peak_dbm0 == pytest.approx(20 * np.log10(32768 / (16141 * np.sqrt(2))))
    assert found.clipped == 1


def test_the_largest_values_of_both_laws_count_as_clipped() -> None:
    """G.711 tables 1 and 2: 4032 of 13 bits and 8031 of 14 bits; the next below are not."""
    assert levels(np.array([32256, -32124, 32123, 31100], np.int16)).clipped == 2


def test_dc_is_told_and_is_part_of_the_power() -> None:
    found = levels(np.full(1000, -1614, np.int16))
    assert found.dc_offset == -1614
    assert found.rms_dbm0 == pytest.approx(-20, abs=0.01)


@given(blocks)
def test_a_block_is_measured_as_by_definition(block: Signal) -> None:
    wide = block.astype(np.int64)
    found = levels(block)
    assert found.rms_dbm0.shape == (block.shape[0],)
    assert found.clipped.tolist() == np.count_nonzero(np.abs(wide) >= 32124, axis=1).tolist()
    if block.shape[1]:
        assert found.dc_offset == pytest.approx(wide.mean(axis=1))
        peaks = np.abs(wide).max(axis=1) / (16141 * np.sqrt(2))
        wanted = [20 * np.log10(peak) if peak else SILENCE_DBM0 for peak in peaks]
        assert found.peak_dbm0 == pytest.approx(wanted, abs=1e-9)
    assert found.rms_dbm0 == pytest.approx([level_dbm0(row) for row in block], abs=1e-9)


def test_channels_may_be_in_many_axes() -> None:
    rng = np.random.default_rng(1)
    samples = rng.integers(-9000, 9000, (2, 3, 100)).astype(np.int16)
    found = levels(samples)
    assert found.peak_dbm0.shape == (2, 3)
    assert same(levels(samples[1, 2]), Levels(*(np.asarray(getattr(found, name)[1, 2]) for name in FIELDS)))
    assert same(levels(samples.transpose(1, 0, 2)[..., ::2]), levels(samples.transpose(1, 0, 2)[..., ::2].copy()))


# -- streams --
@given(blocks, st.lists(st.integers(0, 700), max_size=6), st.sampled_from([0.125, 1.0, 10.0, 33.3]))
def test_any_split_gives_the_same_windows(block: Signal, cuts: list[int], window_ms: float) -> None:
    channels, length = block.shape
    whole, meter = LevelMeter(channels, window_ms), LevelMeter(channels, window_ms)
    wanted = whole.process(block)
    parts = np.split(block, sorted(min(cut, length) for cut in cuts), axis=1)
    found = [meter.process(part) for part in parts]
    for name in FIELDS:
        assert np.array_equal(np.concatenate([getattr(f, name) for f in found], axis=1), getattr(wanted, name))
    assert same(whole.total(), meter.total())
    assert same(meter.total(), levels(block))


@given(blocks)
def test_every_instruction_set_gives_the_same(block: Signal) -> None:
    meters = [LevelMeter(block.shape[0], 5.0, isa=isa) for isa in available_isas()]
    found = [meter.process(block) for meter in meters]
    assert all(same(one, found[0]) for one in found)
    assert all(same(meter.total(), meters[0].total()) for meter in meters)


def test_windows_follow_a_level_that_changes() -> None:
    loud, soft = tone(1004, duration_ms=200, level_dbm0=-10), tone(1004, duration_ms=200, level_dbm0=-30)
    meter = LevelMeter(2, 100)
    found = meter.process(np.stack([np.concatenate([loud, soft]), np.concatenate([soft, loud])]))
    assert found.rms_dbm0 == pytest.approx(np.array([[-10, -10, -30, -30], [-30, -30, -10, -10]]), abs=0.05)
    assert meter.total().peak_dbm0 == pytest.approx([-10, -10], abs=0.1)


def test_a_peak_is_held_until_the_reset() -> None:
    meter = LevelMeter()
    meter.process(np.array([-32768], np.int16))
    meter.process(np.ones(8000, np.int16))
    assert meter.total().peak_dbm0 == pytest.approx([3.14], abs=0.005)
    assert meter.total().clipped.tolist() == [1]
    meter.reset()
    assert meter.total().peak_dbm0.tolist() == [SILENCE_DBM0]
    assert meter.process(np.ones(800, np.int16)).clipped.shape == (1, 1)  # a window begins with the reset


def test_sums_are_exact_for_long_loud_streams() -> None:
    """Float32 sums, or 32-bit ones, would be off long before a minute at full scale is over."""
    minute = np.full(480_000, -32768, np.int16)
    meter = LevelMeter(1, 60_000)
    assert meter.process(minute).dc_offset.tolist() == [[-32768.0]]
    assert energy(minute) == 480_000 * 2**30
    assert meter.total().rms_dbm0 == pytest.approx([10 * np.log10(2**30 / 16141**2)], abs=1e-12)


# -- bad input --
@pytest.mark.parametrize("wrong", [[1], np.zeros(3), np.array([np.nan]), np.zeros(3, ">i2"), np.zeros(3, np.uint16)])
def test_other_samples_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="samples must be a numpy array of int16"):
        levels(wrong)
    with pytest.raises(TypeError, match="samples must be a numpy array of int16"):
        LevelMeter().process(wrong)


def test_a_sample_without_time_is_refused() -> None:
    with pytest.raises(ValueError, match="axis of time"):
        levels(np.array(3, np.int16))


@pytest.mark.parametrize("shape", [(10,), (3, 10), (2, 2, 2)])
def test_a_shape_of_other_channels_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"samples must have the shape \(2, n\)"):
        LevelMeter(2).process(np.zeros(shape, np.int16))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"channels": 0}, ValueError, "channels must be from 1 to 65536"),
        ({"channels": 1.0}, TypeError, "channels must be an int"),
        ({"window_ms": 0}, ValueError, "window_ms must be at least a sample"),
        ({"window_ms": -1}, ValueError, "window_ms must be from 0"),
        ({"window_ms": float("nan")}, ValueError, "window_ms must be finite"),
        ({"window_ms": "1"}, TypeError, "window_ms must be a number"),
        ({"clip_at": 0}, ValueError, "clip_at must be from 1 to 32768"),
        ({"clip_at": 32769}, ValueError, "clip_at"),
        ({"isa": "mmx"}, ValueError, "isa must be one of"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        LevelMeter(**arguments)


def test_two_threads_never_share_a_meter_unseen() -> None:
    """A second caller gets an error, or comes after the first; the counts are right either way."""
    meter, samples, refused = LevelMeter(), np.full(80_000, 32767, np.int16), [0, 0]

    def feed(number: int) -> None:
        for _ in range(50):
            try:
                meter.process(samples)
            except RuntimeError:
                refused[number] += 1

    threads = [threading.Thread(target=feed, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.total().clipped.tolist() == [(100 - sum(refused)) * samples.size]
