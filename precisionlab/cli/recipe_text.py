"""A recipe as text: what was chosen, what it loses, and what it is compared with."""

from collections.abc import Iterator, Sequence
from math import log10, prod, sqrt

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.cli.aligned import aligned
from precisionlab.escaping import printable
from precisionlab.recipes.assembling import SHARES
from precisionlab.recipes.planning import Objective, Plan, worst_of
from precisionlab.recipes.problem import Allocation
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.recipes.uniform import Uniform
from precisionlab.reports.quantities import byte_size, counted, short_count, shown_name, significant

SHOWN = 20
"""Exceptions that are listed; the files have all."""
AS_STORED = "as stored"
UNRANKED = (
    "not ranked, for no --sensitivity was given: the weights alone do not tell which tensors matter, and bits given "
    "out by their errors did worse than the same for all (docs/calibration.md)"
)


def described(recipe: Recipe, plan: Plan, energy: float) -> Iterator[str]:
    """The lines about a recipe. `energy` is what the loss is relative to: the sum of all squares, weighted as it is."""
    n_weights = sum(prod(one.shape) for one in chosen_among(recipe, plan))
    yield printable(recipe.checkpoint)
    rows = [
        ("objective", recipe.objective),
        ("size", f"{bytes_of(recipe.bits or 0)} of {bytes_of(stored_bits(recipe))} as stored"),
        (
            "bits",
            f"{width_of(plan.allocation, n_weights)} a weight over {short_count(n_weights)} weights to choose for",
        ),
        *loss_rows(plan, energy, n_weights),
        ("on offer", recipe.settings.get("formats", "").replace(",", ", ")),
    ]
    yield from (f"  {line}" for line in aligned(rows))
    yield ""
    yield from (f"  {line}" for line in aligned(format_rows(recipe), to_right=(1, 2, 3)))
    yield from exception_lines(recipe, plan)
    if plan.objective is Objective.UNIFORM and "sensitivity" not in recipe.settings:
        yield ""
        yield UNRANKED


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


def exception_lines(recipe: Recipe, plan: Plan) -> Iterator[str]:
    """The tensors whose format is not that of most weights, and why where that is not the objective's doing."""
    among = chosen_among(recipe, plan)
    usual = usual_format(among)
    others = [one for one in among if one.format != usual]
    if others:
        yield ""
        yield f"not in {usual or AS_STORED}:"
        yield from (
            f"  {shown_name(one.tensor)}: {one.format or AS_STORED}{why(one, recipe)}" for one in others[:SHOWN]
        )
    if len(others) > SHOWN:
        yield f"  and {len(others) - SHOWN:,} more; -o recipe.json lists all"


def usual_format(among: Sequence[Assignment]) -> str | None:
    """The format of most weights."""
    weights: dict[str | None, int] = {}
    for one in among:
        weights[one.format] = weights.get(one.format, 0) + prod(one.shape)
    return max(weights, key=lambda name: weights[name])


def why(one: Assignment, recipe: Recipe) -> str:
    """The reason in brackets, unless it is the objective."""
    return "" if one.reason == recipe.objective else f" ({printable(one.reason)})"
