"""Farthest-point landmarks."""

import numpy as np
import pytest
import torch
from gudhi import bottleneck_distance
from gudhi.subsampling import choose_n_farthest_points
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist, squareform

from precisionlab.structure import landmarks
from precisionlab.structure.landmarks import farthest_landmarks


@pytest.mark.parametrize(("n", "d"), [(40, 2), (3000, 5), (2000, 60)])
def test_equals_another_library(n: int, d: int) -> None:
    """The same points in the same order as gudhi's, also where more are looked at than candidates are kept."""
    points = np.random.default_rng(0).standard_normal((n, d))
    ours = farthest_landmarks(torch.from_numpy(points), 30, 3)
    theirs = np.array(choose_n_farthest_points(points=points, nb_points=30, starting_point=3))
    assert np.array_equal(points[ours.indices.numpy()], theirs)


def test_few_candidates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many candidates are kept, and how many numbers at a time, decides about time alone."""
    points = torch.from_numpy(np.random.default_rng(1).standard_normal((500, 3)))
    expected = farthest_landmarks(points, 60)
    monkeypatch.setattr(landmarks, "CANDIDATES", 4)
    monkeypatch.setattr(landmarks, "TILE", 1000)
    found = farthest_landmarks(points, 60)
    assert torch.equal(found.indices, expected.indices)
    assert found.radii.numpy() == pytest.approx(expected.radii.numpy(), rel=1e-9)


def test_radii_and_nearest() -> None:
    """Radii are what all distances say, and so is the landmark nearest to each point."""
    points = np.random.default_rng(2).standard_normal((300, 4))
    found = farthest_landmarks(torch.from_numpy(points), 25)
    from_landmarks = cdist(points, points[found.indices.numpy()])
    expected = [from_landmarks[:, : i + 1].min(axis=1).max() for i in range(25)]
    assert found.radii.numpy() == pytest.approx(np.array(expected), rel=1e-9)
    assert np.array_equal(found.nearest.numpy(), from_landmarks.argmin(axis=1))


def test_covering_radius_is_right_where_products_fail() -> None:
    """The last radius is by differences: right for points that products of coordinates cannot tell apart."""
    points = 1.0 + np.random.default_rng(3).random((50, 3)) * 2.0**-20
    points[0] -= 1.0
    found = farthest_landmarks(torch.from_numpy(points), 6)
    expected = cdist(points, points[found.indices.numpy()]).min(axis=1).max()
    assert found.covering_radius >= expected * (1 - 1e-14)
    assert found.covering_radius == pytest.approx(expected, rel=1e-3)


def test_where_points_run_out_or_coincide() -> None:
    """All points are landmarks where more are asked for; of equal ones one is; of none there are none."""
    points = torch.from_numpy(np.random.default_rng(4).standard_normal((5, 2)))
    found = farthest_landmarks(points, 9)
    assert sorted(found.indices.tolist()) == [0, 1, 2, 3, 4]
    assert found.covering_radius == 0
    twice = farthest_landmarks(torch.cat([points, points]), 10)
    assert len(twice.indices) == 5
    assert twice.covering_radius == 0
    assert farthest_landmarks(torch.full((4, 3), 0.3, dtype=torch.float64), 3).indices.tolist() == [0]
    assert len(farthest_landmarks(points[:0], 3).indices) == 0


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(4, 20), n_landmarks=st.integers(3, 20))
@settings(max_examples=25, deadline=None)
def test_certificate(seed: int, n: int, n_landmarks: int) -> None:
    """The diagrams of landmarks are within twice the covering radius of those of all points, by bottleneck distance."""
    from gudhi import RipsComplex

    points = np.random.default_rng(seed).standard_normal((n, 2))
    found = farthest_landmarks(torch.from_numpy(points), n_landmarks)

    def diagrams(some: np.ndarray) -> list[np.ndarray]:
        tree = RipsComplex(distance_matrix=squareform(pdist(some))).create_simplex_tree(max_dimension=2)
        tree.compute_persistence(homology_coeff_field=2)
        return [tree.persistence_intervals_in_dimension(dimension) for dimension in (0, 1)]

    for whole, part in zip(diagrams(points), diagrams(points[found.indices.numpy()]), strict=True):
        apart = bottleneck_distance(np.asarray(whole).reshape(-1, 2), np.asarray(part).reshape(-1, 2))
        assert apart <= 2 * found.covering_radius + 1e-9
