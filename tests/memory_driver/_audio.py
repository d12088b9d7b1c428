"""Blocks of audio: 20 ms, int16, mono, 8 kHz. Levels and tones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boardcore.dsp import level_dbm0 as level_dbm0

__all__ = ["BLOCK", "RATE_HZ", "SILENCE", "TURN_S", "Block", "level_dbm0", "tone"]

Block = npt.NDArray[np.int16]
RATE_HZ = 8000
BLOCK = 160
TURN_S = BLOCK / RATE_HZ
SILENCE: Block = np.zeros(BLOCK, np.int16)
SILENCE.flags.writeable = False
RMS_0_DBM0 = 16141.0  # G.711: a full-scale sine is +3.14 dBm0


def tone(freqs_hz: tuple[float, ...], level: float, cadence_s: tuple[tuple[float, float], ...], start: int) -> Block:
    """Make the block of a tone that begins `start` samples after the tone did."""
    t = (start + np.arange(BLOCK)) / RATE_HZ
    peak = RMS_0_DBM0 * 2**0.5 * 10 ** (level / 20)
    wave = sum((peak * np.sin(2 * np.pi * f * t) for f in freqs_hz), np.zeros(BLOCK))
    if cadence_s:
        wave = wave * _keyed(t, cadence_s)
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def _keyed(t: npt.NDArray[np.float64], cadence_s: tuple[tuple[float, float], ...]) -> npt.NDArray[np.bool_]:
    phase = t % sum(on + off for on, off in cadence_s)
    keyed = np.zeros(len(t), np.bool_)
    begin = 0.0
    for on, off in cadence_s:
        keyed |= (phase >= begin) & (phase < begin + on)
        begin += on + off
    return keyed
