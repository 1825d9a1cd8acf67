"""Ways to merge tensors, every operation rounded to a format; and the exact result beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from analyzers.merge.recipes import Merge, Recipe, Way
from precisionlab.analysis.cast_losses import Floats
from precisionlab.formats import FloatFormat, formats, round_to

Rounded = Callable[[Floats], Floats]
"""Numbers to those of a format, in float64; what is beyond its ends is infinite, or NaN where it has no infinity."""
Arrays = Sequence[Floats]
"""The same numbers of the base and of every other checkpoint, the base first."""


@dataclass(frozen=True, slots=True)
class Kitchen:
    """The formats that merges are computed in, and the factor of task vectors."""

    format: FloatFormat
    scaling: float

    @property
    def wider(self) -> FloatFormat:
        """The type in which tools accumulate: float32, and float64 for float32 itself."""
        found = formats.element("float32" if self.format.precision < 24 else "float64")
        if not isinstance(found, FloatFormat):
            raise TypeError(found)
        return found

    def cast(self, arrays: Arrays) -> Arrays:
        """The numbers of all checkpoints in the format."""
        return [rounded(one, self.format) for one in arrays]

    def merged(self, recipe: Recipe, inputs: Arrays) -> Floats:
        """The numbers that a way ends with, from those that were cast."""
        to_format = partial(rounded, format_=self.format)
        to_wider = partial(rounded, format_=self.wider)
        match recipe.merge, recipe.way:
            case Merge.AVERAGE, Way.RUNNING:
                return running_mean(inputs, to_format)
            case Merge.AVERAGE, Way.WEIGHTED:
                return weighted_mean(inputs, to_format)
            case Merge.AVERAGE, _:
                return to_format(running_mean(inputs, to_wider))
            case _, Way.RUNNING:
                return with_tasks(inputs, self.scaling, to_format)
            case _:
                return to_format(with_tasks(inputs, self.scaling, to_wider))

    def exact(self, merge: Merge, arrays: Arrays) -> Floats:
        """The result of the stored numbers in float64, which holds sums of narrower ones mostly without error."""
        base, *others = arrays
        with np.errstate(over="ignore", invalid="ignore"):
            if merge is Merge.AVERAGE:
                return np.asarray(sum(others, base) / len(arrays))
            tasks = sum((one - base for one in others), np.zeros_like(base))
            return np.asarray(base + self.scaling * tasks)


def rounded(values: Floats, format_: FloatFormat) -> Floats:
    """The nearest numbers of a format, ties to even."""
    return round_to(values, format_)


def running_mean(inputs: Arrays, to: Rounded) -> Floats:
    """Added one after the other, and divided by how many there are."""
    total = inputs[0]
    with np.errstate(over="ignore", invalid="ignore"):
        for one in inputs[1:]:
            total = to(total + one)
        return to(total / len(inputs))


def weighted_mean(inputs: Arrays, to: Rounded) -> Floats:
    """Each times one over how many there are, rounded, added one after the other."""
    weight = to(np.array([1 / len(inputs)]))
    total = to(weight * inputs[0])
    with np.errstate(over="ignore", invalid="ignore"):
        for one in inputs[1:]:
            total = to(total + to(weight * one))
    return total


def with_tasks(inputs: Arrays, scaling: float, to: Rounded) -> Floats:
    """The base, to which each scaled difference from it is added."""
    base, *others = inputs
    factor, total = to(np.array([scaling])), base
    with np.errstate(over="ignore", invalid="ignore"):
        for one in others:
            total = to(total + to(factor * to(one - base)))
    return total
