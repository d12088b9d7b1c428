"""Sound files of any format for the commands: int16 at 8 kHz, every channel, block by block."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped,unused-ignore]
from rich.console import Console
from rich.progress import Progress

from boardcore.dsp import RATE_HZ, Resampler
from boardcore.errors import MediaFormatError
from boardcore.media._wav import wav_info

__all__ = ["SoundFile", "progress"]

Samples = npt.NDArray[np.int16]
FRAMES = 1 << 16  # read at a time
MAX_CHANNELS = 64
FULL_SCALE = 32768.0
LONG_S = 60.0  # such files show how far they are, on a terminal
BROKEN = (soundfile.LibsndfileError, RuntimeError, TypeError)  # TypeError: raw audio, which does not say what it is


class SoundFile:
    """A file that is open.

    Raises:
        OSError: The system does not let it be read.
        MediaFormatError: It is not audio, has no samples or some that are not numbers.

    Attributes:
        lack: What is missing of a WAV file whose header announces more than there is (whoever wrote it was killed, or
            wrote to a pipe); what is there is read. Empty for a whole file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:  # the library's own message does not say why
            head = file.read(12)
        if not head:
            raise MediaFormatError(f"{path}: the file is empty")
        self.lack = _lack(path, head)
        name: Any = os.fsencode(path)  # any that the system has, text or not
        try:
            self._file: Any = soundfile.SoundFile(name)
        except BROKEN as error:
            raise MediaFormatError(f"{path}: not audio that can be read here") from error
        try:
            self._check()
        except BaseException:
            self._file.close()
            raise

    def _check(self) -> None:
        if self._file.frames < 1:
            raise MediaFormatError(f"{self.path}: there are no samples in it")
        if self.channels > MAX_CHANNELS:
            raise MediaFormatError(f"{self.path}: {self.channels} channels, at most {MAX_CHANNELS} are read")

    def __enter__(self) -> SoundFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def channels(self) -> int:
        """How many there are."""
        return int(self._file.channels)

    @property
    def rate_hz(self) -> int:
        """Of the file."""
        return int(self._file.samplerate)

    @property
    def duration_s(self) -> float:
        """As the file states it."""
        return float(self._file.frames) / self.rate_hz

    @property
    def described(self) -> str:
        """Its format in words, as "WAV, signed 16 bit PCM"."""
        return f"{self._file.format}, {self._file.subtype_info!s}"

    def blocks(self) -> Iterator[Samples]:
        """Give the samples from the beginning, (channels, n), about 8 s at a time at most."""
        converters = [Resampler(self.rate_hz, RATE_HZ) for _ in range(self.channels)]
        for block in self._blocks():
            samples = np.ascontiguousarray(np.clip(np.rint(block.T * FULL_SCALE), -32768, 32767).astype(np.int16))
            if self.rate_hz == RATE_HZ:
                yield samples
            else:
                yield np.stack([one.process(row) for one, row in zip(converters, samples, strict=True)])
        if self.rate_hz != RATE_HZ:
            yield np.stack([one.flush() for one in converters])

    def _blocks(self) -> Iterator[npt.NDArray[np.float64]]:
        at = 0
        while True:
            try:
                block: npt.NDArray[np.float64] = self._file.read(FRAMES, dtype="float64", always_2d=True)
            except BROKEN as error:
                good_s = at / self.rate_hz
                raise MediaFormatError(f"{self.path}: the audio ends or is broken after {good_s:.2f} s") from error
            if not block.size:
                break
            finite = np.isfinite(block).all(axis=1)
            if not finite.all():
                bad_s = (at + int(np.argmin(finite))) / self.rate_hz
                raise MediaFormatError(f"{self.path}: the sample at {bad_s:.3f} s is not a number")
            at += len(block)
            yield block


def _lack(path: Path, head: bytes) -> str:
    if head[:4] != b"RIFF" or head[8:12] not in (b"WAVE", b""):
        return ""
    info = wav_info(path)
    if not info.truncated:
        return ""
    there = "" if info.duration_s is None else f", {info.duration_s:.2f} s"
    return f"cut off: its header announces more than there is{there}, which is read"


@contextmanager
def progress(file: SoundFile, what: str) -> Generator[Iterator[Samples]]:
    """The file's blocks; a long file's show on a terminal how far they are. What a file lacks is told first."""
    console = Console(stderr=True)
    if file.lack:
        print(f"boardcore: {file.path}: {file.lack}", file=sys.stderr)
    shown = console.is_terminal and file.duration_s > LONG_S
    with Progress(console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(what, total=file.duration_s)

        def blocks() -> Iterator[Samples]:
            for block in file.blocks():
                yield block
                bar.advance(task, block.shape[1] / RATE_HZ)

        yield blocks()
