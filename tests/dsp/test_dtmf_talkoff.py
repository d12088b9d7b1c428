"""Talk-off: no digit is heard in speech, at whatever speed it is played, nor in noises of the line."""

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import speech

from boardcore.dsp import DtmfBegan, DtmfDetector, resample

RATE_HZ = 8000


def begun(rows: speech.Int16, *, dial_tone_filter: bool) -> list[DtmfBegan]:
    detector = DtmfDetector(len(rows), dial_tone_filter=dial_tone_filter)
    return [e for e in detector.events(rows) if isinstance(e, DtmfBegan)]


@pytest.mark.peers
@pytest.mark.parametrize("speed", [0.9, 1.0, 1.1])
def test_recorded_speech_has_no_digits(speed: float) -> None:
    if reason := speech.lacking():
        pytest.skip(reason)
    rows = speech.spoken(speed)
    assert rows.size > 2 * 3600 * RATE_HZ * 0.9
    assert begun(rows, dial_tone_filter=False) == []
    assert begun(rows, dial_tone_filter=True) == []


@pytest.mark.peers
@pytest.mark.soak
@pytest.mark.parametrize("speed", [0.8, 0.85, 0.95, 1.05, 1.15, 1.2])
def test_recorded_speech_at_more_speeds_has_no_digits(speed: float) -> None:
    if reason := speech.lacking():
        pytest.skip(reason)
    rows = speech.spoken.__wrapped__(speed)
    assert begun(rows, dial_tone_filter=False) == []
    assert begun(rows, dial_tone_filter=True) == []


SENTENCES = (
    "Please leave a message after the tone. You have two new messages and one old message.",
    "Sixteen jolly fellows phoned Neil at noon, and nobody knew who owned the yellow phone.",
    "Oh no. Who are you? Ooh. Aah. Eeh. La la la la la. One, two, three, four, five, six, seven, eight, nine, zero.",
)
VOICES = ("en", "en+f3", "en+m7", "en+croak", "de", "zh", "nl+f2", "fr", "ru")


@pytest.mark.peers
@pytest.mark.parametrize("voice", VOICES)
def test_synthetic_speech_has_no_digits(voice: str, tmp_path: Path) -> None:
    if not shutil.which("espeak-ng"):
        pytest.skip("no espeak-ng (apt-get install espeak-ng)")
    spoken: list[speech.Int16] = []
    for pitch in (10, 50, 90):
        path = tmp_path / f"{pitch}.wav"
        command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-w", str(path), " ".join(SENTENCES)]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        with wave.open(str(path)) as file:  # mono, 16 bits
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
            spoken.append(resample(samples, file.getframerate(), RATE_HZ))
    rows = np.stack([np.pad(s, (0, max(map(len, spoken)) - len(s))) for s in spoken])
    assert rows.shape[1] > 10 * RATE_HZ
    assert np.abs(rows).max() > 3000
    assert begun(rows, dial_tone_filter=False) == []
    assert begun(rows, dial_tone_filter=True) == []
