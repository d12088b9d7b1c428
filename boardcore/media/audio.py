"""From what an application hands to `play` to audio that a board can play."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped,unused-ignore]
import soxr  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from boardcore._blocking import blocking
from boardcore.errors import MediaFileError, MediaFormatError
from boardcore.media._wav import wav_info
from boardcore.media.clips import read_clip
from boardcore.ports.jobs import AudioFile, AudioSamples, Encoding

__all__ = ["Playable", "resolve"]

RATE_HZ = 8000
DECODED_MAX_S = 60.0  # longer files are decoded to a temporary file and streamed
Playable = str | os.PathLike[str] | npt.NDArray[np.int16] | Sequence["Playable"]
Source = AudioFile | AudioSamples
SPOOLED = 32  # files at a time
_Key = tuple[str, int, int]  # path, time of change, size
_decoded: OrderedDict[_Key, AudioSamples] = OrderedDict()
_spooled: OrderedDict[_Key, AudioFile] = OrderedDict()


async def resolve(what: Playable) -> Source:
    """Turn a path, an int16 array or a list of those into one source.

    Raises:
        TypeError: something else, or an array that is not int16 with one dimension.
        MediaFileError: the file cannot be read.
        MediaFormatError: nothing here reads it.
    """
    if isinstance(what, np.ndarray):
        return _from_array(what)
    if isinstance(what, (str, os.PathLike)):
        return await blocking(_from_file, Path(what))
    if not isinstance(what, (list, tuple)):
        raise TypeError(f"play wants a path, an int16 array or a list of those, not {type(what).__name__}")
    parts = [await resolve(part) for part in what]
    if len(parts) == 1:
        return parts[0]
    # The names of the rest stay out of records: digits are read back by playing a prompt for each.
    name = f"{_name(parts[0])} and {len(parts) - 1} more" if parts else "nothing"
    return AudioSamples(await blocking(_join, parts), name=name)


def _name(source: Source) -> str:
    return source.path.name if isinstance(source, AudioFile) else source.name


def _from_array(samples: npt.NDArray[Any]) -> AudioSamples:
    if samples.dtype != np.int16:
        raise TypeError(f"play wants int16 samples at 8 kHz, not {samples.dtype}")
    if samples.ndim != 1:
        raise ValueError(f"play wants mono samples of shape (n,), not {samples.shape}")
    return AudioSamples(samples.copy(), name=f"{samples.size} samples")


def _join(parts: list[Source]) -> npt.NDArray[np.int16]:
    empty = np.zeros(0, np.int16)
    return np.concatenate([empty, *(p.samples if isinstance(p, AudioSamples) else read_clip(p.path) for p in parts)])


def _from_file(path: Path) -> Source:
    try:
        status = path.stat()
    except OSError as error:
        raise MediaFileError(str(path), error.errno or 0, "play") from error
    try:
        info = wav_info(path)
        if info.native and info.samples is not None:
            return AudioFile(path, info.samples, Encoding(info.encoding.value))
    except MediaFormatError:
        if path.suffix.lower() == ".wav" and not _readable(path):
            raise
    except OSError as error:
        raise MediaFileError(str(path), error.errno or 0, "play") from error
    if path.suffix.lower() == ".raw":  # the library would ask its caller
        raise MediaFormatError(f"cannot play {str(path)!r}: raw audio does not say what it is")
    key = (str(path), status.st_mtime_ns, status.st_size)
    if known := _decoded.get(key) or _spooled.get(key):
        return known
    return _decode_whole(path, key)


def _readable(path: Path) -> bool:
    try:
        soundfile.info(str(path))
    except (soundfile.LibsndfileError, RuntimeError):
        return False
    return True


def _decode_whole(path: Path, key: _Key) -> Source:
    chunks: list[npt.NDArray[np.int16]] = []
    total = 0
    for chunk in _decode(path):
        chunks.append(chunk)
        total += chunk.size
        if total > DECODED_MAX_S * RATE_HZ:
            return _spool(path, key)
    source = AudioSamples(np.concatenate([np.zeros(0, np.int16), *chunks]), name=path.name)
    _decoded[key] = source
    while len(_decoded) > 64:
        _decoded.popitem(last=False)
    return source


def _decode(path: Path) -> Any:
    """Blocks of int16 at 8 kHz, mono: channels are averaged, rates converted by soxr."""
    try:
        with soundfile.SoundFile(str(path)) as file:
            convert = soxr.ResampleStream(file.samplerate, RATE_HZ, 1, dtype="float32")
            while True:
                block: npt.NDArray[Any] = file.read(65536, dtype="float32", always_2d=True)
                last = len(block) < 65536
                mono = np.nan_to_num(block.mean(axis=1, dtype=np.float32), posinf=1.0, neginf=-1.0)
                out = mono if file.samplerate == RATE_HZ else convert.resample_chunk(mono, last=last)
                yield np.clip(np.rint(out * 32768.0), -32768, 32767).astype(np.int16)
                if last:
                    return
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise MediaFormatError(f"cannot play {str(path)!r}: {error}") from error


def _spool(path: Path, key: _Key) -> AudioFile:
    """A long file of a foreign format, as a temporary WAV that goes away with the process."""
    handle, name = tempfile.mkstemp(suffix=".wav", prefix=f"{path.stem}-", dir=_spool_folder())
    os.close(handle)
    total = 0
    try:
        with soundfile.SoundFile(name, "w", RATE_HZ, 1, "PCM_16") as out:
            for chunk in _decode(path):
                out.write(chunk)
                total += chunk.size
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise MediaFormatError(f"cannot play {str(path)!r}: {error}") from error
    spooled = _spooled[key] = AudioFile(Path(name), total, Encoding.PCM16)
    while len(_spooled) > SPOOLED:
        _, oldest = _spooled.popitem(last=False)
        oldest.path.unlink(missing_ok=True)  # who is playing it has it open
    return spooled


@functools.cache
def _spool_folder() -> str:
    folder = tempfile.mkdtemp(prefix="boardcore-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
