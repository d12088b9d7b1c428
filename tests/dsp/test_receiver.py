"""What every batched detector promises: nothing stays after a flush or reset, one thread at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from boardcore.dsp import DtmfDetector, MfDetector, MfKind, ModemToneDetector, dtmf_tones, mf_tones, modem_tone

DETECTORS: dict[str, tuple[Callable[[], Any], Any]] = {
    "dtmf": (DtmfDetector, dtmf_tones("159")),
    "mf": (lambda: MfDetector(MfKind.R1), mf_tones(MfKind.R1, "159")),
    "modem": (ModemToneDetector, np.tile(np.pad(modem_tone("cng", duration_ms=500), (0, 1600)), 3)),
}


@pytest.fixture(params=DETECTORS)
def detector_and_sound(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    make, sound = DETECTORS[request.param]
    return make(), sound


@pytest.mark.parametrize("before", [1, 39, 803, 1001])
@pytest.mark.parametrize("end", ["flush", "reset"])
def test_nothing_stays_after_the_end(detector_and_sound: tuple[Any, Any], before: int, end: str) -> None:
    detector, sound = detector_and_sound
    wanted = detector.events(sound)
    getattr(detector, end)()
    detector.process(sound[:before])
    getattr(detector, end)()
    assert detector.events(sound) == wanted
    assert len(wanted) == 6


def test_a_second_thread_is_refused(detector_and_sound: tuple[Any, Any]) -> None:
    detector, sound = detector_and_sound
    lock = detector._rx._lock  # as another thread within process() holds it
    with lock, pytest.raises(RuntimeError, match="two threads"):
        detector.process(sound)
    with lock, pytest.raises(RuntimeError, match="two threads"):
        detector.reset()
    assert detector.process(np.zeros(10, np.int16)) == []
