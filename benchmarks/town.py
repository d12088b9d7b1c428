"""Busy lines: callers of a simulated town ring a board that has a menu and takes messages.

Traffic is Poisson arrivals of calls with exponential lengths (the model behind Erlang's formulas), drawn from one seed
and held to their means, so that the load of a short run is that of a long one: arrivals at random in the time, as many
as the mean; lengths scaled to the mean. A caller who finds every line busy is lost, as Erlang B has it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boardcore
from benchmarks.rig import RATE_HZ, voice
from boardcore.prompts import prompt_path
from boardcore_simulators.exchange import CircuitState

__all__ = ["Town", "Traffic"]

PHONES = 45  # more than ever call at a time: 18 erlang are offered


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is offered to the lines."""

    lines: int = 30
    erlang_a_line: float = 0.6
    mean_call_s: float = 90.0
    seed: int = 1
    line_model: str = "loss_db=3&noise_dbm0=-60&echo_db=20&echo_delay_ms=6"

    @property
    def address(self) -> str:
        return f"sim:analog?lines={self.lines}&seed={self.seed}&{self.line_model}"

    @property
    def calls_a_second(self) -> float:
        return self.lines * self.erlang_a_line / self.mean_call_s


@dataclass(slots=True)
class Counts:
    """What came of it."""

    calls: int = 0
    lost: int = 0
    talked_s: float = 0.0
    menus: int = 0
    keys_right: int = 0
    messages: int = 0
    failures: list[str] = field(default_factory=list[str])


class Town:
    """The callers, and the program that they call."""

    def __init__(self, board: boardcore.Board, traffic: Traffic, folder: Path) -> None:
        self.board = board
        self.traffic = traffic
        self.folder = folder
        self.counts = Counts()
        self._random = random.Random(traffic.seed)
        self._phones: list[Any] = [board.exchange.subscriber(f"{2001 + i}") for i in range(PHONES)]
        self._seized: set[str] = set()

    # -- the program ----------------------------------------------------------------------------------------
    async def handler(self, call: boardcore.Call) -> None:
        """Greet, then a menu: 1 leaves a message, anything else is read back. Until the caller has had enough."""
        await call.answer()
        await call.play(prompt_path("welcome"), stop_on="0123456789*#")
        while True:
            self.counts.menus += 1
            await call.play(prompt_path("main_menu"), stop_on="0123456789*#", keep_digit=True)
            digits = await call.get_digits(4, terminators="#", first_timeout_s=5, inter_digit_timeout_s=2)
            if digits == "1":
                await self._message(call)
            elif digits:
                self.counts.keys_right += digits == "2468"
                await call.play([prompt_path(f"digit_{d}") for d in digits if d.isdigit()])
            else:
                await call.play(prompt_path("no_input"))

    async def _message(self, call: boardcore.Call) -> None:
        await call.play(prompt_path("leave_message"))
        path = self.folder / f"{call.number}.wav"
        try:
            await call.record(path, max_s=30, silence_s=3, stop_on="#", beep=True, encoding="alaw")
            self.counts.messages += 1
        finally:
            path.unlink(missing_ok=True)  # taken to where messages go
        await call.play(prompt_path("message_saved"))

    # -- the callers ----------------------------------------------------------------------------------------
    async def run(self, seconds: float) -> Counts:
        """Offer traffic for so long, then let the calls under way end."""
        loop = asyncio.get_running_loop()
        serving = asyncio.create_task(self.board.serve(self.handler))
        callers: list[asyncio.Task[None]] = []
        began_s = loop.time()
        for at_s, length_s in self._offered(seconds):
            await asyncio.sleep(max(0.0, began_s + at_s - loop.time()))
            callers = [c for c in callers if not c.done() or c.result()]  # `result` raises what a caller raised
            callers.append(asyncio.create_task(self._call(length_s)))
        await asyncio.gather(*callers)
        self.board.stop_serving()
        await serving
        return self.counts

    def _offered(self, seconds: float) -> list[tuple[float, float]]:
        """Arrivals and lengths of the calls, in seconds."""
        count = round(self.traffic.calls_a_second * seconds)
        lengths = [self._random.expovariate(1.0) for _ in range(count)]
        scale = self.traffic.mean_call_s * count / sum(lengths)
        arrivals = sorted(self._random.uniform(0, seconds) for _ in range(count))
        return [(at_s, length * scale) for at_s, length in zip(arrivals, lengths, strict=True)]

    def _free_line(self) -> str | None:
        for channel in self.board.channels:
            number = channel.number
            if number is not None and number not in self._seized and channel.idle:
                circuit = self.board.exchange.circuits[number]
                if circuit.state is CircuitState.IDLE:
                    return number
        return None

    async def _call(self, length_s: float) -> None:
        self.counts.calls += 1
        number = self._free_line()
        if number is None or not self._phones:
            self.counts.lost += 1
            return
        phone = self._phones.pop()
        self._seized.add(number)
        pace = random.Random(self._random.random())
        loop = asyncio.get_running_loop()
        try:
            await phone.dial(number)
            await phone.wait_connected(20.0)
            began_s = loop.time()
            try:
                async with asyncio.timeout(length_s):
                    await self._talk(phone, pace)
            except TimeoutError:
                pass
            self.counts.talked_s += loop.time() - began_s
        except TimeoutError as error:
            self.counts.failures.append(str(error))
        finally:
            await phone.hang_up()
            await asyncio.sleep(1.0)
            self._seized.discard(number)
            self._phones.append(phone)

    async def _talk(self, phone: Any, pace: random.Random) -> None:
        """Now a number, now a message, with pauses to listen; for ever."""
        words = voice()
        while True:
            await asyncio.sleep(pace.uniform(1.0, 6.0))
            if pace.random() < 0.5:
                await phone.press("2468#")
                await asyncio.sleep(3.0)
            else:
                await phone.press("1#")
                await asyncio.sleep(4.0)  # "leave a message after the tone"
                at = pace.randrange(words.size - 20 * RATE_HZ)
                await phone.speak(words[at : at + round(pace.uniform(3, 15) * RATE_HZ)])
                await phone.press("#")
                await asyncio.sleep(2.0)
