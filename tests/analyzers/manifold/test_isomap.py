"""Isomap against scikit-learn's, the places that points of a roll were made from, and graphs that fall apart."""

import warnings
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.spatial import procrustes

from analyzers.manifold.isomap import component, exact_isomap, graph_of, halved, landmark_isomap, scaled
from precisionlab.structure.neighbours import nearest

Roll = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def sklearn_manifold() -> ModuleType:
    """scikit-learn's module of embeddings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: ModuleType = pytest.importorskip("sklearn.manifold")
        return found


def test_swiss_roll_is_unrolled(swiss_roll: Roll) -> None:
    """Two coordinates leave under 1 % of the geodesics' variance, and are arc and width up to a similarity: Procrustes < 0.01."""
    points, places = swiss_roll
    near = nearest(torch.from_numpy(points), 12)
    whole = component(graph_of(near, 12))
    embedding = exact_isomap(whole.graph)
    assert whole.n_components == 1
    assert embedding.residuals()[1] < 0.005 < embedding.residuals()[0]
    assert procrustes(places, embedding.coordinates[:, :2])[2] < 0.01
    kept = halved(near, 12, whole, embedding)
    assert kept.grown < 0.1
    drawn = np.sort(np.random.default_rng(0).choice(len(points), 200, replace=False))
    quick = landmark_isomap(whole.graph, drawn)
    assert abs(quick.residuals()[1] - embedding.residuals()[1]) < 0.01
    assert procrustes(places, quick.coordinates[:, :2])[2] < 0.01


def test_agrees_with_scikit_learn(swiss_roll: Roll, sklearn_manifold: ModuleType) -> None:
    """Coordinates equal up to sign, to 1e-6 of their size; geodesics to rounding."""
    points = swiss_roll[0][:700]
    theirs = sklearn_manifold.Isomap(n_neighbors=12, n_components=2)
    coordinates = theirs.fit_transform(points)
    ours = exact_isomap(component(graph_of(nearest(torch.from_numpy(points), 12), 12)).graph)
    np.testing.assert_allclose(ours.geodesics, theirs.dist_matrix_, rtol=1e-9)
    for axis in range(2):
        one, other = ours.coordinates[:, axis], coordinates[:, axis]
        assert min(np.abs(one - other).max(), np.abs(one + other).max()) < 1e-6 * np.abs(one).max()


def test_landmarks_that_are_all_points_give_the_exact_embedding(swiss_roll: Roll) -> None:
    """Placing every point by its distances from all of them changes nothing."""
    whole = component(graph_of(nearest(torch.from_numpy(swiss_roll[0][:300]), 12), 12))
    exact, placed = exact_isomap(whole.graph), landmark_isomap(whole.graph, np.arange(300))
    n = min(exact.coordinates.shape[1], placed.coordinates.shape[1], 3)
    np.testing.assert_allclose(
        placed.coordinates[:, :n], exact.coordinates[:, :n], atol=1e-6 * np.abs(exact.coordinates).max()
    )


def test_short_circuits_are_noticed() -> None:
    """Of a roll of 500 points with 15 neighbours, which join folds, many geodesics grow with seven, and two coordinates do."""
    random = np.random.default_rng(0)
    t, across = 1.5 * np.pi * (1 + 2 * random.random(500)), 21 * random.random(500)
    near = nearest(torch.from_numpy(np.stack([t * np.cos(t), across, t * np.sin(t)], axis=1)), 15)
    whole = component(graph_of(near, 15))
    embedding = exact_isomap(whole.graph)
    kept = halved(near, 15, whole, embedding)
    assert kept.grown > 0.1
    assert kept.residuals[1] < 0.5 * embedding.residuals()[1]


def test_line_of_points() -> None:
    """Points of a line have one coordinate, which is their place about the mean."""
    points = torch.arange(30, dtype=torch.float64)[:, None] * torch.tensor([[3.0, 4.0]], dtype=torch.float64)
    embedding = exact_isomap(component(graph_of(nearest(points, 2), 2)).graph)
    places = 5.0 * (np.arange(30) - 14.5)
    assert np.abs(embedding.coordinates[:, 0]) == pytest.approx(np.abs(places), abs=1e-9)
    assert embedding.residuals()[0] == pytest.approx(0.0, abs=1e-12)


def test_largest_component() -> None:
    """Two clusters far apart: the larger is kept, and how many there are is said."""
    random = np.random.default_rng(1)
    points = np.concatenate([random.normal(size=(30, 3)), 1000 + random.normal(size=(50, 3))])
    whole = component(graph_of(nearest(torch.from_numpy(points), 5), 5))
    assert whole.n_components == 2
    assert np.array_equal(whole.members, np.arange(30, 80))


def test_products_from_distances() -> None:
    """-1/2 J D^2 J are the products of points about their mean."""
    points = np.random.default_rng(2).normal(size=(20, 4))
    centred = points - points.mean(axis=0)
    distances = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    np.testing.assert_allclose(scaled(distances), centred @ centred.T, atol=1e-12)
