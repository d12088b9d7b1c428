"""Tones, ringing and numbers of a simulated exchange, from a country's profile. The built-in plan is Chinese.

The plan of another country sounds right, but a channel's progress classifier (boardcore.machines.progress) knows only
China's tones: a board on such an exchange would not hear dial tone. So no board has an option for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from boardcore.errors import ToneError
from boardcore.ports import ToneSpec
from boardcore.tones import Country, Tone, country

__all__ = ["CHINA", "Plan"]


def _china(name: str) -> ToneSpec:
    return country("CN").tone(name).to_spec()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an exchange sounds like and how it numbers its lines."""

    name: str = "china"
    dial: ToneSpec = field(default_factory=lambda: _china("dial"))
    ringback: ToneSpec = field(default_factory=lambda: _china("ringback"))
    busy: ToneSpec = field(default_factory=lambda: _china("busy"))
    congestion: ToneSpec = field(default_factory=lambda: _china("congestion"))
    unobtainable: ToneSpec = field(default_factory=lambda: _china("unobtainable"))
    ring_on_ms: int = 1000
    ring_off_ms: int = 4000
    number_length: int = 4
    first_digit_s: float = 10.0  # then congestion tone
    inter_digit_s: float = 5.0  # then the number is what has come
    set_up_s: float = 0.3  # from the last digit's detection to ringing: the key is let go by then
    no_answer_s: float = 60.0
    open_loop_s: float = 0.5  # loop current is taken away this long when the far end has cleared

    @classmethod
    def of(cls, profile: Country) -> Plan:
        """Make the plan of a country. Busy tone serves where it has no congestion or number-unobtainable tone.

        Raises:
            ToneError: A tone, or the ringing, is more than the engine's `ToneSpec` or the line can carry.
        """
        if len(profile.ring.cadence_s) != 1:
            raise ToneError(f"{profile.code}: a simulated line rings with one on and off time")
        on_s, off_s = profile.ring.cadence_s[0]
        return cls(
            name=profile.name.lower(),
            dial=_carried(profile, "dial", profile.dial),
            ringback=_carried(profile, "ringback", profile.ringback),
            busy=_carried(profile, "busy", profile.busy),
            congestion=_carried(profile, "congestion", profile.congestion or profile.busy),
            unobtainable=_carried(profile, "unobtainable", profile.unobtainable or profile.busy),
            ring_on_ms=round(on_s * 1000),
            ring_off_ms=round(off_s * 1000),
        )


def _carried(profile: Country, name: str, tone: Tone) -> ToneSpec:
    try:
        return tone.to_spec()
    except ToneError as error:
        raise ToneError(f"{profile.code}, {name}: {error}") from None


CHINA = Plan.of(country("CN"))
