"""How tones are written in tables."""

from __future__ import annotations

import math

from boardcore.tones._tone import Tone

__all__ = ["cadence_text", "freqs_text"]


def _sum_text(freqs_hz: tuple[float, ...]) -> str:
    return "+".join(f"{freq:g}" for freq in freqs_hz)


def freqs_text(tone: Tone) -> str:
    """Return "350+440", "400×25" (modulated), "950/1400/1800" (one after the other)."""
    sets = list(dict.fromkeys(burst.freqs_hz for burst in tone.bursts))
    text = "/".join(map(_sum_text, sets))
    return f"{text}×{tone.modulation_hz:g}" if tone.modulation_hz else text


def cadence_text(tone: Tone) -> str:
    """Return "0.4-0.2-0.4-2" (on, off, on, off ... in seconds), "steady", or a cadence with how it goes on."""
    if not tone.cadence:
        return "steady"
    times = [time for burst in tone.cadence for time in (burst.on_s, burst.off_s) if time != math.inf]
    text = "-".join(f"{time:g}" for time in (times if tone.ends else times[:-1]))
    return f"{text}, then steady" if not tone.ends else text if tone.repeats else f"{text}, once"
