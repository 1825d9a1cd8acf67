"""A tensor in bands: whole rows, or parts of a row, that block formats quantize independently of one another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import gcd, lcm
from typing import TYPE_CHECKING, Final

from precisionlab.formats import BlockFormat
from precisionlab.formats.blocks.records import matrix_shape

if TYPE_CHECKING:
    from precisionlab.analysis.tensors import Tensor
    from precisionlab.formats.blocks.measuring import Band

ELEMENTS: Final = 1 << 20
"""Of a band: 4 MiB of binary32, which stay in the outer caches while format after format takes its turn."""
BINARY32_MAX: Final = (2 - 2.0**-23) * 2.0**127
LEAST_NORMAL: Final = 2.0**-126
"""Of binary32."""
LONGEST_ROW: Final = 1 << 24
"""Longer rows are cut; all others stay whole, so that what a row shares is known within a band."""


LARGEST_BAND: Final = 1 << 25
"""Elements of a band that are too many where rows must stay together."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a band lies."""

    rows: slice
    columns: slice


@dataclass(frozen=True, slots=True)
class Cut:
    """How a tensor as a matrix is cut into bands."""

    n_rows: int
    n_columns: int
    height: int
    """Rows of a band."""
    width: int
    """Columns of a band: all of them, but of rows that are cut."""

    @property
    def is_whole_rows(self) -> bool:
        """Whether rows stay whole."""
        return self.width >= self.n_columns

    def spans(self) -> Iterator[Span]:
        """The bands in order."""
        for row in range(0, self.n_rows, self.height):
            for column in range(0, self.n_columns, self.width):
                stop = min(row + self.height, self.n_rows), min(column + self.width, self.n_columns)
                yield Span(slice(row, stop[0]), slice(column, stop[1]))


def cut_for(shape: tuple[int, ...], formats: Iterable[BlockFormat]) -> Cut:
    """The bands of a tensor in which blocks of all these formats are complete, or the last of their row."""
    chosen = tuple(formats)
    n_rows, n_columns = matrix_shape(shape, is_flat=False)
    if n_columns > LONGEST_ROW:
        unit = lcm(*(run_length(format_) for format_ in chosen))
        return Cut(n_rows, n_columns, 1, max(1, ELEMENTS // unit) * unit)
    unit = lcm(*(rows_together(format_, n_columns) for format_ in chosen))
    return Cut(n_rows, n_columns, max(1, ELEMENTS // max(1, n_columns) // unit) * unit, max(1, n_columns))


def run_length(format_: BlockFormat) -> int:
    """Elements along a row that must stay together: a block, or the blocks that share a second level."""
    return (format_.extent.columns or 1) * (format_.scale.span or 1)


def rows_together(format_: BlockFormat, n_columns: int) -> int:
    """Rows that must stay together: those of a tile; where blocks run on from row to row, until they end with one."""
    if format_.extent.is_flat:
        length = run_length(format_)
        return length // gcd(length, max(1, n_columns))
    return format_.extent.rows or 1


def is_cuttable(format_: BlockFormat, shape: tuple[int, ...]) -> bool:
    """Whether the bands of this tensor can end where blocks of a format do, and stay small."""
    n_rows, n_columns = matrix_shape(shape, is_flat=False)
    if n_columns > LONGEST_ROW:
        return format_.extent.rows in {None, 1} and not (format_.extent.is_flat and n_rows > 1)
    return min(n_rows, rows_together(format_, n_columns)) * n_columns <= LARGEST_BAND


def band_of(tensor: "Tensor", span: Span, cut: Cut) -> "Band":
    """The elements of a band in binary32; those that are not finite there are excluded, and 0."""
    import torch  # noqa: PLC0415 - takes a second; a census alone never pays it

    from precisionlab.formats.blocks.measuring import Band  # noqa: PLC0415 - torch and numba

    start = span.rows.start * cut.n_columns + span.columns.start
    stop = (span.rows.stop - 1) * cut.n_columns + span.columns.stop
    shape = (span.rows.stop - span.rows.start, span.columns.stop - span.columns.start)
    values = tensor.part(start, stop).to(torch.float32).reshape(shape).contiguous()
    if is_finite_throughout(tensor):
        return Band(values)
    is_finite = values.isfinite()
    return Band(values) if bool(is_finite.all()) else Band(torch.where(is_finite, values, 0.0), ~is_finite)


def in_binary64(band: "Band", tensor: "Tensor", span: Span, cut: Cut) -> "Band":
    """A band of a binary64 tensor as it is stored, for formats that need not go through binary32; 0 where excluded."""
    import torch  # noqa: PLC0415 - as above

    start = span.rows.start * cut.n_columns + span.columns.start
    values = tensor.part(start, start + band.values.numel()).reshape(band.values.shape)
    if band.is_excluded is None:
        return replace(band, values=values)
    return replace(band, values=torch.where(band.is_excluded, 0.0, values))


def is_finite_throughout(tensor: "Tensor") -> bool:
    """Whether the census knows of no element that is not finite in binary32."""
    census = tensor.census()
    return census.n_finite == census.n_elements and not census.largest_magnitude > BINARY32_MAX
