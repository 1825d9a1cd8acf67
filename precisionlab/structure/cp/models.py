"""A sum of outer products: weights, unit vectors, and what they say of each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Model:
    """Weights [r], not negative, and for each mode the components' unit vectors [n, r]; all of float64."""

    weights: torch.Tensor
    factors: tuple[torch.Tensor, ...]

    @property
    def rank(self) -> int:
        """The number of components."""
        return len(self.weights)

    def loaded(self) -> tuple[torch.Tensor, ...]:
        """The factors, with the weights in the last one."""
        return (*self.factors[:-1], self.factors[-1] * self.weights)

    def congruences(self) -> torch.Tensor:
        """Cosines between components as tensors [r, r]: products over the modes of cosines between vectors."""
        return hadamard([one.T @ one for one in self.factors], self.rank)

    def least_congruence(self) -> float:
        """The most negative of two components of weight: the triple cosine of three modes; 0 with fewer than two.

        Near -1 the two all but cancel each other.
        """
        present = self.weights > 0
        if int(present.sum()) < 2:
            return 0.0
        return float(self.congruences()[present][:, present].min())

    def squared_norm(self) -> float:
        """Of the sum as a tensor."""
        return float(self.weights @ self.congruences() @ self.weights)


def hadamard(matrices: Sequence[torch.Tensor], rank: int) -> torch.Tensor:
    """The elementwise product of matrices [r, r]; ones without any."""
    product: torch.Tensor = torch.stack(list(matrices)).prod(0) if matrices else torch.ones((rank, rank))
    return product


def unit_columns(matrix: torch.Tensor, fallback: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Columns over their norms, and the norms; columns of zeros become those of `fallback`."""
    norms = torch.linalg.vector_norm(matrix, dim=0)
    return torch.where(norms > 0, matrix / norms.clamp(min=torch.finfo(matrix.dtype).tiny), fallback), norms


def from_loaded(factors: Sequence[torch.Tensor], fallback: Model) -> Model:
    """The model of any factors; `fallback` gives directions to columns of zeros."""
    weights, units = torch.ones_like(fallback.weights), []
    for factor, other in zip(factors, fallback.factors, strict=True):
        unit, norms = unit_columns(factor, other)
        weights = weights * norms
        units.append(unit)
    return Model(weights, tuple(units))


def random_model(shape: Sequence[int], rank: int, random: torch.Generator, device: torch.device | str = "cpu") -> Model:
    """Components of independent random directions, of weight 1; random numbers are made on the CPU."""
    drawn = [torch.randn((n, rank), generator=random, dtype=torch.float64).to(device) for n in shape]
    units = tuple(one / torch.linalg.vector_norm(one, dim=0) for one in drawn)
    return Model(units[0].new_ones(rank), units)


def extended(model: Model, rank: int, random: torch.Generator) -> Model:
    """The model with components of weight 0 and random directions added, up to `rank`."""
    shape = [len(one) for one in model.factors]
    added = random_model(shape, rank - model.rank, random, model.weights.device)
    factors = (torch.cat(pair, 1) for pair in zip(model.factors, added.factors, strict=True))
    return Model(torch.cat([model.weights, torch.zeros_like(added.weights)]), tuple(factors))


def largest_rank(shape: Sequence[int]) -> int:
    """A rank with which every tensor of this shape is exact: the least product of all sides but one."""
    return math.prod(shape) // max(shape)
