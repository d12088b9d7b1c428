"""Tones by which fax machines and modems find each other (T.30, V.8, V.21, V.25), made and found (bc_modem.h)."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import Int16Array, whole
from boardcore.dsp._isa import isa_number
from boardcore.dsp._receiver import END, Receiver, Record, channels_checked, within
from boardcore.dsp._tone import RATE_HZ, check_level, samples_of

_AM_MAX_DBM0 = 1.55  # the AM's peaks are 1.6 dB above the mean
_TAIL = RATE_HZ // 4  # silence that ends anything


class ModemTone(Enum):
    """What a fax machine or a modem says first."""

    CNG = "cng"
    """A fax machine calls: 1100 Hz ±38, 0.5 s on and 3 s off, times ±15 % (T.30 4.3.3.1)."""
    CALLING = "calling"
    """A modem calls: 1300 Hz ±15, 0.5 to 0.7 s on and 1.5 to 2 s off (V.25)."""
    ANS = "ans"
    """A fax machine or a modem answers: 2100 Hz ±15 for 2.6 to 4 s (V.25)."""
    CED = ANS
    """The same tone by T.30's name (4.3.3.2)."""
    ANS_PR = "ans-pr"
    """ANS with its phase reversed every 450 ms ±25, to disable echo cancellers (V.25)."""
    ANSAM = "ansam"
    """A V.8 modem answers: 2100 Hz, its amplitude modulated by 15 Hz, 20 % (V.8)."""
    ANSAM_PR = "ansam-pr"
    """ANSam with phase reversals (V.8)."""
    BELL_ANS = "bell-ans"
    """A Bell 103 or 212A modem answers: 2225 Hz."""
    V21_FLAGS = "v21-flags"
    """The preamble of T.30's binary signals: HDLC flags by V.21 channel 2, 300 bit/s (T.30 5.3.1)."""


_NUMBER: dict[ModemTone, int] = {
    ModemTone.CNG: lib.BC_MODEM_CNG,
    ModemTone.CALLING: lib.BC_MODEM_CALLING,
    ModemTone.ANS: lib.BC_MODEM_ANS,
    ModemTone.ANS_PR: lib.BC_MODEM_ANS_PR,
    ModemTone.ANSAM: lib.BC_MODEM_ANSAM,
    ModemTone.ANSAM_PR: lib.BC_MODEM_ANSAM_PR,
    ModemTone.BELL_ANS: lib.BC_MODEM_BELL_ANS,
    ModemTone.V21_FLAGS: lib.BC_MODEM_V21_FLAGS,
}
_TONE = {number: tone for tone, number in _NUMBER.items()}
_FREQ_HZ = {
    ModemTone.CNG: 1100.0,
    ModemTone.CALLING: 1300.0,
    ModemTone.ANS: 2100.0,
    ModemTone.ANS_PR: 2100.0,
    ModemTone.ANSAM: 2100.0,
    ModemTone.ANSAM_PR: 2100.0,
    ModemTone.BELL_ANS: 2225.0,
    ModemTone.V21_FLAGS: 1750.0,
}


@dataclass(frozen=True, slots=True)
class ModemToneBegan:
    """A tone is sure, and sounds still (but for a calling tone, which is told when its on time was right)."""

    channel: int
    tone: ModemTone
    time_s: float
    """Where it began, in seconds from the channel's first sample; within 5 ms, V.21 flags within 15."""
    decided_s: float
    """Up to where the samples had to be heard to be sure."""
    level_dbm0: float
    freq_hz: float
    """Measured; for V.21 flags its nominal mean."""


@dataclass(frozen=True, slots=True)
class ModemToneEnded:
    """A tone is over, or has turned out to be more: then its richer kind begins in the same instant."""

    channel: int
    tone: ModemTone
    time_s: float
    duration_s: float
    decided_s: float
    level_dbm0: float
    freq_hz: float


def _tone_checked(tone: ModemTone | str) -> ModemTone:
    try:
        return ModemTone(tone)
    except ValueError:
        wanted = ", ".join(t.value for t in ModemTone)
        raise ValueError(f"tone must be one of {wanted}, got {tone!r}") from None


def modem_tone(tone: ModemTone | str, *, duration_ms: float = 3000, level_dbm0: float = -13) -> Int16Array:
    """Make a tone of a fax machine or a modem.

    Args:
        tone: Which, a `ModemTone` or its value. Calling tones have their cadence: CNG 0.5 s on, 3 s off, the
            modems' 0.6 s on, 1.75 s off.
        duration_ms: Of the result, pauses included, to 3600000.
        level_dbm0: While it sounds, at most +3.14, with AM +1.55.

    Returns:
        int16, mono, at 8000 Hz: the same samples on every machine.

    Raises:
        TypeError: An argument is of another type.
        ValueError: An argument is out of its range; the message says which.
    """
    kind = _tone_checked(tone)
    level = check_level(level_dbm0)
    if kind in (ModemTone.ANSAM, ModemTone.ANSAM_PR) and level > _AM_MAX_DBM0:
        raise ValueError(f"level_dbm0 must be at most +{_AM_MAX_DBM0} dBm0 with AM, got {level_dbm0}")
    samples = samples_of(duration_ms, "duration_ms")
    state = ffi.new("bc_modem_tx *")
    lib.bc_modem_tx_init(state, _NUMBER[kind], float(duration_ms), level)
    out: Int16Array = np.empty(samples, np.int16)
    if samples:
        lib.bc_modem_tx_process(state, ffi.from_buffer("int16_t[]", out), samples)
    return out


class ModemToneDetector:
    """Find the tones of fax machines and modems in the audio of one channel or of many at once.

    The stream may be cut anywhere: what is found does not depend on it, nor on other channels. Many channels in one
    detector cost far less than a detector each. Not to be used by two threads at a time: that raises RuntimeError.
    """

    def __init__(
        self,
        channels: int = 1,
        isa: str | None = None,
        *,
        min_level_dbm0: float = -43,
        answer_ms: float = 300,
        calling_ms: float | None = None,
        reversals: int = 2,
    ) -> None:
        """Make a detector for so many channels.

        Args:
            channels: 1 to 65536.
            isa: "scalar", "avx2" or "avx512"; the best there is without it. All give the same results.
            min_level_dbm0: -60 to 0.
            answer_ms: How long an answer tone must sound to be told, 100 to 2000. AM takes 250: with less ANSam is
                told as ANS at first.
            calling_ms: How long a calling tone must sound to be told, 100 to 2000. Without it, it is told when it
                is over, if its on time was right.
            reversals: How many at the right distance make an ANS_PR or ANSAM_PR, 1 to 8. With 1 a slip of two
                samples is one.

        Raises:
            TypeError: An argument is of another type.
            ValueError: An argument is out of its range, or this machine lacks the instruction set.
        """
        count = channels_checked(channels)
        options = ffi.new("bc_modem_options *")
        options.min_level_dbm0 = within(min_level_dbm0, -60, 0, "min_level_dbm0")
        options.answer_ms = within(answer_ms, 100, 2000, "answer_ms")
        options.calling_ms = 0 if calling_ms is None else within(calling_ms, 100, 2000, "calling_ms")
        options.reversals = whole(reversals, 1, 8, "reversals")
        rx = lib.bc_modem_rx_new(count, isa_number(isa), options, ffi.NULL)
        self._rx = Receiver(count, rx, "a ModemToneDetector")

    @property
    def channels(self) -> int:
        """How many channels the detector was made for."""
        return self._rx.channels

    def reset(self) -> None:
        """Forget everything: every channel is at its sample 0 again.

        Raises:
            RuntimeError: Another thread is using the detector.
        """
        self._rx.reset()

    def process(self, samples: Int16Array) -> list[ModemToneEnded]:
        """Take the next samples; return the tones that ended in them.

        After a recording, `flush` gives what sounds to the end.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is using the detector.
        """
        return [_ended(record) for record in self._rx.take(samples) if record[1] == END]

    def events(self, samples: Int16Array) -> list[ModemToneBegan | ModemToneEnded]:
        """Take the next samples as `process` does; return also `ModemToneBegan`, when a tone is sure.

        In order of time, and at one time in order of channels.
        """
        return [_event(record) for record in self._rx.take(samples)]

    def flush(self) -> list[ModemToneEnded]:
        """End the stream: return tones that still sound, as if silence followed, then reset."""
        return [_ended(record) for record in self._rx.drain(_TAIL) if record[1] == END]


def _ended(record: Record) -> ModemToneEnded:
    lane, _, code, level, off_hz, duration, start, at = record
    tone = _TONE[code]
    return ModemToneEnded(
        channel=lane,
        tone=tone,
        time_s=start / RATE_HZ,
        duration_s=duration / RATE_HZ,
        decided_s=at / RATE_HZ,
        level_dbm0=round(level, 2),
        freq_hz=round(_FREQ_HZ[tone] + off_hz, 2),
    )


def _event(record: Record) -> ModemToneBegan | ModemToneEnded:
    e = _ended(record)
    if record[1] == END:
        return e
    return ModemToneBegan(e.channel, e.tone, e.time_s, e.decided_s, e.level_dbm0, e.freq_hz)
