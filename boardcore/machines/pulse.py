"""Pulse dialling by loop timing: what a dial does to a loop becomes digits, and digits become what a dial does.

Theory of operation. On a seized line the loop is closed. A digit is 1 to 10 short openings at a steady rate; a closing
longer than any between two pulses ends it. What an opening was is told by its length alone:

    shorter than bounce_s          contacts bounce: as if it had not been
    shorter than break_min_s       a hit on the line: spoils a digit under way, else nothing
    break_min_s to break_max_s     a pulse
    up to flash_min_s              neither: spoils the digit
    flash_min_s to release_s       a hook flash
    release_s and more             release, told when that time has passed

Contacts that bounce for up to chatter_s make one change, at its first moment. A spoiled digit is told as Garbled when
its pause has come: nobody guesses a digit. National dials differ in what the counts mean; that is data.

No clock, no I/O: times are seconds on any one clock, passed in. `feed`, `next_deadline`, `expire` as in
`machines.station`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from boardcore.machines._pulse_data import NEW_ZEALAND, NUMBERINGS, STANDARD, SWEDEN, PulseNumbering, PulseTimes

__all__ = [
    "NEW_ZEALAND",
    "NUMBERINGS",
    "STANDARD",
    "SWEDEN",
    "AnyPulseEvent",
    "PulseDecoder",
    "PulseEvent",
    "PulseNumbering",
    "PulseTimes",
    "pulse_train",
]

MOST_PULSES = 10
_EXACT_S = 1e-6  # times are sums of floats: a length on a limit is within it


class PulseEvent:
    """What the decoder tells. `at_s` is when it happened on the loop, which may be earlier than it was sure."""

    @dataclass(frozen=True, slots=True)
    class Seized:
        """The loop was closed."""

        at_s: float

    @dataclass(frozen=True, slots=True)
    class Digit:
        """A digit; it ended with the last closing, `at_s`."""

        at_s: float
        digit: str
        pulses: int

    @dataclass(frozen=True, slots=True)
    class Garbled:
        """What may have been a digit was none: `why`."""

        at_s: float
        pulses: int
        why: str

    @dataclass(frozen=True, slots=True)
    class Flash:
        """The hook switch was pressed for a moment, until `at_s`. Pulses before it are forgotten."""

        at_s: float
        duration_s: float

    @dataclass(frozen=True, slots=True)
    class Released:
        """The loop has been open for too long to be anything else, since `at_s`."""

        at_s: float


AnyPulseEvent = PulseEvent.Seized | PulseEvent.Digit | PulseEvent.Garbled | PulseEvent.Flash | PulseEvent.Released


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _within(value: float, low: float, high: float) -> bool:
    return low - _EXACT_S <= value <= high + _EXACT_S


class _Count:
    """The pulses of one digit so far, and what was wrong with them."""

    def __init__(self, times: PulseTimes) -> None:
        self._times = times
        self.pulses = 0
        self.why = ""  # the first thing that spoiled it
        self._began_s = 0.0  # the latest pulse
        self._periods: tuple[float, float] | None = None  # shortest and longest

    @property
    def under_way(self) -> bool:
        return bool(self.pulses or self.why)

    def spoil(self, why: str) -> None:
        self.why = self.why or why

    def closed_for(self, make_s: float) -> None:
        """A closing between two openings is over."""
        if self.pulses and not _within(make_s, self._times.make_min_s, self._times.make_max_s):
            self.spoil(f"closed for {_ms(make_s)} between pulses")

    def pulse(self, began_s: float) -> None:
        if self.pulses:
            self._period(began_s - self._began_s)
        self.pulses += 1
        self._began_s = began_s
        if self.pulses > MOST_PULSES:
            self.spoil(f"more than {MOST_PULSES} pulses")

    def _period(self, period_s: float) -> None:
        times = self._times
        if not _within(period_s, 1 / times.rate_max_hz, 1 / times.rate_min_hz):
            self.spoil(f"{1 / period_s:.1f} pulses a second")
        low, high = self._periods or (period_s, period_s)
        self._periods = low, high = min(low, period_s), max(high, period_s)
        if high - low > times.jitter_s + _EXACT_S:
            self.spoil(f"an uneven rate: periods of {_ms(low)} and {_ms(high)}")


class PulseDecoder:
    """What the loop of one line says. It begins on-hook, the loop open.

    Args:
        times: Limits.
        numbering: What the counts mean.
    """

    def __init__(self, times: PulseTimes | None = None, numbering: PulseNumbering = STANDARD) -> None:
        self._times = times or PulseTimes()
        self._numbering = numbering
        self.seized = False
        self.ignored = 0  # short openings outside of digits
        self._now = -math.inf
        self._closed = False  # the loop without its bouncing, and since when
        self._since = -math.inf
        self._raw = False  # the loop as it was told, and since when
        self._raw_since = -math.inf
        self._left: float | None = None  # when the contacts began to leave `_closed`, while it is not sure
        self._count = _Count(self._times)

    def feed(self, closed: bool, at_s: float) -> list[AnyPulseEvent]:
        """Tell of a change of the loop, or of no change; returns what that made sure, in order.

        Raises:
            ValueError: `at_s` is not finite, or earlier than what was told before.
        """
        told = self.expire(at_s)
        if closed != self._raw:
            self._raw, self._raw_since = closed, at_s
            if self._left is None:
                self._left = at_s
        return told

    def next_deadline(self) -> float | None:
        """When `expire` is to be called, if the loop does not change before."""
        if self._left is not None:
            return self._raw_since + self._times.bounce_s
        limit_s = self._patience()
        return None if limit_s is None else self._since + limit_s

    def expire(self, now: float) -> list[AnyPulseEvent]:
        """Time has come; harmless at any time. Raises ValueError as `feed`."""
        if not now >= self._now or math.isinf(now):
            raise ValueError(f"time must be finite and not go back from {self._now}, got {now}")
        self._now = now
        told = self._time_out(now if self._left is None else self._left)
        if self._left is not None and now >= self._raw_since + self._times.bounce_s:
            told += self._settle(self._left)
            told += self._time_out(now)
        return told

    # -- contacts -------------------------------------------------------------------------------------------
    def _settle(self, left: float) -> list[AnyPulseEvent]:
        """The contacts are at rest since `_raw_since`, having left where they were at `left`."""
        self._left = None
        in_use, moved, chatter_s = self.seized, self._raw != self._closed, self._raw_since - left
        told = self._change(left) if moved else []
        if in_use and chatter_s > self._times.chatter_s + _EXACT_S:
            self._blemish(moved, f"contacts bounced for {_ms(chatter_s)}")
        return told

    def _blemish(self, counts: bool, why: str) -> None:
        if counts or self._count.under_way:
            self._count.spoil(why)
        else:
            self.ignored += 1

    def _change(self, at_s: float) -> list[AnyPulseEvent]:
        since, lasted_s = self._since, at_s - self._since
        self._closed, self._since = self._raw, at_s
        if not self._closed:
            self._count.closed_for(lasted_s)
            return []
        if self.seized:
            return self._opened(since, lasted_s)
        self.seized = True
        return [PulseEvent.Seized(at_s)]

    def _opened(self, began_s: float, lasted_s: float) -> list[AnyPulseEvent]:
        """An opening is over, which was too short for a release."""
        times, count = self._times, self._count
        if lasted_s > times.flash_min_s - _EXACT_S:
            told = self._end_digit("a flash instead of a pause") if count.under_way else []
            return [*told, PulseEvent.Flash(self._since, lasted_s)]
        if _within(lasted_s, times.break_min_s, times.break_max_s):
            count.pulse(began_s)
        else:
            self._blemish(lasted_s > times.break_max_s, f"open for {_ms(lasted_s)}")
        return []

    # -- time -----------------------------------------------------------------------------------------------
    def _patience(self) -> float | None:
        """How long the loop may stay as it is before that means something."""
        if not self._closed:
            return self._times.release_s if self.seized else None
        return self._times.inter_digit_s if self._count.under_way else None

    def _time_out(self, until: float) -> list[AnyPulseEvent]:
        limit_s = self._patience()
        if limit_s is None or until < self._since + limit_s:
            return []
        if self._closed:
            return self._end_digit()
        self.seized = False
        self._count = _Count(self._times)
        return [PulseEvent.Released(self._since)]

    def _end_digit(self, otherwise: str = "") -> list[AnyPulseEvent]:
        count, self._count = self._count, _Count(self._times)
        why = count.why or otherwise
        if why:
            return [PulseEvent.Garbled(self._since, count.pulses, why)]
        return [PulseEvent.Digit(self._since, self._numbering.digits[count.pulses - 1], count.pulses)]


def pulse_train(
    digits: str,
    *,
    numbering: PulseNumbering = STANDARD,
    rate_hz: float = 10.0,
    break_share: float = 0.6,
    pause_s: float = 0.8,
) -> list[tuple[bool, float]]:
    """Make what a dial does to a closed loop: (loop closed, for how many seconds), in order.

    Every digit ends with a closing of `pause_s`, the last one too: then the far end knows it.

    Args:
        digits: 0 to 9.
        numbering: What the counts mean.
        rate_hz: Pulses a second, 7 to 22.
        break_share: How much of a pulse the loop is open, 0.5 to 0.7.
        pause_s: Between digits, 0.25 to 10 s.

    Raises:
        ValueError: A character has no pulses, or a figure is out of its range.
    """
    counts = [numbering.pulses(digit) for digit in digits]
    for name, value, low, high in (
        ("rate_hz", rate_hz, 7.0, 22.0),
        ("break_share", break_share, 0.5, 0.7),
        ("pause_s", pause_s, 0.25, 10.0),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name} must be {low} to {high}, not {value!r}")
    train: list[tuple[bool, float]] = []
    for pulses in counts:
        train += [(False, break_share / rate_hz), (True, (1 - break_share) / rate_hz)] * pulses
        train[-1] = (True, pause_s)
    return train
