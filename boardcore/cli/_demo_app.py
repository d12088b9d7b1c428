"""The demo's application: a voice menu as an application developer would write it, on the public API alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from boardcore import Board, Call, CallFailed
from boardcore.prompts import prompt_path

__all__ = ["ServiceCentre"]


class ServiceCentre:
    """Greets, takes an account number, records a message, connects to an agent while a supervisor listens."""

    def __init__(self, board: Board, out: Path, language: str, say: Callable[[str], None]) -> None:
        self.board = board
        self.out = out
        self.language = language
        self.say = say  # a line for the timeline
        self.calls: list[Call] = []

    def prompt(self, name: str) -> Path:
        return prompt_path(name, self.language)

    async def handle(self, call: Call) -> None:
        """One caller, from ringing to release."""
        self.calls.append(call)
        await call.answer()
        self.say("menu answers and greets; any key cuts in")
        async with call.secret():  # from the first word on: who knows the service keys over the greeting
            account = await call.get_digits(
                12,
                terminators="#",
                first_timeout_s=10,
                inter_digit_timeout_s=4,
                prompt=[self.prompt("welcome"), self.prompt("enter_account")],
            )
        self.say(f"account number taken in secret: {account!r}, ended by {account.reason.name}")
        if len(account) < 4:
            await call.play([self.prompt("no_input"), self.prompt("goodbye")])
            return
        await call.play([self.prompt("account_ending"), *(self.prompt(f"digit_{d}") for d in account[-2:])])
        await call.play(self.prompt("leave_message"))
        message = await call.record(self.out / "message.wav", max_s=30, silence_s=4, stop_on="#", beep=True)
        self.say(f"message recorded: {message.duration_s:.1f} s, ended by {message.reason.name}")
        await call.play([self.prompt("message_saved"), self.prompt("connecting_agent")])
        try:
            agent = await self.board.dial("3001", timeout_s=30)
        except CallFailed:
            await call.play([self.prompt("agent_busy"), self.prompt("goodbye")])
            return
        async with agent:
            await self.connect(call, agent)
        self.say("agent and supervisor released")

    async def connect(self, call: Call, agent: Call) -> None:
        """Bridge the caller to the agent; a supervisor hears both and is heard by nobody."""
        self.calls.append(agent)
        self.say("agent answers, bridged")
        async with (
            call.bridge(agent),
            await self.board.dial("3002", timeout_s=30) as supervisor,
            self.board.conference() as ear,
        ):
            self.calls.append(supervisor)
            await ear.add(call, deaf=True)
            await ear.add(agent, deaf=True)
            await ear.add(supervisor, listen_only=True)
            self.say("supervisor listens in")
            await call.wait_ended()
