"""Tables and curves of one tensor."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from precisionlab.analysis.figures import Lines, Table
from precisionlab.analysis.results import Result
from precisionlab.summation.methods import operations_of_a_term, parse_method
from tests.analyzers.summation import oracle

DEFAULT = ("recursive", "pairwise", "blocked:128", "kahan", "neumaier", "klein", "double-double", "exact")


def tables_of(result: Result) -> list[Table]:
    """In order."""
    return [figure for figure in result.figures if isinstance(figure, Table)]


def curves_of(result: Result) -> list[Lines]:
    """In order."""
    return [figure for figure in result.figures if isinstance(figure, Lines)]


def test_tables_hold_digits_by_method_and_format(answered: Callable[..., Result]) -> None:
    """One for each quantity, with the cost of a term, and the digits that a format has at most as last row."""
    array = np.random.default_rng(0).standard_normal((16, 300)).astype(np.float32)
    result = answered(array)
    *digits, formats = tables_of(result)
    assert len(digits) == 3
    for table, quantity in zip(digits, ("elements", "squares", "products"), strict=True):
        assert [column.label for column in table.columns] == [
            "method",
            "operations a term",
            "float32",
            "bfloat16",
            "float16",
        ]
        assert [row[0] for row in table.rows] == [*DEFAULT, "terms rounded", "at most"]
        assert [row[1] for row in table.rows] == [1, 1, 1, 4, 7, 13, 10, "integers", "", ""]
        assert table.rows[-1][2:] == (7.2, 2.4, 3.3)
        for format_, cell in zip(("float32", "bfloat16", "float16"), table.rows[-2][2:], strict=True):
            error = float(result.value(f"term_rounding_error[format={format_},quantity={quantity}]"))
            most = {"float32": 24, "bfloat16": 8, "float16": 11}[format_] * math.log10(2)
            assert cell == pytest.approx(min(most, -math.log10(error)) if error else most, abs=0.051)
        for method, _, *cells in table.rows[:-2]:
            for format_, cell in zip(("float32", "bfloat16", "float16"), cells, strict=True):
                value = result.value(f"digits[format={format_},method={method},quantity={quantity}]")
                assert cell == pytest.approx(value, abs=0.051)
    condition = result.value("condition_median[quantity=elements]")
    assert digits[0].title == f"Right digits of the sum of the 4,800 elements, condition number {condition:.3g}"
    assert digits[2].title.startswith("Right digits of 16 sums of 300 products with x (medians), condition numbers ")
    absorbed = result.value("absorbed_share[format=bfloat16,quantity=squares]")
    (row,) = (row for row in formats.rows if row[:2] == ("bfloat16", "squares"))
    assert row[2:4] == (absorbed, 0.0)
    assert len(formats.rows) == 9


def test_terms_that_underflow_are_told_beside_the_digits(answered: Callable[..., Result]) -> None:
    """Squares of 1e-30 are 0 in float32, and 0 is summed exactly: rounding the terms leaves no digit."""
    _, squares, _ = tables_of(answered(np.full(300, 1e-30, np.float32)))
    rows = {row[0]: row[2] for row in squares.rows}
    assert (rows["exact"], rows["terms rounded"]) == (7.2, 0.0)


def test_overflow_is_a_word_and_cancellation_a_number(answered: Callable[..., Result]) -> None:
    """3e4 in float16 overflows; 1e-3 between numbers of 3,000 that cancel is lost, and leaves no digit."""
    elements, squares, _ = tables_of(answered(np.full(300, 3e4, np.float32)))
    assert {row[4] for row in elements.rows[:8]} == {"overflow"}
    assert {row[4] for row in squares.rows[:9]} == {"overflow"}
    assert elements.rows[8][4] != "overflow"  # the terms are numbers, and only their sum is none
    cancelling = np.concatenate(([1e-3], np.tile([3000.0, -3000], 150))).astype(np.float32)
    assert tables_of(answered(cancelling))[0].rows[0][4] == 0.0


def test_a_vector_has_no_products(answered: Callable[..., Result]) -> None:
    """Nor a table of them."""
    titles = [table.title for table in tables_of(answered(np.ones(300, np.float32)))]
    assert len(titles) == 3
    assert not any("products" in title for title in titles)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32"])
def test_curves_are_errors_of_growing_prefixes(kind: str, answered: Callable[..., Result]) -> None:
    """Over the sum of magnitudes, by the sums of textbooks and rationals; the bound of the plain one is n u."""
    numbers = np.random.default_rng(5).standard_normal(200).astype(np.float32)
    result = answered(numbers, min_elements=1, drawn_format=kind, methods=("kahan", "pairwise"))
    elements = [oracle.KINDS[kind](number) for number in numbers]
    for curve, terms in zip(curves_of(result), (elements, [x * x for x in elements]), strict=True):
        assert curve.title.endswith(f" in {kind}")
        assert curve.x.logarithmic
        assert curve.y.logarithmic
        by_label = {series.label: series for series in curve.series}
        assert list(by_label) == ["recursive", "kahan", "pairwise", "n u"]
        counts = (16, 64, 200)
        assert all(series.xs == counts for series in curve.series)
        for method in ("recursive", "kahan", "pairwise"):
            for count, error in zip(counts, by_label[method].ys, strict=True):
                part = terms[:count]
                off = abs(oracle.exactly([oracle.METHODS[method](part)]) - oracle.exactly(part))
                assert error == pytest.approx(float(off / oracle.exactly([abs(term) for term in part])), rel=1e-9)
        assert by_label["n u"].ys == tuple(count * 2.0 ** -oracle.BITS[kind] for count in counts)
        below = zip(by_label["recursive"].ys, by_label["n u"].ys, strict=True)
        assert all(error <= bound for error, bound in below)


def test_curves_are_of_the_tensors_own_type(answered: Callable[..., Result]) -> None:
    """Unless another format is named; types of 8 bits are added up in float32."""
    numbers = np.random.default_rng(6).standard_normal(300).astype(np.float16)
    assert [curve.title for curve in curves_of(answered(numbers))] == [
        "Error against terms: elements in float16",
        "Error against terms: squares in float16",
    ]
    assert curves_of(answered(numbers, drawn_format="bf16"))[0].title.endswith("in bfloat16")


def test_no_more_lines_than_charts_tell_apart(answered: Callable[..., Result]) -> None:
    """The first five methods and the bound."""
    (curve, _) = curves_of(answered(np.ones(300, np.float32)))
    assert [series.label for series in curve.series] == [*DEFAULT[:5], "n u"]


def test_sums_beyond_the_format_have_no_place_in_curves(answered: Callable[..., Result]) -> None:
    """Infinite from the length on at which they overflow."""
    curve = curves_of(answered(np.full(300, 1000, np.float16)))[0]
    recursive = curve.series[0]
    assert recursive.xs == (16.0, 64.0, 256.0, 300.0)
    assert [math.isfinite(y) for y in recursive.ys] == [True, True, False, False]


def test_a_few_terms_have_no_curve(answered: Callable[..., Result]) -> None:
    """A single number of terms is a point."""
    assert curves_of(answered(np.ones(16, np.float32), min_elements=1)) == []


def test_operations_of_a_term() -> None:
    """Those of the loops as they are written down: Kahan's 4, TwoSum's 6, and what is added aside."""
    expected = {"recursive": 1, "pairwise": 1, "blocked:8": 1, "kahan": 4, "neumaier": 7, "sum2": 7, "klein": 13}
    expected |= {"sumk:2": 7, "sumk:4": 19, "double-double": 10}
    assert {name: operations_of_a_term(parse_method(name)) for name in expected} == expected
    assert operations_of_a_term(parse_method("exact")) is None
