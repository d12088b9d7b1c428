"""A Dialogic board on an exchange of another country, which tells the far end's release by busy tone alone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator

import pytest
from dialogic_rig import DialogicRig, serving

from boardcore import CallFailed, Cause
from boardcore.events import CallFinished, ToneHeard

COUNTRY = "US"  # dial, ringback and busy tone are three different pairs of frequencies


@pytest.fixture(scope="module")
def rig() -> Generator[DialogicRig]:
    with serving(lines=2, options=["--country", COUNTRY, "--clearing", "tone"]) as served:
        yield served


def run(rig: DialogicRig, test: Coroutine[object, object, None]) -> None:
    rig.clock.run(test)


def test_a_busy_number(rig: DialogicRig) -> None:
    async def test() -> None:
        async with rig.open_board(country=COUNTRY) as board:
            with pytest.raises(CallFailed) as failed:
                await board.dial("9000", timeout_s=30)
            assert failed.value.cause is Cause.BUSY

    run(rig, test())


def test_a_call_and_its_end_by_busy_tone(rig: DialogicRig) -> None:
    async def test() -> None:
        async with rig.open_board(country=COUNTRY) as board:
            phone = rig.far_end(board, 0)
            dialling = asyncio.ensure_future(board.dial(phone.number, timeout_s=30))
            await phone.wait_ring()
            await asyncio.sleep(3)
            await phone.answer()
            call = await dialling
            heard = [event.name for event in call.history if isinstance(event, ToneHeard) and event.on]
            assert heard == ["dial", "ringback"]
            await phone.hang_up()
            async with asyncio.timeout(6):
                assert await call.wait_ended() is Cause.NORMAL
            assert [event.tone for event in call.history if isinstance(event, CallFinished)] == ["busy"]
            await call.hang_up()

    run(rig, test())


def test_a_board_of_the_wrong_country_hears_no_dial_tone(rig: DialogicRig) -> None:
    async def test() -> None:
        async with rig.open_board() as board:
            with pytest.raises(CallFailed) as failed:
                await board.dial("9000", timeout_s=30)
            assert failed.value.cause is Cause.NO_DIAL_TONE

    run(rig, test())
