"""The pictures of the quantization screen: what each tensor loses in each format, and loss against bits."""

import math
from collections.abc import Iterator

from precisionlab.analysis.figures import Axis, Heatmap, PointGroup, Scatter
from precisionlab.analysis.quantization.fronts import Point, pareto
from precisionlab.recipes.planning import Objective, Plan, energy_of, without_stored, worst_of
from precisionlab.recipes.problem import Allocation
from precisionlab.recipes.uniform import common_choices
from precisionlab.tui.quantization import Answer, Losses

TITLES = {
    Objective.TOTAL: "weighted",
    Objective.UNIFORM: "all tensors",
    Objective.WORST: "worst tensor",
}


def heatmap_of(losses: Losses) -> Heatmap:
    """The SQNR of each tensor in each format on offer; the lowest is the worst."""
    formats = losses.formats
    return Heatmap(
        "SQNR of each tensor",
        Axis("format"),
        Axis("tensor"),
        formats,
        tuple(one.info.name for one in losses.losses),
        tuple(
            tuple(one.targets[name].sqnr_db if name in one.targets else math.nan for name in formats)
            for one in losses.losses
        ),
        "dB",
        low_is_bad=True,
    )


def places_of(answer: Answer) -> Iterator[tuple[int, int]]:
    """The cells of the heat map that the recipe takes."""
    if answer.recipe is None:
        return
    rows = {one.info.name: i for i, one in enumerate(answer.losses.losses)}
    columns = {name: i for i, name in enumerate(answer.losses.formats)}
    for one in answer.recipe.assignments:
        if one.tensor in rows and one.format is not None:
            yield rows[one.tensor], columns[one.format]


def loss_against_bits(answer: Answer) -> Scatter | None:
    """Each format for all tensors, those that no other beats joined, and the recipe; None without one."""
    if answer.choice is None:
        return None
    plan, losses = answer.choice.plan, answer.choice.losses
    n_weights = sum(one.info.n_elements for one in losses)
    energy = energy_of(losses, plan.objective)
    figure = pareto("", [point(name, one, plan, energy, n_weights) for name, one in common(plan)])
    recipe = point("recipe", plan.allocation, plan, energy, n_weights)
    group = PointGroup("recipe", (recipe.bits,), (recipe.sqnr_db,), (recipe.name,), is_joined=True)  # so it is in front
    title = f"Loss against bits, {TITLES[plan.objective]}"
    return Scatter(title, figure.x, figure.y, (group, *figure.groups))


def common(plan: Plan) -> list[tuple[str, Allocation]]:
    """Each format for all tensors that can take it, as the recipe's objective sees it."""
    return common_choices([without_stored(unit).by_format for unit in plan.units])


def point(name: str, allocation: Allocation, plan: Plan, energy: float, n_weights: int) -> Point:
    """A choice by its bits a weight and its SQNR: of all tensors, or of the worst."""
    loss = worst_of(allocation) ** 2 if plan.objective is Objective.WORST else allocation.loss
    signal = 1.0 if plan.objective is Objective.WORST else energy
    sqnr_db = 10 * math.log10(signal / loss) if loss > 0 and signal > 0 else math.inf
    return Point(name, allocation.bits / max(1, n_weights), sqnr_db)
