"""Least total loss and fewest bits, against all choices and against another solver."""

import math
from collections.abc import Sequence
from fractions import Fraction
from sys import float_info
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from precisionlab.recipes.problem import BudgetError, Candidate, LossLimitError, Unit
from precisionlab.recipes.total_loss import least_bits, least_total_loss, loss_bound
from tests.recipes.mixtures import least_mean_loss, membership
from tests.recipes.problems import (
    bits_of,
    budget_at,
    budgeted,
    choices,
    exact_loss,
    plain_units,
    random_units,
    tensors,
    units,
)

Problem = tuple[tuple[Unit, ...], int]


def rounded(loss: Fraction) -> float:
    """The nearest float64, infinite beyond the largest."""
    try:
        return float(loss)
    except OverflowError:
        return math.inf


@given(budgeted(units()))
def test_the_least_total_loss_is_that_of_all_choices(given_: Problem) -> None:
    """Exactly, to the last bit of the rounded sum, and proven; or no choice is within the budget."""
    problem, budget = given_
    fitting = [exact_loss(chosen) for chosen in choices(problem) if bits_of(chosen) <= budget]
    if not fitting:
        with pytest.raises(BudgetError) as raised:
            least_total_loss(problem, budget)
        assert raised.value.smallest_bits == min(map(bits_of, choices(problem)))
        return
    found = least_total_loss(problem, budget)
    assert all(candidate in unit.candidates for candidate, unit in zip(found.chosen, problem, strict=True))
    assert bits_of(found.chosen) == found.bits <= budget
    assert exact_loss(found.chosen) == min(fitting)
    assert found.loss == found.bound == rounded(min(fitting))


@given(units(), st.data())
def test_the_fewest_bits_are_those_of_all_choices(problem: tuple[Unit, ...], data: st.DataObject) -> None:
    """Of those whose rounded total is within the limit, and of these the one of least loss."""
    totals = [(bits_of(chosen), exact_loss(chosen)) for chosen in choices(problem)]
    limits = sorted({rounded(loss) for _, loss in totals})
    limit = data.draw(st.sampled_from(limits) | st.floats(limits[0], limits[-1]) | st.just(math.inf))
    fewest, loss = min((bits, loss) for bits, loss in totals if rounded(loss) <= limit)
    found = least_bits(problem, limit)
    assert found.bound == found.allocation.bits == fewest
    assert found.gap == 0
    assert exact_loss(found.allocation.chosen) == loss
    assert found.allocation.bound == found.allocation.loss == rounded(loss)


def test_of_the_fewest_bits_the_least_loss() -> None:
    """Three bits do for a limit of 1, with a loss of 0.75 or 0.875: a search for bits alone may end with either."""
    rows = (
        ((2, 0.25), (3, 0.0), (0, 1.0), (0, 0.625)),
        ((4, 0.0), (4, 0.375), (0, 0.125), (3, 0.75)),
        ((0, 0.375), (0, 1.0), (3, 0.0), (4, 0.125)),
        ((1, 0.0), (4, 0.75), (0, 0.375), (0, 1.0)),
    )
    problem = [Unit((str(row),), tuple(Candidate(str(pair), *pair) for pair in row)) for row in rows]
    fewest, loss = min((bits_of(chosen), exact_loss(chosen)) for chosen in choices(problem) if exact_loss(chosen) <= 1)
    found = least_bits(problem, 1.0).allocation
    assert (found.bits, exact_loss(found.chosen)) == (fewest, loss)


@pytest.mark.parametrize("limit", [0.29, -1.0, math.nan])
def test_a_limit_that_no_choice_keeps(limit: float) -> None:
    """The error tells the least possible loss."""
    problem = [Unit((name,), (Candidate("int8", 8, loss), Candidate("fp8", 9, math.inf))) for name, loss in LOSSY]
    with pytest.raises(LossLimitError, match=r"the least possible is 0\.3; allow more") as raised:
        least_bits(problem, limit)
    assert raised.value.least_loss == math.fsum((0.1, 0.2))


LOSSY = (("a", 0.1), ("b", 0.2))


def test_a_limit_may_be_a_loss_that_was_told() -> None:
    """0.1 and 0.2 add up to more than their rounded sum, or less: it is kept all the same; as is the largest limit."""
    for losses in ((0.1, 0.2), (0.1, 0.7), (1.0, 2.0**-53), (1.0 + 2.0**-52, 2.0**-53), (float_info.max, 1.0)):
        problem = [Unit((str(loss),), (Candidate("int8", 8, loss),)) for loss in losses]
        told = math.fsum(losses)
        assert least_bits(problem, told).allocation.loss == told
        with pytest.raises(LossLimitError):
            least_bits(problem, math.nextafter(told, 0))


def test_sums_beyond_float64_are_infinite() -> None:
    """Losses whose sum no float64 holds are compared all the same."""
    problem = [
        Unit((name,), (Candidate("fp8", 8, float_info.max), Candidate("int8", 9, float_info.max / 2))) for name in "ab"
    ]
    found = least_total_loss(problem, 17)
    assert [candidate.format for candidate in found.chosen] in (["fp8", "int8"], ["int8", "fp8"])
    assert (found.loss, found.bound, found.gap, found.relative_gap) == (math.inf, math.inf, 0, 0)
    assert least_bits(problem, float_info.max).allocation.bits == 18


@pytest.mark.parametrize("seed", range(4))
def test_another_solver_finds_the_same(seed: int) -> None:
    """HiGHS on 60 units of 8 random sizes and losses: its optimum is ours."""
    problem = random_units(60, 8, seed)
    budget = budget_at(problem, (0.1, 0.2, 0.3, 0.4)[seed])
    found = least_total_loss(problem, budget)
    other = chosen_by_highs(problem, budget)
    assert bits_of(other) <= budget
    assert found.loss == found.bound
    assert found.loss == pytest.approx(rounded(exact_loss(other)), rel=1e-12)


@pytest.mark.parametrize(("seed", "share"), [(0, 0.2), (1, 0.05), (1, 0.5), (2, 0.3), (2, 0.9)])
def test_no_other_solver_finds_less(seed: int, share: float) -> None:
    """On 60 tensors of sizes and losses far apart, the choice of HiGHS is not below our bound nor ours by the gap."""
    problem = tensors(60, 8, seed)
    other = chosen_by_highs(problem, budget_at(problem, share))
    budget = max(budget_at(problem, share), bits_of(other))  # HiGHS keeps to it within a tolerance
    found = least_total_loss(problem, budget)
    assert found.bits == bits_of(found.chosen) <= budget
    assert found.bound <= rounded(exact_loss(other))
    assert found.loss <= rounded(exact_loss(other)) + found.gap
    assert found.relative_gap < 0.01


def chosen_by_highs(problem: Sequence[Unit], budget: int) -> list[Candidate]:
    """The choice that a general solver of mixed-integer programmes finds."""
    candidates = [candidate for unit in problem for candidate in unit.candidates]
    losses = np.array([candidate.loss for candidate in candidates])
    bits = np.array([candidate.bits for candidate in candidates], np.float64)
    solved = milp(
        losses / losses.max(),
        integrality=np.ones(len(candidates)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(membership(problem), 1, 1),
            LinearConstraint(bits[np.newaxis] / budget, -np.inf, 1),
        ],
        options={"mip_rel_gap": 1e-9},
    )
    assert solved.status == 0
    return [candidate for candidate, share in zip(candidates, solved.x, strict=True) if share > 0.5]


@given(budgeted(plain_units()))
def test_the_bound_without_a_search_is_that_of_mixtures(given_: Problem) -> None:
    """As HiGHS solves the linear programme."""
    problem, budget = given_
    if min(map(bits_of, choices(problem))) <= budget:
        mixed = least_mean_loss(problem, budget, [1.0] * len(problem))
        assert loss_bound(problem, budget) == pytest.approx(mixed, rel=1e-9, abs=1e-9)


def test_equal_choices_are_settled_by_order() -> None:
    """Of equal candidates the first is taken, and of equal units the first gets the wider format; each time anew."""
    twice = (Candidate("int8", 8, 0.5), Candidate("fp8", 8, 0.5), Candidate("bfloat16", 16, 0.0))
    problem = [Unit((name,), twice) for name in "abc"]
    found = least_total_loss(problem, 32)
    assert [candidate.format for candidate in found.chosen] == ["bfloat16", "int8", "int8"]
    model = tensors(40, 6, 9)
    assert least_total_loss(model, budget_at(model, 0.3)) == least_total_loss(model, budget_at(model, 0.3))


def test_numbers_of_numpy_are_taken() -> None:
    """Bits and losses as sums over arrays give them; totals do not wrap."""
    large: Any = np.int64(2**62)
    loss: Any = np.float32(0.5)
    problem = [Unit((name,), (Candidate("int8", large, loss),)) for name in "abcd"]
    found = least_total_loss(problem, 2**64)
    assert (found.bits, found.loss) == (2**64, 2.0)
    assert least_bits(problem, 2.0).allocation.bits == 2**64
