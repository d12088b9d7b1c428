"""A recording's file: written on the library's own thread, a readable WAV at every moment."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.errors import MediaFileError, MediaFormatError
from boardcore.media.scrub import Scrubber
from boardcore.ports import Encoding

__all__ = ["Recorder", "file_key"]


def file_key(path: Path) -> str | None:
    """What tells one file from another, through links; None for what is no file, like /dev/null."""
    real = Path(os.path.realpath(path))
    return None if real.exists() and not real.is_file() else str(real)


class Recorder:
    """Takes linear samples, silences secret digits, writes the file. Opening blocks for a moment."""

    def __init__(self, path: Path, encoding: Encoding, append: bool) -> None:
        error: Any = ffi.new("int *")
        self._writer: Any = lib.bc_wav_writer_open(os.fsencode(path), encoding.value, append, error)
        if self._writer == ffi.NULL:
            raise _refusal(error[0], ffi.errno, path, encoding)
        self._before = int(lib.bc_wav_writer_samples(self._writer))
        self._lock = threading.Lock()
        self._scrubber = Scrubber()
        self._odd = b""
        self.samples = 0
        self.fault = 0  # errno of a write that failed

    def set_secret(self, on: bool) -> None:
        with self._lock:
            self._scrubber.secret = on

    def write(self, data: bytes) -> int:
        """What the library recorded. When the disk refuses, nothing is taken: that ends the recording."""
        with self._lock:
            if self._writer == ffi.NULL or self.fault:
                return 0
            whole = self._odd + data
            self._odd = whole[len(whole) & ~1 :]
            self._append(self._scrubber.process(np.frombuffer(whole, "<i2", len(whole) // 2).astype(np.int16)))
            return 0 if self.fault else len(data)

    def _append(self, samples: npt.NDArray[np.int16]) -> None:
        if samples.size:
            code = lib.bc_wav_writer_write(self._writer, ffi.from_buffer("int16_t[]", samples), samples.size)
            if code < 0:
                self.fault = int(lib.bc_wav_writer_errno(self._writer)) or errno.EFBIG
        self.samples = int(lib.bc_wav_writer_samples(self._writer)) - self._before

    def close(self) -> None:
        """Write what is held back, and close the file. Again: nothing."""
        with self._lock:
            if self._writer == ffi.NULL:
                return
            if not self.fault:
                self._append(self._scrubber.flush())
            writer, self._writer = self._writer, ffi.NULL
            if lib.bc_wav_writer_close(writer) < 0 and not self.fault:
                self.fault = ffi.errno or errno.EIO


def _refusal(code: int, number: int, path: Path, encoding: Encoding) -> Exception:
    if code == lib.BC_EIO:
        return MediaFileError(str(path), number, "record to")
    if code == lib.BC_ENOMEM:
        return MemoryError()
    if code == lib.BC_EFULL:
        return MediaFileError(str(path), errno.EFBIG, "record to")
    return MediaFormatError(f"cannot append {encoding.name} to {str(path)!r}: it is not a recording of that kind")
