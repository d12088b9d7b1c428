"""Digits as the driver handles them itself: type-ahead, the digit rules of jobs, collecting. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from boardcore.ports import CollectSpec, EndReason, Termination

__all__ = ["TYPE_AHEAD", "Collecting", "DigitRule", "TypeAhead", "Verdict"]

TYPE_AHEAD = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a job is to end, and the digit that was it."""

    reason: EndReason
    digit: str | None = None


@dataclass(slots=True)
class TypeAhead:
    """Digits that nobody has taken yet."""

    digits: str = field(default="", repr=False)

    def add(self, digit: str) -> bool:
        """Keep it; False if there is no room."""
        if len(self.digits) >= TYPE_AHEAD:
            return False
        self.digits += digit
        return True

    def take(self, digit: str) -> None:
        """Take the first of these out."""
        self.digits = self.digits.replace(digit, "", 1)

    def clear(self) -> None:
        self.digits = ""


@dataclass(slots=True)
class DigitRule:
    """The digit rules of a play, recording or tone."""

    stop: Termination
    seen: int = 0

    def feed(self, digit: str) -> Verdict | None:
        """Look at the next digit; the verdict if it ends the job."""
        self.seen += 1
        if digit in self.stop.digits:
            return Verdict(EndReason.DIGIT, digit)
        if self.stop.max_digits is not None and self.seen >= self.stop.max_digits:
            return Verdict(EndReason.MAX_DIGITS, digit)
        return None


@dataclass(slots=True)
class Collecting:
    """Digits being collected; times in seconds of the loop's clock, `waiting_s` since the start or the last digit."""

    spec: CollectSpec
    began_s: float
    digits: str = field(default="", repr=False)
    waiting_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.waiting_s = self.began_s

    def feed(self, digit: str, now: float) -> Verdict | None:
        """Take a digit."""
        self.waiting_s = max(self.waiting_s, now)
        if digit in self.spec.terminators:
            return Verdict(EndReason.DIGIT, digit)
        self.digits += digit
        return Verdict(EndReason.MAX_DIGITS) if len(self.digits) >= self.spec.max_digits else None

    def _deadlines(self) -> list[tuple[float, EndReason]]:
        spec, found = self.spec, list[tuple[float, EndReason]]()
        limit_s = spec.inter_digit_timeout_s if self.digits else spec.first_timeout_s
        if limit_s is not None:
            reason = EndReason.INTER_DIGIT_TIMEOUT if self.digits else EndReason.FIRST_TIMEOUT
            found.append((self.waiting_s + limit_s, reason))
        if spec.max_s is not None:
            found.append((self.began_s + spec.max_s, EndReason.MAX_TIME))
        return found

    def next_deadline(self) -> float | None:
        """When to ask `expire`."""
        return min((at_s for at_s, _ in self._deadlines()), default=None)

    def expire(self, now: float) -> Verdict | None:
        """Judge the time."""
        due = [(at_s, reason) for at_s, reason in self._deadlines() if at_s <= now + 1e-6]
        return Verdict(min(due, key=lambda one: one[0])[1]) if due else None
