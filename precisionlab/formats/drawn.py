"""Elements that are drawn between two neighbours, in what they come to on average; on any device."""

from dataclasses import dataclass

import torch
from torch import Tensor

from precisionlab.formats.nearest import Levels
from precisionlab.formats.neighbours import Neighbour


@dataclass(frozen=True, slots=True)
class Drawn:
    """Of each number, in units of the elements."""

    mean: Tensor
    """What it becomes on average: itself, but beyond the ends, where the ends stand."""
    variance: Tensor
    reach: Tensor
    """The largest distance from it of what can be drawn."""
    zero_probability: Tensor
    """That it becomes the element which stands for 0."""


def drawn_between(numbers: Tensor, levels: Levels, neighbour: Neighbour, zero: float | Tensor = 0.0) -> Drawn:
    """What float64 numbers become by stochastic rounding or under subtractive dither: see `Neighbour`.

    Args:
        numbers: over their scale.
        levels: those of the format.
        neighbour: how one is drawn.
        zero: the element that stands for 0.
    """
    table = torch.from_numpy(levels.numbers).to(numbers.device)
    last = len(table) - 1
    place = torch.bucketize(numbers, table, right=True) - 1
    is_between = (place >= 0) & (place < last)
    under = table[place.clamp(0, last)]
    over = torch.where(is_between, table[(place + 1).clamp(0, last)], under)
    step = over - under
    below, above = numbers - under, over - numbers
    if neighbour is Neighbour.DITHERED:
        variance, reach = step * step / 12, step / 2
    else:
        variance, reach = below * above, torch.where(below > 0, torch.maximum(below, above), 0.0)
    safe = torch.where(is_between, step, 1.0)
    to_zero = torch.where(under == zero, above / safe, torch.where(over == zero, below / safe, 0.0))
    return Drawn(
        torch.where(is_between, numbers, under),
        torch.where(is_between, variance, 0.0),
        torch.where(is_between, reach, (under - numbers).abs()),
        torch.where(is_between, to_zero, (under == zero).double()),
    )
