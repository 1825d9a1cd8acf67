"""The header of a `.npy` array: its dtype, shape and order, parsed by numpy without unpickling.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
"""

import io
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib import format as npy_format

MAX_HEADER_BYTES = 10_000
"""Longest header that is parsed: numpy's own default."""

MAX_LEAD_BYTES = MAX_HEADER_BYTES + 12
"""Bytes up to the end of the longest header, magic and length included."""

_DTYPES: Mapping[tuple[str, int], str] = MappingProxyType(
    {
        ("b", 1): "bool",
        **{("u", n): f"uint{8 * n}" for n in (1, 2, 4, 8)},
        **{("i", n): f"int{8 * n}" for n in (1, 2, 4, 8)},
        **{("f", n): f"float{8 * n}" for n in (2, 4, 8)},
        **{("c", n): f"complex{8 * n}" for n in (8, 16)},
    }
)
"""What `DTYPE_BITS` calls a numpy dtype, by its kind and bytes."""

_OTHER_KINDS = {
    "O": "holds Python objects, which could only be unpickled",
    "S": "holds text",
    "U": "holds text",
    "M": "holds dates",
    "m": "holds time spans",
    "f": "holds the platform's long double, whose bytes have no common meaning",
    "c": "holds the platform's complex long double, whose bytes have no common meaning",
}

_PARSERS = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
    (3, 0): npy_format.read_array_header_2_0,  # differs in the encoding of field names only
}

_MAX_INT64 = 2**63 - 1


class DamagedArrayError(Exception):
    """What is wrong with an array: a clause that may be shown."""


class UnsupportedArrayError(Exception):
    """Why a sound array holds no numbers of a known dtype: a clause that may be shown."""


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """What the header says, and where it ends."""

    dtype: str
    """A key of `DTYPE_BITS`."""
    element_bytes: int
    shape: tuple[int, ...]
    is_column_major: bool
    is_big_endian: bool
    n_header_bytes: int

    @property
    def n_bytes(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.element_bytes


def parse_header(lead: bytes | bytearray) -> NpyHeader:
    """The header at the beginning of the bytes, of which `MAX_LEAD_BYTES` suffice.

    Raises:
        DamagedArrayError: it is no header, or one of more bytes than 64 bits count.
        UnsupportedArrayError: the elements are no numbers of a known dtype.
    """
    stream = io.BytesIO(lead)
    shape, is_column_major, dtype = _parse(stream)
    if not all(type(length) is int and 0 <= length <= _MAX_INT64 for length in shape):
        raise DamagedArrayError("has a shape that is none")
    if math.prod(shape) * dtype.itemsize > _MAX_INT64:
        raise DamagedArrayError("has a shape whose product overflows 64 bits")
    is_big_endian = dtype.newbyteorder("<") != dtype
    return NpyHeader(_dtype_name(dtype), dtype.itemsize, shape, is_column_major, is_big_endian, stream.tell())


def _parse(stream: io.BytesIO) -> "tuple[tuple[int, ...], bool, np.dtype[Any]]":
    try:
        parser = _PARSERS.get(npy_format.read_magic(stream))
        if parser is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numpy warns of headers written by Python 2
                return parser(stream, max_header_size=MAX_HEADER_BYTES)
    except Exception as error:  # numpy lets through what tokenize, ast and dtype raise
        raise DamagedArrayError("has no valid .npy header") from error
    raise DamagedArrayError("is of an unknown version of the .npy format")


def _dtype_name(dtype: "np.dtype[Any]") -> str:
    name = _DTYPES.get((dtype.kind, dtype.itemsize))
    if name is None:
        raise UnsupportedArrayError(_reason(dtype))
    return name


def _reason(dtype: "np.dtype[Any]") -> str:
    if dtype.names is not None:
        return f"is a structured array of {len(dtype.names)} fields"
    if dtype.kind == "V":
        lost = f"numpy stored its {dtype.itemsize}-byte elements without their type"
        return f"{lost} (as it does with bfloat16, float8 and int4 of ml_dtypes)"
    return _OTHER_KINDS.get(dtype.kind, "holds no numbers")
