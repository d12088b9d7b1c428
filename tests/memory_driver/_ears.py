"""What a channel's firmware makes of the audio that comes from its line: digits, sound, call-progress tones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boardcore import dsp
from boardcore.machines.progress import Heard, ProgressClassifier
from boardcore.tones import Country
from memory_driver._audio import BLOCK, RATE_HZ, TURN_S, Block, level_dbm0

__all__ = ["Digit", "Ears", "ProgressEar", "ToneEar"]

SOUND_DBM0 = -38.0
PROGRESS_HZ = 450.0
PROGRESS_DBM0 = -35.0
DIGIT_LOOK_BACK_S = 0.06  # a key was pressed at most this long before its digit is told


@dataclass(frozen=True, slots=True)
class Digit:
    """A key that went down, or (with a duration) up."""

    digit: str
    level_dbm0: float
    twist_db: float = 0.0
    duration_s: float | None = None


def _digit(event: dsp.DtmfBegan | dsp.DtmfDigit) -> Digit:
    duration_s = event.duration_s if isinstance(event, dsp.DtmfDigit) else None
    return Digit(event.digit, event.level_dbm0, event.twist_db, duration_s)


class Ears:
    """Digits and sound, from a clean state."""

    def __init__(self) -> None:
        self._detector = dsp.DtmfDetector()
        self.key_down = False
        self.sound = False
        self.level_dbm0 = -99.0

    def hear(self, block: Block) -> list[Digit]:
        """Take a block; `sound`, `level_dbm0` and `key_down` are as of its end."""
        self.level_dbm0 = level_dbm0(block)
        self.sound = self.level_dbm0 > SOUND_DBM0
        events = self._detector.events(block)
        if events:
            self.key_down = isinstance(events[-1], dsp.DtmfBegan)
        return [_digit(event) for event in events]


class ProgressEar:
    """The exchange's one tone, on and off. Two blocks must agree: speech passes for a tone now and then."""

    def __init__(self) -> None:
        self.on = False
        self._changing = False
        self._turns = 0

    def hear(self, block: Block) -> tuple[bool, float] | None:
        """Return the new state and how long the old one lasted, if it changed."""
        self._turns += 1
        differs = _is_progress(block) is not self.on
        if not (differs and self._changing):
            self._changing = differs
            return None
        self.on, self._changing = not self.on, False
        lasted_s, self._turns = (self._turns - 1) * TURN_S, 1
        return self.on, lasted_s


class ToneEar:
    """The exchange's tones by name."""

    def __init__(self, profile: Country) -> None:
        self._ear = ProgressEar()
        self._classifier = ProgressClassifier(profile)
        self.sounding: set[str] = set()

    def hear(self, block: Block, now: float) -> list[Heard]:
        """Take a block that ends now."""
        heard = self._classifier.expire(now)
        change = self._ear.hear(block)
        if change is not None:
            heard += self._classifier.feed(change[0], change[1], now, False)
        for tone in heard:
            (self.sounding.add if tone.on else self.sounding.discard)(tone.name)
        return heard


def _is_progress(block: Block) -> bool:
    if level_dbm0(block) < PROGRESS_DBM0:
        return False
    samples = block.astype(np.float64)
    turning = np.exp(-2j * np.pi * PROGRESS_HZ * np.arange(BLOCK) / RATE_HZ)
    return float(abs(samples @ turning)) ** 2 * 2 / BLOCK > 0.7 * float(samples @ samples)
