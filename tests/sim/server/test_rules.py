"""Rules that end jobs: those the firmware judges by itself. Pure."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardcore.ports import Termination
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._watch import SoundWatch
from boardcore_simulators.server._wire import Reason

HASH = 1 << 11
DIGITS = st.text("0123456789*#ABCD", max_size=31)


def test_the_mask_names_all_sixteen_digits() -> None:
    assert Rules(digit_mask=0xFFFF).mask == "0123456789*#ABCD"
    assert Rules(digit_mask=1 << 10 | 1 << 15 | 1 << 20).mask == "*D"


def test_the_engines_part() -> None:
    rules = Rules(max_ms=1500, silence_ms=300, nonsilence_ms=200, digit_mask=HASH, max_digits=4)
    wanted = Termination(1.5, 3, "#", 0.3, 0.2, keep_digit=True)
    assert rules.termination(3) == wanted
    assert rules.termination(3, digits=False) == Termination(1.5, None, "", 0.3, 0.2, keep_digit=True)
    assert Rules().termination(0) == Termination(keep_digit=True)


@pytest.mark.parametrize(
    ("first_ms", "later_ms", "engines"), [(0, 300, 0.3), (300, 300, 0.3), (500, 300, None), (500, 0, None)]
)
def test_the_engine_has_one_silence(first_ms: int, later_ms: int, engines: float | None) -> None:
    rules = Rules(silence_ms=later_ms, first_silence_ms=first_ms)
    assert rules.termination(0).silence_s == engines


def test_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="86400"):
        Rules(max_ms=2**32 - 1).termination(0)


@pytest.mark.parametrize(
    ("rules", "kept", "judged"),
    [
        (Rules(), "123", (None, 0)),
        (Rules(digit_mask=HASH), "12#4", ("#", 0)),
        (Rules(max_digits=3), "12", (None, 1)),
        (Rules(max_digits=3), "1234", ("3", 0)),
        (Rules(max_digits=3, flags=Flag.NEW_DIGITS_COUNT), "1234", (None, 3)),
        (Rules(digit_mask=HASH, flags=Flag.NEW_DIGITS_MATCH), "#", (None, 0)),
        (Rules(digit_mask=HASH, max_digits=1, flags=Flag.NEW_DIGITS_MATCH), "#", ("#", 0)),
        (Rules(digit_mask=HASH, max_digits=1, flags=Flag.NEW_DIGITS_COUNT), "1#", ("#", 1)),
    ],
)
def test_digits_that_waited(rules: Rules, kept: str, judged: tuple[str | None, int]) -> None:
    assert rules.look_back(kept) == judged


@pytest.mark.parametrize(
    ("rules", "kept", "taken"),
    [
        (Rules(), "123", ("123", False)),
        (Rules(max_digits=2), "123", ("12", True)),
        (Rules(digit_mask=HASH), "1#3", ("1#", True)),
        (Rules(digit_mask=HASH, flags=Flag.NEW_DIGITS_MATCH), "1#3", ("1#3", False)),
        (Rules(max_digits=2, flags=Flag.NEW_DIGITS_COUNT), "123", ("123", False)),
        (Rules(max_digits=64), "1" * 31, ("1" * 31, True)),
        (Rules(), "", ("", False)),
    ],
)
def test_what_collecting_takes(rules: Rules, kept: str, taken: tuple[str, bool]) -> None:
    assert rules.take(kept) == taken


@given(DIGITS, st.integers(0, 65535), st.integers(0, 0xFFFF), st.integers(0, 31).map(Flag))
def test_collecting_never_wants_what_it_cannot_hold(kept: str, count: int, mask: int, flags: Flag) -> None:
    rules = Rules(digit_mask=mask, max_digits=count, flags=flags)
    taken, enough = rules.take(kept)
    assert kept.startswith(taken)
    if not enough:
        assert taken == kept
        assert 1 <= rules.still_wanted(taken) <= 31 - len(taken)


# ---- silence and sound --------------------------------------------------------------------------------------------
def watch(sound: bool = False, nonsilence: bool = True, **times: int) -> SoundWatch:
    return SoundWatch(dataclasses.replace(Rules(), **times), nonsilence, sound, 10.0)  # type: ignore[arg-type]


def due(watching: SoundWatch) -> tuple[float, Reason] | None:
    found = watching.next_deadline()
    return found and (round(found[0], 6), found[1])


def test_the_first_silence_has_a_time_of_its_own() -> None:
    assert due(watch(first_silence_ms=5000, silence_ms=2000)) == (15.0, Reason.SILENCE)
    assert due(watch(silence_ms=2000)) == (12.0, Reason.SILENCE)


def test_silence_after_sound() -> None:
    after = watch(first_silence_ms=5000, silence_ms=2000)
    after.sound(True, 11.0)
    assert due(after) is None
    after.sound(False, 13.0)
    assert due(after) == (14.8, Reason.SILENCE)  # it began 0.2 s before it was told


def test_a_first_silence_alone_ends_with_the_first_sound() -> None:
    alone = watch(first_silence_ms=5000)
    alone.sound(True, 11.0)
    alone.sound(False, 13.0)
    assert due(alone) is None


def test_nonsilence_counts_from_the_sounds_begin() -> None:
    loud = watch(nonsilence_ms=1000)
    assert due(loud) is None
    loud.sound(True, 11.0)
    assert due(loud) == (11.97, Reason.NONSILENCE)
    assert due(watch(nonsilence_ms=1000, sound=True)) == (11.0, Reason.NONSILENCE)
    assert due(watch(nonsilence_ms=1000, sound=True, nonsilence=False)) is None


def test_nothing_counts_from_before_the_job() -> None:
    early = watch(nonsilence_ms=1000, silence_ms=1000)
    early.sound(True, 10.01)
    assert due(early) == (11.0, Reason.NONSILENCE)
