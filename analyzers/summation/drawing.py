"""The figures of the `summation` analyzer."""

from collections.abc import Iterator
from math import isfinite

from analyzers.summation.growth import Growth
from analyzers.summation.measuring import Figures, Summed
from analyzers.summation.naming import OVERFLOW, ROUNDED, WORDS, counted
from analyzers.summation.sums import Sums, digits_left, most_digits
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table
from precisionlab.summation.methods import Method, operations_of_a_term

FORMAT_COLUMNS = (
    Column("format"),
    Column("sum of"),
    Column("absorbed", "share"),
    Column("overflow", "share"),
    Column("rounding of terms"),
)


def draw(figures: Figures) -> Iterator[Figure]:
    """Right digits of each quantity, what formats do to terms, and errors against the number of terms."""
    for one in figures.summed:
        yield digits_table(one, figures.methods)
    rows = tuple(format_row(sums, one) for one in figures.summed for sums in one.sums)
    yield Table("Plain summation in each format, and what rounding the terms does", FORMAT_COLUMNS, rows)
    for one in figures.summed:
        if one.growth is not None and len(one.growth.counts) > 1:
            yield growth_lines(one, one.growth)


def digits_table(summed: Summed, methods: tuple[Method, ...]) -> Table:
    """Methods by formats; below them what rounding the terms leaves, and what formats have."""
    columns = (Column("method"), Column("operations a term"), *(Column(sums.format.name) for sums in summed.sums))
    rows = tuple(method_row(method, summed) for method in methods)
    rounded: tuple[Cell, ...] = (ROUNDED, "", *map(rounded_cell, summed.sums))
    limit: tuple[Cell, ...] = ("at most", "", *(round(most_digits(sums.format), 1) for sums in summed.sums))
    return Table(title_of(summed), columns, (*rows, rounded, limit))


def title_of(summed: Summed) -> str:
    """What was summed, and how hard it is to sum."""
    terms = counted(summed)
    if summed.n_sums == 1:
        return f"Right digits of the sum of the {terms}, condition number {summed.condition_median:.3g}"
    return (
        f"Right digits of {summed.n_sums:,} sums of {terms} (medians), condition numbers "
        f"{summed.condition_median:.3g} (median) to {summed.condition_largest:.3g}"
    )


def method_row(method: Method, summed: Summed) -> tuple[Cell, ...]:
    """A method under the columns of formats."""
    operations = operations_of_a_term(method)
    cost = "integers" if operations is None else operations
    return method.name, cost, *(method_cell(method.name, sums) for sums in summed.sums)


def method_cell(method: str, sums: Sums) -> Cell:
    """Digits of the sum in the middle."""
    return OVERFLOW if sums.overflows_mostly(method) else round(sums.median(method), 1)


def rounded_cell(sums: Sums) -> Cell:
    """Digits that rounding the terms leaves of the exact sum of the stored ones."""
    return round(digits_left(sums.rounding, sums.format), 1) if isfinite(sums.rounding) else OVERFLOW


def format_row(sums: Sums, summed: Summed) -> tuple[Cell, ...]:
    """A format under `FORMAT_COLUMNS`."""
    return sums.format.name, WORDS[summed.quantity], sums.absorbed, sums.overflows["recursive"], sums.rounding


def growth_lines(summed: Summed, growth: Growth) -> Lines:
    """Errors of every method, and the bound of the plain one."""
    xs = tuple(map(float, growth.counts))
    series = (*(Series(name, xs, errors) for name, errors in growth.errors.items()), Series("n u", xs, growth.bounds))
    return Lines(
        f"Error against terms: {WORDS[summed.quantity]} in {growth.format.name}",
        Axis("terms", logarithmic=True),
        Axis("error over the sum of magnitudes", logarithmic=True),
        series,
    )
