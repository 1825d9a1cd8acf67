"""The game behind the least worst loss: one player mixes candidates within the budget, the other picks the unit.

The allocator takes for each unit candidates with probabilities, the mean of all bits being within
the budget; the adversary names a unit and gets its loss. For a level v, unit i needs the mean bits
h_i(v) of its lower convex hull, and the value is the least v with sum h_i(v) within the budget. At
that v, the adversary's best probabilities are proportional to the slopes -h_i'(v): the prices, in
bits, of a lower loss. Both sides' guarantees are whole numbers or fractions until they are rounded
once, and the adversary's is that of the probabilities as returned.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from precisionlab.recipes.relaxation import Front, Option, front, hull, relax
from precisionlab.recipes.whole_losses import common_exponent, whole

FRACTION_BITS: Final = 64
"""Of mean bits in fixed point, rounded up."""


@dataclass(frozen=True, slots=True)
class Game:
    """Both players' best."""

    adversary: tuple[float, ...]
    """A probability for each unit."""
    guaranteed: Fraction
    """The mean loss that the adversary gets at least."""
    reached: Fraction
    """The mean loss that the allocator allows at most."""


def solve_game(fronts: Sequence[Front], budget: int) -> Game:
    """The game for weights in bits and costs in whole multiples of some loss; the lightest options fit."""
    hulls = [hull(options) for options in fronts]
    floor = max(corners[-1].cost for corners in hulls)
    levels = sorted({corner.cost for corners in hulls for corner in corners if corner.cost >= floor})
    place = bisect_left(levels, True, key=lambda level: needed(hulls, level) <= budget << FRACTION_BITS)
    if place == 0:
        adversary = point_mass([corners[-1].cost for corners in hulls], floor)
        return Game(adversary, guaranteed_by(adversary, fronts, budget), Fraction(floor))
    level = levels[place]
    precision = FRACTION_BITS + levels[-1].bit_length()
    slopes = [slope_below(corners, level, precision) for corners in hulls]
    slope = sum(slopes)
    adversary = tuple(each / slope for each in slopes)
    spare = Fraction((budget << FRACTION_BITS) - needed(hulls, level), 1 << FRACTION_BITS)
    reached = max(level - spare / Fraction(slope, 1 << precision), Fraction(levels[place - 1]))
    return Game(adversary, guaranteed_by(adversary, fronts, budget), reached)


def needed(hulls: Sequence[Front], level: int) -> int:
    """The mean bits, in fixed point, for mean costs that are nowhere above a level."""
    return sum(needed_by(corners, level) for corners in hulls)


def needed_by(corners: Front, level: int) -> int:
    """The mean bits of one unit, in fixed point, rounded up."""
    place = bisect_left(corners, True, key=lambda corner: corner.cost <= level)
    end = corners[place]
    if place == 0:
        return end.weight << FRACTION_BITS
    start = corners[place - 1]
    saved = ((level - end.cost) * (end.weight - start.weight) << FRACTION_BITS) // (start.cost - end.cost)
    return (end.weight << FRACTION_BITS) - saved


def slope_below(corners: Front, level: int, precision: int) -> int:
    """The mean bits for a cost lower by one, just below a level; fixed point, rounded up."""
    place = bisect_left(corners, True, key=lambda corner: corner.cost < level)
    if place == 0:
        return 0
    start, end = corners[place - 1], corners[place]
    return -(-((end.weight - start.weight) << precision) // (start.cost - end.cost))


def point_mass(costs: Sequence[int], cost: int) -> tuple[float, ...]:
    """All probability on the first unit of a cost."""
    first = costs.index(cost)
    return tuple(float(place == first) for place in range(len(costs)))


def guaranteed_by(adversary: Sequence[float], fronts: Sequence[Front], budget: int) -> Fraction:
    """The mean cost that probabilities make sure of, whatever the allocator mixes: its best answer to them."""
    exponent = common_exponent(adversary)
    weights = [whole(probability, exponent) for probability in adversary]
    weighted = [
        front(Option(option.weight, weight * option.cost, option.place) for option in options)
        for weight, options in zip(weights, fronts, strict=True)
    ]
    return relax(weighted, budget).least_cost / sum(weights)
