"""The numbers of a stored tensor in a type that is summed."""

from typing import Any, Final

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.errors import UsageError
from precisionlab.formats.arrays import FLOAT_TYPES
from precisionlab.formats.patterns import decode
from precisionlab.formats.records import FloatFormat

Reals = NDArray[Any]

WIDE_INTEGERS: Final = ("int64", "uint64")
"""Types that have integers which float64 lacks."""


def type_of(tensor: TensorInfo) -> str:
    """The format that the numbers are summed in by default: floats in their own, integers in float64."""
    return tensor.dtype if isinstance(LAYOUTS[tensor.dtype].format, FloatFormat) else "float64"


def reals_of(tensor: TensorInfo, content: NDArray[np.uint8]) -> Reals:
    """The numbers of stored bytes, flat: float16 and wider in their own type, all others exactly in float64.

    Raises:
        UsageError: complex numbers, or integers that float64 does not hold.
    """
    layout = LAYOUTS[tensor.dtype]
    if layout.components != 1:
        raise UsageError(tensor.name, f"is {tensor.dtype}, and only real numbers are summed")
    if tensor.dtype in FLOAT_TYPES:
        stored = ml_dtypes.bfloat16 if tensor.dtype == "bfloat16" else np.dtype(tensor.dtype)
        return content.view(stored)
    if tensor.dtype in WIDE_INTEGERS:
        return exact_doubles(tensor, content.view(tensor.dtype))
    return decode(codes_of(content, layout)[: tensor.n_elements], layout.format)


def exact_doubles(tensor: TensorInfo, integers: NDArray[Any]) -> Reals:
    """Integers of 64 bits as float64.

    Raises:
        UsageError: one is not a float64.
    """
    doubles = integers.astype(np.float64)
    is_beyond = np.abs(doubles) >= 2.0**53
    if is_beyond.any():
        first = int(integers[is_beyond][0])
        raise UsageError(tensor.name, f"holds {first}, and integers are summed below 2^53, where float64 has them all")
    return doubles
