"""Tones, ringing and numbers of a simulated exchange. The built-in plan is Chinese.

Tones: China, GF 002-9002.2 as collected in ITU-T E.180 Supplement 2: one frequency, 450 Hz, -10 dBm0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from boardcore.ports import ToneSpec

__all__ = ["CHINA", "Plan"]

_450 = (450.0,)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an exchange sounds like and how it numbers its lines."""

    name: str = "china"
    dial: ToneSpec = field(default_factory=lambda: ToneSpec(_450))
    ringback: ToneSpec = field(default_factory=lambda: ToneSpec(_450, cadence_s=((1.0, 4.0),)))
    busy: ToneSpec = field(default_factory=lambda: ToneSpec(_450, cadence_s=((0.35, 0.35),)))
    congestion: ToneSpec = field(default_factory=lambda: ToneSpec(_450, cadence_s=((0.7, 0.7),)))
    unobtainable: ToneSpec = field(
        default_factory=lambda: ToneSpec(_450, cadence_s=((0.1, 0.1), (0.1, 0.1), (0.1, 0.1), (0.4, 0.4)))
    )
    ring_on_ms: int = 1000
    ring_off_ms: int = 4000
    number_length: int = 4
    first_digit_s: float = 10.0  # then congestion tone
    inter_digit_s: float = 5.0  # then the number is what has come
    set_up_s: float = 0.3  # from the last digit's detection to ringing: the key is let go by then
    no_answer_s: float = 60.0
    open_loop_s: float = 0.5  # loop current is taken away this long when the far end has cleared


CHINA = Plan()
