"""What merging whole checkpoints in the stored precision costs."""

import math
from collections.abc import Iterator, Mapping, Sequence

from analyzers.merge.options import Options
from analyzers.merge.recipes import AVERAGED, RECIPES, WORDS, Recipe
from precisionlab.analysis.analyzers import Answer
from precisionlab.analysis.figures import Cell, Column, Figure, Table
from precisionlab.analysis.results import Measurement, Result, Scalar, metric
from precisionlab.escaping import printable

Values = Mapping[str, Scalar]


def summarize(answers: Sequence[Answer], options: Options) -> Result:
    """The error of each way over all tensors, and the tensors that lose most of what a merge changes."""
    counted = [one for one in answers if one.counts]
    values = [one.result.values for one in counted]
    measured = [Measurement(metric("tensors", "tensors"), len(counted))]
    if not counted:
        return Result("merge", None, measurements=tuple(measured))
    for recipe in RECIPES:
        measured += totals(values, recipe)
    return Result("merge", None, measurements=tuple(measured), figures=tuple(draw(counted, measured, options)))


def totals(values: Sequence[Values], recipe: Recipe) -> Iterator[Measurement]:
    """One way over all tensors."""
    labels, merge, key = recipe.labels, recipe.merge.value, key_of(recipe)
    error = norm_of(one[f"relative_error{key}"] * one[f"merged_norm[merge={merge}]"] for one in map(numbers, values))
    merged, update = (
        norm_of(one[f"{name}[merge={merge}]"] for one in map(numbers, values))
        for name in ("merged_norm", "update_norm")
    )
    n = sum(int(one[f"numbers[merge={merge}]"]) for one in values)
    n_wrong = sum(int(one[f"wrong{key}"]) for one in values)
    yield Measurement(metric("relative_error", "1", **labels), error / merged if merged else 0.0)
    if update:
        yield Measurement(metric("error_over_update", "1", **labels), error / update)
    yield Measurement(metric("wrong", "numbers", **labels), n_wrong)
    yield Measurement(metric("wrong_share", "share", **labels), n_wrong / max(1, n))
    yield Measurement(metric("overflows", "numbers", **labels), sum(int(one[f"overflows{key}"]) for one in values))


def key_of(recipe: Recipe) -> str:
    """What its measurements' keys end with."""
    return f"[merge={recipe.merge.value},way={recipe.way.value}]"


def numbers(values: Values) -> dict[str, float]:
    """The measurements as numbers."""
    return {key: float(value) for key, value in values.items()}


def norm_of(sizes: Iterator[float]) -> float:
    """The root of the sum of squares; of 0 times infinity, as of an error of zeros, nothing."""
    return math.hypot(*(one for one in sizes if not math.isnan(one)))


def draw(counted: Sequence[Answer], measured: Sequence[Measurement], options: Options) -> Iterator[Figure]:
    """All ways, and the tensors that lose most."""
    known = {one.metric.key: one.value for one in measured}
    columns = (
        Column("way"),
        Column("relative error"),
        Column("over the update"),
        Column("not the nearest", "share"),
        Column("overflows"),
    )
    names = ("relative_error", "error_over_update", "wrong_share", "overflows")
    rows = tuple(
        (words, *(known.get(f"{name}{key_of(recipe)}", math.nan) for name in names)) for recipe, words in WORDS.items()
    )
    yield Table("Merging all tensors in the stored precision", columns, rows)
    worst = worst_table(counted, options)
    if worst.rows:
        yield worst


def worst_table(counted: Sequence[Answer], options: Options) -> Table:
    """The tensors of which a running average loses most of what it changes, or most at all."""
    keys = tuple(f"{name}{key_of(AVERAGED)}" for name in ("error_over_update", "relative_error", "error_over_rounding"))
    columns = (
        Column("tensor"),
        Column("type"),
        Column("error over the update"),
        Column("relative error"),
        Column("times rounding once"),
    )
    rows: list[tuple[Cell, ...]] = []
    losing = (one for one in counted if one.result.values[keys[1]])
    for one in sorted(losing, key=lambda one: tuple(-float(one.result.values.get(key, 0.0)) for key in keys)):
        cells = (one.result.values.get(key, math.nan) for key in keys)
        rows.append((printable(one.tensor.info.name), one.tensor.info.dtype, *cells))
    return Table("Running averages that lose most of what they change", columns, tuple(rows[: options.named]))
