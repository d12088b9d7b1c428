"""Checks of digits: collecting, typing ahead, secrets, sending."""

from __future__ import annotations

import asyncio
import logging

import numpy as np

from boardcore.call import Call
from boardcore.errors import MediaBusy
from boardcore.events import DigitDetected, DigitsLost
from boardcore.ports import AudioSamples, CollectSpec, EndReason, PlaySpec, PortEvent, Termination
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
from boardcore.testing._checks_record import expect_whole

ALL_DIGITS = "0123456789*#ABCD"
SECRET = "73912"


async def gather_events(call: Call, into: list[PortEvent]) -> None:
    """Keep a call's events."""
    async for event in call.events():
        into.append(event)


def digits_told(events: list[PortEvent]) -> list[str | None]:
    """List the digits of digit events."""
    return [event.digit for event in events if isinstance(event, DigitDetected)]


@check
async def every_digit_is_told_once(bench: Bench) -> None:
    """Each of the sixteen digits is one event, in order, and is collected."""
    events: list[PortEvent] = []
    async with bench.talking() as talk, begun(gather_events(talk.call, events)):
        async with begun(talk.call.get_digits(16, inter_digit_timeout_s=2)) as digits:
            await talk.phone.send_digits(ALL_DIGITS)
            expect(await digits == ALL_DIGITS, f"collected {digits.result()!r}, wanted {ALL_DIGITS!r}")
        await let_pass()
        expect(digits_told(events) == list(ALL_DIGITS), f"events told {digits_told(events)}")


@check
async def collecting_ends_at_so_many_digits(bench: Bench) -> None:
    """MAX_DIGITS with the last digit; what follows is typed ahead."""
    async with bench.talking() as talk:
        async with begun(talk.job(CollectSpec(max_digits=3))) as collecting:
            await talk.phone.send_digits("1234")
            result = await collecting
        expect_reason(result, EndReason.MAX_DIGITS)
        expect(result.digits == "123", f"collected {result.digits!r}")
        rest = await talk.job(CollectSpec(first_timeout_s=0.5, inter_digit_timeout_s=0.5))
        expect(rest.digits == "4", f"typed ahead was {rest.digits!r}, wanted '4'")


@check
async def collecting_ends_at_a_terminator(bench: Bench) -> None:
    """A terminator ends it with DIGIT, is told, and is not among the digits."""
    async with bench.talking() as talk:
        async with begun(talk.job(CollectSpec(terminators="#*"))) as collecting:
            await talk.phone.send_digits("12#")
            result = await collecting
        expect_reason(result, EndReason.DIGIT)
        expect((result.digits, result.terminator) == ("12", "#"), f"{result.digits!r}, {result.terminator!r}")


@check
async def collecting_times_out(bench: Bench) -> None:
    """FIRST_TIMEOUT without a digit, INTER_DIGIT_TIMEOUT after one, MAX_TIME in all; each at its time."""
    async with bench.talking() as talk:
        result = await talk.job(CollectSpec(first_timeout_s=1.0, inter_digit_timeout_s=3.0, max_s=10))
        expect_reason(result, EndReason.FIRST_TIMEOUT)
        expect_near(result.ended_s - result.started_s, 1.0, 0.15, "seconds to the first time-out")
        async with begun(talk.job(CollectSpec(first_timeout_s=2.0, inter_digit_timeout_s=1.0))) as collecting:
            await talk.phone.send_digits("12")
            sent_s = asyncio.get_running_loop().time()
            result = await collecting
        expect_reason(result, EndReason.INTER_DIGIT_TIMEOUT)
        expect(result.digits == "12", f"collected {result.digits!r}")
        expect_near(result.ended_s - sent_s, 1.0, 0.25, "seconds from the last digit to the time-out")
        async with begun(talk.job(CollectSpec(inter_digit_timeout_s=5, max_s=1.0))) as collecting:
            await talk.phone.send_digits("1")
            result = await collecting
        expect_reason(result, EndReason.MAX_TIME)
        expect_near(result.ended_s - result.started_s, 1.0, 0.15, "seconds to the end")


@check
async def collecting_is_stopped(bench: Bench) -> None:
    """`stop` ends it with STOPPED and the digits so far; a second one meanwhile raises MediaBusy."""
    async with bench.talking() as talk:
        media = talk.call.channel.port.media
        job = await media.start(CollectSpec())
        with expect_raises(MediaBusy):
            await media.start(CollectSpec())
        await talk.phone.send_digits("89")
        await let_pass()
        job.stop()
        async with asyncio.timeout(1):
            result = await job.result()
        expect_reason(result, EndReason.STOPPED)
        expect(result.digits == "89", f"collected {result.digits!r}")


@check
async def digits_are_typed_ahead(bench: Bench) -> None:
    """Digits keyed while nobody collects come first, in order; `clear_digits` forgets them."""
    async with bench.talking() as talk:
        await talk.phone.send_digits("12")
        await let_pass()
        async with begun(talk.call.get_digits(3, first_timeout_s=3)) as digits:
            await talk.phone.send_digits("3")
            expect(await digits == "123", f"collected {digits.result()!r}, wanted '123'")
        await talk.phone.send_digits("45")
        await let_pass()
        talk.call.clear_digits()
        left = await talk.call.get_digits(2, first_timeout_s=0.5)
        expect(left == "", f"after clear_digits {left!r} was left")


@check
async def sixty_four_digits_are_kept(bench: Bench) -> None:
    """The type-ahead buffer keeps 64 digits; those beyond are counted as lost."""
    events: list[PortEvent] = []
    async with bench.talking() as talk, begun(gather_events(talk.call, events)):
        for digits in ("0123456789" * 3, "9876543210" * 3, "123456"):
            await talk.phone.send_digits(digits)
        await let_pass()
        lost = sum(event.count for event in events if isinstance(event, DigitsLost))
        expect(lost == 2, f"{lost} digits are told lost of 66, wanted 2")
        kept = await talk.call.get_digits(64, first_timeout_s=1, inter_digit_timeout_s=1)
        expect(kept == "0123456789" * 3 + "9876543210" * 3 + "1234", f"kept {kept!r}")
        expect(await talk.call.get_digits(1, first_timeout_s=0.5) == "", "more than 64 digits were kept")


@check
async def a_digit_typed_ahead_stops_a_prompt(bench: Bench) -> None:
    """A digit that waits ends a job that it would end at the job's very start, and is taken."""
    async with bench.talking() as talk:
        await talk.phone.send_digits("1")
        await let_pass()
        result = await talk.call.play(hearing.clip(2.0, 2), stop_on="1")
        expect_reason(result, EndReason.DIGIT)
        expect_near(result.position_s, 0.0, talk.bench.tolerance_s, "place reported")
        expect(await talk.call.get_digits(1, first_timeout_s=0.5) == "", "the digit was not taken")


@check
async def a_digit_is_kept_or_taken(bench: Bench) -> None:
    """The digit that ends a play is taken from the buffer, or stays with keep_digit; others always stay."""
    async with bench.talking() as talk:
        for keep, wanted in ((False, "5"), (True, "5#")):
            rules = Termination(digits="#", keep_digit=keep)
            async with begun(talk.job(PlaySpec(AudioSamples(hearing.clip(3.0, 2)), rules))) as playing:
                await let_pass(0.1)
                await talk.phone.send_digits("5#")
                expect_reason(await playing, EndReason.DIGIT)
            await let_pass()
            left = await talk.call.get_digits(2, first_timeout_s=0.5, inter_digit_timeout_s=0.5)
            expect(left == wanted, f"with keep_digit={keep} {left!r} is left, wanted {wanted!r}")


class _Lines(logging.Handler):
    """Everything that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"


async def _key_secret(talk: Talk) -> None:
    """Have a secret keyed and collected while a recording runs."""
    async with talk.call.secret():
        async with begun(talk.call.get_digits(5, first_timeout_s=5)) as digits:
            await let_pass(0.1)
            await talk.phone.send_digits(SECRET)
            expect(await digits == SECRET, f"who collects got {str(digits.result())!r}, wanted the digits")
            expect(not any(d in repr(digits.result()) for d in SECRET), f"its repr shows it: {digits.result()!r}")
        await let_pass()


@check
async def a_secret_is_kept(bench: Bench) -> None:
    """Under secret() who collects gets the digits; no event, repr or log shows them; afterwards they do."""
    events: list[PortEvent] = []
    logger, lines = logging.getLogger("boardcore"), _Lines()
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.DEBUG)
    try:
        async with bench.talking() as talk, begun(gather_events(talk.call, events)):
            await _key_secret(talk)
            told = digits_told(events)
            expect(told == [None] * len(SECRET), f"digit events in secret told {told}")
            await talk.phone.send_digits("4")
            await let_pass()
            expect(digits_told(events)[-1:] == ["4"], "after the secret, a digit is not told")
            said = lines.text + repr(events) + repr(talk.call.history) + repr(talk.call)
            expect(SECRET not in said, "the digits are in a log or in the call's history")
    finally:
        logger.removeHandler(lines)
        logger.setLevel(level)


@check
async def a_secret_is_silent_in_recordings(bench: Bench) -> None:
    """Digits keyed under secret() are silence in a recording, which keeps its length and all else."""
    before, after = hearing.clip(0.5, 41), hearing.clip(0.5, 42)
    async with (
        bench.talking() as talk,
        begun(talk.call.record(bench.folder / "m.wav", max_s=4.0)) as recording,
    ):
        await let_pass(0.1)
        await talk.phone.speak(before)
        await let_pass()
        await _key_secret(talk)
        await talk.phone.speak(after)
        result = await recording
    samples = expect_whole(result)
    expect_near(result.duration_s, 4.0, bench.tolerance_s, "duration reported")
    expect(hearing.digits_in(samples) == "", f"digits in the recording: {hearing.digits_in(samples)!r}")
    places = [hearing.find(said, samples) for said in (before, after)]
    expect(None not in places, "what was said before and after the digits is not in the recording")
    keyed = samples[round(((places[0] or 0) + 0.55) * 8000) : round(((places[1] or 0) - 0.05) * 8000)]
    expect(
        hearing.loud_s(keyed) <= 0.01 * len(SECRET),
        f"{hearing.loud_s(keyed):.2f} s of the keys are to be heard",
    )


@check
async def a_secret_is_silent_to_its_last_key(bench: Bench) -> None:
    """The digit with which a secret ends is silence in recordings and streams, though nobody waits after it."""
    blocks: list[hearing.Samples] = []

    async def tap(call: Call) -> None:
        async with call.stream() as audio:
            async for block in audio:
                blocks.append(block)

    async def press(talk: Talk, digit: str) -> None:
        await let_pass(0.1)
        await talk.phone.send_digits(digit, on_ms=150)

    async with (
        bench.talking() as talk,
        begun(talk.call.record(bench.folder / "m.wav", max_s=3.0)) as recording,
        begun(tap(talk.call)),
    ):
        await let_pass(0.5)
        for digit in "73":
            async with begun(press(talk, digit)) as pressing:
                async with talk.call.secret():
                    await talk.call.get_digits(1, first_timeout_s=2)
                await pressing  # the key is still down when the secret ends
            await let_pass(0.5)
        result = await recording
        told = {"recording": expect_whole(result), "stream": np.concatenate(blocks)}
    for where, samples in told.items():
        found = hearing.digits_in(samples)
        expect(found == "", f"digits in the {where}: {found!r}")


@check
async def digits_are_sent(bench: Bench) -> None:
    """Digits sent are heard as DTMF, in order; a comma is half a second; the result says how long it took."""
    async with bench.talking() as talk:
        talk.phone.listen()
        result = await talk.call.send_digits(ALL_DIGITS)
        await let_pass()
        expect_reason(result, EndReason.DATA)
        heard = hearing.digits_in(talk.phone.heard())
        expect(heard == ALL_DIGITS, f"heard {heard!r}, wanted {ALL_DIGITS!r}")
        expect_near(result.duration_s, 16 * 0.16, 0.1, "seconds it took")
        result = await talk.call.send_digits("1,2", on_ms=100, off_ms=100)
        expect_near(result.duration_s, 0.9, 0.1, "seconds it took with a comma")
