"""Codes that come from outside: decoded once they are known to be codes of the format."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats.patterns import decode
from precisionlab.formats.records import ElementFormat


def decode_checked(codes: NDArray[Any], format_: ElementFormat) -> NDArray[np.float64]:
    """The numbers that integers stand for.

    Raises:
        FormatError: one is wider than the format's codes, or float64 does not hold the format.
        UsageError: they are no integers.
    """
    if codes.dtype.kind not in "ui":
        raise UsageError(codes.dtype.name, "codes are integers")
    if codes.size and (int(codes.min()) < 0 or int(codes.max()) >> format_.bits):
        raise wide_code_error(format_)
    return np.asarray(decode(codes.astype(f"u{codes.itemsize}", copy=False), format_))


def wide_code_error(format_: ElementFormat) -> FormatError:
    """The error for an integer that is no code of a format."""
    return FormatError(format_.name, f"a given code is negative or wider than {format_.bits} bits")
