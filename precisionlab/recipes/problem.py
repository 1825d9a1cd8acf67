"""What a recipe chooses from, and what it chose: formats for units of tensors, their bits and their losses.

Totals of losses are exact sums rounded once to float64, as `math.fsum` gives them.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.errors import UsageError
from precisionlab.escaping import printable


@dataclass(frozen=True, slots=True)
class Candidate:
    """A format that a unit could be stored in.

    Raises:
        ValueError: bits or loss are negative, or the loss is NaN.
    """

    format: str
    bits: int
    """Of the whole unit, scales counted."""
    loss: float
    """From 0; infinite for a hard failure, which is never chosen."""

    def __post_init__(self) -> None:
        if self.bits < 0 or not self.loss >= 0:
            raise ValueError(f"{self.format}: bits and loss are numbers from 0, not {self.bits} and {self.loss}")


@dataclass(frozen=True, slots=True)
class Unit:
    """One tensor, or several that share one format.

    Raises:
        ValueError: it has no name, or two candidates of one format.
    """

    names: tuple[str, ...]
    candidates: tuple[Candidate, ...]

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("a unit has at least one tensor")
        if len(self.by_format) < len(self.candidates):
            raise ValueError(f"{self.names[0]}: a format is a candidate once")

    @property
    def by_format(self) -> Mapping[str, Candidate]:
        """The candidates by the names of their formats."""
        return {candidate.format: candidate for candidate in self.candidates}

    @property
    def possible(self) -> tuple[Candidate, ...]:
        """The candidates of finite loss."""
        return tuple(candidate for candidate in self.candidates if candidate.loss < math.inf)


@dataclass(frozen=True, slots=True)
class Allocation:
    """One candidate for each unit."""

    chosen: tuple[Candidate, ...]
    bits: int
    loss: float
    """The total."""
    bound: float
    """No choice within the budget has a smaller total: proven."""

    @property
    def gap(self) -> float:
        """By how much the loss could at most be smaller."""
        return self.loss - self.bound if self.loss > self.bound else 0.0

    @property
    def relative_gap(self) -> float:
        """The gap over the loss; 0 for no loss."""
        return self.gap / self.loss if self.gap < math.inf and self.loss else 0.0


class BudgetError(UsageError):
    """A budget that no choice meets."""

    def __init__(self, budget_bits: int, smallest_bits: int, means: str = "any formats on offer") -> None:
        self.smallest_bits = smallest_bits
        super().__init__(
            f"a budget of {budget_bits:,} bits",
            f"cannot be met by {means}: the smallest possible is {smallest_bits:,} bits",
            "raise the budget, or offer narrower formats",
        )


class LossLimitError(UsageError):
    """A limit to the total loss that no choice keeps."""

    def __init__(self, max_loss: float, least_loss: float) -> None:
        self.least_loss = least_loss
        super().__init__(
            f"a total loss of {max_loss:.6g}",
            f"cannot be kept by any formats on offer: the least possible is {least_loss:.6g}",
            "allow more, or offer wider formats",
        )


def total_loss(losses: Iterable[float]) -> float:
    """The exact sum of losses rounded once, infinite beyond float64."""
    try:
        return math.fsum(losses)
    except OverflowError:
        return math.inf


def allocated(chosen: Sequence[Candidate], bound: float) -> Allocation:
    """The chosen candidates with their totals."""
    bits = sum(int(candidate.bits) for candidate in chosen)
    return Allocation(tuple(chosen), bits, total_loss(candidate.loss for candidate in chosen), bound)


def smallest(units: Sequence[Unit]) -> Allocation:
    """The choice of fewest bits, and of least loss among those; its bound is for that many bits.

    Raises:
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    require_possible(units)
    chosen = [min(unit.possible, key=lambda candidate: (candidate.bits, candidate.loss)) for unit in units]
    return allocated(chosen, total_loss(candidate.loss for candidate in chosen))


def require_possible(units: Sequence[Unit]) -> None:
    """See that there are units, and that each has a candidate of finite loss.

    Raises:
        UsageError: there are none, or one has none.
    """
    if not units:
        raise UsageError("", "there is no tensor to choose a format for")
    for unit in units:
        if not unit.possible:
            offered = ", ".join(printable(candidate.format) for candidate in unit.candidates)
            problem = f"cannot be stored in any format on offer ({offered})" if offered else "is offered no format"
            raise UsageError(listed(unit.names), problem, "offer a wider one, or leave it as it is")


def require_fit(units: Sequence[Unit], budget_bits: int) -> None:
    """See that some choice is within a budget.

    Raises:
        BudgetError: none is.
        UsageError: there is no unit, or one has no candidate of finite loss.
    """
    least = smallest(units).bits
    if least > budget_bits:
        raise BudgetError(budget_bits, least)


def tied(units: Sequence[Unit], groups: Iterable[Collection[str]]) -> tuple[Unit, ...]:
    """The units, those with names in one group merged into one in the place of the first.

    A merged unit has the candidates whose formats all its parts have, with bits and losses added.
    Groups that share a unit count as one.

    Raises:
        UsageError: no unit has a name of a group, or merged units have no format in common.
    """
    owner = {name: place for place, unit in enumerate(units) for name in unit.names}
    leader = list(range(len(units)))
    for group in groups:
        members = {leader[place_of(name, owner)] for name in group}
        leader = [min(members) if place in members else place for place in leader]
    parts: dict[int, list[Unit]] = {}
    for place, unit in zip(leader, units, strict=True):
        parts.setdefault(place, []).append(unit)
    return tuple(merged(part) for part in parts.values())


def place_of(name: str, owner: Mapping[str, int]) -> int:
    """Which unit has a name."""
    if name not in owner:
        raise UsageError(name, "is tied to others but is no tensor here", "leave it out of the group")
    return owner[name]


def merged(parts: Sequence[Unit]) -> Unit:
    """One unit of several."""
    if len(parts) == 1:
        return parts[0]
    names = tuple(name for part in parts for name in part.names)
    offers = [part.by_format for part in parts]
    shared = [format_ for format_ in offers[0] if all(format_ in offer for offer in offers)]
    if not shared:
        raise UsageError(listed(names), "are tied but have no format in common", "offer them the same formats")
    return Unit(names, tuple(added([offer[format_] for offer in offers]) for format_ in shared))


def added(candidates: Sequence[Candidate]) -> Candidate:
    """One format for several units: bits and losses added."""
    bits = sum(candidate.bits for candidate in candidates)
    return Candidate(candidates[0].format, bits, total_loss(candidate.loss for candidate in candidates))


def listed(names: Sequence[str]) -> str:
    """The names of a unit as the subject of a problem: three at most."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
