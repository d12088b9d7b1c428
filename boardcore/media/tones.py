"""Countries' tones in the engine: one set of a country for all its ports, made when the first port asks for it."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

from boardcore._native import lib
from boardcore.dsp._tones import tones_rx
from boardcore.media.engine import Engine, check
from boardcore.tones import Country
from boardcore.tones._detector import tone_set

__all__ = ["EngineTones", "engine_tones"]

_sets: weakref.WeakKeyDictionary[Engine, dict[Country, EngineTones]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class EngineTones:
    """A tone set of an engine: pattern k is the tone `names[k]`, sound k has the frequencies `sounds[k]`."""

    number: int
    names: tuple[str, ...]
    sounds: tuple[tuple[float, ...], ...]

    def mask(self, names: frozenset[str]) -> int:
        """Bits of `bc_job_spec.tone_mask`. A name that the country has no tone of is never heard."""
        return sum(1 << k for k, name in enumerate(self.names) if name in names)


def engine_tones(engine: Engine, country: Country) -> EngineTones:
    """Return the engine's set of a country's tones.

    Raises:
        BoardLost: The engine has sets of 32 countries already.
        MemoryError: There is none.
    """
    sets = _sets.setdefault(engine, {})
    if country not in sets:
        flat = tone_set(country)
        rx = tones_rx(flat.sounds, flat.patterns, engine.max_ports, engine.isa, edges=True)
        number = int(lib.bc_engine_tones(engine.raw, rx))
        if number < 0:
            lib.bc_rx_free(rx)
        check(number, "hear the tones of another country")
        sets[country] = EngineTones(number, flat.names, tuple(sound.freqs_hz for sound in flat.sounds))
    return sets[country]
