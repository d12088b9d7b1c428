"""Pulse dialling: what a dial does is understood, what bad contacts do is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardcore.machines.pulse import (
    NEW_ZEALAND,
    NUMBERINGS,
    STANDARD,
    SWEDEN,
    AnyPulseEvent,
    PulseDecoder,
    PulseEvent,
    PulseNumbering,
    PulseTimes,
    pulse_train,
)

Digit, Flash, Garbled, Released, Seized = (
    PulseEvent.Digit,
    PulseEvent.Flash,
    PulseEvent.Garbled,
    PulseEvent.Released,
    PulseEvent.Seized,
)
Edges = list[tuple[bool, float]]  # (closed, when)
numberings = st.sampled_from([STANDARD, SWEDEN, NEW_ZEALAND])
numbers = st.text("0123456789", min_size=1, max_size=8)


def edges(train: list[tuple[bool, float]], at_s: float = 1.0, idle_s: float = 0.5) -> Edges:
    """A loop that is closed at `at_s` and then does as in `train`."""
    found: Edges = [(True, at_s)]
    now = at_s + idle_s
    for closed, duration_s in train:
        if closed is not found[-1][0]:
            found.append((closed, now))
        now += duration_s
    return found


def run(decoder: PulseDecoder, changes: Edges, until_s: float | None = None) -> list[AnyPulseEvent]:
    """Feed changes, and expire at each deadline, as a loop with a timer would."""
    told: list[AnyPulseEvent] = []
    for closed, at_s in changes:
        told += time_passes(decoder, at_s)
        told += decoder.feed(closed, at_s)
    return told + time_passes(decoder, changes[-1][1] + 0.5 if until_s is None else until_s)


def time_passes(decoder: PulseDecoder, until_s: float) -> list[AnyPulseEvent]:
    told: list[AnyPulseEvent] = []
    while (deadline := decoder.next_deadline()) is not None and deadline < until_s:
        told += decoder.expire(deadline)
        assert decoder.next_deadline() != deadline  # or a timer would spin
    return told


def kinds(told: list[AnyPulseEvent]) -> list[type]:
    return [type(event) for event in told]


def number(told: list[AnyPulseEvent]) -> str:
    assert {type(event) for event in told} <= {Seized, Digit}, told
    return "".join(event.digit for event in told if isinstance(event, Digit))


def near(seconds: float) -> Any:
    return pytest.approx(seconds)


def reasons(told: list[AnyPulseEvent]) -> list[str]:
    return [event.why for event in told if isinstance(event, Garbled)]


def opening(duration_s: float, before_s: float = 0.5) -> Edges:
    return [(True, 0.0), (False, before_s), (True, before_s + duration_s)]


# -- round trips --
@given(
    digits=numbers,
    numbering=numberings,
    rate_hz=st.floats(7.4, 20),
    break_share=st.floats(0.5, 0.65),
    pause_s=st.floats(0.25, 1.0),
    data=st.data(),
)
def test_a_dial_with_any_jitter_within_limits_is_understood(
    digits: str, numbering: PulseNumbering, rate_hz: float, break_share: float, pause_s: float, data: st.DataObject
) -> None:
    train = pulse_train(digits, numbering=numbering, rate_hz=rate_hz, break_share=break_share, pause_s=pause_s)
    exact = edges(train)
    off_s = data.draw(st.lists(st.floats(-0.002, 0.002), min_size=len(exact), max_size=len(exact)))
    jittery = [(closed, at_s + late_s) for (closed, at_s), late_s in zip(exact, off_s, strict=True)]
    assert number(run(PulseDecoder(numbering=numbering), jittery)) == digits


@given(digits=numbers, numbering=numberings, begin_s=st.floats(0, 0.01), data=st.data())
def test_a_grid_of_ticks_is_fine_enough_for_ten_pulses_a_second(
    digits: str, numbering: PulseNumbering, begin_s: float, data: st.DataObject
) -> None:
    """Changes are told at the end of the 10 ms tick they fall in, and senders have their own jitter."""
    exact = edges(pulse_train(digits, numbering=numbering), begin_s)
    off_s = data.draw(st.lists(st.floats(0, 0.004), min_size=len(exact), max_size=len(exact)))
    ticks = [math.ceil((at_s + late_s) / 0.01) for (_, at_s), late_s in zip(exact, off_s, strict=True)]
    told = run(PulseDecoder(numbering=numbering), [(e[0], t * 0.01) for e, t in zip(exact, ticks, strict=True)])
    assert number(told) == digits


@given(digits=numbers, data=st.data())
def test_contacts_that_bounce_a_little_change_nothing(digits: str, data: st.DataObject) -> None:
    bouncing: Edges = []
    for closed, at_s in edges(pulse_train(digits)):
        bouncing.append((closed, at_s))
        for bounce_s in data.draw(st.lists(st.floats(0.0002, 0.0025), max_size=2)):
            bouncing.append((not closed, bouncing[-1][1] + bounce_s))
            bouncing.append((closed, bouncing[-1][1] + bounce_s))
    told = run(PulseDecoder(), bouncing)
    assert number(told) == digits
    assert told == run(PulseDecoder(), edges(pulse_train(digits)))


@given(
    gaps_s=st.lists(st.floats(0.0001, 1.2), min_size=1, max_size=60),
    looks_s=st.lists(st.floats(0, 30), max_size=40),
)
def test_what_is_told_does_not_hang_on_when_one_looks(gaps_s: list[float], looks_s: list[float]) -> None:
    """A loop that blocks, or one that asks all the time: the same events, from any behaviour of the contacts."""
    changes: Edges = []
    at_s = 0.0
    for i, gap_s in enumerate(gaps_s):
        at_s += gap_s
        changes.append((i % 2 == 0, at_s))
    end_s = at_s + 2.0
    often, seldom = PulseDecoder(), PulseDecoder()
    told: list[AnyPulseEvent] = []
    looks: list[tuple[bool | None, float]] = [(None, at) for at in looks_s if at < end_s]
    for closed, when in sorted([*changes, *looks], key=lambda look: look[1]):
        told += often.expire(when) if closed is None else often.feed(closed, when)
    told += often.expire(end_s)
    wanted = [event for closed, at in changes for event in seldom.feed(closed, at)] + seldom.expire(end_s)
    assert told == wanted == run(PulseDecoder(), changes, end_s)
    assert kinds(told).count(Seized) - kinds(told).count(Released) == often.seized
    assert all(1 <= event.pulses <= 10 for event in told if isinstance(event, Digit))
    assert [event.at_s for event in told] == sorted(event.at_s for event in told)


# -- digits --
@pytest.mark.parametrize(
    ("numbering", "digit", "pulses"),
    [
        (STANDARD, "1", 1),
        (STANDARD, "0", 10),
        (SWEDEN, "0", 1),
        (SWEDEN, "9", 10),
        (NEW_ZEALAND, "1", 9),
        (NEW_ZEALAND, "9", 1),
        (NEW_ZEALAND, "0", 10),
    ],
)
def test_national_dials(numbering: PulseNumbering, digit: str, pulses: int) -> None:
    train = pulse_train(digit, numbering=numbering)
    assert [closed for closed, _ in train] == [False, True] * pulses
    told = run(PulseDecoder(numbering=numbering), edges(train))
    assert [(e.digit, e.pulses) for e in told if isinstance(e, Digit)] == [(digit, pulses)]


def test_numberings_are_found_by_name() -> None:
    assert {name: numbering.name for name, numbering in NUMBERINGS.items()} == {name: name for name in NUMBERINGS}
    assert len(NUMBERINGS) == 3


def test_a_digit_is_told_after_its_pause_with_the_time_of_its_end() -> None:
    decoder = PulseDecoder()
    for closed, at_s in edges(pulse_train("2"), at_s=0.0):
        assert [e for e in decoder.feed(closed, at_s) if not isinstance(e, Seized)] == []
    end_s = 0.5 + 0.16
    assert decoder.next_deadline() == pytest.approx(end_s + 0.005)  # the contacts may still bounce
    assert decoder.expire(end_s + 0.006) == []
    assert decoder.next_deadline() == pytest.approx(end_s + 0.2)
    assert decoder.expire(end_s + 0.199) == []
    assert decoder.expire(end_s + 0.2001) == [Digit(near(end_s), "2", 2)]
    assert decoder.next_deadline() is None


@pytest.mark.parametrize(
    ("rate_hz", "heard"), [(6.7, False), (7.1, True), (8, True), (10, True), (20, True), (21.9, True), (23, False)]
)
def test_rates(rate_hz: float, heard: bool) -> None:
    train = [(False, 0.6 / rate_hz), (True, 0.4 / rate_hz)] * 4
    told = run(PulseDecoder(), edges([*train[:-1], (True, 1.0)]))
    assert kinds(told) == [Seized, Digit if heard else Garbled]
    assert reasons(told) == ([] if heard else [f"{rate_hz:.1f} pulses a second"])


@pytest.mark.parametrize(("break_share", "heard"), [(0.15, False), (0.3, True), (0.5, True), (0.8, True), (0.9, False)])
def test_ratios_at_ten_pulses_a_second(break_share: float, heard: bool) -> None:
    train = [(False, break_share / 10), (True, (1 - break_share) / 10)] * 4
    told = run(PulseDecoder(), edges([*train[:-1], (True, 1.0)]))
    assert (Digit in kinds(told)) is heard


def test_an_uneven_rate_is_refused() -> None:
    train = [(False, 0.06), (True, 0.04), (False, 0.06), (True, 0.075), (False, 0.06), (True, 1.0)]
    told = run(PulseDecoder(), edges(train))
    assert told[1] == Garbled(told[1].at_s, 3, "an uneven rate: periods of 100 ms and 135 ms")


def test_a_stumble_between_two_pulses_is_no_pause() -> None:
    """Longer than any closing inside of a digit, shorter than a pause: 2 and 1, or 3? Neither."""
    train = [(False, 0.06), (True, 0.04), (False, 0.06), (True, 0.15), (False, 0.06), (True, 1.0)]
    told = run(PulseDecoder(), edges(train))
    assert kinds(told) == [Seized, Garbled]
    assert reasons(told) == ["closed for 150 ms between pulses"]


def test_more_than_ten_pulses_are_refused() -> None:
    told = run(PulseDecoder(), edges([(False, 0.06), (True, 0.04)] * 11))
    assert [(e.pulses, e.why) for e in told if isinstance(e, Garbled)] == [(11, "more than 10 pulses")]


def test_the_digit_after_a_garbled_one_is_heard() -> None:
    bad: list[tuple[bool, float]] = [(False, 0.06), (True, 0.15), (False, 0.06), (True, 0.8)]
    told = run(PulseDecoder(), edges([*bad, *pulse_train("7")]))
    assert kinds(told) == [Seized, Garbled, Digit]


# -- contacts --
def test_a_hit_on_the_line_is_no_pulse() -> None:
    decoder = PulseDecoder()
    assert kinds(run(decoder, opening(0.010))) == [Seized]
    assert decoder.ignored == 1


def test_a_hit_within_a_digit_spoils_it() -> None:
    train = [(False, 0.06), (True, 0.04), (False, 0.01), (True, 0.09), (False, 0.06), (True, 1.0)]
    told = run(PulseDecoder(), edges(train))
    assert reasons(told) == ["open for 10 ms"]


def test_contacts_that_do_not_settle_spoil_a_digit() -> None:
    chatter: list[tuple[bool, float]] = [(False, 0.002), (True, 0.002)] * 5
    told = run(PulseDecoder(), edges([(False, 0.06), (True, 0.04), *chatter, (False, 0.05), (True, 1.0)]))
    assert reasons(told) == ["contacts bounced for 20 ms"]


def test_contacts_that_crackle_in_a_call_say_nothing() -> None:
    decoder = PulseDecoder()
    crackle: list[tuple[bool, float]] = [(False, 0.002), (True, 0.002)] * 20
    assert kinds(run(decoder, edges([*crackle, (True, 1.0)]))) == [Seized]
    assert decoder.ignored == 1


def test_a_handset_that_chatters_when_lifted_seizes_once() -> None:
    lifting: Edges = [(i % 2 == 0, 0.003 * i) for i in range(9)]
    told = run(PulseDecoder(), lifting, 1.0)
    assert told == [Seized(0.0)]


# -- hook --
@pytest.mark.parametrize(
    ("open_s", "wanted"),
    [
        (0.004, []),
        (0.012, []),
        (0.060, [Digit]),
        (0.110, [Digit]),
        (0.150, [Garbled]),
        (0.199, [Garbled]),
        (0.200, [Flash]),
        (0.600, [Flash]),
        (0.899, [Flash]),
        (0.900, [Released, Seized]),
        (5.0, [Released, Seized]),
    ],
)
def test_the_length_of_one_opening_tells_what_it_is(open_s: float, wanted: list[type]) -> None:
    assert kinds(run(PulseDecoder(), opening(open_s))) == [Seized, *wanted]


def test_a_release_is_told_when_its_time_has_come() -> None:
    decoder = PulseDecoder()
    run(decoder, [(True, 0.0), (False, 1.0)], 1.5)
    assert decoder.next_deadline() == pytest.approx(1.9)
    assert decoder.expire(1.899) == []
    assert decoder.expire(1.9) == [Released(1.0)]
    assert not decoder.seized
    assert decoder.next_deadline() is None


def test_a_flash_says_how_long_it_was() -> None:
    told = run(PulseDecoder(), opening(0.35))
    assert told[-1] == Flash(0.85, near(0.35))


def test_a_flash_in_the_middle_of_a_digit_ends_it() -> None:
    train = [(False, 0.06), (True, 0.04), (False, 0.06), (True, 0.04), (False, 0.4), (True, 1.0)]
    told = run(PulseDecoder(), edges(train))
    assert kinds(told) == [Seized, Garbled, Flash]


def test_hanging_up_in_the_middle_of_a_digit_tells_of_no_digit() -> None:
    decoder = PulseDecoder()
    train = [(False, 0.06), (True, 0.04), (False, 2.0), (True, 0.5), *pulse_train("3")]
    told = run(decoder, edges(train))
    assert kinds(told) == [Seized, Released, Seized, Digit]


def test_a_switch_that_takes_no_flashes_releases_early() -> None:
    times = PulseTimes(flash_min_s=0.15, release_s=0.15)
    assert kinds(run(PulseDecoder(times), opening(0.16))) == [Seized, Released, Seized]


# -- bad input --
@pytest.mark.parametrize("at_s", [0.5, math.nan, math.inf, -math.inf])
def test_time_that_goes_back_is_refused(at_s: float) -> None:
    decoder = PulseDecoder()
    decoder.feed(True, 1.0)
    with pytest.raises(ValueError, match="time must be finite and not go back"):
        decoder.feed(False, at_s)
    assert kinds(run(decoder, edges(pulse_train("4"), at_s=1.0))) == [Seized, Digit]  # nothing was taken


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bounce_s": 0.0}, "bounce_s must be above 0"),
        ({"release_s": math.inf}, "release_s must be above 0 and finite"),
        ({"jitter_s": math.nan}, "jitter_s"),
        ({"break_min_s": 0.2}, "rising order: bounce_s, break_min_s"),
        ({"make_max_s": 0.3}, "rising order: bounce_s, make_min_s"),
        ({"chatter_s": 0.001}, "rising order: bounce_s, chatter_s"),
        ({"rate_min_hz": 30.0}, "rising order: rate_min_hz, rate_max_hz"),
        ({"flash_min_s": 1.0}, "flash_min_s must be at most release_s"),
    ],
)
def test_times_that_contradict_each_other_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PulseTimes(**wrong)


@pytest.mark.parametrize("digits", ["", "123456789", "1234567899", "12345678901", "123456789x"])
def test_a_numbering_has_each_digit_once(digits: str) -> None:
    with pytest.raises(ValueError, match="each of 0 to 9 once"):
        PulseNumbering("mine", digits, "nowhere")


@pytest.mark.parametrize(
    ("digits", "arguments", "message"),
    [
        ("12#", {}, "has digits 0 to 9 only"),
        ("1A", {}, "has digits 0 to 9 only"),
        ("²", {}, "has digits 0 to 9 only"),
        ("1", {"rate_hz": 5.0}, "rate_hz must be 7.0 to 22.0"),
        ("1", {"rate_hz": math.nan}, "rate_hz"),
        ("1", {"break_share": 0.9}, "break_share must be 0.5 to 0.7"),
        ("1", {"pause_s": 0.1}, "pause_s must be 0.25 to 10.0"),
    ],
)
def test_a_dial_cannot_do_everything(digits: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        pulse_train(digits, **arguments)
    assert "#" not in str(caught.value)
