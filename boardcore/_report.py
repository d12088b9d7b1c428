"""A call's record, for JSON."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import TYPE_CHECKING, Any

from boardcore.ports.events import DigitDetected, DigitEnded

if TYPE_CHECKING:
    from boardcore.call import Call
    from boardcore.events import CallEvent

__all__ = ["call_report"]


def call_report(call: Call) -> dict[str, Any]:
    """See `Call.report`."""
    board = call.channel.board
    events = [_entry(call, event) for event in call.history]
    ends = {event.__class__.__name__: entry for event, entry in zip(call.history, events, strict=True)}
    return {
        "number": call.number,
        "board": board.address,
        "channel": call.channel.name,
        "incoming": call.incoming,
        "caller": call.caller,
        "called": call.called,
        "state": call.state,
        "cause": call.cause.name if call.cause else None,
        "ended_by_us": call.closed_by_us,
        "rings": call.rings,
        "offered_utc": events[0]["utc"],
        "answered_utc": ends.get("CallAnswered", {}).get("utc"),
        "finished_utc": ends.get("CallFinished", {}).get("utc"),
        "events": events,
    }


def _entry(call: Call, event: CallEvent) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "event": event.__class__.__name__,
        "utc": call.channel.board.utc(event.at_s).isoformat(timespec="milliseconds"),
        "tick": event.tick,
    }
    for field in dataclasses.fields(event):
        # A digit is only ever counted: who keeps this file need not be whom it was keyed for.
        if field.name in ("at_s", "tick") or (isinstance(event, (DigitDetected, DigitEnded)) and field.name == "digit"):
            continue
        value = getattr(event, field.name)
        entry[field.name] = value.name if isinstance(value, Enum) else value
    return entry
