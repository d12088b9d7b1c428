"""G.711 against the decision and output values of its tables, computed here another way than in C."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from boardcore.dsp import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

SAMPLES = np.arange(-32768, 32768).astype(np.int16)
CODES = np.arange(256, dtype=np.uint8)
PAIRS = [
    pytest.param(alaw_encode, alaw_decode, id="alaw"),
    pytest.param(ulaw_encode, ulaw_decode, id="ulaw"),
]


def a_law_decisions() -> list[int]:
    """Table 1a: positive decision values, 0 to 4096, here times 8."""
    values = [16 * n for n in range(33)]  # segment 1: steps of 2, from 0 to 64
    for segment in range(6):
        values += [values[-1] + (32 << segment) * n for n in range(1, 17)]
    return values


def mu_law_decisions() -> list[int]:
    """Table 2a: 0, 1, 3, 5 ... 31, then 16 steps a segment, each twice as wide, to 8159; times 4."""
    values = [0] + [2 * n + 1 for n in range(16)]
    for segment in range(1, 8):
        values += [values[-1] + (2 << segment) * n for n in range(1, 17)]
    return [4 * v for v in values]


def test_decision_values_end_where_the_tables_do() -> None:
    assert a_law_decisions()[-1] == 4096 * 8
    assert mu_law_decisions()[-1] == 8159 * 4
    assert mu_law_decisions()[16:18] == [31 * 4, 35 * 4]


def codes_by_search(decisions: list[int], positive: int) -> NDArray[np.uint8]:
    """The code of every sample: count the decision values below it. Ties as G.191: by ones' complement."""
    magnitude = np.where(SAMPLES < 0, ~SAMPLES.astype(np.int32), SAMPLES.astype(np.int32))
    interval = np.minimum(np.searchsorted(decisions, magnitude, side="right") - 1, 127)
    return (interval ^ np.where(SAMPLES < 0, positive ^ 0x80, positive)).astype(np.uint8)


def test_a_law_encodes_every_sample_as_table_1a() -> None:
    assert np.array_equal(alaw_encode(SAMPLES), codes_by_search(a_law_decisions(), 0x80 ^ 0x55))


def test_mu_law_encodes_every_sample_as_table_2a() -> None:
    assert np.array_equal(ulaw_encode(SAMPLES), codes_by_search(mu_law_decisions(), 0xFF))


def test_a_law_decodes_every_code_half_way() -> None:
    decisions = a_law_decisions()
    for code in range(256):
        interval = (code ^ 0x55) & 0x7F
        value = (decisions[interval] + decisions[interval + 1]) // 2
        assert alaw_decode(CODES[code : code + 1])[0] == (value if (code ^ 0x55) & 0x80 else -value)


def test_mu_law_decodes_every_code_half_way() -> None:
    decisions = mu_law_decisions()
    for code in range(256):
        interval = ~code & 0x7F
        value = (decisions[interval] + decisions[interval + 1]) // 2 if interval else 0
        assert ulaw_decode(CODES[code : code + 1])[0] == (value if code & 0x80 else -value)


@pytest.mark.parametrize(("encode", "decode"), PAIRS)
def test_every_code_comes_back(encode: Callable[..., Any], decode: Callable[..., Any]) -> None:
    back = encode(decode(CODES))
    wanted = np.where((CODES == 0x7F) & (encode is ulaw_encode), 0xFF, CODES)  # mu-law has a second zero
    assert np.array_equal(back, wanted)


@pytest.mark.parametrize(("encode", "decode"), PAIRS)
@given(
    samples=npst.arrays(np.int16, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70)),
    step=st.integers(1, 3),
)
def test_any_shape_and_stride(
    encode: Callable[..., Any], decode: Callable[..., Any], samples: NDArray[np.int16], step: int
) -> None:
    view = samples[..., ::step] if samples.ndim else samples
    octets = encode(view)
    assert octets.shape == view.shape
    assert octets.dtype == np.uint8
    flat = [int(encode(np.array([s], np.int16))[0]) for s in view.ravel()[:20]]
    assert octets.ravel()[:20].tolist() == flat
    assert np.array_equal(decode(octets), decode(octets.copy()))


@pytest.mark.parametrize(("encode", "decode"), PAIRS)
def test_out_is_written_and_returned(encode: Callable[..., Any], decode: Callable[..., Any]) -> None:
    octets, linear = np.zeros(65536, np.uint8), np.zeros(65536, np.int16)
    assert encode(SAMPLES, out=octets) is octets
    assert np.array_equal(octets, encode(SAMPLES))
    assert decode(octets, out=linear) is linear
    assert np.array_equal(linear, decode(octets))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([1, 2], "samples must be a numpy array of int16, got list"),
        (np.zeros(3), "samples must be a numpy array of int16, got an array of float64"),
        (np.array([np.nan]), "got an array of float64"),
        (np.zeros(3, np.uint8), "got an array of uint8"),
        (np.zeros(3, ">i2"), "got an array of >i2"),
        (b"12", "got bytes"),
    ],
)
def test_other_input_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        alaw_encode(wrong)


def test_other_octets_are_refused() -> None:
    with pytest.raises(TypeError, match="octets must be a numpy array of uint8, got an array of int16"):
        ulaw_decode(SAMPLES)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.zeros(9, np.uint8), ValueError, r"shape of the input, \(10,\), got \(9,\)"),
        (np.zeros((2, 5), np.uint8), ValueError, "shape"),
        (np.zeros(20, np.uint8)[::2], ValueError, "contiguous"),
        (np.zeros(10, np.int16), TypeError, "out must be a numpy array of uint8, got an array of int16"),
        ([0] * 10, TypeError, "got list"),
    ],
)
def test_unfit_out_is_refused(out: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ulaw_encode(np.zeros(10, np.int16), out=out)


def test_read_only_out_is_refused() -> None:
    out = np.zeros(10, np.uint8)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="writeable"):
        ulaw_encode(np.zeros(10, np.int16), out=out)
