"""Tones, ringing and numbers of a simulated exchange, from a country's profile. The built-in plan is Chinese."""

from __future__ import annotations

from dataclasses import dataclass, replace

from boardcore.errors import ToneError
from boardcore.tones import Country, RingCadence, Tone, country

__all__ = ["CHINA", "RING_PAIRS", "Plan"]

RING_PAIRS = 2  # on and off times that a simulated line can ring with


@dataclass(frozen=True, slots=True)
class Plan:
    """What an exchange sounds like, how it numbers its lines, and how it signals.

    Attributes:
        special_dial: in place of dial tone on a line with a message waiting.
        answer_reversal: it tells the caller of the answer by reversing the polarity, and of the clearing by returning
            it.
        open_loop_s: loop current is taken away for so long when the far end has cleared, then busy tone follows; 0:
            busy tone alone tells it, and the polarity stays as it is.
    """

    name: str
    dial: Tone
    special_dial: Tone
    ringback: Tone
    busy: Tone
    congestion: Tone
    unobtainable: Tone
    ring: RingCadence
    number_length: int = 4
    first_digit_s: float = 10.0  # then congestion tone
    inter_digit_s: float = 5.0  # then the number is what has come
    set_up_s: float = 0.3  # from the last digit's detection to ringing: the key is let go by then
    no_answer_s: float = 60.0
    open_loop_s: float = 0.5
    answer_reversal: bool = True

    def __post_init__(self) -> None:
        if len(self.ring.cadence_s) > RING_PAIRS:
            wanted = f"at most {RING_PAIRS} pairs of times, not {len(self.ring.cadence_s)}"
            raise ToneError(f"{self.name}: a simulated line rings with {wanted}")

    @classmethod
    def of(cls, profile: Country) -> Plan:
        """Make the plan of a country. Where it has no such tone, busy tone serves for congestion and an unobtainable
        number, and dial tone for special dial tone.

        Raises:
            ToneError: The ringing is more than a line of the simulator can do.
        """
        return cls(
            name=profile.name.lower(),
            dial=profile.dial,
            special_dial=profile.special_dial or profile.dial,
            ringback=profile.ringback,
            busy=profile.busy,
            congestion=profile.congestion or profile.busy,
            unobtainable=profile.unobtainable or profile.busy,
            ring=profile.ring,
        )

    def signalling(self, clearing: str, answer: str) -> Plan:
        """Return a plan of this one's tones that signals so.

        Args:
            clearing: how it tells that the far end has hung up: "loop" (loop current goes, then busy tone) or "tone"
                (busy tone alone).
            answer: how it tells of an answer: "reversal" of the polarity, or "audio" (ringback stops).

        Raises:
            ValueError: it is another word.
        """
        if clearing not in ("loop", "tone"):
            raise ValueError(f"clearing must be loop or tone, not {clearing!r}")
        if answer not in ("reversal", "audio"):
            raise ValueError(f"answer must be reversal or audio, not {answer!r}")
        open_loop_s = self.open_loop_s if clearing == "loop" else 0.0
        return replace(self, open_loop_s=open_loop_s, answer_reversal=answer == "reversal")


CHINA = Plan.of(country("CN"))
