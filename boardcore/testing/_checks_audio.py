"""Checks of live audio, tones, and calls that hear each other."""

from __future__ import annotations

import asyncio

import numpy as np

from boardcore import dsp
from boardcore.call import Call
from boardcore.errors import MediaBusy
from boardcore.ports import EndReason, Termination, ToneSpec
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


@check
async def a_tone_is_heard(bench: Bench) -> None:
    """A tone has its frequency, level and cadence, and ends at its rule."""
    async with bench.talking() as talk:
        talk.phone.listen()
        spec = ToneSpec((1000.0,), -12.0, ((0.3, 0.2),), Termination(max_s=2.0))
        result = await talk.job(spec)
        await let_pass()
        expect_reason(result, EndReason.MAX_TIME)
        expect_near(result.duration_s, 2.0, bench.tolerance_s, "duration reported")
        heard = talk.phone.heard()
        expect_near(hearing.loud_s(heard), 1.2, 0.12, "seconds of sound, of 4 times 0.3 s")
        begin = round((hearing.find(dsp.tone(1000, duration_ms=100), heard) or 0.0) * 8000)
        level = dsp.level_dbm0(heard[begin : begin + 1600])
        expect_near(level, -12.0 - bench.setup.loss_db, 3.0, "level in dBm0")
        spectrum = np.abs(np.fft.rfft(heard[begin : begin + 1600]))
        expect_near(float(np.argmax(spectrum)) * 5.0, 1000.0, 5.0, "frequency in Hz")


async def _echo(call: Call, into: list[hearing.Samples]) -> None:
    async with call.stream() as audio:
        async for block in audio:
            into.append(block)
            await audio.write(block)


@check
async def live_audio_goes_both_ways(bench: Bench) -> None:
    """A stream hears the line and is heard on it; it can be opened again; the line stays usable."""
    said = hearing.clip(1.0, 51)
    async with bench.talking() as talk:
        talk.phone.listen()
        blocks: list[hearing.Samples] = []
        async with begun(_echo(talk.call, blocks)):
            await let_pass(0.1)
            await talk.phone.speak(said)
            await let_pass(1.0)
            expect(all(b.dtype == np.int16 and len(b) % 80 == 0 for b in blocks), "blocks are not int16 of 80")
            expect(hearing.find(said, np.concatenate(blocks)) is not None, "what was said is not in the stream")
            expect(hearing.find(said, talk.phone.heard()) is not None, "what the stream sent is not heard")
            with expect_raises(MediaBusy):
                async with talk.call.stream():
                    pass
        async with talk.call.stream() as audio:
            expect(len(await anext(aiter(audio))) > 0, "a second stream gives nothing")
        await talk.is_usable()


@check
async def a_stream_nobody_reads_counts_its_loss(bench: Bench) -> None:
    """Audio that nobody reads in time is dropped and counted."""
    async with bench.talking() as talk, talk.call.stream(depth_s=0.5) as audio:
        await let_pass(2.0)
        expect_near(audio.dropped_blocks * 0.01, 1.5, 0.3, "seconds dropped, of 2 s with room for 0.5 s")


async def expect_both_ways(one: Talk, two: Talk, connected: bool) -> None:
    """Expect that two telephones hear each other, or do not."""
    for talking, listening, seed in ((one, two, 61), (two, one, 62)):
        said = hearing.clip(0.8, seed)
        listening.phone.listen()
        await talking.phone.speak(said)
        await let_pass()
        heard = hearing.find(said, listening.phone.heard()) is not None
        who = f"{listening.phone.number} {'hears' if heard else 'does not hear'} {talking.phone.number}"
        expect(heard is connected, f"{who}, {'bridged' if connected else 'apart'}")


@check
async def two_calls_are_bridged(bench: Bench) -> None:
    """Bridged calls hear each other both ways, before and after they do not; prompts are for one only."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two:
        await expect_both_ways(one, two, False)
        for _ in range(2):
            async with one.call.bridge(two.call):
                await expect_both_ways(one, two, True)
            await expect_both_ways(one, two, False)
        async with one.call.bridge(two.call):
            prompt = hearing.clip(0.5, 63)
            one.phone.listen()
            two.phone.listen()
            await one.call.play(prompt)
            await let_pass()
            expect(hearing.find(prompt, one.phone.heard()) is not None, "a prompt is not heard in a bridge")
            expect(hearing.find(prompt, two.phone.heard()) is None, "the other party hears the prompt")
        await one.is_usable()
        await two.is_usable()


@check
async def a_secret_is_kept_from_the_other_party(bench: Bench) -> None:
    """Digits keyed under secret() are not heard by the party on the bridge; the voice is."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two, one.call.bridge(two.call), one.call.secret():
        two.phone.listen()
        await let_pass()
        await one.phone.send_digits("739")
        await let_pass()
        heard = two.phone.heard()
        expect(hearing.digits_in(heard) == "", f"the other party hears {hearing.digits_in(heard)!r}")
        said = hearing.clip(0.5, 64)
        await one.phone.speak(said)
        await let_pass(0.5)  # what keeps digits back keeps the voice back as long
        expect(hearing.find(said, two.phone.heard()) is not None, "the voice is not heard in secret")


@check
async def a_secret_is_kept_from_the_other_party_to_its_last_key(bench: Bench) -> None:
    """The digit with which a secret ends is not heard by the party on the bridge, though it is held down."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two, one.call.bridge(two.call):
        two.phone.listen()
        async with begun(press_later(one, "7")) as pressing:
            async with one.call.secret():
                await one.call.get_digits(1, first_timeout_s=3)
            await pressing  # the key is still down when the secret ends
        await let_pass(0.5)
        heard = two.phone.heard()
        expect(hearing.digits_in(heard) == "", f"the other party hears {hearing.digits_in(heard)!r}")


async def press_later(talk: Talk, digits: str) -> None:
    await let_pass(0.5)
    await talk.phone.send_digits(digits, on_ms=600)


@check
async def three_calls_confer(bench: Bench) -> None:
    """In a room each hears all others and not itself; a listener is not heard; who left hears nothing."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two, bench.talking(2, 2) as three:
        async with bench.board.conference() as room:
            await room.add(one.call)
            await room.add(two.call)
            await room.add(three.call, listen_only=True)
            await expect_conference(one, [two, three], [one], 71)
            await expect_conference(two, [one, three], [two], 72)
            await expect_conference(three, [], [one, two], 73)
            await room.remove(two.call)
            await expect_conference(one, [three], [two], 74)
        await expect_both_ways(one, two, False)
        for talk in (one, two, three):
            await talk.is_usable()


async def expect_conference(speaker: Talk, hear: list[Talk], do_not: list[Talk], seed: int) -> None:
    """Expect who hears a speaker."""
    said = hearing.clip(0.8, seed)
    for talk in (*hear, *do_not):
        talk.phone.listen()
    await speaker.phone.speak(said)
    await let_pass(0.5)
    for talk in hear:
        heard = hearing.find(said, talk.phone.heard()) is not None
        expect(heard, f"{talk.phone.number} does not hear {speaker.phone.number} in the room")
    for talk in do_not:
        heard = hearing.find(said, talk.phone.heard()) is not None
        expect(not heard, f"{talk.phone.number} hears {speaker.phone.number}, and is not to")


@check
async def a_bridge_outlives_neither_call(bench: Bench) -> None:
    """When one bridged call ends, the other goes on, alone."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two:
        async with one.call.bridge(two.call):
            await one.phone.hang_up()
            async with asyncio.timeout(2):
                await one.call.wait_ended()
            await let_pass()
            await two.is_usable()
        await two.is_usable()
    async with bench.talking(0, 0) as again:
        await again.is_usable()


@check
async def jobs_of_all_kinds_run_at_once(bench: Bench) -> None:
    """Several jobs of different kinds run at once on a channel: send, record and collect."""
    async with bench.talking() as talk:
        prompt, said = hearing.clip(1.5, 81), hearing.clip(0.6, 82)
        path = bench.folder / "m.wav"
        talk.phone.listen()
        async with (
            begun(talk.call.play(prompt)) as playing,
            begun(talk.call.record(path, max_s=2.0)) as recording,
            begun(talk.call.get_digits(1, first_timeout_s=3)) as digits,
        ):
            await let_pass(0.1)
            await talk.phone.speak(said)
            await talk.phone.send_digits("6")
            expect(await digits == "6", f"collected {digits.result()!r} meanwhile")
            await playing
            await recording
        await let_pass()
        expect(hearing.find(prompt, talk.phone.heard()) is not None, "the prompt was not heard")
        samples = hearing.read_wav(path).samples
        expect(hearing.find(said, samples) is not None, "what was said is not in the recording")
        expect(hearing.find(prompt[:4000], samples) is None, "the prompt is in the recording of the line")
