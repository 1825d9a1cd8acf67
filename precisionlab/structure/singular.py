"""All singular values of a matrix from the Gram matrix of its short side, in float64."""

import math

import torch

from precisionlab.structure.bounds import LARGEST_SHORT_SIDE
from precisionlab.structure.matrices import Matrix
from precisionlab.structure.threads import threads_for

ANEW = 1e-5
"""Singular values below this share of the largest are computed from the matrix itself: their squares have lost digits."""
TILES = 8
"""Of the Gram matrix a side: those above the diagonal are not computed."""


def gram(matrix: Matrix) -> torch.Tensor:
    """The Gram matrix [k, k] of the short side, k = min(m, n), in float64: W^T W of tall matrices, W W^T of wide ones."""
    k = min(matrix.shape)
    total: torch.Tensor | None = None
    step = max(1, -(-k // TILES))
    for slab in matrix.slabs():
        if total is None:
            total = slab.new_zeros((k, k))
        for first in range(0, k, step):
            total[first:, first : first + step].addmm_(slab[:, first:].T, slab[:, first : first + step])
    if total is None:
        return torch.zeros((k, k), dtype=torch.float64)
    return total.tril_().add_(total.tril(-1).T)


def singular_values(matrix: Matrix) -> torch.Tensor:
    """All k = min(m, n) singular values in descending order [k], in float64.

    Eigenvalues of the Gram matrix miss by some 1e-15 of the largest, so that a singular value s misses by about
    1e-15 / (2 s), in units of the largest. Those below `ANEW` are computed anew as the singular values of W V, with V
    the eigenvectors that belong to them, where errors of V count by their square only: all are right to about 1e-10
    of the largest. Takes m n k / 1.8 multiply-adds, and one or (where some are small) two matrices [k, k].

    The numbers are finite, and their squares and sums neither overflow nor underflow (see `scale_of`).

    Raises:
        ValueError: k is beyond `LARGEST_SHORT_SIDE`.
    """
    k = min(matrix.shape)
    if k > LARGEST_SHORT_SIDE:
        raise ValueError(f"the short side of {matrix.shape} is beyond {LARGEST_SHORT_SIDE}")
    if k == 0:
        return torch.zeros(0, dtype=torch.float64)
    with threads_for(k):
        return from_gram(matrix, gram(matrix))


def from_gram(matrix: Matrix, squares: torch.Tensor) -> torch.Tensor:
    """The singular values [k] of a matrix whose Gram matrix [k, k] is known."""
    k = len(squares)
    eigenvalues = torch.linalg.eigvalsh(squares).flip(0).clamp(min=0.0)
    largest = float(eigenvalues[0])
    n_small = int((eigenvalues < ANEW**2 * largest).sum())
    if n_small == 0 or largest == 0.0:
        roots: torch.Tensor = eigenvalues.sqrt()
        return roots
    directions = torch.linalg.eigh(squares).eigenvectors[:, :n_small]
    images = torch.cat([slab @ directions for slab in matrix.slabs()])
    values = torch.cat([eigenvalues[: k - n_small].sqrt(), torch.linalg.svdvals(images)])
    return values.sort(descending=True).values


def scale_of(largest_magnitude: float) -> float:
    """A power of two by which a matrix is divided before it is squared: that of its largest magnitude; 1 for zeros."""
    is_usable = 0.0 < largest_magnitude < math.inf
    return 2.0 ** (math.frexp(largest_magnitude)[1] - 1) if is_usable else 1.0
