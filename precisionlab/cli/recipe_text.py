"""A recipe as text: what was chosen, what it loses, and what it is compared with."""

from collections.abc import Iterator, Sequence
from math import prod, sqrt

from precisionlab.checkpoints.dtypes import DTYPE_BITS
from precisionlab.cli.aligned import aligned
from precisionlab.escaping import printable
from precisionlab.recipes.assembling import SHARES
from precisionlab.recipes.planning import Objective, Plan
from precisionlab.recipes.recipe import Assignment, Recipe
from precisionlab.reports.quantities import byte_size, counted, short_count

SHOWN = 20
"""Exceptions that are listed; the files have all."""
AS_STORED = "as stored"
NO_RANKING = (
    "not ranked: no --sensitivity was given. The weights alone do not tell which tensors matter: by relative error, "
    "layers are ranked badly, and bits given out so did worse than the same for all (docs/calibration.md)."
)


def described(recipe: Recipe, plan: Plan, energy: float) -> Iterator[str]:
    """The lines about a recipe. `energy` is what the loss is relative to: the sum of all squares, weighted as it is."""
    quantized = [one for one in recipe.assignments if one.format is not None]
    n_weights = sum(prod(one.shape) for one in chosen_among(recipe, plan))
    yield printable(recipe.checkpoint)
    yield f"  objective   {recipe.objective}"
    yield f"  size        {bytes_of(recipe.bits or 0)} of {bytes_of(stored_bits(recipe))} as stored"
    yield f"  bits        {plan.allocation.bits / max(1, n_weights):.4g} a weight over {counted(len(list(plan.units)), 'choice')}"
    yield from (f"  {line}" for line in loss_lines(plan, energy))
    yield ""
    yield from (f"  {line}" for line in aligned(format_rows(recipe), to_right=(1, 2, 3)))
    yield ""
    yield from exception_lines(quantized, recipe, plan)
    if plan.objective is Objective.UNIFORM:
        yield NO_RANKING


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


def loss_lines(plan: Plan, energy: float) -> Iterator[str]:
    """The loss, how near it is to the best, and what the common format of as many bits loses."""
    if plan.worst is not None:
        game = plan.worst
        yield f"loss        {game.worst:.2%} relative error of the worst tensor"
        yield f"bound       {game.value:.2%}: what any mixture loses somewhere (game solved to {game.gap:.1e})"
        if plan.uniform is not None:
            worst = max(candidate.loss for candidate in plan.uniform.allocation.chosen)
            yield f"uniform     {worst:.2%} with {plan.uniform.format} at {bytes_of(plan.uniform.allocation.bits)}"
        return
    found = plan.allocation
    yield f"loss        {relative(found.loss, energy)}{weighted_note(plan)}"
    if plan.objective is Objective.TOTAL:
        yield f"bound       {relative(found.bound, energy)}: no choice of as many bits loses less (gap {found.relative_gap:.2%})"
        if plan.uniform is not None:
            common = plan.uniform
            ratio = common.allocation.loss / found.loss if found.loss else 1.0
            yield (
                f"uniform     {relative(common.allocation.loss, energy)} with {common.format} "
                f"at {bytes_of(common.allocation.bits)}: {ratio:.3g} times as much"
            )
        else:
            yield "uniform     no one format fits into so many bits"


def weighted_note(plan: Plan) -> str:
    """What squares are weighted with."""
    return ", squares weighted by the sensitivity" if plan.objective is Objective.TOTAL else ""


def relative(loss: float, energy: float) -> str:
    """A sum of squared errors as a relative error."""
    return f"{sqrt(loss / energy):.4%} relative error" if energy > 0 else f"{loss:.4g}"


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


def exception_lines(quantized: Sequence[Assignment], recipe: Recipe, plan: Plan) -> Iterator[str]:
    """The tensors whose format is not the most frequent one."""
    counts: dict[str, int] = {}
    for one in quantized:
        counts[one.format or ""] = counts.get(one.format or "", 0) + 1
    if not counts:
        return
    usual = max(counts, key=lambda name: counts[name])
    others = [one for one in chosen_among(recipe, plan) if one.format != usual]
    if others:
        yield f"not in {usual}:"
        yield from (
            f"  {printable(one.tensor)}: {one.format or AS_STORED} ({printable(one.reason)})" for one in others[:SHOWN]
        )
        if len(others) > SHOWN:
            yield f"  and {len(others) - SHOWN:,} more; --output recipe.json lists all"
        yield ""
