"""Checks of call-progress tones in a call: what they end, what they do not, what is told of them; and muted digits."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import numpy as np

from boardcore.errors import CallEnded, Cause, UnsupportedOperation
from boardcore.events import CallFinished, DigitEnded, ToneHeard
from boardcore.ports import Capability, EndReason, PortEvent
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import (
    Bench,
    Talk,
    begun,
    check,
    expect,
    expect_near,
    expect_raises,
    expect_reason,
    let_pass,
)
from boardcore.testing._checks_digits import digits_told, gather_events
from boardcore.testing._checks_record import expect_whole
from boardcore.testing.far_end import FarEndLacks
from boardcore.tones import Country, Tone, tone_samples

T = TypeVar("T")
TELL_S = 5.0  # a tone is told within so much
BEGAN_S = 0.25  # how far a tone's beginning may be off
HEARD_S = 8.0  # long enough for any tone
ENDED_S = 8.0  # and its end, which a long pause may hide


def _country(bench: Bench) -> Country:
    return bench.board.port.country


def _need(bench: Bench, capability: Capability) -> None:
    if capability not in bench.board.channels[0].capabilities:
        raise UnsupportedOperation(capability, bench.board.channels[0].name)


def _harmless(bench: Bench) -> tuple[str, Tone]:
    """A tone that ends no call here."""
    for name in ("ringback", "congestion", "unobtainable"):
        tone = _country(bench).tones.get(name)
        if tone is not None and name not in bench.board.port.disconnect_tones:
            return name, tone
    raise FarEndLacks("a tone that does not end the call")


def _tones_of(events: list[PortEvent], name: str) -> list[ToneHeard]:
    return [event for event in events if isinstance(event, ToneHeard) and event.name == name]


@check
async def busy_tone_ends_a_call(bench: Bench) -> None:
    """Busy tone in a call, where it is one of the disconnect tones, ends it with NORMAL; events say by what, since
    when, how sure."""
    if "busy" not in bench.board.port.disconnect_tones:
        raise FarEndLacks("busy tone as a disconnect tone: it is none of this board's")
    async with bench.talking() as talk, begun(talk.call.play(hearing.clip(20, 5))) as playing:
        await let_pass(0.5)
        began_s = asyncio.get_running_loop().time()
        async with begun(talk.phone.speak(tone_samples(_country(bench).busy, TELL_S))) as speaking:
            async with asyncio.timeout(TELL_S):
                cause = await talk.call.wait_ended()
            expect(cause is Cause.NORMAL, f"cause {cause.name}, wanted NORMAL")
            await speaking
        with expect_raises(CallEnded):
            await playing
        heard = [event for event in _tones_of(talk.call.history, "busy") if event.on]
        expect(len(heard) == 1, f"busy tone was told {len(heard)} times")
        expect_near(heard[0].since_s, began_s, BEGAN_S, "since when it is heard")
        expect(0.5 <= heard[0].sure <= 1, f"sure {heard[0].sure}, wanted 0.5 to 1")
        ends = [event.tone for event in talk.call.history if isinstance(event, CallFinished)]
        expect(ends == ["busy"], f"the end of the call tells of tones {ends}")
    await let_pass(1)
    await bench.is_usable()


@check
async def voices_end_no_call(bench: Bench) -> None:
    """Sound that is no tone, and the board's own prompts, whatever they are, end no call."""
    async with bench.talking() as talk:
        busy = tone_samples(_country(bench).busy, TELL_S)
        async with begun(talk.call.play(busy)) as playing:
            await talk.phone.speak(hearing.clip(TELL_S, 6))
            await playing
        expect(talk.call.state == "connected", f"the call is {talk.call.state}")
        await talk.is_usable()


@check
async def a_tone_is_told(bench: Bench) -> None:
    """A call-progress tone in a call is told once when it is recognised and once when it is over."""
    _need(bench, Capability.TONES)
    name, tone = _harmless(bench)
    events: list[PortEvent] = []
    async with bench.talking() as talk, begun(gather_events(talk.call, events)):
        if not bench.board.port.disconnect_tones:
            raise FarEndLacks("tones in calls: the board listens to none")
        await talk.phone.speak(tone_samples(tone, 11.0))
        await let_pass(ENDED_S)
        told = [event.on for event in _tones_of(events, name)]
        expect(told == [True, False], f"{name} was told {told}, wanted on and off")
        others = {event.name for event in events if isinstance(event, ToneHeard)} - {name}
        expect(not others, f"{', '.join(sorted(others))} was told too")
        expect(talk.call.state == "connected", f"the call is {talk.call.state}")


async def _ended_by(talk: Talk, tone: Tone, job: asyncio.Task[T]) -> T:
    """Have a tone sent until it is over: a far end may not be interrupted; returns what the job gave meanwhile."""
    async with begun(talk.phone.speak(tone_samples(tone, HEARD_S))) as speaking:
        async with asyncio.timeout(HEARD_S):
            result = await job
        await speaking
    return result


@check
async def a_tone_ends_a_play(bench: Bench) -> None:
    """A tone asked for ends a play with TONE, says which, and reports the place; another does not."""
    _need(bench, Capability.TONES)
    name, tone = _harmless(bench)
    prompt = hearing.clip(20.0, 8)
    async with bench.talking() as talk:
        talk.phone.listen()
        async with begun(talk.call.play(prompt, stop_on_tone=name)) as playing:
            await let_pass(0.3)
            result = await _ended_by(talk, tone, playing)
            expect_reason(result, EndReason.TONE)
            expect(result.tone == name, f"ended by {result.tone!r}, wanted {name!r}")
            await let_pass()
            heard_s = hearing.prefix_heard_s(prompt, talk.phone.heard())
            expect_near(result.position_s, heard_s, bench.tolerance_s, "place reported")


@check
async def a_tone_ends_a_recording(bench: Bench) -> None:
    """Likewise a recording, which keeps what there was."""
    _need(bench, Capability.TONES)
    name, tone = _harmless(bench)
    async with (
        bench.talking() as talk,
        begun(talk.call.record(bench.folder / "m.wav", max_s=30, stop_on_tone=[name])) as recording,
    ):
        await let_pass(0.2)
        said = hearing.clip(0.5, 9)
        await talk.phone.speak(said)
        result = await _ended_by(talk, tone, recording)
        expect_reason(result, EndReason.TONE)
        expect(result.tone == name, f"ended by {result.tone!r}, wanted {name!r}")
        expect(hearing.find(said, expect_whole(result)) is not None, "what was said before is not in the recording")


@check
async def the_end_of_a_digit_is_told(bench: Bench) -> None:
    """When a key is up its digit is told once more, with how long it was."""
    _need(bench, Capability.DIGIT_ENDS)
    events: list[PortEvent] = []
    async with bench.talking() as talk, begun(gather_events(talk.call, events)):
        await talk.phone.send_digits("5", on_ms=200)
        await talk.phone.send_digits("*", on_ms=60)
        await let_pass()
        ends = [event for event in events if isinstance(event, DigitEnded)]
        expect([event.digit for event in ends] == ["5", "*"], f"ends of {[event.digit for event in ends]}")
        for event, wanted_s in zip(ends, (0.2, 0.06), strict=True):
            expect_near(event.duration_s, wanted_s, 0.02, f"how long {event.digit} was")
        kinds = [type(event).__name__ for event in events if type(event).__name__.startswith("Digit")]
        expect(kinds == ["DigitDetected", "DigitEnded"] * 2, f"told in the order {kinds}")


async def _key(talk: Talk, digits: str) -> None:
    await let_pass(0.1)
    await talk.phone.send_digits(digits)
    await let_pass()


@check
async def muted_digits_are_silent_in_a_recording(bench: Bench) -> None:
    """With mute_digits a recording keeps its length and all else, digits are silence in it, and are told as ever."""
    _need(bench, Capability.MUTE_DIGITS)
    before, after = hearing.clip(0.5, 43), hearing.clip(0.5, 44)
    events: list[PortEvent] = []
    async with (
        bench.talking() as talk,
        begun(gather_events(talk.call, events)),
        begun(talk.call.record(bench.folder / "m.wav", max_s=4.0, mute_digits=True)) as recording,
    ):
        await let_pass(0.1)
        await talk.phone.speak(before)
        await _key(talk, "159#")
        await talk.phone.speak(after)
        result = await recording
        expect(digits_told(events) == list("159#"), f"events told {digits_told(events)}")
        left = await talk.call.get_digits(4, first_timeout_s=1)
        expect(left == "159#", f"typed ahead was {left!r}")
    samples = expect_whole(result)
    expect_near(result.duration_s, 4.0, bench.tolerance_s, "duration reported")
    places = [hearing.find(said, samples) for said in (before, after)]
    expect(None not in places, "what was said before and after the digits is not in the recording")
    keyed = samples[round(((places[0] or 0) + 0.55) * 8000) : round(((places[1] or 0) - 0.05) * 8000)]
    expect(hearing.loud_s(keyed) <= 0.04, f"{hearing.loud_s(keyed):.2f} s of the keys are to be heard")


@check
async def muted_digits_are_not_heard_by_the_other_party(bench: Bench) -> None:
    """With mute_digits neither party of a bridge hears the other's digits; it hears what is said."""
    _need(bench, Capability.MUTE_DIGITS)
    said = hearing.clip(0.5, 45)
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two, one.call.bridge(two.call, mute_digits=True):
        await let_pass()
        two.phone.listen()
        await _key(one, "73#")
        await one.phone.speak(said)
        await let_pass()
        heard = two.phone.heard()
        expect(hearing.digits_in(heard) == "", f"the other party heard digits {hearing.digits_in(heard)!r}")
        at_s = hearing.find(said, heard)
        expect(at_s is not None, "the other party does not hear what is said")
        keyed = heard[: round((at_s or 0) * 8000) - 400]
        expect(_loud_s(keyed) <= 0.06, f"the other party heard {_loud_s(keyed):.2f} s of the keys")
        left = await one.call.get_digits(3, first_timeout_s=1)
        expect(left == "73#", f"collected {left!r}")


def _loud_s(samples: hearing.Samples) -> float:
    return hearing.loud_s(np.ascontiguousarray(samples))
