"""What only real time shows: work on other threads, and a board that goes meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from calls import Samples, answered, phone_of, sine

import boardcore
from boardcore.media import clips


async def closed_while_a_prompt_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = clips.read_clip

    def slowly(path: Path) -> Samples:
        time.sleep(1.0)  # on the worker: as a disk that has to spin up
        return read(path)

    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        await call.record(folder / "said.wav", max_s=0.1)
        monkeypatch.setattr(clips, "read_clip", slowly)
        playing = asyncio.create_task(call.play(folder / "said.wav"))
        await asyncio.sleep(0.05)
        await board.close()
        with pytest.raises(boardcore.CallClosed):
            await playing
        with pytest.raises(boardcore.CallClosed):
            async with call.stream():
                pass


def test_board_closed_while_a_prompt_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(closed_while_a_prompt_is_read(tmp_path, monkeypatch))


async def loop_blocked_past_the_time_out() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await answered(board)
        asyncio.get_running_loop().call_later(0.3, time.sleep, 1.2)
        pressing = board.spawn(phone_of(board).press("5"), "press")
        digits = await call.get_digits(2, first_timeout_s=0.8, max_s=1.0)
        await pressing
        assert digits == "5"  # the wait for the second was over while the loop was blocked
        assert (await call.play(sine(0.1))).position_s == pytest.approx(0.1)


def test_loop_blocked_past_the_time_out() -> None:
    asyncio.run(loop_blocked_past_the_time_out())
