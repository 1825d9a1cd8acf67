"""The laws that are fitted: Marchenko and Pastur's, and power laws."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from analyzers.spectrum.marchenko_pastur import density, distribution, random_bulk
from analyzers.spectrum.power_law import power_law

WEIGHTWATCHER = {
    60: 4.373771567695552,
    300: 6.170282608913853,
    1000: 6.250792403876156,
}
"""Exponents that WeightWatcher 0.7.7 (`WW_powerlaw.WWFit`) gives of the squares of the singular values of the matrices
of `heavy_tailed`, drawn one after the other from one generator of seed 0."""


def singular(matrix: np.ndarray) -> np.ndarray:
    """LAPACK's singular values."""
    return np.linalg.svd(matrix, compute_uv=False)


def heavy_tailed() -> dict[int, np.ndarray]:
    """Matrices [k, k + 100] of Student's t of three degrees."""
    random = np.random.default_rng(0)
    return {k: random.standard_t(3, (k, k + 100)) for k in WEIGHTWATCHER}


def test_exponents_are_weightwatchers() -> None:
    """To 1e-9, at all sizes."""
    for k, matrix in heavy_tailed().items():
        law = power_law(singular(matrix) ** 2)
        assert law is not None
        assert law.alpha == pytest.approx(WEIGHTWATCHER[k], rel=1e-9)


@pytest.mark.parametrize("alpha", [2.0, 3.5, 6.0])
def test_planted_exponents_are_found(alpha: float) -> None:
    """Of 20,000 numbers of a Pareto law, within four of the standard errors that the fit states."""
    values = (np.random.default_rng(1).pareto(alpha - 1, 20_000) + 1) * 3
    law = power_law(values)
    assert law is not None
    assert law.n_tail > 1000
    assert abs(law.alpha - alpha) < 4 * law.error
    assert law.distance < 0.02


def test_the_fit_is_that_of_its_definition() -> None:
    """By the formulas of Clauset, Shalizi and Newman, each start tried in plain Python."""
    values = sorted(np.random.default_rng(2).gamma(0.5, 2, 40).tolist())
    best = min((ks(values[i:], alpha_of(values[i:])), alpha_of(values[i:]), values[i]) for i in range(len(values) - 1))
    law = power_law(np.array(values))
    assert law is not None
    assert (law.distance, law.alpha, law.start) == pytest.approx(best, rel=1e-10)


def alpha_of(tail: list[float]) -> float:
    """The most likely exponent of a tail from its first value on."""
    return 1 + len(tail) / sum(math.log(x / tail[0]) for x in tail)


def ks(tail: list[float], alpha: float) -> float:
    """The largest difference between the two distributions."""
    n = len(tail)
    return float(max(abs(1 - (x / tail[0]) ** (1 - alpha) - i / n) for i, x in enumerate(tail)))


@pytest.mark.parametrize(
    "values", [[], [1.0], [1.0, 2.0], [3.0] * 10, [0.0] * 10, [1.0, 1 + 1e-12, 1 - 1e-13]], ids=str
)
def test_too_few_values_have_no_exponent(values: list[float]) -> None:
    """Nor equal ones, such as those of orthogonal matrices, which rounding tells apart."""
    assert power_law(np.array(values)) is None


def test_scale_does_not_matter_to_the_exponent() -> None:
    """As eigenvalues have units and exponents have none."""
    values = singular(heavy_tailed()[60]) ** 2
    laws = [power_law(values * factor) for factor in (1e-20, 1.0, 1e20)]
    assert len({round(law.alpha, 9) for law in laws if law}) == 1


@pytest.mark.parametrize("ratio", [0.01, 0.3, 0.9, 1.0])
def test_the_law_has_its_density(ratio: float) -> None:
    """The distribution is the integral of the density by an adaptive rule; the mean is 1."""
    places, shares = distribution(ratio)
    low, high = (1 - math.sqrt(ratio)) ** 2, (1 + math.sqrt(ratio)) ** 2
    assert (places[0], places[-1]) == pytest.approx((low, high), abs=1e-12)

    def below(x: float) -> float:  # over the root, where the density of square matrices has no pole
        total: float = quad(lambda r: 2 * r * density(np.array([r * r]), ratio)[0], math.sqrt(low), math.sqrt(x))[0]
        return total

    for x in np.linspace(low + 0.1 * (high - low), high - 1e-9, 5):
        assert np.interp(x, places, shares) == pytest.approx(below(float(x)), abs=1e-5)
    assert np.trapezoid(1 - shares, places) + low == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("m", "n"), [(400, 900), (500, 500), (60, 3000)])
def test_random_matrices_lie_within_their_edge(m: int, n: int) -> None:
    """Scale and edge within 5 %, a small distance, no outlier; in bits of 2^k the same but for the scale."""
    matrix = np.random.default_rng(3).standard_normal((m, n)) * 0.02
    bulk = random_bulk(singular(matrix), n)
    assert bulk is not None
    assert math.sqrt(bulk.variance) == pytest.approx(0.02, rel=0.05)
    assert bulk.edge == pytest.approx(0.02 * (math.sqrt(m) + math.sqrt(n)), rel=0.05)
    assert bulk.outliers == 0
    assert bulk.distance < 0.03


def test_few_random_matrices_have_outliers() -> None:
    """Of 300 of them at most a few: the threshold is the 99.9 % quantile, and the scale is an estimate."""
    random = np.random.default_rng(4)
    found = [random_bulk(singular(random.standard_normal((80, 120))), 120) for _ in range(300)]
    assert sum(bulk.outliers > 0 for bulk in found if bulk) <= 6


def test_spikes_beyond_the_threshold_are_counted() -> None:
    """A rank-one term shows where its size exceeds (mn)^(1/4) (Benaych-Georges and Nadakuditi 2012), and hides below."""
    random = np.random.default_rng(5)
    m, n = 300, 600
    noise = random.standard_normal((m, n))
    left, right = random.standard_normal(m), random.standard_normal(n)
    spike = np.outer(left / np.linalg.norm(left), right / np.linalg.norm(right)) * (m * n) ** 0.25
    counts = [random_bulk(singular(noise + size * spike), n) for size in (0.5, 2.0, 5.0)]
    assert [bulk.outliers if bulk else None for bulk in counts] == [0, 1, 1]
    energy = counts[2].outlier_energy if counts[2] else 0.0
    values = singular(noise + 5.0 * spike)
    assert energy == pytest.approx(values[0] ** 2 / (values**2).sum())


@pytest.mark.parametrize("values", [np.ones(7), np.array([1.0] * 4 + [0.0] * 6)])
def test_matrices_without_a_bulk_have_no_law(values: np.ndarray) -> None:
    """Of fewer than eight directions, or half of them zeros."""
    assert random_bulk(values, 20) is None
