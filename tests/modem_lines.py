"""Tones of fax machines and modems as a line brings them, with every parameter off by so much; made in numpy, so that
the library's own generator is not the measure of its detector."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boardcore.dsp import ModemTone, ModemToneDetector, alaw_decode, alaw_encode

Signal = NDArray[np.int16]
Wave = NDArray[np.float64]
FREQ_HZ = {
    ModemTone.CNG: 1100,
    ModemTone.CALLING: 1300,
    ModemTone.ANS: 2100,
    ModemTone.ANS_PR: 2100,
    ModemTone.ANSAM: 2100,
    ModemTone.ANSAM_PR: 2100,
    ModemTone.BELL_ANS: 2225,
    ModemTone.V21_FLAGS: 1750,
}
ON_MS = {ModemTone.CNG: 500.0, ModemTone.CALLING: 600.0, ModemTone.V21_FLAGS: 1000.0}
FLAG = (0, 1, 1, 1, 1, 1, 1, 0)


def _fsk(bits: tuple[int, ...] | list[int], n: int, baud: float, off_hz: float) -> Wave:
    """The phase, in turns, of V.21 channel 2."""
    ones = np.asarray(bits)[(np.arange(n) * baud / 8000).astype(int) % len(bits)]
    return np.asarray(np.cumsum(np.where(ones, 1650, 1850) + off_hz) / 8000)


def wave(
    tone: ModemTone,
    on_ms: float | None = None,
    *,
    off_hz: float = 0,
    level_dbm0: float = -13,
    phase: float = 0,
    baud: float = 300,
    bits: list[int] | None = None,
    am_depth: float = 0.2,
    am_hz: float = 15,
    reversal_ms: float = 450,
    reversal_degrees: float = 180,
) -> Wave:
    """One tone; `phase` in turns. Bits are sent once if given, without a length."""
    if on_ms is None:
        on_ms = len(bits) * 1000 / baud if bits else ON_MS.get(tone, 2000.0)
    t = np.arange(round(on_ms * 8)) / 8000
    if tone is ModemTone.V21_FLAGS:
        turns = _fsk(bits or list(FLAG), t.size, baud, off_hz)
    else:
        turns = (FREQ_HZ[tone] + off_hz) * t
    gain = np.ones(t.size)
    if tone in (ModemTone.ANSAM, ModemTone.ANSAM_PR):
        gain += am_depth * np.sin(2 * np.pi * (am_hz * t + 1.7 * phase))
    if tone in (ModemTone.ANS_PR, ModemTone.ANSAM_PR):
        turns = turns + np.floor(t * 1000 / reversal_ms) * reversal_degrees / 360
    return np.asarray(16141 * 2**0.5 * 10 ** (level_dbm0 / 20) * gain * np.sin(2 * np.pi * (turns + phase)))


def line(signal: Wave, lead: int, noise_dbm0: float, seed: int) -> Signal:
    """Silence, the signal, silence; white noise over all of it; through A-law."""
    whole = np.pad(signal, (400 + lead, 2000))
    whole = whole + np.random.default_rng(seed).normal(0, 16141 * 10 ** (noise_dbm0 / 20), whole.size)
    return alaw_decode(alaw_encode(np.clip(np.rint(whole), -32768, 32767).astype(np.int16)))


def lines(tone: ModemTone, *, noise_dbm0: float = -60, count: int = 30, **parameters: Any) -> Signal:
    """The tone so many times, in any phase and at any place in a hop of the receiver: (count, n)."""
    rng = np.random.default_rng(5)
    made = [
        line(wave(tone, phase=rng.uniform(), **parameters), int(rng.integers(0, 400)), noise_dbm0, seed)
        for seed in range(count)
    ]
    longest = max(row.size for row in made)
    return np.stack([np.pad(row, (0, longest - row.size)) for row in made])


def heard(rows: Signal, **options: Any) -> list[list[ModemTone]]:
    """What ended in each row, in order."""
    detector = ModemToneDetector(len(rows), **options)
    found: list[list[ModemTone]] = [[] for _ in rows]
    for e in detector.process(rows) + detector.flush():
        found[e.channel].append(e.tone)
    return found


_PLAINER = {
    ModemTone.ANS_PR: (ModemTone.ANS,),
    ModemTone.ANSAM: (ModemTone.ANS,),
    ModemTone.ANSAM_PR: (ModemTone.ANS, ModemTone.ANS_PR, ModemTone.ANSAM),
}


def share(found: list[list[ModemTone]], tone: ModemTone) -> float:
    """How many rows were told as the tone, once, and before that at most as what it looks like at first."""
    good = [
        bool(tones) and tones[-1] is tone and all(t in _PLAINER.get(tone, ()) for t in tones[:-1]) for tones in found
    ]
    return sum(good) / len(found)
