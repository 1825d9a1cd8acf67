"""The multiple-choice knapsack: one option of each class, of least total cost within a capacity; whole numbers.

The relaxation's prices tell what each deviation from its base choice costs at least. Classes are
opened in the order of their cheapest deviation by weight, and states (what is left of the capacity,
deviations so far) that another beats, or that cannot beat the best choice known, are dropped: the
minimal-core dynamic programme of Pisinger 1995, doi:10.1016/0377-2217(95)00015-I. Where it ends
within its limits the choice is optimal; where not, the best state given up bounds what was missed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from precisionlab.recipes.relaxation import Edge, Front, Option, Relaxation, relax

MAX_STATES: Final = 1 << 14
"""Kept after a class: problems of so many choices are always solved exactly."""
MAX_EFFORT: Final = 1 << 18
"""States looked at in all: about a second's worth."""
FRACTION_BITS: Final = 64
"""Of prices in fixed point, rounded down."""

Trail = tuple["Trail", int, Option] | None
"""Deviations from the base: the earlier ones, then a class and its option."""


class Deviation(NamedTuple):
    """An option of a class other than that of the base."""

    excess: int
    """What it costs above the relaxation's prices, from 0."""
    weight: int
    """Added to that of the base, or taken off it."""
    option: Option


class OpenClass(NamedTuple):
    """A class that may deviate."""

    price: int
    """The least excess for a unit of weight, up or down; fixed point."""
    class_: int
    deviations: tuple[Deviation, ...]
    """The least excess first."""


class State(NamedTuple):
    """The base with some deviations."""

    slack: int
    """Left of the capacity; below 0 where later deviations must make up for it."""
    excess: int
    """Of the deviations."""
    trail: Trail


@dataclass(frozen=True, slots=True)
class Solution:
    """One option of each class."""

    chosen: tuple[Option, ...]
    bound: int
    """No choice within the capacity costs less: proven."""

    @property
    def cost(self) -> int:
        """The total."""
        return sum(option.cost for option in self.chosen)


def solve(fronts: Sequence[Front], capacity: int) -> Solution:
    """A choice of least cost, or near it, within a capacity that holds the lightest options."""
    relaxed = relax(fronts, capacity)
    filled = fill(relaxed.base, relaxed.untaken, capacity)
    found, least_excess = search(open_classes(fronts, relaxed), relaxed, excess_of(filled, relaxed))
    if found:
        filled = fill(followed(found.trail, relaxed.base), relaxed.untaken, capacity)
    return Solution(filled, math.ceil(relaxed.least_cost + Fraction(least_excess, relaxed.weight)))


def fill(chosen: Sequence[Option], edges: Sequence[Edge], capacity: int) -> tuple[Option, ...]:
    """A choice improved by the ends of edges, in their order, as far as the capacity goes."""
    filled = list(chosen)
    slack = capacity - sum(option.weight for option in chosen)
    for edge in edges:
        old, new = filled[edge.class_], edge.end
        if new.cost < old.cost and new.weight - old.weight <= slack:
            filled[edge.class_] = new
            slack -= new.weight - old.weight
    return tuple(filled)


def excess_of(chosen: Sequence[Option], relaxed: Relaxation) -> int:
    """What a choice costs above the relaxation."""
    return int((sum(option.cost for option in chosen) - relaxed.least_cost) * relaxed.weight)


def followed(trail: Trail, base: Sequence[Option]) -> list[Option]:
    """The base with the deviations of a trail."""
    chosen = list(base)
    while trail:
        trail, class_, option = trail
        chosen[class_] = option
    return chosen


def open_classes(fronts: Sequence[Front], relaxed: Relaxation) -> list[OpenClass]:
    """The classes that have deviations, the lowest price first."""
    classes = (opened(i, options, relaxed) for i, options in enumerate(fronts) if len(options) > 1)
    return sorted(classes, key=lambda class_: (class_.price, class_.class_))


def opened(class_: int, options: Front, relaxed: Relaxation) -> OpenClass:
    """A class with what each deviation from the base costs above the relaxation's prices."""
    base = relaxed.base[class_]
    deviations = []
    for option in options:
        if option is not base:
            weight = option.weight - base.weight
            excess = relaxed.weight * (option.cost - base.cost) + relaxed.gain * weight
            deviations.append(Deviation(excess, weight, option))
    price = min((deviation.excess << FRACTION_BITS) // abs(deviation.weight) for deviation in deviations)
    return OpenClass(price, class_, tuple(sorted(deviations)))


def search(classes: Sequence[OpenClass], relaxed: Relaxation, known: int) -> tuple[State | None, int]:
    """The best choice of an excess below a known one, if one was found, and a bound that no excess is below."""
    gain = relaxed.gain
    states, given_up, effort = [State(relaxed.slack, 0, None)], [], MAX_EFFORT
    best = None
    for class_ in classes:
        goal = known - relaxed.weight
        states = [state for state in states if least(state, class_.price) <= goal]
        n_kept = min(MAX_STATES, effort // (1 + len(class_.deviations)))
        if len(states) > n_kept:
            states.sort(key=lambda state: least(state, class_.price))
            given_up.append(least(states[n_kept], class_.price))
            del states[n_kept:]
        if not states:
            break
        extended = [*states, *extensions(states, class_, goal)]
        effort -= len(extended)
        for state in extended:
            if state.slack >= 0 and total(state, gain) < known:
                best, known = state, total(state, gain)
        states = undominated(extended, gain)
    return best, min((known, *given_up))


def total(state: State, gain: int) -> int:
    """The excess if nothing else deviates: what the capacity left over could have saved is lost."""
    return state.excess + gain * state.slack


def least(state: State, price: int) -> int:
    """The least total that further deviations reach at a price, if they reach any below that of the state itself."""
    return state.excess + (price * abs(state.slack) >> FRACTION_BITS)


def extensions(states: Sequence[State], class_: OpenClass, goal: int) -> Iterator[State]:
    """The states with each deviation of a class whose excess does not rise above the goal."""
    for slack, excess, trail in states:
        for deviation in class_.deviations:
            if excess + deviation.excess > goal:
                break
            yield State(slack - deviation.weight, excess + deviation.excess, (trail, class_.class_, deviation.option))


def undominated(states: Sequence[State], gain: int) -> list[State]:
    """The states that no other beats, in slack and in total; the first of equal ones."""
    kept: list[State] = []
    for state in sorted(states, key=lambda state: (-state.slack, total(state, gain))):
        if not kept or total(state, gain) < total(kept[-1], gain):
            kept.append(state)
    return kept
