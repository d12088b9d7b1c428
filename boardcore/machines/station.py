"""The control machine of an analogue station line (loop start), as a literal table.

Theory of operation. The board's channel is a telephone: it hears ringing, closes the loop to answer or to seize, sends
digits after dial tone, and opens the loop to release. The exchange tells of answer by reversing the polarity where the
line has that, otherwise by the end of ringback; it tells of the far end's release by interrupting loop current, or by
returning the polarity, or by a tone. Tones are told apart before they come here (by the board, or `machines.progress`).

A lookup that misses is no error on an analogue line, where anything may be heard at any time: the event is ignored and
the state kept, and `ignored` counts it. No clock, no I/O: `now` is seconds, passed in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from boardcore.errors import Cause

__all__ = ["HEARS_TONES", "TABLE", "TIMEOUTS", "Action", "Event", "State", "StationMachine", "StationTimes"]

log = logging.getLogger("boardcore.machines")


class State(Enum):
    """Where the line is."""

    OUT_OF_SERVICE = auto()
    IDLE = auto()
    RINGING = auto()
    ANSWERING = auto()
    CONNECTED = auto()
    SEIZING = auto()
    DIALLING = auto()
    PROCEEDING = auto()
    ALERTING = auto()
    LISTENING = auto()  # ringback has stopped: somebody answered, unless another tone follows
    RELEASING = auto()


class Event:
    """What moves the machine."""

    @dataclass(frozen=True, slots=True)
    class RingOn:
        caller: str | None = None
        called: str | None = None

    @dataclass(frozen=True, slots=True)
    class LoopDropped: ...

    @dataclass(frozen=True, slots=True)
    class Reversed: ...

    @dataclass(frozen=True, slots=True)
    class Unreversed: ...

    @dataclass(frozen=True, slots=True)
    class LineFault: ...

    @dataclass(frozen=True, slots=True)
    class LineRestored: ...

    @dataclass(frozen=True, slots=True)
    class DialTone: ...

    @dataclass(frozen=True, slots=True)
    class Ringback: ...

    @dataclass(frozen=True, slots=True)
    class RingbackStopped: ...

    @dataclass(frozen=True, slots=True)
    class BusyTone: ...

    @dataclass(frozen=True, slots=True)
    class CongestionTone: ...

    @dataclass(frozen=True, slots=True)
    class UnobtainableTone: ...

    @dataclass(frozen=True, slots=True)
    class DisconnectTone:
        """A tone that tells, in a call, that the far end has hung up."""

    @dataclass(frozen=True, slots=True)
    class RingMore:
        """A further burst of the ring that was counted last: some countries ring twice and pause."""

    @dataclass(frozen=True, slots=True)
    class Answer: ...

    @dataclass(frozen=True, slots=True)
    class Reject:
        cause: Cause = Cause.REJECTED

    @dataclass(frozen=True, slots=True)
    class Dial:
        number: str

    @dataclass(frozen=True, slots=True)
    class HangUp: ...

    @dataclass(frozen=True, slots=True)
    class HookDone: ...

    @dataclass(frozen=True, slots=True)
    class DialDone: ...

    @dataclass(frozen=True, slots=True)
    class Released: ...

    @dataclass(frozen=True, slots=True)
    class CommandFailed:
        """The board refused a hook or dial command."""

    @dataclass(frozen=True, slots=True)
    class CallerGone:
        """Another caller rings: the one before gave up between two bursts."""

    @dataclass(frozen=True, slots=True)
    class Withdrawn:
        """The board is lost or being closed: nothing more will come."""

    @dataclass(frozen=True, slots=True)
    class TimedOut: ...


class Action:
    """What the channel is to do."""

    @dataclass(frozen=True, slots=True)
    class OffHook: ...

    @dataclass(frozen=True, slots=True)
    class OnHook: ...

    @dataclass(frozen=True, slots=True)
    class SendDigits:
        number: str

    @dataclass(frozen=True, slots=True)
    class ListenAnew:
        """Forget which tones were heard: dial tone and set-up tell nothing of what follows."""

    @dataclass(frozen=True, slots=True)
    class RefuseCall:
        cause: Cause

    @dataclass(frozen=True, slots=True)
    class Offered:
        """A call came in."""

        caller: str | None
        called: str | None

    @dataclass(frozen=True, slots=True)
    class Rang:
        """One more ring."""

    @dataclass(frozen=True, slots=True)
    class Alerting:
        """The called end is ringing."""

    @dataclass(frozen=True, slots=True)
    class Answered: ...

    @dataclass(frozen=True, slots=True)
    class Ended:
        """The call is over by the world's doing: a placed one that was not answered has failed."""

        cause: Cause

    @dataclass(frozen=True, slots=True)
    class Idle:
        """The channel can take the next call."""


AnyEvent = Any
AnyAction = Any


@dataclass(frozen=True, slots=True)
class StationTimes:
    """Time-outs in seconds."""

    ring_gap_s: float = 6.0  # no burst for this long: the caller gave up (the longest national pause is 4 s)
    answer_s: float = 3.0  # the board confirms the hook
    dial_tone_s: float = 6.0  # Q.35-like patience for dial tone
    no_tone_s: float = 2.5  # no other tone for this long after ringback: somebody answered (India's busy takes 2.3 s)
    release_s: float = 3.0


S, E, A = State, Event, Action
Do = Callable[[AnyEvent, "StationMachine"], AnyAction]


def _ended(cause: Cause) -> Do:
    return lambda event, machine: A.Ended(cause)


def _do(action: AnyAction) -> Do:
    return lambda event, machine: action


_OFF = _do(A.OffHook())
_ON = _do(A.OnHook())
_ANSWERED = _do(A.Answered())
_IDLE = _do(A.Idle())


def _digits(event: AnyEvent, machine: StationMachine) -> AnyAction:
    return A.SendDigits(machine.number)


# (state, event): (next state, what to do). Right: where it is from.
TABLE: dict[tuple[State, type], tuple[State, tuple[Do, ...]]] = {
    (S.IDLE, E.RingOn): (S.RINGING, (lambda e, m: A.Offered(e.caller, e.called), _do(A.Rang()))),  # Q.552 2.1 ringing
    (S.IDLE, E.Dial): (S.SEIZING, (_OFF,)),
    (S.IDLE, E.LineFault): (S.OUT_OF_SERVICE, ()),
    (S.RINGING, E.RingOn): (S.RINGING, (_do(A.Rang()),)),
    (S.RINGING, E.RingMore): (S.RINGING, ()),
    (S.RINGING, E.Answer): (S.ANSWERING, (_OFF,)),
    (S.RINGING, E.Reject): (S.RELEASING, (lambda e, m: A.RefuseCall(e.cause),)),
    (S.RINGING, E.HangUp): (S.RELEASING, (_do(A.RefuseCall(Cause.REJECTED)),)),
    (S.RINGING, E.TimedOut): (S.IDLE, (_ended(Cause.CANCELLED), _IDLE)),
    (S.RINGING, E.CallerGone): (S.IDLE, (_ended(Cause.CANCELLED), _IDLE)),
    (S.RINGING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.ANSWERING, E.HookDone): (S.CONNECTED, (_ANSWERED,)),
    (S.ANSWERING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.ANSWERING, E.Reject): (S.RELEASING, (_ON,)),  # too late to refuse: release
    (S.ANSWERING, E.LoopDropped): (S.RELEASING, (_ended(Cause.NORMAL), _ON)),
    (S.ANSWERING, E.CommandFailed): (S.RELEASING, (_ended(Cause.LINE_FAULT), _ON)),
    (S.ANSWERING, E.TimedOut): (S.RELEASING, (_ended(Cause.LINE_FAULT), _ON)),
    (S.ANSWERING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.CONNECTED, E.LoopDropped): (S.RELEASING, (_ended(Cause.NORMAL), _ON)),  # open-loop disconnect
    (S.CONNECTED, E.Unreversed): (S.RELEASING, (_ended(Cause.NORMAL), _ON)),  # clear by polarity
    (S.CONNECTED, E.DisconnectTone): (S.RELEASING, (_ended(Cause.NORMAL), _ON)),  # E.180 busy tone after the far end
    (S.CONNECTED, E.HangUp): (S.RELEASING, (_ON,)),
    (S.CONNECTED, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.SEIZING, E.HookDone): (S.SEIZING, ()),  # patience for dial tone counts from the closed loop
    (S.SEIZING, E.RingOn): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),  # glare: a call came in first
    (S.SEIZING, E.DialTone): (S.DIALLING, (_digits,)),  # E.180 dial tone: proceed to send
    (S.SEIZING, E.TimedOut): (S.RELEASING, (_ended(Cause.NO_DIAL_TONE), _ON)),
    (S.SEIZING, E.BusyTone): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),
    (S.SEIZING, E.CongestionTone): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),
    (S.SEIZING, E.CommandFailed): (S.RELEASING, (_ended(Cause.LINE_FAULT), _ON)),
    (S.SEIZING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.SEIZING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.DIALLING, E.DialDone): (S.PROCEEDING, (_do(A.ListenAnew()),)),
    (S.DIALLING, E.Reversed): (S.CONNECTED, (_ANSWERED,)),
    (S.DIALLING, E.LoopDropped): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),
    (S.DIALLING, E.CommandFailed): (S.RELEASING, (_ended(Cause.LINE_FAULT), _ON)),
    (S.DIALLING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.DIALLING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.PROCEEDING, E.Ringback): (S.ALERTING, (_do(A.Alerting()),)),  # E.180 ringing tone
    (S.PROCEEDING, E.BusyTone): (S.RELEASING, (_ended(Cause.BUSY), _ON)),  # E.180 busy tone
    (S.PROCEEDING, E.CongestionTone): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),  # E.180 congestion
    (S.PROCEEDING, E.UnobtainableTone): (S.RELEASING, (_ended(Cause.UNOBTAINABLE), _ON)),
    (S.PROCEEDING, E.Reversed): (S.CONNECTED, (_ANSWERED,)),  # answer by polarity
    (S.PROCEEDING, E.LoopDropped): (S.RELEASING, (_ended(Cause.REJECTED), _ON)),
    (S.PROCEEDING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.PROCEEDING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.ALERTING, E.RingbackStopped): (S.LISTENING, ()),
    (S.ALERTING, E.BusyTone): (S.RELEASING, (_ended(Cause.REJECTED), _ON)),
    (S.ALERTING, E.CongestionTone): (S.RELEASING, (_ended(Cause.CONGESTION), _ON)),
    (S.ALERTING, E.UnobtainableTone): (S.RELEASING, (_ended(Cause.UNOBTAINABLE), _ON)),
    (S.ALERTING, E.Reversed): (S.CONNECTED, (_ANSWERED,)),
    (S.ALERTING, E.LoopDropped): (S.RELEASING, (_ended(Cause.NO_ANSWER), _ON)),
    (S.ALERTING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.ALERTING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.LISTENING, E.Ringback): (S.ALERTING, ()),
    (S.LISTENING, E.TimedOut): (S.CONNECTED, (_ANSWERED,)),  # answer by audio
    **{  # all else is as while ringback is heard
        (S.LISTENING, event): (S.RELEASING, (_ended(cause), _ON))
        for event, cause in (
            (E.BusyTone, Cause.REJECTED),
            (E.CongestionTone, Cause.CONGESTION),
            (E.UnobtainableTone, Cause.UNOBTAINABLE),
            (E.LoopDropped, Cause.NO_ANSWER),
        )
    },
    (S.LISTENING, E.Reversed): (S.CONNECTED, (_ANSWERED,)),
    (S.LISTENING, E.HangUp): (S.RELEASING, (_ON,)),
    (S.LISTENING, E.LineFault): (S.OUT_OF_SERVICE, (_ended(Cause.LINE_FAULT),)),
    (S.RELEASING, E.Released): (S.IDLE, (_IDLE,)),
    (S.RELEASING, E.TimedOut): (S.RELEASING, (_ON,)),
    (S.RELEASING, E.LineFault): (S.OUT_OF_SERVICE, ()),
    (S.OUT_OF_SERVICE, E.LineRestored): (S.RELEASING, (_ON,)),
    (S.OUT_OF_SERVICE, E.HangUp): (S.OUT_OF_SERVICE, ()),
    **{(state, E.Withdrawn): (S.OUT_OF_SERVICE, ()) for state in State},
}

# A state that is entered, also again, waits this long for something else than TimedOut.
TIMEOUTS: dict[State, str] = {
    S.RINGING: "ring_gap_s",
    S.ANSWERING: "answer_s",
    S.SEIZING: "dial_tone_s",
    S.LISTENING: "no_tone_s",
    S.RELEASING: "release_s",
}


# Where call-progress tones are waited for; in a call they may end it, and may be wanted besides.
HEARS_TONES = frozenset({S.SEIZING, S.DIALLING, S.PROCEEDING, S.ALERTING, S.LISTENING})


class StationMachine:
    """One line's state. `feed`, `next_deadline`, `expire`."""

    def __init__(self, name: str, times: StationTimes | None = None) -> None:
        self.name = name
        self.state = State.IDLE
        self.number = ""  # being dialled
        self.ignored = 0
        self._times = times or StationTimes()
        self._deadline: float | None = None

    def feed(self, event: object, now: float) -> list[AnyAction]:
        """Take one event; returns what to do, in order."""
        kind = type(event)
        row = TABLE.get((self.state, kind))
        if row is None:
            self.ignored += 1
            return []
        if isinstance(event, Event.Dial):
            self.number = event.number
        self._enter(row[0], kind.__name__, now)
        return [do(event, self) for do in row[1]]

    def next_deadline(self) -> float | None:
        """When `expire` is to be called."""
        return self._deadline

    def expire(self, now: float) -> list[AnyAction]:
        """Time has come: does nothing before the deadline."""
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        return self.feed(Event.TimedOut(), now)

    def accepts(self, event: type) -> bool:
        """Would this event move the machine now?"""
        return (self.state, event) in TABLE

    def _enter(self, state: State, why: str, now: float) -> None:
        if state is not self.state:
            log.debug("%s: %s to %s on %s", self.name, self.state.name, state.name, why)
        self.state = state
        limit = TIMEOUTS.get(state)
        self._deadline = None if limit is None else now + getattr(self._times, limit)
