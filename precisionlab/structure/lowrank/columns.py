"""Columns of a matrix that stand for all: A is about C R, with C some of its own columns."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from numpy.typing import NDArray

from precisionlab.structure.nulls import generator

SPARE = 16
"""Rows of a sketch beyond the columns that are chosen."""


@dataclass(frozen=True, slots=True)
class ChosenColumns:
    """Columns in the order of their choice, and what the first of them hold."""

    indices: NDArray[np.int64]
    """[r]."""
    lost: NDArray[np.float64]
    """[r + 1]: squared norm of A less its projection on the first 0, 1, … columns, exactly; the best for these columns."""


def chosen_columns(matrix: torch.Tensor, count: int, seed: int) -> ChosenColumns:
    """Up to `count` columns of a matrix [m, n] by QR with column pivoting (Businger and Golub 1965).

    Pivots are those of a Gaussian sketch of the rows where there are more than `count` (Voronin and Martinsson 2017);
    what the columns hold is computed from the matrix itself. Numbers are finite, and their squares neither overflow nor
    vanish; the matrix is widened in bands.
    """
    m, n = matrix.shape
    count = min(count, m, n)
    pivots = scipy.linalg.qr(sketch(matrix, count, seed).cpu().numpy(), mode="r", pivoting=True)[1][:count].astype(
        np.int64
    )
    basis, upper = torch.linalg.qr(matrix[:, torch.from_numpy(pivots).to(matrix.device)].double())
    sizes = torch.diagonal(upper).abs()
    # Columns that depend on those before have directions of rounding alone, which hold nothing.
    is_new = sizes > max(m, n) * torch.finfo(torch.float64).eps * sizes.max() if count else sizes > 0
    held, energy = torch.zeros(count, dtype=torch.float64, device=matrix.device), 0.0
    step = max(1, (1 << 22) // max(1, m))
    for start in range(0, n, step):
        band = matrix[:, start : start + step].double()
        held += (basis.T @ band).square_().sum(dim=1)
        energy += float(band.square().sum())
    lost = energy - torch.cumsum(torch.where(is_new, held, 0.0), dim=0)
    return ChosenColumns(pivots, np.concatenate([[energy], lost.clamp(min=0.0).cpu().numpy()]))


def sketch(matrix: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    """Random combinations of the rows [count + `SPARE`, n] in float64, or the rows themselves where there are no more."""
    m, n = matrix.shape
    if m <= count + SPARE:
        return matrix.double()
    random = torch.randn((count + SPARE, m), generator=generator(seed), dtype=torch.float64).to(matrix.device)
    step = max(1, (1 << 22) // m)
    return torch.cat([random @ matrix[:, start : start + step].double() for start in range(0, n, step)], dim=1)


def column_factors(matrix: torch.Tensor, indices: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
    """C [m, r] and R [r, n] = pinv(C) A, the best R for these columns also where they depend on one another.

    (C^T C)^-1 C^T A, which is often given instead, fails there (Penrose 1956).
    """
    columns = matrix[:, torch.from_numpy(indices).to(matrix.device)].double()
    return columns, torch.linalg.pinv(columns) @ matrix.double()
