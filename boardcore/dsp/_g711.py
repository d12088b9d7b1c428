"""ITU-T G.711 A-law and µ-law (bc_g711.h).

Linear samples are on the 16-bit scale: a 13-bit A-law value times 8, a 14-bit µ-law value times 4.
"""

from collections.abc import Callable
from typing import Any

from boardcore._native import ffi, lib
from boardcore.dsp._arguments import INT16, UINT8, Int16Array, Uint8Array, checked, result_array
from boardcore.dsp._isa import BEST

_A: int = lib.BC_LAW_A
_MU: int = lib.BC_LAW_MU
_from_buffer: Callable[..., Any] = ffi.from_buffer


def _encode(law: int, samples: Int16Array, out: Uint8Array | None) -> Uint8Array:
    linear = checked(samples, INT16, "samples")
    octets = result_array(out, linear.shape, UINT8)
    if linear.size:
        lib.bc_g711_encode(
            law, BEST, _from_buffer("int16_t[]", linear), linear.size, _from_buffer("uint8_t[]", octets)
        )
    return octets


def _decode(law: int, octets: Uint8Array, out: Int16Array | None) -> Int16Array:
    coded = checked(octets, UINT8, "octets")
    linear = result_array(out, coded.shape, INT16)
    if coded.size:
        lib.bc_g711_decode(
            law, BEST, _from_buffer("uint8_t[]", coded), coded.size, _from_buffer("int16_t[]", linear)
        )
    return linear


def ulaw_encode(samples: Int16Array, out: Uint8Array | None = None) -> Uint8Array:
    """Encode linear samples in µ-law (G.711 table 2).

    Args:
        samples: int16, any shape; copied first if it is not contiguous.
        out: uint8 of the same shape, C-contiguous; a new array without it.

    Returns:
        `out`, or the new array.

    Raises:
        TypeError: Either array is not one, or of another dtype.
        ValueError: `out` has another shape, is not contiguous or is read-only.
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
        ValueError: `out` has another shape, is not contiguous or is read-only.
    """
    return _decode(_MU, octets, out)


def alaw_decode(octets: Uint8Array, out: Int16Array | None = None) -> Int16Array:
    """Decode A-law octets, even bits inverted (G.711 table 1). Otherwise as `ulaw_decode`."""
    return _decode(_A, octets, out)
