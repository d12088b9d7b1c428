"""Our DTMF against spandsp's, both ways, and side by side where lines are bad."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from boardcore.dsp import (
    DTMF_DIGITS,
    DtmfDetector,
    alaw_decode,
    alaw_encode,
    dtmf_tones,
    ulaw_decode,
    ulaw_encode,
)

pytestmark = pytest.mark.peers

Signal = NDArray[np.int16]


def noisy(samples: Signal, snr_db: float, rng: np.random.Generator) -> Signal:
    """Add white noise, relative to two tones of -13 dBm0 (-10 together), and pass it through A-law."""
    noise = rng.normal(0, 16141 * 10 ** ((-10 - snr_db) / 20), samples.size)
    return alaw_decode(alaw_encode(np.clip(samples + noise, -32768, 32767).astype(np.int16)))


def heard(samples: Signal) -> str:
    detector = DtmfDetector()
    return "".join(d.digit for d in detector.process(samples) + detector.flush())


def sent_by_spandsp(spandsp: Any, digits: str) -> Signal:
    state = spandsp.lib.dtmf_tx_init(spandsp.ffi.NULL, spandsp.ffi.NULL, spandsp.ffi.NULL)
    spandsp.lib.dtmf_tx_put(state, digits.encode(), len(digits))
    out = np.zeros(8000 * len(digits), np.int16)
    count = spandsp.lib.dtmf_tx(state, spandsp.ffi.from_buffer("int16_t[]", out), out.size)
    spandsp.lib.dtmf_tx_free(state)
    return out[:count]


def test_spandsp_hears_our_digits(spandsp: Any) -> None:
    digits = DTMF_DIGITS * 4
    assert spandsp.hear_dtmf(dtmf_tones(digits, on_ms=50, off_ms=50)) == digits


def test_we_hear_spandsps_digits(spandsp: Any) -> None:
    digits = DTMF_DIGITS * 4
    assert heard(sent_by_spandsp(spandsp, digits)) == digits


def test_we_hear_spandsps_digits_through_mu_law(spandsp: Any) -> None:
    assert heard(ulaw_decode(ulaw_encode(sent_by_spandsp(spandsp, DTMF_DIGITS)))) == DTMF_DIGITS


@pytest.mark.parametrize("snr_db", [20, 12, 8, 6])
def test_noise_costs_us_no_more_digits_than_spandsp(spandsp: Any, snr_db: float) -> None:
    rng, ours, theirs = np.random.default_rng(1), 0, 0
    for digit in DTMF_DIGITS * 10:
        line = noisy(np.pad(dtmf_tones(digit, on_ms=50, off_ms=50, level_dbm0=-13), 400), snr_db, rng)
        ours += heard(line) == digit
        theirs += spandsp.hear_dtmf(line) == digit
    assert ours >= theirs
    assert ours >= 157  # 98 % of 160


@pytest.mark.parametrize("twist_db", [-8, -7, 3.25, 4])
def test_twist_costs_us_no_more_digits_than_spandsp(spandsp: Any, twist_db: float) -> None:
    rng, ours, theirs = np.random.default_rng(2), 0, 0
    for digit in DTMF_DIGITS * 4:
        line = np.pad(dtmf_tones(digit, on_ms=50, off_ms=50, level_dbm0=-13, twist_db=twist_db), 400)
        line = noisy(line, 25, rng)
        ours += heard(line) == digit
        theirs += spandsp.hear_dtmf(line) == digit
    assert ours == 64 >= theirs
