"""Tones of fax machines and modems: the limits of T.30, V.8, V.21 and V.25, traps, and that only the samples count.

T.30 and V.25 are quoted from memory; none was checked against the text.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import speech
from hypothesis import given, settings
from hypothesis import strategies as st
from modem_lines import FREQ_HZ, heard, line, lines, share, wave
from numpy.typing import NDArray

from boardcore.dsp import (
    DTMF_DIGITS,
    MfKind,
    ModemTone,
    ModemToneBegan,
    ModemToneDetector,
    ModemToneEnded,
    available_isas,
    dtmf_tones,
    mf_digits,
    mf_tones,
    modem_tone,
)
from boardcore.tones import COUNTRIES, TONE_NAMES, tone_samples

Signal = NDArray[np.int16]
T = ModemTone
TONES = tuple(ModemTone)
ANSWERS = (T.ANS, T.ANS_PR, T.ANSAM, T.ANSAM_PR, T.BELL_ANS)
REVERSED = (T.ANS_PR, T.ANSAM_PR)
CALLS = (T.CNG, T.CALLING)
every_tone = pytest.mark.parametrize("tone", TONES)
every_answer = pytest.mark.parametrize("tone", ANSWERS)


# ---- generator -------------------------------------------------------------------------------------------------------
@every_tone
def test_what_is_made_is_heard(tone: ModemTone) -> None:
    sent = np.pad(modem_tone(tone, duration_ms=1500, level_dbm0=-17), (777, 0))
    detector = ModemToneDetector()
    ended = detector.process(sent) + detector.flush()
    assert ended[-1].tone is tone
    assert ended[-1].level_dbm0 == pytest.approx(-17, abs=0.3)
    assert ended[-1].freq_hz == pytest.approx(FREQ_HZ[tone], abs=0.5)
    assert ended[-1].time_s == pytest.approx(777 / 8000, abs=0.015 if tone is T.V21_FLAGS else 0.005)


@pytest.mark.parametrize("tone", [t for t in TONES if t is not T.V21_FLAGS])
def test_its_frequency_and_level(tone: ModemTone) -> None:
    sent = modem_tone(tone, duration_ms=400, level_dbm0=-10).astype(float)
    spectrum = np.abs(np.fft.rfft(sent)) * 2 / sent.size  # 2.5 Hz a bin
    assert np.argmax(spectrum) * 2.5 == FREQ_HZ[tone]
    assert 20 * np.log10(np.max(spectrum) / (16141 * 2**0.5)) == pytest.approx(-10, abs=0.05)


def test_ansam_moves_between_0_8_and_1_2_at_15_hz() -> None:
    """V.8: the envelope is 0.8 to 1.2 of its mean."""
    sent = modem_tone(T.ANSAM, duration_ms=2000, level_dbm0=-10).astype(float)
    carrier = np.exp(-2j * np.pi * 2100 * np.arange(sent.size) / 8000)
    envelope = np.abs(np.convolve(sent * carrier, np.ones(40) / 40, "valid"))  # zeros at every 200 Hz: none at 4200
    mean = envelope.mean()
    assert envelope.min() / mean == pytest.approx(0.8, abs=0.005)
    assert envelope.max() / mean == pytest.approx(1.2, abs=0.005)
    spectrum = np.abs(np.fft.rfft(envelope[:8000] - mean))
    assert np.argmax(spectrum[:100]) == 15


@pytest.mark.parametrize("tone", REVERSED)
def test_reversals_every_450_ms(tone: ModemTone) -> None:
    plain = modem_tone({T.ANS_PR: T.ANS, T.ANSAM_PR: T.ANSAM}[tone], duration_ms=2000).astype(int)
    signs = np.where(np.arange(16000) // 3600 % 2, -1, 1)
    assert np.array_equal(modem_tone(tone, duration_ms=2000), plain * signs)


@pytest.mark.parametrize(("tone", "on", "off"), [(T.CNG, 4000, 24000), (T.CALLING, 4800, 14000)])
def test_calling_tones_have_their_cadence(tone: ModemTone, on: int, off: int) -> None:
    sent = modem_tone(tone, duration_ms=(on + off + on) / 8)
    assert np.abs(sent[:on]).max() > 1000 < np.abs(sent[on + off :]).max()
    assert not sent[on : on + off].any()
    assert np.count_nonzero(sent[:on]) > 0.95 * on


def test_flags_are_01111110_at_300_bit_a_second_in_one_phase() -> None:
    sent = modem_tone(T.V21_FLAGS, duration_ms=1000).astype(float)
    analytic = np.fft.ifft(np.fft.fft(sent) * (np.arange(sent.size) < sent.size / 2))
    freq_hz = np.diff(np.unwrap(np.angle(analytic))) * 8000 / (2 * np.pi)
    assert freq_hz.mean() == pytest.approx(0.75 * 1650 + 0.25 * 1850, abs=1)
    middles = ((np.arange(8, 280) + 0.5) * 8000 / 300).astype(int)
    bits = (freq_hz[middles] < 1750).astype(int)
    assert bits.tolist() == [0, 1, 1, 1, 1, 1, 1, 0] * 34


# ---- limits, through A-law, at any phase and place -------------------------------------------------------------------
@every_tone
@pytest.mark.parametrize("level_dbm0", [0, -20, -43])
def test_level_accepted(tone: ModemTone, level_dbm0: float) -> None:
    assert share(heard(lines(tone, level_dbm0=level_dbm0, noise_dbm0=-75)), tone) == 1


@every_tone
def test_level_refused_and_the_limit_an_option(tone: ModemTone) -> None:
    assert not any(heard(lines(tone, level_dbm0=-47, noise_dbm0=-75)))
    assert not any(heard(lines(tone, level_dbm0=-33, noise_dbm0=-75), min_level_dbm0=-29))


@pytest.mark.parametrize("off_hz", [-1, 1])
@pytest.mark.parametrize(
    ("tone", "accepted_hz", "refused_hz"),
    [
        (T.CNG, 38, 46),  # T.30 4.3.3.1
        (T.CALLING, 15, 21),  # V.25
        *((tone, 15, 21) for tone in ANSWERS),  # V.25; Bell's is taken alike
        (T.V21_FLAGS, 12, 100),  # V.21: +-6 Hz at the sender, +-12 after the line
    ],
)
def test_frequency(tone: ModemTone, accepted_hz: float, refused_hz: float, off_hz: int) -> None:
    assert share(heard(lines(tone, off_hz=off_hz * accepted_hz)), tone) == 1
    assert not any(heard(lines(tone, off_hz=off_hz * refused_hz)))


@every_tone
@pytest.mark.parametrize("snr_db", [20, 10, 6])
def test_noise(tone: ModemTone, snr_db: float) -> None:
    assert share(heard(lines(tone, noise_dbm0=-13 - snr_db)), tone) == 1


@pytest.mark.parametrize(
    ("tone", "accepted_ms", "refused_ms"),
    [(T.CNG, (425, 500, 575), (200, 405, 600, 1000)), (T.CALLING, (500, 600, 700), (200, 480, 725, 1500))],
)
def test_calling_tones_by_their_length(
    tone: ModemTone, accepted_ms: tuple[float, ...], refused_ms: tuple[float, ...]
) -> None:
    for on_ms in accepted_ms:
        assert share(heard(lines(tone, on_ms=on_ms)), tone) == 1
    for on_ms in refused_ms:
        assert not any(heard(lines(tone, on_ms=on_ms)))


@pytest.mark.parametrize("tone", CALLS)
def test_calling_tones_early(tone: ModemTone) -> None:
    rows = lines(tone, on_ms=900)
    began = [e for e in ModemToneDetector(len(rows), calling_ms=400).events(rows) if isinstance(e, ModemToneBegan)]
    assert [e.tone for e in began] == [tone] * len(rows)
    assert all(0.39 < e.decided_s - e.time_s < 0.43 for e in began)
    assert not any(heard(lines(tone, on_ms=380), calling_ms=400))


@every_answer
def test_an_answer_is_told_after_300_ms_or_as_asked(tone: ModemTone) -> None:
    rows = lines(tone, on_ms=2000)
    cases: tuple[tuple[dict[str, Any], float], ...] = (({}, 0.3), ({"answer_ms": 600}, 0.6))
    for options, after_s in cases:
        began: dict[int, ModemToneBegan] = {}
        for e in ModemToneDetector(len(rows), **options).events(rows):
            if isinstance(e, ModemToneBegan):
                began.setdefault(e.channel, e)
        assert len(began) == len(rows)
        assert all(abs(e.decided_s - e.time_s - after_s) < 0.045 for e in began.values())  # a reversal costs 20 ms
    assert not any(heard(lines(tone, on_ms=275)))


@pytest.mark.parametrize("every_ms", [425, 450, 475])
@pytest.mark.parametrize("tone", REVERSED)
def test_reversals_accepted(tone: ModemTone, every_ms: float) -> None:
    assert share(heard(lines(tone, reversal_ms=every_ms)), tone) == 1


@pytest.mark.parametrize("every_ms", [200, 390, 520, 700])
@pytest.mark.parametrize("tone", REVERSED)
def test_reversals_at_another_distance_are_none(tone: ModemTone, every_ms: float) -> None:
    plain = {T.ANS_PR: T.ANS, T.ANSAM_PR: T.ANSAM}[tone]
    found = heard(lines(tone, reversal_ms=every_ms))
    assert not any(tone in tones for tones in found)
    assert all(plain in tones for tones in found)


@pytest.mark.parametrize("degrees", [170, 180, 190])
def test_reversals_may_be_10_degrees_off(degrees: float) -> None:
    assert share(heard(lines(T.ANS_PR, reversal_degrees=degrees)), T.ANS_PR) == 1


@pytest.mark.parametrize("degrees", [90, 120, -120])
def test_another_jump_of_the_phase_is_no_reversal(degrees: float) -> None:
    assert not any(T.ANS_PR in tones for tones in heard(lines(T.ANS_PR, reversal_degrees=degrees)))


def test_one_reversal_is_enough_if_asked() -> None:
    rows = lines(T.ANS_PR, on_ms=700)
    assert share(heard(rows), T.ANS) == 1
    assert share(heard(rows, reversals=1), T.ANS_PR) == 1


@pytest.mark.parametrize(("depth", "rate_hz"), [(0.15, 15), (0.25, 15), (0.35, 15), (0.2, 14), (0.2, 16)])
def test_am_accepted(depth: float, rate_hz: float) -> None:
    assert share(heard(lines(T.ANSAM, am_depth=depth, am_hz=rate_hz)), T.ANSAM) == 1


@pytest.mark.parametrize(("depth", "rate_hz"), [(0.05, 15), (0.2, 5), (0.2, 10), (0.2, 20), (0.2, 25)])
def test_other_am_is_a_plain_answer(depth: float, rate_hz: float) -> None:
    assert share(heard(lines(T.ANSAM, am_depth=depth, am_hz=rate_hz)), T.ANS) == 1


@pytest.mark.parametrize("rates_hz", [(6, 9, 12, 15, 18, 21, 25, 30), (6, 12, 15, 18, 25), (7, 22), (15, 25)])
def test_fading_is_no_am(rates_hz: tuple[float, ...]) -> None:
    """As deep as ANSam's AM, but of no one rate."""
    rows: list[Signal] = []
    t = np.arange(16000) / 8000
    for seed in range(30):
        rng = np.random.default_rng(seed)
        gain = 1 + sum(0.12 * np.sin(2 * np.pi * (rate * t + rng.uniform())) for rate in rates_hz)
        rows.append(line(wave(T.ANS) * gain, 0, -60, seed))
    assert share(heard(np.stack(rows)), T.ANS) == 1


@pytest.mark.parametrize("on_ms", [200, 850, 1150])
def test_preambles_of_any_length(on_ms: float) -> None:
    """T.30 5.3.1: 1 s +-15 %; a response may be heard from its middle."""
    assert share(heard(lines(T.V21_FLAGS, on_ms=on_ms)), T.V21_FLAGS) == 1


@pytest.mark.parametrize("baud", [297, 303])
def test_preambles_of_another_clock(baud: float) -> None:
    assert share(heard(lines(T.V21_FLAGS, baud=baud)), T.V21_FLAGS) == 1


@pytest.mark.parametrize("between", [[1, 0, 1, 0, 1, 0, 1, 0], [0], [1, 0]])
def test_flags_with_something_between_are_no_preamble(between: list[int]) -> None:
    assert heard(lines(T.V21_FLAGS, bits=([0, 1, 1, 1, 1, 1, 1, 0, *between]) * 20)) == [[]] * 30


def test_flags_that_share_a_zero_are_a_preamble() -> None:
    assert share(heard(lines(T.V21_FLAGS, bits=[0, 1, 1, 1, 1, 1, 1] * 30)), T.V21_FLAGS) == 1


def test_data_are_no_preamble_and_end_one() -> None:
    rng = np.random.default_rng(3)
    data = [int(b) for b in rng.integers(0, 2, 600)]
    flags = [0, 1, 1, 1, 1, 1, 1, 0]
    assert heard(lines(T.V21_FLAGS, bits=data)) == [[]] * 30
    whole = line(wave(T.V21_FLAGS, bits=flags * 20 + data), 0, -60, 1)
    began, ended = ModemToneDetector().events(whole)
    assert isinstance(ended, ModemToneEnded)
    assert ended.duration_s == pytest.approx(160 / 300, abs=0.02)
    assert ended.decided_s - ended.time_s - ended.duration_s < 0.12
    assert began.decided_s - began.time_s < 0.2


def test_an_answer_and_the_preamble_that_follows_it() -> None:
    """T.30 4.1: CED, 75 ms of silence, the first signal."""
    ced, flags = modem_tone(T.CED, duration_ms=2600), modem_tone(T.V21_FLAGS, duration_ms=1000)
    ended = ModemToneDetector().process(np.concatenate([ced, np.zeros(600, np.int16), flags, np.zeros(3000, np.int16)]))
    assert [e.tone for e in ended] == [T.ANS, T.V21_FLAGS]
    assert ended[0].duration_s == pytest.approx(2.6, abs=0.006)
    assert ended[1].time_s == pytest.approx(2.675, abs=0.015)


def test_a_plain_answer_after_a_rich_one_is_plain() -> None:
    pause = np.zeros(4000, np.int16)
    rich, plain = modem_tone(T.ANSAM_PR, duration_ms=2000), modem_tone(T.ANS, duration_ms=1000)
    ended = ModemToneDetector().process(np.concatenate([rich, pause, plain, pause]))
    assert [e.tone for e in ended] == [T.ANSAM, T.ANSAM_PR, T.ANS]


@pytest.mark.parametrize("tone", ANSWERS)
def test_a_dropout_is_bridged(tone: ModemTone) -> None:
    rows = lines(tone, on_ms=2500)
    rows[:, 6000:6160] = 0  # 20 ms
    assert share(heard(rows), tone) == 1


@every_answer
def test_richer_kinds_follow_plainer_ones_at_one_time(tone: ModemTone) -> None:
    events = ModemToneDetector().events(np.pad(modem_tone(tone, duration_ms=3000), (500, 2000)))
    for ended, began in zip(events[1:-1:2], events[2:-1:2], strict=True):
        assert isinstance(ended, ModemToneEnded) and isinstance(began, ModemToneBegan)
        assert (ended.decided_s, ended.time_s) == (began.decided_s, began.time_s)
        assert TONES.index(began.tone) > TONES.index(ended.tone)
    assert len(events) == (4 if tone in REVERSED else 2)


# ---- traps -----------------------------------------------------------------------------------------------------------
N = np.arange(16000) / 8000


def sine(freq_hz: float, peak: float = 10000, turns: float = 0) -> NDArray[np.float64]:
    return peak * np.sin(2 * np.pi * (freq_hz * N + turns))


def single_sines() -> list[Any]:
    near = {1100: 45, 1300: 20, 2100: 20, 2225: 20}
    return [sine(f) for f in range(300, 3400, 5) if all(abs(f - c) > least for c, least in near.items())]


def pairs_of_sines() -> list[Any]:
    pairs = [(a, b, turns) for a in range(900, 2400, 50) for b in range(a + 50, 2400, 50) for turns in (0, 0.25)]
    return [sine(a) + sine(b, turns=turns) for a, b, turns in pairs]


def harmonics() -> list[Any]:
    """550 Hz has 1100, 700 Hz has 1400 and 2100, 420 Hz has 2100."""
    freqs = (350, 420, 425, 440, 450, 480, 525, 550, 620, 650, 700, 1050)
    return [np.sign(sine(f) + 1) * 12000 for f in freqs] + [np.clip(sine(f, 60000), -20000, 20000) for f in freqs]


def country_tones() -> list[Any]:
    tones = [c.tone(name) for c in COUNTRIES.values() for name in TONE_NAMES if name in c.tones]
    return [tone_samples(tone, duration_s=4) for tone in tones]


def dtmf() -> list[Any]:
    return [dtmf_tones(d, on_ms=on, off_ms=50) for d in DTMF_DIGITS for on in (50, 500)]


def mf() -> list[Any]:
    return [mf_tones(kind, d * 3, on_ms=500, kp_ms=500) for kind in MfKind for d in mf_digits(kind)]


def garbage() -> list[Any]:
    chirp = 12000 * np.sin(2 * np.pi * (300 * N + 750 * N * N))
    noise: list[Any] = [np.random.default_rng(seed).normal(0, 4000, 16000) for seed in range(20)]
    square: Any = np.where(np.arange(16000) // 5 % 2, 32767.0, -32768.0)
    others: list[Any] = [N * 0, N * 0 + 32767, square, sine(50, 30000), chirp]
    return others + noise


@pytest.mark.parametrize("options", [{}, {"answer_ms": 150, "calling_ms": 200, "reversals": 1}], ids=["late", "early"])
@pytest.mark.parametrize("trap", [single_sines, pairs_of_sines, harmonics, country_tones, dtmf, mf, garbage])
def test_traps(trap: Callable[[], list[Any]], options: dict[str, Any]) -> None:
    signals = trap()
    rows = np.zeros((len(signals), max(map(len, signals))), np.int16)
    for row, signal in zip(rows, signals, strict=True):
        row[: len(signal)] = np.clip(signal, -32768, 32767)
    found = heard(rows, **options)
    assert len(signals) > 10
    assert not any(found)


@pytest.mark.peers
@pytest.mark.skipif(bool(speech.lacking()), reason=speech.lacking() or "-")
@pytest.mark.parametrize(
    "speed", [1.0, *(pytest.param(s, marks=pytest.mark.soak) for s in (0.8, 0.9, 1.1, 1.15, 1.25))]
)
def test_speech_is_no_tone(speed: float) -> None:
    rows = speech.spoken(speed)
    assert rows.size > 3600 * 8000
    assert ModemToneDetector(len(rows), answer_ms=150, calling_ms=250, reversals=1).events(rows) == []


# ---- only the samples count ------------------------------------------------------------------------------------------
def mixed(seed: int, n: int) -> Signal:
    """A tone of any kind after another, with pauses and noise."""
    rng = np.random.default_rng(seed)
    parts: list[Any] = [np.zeros(int(rng.integers(0, 500)))]
    while sum(map(len, parts)) < n:
        tone = TONES[int(rng.integers(len(TONES)))]
        parts += [modem_tone(tone, duration_ms=rng.uniform(100, 1200), level_dbm0=rng.uniform(-45, -3))]
        parts += [np.zeros(int(rng.integers(0, 1200)))]
    whole = np.concatenate(parts)[:n] + rng.normal(0, 10 ** rng.uniform(0, 3), n)
    return np.clip(whole, -32768, 32767).astype(np.int16)


@given(cuts=st.lists(st.integers(0, 2000), max_size=30), seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_any_cut_gives_the_same_events(cuts: list[int], seed: int) -> None:
    sent = mixed(seed, 20000)
    whole, detector, at = ModemToneDetector(reversals=1).events(sent), ModemToneDetector(reversals=1), 0
    parts: list[ModemToneBegan | ModemToneEnded] = []
    for cut in [*cuts, sent.size]:
        parts += detector.events(sent[at : at + cut])
        at += cut
    assert parts == whole


@given(seed=st.integers(0, 2**31), channels=st.integers(1, 36), early=st.booleans())
@settings(deadline=None, max_examples=25)
def test_channels_do_not_hear_each_other_and_every_isa_hears_the_same(seed: int, channels: int, early: bool) -> None:
    rows = np.stack([mixed(seed + channel, 12000) for channel in range(channels)])
    options: dict[str, Any] = {"calling_ms": 300, "answer_ms": 200, "reversals": 1} if early else {}
    first, *others = [ModemToneDetector(channels, isa, **options).events(rows) for isa in available_isas()]
    assert all(other == first for other in others)
    for channel in (0, channels - 1):
        alone = ModemToneDetector(**options).events(rows[channel])
        mine = [e for e in first if e.channel == channel]
        assert [(e.tone, e.time_s, e.decided_s) for e in alone] == [(e.tone, e.time_s, e.decided_s) for e in mine]


# ---- arguments -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"tone": "ringing"}, ValueError, "tone must be one of cng, calling, ans, .*, got 'ringing'"),
        ({"duration_ms": -1}, ValueError, "duration_ms must be from 0 to 3600000"),
        ({"duration_ms": float("nan")}, ValueError, "duration_ms must be finite"),
        ({"duration_ms": "1"}, TypeError, "duration_ms must be a number"),
        ({"level_dbm0": 3.2}, ValueError, r"at most \+3.14 dBm0"),
        ({"tone": "ansam", "level_dbm0": 2}, ValueError, r"at most \+1.55 dBm0 with AM"),
    ],
)
def test_wrong_tones_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    whole: dict[str, Any] = {"tone": "cng", **arguments}
    with pytest.raises(error, match=message):
        modem_tone(**whole)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channels": 0}, ValueError),
        ({"channels": True}, TypeError),
        ({"isa": "mmx"}, ValueError),
        ({"min_level_dbm0": -61}, ValueError),
        ({"answer_ms": 99}, ValueError),
        ({"answer_ms": float("nan")}, ValueError),
        ({"calling_ms": 2001}, ValueError),
        ({"calling_ms": 0}, ValueError),
        ({"reversals": 0}, ValueError),
        ({"reversals": 1.5}, TypeError),
    ],
)
def test_a_wrong_detector_is_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ModemToneDetector(**arguments)


@pytest.mark.parametrize("samples", [[1, 2], np.zeros(3), np.zeros((2, 3), np.int16), np.zeros(3, bool)])
def test_other_samples_are_refused(samples: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        ModemToneDetector().process(samples)
