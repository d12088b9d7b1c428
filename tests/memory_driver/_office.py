"""The telephone exchange of the memory board, and the clock that all of it runs on.

A station is a pair of wires: a board's channel or a telephone. Every turn each busy station sends a block and
hears one: its partner's through A-law, or a tone. The clock stands still while every station is idle.
"""

from __future__ import annotations

import asyncio
from enum import Enum

from boardcore import dsp
from memory_driver._audio import BLOCK, SILENCE, TURN_S, Block, tone

__all__ = ["Leg", "MemoryOffice", "Station"]

PROGRESS_HZ = 450.0  # GF 002: dial tone, ringback and busy differ in cadence alone
PROGRESS_DBM0 = -10.0
RING_TURNS, RING_PERIOD_TURNS = 50, 250  # 1 s of ringing, 4 s of pause
BREAK_TURNS = 30  # 0.6 s without loop current tell that the far end is gone


class Leg(Enum):
    """What the exchange is doing with a station; the values are the cadences of the tones that it hears."""

    IDLE = "nothing"
    RINGING = "ringing"
    TALKING = "connected"
    BROKEN = "loop current is off"
    DIALLING = "taking digits"
    DIAL_TONE = ()
    RINGBACK = ((1.0, 4.0),)
    BUSY = ((0.35, 0.35),)
    UNOBTAINABLE = ((0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.4, 0.4))


class Station:
    """One end of a pair of wires, as the exchange knows it; what it does with signals is for subclasses."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.leg = Leg.IDLE
        self.since = 0  # the turn in which the leg began
        self.partner: Station | None = None
        self.present = True

    def ring(self, on: bool, caller: str | None) -> None:
        """Ringing voltage comes or goes."""

    def loop(self, on: bool) -> None:
        """Loop current comes or goes."""

    def polarity(self, reversed_: bool) -> None:
        """Polarity changes: the called party answered, or cleared."""

    def sends(self) -> Block:
        """Give the block of this turn."""
        return SILENCE

    def hears(self, block: Block) -> None:
        """Take the block of this turn."""


class MemoryOffice:
    """An exchange with stations by number. It outlives boards: they are plugged into it."""

    def __init__(self) -> None:
        self.stations: dict[str, Station] = {}
        self.turn = 0
        self.drops_loop = True  # when the far end has gone; else busy tone alone tells it
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def plug(self, station: Station) -> None:
        self.stations[station.number] = station

    def unplug(self, station: Station) -> None:
        """Take a station away: whoever talked to it or rang it has lost it."""
        if station.leg is Leg.RINGING and station.partner:
            caller, station.partner = station.partner, None
            caller.partner = None
            self._enter(caller, Leg.UNOBTAINABLE)
            self._enter(station, Leg.IDLE)
        self.hook(station, False)
        self.stations.pop(station.number, None)

    # ---- signalling ------------------------------------------------------------
    def hook(self, station: Station, off: bool) -> None:
        """Close or open a station's loop."""
        if not off:
            self._release(station)
        elif station.leg is Leg.RINGING:
            self._answer(station)
        elif station.leg is Leg.IDLE:
            self._enter(station, Leg.DIAL_TONE)

    def first_digit(self, station: Station) -> None:
        """Take dial tone away."""
        if station.leg is Leg.DIAL_TONE:
            self._enter(station, Leg.DIALLING)

    def dial(self, station: Station, number: str) -> None:
        """Take the whole of a number, and ring whom it called."""
        called = self.stations.get(number)
        if station.leg is not Leg.DIALLING:
            return
        if called is None:
            self._enter(station, Leg.UNOBTAINABLE)
        elif called.leg is not Leg.IDLE:
            self._enter(station, Leg.BUSY)
        else:
            station.partner, called.partner = called, station
            self._enter(station, Leg.RINGBACK)
            self._enter(called, Leg.RINGING)
            called.ring(True, station.number)

    def _answer(self, station: Station) -> None:
        caller = station.partner
        station.ring(False, None)
        self._enter(station, Leg.TALKING)
        if caller:
            self._enter(caller, Leg.TALKING)
            caller.polarity(True)

    def _release(self, station: Station) -> None:
        partner, leg = station.partner, station.leg
        if leg is Leg.RINGING:
            return  # it is on-hook already
        station.partner = None
        self._enter(station, Leg.IDLE)
        if leg is Leg.BROKEN:
            station.loop(True)
        if partner is None:
            return
        partner.partner = None
        if partner.leg is Leg.RINGING:
            self._enter(partner, Leg.IDLE)
            partner.ring(False, None)
        elif self.drops_loop:
            self._enter(partner, Leg.BROKEN)
            partner.loop(False)
        else:
            self._enter(partner, Leg.BUSY)

    def _enter(self, station: Station, leg: Leg) -> None:
        station.leg, station.since = leg, self.turn
        self.wake()

    # ---- the clock -------------------------------------------------------------
    def wake(self) -> None:
        """Let the clock run if it stands."""
        loop = asyncio.get_running_loop()
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._due_s = loop.time() + TURN_S
            self._timer = loop.call_at(self._due_s, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._due_s <= loop.time():
            self._due_s += TURN_S
            self._run_turn()
        busy = any(station.leg is not Leg.IDLE for station in self.stations.values())
        self._timer = loop.call_at(self._due_s, self._tick, loop) if busy else None

    def _run_turn(self) -> None:
        self.turn += 1
        busy = [station for station in self.stations.values() if station.leg is not Leg.IDLE]
        sent = {station: station.sends() for station in busy}
        for station in busy:
            if station.leg is Leg.RINGING:
                self._ring_turn(station)
            elif station.leg is Leg.BROKEN and self.turn - station.since >= BREAK_TURNS:
                self._enter(station, Leg.BUSY)
                station.loop(True)
            elif station.leg is not Leg.IDLE:
                station.hears(self._heard_by(station, sent))

    def _ring_turn(self, station: Station) -> None:
        phase = (self.turn - station.since) % RING_PERIOD_TURNS
        if phase in (0, RING_TURNS):
            station.ring(phase == 0, station.partner.number if station.partner else None)

    def _heard_by(self, station: Station, sent: dict[Station, Block]) -> Block:
        if station.leg is Leg.TALKING and station.partner:
            return dsp.alaw_decode(dsp.alaw_encode(sent.get(station.partner, SILENCE)))
        if isinstance(station.leg.value, tuple):
            start = (self.turn - station.since) * BLOCK
            return tone((PROGRESS_HZ,), PROGRESS_DBM0, station.leg.value, start)
        return SILENCE
