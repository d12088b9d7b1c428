"""A channel: one line of a board, its control machine, and the call that is on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, TypedDict

from boardcore.call import Call
from boardcore.errors import BoardcoreError, Cause, ChannelUnavailable
from boardcore.machines.progress import Heard, ProgressClassifier, station_event
from boardcore.machines.ringing import RingCounter
from boardcore.machines.station import HEARS_TONES, Action, Event, State, StationMachine, StationTimes
from boardcore.machines.supervision import DisconnectSupervision
from boardcore.ports.capabilities import Capability
from boardcore.ports.events import (
    DigitDetected,
    DigitEnded,
    DigitsLost,
    LineFault,
    LineRestored,
    LoopDropped,
    PolarityChanged,
    PortEvent,
    ProgressTone,
    RingStarted,
    RingStopped,
    SoundChanged,
    ToneHeard,
)

if TYPE_CHECKING:
    from boardcore.board import Board
    from boardcore.ports.contract import ChannelPort

__all__ = ["Channel"]

log = logging.getLogger("boardcore.channel")
REFUSE_S = 0.3  # a line that cannot refuse is answered for this long
GIVE_WAY_S = 1.0  # a command that is no longer wanted has this long to end before the line is released all the same
Command = Callable[[], Coroutine[Any, Any, None]]


class Stamp(TypedDict):
    """When: as the events want it."""

    at_s: float
    tick: int


class Channel:
    """One line of a board. Its calls come and go; it stays until the board is closed.

    Attributes:
        board: its board.
        index: place on the board, from 0.
        port: the driver's `ChannelPort`.
        call: the call that is on it, or None.
    """

    def __init__(self, board: Board, index: int, port: ChannelPort, times: StationTimes | None = None) -> None:
        self.board = board
        self.index = index
        self.port = port
        self.call: Call | None = None
        self.loop = board.loop
        self._machine = StationMachine(port.name, times)
        self._tones = ProgressClassifier(board.port.country)
        self._hears_tones = False
        self._tone_users = 0
        self._ended_by: str | None = None  # the tone that moves the machine now
        self._supervision = DisconnectSupervision(board.port.country, board.port.disconnect_tones)
        self._ring = RingCounter(board.port.country.ring)
        self._timer: asyncio.TimerHandle | None = None
        self._commands: list[asyncio.Task[None]] = []
        self._early_ring: RingStarted | None = None  # began while the line was still being released
        self._idle = asyncio.Event()
        self._idle.set()

    def __repr__(self) -> str:
        return f"<Channel {self.name}, {self.state.name}>"

    @property
    def name(self) -> str:
        return self.port.name

    @property
    def number(self) -> str | None:
        """The line's own number, where it is known."""
        return self.port.line.number

    @property
    def state(self) -> State:
        return self._machine.state

    @property
    def idle(self) -> bool:
        """It can take a call."""
        return self.state is State.IDLE and self.call is None

    @property
    def ignored(self) -> int:
        """Line events that meant nothing in the state they came in."""
        return self._machine.ignored

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the board does by itself on this channel."""
        return self.port.capabilities

    def stamp(self) -> Stamp:
        """Now, for an event."""
        return self.board.stamp()

    async def wait_idle(self) -> None:
        """Wait until it can take the next call, or is out of service."""
        await self._idle.wait()

    async def wait_free_of(self, call: Call) -> None:
        """Wait until this call has left the line."""
        if self.call is call or self.call is None:
            await self._idle.wait()

    @contextlib.contextmanager
    def hearing_tones(self) -> Generator[None]:
        """Have call-progress tones told in the block: for a job that one may end."""
        self._tone_users += 1
        self._watch_tones()
        try:
            yield
        finally:
            self._tone_users -= 1
            self._watch_tones()

    # -- what a call asks -----------------------------------------------------------------------------------
    def dial(self, number: str) -> Call:
        """Place a call."""
        if not self.idle:
            raise ChannelUnavailable(f"{self.name} is {self.state.name.lower().replace('_', ' ')}: it cannot dial")
        call = self._begin(incoming=False, caller=self.number, called=number)
        self._feed(Event.Dial(number))
        return call

    def answer(self, call: Call) -> None:
        if call is self.call:
            self._feed(Event.Answer())

    def reject(self, call: Call, cause: Cause) -> None:
        if call is self.call:
            self._feed(Event.Reject(cause))
            self._finish(cause, by_us=True)

    def hang_up(self, call: Call) -> None:
        if call is self.call:
            self._feed(Event.HangUp())
            self._finish(Cause.NORMAL, by_us=True)

    # -- what the driver tells ------------------------------------------------------------------------------
    def take(self, event: PortEvent) -> None:
        """An event of the driver."""
        match event:
            case RingStarted():
                self._rings(event)
            case RingStopped():
                self._early_ring = None
                self._ring.stopped(event.at_s)
            case LoopDropped():
                self._feed(Event.LoopDropped(), event.at_s)
            case PolarityChanged():
                self._feed(Event.Reversed() if event.reversed else Event.Unreversed(), event.at_s)
            case ProgressTone() if self._hears_tones:
                seizing = self.state is State.SEIZING
                for heard in self._tones.feed(event.on, event.lasted_s, event.at_s, seizing, event.freqs_hz):
                    self._heard(heard, event.at_s, event.tick)
                self._arm()
            case ToneHeard() if self._hears_tones:
                self._tone(event)
            case LineFault():
                self._feed(Event.LineFault(), event.at_s)
            case LineRestored():
                self._feed(Event.LineRestored(), event.at_s)
            case DigitDetected() | DigitEnded() | SoundChanged() | DigitsLost():
                if self.call is not None:
                    self.call.note(event)
            case _:
                pass  # ends of bursts, current restored: nothing hangs on them

    def _heard(self, heard: Heard, at_s: float, tick: int) -> None:
        name, on = heard.name, heard.on
        self._tone(ToneHeard(at_s=at_s, tick=tick, name=name, on=on, since_s=heard.since_s, sure=heard.sure))

    def _tone(self, event: ToneHeard) -> None:
        if self.call is not None:
            self.call.note(event)
        if self.state is State.CONNECTED:
            self._disconnected_by(self._supervision.feed(event.name, event.on, event.since_s), event.at_s)
            self._arm()
        elif (moves := station_event(event.name, event.on)) is not None:
            self._moved_by(event.name, moves, event.at_s)

    def _disconnected_by(self, name: str | None, at_s: float) -> None:
        if name is not None:
            self._moved_by(name, Event.DisconnectTone(), at_s)

    def _moved_by(self, name: str, event: object, at_s: float) -> None:
        self._ended_by = name  # if it ends it
        self._feed(event, at_s)
        self._ended_by = None

    def _rings(self, event: RingStarted) -> None:
        if self.state is State.RELEASING:
            self._early_ring = event
            return
        known = self.call.caller if self.call is not None else None
        if self.state is State.RINGING and event.caller and known and event.caller != known:
            self._feed(Event.CallerGone(), event.at_s)
        if self.state is State.RINGING and self._ring.continues(event.at_s):
            self._feed(Event.RingMore(), event.at_s)
        else:
            self._feed(Event.RingOn(event.caller, event.called), event.at_s)

    def lose(self) -> None:
        """The board is gone."""
        self._withdraw(Cause.BOARD_LOST, by_us=False)

    def close(self) -> None:
        """The board is being closed."""
        self._withdraw(Cause.NORMAL, by_us=True)

    def _withdraw(self, cause: Cause, *, by_us: bool) -> None:
        self._tones.reset()
        self._feed(Event.Withdrawn())
        self._finish(cause, by_us=by_us)
        for command in self._commands:
            command.cancel()

    # -- the machine ----------------------------------------------------------------------------------------
    def _feed(self, event: object, now: float | None = None) -> None:
        self._act(self._machine.feed(event, self.loop.time() if now is None else now))

    def _act(self, actions: list[Any]) -> None:
        for action in actions:
            self._do(action)
        self._watch_tones()
        if self.state is State.OUT_OF_SERVICE:
            self._early_ring = None
            if self.call is not None and self.call.state == "ended":
                self.call = None
            self._idle.set()
        elif self.state is not State.IDLE:
            self._idle.clear()
        elif self._early_ring is not None:
            ring, self._early_ring = self._early_ring, None
            self._rings(ring)
        self._arm()

    def _do(self, action: object) -> None:
        line = self.port.line
        match action:
            case Action.OffHook():
                self._start(line.off_hook, Event.HookDone())
            case Action.OnHook():
                self.port.media.detect(False)
                self._start(line.on_hook, Event.Released())
            case Action.SendDigits():
                self._tones.reset()  # the dial tone that is cut off now may be as long as a ring
                self._start(lambda: line.dial(action.number), Event.DialDone())
            case Action.ListenAnew():
                self._tones.reset()
                line.watch_tones(False)
                line.watch_tones(True)
            case Action.RefuseCall():
                self._start(lambda: self._refuse(action.cause), Event.Released())
            case Action.Offered():
                self._begin(incoming=True, caller=action.caller, called=action.called or self.number)
            case Action.Answered():
                self.port.media.set_secret(False)  # the call before may have ended in secret
                self.port.media.detect(True)
                if self.call is not None:
                    self.call.answered()
            case Action.Rang():
                if self.call is not None:
                    self.call.rang()
            case Action.Alerting():
                if self.call is not None:
                    self.call.alerting()
            case Action.Ended():
                self._finish(action.cause, by_us=False)
            case _:
                self.call = None
                self._idle.set()

    def _watch_tones(self) -> None:
        """Let the board listen to tones where they are wanted: each change begins from a clean state."""
        in_call = self.state is State.CONNECTED and (self._tone_users > 0 or bool(self._supervision.names))
        wanted = in_call or self.state in HEARS_TONES
        if self.state is not State.CONNECTED:
            self._supervision.reset()
        if wanted is not self._hears_tones:
            self._hears_tones = wanted
            self._tones.reset()
            self.port.line.watch_tones(wanted)

    def _begin(self, *, incoming: bool, caller: str | None, called: str | None) -> Call:
        self._idle.clear()
        self.call = self.board.new_call(self, incoming, caller, called)
        return self.call

    def _finish(self, cause: Cause, *, by_us: bool) -> None:
        if self.call is not None:
            self.call.finish(cause, by_us, self._ended_by)
        if self.state is State.OUT_OF_SERVICE:
            self.call = None

    async def _refuse(self, cause: Cause) -> None:
        if Capability.REJECT in self.capabilities:
            await self.port.line.reject(cause)
            return
        await self.port.line.off_hook()
        await asyncio.sleep(REFUSE_S)
        await self.port.line.on_hook()

    # -- commands, one after the other ----------------------------------------------------------------------
    def _start(self, command: Command, done: object) -> None:
        before = [task for task in self._commands if not task.done()]
        self._commands = [*before, self.board.spawn(self._carry_out(before, command, done), f"{self.name} command")]

    async def _carry_out(self, before: list[asyncio.Task[None]], command: Command, done: object) -> None:
        if isinstance(done, Event.Released):  # releasing does not wait for what is no longer wanted
            for task in before:
                task.cancel()
        if before:
            await asyncio.wait(before, timeout=GIVE_WAY_S if isinstance(done, Event.Released) else None)
        try:
            await command()
        except BoardcoreError as error:
            log.warning("%s: %s", self.name, error)
            self._feed(Event.CommandFailed())
        except Exception:
            log.exception("%s: the driver failed", self.name)
            self._feed(Event.CommandFailed())
        else:
            self._feed(done)

    # -- time -----------------------------------------------------------------------------------------------
    def _arm(self) -> None:
        self._disarm()
        waiting = (self._machine, self._tones, self._supervision)
        deadlines = [d for d in (one.next_deadline() for one in waiting) if d is not None]
        if deadlines:
            self._timer = self.loop.call_at(min(deadlines), self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        self.board.catch_up()  # what came in time counts, however late the loop is
        now = self.loop.time()
        for heard in self._tones.expire(now):
            self._heard(heard, now, self.stamp()["tick"])
        self._disconnected_by(self._supervision.expire(now), now)
        self._act(self._machine.expire(now))
