"""The protocol on the wire: what is packed is parsed again, and no bytes do harm."""

from __future__ import annotations

import dataclasses
import itertools
import json
import struct
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._wire import (
    ANSWERS,
    MAX_BODY,
    REQUESTS,
    Kind,
    Message,
    ProtocolError,
    Role,
    Splitter,
    pack,
)

BOTH = {**REQUESTS, **ANSWERS}
U8, U16, U32, U64 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32, 64))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LEVEL = st.integers(-1000, 31).map(lambda tenths: tenths / 10)
RULES = st.builds(
    Rules, U32, U32, U32, U32, U32, U32, U32, U16, st.integers(0, 63).map(Flag), U16
)


def message(kind: Kind, device: int, ref: int, tick: int, body: bytes) -> Message:
    return Message(kind, device, ref, tick, bytes(BOTH[kind]) + body)


MESSAGES = st.builds(message, st.sampled_from(list(Kind)), U16, U32, U32, st.binary(max_size=64))


def all_of(splitter: Splitter) -> list[Message]:
    found: list[Message] = []
    while message := splitter.next():
        found.append(message)
    return found


@given(st.lists(MESSAGES, max_size=8), st.lists(st.integers(0, 400), max_size=8))
def test_messages_come_out_of_any_pieces(messages: list[Message], cuts: list[int]) -> None:
    stream = b"".join(map(pack, messages))
    places = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    splitter = Splitter(BOTH)
    found: list[Message] = []
    for start, end in itertools.pairwise(places):
        splitter.feed(stream[start:end])
        found += all_of(splitter)
    assert found == messages


def test_a_message_without_a_body_is_sixteen_bytes() -> None:
    assert pack(Message(Kind.QUERY, 3, 7, 2**32 + 5)) == struct.pack("<IHHII", 0, 7, 3, 7, 5)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_a_protocol_error(data: bytes) -> None:
    splitter = Splitter(REQUESTS)
    splitter.feed(data)
    try:
        found = all_of(splitter)
    except ProtocolError:
        return
    assert sum(16 + len(message.body) for message in found) <= len(data)


@pytest.mark.parametrize(
    ("header", "came", "wanted"),
    [
        ((MAX_BODY + 1, Kind.DIAL, 0, 1, 0), "65537 bytes", "65536"),
        ((2**32 - 1, Kind.DATA, 0, 1, 0), "4294967295 bytes", "65536"),
        ((0, 99, 0, 1, 0), "kind 99", "1, 2, 3"),
        ((0, Kind.REPLY, 0, 1, 0), "kind 101", "1, 2, 3"),
        ((39, Kind.COLLECT, 0, 1, 0), "COLLECT of 39 bytes", "40"),
    ],
)
def test_a_wrong_header_is_refused_before_its_body(header: tuple[int, ...], came: str, wanted: str) -> None:
    splitter = Splitter(REQUESTS)
    splitter.feed(struct.pack("<IHHII", *header))
    with pytest.raises(ProtocolError) as caught:
        splitter.next()
    assert came in str(caught.value)
    assert wanted in str(caught.value)


def test_the_longest_body_passes() -> None:
    message = Message(Kind.DATA, 1, 1, 0, bytes(MAX_BODY))
    splitter = Splitter(REQUESTS)
    splitter.feed(pack(message))
    assert splitter.next() == message
    with pytest.raises(ValueError, match="65537"):
        pack(dataclasses.replace(message, body=bytes(MAX_BODY + 1)))


# ---- bodies -----------------------------------------------------------------------------------------------------
SEGMENTS = st.lists(st.builds(bodies.Segment, U16, U16, LEVEL, LEVEL, U32, U32), max_size=4).map(tuple)
VALUES = st.one_of(
    st.builds(bodies.Hello, st.sampled_from(Role), TEXT, U16),
    st.builds(bodies.ToneWatch, U16, st.booleans(), U16, U16, U16, U16),
    st.builds(bodies.Play, RULES, U8, st.booleans()),
    st.builds(bodies.Record, RULES, U8, st.booleans(), st.booleans(), U32),
    st.builds(bodies.Dial, TEXT, U16, U16),
    st.builds(bodies.Tone, RULES, U8, SEGMENTS),
    st.builds(bodies.Opened, U16, U16, st.booleans(), U32, U32, TEXT),
    st.builds(bodies.JobEnded, U32, U32, U64, U32, TEXT),
    RULES,
)


class Body(Protocol):
    def pack(self) -> bytes: ...
    @classmethod
    def parse(cls, body: bytes) -> object: ...


@given(VALUES)
def test_bodies_are_parsed_as_they_were_packed(value: Body) -> None:
    assert value.parse(value.pack()) == value


@given(U16, st.lists(st.builds(bodies.Board, TEXT.filter(lambda t: len(t.encode()) < 256), U16, st.booleans())))
def test_welcome_is_parsed_as_packed(version: int, boards: list[bodies.Board]) -> None:
    assert bodies.welcome_of(bodies.pack_welcome(version, boards)) == (version, boards)


@given(U16, U16, U32, TEXT)
def test_events_and_replies_are_parsed_as_packed(a: int, b: int, c: int, text: str) -> None:
    assert bodies.event_of(bodies.pack_event(a, b, c, text)) == (a, b, c, text)
    assert bodies.reply_of(bodies.pack_reply(a, text)) == (a, text)
    assert bodies.state_of(bodies.pack_state(c, b)) == (c, b)
    assert bodies.route_of(bodies.pack_route(True, c)) == (True, c)
    assert bodies.credit_of(bodies.pack_credit(c)) == c


def test_a_negative_level_is_twos_complement() -> None:
    assert bodies.event_of(bodies.pack_event(7, 49, -80))[2] == 2**32 - 80


@given(st.dictionaries(TEXT, st.integers() | TEXT), st.binary(max_size=100))
def test_json_and_binary_are_parsed_as_packed(value: dict[str, Any], audio: bytes) -> None:
    assert bodies.json_of(bodies.pack_json(value, audio)) == (value, audio)
    assert bodies.json_of(bodies.pack_json(value)) == (value, b"")
    assert bodies.result_of(bodies.pack_result(0, True, value, audio)) == (0, True, value, audio)


PARSERS: list[tuple[int, Callable[[bytes], object]]] = [
    (REQUESTS[Kind.HELLO], bodies.Hello.parse),
    (REQUESTS[Kind.TONE_WATCH], bodies.ToneWatch.parse),
    (REQUESTS[Kind.PLAY], bodies.Play.parse),
    (REQUESTS[Kind.RECORD], bodies.Record.parse),
    (REQUESTS[Kind.DIAL], bodies.Dial.parse),
    (REQUESTS[Kind.TONE], bodies.Tone.parse),
    (REQUESTS[Kind.ROUTE], bodies.route_of),
    (ANSWERS[Kind.OPENED], bodies.Opened.parse),
    (ANSWERS[Kind.JOB_ENDED], bodies.JobEnded.parse),
    (ANSWERS[Kind.WELCOME], bodies.welcome_of),
    (ANSWERS[Kind.EVENT], bodies.event_of),
    (ANSWERS[Kind.RESULT], bodies.result_of),
    (ANSWERS[Kind.REPLY], bodies.reply_of),
]


@given(st.sampled_from(PARSERS), st.binary(max_size=200))
def test_arbitrary_bodies_raise_nothing_but_a_protocol_error(
    parser: tuple[int, Callable[[bytes], object]], data: bytes
) -> None:
    least, parse = parser
    try:
        parse(data + bytes(max(0, least - len(data))))
    except ProtocolError:
        return


@given(st.binary(max_size=200))
def test_arbitrary_control_bodies_are_a_value_error(data: bytes) -> None:
    try:
        bodies.json_of(data)
    except ValueError:
        return


@pytest.mark.parametrize("words", [b"[" * 60000, b'{"a":' * 20000, b"9" * 60000, b"[1]", b"null", b"{", b"\xff"])
def test_json_that_is_none(words: bytes) -> None:
    with pytest.raises(ValueError):
        bodies.json_of(words)


def test_bytes_behind_the_fields_are_ignored() -> None:
    rules = Rules(max_ms=5)
    assert bodies.Play.parse(bodies.Play(rules, 6).pack() + b"later") == bodies.Play(rules, 6)
    assert bodies.ToneWatch.parse(bodies.ToneWatch(1, True, 450, 20).pack() + b"more").f1_hz == 450


def test_a_tone_says_how_many_segments_it_lacks() -> None:
    segment = bodies.Segment(440, 0, -10, -10, 100, 0)
    body = bytearray(bodies.Tone(Rules(), 1, (segment,)).pack())
    body[41] = 3
    with pytest.raises(ProtocolError, match="60 bytes came, 92 were wanted for 3 segments"):
        bodies.Tone.parse(bytes(body))


def test_long_texts_are_cut_between_characters() -> None:
    status, text = bodies.reply_of(bodies.pack_reply(6, "é" * 2000))
    assert (status, text) == (6, "é" * 512)


def test_the_figures_of_the_document() -> None:
    """Offsets that a C client has: a change here breaks it."""
    rules = Rules(1, 2, 3, 4, 5, 6, 7, 8, Flag.TONE, 9)
    assert rules.pack() == struct.pack("<7I4HI", 1, 2, 3, 4, 5, 6, 7, 8, 32, 9, 0, 0)
    assert bodies.JobEnded(8, 20, 30, 0, "#").pack() == struct.pack("<IIQI", 8, 20, 30, 0) + b"#"
    hello = bodies.Hello(Role.BOARD, "me").pack()
    assert hello == struct.pack("<IHH", 0x50534342, 1, 1) + b"me"
    assert json.loads(bodies.pack_result(0, False, {})[4:]) == {}
