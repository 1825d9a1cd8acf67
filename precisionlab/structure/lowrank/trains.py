"""Tensor trains by TT-SVD (Oseledets 2011)."""

from dataclasses import dataclass

import torch

from precisionlab.structure.lowrank.unfolding import Eigenbasis, eigenbasis, projected, truncated


@dataclass(frozen=True, slots=True)
class Train:
    """A core for each axis, coupled to its neighbours."""

    cores: tuple[torch.Tensor, ...]
    """[r_{i-1}, n_i, r_i] each; r_0 = r_d = 1."""
    lost: float
    """Squared norm of what is left out; losses of orthogonal projections, one behind the other, add up."""

    @property
    def n_numbers(self) -> int:
        """That are stored."""
        return sum(core.numel() for core in self.cores)

    def tensor(self) -> torch.Tensor:
        """What it stands for."""
        whole = self.cores[0]
        for core in self.cores[1:]:
            whole = torch.tensordot(whole, core.to(whole.dtype), dims=1)
        return whole.squeeze(0).squeeze(-1)


def tensor_train(tensor: torch.Tensor, budget: float, first: Eigenbasis | None = None) -> Train:
    """A train that loses at most `budget` of the squared norm, each cut an equal share of what is left of it.

    `first` is the basis of the first axis, where it is known. The tensor has two and more axes and is contiguous and
    finite.
    """
    cores, lost, rank = [], 0.0, 1
    rest = tensor
    n_cuts = tensor.ndim - 1
    for cut in range(n_cuts):
        n = tensor.shape[cut]
        rows = rest.reshape(rank * n, -1)
        basis = first if cut == 0 and first is not None else eigenbasis(rows, 0)
        kept = truncated(basis, max(0.0, budget - lost) / (n_cuts - cut))
        rest = projected(rows, 0, kept.directions)
        cores.append(kept.directions.reshape(rank, n, -1))
        lost += kept.lost
        rank = kept.directions.shape[1]
    cores.append(rest.double().reshape(rank, tensor.shape[-1], 1))
    return Train(tuple(cores), lost)
