"""Tucker's decomposition by sequentially truncated HOSVD (Vannieuwenhoven, Vandebril and Meerbergen 2012)."""

import math
from dataclasses import dataclass

import torch

from precisionlab.structure.lowrank.unfolding import Eigenbasis, eigenbasis, expanded, projected, truncated


@dataclass(frozen=True, slots=True)
class Tucker:
    """A core and a basis for each axis."""

    core: torch.Tensor
    """[r_1, …, r_d]."""
    factors: tuple[torch.Tensor, ...]
    """[n_i, r_i] each, orthonormal."""
    lost: float
    """Squared norm of what is left out: the projections are orthogonal, one behind the other, so that losses add up."""

    @property
    def n_numbers(self) -> int:
        """That are stored."""
        return self.core.numel() + sum(factor.numel() for factor in self.factors)

    def tensor(self) -> torch.Tensor:
        """What it stands for."""
        whole = self.core
        for axis, factor in enumerate(self.factors):
            whole = expanded(whole, axis, factor)
        return whole


def tucker(tensor: torch.Tensor, budget: float, first: Eigenbasis | None = None) -> Tucker:
    """Factors that lose at most `budget` of the squared norm, each axis an equal share of what is left of it.

    Args:
        tensor: of two and more axes, contiguous, finite.
        budget: of squared norm.
        first: the basis of the first axis, where it is known.
    """
    core, factors, lost = tensor, [], 0.0
    for axis in range(tensor.ndim):
        basis = first if axis == 0 and first is not None else eigenbasis(core, axis)
        kept = truncated(basis, max(0.0, budget - lost) / (tensor.ndim - axis))
        core = projected(core, axis, kept.directions)
        factors.append(kept.directions)
        lost += kept.lost
    return Tucker(core, tuple(factors), lost)


def relative_error(lost: float, energy: float) -> float:
    """|X - Y| / |X| from squared norms; 0 of the zero tensor."""
    return math.sqrt(max(0.0, lost) / energy) if energy else 0.0
