"""The countries' profiles.

Where the rows come from. The originals, ITU-T E.180 Supplement 2 and the national standards, were not at hand; what
they say was read as others quote it. In a source text:

    "E.180 Sup. 2 (quoted)"   the ITU's list, as quoted row by row in a public table of national tones
    "unverified"              from memory, from one place only, or where two places differ

Levels are E.180's recommended -10 dBm0 unless the row says otherwise: unverified for every country but the USA.
Frequency tolerances are E.180's 15 Hz unless the row says otherwise.
"""

from __future__ import annotations

import math

from boardcore.errors import UnknownCountry
from boardcore.tones._model import Burst, Country, RingCadence, nearest
from boardcore.tones._tone import Tone

__all__ = ["COUNTRIES", "country"]

_E180 = "E.180 Sup. 2 (quoted)"
_TABLE = "a public table of tones that names no source for this country: unverified"


def _on_off(*times_s: float) -> tuple[Burst, ...]:
    """Bursts from on, off, on, off ..."""
    return tuple(Burst(on_s, off_s) for on_s, off_s in zip(times_s[::2], times_s[1::2], strict=True))


def _stutter(on_off_s: float, count: int) -> tuple[Burst, ...]:
    return (*(Burst(on_off_s, on_off_s),) * count, Burst(math.inf))


def _sit(*, repeats: bool = True, source: str) -> Tone:
    """Special information tone, E.180: three rising tones of 0.33 s and 1 s of silence."""
    bursts = (Burst(0.33, 0, (950.0,)), Burst(0.33, 0, (1400.0,)), Burst(0.33, 1.0, (1800.0,)))
    return Tone((), bursts, repeats=repeats, freq_tolerance_hz=50, source=source)


def _450(*times_s: float, source: str) -> Tone:
    return Tone((450.0,), _on_off(*times_s), freq_tolerance_hz=25, source=source)


_GF = f"{_E180} and a public Chinese list of exchange tones (450 Hz ± 25 Hz); GF 002-9002.2 itself was not read"

CHINA = Country(
    code="CN",
    name="China",
    law="a",
    ring=RingCadence(((1.0, 4.0),), _GF),
    dial=_450(source=_GF),
    special_dial=_450(0.4, 0.04, source="E.180 Sup. 2, from memory: unverified"),
    ringback=_450(1.0, 4.0, source=_GF),
    busy=_450(0.35, 0.35, source=_GF),
    congestion=_450(0.7, 0.7, source=_GF),
    unobtainable=_450(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.4, source=_GF),
    call_waiting=_450(0.4, 4.0, source=_E180),
    howler=Tone(
        (950.0,), freq_tolerance_hz=25,
        source="a public Chinese list of exchange tones: 950 Hz ± 25 Hz in five steps, rising; here one level, "
        "-10 dBm0: unverified",
    ),
    record_warning=Tone(
        (1400.0,), _on_off(0.4, 10.0), freq_tolerance_hz=50,
        source="a public Chinese list of exchange tones (third party on the line); another quotes 950 Hz: "
        "unverified",
    ),
)  # fmt: skip

_PTP = "North American precise audible tone plan (E.300 Sup. 3), quoted"


def _us(level_dbm0: float, freqs_hz: tuple[float, ...], *times_s: float, source: str = _PTP) -> Tone:
    """Precise tones are within 0.5 %: 3 Hz at the highest."""
    return Tone(freqs_hz, _on_off(*times_s), level_dbm0, freq_tolerance_hz=3.1, source=source)


USA = Country(
    code="US",
    name="United States",
    law="mu",
    ring=RingCadence(((2.0, 4.0),), _PTP),
    dial=_us(-13, (350.0, 440.0)),
    special_dial=Tone(
        (350.0, 440.0), _stutter(0.1, 3), -13, freq_tolerance_hz=3.1,
        source=f"{_PTP}; recall dial tone, three bursts; stutter dial tone has more",
    ),
    ringback=_us(-19, (440.0, 480.0), 2.0, 4.0),
    busy=_us(-24, (480.0, 620.0), 0.5, 0.5),
    congestion=_us(-24, (480.0, 620.0), 0.25, 0.25, source=f"{_PTP}; reorder tone"),
    unobtainable=Tone(
        (),
        (Burst(0.38, 0, (985.2,)), Burst(0.274, 0, (1370.6,)), Burst(0.38, 0, (1776.7,))),
        -24, repeats=False, freq_tolerance_hz=20,
        source="special information tone, vacant code, times as quoted in a switch vendor's table (985/1371/1770 Hz); "
        "tenths of a hertz and level unverified",
    ),
    call_waiting=_us(-13, (440.0,), 0.3, 10.0, source=f"{_E180}; level unverified"),
    howler=_us(
        -10, (1400.0, 2060.0, 2450.0, 2600.0), 0.1, 0.1,
        source="receiver off-hook tone, as quoted in a public table of US tones; exchanges send it louder than a "
        "64 kbit/s channel carries, level unverified",
    ),
    record_warning=_us(-10, (1400.0,), 0.5, 15.0, source=f"{_E180}; level unverified"),
)  # fmt: skip

_SIN350 = "BT SIN 350, quoted"

UK = Country(
    code="GB",
    name="United Kingdom",
    law="a",
    ring=RingCadence(((0.4, 0.2), (0.4, 2.0)), _SIN350),
    dial=Tone((350.0, 440.0), source=_SIN350),
    special_dial=Tone((350.0, 440.0), (Burst(0.75), Burst(0.75, 0, (440.0,))), source=_SIN350),
    ringback=Tone((400.0, 450.0), _on_off(0.4, 0.2, 0.4, 2.0), source=_SIN350),
    busy=Tone((400.0,), _on_off(0.375, 0.375), source=_SIN350),
    congestion=Tone((400.0,), _on_off(0.4, 0.35, 0.225, 0.525), source=f"{_SIN350}; the two bursts differ in level"),
    unobtainable=Tone((400.0,), source=_SIN350),
    call_waiting=Tone((400.0,), _on_off(0.1, 4.0), source=_SIN350),
)


def _425(*times_s: float, source: str = _E180) -> Tone:
    return Tone((425.0,), _on_off(*times_s), source=source)


GERMANY = Country(
    code="DE",
    name="Germany",
    law="a",
    ring=RingCadence(((1.0, 4.0),), _E180),
    dial=_425(),
    special_dial=Tone((400.0, 425.0), freq_tolerance_hz=10, source=_E180),
    ringback=_425(1.0, 4.0),
    busy=_425(0.48, 0.48),
    congestion=_425(0.24, 0.24),
    unobtainable=_sit(source=_E180),
    call_waiting=_425(0.2, 0.2, 0.2, 5.0),
)

FRANCE = Country(
    code="FR",
    name="France",
    law="a",
    ring=RingCadence(((1.5, 3.5),), _E180),
    dial=Tone((440.0,), source=_E180),
    special_dial=Tone((330.0, 440.0), source=f"{_E180}; as special dial tone unverified"),
    ringback=Tone((440.0,), _on_off(1.5, 3.5), source=_E180),
    busy=Tone((440.0,), _on_off(0.5, 0.5), source=_E180),
    congestion=Tone((440.0,), _on_off(0.25, 0.25), source="not in E.180 Sup. 2; a public table of tones: unverified"),
    unobtainable=_sit(repeats=False, source=_E180),
    call_waiting=Tone((440.0,), _on_off(0.3, 10.0), source=_E180),
)

ITALY = Country(
    code="IT",
    name="Italy",
    law="a",
    ring=RingCadence(((1.0, 4.0),), _E180),
    dial=_425(0.2, 0.2, 0.6, 1.0),
    special_dial=Tone((), (Burst(0.4, 0, (470.0,)), Burst(0.4, 0, (425.0,))), source=_E180),
    ringback=_425(1.0, 4.0),
    busy=_425(0.5, 0.5),
    congestion=_425(0.2, 0.2),
    unobtainable=_sit(source=_E180),
    call_waiting=_425(0.4, 0.1, 0.25, 0.1, 0.15, 14.0),
    record_warning=Tone((1400.0,), _on_off(0.4, 15.0), source=_E180),
)

JAPAN = Country(
    code="JP",
    name="Japan",
    law="mu",
    ring=RingCadence(((1.0, 2.0),), _TABLE),
    dial=Tone((400.0,), source="a public table of tones; 400 Hz ± 20 Hz in another", freq_tolerance_hz=20),
    special_dial=Tone((400.0,), _stutter(0.2, 3), source=_TABLE, freq_tolerance_hz=20),
    ringback=Tone(
        (400.0,), _on_off(1.0, 2.0), modulation_hz=16, freq_tolerance_hz=20,
        source="two public tables of tones for 400 Hz and 1 s in 3 s; modulation and its depth unverified",
    ),
    busy=Tone((400.0,), _on_off(0.5, 0.5), source=f"{_TABLE}; also sent at congestion", freq_tolerance_hz=20),
    call_waiting=Tone((400.0,), _on_off(0.5, 8.0), modulation_hz=16, freq_tolerance_hz=20, source=_TABLE),
)  # fmt: skip


def _400(*times_s: float, modulation_hz: float = 0.0, source: str = _TABLE) -> Tone:
    return Tone((400.0,), _on_off(*times_s), modulation_hz=modulation_hz, source=source)


INDIA = Country(
    code="IN",
    name="India",
    law="a",
    ring=RingCadence(((0.4, 0.2), (0.4, 2.0)), _TABLE),
    dial=_400(modulation_hz=25, source=f"{_TABLE}; so is the depth"),
    ringback=_400(0.4, 0.2, 0.4, 2.0, modulation_hz=25, source=f"{_TABLE}; so is the depth"),
    busy=_400(0.75, 0.75),
    congestion=_400(0.25, 0.25),
    unobtainable=_400(2.5, 0.5, source="E.180 Sup. 2, from memory: unverified"),
    call_waiting=_400(0.2, 0.1, 0.2, 7.5),
)

_GOST = "GOST 45.223-2001, quoted"

RUSSIA = Country(
    code="RU",
    name="Russia",
    law="a",
    ring=RingCadence(((1.0, 4.0),), _GOST),
    dial=_425(source=_GOST),
    special_dial=_425(0.4, 0.04, source=f"{_GOST}; as special dial tone unverified"),
    ringback=_425(1.0, 4.0, source=_GOST),
    busy=_425(0.35, 0.35, source=_GOST),
    congestion=_425(0.175, 0.175, source=_GOST),
    unobtainable=_sit(source=_GOST),
    call_waiting=_425(0.2, 5.0, source=_GOST),
    record_warning=Tone((1400.0,), _on_off(0.4, 15.0), source=f"{_GOST}: unverified"),
)

BRAZIL = Country(
    code="BR",
    name="Brazil",
    law="a",
    ring=RingCadence(((1.0, 4.0),), _TABLE),
    dial=_425(source=_TABLE),
    ringback=_425(1.0, 4.0, source=_TABLE),
    busy=_425(0.25, 0.25, source=f"{_TABLE}; also sent at congestion"),
    unobtainable=_425(
        0.25, 0.25, 0.75, 0.25,
        source="Anatel's number-unobtainable tone, from memory; a public table has it as congestion: unverified",
    ),
    call_waiting=_425(0.05, 1.0, source=_TABLE),
)  # fmt: skip

COUNTRIES: dict[str, Country] = {
    profile.code: profile
    for profile in (BRAZIL, CHINA, FRANCE, GERMANY, INDIA, ITALY, JAPAN, RUSSIA, UK, USA)
}  # fmt: skip

_ALIASES = {"UK": "GB", "USA": "US"}


def country(code: str) -> Country:
    """Return a country's profile by its code ("CN") or English name ("China"), in letters of any size.

    Raises:
        TypeError: `code` is not a str.
        UnknownCountry: There is no profile; the message lists the codes and the nearest name.
    """
    if not isinstance(code, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a country is a str like 'CN', not {type(code).__name__}")
    wanted = code.strip().upper()
    wanted = _ALIASES.get(wanted, wanted)
    for profile in COUNTRIES.values():
        if wanted in (profile.code, profile.name.upper()):
            return profile
    names = [profile.name for profile in COUNTRIES.values()]
    known = tuple(sorted(COUNTRIES))
    raise UnknownCountry(
        f"no profile of country {code!r}{nearest(code, [*known, *names])} (there are: {', '.join(known)})", known
    )
