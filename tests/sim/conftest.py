"""A simulated board in virtual time, a telephone at its exchange, and a call between them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from boardcore import Board, Call, open_board
from boardcore_simulators import Subscriber

Up = Callable[..., AbstractAsyncContextManager[tuple[Board, Subscriber, Call]]]


async def take_call(board: Board, phone: Subscriber, number: str = "1001") -> Call:
    """The telephone dials the board; returns the call, ringing."""
    await phone.dial(number)
    async for call in board.calls():
        return call
    raise AssertionError("the board ended")


@asynccontextmanager
async def _up(
    address: str = "sim:analog?lines=2", number: str = "2001"
) -> AsyncGenerator[tuple[Board, Subscriber, Call]]:
    async with open_board(address) as board:
        phone = board.exchange.subscriber(number)
        call = await take_call(board, phone)
        await call.answer()
        yield board, phone, call


@pytest.fixture
def up() -> Up:
    """`async with up() as (board, phone, call)`: the telephone 2001 has called line 1001, which has answered."""
    return _up


@pytest.fixture
def ring() -> Callable[..., object]:
    """`call = await ring(board, phone)`: the telephone calls and the board's call is ringing."""
    return take_call
