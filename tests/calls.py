"""A call to test on: a board, a telephone that has called it, the answered call."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import numpy as np
import numpy.typing as npt

import boardcore
from boardcore_simulators import Subscriber

Samples = npt.NDArray[np.int16]


def sine(seconds: float, freq_hz: float = 700.0, peak: int = 8000) -> Samples:
    wave: npt.NDArray[np.float64] = peak * np.sin(2 * np.pi * freq_hz / 8000 * np.arange(round(seconds * 8000)))
    return wave.astype(np.int16)


def phone_of(board: boardcore.Board, number: str = "2001") -> Subscriber:
    phone = board.exchange.subscriber(number)
    assert isinstance(phone, Subscriber)
    return phone


async def offered(board: boardcore.Board, number: str = "2001", called: str = "1001") -> boardcore.Call:
    """Somebody calls; the call, ringing."""
    phone = phone_of(board, number)
    phone.listen()
    await phone.dial(called)
    async for call in board.calls():
        return call
    raise AssertionError("no call came")


async def answered(board: boardcore.Board, number: str = "2001", called: str = "1001") -> boardcore.Call:
    call = await offered(board, number, called)
    await call.answer()
    return call


@contextlib.asynccontextmanager
async def a_call(
    address: str = "sim:analog?lines=4",
) -> AsyncGenerator[tuple[boardcore.Board, boardcore.Call, Subscriber]]:
    async with boardcore.open_board(address) as board:
        yield board, await answered(board), phone_of(board)
