"""The formats of least total loss for a number of bits, and of fewest bits for a total loss.

Both are the multiple-choice knapsack, with the roles of bits and losses exchanged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from precisionlab.recipes.knapsack import solve
from precisionlab.recipes.problem import (
    Allocation,
    Candidate,
    LossLimitError,
    Unit,
    allocated,
    require_fit,
    require_possible,
    total_loss,
)
from precisionlab.recipes.relaxation import Front, Option, front, relax
from precisionlab.recipes.whole_losses import Offers, most_within, offers_of, rounded


@dataclass(frozen=True, slots=True)
class LeastBits:
    """A choice within a limit to the total loss."""

    allocation: Allocation
    """Its bound is for as many bits as it takes."""
    bound: int
    """No choice within the limit takes fewer bits: proven."""

    @property
    def gap(self) -> int:
        """How many bits fewer could at most do."""
        return self.allocation.bits - self.bound


def least_total_loss(units: Sequence[Unit], budget_bits: int) -> Allocation:
    """The choice of least total loss within a budget, or one near it: the bound tells how near.

    Problems of up to 2^14 choices are always solved exactly, larger ones often.

    Raises:
        BudgetError: no choice is within the budget.
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    require_fit(units, budget_bits)
    offers = offers_of(units)
    solution = solve(fronts_by_bits(offers), budget_bits)
    return allocated(taken(units, solution.chosen), rounded(solution.bound, offers.exponent))


def least_bits(units: Sequence[Unit], max_loss: float) -> LeastBits:
    """The choice of fewest bits whose total loss is at most `max_loss`, or one near it, then of small loss.

    Raises:
        LossLimitError: no choice has so small a loss.
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    require_possible(units)
    least = total_loss(min(candidate.loss for candidate in unit.possible) for unit in units)
    if not least <= max_loss:
        raise LossLimitError(max_loss, least)
    offers = offers_of(units)
    fronts = [front(Option(loss, bits, place) for bits, loss, place in unit) for unit in offers.units]
    solution = solve(fronts, capacity_for(max_loss, fronts, offers.exponent))
    found = taken(units, solution.chosen)
    improved = least_total_loss(units, solution.cost)
    return LeastBits(improved if improved.loss <= max_loss else allocated(found, improved.bound), solution.bound)


def loss_bound(units: Sequence[Unit], budget_bits: int) -> float:
    """No choice within a budget that some choice meets has a smaller total loss: that of mixtures of formats."""
    offers = offers_of(units)
    return rounded(relax(fronts_by_bits(offers), budget_bits).least_cost, offers.exponent)


def capacity_for(max_loss: float, fronts: Sequence[Front], exponent: int) -> int:
    """The largest total that rounds to at most `max_loss`, or that matters."""
    largest = sum(options[-1].weight for options in fronts)
    return largest if max_loss == math.inf else min(largest, most_within(max_loss, exponent))


def fronts_by_bits(offers: Offers) -> list[Front]:
    """The offers that matter where bits are short."""
    return [front(Option(bits, loss, place) for bits, loss, place in unit) for unit in offers.units]


def taken(units: Sequence[Unit], options: Sequence[Option]) -> list[Candidate]:
    """The candidates that options stand for."""
    return [unit.candidates[option.place] for unit, option in zip(units, options, strict=True)]
