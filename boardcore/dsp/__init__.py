"""Telephone signal processing on numpy arrays: G.711, DTMF, MF, tones, levels, mixing, sample rates.

Audio is int16 at 8000 Hz unless a name says otherwise; levels are in dBm0: a sine of rms 16141 is 0 dBm0
(G.711 clause 5). Nothing is converted silently: another dtype is a TypeError.
"""

from boardcore.dsp._dtmf import DTMF_DIGITS, DtmfBegan, DtmfDetector, DtmfDigit, dtmf_tones
from boardcore.dsp._g711 import (
    alaw_decode,
    alaw_encode,
    alaw_to_ulaw,
    ulaw_decode,
    ulaw_encode,
    ulaw_to_alaw,
)
from boardcore.dsp._isa import available_isas
from boardcore.dsp._meter import LevelMeter, Levels, levels
from boardcore.dsp._mf import MfBegan, MfDetector, MfEnded, MfKind, mf_digits, mf_tones
from boardcore.dsp._mix import energy, level_dbm0, mix
from boardcore.dsp._modem import ModemTone, ModemToneBegan, ModemToneDetector, ModemToneEnded, modem_tone
from boardcore.dsp._resample import Resampler, resample
from boardcore.dsp._tone import RATE_HZ, tone

__all__ = [
    "DTMF_DIGITS",
    "RATE_HZ",
    "DtmfBegan",
    "DtmfDetector",
    "DtmfDigit",
    "LevelMeter",
    "Levels",
    "MfBegan",
    "MfDetector",
    "MfEnded",
    "MfKind",
    "ModemTone",
    "ModemToneBegan",
    "ModemToneDetector",
    "ModemToneEnded",
    "Resampler",
    "alaw_decode",
    "alaw_encode",
    "alaw_to_ulaw",
    "available_isas",
    "dtmf_tones",
    "energy",
    "level_dbm0",
    "levels",
    "mf_digits",
    "mf_tones",
    "mix",
    "modem_tone",
    "resample",
    "tone",
    "ulaw_decode",
    "ulaw_encode",
    "ulaw_to_alaw",
]
