"""Silence DTMF digits in audio that passes through: for boards that record and stream with hardware of their own.

A digit is known only some time after its tone began, so all audio is held back by a fixed lag; within it the tone is
silenced from its very beginning. The lag covers the detector's decisions, so the result does not depend on how the
samples were split.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boardcore.dsp import DtmfBegan, DtmfDetector

__all__ = ["LAG_SAMPLES", "TRANSIT_SAMPLES", "Scrubber"]

Samples = npt.NDArray[np.int16]
RATE_HZ = 8000
LAG_SAMPLES = 400  # 50 ms: from 5 ms before a tone to the detector's being sure are 40, from its end to that 30
_BEFORE = 40  # the detector tells a beginning up to 5 ms late
_AFTER = 120  # and an end up to that of the window it was found in
TRANSIT_SAMPLES = 2000  # 250 ms: audio of the past that a board may yet have to bring when secrecy ends
_PAST = 4 * LAG_SAMPLES  # a tone that ended longer ago is not needed any more


class Scrubber:
    """A delay of `LAG_SAMPLES`, in which digits of secret passages become silence. For one thread at a time.

    Args:
        transit: samples that may be on their way when secrecy ends, and hold the last secret digit. A public digit that
            is keyed so soon after it is silenced too.
    """

    def __init__(self, transit: int = TRANSIT_SAMPLES) -> None:
        self._transit = transit
        self._held: Samples = np.zeros(0, np.int16)
        self._first = 0  # place of the first sample that is held
        self._received = 0
        self._spans: list[list[int | None]] = []  # beginning and end of tones; None: it sounds
        self._detector: DtmfDetector | None = None
        self._zero = 0  # place of the detector's sample 0
        self._secret = False
        self._public_from: int | None = None  # since then no digit that begins is secret

    @property
    def secret(self) -> bool:
        return self._secret

    @secret.setter
    def secret(self, on: bool) -> None:
        """Silence digits from the next sample on, or let those pass that begin after what is in transit."""
        if on == self._secret:
            return
        self._secret = on
        self._public_from = None if on else self._received + self._transit
        if on and not any(end is None for _, end in self._spans):
            self._detector, self._zero = DtmfDetector(), self._first
            self._listen(self._held)  # a key may be down already

    @property
    def resting(self) -> bool:
        """It only delays: nothing secret is near."""
        return self._detector is None

    def process(self, samples: Samples) -> Samples:
        """Take the next samples, give those that are old enough: as many, less the lag."""
        self._received += len(samples)
        self._held = np.concatenate([self._held, samples])
        self._listen(samples)
        return self._release(max(0, len(self._held) - LAG_SAMPLES))

    def flush(self) -> Samples:
        """Give all that is held: the audio is over."""
        return self._release(len(self._held))

    def _listen(self, samples: Samples) -> None:
        if self._detector is None:
            return
        for event in self._detector.events(samples):
            at = self._zero + round(event.time_s * RATE_HZ)
            if isinstance(event, DtmfBegan):
                if self._public_from is None or at - _BEFORE < self._public_from:
                    self._spans.append([at - _BEFORE, None])
            elif self._spans and self._spans[-1][1] is None:
                self._spans[-1][1] = at + round(event.duration_s * RATE_HZ) + _AFTER
        self._rest()

    def _rest(self) -> None:
        """Stop listening when the last secret digit is over."""
        sounding = any(end is None for _, end in self._spans)
        over = self._public_from is not None and self._received > self._public_from + LAG_SAMPLES
        if over and not sounding:
            self._detector = None

    def _release(self, count: int) -> Samples:
        out = self._held[:count].copy()
        for begin, end in self._spans:
            low = max(0, (begin or 0) - self._first)
            high = count if end is None else min(count, max(0, end - self._first))
            out[low:high] = 0
        self._held = self._held[count:]
        self._first += count
        self._spans = [span for span in self._spans if span[1] is None or span[1] > self._first - _PAST]
        return out
