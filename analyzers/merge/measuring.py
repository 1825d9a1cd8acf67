"""The figures of the `merge` analyzer for one tensor."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyzers.merge.errors import Errors, Yardstick, ratio_of_roots
from analyzers.merge.options import Options
from analyzers.merge.recipes import RECIPES, Merge, Recipe, Way
from analyzers.merge.ways import Kitchen
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.results import Measurement, metric
from precisionlab.analysis.side_by_side import stretches
from precisionlab.analysis.tensors import Tensor
from precisionlab.formats import FloatFormat, formats, round_to

WIDEST = 53
"""Significant bits of float64, which is the yardstick."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to one merge, over the numbers that were looked at."""

    recipe: Recipe
    yardstick: Yardstick
    errors: Errors

    @property
    def relative_error(self) -> float:
        """Norm of the error over that of the exact result."""
        return ratio_of_roots(self.errors.squares, self.yardstick.squares)

    @property
    def over_rounding(self) -> float:
        """Over the norm that errors of rounding once have on average."""
        return ratio_of_roots(self.errors.squares, self.yardstick.expected)

    @property
    def over_update(self) -> float | None:
        """Over the norm of what the merge changes in the base; None where that is nothing."""
        return ratio_of_roots(self.errors.squares, self.yardstick.updates) if self.yardstick.updates else None

    @property
    def bias(self) -> float:
        """Mean error away from zero over the mean magnitude; 0 of zeros."""
        return self.errors.signed / self.yardstick.magnitudes if self.yardstick.magnitudes else 0.0

    @property
    def wrong_share(self) -> float:
        """Numbers that are not the correctly rounded ones."""
        return self.errors.n_wrong / max(1, self.yardstick.n)

    @property
    def mean_ulps(self) -> float:
        """Mean error in units in the last place."""
        return self.errors.ulps / max(1, self.yardstick.n)


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the measurements, findings and figures of one tensor are made of."""

    n_checkpoints: int
    precision: str
    n_left_out: int
    """Numbers that are not finite in all checkpoints."""
    yardsticks: Mapping[Merge, Yardstick]
    outcomes: tuple[Outcome, ...]
    """In the order of the recipes."""


def precision_of(tensor: Tensor, options: Options) -> FloatFormat | None:
    """The format that checkpoints are merged in; None where it is no float."""
    stored = LAYOUTS[tensor.info.dtype].format
    found = stored if options.precision == "stored" else formats.element(options.precision)
    return found if isinstance(found, FloatFormat) else None


def measure(tensors: Sequence[Tensor], format_: FloatFormat, options: Options) -> Figures:
    """Everything there is to know of merging some tensors of one shape, the base first, in a format."""
    kitchen = Kitchen(format_, options.scaling)
    yardsticks = {merge: Yardstick(format_) for merge in Merge}
    errors = {recipe: Errors() for recipe in RECIPES}
    n_left_out = 0
    has_one_type = len({tensor.info.dtype for tensor in tensors}) == 1
    for found in stretches(tensors):
        is_finite = np.logical_and.reduce([np.isfinite(one) for one in found])
        n_left_out += len(is_finite) - int(np.count_nonzero(is_finite))
        arrays = found if is_finite.all() else tuple(one[is_finite] for one in found)
        inputs = kitchen.cast(arrays)
        compared = arrays if has_one_type else inputs
        is_apart = np.logical_or.reduce([one != compared[0] for one in compared[1:]])
        for merge, yardstick in yardsticks.items():
            exact = kitchen.exact(merge, arrays)
            truth = yardstick.truth(exact, arrays[0], round_to(exact, format_), is_apart)
            for recipe in RECIPES:
                if recipe.merge is merge:
                    errors[recipe].add(kitchen.merged(recipe, inputs), truth)
    outcomes = tuple(Outcome(recipe, yardsticks[recipe.merge], errors[recipe]) for recipe in RECIPES)
    return Figures(len(tensors), format_.name, n_left_out, yardsticks, outcomes)


def measurements(figures: Figures) -> Iterator[Measurement]:
    """The figures as named numbers."""
    yield Measurement(metric("checkpoints", "checkpoints"), figures.n_checkpoints)
    yield Measurement(metric("left_out", "numbers"), figures.n_left_out)
    for merge, one in figures.yardsticks.items():
        yield from of_yardstick(merge, one)
    for outcome in figures.outcomes:
        yield from of_outcome(outcome)


def of_yardstick(merge: Merge, one: Yardstick) -> Iterator[Measurement]:
    """What a merge is, and what rounding its result once takes."""
    label = merge.value
    yield Measurement(metric("numbers", "numbers", merge=label), one.n)
    yield Measurement(metric("beyond", "numbers", merge=label), one.n_beyond)
    yield Measurement(metric("merged_norm", "", merge=label), math.sqrt(one.squares))
    yield Measurement(metric("update_norm", "", merge=label), math.sqrt(one.updates))
    yield Measurement(metric("unavoidable_error", "1", merge=label), ratio_of_roots(one.unavoidable, one.squares))
    if one.updates:
        share = ratio_of_roots(one.unavoidable, one.updates)
        yield Measurement(metric("unavoidable_over_update", "1", merge=label), share)


def of_outcome(outcome: Outcome) -> Iterator[Measurement]:
    """What one way is off by."""
    labels = outcome.recipe.labels
    yield Measurement(metric("relative_error", "1", **labels), outcome.relative_error)
    yield Measurement(metric("error_over_rounding", "1", **labels), outcome.over_rounding)
    if outcome.over_update is not None:
        yield Measurement(metric("error_over_update", "1", **labels), outcome.over_update)
    yield Measurement(metric("bias", "1", **labels), outcome.bias)
    yield Measurement(metric("mean_error", "ulp", **labels), outcome.mean_ulps)
    yield Measurement(metric("largest_error", "ulp", **labels), outcome.errors.largest)
    yield Measurement(metric("wrong", "numbers", **labels), outcome.errors.n_wrong)
    yield Measurement(metric("wrong_share", "share", **labels), outcome.wrong_share)
    yield Measurement(metric("overflows", "numbers", **labels), outcome.errors.n_overflows)


def in_precision(figures: Figures) -> tuple[Outcome, ...]:
    """Those that are computed in the precision itself."""
    return tuple(one for one in figures.outcomes if one.recipe.way is not Way.WIDE)
