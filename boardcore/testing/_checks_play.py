"""Checks of playing, and of the rules that end a job."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from boardcore.errors import DriverError, MediaBusy, MediaFileError, MediaFormatError
from boardcore.ports import AudioFile, AudioSamples, Encoding, EndReason, PlayResult, PlaySpec, Termination
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
from boardcore.testing.far_end import FarEndLacks

PROMPT = hearing.clip(3.0, 11)


async def expect_heard(talk: Talk, result: PlayResult) -> None:
    """Expect that as much of the prompt was heard as the result says."""
    await let_pass()
    heard_s = hearing.prefix_heard_s(PROMPT, talk.phone.heard())
    expect_near(heard_s, result.position_s, talk.bench.tolerance_s, "seconds heard, and the place reported")
    took_s = result.ended_s - result.started_s
    expect_near(took_s, result.position_s, 0.2, "seconds the job took by its stamps, and the place reported")


def _plays(encoding: Encoding) -> Callable[[Bench], Awaitable[None]]:
    async def body(bench: Bench) -> None:
        path = hearing.write_wav(bench.folder / "prompt.wav", PROMPT, encoding)
        async with bench.talking() as talk:
            talk.phone.listen()
            result = await talk.call.play(path)
            expect_reason(result, EndReason.DATA)
            expect_near(result.position_s, 3.0, 0.011, "place reported")
            await expect_heard(talk, result)

    return body


for _encoding in Encoding:
    add_check(
        f"a_file_is_played_{_encoding.name.lower()}",
        f"All of a file of {_encoding.name} is heard, and the result says so.",
        _plays(_encoding),
    )


@check
async def samples_are_played(bench: Bench) -> None:
    """Audio in memory is heard, all of it."""
    async with bench.talking() as talk:
        talk.phone.listen()
        result = await talk.call.play(PROMPT)
        expect_reason(result, EndReason.DATA)
        await expect_heard(talk, result)


@check
async def a_prompt_begins_at_an_offset(bench: Bench) -> None:
    """`from_s` leaves out what is before; the position reported is the place in the source."""
    async with bench.talking() as talk:
        talk.phone.listen()
        result = await talk.call.play(PROMPT, from_s=1.25)
        await let_pass()
        heard = talk.phone.heard()
        expect(hearing.prefix_heard_s(PROMPT[10000:], heard) >= 1.7, "what is after the offset is not heard")
        expect(hearing.find(PROMPT[5000:9900], heard) is None, "what is before the offset is heard")
        expect_near(result.position_s, 3.0, 0.011, "place in the source")


@check
async def a_play_ends_at_its_time(bench: Bench) -> None:
    """Rule max_s: MAX_TIME at that time, no earlier, no later."""
    async with bench.talking() as talk:
        talk.phone.listen()
        result = await talk.call.play(PROMPT, max_s=1.2)
        expect_reason(result, EndReason.MAX_TIME)
        expect_near(result.position_s, 1.2, talk.bench.tolerance_s, "place reported")
        await expect_heard(talk, result)


@check
async def a_play_ends_at_a_digit(bench: Bench) -> None:
    """Rule digits: one of the mask ends it with DIGIT and is told; one that is not of the mask does not."""
    async with bench.talking() as talk:
        talk.phone.listen()
        async with begun(talk.call.play(PROMPT, stop_on="#*")) as playing:
            await let_pass(0.3)
            await talk.phone.send_digits("5")
            await let_pass(0.3)
            expect(not playing.done(), "digit 5 ended a play that # and * are to end")
            await talk.phone.send_digits("*")
            result = await playing
        expect_reason(result, EndReason.DIGIT)
        expect(result.digit == "*", f"the digit told is {result.digit!r}, wanted '*'")
        await expect_heard(talk, result)
        expect(
            0.6 < result.position_s < 1.3,
            f"it ended at {result.position_s:.2f} s, the key went down near 0.8 s",
        )


@check
async def a_play_ends_at_so_many_digits(bench: Bench) -> None:
    """Rule max_digits: the last of so many ends it with MAX_DIGITS."""
    async with bench.talking() as talk:
        talk.phone.listen()
        rules = Termination(max_digits=3)
        async with begun(talk.job(PlaySpec(AudioSamples(PROMPT), rules))) as playing:
            await let_pass(0.2)
            await talk.phone.send_digits("12")
            await let_pass(0.2)
            expect(not playing.done(), "two digits ended a play that three are to end")
            await talk.phone.send_digits("3")
            result = await playing
        expect_reason(result, EndReason.MAX_DIGITS)
        await expect_heard(talk, result)


@check
async def a_play_ends_at_silence(bench: Bench) -> None:
    """Rule silence_s: silence of that length since the start, or since sound ended, ends it."""
    async with bench.talking() as talk:
        talk.phone.listen()
        async with begun(talk.call.play(PROMPT, silence_s=1.0)) as playing:
            await talk.phone.speak(hearing.clip(0.6, 5))
            result = await playing
        expect_reason(result, EndReason.SILENCE)
        expect_near(result.position_s, 1.6, 0.2, "the place: sound of 0.6 s and silence of 1 s")
        await expect_heard(talk, result)


@check
async def a_play_ends_at_sound(bench: Bench) -> None:
    """Rule nonsilence_s: sound of that length ends it; shorter sound does not."""
    async with bench.talking() as talk:
        talk.phone.listen()
        rules = Termination(nonsilence_s=0.4)
        async with begun(talk.job(PlaySpec(AudioSamples(PROMPT), rules))) as playing:
            await let_pass(0.3)
            await talk.phone.speak(hearing.clip(0.2, 5))
            await let_pass(0.4)
            expect(not playing.done(), "sound of 0.2 s ended a play that sound of 0.4 s is to end")
            await talk.phone.speak(hearing.clip(0.8, 6))
            result = await playing
        expect_reason(result, EndReason.NONSILENCE)
        expect(0.9 < result.position_s < 1.7, f"it ended at {result.position_s:.2f} s, sound began near 0.9 s")
        await expect_heard(talk, result)


@check
async def a_play_is_stopped(bench: Bench) -> None:
    """`stop` ends a job with STOPPED, promptly; again it does nothing; the result can be had twice."""
    async with bench.talking() as talk:
        talk.phone.listen()
        job = await talk.call.channel.port.media.start(PlaySpec(AudioSamples(PROMPT)))
        await let_pass(0.5)
        job.stop()
        job.stop(EndReason.HANGUP)
        async with asyncio.timeout(1):
            result = await job.result()
        job.stop()
        expect_reason(result, EndReason.STOPPED)
        expect(await job.result() == result, "the second result differs from the first")
        await expect_heard(talk, result)
        await talk.is_usable()


@check
async def cancelling_a_result_leaves_its_job(bench: Bench) -> None:
    """Cancelling the wait for a result does not stop the job."""
    async with bench.talking() as talk:
        talk.phone.listen()
        job = await talk.call.channel.port.media.start(PlaySpec(AudioSamples(PROMPT)))
        async with begun(job.result()):
            await let_pass(0.5)
        result = await job.result()
        expect_reason(result, EndReason.DATA)
        await expect_heard(talk, result)


@check
async def the_first_rule_satisfied_wins(bench: Bench) -> None:
    """Of several rules the first satisfied ends the job, and is the one told."""
    async with bench.talking() as talk:
        rules = Termination(max_s=0.8, max_digits=2, digits="#", silence_s=2.0)
        result = await talk.job(PlaySpec(AudioSamples(PROMPT), rules))
        expect_reason(result, EndReason.MAX_TIME)
        rules = Termination(max_s=2.5, max_digits=2, digits="#", silence_s=0.5)
        result = await talk.job(PlaySpec(AudioSamples(PROMPT), rules))
        expect_reason(result, EndReason.SILENCE)
        rules = Termination(max_s=2.5, max_digits=1, digits="#", silence_s=2.0)
        async with begun(talk.job(PlaySpec(AudioSamples(PROMPT), rules))) as playing:
            await let_pass(0.2)
            await talk.phone.send_digits("#")
            expect_reason(await playing, EndReason.DIGIT)


@check
async def one_play_at_a_time(bench: Bench) -> None:
    """A second job of a kind raises MediaBusy and leaves the first alone."""
    async with bench.talking() as talk:
        talk.phone.listen()
        async with begun(talk.call.play(PROMPT)) as playing:
            await let_pass(0.3)
            with expect_raises(MediaBusy):
                await talk.call.play(hearing.clip(0.2, 9))
            with expect_raises(MediaBusy):
                await talk.call.send_digits("1")
            result = await playing
        expect_reason(result, EndReason.DATA)
        await expect_heard(talk, result)


@check
async def what_cannot_be_played(bench: Bench) -> None:
    """A missing file is MediaFileError with its path, rubbish MediaFormatError; the channel stays usable."""
    rubbish = bench.folder / "rubbish.wav"
    rubbish.write_bytes(b"RIFF\x20\x00\x00\x00WAVEfmt nonsense")
    async with bench.talking() as talk:
        with expect_raises(MediaFileError) as missing:
            await talk.call.play(bench.folder / "missing.wav")
        expect("missing.wav" in missing().path, f"the error's path is {missing().path!r}")
        with expect_raises(MediaFormatError):
            await talk.call.play(rubbish)
        vanished = AudioFile(bench.folder / "vanished.wav", 600_000, Encoding.PCM16)
        with expect_raises(MediaFileError):
            await talk.job(PlaySpec(vanished))
        await talk.is_usable()


@check
async def a_refused_command_is_a_driver_error(bench: Bench) -> None:
    """What the vendor's library refuses is DriverError with the vendor's code; the channel stays usable."""
    if bench.setup.refuse_next is None:
        raise FarEndLacks("a way to make the board refuse a command")
    async with bench.talking() as talk:
        code = bench.setup.refuse_next(bench.board)
        with expect_raises(DriverError) as refused:
            await talk.call.play(PROMPT)
        expect(refused().vendor_code == code, f"vendor_code is {refused().vendor_code}, wanted {code}")
        await talk.is_usable()
