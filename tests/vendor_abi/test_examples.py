"""The example programs, checked by what the far end heard and what was recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from abi_programs import read_wave, running, seconds_of, tone, wait_heard

from boardcore_simulators.client import RemoteExchange
from boardcore_simulators.process import SimulatorProcess


def test_answering_machine(program: Callable[[str], Path], simulator: SimulatorProcess, prompts: Path) -> None:
    """Four callers at once, each with a message of its own; the first ends it with '#', the others hang up."""

    async def call(exchange: RemoteExchange, number: int) -> None:
        phone = exchange.subscriber(str(2000 + number))
        await phone.dial(str(1000 + number))
        phone.listen()
        await phone.wait_connected(30)
        await wait_heard(phone, 1000, 0.24)
        heard = await phone.fetch_heard()
        assert 0.9 <= seconds_of(heard, 700) <= 1.1  # the greeting, whole
        await phone.speak(tone(400 + 100 * number, 1.5))
        if number == 1:
            await phone.press("#")
            await phone.wait_cleared(20)
        await phone.hang_up()

    async def main() -> None:
        executable = program("answering_machine")
        async with (
            running(executable, simulator, prompts / "menu.wav", prompts, "4") as run,
            RemoteExchange.connect(simulator.path) as exchange,
        ):
            await run.expect("ready")
            async with asyncio.TaskGroup() as calls:
                for number in range(1, 5):
                    calls.create_task(call(exchange, number))
            assert await run.ended() == 0
            assert run.process.stdout is not None
            said = (await run.process.stdout.read()).decode()
        assert "1 rings 2001" in said
        masks = dict(line.split(" recorded ") for line in said.splitlines() if " recorded " in line)
        assert masks["1"].endswith("mask 0x40")  # TM_DIGIT
        assert masks["2"].endswith("mask 0x8")  # TM_LCOFF

    asyncio.run(main())
    for number in range(1, 5):
        message = read_wave(prompts / f"{number}-1.wav")
        assert 1.4 <= seconds_of(message, 400 + 100 * number) <= 1.6
    assert seconds_of(read_wave(prompts / "1-1.wav"), 1477) < 0.05  # the tone of '#' is cut off


def test_voice_menu(program: Callable[[str], Path], simulator: SimulatorProcess, prompts: Path) -> None:
    """Digits are read back, speech is recorded and played, '*' ends it."""

    async def main() -> None:
        executable = program("voice_menu")
        async with (
            running(executable, simulator, "dxxxB1C1", prompts) as run,
            RemoteExchange.connect(simulator.path) as exchange,
        ):
            await run.expect("ready")
            phone = exchange.subscriber("2009")
            await phone.dial("1001")
            phone.listen()
            await run.expect("answered")
            await wait_heard(phone, 700, 0.9)
            await phone.press("25#")
            await run.expect("3 digits, mask 0x40")
            await wait_heard(phone, 1000, 0.26)  # "2"
            await wait_heard(phone, 1300, 0.26)  # "5"
            phone.listen()
            await wait_heard(phone, 1000, 0.1)  # the beep
            await phone.speak(tone(600, 1.2))
            assert (await run.line()).endswith("mask 0x2")  # TM_MAXSIL
            await wait_heard(phone, 600, 1.1)  # what was said, back
            await wait_heard(phone, 700, 0.9)  # the menu again
            await phone.press("*")
            await run.expect("1 digits, mask 0x40")
            await run.expect("goodbye")
            assert await run.ended() == 0
            await phone.wait_cleared(20)

    asyncio.run(main())


def test_voice_menu_when_the_caller_hangs_up(
    program: Callable[[str], Path], simulator: SimulatorProcess, prompts: Path
) -> None:
    async def main() -> None:
        executable = program("voice_menu")
        async with (
            running(executable, simulator, "dxxxB1C2", prompts) as run,
            RemoteExchange.connect(simulator.path) as exchange,
        ):
            await run.expect("ready")
            phone = exchange.subscriber("2010")
            await phone.dial("1002")
            phone.listen()
            await run.expect("answered")
            await wait_heard(phone, 700, 0.2)
            await phone.hang_up()
            await run.expect("caller hung up")
            assert await run.ended() == 0

    asyncio.run(main())
