"""Termination rules: from the contract's to the vendor's table, and from its mask back. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boardcore.ports import EndReason, Termination
from boardcore_dialogic._constants import Rule, RuleFlag, TermMask

__all__ = ["Condition", "conditions", "digit_mask", "longest_s", "reason_of"]

_FINE_MAX = 0xFFFF  # of 10 ms: DV_TPT.tp_length has 16 bits
_COARSE_S = 0.1
_BITS = {"D": 0, **{str(d): d for d in range(1, 10)}, "0": 10, "*": 11, "#": 12, "A": 13, "B": 14, "C": 15}
_REASONS = (  # in the contract's order: digits, then sound, then time
    (TermMask.ERROR, EndReason.ERROR),
    (TermMask.DIGIT, EndReason.DIGIT),
    (TermMask.MAXDTMF, EndReason.MAX_DIGITS),
    (TermMask.MAXNOSIL, EndReason.NONSILENCE),
    (TermMask.MAXSIL, EndReason.SILENCE),
    (TermMask.MAXTIME, EndReason.MAX_TIME),
    (TermMask.LCOFF, EndReason.HANGUP),
    (TermMask.USRSTOP, EndReason.STOPPED),
    (TermMask.EOD, EndReason.DATA),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of a DV_TPT."""

    number: int
    length: int
    flags: int


def digit_mask(digits: str) -> int:
    """DM_D, DM_1 ... DM_C of a mask rule."""
    return sum(1 << _BITS[digit] for digit in set(digits))


def longest_s() -> float:
    """The longest time that a row can hold; the driver itself ends what is to last longer."""
    return _FINE_MAX * _COARSE_S


def _timed(number: Rule, seconds: float | None, flags: int = 0) -> list[Condition]:
    if seconds is None or seconds > longest_s():
        return []
    fine = math.ceil(seconds / 0.01 - 1e-6)
    if fine <= _FINE_MAX:
        return [Condition(number, max(1, fine), flags | RuleFlag.TEN_MS)]
    return [Condition(number, math.ceil(seconds / _COARSE_S - 1e-6), flags)]


def conditions(stop: Termination) -> list[Condition]:
    """The table of a play or recording.

    The digit rules look at new digits only: those typed ahead are the driver's, who looks at them before it begins.
    """
    rows: list[Condition] = []
    if stop.digits:
        rows.append(Condition(Rule.DIGMASK, digit_mask(stop.digits), RuleFlag.CLRBEG))
    if stop.max_digits is not None and stop.max_digits <= 31:  # more than the library's buffer the driver counts
        rows.append(Condition(Rule.MAXDTMF, stop.max_digits, RuleFlag.USE | RuleFlag.CLRBEG))
    rows += _timed(Rule.MAXNOSIL, stop.nonsilence_s, RuleFlag.USE)
    rows += _timed(Rule.MAXSIL, stop.silence_s, RuleFlag.USE)
    return rows + _timed(Rule.MAXTIME, stop.max_s)


def reason_of(mask: int) -> EndReason:
    """Why the board ended a job; no bit at all is its normal end."""
    for bit, reason in _REASONS:
        if mask & bit:
            return reason
    return EndReason.DATA if mask == 0 else EndReason.ERROR
