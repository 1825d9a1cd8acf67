"""The minimum spanning tree of points: single linkage of all of them without an n x n matrix."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from precisionlab.structure.points import NEAR, TILE, separations, squared_distances, squared_lengths

KEPT = 8
"""Nearest points outside that are kept for each point, so that few have to be looked for again."""


@dataclass(frozen=True, slots=True)
class SpanningTree:
    """The n - 1 shortest edges that join n points; their lengths are where components of the points merge."""

    edges: NDArray[np.int64]
    """[n - 1, 2] indices of points."""
    lengths: NDArray[np.float64]
    """[n - 1], ascending."""
    nearest: NDArray[np.float64]
    """[n], the distance of each point from its nearest; infinite of a single one."""


def spanning_tree(centred: torch.Tensor) -> SpanningTree:
    """By Boruvka's algorithm (1926) on the nearest points outside of each point's component.

    Exact but for the order of distances that agree to some 8 digits of the points' distance from their mean. Each round
    asks only for points that may have their component's shortest edge, and none of the largest component.

    Args:
        centred: points [n, d] in float64, their mean near the origin of coordinates; not copied, since they may be many.
    """
    n = len(centred)
    forest = Forest(n)
    outside = Outside(centred)
    nearest = outside.distances[:, 0].numpy().copy()
    while len(forest.edges) < n - 1:
        labels = forest.labels()
        outside.renew(labels)
        distances, others = outside.first(labels)
        for point in shortest_of_each(labels, distances):
            forest.join(point, int(others[point]), float(distances[point]))
    order = np.argsort(forest.lengths, kind="stable")
    edges = np.array(forest.edges, dtype=np.int64).reshape(-1, 2)[order]
    return SpanningTree(edges, np.array(forest.lengths, dtype=np.float64)[order], nearest)


class Forest:
    """Components of points that are joined by edges."""

    def __init__(self, n: int) -> None:
        self.edges: list[tuple[int, int]] = []
        self.lengths: list[float] = []
        self._parents = list(range(n))

    def root(self, point: int) -> int:
        """The point that stands for the component of this one; ways to it get shorter as they are gone."""
        parents = self._parents
        while parents[point] != point:
            parents[point] = parents[parents[point]]
            point = parents[point]
        return point

    def join(self, left: int, right: int, length: float) -> None:
        """Add an edge, unless it would close a circle: equally long edges may."""
        one, other = self.root(left), self.root(right)
        if one != other:
            self._parents[max(one, other)] = min(one, other)
            self.edges.append((left, right))
            self.lengths.append(length)

    def labels(self) -> NDArray[np.int64]:
        """[n] the component of each point, as one of its points."""
        return np.array([self.root(point) for point in range(len(self._parents))], dtype=np.int64)


class Outside:
    """For each point the nearest ones outside of its component. Components only grow, so that lists stay right."""

    def __init__(self, centred: torch.Tensor) -> None:
        n = len(centred)
        self._points = centred
        kept = max(1, min(KEPT, n - 1))
        self.distances = torch.full((n, kept), torch.inf, dtype=torch.float64)
        self.indices = torch.zeros((n, kept), dtype=torch.int64)
        self._look(np.arange(n), np.arange(n))

    def first(self, labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """[n] the nearest kept point outside and its distance; infinite where all that are kept are inside by now."""
        indices = self.indices.numpy()
        distances = np.where(labels[indices] != labels[:, None], self.distances.numpy(), np.inf)
        best = distances.argmin(axis=1)[:, None]
        return np.take_along_axis(distances, best, 1)[:, 0], np.take_along_axis(indices, best, 1)[:, 0]

    def renew(self, labels: NDArray[np.int64]) -> None:
        """Look anew where none is left and a shorter edge than the component's shortest known one may be found."""
        distances, _ = self.first(labels)
        best = np.full(len(labels), np.inf)
        np.minimum.at(best, labels, distances)
        may_be_shorter = self.distances[:, -1].numpy() < best[labels]
        largest = np.bincount(labels).argmax()
        asked = np.flatnonzero(np.isinf(distances) & may_be_shorter & (labels != largest))
        self._look(asked, labels)

    def _look(self, asked: NDArray[np.int64], labels: NDArray[np.int64]) -> None:
        """The nearest points outside by products, ordered by differences where these alone tell them apart."""
        if not len(asked):
            return
        points = self._points
        lengths, components = squared_lengths(points), torch.from_numpy(labels).to(points.device)
        for queries in torch.split(torch.from_numpy(asked), max(1, TILE // max(1, *points.shape))):
            here = queries.to(points.device)
            squares = squared_distances(points[here], points)
            squares[components[here][:, None] == components[None, :]] = torch.inf
            found = squares.topk(self.distances.shape[1], dim=1, largest=False)
            distances, others = found.values.sqrt(), found.indices
            rows, columns = torch.nonzero(
                found.values <= NEAR * (lengths[here][:, None] + lengths[others]), as_tuple=True
            )
            distances[rows, columns] = separations(points, here[rows], others[rows, columns])
            distances, order = distances.sort(dim=1, stable=True)
            self.distances[queries] = distances.cpu()
            self.indices[queries] = others.gather(1, order).cpu()


def shortest_of_each(labels: NDArray[np.int64], distances: NDArray[np.float64]) -> list[int]:
    """The point of each component but the largest that has the shortest edge; the lower point where equal."""
    order = np.lexsort((distances, labels))
    _, starts = np.unique(labels[order], return_index=True)
    points = order[starts]
    chosen: list[int] = points[labels[points] != np.bincount(labels).argmax()].tolist()
    return chosen
