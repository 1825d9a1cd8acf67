"""Which arrays are taken, numpy's and torch's alike; torch is never imported for that."""

import sys
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError

if TYPE_CHECKING:
    import torch

FLOAT_TYPES: Final = ("float16", "bfloat16", "float32", "float64")
"""The types of numbers that are rounded and quantized, by numpy's (or ml_dtypes') and torch's name."""


def float_type_of(values: object) -> str:
    """The type of an array's numbers.

    Raises:
        UsageError: it is no array, or not of these types, or has no numbers in memory, or is masked.
    """
    if is_numpy(values):
        check_unmasked(values)
        name = values.dtype.name
    elif is_torch(values):
        check_dense(values)
        name = str(values.dtype).removeprefix("torch.")
    else:
        raise no_array_error(values)
    if name not in FLOAT_TYPES:
        raise UsageError(name, "is no type that is rounded", f"convert the array to one of {', '.join(FLOAT_TYPES)}")
    return name


def is_numpy(values: object) -> TypeGuard[NDArray[Any]]:
    """Whether these are numpy's."""
    return isinstance(values, np.ndarray | np.generic)


def is_torch(values: object) -> "TypeGuard[torch.Tensor]":
    """Whether these are torch's, which is imported then."""
    return "torch" in sys.modules and isinstance(values, sys.modules["torch"].Tensor)


def check_unmasked(values: NDArray[Any]) -> None:
    """See that an array has no mask, which would be ignored.

    Raises:
        UsageError: it has.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise UsageError("array", "is masked, and masks are not looked at", "give array.filled(0) or .compressed()")


def check_dense(values: "torch.Tensor") -> None:
    """See that a tensor has all its numbers in memory.

    Raises:
        UsageError: it is sparse, or on the meta device.
    """
    if values.layout is not sys.modules["torch"].strided or values.device.type == "meta":
        kind = "on the meta device" if values.device.type == "meta" else "sparse"
        raise UsageError("tensor", f"is {kind}, and has no numbers to round", "give a dense tensor")


def no_array_error(values: object) -> UsageError:
    """The error for what is neither numpy's nor torch's."""
    return UsageError(type(values).__name__, "is no array", "give a numpy array or a torch tensor")
