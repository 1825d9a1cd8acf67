"""The formats whose worst loss is least for a number of bits, so that no tensor pays for the others."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from precisionlab.recipes.game import solve_game
from precisionlab.recipes.problem import Allocation, Unit, require_fit
from precisionlab.recipes.relaxation import Front
from precisionlab.recipes.total_loss import fronts_by_bits, least_total_loss
from precisionlab.recipes.whole_losses import offers_of, rounded


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The choice of least worst loss, and the game that bounds it from below.

    In the game candidates may be mixed, within the budget on average, and an adversary picks the unit.
    """

    allocation: Allocation
    """Its bound is for choices whose worst loss is no larger."""
    worst: float
    """The largest loss of a unit; no choice within the budget has a smaller one."""
    value: float
    """Of the game: what the adversary can make sure of."""
    reached: float
    """What mixtures can make sure of: the value from above."""
    adversary: tuple[float, ...]
    """With which probabilities the adversary picks the units: those that bind have some."""

    @property
    def gap(self) -> float:
        """How far apart the two sides' guarantees are: an error of rounding."""
        return self.reached - self.value

    @property
    def integrality_gap(self) -> float:
        """What it costs that a unit has one format."""
        return self.worst - self.value


def least_worst_loss(units: Sequence[Unit], budget_bits: int) -> WorstCase:
    """The choice within a budget whose largest loss is least, and of little total loss among those.

    Losses of one unit are comparable with those of another.

    Raises:
        BudgetError: no choice is within the budget.
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    require_fit(units, budget_bits)
    offers = offers_of(units)
    fronts = fronts_by_bits(offers)
    worst = rounded(least_worst(fronts, budget_bits), offers.exponent)
    game = solve_game(fronts, budget_bits)
    return WorstCase(
        least_total_loss([capped(unit, worst) for unit in units], budget_bits),
        worst,
        rounded(game.guaranteed, offers.exponent),
        rounded(game.reached, offers.exponent),
        game.adversary,
    )


def least_worst(fronts: Sequence[Front], budget_bits: int) -> int:
    """The least cost such that the lightest options of no larger cost fit."""
    floor = max(options[-1].cost for options in fronts)
    levels = sorted({option.cost for options in fronts for option in options if option.cost >= floor})
    return levels[bisect_left(levels, True, key=lambda level: lightest(fronts, level) <= budget_bits)]


def lightest(fronts: Sequence[Front], level: int) -> int:
    """The bits of the lightest options of costs that are nowhere above a level."""
    return sum(
        options[bisect_left(options, True, key=lambda option: option.cost <= level)].weight for options in fronts
    )


def capped(unit: Unit, worst: float) -> Unit:
    """A unit without the candidates of a larger loss."""
    return Unit(unit.names, tuple(candidate for candidate in unit.candidates if candidate.loss <= worst))
