"""What, heard in a call, tells that the far end has hung up."""

from __future__ import annotations

import pytest

from boardcore.machines.ringing import RingCounter
from boardcore.machines.supervision import STEADY_S, DisconnectSupervision
from boardcore.tones import country


def supervision(*names: str, code: str = "CN") -> DisconnectSupervision:
    return DisconnectSupervision(country(code), frozenset(names))


def test_a_cadence_tells_it_at_once() -> None:
    assert supervision("busy", "howler").feed("busy", True, 10.0) == "busy"


def test_a_tone_that_is_not_named_tells_nothing() -> None:
    watch = supervision("busy", "howler")
    assert watch.feed("ringback", True, 10.0) is None
    assert watch.next_deadline() is None


def test_a_steady_tone_has_to_last() -> None:
    watch = supervision("howler")
    assert watch.feed("howler", True, 10.0) is None
    assert watch.next_deadline() == 10.0 + STEADY_S
    assert watch.expire(10.0 + STEADY_S - 0.01) is None
    assert watch.expire(10.0 + STEADY_S) == "howler"
    assert watch.expire(99.0) is None


@pytest.mark.parametrize("over", ["off", "reset"])
def test_a_steady_tone_that_is_over_tells_nothing(over: str) -> None:
    watch = supervision("howler")
    watch.feed("howler", True, 10.0)
    watch.feed("busy", False, 10.0)  # another's end is not its own
    assert watch.next_deadline() is not None
    if over == "off":
        assert watch.feed("howler", False, 10.0) is None
    else:
        watch.reset()
    assert watch.expire(99.0) is None


@pytest.mark.parametrize(
    ("code", "pause_s", "same"), [("GB", 0.2, True), ("GB", 2.0, False), ("CN", 4.0, False), ("CN", 0.2, False)]
)
def test_two_bursts_are_one_ring_where_the_country_rings_twice(code: str, pause_s: float, same: bool) -> None:
    counter = RingCounter(country(code).ring)
    assert not counter.continues(0.0)
    counter.stopped(0.4)
    assert counter.continues(0.4 + pause_s) is same
