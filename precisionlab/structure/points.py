"""Rows of a matrix as a cloud of points, and how far apart they are."""

from dataclasses import dataclass
from enum import StrEnum

import torch

NEAR = 1e-6
"""Squares of distances below this share of the points' own squares lose more than ten of sixteen digits in products."""
LARGEST = 1e290
"""Magnitude of coordinates beyond which distances, and sums of many, may overflow float64."""
TILE = 1 << 24
"""Numbers held at a time: 128 MiB."""


class Distance(StrEnum):
    """How far apart two rows are."""

    EUCLIDEAN = "euclidean"
    COSINE = "cosine"
    """Euclidean between rows of length 1: sqrt(2 - 2 cos), from 0 to 2. Rows of zeros have no direction."""
    CORRELATION = "correlation"
    """The same of rows less their mean: sqrt(2 - 2 r). Constant rows have none."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points in a space where the chosen distance is Euclidean."""

    points: torch.Tensor
    """[n, d] in float64; may be the matrix itself."""
    rows: torch.Tensor
    """[n], the row of each point in the matrix."""
    n_left_out: int
    """Rows without a place: not finite, or without a direction where the distance needs one."""


def cloud(matrix: torch.Tensor, distance: Distance) -> Cloud:
    """The rows of a matrix [n, d] as points; Euclidean ones of a matrix in float64 are not copied, unless some are left out."""
    rows = matrix.double()
    is_placed = torch.cat(
        [part.isfinite().all(dim=1) for part in torch.split(rows, max(1, TILE // max(1, rows.shape[1])))]
    )
    if distance is not Distance.EUCLIDEAN:
        largest = rows.abs().amax(dim=1) if rows.shape[1] else rows.new_zeros(rows.shape[0])
        rows = rows / largest[:, None]  # so that squares neither overflow nor vanish
        rows = rows - rows.mean(dim=1, keepdim=True) if distance is Distance.CORRELATION else rows
        lengths = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
        # The mean of equal numbers may miss them by their rounding.
        is_placed = is_placed & (lengths[:, 0] > 1e-14 * max(1, rows.shape[1]) ** 0.5)
        rows = rows.div_(lengths)
    kept = torch.nonzero(is_placed).flatten()
    n_left_out = matrix.shape[0] - len(kept)
    return Cloud(rows[kept] if n_left_out else rows, kept, n_left_out)


def distances(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Euclidean distances [m, n] between points [m, d] and [n, d] in float64, by products.

    They miss by up to about 1e-8 of the points' distance from their mean where points all but coincide.
    """
    centre = others.mean(dim=0) if len(others) else 0.0
    return squared_distances(points - centre, others - centre).sqrt()


def squared_distances(points: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Squares of the distances [m, n], by products; of points near the origin of coordinates. None is negative."""
    lengths, other_lengths = squared_lengths(points), squared_lengths(others)
    products = torch.addmm(other_lengths[None, :], points, others.T, alpha=-2.0)
    return products.add_(lengths[:, None]).clamp_(min=0.0)


def squared_lengths(points: torch.Tensor) -> torch.Tensor:
    """Squares of the distances [n] of points [n, d] from the origin of coordinates, without a second copy of these."""
    lengths: torch.Tensor = torch.linalg.vector_norm(points, dim=1)
    return lengths.square_()


def distance_matrix(points: torch.Tensor) -> torch.Tensor:
    """Distances [n, n] among points [n, d] in float64: symmetric, 0 on the diagonal, right also where points all but coincide."""
    centred = points - points.mean(dim=0)
    squares = squared_distances(centred, centred)
    lengths = squared_lengths(centred)
    left, right = torch.nonzero((squares <= NEAR * (lengths[:, None] + lengths[None, :])).triu_(1), as_tuple=True)
    found = squares.triu_(1).sqrt_()
    found[left, right] = separations(points, left, right)
    return found + found.T


def separations(points: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Distances [pairs] between the points of these indices, by differences of coordinates."""
    step = max(1, TILE // max(1, points.shape[1]))
    pairs = zip(torch.split(left, step), torch.split(right, step), strict=True)
    return torch.cat(
        [points.new_zeros(0), *(torch.linalg.vector_norm(points[one] - points[other], dim=1) for one, other in pairs)]
    )
