"""What a client of the role *board* asks, request by request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._chassis import Channel, Chassis
from boardcore_simulators.server._connection import Connection
from boardcore_simulators.server._jobs import CollectJob, DialJob, Job
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._sound_jobs import PlayJob, RecordJob, ToneJob
from boardcore_simulators.server._wire import Event, Kind, Message, Reason, Status

if TYPE_CHECKING:
    from boardcore_simulators.server._voice import Voice

__all__ = ["BoardSession"]

_DEVICES_MAX = 0xFFFF
_SAME_MOMENT = 5  # turns of the loop
_JOBS = (Kind.PLAY, Kind.RECORD, Kind.COLLECT, Kind.DIAL, Kind.TONE)
_SILENT = (Kind.STOP, Kind.DATA, Kind.CREDIT, Kind.FINISH)  # have no answer of their own


class Device:
    """An open device of a client: a channel, or with none a board."""

    def __init__(self, connection: Connection, number: int, channel: Channel | None) -> None:
        self._connection = connection
        self.number = number
        self.channel = channel
        self.ready = False  # between OPENED and CLOSE

    @property
    def paused(self) -> bool:
        return self._connection.paused

    def send(self, kind: Kind, ref: int, body: bytes, tick: int | None = None) -> None:
        self._connection.send(kind, self.number, ref, body, tick)

    def event(self, event: Event, tick: int, a: int, b: int, text: str) -> None:
        if self.ready:
            self.send(Kind.EVENT, 0, bodies.pack_event(event, a, b, text), tick)


class BoardSession:
    """One board client."""

    def __init__(self, connection: Connection, chassis: Chassis) -> None:
        self._connection = connection
        self._chassis = chassis
        self._devices: dict[int, Device] = {}
        self._latest = 0
        self._gone = False

    # -- any request --------------------------------------------------------------------------------------------
    def take(self, message: Message) -> None:
        kind = message.kind
        if self._chassis.faults.hangs(kind):
            return
        if kind is Kind.OPEN:
            self._open(message)
            return
        if kind is Kind.CONTROL:
            self._reply(message, Status.UNSUPPORTED, "CONTROL is for the role control")
            return
        device = self._devices.get(message.device)
        if device is None or not device.ready:
            self._refuse(message, Status.NO_DEVICE, f"device {message.device} is not open")
        elif kind is Kind.CLOSE:
            self._connection.spawn(self._close(device, message))
        elif device.channel is None:
            self._refuse(message, Status.UNSUPPORTED, "a board has no channel of its own")
        elif kind in _JOBS:
            self._start(device, device.channel.voice, message)
        else:
            _REQUESTS[kind](self, message, device, device.channel)

    def _reply(self, message: Message, status: Status, text: str = "") -> None:
        self._connection.send(Kind.REPLY, message.device, message.ref, bodies.pack_reply(status, text))

    def _refuse(self, message: Message, status: Status, text: str) -> None:
        if message.kind in _JOBS:
            ended = bodies.JobEnded(Reason.ERROR, status=status, digits=text)
            self._connection.send(Kind.JOB_ENDED, message.device, message.ref, ended.pack())
        elif message.kind not in _SILENT:
            self._reply(message, status, text)

    # -- devices ------------------------------------------------------------------------------------------------
    def _open(self, message: Message) -> None:
        name = bodies.text_of(message.body, "name in OPEN")
        found = self._chassis.find(name)
        if found is None:
            self._reply(message, Status.NO_DEVICE, f"there is no device {name!r}")
        elif len(self._devices) >= _DEVICES_MAX:
            self._reply(message, Status.FAILED, f"{_DEVICES_MAX} devices are open")
        elif isinstance(found, Channel):
            self._connection.spawn(self._open_channel(found, message))
        else:
            self._tell_opened(self._new_device(None), found, message)

    def _new_device(self, channel: Channel | None) -> Device:
        self._latest = self._latest % _DEVICES_MAX + 1
        while self._latest in self._devices:
            self._latest = self._latest % _DEVICES_MAX + 1
        device = self._devices[self._latest] = Device(self._connection, self._latest, channel)
        return device

    async def _open_channel(self, channel: Channel, message: Message) -> None:
        for _ in range(_SAME_MOMENT):  # who had it may have died: the news is in the same batch as this request
            if channel.holder is None:
                break
            await asyncio.sleep(0)
        if channel.holder is not None:
            self._reply(message, Status.IN_USE, f"{channel.name} is open already")
            return
        if self._gone:
            return
        device = channel.holder = self._new_device(channel)
        await channel.settled()
        self._tell_opened(device, channel.opened(), message)

    def _tell_opened(self, device: Device, opened: bodies.Opened, message: Message) -> None:
        device.send(Kind.OPENED, message.ref, opened.pack())
        device.ready = True

    async def _close(self, device: Device, message: Message) -> None:
        device.ready = False
        channel = device.channel
        if channel is not None:
            if channel.voice.job is not None:
                channel.voice.job.abandon()
            await channel.voice.settled()
            if channel.holder is device:
                channel.voice.unwatch_tones()
                channel.holder = None
        self._devices.pop(device.number, None)
        self._reply(message, Status.OK)

    def room(self) -> None:
        """The client reads again: recordings go on."""
        for device in self._devices.values():
            if device.channel is not None and device.channel.voice.job is not None:
                device.channel.voice.job.room()

    def closed(self) -> None:
        """The client is gone: all that it had open is free."""
        self._gone = True
        for device in self._devices.values():
            if device.channel is not None and device.channel.holder is device:
                device.channel.release()
        self._devices.clear()

    # -- jobs ---------------------------------------------------------------------------------------------------
    def _start(self, device: Device, voice: Voice, message: Message) -> None:
        refused = self._chassis.faults.refusal() if message.kind is Kind.PLAY else None
        if refused is not None:
            self._refuse(message, Status.REFUSED, str(refused))
            return
        if voice.job is not None:
            self._refuse(message, Status.BUSY, "the voice resource has a job")
            return
        try:
            job = _MAKE[message.kind](voice, device, message)
            voice.check(job.rules)
        except ValueError as error:
            self._refuse(message, Status.BAD_VALUE, str(error))
            return
        voice.start(job)

    def _job(self, device: Device, message: Message) -> Job | None:
        """The one that a message means; None if it has ended."""
        job = device.channel.voice.job if device.channel else None
        return job if job is not None and job.owner is device and job.ref == message.ref else None

    def _stop(self, message: Message, device: Device, channel: Channel) -> None:
        if job := self._job(device, message):
            job.stop()

    def _data(self, message: Message, device: Device, channel: Channel) -> None:
        if job := self._job(device, message):
            job.data(message.body)

    def _finish(self, message: Message, device: Device, channel: Channel) -> None:
        if job := self._job(device, message):
            job.finish()

    def _credit(self, message: Message, device: Device, channel: Channel) -> None:
        if job := self._job(device, message):
            job.credit(bodies.credit_of(message.body))

    # -- everything else ----------------------------------------------------------------------------------------
    def _hook(self, message: Message, device: Device, channel: Channel) -> None:
        async def do() -> None:
            assert channel.line is not None
            await channel.line.hook(bodies.hook_of(message.body))
            self._reply(message, Status.OK)

        if channel.line is None:
            self._reply(message, Status.NO_LINE, f"{channel.name} has no line")
        else:
            self._connection.spawn(do())

    def _route(self, message: Message, device: Device, channel: Channel) -> None:
        of_line, timeslot = bodies.route_of(message.body)
        if of_line and channel.line is None:
            self._reply(message, Status.NO_LINE, f"{channel.name} has no line")
            return
        try:
            (channel.line_hears if of_line else channel.voice_hears)(timeslot)
        except ValueError as error:
            self._reply(message, Status.BAD_VALUE, str(error))
        else:
            self._reply(message, Status.OK)

    def _clear_digits(self, message: Message, device: Device, channel: Channel) -> None:
        async def do() -> None:
            await channel.voice.digits.clear()
            self._reply(message, Status.OK)

        self._connection.spawn(do())

    def _query(self, message: Message, device: Device, channel: Channel) -> None:
        device.send(Kind.STATE, message.ref, bodies.pack_state(len(channel.voice.digits), channel.state()))

    def _tone_watch(self, message: Message, device: Device, channel: Channel) -> None:
        try:
            channel.voice.watch_tone(bodies.ToneWatch.parse(message.body))
        except NotImplementedError as error:
            self._reply(message, Status.UNSUPPORTED, str(error))
        except ValueError as error:
            self._reply(message, Status.BAD_VALUE, str(error))
        else:
            self._reply(message, Status.OK)


_REQUESTS: Mapping[Kind, Callable[[BoardSession, Message, Device, Channel], None]] = {
    Kind.HOOK: BoardSession._hook,  # pyright: ignore[reportPrivateUsage]
    Kind.ROUTE: BoardSession._route,  # pyright: ignore[reportPrivateUsage]
    Kind.CLEAR_DIGITS: BoardSession._clear_digits,  # pyright: ignore[reportPrivateUsage]
    Kind.QUERY: BoardSession._query,  # pyright: ignore[reportPrivateUsage]
    Kind.TONE_WATCH: BoardSession._tone_watch,  # pyright: ignore[reportPrivateUsage]
    Kind.STOP: BoardSession._stop,  # pyright: ignore[reportPrivateUsage]
    Kind.DATA: BoardSession._data,  # pyright: ignore[reportPrivateUsage]
    Kind.CREDIT: BoardSession._credit,  # pyright: ignore[reportPrivateUsage]
    Kind.FINISH: BoardSession._finish,  # pyright: ignore[reportPrivateUsage]
}
_MAKE: Mapping[Kind, Callable[[Voice, Device, Message], Job]] = {
    Kind.PLAY: lambda voice, device, m: PlayJob(voice, device, m.ref, bodies.Play.parse(m.body)),
    Kind.RECORD: lambda voice, device, m: RecordJob(voice, device, m.ref, bodies.Record.parse(m.body)),
    Kind.COLLECT: lambda voice, device, m: CollectJob(voice, device, m.ref, Rules.parse(m.body)),
    Kind.DIAL: lambda voice, device, m: DialJob(voice, device, m.ref, bodies.Dial.parse(m.body)),
    Kind.TONE: lambda voice, device, m: ToneJob(voice, device, m.ref, bodies.Tone.parse(m.body)),
}
