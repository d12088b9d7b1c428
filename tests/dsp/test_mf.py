"""MF signalling R1 and R2: round trips, the limits of the recommendations, and that only the samples count.

Limits are those of Q.455 as documentation of other receivers quotes them, and of Q.322, Q.323 and Q.454 as remembered.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boardcore.dsp import (
    MfBegan,
    MfDetector,
    MfEnded,
    MfKind,
    alaw_decode,
    alaw_encode,
    available_isas,
    mf_digits,
    mf_tones,
)

Signal = NDArray[np.int16]
Wave = NDArray[np.float64]
FREQS_HZ = {
    MfKind.R1: (700, 900, 1100, 1300, 1500, 1700),
    MfKind.R2_FORWARD: (1380, 1500, 1620, 1740, 1860, 1980),
    MfKind.R2_BACKWARD: (1140, 1020, 900, 780, 660, 540),
}
PAIRS = [(a, b) for b in range(6) for a in range(b)]
R2 = (MfKind.R2_FORWARD, MfKind.R2_BACKWARD)
KINDS = st.sampled_from(MfKind)
every_kind = pytest.mark.parametrize("kind", MfKind)
both_r2 = pytest.mark.parametrize("kind", R2)


def tones_of(kind: MfKind, signal: int) -> tuple[int, int]:
    a, b = PAIRS[signal - 1]
    return FREQS_HZ[kind][a], FREQS_HZ[kind][b]


def waves(freqs_hz: tuple[float, ...], levels_dbm0: tuple[float, ...], on_ms: float) -> Wave:
    n = np.arange(round(on_ms * 8))
    parts = [
        16141 * 2**0.5 * 10 ** (level / 20) * np.sin(2 * np.pi * f * n / 8000 + i + f)
        for i, (f, level) in enumerate(zip(freqs_hz, levels_dbm0, strict=True))
    ]
    return np.asarray(sum(parts))


def pair(
    kind: MfKind,
    signal: int,
    on_ms: float,
    off_hz: tuple[float, float] = (0, 0),
    level_dbm0: tuple[float, float] = (-20, -20),
) -> Wave:
    f, g = tones_of(kind, signal)
    return waves((f + off_hz[0], g + off_hz[1]), level_dbm0, on_ms)


def line(signal: Wave, lead: int, noise_dbm0: float, seed: int) -> Signal:
    """Silence, the signal, silence; white noise over all of it; through A-law."""
    whole = np.pad(signal, (400 + lead, 640))
    whole = whole + np.random.default_rng(seed).normal(0, 16141 * 10 ** (noise_dbm0 / 20), whole.size)
    return alaw_decode(alaw_encode(np.clip(np.rint(whole), -32768, 32767).astype(np.int16)))


def heard(
    kind: MfKind, make: Callable[[int], Wave], noise_dbm0: float = -45, **options: Any
) -> list[tuple[int, list[int]]]:
    """Each signal at 20 places within a hop of 80 samples, all in one detector: what was sent, what was heard."""
    sent = [(signal, 4 * place) for place in range(20) for signal in range(1, 16)]
    lines = [line(make(s), lead, noise_dbm0, 99 * s + lead) for s, lead in sent]
    longest = max(row.size for row in lines)
    detector = MfDetector(kind, len(lines), **options)
    found: list[list[int]] = [[] for _ in lines]
    for e in detector.process(np.stack([np.pad(row, (0, longest - row.size)) for row in lines])):
        found[e.channel].append(e.signal)
    return [(s, f) for (s, _), f in zip(sent, found, strict=True)]


def share(results: list[tuple[int, list[int]]], times: int = 1) -> float:
    return sum(found == [sent] * times for sent, found in results) / len(results)


@given(
    kind=KINDS,
    signals=st.lists(st.integers(1, 15), max_size=90),
    on_ms=st.floats(30, 120),
    off_ms=st.floats(30, 120),
    level_dbm0=st.floats(-25, -4),
    twist_db=st.floats(-5.5, 5.5),
)
@settings(deadline=None)
def test_what_is_sent_is_heard(
    kind: MfKind, signals: list[int], on_ms: float, off_ms: float, level_dbm0: float, twist_db: float
) -> None:
    digits = "".join(mf_digits(kind)[s - 1] for s in signals)
    sent = mf_tones(kind, digits, on_ms=on_ms, off_ms=off_ms, level_dbm0=level_dbm0, twist_db=twist_db)
    detector = MfDetector(kind)
    got = detector.process(sent) + detector.flush()
    assert [e.signal for e in got] == signals
    assert "".join(e.digit for e in got) == digits


@pytest.mark.parametrize(
    ("digit", "freqs_hz"),
    [
        ("1", (700, 900)),
        ("5", (900, 1300)),
        ("9", (1100, 1500)),
        ("0", (1300, 1500)),
        ("*", (1100, 1700)),
        ("#", (1500, 1700)),
    ],
)
def test_r1_digits_are_these_frequencies(digit: str, freqs_hz: tuple[int, int]) -> None:
    sent = mf_tones("r1", digit, on_ms=100, off_ms=0)
    spectrum = np.abs(np.fft.rfft(sent))  # 10 Hz a bin
    assert sorted(10 * np.argsort(spectrum)[-2:]) == list(freqs_hz)


@every_kind
def test_every_signal_has_its_two_frequencies(kind: MfKind) -> None:
    for signal in range(1, 16):
        sent = mf_tones(kind, mf_digits(kind)[signal - 1], on_ms=100, kp_ms=100, off_ms=0)
        strongest = 10 * np.argsort(np.abs(np.fft.rfft(sent)))[-2:]
        assert sorted(strongest) == sorted(tones_of(kind, signal))


def test_kp_is_longer() -> None:
    assert mf_tones("r1", "*1#").size == 8 * (100 + 68 + 4 * 68)
    lengths = [e.duration_s for e in MfDetector("r1").process(mf_tones("r1", "*1#"))]
    assert lengths == pytest.approx([0.1, 0.068, 0.068], abs=0.008)


@every_kind
def test_a_signal_says_where_how_long_and_how_loud(kind: MfKind) -> None:
    sent = np.pad(mf_tones(kind, "7", on_ms=80, level_dbm0=-12, twist_db=3), (1111, 0))
    began, ended = MfDetector(kind).events(sent)
    assert isinstance(began, MfBegan)
    assert isinstance(ended, MfEnded)
    assert (ended.channel, ended.signal, ended.digit) == (0, 7, "7") == (began.channel, began.signal, began.digit)
    assert ended.time_s == began.time_s == pytest.approx(1111 / 8000, abs=0.006)
    assert ended.duration_s == pytest.approx(0.08, abs=0.008)
    assert began.level_dbm0 == pytest.approx(-12, abs=0.4)
    assert began.twist_db == pytest.approx(3, abs=0.6)


@both_r2
def test_operating_and_release_times_of_compelled_signalling(kind: MfKind) -> None:
    """Q.455: the two together at most 80 ms."""
    for lead in range(0, 80, 7):
        for signal in range(1, 16):
            began, ended = MfDetector(kind).events(line(pair(kind, signal, 60), lead, -50, lead))
            operate = began.decided_s - (400 + lead) / 8000
            release = ended.decided_s - (400 + lead) / 8000 - 0.06
            assert 0 < operate <= 0.031
            assert 0 < release <= 0.036


@both_r2
@pytest.mark.parametrize("off_hz", [(10, 0), (0, -10), (10, 10), (-10, 10), (-10, -10)])
def test_r2_frequencies_may_be_10_hz_off(kind: MfKind, off_hz: tuple[float, float]) -> None:
    assert share(heard(kind, lambda s: pair(kind, s, 40, off_hz))) == 1


@pytest.mark.parametrize("factors", [(1.015, 1.015), (0.985, 0.985), (1.015, 0.985)])
def test_r1_frequencies_may_be_off_by_1_5_percent_and_5_hz(factors: tuple[float, float]) -> None:
    def off(signal: int) -> Wave:
        shift = [
            f * (factor - 1) + (5 if factor > 1 else -5)
            for f, factor in zip(tones_of(MfKind.R1, signal), factors, strict=True)
        ]
        return pair(MfKind.R1, signal, 40, (shift[0], shift[1]))

    assert share(heard(MfKind.R1, off)) == 1


@every_kind
def test_frequencies_half_way_are_refused(kind: MfKind) -> None:
    half = abs(FREQS_HZ[kind][0] - FREQS_HZ[kind][1]) / 2
    assert not any(found for _, found in heard(kind, lambda s: pair(kind, s, 60, (half, half))))


@pytest.mark.parametrize(
    ("kind", "twist_db"), [(MfKind.R1, 6), (MfKind.R2_FORWARD, 7), (MfKind.R2_BACKWARD, 7)]
)
def test_twist_accepted(kind: MfKind, twist_db: float) -> None:
    weak = -10 - twist_db
    assert share(heard(kind, lambda s: pair(kind, s, 40, level_dbm0=(weak, -10)))) == 1
    assert share(heard(kind, lambda s: pair(kind, s, 40, level_dbm0=(-10, weak)))) == 1


@every_kind
def test_twist_of_20_db_refused_and_the_limit_an_option(kind: MfKind) -> None:
    assert not any(found for _, found in heard(kind, lambda s: pair(kind, s, 60, level_dbm0=(-5, -25))))
    assert share(heard(kind, lambda s: pair(kind, s, 60, level_dbm0=(-8, -17)), twist_limit_db=10)) == 1


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        *((MfKind.R1, level) for level in (0, -25, -30)),
        *((kind, level) for kind in R2 for level in (-5, -20, -35)),
    ],
)
def test_level_accepted(kind: MfKind, level: float) -> None:
    results = heard(kind, lambda s: pair(kind, s, 40, level_dbm0=(level, level)), noise_dbm0=-70)
    assert share(results) == 1


@every_kind
def test_level_refused(kind: MfKind) -> None:
    results = heard(kind, lambda s: pair(kind, s, 60, level_dbm0=(-42, -42)), noise_dbm0=-70)
    assert not any(found for _, found in results)


@every_kind
def test_recognition_time(kind: MfKind) -> None:
    assert share(heard(kind, lambda s: pair(kind, s, 30))) == 1
    assert not any(found for _, found in heard(kind, lambda s: pair(kind, s, 7)))


@pytest.mark.parametrize(("kind", "pause_ms"), [(MfKind.R1, 20), (MfKind.R2_FORWARD, 30), (MfKind.R2_BACKWARD, 30)])
def test_a_pause_is_seen(kind: MfKind, pause_ms: int) -> None:
    def broken(signal: int) -> Wave:
        tones = pair(kind, signal, 120)
        tones[400 : 400 + 8 * pause_ms] = 0
        return tones

    assert share(heard(kind, broken), times=2) == 1


@both_r2
@pytest.mark.parametrize("gap_ms", [3, 5, 7])
def test_an_r2_dropout_is_bridged(kind: MfKind, gap_ms: int) -> None:
    def broken(signal: int) -> Wave:
        tones = pair(kind, signal, 120)
        tones[400 : 400 + 8 * gap_ms] = 0
        return tones

    assert share(heard(kind, broken)) == 1


@every_kind
def test_one_tone_and_three_tones_are_no_signal(kind: MfKind) -> None:
    f = FREQS_HZ[kind]
    assert not any(found for _, found in heard(kind, lambda s: waves((f[s % 6],), (-10,), 80)))
    three = heard(kind, lambda s: waves((f[s % 6], f[(s + 1) % 6], f[(s + 3) % 6]), (-15,) * 3, 80))
    assert not any(found for _, found in three)


@every_kind
@pytest.mark.parametrize("snr_db", [20, 12, 8])
def test_noise(kind: MfKind, snr_db: float) -> None:
    assert share(heard(kind, lambda s: pair(kind, s, 50), noise_dbm0=-17 - snr_db)) == 1


@every_kind
def test_ten_minutes_of_noise_are_no_signal(kind: MfKind) -> None:
    rng = np.random.default_rng(5)
    rows = np.clip(rng.normal(0, 3000, (20, 30 * 8000)), -32768, 32767).astype(np.int16)
    assert MfDetector(kind, 20).process(rows) == []


@every_kind
@pytest.mark.parametrize("shape", ["dc", "square", "hum", "clipped"])
def test_what_is_not_signalling_is_no_signal(kind: MfKind, shape: str) -> None:
    n = np.arange(8000)
    samples = {
        "dc": np.full(8000, 32767),
        "square": np.where(n // 5 % 2, 32767, -32768),
        "hum": 20000 * np.sin(2 * np.pi * 50 * n / 8000),
        "clipped": np.clip(90000 * np.sin(2 * np.pi * 440 * n / 8000), -32768, 32767),
    }[shape].astype(np.int16)
    assert [e for e in MfDetector(kind).events(samples) if isinstance(e, MfBegan)] == []


@given(kind=KINDS, cuts=st.lists(st.integers(0, 500), max_size=30), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_any_cut_gives_the_same_events(kind: MfKind, cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sent = mf_tones(kind, "1590", on_ms=38, off_ms=27) + rng.integers(-300, 300, 2080).astype(np.int16)
    whole, detector, at = MfDetector(kind).events(sent), MfDetector(kind), 0
    parts: list[MfBegan | MfEnded] = []
    for cut in [*cuts, sent.size]:
        parts += detector.events(sent[at : at + cut])
        at += cut
    assert parts == whole
    assert len(parts) >= 7  # the last may still sound


@given(kind=KINDS, seed=st.integers(0, 2**32 - 1), channels=st.integers(1, 40))
@settings(deadline=None, max_examples=30)
def test_channels_do_not_hear_each_other_and_every_isa_hears_the_same(
    kind: MfKind, seed: int, channels: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-2000, 2000, (channels, 3000)).astype(np.int16)
    for row in rows:
        digits = "".join(rng.choice(list(mf_digits(kind)), 3))
        sent = mf_tones(
            kind, digits, on_ms=rng.uniform(20, 60), off_ms=rng.uniform(10, 50), level_dbm0=rng.uniform(-45, -4)
        )
        at = int(rng.integers(0, 300))
        sent = sent[: row.size - at]
        row[at : at + sent.size] = row[at : at + sent.size] // 32 + sent
    first, *others = [MfDetector(kind, channels, isa).events(rows) for isa in available_isas()]
    assert all(other == first for other in others)
    for channel in (0, channels - 1):
        alone = [(e.signal, e.time_s, e.decided_s) for e in MfDetector(kind).events(rows[channel])]
        assert alone == [(e.signal, e.time_s, e.decided_s) for e in first if e.channel == channel]


def test_a_signal_that_sounds_to_the_end_comes_from_flush_and_the_detector_is_as_new() -> None:
    detector = MfDetector("r2-forward")
    assert detector.process(mf_tones("r2-forward", "3", on_ms=71, off_ms=0)) == []
    assert [e.digit for e in detector.flush()] == ["3"]
    sent = mf_tones("r2-forward", "4")
    assert detector.process(sent) == MfDetector("r2-forward").process(sent)


@pytest.mark.parametrize(
    ("kind", "digits", "message"),
    [
        ("r1", "1D", "'D' at position 1: r1 has 1234567890CA"),
        ("r2-forward", "*", "'\\*' at position 0: r2-forward has 1234567890BCDEF"),
        ("r2", "1", "kind must be one of r1, r2-forward, r2-backward, got 'r2'"),
    ],
)
def test_other_kinds_and_characters_are_refused(kind: str, digits: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mf_tones(kind, digits)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"digits": 12}, TypeError),
        ({"digits": "1", "on_ms": 0}, ValueError),
        ({"digits": "1", "on_ms": 600_001}, ValueError),
        ({"digits": "1", "off_ms": 600_001}, ValueError),
        ({"digits": "1", "off_ms": float("nan")}, ValueError),
        ({"digits": "1", "kp_ms": -1}, ValueError),
        ({"digits": "1", "on_ms": "50"}, TypeError),
        ({"digits": "1", "level_dbm0": 4}, ValueError),
        ({"digits": "1", "level_dbm0": 3, "twist_db": 5}, ValueError),
    ],
)
def test_wrong_tones_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        mf_tones("r1", **arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"kind": "r3"}, ValueError),
        ({"channels": 0}, ValueError),
        ({"channels": 65537}, ValueError),
        ({"channels": 1.5}, TypeError),
        ({"isa": "mmx"}, ValueError),
        ({"twist_limit_db": -1}, ValueError),
        ({"min_level_dbm0": float("nan")}, ValueError),
    ],
)
def test_a_wrong_detector_is_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    whole: dict[str, Any] = {"kind": "r1", **arguments}
    with pytest.raises(error):
        MfDetector(**whole)


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        ([1, 2], TypeError, "samples must be a numpy array of int16, got list"),
        (np.zeros(3), TypeError, "got an array of float64"),
        (np.zeros(3, np.int16), ValueError, r"shape \(2, n\), got \(3,\)"),
        (np.zeros((3, 2), np.int16), ValueError, r"got \(3, 2\)"),
    ],
)
def test_other_samples_are_refused(samples: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        MfDetector("r1", 2).process(samples)
