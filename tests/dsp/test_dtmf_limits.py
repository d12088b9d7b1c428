"""DTMF within the project's limits of frequency, twist, level, time, noise and other tones, through either law."""

import numpy as np
import pytest
from dtmf_accuracy import LIMITS, Make, make_limit, make_rows, ours, score


def missed(name: str, law: str, count: int) -> str:
    """What was heard wrongly, if more than the limit allows."""
    rows, wanted = make_limit(name, law, count)
    found = ours(rows, dial_tone_filter=LIMITS[name].filter)
    share = score(found, wanted)
    wrong = [(w, f) for w, f in zip(wanted, found, strict=True) if w != f]
    return "" if share >= LIMITS[name].at_least else f"{share:.2%}, wanted and heard: {wrong[:9]}"


@pytest.mark.parametrize("name", LIMITS)
def test_limit(name: str) -> None:
    assert missed(name, "alaw", 640) == ""
    assert missed(name, "ulaw", 320) == ""


@pytest.mark.soak
@pytest.mark.parametrize("law", ["alaw", "ulaw"])
@pytest.mark.parametrize("name", LIMITS)
def test_limit_at_length(name: str, law: str) -> None:
    assert missed(name, law, 8000) == ""


@pytest.mark.parametrize("twist_db", [-10.5, 6])
def test_more_twist_is_refused(twist_db: float) -> None:
    rows, _ = make_rows(Make(twist_db=twist_db, noise_dbm0=-50), 320)
    assert set(ours(rows)) == {""}


def test_twist_limits_are_options() -> None:
    rows, keys = make_rows(Make(twist_db=-11, noise_dbm0=-50), 320)
    assert ours(rows, normal_twist_db=11) == keys
    rows, _ = make_rows(Make(twist_db=3, noise_dbm0=-50), 320)
    assert set(ours(rows, reverse_twist_db=1)) == {""}


def test_less_level_is_refused_and_is_an_option() -> None:
    rows, keys = make_rows(Make(level_dbm0=-45), 320)
    assert set(ours(rows)) == {""}
    assert ours(rows, min_level_dbm0=-48) == keys


def test_without_the_filter_a_dial_tone_hides_digits() -> None:
    """So that the tests with the filter show what it does."""
    rows, _ = make_limit("under 425 at +12 dB, filter", "alaw", 320)
    assert set(ours(rows)) == {""}


def test_the_filter_keeps_every_other_limit() -> None:
    """But for the hardest noise, where it asks for purer tones."""
    for name, limit in LIMITS.items():
        if limit.filter or "SNR 6" in name or "third" in name or "and 2 Hz" in name:
            continue
        rows, wanted = make_limit(name, "alaw", 320)
        share = score(ours(rows, dial_tone_filter=True), wanted)
        assert share >= limit.at_least, name


def test_a_dial_tone_alone_is_nothing_with_or_without_the_filter() -> None:
    silent = Make(level_dbm0=-90, dial_above_db=80, dial_hz=(350, 440), on_ms=500)
    rows, _ = make_rows(silent, 64)
    assert np.abs(rows).max() > 5000
    assert set(ours(rows)) == set(ours(rows, dial_tone_filter=True)) == {""}


def test_the_filter_takes_the_dial_tone_from_the_windows_too() -> None:
    """24 dB above each of the digit's tones the side lobes of a Hann window alone let some of it through."""
    for freqs_hz in ((450,), (350, 440)):
        rows, keys = make_rows(Make(dial_hz=freqs_hz, dial_above_db=24, level_dbm0=-30), 640, seed=3)
        assert ours(rows, dial_tone_filter=True) == keys
