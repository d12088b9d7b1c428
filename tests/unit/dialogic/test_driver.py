"""The Dialogic driver on a library that does what a test tells it."""

from __future__ import annotations

import asyncio
import resource
import struct
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from dialogic_fake import FakeVendor

from boardcore.errors import BoardLost, DriverError, MediaBusy, MediaFileError, UnsupportedOperation
from boardcore.ports import (
    AudioSamples,
    BoardGone,
    Capability,
    CollectSpec,
    DigitDetected,
    EndReason,
    LineFault,
    LoopDropped,
    PlaySpec,
    PortEvent,
    ProgressTone,
    RecordSpec,
    RingStarted,
    Termination,
    ToneSpec,
)
from boardcore_dialogic import _constants as c
from boardcore_dialogic._board import DialogicBoard
from boardcore_dialogic._channel import DialogicChannel
from boardcore_dialogic._vendor import VendorEvent
from boardcore_dialogic.options import DialogicOptions

LINE = "dxxxB1C1"
SPEECH = AudioSamples(np.ones(16000, np.int16))


class Told:
    """A driver's context: what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[int, PortEvent]] = []

    def post(self, channel: int, event: PortEvent) -> None:
        self.events.append((channel, event))

    def of(self, kind: type[PortEvent]) -> list[Any]:
        return [event for _, event in self.events if isinstance(event, kind)]


class Rig:
    """A board on a fake library."""

    def __init__(self, vendor: FakeVendor, board: DialogicBoard, told: Told) -> None:
        self.vendor, self.board, self.told = vendor, board, told
        self.channel: DialogicChannel = board.channels[0]
        self.media = self.channel.media
        self.line = self.channel.line
        self.media.detect(True)


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that a thread does."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # a fake's list has no event to wait for
            await asyncio.sleep(0.001)


@asynccontextmanager
async def rigged(spares: int = 4, **options: Any) -> AsyncGenerator[Rig]:
    vendor, told = FakeVendor(spares=spares), Told()
    chosen = DialogicOptions(hang_limit_s=options.pop("hang_limit_s", 5.0), workers=3, **options)
    board = await DialogicBoard.open(chosen, cast(Any, vendor), told)
    try:
        yield Rig(vendor, board, told)
    finally:
        for hanging in vendor.hanging.values():
            hanging.set()
        await board.close()
        names = [t.name for t in threading.enumerate() if t.name.startswith("boardcore-dialogic-e")]
        assert names == []


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_every_device_is_closed() -> None:
    async def test() -> None:
        async with rigged() as rig:
            assert len(rig.vendor.open_devices) == 8
            assert [channel.name for channel in rig.board.channels] == ["dxxxB1C1", "dxxxB1C2"]
            vendor = rig.vendor
        assert vendor.open_devices == set()

    run(test)


def test_a_library_serves_one_board_at_a_time() -> None:
    async def test() -> None:
        async with rigged() as rig:
            vendor = cast(Any, rig.vendor)
            with pytest.raises(DriverError, match="event queue"):
                await DialogicBoard.open(DialogicOptions(), vendor, Told())
        assert not vendor.taken

    run(test)


def test_what_the_library_lacks_is_not_claimed() -> None:
    async def test() -> None:
        async with rigged(spares=1) as rig:
            assert Capability.STREAM not in rig.channel.capabilities
            assert {Capability.REJECT, Capability.CONFERENCE, Capability.SECRET_ON_BUS}.isdisjoint(
                rig.channel.capabilities
            )
        vendor = FakeVendor()
        vendor.missing.add("dx_gtcallid")
        board = await DialogicBoard.open(DialogicOptions(), cast(Any, vendor), Told())
        assert Capability.CALLER_ID not in board.capabilities
        assert Capability.PLAY in board.capabilities
        await board.close()

    run(test)


def test_a_ring_tells_its_caller() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.cst(LINE, c.CST.RINGS)
            await until(lambda: rig.told.of(RingStarted))
            assert rig.told.of(RingStarted)[0].caller == "2001"

    run(test)


def test_a_play_ends_by_the_boards_own_rule() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH, Termination(max_s=1.0)))
            rig.vendor.end(LINE, c.TermMask.MAXTIME, 16000)
            result = await job.result()
            assert (result.reason, result.position_s) == (EndReason.MAX_TIME, 1.0)

    run(test)


def test_a_digit_stops_a_play_though_the_board_does_not() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH, Termination(digits="5")))
            rig.vendor.cst(LINE, c.CST.DIGITS, ord("5"))
            result = await job.result()
            assert (result.reason, result.digit, result.position_s) == (EndReason.DIGIT, "5", 0.5)

    run(test)


def test_the_digit_may_be_told_after_the_end() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH, Termination(digits="5")))
            rig.vendor.end(LINE, c.TermMask.DIGIT, 16000)
            rig.vendor.cst(LINE, c.CST.DIGITS, ord("5"))
            result = await job.result()
            assert (result.reason, result.digit) == (EndReason.DIGIT, "5")

    run(test)


def test_a_digit_typed_ahead_ends_a_play_before_the_board_is_asked() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.cst(LINE, c.CST.DIGITS, ord("5"))
            await until(lambda: rig.told.of(DigitDetected))
            result = await (await rig.media.start(PlaySpec(SPEECH, Termination(digits="5")))).result()
            assert (result.reason, result.digit, rig.vendor.called("play")) == (EndReason.DIGIT, "5", [])
            left = await (await rig.media.start(CollectSpec(first_timeout_s=0.01))).result()
            assert left.reason is EndReason.FIRST_TIMEOUT

    run(test)


def test_digits_in_secret_are_only_for_who_collects() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.media.set_secret(True)
            job = await rig.media.start(CollectSpec(terminators="#"))
            for digit in "42#":
                rig.vendor.cst(LINE, c.CST.DIGITS, ord(digit))
            result = await job.result()
            assert (result.digits, result.terminator) == ("42", "#")
            assert [event.digit for event in rig.told.of(DigitDetected)] == [None, None, None]

    run(test)


def test_a_refused_play_is_a_driver_error_and_leaves_nothing() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.refusals["play"] = 13
            with pytest.raises(DriverError) as refused:
                await rig.media.start(PlaySpec(SPEECH))
            assert refused.value.vendor_code == 13
            assert rig.board.statistics()["jobs"] == 0
            job = await rig.media.start(PlaySpec(SPEECH))
            job.stop()
            assert (await job.result()).reason is EndReason.STOPPED

    run(test)


def test_a_cancelled_start_stops_what_it_began() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.hanging["play"] = threading.Event()
            starting = asyncio.ensure_future(rig.media.start(PlaySpec(SPEECH)))
            await until(lambda: rig.vendor.called("play"))
            starting.cancel()
            asyncio.get_running_loop().call_later(0.05, rig.vendor.hanging.pop("play").set)
            await asyncio.wait({starting})
            assert rig.board.statistics()["jobs"] == 0
            assert rig.vendor.called("stop")

    run(test)


def test_a_call_that_hangs_costs_its_channel_only() -> None:
    async def test() -> None:
        async with rigged(hang_limit_s=0.2) as rig:
            rig.vendor.hanging["play"] = threading.Event()
            with pytest.raises(DriverError):
                await rig.media.start(PlaySpec(SPEECH))
            rig.vendor.hanging.pop("play").set()
            assert len(rig.told.of(LineFault)) == 1
            with pytest.raises(DriverError):
                await rig.line.off_hook()
            other = rig.board.channels[1]
            job = await other.media.start(PlaySpec(SPEECH))
            job.stop()
            assert (await job.result()).reason is EndReason.STOPPED
            assert rig.board.statistics()["out_of_service"] == 1

    run(test)


def test_as_many_calls_may_hang_as_there_are_threads_and_replacements() -> None:
    async def test() -> None:
        async with rigged(hang_limit_s=0.1, max_hung=1) as rig:
            held = rig.vendor.hanging["listen"] = threading.Event()
            hanging = [rig.board.workers.call(rig.vendor.listen, n, 0, False) for n in range(4)]
            results = await asyncio.gather(*hanging, return_exceptions=True)
            assert {type(error).__name__ for error in results} == {"CallHung"}
            with pytest.raises(Exception, match="every thread"):
                await rig.board.workers.call(rig.vendor.listen, 1, 0, False)
            held.set()

    run(test)


def test_an_event_that_never_comes_is_a_hang_too() -> None:
    async def test() -> None:
        async with rigged(hang_limit_s=0.1) as rig:
            rig.vendor.silent.add("set_hook")
            with pytest.raises(DriverError, match="dx_sethook"):
                await rig.line.off_hook()
            assert len(rig.told.of(LineFault)) == 1

    run(test)


def test_a_stop_that_is_not_obeyed_ends_the_job_all_the_same() -> None:
    async def test() -> None:
        async with rigged(hang_limit_s=0.1) as rig:
            rig.vendor.silent.add("stop")
            job = await rig.media.start(PlaySpec(SPEECH))
            job.stop()
            assert (await job.result()).reason in (EndReason.STOPPED, EndReason.HANGUP)
            assert len(rig.told.of(LineFault)) == 1

    run(test)


def test_garbage_events_do_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH))
            for data in (b"", b"\1", b"\xff" * 4, b"\0" * 500):
                rig.vendor.tell(LINE, c.Event.CST, data)
                rig.vendor.tell(LINE, 0x7FFFFFFF, data)
                rig.vendor.tell("nobody", c.Event.PLAY, data)
            for number in range(40):
                rig.vendor.cst(LINE, number, 0xFFFF)
            rig.vendor.tell("dxxxB1C2", c.Event.PLAY)
            rig.vendor.end(LINE, c.TermMask.EOD, 32000)
            assert (await job.result()).reason is EndReason.DATA

    run(test)
    assert "was lost" not in caplog.text


def test_a_lost_board_ends_everything_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with rigged() as rig:
            jobs: list[Any] = [
                await rig.media.start(PlaySpec(SPEECH)),
                await rig.media.start(RecordSpec(tmp_path / "m.wav")),
                await rig.media.start(CollectSpec()),
            ]
            handle = rig.vendor.sinks[rig.vendor.devices["dxxxB2C1"]]
            assert rig.vendor.user_io.write(handle, bytes(32000)) == 32000
            rig.vendor.dead = True
            for name in ("dxxxB1C1", "dxxxB1C2", "dxxxB2C1"):
                rig.vendor.tell(name, c.Event.ERROR, error=c.Error.SYSTEM)
            results = [await job.result() for job in jobs]
            assert [result.reason for result in results] == [EndReason.HANGUP] * 3
            assert results[1].duration_s == 2.0
            assert len(rig.told.of(BoardGone)) == 1
            with pytest.raises(BoardLost):
                await rig.media.start(PlaySpec(SPEECH))

    run(test)


def test_a_system_error_of_one_job_loses_no_board() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH))
            rig.vendor.jobs.clear()
            rig.vendor.tell(LINE, c.Event.ERROR, error=c.Error.SYSTEM, count=800)
            result = await job.result()
            assert (result.reason, rig.told.of(BoardGone)) == (EndReason.ERROR, [])

    run(test)


@contextmanager
def files_up_to(count: int) -> Generator[None]:
    """The system refuses to let files grow further: as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_board_refuses_after_the_call_is_a_driver_error_too() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH))
            rig.vendor.tell(LINE, c.Event.ERROR, error=13)
            with pytest.raises(DriverError) as refused:
                await job.result()
            assert refused.value.vendor_code == 13
            assert rig.board.statistics()["jobs"] == 0

    run(test)


def test_a_full_disk_ends_a_recording_with_what_is_safe(tmp_path: Path) -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(RecordSpec(tmp_path / "m.wav"))
            ear = rig.vendor.devices["dxxxB2C1"]
            with files_up_to(16058):
                assert rig.vendor.user_io.write(rig.vendor.sinks[ear], bytes(32000)) == 0
            rig.vendor.end("dxxxB2C1", c.TermMask.EOD, 0)
            result = await job.result()
            assert (result.reason, result.duration_s) == (EndReason.ERROR, 1.0)
            assert "too large" in result.detail
            assert len((tmp_path / "m.wav").read_bytes()) == 16058

    run(test)


def test_a_recording_takes_a_spare_and_gives_it_back(tmp_path: Path) -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(RecordSpec(tmp_path / "m.wav"))
            line_slot = rig.channel.resource.line_slot
            assert rig.vendor.called("listen")[-1] == (rig.vendor.devices["dxxxB2C1"], line_slot, False)
            assert rig.board.statistics()["spares_free"] == 3
            with pytest.raises(MediaFileError):
                await rig.board.channels[1].media.start(RecordSpec(tmp_path / "m.wav"))
            job.stop()
            assert (await job.result()).reason is EndReason.STOPPED
            assert rig.board.statistics()["spares_free"] == 4
            assert rig.board.statistics()["files"] == 0

    run(test)


def test_a_spare_that_hears_the_line_already_is_taken_first(tmp_path: Path) -> None:
    async def record(rig: Rig, channel: int) -> None:
        job = await rig.board.channels[channel].media.start(RecordSpec(tmp_path / f"{channel}.wav"))
        job.stop()
        await job.result()

    async def test() -> None:
        async with rigged() as rig:
            both = [await rig.board.channels[n].media.start(RecordSpec(tmp_path / f"{n}.wav")) for n in (0, 1)]
            for job in both:
                job.stop()
                await job.result()
            before = len(rig.vendor.called("listen"))
            await record(rig, 0)
            await record(rig, 1)
            assert len(rig.vendor.called("listen")) == before

    run(test)


def test_without_spares_the_own_resource_does_one_thing(tmp_path: Path) -> None:
    async def test() -> None:
        async with rigged(spares=0) as rig:
            job = await rig.media.start(RecordSpec(tmp_path / "m.wav"))
            with pytest.raises(MediaBusy):
                await rig.media.start(PlaySpec(SPEECH))
            job.stop()
            await job.result()
            playing = await rig.media.start(PlaySpec(SPEECH))
            with pytest.raises(DriverError) as refused:
                await rig.media.start(RecordSpec(tmp_path / "m.wav"))
            assert refused.value.vendor_code == c.Error.NORESOURCE
            playing.stop()
            assert (await playing.result()).reason is EndReason.STOPPED

    run(test)


def test_a_prompt_in_a_bridge_is_heard_and_the_partner_again_after_it() -> None:
    async def test() -> None:
        async with rigged() as rig:
            one, two = (channel.media for channel in rig.board.channels)
            await one.bus.connect(one, two)
            device, own = rig.channel.resource.device, rig.channel.resource.slot
            partner = rig.board.channels[1].resource.line_slot
            job = await one.start(PlaySpec(SPEECH))
            job.stop()
            await job.result()
            await until(lambda: rig.vendor.called("listen")[-1] == (device, partner, True))
            heard = [slot for known, slot, line in rig.vendor.called("listen") if known == device and line]
            assert heard == [partner, own, partner]
            await one.bus.disconnect(one, two)
            assert rig.line.routes.heard == own

    run(test)


def test_current_that_goes_ends_the_calls_jobs() -> None:
    async def test() -> None:
        async with rigged() as rig:
            await rig.line.off_hook()
            job = await rig.media.start(PlaySpec(SPEECH))
            rig.vendor.cst(LINE, c.CST.LCOF)
            assert (await job.result()).reason is EndReason.HANGUP
            assert len(rig.told.of(LoopDropped)) == 1

    run(test)


def test_catching_up_takes_in_what_has_happened() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.cst(LINE, c.CST.DIGITS, ord("1"))
            rig.board.catch_up()
            assert [event.digit for event in rig.told.of(DigitDetected)] == ["1"]

    run(test)


def test_a_stream_reads_and_writes_by_two_spares() -> None:
    async def test() -> None:
        async with rigged() as rig:
            stream = await rig.media.open_stream()
            ear, mouth = rig.vendor.devices["dxxxB2C1"], rig.vendor.devices["dxxxB2C2"]
            said = np.arange(3200, dtype="<i2")
            rig.vendor.user_io.write(rig.vendor.sinks[ear], said.tobytes())
            block = await stream.read()
            assert block is not None
            assert np.array_equal(block, said[: len(block)])
            await stream.write(said[:160].astype(np.int16))
            source = rig.vendor.sources[mouth]
            assert rig.vendor.user_io.read(source.handle, 4000) == bytes(800) + said[:160].tobytes()
            await stream.write(said[160:320].astype(np.int16))
            assert rig.vendor.user_io.read(source.handle, 4000) == said[160:320].tobytes()
            assert rig.line.routes.heard == mouth
            await stream.close()
            while await stream.read() is not None:  # what was there, and then the end
                pass
            assert rig.board.statistics()["spares_free"] == 4
            assert rig.vendor.user_io.read(source.handle, 4000) == b""

    run(test)


def test_a_tone_of_two_frequencies_is_told_by_its_edges() -> None:
    async def test() -> None:
        async with rigged(country="US") as rig:
            added = [args[1:] for args in rig.vendor.called("add_tone")][:3]
            assert added == [(101, (350, 440), 30), (102, (440, 480), 19), (103, (480, 620), 30)]
            rig.line.watch_tones(True)
            await until(lambda: len(rig.vendor.called("watch_tone")) == 3)
            rig.vendor.cst(LINE, c.CST.TONEON, 103)
            rig.vendor.cst(LINE, c.CST.TONEOFF, 103)
            rig.vendor.cst(LINE, c.CST.TONEON, 99)  # somebody else's
            rig.vendor.cst(LINE, c.CST.TONEON, 101)
            await until(lambda: len(rig.told.of(ProgressTone)) == 3)
            told = [(event.on, event.freqs_hz) for event in rig.told.of(ProgressTone)]
            assert told == [(True, (480.0, 620.0)), (False, (480.0, 620.0)), (True, (350.0, 440.0))]

    run(test)


def test_a_library_without_templates_of_two_frequencies_has_those_of_one() -> None:
    async def test() -> None:
        vendor = FakeVendor()
        vendor.missing.add("dx_blddt")
        board = await DialogicBoard.open(DialogicOptions(country="GB"), cast(Any, vendor), Told())
        assert {args[2] for args in vendor.called("add_tone")} == {(400,)}
        await board.close()

    run(test)


@pytest.mark.parametrize(
    ("spec", "lack"),
    [
        (PlaySpec(SPEECH, Termination(tones=frozenset({"busy"}))), Capability.TONES),
        (RecordSpec(Path("m.wav"), mute_digits=True), Capability.MUTE_DIGITS),
    ],
)
def test_what_it_cannot_do_with_tones_and_digits_is_refused(spec: Any, lack: Capability) -> None:
    async def test() -> None:
        async with rigged() as rig:
            with pytest.raises(UnsupportedOperation, match=lack.name):
                await rig.media.start(spec)
            assert lack not in rig.channel.capabilities

    run(test)


def test_a_tone_is_made_as_it_is_asked_for() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(ToneSpec((1000.0,), -10.0, ((0.1, 0.1),)))
            source = rig.vendor.sources[rig.channel.resource.device]
            data = b"".join(rig.vendor.user_io.read(source.handle, 1600) for _ in range(2))
            samples = np.frombuffer(data, "<i2")
            assert np.abs(samples[:800]).max() > 5000
            assert not samples[800:].any()
            job.stop()
            await job.result()

    run(test)


def test_a_digit_keyed_as_a_play_ends_is_for_what_comes_next() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH, Termination(digits="5")))
            device = rig.channel.resource.device
            rig.vendor.jobs.pop(device)
            for kind, data, mask in ((c.Event.PLAY, b"", c.TermMask.EOD), (c.Event.CST, digit_told("5"), 0)):
                rig.board._take(VendorEvent(device, kind, data, 0.0, mask, 32000))  # pyright: ignore[reportPrivateUsage]
            assert (await job.result()).reason is EndReason.DATA
            collected = await (await rig.media.start(CollectSpec(max_digits=1, first_timeout_s=0.01))).result()
            assert collected.digits == "5"

    run(test)


def test_a_digit_that_a_play_has_taken_is_told_though_it_ends_by_itself() -> None:
    async def test() -> None:
        async with rigged() as rig:
            job = await rig.media.start(PlaySpec(SPEECH, Termination(digits="5")))
            device = rig.channel.resource.device
            rig.vendor.jobs.pop(device)
            for kind, data, mask in ((c.Event.CST, digit_told("5"), 0), (c.Event.PLAY, b"", c.TermMask.EOD)):
                rig.board._take(VendorEvent(device, kind, data, 0.0, mask, 32000))  # pyright: ignore[reportPrivateUsage]
            result = await job.result()
            assert (result.reason, result.digit) == (EndReason.DIGIT, "5")

    run(test)


def test_a_marker_that_came_late_does_not_count_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with rigged() as rig:
            put, late = rig.vendor.put_marker, list[int]()
            monkeypatch.setattr(rig.vendor, "put_marker", late.append)
            rig.board.catch_up()  # gives up: the marker is late
            put(late[0])
            await asyncio.sleep(0.05)  # the thread has it
            monkeypatch.setattr(rig.vendor, "put_marker", put)
            rig.vendor.delay_s = 0.05
            rig.vendor.cst(LINE, c.CST.DIGITS, ord("5"))
            rig.board.catch_up()
            assert len(rig.told.of(DigitDetected)) == 1

    run(test)


def test_dialling_that_is_cancelled_as_it_begins_is_stopped() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.vendor.silent.add("dial")
            hanging = rig.vendor.hanging["dial"] = threading.Event()
            dialling = asyncio.ensure_future(rig.line.dial("123"))
            await until(lambda: rig.vendor.called("dial"))
            dialling.cancel()
            await asyncio.wait({dialling})
            rig.vendor.hanging.pop("dial")
            hanging.set()
            await until(lambda: rig.vendor.called("stop"))
            rig.vendor.tell(LINE, c.Event.DIAL, mask=c.TermMask.USRSTOP)
            await until(lambda: rig.channel.resource.transfer is None)

    run(test)


def test_a_party_is_parted_from_one_whose_channel_failed() -> None:
    async def test() -> None:
        async with rigged() as rig:
            one, two = (channel.media for channel in rig.board.channels)
            await one.bus.connect(one, two)
            rig.channel.resource.fail("a test")
            with pytest.raises(DriverError):
                await one.bus.disconnect(one, two)
            other = rig.board.channels[1].resource
            assert rig.vendor.called("listen")[-1] == (other.device, other.slot, True)

    run(test)


def digit_told(digit: str) -> bytes:
    return struct.pack("=HH", c.CST.DIGITS, ord(digit))


def test_a_secret_digit_that_waited_for_the_loop_is_still_secret() -> None:
    async def test() -> None:
        async with rigged() as rig:
            rig.media.set_secret(True)
            at_s = asyncio.get_running_loop().time()
            rig.media.set_secret(False)
            for came_s in (at_s, at_s + 60):
                event = VendorEvent(rig.channel.resource.device, c.Event.CST, digit_told("5"), came_s)
                rig.board._take(event)  # pyright: ignore[reportPrivateUsage]
            assert [event.digit for event in rig.told.of(DigitDetected)] == [None, "5"]

    run(test)
