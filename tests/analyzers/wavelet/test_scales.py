"""Figures of kernels against exact values."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analyzers.wavelet.scales import Key, energy_shares, expected_shares, figures_of, in_order, seminorm
from analyzers.wavelet.transforms import Doubles, transform


def noise(*shape: int) -> Doubles:
    """Normal deviates."""
    return np.random.default_rng(1).standard_normal(shape)


def test_white_noise_has_three_quarters_on_the_finest_scale() -> None:
    """3/4, 3/16, 3/64 and 1/64 of 8 x 8, expected and met."""
    coefficients = transform(noise(4000, 8, 8))
    expected = expected_shares(coefficients)
    assert list(expected.values()) == [3 / 4, 3 / 16, 3 / 64, 1 / 64]
    assert list(energy_shares(coefficients).values()) == pytest.approx(list(expected.values()), rel=0.03)


def test_white_noise_of_three_by_three() -> None:
    """5/9, 3/9 and 1/9: the counts of coefficients."""
    assert list(expected_shares(transform(noise(1, 3, 3))).values()) == pytest.approx([5 / 9, 3 / 9, 1 / 9])


def test_the_seminorm_is_1_of_white_noise() -> None:
    """In the mean, on every axis."""
    kernels = noise(20000, 3, 5)
    assert seminorm(kernels, 1) == pytest.approx(1, abs=0.02)
    assert seminorm(kernels, 2) == pytest.approx(1, abs=0.02)


def test_the_seminorm_by_hand() -> None:
    """0 of constants, 2 of alternating signs, and (1 + 4) / 2 over 2 (1 + 4 + 16) / 3 of 1, 2, 4."""
    assert seminorm(np.ones((2, 4)), 1) == 0
    assert seminorm(np.array([[1.0, -1.0, 1.0, -1.0]]), 1) == 2
    assert seminorm(np.array([[1.0, 2.0, 4.0]]), 1) == pytest.approx((1 + 4) / 2 / (2 * 21 / 3))


def test_gini_by_hand() -> None:
    """0 of equal magnitudes, 1 - 1 / n of a single one, 1/4 of 1 and 3."""
    assert in_order(np.array([2.0, -2.0, 2.0])).gini() == pytest.approx(0)
    assert in_order(np.array([0.0, 0.0, 0.0, 5.0])).gini() == pytest.approx(3 / 4)
    assert in_order(np.array([3.0, -1.0])).gini() == pytest.approx(1 / 4)


def test_thresholding_by_hand() -> None:
    """Of 3, 4 and twice 0 the half holds all; a quarter leaves 3 of 5."""
    found = in_order(np.array([[0.0, 3.0], [-4.0, 0.0]]))
    assert found.error(0.5) == 0
    assert found.error(0.25) == pytest.approx(3 / 5)
    assert found.share_of_most_energy() == 1 / 2


@given(arrays(np.float64, (4, 6), elements=st.floats(-8, 8, width=16)).filter(lambda one: bool(one.any())))
def test_errors_fall_with_what_is_kept(kernels: Doubles) -> None:
    """From at most 1 to 0, and the share that holds 99 % leaves an error of at most a tenth."""
    found = in_order(transform(kernels).all())
    errors = [found.error(kept) for kept in np.linspace(0.01, 1, 20)]
    assert all(one >= other for one, other in pairwise(errors))
    assert errors[-1] == 0
    assert found.error(found.share_of_most_energy()) <= 0.1 + 1e-9


def test_the_error_is_that_of_the_reconstruction() -> None:
    """Dropped coefficients, transformed back by the transpose of the orthogonal map, miss by as much."""
    kernels = noise(20, 5)
    matrix = transform(np.eye(5)).all()
    coefficients = kernels @ matrix
    cut = np.sort(np.abs(coefficients), axis=None)[-30]
    rebuilt = np.where(np.abs(coefficients) >= cut, coefficients, 0) @ matrix.T
    error = np.linalg.norm(rebuilt - kernels) / np.linalg.norm(kernels)
    assert in_order(transform(kernels).all()).error(0.3) == pytest.approx(error)


def test_shares_of_figures_sum_to_1() -> None:
    """Over levels and the rest, of any wavelet."""
    found = figures_of(noise(30, 12), (2,), "db2", 0)
    shares = [value for key, value in found.items() if key.name == "energy_share"]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert Key("seminorm", "axis", "2") in found
