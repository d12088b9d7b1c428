"""Disconnect supervision by tone: what, heard in a call, tells that the far end has hung up. No clock, no I/O.

Where an exchange does not interrupt loop current, a tone is all that tells: busy tone mostly, congestion tone, later
the howler. A cadence is enough as it was recognised. A steady tone has to last, since a beep is one too while it lasts.
"""

from __future__ import annotations

from boardcore.tones import Country

__all__ = ["DisconnectSupervision"]

STEADY_S = 3.0


class DisconnectSupervision:
    """Feed tones that come on and go off in a call, get the one that ends it.

    Args:
        profile: whose tones they are.
        names: those that tell of the end.
    """

    def __init__(self, profile: Country, names: frozenset[str]) -> None:
        self.names = names
        self._steady = frozenset(name for name, tone in profile.tones.items() if not tone.cadence)
        self._waits: tuple[str, float] | None = None  # for this one, until then

    def reset(self) -> None:
        """Forget what sounds."""
        self._waits = None

    def feed(self, name: str, on: bool, since_s: float) -> str | None:
        """A tone came on or went off; returns its name if it ends the call."""
        if not on:
            if self._waits is not None and self._waits[0] == name:
                self._waits = None
            return None
        if name not in self.names:
            return None
        if name not in self._steady:
            return name
        self._waits = name, since_s + STEADY_S
        return None

    def next_deadline(self) -> float | None:
        """When `expire` is to be called."""
        return None if self._waits is None else self._waits[1]

    def expire(self, now: float) -> str | None:
        """Time has come; returns the name of the tone that has lasted."""
        if self._waits is None or now < self._waits[1]:
            return None
        name, self._waits = self._waits[0], None
        return name
