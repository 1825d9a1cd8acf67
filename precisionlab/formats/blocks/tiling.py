"""A tensor as a matrix, and the matrix in pieces that hold whole blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from precisionlab.formats.blocks.parts import Extent
from precisionlab.formats.blocks.records import BlockFormat, matrix_shape

if TYPE_CHECKING:
    from torch import Tensor

PIECE: Final = 1 << 20
"""Elements that are worked on at a time: 4 MiB of binary32, which stay in the outer caches between two passes."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """How blocks of `height` by `width` elements cover a matrix; those at its ends may be short."""

    n_rows: int
    n_columns: int
    height: int
    width: int

    @property
    def grid(self) -> tuple[int, int]:
        """Blocks along either axis."""
        return -(-self.n_rows // self.height), -(-self.n_columns // self.width)


class Shape(NamedTuple):
    """Of the blocks that a piece touches."""

    height: int
    width: int
    above: int
    """Rows of the first block that lie before the piece."""
    before: int
    """Columns of the first block that lie before the piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a matrix, and the blocks that it touches."""

    rows: slice
    columns: slice
    blocks: tuple[slice, slice]
    shape: Shape
    """Of those blocks."""

    @property
    def grid(self) -> tuple[int, int]:
        """Blocks along either axis."""
        down, across = self.blocks
        return down.stop - down.start, across.stop - across.start

    def of(self, matrix: "Tensor") -> "Tensor":
        """The part itself."""
        return matrix[self.rows, self.columns]


def tiling_of(shape: tuple[int, ...], extent: Extent) -> Tiling:
    """The tiling of a tensor. Blocks in rows that they divide are those of one long row, which is simpler to walk."""
    n_rows, n_columns = matrix_shape(shape, is_flat=extent.is_flat)
    if extent.rows == 1 and extent.columns is not None and n_columns % extent.columns == 0:
        n_rows, n_columns = min(n_rows, 1), n_rows * n_columns
    return Tiling(n_rows, n_columns, extent.rows or max(1, n_rows), extent.columns or max(1, n_columns))


def regions(tiling: Tiling, format_: BlockFormat) -> Iterator[Piece]:
    """Parts whose scales do not depend on one another: pieces, or else the whole matrix."""
    n_together = format_.scale.span or 1
    if format_.is_local and tiling.height * tiling.width * n_together <= PIECE:
        yield from pieces(tiling, n_together)
    elif tiling.n_rows and tiling.n_columns:
        yield piece_at(tiling, slice(0, tiling.n_rows), slice(0, tiling.n_columns))


def pieces(tiling: Tiling, n_together: int = 1) -> Iterator[Piece]:
    """Parts of about `PIECE` elements: some whole rows, or parts of a few.

    Blocks are cut only if they are larger than that; `n_together` along a row stay together.
    """
    height = tiling.height if tiling.height * min(tiling.width, tiling.n_columns) <= PIECE else 1
    unit = tiling.width * n_together
    width = max(1, PIECE // height // unit) * unit if height * unit <= PIECE else PIECE
    if tiling.n_columns <= width:
        height, width = max(1, PIECE // max(1, tiling.n_columns) // height) * height, max(1, tiling.n_columns)
    for row in range(0, tiling.n_rows, height):
        for column in range(0, tiling.n_columns, width):
            rows, columns = (
                slice(row, min(row + height, tiling.n_rows)),
                slice(column, min(column + width, tiling.n_columns)),
            )
            yield piece_at(tiling, rows, columns)


def piece_at(tiling: Tiling, rows: slice, columns: slice) -> Piece:
    """A part with the blocks that it touches."""
    down = slice(rows.start // tiling.height, -(-rows.stop // tiling.height))
    across = slice(columns.start // tiling.width, -(-columns.stop // tiling.width))
    above, before = rows.start - down.start * tiling.height, columns.start - across.start * tiling.width
    return Piece(rows, columns, (down, across), Shape(tiling.height, tiling.width, above, before))
