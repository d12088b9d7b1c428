"""Two calls that hear each other, as long as both live."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from boardcore._relay import Relay
from boardcore.errors import BoardcoreError
from boardcore.events import Joined, Parted
from boardcore.media.port import EngineBus
from boardcore.ports.capabilities import Capability
from boardcore.ports.contract import Bus, MediaPort

if TYPE_CHECKING:
    from boardcore.call import Call

__all__ = ["Bridge"]

log = logging.getLogger("boardcore.call")


class Bridge:
    """Joins two calls by their board's own bus, or by the engine from their streamed audio.

    One task parts them, whoever wants it: at the end of either call at once, for the channel may have another call a
    moment later, and that one must neither hear nor be heard here.
    """

    def __init__(self, a: Call, b: Call) -> None:
        self._a, self._b = a, b
        self._over = asyncio.Event()
        self._made = contextlib.AsyncExitStack()
        self._watcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect them.

        Raises:
            MediaBusy: one of them is bridged or in a room already.
        """
        with contextlib.ExitStack() as claims:
            for call in (self._a, self._b):
                claims.enter_context(call.hears("bridged"))
            try:
                await self._connect()
                for call in (self._a, self._b):
                    call.check_connected()  # it may have ended meanwhile
            except BaseException:
                await self._made.aclose()
                raise
            self._made.callback(claims.pop_all().close)
        self._note(Joined)
        self._watcher = self._a.channel.board.spawn(self._watch(), "bridge")

    async def close(self) -> None:
        """Part them. Harmless when they are."""
        self._over.set()
        if self._watcher is not None:
            await asyncio.wait({self._watcher})

    async def _connect(self) -> None:
        one, other = (call.channel.port.media for call in (self._a, self._b))
        own = one.bus is other.bus and all(Capability.CONNECT in c.channel.capabilities for c in (self._a, self._b))
        if not own:
            one, other = await self._on_engine(one), await self._on_engine(other)
        self._made.push_async_callback(self._disconnect, one.bus, one, other)
        await one.bus.connect(one, other)

    async def _on_engine(self, media: MediaPort) -> MediaPort:
        if isinstance(media.bus, EngineBus):
            return media
        relay = await Relay.open(media)
        self._made.push_async_callback(relay.close)
        return relay.media

    async def _disconnect(self, bus: Bus, one: MediaPort, other: MediaPort) -> None:
        try:
            await bus.disconnect(one, other)
        except BoardcoreError as error:
            log.warning("calls %d and %d: not parted: %s", self._a.number, self._b.number, error)

    async def _watch(self) -> None:
        waits = [asyncio.ensure_future(w) for w in (self._a.wait_ended(), self._b.wait_ended(), self._over.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await self._made.aclose()
            self._note(Parted)

    def _note(self, kind: type[Joined] | type[Parted]) -> None:
        for one, other in ((self._a, self._b), (self._b, self._a)):
            one.note(kind(**one.channel.stamp(), other=repr(other)))
