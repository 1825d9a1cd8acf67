"""The figures of the `lowrank` analyzer."""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from analyzers.lowrank.curves import Curve
from analyzers.lowrank.measuring import ERRORS, SIZES, Figures
from analyzers.lowrank.options import Options
from precisionlab.analysis.comparisons import table_of_part
from precisionlab.analysis.figures import Axis, Cell, Column, Figure, Lines, Series, Table

NAMES = {
    "svd": "SVD",
    "cr": "own columns (CR)",
    "tucker": "Tucker",
    "tensor_train": "tensor train",
    "hierarchical_tucker": "hierarchical Tucker",
}
WORDS = {f"sample_error_{method}": f"{name}, error at a quarter of the numbers" for method, name in NAMES.items()}
MOST_POINTS = 60
"""Of a line."""
NEVER = "—"


def draw(figures: Figures, options: Options) -> Iterator[Figure]:
    """Loss over size of all ways on one chart, who wins at equal size, what errors take, the part beside random ones."""
    yield size_chart(figures)
    yield winners_table(figures)
    yield numbers_table(figures)
    if figures.compared:
        yield compared_table(figures, options)


def folding_words(figures: Figures) -> str:
    """How the tensor is folded, for titles."""
    if figures.folding is None or figures.left_out:
        return ""
    how = "made modes" if figures.folding.reason == "modes" else figures.folding.reason
    return f"; folded to {'x'.join(map(str, figures.folding.shape))} ({how})"


def size_chart(figures: Figures) -> Lines:
    """Relative error over bits a weight; formats are one line, through what they are."""
    series = [line(curve, figures) for curve in figures.curves]
    formats = sorted((rival.bits, rival.error) for rival in figures.rivals)
    if formats:
        series.append(Series("quantized", tuple(bits for bits, _ in formats), tuple(error for _, error in formats)))
    title = f"Loss against size{folding_words(figures)}"
    return Lines(title, Axis("bits a weight"), Axis("relative error", logarithmic=True), tuple(series))


def line(curve: Curve, figures: Figures) -> Series:
    """A curve as far as it takes no more than the stored tensor."""
    affordable = np.flatnonzero(curve.numbers <= figures.n_elements)
    chosen = (
        affordable[np.unique(np.linspace(0, len(affordable) - 1, MOST_POINTS).round().astype(int))]
        if len(affordable)
        else affordable
    )
    bits = curve.numbers[chosen] / figures.n_elements * figures.stored_bits
    return Series(NAMES[curve.method], tuple(bits.tolist()), tuple(curve.errors[chosen].tolist()))


def winners_table(figures: Figures) -> Table:
    """What loses least at some shares of the stored size."""
    columns = (
        Column("size", "share"),
        Column("bits a weight"),
        Column("best of all"),
        Column("error", "share"),
        Column("best factors"),
        Column("their error", "share"),
        Column("best format"),
        Column("its error", "share"),
    )
    rows: list[tuple[Cell, ...]] = []
    for size in SIZES:
        choice = figures.choice(size)
        rows.append(
            (
                size,
                size * figures.stored_bits,
                NAMES.get(choice.best, choice.best),
                choice.error,
                NAMES[choice.best_factors],
                choice.factors_error,
                choice.best_format or NEVER,
                choice.format_error,
            )
        )
    return Table("What loses least at equal size", columns, tuple(rows))


def numbers_table(figures: Figures) -> Table:
    """Numbers that each way takes for some errors, over those of the tensor; and what own columns are chosen."""
    columns = (Column("way"), *(Column(f"{error:.0%} error", "share") for error in ERRORS), Column("at"))
    rows = tuple(numbers_row(curve, figures) for curve in figures.curves)
    return Table(f"Numbers taken{': ' + figures.left_out if figures.left_out else ''}", columns, rows)


def numbers_row(curve: Curve, figures: Figures) -> tuple[Cell, ...]:
    """One way's."""
    found = [curve.numbers_at(error) for error in ERRORS]
    cells = [numbers / figures.n_elements if numbers is not None else NEVER for numbers in found]
    first = ", ".join(map(str, figures.columns)) if curve.method == "cr" else ""
    return tuple(chain((NAMES[curve.method],), cells, (f"columns {first}, …" if first else "",)))


def compared_table(figures: Figures, options: Options) -> Table:
    """The part's figures beside those of random matrices."""
    from precisionlab.structure.nulls import Null  # noqa: PLC0415 - torch, which is slow, and loaded by then

    part = None if figures.sampled == figures.shape else figures.sampled
    return table_of_part(figures.compared, WORDS, [Null(name) for name in options.nulls], options.draws, part)
