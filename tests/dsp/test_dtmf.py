"""DTMF: round trips, what digits tell, arguments, and that only the samples count."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boardcore.dsp import (
    DTMF_DIGITS,
    DtmfBegan,
    DtmfDetector,
    DtmfDigit,
    available_isas,
    dtmf_tones,
)

Signal = NDArray[np.int16]


def heard(samples: Signal, **options: Any) -> str:
    detector = DtmfDetector(**options)
    return "".join(d.digit for d in detector.process(samples) + detector.flush())


@given(
    digits=st.text(DTMF_DIGITS, max_size=150),
    on_ms=st.floats(40, 120),
    off_ms=st.floats(30, 120),
    level_dbm0=st.floats(-38, -4),
    twist_db=st.floats(-7, 3.5),
)
@settings(deadline=None)
def test_what_is_sent_is_heard(
    digits: str, on_ms: float, off_ms: float, level_dbm0: float, twist_db: float
) -> None:
    sent = dtmf_tones(digits, on_ms=on_ms, off_ms=off_ms, level_dbm0=level_dbm0, twist_db=twist_db)
    assert heard(sent) == digits


def test_a_digit_says_where_how_long_and_how_loud() -> None:
    sent = np.pad(dtmf_tones("7", on_ms=70, level_dbm0=-12, twist_db=-3), (1111, 0))
    (digit,) = DtmfDetector().process(sent)
    assert (digit.channel, digit.digit) == (0, "7")
    assert -0.005 <= digit.time_s - 1111 / 8000 <= 0.002
    assert digit.duration_s == pytest.approx(0.07, abs=0.003)
    assert digit.level_dbm0 == pytest.approx(-12, abs=0.2)
    assert digit.twist_db == pytest.approx(-3, abs=0.3)
    assert 0.07 < digit.decided_s - 1111 / 8000 < 0.07 + 0.03


def test_events_tell_early() -> None:
    began, digit = DtmfDetector().events(np.pad(dtmf_tones("5", on_ms=100), (800, 0)))
    assert isinstance(began, DtmfBegan)
    assert isinstance(digit, DtmfDigit)
    assert began.time_s == digit.time_s
    assert 0.025 < began.decided_s - 0.1 <= 0.045


def test_a_digit_that_sounds_to_the_end_comes_from_flush_and_the_detector_is_as_new() -> None:
    detector = DtmfDetector()
    assert detector.process(dtmf_tones("3", off_ms=0)) == []
    assert [d.digit for d in detector.flush()] == ["3"]
    (digit,) = detector.process(dtmf_tones("4"))
    assert digit.time_s == pytest.approx(0, abs=0.002)


def test_reset_forgets() -> None:
    detector = DtmfDetector()
    detector.process(dtmf_tones("3", off_ms=0))
    detector.reset()
    assert detector.process(np.zeros(4000, np.int16)) == []


@given(cuts=st.lists(st.integers(0, 500), max_size=30), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_any_cut_gives_the_same_events(cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sent = dtmf_tones("159#", on_ms=38, off_ms=27) + rng.integers(-300, 300, 2080).astype(np.int16)
    whole, detector, at = DtmfDetector().events(sent), DtmfDetector(), 0
    parts: list[DtmfBegan | DtmfDigit] = []
    for cut in [*cuts, sent.size]:
        parts += detector.events(sent[at : at + cut])
        at += cut
    assert parts == whole


@given(seed=st.integers(0, 2**32 - 1), channels=st.integers(1, 40))
@settings(deadline=None, max_examples=30)
def test_channels_do_not_hear_each_other_and_every_isa_hears_the_same(seed: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-2000, 2000, (channels, 3000)).astype(np.int16)
    for row in rows:
        keys = "".join(rng.choice(list(DTMF_DIGITS), 3))
        sent = dtmf_tones(
            keys, on_ms=rng.uniform(20, 60), off_ms=rng.uniform(10, 50), level_dbm0=rng.uniform(-45, -4)
        )
        at = int(rng.integers(0, 300))
        row[at : at + sent.size] = row[at : at + sent.size] // 32 + sent[: row.size - at]
    options: dict[str, Any] = {"dial_tone_filter": bool(seed & 1)}
    first, *others = [DtmfDetector(channels, isa, **options).events(rows) for isa in available_isas()]
    assert all(other == first for other in others)
    for channel in (0, channels - 1):
        alone = [(e.digit, e.time_s, e.decided_s) for e in DtmfDetector(**options).events(rows[channel])]
        assert alone == [(e.digit, e.time_s, e.decided_s) for e in first if e.channel == channel]


@pytest.mark.parametrize(
    ("digits", "message"),
    [
        ("12E", "'E' at position 2: allowed: 0-9"),
        ("x", "'x' at position 0"),
        ("1\u0663", "position 1"),
        ("1 2", "' ' at position 1"),
    ],
)
def test_other_characters_are_refused(digits: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dtmf_tones(digits)


def test_tones_have_their_lengths() -> None:
    assert dtmf_tones("").size == 0
    assert dtmf_tones("12", on_ms=50, off_ms=25).size == 2 * 600
    assert dtmf_tones(",", on_ms=50).size == 4000
    assert heard(dtmf_tones("1,2" * 60)) == "12" * 60


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"digits": 12}, TypeError),
        ({"digits": "1", "on_ms": 0}, ValueError),
        ({"digits": "1", "on_ms": -1}, ValueError),
        ({"digits": "1", "off_ms": float("nan")}, ValueError),
        ({"digits": "1", "on_ms": "50"}, TypeError),
        ({"digits": "1", "level_dbm0": 4}, ValueError),
        ({"digits": "1", "level_dbm0": 3, "twist_db": 5}, ValueError),
    ],
)
def test_wrong_tones_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        dtmf_tones(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channels": 0}, ValueError),
        ({"channels": 65537}, ValueError),
        ({"channels": 1.5}, TypeError),
        ({"isa": "mmx"}, ValueError),
        ({"normal_twist_db": -1}, ValueError),
        ({"min_level_dbm0": float("nan")}, ValueError),
        ({"dial_tone_filter": 1}, TypeError),
    ],
)
def test_a_wrong_detector_is_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        DtmfDetector(**arguments)


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        ([1, 2], TypeError, "samples must be a numpy array of int16, got list"),
        (np.zeros(3), TypeError, "got an array of float64"),
        (np.array([np.nan], np.float32), TypeError, "got an array of float32"),
        (np.zeros(3, np.int16), ValueError, r"shape \(2, n\), got \(3,\)"),
        (np.zeros((3, 2), np.int16), ValueError, r"got \(3, 2\)"),
        (np.zeros((2, 2, 2), np.int16), ValueError, "shape"),
    ],
)
def test_other_samples_are_refused(samples: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        DtmfDetector(2).process(samples)


def test_no_samples_are_no_digits() -> None:
    assert DtmfDetector(2).process(np.zeros((2, 0), np.int16)) == []
    assert DtmfDetector().process(np.zeros(0, np.int16)) == []
    assert DtmfDetector().flush() == []


def test_columns_of_a_larger_array_are_heard() -> None:
    wide = np.zeros((3, 5000), np.int16)
    wide[1, 1000:2280] = dtmf_tones("9")
    assert [d.channel for d in DtmfDetector(3).process(wide[:, 500:4500])] == [1]
