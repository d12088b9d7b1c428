"""Our tones of fax machines and modems against spandsp's, both ways, and both detectors on the same samples."""

from typing import Any

import modem_table
import numpy as np
import pytest
from modem_lines import heard, lines, share
from modem_peer import MODES, Peer

from boardcore.dsp import ModemTone, ModemToneDetector, modem_tone

pytestmark = pytest.mark.peers

T = ModemTone
every_tone = pytest.mark.parametrize("tone", list(MODES))


@pytest.fixture(scope="module")
def peer(spandsp: Any) -> Peer:
    """The fixture before it skips without the library."""
    return Peer()


@every_tone
@pytest.mark.parametrize("level_dbm0", [0, -13, -40])
def test_spandsp_hears_our_tones(peer: Peer, tone: ModemTone, level_dbm0: float) -> None:
    sent = np.pad(modem_tone(tone, duration_ms=3000, level_dbm0=level_dbm0), 800)
    assert MODES[tone] in peer.hears(MODES[tone], sent)


def test_spandsp_hears_our_ced_and_preamble_in_one_mode(peer: Peer) -> None:
    for tone, number in ((T.CED, MODES[T.ANS]), (T.V21_FLAGS, MODES[T.V21_FLAGS])):
        assert number in peer.hears(peer.CED_OR_PREAMBLE, np.pad(modem_tone(tone, duration_ms=2000), 800))


@every_tone
def test_we_hear_spandsps_tones(peer: Peer, tone: ModemTone) -> None:
    ended = ModemToneDetector().process(np.pad(peer.makes(tone), (400, 3000)))
    assert tone in [e.tone for e in ended]
    assert {e.tone.value.split("-")[0] for e in ended} <= {tone.value.split("-")[0], "ans"}


@every_tone
@pytest.mark.parametrize("snr_db", [20, 12, 6])
def test_noise_costs_us_no_more_than_spandsp(peer: Peer, tone: ModemTone, snr_db: float) -> None:
    rows = lines(tone, noise_dbm0=-13 - snr_db)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= peer.share(tone, rows)


@every_tone
@pytest.mark.parametrize("level_dbm0", [0, -30, -43])
def test_level_costs_us_no_more_than_spandsp(peer: Peer, tone: ModemTone, level_dbm0: float) -> None:
    rows = lines(tone, level_dbm0=level_dbm0, noise_dbm0=-75)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= peer.share(tone, rows)


@every_tone
@pytest.mark.parametrize("off_hz", [12, -12])
def test_frequency_costs_us_no_more_than_spandsp(peer: Peer, tone: ModemTone, off_hz: float) -> None:
    rows = lines(tone, off_hz=off_hz)
    ours = share(heard(rows), tone)
    assert ours == 1
    assert ours >= peer.share(tone, rows)


def test_the_table_of_both_is_printed(peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    assert modem_table.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    assert "cng: SNR, dB" in printed
    assert printed.count("ours") == printed.count("spandsp") == len(modem_table.tables(quick=True))
