"""Rooms in which calls hear each other, and the link of two bridged calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from boardcore._relay import Relay
from boardcore.errors import CallClosed
from boardcore.events import Joined, Parted
from boardcore.media.engine import Engine
from boardcore.media.port import EngineBus
from boardcore.ports.capabilities import Capability
from boardcore.ports.contract import Bus, ConferencePort, MediaPort

if TYPE_CHECKING:
    from boardcore.call import Call

__all__ = ["Conference", "Link", "link"]


class Link:
    """Two calls that hear each other."""

    def __init__(self, bus: Bus, a: MediaPort, b: MediaPort, relays: list[Relay]) -> None:
        self._bus, self._a, self._b = bus, a, b
        self._relays = relays
        self._open = True

    async def close(self) -> None:
        """Let them hear each other no more; harmless the second time."""
        if not self._open:
            return
        self._open = False
        await self._bus.disconnect(self._a, self._b)
        for relay in self._relays:
            await relay.close()


async def link(a: Call, b: Call) -> Link:
    """Connect two calls by their board's own bus, or by the engine from their streamed audio."""
    one, other = a.channel.port.media, b.channel.port.media
    if one.bus is other.bus and all(Capability.CONNECT in c.channel.capabilities for c in (a, b)):
        await one.bus.connect(one, other)
        return Link(one.bus, one, other, [])
    relays: list[Relay] = []
    ends: list[MediaPort] = []
    bus: Bus | None = None
    for media in (one, other):
        if not isinstance(media.bus, EngineBus):
            relay = await Relay.open(media)
            relays.append(relay)
            media = relay.media
        ends.append(media)
        bus = media.bus
    assert bus is not None  # there were two
    await bus.connect(*ends)
    return Link(bus, ends[0], ends[1], relays)


class Conference:
    """A room: every member hears all others.

    Example:
        async with board.conference() as room:
            await room.add(caller)
            await room.add(agent)
            await room.add(supervisor, listen_only=True)
    """

    def __init__(self) -> None:
        self._port: ConferencePort | None = None
        self._bus: Bus | None = None
        self._engine: Engine | None = None
        self._members: dict[Call, int] = {}
        self._levels: dict[Call, tuple[float, bool]] = {}
        self._relays: dict[Call, Relay] = {}
        self._watchers: dict[Call, asyncio.Task[None]] = {}
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
            if isinstance(media.bus, EngineBus) or Capability.CONFERENCE not in call.channel.capabilities:
                self._engine = Engine.acquire()
                self._bus = EngineBus.of(self._engine)
            else:
                self._bus = media.bus
            self._port = await self._bus.open_conference()
        return self._port

    async def _media(self, call: Call) -> MediaPort:
        media = call.channel.port.media
        if media.bus is self._bus:
            return media
        if self._engine is None:
            raise ValueError(f"{call!r} is on another bus than the room's board")
        relay = self._relays[call] = await Relay.open(media)
        return relay.media

    async def add(self, call: Call, *, listen_only: bool = False, gain_db: float = 0.0, deaf: bool = False) -> None:
        """Let a call join; it leaves by itself when it ends.

        Args:
            listen_only: it hears all and is not heard.
            gain_db: of its voice to the others, -60 to 18.
            deaf: it is heard but goes on hearing what it heard before (a bridge that is being monitored).
        """
        if self._closed:
            raise CallClosed("the conference is closed")
        if call in self._members:
            raise ValueError(f"{call!r} is in the room already")
        call.check_connected()
        room = await self._open(call)
        media = await self._media(call)
        self._members[call] = await room.add(media, gain_db=gain_db, listen_only=listen_only, deaf=deaf)
        self._levels[call] = (gain_db, listen_only)
        self._watchers[call] = call.channel.board.spawn(self._leave_at_end(call), "conference member")
        call.note(Joined(**call.channel.stamp(), other="conference"))

    async def _leave_at_end(self, call: Call) -> None:
        await call.wait_ended()
        self._watchers.pop(call, None)
        await self.remove(call)

    async def change(self, call: Call, *, gain_db: float | None = None, listen_only: bool | None = None) -> None:
        """Change a member's gain, mute or unmute it."""
        member = self._member(call)
        old_gain_db, old_listen_only = self._levels[call]
        gain_db = old_gain_db if gain_db is None else gain_db
        listen_only = old_listen_only if listen_only is None else listen_only
        assert self._port is not None  # it has members
        await self._port.change(member, gain_db=gain_db, listen_only=listen_only)
        self._levels[call] = (gain_db, listen_only)

    def _member(self, call: Call) -> int:
        if call not in self._members:
            raise ValueError(f"{call!r} is not in the room")
        return self._members[call]

    async def remove(self, call: Call) -> None:
        """Let a call leave; harmless when it has left."""
        member = self._members.pop(call, None)
        watcher = self._watchers.pop(call, None)
        if watcher is not None:
            watcher.cancel()
        if member is None or self._port is None:
            return
        await self._port.remove(member)
        relay = self._relays.pop(call, None)
        if relay is not None:
            await relay.close()
        call.note(Parted(**call.channel.stamp(), other="conference"))

    async def close(self) -> None:
        """Everybody leaves."""
        self._closed = True
        for call in list(self._members):
            await self.remove(call)
        if self._port is not None:
            await self._port.close()
        if self._engine is not None:
            self._engine.release()
        self._port = self._engine = None
