"""What a conformance check works with: board, telephones, expectations; and the list that checks are on."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from boardcore.errors import BoardcoreError
from boardcore.ports import EndReason, JobResult, JobSpec
from boardcore.testing import _hearing as hearing
from boardcore.testing.far_end import FarEnd, FarEndLacks

if TYPE_CHECKING:
    from boardcore.board import Board
    from boardcore.call import Call

__all__ = [
    "CHECKS",
    "Bench",
    "Check",
    "Clock",
    "Nonconformance",
    "Setup",
    "Talk",
    "check",
    "expect",
    "expect_near",
]

T = TypeVar("T")
ErrorT = TypeVar("ErrorT", bound=BaseException)
ResultT = TypeVar("ResultT", bound=JobResult)
SETTLE_S = 0.25  # audio under way arrives, a key let go of is noticed, a line comes to rest


class Nonconformance(AssertionError):
    """The driver does not do what the contract asks."""


class Clock(Protocol):
    """Runs a check: `VirtualClock`, `RealClock`."""

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on a loop of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """A board and what is at the other end of its lines.

    Attributes:
        open_board: Opens the board under test; once a check, and once more after it was lost.
        far_end: Makes the telephone number `index` (0, 1, ...) on the exchange that the board is connected to.
            May raise `FarEndLacks` for more than there are.
        clock: What time is.
        numbers: Directory numbers of the board's first channels; what the channels say themselves without it.
        nobody: A number that no one has.
        tolerance_s: How far the place that a result reports may be from what was heard.
        loss_db: What the lines between board and far end lose; levels may be 3 dB off that. An echo is not allowed
            for: a board that does not cancel it hears its own prompts.
        refuse_next: Makes the board refuse its next play, returns the vendor's code for that; None: it cannot be
            made to.
    """

    open_board: Callable[[], AbstractAsyncContextManager[Board]]
    far_end: Callable[[Board, int], FarEnd]
    clock: Clock
    numbers: Sequence[str] = ()
    nobody: str = "7999"
    tolerance_s: float = 0.06
    loss_db: float = 0.0
    refuse_next: Callable[[Board], int] | None = None


# ---- the list ----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the contract asks."""

    name: str
    asks: str
    body: Callable[[Bench], Awaitable[None]]

    def __str__(self) -> str:
        return self.name


CHECKS: list[Check] = []


def check(body: Callable[[Bench], Awaitable[None]]) -> Callable[[Bench], Awaitable[None]]:
    """Put a check on the list; its docstring is what the contract asks."""
    add_check(body.__name__, body.__doc__ or "", body)
    return body


def add_check(name: str, asks: str, body: Callable[[Bench], Awaitable[None]]) -> None:
    """Put one of a family on the list."""
    CHECKS.append(Check(name, " ".join(asks.split()), body))


# ---- expectations ------------------------------------------------------------------------------
def expect(holds: bool, what: str) -> None:
    """Raise Nonconformance, saying what was wanted and what came, unless it holds."""
    if not holds:
        raise Nonconformance(what)


def expect_near(got: float, wanted: float, tolerance: float, what: str) -> None:
    """Expect a figure."""
    expect(abs(got - wanted) <= tolerance, f"{what}: {got:.3f}, wanted {wanted:.3f} within {tolerance:.3f}")


def expect_reason(result: JobResult, wanted: EndReason) -> None:
    """Expect that a job ended for a reason."""
    expect(result.reason is wanted, f"the job ended with {result.reason.name}, wanted {wanted.name}: {result}")


@dataclass(slots=True)
class Raised(Generic[ErrorT]):
    """What was raised, once it was."""

    error: ErrorT | None = None

    def __call__(self) -> ErrorT:
        if self.error is None:
            raise Nonconformance("nothing was raised")
        return self.error


@contextmanager
def expect_raises(*kinds: type[ErrorT]) -> Generator[Raised[ErrorT]]:
    """Expect one of these errors; any other passes through."""
    raised: Raised[ErrorT] = Raised()
    try:
        yield raised
    except kinds as error:
        raised.error = error
    else:
        raise Nonconformance(f"wanted {' or '.join(kind.__name__ for kind in kinds)}, nothing was raised")


# ---- the bench ---------------------------------------------------------------------------------
async def let_pass(seconds: float = SETTLE_S) -> None:
    """Let the board's clock move on."""
    await asyncio.sleep(seconds)


@asynccontextmanager
async def begun(work: Coroutine[Any, Any, T]) -> AsyncGenerator[asyncio.Task[T]]:
    """Have something under way in the block; what is left of it at the end is cancelled."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@dataclass(frozen=True, slots=True)
class Talk:
    """A call, answered, and the telephone at its other end."""

    bench: Bench
    call: Call
    phone: FarEnd

    async def job(self, spec: JobSpec[ResultT]) -> ResultT:
        """Do a job on the channel's own port, beneath the facade."""
        return await (await self.call.channel.port.media.start(spec)).result()

    async def is_usable(self) -> None:
        """Expect that a prompt is heard and a digit is taken."""
        self.call.clear_digits()
        prompt = hearing.clip(0.4, 7)
        self.phone.listen()
        await self.call.play(prompt)
        await let_pass()
        expect(hearing.find(prompt, self.phone.heard()) is not None, "afterwards a prompt is not heard any more")
        async with begun(self.call.get_digits(1, first_timeout_s=5)) as digits:
            await let_pass(0.05)
            await self.phone.send_digits("7")
            expect(await digits == "7", f"afterwards digit 7 is taken as {digits.result()!r}")


class Bench:
    """A board, open, and its telephones."""

    def __init__(self, setup: Setup, board: Board, folder: Path) -> None:
        self.setup = setup
        self.board = board
        self.folder = folder
        self.tolerance_s = setup.tolerance_s
        self._phones: dict[int, FarEnd] = {}
        self._calls = board.calls()

    def phone(self, index: int = 0) -> FarEnd:
        """Get a telephone."""
        if index not in self._phones:
            self._phones[index] = self.setup.far_end(self.board, index)
        return self._phones[index]

    def number(self, channel: int = 0) -> str:
        """Tell the number of a channel."""
        if channel < len(self.setup.numbers):
            return self.setup.numbers[channel]
        if channel >= len(self.board.channels):
            raise FarEndLacks(f"a board with {channel + 1} channels")
        number = self.board.channels[channel].port.line.number
        if number is None:
            raise FarEndLacks(f"the number of channel {channel}: give `numbers`")
        return number

    async def ringing(self, phone: int = 0, channel: int = 0) -> Call:
        """Let a telephone call a channel; the call that comes in."""
        await self.phone(phone).call(self.number(channel))
        async with asyncio.timeout(20):
            return await self.next_call()

    async def next_call(self) -> Call:
        """Wait for an incoming call."""
        return await anext(self._calls)

    @asynccontextmanager
    async def talking(self, phone: int = 0, channel: int = 0) -> AsyncGenerator[Talk]:
        """Have a call answered in the block."""
        call = await self.ringing(phone, channel)
        try:
            await call.answer()
            await self.phone(phone).wait_connected()
            await let_pass(0.1)
            yield Talk(self, call, self.phone(phone))
        finally:
            await self.phone(phone).hang_up()
            with suppress(BoardcoreError):
                await call.hang_up()

    async def dialled(self, phone: int = 0) -> Call:
        """Let the board call a telephone, which answers."""
        async with begun(self.board.dial(self.phone(phone).number, timeout_s=30)) as dialling:
            await self.phone(phone).wait_ring()
            await self.phone(phone).answer()
            return await dialling

    async def is_usable(self) -> None:
        """Expect that the next call goes through."""
        async with self.talking() as talk:
            await talk.is_usable()

    async def put_down(self) -> None:
        """Hang all telephones up, and let the lines come to rest."""
        for phone in self._phones.values():
            await phone.hang_up()
        await let_pass(1.0)

    async def close(self) -> None:
        """Put everything down."""
        await self.put_down()
        if self.board.lost:
            await self.phone().restore_board()
