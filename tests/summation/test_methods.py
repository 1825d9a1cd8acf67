"""Names of methods, and through how many additions a term passes, counted in the reference's own loops."""

from dataclasses import dataclass

import pytest

from precisionlab.errors import UsageError
from precisionlab.summation import Method, Way, parse_method
from precisionlab.summation.methods import additions_of_a_term
from tests.summation.reference import FORMATS, RUNNERS, Format, named
from tests.summation.values import MULTIPLYING, SUMMING


@dataclass(frozen=True)
class Depth(Format):
    """Numbers are counts of the additions that they went through."""

    def add(self, a: float, b: float) -> float:
        """One more than the larger count."""
        return max(a, b) + 1


DEPTH = Depth(53, -1022, FORMATS["float64"].max_finite)


@pytest.mark.parametrize("name", [*SUMMING, *MULTIPLYING])
def test_names_are_read_and_written(name: str) -> None:
    """Whatever their case and the space around them; a method is its own name."""
    method = parse_method(name)
    assert method.name == name
    assert parse_method(f" {name.upper()} ") == method
    assert parse_method(method) is method


def test_every_way_has_a_name() -> None:
    """And those with a number take it after a colon."""
    assert {parse_method(name).way for name in (*SUMMING, *MULTIPLYING)} == set(Way)
    assert parse_method("blocked:128") == Method(Way.BLOCKED, 128)
    assert parse_method("sumk:3") == Method(Way.SUMK, 3)


@pytest.mark.parametrize("name", ["recursive", "pairwise", "blocked:1", "blocked:3", "blocked:16", "blocked:1000"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100, 1000])
def test_additions_of_a_term_are_those_of_the_loops(name: str, n: int) -> None:
    """Of the term that passes through most."""
    way, number = named(name)
    counted = RUNNERS[way]([0.0] * n, DEPTH, number).main
    assert additions_of_a_term(parse_method(name), n) == counted


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("sumk:17", "sumk takes a whole number from 2 to 16, not 17"),
        ("sumk:1", "sumk takes a whole number from 2 to 16, not 1"),
        ("dotk:2", "dotk takes a whole number from 3 to 16, not 2"),
        (
            "blocked:99999999999999999999",
            "blocked takes a whole number from 1 to 1,099,511,627,776, not 9999999999999999",
        ),
        (f"blocked:{'9' * 5000}", "blocked takes a whole number from 1 to 1,099,511,627,776, not 99999"),
        ("blocked:000", "blocked takes a whole number from 1 to 1,099,511,627,776, not 000"),
    ],
    ids=lambda text: text[:20],
)
def test_both_limits_of_a_number_are_named(name: str, problem: str) -> None:
    """And what was given, however long; the limits themselves are taken, with leading zeros or not."""
    with pytest.raises(UsageError, match=problem):
        parse_method(name)
    assert [parse_method(one).parameter for one in ("sumk:2", "sumk:0016", f"blocked:{1 << 40}")] == [2, 16, 1 << 40]


def test_additions_of_nothing_and_of_compensated_sums() -> None:
    """There are none of nothing, and errors of compensated sums do not grow with them."""
    assert additions_of_a_term(parse_method("recursive"), 0) == 0
    assert additions_of_a_term(parse_method("fma"), 9) == 8
    with pytest.raises(UsageError, match="kahan"):
        additions_of_a_term(parse_method("kahan"), 9)
