"""Multifrequency signalling between exchanges, R1 (Q.320 to Q.326) and R2 (Q.441, Q.454, Q.455) (bc_mf.h)."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import Int16Array, finite
from boardcore.dsp._isa import isa_number
from boardcore.dsp._receiver import END, Receiver, Record, channels_checked, within
from boardcore.dsp._tone import MAX_LEVEL_DBM0, RATE_HZ, check_level, samples_of

_MAX_SIGNALS: int = lib.BC_MF_MAX_SIGNALS
_TAIL = RATE_HZ // 20  # silence that ends any signal: 50 ms


class MfKind(Enum):
    """A set of six frequencies, of which a signal has two."""

    R1 = "r1"
    """700 to 1700 Hz, step 200 (Q.320)."""
    R2_FORWARD = "r2-forward"
    """1380 to 1980 Hz, step 120 (Q.441)."""
    R2_BACKWARD = "r2-backward"
    """1140 down to 540 Hz, step 120 (Q.441)."""


_NUMBER = {
    MfKind.R1: lib.BC_MF_R1,
    MfKind.R2_FORWARD: lib.BC_MF_R2_FORWARD,
    MfKind.R2_BACKWARD: lib.BC_MF_R2_BACKWARD,
}
_LEVEL_DBM0 = {MfKind.R1: -7.0, MfKind.R2_FORWARD: -11.5, MfKind.R2_BACKWARD: -11.5}  # Q.322, Q.454 (from memory)
_R1_DIGITS = "1234567890CA*B#"
_R2_DIGITS = "1234567890BCDEF"


def mf_digits(kind: MfKind | str) -> str:
    """Return the letters of signals 1 to 15.

    R2: 1-9, 0 for signal 10, B to F for 11 to 15. R1: digits 1-9 and 0, C and A (codes 11 and 12), * (KP),
    B (KP2) and # (ST).

    Raises:
        ValueError: There is no such kind.
    """
    return _R1_DIGITS if _kind_checked(kind) is MfKind.R1 else _R2_DIGITS


@dataclass(frozen=True, slots=True)
class MfBegan:
    """A signal is sure, while it still sounds."""

    channel: int
    signal: int
    """1 to 15, R2's own numbers."""
    digit: str
    """Its letter, see `mf_digits`."""
    time_s: float
    """Where the signal began, in seconds from the channel's first sample: within 6 ms."""
    decided_s: float
    """Up to where the samples had to be heard to be sure."""
    level_dbm0: float
    """Mean of the two tones, each."""
    twist_db: float
    """Higher frequency above lower."""


@dataclass(frozen=True, slots=True)
class MfEnded:
    """A signal is over: its tone has gone, or has become another signal's."""

    channel: int
    signal: int
    digit: str
    time_s: float
    """Where it began."""
    duration_s: float
    """How long it sounded."""
    decided_s: float
    level_dbm0: float
    twist_db: float


def _kind_checked(kind: MfKind | str) -> MfKind:
    try:
        return MfKind(kind)
    except ValueError:
        wanted = ", ".join(k.value for k in MfKind)
        raise ValueError(f"kind must be one of {wanted}, got {kind!r}") from None


def _signals_of(kind: MfKind, digits: str) -> bytes:
    if not isinstance(digits, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"digits must be a str, got {type(digits).__name__}")
    letters = mf_digits(kind)
    for position, character in enumerate(digits):
        if character not in letters:
            raise ValueError(f"digits has {character!r} at position {position}: {kind.value} has {letters}")
    return bytes(letters.index(character) + 1 for character in digits)


def _on_time(ms: float, name: str) -> int:
    samples = samples_of(ms, name)
    if not 1 <= samples <= 600 * RATE_HZ:
        raise ValueError(f"{name} must be from 0.125 to 600000, got {ms}")
    return samples


def _off_time(ms: float, name: str) -> int:
    samples = samples_of(ms, name)
    if samples > 600 * RATE_HZ:
        raise ValueError(f"{name} must be from 0 to 600000, got {ms}")
    return samples


def mf_tones(
    kind: MfKind | str,
    digits: str,
    *,
    on_ms: float = 68,
    kp_ms: float = 100,
    off_ms: float = 68,
    level_dbm0: float | None = None,
    twist_db: float = 0,
) -> Int16Array:
    """Make the tones of a string of signals, each followed by its pause.

    Args:
        kind: The set of frequencies, an `MfKind` or its value.
        digits: Letters as `mf_digits` lists them: "*5551234#" is KP, the number and ST in R1.
        on_ms: Length of each tone; R2's tones, which the other side ends, are as long as you say.
        kp_ms: Length of R1's KP (Q.322, from memory: 100 ms, all others and the pauses 68 ms).
        off_ms: Length of the silence after each.
        level_dbm0: Mean of the two tones, each; without it -7 in R1 and -11.5 in R2 (Q.322, Q.454, from memory).
        twist_db: Higher frequency above lower.

    Returns:
        int16, mono, at 8000 Hz: the same samples on every machine.

    Raises:
        TypeError: An argument is of another type.
        ValueError: There is no such kind or signal (the message says which and where), or a number is out of
            range.
    """
    which = _kind_checked(kind)
    signals = _signals_of(which, digits)
    on, kp, off = _on_time(on_ms, "on_ms"), _on_time(kp_ms, "kp_ms"), _off_time(off_ms, "off_ms")
    level = _LEVEL_DBM0[which] if level_dbm0 is None else check_level(level_dbm0)
    twist = finite(twist_db, "twist_db")
    if level + abs(twist) / 2 > MAX_LEVEL_DBM0:
        raise ValueError(
            f"the stronger tone would be above +{MAX_LEVEL_DBM0} dBm0: {level} with twist {twist}"
        )
    longer = digits.count("*") if which is MfKind.R1 else 0
    out: Int16Array = np.empty(len(signals) * (on + off) + longer * (kp - on), np.int16)
    state, at = ffi.new("bc_mf_tx *"), 0
    for start in range(0, len(signals), _MAX_SIGNALS):
        part = signals[start : start + _MAX_SIGNALS]
        lib.bc_mf_tx_init(state, _NUMBER[which], part, len(part), on_ms, kp_ms, off_ms, level, twist)
        at += lib.bc_mf_tx_process(state, ffi.from_buffer("int16_t[]", out[at:]), out.size - at)
    return out


class MfDetector:
    """Find MF signals of one kind in the audio of one channel or of many at once.

    A signal is sure 17 to 30 ms after its tone began, and is over 10 to 25 ms (R1) or 20 to 35 ms (R2, which
    bridges interruptions of 7 ms) after its tone ended: Q.455 gives compelled signalling 80 ms for both. The
    stream may be cut anywhere: the signals found do not depend on it, nor on other channels. Many channels in
    one detector cost far less than a detector each. Not to be used by two threads at a time: that raises
    RuntimeError.
    """

    def __init__(
        self,
        kind: MfKind | str,
        channels: int = 1,
        isa: str | None = None,
        *,
        twist_limit_db: float | None = None,
        min_level_dbm0: float | None = None,
    ) -> None:
        """Make a detector for so many channels.

        Args:
            kind: The set of frequencies, an `MfKind` or its value.
            channels: 1 to 65536.
            isa: "scalar", "avx2" or "avx512"; the best there is without it. All give the same results.
            twist_limit_db: Accepted difference of the two tones, 0 to 30; 6 in R1 and 7 in R2 without it.
            min_level_dbm0: Of each tone, -60 to 0; -30 in R1 and -38 in R2 without it.

        Raises:
            TypeError: An argument is of another type.
            ValueError: An argument is out of its range, or this machine lacks the instruction set.
        """
        self._kind = _kind_checked(kind)
        count = channels_checked(channels)
        self._letters = mf_digits(self._kind)
        options = ffi.new("bc_mf_options *")
        lib.bc_mf_defaults(_NUMBER[self._kind], options)
        if twist_limit_db is not None:
            options.twist_db = within(twist_limit_db, 0, 30, "twist_limit_db")
        if min_level_dbm0 is not None:
            options.min_level_dbm0 = within(min_level_dbm0, -60, 0, "min_level_dbm0")
        rx = lib.bc_mf_rx_new(_NUMBER[self._kind], count, isa_number(isa), options, ffi.NULL)
        self._rx = Receiver(count, rx, "an MfDetector")

    @property
    def kind(self) -> MfKind:
        """The set of frequencies the detector listens for."""
        return self._kind

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

    def process(self, samples: Int16Array) -> list[MfEnded]:
        """Take the next samples; return the signals that ended in them.

        After a recording, `flush` gives the last one if it sounds to the end.

        Args:
            samples: int16 at 8000 Hz, any length: (n,) for one channel, (channels, n) for any number.

        Raises:
            TypeError: It is not an int16 array.
            ValueError: The shape does not fit the channels.
            RuntimeError: Another thread is using the detector.
        """
        return [self._ended(record) for record in self._rx.take(samples) if record[1] == END]

    def events(self, samples: Int16Array) -> list[MfBegan | MfEnded]:
        """Take the next samples as `process` does; return also `MfBegan`, when a signal is sure.

        In order of time, and at one time in order of channels.
        """
        return [self._event(record) for record in self._rx.take(samples)]

    def flush(self) -> list[MfEnded]:
        """End the stream: return signals that still sound, as if silence followed, then reset."""
        return [self._ended(record) for record in self._rx.drain(_TAIL) if record[1] == END]

    def _ended(self, record: Record) -> MfEnded:
        lane, _, signal, level, twist, duration, start, at = record
        return MfEnded(
            channel=lane,
            signal=signal,
            digit=self._letters[signal - 1],
            time_s=start / RATE_HZ,
            duration_s=duration / RATE_HZ,
            decided_s=at / RATE_HZ,
            level_dbm0=round(level, 2),
            twist_db=round(twist, 2),
        )

    def _event(self, record: Record) -> MfBegan | MfEnded:
        e = self._ended(record)
        if record[1] == END:
            return e
        return MfBegan(e.channel, e.signal, e.digit, e.time_s, e.decided_s, e.level_dbm0, e.twist_db)
