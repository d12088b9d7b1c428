"""Tells call-progress tones apart by cadence, from the edges of one frequency (China: 450 Hz).

Theory of operation. The media engine says when the frequency came on and went off. Dial tone is told by staying on
longer than any burst of the others; the rest by one or two bursts and pauses within tolerance. Figures: China,
GF 002-9002.2 as collected in ITU-T E.180 Supplement 2 (dial: steady; ringing 1.0/4.0; busy 0.35/0.35; congestion
0.7/0.7; number unobtainable 3 x 0.1/0.1, then 0.4/0.4 s). No clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass

from boardcore.machines.station import Event

__all__ = ["ProgressClassifier", "ProgressPlan"]


@dataclass(frozen=True, slots=True)
class ProgressPlan:
    """Cadences in seconds; `tolerance` is a share of each."""

    busy_s: tuple[float, float] = (0.35, 0.35)
    congestion_s: tuple[float, float] = (0.7, 0.7)
    ringback_s: tuple[float, float] = (1.0, 4.0)
    unobtainable_s: tuple[float, float] = (0.1, 0.1)
    dial_after_s: float = 1.4  # on for longer than any burst
    dial_early_s: float = 0.4  # while waiting for nothing else: seizing
    tolerance: float = 0.2


EDGE_S = 0.035  # an edge is known to within a few ticks


def _near(value: float, wanted: float, tolerance: float) -> bool:
    return abs(value - wanted) <= max(tolerance * wanted, EDGE_S)


class ProgressClassifier:
    """Feed edges, get events of the station machine."""

    def __init__(self, plan: ProgressPlan | None = None) -> None:
        self._plan = plan or ProgressPlan()
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._on_since: float | None = None
        self._last_on_s = 0.0
        self._bursts: dict[type, int] = {}

    def feed(self, on: bool, lasted_s: float, now: float, seizing: bool) -> list[object]:
        """An edge: the tone came on or went off, the state before it having lasted `lasted_s`."""
        if on:
            self._on_since = now
            self._patience = self._plan.dial_early_s if seizing else self._plan.dial_after_s
            return self._pause(lasted_s)
        self._on_since = None
        self._last_on_s = lasted_s
        return self._burst(lasted_s)

    def _burst(self, on_s: float) -> list[object]:
        plan = self._plan
        slow_congestion = _near(on_s, plan.congestion_s[0], plan.tolerance)  # 0.8 to 0.84 s could be either
        if _near(on_s, plan.ringback_s[0], plan.tolerance) and not slow_congestion:
            return [Event.Ringback()]
        return []

    def _pause(self, off_s: float) -> list[object]:
        plan = self._plan
        for event, (on_s, pause_s) in (
            (Event.BusyTone, plan.busy_s),
            (Event.CongestionTone, plan.congestion_s),
            (Event.UnobtainableTone, plan.unobtainable_s),
        ):
            fits = _near(self._last_on_s, on_s, plan.tolerance) and _near(off_s, pause_s, plan.tolerance)
            self._bursts[event] = self._bursts.get(event, 0) + 1 if fits else 0
            if self._bursts[event] == 2:
                return [event()]
        return []

    def next_deadline(self) -> float | None:
        """When a tone that is still on becomes dial tone."""
        return None if self._on_since is None else self._on_since + self._patience

    def expire(self, now: float) -> list[object]:
        """Time has come."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return []
        self._on_since = None
        return [Event.DialTone()]
