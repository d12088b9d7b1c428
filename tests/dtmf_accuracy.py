"""Digits made at random within stated limits, many at a time, and how many of them a receiver hears.

A `Make` says what varies: a pair of numbers is a range from which each digit draws, a number is meant as it is. Every
digit has random phases and stands at a random place in its row, between silences, and goes through a law. The same rows
go to our detector, all at once, and to a peer, one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boardcore.dsp import DtmfDetector, alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

__all__ = ["KEYS", "LIMITS", "Limit", "Make", "Rows", "Span", "make_limit", "make_rows", "ours", "score"]

Span = float | tuple[float, float]
Rows = NDArray[np.int16]
Floats = NDArray[np.float64]

RATE_HZ = 8000
RMS_0DBM0 = 16141.0  # as bc_tone.h has it: full scale is +3.14 dBm0
KEYS = "123A456B789C*0#D"
LOW_HZ = np.array([697.0, 770, 852, 941])  # Q.23
HIGH_HZ = np.array([1209.0, 1336, 1477, 1633])
LEAD_S, TAIL_S = 0.03, 0.06
SETTLE_S = 0.2  # of dial tone, before the digit


@dataclass(frozen=True, slots=True)
class Make:
    """What digits are like; percentages and Hz add up.

    Attributes:
        on_ms: how long the tones last.
        level_dbm0: of each tone; the low one is `twist_db` less its half below it, the high one above.
        twist_db: high over low.
        low_off_pct, high_off_pct, low_off_hz, high_off_hz: the tones' distance from nominal.
        gap_ms: a silence after 50 ms of tone, after which the tone goes on for 50 ms; on_ms is not used then.
        snr_db: both tones' power to that of white noise up to 4 kHz, all the time.
        noise_dbm0: white noise all the time, where there is no snr_db.
        third_below_db, third_hz: a third tone with the digit, so far below each of the two.
        third_clear: how far, as a ratio, the third tone keeps from either of the two.
        dial_hz, dial_above_db: tones all the time, the level of each above the digit's.
        dial_mod_hz: the first of them is modulated fully by this (400x25 is the carrier times 1 + cos).
        law: "alaw", "ulaw", or "" for linear.
    """

    on_ms: Span = 50
    level_dbm0: Span = -20
    twist_db: Span = 0
    low_off_pct: Span = 0
    high_off_pct: Span = 0
    low_off_hz: float = 0
    high_off_hz: float = 0
    gap_ms: Span | None = None
    snr_db: Span | None = None
    noise_dbm0: float | None = None
    third_below_db: float | None = None
    third_hz: Span = (300, 3400)
    third_clear: float = 0
    dial_hz: Sequence[float] = ()
    dial_above_db: float = 0
    dial_mod_hz: float = 0
    law: str = "alaw"


def peak(level_dbm0: Floats | float) -> Floats:
    """Amplitude of a sine of this level."""
    return np.asarray(RMS_0DBM0 * np.sqrt(2) * 10 ** (np.asarray(level_dbm0) / 20))


class _Draw:
    """A column of random numbers at a time, one for each row."""

    def __init__(self, count: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.count = count

    def __call__(self, span: Span) -> Floats:
        low, high = span if isinstance(span, tuple) else (span, span)
        return self.rng.uniform(low, high, (self.count, 1))

    def sines(self, freq_hz: Floats | float, level_dbm0: Floats | float, n: Floats) -> Floats:
        """Sines of random phase, at samples n counted from each row's digit."""
        turns = self.rng.uniform(0, 1, (self.count, 1)) + np.asarray(freq_hz) / RATE_HZ * n
        return np.asarray(peak(level_dbm0) * np.sin(2 * np.pi * turns))


def _clear(draw: _Draw, make: Make, pair: Floats) -> Floats:
    """Frequencies of third tones, drawn again where they are too near to one of the two."""
    freq_hz = draw(make.third_hz)
    while (near := np.any(np.abs(freq_hz / pair - 1) < make.third_clear, axis=1, keepdims=True)).any():
        freq_hz = np.where(near, draw(make.third_hz), freq_hz)
    return freq_hz


def _dial(draw: _Draw, make: Make, n: Floats) -> Floats:
    level = draw(make.level_dbm0) + make.dial_above_db
    tones = sum((draw.sines(f, level, n) for f in make.dial_hz), np.zeros_like(n))
    if make.dial_mod_hz:
        tones = tones * (1 + np.cos(2 * np.pi * make.dial_mod_hz / RATE_HZ * n)) / np.sqrt(1.5)
    return np.asarray(tones)


def _through(law: str, samples: Floats) -> Rows:
    linear = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    if law == "alaw":
        return alaw_decode(alaw_encode(linear))
    return ulaw_decode(ulaw_encode(linear)) if law == "ulaw" else linear


def make_rows(make: Make, count: int, seed: int = 0) -> tuple[Rows, list[str]]:
    """Rows of samples with a digit each, and which: every key as often as the next."""
    draw = _Draw(count, seed)
    keys = np.arange(count) % 16
    gap = None if make.gap_ms is None else draw(make.gap_ms) / 1000
    on = draw(make.on_ms) / 1000 if gap is None else 0.1 + gap
    lead = LEAD_S + draw((0, 0.02)) + (SETTLE_S if make.dial_hz else 0)
    t = np.arange(round((float((lead + on).max()) + TAIL_S) * RATE_HZ)) / RATE_HZ - lead
    n = t * RATE_HZ
    twist, level = draw(make.twist_db), draw(make.level_dbm0)
    low = (LOW_HZ[keys // 4][:, None] * (1 + draw(make.low_off_pct) / 100)) + make.low_off_hz
    high = (HIGH_HZ[keys % 4][:, None] * (1 + draw(make.high_off_pct) / 100)) + make.high_off_hz
    digit = draw.sines(low, level - twist / 2, n) + draw.sines(high, level + twist / 2, n)
    if make.third_below_db is not None:
        below = level - np.abs(twist) / 2 - make.third_below_db
        digit += draw.sines(_clear(draw, make, np.hstack([low, high])), below, n)
    sounding = (t >= 0) & (t < on)
    if gap is not None:
        sounding &= (t < 0.05) | (t >= 0.05 + gap)
    line = np.where(sounding, digit, 0) + _dial(draw, make, n)
    noise_dbm0: Any = make.noise_dbm0
    if make.snr_db is not None:
        both = 10 * np.log10(10 ** ((level - twist / 2) / 10) + 10 ** ((level + twist / 2) / 10))
        noise_dbm0 = both - draw(make.snr_db)
    if noise_dbm0 is not None:
        line += draw.rng.normal(0, 1, line.shape) * peak(noise_dbm0) / np.sqrt(2)
    return _through(make.law, line), [KEYS[k] for k in keys]


def ours(rows: Rows, **options: Any) -> list[str]:
    """Return the digits that our detector hears in each row."""
    detector = DtmfDetector(len(rows), **options)
    found = [""] * len(rows)
    for digit in detector.process(rows) + detector.flush():
        found[digit.channel] += digit.digit
    return found


def score(found: Sequence[str], wanted: Sequence[str]) -> float:
    """Return the share of rows in which just what is wanted was found."""
    return sum(f == w for f, w in zip(found, wanted, strict=True)) / len(wanted)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a receiver must hear, or must not.

    Attributes:
        make: the digits, but for the law: both are tried.
        at_least: the share of rows in which just what is wanted is heard.
        times: how often the digit is wanted: 0 not at all, 2 once on either side of a pause.
        filter: with the dial tone filter on.
    """

    make: Make
    at_least: float = 1
    times: int = 1
    filter: bool = False


def _one_off(side: str, off_pct: float, on_ms: float) -> Make:
    low, high = (off_pct, 0.0) if side == "low" else (0.0, off_pct)
    return Make(on_ms=on_ms, low_off_pct=low, high_off_pct=high, noise_dbm0=-45)


def _limits() -> dict[str, Limit]:
    """Every row of the project's targets for accuracy; Q.24 asks less of most."""
    limits: dict[str, Limit] = {}
    quiet = -45.0
    for side in ("low", "high"):
        for off in (1.8, -1.8):
            limits[f"{side} tone {off:+} %"] = Limit(_one_off(side, off, on_ms=40))
        for off in (3.5, -3.5):
            limits[f"{side} tone {off:+} % is none"] = Limit(_one_off(side, off, on_ms=60), times=0)
    for low in (1.5, -1.5):
        for high in (1.5, -1.5):
            limits[f"both tones {low:+} % {high:+} %"] = Limit(
                Make(on_ms=40, low_off_pct=low, high_off_pct=high, noise_dbm0=quiet)
            )
            limits[f"both tones {low:+} % {high:+} % and 2 Hz"] = Limit(
                Make(
                    on_ms=40, low_off_pct=low, high_off_pct=high, noise_dbm0=quiet,
                    low_off_hz=2 if low > 0 else -2, high_off_hz=2 if high > 0 else -2,
                ),
                at_least=0.95,
            )  # fmt: skip
    for twist in (-8, 4):
        limits[f"twist {twist} dB"] = Limit(Make(on_ms=40, twist_db=twist, noise_dbm0=quiet))
    for level in (-3, -20, -41):
        limits[f"level {level} dBm0"] = Limit(Make(on_ms=40, level_dbm0=level))
    for snr in (None, 20):
        at = "" if snr is None else f", SNR {snr} dB"
        limits[f"35 ms{at}"] = Limit(Make(on_ms=35, snr_db=snr))
        limits[f"20 ms{at} is none"] = Limit(Make(on_ms=(5, 20), snr_db=snr), times=0)
        limits[f"dropout of 10 ms{at}"] = Limit(Make(gap_ms=(0.5, 10), snr_db=snr))
        limits[f"pause of 25 ms{at}"] = Limit(Make(gap_ms=25, snr_db=snr), times=2)
    limits["SNR 8 dB"] = Limit(Make(snr_db=8))
    limits["SNR 6 dB"] = Limit(Make(snr_db=6), at_least=0.98)
    limits["third tone at -7 dB"] = Limit(Make(third_below_db=7, third_clear=0.05))
    limits["third tone at -7 dB, anywhere"] = Limit(Make(third_below_db=7), at_least=0.998)
    dials: dict[str, tuple[tuple[float, ...], float]] = {
        "350+440": ((350, 440), 0), "425": ((425,), 0), "450": ((450,), 0), "400x25": ((400,), 25),
    }  # fmt: skip
    for name, (freqs_hz, mod_hz) in dials.items():
        beneath = Make(level_dbm0=-17, dial_above_db=-6, dial_hz=freqs_hz, dial_mod_hz=mod_hz)
        limits[f"under {name} at -6 dB"] = Limit(beneath)
        limits[f"under {name} at +12 dB, filter"] = Limit(
            replace(beneath, level_dbm0=-23, dial_above_db=12), filter=True
        )
    return limits


LIMITS = _limits()


def make_limit(name: str, law: str, count: int, seed: int = 0) -> tuple[Rows, list[str]]:
    """Rows for one of LIMITS, and what must be heard in each."""
    limit = LIMITS[name]
    rows, keys = make_rows(replace(limit.make, law=law), count, seed)
    return rows, [key * limit.times for key in keys]
