"""Errors of outputs against exact fractions, and their intervals against what a repeated sample does."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from analyzers.rounding.errors import Estimate, bits_of, errors_of, jackknife

Doubles = NDArray[np.float64]


def drawn(seed: int, rows: int = 6, inputs: int = 5) -> tuple[Doubles, Doubles, Doubles]:
    """Outputs, exact ones and sizes |W||x|, all different."""
    random = np.random.default_rng(seed)
    exact = random.standard_normal((rows, inputs))
    return exact + 1e-3 * random.standard_normal((rows, inputs)), exact, np.abs(exact) + random.random((rows, inputs))


def test_figures_are_those_of_their_definitions() -> None:
    """In exact arithmetic up to the last root."""
    got, exact, sizes = drawn(1)
    triples = [tuple(map(Fraction, each)) for each in zip(got.flat, exact.flat, sizes.flat, strict=True)]
    ratios = [abs(g - e) / s for g, e, s in triples]
    errors = errors_of(got, exact, sizes)
    assert errors.largest_backward == pytest.approx(float(max(ratios)), rel=1e-12)
    assert errors.backward.value == pytest.approx(math.sqrt(sum(r * r for r in ratios) / len(ratios)), rel=1e-12)
    squares = sum((g - e) ** 2 for g, e, _ in triples), sum(e * e for _, e, _ in triples)
    assert errors.forward.value == pytest.approx(math.sqrt(squares[0] / squares[1]), rel=1e-12)
    signed = sum((g - e) * (1 if e > 0 else -1) for g, e, _ in triples)
    assert errors.bias.value == pytest.approx(float(signed / sum(abs(e) for _, e, _ in triples)), rel=1e-10)
    assert errors.overflows == 0
    assert errors.bits == pytest.approx(-math.log2(errors.forward.value))


def test_outputs_that_overflow_are_counted_and_left_out() -> None:
    """The others are as they would be alone."""
    got, exact, sizes = drawn(2)
    got[0, 0], got[3, 1], got[5, 4] = np.inf, -np.inf, np.nan
    kept = np.isfinite(got)
    errors, off = errors_of(got, exact, sizes), (got - exact)[kept]
    assert errors.overflows == pytest.approx(0.1, rel=1e-15)
    assert errors.largest_backward == (np.abs(off) / sizes[kept]).max()
    assert errors.forward.value == pytest.approx(np.linalg.norm(off) / np.linalg.norm(exact[kept]), rel=1e-12)
    assert errors.backward.value == pytest.approx(np.sqrt(np.mean((off / sizes[kept]) ** 2)), rel=1e-12)


def test_where_nothing_is_finite_nothing_is_known_but_that() -> None:
    """NaN, not zero."""
    _, exact, sizes = drawn(3)
    errors = errors_of(np.full_like(exact, np.inf), exact, sizes)
    assert errors.overflows == 1
    assert all(map(math.isnan, (errors.largest_backward, errors.forward.value, errors.bias.value, errors.bits)))


def test_zeros_without_error_have_none() -> None:
    """And where the exact outputs are zero but the others are not, no bit is right."""
    zeros, ones = np.zeros((4, 3)), np.ones((4, 3))
    none = errors_of(zeros, zeros, zeros)
    assert (none.largest_backward, none.forward.value, none.bias.value) == (0, 0, 0)
    assert none.bits == math.inf
    all_ = errors_of(ones, zeros, ones)
    assert all_.forward.value == math.inf
    assert (all_.bits, all_.largest_backward) == (0, 1)


@pytest.mark.parametrize(
    ("error", "bits"), [(0.0, math.inf), (2.0**-8, 8), (0.5, 1), (1.0, 0), (7.0, 0), (math.inf, 0), (2.0**-24, 24)]
)
def test_bits_are_minus_log2_and_never_negative(error: float, bits: float) -> None:
    """An error of 100 % or more leaves none."""
    assert bits_of(error) == bits
    assert math.isnan(bits_of(math.nan))


@pytest.mark.parametrize("is_root", [False, True])
def test_standard_errors_are_those_of_leaving_out(is_root: bool) -> None:
    """One row, or one input, at a time, by hand: (n - 1) / n times the spread of the figures that are left."""
    random = np.random.default_rng(4)
    above, below = random.random((7, 4)), random.random((7, 4))

    def figure(keep: list[int], axis: int) -> float:
        ratio = above.take(keep, axis).sum() / below.take(keep, axis).sum()
        return float(np.sqrt(ratio) if is_root else ratio)

    variance = 0.0
    for axis, n in ((0, 7), (1, 4)):
        left = [figure([i for i in range(n) if i != out], axis) for out in range(n)]
        variance += (n - 1) / n * sum((one - sum(left) / n) ** 2 for one in left)
    estimate = jackknife(above, below, is_root=is_root)
    assert estimate.error == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_one_row_has_no_spread_over_rows() -> None:
    """What is left is the spread over inputs."""
    estimate = jackknife(np.array([[1.0, 3.0]]), np.ones((1, 2)), is_root=False)
    assert estimate == Estimate(2.0, 1.0, 1.0)


def test_intervals_hold_the_true_figure_about_as_often_as_they_say() -> None:
    """Rows and inputs with effects of their own; 95 % intervals of 400 samples hold the truth 88 to 99 % of the time.

    The truth is the root of the ratio of expectations; the band is 3.7 standard errors about 94 %.
    """
    random, n_held, n_samples = np.random.default_rng(5), 0, 400
    for _ in range(n_samples):
        exact = random.standard_normal((32, 16))
        row, column = np.exp(0.3 * random.standard_normal((32, 1))), np.exp(0.3 * random.standard_normal((1, 16)))
        got = exact + 1e-3 * row * column * random.standard_normal((32, 16))
        forward = errors_of(got, exact, np.abs(exact) + 1).forward
        truth = 1e-3 * math.sqrt(math.exp(2 * 0.3**2) ** 2)
        n_held += abs(forward.value - truth) <= forward.half_width
    assert 0.88 <= n_held / n_samples <= 0.99
