"""Scales of least squared error for blocks: those of the format's rule times a factor that is searched for each block.

The blocks of a region are searched together: a grid of factors first, since the loss of a block has many dips, then
L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995) within a step of each block's best, where the loss is smooth but for jumps
of its slope. All is judged with the scales as they are stored, and no block is left with more than its rule's loss.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from precisionlab.formats.blocks import accelerator
from precisionlab.formats.blocks.scale_rules import Scales
from precisionlab.formats.blocks.tiling import Piece
from precisionlab.formats.blocks.work import Stored, Work, steps_of, within

STEPS_AN_OCTAVE: Final = 8
OCTAVES_DOWN: Final = 2.5
OCTAVES_UP: Final = 1
"""The grid of factors is from 2 to minus the first, which clips much, to 2 to the second: levels of floats and tables
lie so unevenly that a larger scale may fit them better."""
ITERATIONS: Final = 12
"""Of the search after the grid."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Of each block of a region, in float64."""

    squared: Tensor
    """Sum of (y - x)^2 over its elements x, which stand for y."""
    slope: Tensor
    """Its derivative by the logarithm of the scale, with every element held fixed."""


class Search:
    """The scales of one region's blocks."""

    def __init__(self, work: Work, region: Piece) -> None:
        self.work = work
        self.region = region
        self.scales, self.amax = work.found(region)

    def stored(self, factors: Tensor) -> Stored:
        """The scales times factors, stored."""
        return self.work.kept(Scales(self.scales.scale * factors.to(torch.float32)), self.amax)

    def losses(self, factors: Tensor) -> Losses:
        """What blocks lose under their scales times factors."""
        steps = steps_of(self.stored(factors), self.work.format)
        squared, slope = torch.zeros((2, *self.region.grid), dtype=torch.float64, device=self.amax.device)
        for piece in self.work.pieces(self.region):
            x = self.work.values(piece)
            y = torch.empty_like(x)
            self.work.quantize(piece, self.region, steps, y)
            error = y.double() - x.double()
            place = within(piece, self.region)
            squared[place] += by_block(error * error, piece)
            slope[place] += by_block(2 * error * y.double(), piece)
        return Losses(squared, slope)

    def best(self) -> Stored:
        """The stored scales of the best factors."""
        factors = torch.ones(self.region.grid, dtype=torch.float64, device=self.amax.device)
        plain = self.losses(factors).squared
        loss = plain
        for octaves in np.arange(-OCTAVES_DOWN, OCTAVES_UP + 1e-9, 1 / STEPS_AN_OCTAVE):
            factors, loss = self.better(factors, loss, torch.full_like(factors, 2.0 ** float(octaves)))
        factors, _ = self.better(factors, loss, self.refined(factors, plain))
        return self.stored(factors)

    def better(self, factors: Tensor, loss: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """The better of two factors for each block, and what it loses."""
        other = self.losses(others).squared
        is_better = (other < loss) | (loss.isnan() & ~other.isnan())
        return torch.where(is_better, others, factors), torch.where(is_better, other, loss)

    def refined(self, factors: Tensor, unit: Tensor) -> Tensor:
        """Factors where the search ends, each block's loss in the unit of what its rule loses."""
        from scipy.optimize import minimize  # noqa: PLC0415 - takes a third of a second, and only searches need it

        weights = torch.where((unit > 0) & unit.isfinite(), 1 / unit, 0.0)
        start = factors.log2().reshape(-1).cpu().numpy()

        def scaled(place: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            losses = self.losses(torch.from_numpy(np.exp2(place)).to(factors.device).view(factors.shape))
            squared, slope = ((array * weights).nan_to_num(0.0) for array in (losses.squared, losses.slope))
            return float(squared.sum()), slope.reshape(-1).cpu().numpy() * np.log(2)

        reach = 1 / STEPS_AN_OCTAVE
        bounds = np.stack([start - reach, start + reach], axis=1)
        found = minimize(scaled, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": ITERATIONS})
        return torch.from_numpy(np.exp2(found.x)).to(factors.device).view(factors.shape)


def by_block(numbers: Tensor, piece: Piece) -> Tensor:
    """The sums of a piece's numbers over each block that it touches."""
    rows, columns = accelerator.placed(numbers, piece.shape)
    down, across = piece.grid
    by_column = torch.zeros((numbers.shape[0], across), dtype=numbers.dtype, device=numbers.device)
    by_column.index_add_(1, columns, numbers)
    return torch.zeros((down, across), dtype=numbers.dtype, device=numbers.device).index_add_(0, rows, by_column)


def searched(work: Work, region: Piece) -> Stored:
    """The scales of a region's blocks by search; in the place of `Work.stored`."""
    return Search(work, region).best()
