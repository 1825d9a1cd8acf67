"""From what tensors lose to a recipe: candidates for each, the budget, and the choice."""

import math
import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from precisionlab.errors import UsageError
from precisionlab.escaping import printable
from precisionlab.recipes.losses import TargetLoss, TensorLosses
from precisionlab.recipes.problem import Allocation, BudgetError, Candidate, Unit
from precisionlab.recipes.total_loss import least_bits, least_total_loss
from precisionlab.recipes.uniform import Uniform, common_choices, uniform
from precisionlab.recipes.worst_loss import WorstCase, least_worst_loss

STORED = "as stored"
"""The candidate that changes nothing."""
OUTLIER_DB = 10.0
"""A tensor that stays so far below what a format reaches in the median tensor has extreme outliers."""

ENOUGH_DB = 40.0
"""What reaches so much has no extreme outliers, whatever others reach."""


class Objective(Enum):
    """What is made small."""

    TOTAL = "total"
    """The sum of the weighted squared errors: what the loss of the model grows by, to second order."""
    WORST = "worst"
    """The largest relative error of a tensor, so that none pays for the others."""
    UNIFORM = "uniform"
    """Nothing is ranked: one format for all, but where it fails."""


class SqnrError(UsageError):
    """An SQNR that no common format reaches."""

    def __init__(self, wanted_db: float, reached_db: float, format_: str) -> None:
        self.reached_db = reached_db
        super().__init__(
            f"--min-sqnr {wanted_db:g}",
            "no format on offer reaches so much over all tensors: "
            f"the most possible is {math.floor(100 * reached_db) / 100:.2f} dB, with {format_}",
            "ask for less, or offer wider formats (--formats)",
        )


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

    @property
    def loss(self) -> float:
        """What is made small: the worst relative error, or the total."""
        return self.worst.worst if self.worst else self.allocation.loss

    @property
    def bound(self) -> float:
        """What no choice within as many bits goes below."""
        return self.worst.value if self.worst else self.allocation.bound


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
        BudgetError: no choice is within the bits; it tells the fewest possible.
        UsageError: there is nothing to choose for, no choice reaches the SQNR, or the objective needs a sensitivity
            that a tensor lacks.
    """
    if not losses:
        raise UsageError("", "there is no tensor to choose a format for")
    if objective is Objective.TOTAL:
        require_weights(losses)
    rows = rows_of(losses, groups)
    usual = medians(losses) if objective is Objective.UNIFORM else {}
    units = tuple(unit_of(row, objective, usual) for row in rows)
    if limit.sqnr_db is not None:
        return by_loss(units, losses, limit.sqnr_db, objective)
    budget = limit.bits or 0
    match objective:
        case Objective.WORST:
            game = least_worst_loss(units, budget)
            return Plan(objective, units, game.allocation, least_worst_common(units, budget), game)
        case Objective.TOTAL:
            return Plan(objective, units, least_total_loss(units, budget), common_choice(units, budget))
        case Objective.UNIFORM:
            common = uniform([without_stored(unit) for unit in units], budget)
            return Plan(objective, units, common.allocation, common)


def planned_alike(
    losses: Sequence[TensorLosses], groups: Sequence[Collection[str]], limit: Limit, objective: Objective
) -> Plan:
    """The same where all that is quantized has one format, and the rest stays: the best over the formats.

    Raises:
        BudgetError, UsageError: as for `planned`.
    """
    plans: list[Plan] = []
    problems: list[BudgetError | SqnrError] = []
    for name in dict.fromkeys(name for one in losses for name in one.targets):
        try:
            plans.append(planned([only(one, name) for one in losses], groups, limit, objective))
        except (BudgetError, SqnrError) as error:
            problems.append(error)
    if not plans and problems:
        raise min(problems, key=shortfall)
    if not plans:
        return planned(losses, groups, limit, objective)
    by_bits = limit.sqnr_db is not None
    best = min(
        plans, key=lambda plan: (plan.allocation.bits, plan.loss) if by_bits else (plan.loss, plan.allocation.bits)
    )
    bound = min(plan.allocation.bound for plan in plans)
    return best if by_bits else replace(best, allocation=replace(best.allocation, bound=bound))


def only(losses: TensorLosses, name: str) -> TensorLosses:
    """The losses in one target alone."""
    return replace(losses, targets={key: loss for key, loss in losses.targets.items() if key == name})


def shortfall(error: "BudgetError | SqnrError") -> float:
    """How far a limit was missed, to be compared with others of its kind."""
    return error.smallest_bits if isinstance(error, BudgetError) else -error.reached_db


def by_loss(units: tuple[Unit, ...], losses: Sequence[TensorLosses], sqnr_db: float, objective: Objective) -> Plan:
    """The choice of fewest bits that reaches an SQNR over all tensors together.

    Raises:
        SqnrError: none does.
        UsageError: the objective is another one.
    """
    if objective is Objective.WORST:
        raise UsageError("--objective", "worst goes with a budget of bits", "name --bits or --size")
    energy = energy_of(losses, objective)
    most = energy * 10 ** (-sqnr_db / 10)
    if objective is Objective.TOTAL:
        found = least_bits(units, most)
        return Plan(objective, units, found.allocation, common_choice(units, found.allocation.bits))
    best = uniform([without_stored(unit) for unit in units], widest(units))
    if best.allocation.loss > most:
        raise SqnrError(sqnr_db, 10 * math.log10(energy / best.allocation.loss), best.format)
    common = narrowest(best, units, most)
    return Plan(objective, units, common.allocation, common)


def energy_of(losses: Iterable[TensorLosses], objective: Objective) -> float:
    """What losses are relative to: the sum of the squares, weighted as the errors are."""
    is_weighted = objective is Objective.TOTAL
    return math.fsum((one.weighted_energy or 0.0) if is_weighted else one.energy for one in losses)


def narrowest(common: Uniform, units: tuple[Unit, ...], most: float) -> Uniform:
    """The common format of fewest bits whose loss is at most so much, as that of `common` is."""
    narrower = common_choice(units, common.allocation.bits - 1)
    while narrower is not None and narrower.allocation.loss <= most:
        common, narrower = narrower, common_choice(units, narrower.allocation.bits - 1)
    return common


def widest(units: Iterable[Unit]) -> int:
    """As many bits as any choice takes."""
    return sum(max(candidate.bits for candidate in unit.candidates) for unit in units)


def common_choice(units: Sequence[Unit], budget: int) -> Uniform | None:
    """The best common format within a budget, that of leaving all as stored not counted; None where none fits."""
    offered = [without_stored(unit) for unit in units]
    try:
        return uniform(offered, budget)
    except BudgetError:
        return None


def least_worst_common(units: Sequence[Unit], budget: int) -> Uniform | None:
    """The common format within a budget whose worst loss is least; None where none fits."""
    offers = [without_stored(unit).by_format for unit in units]
    fitting = [(name, choice) for name, choice in common_choices(offers) if choice.bits <= budget]
    if not fitting:
        return None
    name, best = min(fitting, key=lambda pair: (worst_of(pair[1]), pair[1].bits))
    return Uniform(name, best, ())


def worst_of(allocation: Allocation) -> float:
    """The largest loss of a unit."""
    return max(candidate.loss for candidate in allocation.chosen)


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
    refuse_unranked([one.info.name for one in losses if one.weighted_energy is None])


def refuse_unranked(lacking: Sequence[str]) -> None:
    """See that no tensor lacks a sensitivity.

    Raises:
        UsageError: these do.
    """
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
    """The candidates of a row: each target that all its tensors have, and leaving them as stored.

    `usual` has the SQNR that a target usually reaches, where tensors far below it are to be left out.
    """
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
    if loss.sqnr_db < min(median - OUTLIER_DB, ENOUGH_DB):
        return f"extreme outliers: {loss.sqnr_db:.1f} dB, where the median tensor reaches {median:.1f}"
    return ""
