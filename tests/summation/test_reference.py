"""The reference against the processor's arithmetic, numpy's scalars and `math.fsum`, none of which it asks."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.summation.reference import (
    BINARY64,
    FORMATS,
    Format,
    dot_by,
    exact_sum,
    holds,
    result_type,
    sum_by,
)
from tests.summation.values import ARRAY_TYPES, COMPENSATED, MULTIPLYING, SUMMING, array_of, kind_of, rows, written

Rows = list[list[float]]
by_type = pytest.mark.parametrize("type_name", ARRAY_TYPES)
OPERATIONS: dict[str, Callable[[Format, float, float], float]] = {
    "add": Format.add,
    "subtract": Format.subtract,
    "multiply": Format.multiply,
}


@by_type
@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=15)
@given(data=st.data())
def test_operations_are_those_of_numpys_scalars(type_name: str, name: str, data: st.DataObject) -> None:
    """Sums, differences and products, with subnormals, zeros, infinities and NaN.

    ml_dtypes rounds twice, first to binary32, which is innocuous for these (Figueroa 1995).
    """
    (a, b), *_ = data.draw(rows(type_name, 2).filter(lambda drawn: len(drawn[0]) == 2))
    left, right = array_of([a, b], type_name)
    with np.errstate(all="ignore"):
        wanted = float(getattr(np, name)(left, right))
    assert written([OPERATIONS[name](FORMATS[type_name], a, b)]) == written([wanted])


@pytest.mark.parametrize("type_name", ["float16", "bfloat16", "float32", "float8_e5m2"])
@settings(max_examples=15)
@given(value=st.floats(allow_nan=False, width=32) | st.floats(-70000, 70000, width=32))
def test_casts_are_those_of_numpy_and_ml_dtypes(type_name: str, value: float) -> None:
    """From binary32, which is rounded once."""
    with np.errstate(all="ignore"):
        wanted = float(np.float32(value).astype(kind_of(type_name)))
    assert written([FORMATS[type_name].cast(value)]) == written([wanted])


@settings(max_examples=15)
@given(numerator=st.integers(-(10**400), 10**400).filter(bool), denominator=st.integers(1, 10**400))
def test_any_rational_is_rounded_as_python_divides(numerator: int, denominator: int) -> None:
    """Integers divided in Python are rounded once to binary64; it raises where that overflows."""
    try:
        wanted = numerator / denominator
    except OverflowError:
        wanted = math.inf if numerator > 0 else -math.inf
    assert written([FORMATS["float64"].rounded(Fraction(numerator, denominator))]) == written([wanted])


@settings(max_examples=15)
@given(rows("float64", 20))
def test_exact_sums_are_fsums(drawn: Rows) -> None:
    """Where `math.fsum` neither overflows on the way nor meets both infinities; its zero is always positive."""
    for row in drawn:
        try:
            wanted = math.fsum(row)
        except (OverflowError, ValueError):
            continue
        assert written([exact_sum(row, FORMATS["float64"]) + 0.0]) == written([wanted + 0.0])


@settings(max_examples=15)
@given(rows("float64", 20), st.sampled_from([method for method in SUMMING if method != "exact"]), st.integers(1, 5))
def test_the_processors_binary64_gives_the_same_sums(drawn: Rows, method: str, lanes: int) -> None:
    """So long sequences may be added in it."""
    for row in drawn:
        wanted = sum_by(row, method, FORMATS["float64"], lanes)
        assert written([sum_by(row, method, BINARY64, lanes)]) == written([wanted])


@by_type
@settings(max_examples=15)
@given(data=st.data())
def test_left_to_right_is_a_loop_over_numpys_scalars(type_name: str, data: st.DataObject) -> None:
    """Recursive summation."""
    for row in data.draw(rows(type_name).filter(lambda drawn: len(drawn[0]) > 0)):
        first, *rest = array_of(row, type_name)
        with np.errstate(all="ignore"):
            for term in rest:
                first = first + term
        assert written([sum_by(row, "recursive", FORMATS[type_name])]) == written([float(first)])


@settings(max_examples=15)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40))
def test_kahan_is_the_loop_of_the_book(row: list[float]) -> None:
    """Higham's algorithm 4.2 over numpy's float32, where nothing overflows."""
    total = error = np.float32(0)
    for term in map(np.float32, row):
        before, increment = total, term + error
        total = before + increment
        error = (before - total) + increment
    assert sum_by(row, "kahan", FORMATS["float32"]) == float(total)


@settings(max_examples=15)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40))
def test_neumaier_and_klein_are_the_loops_of_the_papers(row: list[float]) -> None:
    """With branches instead of error-free additions, over numpy's float32."""

    def added(a: np.float32, b: np.float32) -> tuple[np.float32, np.float32]:
        sum_ = a + b
        return sum_, (a - sum_) + b if abs(a) >= abs(b) else (b - sum_) + a

    total = correction = first = second = np.float32(0)
    for term in map(np.float32, row):
        total, error = added(total, term)
        correction += error
        first, error = added(first, error)
        second += error
    assert sum_by(row, "neumaier", FORMATS["float32"]) == float(total + correction)
    assert sum_by(row, "klein", FORMATS["float32"]) == float(total + first + second)


@by_type
@settings(max_examples=15)
@given(data=st.data(), lanes=st.integers(1, 9))
def test_two_folds_are_sum2_and_sum2_is_neumaiers(type_name: str, data: st.DataObject, lanes: int) -> None:
    """Bit for bit, in any number of lanes."""
    format_ = FORMATS[type_name]
    for row in data.draw(rows(type_name, 6)):
        wanted = written([sum_by(row, "sum2", format_, lanes)])
        assert written([sum_by(row, "sumk:2", format_, lanes)]) == wanted
        assert written([sum_by(row, "neumaier", format_, lanes)]) == wanted


@pytest.mark.parametrize("method", [*COMPENSATED, "pairwise", "blocked:3"])
@settings(max_examples=15)
@given(numbers=st.lists(st.integers(-1000, 1000), max_size=30), lanes=st.integers(1, 8))
def test_small_integers_are_added_exactly(method: str, numbers: list[int], lanes: int) -> None:
    """By every method, in any number of lanes."""
    assert sum_by([float(number) for number in numbers], method, FORMATS["float32"], lanes) == sum(numbers)


@pytest.mark.parametrize("method", [*SUMMING, *MULTIPLYING])
@settings(max_examples=15)
@given(numbers=st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), max_size=20), lanes=st.integers(1, 8))
def test_products_of_small_integers_are_added_exactly(method: str, numbers: list[tuple[int, int]], lanes: int) -> None:
    """By every method, in any number of lanes."""
    x, y = [float(a) for a, _ in numbers], [float(b) for _, b in numbers]
    assert dot_by(x, y, method, FORMATS["float32"], lanes) == sum(a * b for a, b in numbers)


def test_sums_of_errors_carry_what_single_sums_lose() -> None:
    """By hand: 1 + 2^100 - 2^100 is 0 from left to right and for Kahan, 1 for all that keep errors apart."""
    terms = [1.0, 2.0**100, 1.0, -(2.0**100)]
    found = {method: sum_by(terms, method, FORMATS["float64"]) for method in SUMMING}
    lost = ("recursive", "pairwise", "blocked:1", "blocked:3", "kahan")
    assert found == {method: 0.0 if method in lost else 2.0 for method in SUMMING}


def test_pairs_are_those_of_neighbours() -> None:
    """By hand: in bfloat16 256 absorbs a one that stands alone, and takes two that meet first."""
    terms = [256.0, 1.0, 1.0, 1.0]
    assert sum_by(terms, "pairwise", FORMATS["bfloat16"]) == 258.0
    assert sum_by(terms, "recursive", FORMATS["bfloat16"]) == 256.0
    assert sum_by(terms, "blocked:2", FORMATS["bfloat16"]) == 258.0


@pytest.mark.parametrize(
    ("array_type", "working", "wanted"),
    [
        ("float16", "bfloat16", "float32"),
        ("bfloat16", "float16", "float32"),
        ("float16", "float32", "float32"),
        ("float16", "float64", "float64"),
        ("bfloat16", "float8_e5m2", "bfloat16"),
        ("float64", "e5m7", "float64"),
        ("float32", None, "float32"),
    ],
)
def test_results_go_where_the_working_format_fits(array_type: str, working: str | None, wanted: str) -> None:
    """By hand."""
    assert result_type(array_type, working) == wanted
    assert holds(FORMATS[wanted], FORMATS[working or array_type])
