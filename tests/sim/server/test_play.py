"""PLAY, TONE and DIAL: what the telephone hears, credit, and what ends them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from board_client import Device, Rig, Samples, rig
from calls import sine

from boardcore import dsp
from boardcore.ports import Encoding
from boardcore.testing import VirtualClock
from boardcore_simulators import LineQuality
from boardcore_simulators.server import Installation
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._audio import BEEP, to_wire
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._wire import Event, Kind, Reason, Status

CLEAR = Installation(lines=2, quality=LineQuality(law="none"))  # what is played is heard to the bit
SECOND = 16000  # bytes
HASH = 1 << 11
BAD = (Reason.ERROR, Status.BAD_VALUE)


def pcm(samples: Samples) -> bytes:
    return samples.astype("<i2").tobytes()


async def listening(r: Rig) -> Device:
    device = await r.call()
    r.exchange.subscriber("2001").listen()
    await r.exchange.info()  # by then it listens
    return device


async def heard(r: Rig) -> Samples:
    """From the first sample that is not silent to the last."""
    await asyncio.sleep(0.1)
    sound = await r.exchange.subscriber("2001").fetch_heard()
    loud = np.flatnonzero(sound)
    return sound[loud[0] : loud[-1] + 1] if loud.size else sound[:0]


def trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(samples)
    return samples[loud[0] : loud[-1] + 1]


def assert_alike(sound: Samples, wanted: Samples) -> None:
    """But for the rounding of a phase that ran on instead of starting anew each second."""
    assert sound.size == wanted.size
    assert np.abs(sound.astype(int) - wanted).max() <= 2


def outcome(ended: bodies.JobEnded) -> tuple[Reason, Status]:
    return Reason(ended.reasons), Status(ended.status)


# ---- samples ----------------------------------------------------------------------------------------------------
async def test_what_is_sent_is_heard(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        said = np.random.default_rng(3).integers(-9000, 9000, 24000).astype(np.int16)
        ended = await device.played(said)
        assert ended == bodies.JobEnded(Reason.DATA, 3000, 48000)
        assert np.array_equal(await heard(r), trimmed(said))


@pytest.mark.parametrize("encoding", [Encoding.ALAW, Encoding.ULAW])
async def test_coded_samples(encoding: Encoding, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        code, decode = (
            (dsp.alaw_encode, dsp.alaw_decode) if encoding is Encoding.ALAW else (dsp.ulaw_encode, dsp.ulaw_decode)
        )
        coded = code(sine(0.5))
        job = device.play(encoding=encoding.value)
        await job.feed(coded.tobytes())
        assert (await job.end()).transferred == 4000
        wanted = trimmed(decode(coded))
        assert np.array_equal((await heard(r))[: wanted.size], wanted)


async def test_the_first_credit_is_a_second(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        await asyncio.sleep(0.1)
        assert job.credit == SECOND


async def test_credit_comes_as_it_is_played(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        await asyncio.sleep(0.1)
        job.credit = 0
        job.send(Kind.DATA, bytes(SECOND))
        await asyncio.sleep(0.6)
        granted = job.credit
        assert 0.25 * SECOND <= granted <= 0.65 * SECOND
        await asyncio.sleep(5.0)
        assert job.credit == granted  # it starves, and has what it may send
        job.send(Kind.DATA, bytes(granted))
        await asyncio.sleep(0.1)
        assert granted < job.credit <= granted + SECOND
        job.send(Kind.FINISH)
        ended = await job.end()
        assert ended.transferred == SECOND + granted


async def test_long_audio_flows_without_a_gap(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        ended = await device.played(sine(60.0))
        assert (ended.transferred, ended.ran_ms) == (60 * SECOND, 60_000)
        assert (await r.exchange.info())["statistics"]["play_underruns"] == 0


async def test_more_than_the_credit_breaks_the_protocol(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        job = device.play()
        job.send(Kind.DATA, bytes(SECOND + 2))
        await r.client.gone.wait()
        assert r.client.last_words == [
            (Status.PROTOCOL, "DATA of 16002 bytes came, wanted at most the credit, 16000")
        ]


async def test_data_may_be_cut_within_a_sample(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """An application's own read function gives what it gives."""
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        job = device.play()
        data = pcm(sine(0.3)) + b"x"
        for at in range(0, len(data), 333):
            job.send(Kind.DATA, data[at : at + 333])
        job.send(Kind.FINISH)
        assert (await job.end()).transferred == 4800
        assert np.array_equal(await heard(r), trimmed(sine(0.3)))


async def test_late_data_is_a_gap_and_not_the_end(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        before = int((await r.exchange.info())["statistics"]["play_underruns"])
        job = device.play()
        job.send(Kind.DATA, pcm(sine(0.1)))
        await asyncio.sleep(0.5)
        job.send(Kind.DATA, pcm(sine(0.1)))
        job.send(Kind.FINISH)
        ended = await job.end()
        assert ended.transferred == 3200
        assert (await heard(r)).size > 8000 * 0.5
        assert int((await r.exchange.info())["statistics"]["play_underruns"]) - before == pytest.approx(40, abs=3)


async def test_nothing_is_lost_before_the_first_data(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """A play waits half a second for its first data, so that a slow start is no underrun."""
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play(Rules(max_ms=1000))
        await asyncio.sleep(0.4)
        await job.feed(pcm(sine(0.2)))
        await job.end()
        assert (await r.exchange.info())["statistics"]["play_underruns"] == 0


async def test_an_empty_play_ends_at_once(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        job.send(Kind.FINISH)
        ended = await job.end()
        assert (ended.reasons, ended.transferred) == (Reason.DATA, 0)
        assert ended.ran_ms <= 30


async def test_what_comes_after_the_end_is_ignored(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play(Rules(max_ms=100))
        job.send(Kind.DATA, bytes(1600))
        await job.end()
        for kind in (Kind.DATA, Kind.FINISH, Kind.STOP, Kind.CREDIT):
            job.send(kind, bytes(40000))
        assert await device.status(Kind.CLEAR_DIGITS) is Status.OK


async def test_data_after_finish_is_ignored(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        job.send(Kind.DATA, bytes(1600))
        job.send(Kind.FINISH)
        job.send(Kind.DATA, bytes(1600))
        assert (await job.end()).transferred == 1600


async def test_a_beep_comes_first(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        job = device.play(beep=True)
        await job.feed(pcm(sine(0.3)))
        ended = await job.end()
        assert (ended.transferred, ended.ran_ms) == (4800, 500)
        sound = await heard(r)
        assert np.array_equal(sound[:1500], trimmed(BEEP)[:1500])
        assert np.array_equal(sound[-2300:], trimmed(sine(0.3))[-2300:])


async def test_one_job_at_a_time(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        for other in (device.play(), device.record(), device.collect(), device.dial("1")):
            ended = await other.end()
            assert outcome(ended) == (Reason.ERROR, Status.BUSY)
        job.stop()
        await job.end()
        assert (await device.played(sine(0.1))).reasons == Reason.DATA


# ---- what ends it -------------------------------------------------------------------------------------------------
async def test_stop(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        job.send(Kind.DATA, bytes(SECOND))
        await asyncio.sleep(0.3)
        job.stop()
        ended = await job.end()
        assert ended.reasons == Reason.STOPPED
        assert ended.transferred == pytest.approx(0.3 * SECOND, abs=0.03 * SECOND)
        assert ended.ran_ms == pytest.approx(300, abs=30)


async def test_stopping_another_job_stops_nothing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        earlier = device.play()
        earlier.stop()
        await earlier.end()
        playing = asyncio.create_task(device.played(sine(0.5)))
        await asyncio.sleep(0.1)
        earlier.stop()
        earlier.send(Kind.FINISH)
        assert (await playing).reasons == Reason.DATA


async def test_stop_before_any_data(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.play()
        job.stop()
        ended = await job.end()
        assert (ended.reasons, ended.transferred) == (Reason.STOPPED, 0)
        assert ended.ran_ms <= 20


async def playing(r: Rig, rules: Rules) -> tuple[Device, bodies.JobEnded, float]:
    """Ten seconds are played, meanwhile the caller presses 1, 2 and # at 0.5 s, 1 s and 1.5 s, then is silent."""
    device = await r.call()
    phone = r.exchange.subscriber("2001")
    await device.wait(Event.SOUND, a=0) if device.of(Event.SOUND) else None
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    job = device.play(rules)
    feeding = asyncio.create_task(job.feed(pcm(sine(10.0))))

    async def press() -> None:
        for number, digit in enumerate("12#", start=1):
            await asyncio.sleep(began_s + number * 0.5 - loop.time())
            await phone.press(digit)

    pressing = asyncio.create_task(press())
    ended = await job.end()
    took_s = loop.time() - began_s
    await pressing
    await feeding
    return device, ended, took_s


@pytest.mark.parametrize(
    ("rules", "why", "digit", "after_s"),
    [
        (Rules(max_ms=700), Reason.MAX_TIME, "", 0.7),
        (Rules(digit_mask=HASH), Reason.DIGIT, "#", 1.56),
        (Rules(max_digits=2), Reason.MAX_DIGITS, "2", 1.06),
        (Rules(nonsilence_ms=60), Reason.NONSILENCE, "", 0.58),
        (Rules(silence_ms=450), Reason.SILENCE, "", 0.45),
        (Rules(silence_ms=1000), Reason.SILENCE, "", 2.6),
        (Rules(silence_ms=450, first_silence_ms=2000), Reason.SILENCE, "", 2.1),
        (Rules(silence_ms=2000, first_silence_ms=400), Reason.SILENCE, "", 0.4),
        (Rules(first_silence_ms=3000, max_ms=5000), Reason.MAX_TIME, "", 5.0),
    ],
)
async def test_rules(
    rules: Rules, why: Reason, digit: str, after_s: float, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device, ended, took_s = await playing(r, rules)
        assert (ended.reasons, ended.digits) == (why, digit)
        assert took_s == pytest.approx(after_s, abs=0.06)
        assert ended.ran_ms == pytest.approx(took_s * 1000, abs=20)
        assert ended.transferred == pytest.approx(took_s * SECOND, abs=1600)
        assert (await device.state())[0] == 3  # digits stay in the buffer, the one that ended it too


@pytest.mark.parametrize(
    ("rules", "why", "digit"),
    [
        (Rules(digit_mask=HASH), Reason.DIGIT, "#"),
        (Rules(max_digits=2), Reason.MAX_DIGITS, "2"),
    ],
)
async def test_digits_that_waited_end_it_at_once(
    rules: Rules, why: Reason, digit: str, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await r.exchange.subscriber("2001").press("12#")
        await asyncio.sleep(0.1)
        ended = await device.play(rules).end()
        assert (ended.reasons, ended.digits, ended.transferred) == (why, digit, 0)
        assert (await device.state())[0] == 3


@pytest.mark.parametrize(
    "rules",
    [
        Rules(max_ms=900, digit_mask=HASH, flags=Flag.NEW_DIGITS_MATCH),
        Rules(max_ms=900, max_digits=2, flags=Flag.NEW_DIGITS_COUNT),
        Rules(max_ms=900, digit_mask=HASH, flags=Flag.CLEAR_FIRST),
    ],
)
async def test_digits_that_waited_and_do_not_count(
    rules: Rules, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        phone = r.exchange.subscriber("2001")
        await phone.press("1#")
        await asyncio.sleep(0.1)
        assert (await device.played(sine(2.0), rules)).reasons == Reason.MAX_TIME
        if rules.max_digits:
            _, ended = await asyncio.gather(phone.press("45"), device.played(sine(2.0), rules))
            assert (ended.reasons, ended.digits) == (Reason.MAX_DIGITS, "5")


async def test_the_buffer_is_cleared_at_the_end(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        rules = Rules(digit_mask=HASH, flags=Flag.CLEAR_LAST)
        _, ended = await asyncio.gather(r.exchange.subscriber("2001").press("1#"), device.played(sine(2.0), rules))
        assert ended.reasons == Reason.DIGIT
        assert (await device.state())[0] == 0


@pytest.mark.parametrize(("flags", "why"), [(Flag.LOOP_OFF, Reason.LOOP_OFF), (Flag(0), Reason.DATA)])
async def test_the_loop_goes(flags: Flag, why: Reason, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        _, ended = await asyncio.gather(
            r.exchange.subscriber("2001").hang_up(), device.played(sine(1.0), Rules(flags=flags))
        )
        assert ended.reasons == why


async def test_a_watched_tone_ends_it(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.watch(7, 440, 20)
        await r.exchange.subscriber("2001").hang_up()  # busy tone follows
        ended = await device.played(sine(3.0), Rules(flags=Flag.TONE, tone=7))
        assert ended.reasons == Reason.TONE
        assert ended.ran_ms < 1000


@pytest.mark.parametrize(
    "rules", [Rules(flags=Flag.TONE, tone=7), Rules(max_digits=65), Rules(max_ms=86_400_001)], ids=str
)
async def test_rules_that_cannot_be(rules: Rules, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        ended = await device.play(rules).end()
        assert outcome(ended) == BAD
        assert ended.digits  # says why
        assert (await device.played(sine(0.1))).reasons == Reason.DATA


@pytest.mark.parametrize("kind", [Kind.PLAY, Kind.RECORD])
async def test_an_unknown_encoding(kind: Kind, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        ended = await (device.play(encoding=2) if kind is Kind.PLAY else device.record(encoding=2)).end()
        assert outcome(ended) == BAD
        assert ended.digits == "encoding 2 came, wanted 1 (PCM 16 bit), 6 (A-law) or 7 (mu-law)"


# ---- tones --------------------------------------------------------------------------------------------------------
async def test_a_tone_to_the_sample(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        segments = [bodies.Segment(440, 480, -10, -13, 300, 100), bodies.Segment(0, 620, 0, -20, 1500, 0)]
        ended = await device.tone(segments, cycles=2).end()
        assert (ended.reasons, ended.ran_ms) == (Reason.DATA, 3800)
        first = dsp.tone(440, 480, duration_ms=300, level_dbm0=-10, level2_dbm0=-13)
        second = dsp.tone(620, duration_ms=1500, level_dbm0=-20)
        cycle = np.concatenate([first, np.zeros(800, np.int16), second])
        assert_alike(await heard(r), trimmed(np.tile(cycle, 2)))


async def test_an_endless_tone_has_no_seam(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        job = device.tone([bodies.Segment(425, 0, -10, 0, bodies.FOREVER, 0)], cycles=1, rules=Rules(max_ms=3500))
        assert (await job.end()).reasons == Reason.MAX_TIME
        assert_alike(await heard(r), trimmed(dsp.tone(425, duration_ms=3500, level_dbm0=-10)))


async def test_a_cadence_for_ever_ends_by_a_digit(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.tone([bodies.Segment(450, 0, -10, 0, 350, 350)], cycles=0, rules=Rules(digit_mask=HASH))
        await asyncio.sleep(20.0)
        assert not job.ended.done()
        await r.exchange.subscriber("2001").press("#")
        ended = await job.end()
        assert (ended.reasons, ended.digits) == (Reason.DIGIT, "#")


@pytest.mark.parametrize(
    "segments",
    [
        [bodies.Segment(4000, 0, -10, 0, 100, 0)],
        [bodies.Segment(440, 0, 3.2, 0, 100, 0)],
        [bodies.Segment(440, 0, -10, 0, 0, 0)],
        [bodies.Segment(440, 0, -10, 0, 100, 0)] * 5,
    ],
)
async def test_tones_that_cannot_be(
    segments: list[bodies.Segment], tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        assert outcome(await device.tone(segments).end()) == BAD


# ---- dialling -----------------------------------------------------------------------------------------------------
async def test_digits_are_dialled(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        phone = r.exchange.subscriber("2001")
        digits = "0123456789*#ABCD" * 5
        ended = await device.dial(digits, 60, 60).end()
        assert ended == bodies.JobEnded(Reason.DATA, ended.ran_ms)
        assert ended.ran_ms == pytest.approx(80 * 120, abs=150)
        assert await phone.fetch_digits_heard() == digits


async def test_a_comma_is_half_a_second(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        plain, paused = await device.dial("12").end(), await device.dial("1,2").end()
        assert paused.ran_ms - plain.ran_ms == pytest.approx(500, abs=20)


async def test_dialling_is_stopped(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        job = device.dial("1" * 200)
        await asyncio.sleep(1.0)
        job.stop()
        ended = await job.end()
        assert ended.reasons == Reason.STOPPED
        assert ended.ran_ms == pytest.approx(1000, abs=30)


@pytest.mark.parametrize(("digits", "on_ms"), [("12x", 0), ("1" * 1001, 0), ("1", 5), ("é", 0)])
async def test_digits_that_cannot_be_dialled(
    digits: str, on_ms: int, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        assert outcome(await device.dial(digits, on_ms).end()) == BAD


async def test_nothing_to_dial(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        assert (await device.dial("").end()).reasons == Reason.DATA


# ---- routing ------------------------------------------------------------------------------------------------------
async def test_a_spare_plays_to_a_line(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        spare = await r.client.open("dxxxB2C3")
        await device.route(True, spare.opened.voice_timeslot)
        silent = asyncio.create_task(device.played(sine(0.3, peak=3000)))
        await spare.played(sine(0.5))
        await silent
        assert np.array_equal(await heard(r), trimmed(sine(0.5)))


async def test_a_line_that_listens_to_nothing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        device = await listening(r)
        await device.route(True, 0xFFFFFFFF)
        await device.played(sine(0.5))
        assert not (await heard(r)).size


async def test_two_lines_are_bridged(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        one = await r.call("2001", "dxxxB1C1")
        other = await r.call("2002", "dxxxB1C2")
        await one.route(True, other.opened.line_timeslot)
        await other.route(True, one.opened.line_timeslot)
        r.exchange.subscriber("2001").listen()
        await r.exchange.subscriber("2002").speak(sine(0.5))
        assert np.array_equal(await heard(r), trimmed(sine(0.5)))


@pytest.mark.parametrize("timeslot", [9, 13, 12345678, 0xFFFFFFFE])
async def test_timeslots_that_nobody_has(timeslot: int, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        for of_line in (True, False):
            status = await device.status(Kind.ROUTE, bodies.pack_route(of_line, timeslot))
            assert status is Status.BAD_VALUE


@pytest.mark.parametrize("encoding", list(Encoding))
def test_encodings_of_nothing(encoding: Encoding) -> None:
    assert to_wire(encoding, np.zeros(0, np.int16)) == b""
