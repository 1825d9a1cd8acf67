"""Formats as numpy and ml_dtypes have them: their levels, and what a tensor becomes in them."""

from collections.abc import Callable
from typing import Any, Final

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Array = NDArray[Any]

NF4: Final = np.array(
    [
        *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453),
        *(-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0),
        *(0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224),
        *(0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0),
    ]
)
"""Dettmers et al., QLoRA (2023), arXiv:2305.14314, appendix E."""


def levels_of_bytes(dtype: type) -> Doubles:
    """The distinct finite numbers of an 8-bit type, increasing."""
    numbers = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float64)
    return np.unique(numbers[np.isfinite(numbers)])


E4M3: Final = levels_of_bytes(ml_dtypes.float8_e4m3fn)
E5M2: Final = levels_of_bytes(ml_dtypes.float8_e5m2)
E2M1: Final = np.array([-6, -4, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 6])
"""OCP Microscaling Formats (MX) Specification 1.0, table 5."""


def integers(bits: int) -> Doubles:
    """Those of two's complement."""
    return np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)).astype(np.float64)


def nearest(numbers: Doubles, levels: Doubles) -> Doubles:
    """The level next to each number; of ties the lower one."""
    return np.asarray(levels[np.searchsorted((levels[1:] + levels[:-1]) / 2, numbers, side="left")])


def cast_to_e4m3(array: Array) -> Doubles:
    """A plain cast that saturates."""
    return np.asarray(np.clip(array.astype(np.float64), -448, 448).astype(ml_dtypes.float8_e4m3fn).astype(np.float64))


def in_groups(array: Array, length: int, quantized: Callable[[Doubles], Doubles]) -> Doubles:
    """Every group of a row for itself, the last one as short as it is; `quantized` takes [rows, at most length]."""
    matrix = array.reshape(len(array), -1).astype(np.float64)
    starts = range(0, matrix.shape[1], length)
    return np.concatenate([quantized(matrix[:, at : at + length]) for at in starts], axis=1).reshape(array.shape)


def amax(groups: Doubles) -> Doubles:
    """[groups, 1] largest magnitudes; 1 of zeros alone."""
    largest = np.abs(groups).max(axis=1, keepdims=True)
    return np.where(largest > 0, largest, 1.0)


def symmetric_integers(bits: int) -> Callable[[Doubles], Doubles]:
    """Half of whose range the largest magnitude spans, in binary32, as compressed-tensors has them."""

    def quantized(groups: Doubles) -> Doubles:
        scales = (amax(groups) / (2 ** (bits - 1) - 0.5)).astype(np.float32)
        rounded = np.rint(groups.astype(np.float32) / scales)  # the largest is a tie there
        return np.asarray((np.clip(rounded, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) * scales).astype(np.float64))

    return quantized


def nf4(groups: Doubles) -> Doubles:
    """Entries of the table times the largest magnitude."""
    return nearest(groups / amax(groups), NF4) * amax(groups)


def mxfp4(groups: Doubles) -> Doubles:
    """E2M1 under the power of two of the OCP's rule."""
    scales = np.exp2(np.floor(np.log2(amax(groups))) - 2)
    return np.asarray(nearest(groups / scales, E2M1) * scales)
