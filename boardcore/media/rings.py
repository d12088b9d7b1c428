"""Rings in place of files: a job plays what this program writes, or records for this program to read.

The engine's thread has one end of a ring and the event loop the other, so neither waits for the other. A ring serves
one job at a time; `EngineMedia.play_ring` and `record_ring` start it and call `wake` when there is something to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.ports.jobs import JobResult

__all__ = ["PlayRing", "RecordRing", "RingResult"]

Samples = npt.NDArray[np.int16]
_MIN_SAMPLES, _MAX_SAMPLES = 1600, 4_800_000  # bc_audio_ring_new


@dataclass(frozen=True, slots=True, kw_only=True)
class RingResult(JobResult):
    """`samples`: how many were really played from the ring, or are in all recorded into it. `digit`, `tone`: what ended
    it."""

    samples: int = 0
    digit: str | None = None
    tone: str | None = None


def _new_ring(samples: int, report: int) -> Any:
    if not _MIN_SAMPLES <= samples <= _MAX_SAMPLES:
        raise ValueError(f"a ring has {_MIN_SAMPLES} to {_MAX_SAMPLES} samples, not {samples!r}")
    if not 1 <= report <= samples:
        raise ValueError(f"report must be 1 to the ring's {samples} samples, not {report!r}")
    raw: Any = lib.bc_audio_ring_new(samples, report)
    if raw == ffi.NULL:
        raise MemoryError(f"no room for a ring of {samples} samples")
    return ffi.gc(raw, lib.bc_audio_ring_free)


class PlayRing:
    """What a job is to play: int16, mono, 8 kHz, written ahead of it."""

    def __init__(self, samples: int, report: int) -> None:
        """Make a ring of that many samples (1600 to 4 800 000). The job's `wake` is called when at least `report`
        more can be written, then not again before a `write`."""
        self.raw: Any = _new_ring(samples, report)
        self.samples = samples

    def write(self, samples: Samples) -> int:
        """Append; returns how many found room, the first of them. Raises TypeError for other than int16, ValueError for
        more than one dimension or after `finish`."""
        if samples.dtype != np.int16:
            raise TypeError(f"a ring takes int16 samples at 8 kHz, not {samples.dtype}")
        if samples.ndim != 1:
            raise ValueError(f"a ring takes mono samples of shape (n,), not {samples.shape}")
        data = np.ascontiguousarray(samples[: self.samples])
        buffer: Any = ffi.from_buffer("int16_t[]", data) if data.size else ffi.NULL
        taken = int(lib.bc_audio_ring_write(self.raw, buffer, data.size))
        if taken < 0:
            raise ValueError("the ring is finished: nothing more can be written")
        return taken

    def finish(self) -> None:
        """Say that nothing more comes: the job ends when the ring is empty."""
        lib.bc_audio_ring_finish(self.raw)

    @property
    def writable(self) -> int:
        """Samples that would find room now."""
        return int(lib.bc_audio_ring_writable(self.raw))

    @property
    def underruns(self) -> int:
        """Blocks of 10 ms that were silent, or partly so, because nothing was there to play."""
        return int(lib.bc_audio_ring_underruns(self.raw))


class RecordRing:
    """What a job has recorded: int16, mono, 8 kHz, final, 100 ms behind the line."""

    def __init__(self, samples: int, report: int) -> None:
        """Make a ring of that many samples (1600 to 4 800 000). The job's `wake` is called when at least `report`
        can be read, then not again before a `read`. A full ring ends the job with `EndReason.ERROR`."""
        self.raw: Any = _new_ring(samples, report)
        self.samples = samples

    def read(self, max_samples: int | None = None) -> Samples:
        """Take what is there, at most `max_samples`; perhaps nothing. Also after the job's end."""
        n = self.readable if max_samples is None else min(self.readable, max(max_samples, 0))
        out = np.empty(n, dtype=np.int16)
        buffer: Any = ffi.from_buffer("int16_t[]", out, require_writable=True) if n else ffi.NULL
        lib.bc_audio_ring_read(self.raw, buffer, n)
        return out

    @property
    def readable(self) -> int:
        """Samples that are there."""
        return int(lib.bc_audio_ring_readable(self.raw))
