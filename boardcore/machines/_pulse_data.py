"""Figures of pulse dialling: a receiver's limits, and what counts of pulses mean in a country."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from itertools import pairwise

__all__ = ["NEW_ZEALAND", "NUMBERINGS", "STANDARD", "SWEDEN", "PulseNumbering", "PulseTimes"]


@dataclass(frozen=True, slots=True)
class PulseNumbering:
    """What the counts of pulses mean.

    Attributes:
        name: Of the dial.
        digits: The digit of 1 pulse, of 2 and so on to 10.
        used: Where.
    """

    name: str
    digits: str
    used: str

    def __post_init__(self) -> None:
        if sorted(self.digits) != sorted("0123456789"):
            raise ValueError(f"digits must be each of 0 to 9 once, not {self.digits!r}")

    def pulses(self, digit: str) -> int:
        """Return how many pulses a digit has. ValueError if none; the message does not say which, it may be secret."""
        if len(digit) != 1 or digit not in self.digits:
            raise ValueError("a number dialled by pulses has digits 0 to 9 only")
        return self.digits.index(digit) + 1


# Unverified: from collections of dials (the "Z", "Y" and "X" dial), not from the administrations' own documents.
STANDARD = PulseNumbering("standard", "1234567890", "most countries: as many pulses as the digit says, 10 for 0")
SWEDEN = PulseNumbering("sweden", "0123456789", "Sweden: one more than the digit says")
NEW_ZEALAND = PulseNumbering("new-zealand", "9876543210", "New Zealand, Oslo: ten less the digit")
NUMBERINGS = {numbering.name: numbering for numbering in (STANDARD, SWEDEN, NEW_ZEALAND)}


@dataclass(frozen=True, slots=True)
class PulseTimes:
    """Limits of a receiver, in seconds and pulses a second.

    National limits are in ETS 300 001 chapter 5 (NET 4) and EIA/TIA-470: 10 pulses a second, open for about 60 %, some
    networks 20; exchanges take more than telephones may send. Unverified: these are the usual figures of exchanges,
    from memory; neither document was at hand.

    Raises:
        ValueError: a figure is not above 0 and finite, or they contradict each other.
    """

    bounce_s: float = 0.005  # relay and dial contacts settle within this
    chatter_s: float = 0.012  # contacts that take longer to settle are bad ones
    break_min_s: float = 0.018  # 22 pulses a second, open for 40 %
    break_max_s: float = 0.110  # 7 pulses a second, open for 77 %
    make_min_s: float = 0.012
    make_max_s: float = 0.090
    rate_min_hz: float = 7.0
    rate_max_hz: float = 22.0
    jitter_s: float = 0.030  # the periods of one digit differ by no more: a dial has one speed
    inter_digit_s: float = 0.200  # senders pause for 240 ms and more (800 ms by hand)
    flash_min_s: float = 0.200
    release_s: float = 0.900

    def __post_init__(self) -> None:
        for field in fields(self):
            value: float = getattr(self, field.name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{field.name} must be above 0 and finite, not {value!r}")
        for names in _IN_ORDER:
            values: list[float] = [getattr(self, name) for name in names]
            if any(low >= high for low, high in pairwise(values)):
                raise ValueError(f"these must be in rising order: {', '.join(names)}; not {values}")
        if self.flash_min_s > self.release_s:
            raise ValueError(f"flash_min_s must be at most release_s, {self.release_s}, not {self.flash_min_s}")


_IN_ORDER = (
    ("bounce_s", "break_min_s", "break_max_s", "flash_min_s"),
    ("bounce_s", "make_min_s", "make_max_s", "inter_digit_s"),
    ("bounce_s", "chatter_s", "break_max_s"),
    ("rate_min_hz", "rate_max_hz"),
)
