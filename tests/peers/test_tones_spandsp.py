"""Our tone detector beside spandsp's super_tone_rx, on the same samples."""

import math
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from boardcore.tones import COUNTRIES, Burst, Tone, ToneDetector, ToneFound, country, tone_samples

pytestmark = pytest.mark.peers

Signal = NDArray[np.int16]
RATE_HZ = 8000
# One or two frequencies at a time, no modulation, whole hertz: what super_tone_rx can be told of.
TELLABLE = {
    (code, name)
    for code, profile in COUNTRIES.items()
    for name, tone in profile.tones.items()
    if not tone.modulation_hz and all(len(b.freqs_hz) <= 2 for b in tone.bursts)
}


def add_element(spandsp: Any, desc: Any, number: int, freqs_hz: tuple[float, ...], time_s: float) -> None:
    """Times within 15 %: its blocks of 16 ms make them uncertain."""
    first, second = (*[round(f) for f in freqs_hz], 0, 0)[:2]  # 0, whatever its header says, is none
    low, high = (700, 0) if time_s == math.inf else (round(850 * time_s), round(1150 * time_s))
    spandsp.lib.super_tone_rx_add_element(desc, number, first, second, low, high)


def descriptor(spandsp: Any, tones: dict[str, Tone]) -> Any:
    desc = spandsp.lib.super_tone_rx_make_descriptor(spandsp.ffi.NULL)
    for tone in tones.values():
        number = spandsp.lib.super_tone_rx_add_tone(desc)
        for burst in tone.bursts:
            add_element(spandsp, desc, number, burst.freqs_hz, burst.on_s)
            if burst.off_s:
                add_element(spandsp, desc, number, (), burst.off_s)
    return desc


def theirs(spandsp: Any, tones: dict[str, Tone], samples: Signal) -> list[str]:
    """Names of the tones that it tells, in order."""
    codes: list[int] = []

    def take(_user: object, code: int, _level: int, _delay: int) -> None:
        codes.append(code)

    told = spandsp.ffi.callback("void(void *, int, int, int)", take)
    desc = descriptor(spandsp, tones)
    state = spandsp.lib.super_tone_rx_init(spandsp.ffi.NULL, desc, told, spandsp.ffi.NULL)
    done = 0
    while done < samples.size:
        part = np.ascontiguousarray(samples[done : done + 160])
        spandsp.lib.super_tone_rx(state, spandsp.ffi.from_buffer("int16_t[]", part), part.size)
        done += part.size
    spandsp.lib.super_tone_rx_free(state)
    names = list(tones)
    return [names[code] for code in codes if 0 <= code < len(names)]


def ours(tones: dict[str, Tone], samples: Signal) -> list[str]:
    found = ToneDetector(tones).events(samples)
    return [e.name for e in found if isinstance(e, ToneFound) and e.ended_s is None]


def tellable(code: str) -> dict[str, Tone]:
    return {name: tone for name, tone in country(code).tones.items() if (code, name) in TELLABLE}


def sent(tone: Tone) -> Signal:
    cycle_s = sum(b.on_s + b.off_s for b in tone.bursts) if tone.ends else 3
    return np.pad(tone_samples(tone, min(max(5.0, 2.6 * cycle_s), 25)), (1200, 8000))


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_a_countrys_tones_beside_spandsps(spandsp: Any, code: str) -> None:
    tones = tellable(code)
    they = [name for name, tone in tones.items() if set(theirs(spandsp, tones, sent(tone))) == {name}]
    assert [name for name, tone in tones.items() if ours(tones, sent(tone)) == [name]] == list(tones)
    print(f"{code}: {len(tones)} tones, spandsp tells {len(they)} and no other: {they}")
    assert 0 < len(they) <= len(tones)


def test_spandsp_hears_what_we_send_for_busy(spandsp: Any) -> None:
    busy = {"busy": country("CN").busy}
    assert set(theirs(spandsp, busy, sent(busy["busy"]))) == {"busy"}


def test_a_425_hz_busy_beside_440_hz_tones_is_ours_alone(spandsp: Any) -> None:
    tones = {
        "busy": Tone((425.0,), (Burst(0.5, 0.5),)),
        "congestion": Tone((440.0,), (Burst(0.25, 0.25),)),
        "ringback": Tone((440.0, 480.0), (Burst(2.0, 4.0),)),
    }
    samples = sent(tones["busy"])
    assert ours(tones, samples) == ["busy"]
    assert "busy" in theirs(spandsp, {"busy": tones["busy"]}, samples)  # by itself it hears it
    assert "busy" not in theirs(spandsp, tones, samples)


@pytest.mark.parametrize("snr_db", [20, 10])
def test_noise_costs_us_no_more_busy_tones_than_spandsp(spandsp: Any, snr_db: float) -> None:
    rng, tones = np.random.default_rng(1), {"busy": country("CN").busy}
    we = they = 0
    for _ in range(40):
        busy = sent(replace(tones["busy"], level_dbm0=-15))[int(rng.integers(0, 1200)) :]
        line = busy + rng.normal(0, 16141 * 10 ** ((-15 - snr_db) / 20), busy.size)
        samples = np.clip(np.rint(line), -32768, 32767).astype(np.int16)
        we += ours(tones, samples) == ["busy"]
        they += "busy" in theirs(spandsp, tones, samples)
    assert we >= they
    assert we == 40


def test_no_more_false_tones_in_speech_than_spandsp(spandsp: Any, speech: ModuleType) -> None:
    prompts = speech.joined("asterisk-core-sounds-en-wav")
    assert ours(tellable("US"), prompts) == []
    print("spandsp:", theirs(spandsp, tellable("US"), prompts))
