"""Nearest neighbours among points, without an n x n matrix."""

from dataclasses import dataclass

import torch

from precisionlab.structure.points import NEAR, separations, squared_lengths

TILE = 1 << 18
"""Distances looked at together where that is at least `LEAST_QUERIES` queries: 2 MiB, which stay in the caches."""
LEAST_QUERIES = 128
"""Of a tile, so that products are of matrices."""
SPARE = 8
"""Neighbours beyond those asked for that are ordered, since products order near ones inexactly."""
ROUNDING = 1e-13
"""Squares of distances by products miss by less than this share of the points' own squares."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest points of each query, from the nearest on; a point is not its own neighbour."""

    distances: torch.Tensor
    """[queries, k] in float64; by differences where points all but coincide, or tie."""
    indices: torch.Tensor
    """[queries, k] into the points; of equally near ones the lower index first."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Points as they are, for differences, and about their mean, for products."""

    points: torch.Tensor
    centred: torch.Tensor
    """May be the points themselves."""
    lengths: torch.Tensor
    """Squares of them, [n]."""


def nearest(points: torch.Tensor, k: int, queries: torch.Tensor | None = None) -> Neighbours:
    """The k nearest of all points [n, d] to each query.

    Args:
        points: in float64; copied where their mean is not about 0.
        k: at most n - 1.
        queries: indices of points [q]; none for all.

    Raises:
        ValueError: k is not from 1 to n - 1.
    """
    n = len(points)
    if not 1 <= k < n:
        raise ValueError(f"{k} neighbours of {n} points")
    asked = torch.arange(n, device=points.device) if queries is None else queries
    centred = about_the_mean(points)
    placed = Placed(points, centred, squared_lengths(centred))
    found = [among_all(placed, part, k) for part in torch.split(asked, max(LEAST_QUERIES, TILE // n))]
    return Neighbours(torch.cat([one.distances for one in found]), torch.cat([one.indices for one in found]))


def about_the_mean(points: torch.Tensor) -> torch.Tensor:
    """The points less their mean [n, d]; themselves where that is so near that products lose no digits by it."""
    centre = points.mean(dim=0)
    is_near = float(centre.square().sum()) * len(points) <= 0.1 * float(torch.linalg.vector_norm(points)) ** 2
    return points if is_near else points - centre


def among_all(placed: Placed, queries: torch.Tensor, k: int) -> Neighbours:
    """The k nearest of all points to some queries, whose distances from all fit into a tile."""
    centred, lengths = placed.centred, placed.lengths
    squares = torch.addmm(lengths[None, :], centred[queries], centred.T, alpha=-2.0)
    squares.add_(lengths[queries][:, None]).clamp_(min=0.0)
    squares[torch.arange(len(queries), device=squares.device), queries] = torch.inf
    looked_at = min(k + SPARE, len(centred) - 1)
    best = squares.topk(looked_at, dim=1, largest=False)
    found = ordered(placed, queries, best.indices, best.values, k)
    bounds = best.values[:, k - 1] + 2 * ROUNDING * (lengths[queries] + lengths[best.indices].amax(dim=1))
    is_open = (best.values[:, -1] <= bounds) & (looked_at < len(centred) - 1)
    for place in torch.nonzero(is_open).flatten().tolist():  # many that tie: all of them are ordered
        candidates = torch.nonzero(squares[place] <= bounds[place]).flatten()[None, :]
        query = queries[place : place + 1]
        one = ordered(placed, query, candidates, squares[place][candidates], k)
        found.distances[place], found.indices[place] = one.distances[0], one.indices[0]
    return found


def ordered(
    placed: Placed, queries: torch.Tensor, candidates: torch.Tensor, squares: torch.Tensor, k: int
) -> Neighbours:
    """The k nearest of the candidates [q, c]: those that are very near, or tie, by differences of coordinates."""
    order = squares.sort(dim=1)
    squares, candidates = order.values, candidates.gather(1, order.indices)
    scale = placed.lengths[queries][:, None] + placed.lengths[candidates]
    ties = squares.diff(dim=1) <= 2 * ROUNDING * scale[:, 1:]
    is_doubtful = squares <= NEAR * scale
    is_doubtful[:, 1:] |= ties
    is_doubtful[:, :-1] |= ties
    exact = squares.sqrt()
    places, columns = torch.nonzero(is_doubtful, as_tuple=True)
    exact[places, columns] = separations(placed.points, queries[places], candidates[places, columns])
    by_index = candidates.sort(dim=1)
    nearest_first = exact.gather(1, by_index.indices).sort(dim=1, stable=True)
    return Neighbours(nearest_first.values[:, :k], by_index.values.gather(1, nearest_first.indices)[:, :k])
