"""Secret digits become silence in audio that passes through, however it is split."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from boardcore import dsp
from boardcore.media.scrub import LAG_SAMPLES, Scrubber

Samples = npt.NDArray[np.int16]


def voice(count: int) -> Samples:
    return np.random.default_rng(1).normal(0, 800, count).astype(np.int16)


def keyed(digits: str, before: int = 4000, after: int = 4000) -> Samples:
    return np.concatenate([voice(before), dsp.dtmf_tones(digits, level_dbm0=-12), voice(after)])


def digits_in(samples: Samples) -> str:
    detector = dsp.DtmfDetector()
    return "".join(digit.digit for digit in [*detector.process(samples), *detector.flush()])


def scrub(samples: Samples, cuts: list[int], secret: dict[int, bool]) -> Samples:
    """Pass it in pieces; `secret` says where it is switched on or off."""
    scrubber, out = Scrubber(), list[Samples]()
    edges = sorted({0, len(samples), *(cut % len(samples) for cut in cuts), *secret})
    for begin, end in itertools.pairwise(edges):
        if begin in secret:
            scrubber.secret = secret[begin]
        out.append(scrubber.process(samples[begin:end]))
        assert sum(map(len, out)) == max(0, end - LAG_SAMPLES)
    return np.concatenate([*out, scrubber.flush()])


def test_without_a_secret_it_is_a_delay() -> None:
    samples = keyed("123")
    assert np.array_equal(scrub(samples, [100, 5000], {}), samples)


def test_secret_digits_are_silence_and_all_else_is_there() -> None:
    samples = keyed("7392")
    out = scrub(samples, [], {0: True})
    assert digits_in(out) == ""
    tones = samples[4000:-4000].astype(float)
    left = out[4000:-4000].astype(float)
    assert np.sum(left**2) < 1e-4 * np.sum(tones**2)
    assert np.array_equal(out[:3800], samples[:3800])
    assert np.array_equal(out[-3500:], samples[-3500:])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 50000), max_size=30),
    st.lists(st.integers(0, 14000), min_size=1, max_size=4, unique=True),
)
def test_any_split_gives_the_same(cuts: list[int], switches: list[int]) -> None:
    samples = keyed("73926")
    secret = {at: place % 2 == 0 for place, at in enumerate(sorted(switches))}
    whole = scrub(samples, [], secret)
    assert len(whole) == len(samples)
    assert np.array_equal(scrub(samples, cuts, secret), whole)
    changed = whole != samples
    assert not whole[changed].any()  # silence, or what was there


def test_digits_before_and_after_the_secret_stay() -> None:
    first, hidden, last = (keyed(digits) for digits in ("12", "345", "67"))
    samples = np.concatenate([first, hidden, last])
    out = scrub(samples, [777], {len(first): True, len(first) + len(hidden): False})
    assert digits_in(out) == "1267"


def test_a_key_that_is_down_as_the_secret_begins_is_silenced() -> None:
    samples = keyed("5")
    out = scrub(samples, [], {4000 + 500: True})
    assert digits_in(out) == ""


def test_a_key_that_is_down_as_the_secret_ends_is_silenced_to_its_end() -> None:
    samples = keyed("5")
    out = scrub(samples, [], {0: True, 4000 + 300: False})
    assert digits_in(out) == ""
    assert float(np.sum(out[4000:4640].astype(float) ** 2)) == 0.0


def test_a_scrubber_rests_when_there_is_no_secret() -> None:
    scrubber = Scrubber()
    scrubber.secret = True
    scrubber.process(keyed("1"))
    scrubber.secret = False
    scrubber.process(voice(8000))
    assert scrubber.resting
