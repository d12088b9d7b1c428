"""Tones learned from a live line: the simulated exchange's own, and what comes through a call's stream."""

import asyncio

import numpy as np
import numpy.typing as npt
import pytest
from calls import a_call, phone_of

import boardcore
from boardcore.testing import VirtualClock
from boardcore.tones import LearnedTone, ToneLearner, country, tone_samples


def learned(samples: npt.NDArray[np.int16]) -> list[LearnedTone]:
    learner = ToneLearner()
    for block in np.array_split(samples, 50):
        learner.process(block)
    return learner.result()


@pytest.mark.parametrize(
    ("number", "wait_s", "names"),
    [("", 8.0, ["dial", "congestion"]), ("1001", 14.0, ["dial", "ringback"]), ("9999", 6.0, ["dial", "unobtainable"])],
)
async def test_the_exchange_s_own_tones(
    number: str, wait_s: float, names: list[str], virtual_clock: VirtualClock
) -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        phone = phone_of(board)
        phone.listen()
        await phone.off_hook()
        await asyncio.sleep(3.0)
        if number:
            await phone.press(number)
        else:
            await asyncio.sleep(8.0)  # nobody dials: congestion tone
        await asyncio.sleep(wait_s)
        found = learned(phone.heard())
    wanted = [country("CN").tone(name) for name in names]
    assert len(found) == len(wanted)
    assert all(one.tone.resembles(tone) for one, tone in zip(found, wanted, strict=True))


async def test_a_call_s_stream(virtual_clock: VirtualClock) -> None:
    learner = ToneLearner(source="the trunk")
    async with a_call() as (board, call, phone):
        board.spawn(phone.speak(tone_samples(country("GB").ringback, 9.0)), "a tone from behind the line")
        async with call.stream() as audio:
            async for block in audio:
                learner.process(block)
                if learner.duration_s >= 9.0:
                    break
    (found,) = learner.result()
    assert found.tone.resembles(country("GB").ringback)
    assert found.tone.source == "the trunk"
    assert found.cycles >= 2
