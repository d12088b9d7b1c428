"""Checks of recording."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from boardcore import dsp
from boardcore.errors import MediaBusy, MediaError, MediaFileError
from boardcore.ports import Encoding, EndReason, RecordResult, RecordSpec, Termination
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import (
    Bench,
    add_check,
    begun,
    check,
    expect,
    expect_near,
    expect_raises,
    expect_reason,
    let_pass,
)

SPEECH = hearing.clip(2.0, 21)


def open_files_of(path: Path) -> int:
    """Count this process's descriptors that lead to a file; 0 where the system cannot tell."""
    links = Path("/proc/self/fd")
    if not links.exists():
        return 0
    found = 0
    for link in links.iterdir():
        try:
            found += link.readlink() == path
        except OSError:  # the descriptor that listed the folder
            continue
    return found


def expect_whole(result: RecordResult) -> hearing.Samples:
    """Expect a file that is whole, closed and as long as the result says; what is in it."""
    try:
        file = hearing.read_wav(result.path)
    except ValueError as error:
        expect(False, f"the file is not whole when its result is there: {error}")
        raise
    expect(open_files_of(result.path) == 0, f"{result.path.name} is still open when its result is there")
    expect_near(len(file.samples) / hearing.RATE_HZ, result.duration_s, 0.011, "seconds in the file, and reported")
    return file.samples


def _records(encoding: Encoding) -> Callable[[Bench], Awaitable[None]]:
    async def body(bench: Bench) -> None:
        path = bench.folder / "message.wav"
        async with (
            bench.talking() as talk,
            begun(talk.call.record(path, encoding=encoding, max_s=3.0)) as recording,
        ):
            await let_pass(0.3)
            await talk.phone.speak(SPEECH)
            result = await recording
        expect_reason(result, EndReason.MAX_TIME)
        expect_near(result.duration_s, 3.0, bench.tolerance_s, "duration reported")
        samples = expect_whole(result)
        expect(hearing.read_wav(path).encoding is encoding, f"the file is not {encoding.name}")
        begin_s = hearing.find(SPEECH, samples)
        expect(begin_s is not None, "what was said is not in the file")
        expect_near(begin_s or 0.0, 0.3, 0.3, "the place of what was said")
        said = round((begin_s or 0.0) * hearing.RATE_HZ)
        level_db = dsp.level_dbm0(samples[said : said + len(SPEECH)]) - dsp.level_dbm0(SPEECH)
        expect_near(level_db, -bench.setup.loss_db, 3.0, "dB between what was said and what is in the file")

    return body


for _encoding in Encoding:
    add_check(
        f"a_message_is_recorded_{_encoding.name.lower()}",
        f"What is said is in a file of {_encoding.name}, at its level, whole when the result is there.",
        _records(_encoding),
    )


@check
async def a_recording_is_appended_to(bench: Bench) -> None:
    """`append` adds to what is there; the duration reported is the addition's."""
    path = bench.folder / "message.wav"
    parts = [hearing.clip(1.0, seed) for seed in (31, 32)]
    async with bench.talking() as talk:
        for number, part in enumerate(parts):
            async with begun(talk.call.record(path, append=number > 0, max_s=1.5)) as recording:
                await let_pass(0.1)
                await talk.phone.speak(part)
                result = await recording
            expect_near(result.duration_s, 1.5, bench.tolerance_s, f"duration of part {number + 1}")
    samples = hearing.read_wav(path).samples
    expect_near(len(samples) / hearing.RATE_HZ, 3.0, 2 * bench.tolerance_s, "seconds in the file")
    places = [hearing.find(part, samples) for part in parts]
    expect(None not in places and (places[0] or 0) < (places[1] or 0), f"the parts are at {places} in the file")


@check
async def a_recording_ends_at_silence(bench: Bench) -> None:
    """Rule silence_s ends a recording when the speaker has fallen silent for so long."""
    async with bench.talking() as talk:
        async with begun(talk.call.record(bench.folder / "m.wav", silence_s=1.0, max_s=20)) as recording:
            await let_pass(0.2)  # a board in another process takes its time to begin
            await talk.phone.speak(SPEECH)
            result = await recording
        expect_reason(result, EndReason.SILENCE)
        expect_near(result.duration_s, 3.2, 0.25, "duration: 0.2 s, speech of 2 s and silence of 1 s")
        expect(hearing.find(SPEECH, expect_whole(result)) is not None, "what was said is not in the file")


@check
async def a_recording_ends_at_a_digit(bench: Bench) -> None:
    """Rule digits ends a recording; the digit is told; its tone is not in the file, what was said is."""
    async with bench.talking() as talk:
        async with begun(talk.call.record(bench.folder / "m.wav", stop_on="#", max_s=20)) as recording:
            await let_pass(0.1)
            await talk.phone.speak(SPEECH)
            await let_pass(0.3)
            await talk.phone.send_digits("#", on_ms=150)
            result = await recording
        expect_reason(result, EndReason.DIGIT)
        expect(result.digit == "#", f"the digit told is {result.digit!r}")
        samples = expect_whole(result)
        expect(hearing.find(SPEECH, samples) is not None, "what was said is not in the file")
        expect(hearing.loud_s(samples[-1600:]) <= 0.01, "the digit's tone is at the end of the file")


@check
async def a_recording_is_stopped(bench: Bench) -> None:
    """`stop` ends it with STOPPED; the file holds all until then; while it grows it is readable already."""
    path = bench.folder / "m.wav"
    async with bench.talking() as talk:
        job = await talk.call.channel.port.media.start(RecordSpec(path, stop=Termination(max_s=60)))
        await talk.phone.speak(SPEECH)
        await talk.phone.speak(SPEECH)
        early = hearing.read_wav(path).samples
        expect(len(early) > 0, "nothing is in the file after 4 s of recording")
        job.stop()
        result = await job.result()
        expect_reason(result, EndReason.STOPPED)
        expect(len(expect_whole(result)) >= len(early), "the file shrank")
        expect_near(result.duration_s, 4.0, 0.3, "duration reported")


@check
async def one_recording_at_a_time(bench: Bench) -> None:
    """A second recording on the channel raises MediaBusy and leaves no file; playing meanwhile is fine."""
    other = bench.folder / "other.wav"
    async with (
        bench.talking() as talk,
        begun(talk.call.record(bench.folder / "m.wav", max_s=2)) as recording,
    ):
        await let_pass(0.2)
        with expect_raises(MediaBusy):
            await talk.call.record(other, max_s=1)
        expect(open_files_of(other) == 0, "the refused recording left its file open")
        prompt = hearing.clip(0.5, 4)
        talk.phone.listen()
        await talk.call.play(prompt)
        expect_reason(await recording, EndReason.MAX_TIME)
        expect(hearing.find(prompt, talk.phone.heard()) is not None, "nothing is heard while it records")


@check
async def where_nothing_can_be_recorded(bench: Bench) -> None:
    """A missing folder is MediaFileError; another encoding is not appended; the channel stays usable."""
    path = hearing.write_wav(bench.folder / "old.wav", SPEECH, Encoding.ALAW)
    before = path.read_bytes()
    async with bench.talking() as talk:
        with expect_raises(MediaFileError):
            await talk.call.record(bench.folder / "missing" / "m.wav", max_s=1)
        with expect_raises(MediaError):
            await talk.call.record(path, append=True, max_s=1)
        expect(path.read_bytes() == before, "a recording that was refused changed the file")
        await talk.is_usable()
