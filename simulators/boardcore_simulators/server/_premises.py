"""All that is simulated: the engine, the exchange, the boards, the telephones, and who uses which of them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boardcore.media.engine import Engine
from boardcore.tones import Country, country
from boardcore_simulators.exchange import Exchange
from boardcore_simulators.line import LineQuality
from boardcore_simulators.plan import Plan
from boardcore_simulators.server._board_session import BoardSession
from boardcore_simulators.server._bodies import Hello, pack_welcome
from boardcore_simulators.server._chassis import Channel, Chassis
from boardcore_simulators.server._connection import Connection, Session
from boardcore_simulators.server._control_session import PHONES_MAX, ControlSession
from boardcore_simulators.server._wire import VERSION, Role

if TYPE_CHECKING:
    from boardcore_simulators.subscriber import Subscriber

__all__ = ["Installation", "Premises"]

LINES_MAX = 2000
SPARES_MAX = 8000
TEST_NUMBERS = 9000  # from there on


@dataclass(frozen=True, slots=True)
class Installation:
    """What is to be simulated.

    Attributes:
        lines: Channels of board dxxxB1, each with an analogue line.
        spares: Voice resources of board dxxxB2; twice the lines if None.
        first_number: Of the first line.
        pace: How much faster than the wall clock the loop's time goes; told to clients.
        seed: Of the lines' noise.
        quality: Of the lines and of the telephones'.
        country: Whose tones the exchange sends and the boards watch for, by code or name.
        clearing: How the exchange tells that the far end has hung up: `loop` or `tone`.

    Raises:
        ValueError: one of them is out of its range.
    """

    lines: int = 4
    spares: int | None = None
    first_number: str = "1001"
    pace: float = 1.0
    seed: int = 1
    quality: LineQuality = field(default_factory=LineQuality)
    country: str = "CN"
    clearing: str = "loop"

    def __post_init__(self) -> None:
        if not 1 <= self.lines <= LINES_MAX:
            raise ValueError(f"lines must be 1 to {LINES_MAX}, not {self.lines}")
        if self.spares is not None and not 0 <= self.spares <= SPARES_MAX:
            raise ValueError(f"spares must be 0 to {SPARES_MAX}, not {self.spares}")
        if not (len(self.first_number) == 4 and self.first_number.isascii() and self.first_number.isdigit()):
            raise ValueError(f"first_number must be 4 digits, not {self.first_number!r}")
        if int(self.first_number) + self.lines > TEST_NUMBERS:
            raise ValueError(
                f"{self.lines} lines from {self.first_number} on run into the test numbers from {TEST_NUMBERS} on"
            )
        if not (math.isfinite(self.pace) and 0.1 <= self.pace <= 100):
            raise ValueError(f"pace must be 0.1 to 100, not {self.pace!r}")
        _ = self.plan  # its own checks

    @property
    def profile(self) -> Country:
        """Raises UnknownCountry."""
        return country(self.country)

    @property
    def plan(self) -> Plan:
        """Of the exchange."""
        return Plan.of(self.profile).signalling(self.clearing, "reversal")

    @property
    def resources(self) -> int:
        """Voice resources of the second board."""
        return 2 * self.lines if self.spares is None else self.spares


class Premises:
    """Made on the loop that it is to run on."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        lines, spares = installation.lines, installation.resources
        self.engine = Engine.acquire(max_ports=3 * lines + spares + 2 * PHONES_MAX)
        self.exchange = Exchange(self.engine, installation.plan, installation.quality, installation.seed)
        first, profile = int(installation.first_number), installation.profile
        self.chassis = Chassis(self.engine, self.exchange, lines, spares, first, profile)
        self._users: dict[str, ControlSession] = {}  # of telephones, by number: the latest
        self._connections: set[Connection] = set()
        self._boards: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thrown_out = 0

    # -- clients ------------------------------------------------------------------------------------------------
    def tick(self) -> int:
        return self.engine.tick

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.engine.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def welcome(self, connection: Connection, hello: Hello) -> tuple[Session, bytes] | None:
        body = pack_welcome(VERSION, self.chassis.boards)
        if hello.role is Role.CONTROL:
            return ControlSession(connection, self), body
        if self.chassis.faults.boards_lost:
            return None
        self._boards.add(connection)
        return BoardSession(connection, self.chassis), body

    def joined(self, connection: Connection) -> None:
        self._connections.add(connection)

    def left(self, connection: Connection, thrown_out: bool) -> None:
        self._connections.discard(connection)
        self._boards.discard(connection)
        self._thrown_out += thrown_out

    def lose_boards(self) -> None:
        """As if all boards were pulled: their clients are cut off, and none is taken until they are restored."""
        self.chassis.faults.boards_lost = True
        for connection in list(self._boards):
            connection.throw_out("the boards are lost, as a test asked")

    # -- telephones ---------------------------------------------------------------------------------------------
    def phone(self, number: str, user: ControlSession) -> Subscriber:
        """The telephone at a number, laid at first use; from now on it is this client's.

        Raises:
            ValueError: the number cannot be one, or there are too many telephones.
        """
        if number not in self._users and len(self._users) >= PHONES_MAX:
            raise ValueError(f"{PHONES_MAX} telephones are laid already")
        found = self.exchange.subscriber(number)
        before = self._users.get(number)
        if before is not None and before is not user:
            before.stop_push(number)
        self._users[number] = user
        return found

    def abandon_phones(self, user: ControlSession) -> None:
        """Their user is gone: they are put down."""
        for number, latest in self._users.items():
            if latest is user:
                self.spawn(self._put_down(self.exchange.subscriber(number), user))

    async def _put_down(self, phone: Subscriber, user: ControlSession) -> None:
        await phone.hang_up()
        await phone.stop_listening()
        if self._users[phone.number] is user:  # else another listens already
            phone.take_heard()

    def cut(self, number: str, on: bool) -> None:
        """Cut or mend a wire.

        Raises:
            ValueError: there is no line with that number.
        """
        circuit = self.exchange.circuits.get(number)
        if circuit is None:
            raise ValueError(f"number {number!r} has no line")
        circuit.line.cut(on)

    # -- what there is ------------------------------------------------------------------------------------------
    def info(self) -> dict[str, Any]:
        statistics = self.engine.statistics()
        statistics |= {"clients": len(self._connections), "clients_thrown_out": self._thrown_out}
        return {
            "pace": self.installation.pace,
            "tick": self.engine.tick,
            "boards": [
                {"name": board.name, "channels": [self._row(c) for c in self.chassis.channels if c.board == place]}
                for place, board in enumerate(self.chassis.boards, start=1)
            ],
            "statistics": statistics,
        }

    def _row(self, channel: Channel) -> dict[str, str | None]:
        return {"name": channel.name, "number": channel.line.wires.number if channel.line else None}

    # -- the end ------------------------------------------------------------------------------------------------
    async def close(self) -> None:
        """Throw all clients out, end everything, give the engine back."""
        for connection in list(self._connections):
            connection.close()
        while self._connections or self._tasks:
            await (asyncio.wait(self._tasks) if self._tasks else asyncio.sleep(0))
        await self.chassis.close()
        await self.exchange.close()
        self.engine.release()
