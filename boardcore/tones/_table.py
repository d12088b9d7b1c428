"""How tones are written in tables."""

from __future__ import annotations

import math
from dataclasses import fields

from boardcore.tones._tone import Burst, Tone

__all__ = ["cadence_text", "freqs_text", "python_text"]


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
    lasts = tone.ends and (tone.repeats or bool(times[-1]))  # the pause after what is sent once says nothing if it is 0
    text = "-".join(f"{time:g}" for time in (times if lasts else times[:-1]))
    return f"{text}, then steady" if not tone.ends else text if tone.repeats else f"{text}, once"


def _burst_text(burst: Burst) -> str:
    on = "math.inf" if burst.on_s == math.inf else f"{burst.on_s:g}"
    rest = [f"{burst.off_s:g}"] if burst.off_s or burst.freqs_hz else []
    return f"Burst({', '.join([on, *rest, *([repr(burst.freqs_hz)] if burst.freqs_hz else [])])})"


def python_text(tone: Tone) -> str:
    """Return the tone as Python that makes it again: `Tone((450.0,), (Burst(0.35, 0.35),), ...)`."""
    plain = {each.name: each.default for each in fields(Tone)}
    bursts = "".join(f"{_burst_text(burst)}, " for burst in tone.cadence)
    parts = [repr(tone.freqs_hz), f"({bursts.rstrip() if len(tone.cadence) == 1 else bursts.rstrip(', ')})"]
    names = ("level_dbm0", "modulation_hz", "modulation_depth", "repeats", "freq_tolerance_hz", "cadence_tolerance")
    for name in names:
        value = getattr(tone, name)
        if value != plain[name]:
            parts.append(f"{name}={value!r}")
    return f"Tone({', '.join(parts)}, source={tone.source!r})"
