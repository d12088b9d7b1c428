"""One client's connection: its bytes into messages, its answers out, and what it may cost the others.

A client is read only while it reads: one that does not take its answers is not asked for more, is sent no samples, and
is thrown out when that lasts. Requests are taken in small batches, so that a busy client leaves the loop to the others.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

from boardcore_simulators.server._bodies import Hello, pack_reply
from boardcore_simulators.server._wire import (
    REQUESTS,
    VERSION,
    Kind,
    Message,
    ProtocolError,
    Splitter,
    Status,
    pack,
)

__all__ = ["Connection", "House", "Session", "peer_uid", "same_user"]

_log = logging.getLogger(__name__)
BATCH = 64  # messages taken in one go
PENDING_MAX = 256  # requests that are not answered yet
UNREAD_HIGH = 256 << 10  # bytes sent and not read: the client is paused
UNREAD_MAX = 1 << 20  # it is thrown out
STUCK_S = 30.0  # paused for so long: likewise
PARTING_S = 1.0  # for the last words to be read
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: unix(7)


class Session(Protocol):
    """What a client does after its HELLO, by its role."""

    def take(self, message: Message) -> None: ...
    def room(self) -> None: ...
    def closed(self) -> None: ...


class House(Protocol):
    """The server, as a connection sees it."""

    def tick(self) -> int: ...
    def welcome(self, connection: Connection, hello: Hello) -> tuple[Session, bytes] | None:
        """The session and WELCOME's body; None: that role is not to be had now."""
        ...

    def joined(self, connection: Connection) -> None: ...
    def left(self, connection: Connection, thrown_out: bool) -> None: ...
    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...


def peer_uid(peer: socket.socket) -> int:
    """The user at the other end, from the kernel (SO_PEERCRED)."""
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


def same_user(uid: int) -> bool:
    """Is that the server's own user?"""
    return uid == os.geteuid()


class Connection(asyncio.Protocol):
    """One client. `uid_of` tells whose it is."""

    def __init__(self, house: House, uid_of: Callable[[socket.socket], int] = peer_uid) -> None:
        self._house = house
        self._uid_of = uid_of
        self._splitter = Splitter(REQUESTS)
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pump_due = False
        self._pending = 0
        self._parting = False
        self._thrown_out = False
        self.paused = False
        self._reads = asyncio.Event()  # not paused
        self._reads.set()
        self.name = "a client without a name"

    # -- the transport's calls ----------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._house.joined(self)
        uid = self._uid_of(transport.get_extra_info("socket"))
        if not same_user(uid):
            self.throw_out(f"it belongs to user {uid}")
            return
        self._transport.set_write_buffer_limits(high=UNREAD_HIGH)

    def data_received(self, data: bytes) -> None:
        if not self._parting:
            self._splitter.feed(data)
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        self._parting = True
        self._transport = None
        self._stop_timer()
        if self._session is not None:
            self._session.closed()
            self._session = None
        self._house.left(self, self._thrown_out)

    def pause_writing(self) -> None:
        self.paused = True
        self._reads.clear()
        self._start_timer(STUCK_S, f"it has read nothing for {STUCK_S:g} s")

    def resume_writing(self) -> None:
        self.paused = False
        self._reads.set()
        self._stop_timer()
        if self._session is not None:
            self._session.room()
        self._pump_soon()

    # -- requests -----------------------------------------------------------------------------------------------
    def _pump(self) -> None:
        """Take what is there, as long as it is this client's turn."""
        self._pump_due = False
        try:
            for _ in range(BATCH):
                if self._blocked():
                    break
                message = self._splitter.next()
                if message is None:
                    self._read(True)
                    return
                self._take(message)
        except ProtocolError as error:
            self._part(Status.PROTOCOL, str(error))
            return
        self._read(False)
        if not self._blocked():
            self._pump_soon()

    def _pump_soon(self) -> None:
        if not self._pump_due and not self._parting:
            self._pump_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _blocked(self) -> bool:
        return self.paused or self._parting or self._pending >= PENDING_MAX

    def _read(self, on: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            (self._transport.resume_reading if on else self._transport.pause_reading)()

    def _take(self, message: Message) -> None:
        if message.ref == 0:
            raise ProtocolError(f"a {message.kind.name} with ref 0 came, wanted another number")
        if self._session is not None:
            if message.kind is Kind.HELLO:
                raise ProtocolError("a second HELLO came, wanted one")
            self._session.take(message)
        elif message.kind is not Kind.HELLO:
            raise ProtocolError(f"a {message.kind.name} came, wanted HELLO first")
        else:
            self._hello(message)

    def _hello(self, message: Message) -> None:
        hello = Hello.parse(message.body)
        if hello.version != VERSION:
            self._part(Status.VERSION, f"version {hello.version} came, wanted {VERSION}", message.ref)
            return
        self.name = f"{hello.role.name.lower()} client {hello.name!r}"
        found = self._house.welcome(self, hello)
        if found is None:
            self._part(Status.GONE, "the boards are away", message.ref)
            return
        self._session, body = found
        self.send(Kind.WELCOME, ref=message.ref, body=body)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work on a request that is answered later; too many of them and the client is not read."""
        task = self._house.spawn(work)
        self._pending += 1
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._pending -= 1
        self._pump_soon()

    # -- answers ------------------------------------------------------------------------------------------------
    def send(self, kind: Kind, device: int = 0, ref: int = 0, body: bytes = b"", tick: int | None = None) -> None:
        """Send, unless the client is gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        at = self._house.tick() if tick is None else tick
        transport.write(pack(Message(kind, device, ref, at, body)))
        if transport.get_write_buffer_size() > UNREAD_MAX:
            self.throw_out(f"it has left more than {UNREAD_MAX} bytes unread")

    async def room(self) -> None:
        """Wait until what was sent is read, as far as it takes to send more."""
        await self._reads.wait()

    def _part(self, status: Status, text: str, ref: int = 0) -> None:
        """Say why, and close."""
        self.send(Kind.REPLY, ref=ref, body=pack_reply(status, text))
        self._parting = True
        _log.warning("%s is sent away: %s", self.name, text)
        if self._transport is not None:
            self._transport.close()
            self._start_timer(PARTING_S, "it does not read why it was sent away")

    def throw_out(self, why: str) -> None:
        """Close at once, whatever it has not read."""
        self._parting = True
        if not self._thrown_out:
            self._thrown_out = True
            _log.warning("%s is thrown out: %s", self.name, why)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close at once: the server ends."""
        self._parting = True
        if self._transport is not None:
            self._transport.abort()

    def _start_timer(self, after_s: float, why: str) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(after_s, self.throw_out, why)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
