"""What is left of secret digits in sound: for a recording, the other end of a bridge, and who listens in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from calls import Samples, answered, phone_of, sine

import boardcore
from boardcore import dsp
from boardcore.ports import DIGITS, SendDigitsSpec
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import read_wav  # pyright: ignore[reportPrivateUsage]

HEARD_DBM0 = -54.0  # no more than this in any 5 ms: A-law's idle noise; a key is heard at -8 to -32


def loudest(heard: Samples) -> float:
    blocks = heard[: len(heard) // 40 * 40].reshape(-1, 40)
    return max(float(dsp.level_dbm0(np.ascontiguousarray(block))) for block in blocks)


@pytest.mark.parametrize("line", ["", "&loss_db=3", "&loss_db=3&delay_ms=7.3", "&law=mu"])
@pytest.mark.parametrize(("on_ms", "level_dbm0"), [(80.0, -8.0), (45.0, -8.0), (60.0, -20.0)])
async def test_nothing_is_heard_of_a_secret_key(
    virtual_clock: VirtualClock, tmp_path: Path, line: str, on_ms: float, level_dbm0: float
) -> None:
    async with boardcore.open_board(f"sim:analog?lines=3{line}") as board:
        call, agent, supervisor = [await answered(board, f"200{i}", f"100{i}") for i in (1, 2, 3)]
        keys = DIGITS * 2
        caller, heard_by = phone_of(board), [phone_of(board, "2002"), phone_of(board, "2003")]
        recording = board.spawn(call.record(tmp_path / "all.wav"), "record")
        async with call.bridge(agent), board.conference() as room:
            await room.add(supervisor, listen_only=True)
            for member in (call, agent):
                await room.add(member, deaf=True)
            async with call.secret():
                await asyncio.sleep(0.3)
                for phone in heard_by:
                    phone.listen()
                job = await caller.media.start(SendDigitsSpec(keys, on_ms, on_ms, level_dbm0))
                await job.result()
                await asyncio.sleep(0.2)
                sounds = [phone.heard() for phone in heard_by]
                assert await call.get_digits(len(keys), first_timeout_s=1) == keys
            await asyncio.sleep(0.1)
            for phone in heard_by:
                phone.listen()
            await caller.speak(sine(0.5))
            voices = [loudest(phone.heard()) for phone in heard_by]
            assert min(voices) > -22, voices
        await call.hang_up()
        with pytest.raises(boardcore.CallClosed):
            await recording
    recorded = read_wav(tmp_path / "all.wav").samples
    sounds.append(recorded[: -round(0.65 * 8000)])
    assert [loudest(sound) < HEARD_DBM0 for sound in sounds] == [True] * 3, [loudest(s) for s in sounds]
    keyed_s = 2 * len(keys) * on_ms / 1000
    assert len(recorded) / 8000 == pytest.approx(0.3 + keyed_s + 0.2 + 0.1 + 0.5, abs=0.1)  # their time was kept
