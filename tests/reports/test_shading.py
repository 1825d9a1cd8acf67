"""How bad the cells of a heat map are, and how they are written."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.figures import Axis, Heatmap
from precisionlab.reports.shading import extremes, first_rows, n_rows, number, shading

MAP = Heatmap("m", Axis("x"), Axis("y"), ("a", "b"), ("r", "s"), ((1.0, 2.0), (4.0, math.nan)), "dB", low_is_bad=False)


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=8, unique=True), st.booleans())
def test_badness_is_the_share_of_the_way_from_best_to_worst(values: list[float], low_is_bad: bool) -> None:
    """As exact rationals have it, where the range can be divided; the worst has 1, the best 0."""
    if max(values) - min(values) < 1e-3:
        return
    shades = shading(replace(MAP, values=(tuple(values),), low_is_bad=low_is_bad))
    best, worst = (max(values), min(values)) if low_is_bad else (min(values), max(values))
    for value in values:
        exact = (Fraction(value) - Fraction(best)) / (Fraction(worst) - Fraction(best))
        assert shades.badness(value) == pytest.approx(float(exact), abs=1e-6)


def test_infinities_stand_at_the_ends_and_nan_nowhere() -> None:
    """An infinite ratio of signal to noise is best, an infinite error worst; what is unknown has no shade."""
    low, high = shading(replace(MAP, low_is_bad=True)), shading(MAP)
    assert [low.badness(value) for value in (math.inf, -math.inf, math.nan)] == [0.0, 1.0, None]
    assert [high.badness(value) for value in (math.inf, -math.inf, math.nan)] == [1.0, 0.0, None]
    assert shading(replace(MAP, values=((math.inf, math.nan),))).badness(math.inf) == 1.0


def test_equal_values_are_equally_bad() -> None:
    """Neither best nor worst: half way."""
    assert shading(replace(MAP, values=((3.0, 3.0),))).badness(3.0) == 0.5


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (31.04, "dB", "31.0"),
        (99.96, "dB", "100.0"),
        (0.0, "dB", "0"),
        (-0.5, "", "-0.500"),
        (1.5e-9, "1", "1.5e-9"),
        (65504.0, "", "65504"),
        (12, "bits", "12"),
        (1_234_567, "elements", "1,234,567"),
        (0.123, "share", "12.3 %"),
        (math.inf, "share", "inf"),
        (math.nan, "share", "\N{EN DASH}"),
        (math.nan, "dB", "\N{EN DASH}"),
    ],
    ids=str,
)
def test_numbers_have_three_digits(value: float, unit: str, text: str) -> None:
    """Zeros at the end stay, so that columns align; shares are per cent; a dash stands for what is unknown."""
    assert number(value, unit) == text


def test_the_ends_are_named() -> None:
    """Best and worst of the finite values with their unit, the lowest being the worst where low is bad."""
    assert extremes(MAP) == "best 1 dB, worst 4 dB"
    assert extremes(replace(MAP, low_is_bad=True)) == "best 4 dB, worst 1 dB"
    assert extremes(replace(MAP, values=((0.25, 0.5),), unit="share")) == "best 25 %, worst 50 %"
    assert extremes(replace(MAP, values=((math.inf, math.nan),))) == ""


def test_short_rows_are_filled() -> None:
    """Rows that a file holds may have too few values, too many, or no name: a value for each column remains."""
    ragged = replace(MAP, values=((1.0,), (1.0, 2.0, 3.0), (9.0, 9.0)))
    assert repr(first_rows(ragged, 9)) == "[('r', (1.0, nan)), ('s', (1.0, 2.0))]"
    assert first_rows(ragged, 1)[0][0] == "r"
    assert n_rows(ragged) == 2
