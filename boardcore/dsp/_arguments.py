"""What the functions of this package ask of their arguments: nothing is converted silently."""

import math
from numbers import Integral, Real
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Int16Array = NDArray[np.int16]
Uint8Array = NDArray[np.uint8]
Scalar = TypeVar("Scalar", bound=np.generic)


INT16 = np.dtype(np.int16)
UINT8 = np.dtype(np.uint8)


def checked(value: object, dtype: np.dtype[Scalar], name: str) -> NDArray[Scalar]:
    """Return `value` as a C-contiguous array of `dtype`, copied only if it is not contiguous.

    Raises:
        TypeError: It is not an array, or one of another dtype: nothing is converted silently.
    """
    array = _array_of(value, dtype, name)
    return array if array.flags.c_contiguous else array.copy()


def result_array(out: object, shape: tuple[int, ...], dtype: np.dtype[Scalar]) -> NDArray[Scalar]:
    """Return the array to write a result to: a new one, or the caller's `out` once it is found fit.

    Raises:
        TypeError: `out` is not an array of `dtype`.
        ValueError: `out` has another shape, is not C-contiguous or may not be written to.
    """
    if out is None:
        return np.empty(shape, dtype)
    array = _array_of(out, dtype, "out")
    if array.shape != shape:
        raise ValueError(f"out must have the shape of the input, {shape}, got {array.shape}")
    if not (array.flags.c_contiguous and array.flags.writeable):
        raise ValueError("out must be C-contiguous and writeable")
    return array


def _array_of(value: object, dtype: np.dtype[Scalar], name: str) -> NDArray[Scalar]:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of {dtype.name}, got {type(value).__name__}")
    array = cast("NDArray[Any]", value)
    if array.dtype is not dtype and array.dtype != dtype:
        raise TypeError(f"{name} must be a numpy array of {dtype.name}, got an array of {array.dtype}")
    return array


def finite(value: object, name: str) -> float:
    """Return `value` as a float.

    Raises:
        TypeError: It is not a real number.
        ValueError: It is NaN or infinite.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number


def whole(value: object, low: int, high: int, name: str) -> int:
    """Return `value` as an int.

    Raises:
        TypeError: It is not an integer.
        ValueError: It is not from `low` to `high`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}")
    number = int(value)
    if not low <= number <= high:
        raise ValueError(f"{name} must be from {low} to {high}, got {number}")
    return number
