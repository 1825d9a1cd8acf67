"""Candidates, units and what ties them, against all choices."""

import math
from collections.abc import Iterable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.errors import UsageError
from precisionlab.recipes.problem import Allocation, BudgetError, Candidate, Unit, require_fit, smallest, tied
from tests.recipes.problems import bits_of, choices, exact_loss, plain_units, units

BOTH = (Candidate("int8", 80, 0.5), Candidate("nvfp4", 45, 2.0))


@pytest.mark.parametrize(("bits", "loss"), [(-1, 0.0), (0, -0.5), (0, math.nan)])
def test_candidates_have_bits_and_a_loss(bits: int, loss: float) -> None:
    """Neither is below 0, and the loss is a number."""
    with pytest.raises(ValueError, match="from 0"):
        Candidate("int8", bits, loss)


def test_units_have_names_and_each_format_once() -> None:
    """Nothing else makes a unit."""
    with pytest.raises(ValueError, match="at least one tensor"):
        Unit((), BOTH)
    with pytest.raises(ValueError, match="candidate once"):
        Unit(("a",), (*BOTH, BOTH[0]))


@pytest.mark.parametrize(
    ("loss", "bound", "gap", "relative"),
    [(4.0, 3.0, 1.0, 0.25), (2.0, 2.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0), (math.inf, math.inf, 0.0, 0.0)],
)
def test_gaps_are_what_is_unproven(loss: float, bound: float, gap: float, relative: float) -> None:
    """The loss less the bound, and that over the loss."""
    allocation = Allocation((), 0, loss, bound)
    assert (allocation.gap, allocation.relative_gap) == (gap, relative)


@given(units(largest=4))
def test_the_smallest_choice(problem: tuple[Unit, ...]) -> None:
    """It has the fewest bits of all choices of finite loss, and the least loss among those; a budget below is none."""
    fewest, loss = min((bits_of(chosen), exact_loss(chosen)) for chosen in choices(problem))
    found = smallest(problem)
    assert (found.bits, exact_loss(found.chosen)) == (fewest, loss)
    assert found.bound == found.loss == float(loss)
    require_fit(problem, fewest)
    with pytest.raises(BudgetError) as raised:
        require_fit(problem, fewest - 1)
    assert raised.value.smallest_bits == fewest


def test_the_smallest_possible_is_told() -> None:
    """The message has both numbers and a remedy."""
    with pytest.raises(BudgetError) as raised:
        require_fit([Unit(("a",), BOTH)] * 100, 1000)
    assert str(raised.value) == (
        "a budget of 1,000 bits: cannot be met by any formats on offer: the smallest possible is 4,500 bits; "
        "raise the budget, or offer narrower formats"
    )


def test_a_unit_that_no_format_holds_is_named() -> None:
    """With what it was offered, and its name escaped; and nothing to choose for is an error too."""
    broken = Unit(("a\x1b", "b", "c", "d"), (Candidate("fp8", 8, math.inf), Candidate("int8", 9, math.inf)))
    with pytest.raises(UsageError, match=r"^a\\x1b, b, c and 1 more: cannot be stored in .*\(fp8, int8\);"):
        smallest([Unit(("x",), BOTH), broken])
    with pytest.raises(UsageError, match=r"^x: is offered no format;"):
        smallest([Unit(("x",), ())])
    with pytest.raises(UsageError, match=r"^there is no tensor"):
        smallest([])


@given(plain_units(largest=4), st.sets(st.integers(0, 3)))
def test_tied_units_choose_as_one(problem: tuple[Unit, ...], group: set[int]) -> None:
    """The choices of merged units are those of the parts where all of a group have one format."""
    members = [place for place in range(len(problem)) if place in group]
    alike = [chosen for chosen in choices(problem) if len({chosen[place].format for place in members}) <= 1]
    offers = [{candidate.format for candidate in problem[place].candidates} for place in members]
    if offers and not set.intersection(*offers):
        with pytest.raises(UsageError, match="have no format in common"):
            tied(problem, [[f"layer{place}" for place in members]])
        return
    merged = tied(problem, [[f"layer{place}" for place in members]])
    assert sorted(totals(chosen) for chosen in choices(merged)) == sorted(totals(chosen) for chosen in alike)
    assert sorted(name for unit in merged for name in unit.names) == [f"layer{place}" for place in range(len(problem))]


def totals(chosen: Iterable[Candidate]) -> tuple[int, Fraction]:
    """Bits and loss of a choice."""
    chosen = tuple(chosen)
    return bits_of(chosen), exact_loss(chosen)


def test_merged_units_stand_in_the_place_of_the_first() -> None:
    """Names in order, candidates in the order of the first, an infinite loss infinite; groups that meet are one."""
    parts = [Unit((name,), BOTH) for name in "abcde"]
    parts[4] = Unit(("e",), (Candidate("nvfp4", 5, math.inf), Candidate("fp8", 7, 0.0), Candidate("int8", 9, 1.0)))
    assert tied(parts, [["d", "b"], ["e", "d"]]) == (
        parts[0],
        Unit(("b", "d", "e"), (Candidate("int8", 169, 2.0), Candidate("nvfp4", 95, math.inf))),
        parts[2],
    )


def test_groups_name_tensors_that_there_are() -> None:
    """A name that no unit has is an error that says which."""
    with pytest.raises(UsageError, match=r"^k_proj: is tied to others but is no tensor here;"):
        tied([Unit(("q_proj",), BOTH)], [["q_proj", "k_proj"]])
