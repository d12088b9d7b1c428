"""The tones of a line circuit: one at a time."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from boardcore._native import ffi, lib
from boardcore.errors import ToneError
from boardcore.media.engine import EnginePort, check
from boardcore.media.port import tone_job
from boardcore.ports import ToneSpec
from boardcore.tones import Tone, tone_samples

__all__ = ["CircuitTones"]

LOOP_S = 30.0  # of what the engine cannot generate: so much of it is made once, and played again and again


class CircuitTones:
    """One tone at a time on a circuit: a change waits until the engine has let go of the one before.

    The engine's generator sends what a `ToneSpec` can carry; anything else (more frequencies, modulation, bursts that
    differ) is played from samples. After a tone that is sent once, `after` follows.
    """

    def __init__(self, circuit: EnginePort, after: Tone) -> None:
        self._circuit = circuit
        self._after = after
        self._wanted: Tone | None = None
        self._sending: Tone | None = None
        self._stop: Any = None  # of what is being sent

    def send(self, tone: Tone | None) -> None:
        self._wanted = tone
        if self._sending is not None:
            self._stop()
        elif tone is not None:
            self._begin(tone)

    def _begin(self, tone: Tone) -> None:
        self._sending = tone
        spec = _spec(tone)
        self._stop = tone_job(self._circuit, spec, self._ended).stop if spec else self._play(_loop(tone))

    def _play(self, samples: npt.NDArray[np.int16]) -> Any:
        raw: Any = ffi.new("bc_job_spec *")
        raw.kind, raw.slot = lib.BC_JOB_PLAY, -1
        clip: Any = ffi.from_buffer("int16_t[]", samples)
        raw.clip, raw.clip_samples = clip, samples.size
        engine = self._circuit.engine
        job = check(engine.start_job(self._circuit, raw, functools.partial(self._played, clip)), "send a tone")
        return functools.partial(engine.stop_job, job, lib.BC_END_STOPPED)

    def _played(self, clip: object, result: object) -> None:
        """`clip` is kept alive to here."""
        self._ended()

    def _ended(self) -> None:
        before, self._sending = self._sending, None
        wanted = self._wanted
        if wanted is None or self._circuit.closing:
            return
        if wanted is before and not wanted.repeats:
            wanted = self._wanted = self._after
        self._begin(wanted)


def _spec(tone: Tone) -> ToneSpec | None:
    try:
        return tone.to_spec()
    except ToneError:
        return None


@functools.lru_cache(maxsize=64)
def _loop(tone: Tone) -> npt.NDArray[np.int16]:
    """Whole cycles of a tone."""
    cycle_s = sum(burst.on_s + burst.off_s for burst in tone.bursts)
    if cycle_s == math.inf:
        return tone_samples(tone, LOOP_S)
    return tone_samples(tone, cycle_s * (math.ceil(LOOP_S / cycle_s) if tone.repeats else 1))
