"""From what tensors lose to a recipe: candidates for each, the budget, and the choice."""

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.losses import TargetLoss, TensorLosses
from precisionlab.recipes.problem import Allocation, BudgetError, Candidate, Unit, smallest
from precisionlab.recipes.total_loss import least_bits, least_total_loss
from precisionlab.recipes.uniform import Uniform, uniform
from precisionlab.recipes.worst_loss import WorstCase, least_worst_loss

STORED = "as stored"
"""The candidate that changes nothing."""
OUTLIER_DB = 10.0
"""A tensor that stays so far below what a format reaches in the median tensor has extreme outliers."""


class Objective(Enum):
    """What is made small."""

    TOTAL = "total"
    """The sum of the weighted squared errors: what the loss of the model grows by, to second order."""
    WORST = "worst"
    """The largest relative error of a tensor, so that none pays for the others."""
    UNIFORM = "uniform"
    """Nothing is ranked: one format for all, but where it fails."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a recipe must keep: exactly one is given."""

    bits: int | None = None
    """Of all quantized tensors together."""
    sqnr_db: float | None = None
    """Of all quantized tensors together, weighted where they are ranked."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A choice with what it is compared with."""

    objective: Objective
    units: tuple[Unit, ...]
    allocation: Allocation
    uniform: Uniform | None
    """The best common format for as many bits; None where none fits."""
    worst: WorstCase | None = None
    """The game, where the worst tensor counts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A tensor, or several that share one format, with all that candidates are made of."""

    losses: tuple[TensorLosses, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the tensors."""
        return tuple(one.info.name for one in self.losses)

    @property
    def stored_bits(self) -> int:
        """Bits as stored."""
        return sum(8 * one.info.n_bytes for one in self.losses)

    def common(self) -> list[str]:
        """The targets that all its tensors were measured in."""
        return [name for name in self.losses[0].targets if all(name in one.targets for one in self.losses)]


def planned(
    losses: Sequence[TensorLosses], groups: Iterable[Collection[str]], limit: Limit, objective: Objective
) -> Plan:
    """The choice for tensors of which those in one group share a format.

    Raises:
        BudgetError: no choice keeps the limit; the smallest possible is told.
        UsageError: there is nothing to quantize, or the objective needs a sensitivity that a tensor lacks.
    """
    if not losses:
        raise UsageError("", "there is no tensor to quantize", "see --keep, and precisionlab list formats")
    if objective is Objective.TOTAL:
        require_weights(losses)
    rows = rows_of(losses, groups)
    units = tuple(unit_of(row, objective, medians(losses)) for row in rows)
    if limit.sqnr_db is not None:
        return by_loss(units, rows, limit.sqnr_db, objective)
    budget = limit.bits or 0
    common = common_choice(units, budget)
    if objective is Objective.WORST:
        game = least_worst_loss(units, budget)
        return Plan(objective, units, game.allocation, common, game)
    if objective is Objective.TOTAL:
        return Plan(objective, units, least_total_loss(units, budget), common)
    if common is None:
        raise BudgetError(budget, smallest(units).bits, "one format for all")
    return Plan(objective, units, common.allocation, common)


def by_loss(units: tuple[Unit, ...], rows: Sequence[Row], sqnr_db: float, objective: Objective) -> Plan:
    """The choice of fewest bits that reaches an SQNR over all tensors together.

    Raises:
        UsageError: none does.
    """
    if objective is Objective.WORST:
        raise UsageError("--objective", "worst goes with a budget of bits", "name --bits or --size")
    energy = sum(
        (one.energy if objective is Objective.UNIFORM else one.weighted_energy or 0.0)
        for row in rows
        for one in row.losses
    )
    most = energy * 10 ** (-sqnr_db / 10)
    if objective is Objective.TOTAL:
        found = least_bits(units, most)
        return Plan(objective, units, found.allocation, common_choice(units, found.allocation.bits))
    common = narrowest_common(units, most)
    if common is None:
        raise UsageError(f"{sqnr_db:g} dB", "no format on offer loses so little for all tensors", "offer wider formats")
    return Plan(objective, units, common.allocation, common)


def narrowest_common(units: tuple[Unit, ...], most: float) -> Uniform | None:
    """The common format of fewest bits whose loss is at most so much."""
    budget = sum(max(candidate.bits for candidate in unit.candidates) for unit in units)
    best: Uniform | None = None
    while True:
        found = common_choice(units, budget)
        if found is None:
            return best
        if found.allocation.loss <= most:
            best = found
        budget = found.allocation.bits - 1


def common_choice(units: Sequence[Unit], budget: int) -> Uniform | None:
    """The best common format within a budget, that of leaving all as stored not counted; None where none fits."""
    offered = [without_stored(unit) for unit in units]
    try:
        return uniform(offered, budget)
    except BudgetError:
        return None


def without_stored(unit: Unit) -> Unit:
    """A unit that stays as stored only where nothing else can be had."""
    others = tuple(candidate for candidate in unit.candidates if candidate.format != STORED)
    has_other = any(candidate.loss < math.inf for candidate in others)
    return Unit(unit.names, others) if has_other else unit


def require_weights(losses: Iterable[TensorLosses]) -> None:
    """See that each tensor has a sensitivity.

    Raises:
        UsageError: some have none.
    """
    lacking = [one.info.name for one in losses if one.weighted_energy is None]
    if lacking:
        first = printable(lacking[0], 80)
        problem = f"has nothing for {len(lacking):,} of the tensors, {first} among them"
        raise UsageError("--sensitivity", problem, "measure it on this model, or keep them with --keep")


def rows_of(losses: Sequence[TensorLosses], groups: Iterable[Collection[str]]) -> list[Row]:
    """The tensors in order, those of a group together where the first stands."""
    group_of = {name: tuple(group) for group in groups for name in group}
    rows: dict[object, list[TensorLosses]] = {}
    for one in losses:
        rows.setdefault(group_of.get(one.info.name, one.info.name), []).append(one)
    return [Row(tuple(members)) for members in rows.values()]


def medians(losses: Sequence[TensorLosses]) -> Mapping[str, float]:
    """The median SQNR of each target over all tensors that have one."""
    by_name: dict[str, list[float]] = {}
    for one in losses:
        for name, loss in one.targets.items():
            if not math.isnan(loss.sqnr_db):
                by_name.setdefault(name, []).append(loss.sqnr_db)
    return {name: statistics.median(values) for name, values in by_name.items()}


def unit_of(row: Row, objective: Objective, usual: Mapping[str, float]) -> Unit:
    """The candidates of a row: each target that all its tensors have, and leaving them as stored."""
    candidates = [candidate_of(row, name, objective, usual) for name in row.common()]
    return Unit(row.names, (*candidates, Candidate(STORED, row.stored_bits, 0.0)))


def candidate_of(row: Row, name: str, objective: Objective, usual: Mapping[str, float]) -> Candidate:
    """One target for a row."""
    parts = [one.targets[name] for one in row.losses]
    bits = sum(part.bits for part in parts)
    if any(failure_in(part, usual) for part in parts):
        return Candidate(name, bits, math.inf)
    match objective:
        case Objective.TOTAL:
            return Candidate(name, bits, math.fsum(part.weighted_error or 0.0 for part in parts))
        case Objective.UNIFORM:
            return Candidate(name, bits, math.fsum(part.squared_error for part in parts))
        case Objective.WORST:
            ratios = [
                part.squared_error / one.energy if one.energy else 0.0
                for part, one in zip(parts, row.losses, strict=True)
            ]
            return Candidate(name, bits, math.sqrt(max(ratios)))


def failure_in(loss: TargetLoss, usual: Mapping[str, float]) -> str:
    """Why a target is out of the question: a hard failure, or an SQNR far below what it reaches elsewhere."""
    if loss.failure:
        return loss.failure
    median = usual.get(loss.target.name, loss.sqnr_db)
    if loss.sqnr_db < median - OUTLIER_DB:
        return f"extreme outliers: {loss.sqnr_db:.1f} dB, where the median tensor reaches {median:.1f}"
    return ""
