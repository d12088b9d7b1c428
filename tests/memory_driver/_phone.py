"""A telephone at the memory board's exchange, driven by tests."""

from __future__ import annotations

import asyncio

import numpy as np

from boardcore import dsp
from memory_driver._audio import BLOCK, SILENCE, Block
from memory_driver._board import MemoryDriver
from memory_driver._office import Leg, Station

__all__ = ["MemoryFarEnd"]

DIAL_S = 0.1  # a digit


class MemoryFarEnd(Station):
    """The kit's `FarEnd`."""

    def __init__(self, driver: MemoryDriver, number: str) -> None:
        super().__init__(number)
        self.driver = driver
        self.office = driver.office
        self._to_say: Block = np.zeros(0, np.int16)
        self._said: asyncio.Future[None] | None = None
        self._heard: list[Block] = []
        self._ringing = asyncio.Event()
        self._connected = asyncio.Event()
        self.office.plug(self)

    async def call(self, number: str) -> None:
        self._connected.clear()
        self.office.hook(self, True)
        self.office.first_digit(self)
        await asyncio.sleep(DIAL_S * len(number))
        self.office.dial(self, number)

    async def wait_connected(self, timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            await self._connected.wait()

    async def wait_ring(self, timeout_s: float = 10.0) -> None:
        async with asyncio.timeout(timeout_s):
            await self._ringing.wait()

    async def answer(self) -> None:
        self.office.hook(self, True)

    async def hang_up(self) -> None:
        self.office.hook(self, False)
        self._to_say = self._to_say[:0]
        self._finish_saying()

    async def send_digits(self, digits: str, on_ms: float = 80.0, off_ms: float = 80.0) -> None:
        await self.speak(dsp.dtmf_tones(digits, on_ms=on_ms, off_ms=off_ms))

    async def speak(self, samples: Block) -> None:
        if self.leg is Leg.IDLE:
            raise RuntimeError(f"telephone {self.number} is on-hook: nobody hears it")
        self._to_say = np.concatenate([self._to_say, samples])
        self._said = self._said or asyncio.get_running_loop().create_future()
        await asyncio.shield(self._said)

    def listen(self) -> None:
        self._heard.clear()

    def heard(self) -> Block:
        return np.concatenate([SILENCE[:0], *self._heard])

    async def lose_board(self) -> None:
        self.driver.lose_board()

    async def restore_board(self) -> None:
        self.driver.restore_board()

    # ---- what the exchange tells -----------------------------------------------
    def ring(self, on: bool, caller: str | None) -> None:
        if on:
            self._ringing.set()
        elif self.leg is not Leg.RINGING:
            self._ringing.clear()

    def polarity(self, reversed_: bool) -> None:
        self._connected.set()

    def sends(self) -> Block:
        block, self._to_say = self._to_say[:BLOCK], self._to_say[BLOCK:]
        if not len(self._to_say):
            self._finish_saying()
        return np.concatenate([block, SILENCE[: BLOCK - len(block)]])

    def hears(self, block: Block) -> None:
        self._heard.append(block)

    def _finish_saying(self) -> None:
        if self._said and not self._said.done():
            self._said.set_result(None)
        self._said = None
