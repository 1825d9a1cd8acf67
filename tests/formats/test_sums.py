"""Error sums add up as those of the whole, and their figures are those of the arrays themselves."""

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from precisionlab.formats.sums import ErrorSums, decibels, root_ratio

Floats = NDArray[np.float64]

PAIRS = arrays.arrays(np.float64, st.tuples(st.just(3), st.integers(1, 40)), elements=st.floats(-100, 100, width=16))
"""Numbers, what they become, and weights."""


def sums_of(x: Floats, q: Floats, w: Floats) -> ErrorSums:
    """By the definitions, each sum correctly rounded."""
    e = q - x
    ratios = np.abs(e[x != 0] / x[x != 0])
    return ErrorSums(
        n=x.size,
        nonzero=int(np.count_nonzero(x)),
        energy=math.fsum(x * x),
        squared_error=math.fsum(e * e),
        cross=math.fsum(x * e),
        largest_error=float(np.abs(e).max(initial=0.0)),
        largest_relative_error=float(ratios.max(initial=0.0)),
        clipped=int((np.abs(x) > 50).sum()),
        flushed=int(((q == 0) & (x != 0)).sum()),
        variance=math.fsum(e * e) / 3,
        weighted_energy=math.fsum(w * x * x),
        weighted_error=math.fsum(w * e * e),
    )


@given(PAIRS, st.integers(0, 40))
def test_sums_of_two_parts_are_those_of_the_whole(numbers: Floats, place: int) -> None:
    """Every figure: largest ones are the larger, all others are added; and the order does not matter."""
    x, q, w = numbers
    one, other = sums_of(x[:place], q[:place], abs(w[:place])), sums_of(x[place:], q[place:], abs(w[place:]))
    whole = asdict(sums_of(x, q, abs(w)))
    assert asdict(one + other) == pytest.approx(whole, rel=1e-12, abs=1e-9)
    assert one + other == other + one


@given(PAIRS)
def test_nothing_added_changes_nothing(numbers: Floats) -> None:
    """The sums of no element are neutral, and counts of elements stay whole numbers."""
    x, q, w = numbers
    found = sums_of(x, q, w)
    assert found + ErrorSums() == ErrorSums() + found == found
    assert isinstance((found + found).n, int)
    assert isinstance((found + found).nonzero, int)


@given(PAIRS)
def test_figures_are_those_of_the_arrays(numbers: Floats) -> None:
    """SQNR, relative and RMS error, cosine and shares, computed without the sums."""
    x, q, w = numbers
    found = sums_of(x, q, abs(w))
    size, error = np.linalg.norm(x), np.linalg.norm(q - x)
    assert found.rms_error == pytest.approx(math.sqrt(np.mean((q - x) ** 2)))
    assert found.clipped_share == np.mean(np.abs(x) > 50)
    if size:
        assert found.relative_error == pytest.approx(error / size)
        assert found.flushed_share == np.mean(q[x != 0] == 0)
    if size and error:
        assert found.sqnr_db == pytest.approx(20 * math.log10(size / error))
    if size and np.linalg.norm(q) > 1e-6 * size:
        assert found.cosine == pytest.approx(x @ q / size / np.linalg.norm(q), abs=1e-8)
    if (abs(w) * x * x).any():
        expected = math.sqrt((abs(w) * (q - x) ** 2).sum() / (abs(w) * x * x).sum())
        assert found.weighted_relative_error == pytest.approx(expected)


def test_figures_of_nothing_are_nan() -> None:
    """An empty tensor has no error, and no ratio either."""
    nothing = ErrorSums()
    figures = (nothing.sqnr_db, nothing.relative_error, nothing.rms_error, nothing.cosine, nothing.clipped_share)
    assert all(map(math.isnan, (*figures, nothing.flushed_share, nothing.weighted_relative_error)))


def test_figures_of_zeros() -> None:
    """Zeros that stay have no ratio; zeros that do not have noise and no signal."""
    kept = ErrorSums(n=3)
    assert math.isnan(kept.sqnr_db)
    assert math.isnan(kept.relative_error)
    assert kept.rms_error == kept.clipped_share == 0
    moved = replace(kept, squared_error=3.0)
    assert moved.sqnr_db == -math.inf
    assert math.isnan(moved.relative_error)
    assert moved.rms_error == 1
    assert math.isnan(moved.cosine)


def test_figures_of_what_is_kept_and_of_what_is_lost() -> None:
    """Without error SQNR is infinite and the cosine 1; where all becomes 0 SQNR is 0 dB and there is no angle."""
    kept = ErrorSums(n=2, nonzero=2, energy=2.0)
    assert kept.sqnr_db == math.inf
    assert kept.cosine == pytest.approx(1, abs=1e-15)
    lost = replace(kept, squared_error=2.0, cross=-2.0, flushed=2)
    assert lost.sqnr_db == 0
    assert lost.relative_error == lost.flushed_share == 1
    assert math.isnan(lost.cosine)


def test_opposite_numbers_have_a_cosine_of_minus_one() -> None:
    """Whatever the size."""
    assert sums_of(np.array([1.0, -2.0]), np.array([-3.0, 6.0]), np.zeros(2)).cosine == pytest.approx(-1)


@pytest.mark.parametrize("energy", [1e-300, 1.0, 1e300])
def test_ratios_survive_the_ends_of_float64(energy: float) -> None:
    """Decibels by logarithms, cosine by roots: no square of a sum overflows."""
    found = ErrorSums(n=1, nonzero=1, energy=energy, squared_error=energy / 4, cross=-energy / 2)
    assert found.sqnr_db == pytest.approx(20 * math.log10(2))
    assert found.relative_error == pytest.approx(0.5)
    assert found.cosine == pytest.approx(1)
    assert decibels(1e300, 1e-300) == pytest.approx(6000)
    assert root_ratio(1e-300, 1e-300) == 1
