"""multimon-ng hears our digits."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from boardcore.dsp import DTMF_DIGITS, dtmf_tones, resample

pytestmark = pytest.mark.peers

RATE_HZ = 22050  # the only one that it takes


@pytest.fixture
def multimon(need: Callable[[str], NoReturn], tmp_path: Path) -> Callable[[np.ndarray], str]:
    path = shutil.which("multimon-ng") or need("no multimon-ng (apt-get install multimon-ng)")

    def hear(samples: np.ndarray) -> str:
        raw = tmp_path / "digits.raw"
        resample(samples, 8000, RATE_HZ).tofile(raw)
        command = [path, "-q", "-a", "DTMF", "-t", "raw", str(raw)]
        output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
        return "".join(line.split()[-1] for line in output.splitlines() if line.startswith("DTMF: "))

    return hear


@pytest.mark.parametrize(("on_ms", "off_ms"), [(80, 80), (50, 50), (200, 100)])
def test_multimon_hears_our_digits(multimon: Callable[[np.ndarray], str], on_ms: float, off_ms: float) -> None:
    digits = DTMF_DIGITS * 3
    assert multimon(np.pad(dtmf_tones(digits, on_ms=on_ms, off_ms=off_ms), 4000)) == digits


@pytest.mark.parametrize("twist_db", [-4, 3])
def test_multimon_hears_our_digits_with_twist(multimon: Callable[[np.ndarray], str], twist_db: float) -> None:
    assert multimon(np.pad(dtmf_tones(DTMF_DIGITS, twist_db=twist_db), 4000)) == DTMF_DIGITS


def test_multimon_hears_nothing_in_silence(multimon: Callable[[np.ndarray], str]) -> None:
    assert multimon(np.zeros(16000, np.int16)) == ""
