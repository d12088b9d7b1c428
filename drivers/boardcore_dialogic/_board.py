"""BoardPort of Dialogic boards: devices, who is told of which event, bus, loss and end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from boardcore.errors import BoardcoreError, BoardLost, DriverError
from boardcore.ports import (
    BoardGone,
    BoardInfo,
    Capability,
    DriverContext,
    LineFault,
    PortEvent,
)
from boardcore.tones import Country
from boardcore_dialogic import _constants as c
from boardcore_dialogic._channel import DialogicBus, DialogicChannel, capabilities
from boardcore_dialogic._pump import EventPump
from boardcore_dialogic._resource import Resource
from boardcore_dialogic._tones import templates
from boardcore_dialogic._vendor import Vendor, VendorError, VendorEvent
from boardcore_dialogic._workers import CallHung, Workers
from boardcore_dialogic.options import DialogicOptions

__all__ = ["DialogicBoard"]

log = logging.getLogger("boardcore.dialogic")
_ENDS = (c.Event.PLAY, c.Event.RECORD, c.Event.DIAL, c.Event.GETDIG, c.Event.PLAYTONE)
_LINE_MASK = (
    c.EventMask.RINGS
    | c.EventMask.RNGOFF
    | c.EventMask.LCON
    | c.EventMask.LCOF
    | c.EventMask.LCREV
    | c.EventMask.DIGITS
    | c.EventMask.SILON
    | c.EventMask.SILOF
)


class DialogicBoard:
    """All boards that the library knows, or those chosen: made by `DialogicBoard.open`."""

    def __init__(self, options: DialogicOptions, vendor: Vendor, context: DriverContext) -> None:
        self.loop = asyncio.get_running_loop()
        self.vendor = vendor
        self.hang_limit_s = options.hang_limit_s
        self.workers = Workers(options.workers, options.max_hung, options.hang_limit_s)
        self.recordings: set[str] = set()
        self.gone: str | None = None
        self.capabilities: frozenset[Capability] = frozenset()
        self.templates = templates(options.profile, options.progress_hz)
        self._options = options
        self._context = context
        self._channels: list[DialogicChannel] = []
        self._spares: list[Resource] = []
        self._free: list[Resource] = []
        self._boards: list[int] = []
        self._takers: dict[int, tuple[Resource, DialogicChannel | None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._pump = EventPump(vendor, self.loop, self._take, self.lose)
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, options: DialogicOptions, vendor: Vendor, context: DriverContext) -> DialogicBoard:
        """Open all devices.

        Raises:
            DriverError: the library refuses, is in use by this program, or there is no channel with a line.
            BoardLost: the boards are gone.
        """
        if vendor.taken:
            raise DriverError(f"{vendor.path} has one event queue, and this program has boards open with it already")
        vendor.taken = True
        board = cls(options, vendor, context)
        try:
            await board._open()
        except BaseException:
            await board.close()
            raise
        return board

    # -- opening ---------------------------------------------------------------------------------------------
    async def _ask(self, function: Callable[..., Any], *args: Any) -> Any:
        try:
            return await self.workers.call(function, *args)
        except VendorError as error:
            if error.code == c.Error.SYSTEM:
                raise BoardLost(f"{self.vendor.path}: {error}") from error
            raise DriverError(f"{self.vendor.path}: {error.function}: {error.text}", error.code) from error
        except CallHung as error:
            raise DriverError(f"{self.vendor.path}: {error}") from error

    async def _open(self) -> None:
        await self._ask(self.vendor.start)
        numbers = await self._numbers()
        found: list[Resource] = []
        for number in numbers:
            handle = await self._ask(self.vendor.open, f"dxxxB{number}")
            self._boards.append(handle)
            count = await self._ask(self.vendor.subdevices, handle)
            for place in range(1, count + 1):
                found.append(await self._open_channel(f"dxxxB{number}C{place}"))
        self._sort(found)
        if not self._channels:
            raise DriverError(f"{self.vendor.path}: {len(found)} channels, none of which has an analogue line")
        self._pump.start()
        for channel in self._channels:
            await self._prepare(channel)

    async def _numbers(self) -> Sequence[int]:
        """Of the boards to open.

        Raises:
            DriverError: there is none, or one that was asked for is not there.
        """
        try:
            count = await self._ask(self.vendor.board_count)
        except DriverError as error:
            if self._options.library != "simulated":
                raise
            hint = "start a simulator with `boardcore sim --serve SOCKET`, and name it in BOARDCORE_SIM_SOCKET"
            raise DriverError(f"no simulated boards: {error}; {hint}") from error
        for number in self._options.board_numbers:
            if number > count:
                raise DriverError(f"{self.vendor.path}: no board {number}, there are {count}")
        return self._options.board_numbers or range(1, count + 1)

    async def _open_channel(self, name: str) -> Resource:
        device = await self._ask(self.vendor.open, name)
        resource = Resource(self, name, device, -1, None)
        self._takers[device] = (resource, None)
        resource.slot = await self._ask(self.vendor.transmit_slot, device, False)
        try:
            resource.line_slot = resource.hears = await self._ask(self.vendor.transmit_slot, device, True)
        except DriverError as error:  # the vendor's way of saying that it has no line
            log.debug("%s has no line: %s", name, error)
        return resource

    def _sort(self, found: list[Resource]) -> None:
        bus = DialogicBus(self)
        for resource in found:
            if resource.line_slot is None:
                self._spares.append(resource)
            else:
                channel = DialogicChannel(self, len(self._channels), resource, bus)
                self._channels.append(channel)
                self._takers[resource.device] = (resource, channel)
        self._free = list(reversed(self._spares))
        self.capabilities = capabilities(self.vendor, len(self._spares))
        if not self.vendor.has("dx_blddt"):
            self.templates = tuple(one for one in self.templates if len(one.build_hz) == 1)

    async def _prepare(self, channel: DialogicChannel) -> None:
        vendor, resource = self.vendor, channel.resource
        await resource.call(vendor.set_parameter, c.DXCH_RINGCNT, 1)
        if Capability.CALLER_ID in self.capabilities:
            with contextlib.suppress(DriverError):  # a board without it says so; its calls then tell no caller
                await resource.call(vendor.set_parameter, c.DXCH_CALLID, 1)
        if Capability.DIAL in self.capabilities:
            for template in self.templates:
                await resource.call(vendor.add_tone, template.number, template.build_hz, template.off_hz)
        await resource.call(vendor.set_event_mask, int(_LINE_MASK))

    # -- events ----------------------------------------------------------------------------------------------
    def _take(self, event: VendorEvent) -> None:
        resource, channel = self._takers.get(event.device, (None, None))
        if resource is None or self.gone is not None:
            return
        if event.kind == c.Event.ERROR and event.error == c.Error.SYSTEM:
            self.spawn(self._suspect(resource, event), f"{resource.name} failed")
        elif event.kind in _ENDS or event.kind == c.Event.ERROR:
            resource.finish(event)
        elif channel is not None:
            channel.take(event)

    async def _suspect(self, resource: Resource, event: VendorEvent) -> None:
        """A system error ends a job, by its file perhaps, or all: a harmless call tells. It loses the board itself."""
        with contextlib.suppress(BoardcoreError):
            await resource.call(self.vendor.transmit_slot, False)
        if self.gone is None:
            resource.finish(event)

    def post(self, channel: int, event: PortEvent) -> None:
        if self.gone is None:
            self._context.post(channel, event)

    def failed(self, resource: Resource, why: str) -> None:
        """A resource is out of service."""
        _, channel = self._takers.get(resource.device, (None, None))
        if channel is not None:
            channel.lose()
            channel.post(LineFault(at_s=self.loop.time()))

    def lose(self, reason: str) -> None:
        """The boards are gone: everything ends, and that is the last that is heard of them."""
        if self.gone is not None:
            return
        self.post(-1, BoardGone(at_s=self.loop.time(), reason=reason))
        self.gone = reason
        for channel in self._channels:
            channel.lose()
        for spare in self._spares:
            spare.release()

    def catch_up(self) -> None:
        if self.gone is None and self._closing is None and self._channels:
            self._pump.catch_up(self._channels[0].resource.device)

    # -- the port --------------------------------------------------------------------------------------------
    @property
    def info(self) -> BoardInfo:
        count, spares = len(self._channels), len(self._spares)
        words = f"Dialogic voice boards, {count} lines, {spares} voice resources more"
        return BoardInfo(f"dialogic:?library={self._options.library}", words, count)

    @property
    def channels(self) -> Sequence[DialogicChannel]:
        return self._channels

    @property
    def country(self) -> Country:
        return self._options.profile

    @property
    def disconnect_tones(self) -> frozenset[str]:
        return self._options.disconnect_names

    @property
    def extras(self) -> Mapping[str, Any]:
        return {}

    def statistics(self) -> Mapping[str, int | float | str]:
        return {
            "jobs": sum(channel.media.open_jobs for channel in self._channels),
            "files": len(self.recordings),
            "spares": len(self._spares),
            "spares_free": len(self._free),
            "out_of_service": sum(r.fault is not None for r, _ in self._takers.values()),
            "hung_calls": self.workers.hung,
        }

    # -- voice resources without a line ----------------------------------------------------------------------
    def take_spare(self, slot: int | None = None) -> Resource | None:
        """One that is free, one that hears this timeslot already if there is one, or None."""
        free = self._free
        if free:
            place = next((i for i, spare in enumerate(free) if spare.hears == slot is not None), len(free) - 1)
            return free.pop(place)
        return None

    def give_back(self, spare: Resource) -> None:
        if spare.fault is None:
            self._free.append(spare)

    # -- the end ---------------------------------------------------------------------------------------------
    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run background work; `close` waits for it."""
        task = self.loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        if self._closing is None:
            self._closing = self.loop.create_task(self._close(), name="close dialogic")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for channel in self._channels:
            await channel.media.close()
        await asyncio.gather(*(channel.line.release() for channel in self._channels))
        while self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self.hang_limit_s)
        first = next(iter(self._takers), None)
        if self._pump.started:
            self._pump.end(first or 0)
            await self._pump.join()
        for device, _ in sorted(self._takers.items(), key=lambda row: row[1][0].fault is not None):
            await self._close_device(device)  # those that hang last: closing may cost a thread each
        for device in self._boards:
            await self._close_device(device)
        await self.workers.close()
        self.vendor.taken = False

    async def _close_device(self, device: int) -> None:
        try:
            await self.workers.call(self.vendor.close, device)
        except (VendorError, CallHung) as error:
            if self.gone is None:
                log.warning("%s", error)
        except BoardcoreError as error:  # pragma: no cover  # none is known
            log.warning("%s", error)
