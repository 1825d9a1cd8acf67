"""Random matrices beside a weight: each keeps what it promises, and nothing else."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from precisionlab.structure.nulls import Null, beside_nulls, compared, drawn, draws, generator, orthonormal

WEIGHT = torch.from_numpy(np.random.default_rng(0).standard_t(3, (60, 40)) + 0.3)


def singular(matrix: torch.Tensor) -> np.ndarray:
    """LAPACK's singular values."""
    return np.linalg.svd(matrix.numpy(), compute_uv=False)


def test_shuffling_keeps_the_entries() -> None:
    """The same numbers, in other places."""
    shuffled = drawn(WEIGHT, Null.SHUFFLED, generator(0))
    np.testing.assert_array_equal(np.sort(shuffled.numpy(), axis=None), np.sort(WEIGHT.numpy(), axis=None))
    assert (shuffled != WEIGHT).double().mean() > 0.9


def test_gaussians_have_the_mean_and_the_deviation() -> None:
    """Of many draws together, within four standard errors; and are normal by Kolmogorov and Smirnov's test."""
    entries = torch.cat([one.flatten() for one in draws(WEIGHT, Null.GAUSSIAN, 40, 1)]).numpy()
    mean, deviation = float(WEIGHT.mean()), float(WEIGHT.std(correction=0))
    assert abs(entries.mean() - mean) < 4 * deviation / math.sqrt(entries.size)
    assert abs(entries.std() - deviation) < 4 * deviation / math.sqrt(2 * entries.size)
    assert stats.kstest((entries - mean) / deviation, "norm").pvalue > 1e-4


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (30, 30), (1, 5), (5, 1)], ids=str)
def test_rotations_keep_singular_values_and_the_gram_matrix(shape: tuple[int, int]) -> None:
    """(Q W)^T (Q W) = W^T W, to rounding, while the entries are others."""
    weight = torch.from_numpy(np.random.default_rng(2).standard_normal(shape))
    rotated = drawn(weight, Null.ROTATED, generator(3))
    np.testing.assert_allclose(singular(rotated), singular(weight), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose((rotated.T @ rotated).numpy(), (weight.T @ weight).numpy(), atol=1e-12)
    assert rotated.shape == weight.shape
    assert shape[0] == 1 or bool((rotated != weight).all())  # the rotations of one row are 1 and -1


def test_rotations_of_rank_deficient_matrices() -> None:
    """Zeros among the singular values stay zeros."""
    weight = torch.ones(20, 8, dtype=torch.float64)
    values = singular(drawn(weight, Null.ROTATED, generator(0)))
    np.testing.assert_allclose(values, [math.sqrt(160), *[0] * 7], atol=1e-12)


def test_orthonormal_columns_are_haar_distributed() -> None:
    """An entry of Haar's orthogonal matrices [n, n] has variance 1/n and kurtosis 3 n / (n + 2); a trace has variance 1."""
    random, n = generator(5), 6
    matrices = [orthonormal(n, n, random).numpy() for _ in range(4000)]
    corners = np.array([q[0, 0] for q in matrices])
    assert corners.mean() == pytest.approx(0, abs=4 / math.sqrt(n * 4000))
    assert (corners**2).mean() == pytest.approx(1 / n, rel=0.1)
    assert (corners**4).mean() / (corners**2).mean() ** 2 == pytest.approx(3 * n / (n + 2), rel=0.15)
    traces = np.array([np.trace(q) for q in matrices])
    assert traces.mean() == pytest.approx(0, abs=4 / math.sqrt(4000))
    assert traces.var() == pytest.approx(1, rel=0.1)


def test_thin_columns_are_orthonormal() -> None:
    """Q^T Q = I."""
    q = orthonormal(50, 7, generator(0))
    np.testing.assert_allclose((q.T @ q).numpy(), np.eye(7), atol=1e-13)


def test_draws_depend_on_the_seed_alone() -> None:
    """The same for the same, others for another."""
    for null in Null:
        first, again, other = (next(iter(draws(WEIGHT, null, 1, seed))) for seed in (7, 7, 8))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)


def test_nothing_has_random_matrices_too() -> None:
    """Of no elements."""
    for null in Null:
        assert drawn(torch.zeros(0, 3, dtype=torch.float64), null, generator(0)).shape == (0, 3)


def test_comparisons_are_those_of_the_textbook() -> None:
    """Mean and sample deviation of the finite draws, and the distance in deviations."""
    one = compared(9.0, [1.0, 2.0, 3.0, math.nan, math.inf])
    assert (one.mean, one.deviation, one.n_draws, one.z, one.ratio) == (2.0, 1.0, 3, 7.0, 4.5)
    assert compared(2.0, [2.0, 2.0]).z == 0.0
    assert compared(3.0, [2.0, 2.0]).z == math.inf
    assert compared(1.0, [2.0, 2.0]).z == -math.inf
    assert math.isnan(compared(1.0, [2.0]).z)
    assert math.isnan(compared(1.0, []).mean)
    assert math.isnan(compared(math.nan, [1.0, 2.0]).z)
    assert math.isnan(compared(1.0, [0.0, 0.0]).ratio)


def test_rounding_is_no_difference() -> None:
    """Where a null keeps a figure, float64's errors of 1e-13 are no infinite z-score."""
    assert compared(1.0 + 1e-13, [1.0, 1.0, 1.0]).z == 0.0


def test_figures_stand_beside_those_of_the_draws() -> None:
    """The largest entry is kept by shuffling, the norm by rotation; a figure that a draw lacks does not count."""

    def figures(matrix: torch.Tensor) -> dict[str, float]:
        own = {"largest": float(matrix.max()), "norm": float(matrix.norm())}
        return {**own, "own": 1.0} if torch.equal(matrix, WEIGHT) else own

    beside = beside_nulls(WEIGHT, figures, tuple(Null), 10, 0)
    assert beside["largest"][Null.SHUFFLED].z == 0.0
    assert beside["largest"][Null.GAUSSIAN].z > 3
    assert beside["norm"][Null.ROTATED].z == 0.0
    assert {one.n_draws for one in beside["norm"].values()} == {10}
    assert {one.n_draws for one in beside["own"].values()} == {0}
