"""A client of the simulator server's role *board*, for tests: it speaks the protocol and hides nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boardcore import dsp
from boardcore.ports import Encoding
from boardcore_simulators import RemoteExchange
from boardcore_simulators.server import Installation, serving
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._premises import Premises
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import ANSWERS, Event, Kind, Message, Role, Splitter, Status, pack

Samples = npt.NDArray[np.int16]
NO_RULES = Rules()


@dataclass
class Job:
    """A job under way: its client can see what comes of it."""

    device: Device
    kind: Kind
    ref: int
    ended: asyncio.Future[bodies.JobEnded]
    data: bytearray = field(default_factory=bytearray)  # of a RECORD
    credit: int = 0  # of a PLAY, bytes
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, kind: Kind, body: bytes = b"") -> None:
        self.device.client.write(kind, self.device.number, self.ref, body)

    def stop(self) -> None:
        self.send(Kind.STOP)

    async def feed(self, data: bytes) -> None:
        """Send data as credit comes, then FINISH; ends early with the job."""
        while data and not self.ended.done():
            piece, data = data[: min(self.credit & ~1, 8000)], data[min(self.credit & ~1, 8000) :]
            if piece:
                self.credit -= len(piece)
                self.send(Kind.DATA, piece)
            else:
                self.more.clear()
                await self.more.wait()
        self.send(Kind.FINISH)

    def samples(self, encoding: Encoding = Encoding.PCM16) -> Samples:
        """What was recorded."""
        raw = bytes(self.data)
        if encoding is Encoding.PCM16:
            return np.frombuffer(raw, "<i2").astype(np.int16)
        decode = dsp.alaw_decode if encoding is Encoding.ALAW else dsp.ulaw_decode
        return decode(np.frombuffer(raw, np.uint8))

    async def end(self, timeout_s: float = 60.0) -> bodies.JobEnded:
        async with asyncio.timeout(timeout_s):
            return await asyncio.shield(self.ended)


class Device:
    """An open device."""

    def __init__(self, client: BoardClient, number: int, opened: bodies.Opened) -> None:
        self.client = client
        self.number = number
        self.opened = opened
        self.events: list[tuple[Event, int, int, int, str]] = []  # event, tick, a, b, text
        self.came = asyncio.Event()

    async def ask(self, kind: Kind, body: bytes = b"") -> Message:
        return await self.client.ask(kind, self.number, body)

    async def ok(self, kind: Kind, body: bytes = b"") -> None:
        assert await self.status(kind, body) is Status.OK

    async def status(self, kind: Kind, body: bytes = b"") -> Status:
        return Status(bodies.reply_of((await self.ask(kind, body)).body)[0])

    async def hook(self, off: bool) -> None:
        await self.ok(Kind.HOOK, bytes((off,)))

    async def route(self, of_line: bool, timeslot: int) -> None:
        await self.ok(Kind.ROUTE, bodies.pack_route(of_line, timeslot))

    async def state(self) -> tuple[int, int]:
        return bodies.state_of((await self.ask(Kind.QUERY)).body)

    async def watch(self, template: int, f1_hz: int, dev1_hz: int, f2_hz: int = 0, on: bool = True) -> Status:
        return await self.status(Kind.TONE_WATCH, bodies.ToneWatch(template, on, f1_hz, dev1_hz, f2_hz).pack())

    # -- jobs ---------------------------------------------------------------------------------------------------
    def start(self, kind: Kind, body: bytes) -> Job:
        return self.client.start(self, kind, body)

    def play(self, rules: Rules = NO_RULES, encoding: int = 1, beep: bool = False) -> Job:
        return self.start(Kind.PLAY, bodies.Play(rules, encoding, beep).pack())

    async def played(self, samples: Samples, rules: Rules = NO_RULES) -> bodies.JobEnded:
        job = self.play(rules)
        await job.feed(samples.astype("<i2").tobytes())
        return await job.end()

    def record(
        self, rules: Rules = NO_RULES, encoding: int = 1, beep: bool = False, keep: bool = False, credit: int = 1 << 20
    ) -> Job:
        return self.start(Kind.RECORD, bodies.Record(rules, encoding, beep, keep, credit).pack())

    def collect(self, rules: Rules = NO_RULES) -> Job:
        return self.start(Kind.COLLECT, rules.pack())

    def dial(self, digits: str, on_ms: int = 0, off_ms: int = 0) -> Job:
        return self.start(Kind.DIAL, bodies.Dial(digits, on_ms, off_ms).pack())

    def tone(self, segments: list[bodies.Segment], cycles: int = 1, rules: Rules = NO_RULES) -> Job:
        return self.start(Kind.TONE, bodies.Tone(rules, cycles, tuple(segments)).pack())

    # -- events -------------------------------------------------------------------------------------------------
    def of(self, event: Event) -> list[tuple[int, int, str]]:
        """a, b and text of all events of a kind."""
        return [row[2:] for row in self.events if row[0] is event]

    async def wait(self, event: Event, a: int | None = None, count: int = 1, timeout_s: float = 30.0) -> None:
        """Wait until so many events of a kind have come."""
        async with asyncio.timeout(timeout_s):
            while sum(a in (None, row[0]) for row in self.of(event)) < count:
                self.came.clear()
                await self.came.wait()


class BoardClient:
    """A connection of the role board."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.splitter = Splitter(ANSWERS)
        self.refs = itertools.count(1)
        self.answers: dict[int, asyncio.Future[Message]] = {}
        self.jobs: dict[int, Job] = {}
        self.devices: dict[int, Device] = {}
        self.gone = asyncio.Event()
        self.last_words: list[tuple[Status, str]] = []
        self.boards: list[bodies.Board] = []
        self.task: asyncio.Task[None] | None = None

    def write(self, kind: Kind, device: int, ref: int, body: bytes = b"") -> None:
        self.writer.write(pack(Message(kind, device, ref, 0, body)))

    async def ask(self, kind: Kind, device: int = 0, body: bytes = b"", timeout_s: float = 60.0) -> Message:
        ref = next(self.refs)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.answers[ref] = future
        self.write(kind, device, ref, body)
        async with asyncio.timeout(timeout_s):
            return await future

    def start(self, device: Device, kind: Kind, body: bytes) -> Job:
        ref = next(self.refs)
        job = self.jobs[ref] = Job(device, kind, ref, asyncio.get_running_loop().create_future())
        self.write(kind, device.number, ref, body)
        return job

    async def open(self, name: str) -> Device:
        answer = await self.ask(Kind.OPEN, 0, name.encode())
        assert answer.kind is Kind.OPENED, bodies.reply_of(answer.body)
        device = self.devices[answer.device] = Device(self, answer.device, bodies.Opened.parse(answer.body))
        return device

    # -- what comes ---------------------------------------------------------------------------------------------
    async def read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await self.reader.read(65536):
                self.splitter.feed(data)
                while message := self.splitter.next():
                    self.take(message)
        self.gone.set()

    def take(self, message: Message) -> None:
        job = self.jobs.get(message.ref)
        if message.kind is Kind.EVENT:
            device = self.devices[message.device]
            event, a, b, text = bodies.event_of(message.body)
            device.events.append((Event(event), message.tick, a, b, text))
            device.came.set()
        elif job is not None:
            self.take_job(job, message)
        elif message.ref:
            self.answers.pop(message.ref).set_result(message)
        else:
            status, text = bodies.reply_of(message.body)
            self.last_words.append((Status(status), text))

    def take_job(self, job: Job, message: Message) -> None:
        assert not job.ended.done(), "something came after JOB_ENDED"
        if message.kind is Kind.JOB_ENDED:
            job.ended.set_result(bodies.JobEnded.parse(message.body))
        elif message.kind is Kind.SENT:
            job.data += message.body
        else:
            assert message.kind is Kind.GRANTED
            job.credit += bodies.credit_of(message.body)
        job.more.set()

    async def close(self) -> None:
        """Die, as far as the server can see."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def raw_client(path: Path) -> BoardClient:
    """A connection that has said nothing yet and is read."""
    client = BoardClient(*await asyncio.open_unix_connection(path))
    client.task = asyncio.create_task(client.read())
    return client


@contextlib.asynccontextmanager
async def board_client(path: Path, name: str = "test") -> AsyncGenerator[BoardClient]:
    client = await raw_client(path)
    try:
        welcome = await client.ask(Kind.HELLO, 0, bodies.Hello(Role.BOARD, name).pack())
        assert welcome.kind is Kind.WELCOME
        client.boards = bodies.welcome_of(welcome.body)[1]
        yield client
    finally:
        await client.close()


@dataclass
class Rig:
    """A server and one client of each role."""

    path: Path
    premises: Premises
    client: BoardClient
    exchange: RemoteExchange

    async def call(self, caller: str = "2001", name: str = "dxxxB1C1") -> Device:
        """A telephone has called a channel, which has answered."""
        device = await self.client.open(name)
        phone = self.exchange.subscriber(caller)
        await phone.dial(device.opened.number)
        await device.wait(Event.RING)
        await device.hook(True)
        await phone.wait_connected()
        return device


@contextlib.asynccontextmanager
async def rig(folder: Path, installation: Installation | None = None) -> AsyncGenerator[Rig]:
    path = folder / "sim.sock"
    async with (
        serving(path, installation or Installation(lines=2)) as premises,
        RemoteExchange.connect(path) as exchange,
        board_client(path) as client,
    ):
        yield Rig(path, premises, client, exchange)
