"""What is added up, exactly: numbers and squares of every type, against rational arithmetic."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.formats.finding import formats
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Number, Special
from precisionlab.summation import summands
from precisionlab.summation.methods import parse_method
from precisionlab.summation.summands import Numbers, Squares

DTYPES = (np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))
FINITE = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40)


def float_format(name: str) -> FloatFormat:
    """A float by its name."""
    found = formats.element(name)
    assert isinstance(found, FloatFormat)
    return found


def total_of(numbers: Sequence[float]) -> Fraction:
    """The sum of finite numbers."""
    return sum(map(Fraction, numbers), Fraction(0))


@given(numbers=FINITE, dtype=st.sampled_from(DTYPES))
@settings(max_examples=150)
def test_totals_are_those_of_rational_arithmetic(numbers: list[float], dtype: Any) -> None:  # noqa: ANN401 - a dtype
    """Of terms, of magnitudes and of squares, however large or small; no rounding anywhere."""
    with np.errstate(over="ignore"):
        values = np.array(numbers, np.float64).astype(dtype)
    values = values[np.isfinite(values)]
    held = values.astype(np.float64).tolist()
    assert Numbers(values).total() == total_of(held)
    assert Numbers(values).size() == total_of([abs(number) for number in held])
    assert Squares(values).total() == sum((Fraction(number) ** 2 for number in held), Fraction(0))
    assert Squares(values).size() == Squares(values).total()


@given(numbers=st.lists(st.floats(-1e5, 1e5), max_size=20), name=st.sampled_from(("float16", "bfloat16")))
@settings(max_examples=100)
def test_only_the_numbers_are_rounded(numbers: list[float], name: str) -> None:
    """Each to the format once; their sum and their squares stay exact. Beyond the format they are infinite."""
    with np.errstate(over="ignore"):
        rounded = np.array(numbers, np.float64).astype(getattr(ml_dtypes, name, name)).astype(np.float64)
    got = Numbers(np.array(numbers, np.float64)).rounded_total(float_format(name))
    squared = Squares(np.array(numbers, np.float64)).rounded_total(float_format(name))
    if np.isfinite(rounded).all():
        assert got == total_of(rounded.tolist())
        assert squared == sum((Fraction(number) ** 2 for number in rounded.tolist()), Fraction(0))
    else:
        assert isinstance(got, Special)
        assert squared is Special.INFINITY


def test_pieces_make_one_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large arrays are gone through piece by piece; specials of different pieces meet."""
    monkeypatch.setattr(summands, "PIECE", 7)
    values = np.random.default_rng(0).standard_normal(100) * 1e200
    assert Numbers(values).total() == total_of(values.tolist())
    assert Squares(values).total() == sum((Fraction(number) ** 2 for number in values.tolist()), Fraction(0))
    values[3], values[80] = math.inf, -math.inf
    assert Numbers(values).total() is Special.NAN
    assert Numbers(values).size() is Special.INFINITY
    assert Squares(values).total() is Special.INFINITY
    values[50] = math.nan
    assert Squares(values).total() is Special.NAN


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([-0.0, -0.0], Special.NEGATIVE_ZERO),
        ([0.0, -0.0], Fraction(0)),
        ([], Fraction(0)),
        ([math.inf, 1.0], Special.INFINITY),
        ([-math.inf], Special.NEGATIVE_INFINITY),
        ([math.nan], Special.NAN),
        ([0.5, 0.25], Fraction(3, 4)),
    ],
)
def test_a_sum_is_told_exactly(numbers: list[float], expected: Number) -> None:
    """With the sign of zero, which no rational has."""
    got = Numbers(np.array(numbers, np.float64)).sum_by(parse_method("recursive"), float_format("float64"))
    assert got == expected


@given(numbers=st.lists(st.floats(-60, 60), min_size=1, max_size=60))
@settings(max_examples=60)
def test_squares_are_rounded_before_they_are_added(numbers: list[float]) -> None:
    """By numpy's own float16, which rounds every product and every sum; and so it is counted what is absorbed."""
    values = np.array(numbers, np.float16)
    squares = values * values
    running, absorbed = squares[0], 0
    for square in squares[1:]:
        following = running + square
        absorbed += int(following == running and square != 0)
        running = following
    half = float_format("float16")
    got = Squares(values).sum_by(parse_method("recursive"), half)
    assert got == (Fraction(float(running)) if np.isfinite(running) else Special.INFINITY)
    assert Squares(values).absorbed(half) == absorbed
