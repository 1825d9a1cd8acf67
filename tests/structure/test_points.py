"""Rows as points, and the distances between them."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist, squareform

from precisionlab.structure.points import Distance, cloud, distance_matrix, distances, separations


@pytest.fixture(scope="module")
def matrix() -> torch.Tensor:
    """Rows that no distance leaves out."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal((30, 7)) + 2)


@pytest.mark.parametrize(("distance", "metric"), [(Distance.COSINE, "cosine"), (Distance.CORRELATION, "correlation")])
def test_distances_of_directions(matrix: torch.Tensor, distance: Distance, metric: str) -> None:
    """Squares are twice scipy's cosine and correlation distances, which are 1 - cos and 1 - r."""
    points = cloud(matrix, distance).points
    expected = np.sqrt(2 * cdist(matrix.numpy(), matrix.numpy(), metric))
    assert distance_matrix(points).numpy() == pytest.approx(expected, abs=1e-7)


def test_euclidean_points_are_the_rows(matrix: torch.Tensor) -> None:
    """Nothing is copied, and distances are scipy's."""
    found = cloud(matrix, Distance.EUCLIDEAN)
    assert found.points.data_ptr() == matrix.data_ptr()
    expected = squareform(pdist(matrix.numpy()))
    assert distance_matrix(found.points).numpy() == pytest.approx(expected, rel=1e-12)
    assert distances(matrix, matrix[:5]).numpy() == pytest.approx(expected[:, :5], abs=1e-7)


@pytest.mark.parametrize(
    ("distance", "kept"),
    [(Distance.EUCLIDEAN, [0, 1, 4]), (Distance.COSINE, [0, 4]), (Distance.CORRELATION, [4])],
)
def test_rows_without_a_place(distance: Distance, kept: list[int]) -> None:
    """Rows that are not finite have none, rows of zeros no direction, and constant rows none less their mean."""
    matrix = torch.tensor(
        [[0.1, 0.1, 0.1], [0.0, 0.0, 0.0], [1.0, torch.nan, 1.0], [torch.inf, 1.0, 1.0], [1.0, 2.0, 4.0]]
    )
    found = cloud(matrix, distance)
    assert found.rows.tolist() == kept
    assert found.n_left_out == 5 - len(kept)
    assert found.points.isfinite().all()


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_directions_have_no_scale(matrix: torch.Tensor, scale: float) -> None:
    """Squares of huge and tiny coordinates neither overflow nor vanish."""
    one, other = (cloud(matrix * factor, Distance.CORRELATION).points for factor in (1.0, scale))
    assert other.numpy() == pytest.approx(one.numpy(), rel=1e-12)


def test_points_that_all_but_coincide(matrix: torch.Tensor) -> None:
    """Distances of 1e-12 among points of size 1, where products give 0 or 1e-8, have ten right digits and more."""
    shifts = torch.zeros_like(matrix)
    shifts[:, 3] = torch.arange(30) * 2.0**-40
    points = matrix[0] + shifts
    expected = squareform(pdist(points.numpy()))
    found = distance_matrix(points)
    assert found.numpy() == pytest.approx(expected, rel=1e-10)
    assert torch.equal(found, found.T)
    assert separations(points, torch.tensor([0, 2]), torch.tensor([1, 2])).tolist() == [expected[0, 1], 0.0]


def test_without_points_or_coordinates() -> None:
    """No points have no distances; points of no coordinates coincide, and have no direction."""
    assert distance_matrix(torch.zeros(0, 3, dtype=torch.float64)).shape == (0, 0)
    assert distance_matrix(torch.zeros(2, 0, dtype=torch.float64)).tolist() == [[0, 0], [0, 0]]
    assert cloud(torch.zeros(2, 0), Distance.COSINE).n_left_out == 2
