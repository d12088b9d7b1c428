"""Our MF signalling against spandsp's, both ways, and side by side in noise."""

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from boardcore.dsp import MfDetector, MfKind, alaw_decode, alaw_encode, mf_digits, mf_tones

pytestmark = pytest.mark.peers

Signal = NDArray[np.int16]
R2 = (MfKind.R2_FORWARD, MfKind.R2_BACKWARD)
R1_DIGITS = mf_digits(MfKind.R1)  # spandsp has the same letters
both_r2 = pytest.mark.parametrize("kind", R2)
every_kind = pytest.mark.parametrize("kind", MfKind)


def heard(kind: MfKind, samples: Signal) -> str:
    detector = MfDetector(kind)
    return "".join(e.digit for e in detector.process(samples) + detector.flush())


def hear_bell(spandsp: Any, samples: Signal) -> str:
    state = spandsp.lib.bell_mf_rx_init(spandsp.ffi.NULL, spandsp.ffi.NULL, spandsp.ffi.NULL)
    spandsp.lib.bell_mf_rx(state, spandsp.ffi.from_buffer("int16_t[]", samples), samples.size)
    room = spandsp.ffi.new("char[129]")
    count = spandsp.lib.bell_mf_rx_get(state, room, 128)
    spandsp.lib.bell_mf_rx_free(state)
    return bytes(spandsp.ffi.buffer(room, count)).decode()


def hear_r2(spandsp: Any, kind: MfKind, samples: Signal) -> str:
    """Ask every 133 samples, spandsp's block, which signal is on; a letter for each that begins."""
    state = spandsp.lib.r2_mf_rx_init(
        spandsp.ffi.NULL, kind is MfKind.R2_FORWARD, spandsp.ffi.NULL, spandsp.ffi.NULL
    )
    digits, last = "", 0
    for at in range(0, samples.size, 133):
        block = samples[at : at + 133].copy()
        spandsp.lib.r2_mf_rx(state, spandsp.ffi.from_buffer("int16_t[]", block), block.size)
        now = spandsp.lib.r2_mf_rx_get(state)
        digits += chr(now) if now and now != last else ""
        last = now
    spandsp.lib.r2_mf_rx_free(state)
    return digits


def hear_theirs(spandsp: Any, kind: MfKind, samples: Signal) -> str:
    return hear_bell(spandsp, samples) if kind is MfKind.R1 else hear_r2(spandsp, kind, samples)


def sent_by_bell(spandsp: Any, digits: str) -> Signal:
    state = spandsp.lib.bell_mf_tx_init(spandsp.ffi.NULL)
    spandsp.lib.bell_mf_tx_put(state, digits.encode(), len(digits))
    out = np.zeros(4000 * len(digits), np.int16)
    count = spandsp.lib.bell_mf_tx(state, spandsp.ffi.from_buffer("int16_t[]", out), out.size)
    spandsp.lib.bell_mf_tx_free(state)
    return out[:count]


def sent_by_r2(spandsp: Any, kind: MfKind, digits: str) -> Signal:
    """60 ms of each signal, and of silence after it."""
    state = spandsp.lib.r2_mf_tx_init(spandsp.ffi.NULL, kind is MfKind.R2_FORWARD)
    out = np.zeros((len(digits), 960), np.int16)
    for row, digit in zip(out, digits, strict=True):
        assert spandsp.lib.r2_mf_tx_put(state, digit.encode()) == 0
        assert spandsp.lib.r2_mf_tx(state, spandsp.ffi.from_buffer("int16_t[]", row), 480) == 480
    spandsp.lib.r2_mf_tx_free(state)
    return out.reshape(-1)


@every_kind
def test_spandsp_hears_our_signals(spandsp: Any, kind: MfKind) -> None:
    digits = mf_digits(kind) * 4
    sent = np.pad(mf_tones(kind, digits), (0, 800))
    assert hear_theirs(spandsp, kind, sent) == digits


def test_we_hear_spandsps_r1(spandsp: Any) -> None:
    digits = R1_DIGITS * 2
    assert heard(MfKind.R1, sent_by_bell(spandsp, digits)) == digits


@both_r2
def test_we_hear_spandsps_r2(spandsp: Any, kind: MfKind) -> None:
    digits = mf_digits(kind) * 4
    assert heard(kind, sent_by_r2(spandsp, kind, digits)) == digits


@every_kind
@pytest.mark.parametrize("snr_db", [20, 12, 8])
def test_noise_costs_us_no_more_signals_than_spandsp(spandsp: Any, kind: MfKind, snr_db: float) -> None:
    rng, ours, theirs = np.random.default_rng(1), 0, 0
    for digit in mf_digits(kind) * 10:
        tones = mf_tones(kind, digit, on_ms=68, kp_ms=68, level_dbm0=-13)
        noise = rng.normal(0, 16141 * 10 ** ((-10 - snr_db) / 20), tones.size + 1600)
        line = np.clip(np.pad(tones, 800) + noise, -32768, 32767).astype(np.int16)
        line = alaw_decode(alaw_encode(line))
        ours += heard(kind, line) == digit
        theirs += hear_theirs(spandsp, kind, line) == digit
    assert ours >= theirs
    assert ours == 150


@every_kind
def test_speech_is_taken_for_fewer_signals_than_by_spandsp(spandsp: Any, speech: ModuleType, kind: MfKind) -> None:
    rows = speech.spoken()
    ours = len(MfDetector(kind, len(rows)).process(rows))
    theirs = sum(len(hear_theirs(spandsp, kind, row)) for row in rows[::4])  # a quarter of two hours
    print(f"{kind.value}: ours {ours} in all, spandsp {theirs} in a quarter of {rows.size / 8000 / 3600:.1f} h")
    assert ours < 4 * theirs
