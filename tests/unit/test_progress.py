"""Call-progress tones told by the edges of a sound, for every country."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from boardcore.machines.progress import Heard, ProgressClassifier, progress_sounds, station_event
from boardcore.machines.station import Event
from boardcore.tones import COUNTRIES, Tone, country

Edge = tuple[bool, float, float]  # on, how long the state before lasted, when
TOLD = [
    (code, name)
    for code, profile in sorted(COUNTRIES.items())
    for tones in progress_sounds(profile).values()
    for name in tones
]


def edges(tone: Tone, seconds: float, *, error_s: float = 0.0, start: int = 0) -> Iterator[Edge]:
    """The edges of a tone from its burst `start` on; bursts are longer by the error and pauses shorter."""
    now, before_s = 10.0, 3.0
    bursts = tone.bursts[start:] + (tone.bursts[:start] if tone.ends else ())
    while True:
        for burst in bursts:
            yield True, before_s, now
            if burst.on_s == math.inf:
                return
            on_s, before_s = burst.on_s + error_s, burst.off_s - error_s
            now += on_s
            yield False, on_s, now
            now += before_s
        if not tone.repeats or now > 10.0 + seconds:
            return


def hear(classifier: ProgressClassifier, tone: Tone, seconds: float = 20.0, **how: float) -> list[Heard]:
    heard: list[Heard] = []
    freqs = tone.bursts[0].freqs_hz
    for on, lasted_s, now in edges(tone, seconds, **how):  # type: ignore[arg-type]
        heard += let_pass(classifier, now)
        heard += classifier.feed(on, lasted_s, now, False, freqs)
    return heard + let_pass(classifier, 10.0 + seconds)


def let_pass(classifier: ProgressClassifier, until_s: float) -> list[Heard]:
    heard: list[Heard] = []
    while (deadline := classifier.next_deadline()) is not None and deadline <= until_s:
        heard += classifier.expire(deadline)
    return heard


@pytest.mark.parametrize("error_s", [-0.02, 0.0, 0.02])
@pytest.mark.parametrize(("code", "name"), TOLD)
def test_every_tone_is_told_from_the_others(code: str, name: str, error_s: float) -> None:
    profile = country(code)
    heard = hear(ProgressClassifier(profile), profile.tone(name), 40.0, error_s=error_s)
    told = [one.name for one in heard if one.on]
    assert told[0] == name
    assert set(told) <= {name, "dial"} if name == "special_dial" else set(told) == {name}


@pytest.mark.parametrize("start", range(4))
def test_a_cadence_is_told_from_any_burst_on(start: int) -> None:
    china = country("CN")
    heard = hear(ProgressClassifier(china), china.tone("unobtainable"), start=start)
    assert [one.name for one in heard if one.on][:1] == ["unobtainable"]


def test_when_a_tone_began_and_how_sure_it_is() -> None:
    busy = country("CN").busy
    heard = hear(ProgressClassifier(country("CN")), busy)[0]
    assert heard.on
    assert heard.since_s == pytest.approx(10.0)  # pyright: ignore[reportUnknownMemberType]
    assert 0.5 < heard.sure < 1


def test_a_tone_is_over_when_it_has_been_silent_for_too_long() -> None:
    classifier = ProgressClassifier(country("CN"))
    assert [one.on for one in hear(classifier, country("CN").ringback, 12.0)] == [True]
    over = let_pass(classifier, 60.0)
    assert [(one.name, one.on) for one in over] == [("ringback", False)]


def test_a_tone_is_over_when_another_follows() -> None:
    china = country("CN")
    classifier = ProgressClassifier(china)
    told: list[tuple[str, bool]] = []
    now, before_s = 10.0, 3.0
    for on_s, off_s in [(1.0, 4.0)] * 2 + [(1.0, 1.5)] + [(0.35, 0.35)] * 4:
        for on, lasted_s, at_s in ((True, before_s, now), (False, on_s, now + on_s)):
            heard = let_pass(classifier, at_s) + classifier.feed(on, lasted_s, at_s, False)
            told += [(one.name, one.on) for one in heard]
        now, before_s = now + on_s + off_s, off_s
    assert told == [("ringback", True), ("ringback", False), ("busy", True)]


def test_runs_that_fit_but_not_one_after_the_other_end_a_tone() -> None:
    classifier = ProgressClassifier(country("CN"))
    told: list[tuple[str, bool]] = []
    now, before_s = 10.0, 3.0
    for on_s, off_s in [(0.1, 0.1)] * 3 + [(0.4, 0.4), (0.1, 0.4), (0.1, 0.1)]:  # a pause of another burst
        for on, lasted_s, at_s in ((True, before_s, now), (False, on_s, now + on_s)):
            told += [(one.name, one.on) for one in classifier.feed(on, lasted_s, at_s, False)]
        now, before_s = now + on_s + off_s, off_s
    assert told[:2] == [("unobtainable", True), ("unobtainable", False)]


@pytest.mark.parametrize("name", ["busy", "congestion", "unobtainable"])
@pytest.mark.parametrize("code", ["CN", "RU", "US", "FR"])
def test_no_burst_of_another_tone_is_taken_for_dial_tone_when_seizing(code: str, name: str) -> None:
    profile = country(code)
    tone = profile.tone(name)
    if len({burst.freqs_hz for burst in tone.bursts}) > 1:
        pytest.skip("its frequencies change")
    classifier = ProgressClassifier(profile)
    heard: list[Heard] = []
    for on, lasted_s, now in edges(tone, 5.0, error_s=0.02):
        heard += let_pass(classifier, now)
        heard += classifier.feed(on, lasted_s, now, True, tone.bursts[0].freqs_hz)
    assert {one.name for one in heard} == {name}


def test_dial_tone_is_told_sooner_when_seizing() -> None:
    patience: dict[bool, float] = {}
    for seizing in (False, True):
        classifier = ProgressClassifier(country("CN"))
        assert classifier.feed(True, 3.0, 10.0, seizing) == []
        deadline = classifier.next_deadline()
        assert deadline is not None
        assert [one.name for one in classifier.expire(deadline)] == ["dial"]
        patience[seizing] = deadline - 10.0
    assert 0.84 < patience[True] < 0.95
    assert 1.2 < patience[False] < 1.3


def test_the_frequency_of_busy_tone_needs_no_name() -> None:
    classifier = ProgressClassifier(country("CN"))
    told = [one.name for on, lasted_s, now in edges(country("CN").busy, 3.0) for one in
            classifier.feed(on, lasted_s, now, False)]  # fmt: skip
    assert told == ["busy"]


def test_sounds_do_not_meet() -> None:
    usa = country("US")
    classifier = ProgressClassifier(usa)
    for on, lasted_s, now in edges(usa.busy, 3.0):
        classifier.feed(on, lasted_s, now, False, (440.0, 480.0))  # ringback's: none of its cadence
    assert let_pass(classifier, 30.0) == []


@pytest.mark.parametrize("seed", range(20))
def test_speech_is_no_tone(seed: int) -> None:
    import random

    chance = random.Random(seed)
    classifier = ProgressClassifier(country("CN"))
    now, told = 10.0, 0
    for _ in range(300):  # a syllable passes for the sound now and then
        off_s, on_s = chance.uniform(0.2, 3.0), chance.uniform(0.02, 0.12)
        told += len(let_pass(classifier, now + off_s) + classifier.feed(True, off_s, now + off_s, False))
        now += off_s + on_s
        told += len(let_pass(classifier, now) + classifier.feed(False, on_s, now, False))
    assert told == 0


@pytest.mark.parametrize(
    ("name", "on", "wanted"),
    [
        ("dial", True, Event.DialTone),
        ("special_dial", True, Event.DialTone),
        ("ringback", True, Event.Ringback),
        ("ringback", False, Event.RingbackStopped),
        ("busy", True, Event.BusyTone),
        ("unobtainable", True, Event.UnobtainableTone),
    ],
)
def test_what_a_tone_is_to_the_line(name: str, on: bool, wanted: type) -> None:
    assert isinstance(station_event(name, on), wanted)


def test_most_ends_of_tones_and_tones_in_a_call_move_nothing() -> None:
    assert station_event("busy", False) is None
    assert station_event("call_waiting", True) is None
