"""Nearest neighbours against trees of scipy and against differences of all pairs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from precisionlab.structure.neighbours import nearest


def brute(points: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Distances and indices by differences; the lower index first where distances are equal."""
    distances = np.sqrt(np.square(points[:, None, :] - points[None, :, :]).sum(axis=2))
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, axis=1), order


@pytest.mark.parametrize("dimensions", [2, 7])
def test_agrees_with_a_tree(dimensions: int) -> None:
    """Of points at random, scipy's k-d tree names the same neighbours at the same distances."""
    points = np.random.default_rng(0).normal(size=(1500, dimensions)) + 3.0
    found = nearest(torch.from_numpy(points), 9)
    distances, indices = cKDTree(points).query(points, 10)
    assert np.array_equal(found.indices.numpy(), indices[:, 1:])
    np.testing.assert_allclose(found.distances.numpy(), distances[:, 1:], rtol=1e-9)


def test_points_that_all_but_coincide() -> None:
    """Distances of 1e-9 between points of length 20, which products of matrices cannot see, are right to 1e-6."""
    random = np.random.default_rng(1)
    points = random.normal(size=(60, 384))
    twins = points + 1e-9 * random.normal(size=points.shape) / np.sqrt(384)
    both = np.concatenate([points, twins])
    found = nearest(torch.from_numpy(both), 2)
    distances, indices = brute(both, 2)
    assert np.array_equal(found.indices.numpy()[:, 0], indices[:, 0])
    np.testing.assert_allclose(found.distances.numpy(), distances, rtol=1e-6)
    assert found.distances[:, 0].max() < 2e-9


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_ties_go_to_the_lower_index(data: st.DataObject) -> None:
    """Of points of a lattice, where many lie equally near, the lower indices come first, as by a stable sort."""
    n, d = data.draw(st.integers(3, 60)), data.draw(st.integers(1, 3))
    k = data.draw(st.integers(1, n - 1))
    cells = data.draw(st.lists(st.integers(-2, 2), min_size=n * d, max_size=n * d))
    points = np.array(cells, dtype=np.float64).reshape(n, d)
    found = nearest(torch.from_numpy(points), k)
    distances, indices = brute(points, k)
    np.testing.assert_allclose(found.distances.numpy(), distances, rtol=1e-12, atol=1e-14)
    assert np.array_equal(found.indices.numpy(), indices)


def test_many_identical_points() -> None:
    """Of 200 equal points each has the first others as neighbours, at 0."""
    found = nearest(torch.full((200, 5), 0.1, dtype=torch.float64), 3)
    assert not found.distances.any()
    assert found.indices[0].tolist() == [1, 2, 3]
    assert found.indices[150].tolist() == [0, 1, 2]


def test_chosen_queries() -> None:
    """Queries are some of the points, and their neighbours are found among all."""
    points = torch.from_numpy(np.random.default_rng(2).normal(size=(300, 4)))
    some = torch.tensor([7, 250, 3])
    assert torch.equal(nearest(points, 5, some).indices, nearest(points, 5).indices[some])


@pytest.mark.parametrize("k", [0, 4])
def test_fewer_points_than_neighbours(k: int) -> None:
    """Four points have three neighbours each at most."""
    with pytest.raises(ValueError, match="4 points"):
        nearest(torch.zeros((4, 2), dtype=torch.float64), k)
