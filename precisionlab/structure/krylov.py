"""The leading singular values of matrices too large for all of them."""

from dataclasses import dataclass

import torch

from precisionlab.structure.matrices import Matrix
from precisionlab.structure.nulls import generator

SPARE = 8
"""Columns of a block beyond the values asked for."""


@dataclass(frozen=True, slots=True)
class Leading:
    """Leading singular values and what of the matrix they hold."""

    values: torch.Tensor
    """[count] in float64, descending; each at most the true one, by interlacing."""
    frobenius: float

    @property
    def captured(self) -> float:
        """The share of the energy that they hold, sum(s^2) / |W|_F^2: at most that of the true ones."""
        return float(self.values.square().sum()) / self.frobenius**2 if self.frobenius else 1.0


def leading(matrix: Matrix, count: int, seed: int, steps: int = 3) -> Leading:
    """The `count` leading singular values by randomized block Krylov iteration (Musco and Musco 2015).

    The basis of [A X, (A A^T) A X, …] with `steps` products takes m (count + 8) (steps + 1) numbers of float64; the
    matrix is read 2 steps + 2 times, in slabs along its longer side.

    The numbers are finite, and their squares and sums neither overflow nor underflow.
    """
    short = min(matrix.shape)
    width = min(count + SPARE, short)
    block = torch.randn((short, width), generator=generator(seed), dtype=torch.float64)
    blocks: list[torch.Tensor] = []
    for step in range(steps + 1):
        image = torch.linalg.qr(torch.cat([slab @ block.to(slab.device) for slab in matrix.slabs()])).Q
        blocks.append(image)
        if step < steps:
            block = torch.linalg.qr(back(matrix, image)).Q
    basis = torch.linalg.qr(torch.cat(blocks, dim=1)).Q
    squares = sum(float(slab.square().sum()) for slab in matrix.slabs())
    return Leading(torch.linalg.svdvals(back(matrix, basis))[:count].cpu(), squares**0.5)


def back(matrix: Matrix, image: torch.Tensor) -> torch.Tensor:
    """A^T times an image [long side, w], [short side, w], for the matrix as its slabs stand."""
    total = torch.zeros((min(matrix.shape), image.shape[1]), dtype=torch.float64, device=image.device)
    start = 0
    for slab in matrix.slabs():
        total.addmm_(slab.T, image[start : start + slab.shape[0]])
        start += slab.shape[0]
    return total
