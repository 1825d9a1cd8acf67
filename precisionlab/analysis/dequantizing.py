"""Quantized tensors as the numbers that they stand for: 8-bit codes times the scales that are stored beside them.

That is how compressed-tensors stores FP8 and int8, and how blocks of FP8 are stored whose scales are called `_scale_inv`
(and are factors all the same). There is one scale for the tensor, for each row, or for each block of rows and columns.
Formats that pack several codes into one word, and those with zero points, are not taken apart.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.analysis.cast_losses import Floats, values_of
from precisionlab.analysis.census.layouts import LAYOUTS, codes_of
from precisionlab.analysis.tensors import Reader
from precisionlab.checkpoints.model import ByteRange, TensorInfo
from precisionlab.formats import FloatFormat

SUFFIXES: Final = ("_scale", "_scale_inv")
ZERO_POINT: Final = "_zero_point"
CODES: Final = ("int8", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")
RESULT: Final = "float32"
RESULT_BYTES: Final = 4
MATRIX_AXES: Final = 2


@dataclass(frozen=True, slots=True)
class Scales:
    """The scales of a tensor."""

    info: TensorInfo
    rows: int
    columns: int
    """How many of the tensor as a matrix, its first axis by all others, share one."""


def scales_in(infos: Iterable[TensorInfo]) -> Mapping[str, Scales]:
    """The scales of each tensor of 8-bit codes that has some which fit its shape and no zero point, by its name."""
    by_name = {info.name: info for info in infos}
    found = {}
    for info in by_name.values():
        beside = [by_name[info.name + suffix] for suffix in SUFFIXES if info.name + suffix in by_name]
        if info.dtype in CODES and len(beside) == 1 and info.name + ZERO_POINT not in by_name:
            block = block_of(info.shape, beside[0].shape)
            if block is not None and is_float(beside[0]):
                found[info.name] = Scales(beside[0], *block)
    return found


def is_float(info: TensorInfo) -> bool:
    """Whether a tensor holds real floats."""
    layout = LAYOUTS[info.dtype]
    return isinstance(layout.format, FloatFormat) and layout.components == 1


def block_of(shape: tuple[int, ...], scales: tuple[int, ...]) -> tuple[int, int] | None:
    """How many rows and columns share a scale, where these shapes fit together in one way."""
    if 0 in shape or not shape:
        return None
    n_rows, n_columns = shape[0], math.prod(shape[1:])
    if math.prod(scales) == 1:
        return n_rows, n_columns
    if scales[0] == n_rows and math.prod(scales) == n_rows:
        return 1, n_columns
    if len(shape) != MATRIX_AXES or len(scales) != MATRIX_AXES:
        return None
    rows, columns = share_of(n_rows, scales[0]), share_of(n_columns, scales[1])
    return None if rows is None or columns is None else (rows, columns)


def share_of(n: int, n_parts: int) -> int | None:
    """How long each of some equal parts of an axis is, but for a shorter last one: a power of two, or a whole part.

    None where there is none, or one of each.
    """
    if n_parts == 1:
        return n
    powers = [1 << i for i in range(n.bit_length()) if -(-n // (1 << i)) == n_parts]
    wholes = [n // n_parts] if n_parts and n % n_parts == 0 else []
    found = {*powers, *wholes}
    return found.pop() if len(found) == 1 else None


class ScalingReader:
    """Reads codes and scales, and gives the numbers as if they were stored as float32: products rounded once."""

    def __init__(self, codes: TensorInfo, scales: Scales, reader: Reader) -> None:
        self._codes = codes
        self._scales = scales
        self._reader = reader
        self._grid: Floats | None = None

    def read_into(self, location: ByteRange, start: int, buffer: memoryview) -> None:
        """Fill the buffer with numbers, from a byte on with which one begins."""
        del location
        numbers = np.frombuffer(buffer, np.float32)
        first = start // RESULT_BYTES
        codes = np.empty(len(numbers), np.uint8)
        self._reader.read_into(self._codes.location, first, codes.data)
        layout = LAYOUTS[self._codes.dtype]
        places = np.arange(first, first + len(numbers))
        with np.errstate(all="ignore"):  # what overflows is infinite, as it is where the model runs
            numbers[:] = values_of(codes_of(codes, layout), layout.format) * self._scales_at(places)

    def _scales_at(self, places: NDArray[np.int64]) -> Floats:
        """The scales of elements, in float64."""
        if self._grid is None:
            self._grid = self._read_grid()
        rows, columns = np.divmod(places, math.prod(self._codes.shape[1:]))
        return np.asarray(self._grid[rows // self._scales.rows, columns // self._scales.columns])

    def _read_grid(self) -> Floats:
        """The scales, [blocks of rows, blocks of columns]."""
        info = self._scales.info
        content = np.empty(info.n_bytes, np.uint8)
        self._reader.read_into(info.location, 0, content.data)
        layout = LAYOUTS[info.dtype]
        scales = values_of(codes_of(content, layout)[: info.n_elements], layout.format)
        return scales.reshape(-(-self._codes.shape[0] // self._scales.rows), -1)


def header_of_numbers(codes: TensorInfo) -> TensorInfo:
    """The header of the numbers behind codes: float32, of the same name and shape."""
    location = replace(codes.location, length=codes.n_elements * RESULT_BYTES)
    return replace(codes, dtype=RESULT, location=location, note=f"{codes.dtype} times its scales")
