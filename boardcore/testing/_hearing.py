"""Judge what was heard: where a known clip is in it, how much of it, how loud, which digits.

Clips are noise within the telephone band. Noise is like nothing but itself, so a correlation tells where in it
one is, to the sample, through A-law, a line's loss and its delay.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boardcore import dsp
from boardcore.ports import Encoding

__all__ = [
    "RATE_HZ",
    "Samples",
    "WavFile",
    "clip",
    "digits_in",
    "find",
    "loud_s",
    "prefix_heard_s",
    "read_wav",
    "write_wav",
]

Samples = npt.NDArray[np.int16]
RATE_HZ = 8000
CLIP_DBM0 = -14.0
BAND_HZ = (400.0, 3000.0)
ANCHOR_S = 0.15  # this much of a clip's beginning tells where it begins
FRAME = 160
ALIKE = 0.7  # of 1; unrelated noise of an anchor's length stays below 0.15, A-law alone above 0.99


def clip(seconds: float, seed: int) -> Samples:
    """Make a clip, unlike those of all other seeds."""
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    freqs = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum[(freqs < BAND_HZ[0]) | (freqs > BAND_HZ[1])] = 0
    wave = np.fft.irfft(spectrum, count)
    wave *= 16141.0 * 10 ** (CLIP_DBM0 / 20) / np.sqrt(np.mean(wave**2))  # dBm0: see dsp.level_dbm0
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def find(wanted: Samples, heard: Samples) -> float | None:
    """Tell where `wanted` begins in what was heard, in seconds; None if it is not there."""
    count = len(wanted)
    if len(heard) < count:
        return None
    x, c = heard.astype(np.float64), wanted.astype(np.float64)
    size = len(x) + count
    match = np.fft.irfft(np.fft.rfft(x, size) * np.conj(np.fft.rfft(c, size)), size)[: len(x) - count + 1]
    power = np.concatenate([[0.0], np.cumsum(x * x)])
    scale = np.sqrt((power[count:] - power[:-count]) * float(c @ c))
    likeness = match / np.maximum(scale, 1.0)
    best = int(np.argmax(likeness))
    return best / RATE_HZ if likeness[best] >= ALIKE else None


def prefix_heard_s(wanted: Samples, heard: Samples) -> float:
    """Tell how much of `wanted`, from its beginning, was heard without a gap. 0 if it did not even begin."""
    begin_s = find(wanted[: round(ANCHOR_S * RATE_HZ)], heard)
    if begin_s is None:
        return 0.0
    there = heard[round(begin_s * RATE_HZ) :].astype(np.float64)
    count = 0
    for at in range(0, min(len(there), len(wanted)) - FRAME + 1, FRAME):
        a, b = there[at : at + FRAME], wanted[at : at + FRAME].astype(np.float64)
        if float(a @ b) < ALIKE * max(float(a @ a) * float(b @ b), 1.0) ** 0.5:
            break
        count = at + FRAME
    return count / RATE_HZ


def loud_s(heard: Samples, above_dbm0: float = -40.0) -> float:
    """Tell for how long it was loud, in steps of 10 ms."""
    blocks = heard[: len(heard) // 80 * 80].reshape(-1, 80)
    return sum(1 for block in blocks if dsp.level_dbm0(block) > above_dbm0) * 0.01


def digits_in(heard: Samples) -> str:
    """Tell the DTMF digits in it."""
    detector = dsp.DtmfDetector()
    return "".join(digit.digit for digit in [*detector.process(heard), *detector.flush()])


# ---- files -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class WavFile:
    """What is in a WAV file."""

    encoding: Encoding
    samples: Samples


_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def write_wav(path: Path, samples: Samples, encoding: Encoding) -> Path:
    """Write a file for a board to play: 8 kHz, mono."""
    data = {
        Encoding.PCM16: lambda: samples.astype("<i2").tobytes(),
        Encoding.ALAW: lambda: dsp.alaw_encode(samples).tobytes(),
        Encoding.ULAW: lambda: dsp.ulaw_encode(samples).tobytes(),
    }[encoding]()
    width = 2 if encoding is Encoding.PCM16 else 1
    form = (16, encoding.value, 1, RATE_HZ, RATE_HZ * width, width, 8 * width)
    head = _HEADER.pack(b"RIFF", 36 + len(data), b"WAVE", b"fmt ", *form, b"data", len(data))
    path.write_bytes(head + data)
    return path


def read_wav(path: Path) -> WavFile:
    """Read a file that a board recorded, strictly: its header must tell exactly what is there.

    Raises:
        ValueError: It is not whole.
    """
    raw = path.read_bytes()
    if len(raw) < 12 or raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError(f"{path.name} is no WAV file: it begins {raw[:12]!r}")
    if not 0 <= len(raw) - 8 - int.from_bytes(raw[4:8], "little") <= 1:
        raise ValueError(f"{path.name} has {len(raw)} bytes, its header says {int.from_bytes(raw[4:8], 'little') + 8}")
    chunks = _chunks(raw)
    form = chunks.get(b"fmt ", b"").ljust(16, b"\0")
    tag, count, rate = struct.unpack_from("<HHI", form)
    if count != 1 or rate != RATE_HZ or tag not in {e.value for e in Encoding} or b"data" not in chunks:
        raise ValueError(f"{path.name}: format {tag}, {count} channels, {rate} Hz, chunks {list(chunks)}")
    return WavFile(Encoding(tag), _decoded(chunks[b"data"], Encoding(tag)))


def _chunks(raw: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(raw):
        size = int.from_bytes(raw[at + 4 : at + 8], "little")
        if at + 8 + size > len(raw):
            raise ValueError(f"chunk {raw[at : at + 4]!r} claims {size} bytes, there are {len(raw) - at - 8}")
        found[raw[at : at + 4]] = raw[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def _decoded(data: bytes, encoding: Encoding) -> Samples:
    if encoding is Encoding.PCM16:
        return np.frombuffer(data, "<i2").astype(np.int16)
    octets = np.frombuffer(data, np.uint8)
    return dsp.alaw_decode(octets) if encoding is Encoding.ALAW else dsp.ulaw_decode(octets)
