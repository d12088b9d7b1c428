"""ITU-T G.711 A-law and µ-law (bc_g711.h).

Linear samples are on the 16-bit scale: a 13-bit A-law value times 8, a 14-bit µ-law value times 4.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import INT16, UINT8, Int16Array, Uint8Array, checked, result_array
from boardcore.dsp._isa import BEST

_A: int = lib.BC_LAW_A
_MU: int = lib.BC_LAW_MU
_from_buffer: Callable[..., Any] = ffi.from_buffer


def _apart(coming: Any, going: Any) -> None:
    """Refuse a result that would be written over what is still to be read."""
    if np.may_share_memory(coming, going):  # exact: both are contiguous
        raise ValueError("out must not overlap the input")


def _encode(law: int, samples: Int16Array, out: Uint8Array | None) -> Uint8Array:
    linear = checked(samples, INT16, "samples")
    octets = result_array(out, linear.shape, UINT8)
    _apart(linear, octets)
    if linear.size:
        lib.bc_g711_encode(
            law, BEST, _from_buffer("int16_t[]", linear), linear.size, _from_buffer("uint8_t[]", octets)
        )
    return octets


def _decode(law: int, octets: Uint8Array, out: Int16Array | None) -> Int16Array:
    coded = checked(octets, UINT8, "octets")
    linear = result_array(out, coded.shape, INT16)
    _apart(coded, linear)
    if coded.size:
        lib.bc_g711_decode(
            law, BEST, _from_buffer("uint8_t[]", coded), coded.size, _from_buffer("int16_t[]", linear)
        )
    return linear


def _convert(law: int, octets: Uint8Array, out: Uint8Array | None) -> Uint8Array:
    coded = checked(octets, UINT8, "octets")
    other = result_array(out, coded.shape, UINT8)
    if other is not coded:
        _apart(coded, other)
    if coded.size:
        lib.bc_g711_convert(
            law, BEST, _from_buffer("uint8_t[]", coded), coded.size, _from_buffer("uint8_t[]", other)
        )
    return other


def ulaw_encode(samples: Int16Array, out: Uint8Array | None = None) -> Uint8Array:
    """Encode linear samples in µ-law (G.711 table 2).

    Args:
        samples: int16, any shape; copied first if it is not contiguous.
        out: uint8 of the same shape, C-contiguous; a new array without it.

    Returns:
        `out`, or the new array.

    Raises:
        TypeError: Either array is not one, or of another dtype.
        ValueError: `out` has another shape, is not contiguous, is read-only or overlaps the input.
    """
    return _encode(_MU, samples, out)


def alaw_encode(samples: Int16Array, out: Uint8Array | None = None) -> Uint8Array:
    """Encode linear samples in A-law, even bits inverted (G.711 table 1). Otherwise as `ulaw_encode`."""
    return _encode(_A, samples, out)


def ulaw_decode(octets: Uint8Array, out: Int16Array | None = None) -> Int16Array:
    """Decode µ-law octets (G.711 table 2).

    Args:
        octets: uint8, any shape; copied first if it is not contiguous.
        out: int16 of the same shape, C-contiguous; a new array without it.

    Returns:
        `out`, or the new array.

    Raises:
        TypeError: Either array is not one, or of another dtype.
        ValueError: `out` has another shape, is not contiguous, is read-only or overlaps the input.
    """
    return _decode(_MU, octets, out)


def alaw_decode(octets: Uint8Array, out: Int16Array | None = None) -> Int16Array:
    """Decode A-law octets, even bits inverted (G.711 table 1). Otherwise as `ulaw_decode`."""
    return _decode(_A, octets, out)


def alaw_to_ulaw(octets: Uint8Array, out: Uint8Array | None = None) -> Uint8Array:
    """Convert A-law octets to µ-law (G.711 table 4).

    That is not decoding and encoding again: G.711 chooses the values so that least is lost on a way through both laws.
    Bits 1 to 7 survive A-law to µ-law to A-law and the other way round (table 4, note 3): only a step may be lost.

    Args:
        octets: uint8, any shape; copied first if it is not contiguous.
        out: uint8 of the same shape, C-contiguous; may be `octets` itself. A new array without it.

    Returns:
        `out`, or the new array.

    Raises:
        TypeError: Either array is not one, or of another dtype.
        ValueError: `out` has another shape, is not contiguous, is read-only or overlaps part of the input.
    """
    return _convert(_A, octets, out)


def ulaw_to_alaw(octets: Uint8Array, out: Uint8Array | None = None) -> Uint8Array:
    """Convert µ-law octets to A-law (G.711 table 3), where paths between countries are A-law. As `alaw_to_ulaw`."""
    return _convert(_MU, octets, out)
