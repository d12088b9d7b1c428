"""What a WAV file holds, by the parser of `bc_wav.h`; the audio itself is read by the engine."""

import os
from dataclasses import dataclass
from enum import Enum
from typing import Any

from boardcore._native import ffi, lib
from boardcore.errors import MediaFormatError

__all__ = ["WavEncoding", "WavInfo", "wav_info"]


class WavEncoding(Enum):
    """Coding of the samples; the value is the file's format tag (RFC 2361)."""

    OTHER = 0
    PCM = 1
    FLOAT = 3
    ALAW = 6
    ULAW = 7

    @classmethod
    def _missing_(cls, value: object) -> "WavEncoding | None":
        """Take every other format tag for OTHER."""
        return cls.OTHER if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class WavInfo:
    """Head of a WAV file.

    Attributes:
        encoding: Coding of the samples.
        channels: Channels in the file.
        rate_hz: Samples per second and channel.
        bits: Bits per sample as the file states them.
        samples: Samples per channel that the file really has; None for OTHER, where only a decoder can tell.
        truncated: The header claims more than there is: the writer died, or the file was cut.
        native: The engine reads the file itself: 8 kHz mono, 16-bit PCM or G.711, below 4 GiB.
    """

    encoding: WavEncoding
    channels: int
    rate_hz: int
    bits: int
    samples: int | None
    truncated: bool
    native: bool

    @property
    def duration_s(self) -> float | None:
        """Length in seconds, or None where `samples` is."""
        return None if self.samples is None else self.samples / self.rate_hz


def wav_info(path: str | os.PathLike[str]) -> WavInfo:
    """Read the head of a WAV file.

    Blocks for a few small reads; never for a FIFO. Any well-formed little-endian WAV file is described, also
    one that the engine does not read itself (`native` is False).

    Raises:
        MediaFormatError: The file is not WAV, contradicts itself, or ends before its audio begins.
        OSError: The system said no, by its usual subclasses; a FIFO or a device is refused with ESPIPE.
        ValueError: The path has a null character.
    """
    name = os.fsencode(path)
    if b"\0" in name:
        raise ValueError(f"a path has no null character, got {path!r}")
    info = ffi.new("bc_wav_info *")
    result = ffi.new("int *")
    reader = lib.bc_wav_reader_open(name, info, result)
    if reader == ffi.NULL and result[0] != lib.BC_EUNSUP:
        raise _error(result[0], ffi.errno, os.fsdecode(name))
    lib.bc_wav_reader_close(reader)
    if info.channels == 0:
        raise MediaFormatError(f"{os.fsdecode(name)}: big-endian WAV (RIFX)")
    return _describe(info, native=result[0] == lib.BC_OK)


def _describe(info: Any, native: bool) -> WavInfo:
    encoding = WavEncoding(info.encoding)
    samples = None
    if encoding is not WavEncoding.OTHER and info.bits != 0:
        samples = info.data_bytes // (info.channels * ((info.bits + 7) // 8))
    return WavInfo(encoding, info.channels, info.rate_hz, info.bits, samples, bool(info.truncated), native)


def _error(result: int, code: int, path: str) -> Exception:
    if result == lib.BC_EIO:
        return OSError(code, os.strerror(code), path)
    if result == lib.BC_ENOMEM:
        return MemoryError()
    if result == lib.BC_ETRUNC:
        return MediaFormatError(f"{path}: the file ends before its audio begins")
    return MediaFormatError(f"{path}: not a WAV file, or its header contradicts itself")
