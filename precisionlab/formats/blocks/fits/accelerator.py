"""Scales by trial in eager torch, all blocks at once and element after element: the twins of the loops in `cpu`."""

from collections.abc import Callable

import torch
from torch import Tensor

from precisionlab.formats.blocks.accelerator import look_up, signed_largest
from precisionlab.formats.blocks.fits.trials import ROUNDS, TABLE_TRIALS, TRIALS
from precisionlab.formats.blocks.parts import NEGLIGIBLE, AffineFit
from precisionlab.formats.blocks.steps import ElementPlan

Quantizer = Callable[[Tensor], Tensor]
"""From scaled numbers to elements."""
Projection = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From 1 / scale of each block to the sums of x l and of l^2."""

TENTH = float(torch.tensor(0.1, dtype=torch.float32))


def summed(terms: Tensor) -> Tensor:
    """The sum over each block, in order."""
    total = torch.zeros_like(terms[:, 0])
    for column in terms.unbind(1):
        total = total + column
    return total


def top_of(blocks: Tensor) -> Tensor:
    """The first number of largest magnitude in each block."""
    return signed_largest(blocks, blocks.shape[1]).reshape(-1)


def clamped(scaled: Tensor, size: float) -> Tensor:
    """The nearest integers from -size to size - 1."""
    return scaled.round().clamp(-size, size - 1)


def projected(blocks: Tensor, inverse: Tensor, to_elements: Quantizer) -> tuple[Tensor, Tensor]:
    """Weighted by x^2: the sums of x l and of l^2 over the elements l that x becomes under 1 / scale."""
    elements = to_elements(inverse[:, None] * blocks)
    weights = blocks * blocks
    return summed(weights * blocks * elements), summed(weights * elements * elements)


def constant(value: float, like: Tensor) -> Tensor:
    """A number for each block, so that quotients with it are true ones."""
    return torch.full_like(like, value)


def best_of(project: Projection, first: Tensor, others: list[Tensor], top: Tensor) -> Tensor:
    """The scale that explains most, of the first and of other trials given by 1 / scale; 0 for negligible blocks."""
    products, squares = project(first)
    scale = torch.where(squares != 0, products / squares, 0.0)
    best = scale * products
    for inverse in others:
        products, squares = project(inverse)
        is_better = (squares > 0) & (products * products > best * squares)
        scale = torch.where(is_better, products / squares, scale)
        best = torch.where(is_better, scale * products, best)
    return torch.where(top.abs() < NEGLIGIBLE, 0.0, scale)


def fit_symmetric(blocks: Tensor, size: float) -> Tensor:
    """`cpu.fit_symmetric`."""
    top = top_of(blocks)

    def project(inverse: Tensor) -> tuple[Tensor, Tensor]:
        return projected(blocks, inverse, lambda scaled: clamped(scaled, size))

    trials = [trial for trial in range(-TRIALS, TRIALS + 1) if trial]
    steps = [constant(TENTH, top) * constant(float(trial), top) + constant(size, top) for trial in trials]
    return best_of(project, constant(-size, top) / top, [-step / top for step in steps], top)


def fit_table(blocks: Tensor, plan: ElementPlan) -> Tensor:
    """`cpu.fit_table`."""
    top = top_of(blocks)
    lowest = float(plan.entries[0])

    def project(inverse: Tensor) -> tuple[Tensor, Tensor]:
        return projected_by_table(blocks, inverse, lambda scaled: look_up(scaled.contiguous(), plan))

    others = [constant(trial + lowest, top) / top for trial in range(-TABLE_TRIALS, TABLE_TRIALS + 1)]
    return best_of(project, (-top / constant(lowest, top)).reciprocal(), others, top)


def projected_by_table(blocks: Tensor, inverse: Tensor, to_elements: Quantizer) -> tuple[Tensor, Tensor]:
    """`projected`, multiplied in the order of `cpu.projected_by_table`."""
    elements = to_elements(inverse[:, None] * blocks)
    weights = blocks * blocks
    return summed(weights * elements * blocks), summed(weights * elements * elements)


def fit_three_bits(blocks: Tensor, size: float) -> Tensor:
    """`cpu.fit_three_bits`."""
    top = top_of(blocks)
    inverse = constant(-size, top) / top
    elements = list(clamped(inverse[:, None] * blocks, size).unbind(1))
    products, squares = projected(blocks, inverse, lambda scaled: clamped(scaled, size))
    is_moving = torch.ones_like(top, dtype=torch.bool)
    for _ in range(ROUNDS):
        has_moved = torch.zeros_like(is_moving)
        for k, x in enumerate(blocks.unbind(1)):
            weight, element = x * x, elements[k]
            other_products = products - weight * x * element
            other_squares = squares - weight * element * element
            moved = clamped(x * other_squares / other_products, size)
            new_products = other_products + weight * x * moved
            new_squares = other_squares + weight * moved * moved
            is_better = new_products * new_products * squares > products * products * new_squares
            takes = is_moving & (other_products > 0) & (moved != element) & (new_squares > 0) & is_better
            elements[k] = torch.where(takes, moved, element)
            products, squares = torch.where(takes, new_products, products), torch.where(takes, new_squares, squares)
            has_moved |= takes
        is_moving = has_moved
    scale = torch.where(squares > 0, products / squares, 0.0)
    return torch.where(top.abs() < NEGLIGIBLE, 0.0, scale)


def fit_affine(blocks: Tensor, highest: float, fit: AffineFit) -> tuple[Tensor, Tensor]:
    """`cpu.fit_affine`."""
    weights = weighed(blocks, fit)
    low, high = blocks.amin(dim=1).clamp(max=0), blocks.amax(dim=1)
    is_flat = high == low

    def span_from(minimum: Tensor) -> Tensor:
        return torch.where(is_flat, 1.0, high - minimum)

    span = span_from(low)
    weight_sum, value_sum = summed(weights), summed(weights * blocks)
    inverse = constant(highest, span) / span
    scale, minimum = inverse.reciprocal(), low
    best = error_of(blocks, to_steps(blocks, inverse, low, highest), weights, scale, minimum, fit)
    for trial in range(fit.steps + 1):
        step = constant(TENTH, span) * constant(float(trial), span) + constant(fit.start, span)
        elements = to_steps(blocks, (step + constant(highest, span)) / span_from(minimum), minimum, highest)
        firsts, seconds = summed(weights * elements), summed(weights * elements * elements)
        products = summed(weights * elements * blocks)
        determinant = weight_sum * seconds - firsts * firsts
        this_scale = (weight_sum * products - value_sum * firsts) / determinant
        this_minimum = (seconds * value_sum - firsts * products) / determinant
        is_above = this_minimum > 0
        this_scale = torch.where(is_above, products / seconds, this_scale)
        this_minimum = torch.where(is_above, 0.0, this_minimum)
        error = error_of(blocks, elements, weights, this_scale, this_minimum, fit)
        is_better = (determinant > 0) & (error < best)
        best = torch.where(is_better, error, best)
        scale, minimum = torch.where(is_better, this_scale, scale), torch.where(is_better, this_minimum, minimum)
    return torch.where(is_flat, 0.0, scale), 0.0 - torch.where(is_flat, low, minimum)


def weighed(blocks: Tensor, fit: AffineFit) -> Tensor:
    """|x|, for squares plus the root of the mean square."""
    if fit.is_absolute:
        return blocks.abs()
    mean = summed(blocks * blocks)
    root = (mean / constant(float(blocks.shape[1]), mean)).double().sqrt().float()  # torch's own is not always nearest
    return root[:, None] + blocks.abs()


def to_steps(blocks: Tensor, inverse: Tensor, low: Tensor, highest: float) -> Tensor:
    """The elements that numbers become under a step and a minimum."""
    return (inverse[:, None] * (blocks - low[:, None])).round().clamp(0, highest)


def error_of(  # noqa: PLR0913, PLR0917 - as the compiled loop
    blocks: Tensor, elements: Tensor, weights: Tensor, scale: Tensor, minimum: Tensor, fit: AffineFit
) -> Tensor:
    """The weighted sum of errors."""
    differences = scale[:, None] * elements + minimum[:, None] - blocks
    return summed(weights * (differences.abs() if fit.is_absolute else differences * differences))
