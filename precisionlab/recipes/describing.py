"""A recipe in words and numbers for people: what it takes and loses, and how many tensors get which format."""

from collections.abc import Iterator, Sequence
from math import log10, prod, sqrt

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.escaping import printable
from precisionlab.recipes.assembling import SHARES
from precisionlab.recipes.planning import Objective, Plan, worst_of
from precisionlab.recipes.problem import Allocation
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.uniform import Uniform
from precisionlab.reports.quantities import byte_size, counted, short_count, significant

AS_STORED = "as stored"


def facts(recipe: Recipe, plan: Plan, energy: float) -> Iterator[tuple[str, str]]:
    """What it takes and loses, by label. `energy` is what the loss is relative to: the sum of all squares, weighted as it is."""
    n_weights = sum(prod(one.shape) for one in chosen_among(recipe, plan))
    yield "objective", recipe.objective
    yield "size", f"{bytes_of(recipe.bits or 0)} of {bytes_of(stored_bits(recipe))} as stored"
    yield "bits", f"{width_of(plan.allocation, n_weights)} a weight over {short_count(n_weights)} weights to choose for"
    yield from loss_rows(plan, energy, n_weights)


def chosen_among(recipe: Recipe, plan: Plan) -> list[Assignment]:
    """The tensors that the choice was about."""
    names = {name for unit in plan.units for name in unit.names}
    return [one for one in recipe.assignments if one.tensor in names]


def stored_bits(recipe: Recipe) -> int:
    """Bits of the tensors as stored; what shares storage is counted once."""
    return sum(DTYPE_BITS[one.stored_dtype] * prod(one.shape) for one in recipe.assignments if not is_shared(one))


def is_shared(one: Assignment) -> bool:
    """Whether another tensor owns the storage."""
    return one.reason.startswith(SHARES)


def bytes_of(bits: int) -> str:
    """Bits as an amount of bytes."""
    return byte_size(-(-bits // 8))


def width_of(allocation: Allocation, n_weights: int) -> str:
    """Bits a weight of a choice."""
    return significant(allocation.bits / max(1, n_weights))


def loss_rows(plan: Plan, energy: float, n_weights: int) -> Iterator[tuple[str, str]]:
    """The loss, how near it is to the best, and what the common format within as many bits loses."""
    match plan.objective:
        case Objective.UNIFORM:
            yield "loss", relative(plan.loss, energy)
        case Objective.TOTAL:
            yield from total_rows(plan, energy, n_weights)
        case Objective.WORST:
            yield from worst_rows(plan, n_weights)


def total_rows(plan: Plan, energy: float, n_weights: int) -> Iterator[tuple[str, str]]:
    """The same where the sum of the weighted squared errors counts."""
    gap = percent(plan.allocation.relative_gap)
    yield "loss", f"{relative(plan.loss, energy)}, weighted by the sensitivity"
    yield (
        "bound",
        f"{relative(plan.bound, energy)}: no choice of as many bits loses less (gap {gap} of the squared error)",
    )
    common = plan.uniform
    if common is None:
        yield "uniform", "no one format fits into so many bits"
        return
    ratio = f": {significant(common.allocation.loss / plan.loss, 3)} times the squared error" if plan.loss else ""
    yield "uniform", f"{relative(common.allocation.loss, energy)} {with_format(common, n_weights)}{ratio}"


def worst_rows(plan: Plan, n_weights: int) -> Iterator[tuple[str, str]]:
    """The same where the worst tensor counts."""
    yield (
        "loss",
        f"{percent(plan.loss)} relative error of the worst tensor: no choice of as many bits has a smaller one",
    )
    if plan.worst is not None:
        solved = f"the game solved to {plan.worst.gap:.1e}"
        yield "bound", f"{percent(plan.bound)}: if formats could be mixed within a tensor ({solved})"
    if plan.uniform is None:
        yield "uniform", "no one format fits into so many bits"
    else:
        yield "uniform", f"{percent(worst_of(plan.uniform.allocation))} {with_format(plan.uniform, n_weights)}"


def with_format(common: Uniform, n_weights: int) -> str:
    """Which common format, and what it takes."""
    exempt = f" (but for {counted(len(common.exemptions), 'exception')})" if common.exemptions else ""
    return f"with {common.format}{exempt} at {width_of(common.allocation, n_weights)} bits a weight"


def relative(loss: float, energy: float) -> str:
    """A sum of squared errors as a relative error, and in decibels."""
    if not energy > 0:
        return significant(loss)
    if not loss:
        return "no error"
    return f"{percent(sqrt(loss / energy))} relative error ({10 * log10(energy / loss):.2f} dB)"


def percent(share: float) -> str:
    """A share to four digits."""
    return f"{significant(100 * share)} %"


def format_rows(recipe: Recipe) -> list[tuple[str, str, str, str]]:
    """Tensors, weights and bytes of each format, the one of most weights first."""
    groups: dict[str, list[Assignment]] = {}
    for one in recipe.assignments:
        if not is_shared(one):
            groups.setdefault(one.format or AS_STORED, []).append(one)
    ranked = sorted(groups.items(), key=lambda item: -sum(prod(one.shape) for one in item[1]))
    rows = [
        (
            name,
            f"{len(members):,}",
            short_count(sum(prod(one.shape) for one in members)),
            bytes_of(sum(one.bits for one in members)),
        )
        for name, members in ranked
    ]
    return [("format", "tensors", "weights", "size"), *rows]


def usual_format(among: Sequence[Assignment]) -> str | None:
    """The format of most weights."""
    weights: dict[str | None, int] = {}
    for one in among:
        weights[one.format] = weights.get(one.format, 0) + prod(one.shape)
    return max(weights, key=lambda name: weights[name])


def why(one: Assignment, recipe: Recipe) -> str:
    """The reason in brackets, unless it is the objective."""
    return "" if one.reason == recipe.objective else f" ({printable(one.reason)})"
