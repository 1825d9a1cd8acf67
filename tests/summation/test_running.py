"""Sums on the way: of the first terms, by every method, bit for bit those of that many terms alone."""

import math
from fractions import Fraction
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.formats.specials import Special
from precisionlab.summation import sum_by
from precisionlab.summation.running import running_sums, running_totals
from tests.summation import reference
from tests.summation.reference import FORMATS
from tests.summation.values import SUMMING, array_of, assert_same, by_working, rows


@by_working
@settings(max_examples=15)
@given(data=st.data())
def test_every_prefix_is_summed_as_the_reference_does(
    array_type: str, working: str | None, data: st.DataObject
) -> None:
    """Subnormals, zeros of both signs, infinities, NaN and overflows, at all places and at some."""
    for row in data.draw(rows(array_type)):
        values, places = array_of(row, array_type), range(1, len(row) + 1)
        some = sorted(data.draw(st.sets(st.sampled_from(places)))) if row else []
        for method in SUMMING:
            format_ = FORMATS[working or array_type]
            wanted = [reference.sum_by(row[:place], method, format_, 1) for place in places]
            assert_same(running_sums(values, places, method, working=working), wanted, method, row)
            got = running_sums(values, some, method, working=working)
            assert_same(got, [wanted[place - 1] for place in some], method, row, some)


@pytest.mark.parametrize("method", [*SUMMING, "blocked:128", "blocked:5000"])
@pytest.mark.parametrize("working", ["bfloat16", "float32", "float64"])
def test_long_sums_are_those_of_one_lane(method: str, working: str) -> None:
    """Beyond the number of terms from which `sum_by` uses lanes, too."""
    values = np.random.default_rng(5).standard_normal(70_000)
    places = [1, 2, 127, 128, 129, 4_096, 65_537, 69_999, 70_000]
    wanted = [float(sum_by(values[:place], method, working=working, lanes=1)) for place in places]
    assert_same(running_sums(values, places, method, working=working), wanted)


def test_exact_totals_are_rationals() -> None:
    """Every partial sum is that of `fractions`, however far apart its terms are."""
    random = np.random.default_rng(1)
    numbers = (random.standard_normal(500) * 10.0 ** random.integers(-300, 300, 500)).tolist()
    wanted = list(accumulate(map(Fraction, numbers)))
    assert running_totals(np.array(numbers), range(1, 501)) == wanted
    assert running_totals(np.array(numbers), [7, 500]) == [wanted[6], wanted[-1]]


def test_what_is_not_finite_stays_so() -> None:
    """From the first infinity or NaN on there is no finite sum."""
    values = np.array([1.0, math.inf, 2.0, -math.inf, 3.0])
    assert running_totals(values, range(1, 6)) == [Fraction(1), *[Special.INFINITY] * 2, *[Special.NAN] * 2]


def test_no_places_no_sums() -> None:
    """Of nothing there is nothing to tell."""
    assert not running_sums(np.zeros(0), []).size
    assert running_totals(np.zeros(0), []) == []


@pytest.mark.parametrize("places", [[0], [2, 1], [1, 1], [4]])
def test_places_grow_from_one_to_all(places: list[int]) -> None:
    """Others are refused."""
    with pytest.raises(UsageError, match="from 1 to 3"):
        running_sums(np.ones(3), places)


def test_only_flat_arrays_have_an_order_to_go_on_in() -> None:
    """A matrix is refused, and so is a way of dot products."""
    with pytest.raises(UsageError, match="flat"):
        running_totals(np.ones((2, 2)), [1])
    with pytest.raises(UsageError, match="dot products"):
        running_sums(np.ones(3), [1], "dot2")
