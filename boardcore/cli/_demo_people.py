"""The demo's simulated persons: what they do with their telephones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped,unused-ignore]

from boardcore.prompts import prompt_path

__all__ = ["ACCOUNT", "People", "voice"]

ACCOUNT = "6217045839"
Samples = npt.NDArray[np.int16]


def voice(name: str, language: str) -> Samples:
    """A prompt's samples, int16 at 8 kHz."""
    return soundfile.read(str(prompt_path(name, language)), dtype="int16")[0]  # type: ignore[no-any-return,unused-ignore]


class People:
    """A caller at 2001, an agent at 3001 and a supervisor at 3002, on the exchange that the board is connected to."""

    def __init__(self, exchange: Any, language: str, say: Callable[[str], None]) -> None:
        self.caller: Any = exchange.subscriber("2001")
        self.agent: Any = exchange.subscriber("3001")
        self.supervisor: Any = exchange.subscriber("3002")
        self.language = language
        self.say = say
        self._agent_spoke = asyncio.Event()
        self._supervisor_there = asyncio.Event()
        self.began_s: dict[str, float] = {}

    def listen(self, who: str) -> None:
        phone = getattr(self, who)
        phone.listen()
        self.began_s[who] = asyncio.get_running_loop().time()

    async def hear_beep(self) -> None:
        """Wait for the beep of a recorder: 1000 Hz that is over."""
        beeped = False
        for _ in range(300):
            await asyncio.sleep(0.1)
            tail: npt.NDArray[np.float64] = self.caller.heard()[-800:].astype(np.float64)
            wave = np.exp(-2j * np.pi * 1000 / 8000 * np.arange(tail.size))
            power = float(np.mean(tail**2)) if tail.size else 0.0
            tone = power > 1e4 and 2 * abs(complex(np.vdot(wave, tail)) / tail.size) ** 2 > 0.8 * power
            if beeped and not tone:
                return
            beeped = tone
        raise TimeoutError("the caller heard no beep")

    async def call_in(self) -> None:
        """The caller's part."""
        self.listen("caller")
        await self.caller.dial("1001")
        await self.caller.wait_connected()
        await asyncio.sleep(4.0)  # the greeting, and the question's first words
        self.say("caller keys the account number over the prompt")
        await self.caller.press(ACCOUNT + "#", on_ms=90, off_ms=110)
        await self.hear_beep()
        await asyncio.sleep(0.4)
        self.say("caller leaves a message")
        await self.caller.speak(voice("caller_message", self.language))
        await asyncio.sleep(0.5)
        await self.caller.press("#")
        await self._agent_spoke.wait()
        await asyncio.sleep(0.3)
        self.say("caller asks the agent")
        await self.caller.speak(voice("caller_question", self.language))
        await asyncio.sleep(1.0)
        self.say("caller hangs up")
        await self.caller.hang_up()

    async def agent_works(self) -> None:
        """The agent's part: answers after a ring, speaks when the supervisor is there."""
        self.listen("agent")
        await self.agent.wait_ring(120)
        await asyncio.sleep(1.0)
        await self.agent.answer()
        await self._supervisor_there.wait()
        await asyncio.sleep(0.5)
        self.say("agent greets the caller")
        await self.agent.speak(voice("agent_hello", self.language))
        self._agent_spoke.set()
        await self.agent.wait_cleared(60)
        await self.agent.hang_up()

    async def supervisor_listens(self) -> None:
        """The supervisor's part."""
        self.listen("supervisor")
        await self.supervisor.wait_ring(120)
        await asyncio.sleep(0.5)
        await self.supervisor.answer()
        await asyncio.sleep(0.3)
        self.say("supervisor says something that nobody hears")
        await self.supervisor.speak(voice("hold", self.language))
        self._supervisor_there.set()
        await self.supervisor.wait_cleared(60)
        await self.supervisor.hang_up()
