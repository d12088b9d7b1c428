"""Subscribers of the simulated exchange as the conformance kit's `FarEnd`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from boardcore_simulators.client import RemoteSubscriber
    from boardcore_simulators.subscriber import Subscriber

__all__ = ["PhoneFarEnd", "SimFarEnd"]


class PhoneFarEnd:
    """What is the same wherever the telephone is: in this process or on a simulator server."""

    def __init__(self, phone: Subscriber | RemoteSubscriber) -> None:
        self._phone = phone

    @property
    def number(self) -> str:
        return self._phone.number

    async def call(self, number: str) -> None:
        await self._phone.dial(number)

    async def wait_connected(self, timeout_s: float = 10.0) -> None:
        await self._phone.wait_connected(timeout_s)

    async def wait_ring(self, timeout_s: float = 10.0) -> None:
        await self._phone.wait_ring(timeout_s)

    async def answer(self) -> None:
        await self._phone.answer()

    async def hang_up(self) -> None:
        await self._phone.hang_up()

    async def send_digits(self, digits: str, on_ms: float = 80.0, off_ms: float = 80.0) -> None:
        await self._phone.press(digits, on_ms, off_ms)

    async def speak(self, samples: npt.NDArray[np.int16]) -> None:
        await self._phone.speak(samples)

    def listen(self) -> None:
        self._phone.listen()

    def heard(self) -> npt.NDArray[np.int16]:
        return self._phone.heard()


class SimFarEnd(PhoneFarEnd):
    """A telephone on `board.exchange`.

    Args:
        board: the `boardcore.Board` of a `sim:` address.
        number: four digits; the line is laid at first use.
    """

    def __init__(self, board: Any, number: str) -> None:
        super().__init__(board.exchange.subscriber(number))
        self._board = board

    async def lose_board(self) -> None:
        await self._board.port.vanish()

    async def restore_board(self) -> None:
        """Nothing is to be done: the next board opened is a new one."""
