"""Learn a network's tones from a recording or a live line.

Steady pieces are found first (`_pieces.py`), with their frequencies and their edges; pauses between them are looked at
(`_heard.py`), cycles searched (`_cycles.py`), and what repeats is described as a `Tone`. Speech is not steady, digits
are known by the DTMF detector: neither is learned.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from boardcore.dsp import RATE_HZ, DtmfDetector, DtmfDigit
from boardcore.errors import ToneError
from boardcore.tones._build import Draft, LearnedTone, Span, drafts_of, learned
from boardcore.tones._edges import Piece
from boardcore.tones._heard import passages
from boardcore.tones._pieces import RMS_0DBM0, PieceFinder
from boardcore.tones._tone import number

__all__ = ["LearnedTone", "Span", "ToneLearner", "learn_tones"]

DIGIT_SHARE = 0.5  # of a piece that a digit covers


class ToneLearner:
    """Learns tones from a stream: feed it blocks, then ask for the result.

    What it learns does not depend on how the stream is cut. Memory grows by about 3 MB an hour.

    >>> import numpy as np
    >>> from boardcore.tones import country, tone_samples
    >>> learner = ToneLearner()
    >>> learner.process(tone_samples(country("CN").busy, 4.0))
    >>> learner.result()[0].tone.cadence
    (Burst(on_s=0.35, off_s=0.35, freqs_hz=()),)
    """

    def __init__(self, *, min_level_dbm0: float = -45.0, source: str = "learned") -> None:
        """Make one.

        Args:
            min_level_dbm0: What is quieter is silence, -60 to 0.
            source: Goes into `Tone.source`: where the recording comes from.

        Raises:
            TypeError: An argument is of another type.
            ToneError: The level is out of range, or the source says nothing.
        """
        self._least_dbm0 = number(min_level_dbm0, "min_level_dbm0", -60, 0)
        self._source = _source_checked(source)
        self._finder = PieceFinder(self._least_dbm0)
        self._dtmf = DtmfDetector()
        self._digits: list[DtmfDigit] = []
        self._samples = 0
        self._result: list[LearnedTone] | None = None

    @property
    def duration_s(self) -> float:
        """How much has been heard."""
        return self._samples / RATE_HZ

    def process(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the next samples, int16 at 8000 Hz, shape (n,).

        Raises:
            TypeError: It is not an int16 array.
            ValueError: It has another shape.
            RuntimeError: The result has been asked for.
        """
        if self._result is not None:
            raise RuntimeError("a ToneLearner that has given its result takes no more samples: make a new one")
        self._digits += self._dtmf.process(samples)
        flat = samples.reshape(-1)
        self._samples += flat.size
        self._finder.process(flat.astype(np.float64))

    def result(self) -> list[LearnedTone]:
        """Return the tones that were heard, in order of their first appearance; empty if there were none."""
        if self._result is None:
            self._digits += self._dtmf.flush()
            self._finder.finish()
            self._result = self._learned()
        return self._result

    def _learned(self) -> list[LearnedTone]:
        pieces = [piece for piece in self._finder.pieces if not self._is_digit(piece)]
        powers = np.concatenate([np.zeros(0), *self._finder.powers])
        least = (RMS_0DBM0 * 10 ** (self._least_dbm0 / 20)) ** 2
        drafts: list[Draft] = []
        for passage in passages(pieces, powers, self._samples, least):
            drafts += drafts_of(passage)
        return learned(drafts, self._source)

    def _is_digit(self, piece: Piece) -> bool:
        first_s, end_s = piece.first / RATE_HZ, piece.end / RATE_HZ
        covered_s = sum(
            max(min(end_s, digit.time_s + digit.duration_s) - max(first_s, digit.time_s), 0.0)
            for digit in self._digits
        )
        return covered_s > DIGIT_SHARE * (end_s - first_s)


def _source_checked(source: str) -> str:
    if not isinstance(source, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"source must be a str, not {type(source).__name__}")
    if not source.strip():
        raise ToneError("source: a tone says where it comes from")
    return source


def learn_tones(
    samples: npt.NDArray[np.int16], *, min_level_dbm0: float = -45.0, source: str = "learned"
) -> list[LearnedTone]:
    """Learn the tones in a recording: int16 at 8000 Hz, shape (n,).

    Args:
        samples: The recording. Two or three cycles of every cadence make it sure; one is enough to guess.
        min_level_dbm0: What is quieter is silence.
        source: Goes into `Tone.source`.

    Returns:
        The tones, in order of their first appearance, each with what stayed unsure; empty if there are none.

    Raises:
        TypeError: It is not an int16 array, or an argument is of another type.
        ValueError: It has another shape. (ToneError, a ValueError: the level is out of range.)
    """
    learner = ToneLearner(min_level_dbm0=min_level_dbm0, source=source)
    learner.process(samples)
    return learner.result()
