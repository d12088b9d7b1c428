"""A voice resource: an open device of the library, its calls in order, and the one I/O that it does at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from boardcore.errors import BoardcoreError, BoardLost, DriverError, MediaBusy
from boardcore_dialogic._constants import Error
from boardcore_dialogic._vendor import Vendor, VendorError, VendorEvent
from boardcore_dialogic._workers import CallHung, Workers

__all__ = ["Keeper", "Resource", "Transfer"]

log = logging.getLogger("boardcore.dialogic")
T = TypeVar("T")


class Keeper(Protocol):
    """The board, as its resources see it."""

    loop: asyncio.AbstractEventLoop
    vendor: Vendor
    workers: Workers
    hang_limit_s: float

    @property
    def gone(self) -> str | None: ...
    def lose(self, reason: str) -> None: ...
    def failed(self, resource: Resource, why: str) -> None: ...
    def spawn(self, work: Any, name: str) -> asyncio.Task[Any]: ...


class Transfer:
    """One I/O, from the call that begins it to the event that ends it: None if that will never come."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ended: asyncio.Future[VendorEvent | None] = loop.create_future()

    def end(self, event: VendorEvent | None) -> None:
        if not self.ended.done():
            self.ended.set_result(event)


class Resource:
    """A voice channel of the library.

    Attributes:
        device: The library's handle.
        slot: The timeslot that it transmits on.
        line_slot: That of its analogue line; None if it has none.
        fault: Why it is out of service.
    """

    def __init__(self, keeper: Keeper, name: str, device: int, slot: int, line_slot: int | None) -> None:
        self._keeper = keeper
        self.name = name
        self.device = device
        self.slot = slot
        self.line_slot = line_slot
        self.fault: str | None = None
        self.hears = line_slot  # by default a resource and its line hear each other
        self.transfer: Transfer | None = None
        self._lock = asyncio.Lock()

    # -- calls -----------------------------------------------------------------------------------------------
    def check(self) -> None:
        """Raise what is the matter if it cannot be used."""
        if self._keeper.gone is not None:
            raise BoardLost(f"{self.name}: {self._keeper.gone}")
        if self.fault is not None:
            raise DriverError(f"{self.name} is out of service: {self.fault}")

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a method of `Vendor` with this device, after those before it.

        Raises:
            DriverError: the library refused, or does not come back: then the resource is out of service.
            BoardLost: the boards are gone.
        """
        async with self._lock:
            return await self._call(function, *args)

    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        self.check()
        try:
            return await self._keeper.workers.call(function, self.device, *args)
        except VendorError as error:
            if error.code == Error.SYSTEM:
                self._keeper.lose(str(error))
                raise BoardLost(f"{self.name}: {error}") from error
            raise DriverError(f"{self.name}: {error.function}: {error.text}", error.code) from error
        except CallHung as error:
            self.fail(str(error))
            raise DriverError(f"{self.name} is out of service: {error}") from error

    def fail(self, why: str) -> None:
        """Take it out of service."""
        if self.fault is None and self._keeper.gone is None:
            self.fault = why
            log.error("%s is out of service: %s", self.name, why)
            self._keeper.failed(self, why)
            self.release()

    # -- its I/O ---------------------------------------------------------------------------------------------
    async def begin(self, function: Callable[..., object], *args: Any) -> Transfer:
        """Begin an I/O; its end is an event. Raises as `call`, and MediaBusy."""
        async with self._lock:
            if self.transfer is not None:
                raise MediaBusy(f"{self.name} is busy: a voice resource does one thing at a time")
            transfer = self.transfer = Transfer(self._keeper.loop)
            try:
                await self._call(function, *args)
            except BaseException:
                self._forget(transfer)
                raise
        return transfer

    def _forget(self, transfer: Transfer) -> None:
        if self.transfer is transfer:
            self.transfer = None

    def finish(self, event: VendorEvent) -> None:
        """The event that ends its I/O came."""
        if self.transfer is not None:
            transfer, self.transfer = self.transfer, None
            transfer.end(event)

    def release(self) -> None:
        """Nothing will come from it any more."""
        if self.transfer is not None:
            transfer, self.transfer = self.transfer, None
            transfer.end(None)

    def stop(self, transfer: Transfer) -> None:
        """Ask an I/O to end."""
        if self.transfer is transfer:
            self._keeper.spawn(self._stop(transfer), f"stop {self.name}")

    async def _stop(self, transfer: Transfer) -> None:
        try:
            async with self._lock:
                if self.transfer is not transfer:
                    return
                await self._call(self._keeper.vendor.stop)
        except BoardcoreError as error:
            log.warning("%s", error)
        await asyncio.wait({transfer.ended}, timeout=self._keeper.hang_limit_s)
        if not transfer.ended.done():
            self.fail("what was stopped has not ended")

    async def listen(self, slot: int) -> None:
        """Let it receive a timeslot."""
        async with self._lock:
            if self.hears != slot:
                self.hears = None  # unknown, should the call fail
                await self._call(self._keeper.vendor.listen, slot, False)
                self.hears = slot
