"""Least worst loss, against all choices; its game, against linear programmes that another solver solves."""

import math

import numpy as np
import pytest
from hypothesis import given

from precisionlab.errors import UsageError
from precisionlab.recipes.problem import BudgetError, Candidate, Unit
from precisionlab.recipes.worst_loss import least_worst_loss
from tests.recipes.mixtures import least_mean_loss, least_worst_mean
from tests.recipes.problems import bits_of, budget_at, budgeted, choices, exact_loss, plain_units, random_units, units

Problem = tuple[tuple[Unit, ...], int]


@given(budgeted(units()))
def test_the_least_worst_loss_is_that_of_all_choices(given_: Problem) -> None:
    """Exactly, and of the choices that reach it one of least total loss; or no choice is within the budget."""
    problem, budget = given_
    fitting = [chosen for chosen in choices(problem) if bits_of(chosen) <= budget]
    if not fitting:
        with pytest.raises(BudgetError):
            least_worst_loss(problem, budget)
        return
    worst, total = min((max(candidate.loss for candidate in chosen), exact_loss(chosen)) for chosen in fitting)
    found = least_worst_loss(problem, budget)
    chosen = found.allocation.chosen
    assert all(candidate in unit.candidates for candidate, unit in zip(chosen, problem, strict=True))
    assert found.allocation.bits == bits_of(chosen) <= budget
    assert found.worst == max(candidate.loss for candidate in chosen) == worst
    assert exact_loss(chosen) == total
    assert found.allocation.bound == found.allocation.loss
    assert 0 <= found.value <= found.worst
    assert found.value <= found.reached <= found.worst
    assert found.integrality_gap == found.worst - found.value


@given(budgeted(units()))
def test_both_sides_guarantee_the_same(given_: Problem) -> None:
    """To 1e-12, or a step of the smallest floats, with losses and sizes far apart; and the adversary's probabilities are a distribution."""
    problem, budget = given_
    if budget >= min(map(bits_of, choices(problem))):
        found = least_worst_loss(problem, budget)
        assert 0 <= found.gap <= 1e-12 * found.reached + math.ulp(0.0)
        assert len(found.adversary) == len(problem)
        assert min(found.adversary) >= 0
        assert math.fsum(found.adversary) == pytest.approx(1, rel=1e-15, abs=0)


@given(budgeted(plain_units()))
def test_the_value_is_that_of_the_linear_programme(given_: Problem) -> None:
    """HiGHS finds the same value, and the same for the allocator's best answer to the adversary: it certifies it."""
    problem, budget = given_
    if budget >= min(map(bits_of, choices(problem))):
        found = least_worst_loss(problem, budget)
        assert found.value == pytest.approx(least_worst_mean(problem, budget), rel=1e-9, abs=1e-9)
        assert found.value == pytest.approx(least_mean_loss(problem, budget, found.adversary), rel=1e-9, abs=1e-9)


@given(budgeted(plain_units(largest=4)))
def test_no_choice_beats_the_adversary(given_: Problem) -> None:
    """Against its probabilities each choice within the budget loses at least the value."""
    problem, budget = given_
    fitting = [chosen for chosen in choices(problem) if bits_of(chosen) <= budget]
    if fitting:
        found = least_worst_loss(problem, budget)
        losses = np.array([[candidate.loss for candidate in chosen] for chosen in fitting])
        assert (losses @ found.adversary).min() >= found.value * (1 - 1e-12)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.95])
def test_the_value_for_two_hundred_tensors(share: float) -> None:
    """It is that of HiGHS, and the same whether units or the adversary's probabilities are asked."""
    problem = random_units(200, 6, 8)
    budget = budget_at(problem, share)
    found = least_worst_loss(problem, budget)
    assert found.value == pytest.approx(least_worst_mean(problem, budget), rel=1e-9)
    assert found.value == pytest.approx(least_mean_loss(problem, budget, found.adversary), rel=1e-9)
    assert found.gap <= 1e-12 * found.value


def test_a_smaller_total_does_not_buy_a_larger_worst_loss() -> None:
    """The last four bits would save 0.5 on the second unit, but are due to the first, where they save 0.25."""
    first = Unit(("first",), (Candidate("bits4", 4, 1.0), Candidate("bits8", 8, 0.75)))
    second = Unit(("second",), (Candidate("bits4", 4, 0.625), Candidate("bits8", 8, 0.125)))
    found = least_worst_loss([first, second], 12)
    assert [candidate.bits for candidate in found.allocation.chosen] == [8, 4]
    assert (found.worst, found.allocation.loss, found.allocation.bound) == (0.75, 1.375, 1.375)


def test_a_game_by_hand() -> None:
    """Two units of one bit with loss 1 or two bits with none, and three bits: half of each, as for matching pennies."""
    pair = (Candidate("one", 1, 1.0), Candidate("two", 2, 0.0))
    found = least_worst_loss([Unit(("a",), pair), Unit(("b",), pair)], 3)
    assert (found.value, found.reached, found.adversary) == (0.5, 0.5, (0.5, 0.5))
    assert (found.worst, found.integrality_gap) == (1.0, 0.5)
    assert (found.allocation.bits, found.allocation.loss) == (3, 1.0)


def test_a_unit_that_cannot_be_better_is_picked() -> None:
    """A kept tensor of a loss that no budget lowers takes all probability, and bits go to the others' total."""
    kept = Unit(("kept",), (Candidate("bits8", 8, 0.75),))
    other = Unit(("other",), (Candidate("bits4", 4, 0.5), Candidate("bits8", 8, 0.25)))
    found = least_worst_loss([other, kept], 16)
    assert (found.worst, found.value, found.adversary) == (0.75, 0.75, (0.0, 1.0))
    assert [candidate.format for candidate in found.allocation.chosen] == ["bits8", "bits8"]


def test_there_is_something_to_choose() -> None:
    """No units, or one that no format holds, are errors."""
    with pytest.raises(UsageError, match="there is no tensor"):
        least_worst_loss([], 10)
    with pytest.raises(UsageError, match=r"^a: cannot be stored"):
        least_worst_loss([Unit(("a",), (Candidate("fp8", 8, math.inf),))], 10)
