"""What an application may hand over by mistake: a typed error with one clear line, and the call goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped,unused-ignore]  # pyright: ignore[reportMissingTypeStubs]
from calls import a_call, answered, offered, sine

import boardcore
from boardcore import (
    AddressError,
    CallClosed,
    EndReason,
    MediaBusy,
    MediaError,
    MediaFileError,
    MediaFormatError,
    NoIdleChannel,
    RecordingFailed,
)
from boardcore.ports import ToneSpec
from boardcore.testing import VirtualClock


def one_line(error: pytest.ExceptionInfo[BaseException], *words: str) -> None:
    text = str(error.value)
    assert "\n" not in text
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense:", ["no driver 'nonsense'", "sim"]),
        ("simm:analog", ["did you mean 'sim'"]),
        ("analog", ["no scheme"]),
        (":analog", ["no scheme"]),
        ("sim:digital", ["'analog'", "'digital'"]),
        ("sim:analog?line=4", ["no option 'line'", "did you mean 'lines'"]),
        ("sim:analog?lines=four", ["lines='four'", "int"]),
        ("sim:analog?lines=0", ["1 to 2000"]),
        ("sim:analog?lines=99999", ["1 to 2000"]),
        ("sim:analog?lines=2&lines=3", ["twice"]),
        ("sim:analog?lines", ["option=value"]),
        ("sim:analog?loss_db=-1", ["loss_db", "0 to 40"]),
        ("sim:analog?loss_db=nan", ["loss_db"]),
        ("sim:analog?law=b", ["law"]),
        ("sim:analog?isa=mmx", ["isa"]),
        ("sim:analog?max_ports=4&lines=4", ["max_ports"]),
    ],
)
async def test_addresses(virtual_clock: VirtualClock, address: str, words: list[str]) -> None:
    with pytest.raises(AddressError) as error:
        await boardcore.open_board(address)
    one_line(error, *words)


async def test_address_that_is_no_str(virtual_clock: VirtualClock) -> None:
    with pytest.raises(TypeError, match="int"):
        await boardcore.open_board(4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="SimOptions"):
        await boardcore.open_board("sim:analog", options={"lines": 4})


def a_file(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.wav"
    whole = folder / "whole.wav"
    soundfile.write(str(whole), sine(1.0), 8000, "PCM_16")
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "head only":
        path.write_bytes(whole.read_bytes()[:20])
    elif kind == "text":
        path.write_text("this is no audio at all, but long enough to look at\n" * 4)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("missing", MediaFileError),
        ("empty", MediaFormatError),
        ("head only", MediaFormatError),
        ("text", MediaFormatError),
        ("folder", MediaFileError),
        ("pipe", MediaFileError),
    ],
)
async def test_files_that_cannot_be_played(
    virtual_clock: VirtualClock, tmp_path: Path, kind: str, wanted: type[MediaError]
) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(wanted) as error:
            await call.play(a_file(tmp_path, kind))
        one_line(error, f"{kind}.wav")
        assert (await call.play(sine(0.1))).reason is EndReason.DATA


async def test_truncated_file_is_played_as_far_as_it_goes(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    a_file(tmp_path, "missing")
    short = tmp_path / "short.wav"
    short.write_bytes((tmp_path / "whole.wav").read_bytes()[: 44 + 8000])
    async with a_call() as (_, call, _):
        result = await call.play(short)
        assert (result.reason, result.position_s) == (EndReason.DATA, 0.5)


@pytest.mark.parametrize("depth_s", [0.03, 31.0, -1.0, float("nan"), float("inf")])
async def test_stream_of_no_sensible_depth(virtual_clock: VirtualClock, depth_s: float) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(ValueError, match=r"depth_s must be 0\.04 to 30") as error:
            async with call.stream(depth_s):
                pass
        one_line(error)


def test_cadences_of_no_sensible_length() -> None:
    for pair in ((float("nan"), 1.0), (1.0, float("nan")), (float("inf"), 0.0), (1.0, -0.1), (0.0, 1.0)):
        with pytest.raises(ValueError, match="cadence_s"):
            ToneSpec((440.0,), cadence_s=(pair,))


@pytest.mark.parametrize("count", [2.5, "6", None])
async def test_counts_that_are_no_int(virtual_clock: VirtualClock, count: Any) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(TypeError, match="max_digits must be an int") as error:
            await call.get_digits(count)
        one_line(error)


async def test_raw_audio_does_not_say_what_it_is(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    raw = tmp_path / "prompt.raw"
    raw.write_bytes(bytes(1600))
    async with a_call() as (_, call, _):
        with pytest.raises(MediaFormatError, match=r"prompt\.raw"):
            await call.play(raw)


async def test_names_that_are_no_text(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.wav"))
    async with a_call() as (_, call, _):
        await call.record(path, max_s=0.5)
        assert (await call.play(path)).position_s == 0.5


@pytest.mark.parametrize(
    ("samples", "wanted"),
    [
        (np.zeros(80), TypeError),
        (np.full(80, np.nan), TypeError),
        (np.zeros(80, np.int32), TypeError),
        (np.zeros(80, np.uint8), TypeError),
        (np.zeros((2, 80), np.int16), ValueError),
        (b"RIFF", TypeError),
        (None, TypeError),
        (4, TypeError),
        ([4], TypeError),
    ],
)
async def test_things_that_are_no_audio(virtual_clock: VirtualClock, samples: Any, wanted: type[Exception]) -> None:
    async with a_call() as (_, call, _):
        with pytest.raises(wanted) as error:
            await call.play(samples)
        one_line(error, "play wants")


async def test_audio_of_no_length(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(str(silent), np.zeros(0, np.int16), 8000, "PCM_16")
    async with a_call() as (_, call, _):
        for source in (np.zeros(0, np.int16), silent, [], [silent, silent]):
            result = await call.play(source)
            assert (result.reason, result.position_s) == (EndReason.DATA, 0.0)


async def test_other_formats_are_decoded(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    for name, rate, kind in (("a.flac", 44100, "PCM_16"), ("b.wav", 16000, "FLOAT"), ("c.ogg", 48000, "VORBIS")):
        wave = np.stack([np.sin(2 * np.pi * 440 / rate * np.arange(rate // 2))] * 2, axis=1) * 0.3
        if kind == "FLOAT":
            wave[100] = np.nan  # played as silence, not as full scale
        soundfile.write(str(tmp_path / name), wave, rate, kind)
        async with a_call() as (_, call, phone):
            phone.listen()
            result = await call.play(tmp_path / name)
            assert result.position_s == pytest.approx(0.5, abs=0.01)
            loud = np.abs(phone.heard().astype(float))
            assert 9000 < loud.max() < 11500


async def test_numbers_and_times(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, _):
        for wrong, word in (
            (call.play(sine(0.1), stop_on="12x"), "'X' at position 2"),
            (call.play(sine(0.1), max_s=-1), "max_s"),
            (call.play(sine(0.1), max_s=float("nan")), "max_s"),
            (call.play(sine(0.1), from_s=float("inf")), "from_s"),
            (call.get_digits(0), "max_digits"),
            (call.get_digits(65), "max_digits"),
            (call.get_digits(4, terminators="?"), "terminators"),
            (call.get_digits(4, first_timeout_s=0), "first_timeout_s"),
            (call.send_digits("12E"), "'E' at position 2"),
            (call.send_digits(""), "1 to 64"),
            (call.send_digits("1", on_ms=1), "on_ms"),
            (call.tone(0.0, duration_s=1), "freqs_hz"),
            (call.record("x.wav", encoding="mp3"), "'mp3'"),
            (call.record("x.wav", silence_s=0), "silence_s"),
            (call.record("x\0.wav"), "null character"),
            (call.answer(after_rings=-1), "-1"),
            (board.dial(""), "nothing to dial"),
            (board.dial("12a4x"), "position 4"),
            (board.dial("1002", timeout_s=0), "timeout_s"),
        ):
            with pytest.raises(ValueError) as error:
                await wrong
            one_line(error, word)
        for depth_s in (0.03, 31, float("nan")):
            with pytest.raises(ValueError, match="depth_s"):
                async with call.stream(depth_s):
                    pass
        with pytest.raises(TypeError, match="int"):
            await call.send_digits(123)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        with pytest.raises(ValueError, match="itself"):
            async with call.bridge(call):
                pass
        assert not Path("x.wav").exists()


async def test_files_that_cannot_be_recorded_to(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    flac = tmp_path / "other.wav"
    flac.write_bytes(b"fLaC" + bytes(100))
    async with a_call() as (_, call, _):
        for path in (tmp_path / "no" / "such.wav", tmp_path, Path("/proc/nothing.wav")):
            with pytest.raises(MediaFileError) as error:
                await call.record(path)
            one_line(error, str(path), "record")
        with pytest.raises(MediaFormatError) as wrong:
            await call.record(flac, append=True)
        one_line(wrong, "other.wav")
        assert flac.read_bytes().startswith(b"fLaC")


async def test_two_jobs_of_a_kind(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, _):
        playing = board.spawn(call.play(sine(0.5)), "first")
        await board_ticks(board, 3)
        with pytest.raises(MediaBusy) as error:
            await call.play(sine(0.1))
        one_line(error, "under way")
        assert (await playing).reason is EndReason.DATA


async def test_file_that_is_being_recorded_is_not_emptied(virtual_clock: VirtualClock, tmp_path: Path) -> None:
    path = tmp_path / "message.wav"
    async with a_call() as (board, call, phone):
        recording = board.spawn(call.record(path, max_s=6), "first")
        board.spawn(phone.speak(sine(7)), "talk")
        await board_ticks(board, 100)
        with pytest.raises(MediaBusy):
            await call.record(path)
        other = await answered(board, "2002", "1002")
        (tmp_path / "link.wav").symlink_to(path)
        for name in ("message.wav", "link.wav"):
            with pytest.raises(MediaFileError, match="busy") as error:
                await other.record(tmp_path / name)
            one_line(error, name)
        assert (await recording).duration_s == 6.0
        samples, _ = soundfile.read(str(path), dtype="int16")
        assert samples.size == 48000
        assert np.abs(samples[800:]).max() > 7000
        await other.record(path, max_s=0.1)  # free again


def test_long_files_of_other_formats_leave_nothing_behind(tmp_path: Path) -> None:
    script = """
import sys, tempfile
import boardcore
from calls import a_call
from boardcore.testing import VirtualClock
tempfile.tempdir = sys.argv[1]
async def main():
    async with a_call() as (board, call, phone):
        for _ in range(2):
            print((await call.play(sys.argv[2], from_s=69)).position_s)
VirtualClock().run(main())
"""
    long, spool = tmp_path / "long.flac", tmp_path / "spool"
    spool.mkdir()
    soundfile.write(str(long), np.zeros(70 * 16000, np.int16), 16000)
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script, str(spool), str(long)], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "70.0\n70.0\n"
    assert list(spool.iterdir()) == []


async def board_ticks(board: boardcore.Board, count: int) -> None:
    """Let a few ticks pass."""
    done = board.loop.create_future()
    board.loop.call_later(count * 0.01, done.set_result, None)
    await done


async def test_calls_that_are_not_up(virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        call = await offered(board)
        with pytest.raises(CallClosed, match="not answered"):
            await call.play(sine(0.1))
        with pytest.raises(ValueError, match="after_rings"):
            await call.answer(after_rings=-1)
        with pytest.raises(NoIdleChannel, match="ringing"):
            await board.dial("2002")
        await call.answer()
        with pytest.raises(ValueError, match="connected"):
            await call.reject()
        await call.hang_up()
        await call.hang_up()
        for closed in (call.play(sine(0.1)), call.answer(), call.get_digits(1)):
            with pytest.raises(CallClosed):
                await closed
    with pytest.raises(boardcore.BoardClosed):
        await board.dial("2002")


async def test_disk_full(virtual_clock: VirtualClock) -> None:
    async with a_call() as (board, call, _):
        await call.play(sine(0.1))  # the exchange's tones are over
        before = board.statistics()["jobs"]
        with pytest.raises((RecordingFailed, MediaFileError)) as error:
            await call.record("/dev/full", max_s=5)
        one_line(error, "/dev/full", "No space left")
        assert (await call.play(sine(0.1))).reason is EndReason.DATA
        assert board.statistics()["jobs"] == before


DISK_FULL = """
import resource, signal, sys
import boardcore
from boardcore.testing import VirtualClock
from calls import a_call, sine

async def main():
    async with a_call() as (board, call, phone):
        resource.setrlimit(resource.RLIMIT_FSIZE, (58 + 16000 + 7, 58 + 16000 + 7))
        talking = board.spawn(phone.speak(sine(5)), "talk")
        try:
            await call.record(sys.argv[1], max_s=4)
        except boardcore.RecordingFailed as failed:
            print(failed.partial.duration_s, failed.partial.path)
            print(failed)

VirtualClock().run(main())
"""


def test_what_was_recorded_before_the_disk_was_full_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "full.wav"
    root = Path(__file__).parents[1]  # where calls.py is
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(path)], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1.0"), done.stdout
    assert "are safe in" in done.stdout
    samples, rate = soundfile.read(str(path), dtype="int16")
    assert rate == 8000
    assert 7990 <= samples.size <= 8004
    assert np.abs(samples[1000:]).max() > 7000
