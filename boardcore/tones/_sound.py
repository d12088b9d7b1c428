"""Samples of a tone, all from the generator of boardcore.dsp: the same bits on every machine."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ
from boardcore.dsp import tone as sine
from boardcore.tones._tone import Tone, number

__all__ = ["tone_samples"]

MAX_DURATION_S = 3600.0


def tone_samples(tone: Tone, duration_s: float) -> npt.NDArray[np.int16]:
    """Make a tone's sound, from the start of its cadence.

    As in an exchange, the oscillators run on through the pauses. A tone that is sent once is silent after its end.

    Returns:
        int16, mono, `duration_s` of it at 8000 Hz. Every on and off time is exact to half a sample.

    Raises:
        ToneError: `duration_s` is not 0 to 3600.
    """
    total = round(number(duration_s, "duration_s", 0, MAX_DURATION_S) * RATE_HZ)
    sounds = {burst.freqs_hz: _steady(tone, burst.freqs_hz, total) for burst in tone.bursts}
    out = np.zeros(total, np.int16)
    for first, end, freqs_hz in _spans(tone, total):
        out[first:end] = sounds[freqs_hz][first:end]
    return out


def _spans(tone: Tone, total: int) -> list[tuple[int, int, tuple[float, ...]]]:
    spans: list[tuple[int, int, tuple[float, ...]]] = []
    at = 0
    while at < total:
        for burst in tone.bursts:
            end = total if burst.on_s == math.inf else min(total, at + round(burst.on_s * RATE_HZ))
            spans.append((at, end, burst.freqs_hz))
            at = end + round(burst.off_s * RATE_HZ)
        if not tone.repeats:
            break
    return spans


def _steady(tone: Tone, freqs_hz: tuple[float, ...], total: int) -> npt.NDArray[np.int16]:
    """The sum of sines, two from each run of the generator. Tone's checks keep it below full scale."""
    sines = [part for freq in freqs_hz for part in _sines(tone, freq)]
    whole = np.zeros(total, np.int32)
    ms = total / RATE_HZ * 1000
    for (f1_hz, level1), (f2_hz, level2) in zip(sines[::2], sines[1::2], strict=False):
        whole += sine(f1_hz, f2_hz, duration_ms=ms, level_dbm0=level1, level2_dbm0=level2)
    if len(sines) % 2:
        whole += sine(sines[-1][0], duration_ms=ms, level_dbm0=sines[-1][1])
    return np.clip(whole, -32768, 32767).astype(np.int16)


def _sines(tone: Tone, freq_hz: float) -> list[tuple[float, float]]:
    """A sine times (1 + depth * cosine) is three sines of the same phase: a carrier and two side bands."""
    carrier = (freq_hz, tone.level_dbm0)
    if not tone.modulation_hz:
        return [carrier]
    side_dbm0 = tone.level_dbm0 + 20 * math.log10(tone.modulation_depth / 2)
    return [carrier, (freq_hz - tone.modulation_hz, side_dbm0), (freq_hz + tone.modulation_hz, side_dbm0)]
