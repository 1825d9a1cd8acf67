"""One pass over a matrix in bands of rows: its sums, and which families it belongs to exactly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analyzers.symmetry.families import Family, Shape, Sums

if TYPE_CHECKING:
    import torch

Bands = Callable[[int, int], "torch.Tensor"]
"""From a row, or column, up to another: in float64."""
BAND = 1 << 21
"""Elements that are looked at together: 16 MiB of float64."""
SHEARED = 64
"""Rows, or as many as there are columns, whose diagonals are summed together."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one pass finds."""

    sums: Sums
    exact: tuple[Family, ...]
    """Families that the matrix belongs to, number for number."""


@dataclass(slots=True)
class Equalities:
    """Which equalities have held for all rows so far."""

    is_toeplitz: bool = True
    is_circulant: bool = True
    is_symmetric: bool = True
    is_skew: bool = True
    first_row: "torch.Tensor | None" = None
    last_row: "torch.Tensor | None" = None
    first_column_is_first: bool = True
    """Whether all of the first column is equal to its first element."""
    n_nonzero: int = 0
    n_on_diagonal: int = 0
    n_in_blocks: int = 0

    def follow(self, band: "torch.Tensor") -> None:
        """Compare rows [some, n] with one another and with those before."""
        if self.first_row is None or self.last_row is None:
            self.first_row = band[0]
            upper, lower = band[:-1], band[1:]
        else:
            upper, lower = stacked(self.last_row, band[:-1]), band
        if self.is_toeplitz:
            self.is_toeplitz = bool((lower[:, 1:] == upper[:, :-1]).all())
            self.is_circulant &= self.is_toeplitz and bool((lower[:, 0] == upper[:, -1]).all())
        self.first_column_is_first &= bool((band[:, 0] == self.first_row[0]).all())
        self.last_row = band[-1]

    def families(self, shape: Shape) -> Iterator[Family]:
        """The families that all rows together belong to."""
        if self.first_row is None:
            return
        others = self.first_row[1:]
        is_square = shape.n_rows == shape.n_columns
        is_circulant = is_square and self.is_toeplitz and self.is_circulant
        others_agree = bool((others == others[0]).all())
        holds = {
            Family.TOEPLITZ: self.is_toeplitz,
            Family.CIRCULANT: is_circulant,
            Family.EQUIVARIANT: is_circulant and others_agree,
            Family.SYMMETRIC: is_square and self.is_symmetric,
            Family.SKEW: is_square and self.is_skew,
            Family.IDENTITY: is_circulant and not bool(others.any()),
            Family.DIAGONAL: self.n_nonzero == self.n_on_diagonal,
            Family.BLOCKS: self.n_nonzero == self.n_in_blocks,
            Family.CONSTANT: self.is_toeplitz
            and self.first_column_is_first
            and bool((self.first_row == self.first_row[0]).all()),
        }
        yield from (family for family in shape.families if holds[family])


@dataclass(slots=True)
class Totals:
    """Sums over the rows so far."""

    diagonals: NDArray[np.float64]
    energy: float = 0.0
    diagonal_energy: float = 0.0
    blocks_energy: float = 0.0
    transposed_distance: float = field(default=np.nan)


def read(shape: Shape, rows: Bands, columns: Bands | None) -> Read:
    """Sums and equalities of a matrix [m, n], m and n at least 2.

    Args:
        shape: of the matrix.
        rows: reads rows.
        columns: reads columns; None where that cannot be done, and the matrix is not compared with its transpose.
    """
    n_rows, n_columns = shape.n_rows, shape.n_columns
    totals, equal = Totals(np.zeros(n_rows + n_columns - 1)), Equalities()
    is_compared = columns is not None and n_rows == n_columns
    if is_compared:
        totals.transposed_distance = 0.0
    else:
        equal.is_symmetric = equal.is_skew = False
    step = max(1, BAND // n_columns)
    for start in range(0, n_rows, step):
        stop = min(start + step, n_rows)
        band = rows(start, stop)
        equal.follow(band)
        add_sums(totals, shape, band, start)
        count_places(equal, shape, band, start)
        if is_compared and columns is not None:
            compare_transposed(totals, equal, band, columns(start, stop).T)
    sums = Sums(
        shape,
        totals.energy,
        totals.diagonals,
        totals.diagonal_energy,
        totals.blocks_energy,
        totals.transposed_distance,
    )
    return Read(sums, tuple(equal.families(shape)))


def add_sums(totals: Totals, shape: Shape, band: "torch.Tensor", start: int) -> None:
    """Energies and sums of diagonals of rows from `start` on."""
    totals.energy += float(band.square().sum())
    totals.diagonal_energy += float(on_diagonal(band, start).square().sum())
    totals.blocks_energy += sum(float(part.square().sum()) for part in in_blocks(band, shape, start))
    for offset in range(0, len(band), height := max(SHEARED, shape.n_columns)):
        part = band[offset : offset + height]
        sums = diagonal_sums(part).cpu().numpy()
        first = shape.n_rows - (start + offset + len(part))
        totals.diagonals[first : first + len(sums)] += sums


def count_places(equal: Equalities, shape: Shape, band: "torch.Tensor", start: int) -> None:
    """Count the entries other than 0, all and those on the diagonal and in blocks."""
    equal.n_nonzero += int(band.count_nonzero())
    equal.n_on_diagonal += int(on_diagonal(band, start).count_nonzero())
    equal.n_in_blocks += sum(int(part.count_nonzero()) for part in in_blocks(band, shape, start))


def compare_transposed(totals: Totals, equal: Equalities, band: "torch.Tensor", transposed: "torch.Tensor") -> None:
    """Rows beside the columns of the same places."""
    difference = (band - transposed).square_().sum()
    totals.transposed_distance += float(difference)
    equal.is_symmetric &= not bool(difference)
    equal.is_skew &= bool((band == -transposed).all())


def on_diagonal(band: "torch.Tensor", start: int) -> "torch.Tensor":
    """The entries of the main diagonal in rows from `start` on."""
    return band[:, start:].diagonal() if start < band.shape[1] else band[:0, 0]


def in_blocks(band: "torch.Tensor", shape: Shape, start: int) -> "Iterator[torch.Tensor]":
    """The parts of rows from `start` on that lie in blocks of the diagonal."""
    if Family.BLOCKS not in shape.families:
        return
    height, width = shape.n_rows // shape.n_blocks, shape.n_columns // shape.n_blocks
    for block in range(start // height, (start + len(band) - 1) // height + 1):
        rows = slice(max(0, block * height - start), (block + 1) * height - start)
        yield band[rows, block * width : (block + 1) * width]


def diagonal_sums(band: "torch.Tensor") -> "torch.Tensor":
    """Sums of the diagonals of rows [r, n], from that of the lower left corner on: [r + n - 1]."""
    n_rows, n_columns = band.shape
    # Each row lies one place further right than the one below it, once a row is one place shorter than it is long.
    sheared = band.new_zeros((n_rows, n_rows + n_columns))
    sheared[:, :n_columns] = band.flip(0)
    width = n_rows + n_columns - 1
    return sheared.reshape(-1)[: n_rows * width].reshape(n_rows, width).sum(dim=0)


def stacked(row: "torch.Tensor", band: "torch.Tensor") -> "torch.Tensor":
    """A row above others."""
    both = band.new_empty((len(band) + 1, band.shape[1]))
    both[0], both[1:] = row, band
    return both
