"""DTMF (ITU-T Q.23, Q.24): digits to tones, and a batched streaming detector (bc_dtmf.h)."""

from dataclasses import dataclass

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import Int16Array, finite
from boardcore.dsp._isa import isa_number
from boardcore.dsp._receiver import END, Receiver, Record, channels_checked, within
from boardcore.dsp._tone import MAX_LEVEL_DBM0, RATE_HZ, check_level, samples_of

DTMF_DIGITS = "0123456789ABCD*#"
_MAX_DIGITS: int = lib.BC_DTMF_MAX_DIGITS
_PAUSE = RATE_HZ // 2  # what ',' stands for
_TAIL = RATE_HZ // 20  # silence that ends any digit: 50 ms


@dataclass(frozen=True, slots=True)
class DtmfBegan:
    """A digit is sure, while it still sounds."""

    channel: int
    digit: str
    time_s: float
    """Where the digit began: within 5 ms late and 15 ms early."""
    decided_s: float
    """Up to where the samples had to be heard to be sure."""
    level_dbm0: float
    twist_db: float


@dataclass(frozen=True, slots=True)
class DtmfDigit:
    """A digit that is over."""

    channel: int
    digit: str
    time_s: float
    """Where it began, in seconds from the channel's first sample: within 5 ms late and 15 ms early."""
    duration_s: float
    """How long it sounded; a gap of up to 10 ms does not end it."""
    decided_s: float
    """Up to where the samples had to be heard to be sure."""
    level_dbm0: float
    """Mean of the two tones, each."""
    twist_db: float
    """High group above low group: negative is Q.24's normal twist."""


def _digits_checked(digits: str) -> str:
    if not isinstance(digits, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"digits must be a str, got {type(digits).__name__}")
    for position, character in enumerate(digits):
        if character not in DTMF_DIGITS and character != ",":
            raise ValueError(
                f"digits has {character!r} at position {position}: allowed: 0-9, A-D, *, # and ',' (a pause)"
            )
    return digits


def dtmf_tones(
    digits: str, *, on_ms: float = 80, off_ms: float = 80, level_dbm0: float = -10, twist_db: float = 0
) -> Int16Array:
    """Make the tones of a string of digits, each followed by its pause.

    Args:
        digits: 0-9, A-D, * and #; a comma is a pause of 500 ms.
        on_ms, off_ms: Length of each tone and of the silence after it.
        level_dbm0: Mean of the two tones, each.
        twist_db: High group above low group.

    Returns:
        int16, mono, at 8000 Hz: the same samples on every machine.

    Raises:
        TypeError: An argument is of another type.
        ValueError: A character is not a digit (the message says which and where), or a number out of range.
    """
    text = _digits_checked(digits)
    on, off = samples_of(on_ms, "on_ms"), samples_of(off_ms, "off_ms")
    if on < 1:
        raise ValueError(f"on_ms must be at least one sample, 0.125, got {on_ms}")
    level, twist = check_level(level_dbm0), finite(twist_db, "twist_db")
    if level + abs(twist) / 2 > MAX_LEVEL_DBM0:
        raise ValueError(
            f"the stronger tone would be above +{MAX_LEVEL_DBM0} dBm0: {level} with twist {twist}"
        )
    pauses = text.count(",")
    out: Int16Array = np.empty((len(text) - pauses) * (on + off) + pauses * _PAUSE, np.int16)
    state = ffi.new("bc_dtmf_tx *")
    at = 0
    for start in range(0, len(text), _MAX_DIGITS):
        part = text[start : start + _MAX_DIGITS].encode()
        lib.bc_dtmf_tx_init(state, part, len(part), on_ms, off_ms, level, twist)
        at += lib.bc_dtmf_tx_process(state, ffi.from_buffer("int16_t[]", out[at:]), out.size - at)
    return out


class DtmfDetector:
    """Find DTMF digits in the audio of one channel or of many at once.

    The stream may be cut anywhere: the digits found do not depend on it, nor on other channels. Many
    channels in one detector cost far less than a detector each. Not to be used by two threads at a time: that
    raises RuntimeError.
    """

    def __init__(
        self,
        channels: int = 1,
        isa: str | None = None,
        *,
        normal_twist_db: float = 8,
        reverse_twist_db: float = 4,
        min_level_dbm0: float = -42,
        dial_tone_filter: bool = False,
    ) -> None:
        """Make a detector for so many channels.

        Args:
            channels: 1 to 65536.
            isa: "scalar", "avx2" or "avx512"; the best there is without it. All give the same results.
            normal_twist_db: Accepted where the low group is the stronger, 0 to 30 (Q.24 table A-1).
            reverse_twist_db: Accepted where the high group is the stronger, 0 to 30.
            min_level_dbm0: Of each tone, -60 to 0.
            dial_tone_filter: Be deaf to dial tones, anything from 350 to 450 Hz: digits are heard beneath
                them, 12 dB above each of a digit's tones and more. Without it, up to 6 dB below.

        Raises:
            TypeError: An argument is of another type.
            ValueError: An argument is out of its range, or this machine lacks the instruction set.
        """
        count = channels_checked(channels)
        options = ffi.new("bc_dtmf_options *")
        options.normal_twist_db = within(normal_twist_db, 0, 30, "normal_twist_db")
        options.reverse_twist_db = within(reverse_twist_db, 0, 30, "reverse_twist_db")
        options.min_level_dbm0 = within(min_level_dbm0, -60, 0, "min_level_dbm0")
        if not isinstance(dial_tone_filter, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"dial_tone_filter must be a bool, got {type(dial_tone_filter).__name__}")
        options.dial_tone_filter = int(dial_tone_filter)
        rx = lib.bc_dtmf_rx_new(count, isa_number(isa), options, ffi.NULL)
        self._rx = Receiver(count, rx, "a DtmfDetector")

    @property
    def channels(self) -> int:
        """How many channels the detector was made for."""
        return self._rx.channels

    def reset(self) -> None:
        """Forget everything: every channel is at its sample 0 again."""
        self._rx.reset()

    def process(self, samples: Int16Array) -> list[DtmfDigit]:
        """Take the next samples; return the digits that ended in them.

        A digit is reported about 25 ms after its tone ends. After a recording, `flush` gives the last one
        if it sounds to the end.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
        """
        return [_digit(record) for record in self._rx.take(samples) if record[1] == END]

    def events(self, samples: Int16Array) -> list[DtmfBegan | DtmfDigit]:
        """Take the next samples as `process` does; return also `DtmfBegan`, 30 to 40 ms into each digit.

        In order of time, and at one time in order of channels.
        """
        return [_event(record) for record in self._rx.take(samples)]

    def flush(self) -> list[DtmfDigit]:
        """End the stream: return digits that still sound, as if silence followed, then reset."""
        return [_digit(record) for record in self._rx.drain(_TAIL) if record[1] == END]


def _digit(record: Record) -> DtmfDigit:
    lane, _, code, level, twist, duration, start, at = record
    return DtmfDigit(
        channel=lane,
        digit=chr(code),
        time_s=start / RATE_HZ,
        duration_s=duration / RATE_HZ,
        decided_s=at / RATE_HZ,
        level_dbm0=round(level, 2),
        twist_db=round(twist, 2),
    )


def _event(record: Record) -> DtmfBegan | DtmfDigit:
    digit = _digit(record)
    if record[1] == END:
        return digit
    return DtmfBegan(
        digit.channel, digit.digit, digit.time_s, digit.decided_s, digit.level_dbm0, digit.twist_db
    )
