"""Prompts in memory: decoded once, shared by every channel that plays them."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.errors import MediaFileError, MediaFormatError
from boardcore.media.engine import Engine
from boardcore.ports.jobs import AudioFile, AudioSamples

__all__ = ["clip_of", "read_clip"]

CACHE_BYTES = 64 << 20
_Key = tuple[str, int, int]
_cache: OrderedDict[_Key, npt.NDArray[np.int16]] = OrderedDict()


async def clip_of(engine: Engine, source: AudioFile | AudioSamples) -> npt.NDArray[np.int16]:
    """The source's samples, contiguous int16 at 8 kHz; files from the cache, keyed by path, size and change time."""
    if isinstance(source, AudioSamples):
        return np.ascontiguousarray(source.samples, dtype=np.int16)
    key = _key(source.path)
    clip = _cache.get(key)
    if clip is None:
        clip = await engine.blocking(read_clip, source.path)
        _keep(key, clip)
    _cache.move_to_end(key)
    return clip


def _key(path: Path) -> _Key:
    try:
        status = path.stat()
    except OSError as error:
        raise MediaFileError(str(path), error.errno or 0, "play") from error
    return str(path), status.st_mtime_ns, status.st_size


def _keep(key: _Key, clip: npt.NDArray[np.int16]) -> None:
    _cache[key] = clip
    while sum(kept.nbytes for kept in _cache.values()) > CACHE_BYTES and len(_cache) > 1:
        _cache.popitem(last=False)


def read_clip(path: Path) -> npt.NDArray[np.int16]:
    """All of a file that the engine reads by itself; touches the disk."""
    error: Any = ffi.new("int *")
    reader: Any = lib.bc_wav_reader_open(os.fsencode(path), ffi.NULL, error)
    if reader == ffi.NULL:
        if error[0] == lib.BC_EIO:
            raise MediaFileError(str(path), ffi.errno, "play")
        raise MediaFormatError(f"cannot play {str(path)!r}: it is not an 8 kHz mono WAV file any more")
    try:
        out = np.zeros(lib.bc_wav_reader_samples(reader), dtype=np.int16)
        done = 0
        while done < out.size:
            rest: Any = ffi.from_buffer("int16_t[]", out[done:], require_writable=True)
            n = lib.bc_wav_reader_read(reader, rest, out.size - done)
            if n <= 0:
                break
            done += n
    finally:
        lib.bc_wav_reader_close(reader)
    clip = out[:done]
    clip.flags.writeable = False
    return clip
