"""Figures hold what the measurements say."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzers.bits import analyze
from analyzers.bits.options import Options
from precisionlab.analysis.figures import Bars, Table, Window
from precisionlab.analysis.results import Result
from precisionlab.scanning.checking import is_figure

if TYPE_CHECKING:
    from tests.analyzers.bits.conftest import Specimen

    MakeSpecimen = Callable[..., Specimen]


def figures_by_title(result: Result) -> dict[str, Bars | Table]:
    """The figures, which all can be drawn."""
    assert all(map(is_figure, result.figures))
    return {one.title: one for one in result.figures if isinstance(one, Bars | Table)}


def values_of(result: Result, name: str) -> list[object]:
    """The values of a metric in order of its labels."""
    return [one.value for one in result.measurements if one.metric.name == name]


def values_by_bit(result: Result, name: str) -> dict[int, object]:
    """The values of a metric of single bits."""
    return {int(one.metric.labels["bit"]): one.value for one in result.measurements if one.metric.name == name}


def test_bars_stand_over_the_fields(make_specimen: "MakeSpecimen") -> None:
    """One bar a bit from the least significant, over windows of mantissa, exponent and sign."""
    result = analyze(make_specimen("float16", np.arange(1 << 16)).tensor(), Options())
    bars = result.figures[0]
    assert isinstance(bars, Bars)
    assert (bars.first, bars.width, bars.heights) == (0, 1, 16 * (0.5,))
    assert bars.x.label == "bit, the least significant at the left"  # the tables begin at the other end
    assert bars.windows == (Window("sign", 15, 15, 16), Window("exponent", 10, 10, 15), Window("mantissa", 0, 0, 10))


@pytest.mark.parametrize(
    ("dtype", "windows"),
    [
        ("bool", (Window("unused", 1, 1, 8), Window("value", 0, 0, 1))),
        ("uint8", (Window("value", 0, 0, 8),)),
        ("int16", (Window("sign", 15, 15, 16), Window("value", 0, 0, 15))),
        ("float8_e8m0fnu", (Window("exponent", 0, 0, 8),)),
        ("complex64", (Window("sign", 31, 31, 32), Window("exponent", 23, 23, 31), Window("mantissa", 0, 0, 23))),
    ],
)
def test_other_types_have_their_own_fields(
    dtype: str, windows: tuple[Window, ...], make_specimen: "MakeSpecimen"
) -> None:
    """Integers have a value, signed ones a sign, booleans unused bits; scales nothing but an exponent."""
    bars = analyze(make_specimen(dtype, np.array([1, 1])).tensor(), Options()).figures[0]
    assert isinstance(bars, Bars)
    assert bars.windows == windows


def test_tables_repeat_the_measurements(any_specimen: "Specimen") -> None:
    """Bits from the most significant, patterns and extremes by rank, in the columns of their headers; NaN where there is none."""
    result = analyze(any_specimen.tensor(), Options())
    figures = figures_by_title(result)
    if not len(any_specimen.codes):
        assert figures == {}
        return
    (bits,) = (one for title, one in figures.items() if title.startswith("Bits") and isinstance(one, Table))
    columns = {column.label: [row[i] for row in bits.rows] for i, column in enumerate(bits.columns)}
    pairs = {
        "set": "set_share",
        "entropy": "bit_entropy",
        "median": "flip_median_change",
        "worst": "flip_worst_change",
        "worst for": "flip_worst_value",
        "to inf/NaN": "flip_to_non_finite_share",
        "to finite": "flip_to_finite_share",
        "zero becomes": "flip_zero_becomes",
    }
    assert columns["bit"] == list(reversed(range(any_specimen.bits)))
    assert columns["field"] == any_specimen.fields[::-1]
    for label, name in pairs.items():
        told = values_by_bit(result, name)
        cells = [told.get(bit, math.nan) for bit in reversed(range(any_specimen.bits))]
        assert columns.get(label) is not None or not told
        np.testing.assert_equal(columns.get(label, cells), cells)
    patterns = figures.get("Most frequent patterns")
    listed = [row[0] for row in patterns.rows] if isinstance(patterns, Table) else []
    assert listed == values_of(result, "frequent_pattern")
    nearest = figures.get("Elements nearest to overflow and underflow")
    listed = [row[-1] for row in nearest.rows] if isinstance(nearest, Table) else []
    assert listed == values_of(result, "near_overflow_index") + values_of(result, "near_underflow_index")


def test_nothing_is_drawn_of_what_is_not_listed(make_specimen: "MakeSpecimen") -> None:
    """`top = 0` and `nearest = 0` leave two tables out."""
    result = analyze(make_specimen("int8", np.array([1, 2])).tensor(), Options(top=0, nearest=0))
    assert list(figures_by_title(result)) == ["Set bits", "Bits, and the relative change when one flips"]
