"""Tensors seen along one axis, without copies of the whole, and their best bases there."""

from dataclasses import dataclass

import torch

from precisionlab.structure.threads import threads_for

SLAB_ELEMENTS = 1 << 22
"""Of a tensor that are widened at a time: 32 MiB."""


WELL_CONDITIONED = 1e-6
"""Least energy over largest from which directions by way of the Gram matrix are orthonormal to 1e-10."""


@dataclass(frozen=True, slots=True)
class Eigenbasis:
    """All directions of one axis."""

    energies: torch.Tensor
    """[k], descending: squared singular values of the unfolding [n, p], k = min(n, p)."""
    directions: torch.Tensor
    """[n, k], a column for each."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """The directions of an axis that are kept."""

    directions: torch.Tensor
    """[n, r], orthonormal."""
    lost: float
    """The energy of the others: the squared norm of what leaving them out takes away."""


def as_three(tensor: torch.Tensor, axis: int) -> torch.Tensor:
    """A contiguous tensor as [before, n, behind] around an axis."""
    before = tensor.shape[:axis].numel()
    return tensor.reshape(before, tensor.shape[axis], -1)


def gram_along(tensor: torch.Tensor, axis: int) -> torch.Tensor:
    """The Gram matrix [n, n] of the unfolding along an axis of n indices, in float64."""
    three = as_three(tensor, axis)
    before, n, behind = three.shape
    total = torch.zeros((n, n), dtype=torch.float64, device=tensor.device)
    step = max(1, SLAB_ELEMENTS // max(1, n * behind))
    for start in range(0, before, step):
        slab = three[start : start + step].double().transpose(0, 1).reshape(n, -1)
        total.addmm_(slab, slab.T)
    return total


def eigenbasis(tensor: torch.Tensor, axis: int) -> Eigenbasis:
    """The directions of an axis, those of most energy first; by way of the shorter side of the unfolding."""
    n = tensor.shape[axis]
    if n * n > tensor.numel():
        return of_few(as_three(tensor, axis).transpose(0, 1).reshape(n, -1))
    squares = gram_along(tensor, axis)
    with threads_for(len(squares)):
        energies, directions = torch.linalg.eigh(squares)
    return Eigenbasis(energies.flip(0).clamp(min=0.0), directions.flip(1))


def of_few(columns: torch.Tensor) -> Eigenbasis:
    """The directions of a tall matrix [n, p], p < n, from its p x p Gram matrix where that is well enough conditioned."""
    squares = gram_along(columns, 1)
    with threads_for(len(squares)):
        energies, right = torch.linalg.eigh(squares)
        if float(energies[0]) > WELL_CONDITIONED * float(energies[-1]):
            directions = columns.double() @ (right / energies.sqrt()).flip(1)
            return Eigenbasis(energies.flip(0), directions)
        basis, upper = torch.linalg.qr(columns.double())
        left, values, _ = torch.linalg.svd(upper)
    return Eigenbasis(values.square(), basis @ left)


def truncated(basis: Eigenbasis, budget: float) -> Truncated:
    """The fewest directions, at least one, whose absence loses at most this energy, or what is rounding of the Gram matrix."""
    tails = basis.energies.flip(0).cumsum(0).flip(0)
    rounding = len(tails) * torch.finfo(torch.float64).eps * float(tails[0])
    n_kept = max(1, int((tails > max(budget, rounding)).sum()))
    lost = float(tails[n_kept]) if n_kept < len(tails) else 0.0
    return Truncated(basis.directions[:, :n_kept], lost)


def projected(tensor: torch.Tensor, axis: int, directions: torch.Tensor) -> torch.Tensor:
    """The tensor's coordinates in `directions` [n, r] along an axis, which has r indices then; in the tensor's type."""
    three = as_three(tensor, axis)
    basis = directions.to(three.dtype)
    # A product with the last axis is one of matrices, not one of many vectors.
    mapped = three.squeeze(2) @ basis if three.shape[2] == 1 else torch.matmul(basis.T, three)
    return mapped.reshape(*tensor.shape[:axis], directions.shape[1], *tensor.shape[axis + 1 :])


def expanded(core: torch.Tensor, axis: int, directions: torch.Tensor) -> torch.Tensor:
    """The opposite of `projected`, on the span of the directions."""
    return projected(core, axis, directions.T)
