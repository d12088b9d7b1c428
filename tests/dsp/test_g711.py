"""G.711 against the decision and output values of its tables, computed here another way than in C."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from boardcore.dsp import alaw_decode, alaw_encode, alaw_to_ulaw, ulaw_decode, ulaw_encode, ulaw_to_alaw

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


# -- from one law to the other --
CONVERTERS = [pytest.param(alaw_to_ulaw, ulaw_to_alaw, id="alaw"), pytest.param(ulaw_to_alaw, alaw_to_ulaw, id="ulaw")]
U_CODE = {n: 0xFF ^ n for n in range(128)}  # positive octets by the tables' value numbers
A_CODE = {n: 0xD5 ^ (n - 1) for n in range(1, 129)}


def one(convert: Callable[..., Any], octet: int) -> int:
    return int(convert(np.array([octet], np.uint8))[0])


@pytest.mark.parametrize(
    ("mu", "a"), [(0, 1), (1, 1), (15, 8), (16, 9), (33, 27), (48, 46), (49, 48), (63, 62), (79, 79), (127, 128)]
)
def test_table_3(mu: int, a: int) -> None:
    assert one(ulaw_to_alaw, U_CODE[mu]) == A_CODE[a]
    assert one(ulaw_to_alaw, U_CODE[mu] ^ 0x80) == A_CODE[a] ^ 0x80


@pytest.mark.parametrize(
    ("a", "mu"), [(1, 1), (8, 15), (9, 16), (25, 32), (26, 32), (45, 48), (46, 48), (63, 64), (64, 64), (128, 127)]
)
def test_table_4(a: int, mu: int) -> None:
    assert one(alaw_to_ulaw, A_CODE[a]) == U_CODE[mu]
    assert one(alaw_to_ulaw, A_CODE[a] ^ 0x80) == U_CODE[mu] ^ 0x80


def test_the_two_values_that_note_3_changed() -> None:
    assert one(ulaw_to_alaw, U_CODE[80]) == A_CODE[81]
    assert one(alaw_to_ulaw, A_CODE[80]) == U_CODE[79]


@pytest.mark.parametrize(("there", "back"), CONVERTERS)
def test_bits_1_to_7_survive_the_way_there_and_back(there: Callable[..., Any], back: Callable[..., Any]) -> None:
    """Bit 8, the least significant, may change: that is what note 3 to tables 3 and 4 promises."""
    assert not np.any((back(there(CODES)) ^ CODES) & 0xFE)


@pytest.mark.parametrize(("there", "back"), CONVERTERS)
def test_a_second_way_there_and_back_loses_nothing(there: Callable[..., Any], back: Callable[..., Any]) -> None:
    once = back(there(CODES))
    assert np.array_equal(back(there(once)), once)


def test_a_conversion_is_near_to_decoding_and_encoding() -> None:
    """G.711's tables are up to a step away from the nearest value, in the middle segments."""
    ways = np.abs(alaw_to_ulaw(CODES).astype(int) - ulaw_encode(alaw_decode(CODES)))
    assert np.count_nonzero(ways) == 2 * 17
    assert ways.max() == 1


@pytest.mark.parametrize(("convert", "back"), CONVERTERS)
@given(
    octets=npst.arrays(np.uint8, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70)),
    step=st.integers(-2, 3).filter(bool),
)
def test_any_shape_and_stride_converts(
    convert: Callable[..., Any], back: Callable[..., Any], octets: NDArray[np.uint8], step: int
) -> None:
    view = octets[..., ::step] if octets.ndim else octets
    got = convert(view)
    assert got.shape == view.shape
    assert np.array_equal(got, convert(CODES)[view])


@pytest.mark.parametrize(("convert", "back"), CONVERTERS)
def test_a_conversion_works_in_place(convert: Callable[..., Any], back: Callable[..., Any]) -> None:
    octets = CODES.copy()
    assert convert(octets, out=octets) is octets
    assert np.array_equal(octets, convert(CODES))


ROOM = np.zeros(400, np.uint8)


@pytest.mark.parametrize(
    ("convert", "given", "out"),
    [
        (alaw_to_ulaw, ROOM[:100], ROOM[50:150]),
        (ulaw_to_alaw, ROOM[1:101], ROOM[:100]),
        (alaw_decode, ROOM[:100], ROOM[:200].view(np.int16)),
        (ulaw_encode, ROOM[:200].view(np.int16), ROOM[:100]),
    ],
)
def test_an_overlapping_out_is_refused(convert: Callable[..., Any], given: Any, out: Any) -> None:
    with pytest.raises(ValueError, match="out must not overlap the input"):
        convert(given, out=out)


@pytest.mark.parametrize("convert", [alaw_to_ulaw, ulaw_to_alaw, alaw_decode, ulaw_decode])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros(3, np.int8), "got an array of int8"),
        (np.zeros(3, np.uint16), "got an array of uint16"),
        (np.zeros(3, bool), "got an array of bool"),
        (bytearray(3), "got bytearray"),
        (None, "got NoneType"),
    ],
)
def test_other_octets_are_not_converted(convert: Callable[..., Any], wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        convert(wrong)


@pytest.mark.parametrize("convert", [alaw_to_ulaw, ulaw_to_alaw])
def test_odd_strides_are_copied(convert: Callable[..., Any]) -> None:
    """Backwards, transposed, and one octet repeated without being stored so."""
    square = CODES.reshape(16, 16)
    assert np.array_equal(convert(CODES[::-1]), convert(CODES)[::-1])
    assert np.array_equal(convert(square.T), convert(square).T)
    assert np.array_equal(convert(np.broadcast_to(CODES[5], 9)), np.repeat(convert(CODES)[5], 9))


def test_read_only_octets_are_read() -> None:
    octets = CODES.copy()
    octets.flags.writeable = False
    assert np.array_equal(ulaw_to_alaw(octets), ulaw_to_alaw(CODES))
    with pytest.raises(ValueError, match="writeable"):
        ulaw_to_alaw(octets, out=octets)
