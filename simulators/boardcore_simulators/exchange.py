"""A small telephone exchange: line circuits, numbering, tones, ringing, switching.

Everything heard is audio on the engine's bus and everything signalled crosses the line model's wires: the exchange is a
program on the engine's other side, with a circuit at the exchange's end of every line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from boardcore._native import lib
from boardcore.errors import Cause
from boardcore.media.engine import Engine, EngineEvent
from boardcore.tones import Tone
from boardcore_simulators.circuit_tones import CircuitTones
from boardcore_simulators.line import LineQuality, SimLine
from boardcore_simulators.plan import CHINA, Plan
from boardcore_simulators.pulses import PulseEar

if TYPE_CHECKING:
    from boardcore_simulators.subscriber import Subscriber

__all__ = ["CircuitState", "Exchange", "LineCircuit"]


class CircuitState(Enum):
    """Where a line circuit is."""

    IDLE = auto()
    DIAL_TONE = auto()
    DIALLING = auto()
    CALLING = auto()  # ringback is heard
    RINGING = auto()  # is being rung
    TALKING = auto()
    CLEARED = auto()  # the other end is gone: open loop, then busy tone, until the station hangs up


_MAY_BE_DIALLED = (CircuitState.DIAL_TONE, CircuitState.DIALLING)


class LineCircuit:
    """The exchange's end of one line."""

    def __init__(self, exchange: Exchange, line: SimLine) -> None:
        self.exchange = exchange
        self.line = line
        self.state = CircuitState.IDLE
        self.dialled = ""
        self.peer: LineCircuit | None = None
        self._off_hook = False
        self._cut = False
        self.message_waiting = False  # special dial tone tells
        self._tones = CircuitTones(line.circuit, exchange.plan.congestion)
        self._ear: PulseEar | None = None  # from seizure to the release, or to an opening when no number is awaited
        self._timer: asyncio.TimerHandle | None = None
        line.circuit.handler = self._handle

    # -- from the wires -------------------------------------------------------------------------------------
    def _handle(self, event: EngineEvent) -> None:
        if event.kind == lib.BC_EV_DIGIT:
            self._digit(chr(event.a))
        elif event.kind == lib.BC_EV_LINE:
            self._cut = bool(event.a & lib.BC_LINE_CUT)
            off_hook = bool(event.a & lib.BC_LINE_OFF_HOOK)
            if off_hook != self._off_hook:
                self._off_hook = off_hook
                self._loop_changed(off_hook, event.tick)

    def _loop_changed(self, closed: bool, tick: int) -> None:
        if not closed and self.state not in _MAY_BE_DIALLED:
            self._stop_counting()
        if self._ear is not None:
            self._ear.feed(closed, tick)
            if self.state is CircuitState.DIAL_TONE:
                self._tones.send(None)
        elif closed:
            self._went_off_hook()
            if self.state is CircuitState.DIAL_TONE:
                self._ear = PulseEar(self.line.engine, self, tick)
        else:
            self._went_on_hook()

    def _stop_counting(self) -> None:
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    def pulse_digit(self, digit: str) -> None:
        """Take a digit that was dialled by opening the loop."""
        if len(self.dialled) < self.exchange.plan.number_length:
            self._digit(digit)

    def pulse_garbled(self) -> None:
        """Take no guess at what was dialled."""
        if self.state in _MAY_BE_DIALLED:
            self._give_up()

    def pulse_release(self) -> None:
        """Take it that the loop was open for longer than a pulse."""
        self._stop_counting()
        self._went_on_hook()
        if self._off_hook:  # closed again, and told late
            self._loop_changed(True, self.line.engine.tick)

    def _went_off_hook(self) -> None:
        if self.state is CircuitState.RINGING:
            self._answered()
        elif self.state is CircuitState.IDLE:
            self._enter(CircuitState.DIAL_TONE, self.exchange.plan.first_digit_s, self._give_up)
            self.dialled = ""
            plan = self.exchange.plan
            self._tones.send(plan.special_dial if self.message_waiting else plan.dial)
            self.line.circuit.detect(lib.BC_DETECT_DTMF)

    def _went_on_hook(self) -> None:
        peer, was = self.peer, self.state
        self.peer = None
        self._enter(CircuitState.IDLE)
        self._tones.send(None)
        self.line.circuit.detect(0)
        self.line.circuit.listen(-1)
        self.line.battery(1)
        if peer is None:
            return
        peer.peer = None
        if was is CircuitState.CALLING:
            peer.stop_ringing()
        elif was is CircuitState.TALKING:
            peer.cleared()

    def _digit(self, digit: str) -> None:
        if self.state is CircuitState.DIAL_TONE:
            self._tones.send(None)
        elif self.state is not CircuitState.DIALLING:
            return
        self.dialled += digit
        self._enter(CircuitState.DIALLING, self.exchange.plan.inter_digit_s, self._route)
        if len(self.dialled) >= self.exchange.plan.number_length:
            self.line.circuit.detect(0)
            self._enter(CircuitState.DIALLING, self.exchange.plan.set_up_s, self._route)

    # -- calls ----------------------------------------------------------------------------------------------
    def _route(self) -> None:
        if self._ear is not None and self._ear.busy:
            self._enter(CircuitState.DIALLING, self.exchange.plan.set_up_s, self._route)
            return
        self.line.circuit.detect(0)
        plan = self.exchange.plan
        if self.exchange.service(self, self.dialled):
            return
        target = self.exchange.circuits.get(self.dialled)
        if target is None:
            self._refused(plan.unobtainable)
        elif target.state is not CircuitState.IDLE or target.broken:
            self._refused(plan.busy)
        else:
            self.peer = target
            self._enter(CircuitState.CALLING, plan.no_answer_s, self._no_answer)
            self._tones.send(plan.ringback)
            target.ring(self)

    @property
    def broken(self) -> bool:
        """The wire is cut."""
        return self._cut

    def ring(self, caller: LineCircuit) -> None:
        self.peer = caller
        self.line.caller = caller.line.number
        self._enter(CircuitState.RINGING)
        self.line.ring(self.exchange.plan.ring.cadence_s)

    def stop_ringing(self) -> None:
        self.line.ring(())
        self._enter(CircuitState.IDLE)

    def refuse(self, cause: Cause) -> None:
        """The station wants the ringing stopped and the caller told."""
        caller = self.peer
        if self.state is not CircuitState.RINGING or caller is None:
            return
        self.peer = caller.peer = None
        self.stop_ringing()
        caller._refused(self.exchange.plan.congestion if cause is Cause.CONGESTION else self.exchange.plan.busy)

    def _answered(self) -> None:
        caller = self.peer
        assert caller is not None  # a circuit is only RINGING with a caller
        self.line.ring(())
        for one, other in ((self, caller), (caller, self)):
            one._tones.send(None)
            one._enter(CircuitState.TALKING)
            one.line.circuit.listen(other.line.circuit.slot_in)
        caller._answer_supervision()

    def talk_to_slot(self, slot: int) -> None:
        """Answer from within the exchange, with what is on a slot."""
        self._tones.send(None)
        self._enter(CircuitState.TALKING)
        self.line.circuit.listen(slot)
        self._answer_supervision()

    def talk_to_tone(self, tone: Tone) -> None:
        """Answer from within the exchange with a tone."""
        self._enter(CircuitState.TALKING)
        self._tones.send(tone)
        self._answer_supervision()

    def _answer_supervision(self) -> None:
        if self.exchange.plan.answer_reversal:
            self.line.battery(2)

    def ring_for_ever(self) -> None:
        """Ringback that nobody will end."""
        self._enter(CircuitState.CALLING)
        self._tones.send(self.exchange.plan.ringback)

    def _no_answer(self) -> None:
        if self.peer is not None:
            self.peer.peer = None
            self.peer.stop_ringing()
            self.peer = None
        self._refused(self.exchange.plan.busy)

    def _give_up(self) -> None:
        self.line.circuit.detect(0)
        self._refused(self.exchange.plan.congestion)

    def _refused(self, tone: Tone) -> None:
        self._enter(CircuitState.CLEARED)
        self._tones.send(tone)

    def cleared(self) -> None:
        """The other end hung up."""
        self.line.circuit.listen(-1)
        if self.exchange.plan.open_loop_s:
            self.line.battery(0)
            self._enter(CircuitState.CLEARED, self.exchange.plan.open_loop_s, self._battery_back)
        else:
            self._refused(self.exchange.plan.busy)

    def _battery_back(self) -> None:
        self.line.battery(1)
        self._enter(CircuitState.CLEARED)
        self._tones.send(self.exchange.plan.busy)

    # -- time -----------------------------------------------------------------------------------------------
    def _enter(
        self, state: CircuitState, timeout_s: float | None = None, expired: Callable[[], None] | None = None
    ) -> None:
        self.state = state
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if timeout_s is not None and expired is not None:
            self._timer = asyncio.get_running_loop().call_later(timeout_s, expired)

    def close(self) -> None:
        self.line.circuit.handler = None
        self._stop_counting()
        if self._timer is not None:
            self._timer.cancel()


class Exchange:
    """Lines by number, and what is at their ends.

    Beside the lines it has test numbers: 9000 is always busy, 9001 rings for ever, 9002 answers with a tone of 1020 Hz
    at -10 dBm0, 9003 answers and sends back what it hears.
    """

    def __init__(self, engine: Engine, plan: Plan = CHINA, quality: LineQuality | None = None, seed: int = 1) -> None:
        self.engine = engine
        self.plan = plan
        self.quality = quality or LineQuality()
        self.seed = seed
        self.circuits: dict[str, LineCircuit] = {}
        self._subscribers: dict[str, Subscriber] = {}

    def add_line(self, number: str, quality: LineQuality | None = None) -> SimLine:
        """Lay a line to a new number.

        Raises:
            ValueError: the number is taken or is not one of the plan's.
        """
        if number in self.circuits or not number.isdigit() or len(number) != self.plan.number_length:
            taken = "is taken" if number in self.circuits else f"is not {self.plan.number_length} digits"
            raise ValueError(f"number {number!r} {taken}")
        seed = self.seed * 1_000_003 + int(number)
        line = SimLine(self.engine, number, quality or self.quality, seed)
        self.circuits[number] = LineCircuit(self, line)
        return line

    def subscriber(self, number: str) -> Subscriber:
        """The telephone at a number; its line is laid at first use."""
        from boardcore_simulators.subscriber import Subscriber

        if number not in self._subscribers:
            self._subscribers[number] = Subscriber(self, self.add_line(number))
        return self._subscribers[number]

    def service(self, circuit: LineCircuit, number: str) -> bool:
        """Connect a test number; False if it is none."""
        if number == "9000":
            circuit._refused(self.plan.busy)  # pyright: ignore[reportPrivateUsage]
        elif number == "9001":
            circuit.ring_for_ever()
        elif number == "9002":
            circuit.talk_to_tone(Tone((1020.0,)))
        elif number == "9003":
            circuit.talk_to_slot(circuit.line.circuit.slot_in)
        else:
            return False
        return True

    async def close(self) -> None:
        """Take all telephones and lines away."""
        for subscriber in self._subscribers.values():
            await subscriber.close()
        for circuit in self.circuits.values():
            circuit.close()
        lines = [circuit.line for circuit in self.circuits.values()]
        await asyncio.gather(*(line.close() for line in lines))
        self.circuits.clear()
        self._subscribers.clear()
