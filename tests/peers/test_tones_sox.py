"""Tones of countries beside sox's synthesizer: the same sound but for rounding and the phase of the modulator."""

import math
import shutil
import subprocess
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pytest

from boardcore.tones import Tone, country, tone_samples

pytestmark = pytest.mark.peers
RAW = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1")
PEAK_0DBM0 = 16141.0 * math.sqrt(2)


def sox(*parts: str) -> npt.NDArray[np.int16]:
    """Sound of a chain of sox effects on nothing, without dither."""
    command = ["sox", "-D", "-r", "8000", "-n", *RAW, "-", *parts]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return np.frombuffer(done.stdout, "<i2")


@pytest.fixture(autouse=True)
def has_sox(need: Callable[[str], NoReturn]) -> None:
    if shutil.which("sox") is None:
        need("no sox (apt-get install sox)")


def volume(tone: Tone) -> str:
    return f"{PEAK_0DBM0 * 10 ** (tone.level_dbm0 / 20) / 32768:.9f}"


def test_busy_tone_of_china_is_the_same_as_of_sox() -> None:
    """450 Hz has 157.5 whole turns in 0.35 s, so the second burst begins half a turn later: oscillators run on."""
    busy = country("CN").busy
    steady = sox("synth", "1.4", "sine", "450", "vol", volume(busy)).astype(int)
    gated = steady * (np.arange(steady.size) % 5600 < 2800)
    assert np.abs(tone_samples(busy, 1.4) - gated).max() <= 3


def test_dial_tone_of_the_usa_is_the_same_as_of_sox() -> None:
    dial = country("US").dial
    low, high = (sox("synth", "1", "sine", freq, "vol", volume(dial)).astype(int) for freq in ("350", "440"))
    assert np.abs(tone_samples(dial, 1.0) - low - high).max() <= 4


def test_the_special_information_tone_of_germany_is_the_same_as_of_sox() -> None:
    sit = country("DE").tone("unobtainable")
    made = tone_samples(sit, 1.99)
    for at, freq in enumerate(("950", "1400", "1800")):
        part = slice(at * 2640, (at + 1) * 2640)
        steady = sox("synth", "1.99", "sine", freq, "vol", volume(sit)).astype(int)
        assert np.abs(made[part] - steady[part]).max() <= 3
    assert not made[3 * 2640 :].any()


def test_modulated_dial_tone_of_india_is_the_same_as_of_sox() -> None:
    """Sox multiplies two sounds; the generator adds side bands: the modulator is a cosine."""
    dial = country("IN").dial
    carrier = sox("synth", "1", "sine", "400", "vol", volume(dial)).astype(float)
    modulator = sox("synth", "1", "sine", "25", "0", "25", "vol", "0.5").astype(float) / 16384  # a quarter turn on
    wanted = carrier * (1 + dial.modulation_depth * modulator)
    assert np.abs(tone_samples(dial, 1.0) - wanted).max() <= 5
