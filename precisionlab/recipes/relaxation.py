"""The multiple-choice knapsack with mixtures allowed: each class takes a mean of its options.

Its least cost is a lower bound for pure choices, and comes from one walk: the options of a class
that matter lie on the lower convex hull of weight and cost; all edges of all hulls, the steepest
first, are taken while the capacity lasts, and the last in part (Sinha & Zoltners 1979,
doi:10.1287/opre.27.3.503; as rate control: Shoham & Gersho 1988, doi:10.1109/29.90373).
All numbers are whole, so nothing is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from itertools import pairwise
from typing import NamedTuple


class Option(NamedTuple):
    """What a class may take."""

    weight: int
    cost: int
    place: int
    """Among those that the class was offered."""


Front = tuple[Option, ...]
"""Options of one class that no other beats: weights increase, costs decrease."""


class Edge(NamedTuple):
    """From one corner of a class's hull to the next heavier one."""

    class_: int
    end: Option
    weight: int
    """Added."""
    gain: int
    """Cost saved."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The walk up to the edge that did not fit whole."""

    base: tuple[Option, ...]
    """A choice within the capacity: the corners reached."""
    slack: int
    """What it leaves of the capacity."""
    gain: int
    """Saved by the edge that did not fit; 0 where all did."""
    weight: int
    """Of that edge; from 1."""
    untaken: tuple[Edge, ...]
    """That edge and all less steep ones, the steepest first."""

    @property
    def least_cost(self) -> Fraction:
        """Of all mixtures within the capacity."""
        return sum(option.cost for option in self.base) - Fraction(self.slack * self.gain, self.weight)


def front(options: Iterable[Option]) -> Front:
    """The options that no other beats; the first of equal ones."""
    kept: list[Option] = []
    for option in sorted(options):
        if not kept or option.cost < kept[-1].cost:
            kept.append(option)
    return tuple(kept)


def hull(options: Front) -> Front:
    """The corners of the lower convex hull of a front."""
    corners: list[Option] = []
    for option in options:
        while len(corners) > 1 and not is_corner(corners[-2], corners[-1], option):
            corners.pop()
        corners.append(option)
    return tuple(corners)


def is_corner(before: Option, option: Option, after: Option) -> bool:
    """Whether an option lies below the line between its neighbours."""
    gain, further = before.cost - option.cost, option.cost - after.cost
    return gain * (after.weight - option.weight) > further * (option.weight - before.weight)


def relax(fronts: Sequence[Front], capacity: int) -> Relaxation:
    """Take the steepest edges while the capacity, which holds the lightest options, lasts."""
    hulls = [hull(options) for options in fronts]
    base = [corners[0] for corners in hulls]
    slack = capacity - sum(option.weight for option in base)
    steepest_first = sorted(edges(hulls), key=cmp_to_key(steeper))
    for place, edge in enumerate(steepest_first):
        if edge.weight > slack:
            return Relaxation(tuple(base), slack, edge.gain, edge.weight, tuple(steepest_first[place:]))
        base[edge.class_] = edge.end
        slack -= edge.weight
    return Relaxation(tuple(base), slack, 0, 1, ())


def edges(hulls: Sequence[Front]) -> Iterable[Edge]:
    """Of all hulls, class by class."""
    for class_, corners in enumerate(hulls):
        for start, end in pairwise(corners):
            yield Edge(class_, end, end.weight - start.weight, start.cost - end.cost)


def steeper(one: Edge, other: Edge) -> int:
    """Negative where one edge saves more for its weight than another, 0 where as much."""
    return other.gain * one.weight - one.gain * other.weight
