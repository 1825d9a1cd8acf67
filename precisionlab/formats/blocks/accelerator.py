"""The blocks of a matrix in eager torch, on any device: the twins of the compiled loops in `cpu`.

Same steps in the same order, each in binary32: same results bit for bit.
"""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from precisionlab.formats.blocks.parts import ElementRounding
from precisionlab.formats.blocks.steps import MAGNITUDE, ElementPlan, Steps, Worth
from precisionlab.formats.blocks.tiling import Shape


def placed(values: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Along which row and column of the grid of blocks each row and each column of a piece lies."""
    rows = torch.arange(shape.above, shape.above + values.shape[0], device=values.device) // shape.height
    columns = torch.arange(shape.before, shape.before + values.shape[1], device=values.device) // shape.width
    return rows, columns


def reduced(values: Tensor, shape: Shape, found: Tensor, how: str) -> None:
    """Take the largest (`amax`) or smallest (`amin`) of each block into `found` [blocks down, across]."""
    rows, columns = placed(values, shape)
    across = found[rows]
    across.scatter_reduce_(1, columns.expand(values.shape), values, how)
    found.scatter_reduce_(0, rows[:, None].expand(across.shape), across, how)


def largest(values: Tensor, shape: Shape, found: Tensor) -> None:
    """Raise `found` (int32) to the largest pattern without sign in each block."""
    reduced(values.view(torch.int32) & MAGNITUDE, shape, found, "amax")


def extremes(values: Tensor, shape: Shape, low: Tensor, high: Tensor) -> None:
    """Widen `low` and `high` to the least and the greatest number in each block."""
    reduced(values, shape, low, "amin")
    reduced(values, shape, high, "amax")


def signed_largest(values: Tensor, width: int) -> Tensor:
    """The first number of largest magnitude in each block along a row; the last block may be short."""
    missing = -values.shape[1] % width
    blocks = torch.nn.functional.pad(values, (0, missing)).view(values.shape[0], -1, width)
    first = blocks.abs().argmax(dim=2, keepdim=True)
    return blocks.gather(2, first).squeeze(2) + 0.0  # blocks of zeros have a positive one


def quantized(values: Tensor, shape: Shape, steps: Steps, plan: ElementPlan) -> Tensor:
    """What the elements stand for: see `Steps`."""
    return worth_of(elements(scaled(values, shape, steps, plan), plan), shape, steps.worth)


def scaled(values: Tensor, shape: Shape, steps: Steps, plan: ElementPlan) -> Tensor:
    """The numbers that are rounded to elements."""
    rows, columns = placed(values, shape)
    before, divisor, after = (array[rows][:, columns] for array in (steps.before, steps.divisor, steps.after))
    is_shifted = steps.worth.is_shifted
    moved = values + before if is_shifted else values
    quotients = moved * divisor if plan.multiplies else moved / divisor
    quotients = quotients.round() if plan.rounds_first else quotients
    return quotients + after if is_shifted else quotients


def worth_of(numbers: Tensor, shape: Shape, worth: Worth) -> Tensor:
    """What elements of a piece stand for."""
    rows, columns = placed(numbers, shape)
    minus, unit, less = (array[rows][:, columns] for array in (worth.minus, worth.unit, worth.less))
    return (numbers - minus) * unit - less if worth.is_shifted else numbers * unit


def elements(numbers: Tensor, plan: ElementPlan) -> Tensor:
    """The elements that scaled numbers become, as binary32."""
    if plan.adds_anchors:
        return round_floats(numbers, plan)
    return ROUNDINGS[plan.rounding](numbers, plan)


def round_floats(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To the element's floats, ties to even; zero keeps its sign."""
    _, _, lowest, raise_by = (int(constant) for constant in plan.constants())
    size = scaled.abs().clamp(max=plan.high)
    anchor = ((size.view(torch.int32) & 0x7F800000).clamp(min=lowest) + raise_by).view(torch.float32)
    rounded = ((size + anchor) - anchor).copysign(scaled)
    return rounded if plan.has_negative_zero else rounded + 0.0


def round_even(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To integers, ties to even."""
    return scaled.clamp(plan.low, plan.high).round() + 0.0  # integers have no negative zero


def round_away(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To integers, ties away from zero."""
    size = scaled.abs()
    whole = size.floor()
    return torch.where(size - whole >= 0.5, whole + 1, whole).copysign(scaled).clamp(plan.low, plan.high) + 0.0


def round_toward(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To the nearest of magnitudes, ties to the lower one."""
    bounds, entries = (torch.from_numpy(table).to(scaled.device) for table in (plan.bounds, plan.entries))
    return entries[torch.bucketize(scaled.abs(), bounds)].copysign(scaled) + 0.0  # zero has no sign


def round_half_up(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To integers by a sum in binary32 that is cut."""
    return ((scaled + (0.5 - plan.low)).trunc() + plan.low).clamp(plan.low, plan.high) + 0.0


def look_up(scaled: Tensor, plan: ElementPlan) -> Tensor:
    """To the entries of a table, ties to the lower or the upper one."""
    bounds, entries = (torch.from_numpy(table).to(scaled.device) for table in (plan.bounds, plan.entries))
    return entries[torch.bucketize(scaled, bounds, right=plan.rounding is ElementRounding.UPPER)]


ROUNDINGS: Final[dict[ElementRounding, Callable[[Tensor, ElementPlan], Tensor]]] = {
    ElementRounding.NEAREST_EVEN: round_even,
    ElementRounding.EVEN_BEFORE_ZERO: round_even,
    ElementRounding.NEAREST_AWAY: round_away,
    ElementRounding.NEAREST_TOWARD: round_toward,
    ElementRounding.HALF_UP: round_half_up,
    ElementRounding.LOWER: look_up,
    ElementRounding.UPPER: look_up,
}
