"""That drawn inputs are as large as said, but for the probability: against exact distributions, and draws."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from precisionlab.accumulation.drawn_inputs import (
    Inputs,
    largest,
    least_chi_squared,
    least_mean_square,
    least_variance,
    most_of_products,
    most_of_sizes,
)

NORMAL, UNIFORM = Inputs.NORMAL, Inputs.UNIFORM
FAILURES = (0.3, 1e-3, 1e-9, 1e-15)


def drawn(inputs: Inputs, *shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Numbers."""
    random = np.random.default_rng(shape)
    return random.standard_normal(shape) if inputs is NORMAL else random.random(shape)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("degrees", [1, 5, 63, 4096])
def test_chi_squared_is_smaller_rarely(degrees: int, failure: float) -> None:
    """Chernoff's bound of its lower tail: valid, and off by a factor in the probability, not in the exponent."""
    least = least_chi_squared(degrees, failure)
    exact = stats.chi2.ppf(failure, degrees)
    assert 0 < least <= exact
    assert least >= (0.9 if degrees > 1000 else 0.1) * exact
    assert stats.chi2.logcdf(least, degrees) >= 3 * math.log(failure) - 3


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("k", [1, 2, 64])
def test_sums_of_normal_sizes_are_larger_rarely(k: int, failure: float) -> None:
    """One size is exactly half-normal; so is the sum of two, by the law of two independent normals."""
    most = most_of_sizes(NORMAL, k, failure)
    if k == 1:
        assert 2 * stats.norm.sf(most) <= failure
    if k == 2:  # P(|x| + |y| <= t) = (2 Phi(t / sqrt 2) - 1)^2: a square on its corner
        half = 2 * stats.norm.sf(most / math.sqrt(2))
        assert half * (2 - half) <= failure
    assert most <= k * math.sqrt(2 / math.pi) + math.sqrt(2 * k * math.log(1 / failure)) * 1.01


@pytest.mark.parametrize("failure", FAILURES)
def test_a_product_of_normal_numbers_is_larger_rarely(failure: float) -> None:
    """Its density is K0(|z|) / pi."""
    most = most_of_products(NORMAL, 1, failure)

    tail, _ = integrate.quad(lambda z: 2 * special.k0(z) / math.pi, most, math.inf)
    assert tail <= failure


@pytest.mark.parametrize("inputs", Inputs)
@pytest.mark.parametrize("k", [1, 10, 300])
def test_draws_keep_to_the_bounds(inputs: Inputs, k: int) -> None:
    """Of 20,000 samples no more than the share is beyond, and the bounds are near what is drawn."""
    failure, x, w = 0.01, drawn(inputs, 20_000, k), drawn(inputs, 20_000, k, 1)[..., 0]
    products, sizes = np.abs(w * x).sum(1), np.abs(x).sum(1)
    for sums, most in ((products, most_of_products(inputs, k, failure)), (sizes, most_of_sizes(inputs, k, failure))):
        assert np.mean(sums > most) <= failure
        assert most <= 2.5 * np.quantile(sums, 1 - failure)
    squares = np.square(x).mean(1)
    for means, least in (
        (squares, least_mean_square(inputs, k, failure)),
        (x.var(1), least_variance(inputs, k, failure)),
    ):
        assert np.mean(means < least) <= failure
        assert k < 300 or least >= 0.5 * np.quantile(means, failure)
    assert np.mean(np.abs(x).max(1) > largest(inputs, k, failure)) <= failure


def test_uniform_numbers_are_never_larger_than_one() -> None:
    """However small the failure."""
    assert most_of_products(UNIFORM, 5, 1e-300) == 5
    assert most_of_sizes(UNIFORM, 5, 1e-300) == 5
    assert largest(UNIFORM, 1 << 40, 1e-300) == 1


def test_nothing_is_known_of_few_uniform_numbers() -> None:
    """They may all be the same."""
    assert least_variance(UNIFORM, 2, 1e-6) == 0
    assert least_variance(NORMAL, 1, 1e-6) == 0
    assert least_mean_square(UNIFORM, 3, 1e-6) == 0
