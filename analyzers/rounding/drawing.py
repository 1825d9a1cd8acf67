"""The figures of the `rounding` analyzer."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from analyzers.rounding.errors import Estimate, bits_of
from analyzers.rounding.measuring import Figures, Growth, Outcome
from analyzers.rounding.options import Options
from analyzers.rounding.sampling import Kind
from precisionlab.analysis.figures import MOST_LINES, Axis, Cell, Column, Figure, Lines, Series, Table

WORDS = {
    Kind.NORMAL: "normal",
    Kind.UNIFORM: "uniform",
    Kind.ONE_SIGN: "one sign",
    Kind.CALIBRATION: "calibration",
}
ERROR_COLUMNS = (
    Column("accumulator"),
    Column("inputs"),
    Column("bits right"),
    Column("relative error"),
    Column("±"),
    Column("bias"),
    Column("±"),
    Column("overflow", "share"),
    Column("absorbed", "share"),
)
BOUND_COLUMNS = (
    Column("accumulator"),
    Column("largest"),
    Column("rms"),
    Column("±"),
    Column("probable bound"),
    Column("times"),
    Column("worst case"),
    Column("times"),
)
CONDITION_COLUMNS = (Column("inputs"), Column("median"), Column("99 %"))


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Errors, bounds, condition numbers, and the growth of errors with the number of terms."""
    yield Table("Errors of outputs", ERROR_COLUMNS, tuple(map(error_row, figures.outcomes)))
    title = f"Backward errors over {figures.n_terms:,} terms beside their bounds, normal inputs"
    yield Table(title, BOUND_COLUMNS, tuple(bound_row(figures, one) for one in figures.growths))
    conditions = tuple((WORDS[one.kind], one.median, one.p99) for one in figures.conditions)
    yield Table("Condition numbers of the dot products", CONDITION_COLUMNS, conditions)
    if figures.growths and len(figures.growths[0].terms) > 1:
        yield all_growths(figures)
        yield from (one_growth(growth, options) for growth in figures.growths)


def error_row(one: Outcome) -> tuple[Cell, ...]:
    """An accumulator on one kind of inputs under `ERROR_COLUMNS`."""
    errors = one.errors
    return (
        one.accumulator.name,
        WORDS[one.kind],
        bits_of(errors.forward.value),
        *in_two(errors.forward),
        *in_two(errors.bias),
        errors.overflows,
        "" if math.isnan(one.absorbed) else one.absorbed,
    )


def in_two(estimate: Estimate) -> tuple[float, float]:
    """A figure and half of its 95 % interval."""
    return estimate.value, estimate.half_width


def bound_row(figures: Figures, growth: Growth) -> tuple[Cell, ...]:
    """An accumulator under `BOUND_COLUMNS`."""
    normal = next(one for one in figures.of(growth.accumulator.name) if one.kind is Kind.NORMAL)
    largest = growth.largest[-1]
    return (
        growth.accumulator.name,
        largest,
        *in_two(normal.errors.backward),
        *beside(growth.probable[-1], largest),
        *beside(growth.worst[-1], largest),
    )


def beside(bound: float, seen: float) -> tuple[Cell, Cell]:
    """A bound, and how many times what was seen it is; where there is none, that."""
    if math.isinf(bound):
        return "none", ""
    return bound, bound / seen if seen > 0 else ""


def apart(ends: Mapping[str, float]) -> list[str]:
    """The names whose lines a chart can tell apart, in their order: of too many, one of the nearest two goes, again and again.

    Args:
        ends: where each line ends.
    """
    kept = sorted(ends, key=lambda name: (math.isnan(ends[name]), ends[name]))
    while len(kept) > MOST_LINES:
        gaps = [gap(ends[one], ends[next_]) for one, next_ in pairwise(kept)]
        del kept[gaps.index(min(gaps)) + 1]
    return [name for name in ends if name in kept]


def gap(one: float, other: float) -> float:
    """How far two ends lie apart; nothing where both are infinite, or one is NaN."""
    return 0.0 if one == other or math.isnan(one) or math.isnan(other) else abs(one - other)


def all_growths(figures: Figures) -> Lines:
    """The root mean squares of accumulators."""
    ends = {one.accumulator.name: math.log(one.rms[-1]) if one.rms[-1] > 0 else -math.inf for one in figures.growths}
    chosen = apart(ends)
    series = tuple(
        Series(one.accumulator.name, floats(one.terms), one.rms)
        for one in figures.growths
        if one.accumulator.name in chosen
    )
    return Lines("Backward error against terms", terms_axis(), error_axis("root mean square"), series)


def one_growth(growth: Growth, options: Options) -> Lines:
    """The largest error of one accumulator, and both bounds; those that say nothing are not drawn."""
    bounds = (
        (f"bound, but for {options.failure:g} of the outputs", growth.probable),
        ("bound, always", growth.worst),
    )
    xs = floats(growth.terms)
    drawn = tuple(Series(label, xs, ys) for label, ys in bounds if any(map(math.isfinite, ys)))
    seen = (Series("largest seen", xs, growth.largest), Series("root mean square", xs, growth.rms))
    return Lines(
        f"{growth.accumulator.name}: errors and bounds", terms_axis(), error_axis("backward error"), (*seen, *drawn)
    )


def floats(numbers: tuple[int, ...]) -> tuple[float, ...]:
    """The same numbers as places on an axis."""
    return tuple(map(float, numbers))


def terms_axis() -> Axis:
    """The horizontal axis."""
    return Axis("terms", logarithmic=True)


def error_axis(label: str) -> Axis:
    """The vertical axis."""
    return Axis(label, logarithmic=True)
