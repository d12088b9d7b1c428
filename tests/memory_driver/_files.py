"""WAV files as the memory board's firmware reads and writes them: 8 kHz, mono, PCM16, A-law or mu-law."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from boardcore import dsp
from boardcore.errors import MediaFileError, MediaFormatError
from boardcore.ports import Encoding
from memory_driver._audio import RATE_HZ, Block

__all__ = ["WavWriter", "read_wav"]

_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")


def read_wav(path: Path) -> Block:
    """Read all samples of a file."""
    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as sound:
            return np.asarray(sound.read(dtype="int16"), np.int16)
    except OSError as e:
        raise MediaFileError(str(path), e.errno or 0, "play") from e
    except soundfile.LibsndfileError as e:
        raise MediaFormatError(f"{path} is no WAV file that this board can play: {e}") from e


class WavWriter:
    """A recording under way. Every write brings the header up to date: the file is whole at any moment."""

    def __init__(self, path: Path, encoding: Encoding, append: bool) -> None:
        self.encoding = encoding
        self._bytes = 0
        try:
            old = _old_bytes(path, encoding) if append and path.exists() else None
            self._file: BinaryIO = path.open("wb" if old is None else "r+b")
        except OSError as e:
            raise MediaFileError(str(path), e.errno or 0, "record to") from e
        self._bytes = old or 0
        self._write_header()

    def write(self, samples: Block) -> None:
        data = self._encoded(samples)
        self._file.seek(_HEADER.size + self._bytes)
        self._file.write(data)
        self._bytes += len(data)
        self._write_header()

    def close(self) -> None:
        self._file.close()

    def _encoded(self, samples: Block) -> bytes:
        if self.encoding is Encoding.PCM16:
            return samples.astype("<i2").tobytes()
        encode = dsp.alaw_encode if self.encoding is Encoding.ALAW else dsp.ulaw_encode
        return np.asarray(encode(samples)).tobytes()

    def _write_header(self) -> None:
        width = 2 if self.encoding is Encoding.PCM16 else 1
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                b"RIFF",
                _HEADER.size - 8 + self._bytes,
                b"WAVE",
                b"fmt ",
                18,
                self.encoding.value,
                1,
                RATE_HZ,
                RATE_HZ * width,
                width,
                8 * width,
                0,
                b"fact",
                4,
                self._bytes // width,
                b"data",
                self._bytes,
            )
        )
        self._file.flush()


def _old_bytes(path: Path, encoding: Encoding) -> int:
    """How much audio an earlier recording of this board holds; it is appended to."""
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
    fields = _HEADER.unpack(head) if len(head) == _HEADER.size else None
    if fields is None or (fields[0], fields[2], fields[15]) != (b"RIFF", b"WAVE", b"data"):
        raise MediaFormatError(f"{path} is no recording of this board: it cannot be appended to")
    if fields[5] != encoding.value:
        raise MediaFormatError(f"{path} has format {fields[5]}: {encoding.name} cannot be appended to it")
    return int(fields[16])
