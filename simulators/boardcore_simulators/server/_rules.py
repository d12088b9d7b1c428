"""The rules that end a job, as they come over the wire, and what of them the engine applies by itself."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag

from boardcore.ports import DIGITS, Termination

__all__ = ["BUFFERED_MAX", "Flag", "Rules"]

_RULES = struct.Struct("<7I3H6x")
BUFFERED_MAX = 31  # places of a voice resource's digit buffer; no COLLECT gives more


class Flag(IntFlag):
    LOOP_OFF = 1
    CLEAR_FIRST = 2
    CLEAR_LAST = 4
    NEW_DIGITS_COUNT = 8  # those buffered before do not count towards max_digits
    NEW_DIGITS_MATCH = 16  # nor towards the mask
    TONE = 32


NO_FLAGS = Flag(0)


def seconds(ms: int) -> float | None:
    """None for 0, which is no such rule."""
    return ms / 1000 if ms else None


@dataclass(frozen=True, slots=True)
class Rules:
    """When a job ends. Times are milliseconds; 0 is no such rule."""

    max_ms: int = 0
    silence_ms: int = 0
    first_silence_ms: int = 0
    nonsilence_ms: int = 0
    first_digit_ms: int = 0
    inter_digit_ms: int = 0
    digit_mask: int = 0
    max_digits: int = 0
    flags: Flag = NO_FLAGS
    tone: int = 0

    @classmethod
    def parse(cls, body: bytes) -> Rules:
        """From the first 40 bytes of a body that has as many."""
        maximum, silence, first_silence, nonsilence, first, inter, mask, count, flags, tone = _RULES.unpack_from(body)
        return cls(maximum, silence, first_silence, nonsilence, first, inter, mask, count, Flag(flags), tone)

    def pack(self) -> bytes:
        return _RULES.pack(
            self.max_ms, self.silence_ms, self.first_silence_ms, self.nonsilence_ms, self.first_digit_ms,
            self.inter_digit_ms, self.digit_mask, self.max_digits, self.flags, self.tone,
        )  # fmt: skip

    @property
    def mask(self) -> str:
        """The digits of the mask."""
        return "".join(digit for bit, digit in enumerate(DIGITS) if self.digit_mask >> bit & 1)

    @property
    def splits_silence(self) -> bool:
        """Is silence at the beginning judged by a time of its own? The engine has only one."""
        return self.first_silence_ms not in (0, self.silence_ms)

    def has_digit_rules(self) -> bool:
        return bool(self.digit_mask or self.max_digits)

    def termination(self, max_digits: int, digits: bool = True) -> Termination:
        """What the engine applies to a play or recording.

        Args:
            max_digits: how many more end it; 0: no such rule.
            digits: leave the digits to the engine.

        Raises:
            ValueError: a value is out of what the engine takes.
        """
        return Termination(
            max_s=seconds(self.max_ms),
            max_digits=(max_digits or None) if digits else None,
            digits=self.mask if digits else "",
            silence_s=None if self.splits_silence else seconds(self.silence_ms),
            nonsilence_s=seconds(self.nonsilence_ms),
            keep_digit=True,
        )

    # -- digits that were buffered before the job ---------------------------------------------------------------
    def look_back(self, kept: str) -> tuple[str | None, int]:
        """Judge digits that waited when a job began, oldest first.

        Returns:
            The digit that ends the job at once or None; how many more may come, 0: any number.
        """
        left = self.max_digits
        for digit in kept:
            if digit in self.mask and not self.flags & Flag.NEW_DIGITS_MATCH:
                return digit, left
            if left and not self.flags & Flag.NEW_DIGITS_COUNT:
                left -= 1
                if not left:
                    return digit, left
        return None, left

    def take(self, kept: str) -> tuple[str, bool]:
        """What a COLLECT takes of digits that waited, and whether that is all it wants."""
        wanted = min(self.max_digits or BUFFERED_MAX, BUFFERED_MAX)
        for count, digit in enumerate(kept[:BUFFERED_MAX], start=1):
            matches = digit in self.mask and not self.flags & Flag.NEW_DIGITS_MATCH
            enough = count >= wanted and not self.flags & Flag.NEW_DIGITS_COUNT
            if matches or enough or count == BUFFERED_MAX:
                return kept[:count], True
        return kept[:BUFFERED_MAX], False

    def still_wanted(self, taken: str) -> int:
        """How many digits a COLLECT waits for that has taken some from the buffer."""
        counted = 0 if self.flags & Flag.NEW_DIGITS_COUNT else len(taken)
        return min((self.max_digits or BUFFERED_MAX) - counted, BUFFERED_MAX - len(taken))
