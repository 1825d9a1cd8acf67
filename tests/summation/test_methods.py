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


def test_additions_of_nothing_and_of_compensated_sums() -> None:
    """There are none of nothing, and errors of compensated sums do not grow with them."""
    assert additions_of_a_term(parse_method("recursive"), 0) == 0
    assert additions_of_a_term(parse_method("fma"), 9) == 8
    with pytest.raises(UsageError, match="kahan"):
        additions_of_a_term(parse_method("kahan"), 9)
