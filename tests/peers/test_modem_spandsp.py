"""Our tones of fax machines and modems against spandsp's, both ways, and both detectors on the same samples."""

from typing import Any

import numpy as np
import pytest
from cffi import FFI
from modem_lines import heard, lines, share
from numpy.typing import NDArray

from boardcore.dsp import ModemTone, ModemToneDetector, modem_tone

pytestmark = pytest.mark.peers

Signal = NDArray[np.int16]
T = ModemTone
# The numbers of spandsp's tones, each a mode of its detector.
MODES = {
    T.CNG: 1,
    T.ANS: 2,
    T.ANS_PR: 3,
    T.ANSAM: 4,
    T.ANSAM_PR: 5,
    T.V21_FLAGS: 6,
    T.BELL_ANS: 8,
    T.CALLING: 9,
}
CED_OR_PREAMBLE = 7
CDEF = """
void *modem_connect_tones_rx_init(void *s, int tone_type, void *callback, void *user);
int modem_connect_tones_rx(void *s, const int16_t amp[], int len);
int modem_connect_tones_rx_get(void *s);
int modem_connect_tones_rx_free(void *s);
void *modem_connect_tones_tx_init(void *s, int tone_type);
int modem_connect_tones_tx(void *s, int16_t amp[], int len);
int modem_connect_tones_tx_free(void *s);
typedef struct { const char *name; int freq_zero, freq_one, tx_level, min_level, baud_rate; } fsk_spec_t;
extern const fsk_spec_t preset_fsk_specs[2];
void *fsk_tx_init(void *s, const fsk_spec_t *spec, int (*get_bit)(void *), void *user);
int fsk_tx(void *s, int16_t amp[], int len);
int fsk_tx_free(void *s);
"""
every_tone = pytest.mark.parametrize("tone", list(MODES))


@pytest.fixture(scope="module")
def peer(spandsp: Any) -> Any:
    """libspandsp with its modem tones; the fixture before it skips without the library."""
    ffi = FFI()
    ffi.cdef(CDEF)
    return ffi, ffi.dlopen("libspandsp.so.2")


def theirs(peer: Any, mode: int, samples: Signal) -> set[int]:
    """What spandsp found in the mode, asked every 20 ms."""
    ffi, lib = peer
    state = lib.modem_connect_tones_rx_init(ffi.NULL, mode, ffi.NULL, ffi.NULL)
    found: set[int] = set()
    for at in range(0, samples.size, 160):
        block = samples[at : at + 160].copy()
        lib.modem_connect_tones_rx(state, ffi.from_buffer("int16_t[]", block), block.size)
        found.add(lib.modem_connect_tones_rx_get(state))
    lib.modem_connect_tones_rx_free(state)
    return found - {0}


def their_share(peer: Any, tone: ModemTone, rows: Signal) -> float:
    return sum(MODES[tone] in theirs(peer, MODES[tone], row) for row in rows) / len(rows)


def their_tone(peer: Any, tone: ModemTone) -> Signal:
    ffi, lib = peer
    out: Signal = np.zeros(24000, np.int16)
    if tone is T.V21_FLAGS:
        sent = iter([0, 1, 1, 1, 1, 1, 1, 0] * 200)

        def sent_bit(_: Any) -> int:
            return next(sent)

        get_bit = ffi.callback("int(void *)", sent_bit)
        state = lib.fsk_tx_init(ffi.NULL, ffi.addressof(lib.preset_fsk_specs, 1), get_bit, ffi.NULL)
        lib.fsk_tx(state, ffi.from_buffer("int16_t[]", out), out.size)
        lib.fsk_tx_free(state)
        return out
    state = lib.modem_connect_tones_tx_init(ffi.NULL, MODES[tone])
    lib.modem_connect_tones_tx(state, ffi.from_buffer("int16_t[]", out), out.size)
    lib.modem_connect_tones_tx_free(state)
    return out


@every_tone
@pytest.mark.parametrize("level_dbm0", [0, -13, -40])
def test_spandsp_hears_our_tones(peer: Any, tone: ModemTone, level_dbm0: float) -> None:
    sent = np.pad(modem_tone(tone, duration_ms=3000, level_dbm0=level_dbm0), 800)
    assert MODES[tone] in theirs(peer, MODES[tone], sent)


def test_spandsp_hears_our_ced_and_preamble_in_one_mode(peer: Any) -> None:
    for tone, number in ((T.CED, MODES[T.ANS]), (T.V21_FLAGS, MODES[T.V21_FLAGS])):
        assert number in theirs(peer, CED_OR_PREAMBLE, np.pad(modem_tone(tone, duration_ms=2000), 800))


@every_tone
def test_we_hear_spandsps_tones(peer: Any, tone: ModemTone) -> None:
    ended = ModemToneDetector().process(np.pad(their_tone(peer, tone), (400, 3000)))
    assert tone in [e.tone for e in ended]
    assert {e.tone.value.split("-")[0] for e in ended} <= {tone.value.split("-")[0], "ans"}


@every_tone
@pytest.mark.parametrize("snr_db", [20, 12, 6])
def test_noise_costs_us_no_more_than_spandsp(peer: Any, tone: ModemTone, snr_db: float) -> None:
    rows = lines(tone, noise_dbm0=-13 - snr_db)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= their_share(peer, tone, rows)


@every_tone
@pytest.mark.parametrize("level_dbm0", [0, -30, -43])
def test_level_costs_us_no_more_than_spandsp(peer: Any, tone: ModemTone, level_dbm0: float) -> None:
    rows = lines(tone, level_dbm0=level_dbm0, noise_dbm0=-75)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= their_share(peer, tone, rows)


@every_tone
@pytest.mark.parametrize("off_hz", [12, -12])
def test_frequency_costs_us_no_more_than_spandsp(peer: Any, tone: ModemTone, off_hz: float) -> None:
    rows = lines(tone, off_hz=off_hz)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= their_share(peer, tone, rows)
