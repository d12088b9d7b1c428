"""Tones by description: every country's told apart, edges, times, what is no tone; and only the samples count."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import speech
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from boardcore.dsp import alaw_decode, alaw_encode, available_isas, dtmf_tones, resample, ulaw_decode, ulaw_encode
from boardcore.errors import ToneError
from boardcore.tones import (
    COUNTRIES,
    Burst,
    Country,
    Tone,
    ToneBurst,
    ToneDetector,
    ToneFound,
    country,
    tone_samples,
)

Signal = NDArray[np.int16]
RATE_HZ = 8000
every_country = pytest.mark.parametrize("code", sorted(COUNTRIES))


def on_off(*times_s: float) -> tuple[Burst, ...]:
    return tuple(Burst(on_s, off_s) for on_s, off_s in zip(times_s[::2], times_s[1::2], strict=True))


def told(found: list[ToneFound | ToneBurst]) -> list[ToneFound]:
    return [e for e in found if isinstance(e, ToneFound) and e.ended_s is None]


def over(found: list[ToneFound | ToneBurst]) -> list[ToneFound]:
    return [e for e in found if isinstance(e, ToneFound) and e.ended_s is not None]


def bursts_of(found: list[ToneFound | ToneBurst]) -> list[ToneBurst]:
    return [e for e in found if isinstance(e, ToneBurst) and e.ended_s is not None]


def hear(tones: Any, samples: Signal, **options: Any) -> list[ToneFound | ToneBurst]:
    return ToneDetector(tones, **options).events(samples)


def line(sound: NDArray[Any], noise_dbm0: float, law: str, rng: np.random.Generator) -> Signal:
    noisy = sound + rng.normal(0, 16141 * 10 ** (noise_dbm0 / 20), sound.size)
    linear = np.clip(np.rint(noisy), -32768, 32767).astype(np.int16)
    return alaw_decode(alaw_encode(linear)) if law == "a" else ulaw_decode(ulaw_encode(linear))


# --- every country's tones -------------------------------------------------------------------------------------------
class Wobble:
    """A tone as an exchange might send it: frequencies and times off by up to nine tenths of what is tolerated."""

    def __init__(self, tone: Tone, rng: np.random.Generator) -> None:
        self.rng = rng
        self.factor = 1 + rng.uniform(-0.9, 0.9) * tone.cadence_tolerance
        self.shift_hz = {f: rng.uniform(-0.9, 0.9) * tone.freq_tolerance_hz for f in self._nominal(tone)}
        if self._too_near(tone):
            self.shift_hz = dict.fromkeys(self.shift_hz, 0.0)

    @staticmethod
    def _nominal(tone: Tone) -> set[float]:
        return {freq for burst in tone.bursts for freq in burst.freqs_hz}

    def _freqs(self, freqs_hz: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(f + self.shift_hz[f] for f in freqs_hz)

    def _too_near(self, tone: Tone) -> bool:
        """Two tones nearer than 9 Hz cannot be parted."""
        return any(np.any(np.diff(sorted(self._freqs(b.freqs_hz))) < 9) for b in tone.bursts)

    def applied(self, tone: Tone) -> Tone:
        cadence = tuple(
            replace(b, on_s=b.on_s * self.factor, off_s=b.off_s * self.factor, freqs_hz=self._freqs(b.freqs_hz))
            for b in tone.cadence
        )
        at_once = max(len(b.freqs_hz) for b in tone.bursts)
        loudest = -6 - 20 * np.log10(at_once * (1 + (tone.modulation_depth if tone.modulation_hz else 0)))
        level = self.rng.uniform(-35, -6 if at_once == 1 and not tone.modulation_hz else loudest + 3)
        return replace(tone, freqs_hz=self._freqs(tone.freqs_hz), cadence=cadence, level_dbm0=float(level))


def cycle_s(tone: Tone) -> float:
    return sum(b.on_s + b.off_s for b in tone.bursts)


def length_s(tone: Tone) -> float:
    if not tone.ends:
        return 4 + sum(b.on_s + b.off_s for b in tone.bursts[:-1])
    return min(max(4.0, 2.6 * cycle_s(tone)), cycle_s(tone) + 8) if tone.repeats else cycle_s(tone)


def sent(tone: Tone, law: str, seconds_s: float, rng: np.random.Generator) -> Signal:
    """From anywhere in the cadence, unless its pauses are long: what is heard of those is then told apart later."""
    anywhere = tone.ends and tone.repeats and max(b.off_s for b in tone.bursts) < 1.7
    skipped = int(rng.integers(0, int(cycle_s(tone) * RATE_HZ))) if anywhere else 0
    sound = tone_samples(tone, seconds_s + skipped / RATE_HZ)[skipped:]
    padded = np.pad(sound, (int(rng.integers(800, 1700)), 16000))
    whole = np.pad(padded, (0, int(seconds_s * RATE_HZ) + 17700 - padded.size))
    return line(whole, tone.level_dbm0 - rng.uniform(20, 40), law, rng)


def check_country(profile: Country, each: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for name, tone in profile.tones.items():
        rows = [
            sent(Wobble(tone, rng).applied(tone), profile.law, 1.1 * length_s(tone), rng) for _ in range(each)
        ]
        detector = ToneDetector(profile, each)
        found = [*detector.events(np.stack(rows)), *detector.flush()]
        for channel in range(each):
            heard = [e.name for e in told(found) if e.channel == channel]
            assert heard == [name], (profile.code, name, channel, [e for e in found if e.channel == channel])
            assert len([e for e in over(found) if e.channel == channel]) == 1


@every_country
def test_a_countrys_tones_are_told_apart(code: str) -> None:
    """Random phase, level -6 to -35 dBm0, noise 20 to 40 dB below; frequencies and times off within tolerance."""
    check_country(country(code), 6, 1)


@pytest.mark.soak
@every_country
@pytest.mark.parametrize("seed", range(2, 7))
def test_a_countrys_tones_are_told_apart_in_many_more_ways(code: str, seed: int) -> None:
    check_country(country(code), 100, seed)


@every_country
def test_a_tone_says_when_how_loud_and_how_sure(code: str) -> None:
    for name, tone in country(code).tones.items():
        whole = np.pad(tone_samples(tone, length_s(tone)), (3333, 130_000))
        began, ended = (e for e in hear(country(code), whole) if isinstance(e, ToneFound))
        assert (began.name, ended.name) == (name, name)
        slack_s = 0.025 if tone.modulation_hz else 0.004
        last = np.flatnonzero(whole)[-1] / RATE_HZ
        assert began.began_s == ended.began_s == pytest.approx(3333 / RATE_HZ, abs=slack_s)
        # A last burst that is cut short belongs to it, as far as that can be told.
        assert ended.ended_s is not None
        assert last - 0.8 <= ended.ended_s <= last + slack_s
        assert began.level_dbm0 == pytest.approx(tone.level_dbm0, abs=0.6)
        assert 0.7 < began.sure <= ended.sure <= 1
        assert began.began_s < began.decided_s < began.began_s + max(2.5, 2.1 * cycle_s(tone) if tone.ends else 0)


@pytest.mark.parametrize("snr_db", [20, 12])
def test_noise_does_not_hide_a_busy_tone(snr_db: float) -> None:
    rng = np.random.default_rng(3)
    busy = tone_samples(country("DE").busy, 4)
    rows = [line(np.pad(busy, (400 + 7 * i, 8000 - 7 * i)), -10 - snr_db, "a", rng) for i in range(50)]
    found = told(hear(country("DE"), np.stack(rows), channels=50))
    assert sorted((e.channel, e.name) for e in found) == [(i, "busy") for i in range(50)]


# --- frequencies -----------------------------------------------------------------------------------------------------
BUSY = Tone((425.0,), on_off(0.5, 0.5))
MIXED = {
    "busy": BUSY,
    "dial": Tone((350.0, 440.0)),
    "ringback": Tone((440.0, 480.0), on_off(2, 4)),
    "congestion": Tone((440.0,), on_off(0.25, 0.25)),
}


@pytest.mark.parametrize("freq_hz", [411, 418, 425, 431])
def test_a_425_hz_busy_is_found_though_440_hz_tones_share_the_set(freq_hz: float) -> None:
    tone = replace(BUSY, freqs_hz=(freq_hz,))
    assert [e.name for e in told(hear(MIXED, tone_samples(tone, 3)))] == ["busy"]


def test_the_nearer_frequency_wins() -> None:
    found = bursts_of(hear(MIXED, np.pad(tone_samples(Tone((434.0,)), 1), (0, 800)), bursts=True))
    assert [e.freqs_hz for e in found] == [(440.0,)]
    found = bursts_of(hear(MIXED, np.pad(tone_samples(Tone((431.0,)), 1), (0, 800)), bursts=True))
    assert [e.freqs_hz for e in found] == [(425.0,)]


@pytest.mark.parametrize("tolerance_hz", [5, 15, 25, 50])
@pytest.mark.parametrize("side", [-1, 1])
def test_frequencies_are_taken_within_tolerance_and_refused_beyond(tolerance_hz: float, side: int) -> None:
    tones = {"warning": Tone((1400.0,), freq_tolerance_hz=tolerance_hz)}
    within = Tone((1400 + side * tolerance_hz * 0.98,))
    beyond = Tone((1400 + side * (tolerance_hz + 4),))
    assert [e.name for e in told(hear(tones, tone_samples(within, 2)))] == ["warning"]
    if tolerance_hz < 50:  # beyond 50 Hz the window fades: by 60 Hz nothing is heard
        assert not told(hear(tones, tone_samples(beyond, 2)))
    else:
        assert not told(hear(tones, tone_samples(Tone((1400 + side * 70.0,)), 2)))


@pytest.mark.parametrize("twist_db", [-6, 6])
@pytest.mark.parametrize(
    "freqs_hz", [(350.0, 440.0), (440.0, 480.0), (400.0, 450.0), (400.0, 425.0), (480.0, 620.0)]
)
def test_two_frequencies_may_differ_in_level(freqs_hz: tuple[float, float], twist_db: float) -> None:
    low = tone_samples(Tone(freqs_hz[:1], level_dbm0=-15 - twist_db / 2), 3)
    high = tone_samples(Tone(freqs_hz[1:], level_dbm0=-15 + twist_db / 2), 3)
    tones = {"dial": Tone(freqs_hz, freq_tolerance_hz=8)}
    assert [e.name for e in told(hear(tones, low + high))] == ["dial"]
    assert not told(hear(tones, low))
    assert not told(hear(tones, high))


def test_twist_beyond_the_limit_is_refused() -> None:
    strong, weak = tone_samples(Tone((350.0,), level_dbm0=-10), 3), tone_samples(Tone((440.0,), level_dbm0=-20), 3)
    tones = {"dial": Tone((350.0, 440.0))}
    assert not told(hear(tones, strong + weak))
    assert told(hear(tones, strong + weak, twist_db=11, purity=0.6))


def test_a_tone_among_other_sound_is_none() -> None:
    busy, other = tone_samples(BUSY, 4), tone_samples(Tone((1000.0,), level_dbm0=-12), 4)
    assert told(hear({"busy": BUSY}, busy))
    assert not told(hear({"busy": BUSY}, busy + other))


def test_levels_below_the_limit_are_not_heard() -> None:
    tones = {"busy": BUSY}
    assert told(hear(tones, tone_samples(replace(BUSY, level_dbm0=-37.8), 4)))
    assert not told(hear(tones, tone_samples(replace(BUSY, level_dbm0=-41), 4)))
    assert told(hear(tones, tone_samples(replace(BUSY, level_dbm0=-49), 4), min_level_dbm0=-50))


@pytest.mark.parametrize("modulation_hz", [14, 16, 18, 20, 22, 25, 27, 30])
def test_a_modulated_tone_is_not_a_plain_one(modulation_hz: float) -> None:
    tones = {"plain": Tone((400.0,)), "modulated": Tone((400.0,), modulation_hz=modulation_hz)}
    for name, tone in tones.items():
        assert [e.name for e in told(hear(tones, tone_samples(tone, 3)))] == [name]


# --- times -----------------------------------------------------------------------------------------------------------
@given(
    lead=st.integers(0, 400),
    on_s=st.floats(0.05, 0.6),
    off_s=st.floats(0.03, 0.6),
    level_dbm0=st.floats(-35, -5),
    off_hz=st.floats(-13, 13),
)
@settings(deadline=None)
def test_bursts_are_as_long_as_they_are(
    lead: int, on_s: float, off_s: float, level_dbm0: float, off_hz: float
) -> None:
    tone = Tone((425.0 + off_hz,), on_off(on_s, off_s), level_dbm0=level_dbm0)
    samples = np.pad(tone_samples(tone, 3 * on_s + 3 * off_s), (800 + lead, 1600))
    found = bursts_of(hear({"busy": BUSY}, samples, bursts=True))
    assert len(found) == 3
    for i, burst in enumerate(found):
        assert burst.began_s == pytest.approx(0.1 + lead / RATE_HZ + i * (on_s + off_s), abs=0.003)
        assert burst.ended_s is not None
        assert burst.ended_s - burst.began_s == pytest.approx(on_s, abs=0.004)
        assert burst.level_dbm0 == pytest.approx(level_dbm0, abs=0.4 if on_s >= 0.1 else 0.7)


@pytest.mark.parametrize("lead", range(0, 80, 9))
def test_a_gap_of_15_ms_is_bridged_and_one_of_30_ms_is_not(lead: int) -> None:
    for gap, count in ((120, 1), (240, 2)):
        samples = np.pad(tone_samples(BUSY, 0.5), (800 + lead, 2000))
        samples[2800 + lead : 2800 + lead + gap] = 0
        assert len(bursts_of(hear({"busy": BUSY}, samples, bursts=True))) == count


@pytest.mark.parametrize("factor", [0.91, 1.0, 1.09])
def test_a_cadence_is_taken_within_tolerance(factor: float) -> None:
    tone = replace(BUSY, cadence=on_off(0.5 * factor, 0.5 * factor))
    assert told(hear({"busy": BUSY}, tone_samples(tone, 5)))


@pytest.mark.parametrize(("on_s", "off_s"), [(0.43, 0.5), (0.57, 0.5), (0.5, 0.43), (0.5, 0.57), (0.25, 0.25)])
def test_and_refused_beyond(on_s: float, off_s: float) -> None:
    assert not told(hear({"busy": BUSY}, tone_samples(replace(BUSY, cadence=on_off(on_s, off_s)), 6)))


def test_a_special_dial_tone_with_pauses_of_40_ms_is_no_dial_tone() -> None:
    found = told(hear(country("CN"), tone_samples(country("CN").tone("special_dial"), 5)))
    assert [e.name for e in found] == ["special_dial"]


def test_a_tone_that_is_cut_short_ends_at_the_cut() -> None:
    samples = np.pad(tone_samples(country("CN").busy, 3.05), (0, 8000))  # 0.25 s into a burst
    (ended,) = over(hear(country("CN"), samples))
    assert ended.name == "busy"
    assert ended.ended_s == pytest.approx(3.05, abs=0.004)
    assert ended.decided_s < 3.05 + 0.15


def test_busy_after_ringback_and_dial_tone() -> None:
    """A call that is not answered, as a line hears it; the pauses between do not fit any cadence."""
    profile = country("CN")
    parts = [(profile.dial, 2.5), (None, 3.0), (profile.ringback, 11.0), (None, 0.5), (profile.busy, 3.0)]
    sound = np.concatenate([tone_samples(t, s) if t else np.zeros(int(s * RATE_HZ), np.int16) for t, s in parts])
    assert [e.name for e in told(hear(profile, sound))] == ["dial", "ringback", "busy"]


def test_one_tone_at_a_time_ends_before_the_next_begins() -> None:
    profile = country("GB")
    sound = np.concatenate([tone_samples(t, 6) for t in profile.tones.values()] * 2)
    open_tone = False
    for e in hear(profile, sound):
        assert isinstance(e, ToneFound)
        assert open_tone == (e.ended_s is not None)
        open_tone = e.ended_s is None


def test_being_surer_takes_longer() -> None:
    ends = [over(hear({"busy": BUSY}, np.pad(tone_samples(BUSY, s), 8000)))[0].sure for s in (2, 3, 5)]
    assert 0.9 < ends[0] < ends[1] < ends[2] < 1
    began = told(hear({"busy": BUSY}, np.pad(tone_samples(BUSY, 5), 8000)))[0].sure
    assert began <= ends[0]


def test_flush_ends_what_still_sounds_and_starts_anew() -> None:
    detector = ToneDetector(country("CN"), 2)
    silence = np.zeros(16000, np.int16)
    assert not detector.process(np.stack([silence, tone_samples(country("CN").dial, 2)]))
    (tone,) = detector.flush()
    assert (tone.channel, tone.name, tone.ended_s) == (1, "dial", 2.0)
    assert detector.flush() == []
    (began,) = told(detector.events(np.stack([silence, tone_samples(country("CN").dial, 2)])))
    assert began.began_s == pytest.approx(0, abs=0.01)


# --- what is no tone -------------------------------------------------------------------------------------------------
def hum(freq_hz: float, peak: float) -> NDArray[np.float64]:
    return peak * np.sin(2 * np.pi * freq_hz * np.arange(10 * RATE_HZ) / RATE_HZ)


NO_TONES = {
    "silence": np.zeros(10 * RATE_HZ),
    "DC": np.full(10 * RATE_HZ, 32767.0),
    "hum": hum(50, 8000),
    "square": 32767 * np.sign(hum(137, 1)),
    "noise": np.random.default_rng(1).normal(0, 5000, 10 * RATE_HZ),
    "full-scale noise": np.random.default_rng(2).choice([-32768.0, 32767.0], 10 * RATE_HZ),
    "digits": dtmf_tones("0123456789ABCD*#" * 4).astype(np.float64),
}


@every_country
@pytest.mark.parametrize("name", NO_TONES)
def test_no_tone_is_told_from(code: str, name: str) -> None:
    samples = np.clip(NO_TONES[name], -32768, 32767).astype(np.int16)
    assert hear(country(code), samples) == []


@every_country
def test_a_tone_that_clips_is_a_tone_and_one_on_dc_too(code: str) -> None:
    busy = tone_samples(country(code).busy, 5).astype(np.float64)
    loud = np.clip(busy * 32767 / busy.max() * 1.6, -32768, 32767).astype(np.int16)
    assert [e.name for e in told(hear(country(code), loud))] == ["busy"]
    offset = np.clip(busy + 0.1 * busy.max(), -32768, 32767).astype(np.int16)
    assert [e.name for e in told(hear(country(code), offset))] == ["busy"]


def recorded_speech(package: str) -> Signal:
    if reason := speech.lacking(package):
        pytest.skip(reason)
    return speech.joined(package)


def false_tones(samples: Signal, profile: Country) -> list[str]:
    """Busy and dial tones of all kinds."""
    rows = samples[: samples.size // 16 * 16].reshape(16, -1)
    names = {e.name for e in told(hear(profile, rows, channels=16))}
    return sorted(names & {"dial", "special_dial", "busy", "congestion", "unobtainable", "ringback"})


@pytest.fixture(scope="module")
def prompts() -> Signal:
    return recorded_speech("asterisk-core-sounds-en-wav")


@pytest.mark.peers
@every_country
def test_recorded_speech_has_no_tones(prompts: Signal, code: str) -> None:
    assert false_tones(prompts, country(code)) == []


@pytest.mark.peers
@pytest.mark.soak
@pytest.mark.parametrize("speed", [0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4])
@pytest.mark.parametrize("package", speech.CORPORA)
def test_speech_at_any_speed_has_no_tones(package: str, speed: float) -> None:
    samples = resample(recorded_speech(package), round(8000 * speed), 8000)
    found = {code: false_tones(samples, profile) for code, profile in COUNTRIES.items()}
    assert not any(found.values()), found


@every_country
@pytest.mark.parametrize("voice", ["en", "de+f3", "cmn"])
def test_synthetic_speech_has_no_tones(code: str, voice: str, tmp_path: Path) -> None:
    program, soundfile = shutil.which("espeak-ng"), pytest.importorskip("soundfile")
    if program is None:
        pytest.skip("no espeak-ng (apt-get install espeak-ng)")
    text = "Please hold the line; all of our operators are busy. One two three four five six seven eight nine. " * 4
    out = tmp_path / "speech.wav"
    subprocess.run([program, "-v", voice, "-w", str(out), text], check=True, capture_output=True)
    samples, rate_hz = soundfile.read(out, dtype="int16")
    assert told(hear(country(code), resample(samples, rate_hz, RATE_HZ))) == []


# --- only the samples count ------------------------------------------------------------------------------------------
def mixed_rows(code: str) -> Signal:
    """Every tone of a country, a second and a half of each, a channel for each order; noise on some."""
    tones = list(country(code).tones.values())
    rows = [np.concatenate([tone_samples(t, 1.5) for t in tones[i:] + tones[:i]]) for i in range(len(tones))]
    noise = np.random.default_rng(4).normal(0, 40, (len(rows), rows[0].size))
    noise[::2] = 0
    return np.clip(np.stack(rows) + noise, -32768, 32767).astype(np.int16)


@given(code=st.sampled_from(sorted(COUNTRIES)), cuts=st.lists(st.integers(0, 60_000), max_size=12))
@settings(deadline=None, max_examples=30)
def test_any_split_of_the_samples_gives_the_same(code: str, cuts: list[int]) -> None:
    rows = mixed_rows(code)
    detector = ToneDetector(country(code), len(rows), bursts=True)
    parts = [e for part in np.split(rows, sorted(cuts), axis=1) for e in detector.events(part)]
    assert parts == hear(country(code), rows, channels=len(rows), bursts=True)


@every_country
def test_every_instruction_set_gives_the_same(code: str) -> None:
    rows = mixed_rows(code)
    first, *others = (hear(country(code), rows, channels=len(rows), isa=isa, bursts=True) for isa in available_isas())
    assert len(first) > 20
    assert all(other == first for other in others)


def test_a_channel_does_not_hear_its_neighbours() -> None:
    rows = mixed_rows("US")
    together = hear(country("US"), rows, channels=len(rows), bursts=True)
    for channel, row in enumerate(rows):
        alone = hear(country("US"), row, bursts=True)
        assert [replace(e, channel=0) for e in together if e.channel == channel] == alone


# --- descriptions ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tones", "message"),
    [
        ({}, "1 to 16 tones, not 0"),
        ({str(i): Tone((300.0 + 50 * i,)) for i in range(17)}, "1 to 16 tones, not 17"),
        ({"a": BUSY, "b": Tone((420.0,), on_off(0.52, 0.5))}, "a and b cannot be told apart"),
        ({"a": Tone((100.0,))}, "a: 150 to 3800 Hz can be heard, not 100"),
        ({"a": Tone((400.0, 410.0))}, "a: 400 and 410 Hz are less than 12 Hz apart"),
        ({"a": Tone((400.0,), freq_tolerance_hz=60)}, "a: freq_tolerance_hz up to 50 can be judged, not 60"),
        ({"a": Tone((400.0, 500.0), freq_tolerance_hz=30)}, "a: freq_tolerance_hz up to 25"),
        ({"a": Tone((400.0,), on_off(0.02, 0.5))}, "a: 0.045 s on and 0.03 s off and more can be heard, not 0.02"),
        ({"a": Tone((400.0,), on_off(0.5, 0.02))}, "a: .* not 0.5 and 0.02"),
        ({"a": Tone((400.0,), on_off(*[0.1] * 18))}, "a: cadence of 9 bursts; a detector takes up to 8"),
        ({"a": Tone((400.0,), modulation_hz=50)}, "a: modulation of 14 to 30 Hz"),
        ({"a": Tone((400.0,), modulation_hz=20, modulation_depth=0.4)}, "a: modulation of 14 to 30 Hz and 0.7"),
        ({"a": Tone((400.0, 600.0), modulation_hz=20)}, "a: modulation of more than one frequency"),
        ({"a": Tone((400.0, 425.0, 600.0))}, "a: three frequencies or more must be 35 Hz apart"),
        (
            {str(i): Tone((200.0 + 100 * i, 2000.0 + 100 * i)) for i in range(9)},
            "more frequencies than a detector has room for",
        ),
    ],
)  # fmt: skip
def test_tones_that_cannot_be_heard_or_told_apart(tones: dict[str, Tone], message: str) -> None:
    with pytest.raises(ToneError, match=message):
        ToneDetector(tones)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_level_dbm0": 3}, "min_level_dbm0 must be from -60 to 0, got 3"),
        ({"min_level_dbm0": float("nan")}, "min_level_dbm0 must be finite"),
        ({"twist_db": -1}, "twist_db must be from 0 to 20"),
        ({"purity": 1}, "purity must be from 0.3 to 0.95"),
        ({"channels": 0}, "channels must be from 1 to 65536"),
        ({"isa": "mmx"}, "mmx"),
    ],
)  # fmt: skip
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ToneDetector(country("CN"), **options)


@pytest.mark.parametrize(
    ("samples", "error"),
    [
        (np.full(800, np.nan), TypeError),
        (np.zeros(800, np.float32), TypeError),
        (np.zeros(800, np.bool_), TypeError),
        ([0] * 800, TypeError),
        (np.zeros((2, 800), np.int16), ValueError),
        (np.zeros((1, 1, 800), np.int16), ValueError),
    ],
)
def test_samples_that_are_none(samples: Any, error: type[Exception]) -> None:
    detector = ToneDetector(country("CN"))
    with pytest.raises(error):
        detector.process(samples)
    assert told(detector.events(np.pad(tone_samples(country("CN").busy, 3), 800)))


def test_strided_samples_are_heard_as_they_are() -> None:
    busy = np.pad(tone_samples(country("CN").busy, 3), 800)
    assert hear(country("CN"), np.repeat(busy, 3)[::3]) == hear(country("CN"), busy)


@given(
    freqs_hz=st.lists(st.floats(150, 3800), min_size=1, max_size=4, unique=True),
    times_s=st.lists(st.floats(0.03, 5), min_size=2, max_size=8),
    tolerance_hz=st.floats(0, 60),
    modulation_hz=st.sampled_from([0.0, 0.0, 0.0, 12.0, 14.0, 17.3, 25.0, 30.0]),
    steady=st.booleans(),
)
@example(freqs_hz=[150.0], times_s=[0.0625, 1.0], tolerance_hz=0.0, modulation_hz=14.0, steady=False)
@settings(deadline=None)
def test_a_description_is_refused_as_tone_error_or_heard(
    freqs_hz: list[float], times_s: list[float], tolerance_hz: float, modulation_hz: float, steady: bool
) -> None:
    try:
        tone = Tone(
            tuple(freqs_hz),
            () if steady else on_off(*times_s[: len(times_s) // 2 * 2]),
            level_dbm0=-24,
            freq_tolerance_hz=tolerance_hz,
            modulation_hz=modulation_hz,
        )
        detector = ToneDetector({"it": tone})
    except ToneError:
        return
    spread = np.diff(sorted(freqs_hz))
    found = detector.events(np.pad(tone_samples(tone, 3 if steady else 1.5 + 3 * sum(times_s)), (801, 0)))
    near = spread.size and spread.min() < 60 + 2 * tolerance_hz
    assert near or [e.name for e in told(found)] == ["it"]
