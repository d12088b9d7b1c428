"""The demo's verdict: looks at what was left behind, not at what the program meant to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boardcore.cli._demo_people import ACCOUNT, voice
from boardcore.testing._hearing import RATE_HZ, digits_in, find, read_wav

__all__ = ["Check", "Recorded", "Samples", "Sound", "judge"]

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """What was heard somewhere: int16 at 8 kHz, the first sample at `began_s` after the demo's beginning."""

    began_s: float
    samples: Samples

    @property
    def duration_s(self) -> float:
        return self.samples.size / RATE_HZ


@dataclass
class Recorded:
    """Everything that was heard, by who heard it; `begun_s` is the demo's beginning on the loop's clock."""

    begun_s: float = 0.0
    sounds: dict[str, Sound] = field(default_factory=dict[str, Sound])

    def keep(self, name: str, began_s: float, samples: Samples) -> None:
        self.sounds[name] = Sound(began_s - self.begun_s, samples)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at, and what was found."""

    what: str
    good: bool
    evidence: str


def judge(recorded: Recorded, out: Path, language: str) -> list[Check]:
    """Look for every voice where it should be, and nowhere else; and for the account number everywhere."""
    caller, agent = recorded.sounds["caller heard"], recorded.sounds["agent heard"]
    supervisor = recorded.sounds["supervisor heard"]
    message = Sound(0.0, read_wav(out / "message.wav").samples)

    def heard(what: str, sound: Sound, *names: str) -> Check:
        places = [find(voice(name, language), sound.samples) for name in names]
        shown = ["nowhere" if at is None else f"{at + sound.began_s:.2f} s" for at in places]
        return Check(what, None not in places, "at " + ", ".join(shown) if None not in places else str(shown))

    def not_heard(what: str, name: str, *sounds: Sound) -> Check:
        places = [find(voice(name, language), sound.samples) for sound in sounds]
        lengths = " and ".join(f"{sound.duration_s:.1f} s" for sound in sounds)
        return Check(what, places == [None] * len(sounds), f"searched {lengths}")

    return [
        heard("caller heard the greeting", caller, "welcome"),
        heard("caller heard the last two digits", caller, *(f"digit_{d}" for d in ACCOUNT[-2:])),
        heard("message.wav has the caller's message", message, "caller_message"),
        _no_digits("message.wav has no digits in it", message),
        heard("caller heard the agent", caller, "agent_hello"),
        heard("agent heard the caller", agent, "caller_question"),
        heard("supervisor heard both", supervisor, "agent_hello", "caller_question"),
        not_heard("nobody heard the supervisor", "hold", caller, agent),
        _no_digits("no key of the account number reached the bus", *_others(recorded)),
        _silent_on_paper(out / "call.json"),
    ]


def _others(recorded: Recorded) -> list[Sound]:
    return [sound for name, sound in recorded.sounds.items() if name != "caller heard"]


def _no_digits(what: str, *sounds: Sound) -> Check:
    found = "".join(digits_in(sound.samples) for sound in sounds).replace("#", "")  # '#' ends the message
    lengths = ", ".join(f"{sound.duration_s:.1f} s" for sound in sounds)
    return Check(what, not found, f"{len(found)} digits in {lengths}")


def _silent_on_paper(path: Path) -> Check:
    text = path.read_text()
    parts = (ACCOUNT, ACCOUNT[:4], ACCOUNT[-4:], "digit_")  # and not by the names of the prompts read back
    found = sum(text.count(part) for part in parts)
    return Check("call.json does not tell the account number", not found, f"{len(text):,} characters")
