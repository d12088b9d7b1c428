"""Dialogic boards that fail: the simulated vendor library in this process, a simulator that is told to misbehave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import pytest
from dialogic_rig import DialogicRig, serving

from boardcore import Board, BoardLost, CallEnded, Cause, DriverError, open_board
from boardcore.ports import AudioSamples, EndReason, PlaySpec, RecordResult
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import Bench, begun

PROMPT = hearing.clip(3.0, 5)


@pytest.fixture
def rig() -> Generator[DialogicRig]:
    with serving() as served:
        yield served


def on_board(rig: DialogicRig, test: Callable[[Bench, Board], Awaitable[None]], path: Path, **options: object) -> None:
    """Run a test on an open board; afterwards no thread of the driver's is left."""

    async def main() -> None:
        async with rig.open_board(**options) as board:
            await test(Bench(rig.setup(), board, path), board)

    rig.clock.run(main())
    assert [thread.name for thread in threading.enumerate() if "dialogic" in thread.name] == []


def test_a_play_that_never_ends_costs_its_channel_only(rig: DialogicRig, tmp_path: Path) -> None:
    async def test(bench: Bench, board: Board) -> None:
        async with bench.talking(1, 1) as other:
            async with bench.talking(0, 0) as talk:
                await rig.exchange(board).hang_next("STOP")
                job = await talk.call.channel.port.media.start(PlaySpec(AudioSamples(hearing.clip(60.0, 1))))
                job.stop()
                async with asyncio.timeout(10):
                    result = await job.result()
                assert result.reason in (EndReason.STOPPED, EndReason.HANGUP)
                with pytest.raises(CallEnded) as ended:
                    await talk.call.play(PROMPT)
                assert ended.value.cause is Cause.LINE_FAULT
            await other.is_usable()
            assert board.statistics()["out_of_service"] == 1

    on_board(rig, test, tmp_path, hang_limit_s=4.0)


def test_a_hook_that_is_never_answered_costs_its_channel_only(rig: DialogicRig, tmp_path: Path) -> None:
    async def test(bench: Bench, board: Board) -> None:
        call = await bench.ringing(0, 0)
        await rig.exchange(board).hang_next("HOOK")
        with pytest.raises((CallEnded, DriverError)):
            async with asyncio.timeout(20):
                await call.answer()
        await bench.phone(0).hang_up()
        async with bench.talking(1, 1) as other:
            await other.is_usable()
        assert board.statistics()["out_of_service"] == 1

    on_board(rig, test, tmp_path, hang_limit_s=4.0)


def test_a_server_that_is_killed_is_a_lost_board(rig: DialogicRig, tmp_path: Path) -> None:
    async def test(bench: Bench, board: Board) -> None:
        call = await bench.ringing()
        await call.answer()
        path = tmp_path / "m.wav"
        async with begun(call.play(PROMPT)) as playing, begun(call.record(path, max_s=60)) as recording:
            await asyncio.sleep(1.5)
            rig.simulator.kill()
            await asyncio.wait([playing, recording], timeout=10)
            for task in (playing, recording):
                error = task.exception()
                assert isinstance(error, (CallEnded, BoardLost)), error
                partial = error.partial if isinstance(error, CallEnded) else None
                if isinstance(partial, RecordResult):
                    assert len(hearing.read_wav(path).samples) == round(partial.duration_s * 8000)
                    assert partial.duration_s > 0.5
        with pytest.raises(BoardLost):
            await board.dial("2001")

    on_board(rig, test, tmp_path)
    rig.simulator.restart()

    async def again(bench: Bench, board: Board) -> None:
        await bench.is_usable()

    on_board(rig, again, tmp_path)


def test_without_a_server_opening_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOARDCORE_SIM_SOCKET", str(tmp_path / "nobody.sock"))

    async def main() -> None:
        async with open_board("dialogic:?library=simulated"):
            raise AssertionError("it opened")

    with pytest.raises((BoardLost, DriverError)):
        asyncio.run(main())
    assert [thread.name for thread in threading.enumerate() if "dialogic" in thread.name] == []


def test_boards_without_lines_are_no_board(rig: DialogicRig) -> None:
    async def main() -> None:
        async with rig.open_board(boards="2"):
            raise AssertionError("it opened")

    with pytest.raises(DriverError, match="none of which has an analogue line"):
        rig.clock.run(main())


def test_boards_can_be_chosen(rig: DialogicRig) -> None:
    async def main() -> None:
        async with rig.open_board(boards="1") as board:
            assert len(board.channels) == 4
            assert board.statistics()["spares"] == 0

    rig.clock.run(main())
