"""How one number stands to an earlier one."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.results import Scalar
from precisionlab.baselines.changes import RELATIVE_TOLERANCE, Turn, gain, relative_change, turn

NAN, INF = math.nan, math.inf
finite = st.floats(allow_nan=False, allow_infinity=False, width=32)
OPPOSITE = {Turn.WORSE: Turn.BETTER, Turn.BETTER: Turn.WORSE, Turn.SAME: Turn.SAME}


@pytest.mark.parametrize(
    ("old", "new", "better", "expected"),
    [
        (3, 4, Better.LOWER, Turn.WORSE),
        (3, 4, Better.HIGHER, Turn.BETTER),
        (3, 4, Better.NEITHER, Turn.CHANGED),
        (100, 101, Better.LOWER, Turn.SAME),
        (99, 100, Better.HIGHER, Turn.SAME),
        (98, 99, Better.LOWER, Turn.WORSE),
        (10**6, 10**6 + 1, Better.LOWER, Turn.SAME),
        (31.2, 31.0, Better.HIGHER, Turn.SAME),
        (31.2, 30.0, Better.HIGHER, Turn.WORSE),
        (0.10, 0.1005, Better.LOWER, Turn.SAME),
        (0.10, 0.12, Better.LOWER, Turn.WORSE),
        (20.0, INF, Better.HIGHER, Turn.BETTER),
        (INF, INF, Better.HIGHER, Turn.SAME),
        (INF, 20.0, Better.LOWER, Turn.BETTER),
        (1.0, NAN, Better.HIGHER, Turn.WORSE),
        (NAN, 1.0, Better.LOWER, Turn.BETTER),
        (NAN, NAN, Better.LOWER, Turn.SAME),
        (True, False, Better.HIGHER, Turn.WORSE),
        ("float16", "bfloat16", Better.HIGHER, Turn.CHANGED),
        ("float16", "float16", Better.HIGHER, Turn.SAME),
        ("1", 1, Better.LOWER, Turn.CHANGED),
        (2, 10**400, Better.LOWER, Turn.WORSE),
        (2.0, 10**400, Better.LOWER, Turn.WORSE),
    ],
)
def test_a_change_is_for_the_better_or_the_worse(old: Scalar, new: Scalar, better: Better, expected: Turn) -> None:
    """Numbers beyond the tolerance, truth values exactly, texts never."""
    assert turn(old, new, better) is expected


def test_ratios_that_should_be_nothing_differ_by_rounding() -> None:
    """A share of 1e-17 is none; a magnitude of 1e-17 is one."""
    assert turn(1e-17, 5e-17, Better.LOWER, "1") is Turn.SAME
    assert turn(1e-17, 5e-17, Better.LOWER, "") is Turn.WORSE


@given(finite, finite)
def test_the_tolerance_is_of_the_larger_magnitude(old: float, new: float) -> None:
    """By exact arithmetic, but for a hair's breadth about the bound."""
    a, b = Fraction(old), Fraction(new)
    part = abs(b - a) / max(abs(a), abs(b), Fraction(1, 2**200))
    bound = Fraction(RELATIVE_TOLERANCE)
    if abs(part - bound) > bound / 10**6:
        assert (turn(old, new, Better.LOWER) is Turn.SAME) is (part < bound)


@given(finite, finite)
def test_what_is_better_one_way_is_worse_the_other(old: float, new: float) -> None:
    """Turning the direction, or the order, turns the verdict."""
    lower = turn(old, new, Better.LOWER)
    assert turn(old, new, Better.HIGHER) is OPPOSITE[lower]
    assert turn(new, old, Better.LOWER) is OPPOSITE[lower]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [(2, 3, 0.5), (2, 1, -0.5), (-2.0, -1.0, 0.5), (0, 5, INF), (0, -5, -INF), (0, 0, 0.0), (INF, 1.0, -INF)],
)
def test_relative_changes_are_parts_of_what_was(old: float, new: float, change: float) -> None:
    """Signed as the difference is."""
    assert relative_change(old, new) == change
    assert gain(old, new, Better.HIGHER) == change
    assert gain(old, new, Better.LOWER) == -change


def test_decibels_change_as_the_amplitudes_do() -> None:
    """20 dB are a factor of 10; 1 % of an amplitude is no matter at 3 dB, nor at 300 dB."""
    assert relative_change(10.0, 30.0, "dB") == pytest.approx(9.0)
    assert relative_change(30.0, 10.0, "dB") == pytest.approx(-0.9)
    assert gain(30.0, 10.0, Better.HIGHER, "dB") == pytest.approx(-0.9)
    assert relative_change(20.0, INF, "dB") == INF
    assert relative_change(0.0, 1e9, "dB") == INF
    assert relative_change(INF, INF, "dB") == 0.0
    for base in (3.0, 300.0):
        assert turn(base, base - 0.08, Better.HIGHER, "dB") is Turn.SAME
        assert turn(base, base - 0.09, Better.HIGHER, "dB") is Turn.WORSE
    assert turn(INF, INF, Better.HIGHER, "dB") is Turn.SAME
    assert turn(INF, 90.0, Better.HIGHER, "dB") is Turn.WORSE


def test_texts_have_no_relative_change() -> None:
    """Nor has anything without a better way a gain."""
    assert math.isnan(relative_change("a", 1))
    assert math.isnan(gain(1, 2, Better.NEITHER))
