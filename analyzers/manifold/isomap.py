"""Isomap: points laid out so that distances along the graph of nearest neighbours are kept.

Tenenbaum, de Silva and Langford (2000); by landmarks, de Silva and Tenenbaum (2004).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import eigsh

from precisionlab.structure.neighbours import Neighbours
from precisionlab.structure.threads import one_thread_each

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_DIMENSIONS = 10
"""Of the residual curve."""
WITNESSES = 250
"""Rows whose geodesics to all others the residual curve and the search for short circuits look at."""
DENSE = 600
"""Points up to which a dense decomposition takes less time than an iteration."""
LONGER = 1.5
"""By this factor, over the median one, geodesics grow through fewer neighbours where a short cut is lost."""
LENGTHS_AT_ONCE = 50_000
"""Shortest paths that are found in some 20 ms."""
LEAST_POINTS = 4
"""Of a component that is laid out."""


@dataclass(frozen=True, slots=True)
class Component:
    """The largest part of a graph that hangs together."""

    graph: csr_array
    """Lengths of edges, symmetric, [n, n]."""
    members: Integers
    """[n] into all points, ascending."""
    n_components: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """Points laid out in up to ten coordinates, the first holding most."""

    coordinates: Doubles
    """[n, p]; p is smaller where no further eigenvalue is positive."""
    landmarks: Integers
    """[m] into the points: all of them where the embedding is exact."""
    geodesics: Doubles
    """[m, n]"""

    def residuals(self) -> tuple[float, ...]:
        """1 - R^2 between geodesics and distances of the first 1, 2, ... p coordinates, over at most 250 rows by all."""
        step = max(1, len(self.landmarks) // WITNESSES)
        here, wanted = self.coordinates[self.landmarks[::step]], self.geodesics[::step].ravel()
        squares = np.zeros((len(here), len(self.coordinates)))
        found = []
        for axis in range(self.coordinates.shape[1]):
            squares += np.square(here[:, axis, None] - self.coordinates[None, :, axis])
            found.append(1 - correlation(np.sqrt(squares).ravel(), wanted) ** 2)
        return tuple(found)


def correlation(left: Doubles, right: Doubles) -> float:
    """Pearson's; 0 where one is constant."""
    left, right = left - left.mean(), right - right.mean()
    norms = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / norms if norms > 0 else 0.0


def graph_of(neighbours: Neighbours, k: int) -> csr_array:
    """Each point joined with its k nearest (or as many as are known) and those it is one of, edges as long as the distance: symmetric [n, n]."""
    distances, indices = neighbours.distances[:, :k].cpu().numpy(), neighbours.indices[:, :k].cpu().numpy()
    n, k = distances.shape
    lengths = np.maximum(distances, np.finfo(np.float64).tiny).ravel()  # zeros are no edges of a sparse graph
    directed = csr_array((lengths, indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    return csr_array(directed.maximum(directed.T))


def component(graph: csr_array) -> Component:
    """The largest component; of two as large, the one that holds the lowest index."""
    n_components, labels = connected_components(graph, directed=False)
    members = np.flatnonzero(labels == np.bincount(labels).argmax())
    return Component(graph if n_components == 1 else csr_array(graph[members][:, members]), members, int(n_components))


def exact_isomap(graph: csr_array, most: int = MOST_DIMENSIONS) -> Embedding:
    """Classical scaling of all geodesics of a connected graph [n, n]: O(n^2 log n), and n^2 numbers thrice."""
    geodesics = geodesics_from(np.arange(graph.shape[0]), graph)
    values, vectors = leading(scaled(geodesics), most)
    return Embedding(vectors * np.sqrt(values), np.arange(len(geodesics)), geodesics)


def landmark_isomap(graph: csr_array, landmarks: Integers, most: int = MOST_DIMENSIONS) -> Embedding:
    """Classical scaling of the landmarks; the other points are placed by their distances from these."""
    return placed_by(geodesics_from(landmarks, graph), landmarks, most)


def geodesics_from(sources: Integers, graph: csr_array) -> Doubles:
    """Lengths of the shortest paths from these points to all [m, n].

    From a few at a time, since no other thread of the program runs while scipy looks for them.
    """
    n = graph.shape[0]
    found = np.empty((len(sources), n))
    at_once = max(1, LENGTHS_AT_ONCE // n)
    for start in range(0, len(sources), at_once):
        found[start : start + at_once] = dijkstra(graph, indices=sources[start : start + at_once])
    return found


def placed_by(geodesics: Doubles, landmarks: Integers, most: int = MOST_DIMENSIONS) -> Embedding:
    """The embedding of points whose distances [m, n] from the landmarks are known."""
    among = geodesics[:, landmarks]
    values, vectors = leading(scaled(among), most)
    differences = np.square(among).mean(axis=1)[:, None] - np.square(geodesics)
    coordinates = 0.5 * (torch.from_numpy(differences.T) @ torch.from_numpy(vectors / np.sqrt(values))).numpy()
    return Embedding(coordinates, landmarks, geodesics)


def scaled(distances: Doubles) -> Doubles:
    """-1/2 J D^2 J, the products of points about their mean that have these distances [n, n]."""
    squares = np.square(distances)
    means = squares.mean(axis=0)
    squares -= means[:, None]
    squares -= means[None, :] - means.mean()
    squares *= -0.5
    return squares


def leading(symmetric: Doubles, most: int) -> tuple[Doubles, Doubles]:
    """The largest positive eigenvalues, descending, and their vectors [n, p], each with its largest entry positive."""
    n = len(symmetric)
    if n <= DENSE:
        # Torch's: the threads of numpy's library go on spinning into what torch does next.
        with one_thread_each():
            found = torch.linalg.eigh(torch.from_numpy(symmetric))
        values, vectors = found.eigenvalues.numpy()[-most:], found.eigenvectors.numpy()[:, -most:]
    else:
        values, vectors = eigsh(symmetric, most, which="LA", v0=np.ones(n) + np.arange(n) / n, tol=1e-10)
    order = np.argsort(values)[::-1][:most]
    order = order[values[order] > 1e-12 * max(float(values.max()), 0.0)]
    chosen = vectors[:, order]
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(len(order))])
    return values[order], chosen * signs


@dataclass(frozen=True, slots=True)
class Halved:
    """The same points, each joined with half as many neighbours: short cuts between folds are longest and go first."""

    grown: float
    """Share of pairs whose geodesics grow by more than 1.5 times the median growth, of those that are still joined."""
    residuals: tuple[float, ...]
    """Of 1, 2, ... coordinates by landmarks; empty where the graph falls apart."""


def halved(neighbours: Neighbours, k: int, whole: Component, embedding: Embedding) -> Halved:
    """What becomes of an embedding through k neighbours with half of them, of at most 250 rows by all."""
    sparser = csr_array(graph_of(neighbours, max(2, k // 2))[whole.members][:, whole.members])
    step = max(1, len(embedding.landmarks) // WITNESSES)
    before, landmarks = embedding.geodesics[::step], embedding.landmarks[::step]
    after = geodesics_from(landmarks, sparser)
    is_joined = np.isfinite(after) & (before > 0)
    growth = after[is_joined] / before[is_joined]
    grown = float((growth > LONGER * np.median(growth)).mean()) if len(growth) else 0.0
    return Halved(grown, placed_by(after, landmarks).residuals() if np.isfinite(after).all() else ())
