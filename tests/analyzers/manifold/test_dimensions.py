"""Estimates of dimensions against spheres, ratios drawn from their exact distribution, and scikit-dimension."""

import math
import warnings
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy.stats import special_ortho_group

from analyzers.manifold.dimensions import (
    gride,
    local_pca,
    participation_ratio,
    pooled_mle,
    ranks_up_to,
    two_nn,
)
from precisionlab.structure.neighbours import Neighbours, nearest


def sphere(dimension: int, n: int = 2000) -> np.ndarray:
    """Points drawn evenly on the sphere S^dimension."""
    points = np.random.default_rng(dimension).normal(size=(n, dimension + 1))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def near(points: np.ndarray, k: int = 64) -> Neighbours:
    """The k nearest of each."""
    return nearest(torch.from_numpy(points), k)


@pytest.mark.parametrize(("dimension", "low", "high"), [(2, 0.93, 1.07), (10, 0.8, 1.0), (20, 0.65, 0.9)])
def test_spheres(dimension: int, low: float, high: float) -> None:
    """S^2 reads 2; S^10 up to a fifth low, S^20 a tenth to a third low: the bias that is known of these estimators."""
    lengths = near(sphere(dimension)).distances.numpy()
    estimate = two_nn(lengths)
    assert estimate is not None
    for value in (estimate.dimension, pooled_mle(lengths, 10), pooled_mle(lengths, 20), gride(lengths, 4)):
        assert low < value / dimension < high


def test_gaussian_rows_read_108() -> None:
    """2,000 Gaussian rows of 384 numbers have a TwoNN dimension of about 108, for all that they fill 384."""
    rows = np.random.default_rng(0).normal(size=(2000, 384))
    estimate = two_nn(near(rows, 2).distances.numpy())
    assert estimate is not None
    assert 100 < estimate.dimension < 118


@pytest.mark.parametrize("rank", [1, 2, 8, 32])
@pytest.mark.parametrize("dimension", [2.0, 37.5])
def test_gride_recovers_what_ratios_were_drawn_from(rank: int, dimension: float) -> None:
    """mu^-d has a beta distribution of (n, n): ratios made from it give d back within four standard errors."""
    n = 20_000
    shares = np.random.default_rng(rank).beta(rank, rank, size=n)
    lengths = np.ones((n, 2 * rank))
    lengths[:, 2 * rank - 1] = shares ** (-1 / dimension)
    assert abs(gride(lengths, rank) / dimension - 1) < 4 / math.sqrt(n)


def test_interval_covers() -> None:
    """Ratios drawn for a dimension of 5: the 95 % interval holds it in 90 to 99 % of 300 draws."""
    random = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        lengths = np.stack([np.ones(200), random.random(200) ** (-1 / 5)], axis=1)
        estimate = two_nn(lengths)
        assert estimate is not None
        held += estimate.low <= 5 <= estimate.high
    assert 270 <= held <= 297


@pytest.mark.parametrize("dimension", [2, 10])
def test_agrees_with_scikit_dimension(skdim: ModuleType, dimension: int) -> None:
    """TwoNN's fit and the pooled likelihood are scikit-dimension's."""
    points = sphere(dimension, 800)
    lengths = near(points, 20).distances.numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = skdim.id.TwoNN(discard_fraction=0.1).fit_transform(points)
        likelihood = skdim.id.MLE().fit(points, n_neighbors=20, comb="mle").dimension_
    estimate = two_nn(lengths)
    assert estimate is not None
    assert estimate.dimension == pytest.approx(theirs, rel=1e-9)
    assert pooled_mle(lengths, 20) == pytest.approx(likelihood, rel=1e-9)


def test_near_duplicates_and_duplicates() -> None:
    """Distances of 0 are left out, and 1e-12 beside 1 are no NaN."""
    points = np.concatenate([sphere(2, 500), sphere(2, 500)[:20], sphere(2, 500)[20:40] + 1e-12])
    lengths = near(points, 8).distances.numpy()
    estimate = two_nn(lengths)
    assert estimate is not None
    assert estimate.n_points == 500  # of 540: 20 pairs of duplicates
    assert math.isfinite(estimate.dimension)
    assert math.isfinite(pooled_mle(lengths, 5))


def test_equidistant_points_have_none() -> None:
    """The corners of a simplex are all as far apart: no ratio tells a dimension."""
    lengths = near(np.eye(40), 8).distances.numpy()
    assert two_nn(lengths) is None
    assert math.isnan(pooled_mle(lengths, 5))
    assert math.isnan(gride(lengths, 2))


def test_participation_ratio() -> None:
    """Points at +-a_i on the axes have variances in proportion to a_i^2; a rotation changes nothing, nor which side is short."""
    sizes = np.array([3.0, 2.0, 1.0])
    points = np.concatenate([np.diag(sizes), -np.diag(sizes)])
    expected = (sizes**2).sum() ** 2 / (sizes**4).sum()
    turned = points @ special_ortho_group.rvs(3, random_state=0)
    wide = np.concatenate([points, np.zeros((6, 9))], axis=1)
    for one in (points, turned, wide):
        assert participation_ratio(torch.from_numpy(one)) == pytest.approx(expected, rel=1e-12)
    assert math.isnan(participation_ratio(torch.ones((4, 3), dtype=torch.float64)))


def test_local_components() -> None:
    """Neighbourhoods on S^2 are flat: two directions, though all points fill three."""
    points = torch.from_numpy(sphere(2))
    everyone = torch.arange(2000)[:, None]
    around = torch.cat([everyone, nearest(points, 12).indices], dim=1)
    assert 1.95 < local_pca(points, around) < 2.05
    assert local_pca(points, torch.cat([everyone, nearest(points, 1999).indices], dim=1)[:4]) == 3.0


def test_ranks() -> None:
    """Powers of two as far as asked."""
    assert ranks_up_to(1) == (1,)
    assert ranks_up_to(40) == (1, 2, 4, 8, 16, 32)
