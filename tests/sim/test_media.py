"""Media through the facade, beside what the conformance kit asks: switching between boards, rooms, secrets, prompts."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import numpy as np
import pytest
from calls import a_call, answered, phone_of, sine

import boardcore
from boardcore import EndReason, dsp
from boardcore.ports import DigitDetected, SoundChanged
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import clip, digits_in, find, read_wav

A, B, C = (clip(1.0, seed) for seed in (1, 2, 3))


async def test_two_boards_meet_on_one_engine(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as one, boardcore.open_board("sim:analog?lines=1") as other:
        a, b = await answered(one), await answered(other)
        async with a.bridge(b):
            phone_of(one).listen()
            phone_of(other).listen()
            await phone_of(one).speak(A)
            await phone_of(other).speak(B)
            await asyncio.sleep(0.1)
        assert find(A, phone_of(other).heard()) is not None
        assert find(B, phone_of(one).heard()) is not None
        phone_of(other).listen()
        await phone_of(one).speak(A)
        assert find(A, phone_of(other).heard()) is None  # parted


async def test_room(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=3") as board:
        calls = [await answered(board, f"200{i}", f"100{i}") for i in (1, 2, 3)]
        phones = [phone_of(board, f"200{i}") for i in (1, 2, 3)]
        async with board.conference() as room:
            for call in calls:
                await room.add(call, listen_only=call is calls[2])
            with pytest.raises(ValueError, match="already"):
                await room.add(calls[0])
            for phone in phones:
                phone.listen()
            await asyncio.gather(phones[0].speak(A), phones[1].speak(B), phones[2].speak(C))
            await asyncio.sleep(0.1)
            first, second, third = (phone.heard() for phone in phones)
            assert find(B, first) is not None
            assert find(A, second) is not None
            both = np.zeros(third.size)
            both[: A.size] = A.astype(float) + B
            assert np.abs(np.fft.irfft(np.fft.rfft(both) * np.conj(np.fft.rfft(third)))).max() > 0.9 * (both @ both)
            assert all(find(C, heard) is None for heard in (first, second, third))
            level = dsp.level_dbm0(second)
            await room.change(calls[0], gain_db=-12)
            phones[1].listen()
            await phones[0].speak(A)
            await asyncio.sleep(0.1)
            assert dsp.level_dbm0(phones[1].heard()[:8000]) == pytest.approx(level - 12, abs=1.5)
            await phones[0].hang_up()
            await asyncio.sleep(0.2)
            assert room.members == (calls[1], calls[2])
            await room.remove(calls[1])
            with pytest.raises(ValueError, match="not in the room"):
                await room.change(calls[1], gain_db=0)


async def test_secret(virtual_clock: VirtualClock, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with a_call("sim:analog?lines=2&noise_dbm0=-50") as (board, call, phone):
        seen: list[object] = []

        async def watch() -> None:
            async for event in call.events():
                seen.append(event)

        watching = board.spawn(watch(), "watch")
        recording = board.spawn(call.record(tmp_path / "all.wav"), "record")
        await phone.press("19")
        async with call.secret():
            pressing = board.spawn(phone.press("84062"), "press")
            digits = await call.get_digits(5)
            stopped = board.spawn(call.play(sine(5), stop_on="#"), "play")
            await pressing
            await phone.press("#")
            result = await stopped
        assert digits == "19840"  # what was typed ahead comes first
        assert (result.digit, repr(result.digit)) == ("#", "'•'")
        assert repr(digits) == "'•••••'"
        await phone.press("5")
        await phone.speak(A)
        await call.hang_up()
        await watching
        with pytest.raises(boardcore.CallClosed):
            await recording
    shown = [event.digit for event in seen if isinstance(event, DigitDetected)]
    assert shown == ["1", "9", None, None, None, None, None, None, "5"]
    recorded = read_wav(tmp_path / "all.wav").samples
    assert digits_in(recorded) == "195"
    place = find(A[:6000], recorded)
    assert place is not None
    assert place == pytest.approx(9 * 0.16, abs=0.15)  # nine keys' time was kept
    for text in (json.dumps(call.report()), "\n".join(caplog.messages), repr(call.history)):
        assert "84" not in text.replace("0084", "")


async def test_a_prompt_gives_way_to_the_first_digit(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, phone):
        phone.listen()
        board.loop.call_later(0.5, lambda: board.spawn(phone.press("4711#"), "press"))
        digits = await call.get_digits(8, terminators="#", prompt=[A, B, C])
        assert (digits, digits.reason, digits.terminator) == ("4711", EndReason.DIGIT, "#")
        assert find(A[:2000], phone.heard()) is not None
        assert find(B[:2000], phone.heard()) is None


async def test_prompt_list_has_no_gap(virtual_clock: VirtualClock) -> None:
    async with a_call() as (_, call, phone):
        phone.listen()
        result = await call.play([A, [B], C], from_s=0.5)
        assert (result.reason, result.position_s) == (EndReason.DATA, 3.0)
        whole = np.concatenate([A, B, C])[4000:]
        await asyncio.sleep(0.1)
        assert find(whole, phone.heard()) is not None


async def test_long_files_are_streamed(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    from boardcore.testing._hearing import write_wav

    path = write_wav(tmp_path / "long.wav", np.concatenate([sine(70, 300), A]), boardcore.Encoding.ALAW)
    async with a_call() as (board, call, phone):
        phone.listen()
        result = await call.play(path, from_s=69.0)
        assert (result.reason, result.position_s) == (EndReason.DATA, 71.0)
        await asyncio.sleep(0.1)
        place = find(A, phone.heard())
        assert place == pytest.approx(1.0, abs=0.05)
        assert board.statistics()["play_underruns"] == 0


async def test_sound_is_told_and_ends_jobs(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    async with a_call() as (board, call, phone):
        seen: list[bool] = []

        async def watch() -> None:
            async for event in call.events():
                if isinstance(event, SoundChanged):
                    seen.append(event.sound)

        board.spawn(watch(), "watch")
        board.loop.call_later(1.0, lambda: board.spawn(phone.speak(A), "speak"))
        result = await call.play(sine(9), nonsilence_s=0.3)
        assert (result.reason, round(result.position_s, 1)) == (EndReason.NONSILENCE, 1.3)
        recorded = await call.record(tmp_path / "a.wav", silence_s=1.0)
        assert recorded.reason is EndReason.SILENCE
        assert recorded.duration_s == pytest.approx(1.7, abs=0.1)
        assert seen == [True, False]


async def test_stream_both_ways(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, phone):
        phone.listen()
        got: list[np.ndarray] = []
        async with call.stream() as audio:
            board.spawn(phone.speak(A), "speak")
            for part in np.array_split(B, 7):  # not whole blocks
                await audio.write(part)
            async for block in audio:
                assert block.dtype == np.int16
                assert block.size % 80 == 0
                got.append(block)
                if sum(b.size for b in got) > 9000:
                    break
            assert audio.dropped_blocks == 0
        await asyncio.sleep(0.2)
        assert find(A, np.concatenate(got)) is not None
        assert find(B, phone.heard()) is not None
