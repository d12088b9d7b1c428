"""The vendor's tone templates for a country's call-progress tones: one for each sound. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from boardcore.machines.progress import progress_sounds
from boardcore.tones import Country

__all__ = ["Template", "templates"]

FIRST = 101  # ids of 0 to 100 are left to the vendor's own (unverified)
OFF_HZ = 30  # how far a frequency may be off
MAX_FREQS = 2  # dx_bldst has one, dx_blddt two
_PROGRESS = {"dial", "special_dial", "ringback", "busy", "congestion", "unobtainable"}


@dataclass(frozen=True, slots=True)
class Template:
    """A tone that a board tells of.

    Attributes:
        number: The vendor's id of it.
        freqs_hz: One or two frequencies, as they are told in `ProgressTone`; empty: those of busy tone.
        build_hz, off_hz: What the vendor's function is given, in whole hertz.
    """

    number: int
    freqs_hz: tuple[float, ...]
    build_hz: tuple[int, ...]
    off_hz: int


def templates(profile: Country, progress_hz: int) -> tuple[Template, ...]:
    """Those of a country, or the one of a frequency that was given."""
    if progress_hz:
        return (Template(FIRST, (), (progress_hz,), OFF_HZ),)
    sounds = [freqs for freqs, tones in progress_sounds(profile).items() if _PROGRESS & tones.keys()]
    able = [freqs for freqs in sounds if len(freqs) <= MAX_FREQS]
    return tuple(
        Template(FIRST + place, freqs, tuple(round(freq) for freq in freqs), _off_hz(freqs))
        for place, freqs in enumerate(able)
    )


def _off_hz(freqs_hz: tuple[float, ...]) -> int:
    """Ranges of a pair must not meet (unverified: what firmware does with such)."""
    apart = abs(freqs_hz[0] - freqs_hz[-1])
    return min(OFF_HZ, int(apart / 2) - 1) if apart else OFF_HZ
