"""What a play is fed from."""

from __future__ import annotations

import contextlib
import math
import os
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.errors import MediaFileError, MediaFormatError
from boardcore.ports import AudioFile, AudioSamples, Encoding, ToneSpec
from boardcore_dialogic._constants import DataFormat
from boardcore_dialogic._vendor import SourceData

__all__ = ["FORMATS", "RATE_HZ", "ToneSource", "close_source", "from_file", "from_samples"]

RATE_HZ = 8000
PEAK_0_DBM0 = 16141.0 * math.sqrt(2)  # of a sine of 0 dBm0, where +3.14 dBm0 loads G.711 fully
FORMATS = {
    Encoding.PCM16: (DataFormat.PCM, 16),
    Encoding.ALAW: (DataFormat.ALAW, 8),
    Encoding.ULAW: (DataFormat.MULAW, 8),
}


def from_samples(source: AudioSamples, start: int) -> SourceData:
    """Memory, linear."""
    data = np.ascontiguousarray(source.samples[start:], "<i2").tobytes()
    return SourceData(-1, DataFormat.PCM, 16, length=len(data), memory=data)


def from_file(source: AudioFile, start: int) -> SourceData:
    """Part of a file, opened: who plays it closes `handle`. Blocks for a moment.

    Raises:
        MediaFileError: it cannot be read. MediaFormatError: it is not what it was.
    """
    info: Any = ffi.new("bc_wav_info *")
    error: Any = ffi.new("int *")
    reader = lib.bc_wav_reader_open(os.fsencode(source.path), info, error)
    if reader == ffi.NULL:
        if error[0] == lib.BC_EIO:
            raise MediaFileError(str(source.path), ffi.errno, "play")
        raise MediaFormatError(f"cannot play {str(source.path)!r}: it is not an 8 kHz mono WAV file any more")
    lib.bc_wav_reader_close(reader)
    form, bits = FORMATS[Encoding(info.encoding)]
    skipped = min(start * bits // 8, info.data_bytes)
    length = (info.data_bytes - skipped) // (bits // 8) * (bits // 8)
    try:
        handle = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as failure:
        raise MediaFileError(str(source.path), failure.errno or 0, "play") from failure
    return SourceData(handle, form, bits, info.data_offset + skipped, length)


def close_source(data: SourceData) -> None:
    """Close what `from_file` opened."""
    if data.memory is None and not data.user and data.handle >= 0:
        with contextlib.suppress(OSError):
            os.close(data.handle)


class ToneSource:
    """A tone in its cadence, made as the library asks for it, for as long as it asks."""

    def __init__(self, spec: ToneSpec) -> None:
        self._spec = spec
        self._at = 0
        self._peak = PEAK_0_DBM0 * 10 ** (spec.level_dbm0 / 20)
        edges = [round(part * RATE_HZ) for pair in spec.cadence_s for part in pair]
        self._edges = np.cumsum(np.array(edges, np.int64))

    def read(self, room: int) -> bytes:
        """The next samples, an eighth of a second at most: a tone that is stopped was not made far ahead."""
        count = min(room // 2, RATE_HZ // 8)
        places = np.arange(self._at, self._at + count, dtype=np.int64)
        self._at += count
        wave = sum(np.sin(2 * np.pi * ((places * freq / RATE_HZ) % 1.0)) for freq in self._spec.freqs_hz)
        wave = np.asarray(wave) * self._peak
        if len(self._edges):
            into = np.asarray(places % self._edges[-1])
            passed = sum((into >= edge).astype(np.int64) for edge in self._edges.tolist())
            wave[np.asarray(passed) % 2 == 1] = 0.0
        return np.clip(np.rint(wave), -32768, 32767).astype("<i2").tobytes()
