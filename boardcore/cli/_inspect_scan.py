"""What is in a recording: every detector over it, block by block, then what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boardcore.dsp import (
    RATE_HZ,
    DtmfDetector,
    DtmfDigit,
    LevelMeter,
    MfDetector,
    MfEnded,
    MfKind,
    ModemToneDetector,
    ModemToneEnded,
)
from boardcore.tones import Country, LearnedTone, Span, ToneDetector, ToneFound, ToneLearner, cadence_text, freqs_text

__all__ = ["ChannelReport", "Kind", "Scanner", "Stretch"]

WINDOW_MS = 10.0
WINDOW_S = WINDOW_MS / 1000
MF_ROW, MF_PAUSE_S = 4, 0.5  # three in a row: twice in 2.2 h of recorded speech
FLOOR_SHARE = 10  # per cent of the windows: what is under the sound
ABOVE_FLOOR_DB = 9.0
QUIETEST_DBM0, LOUDEST_FLOOR_DBM0 = -55.0, -38.0  # what counts as sound is between these
PAUSE_S = 0.3  # within speech
LEAST_S = 0.06
COVERS = 0.5  # a tone that MF signals cover so far is made of them
MODEM_HZ = 60.0  # a tone so near to a modem's is the modem's
CLIP_JOIN_S = 0.5
Samples = npt.NDArray[np.int16]
Flags = npt.NDArray[np.bool_]


class Kind:
    """What a stretch of a recording is."""

    TONE, MODEM, MF, SOUND, SILENCE, CLIPPED = "tone", "modem", "MF", "sound", "silence", "clipped"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when something was heard."""

    kind: str
    began_s: float
    ended_s: float
    name: str = ""
    detail: str = ""
    level_dbm0: float | None = None

    @property
    def duration_s(self) -> float:
        return self.ended_s - self.began_s


@dataclass(slots=True)
class ChannelReport:
    """Everything about one channel."""

    duration_s: float
    rms_dbm0: float
    peak_dbm0: float
    peak_at_s: float
    dc_offset: float
    clipped: int
    digits: list[DtmfDigit] = field(default_factory=list[DtmfDigit])
    signals: list[MfEnded] = field(default_factory=list[MfEnded])
    stretches: list[Stretch] = field(default_factory=list[Stretch])  # in order of time


class Scanner:
    """Runs every detector over the channels of a recording; memory grows by some 6 MB an hour and channel."""

    def __init__(self, channels: int, profile: Country | None = None) -> None:
        self._channels = channels
        self._samples = 0
        self._dtmf = DtmfDetector(channels)
        self._mf = {kind: MfDetector(kind, channels) for kind in MfKind}
        self._modem = ModemToneDetector(channels)
        self._profile = profile
        self._tones = None if profile is None else ToneDetector(profile, channels)
        self._learners = [ToneLearner() for _ in range(channels if profile is None else 0)]
        self._meter = LevelMeter(channels, WINDOW_MS)
        self._digits: list[DtmfDigit] = []
        self._signals: list[tuple[MfKind, MfEnded]] = []
        self._modems: list[ModemToneEnded] = []
        self._found: list[ToneFound] = []
        self._rms: list[npt.NDArray[np.float32]] = []
        self._peaks: list[npt.NDArray[np.float32]] = []
        self._clips: list[Flags] = []

    def process(self, samples: Samples) -> None:
        """Take the next samples, (channels, n)."""
        self._samples += samples.shape[1]
        self._digits += self._dtmf.process(samples)
        for kind, detector in self._mf.items():
            self._signals += [(kind, signal) for signal in detector.process(samples)]
        self._modems += self._modem.process(samples)
        if self._tones is not None:
            self._found += self._tones.process(samples)
        for learner, row in zip(self._learners, samples, strict=False):
            learner.process(row)
        levels = self._meter.process(samples)
        self._rms.append(levels.rms_dbm0.astype(np.float32))
        self._peaks.append(levels.peak_dbm0.astype(np.float32))
        self._clips.append(levels.clipped > 0)

    def result(self) -> list[ChannelReport]:
        """End the recording and tell what was in each channel."""
        self._digits += self._dtmf.flush()
        for kind, detector in self._mf.items():
            self._signals += [(kind, signal) for signal in detector.flush()]
        self._modems += self._modem.flush()
        if self._tones is not None:
            self._found += self._tones.flush()
        rms, peaks, clips = (np.concatenate(parts, axis=1) for parts in (self._rms, self._peaks, self._clips))
        channels = range(self._channels)
        return [self._report(channel, rms[channel], peaks[channel], clips[channel]) for channel in channels]

    def _report(
        self, channel: int, rms: npt.NDArray[np.float32], peaks: npt.NDArray[np.float32], clips: Flags
    ) -> ChannelReport:
        total = self._meter.total()
        report = ChannelReport(
            self._samples / RATE_HZ,
            round(float(total.rms_dbm0[channel]), 1),
            round(float(total.peak_dbm0[channel]), 1),
            round(float(np.argmax(peaks)) * WINDOW_S, 2) if peaks.size else 0.0,
            round(float(total.dc_offset[channel]), 1),
            int(total.clipped[channel]),
        )
        report.digits = sorted((d for d in self._digits if d.channel == channel), key=lambda digit: digit.time_s)
        modem_tones = [tone for tone in self._modems if tone.channel == channel]
        modems = [_modem(tone) for tone in modem_tones]
        named = self._found_tones(channel)
        signals = [(kind, signal) for kind, signal in self._signals if signal.channel == channel]
        report.signals, mf = _rows(signals, report.digits, [*named, *modems])
        tones = [*named, *(tone for tone in self._learned_tones(channel, modem_tones) if not _covered(tone, mf))]
        known = [*tones, *modems, *mf]
        sounds = _sounds(rms, known, report.digits)
        silences = _gaps(report, [*known, *sounds])
        clipped = [Stretch(Kind.CLIPPED, a, b) for a, b in _joined(clips, CLIP_JOIN_S)]
        report.stretches = sorted([*known, *sounds, *silences, *clipped], key=lambda one: (one.began_s, one.ended_s))
        return report

    def _learned_tones(self, channel: int, modems: Sequence[ModemToneEnded]) -> list[Stretch]:
        if self._profile is not None:
            return []
        return [
            Stretch(
                Kind.TONE, span.began_s, span.ended_s, freqs_text(one.tone),
                f"{cadence_text(one.tone)}{'' if not one.unsure else ' (unsure)'}", one.tone.level_dbm0,
            )
            for one in self._learners[channel].result() for span in one.heard if not _of_modem(one, span, modems)
        ]  # fmt: skip

    def _found_tones(self, channel: int) -> list[Stretch]:
        if self._profile is None:
            return []
        return [
            Stretch(
                Kind.TONE, tone.began_s, self._samples / RATE_HZ if tone.ended_s is None else tone.ended_s, tone.name,
                _described(self._profile, tone.name), round(tone.level_dbm0, 1),
            )
            for tone in self._found if tone.channel == channel
        ]  # fmt: skip


def _described(profile: Country, name: str) -> str:
    tone = profile.tone(name)
    return f"{freqs_text(tone)} Hz, {cadence_text(tone)}"


def _modem(tone: ModemToneEnded) -> Stretch:
    ended_s = tone.time_s + tone.duration_s
    return Stretch(Kind.MODEM, tone.time_s, ended_s, tone.tone.value, f"{tone.freq_hz:.0f} Hz", tone.level_dbm0)


def _covered(tone: Stretch, others: Sequence[Stretch]) -> bool:
    shared_s = sum(max(min(tone.ended_s, o.ended_s) - max(tone.began_s, o.began_s), 0.0) for o in others)
    return shared_s > COVERS * tone.duration_s


def _of_modem(tone: LearnedTone, span: Span, modems: Sequence[ModemToneEnded]) -> bool:
    """Whether a modem's tone of the same frequency was found there."""
    freqs = {freq for burst in tone.tone.bursts for freq in burst.freqs_hz}
    there = [m for m in modems if m.time_s < span.ended_s and m.time_s + m.duration_s > span.began_s]
    return any(abs(freq - m.freq_hz) < MODEM_HZ for m in there for freq in freqs)


def _rows(
    signals: list[tuple[MfKind, MfEnded]], digits: Sequence[DtmfDigit], others: Sequence[Stretch]
) -> tuple[list[MfEnded], list[Stretch]]:
    """MF signals that came in a row, and each row as a stretch."""
    kept: list[MfEnded] = []
    found: list[Stretch] = []
    for kind in MfKind:
        free = [s for k, s in signals if k is kind and not _within_another(s, digits, others)]
        row: list[MfEnded] = []
        for signal in [*sorted(free, key=lambda s: s.time_s), None]:
            if row and (signal is None or signal.time_s - (row[-1].time_s + row[-1].duration_s) > MF_PAUSE_S):
                if len(row) >= MF_ROW:
                    kept += row
                    found.append(_row(kind, row))
                row = []
            if signal is not None:
                row.append(signal)
    return kept, found


def _row(kind: MfKind, row: list[MfEnded]) -> Stretch:
    level = round(float(np.mean([signal.level_dbm0 for signal in row])), 1)
    ended_s = row[-1].time_s + row[-1].duration_s
    return Stretch(Kind.MF, row[0].time_s, ended_s, kind.value, "".join(signal.digit for signal in row), level)


def _within_another(signal: MfEnded, digits: Sequence[DtmfDigit], others: Sequence[Stretch]) -> bool:
    middle_s = signal.time_s + signal.duration_s / 2
    return any(d.time_s <= middle_s <= d.time_s + d.duration_s for d in digits) or any(
        other.began_s <= middle_s <= other.ended_s for other in others
    )


def _joined(flags: Flags, pause_s: float) -> list[tuple[float, float]]:
    """Runs of windows that are marked, over pauses that are not longer; in seconds."""
    at = np.flatnonzero(flags)
    if not at.size:
        return []
    breaks = np.flatnonzero(np.diff(at) > pause_s / WINDOW_S + 1)
    firsts, lasts = at[np.r_[0, breaks + 1]], at[np.r_[breaks, at.size - 1]]
    return [
        (round(float(a) * WINDOW_S, 3), round(float(b + 1) * WINDOW_S, 3))
        for a, b in zip(firsts, lasts, strict=True)
    ]  # fmt: skip


def _sounds(
    rms: npt.NDArray[np.float32], known: Sequence[Stretch], digits: Sequence[DtmfDigit]
) -> list[Stretch]:
    """Speech and other sound: what stands above the floor and is nothing that is known."""
    heard = rms[rms > QUIETEST_DBM0 - 30]
    floor = float(np.percentile(heard, FLOOR_SHARE)) if heard.size else QUIETEST_DBM0
    threshold = float(np.clip(floor + ABOVE_FLOOR_DB, QUIETEST_DBM0, LOUDEST_FLOOR_DBM0))
    active: Flags = rms > threshold
    spans = [(one.began_s, one.ended_s) for one in known]
    spans += [(digit.time_s, digit.time_s + digit.duration_s) for digit in digits]
    for began_s, ended_s in spans:
        active[max(int(began_s / WINDOW_S) - 2, 0) : int(ended_s / WINDOW_S) + 3] = False
    found = [(a, b) for a, b in _joined(active, PAUSE_S) if b - a >= LEAST_S]
    return [Stretch(Kind.SOUND, a, b, "speech, sound", "", _level(rms, a, b)) for a, b in found]


def _level(rms: npt.NDArray[np.float32], began_s: float, ended_s: float) -> float:
    part = rms[round(began_s / WINDOW_S) : round(ended_s / WINDOW_S)].astype(np.float64)
    return round(float(10 * np.log10(np.mean(10 ** (part / 10)))), 1) if part.size else -96.0


def _gaps(report: ChannelReport, known: Sequence[Stretch]) -> list[Stretch]:
    """Silence: what is left, where it is longer than a pause of speech."""
    spans = [(one.began_s, one.ended_s) for one in known]
    spans += [(digit.time_s, digit.time_s + digit.duration_s) for digit in report.digits]
    found: list[Stretch] = []
    at = 0.0
    for began_s, ended_s in [*sorted(spans), (report.duration_s, report.duration_s)]:
        if began_s - at > PAUSE_S:
            found.append(Stretch(Kind.SILENCE, round(at, 3), round(began_s, 3)))
        at = max(at, ended_s)
    return found
