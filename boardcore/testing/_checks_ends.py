"""Checks of the far end's hanging up while something is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np

from boardcore.errors import CallEnded, Cause
from boardcore.events import CallFinished
from boardcore.ports import CollectResult, EndReason, JobResult, PlayResult, PortEvent, RecordResult
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import (
    Bench,
    Talk,
    add_check,
    begun,
    check,
    expect,
    expect_near,
    expect_raises,
    expect_reason,
    let_pass,
)
from boardcore.testing._checks_record import expect_whole

Work = Callable[[Talk], Coroutine[Any, Any, object]]
SPEECH = hearing.clip(1.0, 101)


async def ended_by_far_end(talk: Talk, work: Work) -> JobResult | None:
    """Have the far end speak, key 12 and hang up while `work` is awaited; the partial result."""
    async with begun(work(talk)) as working:
        await let_pass(0.1)
        await talk.phone.speak(SPEECH)
        await talk.phone.send_digits("12")
        await let_pass()
        await talk.phone.hang_up()
        async with asyncio.timeout(3):
            with expect_raises(CallEnded) as ended:
                await working
    expect(ended().cause is Cause.NORMAL, f"cause {ended().cause.name}, wanted NORMAL")
    return ended().partial


def _family(name: str, work: Work, result_type: type[JobResult]) -> None:
    async def body(bench: Bench) -> None:
        async with bench.talking() as talk:
            partial = await ended_by_far_end(talk, work)
            expect(isinstance(partial, result_type), f"the partial result is {partial!r}")
            assert partial is not None
            expect_reason(partial, EndReason.HANGUP)
            if isinstance(partial, PlayResult):
                expect_near(partial.position_s, 1.7, 0.6, "place of a play that the far end's release ended")
            if isinstance(partial, CollectResult):
                expect(partial.digits == "12", f"the digits so far are {partial.digits!r}, wanted '12'")
        await let_pass(1)
        await bench.is_usable()

    asks = f"When the far end hangs up during {name}, CallEnded has the partial result; the line is free."
    add_check(f"hung_up_during_{name}", asks, body)


_family("play", lambda talk: talk.call.play(hearing.clip(8.0, 1)), PlayResult)
_family("get_digits", lambda talk: talk.call.get_digits(8), CollectResult)
_family("send_digits", lambda talk: talk.call.send_digits("1" * 60), JobResult)
_family("tone", lambda talk: talk.call.tone(800, duration_s=30), JobResult)


@check
async def hung_up_during_record(bench: Bench) -> None:
    """When the far end hangs up, the recording is kept: whole, closed, with all that was said."""
    async with bench.talking() as talk:
        partial = await ended_by_far_end(talk, lambda t: t.call.record(bench.folder / "m.wav", max_s=60))
        assert isinstance(partial, RecordResult)
        expect_reason(partial, EndReason.HANGUP)
        expect(hearing.find(SPEECH, expect_whole(partial)) is not None, "what was said is not in the recording")
    await let_pass(1)
    await bench.is_usable()


@check
async def hung_up_during_a_stream(bench: Bench) -> None:
    """When the far end hangs up, a stream ends after what was said, and events end with CallFinished."""
    blocks: list[hearing.Samples] = []
    events: list[PortEvent] = []

    async def read(talk: Talk) -> None:
        async with talk.call.stream() as audio:
            async for block in audio:
                blocks.append(block)

    async def watch(talk: Talk) -> None:
        async for event in talk.call.events():
            events.append(event)

    async with bench.talking() as talk, begun(read(talk)) as reading, begun(watch(talk)) as watching:
        await let_pass(0.1)
        await talk.phone.speak(SPEECH)
        await let_pass()
        await talk.phone.hang_up()
        async with asyncio.timeout(3):
            await reading
            await watching
    heard = np.concatenate(blocks)
    expect(hearing.find(SPEECH, heard) is not None, "what was said is not in the stream")
    expect(isinstance(events[-1], CallFinished), f"the last event is {events[-1]!r}")
    await let_pass(1)
    await bench.is_usable()
