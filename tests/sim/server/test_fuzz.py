"""Any messages at all: the server goes on, and who behaves notices nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import struct
import tempfile
from collections.abc import Generator
from pathlib import Path

from board_client import Rig, rig
from calls import sine
from hypothesis import given, settings
from hypothesis import strategies as st

from boardcore.testing import VirtualClock
from boardcore_simulators.server import Installation
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import ANSWERS, REQUESTS, Kind, Reason, Role, Splitter

SMALL = st.integers(0, 12)
RULES = st.builds(
    Rules, *[st.sampled_from([0, 0, 0, 1, 50, 200, 2**32 - 1])] * 6, st.sampled_from([0, 1, 0xFFFF, 2**32 - 1]),
    st.sampled_from([0, 1, 4, 64, 65535]), st.integers(0, 65535), SMALL,
)  # fmt: skip
HZ, DBM0, MS = (
    st.sampled_from(values) for values in ([0, 440, 3999, 4000, 65535], [-10.0, 3.2, -1000.0], [0, 1, 50, 2**32 - 1])
)
SEGMENTS = st.lists(st.builds(bodies.Segment, HZ, HZ, DBM0, DBM0, MS, MS), max_size=5).map(tuple)
OPS = ["phone", "off_hook", "answer", "hang_up", "dial", "press", "speak", "listen", "heard", "digits_heard", "cut",
       "info", "wait_ring", "wait_connected", "nonsense"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CONTROLS = st.fixed_dictionaries(
    {"op": st.sampled_from(OPS) | JSON},
    optional={
        "number": st.sampled_from(["2001", "2002", "1001", "1002", "9999", "x"]) | JSON,
        "digits": st.sampled_from(["1", "1002", "#"]) | JSON,
        "timeout_s": st.sampled_from([0, 0.1, 1e9]) | JSON,
        "push": st.booleans() | JSON,
        "more": st.booleans() | JSON,
        "on": st.booleans() | JSON,
    },
)
NAMES = st.sampled_from([b"dxxxB1C1", b"dxxxB1C2", b"dxxxB1", b"dxxxB2C1", b"dxxxB2C2", b"dxxxB9C9", b"\xff"])
ENCODINGS = st.sampled_from([1, 6, 7, 9])
VALUES = st.one_of(
    RULES,
    st.builds(bodies.Play, RULES, ENCODINGS, st.booleans()),
    st.builds(bodies.Record, RULES, ENCODINGS, st.booleans(), st.booleans(), st.sampled_from([0, 1, 999, 2**32 - 1])),
    st.builds(bodies.Tone, RULES, SMALL, SEGMENTS),
    st.builds(bodies.Dial, st.sampled_from(["", "1", "12,3#", "x", "1" * 100])),
)
BODIES = st.one_of(
    NAMES,
    VALUES.map(lambda value: value.pack()),
    st.builds(bodies.pack_json, CONTROLS, st.binary(max_size=6)),
    st.builds(bodies.pack_route, st.booleans(), SMALL),
    st.binary(max_size=64),
)
MESSAGES = st.tuples(st.sampled_from([*REQUESTS, 0, 99]), SMALL, SMALL, BODIES)
Rough = tuple[int, int, int, bytes]


def packed(message: Rough) -> bytes:
    kind, device, ref, body = message
    padded = body + bytes(max(0, REQUESTS.get(kind, 0) - len(body)))
    return struct.pack("<IHHII", len(padded), kind, device, ref, 0) + padded


def greeting(role: Role) -> bytes:
    """HELLO, and for boards two channels opened."""
    hello = packed((Kind.HELLO, 0, 1, bodies.Hello(role, "rough").pack()))
    names = [b"dxxxB1C1", b"dxxxB2C1"] if role is Role.BOARD else []
    return hello + b"".join(packed((Kind.OPEN, 0, 100 + number, name)) for number, name in enumerate(names))


async def rough_client(r: Rig, first: bytes, data: bytes, pause_s: float) -> list[int]:
    """Send it in three pieces, read what comes for a while, be gone; returns the kinds of messages that came."""
    reader, writer = await asyncio.open_unix_connection(r.path)
    splitter, kinds = Splitter(ANSWERS), list[int]()
    try:
        writer.write(first)
        await asyncio.sleep(0.05)
        writer.write(data[: len(data) // 2])
        await asyncio.sleep(pause_s)
        writer.write(data[len(data) // 2 :])
        async with asyncio.timeout(1.0):
            while more := await reader.read(65536):
                splitter.feed(more)
                while answer := splitter.next():
                    kinds.append(answer.kind)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return kinds


class _Keeper(logging.Handler):
    def __init__(self, kept: list[object]) -> None:
        super().__init__(logging.ERROR)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record)


@contextlib.contextmanager
def listening_to_errors(problems: list[object]) -> Generator[None]:
    """What the server logs as its own fault."""
    handler = _Keeper(problems)
    logger = logging.getLogger("boardcore_simulators")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


async def undisturbed(first: bytes, data: bytes, pause_s: float) -> None:
    """A well-behaved client has the last channel and plays; the rough one has the rest."""
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
    with listening_to_errors(problems), tempfile.TemporaryDirectory() as folder:
        async with rig(Path(folder), Installation(lines=3, spares=2)) as r:
            device = await r.client.open("dxxxB1C3")
            playing = asyncio.create_task(device.played(sine(1.2)))
            await rough_client(r, first, data, pause_s)
            ended = await playing
            assert (ended.reasons, ended.transferred) == (Reason.DATA, 19200)
            r.premises.chassis.faults.hang = None
            await (await r.client.open("dxxxB1C1")).hook(False)  # what the rough one had is free
            info = await r.exchange.info()
            assert info["statistics"]["play_underruns"] <= 250  # none of them this client's; others may starve
    gc.collect(1)  # tells of tasks that failed unseen; all generations would take a tenth of a second
    assert not problems


@settings(max_examples=60)
@given(st.sampled_from(Role), st.lists(MESSAGES, max_size=25), st.sampled_from([0.0, 0.05, 0.5]))
def test_any_messages(role: Role, messages: list[Rough], pause_s: float) -> None:
    logging.disable(logging.WARNING)  # they are sent away, again and again
    try:
        VirtualClock().run(undisturbed(greeting(role), b"".join(map(packed, messages)), pause_s))
    finally:
        logging.disable(logging.NOTSET)


@settings(max_examples=40)
@given(st.lists(MESSAGES, min_size=1, max_size=10), st.data())
def test_mutated_bytes(messages: list[Rough], draw: st.DataObject) -> None:
    data = bytearray(b"".join(map(packed, messages)))
    for _ in range(draw.draw(st.integers(1, 6))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    logging.disable(logging.WARNING)
    try:
        VirtualClock().run(undisturbed(greeting(Role.BOARD), bytes(data), 0.0))
    finally:
        logging.disable(logging.NOTSET)


@settings(max_examples=30)
@given(st.binary(max_size=2000))
def test_arbitrary_bytes(data: bytes) -> None:
    logging.disable(logging.WARNING)
    try:
        VirtualClock().run(undisturbed(b"", data, 0.0))
    finally:
        logging.disable(logging.NOTSET)


async def test_the_fuzz_is_understood(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """What is built here reaches jobs and telephones: else the others would prove little."""
    async with rig(tmp_path) as r:
        jobs = [
            (Kind.PLAY, 1, 5, bodies.Play(Rules(max_ms=50)).pack()),
            (Kind.RECORD, 2, 6, bodies.Record(Rules(max_ms=50), credit=1000).pack()),
            (Kind.DATA, 1, 5, bytes(100)),
        ]
        kinds = await rough_client(r, greeting(Role.BOARD), b"".join(map(packed, jobs)), 0.1)
        assert kinds[:3] == [Kind.WELCOME, Kind.OPENED, Kind.OPENED]
        assert kinds.count(Kind.JOB_ENDED) == 2
        told = await rough_client(r, greeting(Role.CONTROL), packed((Kind.CONTROL, 0, 3, b'{"op": "info"}')), 0.0)
        assert told == [Kind.WELCOME, Kind.RESULT, Kind.RESULT, Kind.RESULT]
