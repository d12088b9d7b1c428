"""Signalling of a channel: hook, dialling, what the line tells, and what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING

from boardcore.errors import BoardcoreError, Cause, DriverError, UnsupportedOperation
from boardcore.ports import (
    Capability,
    LoopDropped,
    LoopRestored,
    PolarityChanged,
    ProgressTone,
    RingStarted,
    RingStopped,
)
from boardcore_dialogic._constants import CST, DX_OFFHOOK, DX_ONHOOK
from boardcore_dialogic._resource import Transfer
from boardcore_dialogic._routing import Routes
from boardcore_dialogic._vendor import VendorEvent

if TYPE_CHECKING:
    from boardcore_dialogic._channel import DialogicChannel

__all__ = ["DialogicLine", "cst_of"]

SEIZURE_S = 0.1  # an exchange does not notice a shorter closing of the loop
RELEASE_GUARD_S = 0.2  # and takes a shorter opening for a flash
_CST = struct.Struct("=HH")


def cst_of(data: bytes) -> tuple[int, int] | None:
    """The number and data of a DX_CST; None if it is too short to be one."""
    return _CST.unpack_from(data) if len(data) >= _CST.size else None


class DialogicLine:
    """See `LinePort`."""

    def __init__(self, channel: DialogicChannel) -> None:
        self._channel = channel
        self._resource = channel.resource
        self._board = channel.board
        self._off_hook = False
        self._closed_s = 0.0
        self._reversed = False
        self._tones_since_s: dict[int, float] = {}  # by template: when it came on or went off
        self._hooked: asyncio.Future[bool] | None = None
        self._hearing: int | None = self._resource.slot
        self._routing = asyncio.Lock()
        self._hook_lock = asyncio.Lock()
        self.routes = Routes(self._resource.slot)

    @property
    def number(self) -> str | None:
        """The vendor's API does not know it."""
        return None

    # -- commands --------------------------------------------------------------------------------------------
    async def off_hook(self) -> None:
        self._closed_s = self._board.loop.time()
        self._off_hook = True
        await self._hook(DX_OFFHOOK)

    async def on_hook(self) -> None:
        self._channel.media.end_all()
        was_off, self._off_hook = self._off_hook, False
        self._reversed = False
        if not was_off or self._board.gone is not None:
            return
        await asyncio.sleep(self._closed_s + SEIZURE_S - self._board.loop.time())
        try:
            await self._hook(DX_ONHOOK)
        except asyncio.CancelledError:
            self._off_hook = True
            raise
        await asyncio.sleep(RELEASE_GUARD_S)

    async def _hook(self, state: int) -> None:
        """Cancelling leaves it under way: the library owes an event, and takes no other command before that."""
        work = self._board.spawn(self._do_hook(state), f"{self._channel.name} hook")
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_retrieve)
            raise

    async def _do_hook(self, state: int) -> None:
        async with self._hook_lock:
            hooked = self._hooked = self._board.loop.create_future()
            try:
                await self._resource.call(self._board.vendor.set_hook, state)
                async with asyncio.timeout(self._board.hang_limit_s):
                    done = await hooked
            except TimeoutError:
                self._resource.fail("the end of dx_sethook has not come")
                raise DriverError(f"{self._resource.name} is out of service: {self._resource.fault}") from None
            finally:
                self._hooked = None
        if not done:
            self._resource.check()
            raise DriverError(f"{self._resource.name}: dx_sethook failed")

    async def dial(self, digits: str) -> None:
        work = self._resource.begin(self._board.vendor.dial, digits)
        beginning = self._board.spawn(work, f"{self._channel.name} dial")
        try:
            transfer = await asyncio.shield(beginning)
            event = await asyncio.shield(transfer.ended)
        except asyncio.CancelledError:  # the library's call cannot be taken back: what it began is stopped
            beginning.add_done_callback(self._stop_begun)
            raise
        if event is None:
            self._resource.check()
        elif event.error:
            raise DriverError(f"{self._resource.name}: dialling failed", event.error)

    def _stop_begun(self, beginning: asyncio.Task[Transfer]) -> None:
        if not beginning.cancelled() and beginning.exception() is None:
            self._resource.stop(beginning.result())

    async def reject(self, cause: Cause) -> None:
        raise UnsupportedOperation(Capability.REJECT, self._channel.name)

    def watch_tones(self, on: bool) -> None:
        now = self._board.loop.time()
        self._tones_since_s = {template.number: now for template in self._board.templates}
        self._board.spawn(self._watch(on), f"{self._channel.name} tones")

    async def _watch(self, on: bool) -> None:
        with contextlib.suppress(BoardcoreError):  # the board is gone or told of it already
            for template in self._board.templates:
                await self._resource.call(self._board.vendor.watch_tone, template.number, on)

    async def route(self) -> None:
        """Let the line hear what it is to hear now."""
        async with self._routing:
            wanted = self.routes.heard
            if wanted != self._hearing:
                self._hearing = None  # unknown, should the call fail
                await self._resource.call(self._board.vendor.listen, wanted, True)
                self._hearing = wanted

    def route_soon(self) -> None:
        """As `route`, without waiting."""
        if self.routes.heard != self._hearing and self._board.gone is None:
            self._board.spawn(self._route_quietly(), f"{self._channel.name} routing")

    async def _route_quietly(self) -> None:
        with contextlib.suppress(BoardcoreError):
            await self.route()

    # -- events ----------------------------------------------------------------------------------------------
    def hook_done(self, done: bool) -> None:
        """TDX_SETHOOK, or the end of all."""
        if self._hooked is not None and not self._hooked.done():
            self._hooked.set_result(done)

    def told(self, number: int, data: int, event: VendorEvent) -> None:
        """A TDX_CST that is about the line."""
        at_s, post = event.at_s, self._channel.post
        match number:
            case CST.RINGS:
                self._board.spawn(self._ring(at_s), f"{self._channel.name} caller")
            case CST.RNGOFF:
                post(RingStopped(at_s=at_s))
            case CST.LCOF if self._off_hook:
                self._reversed = False
                self._channel.media.end_all()
                post(LoopDropped(at_s=at_s))
            case CST.LCON if self._off_hook:
                post(LoopRestored(at_s=at_s))
            case CST.LCREV if self._off_hook:
                self._reversed = not self._reversed
                post(PolarityChanged(at_s=at_s, reversed=self._reversed))
            case CST.TONEON | CST.TONEOFF:
                self._toned(number == CST.TONEON, data, at_s)
            case _:
                pass  # what nobody asked for

    def _toned(self, on: bool, number: int, at_s: float) -> None:
        for template in self._board.templates:
            if template.number == number:
                lasted_s = max(0.0, at_s - self._tones_since_s.get(number, at_s))
                self._tones_since_s[number] = at_s
                self._channel.post(ProgressTone(at_s=at_s, on=on, lasted_s=lasted_s, freqs_hz=template.freqs_hz))

    async def _ring(self, at_s: float) -> None:
        caller = None
        with contextlib.suppress(BoardcoreError):
            caller = await self._resource.call(self._board.vendor.caller_id)
        self._channel.post(RingStarted(at_s=at_s, caller=caller))

    async def release(self) -> None:
        """The board is being closed: on-hook if need be."""
        if self._off_hook and self._resource.fault is None:
            with contextlib.suppress(BoardcoreError):
                await self._hook(DX_ONHOOK)
            self._off_hook = False

    @property
    def partner_slot(self) -> int:
        """What others hear of this line."""
        slot = self._resource.line_slot
        assert slot is not None  # a channel has a line
        return slot


def _retrieve(work: asyncio.Task[None]) -> None:
    if not work.cancelled():
        work.exception()
