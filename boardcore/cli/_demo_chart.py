"""The demo as bars and marks, from what the calls noted; and the audio that may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from boardcore import Call
from boardcore.cli._demo_verdict import Sound
from boardcore.events import (
    CallAnswered,
    CallFinished,
    DigitDetected,
    Joined,
    OperationEnded,
    OperationStarted,
    Parted,
    SecretChanged,
)
from boardcore.testing._hearing import RATE_HZ

__all__ = ["Bar", "Chart", "chart_of", "without_keys"]

KEY_S = (0.2, 0.3)  # a digit is told while its key is down: it sounds from so long before to so long after
MEDIA = {"play": "menu plays", "tone": "menu plays", "record": "menu records"}


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted, in seconds from the demo's beginning."""

    row: str
    from_s: float
    to_s: float
    name: str = ""


@dataclass(slots=True)
class Chart:
    """What the picture shows beside audio."""

    bars: list[Bar] = field(default_factory=list[Bar])
    digits_s: list[float] = field(default_factory=list[float])
    marks: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    keys_s: tuple[float, float] = (0.0, 0.0)  # when the secret number was keyed


def chart_of(calls: list[Call], begun_s: float) -> Chart:
    """From the caller's call, which is the first, and the supervisor's, which is the last."""
    chart = Chart()
    _read(chart, calls[0], begun_s)
    joined = [event.at_s - begun_s for event in calls[-1].history if isinstance(event, Joined | Parted)]
    chart.bars += [Bar("supervisor hears both", a, b) for a, b in pairwise(joined)]
    return chart


def _read(chart: Chart, call: Call, begun_s: float) -> None:
    started: dict[str, tuple[float, str]] = {}
    secret = False
    secret_digits_s: list[float] = []
    for event in call.history:
        at_s = event.at_s - begun_s
        match event:
            case CallAnswered():
                chart.marks.append((at_s, "answered"))
            case CallFinished():
                chart.marks.append((at_s, "caller hangs up"))
            case SecretChanged():
                secret = event.on
            case DigitDetected():
                chart.digits_s.append(at_s)
                secret_digits_s += [at_s] * secret
            case OperationStarted() if event.operation in MEDIA:
                started[event.operation] = (at_s, event.detail)
            case OperationEnded() if event.operation in started:
                from_s, name = started.pop(event.operation)
                name = name.replace(".wav", "").replace("_", " ").replace(" and ", " + ").replace(" more", "")
                chart.bars.append(Bar(MEDIA[event.operation], from_s, at_s, name))
            case Joined() if event.other != "conference":
                started["bridge"] = (at_s, "")
            case Parted() if "bridge" in started and event.other != "conference":
                chart.bars.append(Bar("caller and agent bridged", started.pop("bridge")[0], at_s))
            case _:
                pass
    if secret_digits_s:
        chart.keys_s = (secret_digits_s[0] - KEY_S[0], secret_digits_s[-1] + KEY_S[1])


def without_keys(sound: Sound, chart: Chart) -> Sound:
    """The same sound, silent while the secret number was keyed: a telephone hears its own keys in the echo."""
    samples = sound.samples.copy()
    first, last = (max(round((at_s - sound.began_s) * RATE_HZ), 0) for at_s in chart.keys_s)
    samples[first:last] = 0
    return Sound(sound.began_s, samples)
