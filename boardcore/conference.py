"""Rooms in which calls hear each other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boardcore._relay import Relay
from boardcore.errors import BoardcoreError, CallClosed
from boardcore.events import Joined, Parted
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus
from boardcore.ports.capabilities import Capability
from boardcore.ports.contract import Bus, ConferencePort, MediaPort

if TYPE_CHECKING:
    from boardcore.call import Call

__all__ = ["Conference"]

log = logging.getLogger("boardcore.conference")


@dataclass(slots=True)
class _Member:
    number: int
    gain_db: float
    listen_only: bool
    made: contextlib.AsyncExitStack  # undoes what its joining took
    watcher: asyncio.Task[None]


class Conference:
    """A room: every member hears all others.

    Example:
        async with board.conference() as room:
            await room.add(caller)
            await room.add(agent)
            await room.add(supervisor, listen_only=True)
    """

    def __init__(self, closed: Callable[[Conference], None]) -> None:
        self._tell_closed = closed
        self._port: ConferencePort | None = None
        self._bus: Bus | None = None
        self._engine: Engine | None = None
        self._members: dict[Call, _Member] = {}
        self._changing = asyncio.Lock()  # who joins, and the end
        self._closed = False

    async def __aenter__(self) -> Conference:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def members(self) -> tuple[Call, ...]:
        """The calls that are in it."""
        return tuple(self._members)

    async def _open(self, call: Call) -> ConferencePort:
        if self._port is None:
            media = call.channel.port.media
            needs = {Capability.CONFERENCE, Capability.SECRET_ON_BUS}  # members may have secrets at any time
            if isinstance(media.bus, EngineBus) or not needs <= call.channel.capabilities:
                self._engine = Engine.acquire()
                self._bus = EngineBus.of(self._engine)
            else:
                self._bus = media.bus
            self._port = await self._bus.open_conference()
        return self._port

    async def _media(self, call: Call, made: contextlib.AsyncExitStack) -> MediaPort:
        media = call.channel.port.media
        if media.bus is self._bus:
            return media
        if self._engine is None:
            raise ValueError(f"{call!r} is on another bus than the room's board")
        relay = await Relay.open(media)
        made.push_async_callback(relay.close)
        return relay.media

    async def add(
        self,
        call: Call,
        *,
        listen_only: bool = False,
        gain_db: float = 0.0,
        deaf: bool = False,
        mute_digits: bool = False,
    ) -> None:
        """Let a call join; it leaves by itself when it ends.

        Args:
            listen_only: it hears all and is not heard.
            gain_db: of its voice to the others, -60 to 18.
            deaf: it is heard but goes on hearing what it heard before (a bridge that is being monitored).
            mute_digits: the others do not hear its digits, which count and are told as ever; nor are they heard in its
                recordings and streams meanwhile.

        Raises:
            UnsupportedOperation: its board cannot mute digits (`Capability.MUTE_DIGITS`).
            MediaBusy: it is bridged or in another room, and not to be deaf to this one.
            CallEnded, CallClosed: it is over, or the room is closed.
        """
        async with self._changing:
            if self._closed:
                raise CallClosed("the conference is closed")
            if call in self._members:
                raise ValueError(f"{call!r} is in the room already")
            call.check_connected()
            async with contextlib.AsyncExitStack() as made:
                made.enter_context(call.digits_muted(mute_digits))
                if not deaf:
                    made.enter_context(call.hears("in a conference"))
                room = await self._open(call)
                media = await self._media(call, made)
                number = await room.add(media, gain_db=gain_db, listen_only=listen_only, deaf=deaf)
                made.push_async_callback(self._leave, room, number)
                call.check_connected()  # it may have ended meanwhile
                watcher = call.channel.board.spawn(self._leave_at_end(call), "conference member")
                self._members[call] = _Member(number, gain_db, listen_only, made.pop_all(), watcher)
        call.note(Joined(**call.channel.stamp(), other="conference"))

    async def _leave(self, room: ConferencePort, number: int) -> None:
        await self._undo(room.remove(number))

    async def _undo(self, work: Awaitable[None]) -> None:
        try:
            await work
        except BoardcoreError as error:
            log.warning("conference: %s", error)

    async def _leave_at_end(self, call: Call) -> None:
        await call.wait_ended()
        await self.remove(call)

    async def change(self, call: Call, *, gain_db: float | None = None, listen_only: bool | None = None) -> None:
        """Change a member's gain, mute or unmute it."""
        member = self._members.get(call)
        if member is None or self._port is None:
            raise ValueError(f"{call!r} is not in the room")
        gain_db = member.gain_db if gain_db is None else gain_db
        listen_only = member.listen_only if listen_only is None else listen_only
        await self._port.change(member.number, gain_db=gain_db, listen_only=listen_only)
        member.gain_db, member.listen_only = gain_db, listen_only

    async def remove(self, call: Call) -> None:
        """Let a call leave; harmless when it has left."""
        member = self._members.pop(call, None)
        if member is None:
            return
        if member.watcher is not asyncio.current_task():
            member.watcher.cancel()
        await member.made.aclose()
        call.note(Parted(**call.channel.stamp(), other="conference"))

    async def close(self) -> None:
        """Everybody leaves. The board that made the room does this at its own end."""
        async with self._changing:
            self._closed = True
            port, engine = self._port, self._engine
            self._port = self._engine = None
            try:
                await asyncio.gather(*(self.remove(call) for call in list(self._members)))
                if port is not None:
                    await self._undo(port.close())
            finally:
                if engine is not None:
                    engine.release()
                self._tell_closed(self)
