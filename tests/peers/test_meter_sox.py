"""Level meters beside sox's `stats`, which counts decibels from full scale."""

from __future__ import annotations

import math
import shutil
import subprocess
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

from boardcore.dsp import levels, tone

pytestmark = pytest.mark.peers
RMS_OF_FULL_SCALE_DBM0 = 20 * math.log10(32768 / 16141)
PEAK_OF_FULL_SCALE_DBM0 = 20 * math.log10(32768 / (16141 * math.sqrt(2)))


@pytest.fixture(autouse=True)
def has_sox(need: Callable[[str], NoReturn]) -> None:
    if shutil.which("sox") is None:
        need("no sox (apt-get install sox)")


def stats(samples: NDArray[np.int16]) -> dict[str, float]:
    raw = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-L")
    command = ["sox", "-D", *raw, "-", "-n", "stats"]
    given = samples.astype("<i2").tobytes()
    told = subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stderr.decode()
    rows = [line.rsplit(None, 1) for line in told.splitlines()]
    return {name: float(value) for name, value in rows if value.replace(".", "").lstrip("-").isdigit()}


def noise() -> NDArray[np.int16]:
    return np.random.default_rng(1).normal(300, 5000, 40_000).clip(-32768, 32767).astype(np.int16)


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(tone(1004, duration_ms=1000, level_dbm0=-10), id="sine"),
        pytest.param(tone(697, 1209, duration_ms=1000, level_dbm0=-13), id="two tones"),
        pytest.param(noise(), id="noise with DC"),
        pytest.param(np.full(8000, -32768, np.int16), id="full scale"),
    ],
)
def test_levels_and_dc_are_those_of_sox(samples: NDArray[np.int16]) -> None:
    """Sox prints two decimals of a decibel, and six of a share of full scale."""
    ours, theirs = levels(samples), stats(samples)
    assert ours.rms_dbm0 == pytest.approx(theirs["RMS lev dB"] + RMS_OF_FULL_SCALE_DBM0, abs=0.006)
    assert ours.peak_dbm0 == pytest.approx(theirs["Pk lev dB"] + PEAK_OF_FULL_SCALE_DBM0, abs=0.006)
    assert ours.dc_offset == pytest.approx(theirs["DC offset"] * 32768, abs=0.02)
