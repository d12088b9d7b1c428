"""A country's profile: its tones, its ringing and its law."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from boardcore.errors import ToneError
from boardcore.tones._tone import Burst, Tone, number

__all__ = ["TONE_NAMES", "Burst", "Country", "RingCadence", "nearest", "tone_names"]

TONE_NAMES = (
    "dial", "special_dial", "ringback", "busy", "congestion", "unobtainable",
    "call_waiting", "howler", "record_warning",
)  # fmt: skip


def nearest(word: str, known: list[str]) -> str:
    """Return "; did you mean ...?" or nothing. Two letters of which one fits are near enough."""
    found = difflib.get_close_matches(word.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    return next((f"; did you mean {k!r}?" for k in known if found and k.lower() == found[0]), "")


def tone_names(names: str | Collection[str], what: str) -> frozenset[str]:
    """Return names of tones, given as such or as a text with commas; `what` is what they are called in an error.

    Raises:
        ToneError: One is none of `TONE_NAMES`; the message lists those and the nearest.
        TypeError: It is not a text, nor a collection of texts.
    """
    parts = names.split(",") if isinstance(names, str) else names
    if not isinstance(parts, Collection) or not all(isinstance(part, str) for part in parts):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{what} must be a name of a tone, or several, not {names!r}")
    found = frozenset(part.strip() for part in parts if part.strip())
    for name in found:
        if name not in TONE_NAMES:
            hint = nearest(name, list(TONE_NAMES))
            raise ToneError(f"{what}: there is no tone {name!r}{hint} (there are: {', '.join(TONE_NAMES)})")
    return found


@dataclass(frozen=True, slots=True)
class RingCadence:
    """Ringing of the bell: on and off in seconds, repeated."""

    cadence_s: tuple[tuple[float, float], ...]
    source: str

    def __post_init__(self) -> None:
        if not self.cadence_s:
            raise ToneError("cadence_s: ringing has at least one pair of on and off times")
        for on_s, off_s in self.cadence_s:
            number(on_s, "cadence_s on", 0.05, 60)
            number(off_s, "cadence_s off", 0.05, 60)


@dataclass(frozen=True, slots=True)
class Country:
    """What the network of a country sounds like. A tone that it does not have, or that is not known, is None.

    Raises:
        ToneError: Two of its tones cannot be told apart within their tolerances, or the code or law makes no sense.
    """

    code: str  # ISO 3166-1, two letters
    name: str
    law: Literal["a", "mu"]  # of its 64 kbit/s channels, G.711
    ring: RingCadence
    dial: Tone
    ringback: Tone
    busy: Tone
    special_dial: Tone | None = None
    congestion: Tone | None = None  # None: busy tone serves
    unobtainable: Tone | None = None  # number unobtainable, or the special information tone before an announcement
    call_waiting: Tone | None = None
    howler: Tone | None = None  # the receiver was left off
    record_warning: Tone | None = None

    def __post_init__(self) -> None:
        if not (len(self.code) == 2 and self.code.isascii() and self.code.isalpha() and self.code.isupper()):
            raise ToneError(f"code must be two capital letters, not {self.code!r}")
        if self.law not in ("a", "mu"):
            raise ToneError(f"law must be 'a' or 'mu', not {self.law!r}")
        for (name, tone), (other_name, other) in combinations(self.tones.items(), 2):
            if tone.resembles(other):
                raise ToneError(f"{self.code}: {name} and {other_name} cannot be told apart")

    @property
    def tones(self) -> dict[str, Tone]:
        """The tones that it has, by name."""
        found = {name: getattr(self, name) for name in TONE_NAMES}
        return {name: tone for name, tone in found.items() if tone is not None}

    def tone(self, name: str) -> Tone:
        """Return the tone of that name.

        Raises:
            ToneError: It has none; the message lists what there is and the nearest name.
        """
        tones = self.tones
        if name in tones:
            return tones[name]
        raise ToneError(f"{self.code} has no tone {name!r}{nearest(name, list(tones))} (there are: {', '.join(tones)})")
