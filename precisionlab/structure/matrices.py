"""Matrices that are read in bands, so that none needs to lie in memory in float64."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from precisionlab.structure.bounds import BAND_ELEMENTS


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix [m, n] whose rows, or columns, can be read as often as asked."""

    shape: tuple[int, int]
    rows: Callable[[int, int], torch.Tensor]
    """From a row up to another: float64 [rows, n]."""
    columns: Callable[[int, int], torch.Tensor]
    """From a column up to another: float64 [m, columns]. May need all of the matrix in memory, as it is stored."""

    @property
    def is_tall(self) -> bool:
        """Whether the columns are the short side."""
        return self.shape[0] >= self.shape[1]

    def slabs(self) -> Iterator[torch.Tensor]:
        """The matrix in order along its longer side, as tall slabs [some of the long side, short side] of float64."""
        long, short = max(self.shape), min(self.shape)
        step = max(1, BAND_ELEMENTS // max(1, short))
        for start in range(0, long, step):
            stop = min(start + step, long)
            yield self.rows(start, stop) if self.is_tall else self.columns(start, stop).T


def matrix_at_hand(values: torch.Tensor) -> Matrix:
    """A matrix [m, n] in memory, in any float type."""
    m, n = values.shape
    return Matrix(
        (m, n), lambda start, stop: values[start:stop].double(), lambda start, stop: values[:, start:stop].double()
    )
