"""Tones learned from recordings: every tone of every country, in noise, cut anywhere, one after the other."""

import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speech import CORPORA, lacking, recordings

from boardcore.dsp import alaw_decode, alaw_encode, dtmf_tones, resample
from boardcore.errors import ToneError
from boardcore.tones import (
    COUNTRIES,
    Burst,
    LearnedTone,
    Tone,
    ToneDetector,
    ToneLearner,
    country,
    learn_tones,
    tone_samples,
)

RATE_HZ = 8000
Int16 = npt.NDArray[np.int16]
TONES = [(code, name) for code, profile in COUNTRIES.items() for name in profile.tones]


def cycle_s(tone: Tone) -> float:
    return sum(burst.on_s + burst.off_s for burst in tone.bursts if burst.on_s != math.inf)


def recorded(tone: Tone, rng: np.random.Generator, cycles: float = 2.2) -> Int16:
    """The tone from a random moment of its cycle to another; one that ends after a random silence."""
    if not tone.cadence:
        return tone_samples(tone, 7.0)
    length_s = cycle_s(tone)
    if not (tone.ends and tone.repeats):
        return np.concatenate([silence(rng.uniform(0, 1)), tone_samples(tone, length_s + 4.0)])
    first, last = rng.uniform(0, length_s), (cycles + rng.uniform(0, 0.6)) * length_s
    return tone_samples(tone, first + last)[round(first * RATE_HZ) :]


def on_a_line(samples: npt.NDArray[Any], rng: np.random.Generator, snr_db: float = 20.0) -> Int16:
    """Noise so far below the tone, then A-law and back."""
    sound = samples.astype(np.float64)
    noise = math.sqrt(float(np.mean(sound[sound != 0] ** 2))) * 10 ** (-snr_db / 20)
    noisy = np.rint(sound + rng.normal(0, noise, sound.size))
    return alaw_decode(alaw_encode(np.clip(noisy, -32768, 32767).astype(np.int16)))


def silence(seconds: float) -> Int16:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def voices(seconds: float, first: int) -> Int16:
    """So much recorded speech of both corpora in turn, from recording number `first` on."""
    parts: list[Int16] = []
    for pair in zip(*(recordings(name)[first:] for name in CORPORA), strict=False):
        parts += [resample(samples, rate_hz, RATE_HZ) for samples, rate_hz in pair]
        if sum(part.size for part in parts) > seconds * RATE_HZ:
            break
    return np.concatenate(parts)[: round(seconds * RATE_HZ)]


def only(found: list[LearnedTone]) -> LearnedTone:
    assert len(found) == 1, [one.tone for one in found]
    return found[0]


# --- every tone there is ---


@pytest.mark.parametrize(("code", "name"), TONES)
def test_a_tone_is_learned_from_its_sound(code: str, name: str) -> None:
    wanted = country(code).tone(name)
    rng = np.random.default_rng(zlib.crc32(f"{code} {name}".encode()))
    heard = only(learn_tones(on_a_line(recorded(wanted, rng), rng)))
    tone = heard.tone
    assert tone.resembles(wanted)
    assert tone.repeats == wanted.repeats
    assert tone.level_dbm0 == pytest.approx(wanted.level_dbm0, abs=0.3)
    assert tone.modulation_hz == pytest.approx(wanted.modulation_hz, abs=0.2)
    assert bool(tone.cadence) == bool(wanted.cadence)
    if wanted.modulation_hz:
        assert tone.modulation_depth == pytest.approx(wanted.modulation_depth, abs=0.05)
    for burst in tone.bursts:
        for freq in burst.freqs_hz:
            assert min(abs(freq - other) for b in wanted.bursts for other in b.freqs_hz) < 0.5
    times = {time for b in wanted.bursts for time in (b.on_s, b.off_s)}
    learned = {time for b in tone.bursts for time in (b.on_s, b.off_s)}
    assert all(min(abs(time - other) for other in times if other != math.inf) < 0.004 for time in learned - times)
    assert heard.snr_db == pytest.approx(20, abs=2.5)
    assert bool(heard.cycles) == (wanted.ends and wanted.repeats)


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_learned_tones_are_what_the_detector_takes(code: str) -> None:
    rng = np.random.default_rng(8)
    tones = country(code).tones
    learned = {name: only(learn_tones(on_a_line(recorded(tone, rng), rng))).tone for name, tone in tones.items()}
    detector = ToneDetector(learned)
    for name, tone in tones.items():
        detector.reset()
        samples = np.concatenate([silence(0.5), tone_samples(tone, 3 * cycle_s(tone) + 6), silence(0.5)])
        found = [*detector.process(on_a_line(samples, rng)), *detector.flush()]
        assert {one.name for one in found} == {name}
        assert tone_samples(learned[name], 1.0).any()


@pytest.mark.parametrize("snr_db", [15, 40])
@pytest.mark.parametrize(("code", "name"), [("CN", "busy"), ("CN", "unobtainable"), ("US", "dial"), ("JP", "ringback")])
def test_noise(code: str, name: str, snr_db: float) -> None:
    rng = np.random.default_rng(7)
    wanted = country(code).tone(name)
    found = only(learn_tones(on_a_line(recorded(wanted, rng), rng, snr_db)))
    assert found.tone.resembles(wanted)
    assert found.snr_db == pytest.approx(min(snr_db, 38), abs=4)  # A-law's own noise


@pytest.mark.parametrize("level_dbm0", [-35.0, -3.0])
def test_levels(level_dbm0: float) -> None:
    wanted = Tone((450.0,), (Burst(0.35, 0.35),), level_dbm0)
    found = only(learn_tones(on_a_line(tone_samples(wanted, 3.0), np.random.default_rng(1))))
    assert found.tone.resembles(wanted)
    assert found.tone.level_dbm0 == pytest.approx(level_dbm0, abs=0.3)


def test_what_is_below_the_least_level_is_silence() -> None:
    samples = tone_samples(Tone((450.0,), (Burst(0.35, 0.35),), -40.0), 3.0)
    assert learn_tones(samples, min_level_dbm0=-35) == []
    assert len(learn_tones(samples)) == 1


@pytest.mark.parametrize("twist_db", [-6.0, 6.0])
@pytest.mark.parametrize("freqs_hz", [(440.0, 480.0), (400.0, 425.0), (350.0, 440.0)])
def test_frequencies_of_unequal_level(freqs_hz: tuple[float, float], twist_db: float) -> None:
    first, second = (tone_samples(Tone((f,), (Burst(0.5, 0.5),), level), 4.0).astype(np.int32)
                     for f, level in zip(freqs_hz, (-13.0, -13.0 + twist_db), strict=True))  # fmt: skip
    found = only(learn_tones((first + second).astype(np.int16)))
    assert found.tone.freqs_hz == pytest.approx(freqs_hz, abs=0.2)
    assert found.levels_dbm0 == pytest.approx((-13.0, -13.0 + twist_db), abs=0.2)
    assert any("6.0 dB" in doubt for doubt in found.unsure)


# --- one after the other, and other sound ---


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_tones_one_after_the_other(code: str) -> None:
    rng = np.random.default_rng(11)
    tones = country(code).tones
    names = [str(name) for name in rng.permutation([n for n in tones if n not in ("call_waiting", "record_warning")])]
    parts = [part for name in names for part in (recorded(tones[name], rng, 3.2), silence(rng.uniform(0.1, 1)))]
    found = learn_tones(on_a_line(np.concatenate(parts), rng, 32))  # some tones are 14 dB below others
    assert len(found) == len(names)
    assert all(one.tone.resembles(tones[name]) for one, name in zip(found, names, strict=True))


def test_a_tone_that_comes_again_is_the_same() -> None:
    busy, dial = tone_samples(country("CN").busy, 2.1), tone_samples(country("CN").dial, 3.0)
    found, other = learn_tones(np.concatenate([busy, silence(1.0), dial, silence(1.0), busy]))
    assert other.tone.resembles(country("CN").dial)
    assert [span.began_s for span in found.heard] == pytest.approx([0.0, 7.1], abs=0.003)
    assert [span.ended_s for span in found.heard] == pytest.approx([1.75, 8.85], abs=0.003)
    assert found.cycles == 4


def test_digits_are_not_learned() -> None:
    dial, ringback = tone_samples(country("CN").dial, 3.0), tone_samples(country("CN").ringback, 12.0)
    found = learn_tones(np.concatenate([dial, dtmf_tones("13800138000", on_ms=100, off_ms=100), ringback]))
    assert [one.tone.cadence for one in found] == [(), (Burst(1.0, 4.0),)]
    assert all(one.tone.freqs_hz == (450.0,) for one in found)


@pytest.mark.peers
@pytest.mark.skipif(bool(lacking()), reason=lacking())
def test_speech_is_not_learned() -> None:
    assert learn_tones(voices(100.0, 0)) == []


@pytest.mark.peers
@pytest.mark.skipif(bool(lacking()), reason=lacking())
def test_speech_between_tones() -> None:
    rng = np.random.default_rng(3)
    talks = voices(18.0, 60).reshape(3, -1)
    names = ("dial", "ringback", "busy")
    parts: list[Int16] = []
    for talk, name in zip(talks, names, strict=True):
        parts += [recorded(country("DE").tone(name), rng, 3.2), talk, silence(0.05)]
    found = learn_tones(on_a_line(np.concatenate(parts), rng, 25))
    assert len(found) == 3
    assert all(one.tone.resembles(country("DE").tone(name)) for one, name in zip(found, names, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_noise_alone_is_not_learned(seed: int) -> None:
    assert learn_tones(np.random.default_rng(seed).normal(0, 3000, 10 * RATE_HZ).astype(np.int16)) == []


@pytest.mark.parametrize(
    "samples",
    [
        silence(0), silence(0.001), silence(5), np.full(40000, 20000, np.int16), np.full(40000, -32768, np.int16),
        np.where(np.arange(40000) % 2, 32767, -32768).astype(np.int16), np.eye(1, 40000, 99, dtype=np.int16)[0] * 9999,
    ],
    ids=["nothing", "8 samples", "silence", "direct current", "its lowest", "4 kHz", "a click"],
)  # fmt: skip
def test_nothing_to_learn(samples: Int16) -> None:
    assert learn_tones(samples) == []


def test_hum_and_direct_current_do_not_disturb() -> None:
    wanted = country("DE").busy
    tone = tone_samples(wanted, 4.0)
    hum = 3000 * np.sin(2 * np.pi * 50 / RATE_HZ * np.arange(tone.size)) + 1500
    assert only(learn_tones((tone + hum).astype(np.int16))).tone.resembles(wanted)


def test_a_clipped_tone_says_so() -> None:
    wave = 60000 * np.sin(2 * np.pi * 450 / RATE_HZ * np.arange(8 * RATE_HZ))
    found = only(learn_tones(np.clip(wave, -32768, 32767).astype(np.int16)))
    assert found.tone.freqs_hz == pytest.approx((450.0,), abs=0.2)
    assert any("distorted" in doubt for doubt in found.unsure)


# --- what stays unsure ---


def test_one_burst_may_be_part_of_a_cadence() -> None:
    found = only(learn_tones(tone_samples(country("US").ringback, 4.5)))
    assert (found.tone.cadence, found.cycles) == ((), 0)
    assert any("one burst of a cadence" in doubt for doubt in found.unsure)


def test_hardly_a_cycle_says_so() -> None:
    found = only(learn_tones(tone_samples(country("CN").ringback, 6.5)))
    assert found.tone.resembles(country("CN").ringback)
    assert found.cycles == 1
    assert found.unsure == ("the cadence was heard hardly once",)


def test_several_cycles_leave_no_doubt() -> None:
    found = only(learn_tones(tone_samples(country("CN").busy, 7.0)))
    assert (found.cycles, found.unsure) == (9, ())


def test_tolerances_come_from_the_spread() -> None:
    rng = np.random.default_rng(5)
    parts: list[Int16] = []
    for _ in range(12):
        tone = tone_samples(Tone((425.0 + rng.uniform(-2.4, 2.4),), (Burst(0.5, 0.5),)), 0.5)
        parts += [tone[: round(rng.uniform(0.47, 0.5) * RATE_HZ)], silence(0.5)]
    found = only(learn_tones(np.concatenate(parts)))
    steady = only(learn_tones(tone_samples(Tone((425.0,), (Burst(0.5, 0.5),)), 8.0)))
    assert found.freq_spread_hz > 1
    assert 0.008 < found.time_spread_s < 0.02
    assert found.tone.freq_tolerance_hz == steady.tone.freq_tolerance_hz == 10  # never less
    assert steady.time_spread_s < 0.0005
    assert steady.tone.cadence_tolerance == 0.1


def test_short_times_that_vary_make_the_tolerance_wider() -> None:
    parts = [part for n in range(12) for part in (tone_samples(Tone((425.0,)), 0.1 + n % 2 * 0.011), silence(0.2))]
    found = only(learn_tones(np.concatenate(parts)))
    assert found.time_spread_s == pytest.approx(0.0055, abs=0.0005)
    assert found.tone.cadence_tolerance == pytest.approx(2 * 0.0055 / 0.1055, abs=0.005)


def test_the_tolerance_of_near_frequencies_keeps_them_apart() -> None:
    found = only(learn_tones(tone_samples(Tone((400.0, 415.0)), 7.0)))
    assert found.tone.freq_tolerance_hz == pytest.approx(6.0, abs=0.1)


# --- streams and arguments ---


@settings(max_examples=15)
@given(st.lists(st.integers(0, 5000), max_size=30))
def test_the_cuts_of_a_stream_do_not_matter(cuts: list[int]) -> None:
    at, learner = 0, ToneLearner()
    for length in cuts:
        learner.process(STREAM[at : at + length])
        at += length
    learner.process(STREAM[at:])
    assert learner.result() == WHOLE
    assert learner.duration_s == STREAM.size / RATE_HZ


STREAM = on_a_line(
    np.concatenate([tone_samples(country("IT").tone(name), 4.3) for name in ("dial", "special_dial")]),
    np.random.default_rng(2),
)
WHOLE = learn_tones(STREAM)


def test_the_stream_has_something_to_learn() -> None:
    assert len(WHOLE) == 2


def test_a_learner_that_has_given_its_result_takes_no_more() -> None:
    learner = ToneLearner()
    learner.process(STREAM)
    assert learner.result() is learner.result()
    with pytest.raises(RuntimeError, match="takes no more"):
        learner.process(STREAM)


@pytest.mark.parametrize("bad", [np.zeros(8), np.zeros(8, np.float32), [0, 1], "x"])
def test_samples_of_another_type(bad: Any) -> None:
    with pytest.raises(TypeError, match="int16"):
        learn_tones(bad)


def test_samples_of_another_shape() -> None:
    with pytest.raises(ValueError, match="shape"):
        learn_tones(np.zeros((2, 8), np.int16))


def test_a_level_out_of_range() -> None:
    with pytest.raises(ToneError, match="min_level_dbm0"):
        ToneLearner(min_level_dbm0=1)


def test_a_source_that_says_nothing() -> None:
    with pytest.raises(ToneError, match="source"):
        ToneLearner(source=" ")


def test_tones_sent_once_resemble_whatever_pause_follows() -> None:
    one, other = (Tone((440.0,), (Burst(0.3, off_s),), repeats=False) for off_s in (0.0, 1.0))
    assert one.resembles(other)
    assert not one.resembles(Tone((440.0,), (Burst(0.3, 1.0),)))
