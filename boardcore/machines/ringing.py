"""Counts rings as people do, from the bursts that a line tells. No clock, no I/O."""

from __future__ import annotations

from boardcore.tones import RingCadence

__all__ = ["RingCounter"]


class RingCounter:
    """Tells which bursts of ringing are one ring: some countries ring twice, and pause."""

    def __init__(self, cadence: RingCadence) -> None:
        pauses = sorted({off_s for _, off_s in cadence.cadence_s})
        self._within_s = (pauses[0] + pauses[-1]) / 2 if len(pauses) > 1 else 0.0
        self._stopped_s: float | None = None

    def stopped(self, at_s: float) -> None:
        self._stopped_s = at_s

    def continues(self, at_s: float) -> bool:
        """Is the burst that begins a further one of the ring before?"""
        return self._stopped_s is not None and at_s - self._stopped_s < self._within_s
