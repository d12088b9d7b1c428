"""Cadences in a row of sounds and pauses: the shortest cycle that explains most of it, then the same for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boardcore.tones._heard import Heard

__all__ = ["Cycle", "Phase", "close", "find_cycles"]

MAX_PERIOD = 16  # bursts a cycle
LEAST_S = 0.012  # times nearer than this are one
SHARE = 0.08
LONGEST_S = 2.0  # a burst among others; a longer one is a steady tone that came between
EDGE = 0.5  # what a match at either edge, of which less is known, counts
STEADY_CYCLES = 2  # so many cycles, and a first or last burst may have been cut short by the network


@dataclass(frozen=True, slots=True)
class Phase:
    """One burst of a cycle, as often as it was heard whole."""

    kind: int
    ons_s: tuple[float, ...]
    offs_s: tuple[float, ...]
    whole: bool  # its on time was heard from beginning to end


@dataclass(frozen=True, slots=True)
class Cycle:
    """Sounds number `first` to `end` (not with it) of a passage repeat after `period`."""

    first: int
    end: int
    period: int

    def phases(self, passage: Sequence[Heard]) -> list[Phase]:
        """Return the bursts of the cycle, in the order in which they came."""
        return [self._phase(passage, offset) for offset in range(self.period)]

    def _phase(self, passage: Sequence[Heard], offset: int) -> Phase:
        members = passage[self.first + offset : self.end : self.period]
        longest_s = max(one.on_s for one in members)
        first, last = passage[self.first], passage[self.end - 1]
        inner = [one for one in members if close(one.on_s, longest_s) or (one is not first and one is not last)]
        whole = [one.on_s for one in inner if not _cut(one)]
        offs = [one.off_s for one in members if one is not last and one.off_s is not None]
        return Phase(members[0].kind, tuple(whole) or (longest_s,), tuple(offs), bool(whole))


def close(a: float, b: float) -> bool:
    """Whether two times in seconds are one time of a network."""
    return abs(a - b) <= max(LEAST_S, SHARE * max(a, b))


def _pause_alike(a: Heard, b: Heard) -> bool:
    return a.off_s is not None and b.off_s is not None and close(a.off_s, b.off_s)


def _cut(one: Heard) -> bool:
    return one.cut_first or one.cut_end


def _full(a: Heard, b: Heard) -> bool:
    return a.kind == b.kind and not _cut(a) and not _cut(b) and close(a.on_s, b.on_s) and _pause_alike(a, b)


def _tail(a: Heard, b: Heard) -> bool:
    """`b` may be the beginning of another `a`; the pause after it is not looked at."""
    if a.kind != b.kind or _cut(a):
        return False
    return close(a.on_s, b.on_s) or (b.cut_end and b.on_s < a.on_s)


def _head(a: Heard, b: Heard, last: bool) -> bool:
    """`a`, at which the recording began, may be the end of another `b`."""
    if a.kind != b.kind or not a.cut_first or _cut(b):
        return False
    return (a.on_s < b.on_s or close(a.on_s, b.on_s)) and (last or _pause_alike(a, b))


def _candidates(passage: Sequence[Heard], period: int) -> list[tuple[float, Cycle]]:
    """Cycles of one period, each with how many bursts agree with the one a period before; at an edge, half of one."""
    count = len(passage) - period
    agreed = [float(_full(passage[k], passage[k + period])) for k in range(count)]
    if not agreed[0] and _head(passage[0], passage[period], last=count == 1):
        agreed[0] = EDGE
    found: list[tuple[float, Cycle]] = []
    first = 0
    while first < count:
        until = first
        while until < count and agreed[until]:
            until += 1
        more = until < count and _tail(passage[until], passage[until + period])
        end = until + period + more
        possible = period == 1 or max(one.on_s for one in passage[first:end]) <= LONGEST_S
        if possible and end - first > period:
            found.append((sum(agreed[first:until]) + EDGE * more, Cycle(first, end, period)))
        first = until + 1
    return found


def _with_shortened(passage: Sequence[Heard], cycle: Cycle) -> Cycle:
    """With a first or last burst that was cut short when the network connected or took away the tone."""
    first, end, period = cycle.first, cycle.end, cycle.period
    if (end - first) // period < STEADY_CYCLES:
        return cycle
    if end < len(passage) and _shorter(passage[end], passage[end - period]):
        end += _pause_alike(passage[end - 1], passage[end - 1 - period])
    if first > 0 and _shorter(passage[first - 1], passage[first - 1 + period]):
        first -= _pause_alike(passage[first - 1], passage[first - 1 + period])
    return Cycle(first, end, period)


def _shorter(one: Heard, model: Heard) -> bool:
    return one.kind == model.kind and one.on_s < model.on_s


def _best(passage: Sequence[Heard]) -> Cycle | None:
    periods = range(1, min(MAX_PERIOD, len(passage) - 1) + 1)
    candidates = [found for period in periods for found in _candidates(passage, period)]
    if not candidates:
        return None
    _, best = max(candidates, key=lambda found: (found[0], found[1].end - found[1].first, -found[1].first))
    return _with_shortened(passage, best)


def find_cycles(passage: Sequence[Heard]) -> list[Cycle]:
    """Return cycles that do not overlap, in order; the best first chosen."""
    found: list[Cycle] = []
    waiting = [(0, len(passage))]
    while waiting:
        first, end = waiting.pop()
        best = _best(passage[first:end])
        if best is not None:
            found.append(Cycle(best.first + first, best.end + first, best.period))
            waiting += [(first, first + best.first), (first + best.end, end)]
    return sorted(found, key=lambda cycle: cycle.first)
