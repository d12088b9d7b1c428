"""G.711 against spandsp, every code and every sample."""

from typing import Any

import numpy as np
import pytest

from boardcore.dsp import alaw_decode, alaw_encode, alaw_to_ulaw, ulaw_decode, ulaw_encode, ulaw_to_alaw

pytestmark = pytest.mark.peers

CODES = np.arange(256, dtype=np.uint8)
SAMPLES = np.arange(-32768, 32768).astype(np.int16)


@pytest.mark.parametrize(("mode", "decode"), [(0, alaw_decode), (1, ulaw_decode)], ids=["alaw", "ulaw"])
def test_every_code_decodes_alike(spandsp: Any, mode: int, decode: Any) -> None:
    state, out = spandsp.lib.g711_init(spandsp.ffi.NULL, mode), np.empty(256, np.int16)
    buffers = spandsp.ffi.from_buffer("int16_t[]", out), spandsp.ffi.from_buffer("uint8_t[]", CODES)
    assert spandsp.lib.g711_decode(state, *buffers, 256) == 256
    spandsp.lib.g711_free(state)
    assert np.array_equal(decode(CODES), out)


def encoded_by_spandsp(spandsp: Any, mode: int) -> Any:
    state, out = spandsp.lib.g711_init(spandsp.ffi.NULL, mode), np.empty(65536, np.uint8)
    buffers = spandsp.ffi.from_buffer("uint8_t[]", out), spandsp.ffi.from_buffer("int16_t[]", SAMPLES)
    assert spandsp.lib.g711_encode(state, *buffers, 65536) == 65536
    spandsp.lib.g711_free(state)
    return out


def test_every_sample_encodes_alike_in_a_law(spandsp: Any) -> None:
    assert np.array_equal(alaw_encode(SAMPLES), encoded_by_spandsp(spandsp, 0))


def test_every_sample_encodes_alike_in_mu_law_but_for_negative_ties(spandsp: Any) -> None:
    """G.711 leaves a sample on a decision value open; ours follows the ITU's own G.191 (ones' complement),
    spandsp takes the magnitude of a negative sample: our code for the sample one below."""
    theirs = encoded_by_spandsp(spandsp, 1)
    below = np.where(SAMPLES < 0, np.maximum(SAMPLES.astype(np.int32) - 1, -32768), SAMPLES).astype(np.int16)
    assert np.array_equal(ulaw_encode(below), theirs)
    assert np.count_nonzero(ulaw_encode(SAMPLES) != theirs) == 127  # one a decision value


def test_tables_3_and_4_are_spandsps_but_for_note_3(spandsp: Any) -> None:
    """By note 3 one value each way is not the best one, so that bits 1 to 7 survive A-law to mu-law to A-law. Spandsp
    has the best one: A-81 comes back as A-80 there, and bits 4 to 8 are all others."""
    to_mu = np.array([spandsp.lib.alaw_to_ulaw(code) for code in range(256)], np.uint8)
    to_a = np.array([spandsp.lib.ulaw_to_alaw(code) for code in range(256)], np.uint8)
    a_80, mu_80 = 0xD5 ^ 79, 0xFF ^ 80
    assert np.flatnonzero(alaw_to_ulaw(CODES) != to_mu).tolist() == sorted([a_80, a_80 ^ 0x80])
    assert np.flatnonzero(ulaw_to_alaw(CODES) != to_a).tolist() == sorted([mu_80, mu_80 ^ 0x80])
    assert np.any((to_a[to_mu] ^ CODES) & 0xFE)
