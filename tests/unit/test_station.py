"""The station line's control machine, as a table and as a thing that anything may happen to."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from boardcore.errors import Cause
from boardcore.machines.station import TABLE, TIMEOUTS, Action, Event, State, StationMachine, StationTimes

EVENTS = [kind for kind in vars(Event).values() if isinstance(kind, type)]
ACTIONS = {kind for kind in vars(Action).values() if isinstance(kind, type)}


def an_event(kind: type) -> object:
    if kind is Event.Dial:
        return Event.Dial("123")
    return kind()


def reachable(start: State) -> set[State]:
    found = {start}
    while True:
        more = {row[0] for (state, _), row in TABLE.items() if state in found} - found
        if not more:
            return found
        found |= more


def test_every_state_is_reached_and_left() -> None:
    assert reachable(State.IDLE) == set(State)
    for state in State:
        assert State.IDLE in reachable(state), state


def test_every_event_and_action_has_a_use() -> None:
    assert {event for _, event in TABLE} == set(EVENTS)
    rows = [(event, do) for (_, event), row in TABLE.items() for do in row[1]]
    made: set[type[object]] = {type(do(an_event(event), StationMachine("x"))) for event, do in rows}
    assert made == ACTIONS


def test_time_outs_are_in_the_table() -> None:
    assert {state for state, event in TABLE if event is Event.TimedOut} == set(TIMEOUTS)
    assert set(TIMEOUTS.values()) == {field.name for field in dataclasses.fields(StationTimes)}


def test_a_cut_line_is_noticed_everywhere() -> None:
    for state in set(State) - {State.OUT_OF_SERVICE}:
        assert TABLE[(state, Event.LineFault)][0] is State.OUT_OF_SERVICE


def test_nothing_is_waited_for_on_a_board_that_is_gone() -> None:
    for state in State:
        machine = StationMachine("x")
        machine.state = state
        machine.feed(Event.RingOn(), 0.0)
        machine.feed(Event.Withdrawn(), 1.0)
        assert (machine.state, machine.next_deadline()) == (State.OUT_OF_SERVICE, None)


def test_incoming_call() -> None:
    machine = StationMachine("x")
    assert machine.feed(Event.RingOn("2001", "1001"), 0.0) == [Action.Offered("2001", "1001"), Action.Rang()]
    assert machine.feed(Event.RingOn(), 5.0) == [Action.Rang()]
    assert machine.expire(10.9) == []
    assert machine.feed(Event.Answer(), 11.0) == [Action.OffHook()]
    assert machine.feed(Event.HookDone(), 11.02) == [Action.Answered()]
    assert machine.next_deadline() is None
    assert machine.feed(Event.LoopDropped(), 20.0) == [Action.Ended(Cause.NORMAL), Action.OnHook()]
    assert machine.feed(Event.Released(), 20.2) == [Action.Idle()]


def dialled() -> StationMachine:
    machine = StationMachine("x")
    for event in (Event.Dial("1"), Event.HookDone(), Event.DialTone(), Event.DialDone(), Event.Ringback()):
        machine.feed(event, 1.0)
    assert (machine.state, machine.next_deadline()) == (State.ALERTING, None)
    return machine


def test_answer_by_audio() -> None:
    machine = dialled()
    assert machine.feed(Event.RingbackStopped(), 9.0) == []
    assert machine.expire(11.4) == []
    assert machine.expire(11.5) == [Action.Answered()]


def test_a_tone_after_ringback_is_no_answer() -> None:
    machine = dialled()
    machine.feed(Event.RingbackStopped(), 9.0)
    assert machine.feed(Event.BusyTone(), 10.5) == [Action.Ended(Cause.REJECTED), Action.OnHook()]


def test_ringback_that_goes_on_is_no_answer() -> None:
    machine = dialled()
    machine.feed(Event.RingbackStopped(), 9.0)
    machine.feed(Event.Ringback(), 10.5)
    assert (machine.state, machine.next_deadline()) == (State.ALERTING, None)


def test_a_tone_ends_a_call() -> None:
    machine = StationMachine("x")
    for event in (Event.RingOn(), Event.Answer(), Event.HookDone()):
        machine.feed(event, 1.0)
    assert machine.feed(Event.BusyTone(), 2.0) == []  # which tones end a call the channel knows
    assert machine.feed(Event.DisconnectTone(), 3.0) == [Action.Ended(Cause.NORMAL), Action.OnHook()]


def test_what_means_nothing_is_counted() -> None:
    machine = StationMachine("x")
    assert machine.feed(Event.HookDone(), 0.0) == []
    assert (machine.state, machine.ignored) == (State.IDLE, 1)


class AnythingHappens(RuleBasedStateMachine):
    """Line and application do as they like; the commands the machine asks for are carried out late or never."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = StationMachine("x")
        self.now = 0.0
        self.call = False

    def take(self, actions: list[object]) -> None:
        for action in actions:
            if isinstance(action, Action.Offered):
                assert not self.call
                self.call = True
            elif isinstance(action, (Action.Answered, Action.Ended)):
                assert self.call

    def feed(self, event: object) -> None:
        before = self.machine.state
        if isinstance(event, Event.Dial) and before is State.IDLE:
            self.call = True
        self.take(self.machine.feed(event, self.now))
        if self.machine.state in (State.IDLE, State.OUT_OF_SERVICE):
            self.call = False

    @rule(kind=st.sampled_from([e for e in EVENTS if e is not Event.TimedOut]), later_s=st.floats(0, 3))
    def something(self, kind: type, later_s: float) -> None:
        self.now += later_s
        self.feed(an_event(kind))

    @rule()
    def time_passes(self) -> None:
        deadline = self.machine.next_deadline()
        if deadline is not None:
            self.now = max(self.now, deadline)
            self.take(self.machine.expire(self.now))
            if self.machine.state is State.IDLE:
                self.call = False

    @invariant()
    def a_waiting_state_has_a_deadline(self) -> None:
        assert (self.machine.next_deadline() is not None) == (self.machine.state in TIMEOUTS)

    @invariant()
    def there_is_a_way_back_to_idle(self) -> None:
        again = StationMachine("y")
        again.state = self.machine.state
        for event in (Event.LineRestored(), Event.HangUp(), Event.Reject(), Event.Released()):
            again.feed(event, 0.0)
        assert again.state is State.IDLE


TestAnythingHappens = AnythingHappens.TestCase
