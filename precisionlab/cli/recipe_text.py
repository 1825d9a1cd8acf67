"""A recipe as text: what was chosen, what it loses, and what it is compared with."""

from collections.abc import Iterator

from precisionlab.cli.aligned import aligned
from precisionlab.escaping import printable
from precisionlab.recipes.describing import AS_STORED, chosen_among, facts, format_rows, usual_format, why
from precisionlab.recipes.planning import Objective, Plan
from precisionlab.recipes.recipe import Recipe
from precisionlab.reports.quantities import shown_name

SHOWN = 20
"""Exceptions that are listed; the files have all."""
UNRANKED = (
    "not ranked, for no --sensitivity was given: the weights alone do not tell which tensors matter, and bits given "
    "out by their errors did worse than the same for all (docs/calibration.md)"
)


def described(recipe: Recipe, plan: Plan, energy: float) -> Iterator[str]:
    """The lines about a recipe. `energy` is what the loss is relative to: the sum of all squares, weighted as it is."""
    yield printable(recipe.checkpoint)
    rows = [
        *facts(recipe, plan, energy),
        ("on offer", recipe.settings.get("formats", "").replace(",", ", ")),
    ]
    yield from (f"  {line}" for line in aligned(rows))
    yield ""
    yield from (f"  {line}" for line in aligned(format_rows(recipe), to_right=(1, 2, 3)))
    yield from exception_lines(recipe, plan)
    if plan.objective is Objective.UNIFORM and "sensitivity" not in recipe.settings:
        yield ""
        yield UNRANKED


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
