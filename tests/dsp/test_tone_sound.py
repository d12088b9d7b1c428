"""The sound of countries' tones, measured from samples."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from boardcore.dsp import level_dbm0
from boardcore.dsp import tone as sine
from boardcore.errors import ToneError
from boardcore.tones import COUNTRIES, Burst, Tone, country, tone_samples

RATE_HZ = 8000
RMS_0DBM0 = 16141.0
TONES = [(code, name) for code, profile in COUNTRIES.items() for name in profile.tones]


def lines_of(samples: npt.NDArray[np.int16]) -> dict[float, float]:
    """Spectral lines above -50 dBm0: frequency to a tenth of a hertz, level. Any length; Blackman window."""
    window = np.blackman(samples.size)
    spectrum = np.abs(np.fft.rfft(samples * window, 10 * RATE_HZ)) * 2 / window.sum() / math.sqrt(2)
    levels = 20 * np.log10(spectrum / RMS_0DBM0 + 1e-9)
    peaks = [i for i in range(1, levels.size - 1) if levels[i - 1] < levels[i] >= levels[i + 1] and levels[i] > -50]
    strong = [i for i in peaks if levels[i] > max(levels[p] for p in peaks) - 35]
    return {i / 10: float(levels[i]) for i in strong}


def spans_of(samples: npt.NDArray[np.int16]) -> list[tuple[bool, int]]:
    """Runs of sound and silence, in samples; a pause is more than 10 zeros."""
    sounding = [int(i) for i in np.flatnonzero(samples)]
    runs: list[tuple[bool, int]] = []
    first = last = sounding[0]
    for at in [*sounding[1:], None]:
        if at is not None and at - last <= 11:
            last = at
            continue
        runs.append((True, last - first + 1))
        if at is not None:
            runs.append((False, at - last - 1))
            first = last = at
    return runs


def expected_lines(tone: Tone, burst: Burst) -> dict[float, float]:
    side = tone.level_dbm0 + 20 * math.log10(tone.modulation_depth / 2)
    lines = dict.fromkeys(burst.freqs_hz, tone.level_dbm0)
    if tone.modulation_hz:
        for freq in burst.freqs_hz:
            lines |= {freq - tone.modulation_hz: side, freq + tone.modulation_hz: side}
    return lines


@pytest.mark.parametrize(("code", "name"), TONES)
def test_each_burst_has_its_frequencies_at_their_level(code: str, name: str) -> None:
    tone = country(code).tone(name)
    steady = [Tone(b.freqs_hz, (), tone.level_dbm0, tone.modulation_hz, tone.modulation_depth) for b in tone.bursts]
    for burst, sound in zip(tone.bursts, steady, strict=True):
        heard, wanted = lines_of(tone_samples(sound, 1.0)), expected_lines(tone, burst)
        assert len(heard) == len(wanted)
        for (freq, level), (wanted_hz, wanted_dbm0) in zip(sorted(heard.items()), sorted(wanted.items()), strict=True):
            assert freq == pytest.approx(wanted_hz, abs=0.2)
            assert level == pytest.approx(wanted_dbm0, abs=0.1)


@pytest.mark.parametrize(("code", "name"), TONES)
def test_the_cadence_is_in_the_samples(code: str, name: str) -> None:
    tone = country(code).tone(name)
    whole = sum(b.on_s + b.off_s for b in tone.bursts if b.on_s != math.inf) or 1.0
    samples = tone_samples(tone, whole * 2 if tone.ends else whole + 1)
    wanted: list[tuple[bool, int]] = []
    for burst in tone.bursts * (2 if tone.ends and tone.repeats else 1):
        on_s = 1.0 if burst.on_s == math.inf else burst.on_s
        if wanted and wanted[-1][0]:  # no pause before this burst: other frequencies
            wanted[-1] = (True, wanted[-1][1] + round(on_s * RATE_HZ))
        else:
            wanted.append((True, round(on_s * RATE_HZ)))
        if burst.off_s:
            wanted.append((False, round(burst.off_s * RATE_HZ)))
    heard = spans_of(samples)
    if not wanted[-1][0]:
        wanted.pop()  # the last pause has no edge after it
    if not tone.cadence:
        wanted = [(True, samples.size)]
    assert [on for on, _ in heard] == [on for on, _ in wanted]
    assert all(abs(a - b) <= 3 for (_, a), (_, b) in zip(heard, wanted, strict=True))  # a sine begins at zero


def test_the_three_frequencies_of_a_special_information_tone_follow_each_other() -> None:
    tone = country("DE").tone("unobtainable")
    samples = tone_samples(tone, 1.99)
    parts = [samples[i * 2640 : (i + 1) * 2640] for i in range(3)]
    heard = [list(lines_of(part)) for part in parts]
    assert [len(lines) for lines in heard] == [1, 1, 1]
    assert [lines[0] for lines in heard] == pytest.approx([950, 1400, 1800], abs=0.3)
    assert not samples[3 * 2640 :].any()


def test_a_tone_sent_once_is_silent_afterwards() -> None:
    samples = tone_samples(country("US").tone("unobtainable"), 3.0)
    end = round((0.38 + 0.274 + 0.38) * RATE_HZ)
    assert samples[end - 10 : end].any()
    assert not samples[end:].any()


def test_modulation_is_of_the_amplitude() -> None:
    samples = tone_samples(Tone((400.0,), modulation_hz=25, modulation_depth=0.8), 0.4).astype(float)
    peaks = np.abs(samples).reshape(-1, 20).max(axis=1)  # one of each turn of the carrier
    assert peaks.max() / peaks.min() == pytest.approx(1.8 / 0.2, rel=0.15)
    assert np.argmax(np.abs(np.fft.rfft(peaks - peaks.mean()))) == 10  # 25 Hz in 0.4 s


@pytest.mark.parametrize(("code", "name"), TONES)
def test_a_job_s_tone_is_the_same_sound(code: str, name: str) -> None:
    tone = country(code).tone(name)
    try:
        spec = tone.to_spec()
    except ToneError:
        return
    more: dict[str, Any] = {}
    if spec.cadence_s:
        more["cadence_ms"] = [(on_s * 1000, off_s * 1000) for on_s, off_s in spec.cadence_s]
    made = sine(*spec.freqs_hz, duration_ms=6000, level_dbm0=spec.level_dbm0, **more)
    assert np.array_equal(tone_samples(tone, 6.0), made)


def test_a_longer_sound_begins_as_a_shorter_one() -> None:
    howler = country("US").tone("howler")
    assert np.array_equal(tone_samples(howler, 1.0), tone_samples(howler, 2.5)[:8000])


def test_silence_has_no_length() -> None:
    assert tone_samples(country("CN").busy, 0).size == 0


@pytest.mark.parametrize("duration_s", [-1, 3601, math.nan, math.inf])
def test_a_duration_out_of_range_is_refused(duration_s: float) -> None:
    with pytest.raises(ToneError, match="duration_s must be 0 to 3600"):
        tone_samples(country("CN").busy, duration_s)


def test_the_loudest_tone_does_not_clip() -> None:
    samples = tone_samples(Tone((1400.0, 2060.0, 2450.0, 2600.0), level_dbm0=-8.91), 5.0)
    assert np.abs(samples.astype(int)).max() <= 32767
    assert level_dbm0(samples) == pytest.approx(-8.91 + 6.02, abs=0.05)
