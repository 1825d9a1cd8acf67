"""Arrays that a file holds column-major or big-endian, rewritten row-major and little-endian."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from precisionlab.checkpoints.model import ByteRange
from precisionlab.checkpoints.reading import RegularFile
from precisionlab.checkpoints.spilling import Spill
from precisionlab.errors import CheckpointError

BLOCK_BYTES = 32 << 20
"""Bytes that are rearranged at a time; some three times as much memory is used."""

_Elements = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class ArrayBytes:
    """An array as it lies in a file."""

    offset: int
    shape: tuple[int, ...]
    element_bytes: int
    word_bytes: int
    """Bytes of what has a byte order: of an element, or of half a complex one."""
    is_column_major: bool
    is_big_endian: bool

    @property
    def n_bytes(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.element_bytes

    @property
    def is_in_place(self) -> bool:
        """Whether the bytes already are row-major and little-endian."""
        return self.n_bytes == 0 or not (self.is_transposed or self.is_big_endian)

    @property
    def is_transposed(self) -> bool:
        """Whether column-major order differs from row-major: with one axis it does not."""
        return self.is_column_major and len(self.long_axes) > 1

    @property
    def long_axes(self) -> tuple[int, ...]:
        """Lengths of the axes that hold more than one element."""
        return tuple(length for length in self.shape if length != 1)


def rearrange(file: RegularFile, array: ArrayBytes, spill: Spill) -> ByteRange:
    """Write the array row-major and little-endian to the spill, in bounded memory.

    Raises:
        CheckpointError: the disk is full, the file shrank, or the array is column-major,
            has three axes or more, and one slice along the first exceeds `BLOCK_BYTES`.
    """
    spill.require(array.n_bytes)
    if not array.is_transposed:
        return spill.write(_swapped(_pieces(file, array.offset, array.n_bytes), array))
    if array.n_bytes <= BLOCK_BYTES:
        return spill.write(_swapped([_transposed(file, array)], array))
    return _rearrange_by_strips(file, array, spill)


def _swapped(chunks: Iterable[bytearray | memoryview], array: ArrayBytes) -> Iterator[memoryview]:
    for chunk in chunks:
        words = np.frombuffer(chunk, f"u{array.word_bytes}")
        yield (words.byteswap() if array.is_big_endian else words).data


def _pieces(file: RegularFile, offset: int, length: int) -> Iterator[bytearray]:
    for start in range(0, length, BLOCK_BYTES):
        yield file.read(offset + start, min(BLOCK_BYTES, length - start))


def _transposed(file: RegularFile, array: ArrayBytes) -> memoryview:
    content = file.read(array.offset, array.n_bytes)
    return _row_major(_elements(content, array).reshape(array.long_axes[::-1]).transpose())


def _elements(content: bytearray, array: ArrayBytes) -> _Elements:
    return np.frombuffer(content, f"V{array.element_bytes}")


def _row_major(elements: _Elements) -> memoryview:
    return np.ascontiguousarray(elements).reshape(-1).view(np.uint8).data


def _rearrange_by_strips(file: RegularFile, array: ArrayBytes, spill: Spill) -> ByteRange:
    """Rearrange in two passes, so that every read is of neighbouring bytes.

    The array is taken as a matrix of its first axis by all others. The first pass writes
    strips of its columns, each row-major, to a scratch file; the second one joins the
    strips' rows.
    """
    _refuse_large_slices(spill.subject, array)
    scratch = Spill(spill.subject)
    try:
        scratch.require(array.n_bytes)
        strips = [
            _Strip(scratch.write(_strip(file, array, first, width)), width * array.element_bytes)
            for first, width in _strip_columns(array)
        ]
        with RegularFile(scratch.path) as written:
            return spill.write(_swapped(_joined_rows(written, array, strips), array))
    finally:
        scratch.release()


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some neighbouring columns, row-major, in the scratch file."""

    location: ByteRange
    row_bytes: int


def _refuse_large_slices(subject: str, array: ArrayBytes) -> None:
    rows, *others = array.long_axes
    if len(others) > 1 and array.n_bytes // rows > BLOCK_BYTES:
        problem = f"a column-major array has slices of {array.n_bytes // rows:,} bytes"
        raise CheckpointError(subject, problem, "save it row-major (numpy.ascontiguousarray)")


def _strip_columns(array: ArrayBytes) -> Iterator[tuple[int, int]]:
    """First column and width of each strip; one column may exceed a block."""
    rows, *others = array.long_axes
    columns = math.prod(others)
    width = max(1, BLOCK_BYTES // (rows * array.element_bytes))
    for first in range(0, columns, width):
        yield first, min(width, columns - first)


def _strip(file: RegularFile, array: ArrayBytes, first: int, width: int) -> Iterable[bytearray | memoryview]:
    column_bytes = array.long_axes[0] * array.element_bytes
    start = array.offset + first * column_bytes
    if width == 1:
        return _pieces(file, start, column_bytes)
    columns = _elements(file.read(start, width * column_bytes), array).reshape(width, -1)
    return [_row_major(columns.transpose())]


def _joined_rows(
    strips_file: RegularFile, array: ArrayBytes, strips: Iterable[_Strip]
) -> Iterator[bytearray | memoryview]:
    """Every row, from strip to strip; many rows at a time where they fit in a block."""
    rows = array.long_axes[0]
    height = BLOCK_BYTES * rows // array.n_bytes
    for start in range(0, rows, max(1, height)):
        count = max(1, min(height, rows - start))
        parts = (_read_rows(strips_file, strip, start, count) for strip in strips)
        if height == 0:
            yield from parts
        else:
            yield _joined([_elements(part, array).reshape(count, -1) for part in parts], array)


def _joined(parts: Sequence[_Elements], array: ArrayBytes) -> memoryview:
    """The rows side by side; the axes behind the first, still column-major, turned round."""
    rows = np.concatenate(parts, axis=1)
    slices = rows.reshape(len(rows), *array.long_axes[:0:-1])
    return _row_major(slices.transpose(0, *range(slices.ndim - 1, 0, -1)))


def _read_rows(strips_file: RegularFile, strip: _Strip, start: int, count: int) -> bytearray:
    return strips_file.read(strip.location.offset + start * strip.row_bytes, count * strip.row_bytes)
