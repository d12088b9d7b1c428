"""Recorded speech from the distribution, for talk-off: what must not be taken for a signal.

The corpora are asterisk-core-sounds-en-wav (prompts, one American voice, near silence between words) and
fillets-ng-data-nl (theatrical Dutch of several voices, which growl, sing and whistle).
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from boardcore.dsp import resample

RATE_HZ = 8000
Int16 = npt.NDArray[np.int16]
CORPORA = {
    "asterisk-core-sounds-en-wav": ("/usr/share/asterisk/sounds", "*.wav"),
    "fillets-ng-data-nl": ("/usr/share/games/fillets-ng/sound", "*/nl/*.ogg"),
}


def lacking(*names: str) -> str:
    """Which of these packages, or of all, are missing, for the reason of a skip; empty if they are there."""
    missing = [name for name in names or CORPORA if not Path(CORPORA[name][0]).is_dir()]
    return f"no recorded speech: apt-get install {' '.join(missing)}" if missing else ""


_soundfile: Any = soundfile


def _mono(path: Path) -> tuple[Int16, int]:
    samples, rate_hz = _soundfile.read(path, dtype="int16", always_2d=True)
    return np.ascontiguousarray(samples[:, 0]), rate_hz


@cache
def recordings(name: str) -> tuple[tuple[Int16, int], ...]:
    """Every recording of a corpus, with its own sample rate."""
    root, pattern = CORPORA[name]
    return tuple(_mono(path) for path in sorted(Path(root).rglob(pattern)))


@cache
def joined(name: str) -> Int16:
    """Return a corpus at 8 kHz, recordings one after the other."""
    return np.concatenate([resample(samples, rate_hz, RATE_HZ) for samples, rate_hz in recordings(name)])


@cache
def spoken(speed: float = 1.0, rows: int = 64) -> Int16:
    """Return both corpora as (rows, n) at 8 kHz, recordings one after the other with 0.3 s between them.

    Args:
        speed: Faster and higher above 1, as a tape that runs too fast.
        rows: Channels of equal length that the recordings are shared among, for batched detectors.
    """
    pause = np.zeros(round(0.3 * RATE_HZ), np.int16)
    parts: list[Int16] = []
    for name in CORPORA:
        for samples, rate_hz in recordings(name):
            parts += [resample(samples, round(rate_hz * speed), RATE_HZ), pause]
    whole = np.concatenate(parts)
    length = -(-whole.size // rows)
    return np.pad(whole, (0, rows * length - whole.size)).reshape(rows, length)
