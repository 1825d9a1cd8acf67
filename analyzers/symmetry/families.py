"""Linear families of matrices: their dimensions, and the energy of a matrix's orthogonal projection onto each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Family(StrEnum):
    """A linear space of matrices."""

    TOEPLITZ = "toeplitz"
    """Constant along diagonals: a convolution."""
    CIRCULANT = "circulant"
    """Constant along diagonals that go on at the other edge: equivariant under cyclic shifts."""
    EQUIVARIANT = "permutation-equivariant"
    """a I + b 11^T: equivariant under all permutations (Zaheer et al. 2017)."""
    SYMMETRIC = "symmetric"
    SKEW = "skew-symmetric"
    IDENTITY = "scaled-identity"
    DIAGONAL = "diagonal"
    BLOCKS = "block-diagonal"
    CONSTANT = "constant"
    """All entries are equal."""


OF_ANY_SHAPE = frozenset({Family.TOEPLITZ, Family.BLOCKS, Family.CONSTANT})
"""The others are of square matrices."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A matrix's shape, and into how many blocks its diagonal may be cut."""

    n_rows: int
    n_columns: int
    n_blocks: int

    @property
    def n_elements(self) -> int:
        """Of the matrix."""
        return self.n_rows * self.n_columns

    @property
    def families(self) -> tuple[Family, ...]:
        """Those that have matrices of this shape, and not only such."""
        is_square = self.n_rows == self.n_columns
        can_be_cut = self.n_rows % self.n_blocks == 0 and self.n_columns % self.n_blocks == 0
        is_cut = can_be_cut and min(self.n_rows, self.n_columns) > self.n_blocks
        return tuple(
            family
            for family in Family
            if (is_square or family in OF_ANY_SHAPE) and (is_cut or family is not Family.BLOCKS)
        )

    def dimension(self, family: Family) -> int:
        """How many numbers a matrix of the family has: its share of white noise's energy, times all elements."""
        n = self.n_rows
        dimensions = {
            Family.TOEPLITZ: self.n_rows + self.n_columns - 1,
            Family.CIRCULANT: n,
            Family.EQUIVARIANT: 2,
            Family.SYMMETRIC: n * (n + 1) // 2,
            Family.SKEW: n * (n - 1) // 2,
            Family.IDENTITY: 1,
            Family.DIAGONAL: n,
            Family.BLOCKS: self.n_elements // self.n_blocks,
            Family.CONSTANT: 1,
        }
        return dimensions[family]

    def white_share(self, family: Family) -> float:
        """The mean share of the energy that white noise has in the family."""
        return self.dimension(family) / self.n_elements

    def white_deviation(self, family: Family) -> float:
        """Its standard deviation: the share is Beta(k / 2, (N - k) / 2), k the dimension and N the elements."""
        share, n = self.white_share(family), self.n_elements
        return math.sqrt(2 * share * (1 - share) / (n + 2))


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over a matrix [m, n] in float64 from which all projections follow."""

    shape: Shape
    energy: float
    """Sum of squares."""
    diagonals: NDArray[np.float64]
    """[m + n - 1] sums of the diagonals, from the lower left corner to the upper right one."""
    diagonal_energy: float
    blocks_energy: float
    transposed_distance: float
    """|W - W^T|^2; NaN where it was not computed."""

    @property
    def trace(self) -> float:
        """Sum of the main diagonal."""
        return float(self.diagonals[self.shape.n_rows - 1])

    @property
    def total(self) -> float:
        """Sum of all entries."""
        return math.fsum(self.diagonals)

    def shares(self) -> Mapping[Family, float]:
        """The share of the energy in each family's projection, from 0 to 1."""
        projections = self.projections()
        found = {family: projections[family] / self.energy for family in self.shape.families}
        return {family: min(1.0, max(0.0, share)) for family, share in found.items() if not math.isnan(share)}

    def projections(self) -> Mapping[Family, float]:
        """The squared norm of each orthogonal projection."""
        n_rows, n_columns = self.shape.n_rows, self.shape.n_columns
        total = self.total
        of_any_shape = {
            Family.TOEPLITZ: float((self.diagonals**2 / diagonal_lengths(n_rows, n_columns)).sum()),
            Family.BLOCKS: self.blocks_energy,
            Family.CONSTANT: total**2 / self.shape.n_elements,
        }
        if n_rows != n_columns:
            return of_any_shape
        wrapped = self.diagonals[n_rows - 1 :].copy()
        wrapped[1:] += self.diagonals[: n_rows - 1]
        off_diagonal = (total - self.trace) ** 2 / (n_rows * (n_rows - 1))
        return {
            **of_any_shape,
            Family.CIRCULANT: float((wrapped**2).sum()) / n_rows,
            Family.EQUIVARIANT: self.trace**2 / n_rows + off_diagonal,
            Family.SYMMETRIC: self.energy - self.transposed_distance / 4,
            Family.SKEW: self.transposed_distance / 4,
            Family.IDENTITY: self.trace**2 / n_rows,
            Family.DIAGONAL: self.diagonal_energy,
        }


def diagonal_lengths(n_rows: int, n_columns: int) -> NDArray[np.float64]:
    """[m + n - 1] how many entries each diagonal has."""
    offsets = np.arange(1 - n_rows, n_columns)
    lengths: NDArray[np.float64] = (np.minimum(n_rows, n_columns - offsets) - np.maximum(0, -offsets)).astype(
        np.float64
    )
    return lengths


def residual(share: float) -> float:
    """The relative distance of a matrix from a family in the Frobenius norm, from the share of its projection."""
    return math.sqrt(max(0.0, 1 - share))
