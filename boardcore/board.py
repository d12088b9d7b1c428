"""A board: the lifetime of a device, its channels, and the calls on them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Set
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from boardcore._address import parse_options, split_address
from boardcore._drivers import find_driver
from boardcore._signals import on_signals
from boardcore.call import Call
from boardcore.channel import Channel, Stamp
from boardcore.conference import Conference
from boardcore.errors import (
    BoardClosed,
    BoardcoreError,
    BoardLost,
    CallClosed,
    CallEnded,
    CallFailed,
    Cause,
    NoIdleChannel,
    UnsupportedOperation,
)
from boardcore.machines.station import State
from boardcore.ports.capabilities import Capability
from boardcore.ports.contract import BoardPort, Driver
from boardcore.ports.events import BoardGone, PortEvent
from boardcore.ports.jobs import check_digits

__all__ = ["Board", "Opening", "open_board"]

log = logging.getLogger("boardcore.board")
RELEASE_MAX_S = 5.0  # close() waits no longer for lines that will not be released
Handler = Callable[[Call], Awaitable[object]]


def _over(error: BaseException) -> bool:
    """Is it only that the call is over, be it told by several tasks at once?"""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(_over(one) for one in group.exceptions)
    return isinstance(error, (CallEnded, CallClosed))


class _Context:
    """The board as its driver sees it. Events that come while it is being opened wait."""

    def __init__(self) -> None:
        self.board: Board | None = None
        self._early: list[tuple[int, PortEvent]] = []

    def post(self, channel: int, event: PortEvent) -> None:
        if self.board is None:
            self._early.append((channel, event))
        else:
            self.board.take(channel, event)

    def bind(self, board: Board) -> None:
        self.board = board
        for channel, event in self._early:
            board.take(channel, event)


class _Incoming:
    """Incoming calls. Cancelling a wait for one does not end the iteration."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> Call:
        return await self._board.next_call()


class Board:
    """An open board. An async context manager; `close()` ends all calls.

    Attributes:
        address: as it was opened.
        channels: its lines.
    """

    def __init__(self, address: str, port: BoardPort) -> None:
        self.address = address
        self.loop = asyncio.get_running_loop()
        self._port = port
        self._utc_at_zero = getattr(self.loop, "utc_at_zero", None) or (
            datetime.now(UTC) - timedelta(seconds=time.monotonic())
        )
        self._tick_zero_s = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._calls_made = 0
        self._waiting: deque[Call] = deque()  # offered and not yet taken
        self._offered = asyncio.Event()
        self._lost: str | None = None
        self._closer: asyncio.Task[None] | None = None
        self._closed = False
        self._drains: set[asyncio.Event] = set()
        self._rooms: set[Conference] = set()
        self.channels = tuple(Channel(self, i, p) for i, p in enumerate(port.channels))

    def __repr__(self) -> str:
        return f"<Board {self.address}, {len(self.channels)} channels>"

    def __getattr__(self, name: str) -> Any:
        """What the driver offers of its own: `board.exchange` of the simulator."""
        port: BoardPort | None = self.__dict__.get("_port")
        if port is not None and name in port.extras:
            return port.extras[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    async def __aenter__(self) -> Board:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def port(self) -> BoardPort:
        """The driver's `BoardPort`."""
        return self._port

    @property
    def lost(self) -> bool:
        """The board is gone."""
        return self._lost is not None

    # -- time -----------------------------------------------------------------------------------------------
    def stamp(self) -> Stamp:
        """Now, in loop time and in the board's ticks."""
        now = self.loop.time()
        return {"at_s": now, "tick": round((now - self._tick_zero_s) / 0.01)}

    def utc(self, at_s: float) -> datetime:
        """Wall-clock time of a moment of the loop's clock."""
        return self._utc_at_zero + timedelta(seconds=at_s)

    def catch_up(self) -> None:
        """Take in all that has already happened on the lines."""
        self._port.catch_up()

    # -- what the driver tells ------------------------------------------------------------------------------
    def take(self, channel: int, event: PortEvent) -> None:
        """An event of the driver, on a channel or (-1) the board."""
        if self._closed:
            return
        if event.tick:
            self._tick_zero_s = event.at_s - event.tick * 0.01
        if isinstance(event, BoardGone):
            self._lose(event.reason)
        elif channel >= 0 and self._lost is None:
            self.channels[channel].take(event)

    def _lose(self, reason: str) -> None:
        log.error("%s is lost: %s", self.address, reason)
        self._lost = reason
        for channel in self.channels:
            channel.lose()
        self._offered.set()

    def check_open(self) -> None:
        """Raise what is the matter if the board cannot be used."""
        if self._closer is not None:
            raise BoardClosed(f"{self.address} is closed")
        if self._lost is not None:
            raise BoardLost(f"{self.address} is lost: {self._lost}")

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run background work that ends with the board."""
        task = self.loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- calls ----------------------------------------------------------------------------------------------
    def new_call(self, channel: Channel, incoming: bool, caller: str | None, called: str | None) -> Call:
        """Begin a call: for the channel."""
        self._calls_made += 1
        call = Call(channel, self._calls_made, incoming, caller, called)
        if incoming:
            # Nobody may be taking calls: those that were given up are not kept.
            self._waiting = deque(c for c in self._waiting if c.state == "ringing")
            self._waiting.append(call)
            self._offered.set()
        return call

    def _idle_channel(self, number: str) -> Channel:
        # From the highest down, as incoming calls hunt from the lowest up: the two rarely meet on one line.
        able = [channel for channel in self.channels if Capability.DIAL in channel.capabilities]
        if not able:
            raise UnsupportedOperation(Capability.DIAL, self.address)
        for channel in reversed(able):
            if channel.idle and channel.number != number:
                return channel
        states = {c.state.name.lower().replace("_", " ") for c in self.channels}
        raise NoIdleChannel(f"no channel of {self.address} can dial {number!r}: they are {', '.join(sorted(states))}")

    async def dial(self, number: str, *, timeout_s: float = 60.0, channel: Channel | None = None) -> Call:
        """Place a call and wait until it is answered.

        Cancelling gives the call up and waits until its line is free.

        Args:
            number: digits to send, 0-9 * # A-D.
            timeout_s: to the answer, dialling included.
            channel: the line to use; else an idle one, the highest first.

        Raises:
            CallFailed: with the cause: BUSY, NO_ANSWER, CONGESTION, NO_DIAL_TONE, UNOBTAINABLE ...
            NoIdleChannel, ChannelUnavailable: no line to use.
            UnsupportedOperation: no channel of this board can place calls.
        """
        self.check_open()
        number = check_digits(number, "number")
        if not number:
            raise ValueError("number: nothing to dial")
        if not 0 < timeout_s <= 86400:
            raise ValueError(f"timeout_s must be more than 0 to 86400, not {timeout_s!r}")
        if channel is not None and channel.board is not self:
            raise ValueError(f"{channel!r} is not of {self!r}")
        call = (channel or self._idle_channel(number)).dial(number)
        try:
            async with asyncio.timeout(timeout_s):
                await call.wait_answered()
        except TimeoutError:
            await call.hang_up()
            raise CallFailed(number, Cause.NO_ANSWER) from None
        except BaseException as error:
            await call.hang_up()  # the line is told before this waits: a second cancelling changes nothing
            if isinstance(error, (CallFailed, CallClosed)):
                self.check_open()  # it failed because the board went
            raise
        return call

    def calls(self) -> AsyncIterator[Call]:
        """Incoming calls, ringing, each to one taker. One that was given up before it was taken is not shown.

        Raises:
            BoardLost, BoardClosed: no more will come.
        """
        return _Incoming(self)

    async def next_call(self) -> Call:
        """The next incoming call; raises as `calls` does."""
        while (call := self._take_call()) is None:
            await self._something_new()
        return call

    def _take_call(self) -> Call | None:
        self.check_open()
        while self._waiting:
            call = self._waiting.popleft()
            if call.state == "ringing":
                return call
        return None

    async def _something_new(self) -> None:
        self._offered.clear()
        await self._offered.wait()

    async def serve(
        self,
        handler: Handler,
        *,
        max_calls: int | None = None,
        drain_timeout_s: float = 300.0,
        drain_on: tuple[signal.Signals, ...] = (signal.SIGTERM,),
    ) -> None:
        """Give every incoming call to `handler`, each in a task of its own, until cancelled or told to drain.

        A handler that fails ends its own call only, and is logged. When it returns, its call is hung up. More calls
        than `max_calls` at a time are rejected as busy. On a signal of `drain_on` (in the main thread), or
        `stop_serving()`, no call is taken any more, those under way are let finish for `drain_timeout_s`, and serve
        returns. It also returns when this program closes the board.

        Raises:
            BoardLost: the board went; its calls have ended, and handlers were let finish as above.
        """
        if max_calls is not None and max_calls < 1:
            raise ValueError(f"max_calls must be at least 1, not {max_calls!r}")
        if not 0 <= drain_timeout_s <= 86400:
            raise ValueError(f"drain_timeout_s must be 0 to 86400, not {drain_timeout_s!r}")
        drain = asyncio.Event()
        running: set[asyncio.Task[None]] = set()
        self._drains.add(drain)
        try:
            with on_signals(drain_on, functools.partial(self._begin_drain, drain)):
                try:
                    await self._serve_until(drain, handler, max_calls, running)
                except BoardLost:
                    await self._let_finish(running, drain_timeout_s)
                    raise
                with contextlib.suppress(BoardLost, BoardClosed):
                    await self._drain(running, drain_timeout_s)
        finally:
            self._drains.discard(drain)
            await self._cancel(running)

    def stop_serving(self) -> None:
        """Let `serve` take no more calls, finish those under way, and return."""
        for drain in list(self._drains):
            self._begin_drain(drain)

    def _begin_drain(self, drain: asyncio.Event) -> None:
        drain.set()
        self._offered.set()

    async def _serve_until(
        self, drain: asyncio.Event, handler: Handler, max_calls: int | None, running: set[asyncio.Task[None]]
    ) -> None:
        while not drain.is_set() and self._closer is None:
            call = self._take_call()
            if call is None:
                await self._something_new()
            elif max_calls is not None and len(running) >= max_calls:
                self.spawn(self._turn_away(call), "reject")
            else:
                task = self.spawn(self._handle(call, handler), f"call {call.number}")
                running.add(task)
                task.add_done_callback(running.discard)

    async def _drain(self, running: set[asyncio.Task[None]], timeout_s: float) -> None:
        refusing = self.spawn(self._refuse_all(), "drain")
        await self._let_finish(running, timeout_s)
        while (call := self._take_call()) is not None:  # came with the end
            await self._turn_away(call)
        await self._cancel({refusing})

    async def _let_finish(self, tasks: set[asyncio.Task[None]], timeout_s: float) -> None:
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)

    async def _refuse_all(self) -> None:
        with contextlib.suppress(BoardLost, BoardClosed):
            while True:
                await self._turn_away(await self.next_call())

    async def _turn_away(self, call: Call) -> None:
        with contextlib.suppress(BoardcoreError):
            await call.reject(Cause.BUSY)

    async def _handle(self, call: Call, handler: Handler) -> None:
        try:
            await handler(call)
        except Exception as error:
            if _over(error):
                log.info("call %d: %s", call.number, error)
            else:
                log.exception("call %d: its handler failed", call.number)
        finally:
            await call.hang_up()

    async def _cancel(self, tasks: Set[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # -- switching ------------------------------------------------------------------------------------------
    def conference(self) -> Conference:
        """A room; an async context manager. It is closed with the board, if not before."""
        self.check_open()
        room = Conference(self._rooms.discard)
        self._rooms.add(room)
        return room

    # -- state ----------------------------------------------------------------------------------------------
    def statistics(self) -> dict[str, int | float | str]:
        """Counters: of the board's media, of its channels by state, of calls made."""
        found: dict[str, int | float | str] = dict(self._port.statistics()) if not self._closed else {}
        for state in State:
            found[f"channels_{state.name.lower()}"] = sum(c.state is state for c in self.channels)
        found["calls"] = self._calls_made
        found["ignored_line_events"] = sum(c.ignored for c in self.channels)
        return found

    async def close(self) -> None:
        """End all calls, release the lines, close the device. Harmless when it is closed.

        Cancelling does not stop it: another `close()` waits for the same end.
        """
        if self._closer is None:
            self._closer = self.loop.create_task(self._close(asyncio.current_task()), name=f"close {self.address}")
        await asyncio.shield(self._closer)

    async def _close(self, asker: asyncio.Task[Any] | None) -> None:
        try:
            self._offered.set()
            if self._lost is None:
                await self._hang_up_all()
            for room in list(self._rooms):
                await room.close()
            self._closed = True
            for channel in self.channels:
                channel.close()
            await self._cancel(self._tasks - {asker})
        finally:
            self._closed = True
            await self._port.close()

    async def _hang_up_all(self) -> None:
        ending = [self.spawn(c.call.hang_up(), "hang up") for c in self.channels if c.call is not None]
        if ending:
            await asyncio.wait(ending, timeout=RELEASE_MAX_S)
        if not all(task.done() for task in ending):
            log.warning("%s: not every line was released within %g s", self.address, RELEASE_MAX_S)


class Opening:
    """What `open_board` returns: `async with` it, or `await` it and close the board yourself."""

    def __init__(self, address: str, options: object | None, driver: Driver[Any] | None) -> None:
        self._address = address
        self._options = options
        self._driver = driver
        self._board: Board | None = None

    async def _open(self) -> Board:
        scheme, rest = split_address(self._address)
        driver = self._driver or find_driver(scheme)
        options = self._options
        if options is None:
            options = parse_options(self._address, rest, driver.options_type)
        elif not isinstance(options, driver.options_type):
            wanted = driver.options_type.__name__
            raise TypeError(f"driver {scheme!r} takes options of type {wanted}, not {type(options).__name__}")
        context = _Context()
        board = Board(self._address, await driver.open(options, context))
        context.bind(board)
        return board

    def __await__(self) -> Generator[Any, None, Board]:
        return self._open().__await__()

    async def __aenter__(self) -> Board:
        self._board = await self._open()
        return self._board

    async def __aexit__(self, *exc: object) -> None:
        if self._board is not None:
            await self._board.close()


def open_board(address: str, options: object | None = None, *, driver: Driver[Any] | None = None) -> Opening:
    """Open a board by its address.

    Args:
        address: `scheme:name?option=value&...`; the scheme names the driver, as `boardcore list` shows them.
        options: the driver's own options object in place of those of the address.
        driver: use this one, whatever is installed.

    Returns:
        An async context manager that gives the `Board`; it can also be awaited.

    Raises (when entered or awaited):
        AddressError: unknown driver, option or value.
        DriverError: the driver or device refused.
    """
    return Opening(address, options, driver)
