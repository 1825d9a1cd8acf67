"""A heat map as SVG: a cell for each row and column, shaded by opacity, its number in it where there is room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.names import shortened, shortened_names
from precisionlab.reports.quantities import axis_header, count, counted, shown_name, with_unit
from precisionlab.reports.shading import Shading, extremes, first_rows, n_rows, number, shading
from precisionlab.reports.svg_frame import ROW, drawing, label, text_width

ROWS_SHOWN = 400
COLUMNS_SHOWN = 48
"""More rows and columns than these are counted."""
NAME_LIMIT = 44
"""Characters of a row's name."""
HEADER_LIMIT = 24
HEIGHT = 1_080.0
"""Of all rows together: the more there are, the flatter they are."""
LEAST_HEIGHT = 4.0
LETTERS = 12.0
"""Height that a number or a name needs."""
ROOM = 720.0
"""Width that the columns share."""
LEAST_WIDTH, SLANTED_WIDTH, MOST_WIDTH = 16.0, 44.0, 110.0
"""Of a column: where there are many, where headers are slanted, where they lie."""
FAINTEST, STRONGEST = 0.04, 0.5
"""Opacity of the best and of the worst cell, against which the number in it is still read."""
LEGEND_STEPS = 5
MAGNIFIED = 1.2
"""How many pixels a unit takes, as in the other charts on a wide page: the text is as large."""

Texts = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells stand, and what is drawn of the figure."""

    left: float
    top: float
    width: float
    """Of one cell."""
    height: float
    """Of one cell."""
    slope: float
    """Height of headers that are too long to lie over their columns; 0 where they lie."""

    def across(self, column: float) -> float:
        """The left edge of a column."""
        return round(self.left + column * self.width, 1)

    def down(self, row: float) -> float:
        """The upper edge of a row."""
        return round(self.top + row * self.height, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is drawn."""

    name: str
    short: str
    values: Sequence[float]
    texts: Sequence[str]
    """What stands in the cells."""
    told: Sequence[str]
    """What cells say under the pointer."""


def heatmap(figure: Heatmap, texts: Texts | None = None) -> Markup | None:
    """The cells under the headers of their columns, beside the names of their rows; None where there are none.

    `texts` are written in the cells, row by row, where their numbers are not what a reader wants to know.
    """
    headers = [shortened(shown_name(column), HEADER_LIMIT) for column in figure.columns[:COLUMNS_SHOWN]]
    rows = rows_shown(figure, texts)
    if not (headers and rows):
        return None
    grid = fitted(figure, headers, rows)
    below, notes = grid.down(len(rows)), [*left_out(figure)]
    width = max(grid.across(len(headers)) + max(grid.slope, 12), grid.left + words_width(figure, notes))
    height = below + (len(notes) + 2) * ROW
    shades = shading(figure)
    return drawing(
        figure.title,
        (width, height),
        described(figure),
        element("g", *header_parts(figure, headers, grid), class_="axes"),
        *(part for at, row in enumerate(rows) for part in row_parts(figure, row, at, grid, shades)),
        *legend(figure, grid, below + 8),
        *(label(note, grid.left, below + (at + 2) * ROW + 10, "start", "tick") for at, note in enumerate(notes)),
        width=round(width * MAGNIFIED),
        height=round(height * MAGNIFIED),
    )


def words_width(figure: Heatmap, notes: Sequence[str]) -> float:
    """What is written over and under the cells takes so much."""
    legend = LEGEND_STEPS * ROW + 8 + text_width(extremes(figure))
    return max(legend, text_width(shortened(axis_header(figure.x), NAME_LIMIT)), *map(text_width, notes))


def rows_shown(figure: Heatmap, texts: Texts | None) -> list[Row]:
    """The first rows, with names that fit beside them."""
    rows = first_rows(figure, ROWS_SHOWN)
    shorts = shortened_names([name for name, _ in rows], NAME_LIMIT)
    return [
        row_shown(figure, shown_name(name), short, values[:COLUMNS_SHOWN], texts[at] if texts else None)
        for at, ((name, values), short) in enumerate(zip(rows, shorts, strict=True))
    ]


def row_shown(figure: Heatmap, name: str, short: str, values: Sequence[float], texts: Sequence[str] | None) -> Row:
    """A row with what its cells say: its values, or the texts."""
    if texts is not None:
        return Row(name, short, values, texts, texts)
    numbers = [number(value, figure.unit) for value in values]
    return Row(name, short, values, numbers, [with_unit(value, figure.unit) for value in values])


def fitted(figure: Heatmap, headers: Sequence[str], rows: Sequence[Row]) -> Grid:
    """Cells as wide as their numbers and headers need, and as high as a line, where there is room for that."""
    numbers = max(text_width(text) for row in rows for text in row.texts) + 6
    header = max(map(text_width, headers))
    most = min(max(ROOM / len(headers), LEAST_WIDTH), MOST_WIDTH)
    lying = max(numbers, header + 2) <= most
    slope = 0.0 if lying else 0.72 * header + 4
    names = (shortened(axis_header(figure.y), NAME_LIMIT), *(row.short for row in rows))
    return Grid(
        left=max(map(text_width, names)) + 12,
        top=2 * ROW + slope,
        width=max(numbers, header + 2) if lying else min(max(numbers, SLANTED_WIDTH), most),
        height=max(min(ROW, HEIGHT / len(rows)), LEAST_HEIGHT),
        slope=slope,
    )


def header_parts(figure: Heatmap, headers: Sequence[str], grid: Grid) -> Iterator[Markup]:
    """What rows and columns are, and the columns' headers: slanted where they are too long to lie."""
    yield label(shortened(axis_header(figure.x), NAME_LIMIT), grid.left, 12, "start", "axis-label")
    yield label(shortened(axis_header(figure.y), NAME_LIMIT), grid.left - 8, grid.top - 6, "end", "axis-label")
    for column, header in enumerate(headers):
        middle, base = grid.across(column + 0.5), grid.top - 6
        turned = f"rotate(-45 {middle + 4:g} {base:g})" if grid.slope else False
        anchor, at = ("start", middle + 4) if grid.slope else ("middle", middle)
        yield element(
            "text",
            header,
            x=at,
            y=base,
            text_anchor=anchor,
            class_="tick",
            fill="currentColor",
            transform=turned,
        )


def row_parts(figure: Heatmap, row: Row, at: int, grid: Grid, shades: Shading) -> Iterator[Markup]:
    """A row's name, where there is room for it, and its cells."""
    every = -(-LETTERS // grid.height)
    if at % every == 0:
        yield label(row.short, grid.left - 8, grid.down(at + 0.5) + 4, "end", "tick")
    for column, (value, text) in enumerate(zip(row.values, row.texts, strict=False)):
        told = f"{row.name}, {shown_name(figure.columns[column])}: {row.told[column]}"
        has_room = grid.height >= LETTERS and text_width(text) <= grid.width
        yield element(
            "g",
            element("title", told),
            cell(grid.across(column), grid.down(at), (grid.width, grid.height), shades.badness(value)),
            label(text, grid.across(column + 0.5), grid.down(at + 0.5) + 4, "middle", "number") if has_room else "",
        )


def cell(left: float, top: float, size: tuple[float, float], badness: float | None) -> Markup:
    """A rectangle as opaque as it is bad, a little apart from its neighbours; transparent where nothing is known."""
    gap = 1 if size[1] >= LETTERS else 0
    return element(
        "rect",
        class_="cell",
        x=left,
        y=top,
        width=round(size[0] - gap, 1),
        height=round(size[1] - gap, 1),
        fill="currentColor",
        fill_opacity=0.0 if badness is None else round(FAINTEST + (STRONGEST - FAINTEST) * badness, 3),
    )


def legend(figure: Heatmap, grid: Grid, top: float) -> Iterator[Markup]:
    """The shades from the best to the worst, and what numbers stand at these ends."""
    said = extremes(figure)
    for step in range(LEGEND_STEPS if said else 0):
        yield cell(grid.left + step * ROW, top, (ROW, LETTERS), step / (LEGEND_STEPS - 1))
    if said:
        yield label(said, grid.left + LEGEND_STEPS * ROW + 8, top + 10, "start", "tick")


def left_out(figure: Heatmap) -> Iterator[str]:
    """How many rows and columns are not drawn."""
    for total, shown, noun in ((n_rows(figure), ROWS_SHOWN, "row"), (len(figure.columns), COLUMNS_SHOWN, "column")):
        if total > shown:
            yield f"and {count(total - shown)} more {noun}s"


def described(figure: Heatmap) -> str:
    """What the drawing shows, in a sentence."""
    size = f"{counted(n_rows(figure), 'row')}, {counted(len(figure.columns), 'column')}"
    said = extremes(figure)
    return f"Heat map of {figure.y.label} by {figure.x.label}, {size}{f'; {said}' if said else ''}."
