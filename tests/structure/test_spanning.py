"""The minimum spanning tree of points."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from precisionlab.structure import spanning
from precisionlab.structure.points import squared_distances
from precisionlab.structure.spanning import SpanningTree, spanning_tree

Doubles = NDArray[np.float64]


def tree_of(points: Doubles) -> SpanningTree:
    """Of points wherever they are."""
    return spanning_tree(torch.from_numpy(points - points.mean(axis=0)))


@pytest.mark.parametrize("kept", [1, 2, 8, 100])
@pytest.mark.parametrize(("n", "d"), [(200, 2), (150, 30), (64, 200)])
def test_equals_scipy(monkeypatch: pytest.MonkeyPatch, n: int, d: int, kept: int) -> None:
    """Edges are those of scipy's minimum spanning tree, however few neighbours are kept."""
    monkeypatch.setattr(spanning, "KEPT", kept)
    points = np.random.default_rng(0).standard_normal((n, d))
    expected = minimum_spanning_tree(squareform(pdist(points))).tocoo()
    found = tree_of(points)
    edges = {frozenset(edge) for edge in found.edges.tolist()}
    assert edges == {frozenset(edge) for edge in zip(expected.row.tolist(), expected.col.tolist(), strict=True)}
    assert found.lengths == pytest.approx(np.sort(expected.data), rel=1e-12)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 60), d=st.integers(1, 4), values=st.integers(2, 5))
@settings(max_examples=60, deadline=None)
def test_equally_long_edges(seed: int, n: int, d: int, values: int) -> None:
    """On grids, where many distances are equal and points coincide, heights are those of scipy's single linkage."""
    points = np.random.default_rng(seed).integers(0, values, (n, d)).astype(np.float64)
    found = tree_of(points)
    assert found.lengths == pytest.approx(linkage(pdist(points), "single")[:, 2], abs=1e-7)
    parents = set(range(n))
    for left, right in found.edges.tolist():
        parents -= {left, right}
    assert len(found.edges) == n - 1
    assert not parents


def test_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many distances are held at a time decides about memory alone."""
    points = np.random.default_rng(1).standard_normal((120, 6))
    expected = tree_of(points)
    monkeypatch.setattr(spanning, "TILE", 500)
    assert tree_of(points).lengths == pytest.approx(expected.lengths, rel=1e-13)


def test_nearest() -> None:
    """The distance of each point from its nearest is told beside."""
    points = np.random.default_rng(2).standard_normal((80, 5))
    distances = squareform(pdist(points)) + np.diag(np.full(80, np.inf))
    assert tree_of(points).nearest == pytest.approx(distances.min(axis=1), rel=1e-12)


def test_near_duplicates_have_right_heights() -> None:
    """Pairs 1e-12 apart among points of size 1 merge at 1e-12, not at what products leave of it."""
    points = np.random.default_rng(3).standard_normal((20, 10))
    near = np.concatenate([points, points])
    near[20:, 0] += 2.0**-40
    assert tree_of(near).lengths[:20] == pytest.approx(np.abs(near[20:, 0] - near[:20, 0]).min(), rel=1e-3)


def test_long_points_are_copied_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 points of 500 coordinates, no more are copied at a time than a tile has room for: edges stay the same."""
    points = np.random.default_rng(4).standard_normal((40, 500))
    expected, asked = tree_of(points), []

    def noted(some: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        asked.append(some.numel())
        return squared_distances(some, others)

    monkeypatch.setattr(spanning, "TILE", 4000)
    monkeypatch.setattr(spanning, "squared_distances", noted)
    found = tree_of(points)
    assert max(asked) <= 4000
    assert np.array_equal(found.edges, expected.edges)


@pytest.mark.parametrize("n", [0, 1])
def test_without_edges(n: int) -> None:
    """No point, and a single one, have none."""
    found = spanning_tree(torch.zeros(n, 3, dtype=torch.float64))
    assert found.edges.shape == (0, 2)
    assert len(found.lengths) == 0
