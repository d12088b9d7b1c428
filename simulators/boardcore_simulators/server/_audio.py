"""Samples as they cross the socket, and those that the firmware makes itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from boardcore import dsp
from boardcore.ports import Encoding
from boardcore_simulators.server._bodies import FOREVER, Segment

__all__ = ["BEEP", "check_segments", "from_wire", "to_wire", "tone_chunks", "width"]

Samples = npt.NDArray[np.int16]
RATE_HZ = 8000
BEEP: Samples = dsp.tone(1000, duration_ms=200, level_dbm0=-10, ramp_ms=5)


def width(encoding: Encoding) -> int:
    """Bytes of a sample."""
    return 2 if encoding is Encoding.PCM16 else 1


def from_wire(encoding: Encoding, data: bytes) -> Samples:
    """Linear samples of a whole number of coded ones."""
    if encoding is Encoding.PCM16:
        return np.frombuffer(data, dtype="<i2").astype(np.int16, copy=False)
    decode = dsp.alaw_decode if encoding is Encoding.ALAW else dsp.ulaw_decode
    return decode(np.frombuffer(data, dtype=np.uint8))


def to_wire(encoding: Encoding, samples: Samples) -> bytes:
    """Linear samples, coded."""
    if encoding is Encoding.PCM16:
        return samples.astype("<i2", copy=False).tobytes()
    encode = dsp.alaw_encode if encoding is Encoding.ALAW else dsp.ulaw_encode
    return encode(samples).tobytes()


# ---- tones ------------------------------------------------------------------------------------------------------
def check_segments(segments: Sequence[Segment]) -> None:
    """Refuse what cannot be sounded.

    Raises:
        ValueError: no segment or more than four, a frequency or level that telephony does not have, no duration.
    """
    if not 1 <= len(segments) <= 4:
        raise ValueError(f"a tone of {len(segments)} segments came, wanted 1 to 4")
    if not any(segment.on_ms or segment.off_ms for segment in segments):
        raise ValueError("a tone that lasts 0 ms came")
    for segment in segments:
        _check(segment.f1_hz, segment.level1_dbm0)
        _check(segment.f2_hz, segment.level2_dbm0)


def _check(freq_hz: int, level_dbm0: float) -> None:
    if freq_hz >= RATE_HZ // 2:
        raise ValueError(f"a tone of {freq_hz} Hz came, wanted less than {RATE_HZ // 2}")
    if freq_hz and level_dbm0 > 3.1:
        raise ValueError(f"a tone of {level_dbm0} dBm0 came, wanted at most 3.1")


def _second_of(segment: Segment) -> Samples:
    """One second. Frequencies are whole Hz, so it can be repeated without a seam."""
    both = [(segment.f1_hz, segment.level1_dbm0), (segment.f2_hz, segment.level2_dbm0)]
    heard = [pair for pair in both if pair[0]]
    if not heard:
        return np.zeros(RATE_HZ, np.int16)
    (f1_hz, level1), (f2_hz, level2) = (heard * 2)[:2]
    second = f2_hz if len(heard) == 2 else None
    return dsp.tone(f1_hz, second, level_dbm0=level1, level2_dbm0=level2, duration_ms=1000)


def _pieces(second: Samples, ms: int) -> Iterator[Samples]:
    left = ms * RATE_HZ // 1000
    while ms == FOREVER or left > 0:
        piece = second if ms == FOREVER else second[:left]
        yield piece
        left -= piece.size


def tone_chunks(segments: Sequence[Segment], cycles: int) -> Iterator[Samples]:
    """The samples of a tone in pieces of at most a second; without end if `cycles` is 0."""
    silence = np.zeros(RATE_HZ, np.int16)
    seconds = [_second_of(segment) for segment in segments]
    done = 0
    while not cycles or done < cycles:
        for segment, second in zip(segments, seconds, strict=True):
            yield from _pieces(second, segment.on_ms)
            yield from _pieces(silence, segment.off_ms)
        done += 1
