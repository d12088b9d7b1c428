"""One seed gives identical event logs and identical samples: on two runs and on every instruction set."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from calls import phone_of, sine

import boardcore
from boardcore._native import lib
from boardcore.prompts import prompt_path
from boardcore.testing import VirtualClock

ISAS = [name for code, name in enumerate(("scalar", "avx2", "avx512")) if lib.bc_isa_resolve(code) == code]
LINE = "noise_dbm0=-45&echo_db=15&echo_delay_ms=6&delay_ms=12&loss_db=4"


def run(folder: Path, isa: str, seed: int = 7) -> tuple[str, str]:
    """A busy half minute; digests of all that happened and of all that was heard and recorded."""
    folder.mkdir()
    log: list[str] = []
    sound = hashlib.sha256()

    async def main() -> None:
        async with boardcore.open_board(f"sim:analog?lines=4&seed={seed}&isa={isa}&{LINE}") as board:

            async def handler(call: boardcore.Call) -> None:
                await call.answer()
                watching = board.spawn(watch(call), "watch")
                await call.play([prompt_path("welcome"), prompt_path("digit_1")], stop_on="#")
                log.append(repr(await call.get_digits(4, first_timeout_s=5, inter_digit_timeout_s=2)))
                async with call.secret():
                    await call.get_digits(3, first_timeout_s=5)
                await call.record(folder / f"{call.number}.wav", max_s=3, silence_s=1, beep=True)
                other = await board.dial("2009", timeout_s=20)
                async with call.bridge(other), board.conference() as room:
                    await room.add(call, deaf=True)
                    await room.add(other, deaf=True)
                    await asyncio.sleep(1)
                await other.hang_up()
                await call.hang_up()
                await watching

            async def watch(call: boardcore.Call) -> None:
                async for event in call.events():
                    log.append(f"{call.number} {event!r}")

            async def caller(number: str, begin_s: float) -> None:
                await asyncio.sleep(begin_s)
                phone = phone_of(board, number)
                phone.listen()
                await phone.dial("1001" if number == "2001" else "1002")
                await phone.wait_connected()
                await asyncio.sleep(1)
                await phone.press("#123")
                await asyncio.sleep(3)
                await phone.press("456")
                await asyncio.sleep(0.5)
                await phone.speak(sine(2.0, 600))
                await phone.wait_cleared(60)
                await phone.hang_up()
                sound.update(phone.heard().tobytes())

            async def agent() -> None:
                phone = phone_of(board, "2009")
                for _ in range(2):
                    await phone.wait_ring(60)
                    await asyncio.sleep(0.4)
                    await phone.answer()
                    await phone.speak(sine(0.5, 900))
                    await phone.wait_cleared(60)
                    await phone.hang_up()

            serving = board.spawn(board.serve(handler), "serve")
            await asyncio.gather(caller("2001", 0.0), caller("2002", 7.3), agent())
            board.stop_serving()
            await serving

    VirtualClock().run(main())
    for path in sorted(folder.glob("*.wav")):
        sound.update(path.read_bytes())
    assert len(log) > 60
    return hashlib.sha256("\n".join(log).encode()).hexdigest(), sound.hexdigest()


def test_same_seed_same_everything(tmp_path: Path) -> None:
    assert run(tmp_path / "a", "best") == run(tmp_path / "b", "best")


@pytest.mark.parametrize("isa", ISAS)
def test_every_instruction_set_gives_the_same(tmp_path: Path, isa: str) -> None:
    assert run(tmp_path / "a", isa) == run(tmp_path / "b", "scalar")


def test_another_seed_sounds_different(tmp_path: Path) -> None:
    assert run(tmp_path / "a", "best")[1] != run(tmp_path / "b", "best", seed=8)[1]
