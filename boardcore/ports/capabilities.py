"""What a channel can do by itself, as data."""

from __future__ import annotations

from enum import Enum

__all__ = ["Capability"]


class Capability(Enum):
    """One thing that a board does itself. What it lacks is done by the engine from streamed audio where that works.

    Without SECRET_ON_BUS a bridge leaves the board's bus for the engine as soon as a call in it is secret,
    and rooms are the engine's.
    """

    ANSWER = "answer incoming calls"
    DIAL = "place calls"
    REJECT = "refuse a ringing call without answering it"
    CALLER_ID = "tell who calls"
    PLAY = "play audio"
    RECORD = "record audio"
    COLLECT = "detect and collect DTMF digits"
    DIGIT_ENDS = "tell when a digit is over and how long it was"
    SEND_DIGITS = "send DTMF digits"
    TONE = "send tones"
    TONES = "tell the country's call-progress tones by name, and end jobs by them"
    SOUND = "tell sound from silence"
    STREAM = "live audio both ways"
    CONNECT = "connect two of its channels"
    CONFERENCE = "conference its channels"
    SECRET = "silence secret digits in its recordings and streams"
    MUTE_DIGITS = "silence digits in its recordings and streams and on its bus"
    SECRET_ON_BUS = "silence secret digits to those that its own bus connects"
