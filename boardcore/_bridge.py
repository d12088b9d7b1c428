"""Two calls that hear each other, as long as both live."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from boardcore._relay import Relay
from boardcore.errors import BoardcoreError, CallClosed, CallEnded
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

    A board that cannot keep secret digits off its bus loses the bridge to the engine as soon as one of the calls is
    secret, for good: the last key may be down yet when secrecy ends, and nobody tells when it is up.

    One task parts them, whoever wants it: at the end of either call at once, for the channel may have another call a
    moment later, and that one must neither hear nor be heard here.
    """

    def __init__(self, a: Call, b: Call) -> None:
        self._a, self._b = a, b
        self._over = asyncio.Event()
        self._claims = contextlib.ExitStack()
        self._link = contextlib.AsyncExitStack()  # undoes what connects them now
        self._own = False  # by their board's own bus
        self._changing = asyncio.Lock()
        self._watcher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect them.

        Raises:
            MediaBusy: one of them is bridged or in a room already.
        """
        with contextlib.ExitStack() as claims:
            for call in (self._a, self._b):
                claims.enter_context(call.hears("bridged"))
                claims.enter_context(call.rewired_by(self._rewire))
            try:
                async with self._changing:
                    await self._connect()
            except BaseException:
                self._over.set()  # a secret that began meanwhile waits to rewire it: there is nothing to rewire
                raise
            self._claims = claims.pop_all()
        self._note(Joined)
        self._watcher = self._a.channel.board.spawn(self._watch(), "bridge")

    async def close(self) -> None:
        """Part them. Harmless when they are."""
        self._over.set()
        if self._watcher is not None:
            await asyncio.wait({self._watcher})

    def _may_use_own_bus(self) -> bool:
        channels = [call.channel for call in (self._a, self._b)]
        needs = {Capability.CONNECT}
        if self._a.in_secret or self._b.in_secret:
            needs.add(Capability.SECRET_ON_BUS)
        return channels[0].port.media.bus is channels[1].port.media.bus and all(
            needs <= channel.capabilities for channel in channels
        )

    async def _connect(self) -> None:
        async with contextlib.AsyncExitStack() as link:
            one, other = (call.channel.port.media for call in (self._a, self._b))
            self._own = self._may_use_own_bus()
            if not self._own:
                one, other = await self._on_engine(one, link), await self._on_engine(other, link)
            link.push_async_callback(self._disconnect, one.bus, one, other)
            await one.bus.connect(one, other)
            for call in (self._a, self._b):
                call.check_connected()  # it may have ended meanwhile
            self._link = link.pop_all()

    async def _rewire(self) -> None:
        """Secrecy began for one of them: another way may have to carry what they say."""
        async with self._changing:
            if self._over.is_set() or not self._own or self._may_use_own_bus():
                return
            try:
                await self._link.aclose()
                await self._connect()
            except (CallEnded, CallClosed):
                self._over.set()  # either of them; it is no matter of the other's secret
            except BaseException:
                self._over.set()  # parted, and not to be joined in a way that tells secrets
                raise

    async def _on_engine(self, media: MediaPort, link: contextlib.AsyncExitStack) -> MediaPort:
        if isinstance(media.bus, EngineBus):
            return media
        relay = await Relay.open(media)
        link.push_async_callback(relay.close)
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
            self._over.set()
            async with self._changing:
                await self._link.aclose()
            self._claims.close()
            self._note(Parted)

    def _note(self, kind: type[Joined] | type[Parted]) -> None:
        for one, other in ((self._a, self._b), (self._b, self._a)):
            one.note(kind(**one.channel.stamp(), other=repr(other)))
