"""The hierarchical Tucker format, truncated from the leaves to the root (Hackbusch and Kühn 2009, Grasedyck 2010)."""

from dataclasses import dataclass

import torch

from precisionlab.structure.lowrank.unfolding import Eigenbasis, eigenbasis, expanded, projected, truncated


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tree: how neighbouring axes of the level below are merged, and the basis of each that results."""

    merged: tuple[tuple[int, ...], ...]
    """Ranks of the axes that each axis was merged from: of two, or of one that was left over; of none for leaves."""
    bases: tuple[torch.Tensor, ...]
    """[product of these, r] each: a leaf's matrix, or a transfer tensor."""


@dataclass(frozen=True, slots=True)
class Hierarchical:
    """Leaf matrices, transfer tensors and the root."""

    levels: tuple[Level, ...]
    root: torch.Tensor
    """What is left: [r_left, r_right], or more axes where there are but few."""
    lost: float
    """Squared norm of what is left out; losses of orthogonal projections, one behind the other, add up."""

    @property
    def n_numbers(self) -> int:
        """That are stored. An axis that is carried up alone, unchanged, takes none."""
        carried = sum(
            basis.numel()
            for level in self.levels
            for ranks, basis in zip(level.merged, level.bases, strict=True)
            if len(ranks) == 1
        )
        return self.root.numel() + sum(basis.numel() for level in self.levels for basis in level.bases) - carried

    def tensor(self) -> torch.Tensor:
        """What it stands for."""
        whole = self.root
        for level in reversed(self.levels):
            for axis, basis in enumerate(level.bases):
                whole = expanded(whole, axis, basis)
            sizes = [ranks or (basis.shape[0],) for ranks, basis in zip(level.merged, level.bases, strict=True)]
            whole = whole.reshape([size for ranks in sizes for size in ranks])
        return whole


def hierarchical_tucker(tensor: torch.Tensor, budget: float, first: Eigenbasis | None = None) -> Hierarchical:
    """Bases over a balanced tree of neighbouring axes that lose at most `budget` of the squared norm.

    `first` is the basis of the first axis, where it is known. The tensor has three and more axes and is contiguous and
    finite.
    """
    n_bases = n_projections(tensor.ndim)
    levels: list[Level] = []
    core, lost = tensor, 0.0
    merged: tuple[tuple[int, ...], ...] = ((),) * tensor.ndim
    while True:
        bases = []
        for axis, ranks in enumerate(merged):
            if len(ranks) == 1:
                bases.append(torch.eye(core.shape[axis], dtype=torch.float64, device=core.device))
                continue
            known = first if not levels and axis == 0 else None
            kept = truncated(known or eigenbasis(core, axis), max(0.0, budget - lost) / n_bases)
            core = projected(core, axis, kept.directions)
            bases.append(kept.directions)
            lost += kept.lost
            n_bases -= 1
        levels.append(Level(merged, tuple(bases)))
        if core.ndim <= 2:
            return Hierarchical(tuple(levels), core.double(), lost)
        merged = tuple(tuple(core.shape[i : i + 2]) for i in range(0, core.ndim, 2))
        core = core.reshape([torch.Size(ranks).numel() for ranks in merged])
        if core.ndim <= 1:
            return Hierarchical(tuple(levels), core.double(), lost)


def n_projections(n_axes: int) -> int:
    """How many bases are truncated: of the leaves, and of each pair above them but the root."""
    count, width = n_axes, n_axes
    while width > 2:
        count += width // 2
        width = -(-width // 2)
    return count
