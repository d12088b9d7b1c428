"""Telephones of a simulator server, from another process: a client of the role *control*.

`RemoteExchange` has what tests and demonstrations use of `Exchange`, and its telephones what they use of `Subscriber`.
What a telephone hears is sent here as it comes, so `heard()` needs no waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore.errors import BoardLost
from boardcore_simulators.far_end import PhoneFarEnd
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._wire import ANSWERS, Kind, Message, ProtocolError, Role, Splitter, Status, pack

__all__ = ["RemoteExchange", "RemoteFarEnd", "RemoteSubscriber"]

Samples = npt.NDArray[np.int16]
_Answer = tuple[dict[str, Any], bytes]
_CHUNK = 65536


class RemoteExchange:
    """The exchange of a simulator server. Made by `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._splitter = Splitter(ANSWERS)
        self._refs = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[_Answer]] = {}
        self._parts: dict[int, list[_Answer]] = {}
        self._pushed: dict[int, Callable[[Samples], None]] = {}
        self._subscribers: dict[str, RemoteSubscriber] = {}
        self._lost: Exception | None = None

    @staticmethod
    @contextlib.asynccontextmanager
    async def connect(path: Path | str, name: str = "control") -> AsyncGenerator[RemoteExchange]:
        """Connect to a server's socket; its telephones hang up at the end of the context.

        Raises:
            BoardLost: nobody serves there, or it will not serve this client.
        """
        try:
            reader, writer = await asyncio.open_unix_connection(path)
        except OSError as error:
            raise BoardLost(f"no simulator serves at {str(path)!r}: {error}") from error
        exchange = RemoteExchange(reader, writer)
        task: asyncio.Task[None] | None = None
        try:
            await exchange._hello(name)
            task = asyncio.create_task(exchange._read(), name=f"answers of {path}")
            yield exchange
        finally:
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
            exchange._lose(BoardLost("the connection to the simulator is closed"))
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    # -- messages -----------------------------------------------------------------------------------------------
    async def _next(self) -> Message:
        while True:
            if message := self._splitter.next():
                return message
            data = await self._reader.read(_CHUNK)
            if not data:
                raise BoardLost("the simulator closed the connection")
            self._splitter.feed(data)

    async def _hello(self, name: str) -> None:
        self._write(Kind.HELLO, next(self._refs), bodies.Hello(Role.CONTROL, name).pack())
        try:
            answer = await self._next()
        except (ProtocolError, OSError) as error:
            raise BoardLost(f"the simulator's greeting is wrong: {error}") from error
        if answer.kind is not Kind.WELCOME:
            raise BoardLost(f"the simulator will not serve: {bodies.reply_of(answer.body)[1]}")

    async def _read(self) -> None:
        try:
            while True:
                self._take(await self._next())
        except (BoardLost, ProtocolError, OSError, ValueError, TypeError, LookupError) as error:  # of any answer
            self._lose(error if isinstance(error, BoardLost) else BoardLost(f"the simulator is lost: {error}"))

    def _lose(self, error: BoardLost) -> None:
        self._lost = self._lost or error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever waits is told; nobody need
        self._waiting.clear()

    def _take(self, message: Message) -> None:
        if message.kind is not Kind.RESULT:
            status, text = bodies.reply_of(message.body) if message.kind is Kind.REPLY else (0, message.kind.name)
            raise ProtocolError(f"{text} came (status {status}), wanted a RESULT")
        status, more, value, audio = bodies.result_of(message.body)
        if push := self._pushed.get(message.ref):
            push(np.frombuffer(audio, dtype="<i2").astype(np.int16))
            if not more:
                del self._pushed[message.ref]
            return
        self._parts.setdefault(message.ref, []).append((value, audio))
        if not more:
            self._answered(message.ref, Status(status), value)

    def _answered(self, ref: int, status: Status, value: dict[str, Any]) -> None:
        parts = self._parts.pop(ref)
        whole = _merged([part for part, _ in parts])  # first: if it makes no sense, who waits must be told
        future = self._waiting.pop(ref, None)
        if future is None or future.done():
            return
        if status is Status.OK:
            future.set_result((whole, b"".join(audio for _, audio in parts)))
        else:
            future.set_exception(_error(status, str(value.get("error", status.name))))
            future.exception()

    def _write(self, kind: Kind, ref: int, body: bytes) -> None:
        self._writer.write(pack(Message(kind, ref=ref, body=body)))

    def begin(self, op: str, audio: bytes | None = None, **members: Any) -> asyncio.Future[_Answer]:
        """Send a request now; its answer can be awaited. Raises BoardLost."""
        if self._lost is not None:
            raise self._lost
        ref = next(self._refs)
        future = self._waiting[ref] = asyncio.get_running_loop().create_future()
        self._write(Kind.CONTROL, ref, bodies.pack_json({"op": op, **members}, audio))
        return future

    def begin_push(self, heard: Callable[[Samples], None], number: str) -> int:
        """Ask for what a telephone hears, as it comes; returns the reference by which to end it here."""
        if self._lost is not None:
            raise self._lost
        ref = next(self._refs)
        self._pushed[ref] = heard
        self._write(Kind.CONTROL, ref, bodies.pack_json({"op": "listen", "number": number, "push": True}))
        return ref

    async def ask(self, op: str, audio: bytes | None = None, **members: Any) -> _Answer:
        """One operation of the protocol's section *Control*: the object and the binary of its result.

        Raises:
            TimeoutError: the simulator waited in vain.
            ValueError: it finds the request wrong.
            BoardLost: it failed, or is gone.
        """
        return await asyncio.shield(self.begin(op, audio, **members))

    # -- the exchange -------------------------------------------------------------------------------------------
    def subscriber(self, number: str) -> RemoteSubscriber:
        """The telephone at a number; its line is laid at first use."""
        if number not in self._subscribers:
            self._subscribers[number] = RemoteSubscriber(self, number)
        return self._subscribers[number]

    async def info(self) -> dict[str, Any]:
        """Pace, tick, boards and statistics of the server."""
        return (await self.ask("info"))[0]

    async def cut(self, number: str, on: bool = True) -> None:
        """Cut or mend the wire of a line."""
        await self.ask("cut", number=number, on=on)

    async def refuse_next(self, vendor_code: int) -> None:
        """Let the next PLAY be refused with the vendor's code."""
        await self.ask("refuse_next", vendor_code=vendor_code)

    async def hang_next(self, request: str) -> None:
        """Let the next request of a kind (`PLAY`) be never answered."""
        await self.ask("hang_next", request=request)

    async def lose_boards(self) -> None:
        """Pull all boards: their clients are thrown out."""
        await self.ask("lose_boards")

    async def restore_boards(self) -> None:
        """Put them back."""
        await self.ask("restore_boards")


def _merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    """One object of the parts in which a long one came: lists are continued, boards by their name."""
    whole: dict[str, Any] = {}
    channels: dict[str, list[Any]] = {}
    for value in values:
        for board in value.get("boards", []):
            channels.setdefault(board["name"], []).extend(board["channels"])
        whole |= value
    if channels:
        whole["boards"] = [{"name": name, "channels": rows} for name, rows in channels.items()]
    return whole


def _error(status: Status, text: str) -> Exception:
    if text.startswith("TimeoutError: "):
        return TimeoutError(text.removeprefix("TimeoutError: "))
    return ValueError(text) if status is Status.BAD_VALUE else BoardLost(text)


class RemoteSubscriber:
    """A person with a telephone at the simulator's exchange. As `Subscriber`; see there."""

    def __init__(self, exchange: RemoteExchange, number: str) -> None:
        self._exchange = exchange
        self.number = number
        self._heard: list[Samples] = []
        self._listening = 0
        self._laid = exchange.begin("phone", number=number)

    async def _ask(self, op: str, audio: bytes | None = None, **members: Any) -> _Answer:
        await asyncio.shield(self._laid)
        return await self._exchange.ask(op, audio, number=self.number, **members)

    # -- handset ------------------------------------------------------------------------------------------------
    async def off_hook(self) -> None:
        await self._ask("off_hook")

    async def answer(self) -> None:
        """Lift the handset while it rings."""
        await self._ask("answer")

    async def hang_up(self) -> None:
        """Put the handset down; harmless when it is."""
        await self._ask("hang_up")

    async def wait_ring(self, timeout_s: float = 30.0) -> None:
        """Wait until it rings. Raises TimeoutError."""
        await self._ask("wait_ring", timeout_s=timeout_s)

    async def wait_connected(self, timeout_s: float = 60.0) -> None:
        """Wait until the call that it placed is answered. Raises TimeoutError."""
        await self._ask("wait_connected", timeout_s=timeout_s)

    async def wait_cleared(self, timeout_s: float = 60.0) -> None:
        """Wait until the far end has hung up. Raises TimeoutError."""
        await self._ask("wait_cleared", timeout_s=timeout_s)

    # -- sound --------------------------------------------------------------------------------------------------
    async def dial(self, number: str) -> None:
        """Lift the handset, listen to dial tone for a moment, and press the number."""
        await self._ask("dial", digits=number)

    async def press(self, digits: str, on_ms: float = 80.0, off_ms: float = 80.0) -> None:
        """Press keys; returns when they are sent."""
        await self._ask("press", digits=digits, on_ms=on_ms, off_ms=off_ms)

    async def speak(self, samples: Samples) -> None:
        """Say something, int16 at 8 kHz; returns when it is said."""
        audio = samples.astype("<i2").tobytes()
        pieces = [audio[at : at + bodies.AUDIO_BYTES] for at in range(0, len(audio), bodies.AUDIO_BYTES)] or [b""]
        for piece in pieces[:-1]:
            await self._ask("speak", piece, more=True)
        await self._ask("speak", pieces[-1])

    def listen(self) -> None:
        """Keep what is heard from now on; forgets what was heard before."""
        heard: list[Samples] = []
        self._heard = heard
        self._exchange.begin_push(heard.append, self.number)

    def heard(self) -> Samples:
        """All that has come here since `listen`, int16 at 8 kHz: some 20 ms behind the line."""
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)

    async def fetch_heard(self) -> Samples:
        """All that was heard since `listen`, up to now."""
        await self._ask("heard")
        return self.heard()

    async def fetch_digits_heard(self) -> str:
        """The digits that it has heard."""
        return str((await self._ask("digits_heard"))[0]["digits"])


class RemoteFarEnd(PhoneFarEnd):
    """A telephone of a simulator server as the conformance kit's `FarEnd`."""

    def __init__(self, exchange: RemoteExchange, number: str) -> None:
        super().__init__(exchange.subscriber(number))
        self._exchange = exchange

    async def lose_board(self) -> None:
        await self._exchange.lose_boards()

    async def restore_board(self) -> None:
        await self._exchange.restore_boards()
