"""What a client of the role *control* asks: telephones at the other end of the lines, and faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from boardcore.errors import BoardcoreError
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._connection import Connection
from boardcore_simulators.server._wire import REQUESTS, Kind, Message, Status

if TYPE_CHECKING:
    from boardcore_simulators.server._premises import Premises
    from boardcore_simulators.subscriber import Subscriber

__all__ = ["ControlSession"]

PHONES_MAX = 1024
PUSH_S = 0.02  # what a telephone hears is pushed that often
SPEECH_MAX_BYTES = 16000 * 600  # of one speak in parts
KEPT_S = 600.0  # of what is heard and not fetched
CHANNELS_PER_RESULT = 1000
Value = dict[str, Any]
Work = Coroutine[Any, Any, None]  # answered when it is done; an operation without has seen to its answer itself


# ---- members of a request -------------------------------------------------------------------------------------
def _text(value: Value, name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise ValueError(f"{name} must be a string, not {found!r}")  # noqa: TRY004  # a value from the wire
    return found


def _figure(value: Value, name: str, default: float | None, high: float) -> float:
    found: Any = value.get(name, default)
    number = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not number or not 0 <= found <= high:
        raise ValueError(f"{name} must be a number from 0 to {high:g}, not {found!r}")
    return float(found)


def _flag(value: Value, name: str) -> bool:
    found = value.get(name, False)
    if not isinstance(found, bool):
        raise ValueError(f"{name} must be true or false, not {found!r}")  # noqa: TRY004
    return found


class _Push:
    """Sends what a telephone hears as it comes, until it is stopped."""

    def __init__(self, session: ControlSession, ref: int, phone: Subscriber) -> None:
        self._session, self._ref, self._phone = session, ref, phone
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(PUSH_S, self._again)
        self._rest = b""  # taken and not sent yet

    def _again(self) -> None:
        self.give()
        self._timer = self._loop.call_later(PUSH_S, self._again)

    def give(self) -> None:
        """What came since the last time, as long as the client reads."""
        while not self._session.paused:
            self._rest = self._rest or self._phone.take_heard().astype("<i2").tobytes()
            if not self._rest:
                return
            piece, self._rest = self._rest[: bodies.AUDIO_BYTES], self._rest[bodies.AUDIO_BYTES :]
            self._session.result(self._ref, audio=piece, more=True)

    def stop(self) -> None:
        self._timer.cancel()
        self._session.result(self._ref)


class ControlSession:
    """One control client. Each request is a task of its own, so that waiting blocks nothing."""

    def __init__(self, connection: Connection, premises: Premises) -> None:
        self._connection = connection
        self._premises = premises
        self._tasks: set[asyncio.Task[None]] = set()
        self._pushes: dict[str, _Push] = {}
        self._speech: dict[str, bytearray] = {}

    def take(self, message: Message) -> None:
        if message.kind is not Kind.CONTROL:
            text = f"{message.kind.name} is for the role board"
            self._connection.send(Kind.REPLY, ref=message.ref, body=bodies.pack_reply(Status.UNSUPPORTED, text))
            return
        try:
            value, audio = bodies.json_of(message.body)
            work = _operation(_text(value, "op"))(self, message.ref, value, audio)
        except ValueError as error:
            self._fail(message.ref, Status.BAD_VALUE, str(error))
            return
        except BoardcoreError as error:
            self._fail(message.ref, Status.FAILED, f"{type(error).__name__}: {error}")
            return
        if work is not None:
            task = self._connection.spawn(self._answer(message.ref, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, ref: int, work: Work) -> None:
        try:
            await work
        except TimeoutError as error:
            self._fail(ref, Status.FAILED, f"TimeoutError: {error}")
        except (ValueError, TypeError) as error:
            self._fail(ref, Status.BAD_VALUE, str(error))
        except BoardcoreError as error:
            self._fail(ref, Status.FAILED, f"{type(error).__name__}: {error}")
        else:
            self.result(ref)

    def result(self, ref: int, value: Value | None = None, audio: bytes | None = None, more: bool = False) -> None:
        body = bodies.pack_result(Status.OK, more, value or {}, audio)
        self._connection.send(Kind.RESULT, ref=ref, body=body)

    def _fail(self, ref: int, status: Status, text: str) -> None:
        error = {"error": text[: bodies.MAX_TEXT]}
        self._connection.send(Kind.RESULT, ref=ref, body=bodies.pack_result(status, False, error))

    def room(self) -> None:
        """Pushes look for themselves."""

    def closed(self) -> None:
        """The client is gone: its telephones hang up."""
        for task in self._tasks:
            task.cancel()
        for number in list(self._pushes):
            self.stop_push(number)
        self._speech.clear()
        self._premises.abandon_phones(self)

    # -- telephones ---------------------------------------------------------------------------------------------
    def _phone(self, value: Value) -> Subscriber:
        return self._premises.phone(_text(value, "number"), self)

    def lay(self, ref: int, value: Value, audio: bytes) -> None:
        self._phone(value)
        self.result(ref)

    def off_hook(self, ref: int, value: Value, audio: bytes) -> Work:
        return self._phone(value).off_hook()

    def hang_up(self, ref: int, value: Value, audio: bytes) -> Work:
        return self._phone(value).hang_up()

    def dial(self, ref: int, value: Value, audio: bytes) -> Work:
        digits = _text(value, "digits")
        return self._phone(value).dial(digits)

    def press(self, ref: int, value: Value, audio: bytes) -> Work:
        digits = _text(value, "digits")
        on_ms, off_ms = (_figure(value, name, 80.0, 10000) for name in ("on_ms", "off_ms"))
        phone = self._phone(value)

        async def do() -> None:
            await phone.press(digits, on_ms, off_ms)

        return do()

    def wait_ring(self, ref: int, value: Value, audio: bytes) -> Work:
        timeout_s = _figure(value, "timeout_s", 30.0, 86400)
        return self._phone(value).wait_ring(timeout_s)

    def wait_connected(self, ref: int, value: Value, audio: bytes) -> Work:
        timeout_s = _figure(value, "timeout_s", 60.0, 86400)
        return self._phone(value).wait_connected(timeout_s)

    def wait_cleared(self, ref: int, value: Value, audio: bytes) -> Work:
        timeout_s = _figure(value, "timeout_s", 60.0, 86400)
        return self._phone(value).wait_cleared(timeout_s)

    def speak(self, ref: int, value: Value, audio: bytes) -> Work | None:
        phone, more = self._phone(value), _flag(value, "more")
        if len(audio) % 2:
            raise ValueError(f"{len(audio)} bytes of audio came, wanted whole samples of 2 bytes")
        words = self._speech.setdefault(phone.number, bytearray())
        words += audio
        if len(words) > SPEECH_MAX_BYTES:
            del self._speech[phone.number]
            raise ValueError(f"{len(words)} bytes to speak came, at most {SPEECH_MAX_BYTES} are taken")
        if more:
            self.result(ref)
            return None
        samples = np.frombuffer(bytes(self._speech.pop(phone.number)), dtype="<i2").astype(np.int16)

        async def do() -> None:
            await phone.speak(samples)

        return do()

    # -- what they hear -----------------------------------------------------------------------------------------
    @property
    def paused(self) -> bool:
        """The client does not read."""
        return self._connection.paused

    def listen(self, ref: int, value: Value, audio: bytes) -> None:
        phone, push = self._phone(value), _flag(value, "push")
        self.stop_push(phone.number)
        phone.keep_s = KEPT_S
        phone.listen()
        if push:
            self._pushes[phone.number] = _Push(self, ref, phone)
        else:
            self.result(ref)

    def stop_push(self, number: str) -> None:
        """Another listens, or nobody."""
        if push := self._pushes.pop(number, None):
            push.stop()

    def heard(self, ref: int, value: Value, audio: bytes) -> Work | None:
        phone = self._phone(value)
        if push := self._pushes.get(phone.number):
            push.give()
            self.result(ref, audio=b"")
            return None
        return self._send_heard(ref, phone.heard().astype("<i2").tobytes())

    async def _send_heard(self, ref: int, sound: bytes) -> None:
        for at in range(0, len(sound), bodies.AUDIO_BYTES):
            await self._connection.room()
            self.result(ref, audio=sound[at : at + bodies.AUDIO_BYTES], more=True)

    def digits_heard(self, ref: int, value: Value, audio: bytes) -> None:
        self.result(ref, {"digits": self._phone(value).digits_heard})

    # -- faults -------------------------------------------------------------------------------------------------
    def cut(self, ref: int, value: Value, audio: bytes) -> None:
        self._premises.cut(_text(value, "number"), _flag(value, "on"))
        self.result(ref)

    def refuse_next(self, ref: int, value: Value, audio: bytes) -> None:
        code = _figure(value, "vendor_code", None, 0xFFFFFFFF)
        self._premises.chassis.faults.refuse_play = int(code)
        self.result(ref)

    def hang_next(self, ref: int, value: Value, audio: bytes) -> None:
        name = _text(value, "request")
        if name not in _HANGING:
            raise ValueError(f"request must be one of {', '.join(_HANGING)}, not {name!r}")
        self._premises.chassis.faults.hang = Kind[name]
        self.result(ref)

    def lose_boards(self, ref: int, value: Value, audio: bytes) -> None:
        self._premises.lose_boards()
        self.result(ref)

    def restore_boards(self, ref: int, value: Value, audio: bytes) -> None:
        self._premises.chassis.faults.boards_lost = False
        self.result(ref)

    def info(self, ref: int, value: Value, audio: bytes) -> None:
        found = self._premises.info()
        boards: list[Value] = found.pop("boards")
        for board in boards:  # one that is too large for a message comes in parts
            channels: list[Value] = board["channels"]
            for at in range(0, len(channels), CHANNELS_PER_RESULT):
                part = {"name": board["name"], "channels": channels[at : at + CHANNELS_PER_RESULT]}
                self.result(ref, {"boards": [part]}, more=True)
        self.result(ref, found)




def _operation(name: str) -> Callable[[ControlSession, int, Value, bytes], Work | None]:
    if name not in _OPS:
        raise ValueError(f"op must be one of {', '.join(_OPS)}, not {name!r}")
    return _OPS[name]


_HANGING = [Kind(kind).name for kind in REQUESTS if kind not in (Kind.HELLO, Kind.CONTROL)]
_OPS: Mapping[str, Callable[[ControlSession, int, Value, bytes], Work | None]] = {
    "info": ControlSession.info,
    "phone": ControlSession.lay,
    "off_hook": ControlSession.off_hook,
    "answer": ControlSession.off_hook,
    "hang_up": ControlSession.hang_up,
    "dial": ControlSession.dial,
    "press": ControlSession.press,
    "wait_ring": ControlSession.wait_ring,
    "wait_connected": ControlSession.wait_connected,
    "wait_cleared": ControlSession.wait_cleared,
    "speak": ControlSession.speak,
    "listen": ControlSession.listen,
    "heard": ControlSession.heard,
    "digits_heard": ControlSession.digits_heard,
    "cut": ControlSession.cut,
    "refuse_next": ControlSession.refuse_next,
    "hang_next": ControlSession.hang_next,
    "lose_boards": ControlSession.lose_boards,
    "restore_boards": ControlSession.restore_boards,
}
