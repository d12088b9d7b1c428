"""Checks of cancelling: every await, at its beginning and in its middle, leaves the channel usable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import Bench, Talk, add_check, begun, check, expect, let_pass
from boardcore.testing._checks_record import open_files_of

STEPS = range(8)  # turns of the loop after which to cancel: somewhere within the command's way to the board
MOMENTS_S = (0.004, 0.02, 0.3)
Work = Callable[[Talk], Coroutine[Any, Any, object]]


async def cancel_everywhere(make: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Begin it again and again, and cancel it at another moment each time; it must end promptly."""
    for moment in (*STEPS, *MOMENTS_S):
        task = asyncio.create_task(make())
        if isinstance(moment, int):
            for _ in range(moment):
                await asyncio.sleep(0)
        else:
            await let_pass(moment)
        task.cancel()
        _, pending = await asyncio.wait([task], timeout=3)
        where = f"{moment} turns of the loop" if isinstance(moment, int) else f"{moment} s"
        expect(not pending, f"cancelled after {where}, it has not ended 3 s later")
        error = None if task.cancelled() else task.exception()
        expect(error is None, f"cancelled after {where}, it raised {error!r}")


def _family(name: str, work: Work) -> None:
    async def body(bench: Bench) -> None:
        async with bench.talking() as talk:
            await cancel_everywhere(lambda: work(talk))
            await talk.is_usable()
            await work_to_its_end(talk, work)

    asks = f"Cancelling {name} at any moment ends it, and leaves call and channel usable."
    add_check(f"cancelling_{name}", asks, body)


async def work_to_its_end(talk: Talk, work: Work) -> None:
    """Expect that the same can be begun once more."""
    async with begun(work(talk)) as again:
        await let_pass(0.1)
        expect(not (again.done() and again.exception()), "afterwards it cannot be begun again")


async def _stream(talk: Talk) -> None:
    async with talk.call.stream() as audio:
        async for block in audio:
            await audio.write(block)


_family("play", lambda talk: talk.call.play(hearing.clip(8.0, 1)))
_family("get_digits", lambda talk: talk.call.get_digits(4, first_timeout_s=5))
_family("send_digits", lambda talk: talk.call.send_digits("123456"))
_family("tone", lambda talk: talk.call.tone(800, duration_s=8))
_family("stream", _stream)


@check
async def cancelling_record(bench: Bench) -> None:
    """Cancelling record at any moment ends it; the file, if there is one, is whole and closed."""
    path = bench.folder / "m.wav"
    async with bench.talking() as talk:
        for moment in (0.0, 0.02, 0.3):
            async with begun(talk.call.record(path, max_s=5)):
                await let_pass(moment)
            expect(open_files_of(path) == 0, f"cancelled after {moment} s, the file is still open")
            if path.exists() and path.stat().st_size:
                hearing.read_wav(path)
        await cancel_everywhere(lambda: talk.call.record(path, max_s=5))
        expect(open_files_of(path) == 0, "a cancelled recording left its file open")
        await talk.is_usable()
        result = await talk.call.record(path, max_s=0.5)
        expect(result.duration_s > 0.4, f"afterwards a recording of 0.5 s has {result.duration_s:.2f} s")


@check
async def cancelling_answer(bench: Bench) -> None:
    """Cancelling answer at any moment leaves a call that can still be answered, or released."""
    call = await bench.ringing()
    await cancel_everywhere(lambda: call.answer(after_rings=99))
    for _ in range(3):
        async with begun(call.answer()):
            await asyncio.sleep(0)
    await call.answer()
    await bench.phone().wait_connected()
    await Talk(bench, call, bench.phone()).is_usable()
    await call.hang_up()


def _after_cancel(name: str, body: Callable[[Bench], Awaitable[None]]) -> None:
    add_check(f"cancelling_{name}", body.__doc__ or "", body)


async def _hang_up(bench: Bench) -> None:
    """Cancelling hang_up at any moment still releases the line."""
    for moment in (0, 1, 2, 4, 0.005):
        async with bench.talking() as talk:
            async with begun(talk.call.hang_up()):
                if isinstance(moment, int):
                    for _ in range(moment):
                        await asyncio.sleep(0)
                else:
                    await let_pass(moment)
            await talk.call.hang_up()
            expect(bench.board.channels[0].idle, f"hang_up, cancelled at {moment}, leaves a channel not idle")
        await let_pass(1)
    await bench.is_usable()


async def _bridge(bench: Bench) -> None:
    """Cancelling a bridge, also while it is being made, takes the calls apart and leaves both usable."""

    async def hold(one: Talk, two: Talk) -> None:
        async with one.call.bridge(two.call):
            await asyncio.get_running_loop().create_future()

    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two:
        await cancel_everywhere(lambda: hold(one, two))
        said = hearing.clip(0.5, 91)
        two.phone.listen()
        await one.phone.speak(said)
        await let_pass()
        expect(hearing.find(said, two.phone.heard()) is None, "after a cancelled bridge they hear each other")
        await one.is_usable()
        await two.is_usable()


_after_cancel("hang_up", _hang_up)
_after_cancel("bridge", _bridge)
