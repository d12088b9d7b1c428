"""Ways to break the memory board, one rule of the contract each, and the checks that must notice.

Each is a function that patches the driver's insides, which are not for others to see: hence the next line.
"""
# pyright: reportPrivateUsage=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable
from typing import Any

import pytest

from boardcore.machines.progress import Heard
from boardcore.ports import Capability, CollectResult, EndReason, PlayResult
from memory_driver import MemoryBoard, MemoryDriver, _ears, _files, _jobs, _line, _media
from memory_driver._audio import SILENCE
from memory_driver._bus import MemoryBus, MemoryStream
from memory_driver._ears import ToneEar
from memory_driver._files import WavWriter
from memory_driver._jobs import CollectJob, Job, PlayJob, RecordJob, SendDigitsJob, ToneJob
from memory_driver._line import MemoryChannel, MemoryLine
from memory_driver._media import MemoryMedia
from memory_driver._office import MemoryOffice

__all__ = ["BREAKAGES", "LEAKED", "Breakage"]

Breakage = Callable[[pytest.MonkeyPatch], None]
BREAKAGES: dict[str, tuple[Breakage, tuple[str, ...]]] = {}
KEPT_TASKS: list[asyncio.Task[None]] = []
LEAKED: list[int] = []  # for the test to close


def breaks(*checks: str) -> Callable[[Breakage], Breakage]:
    """List a breakage with the checks that must fail by it."""

    def listed(breakage: Breakage) -> Breakage:
        BREAKAGES[breakage.__name__] = (breakage, checks)
        return breakage

    return listed


def nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing."""


def around(target: type, name: str, patch: pytest.MonkeyPatch, new: Callable[..., Any]) -> None:
    """Replace a method by `new`, which gets the old one first."""
    old = getattr(target, name)
    patch.setattr(target, name, lambda *args, **kwargs: new(old, *args, **kwargs))


# ---- jobs --------------------------------------------------------------------------------------
@breaks("a_play_is_stopped", "cancelling_play")
def never_ends_a_stopped_job(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Job, "stop", nothing)


@breaks("a_play_ends_at_its_time")
def tells_the_wrong_reason(patch: pytest.MonkeyPatch) -> None:
    def finish(old: Any, job: Any, reason: EndReason, digit: str | None = None) -> None:
        old(job, EndReason.STOPPED if reason is EndReason.MAX_TIME else reason, digit)

    around(Job, "finish", patch, finish)


@breaks("a_play_ends_at_a_digit")
def tells_the_wrong_place(patch: pytest.MonkeyPatch) -> None:
    def outcome(old: Any, job: PlayJob, reason: EndReason, digit: str | None) -> PlayResult:
        job.sent += 1600
        result: PlayResult = old(job, reason, digit)
        return result

    around(PlayJob, "outcome", patch, outcome)


@breaks("a_play_ends_at_silence")
def takes_clicks_for_silence(patch: pytest.MonkeyPatch) -> None:
    around(Job, "sound", patch, lambda old, job, sound: old(job, False))


@breaks("a_play_ends_at_sound")
def ends_at_any_sound(patch: pytest.MonkeyPatch) -> None:
    around(Job, "sound", patch, lambda old, job, sound: [old(job, sound) for _ in range(4)])


@breaks("a_prompt_begins_at_an_offset")
def plays_from_the_beginning(patch: pytest.MonkeyPatch) -> None:
    def init(old: Any, job: PlayJob, *args: Any) -> None:
        old(job, *args)
        job.sent = 0

    around(PlayJob, "__init__", patch, init)


@breaks("samples_are_played", "a_file_is_played_pcm16")
def loses_the_end_of_prompts(patch: pytest.MonkeyPatch) -> None:
    def send(old: Any, job: PlayJob) -> Any:
        return old(job) if job.sent < 16000 else old(job) * 0

    around(PlayJob, "send", patch, send)


@breaks("a_file_is_played_alaw", "a_file_is_played_ulaw")
def plays_files_backwards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_jobs, "read_wav", lambda path: _files.read_wav(path)[::-1].copy())


@breaks("what_cannot_be_played")
def lets_system_errors_through(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_jobs, "read_wav", lambda path: path.read_bytes())


@breaks("one_play_at_a_time", "one_recording_at_a_time", "collecting_is_stopped")
def takes_two_jobs_of_a_kind(patch: pytest.MonkeyPatch) -> None:
    async def start(old: Any, media: Any, spec: Any) -> Any:
        media._jobs.clear()
        return await old(media, spec)

    around(MemoryMedia, "start", patch, start)


@breaks("cancelling_play", "cancelling_get_digits", "cancelling_send_digits", "cancelling_tone")
def keeps_the_place_of_a_cancelled_start(patch: pytest.MonkeyPatch) -> None:
    async def start(old: Any, media: Any, spec: Any) -> Any:
        try:
            return await old(media, spec)
        except asyncio.CancelledError:
            media._starting.add(_media.ROLES[type(spec)])
            raise

    around(MemoryMedia, "start", patch, start)


@breaks("cancelling_a_result_leaves_its_job")
def ends_a_job_whose_result_is_not_awaited(patch: pytest.MonkeyPatch) -> None:
    async def result(job: Any) -> Any:
        try:
            return await asyncio.shield(job._result)
        except asyncio.CancelledError:
            job.stop()
            raise

    patch.setattr(Job, "result", result)


@breaks("a_refused_command_is_a_driver_error")
def forgets_the_vendors_code(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryBoard, "refuse_next", lambda board, name, code: board._refusals.update({name: 1}))


# ---- recordings --------------------------------------------------------------------------------
@breaks("a_message_is_recorded_pcm16", "cancelling_record", "hung_up_during_record")
def leaks_a_recordings_file(patch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    patch.setattr(WavWriter, "close", lambda writer: kept.append(writer))


@breaks("a_recording_is_stopped")
def writes_the_header_at_the_end(patch: pytest.MonkeyPatch) -> None:
    header = getattr(WavWriter, "_write_header")  # noqa: B009
    patch.setattr(WavWriter, "_write_header", lambda writer: writer._file.flush())

    def close(old: Any, writer: Any) -> None:
        header(writer)
        old(writer)

    around(WavWriter, "close", patch, close)


@breaks("a_message_is_recorded_alaw", "a_recording_ends_at_silence")
def cuts_recordings_short(patch: pytest.MonkeyPatch) -> None:
    def outcome(old: Any, job: Any, reason: EndReason, digit: str | None) -> Any:
        job._file._bytes = job._file._bytes // 2
        job._file._write_header()
        return old(job, reason, digit)

    around(RecordJob, "outcome", patch, outcome)


@breaks("a_message_is_recorded_ulaw")
def records_at_half_the_level(patch: pytest.MonkeyPatch) -> None:
    around(RecordJob, "hear", patch, lambda old, job, block: old(job, block // 2))


@breaks("a_recording_is_appended_to", "where_nothing_can_be_recorded")
def overwrites_what_is_to_be_appended_to(patch: pytest.MonkeyPatch) -> None:
    around(WavWriter, "__init__", patch, lambda old, w, path, encoding, append: old(w, path, encoding, False))


@breaks("a_recording_ends_at_a_digit", "a_secret_is_silent_in_recordings")
def does_not_look_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_jobs, "LAG_TURNS", 0)


# ---- digits ------------------------------------------------------------------------------------
@breaks("every_digit_is_told_once", "collecting_ends_at_a_terminator", "sixty_four_digits_are_kept")
def drops_digits(patch: pytest.MonkeyPatch) -> None:
    count = [0]

    def take(old: Any, media: Any, digit: Any) -> None:
        count[0] += 1
        if count[0] % 3:
            old(media, digit)

    around(MemoryMedia, "_take", patch, take)


@breaks("collecting_ends_at_so_many_digits")
def collects_one_digit_too_many(patch: pytest.MonkeyPatch) -> None:
    def finish(old: Any, job: Any, reason: EndReason, digit: str | None = None) -> None:
        if reason is not EndReason.MAX_DIGITS or len(getattr(job, "_digits", "")) > job._spec.max_digits:
            old(job, reason, digit)

    around(CollectJob, "finish", patch, finish)


@breaks("a_play_ends_at_so_many_digits")
def does_not_count_digits(patch: pytest.MonkeyPatch) -> None:
    def digit(old: Any, job: Any, *args: Any) -> Any:
        job._digits_seen += 1
        return old(job, *args)

    around(Job, "digit", patch, digit)


@breaks("collecting_times_out")
def times_out_late(patch: pytest.MonkeyPatch) -> None:
    def time(old: Any, job: Any, key_down: bool) -> None:
        job._waited -= 0.5
        old(job, key_down)

    around(CollectJob, "time", patch, time)


@breaks("digits_are_typed_ahead")
def clears_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryMedia, "clear_digits", nothing)


@breaks("sixty_four_digits_are_kept")
def keeps_thirty_two_digits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_media, "TYPE_AHEAD", 32)


@breaks("a_digit_is_kept_or_taken", "a_digit_typed_ahead_stops_a_prompt")
def takes_no_digit(patch: pytest.MonkeyPatch) -> None:
    def digit(old: Any, job: Any, *args: Any) -> bool:
        return bool(old(job, *args)) and job.role == "collect"

    around(Job, "digit", patch, digit)


@breaks("the_first_rule_satisfied_wins")
def counts_before_it_looks(patch: pytest.MonkeyPatch) -> None:
    def digit(old: Any, job: Any, digit: str, told: str | None) -> Any:
        if job.rules.max_digits == 1:
            job.finish(EndReason.MAX_DIGITS, told)
        return old(job, digit, told)

    around(Job, "digit", patch, digit)


@breaks(
    "a_secret_is_kept",
    "a_secret_is_silent_in_recordings",
    "a_secret_is_silent_to_its_last_key",
    "a_secret_is_kept_from_the_other_party",
    "a_secret_is_kept_from_the_other_party_to_its_last_key",
)
def ignores_secret(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryMedia, "set_secret", nothing)


@breaks("a_secret_is_kept")
def hides_secrets_from_who_collects(patch: pytest.MonkeyPatch) -> None:
    def outcome(old: Any, job: Any, reason: EndReason, digit: str | None) -> CollectResult:
        job._digits = "•" * len(job._digits)
        result: CollectResult = old(job, reason, digit)
        return result

    around(CollectJob, "outcome", patch, outcome)


@breaks("digits_are_sent")
def sends_digits_too_short(patch: pytest.MonkeyPatch) -> None:
    def init(old: Any, job: Any, *args: Any) -> None:
        old(job, *args)
        job._samples = job._samples[::2].copy()

    around(SendDigitsJob, "__init__", patch, init)


@breaks("a_tone_is_heard")
def sends_tones_too_loud(patch: pytest.MonkeyPatch) -> None:
    around(ToneJob, "send", patch, lambda old, job: (old(job) * 2).astype("int16"))


# ---- tones and what is muted -------------------------------------------------------------------
@breaks("busy_tone_ends_a_call")
def hears_no_tones_in_a_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryLine, "watch_tones", nothing)


@breaks("a_tone_is_told")
def does_not_tell_when_a_tone_is_over(patch: pytest.MonkeyPatch) -> None:
    around(ToneEar, "hear", patch, lambda old, *args: [heard for heard in list[Heard](old(*args)) if heard.on])


@breaks("voices_end_no_call")
def takes_its_own_prompts_for_the_lines_tones(patch: pytest.MonkeyPatch) -> None:
    around(MemoryChannel, "_hear_tones", patch, lambda old, channel, block: old(channel, channel.media.send()))


@breaks("a_tone_ends_a_play", "a_tone_ends_a_recording")
def ends_no_job_by_a_tone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Job, "tone", nothing)


@breaks("a_tone_ends_a_play", "a_tone_ends_a_recording")
def does_not_say_which_tone_it_was(patch: pytest.MonkeyPatch) -> None:
    def tone(old: Any, job: Any, name: str) -> None:
        if name in job.rules.tones:
            job.finish(EndReason.TONE)

    around(Job, "tone", patch, tone)


@breaks("the_end_of_a_digit_is_told")
def tells_keys_too_long(patch: pytest.MonkeyPatch) -> None:
    def key(old: Any, media: Any, heard: Any) -> None:
        longer = None if heard.duration_s is None else heard.duration_s + 0.1
        old(media, dataclasses.replace(heard, duration_s=longer))

    around(MemoryMedia, "_key", patch, key)


@breaks("muted_digits_are_silent_in_a_recording", "a_secret_is_silent_in_recordings")
def records_the_beginning_of_keys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RecordJob, "blank", nothing)


@breaks("muted_digits_are_not_heard_by_the_other_party")
def mutes_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryMedia, "mute_digits", nothing)


# ---- live audio and switching ------------------------------------------------------------------
@breaks("live_audio_goes_both_ways", "cancelling_stream")
def does_not_free_the_stream(patch: pytest.MonkeyPatch) -> None:
    def end(old: Any, stream: Any) -> None:
        old(stream)
        stream._media.stream = stream

    around(MemoryStream, "end", patch, end)


@breaks("a_stream_nobody_reads_counts_its_loss")
def counts_no_loss(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryStream, "dropped_blocks", 0)


@breaks(
    "hung_up_during_a_stream",
    "hung_up_during_play",
    "hung_up_during_get_digits",
    "hung_up_during_send_digits",
    "hung_up_during_tone",
    "a_bridge_outlives_neither_call",
    "the_far_end_hangs_up",
)
def does_not_tell_of_the_far_ends_release(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryChannel, "loop", nothing)
    patch.setattr(MemoryBoard, "disconnect_tones", frozenset())


@breaks("two_calls_are_bridged")
def bridges_one_way(patch: pytest.MonkeyPatch) -> None:
    async def connect(old: Any, bus: Any, a: Any, b: Any) -> None:
        await old(bus, a, b)
        b.listens_to = None

    around(MemoryBus, "connect", patch, connect)


@breaks("two_calls_are_bridged", "cancelling_bridge")
def never_disconnects(patch: pytest.MonkeyPatch) -> None:
    async def disconnect(bus: Any, a: Any, b: Any) -> None: ...

    patch.setattr(MemoryBus, "disconnect", disconnect)


@breaks("three_calls_confer")
def sends_no_streamed_audio(patch: pytest.MonkeyPatch) -> None:
    around(MemoryStream, "send", patch, lambda old, stream: old(stream) * 0)


@breaks("jobs_of_all_kinds_run_at_once")
def records_what_it_plays(patch: pytest.MonkeyPatch) -> None:
    def send(old: Any, media: Any) -> Any:
        block = old(media)
        for job in media._jobs.values():
            if isinstance(job, RecordJob) and job.running:
                job.hear(block)
        return block

    around(MemoryMedia, "send", patch, send)


@breaks("two_channels_are_independent")
def mixes_channels_up(patch: pytest.MonkeyPatch) -> None:
    def take(old: Any, media: Any, digit: Any) -> None:
        for channel in media._channel.board.ports:
            old(channel.media, digit)

    around(MemoryMedia, "_take", patch, take)


# ---- lines -------------------------------------------------------------------------------------
@breaks("a_call_comes_in_and_is_answered")
def does_not_tell_who_calls(patch: pytest.MonkeyPatch) -> None:
    around(MemoryChannel, "ring", patch, lambda old, channel, on, caller: old(channel, on, None))


@breaks("rings_are_counted")
def tells_of_the_first_ring_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryOffice, "_ring_turn", nothing)


@breaks("a_caller_gives_up")
def rings_on_when_the_caller_has_given_up(patch: pytest.MonkeyPatch) -> None:
    def ring(old: Any, channel: Any, on: bool, caller: str | None) -> None:
        old(channel, on, caller)
        asyncio.get_running_loop().call_later(5, ring, old, channel, True, caller)

    around(MemoryChannel, "ring", patch, ring)


@breaks("cancelling_answer", "a_call_comes_in_and_is_answered")
def never_confirms_its_hook(patch: pytest.MonkeyPatch) -> None:
    async def off_hook(old: Any, line: Any) -> None:
        await old(line)
        await asyncio.sleep(3600)

    around(MemoryLine, "off_hook", patch, off_hook)


@breaks("a_call_is_rejected")
def claims_to_refuse_calls(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_line, "CAPABILITIES", _line.CAPABILITIES | {Capability.REJECT})


@breaks("this_end_hangs_up", "cancelling_hang_up", "nothing_is_left_of_calls")
def stays_off_hook(patch: pytest.MonkeyPatch) -> None:
    async def on_hook(line: Any) -> None: ...

    patch.setattr(MemoryLine, "on_hook", on_hook)


@breaks("a_dialled_call_is_cancelled", "a_dialled_number_does_not_answer")
def dials_wrong(patch: pytest.MonkeyPatch) -> None:
    async def dial(old: Any, line: Any, digits: str) -> None:
        await old(line, digits[:-1] + "9")

    around(MemoryLine, "dial", patch, dial)


@breaks("a_dialled_number_is_busy", "a_dialled_number_is_nobodys")
def hears_no_tones(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_ears, "PROGRESS_DBM0", 10.0)


@breaks("a_dialled_call_is_answered")
def cannot_be_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryMedia, "send", lambda media: SILENCE)


@breaks("capabilities_are_data")
def makes_its_capabilities_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryChannel, "capabilities", property(lambda channel: set(_line.CAPABILITIES)))


# ---- the board ---------------------------------------------------------------------------------
@breaks("a_board_is_lost", "a_board_is_closed_in_the_middle")
def keeps_results_when_it_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryMedia, "deliver_all", nothing)
    around(Job, "deliver", patch, lambda old, job: job.loop.call_later(20, old, job))


@breaks("a_lost_board_refuses", "a_board_is_lost")
def does_not_tell_that_it_is_lost(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryBoard, "lose", nothing)


@breaks("a_lost_board_comes_back")
def stays_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MemoryDriver, "restore_board", nothing)


@breaks("a_call_is_rejected", "samples_are_played")
def leaks_a_task(patch: pytest.MonkeyPatch) -> None:
    async def close(old: Any, board: Any) -> None:
        await old(board)
        KEPT_TASKS.append(asyncio.create_task(asyncio.sleep(3600)))

    around(MemoryBoard, "close", patch, close)


@breaks("a_call_is_rejected", "samples_are_played")
def leaks_a_descriptor(patch: pytest.MonkeyPatch) -> None:
    async def close(old: Any, board: Any) -> None:
        await old(board)
        LEAKED.append(os.dup(0))

    around(MemoryBoard, "close", patch, close)
