"""Silence at the beginning apart from silence later on: the engine has one rule for both. Pure; times are seconds."""

from __future__ import annotations

from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import Reason

__all__ = ["SoundWatch"]

SOUND_AFTER_S = 0.03  # the engine tells of sound and silence when they have lasted so long
SILENCE_AFTER_S = 0.2


class SoundWatch:
    """What sound and silence do to a job.

    Args:
        rules: the job's.
        nonsilence: judge that too; else the engine does.
        sound: it is heard as the job begins.
        now_s: when the job begins.
    """

    def __init__(self, rules: Rules, nonsilence: bool, sound: bool, now_s: float) -> None:
        self._first_s = (rules.first_silence_ms or rules.silence_ms) / 1000
        self._later_s = rules.silence_ms / 1000
        self._nonsilence_s = rules.nonsilence_ms / 1000 if nonsilence else 0.0
        self._heard = sound
        self._sound = sound
        self._since_s = now_s

    def sound(self, on: bool, now_s: float) -> None:
        """It came on or went off; told as the engine does, a moment late."""
        began_s = now_s - (SOUND_AFTER_S if on else SILENCE_AFTER_S)
        self._since_s = max(self._since_s, began_s)
        self._sound = on
        self._heard = self._heard or on

    def next_deadline(self) -> tuple[float, Reason] | None:
        """When the job is to end if nothing changes, and why."""
        if self._sound:
            span_s, why = self._nonsilence_s, Reason.NONSILENCE
        else:
            span_s, why = self._later_s if self._heard else self._first_s, Reason.SILENCE
        return (self._since_s + span_s, why) if span_s else None
