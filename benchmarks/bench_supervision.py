"""How soon a tone of disconnection ends a call, for every country, on a line with loss and noise, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import boardcore
from benchmarks.figures import SHORT
from boardcore.events import ToneHeard
from boardcore.testing import VirtualClock
from boardcore.tones import COUNTRIES, country, tone_samples

Report = Callable[..., Any]
LINE = "loss_db=6&noise_dbm0=-45"
PHASES = 2 if SHORT else 8  # of the tone against the blocks
STEP_S = 0.0137
WANTED_S = 3.0


async def told(code: str, name: str, phase: int) -> tuple[float, float]:
    """Seconds from the beginning of a tone to the end of the call, and how far its reported beginning is off."""
    address = f"sim:analog?lines=1&country={code}&disconnect_tones={name}&seed={phase + 1}&{LINE}"
    async with boardcore.open_board(address) as board:
        phone = board.exchange.subscriber("2001")
        await phone.dial("1001")
        call = await board.next_call()
        await call.answer()
        await asyncio.sleep(0.5 + phase * STEP_S)
        began_s = board.loop.time()
        speaking = asyncio.ensure_future(phone.speak(tone_samples(country(code).tone(name), 10.0)))
        async with asyncio.timeout(10):
            await call.wait_ended()
        ended_s = board.loop.time() - began_s
        await speaking
        (heard,) = [event for event in call.history if isinstance(event, ToneHeard)]
        return ended_s, abs(heard.since_s - began_s)


@pytest.mark.parametrize("name", ["busy", "congestion"])
def test_disconnect_tones(name: str, benchmark: Any, figure: Report) -> None:
    codes = [code for code in sorted(COUNTRIES) if name in country(code).tones]

    def measure() -> dict[str, list[tuple[float, float]]]:
        return {c: [VirtualClock().run(told(c, name, phase)) for phase in range(PHASES)] for c in codes}

    found = benchmark.pedantic(measure, rounds=1)
    longest = {code: max(ended_s for ended_s, _ in rows) for code, rows in found.items()}
    off_s = max(off_s for rows in found.values() for _, off_s in rows)
    note = ", ".join(f"{code} {seconds:.1f}" for code, seconds in longest.items())
    note += f"; its beginning told within {off_s * 1000:.0f} ms"
    figure(f"{name} tone to the end of the call, the slowest country", max(longest.values()), "s", WANTED_S, note=note)
