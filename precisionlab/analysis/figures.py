"""Pictures and tables as data. No renderer's type appears here; every writer draws every kind."""

from dataclasses import dataclass

Cell = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart."""

    label: str
    unit: str = ""
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    label: str
    unit: str = ""
    """`share` for numbers in [0, 1] that are shown as per cent; otherwise shown in the header."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under named columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Window:
    """A labelled span of the horizontal axis, drawn as a bar under the chart.

    From `fade_from` to `start` it is drawn faint (e.g. gradual underflow), from `start` to
    `stop` solid. All three in the axis' units; `fade_from == start` where nothing is faint.
    """

    label: str
    fade_from: float
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram or bar chart over equally wide bins: `heights[i]` stands at `first + i * width`.

    A bin covers [position, position + width).
    """

    title: str
    x: Axis
    y: Axis
    first: float
    width: float
    heights: tuple[float, ...]
    windows: tuple[Window, ...] = ()
    kind: str = "bars"


MOST_LINES = 6
"""That every renderer draws so that they can be told apart."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: points in order. A non-finite y interrupts the line."""

    label: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """One or more lines over shared axes."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    kind: str = "lines"


@dataclass(frozen=True, slots=True)
class PointGroup:
    """Points that share a marker. One without a place on both axes is not drawn."""

    label: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    names: tuple[str, ...] = ()
    """Empty, or one for each point."""
    is_joined: bool = False
    """Whether a line leads through the points in their order, as along a Pareto front."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points over two axes, some of them named."""

    title: str
    x: Axis
    y: Axis
    groups: tuple[PointGroup, ...]
    kind: str = "scatter"


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A number for each row and column, shaded by how bad it is among all of the figure.

    `values[i][j]` stands in row i under column j; NaN where there is none.
    """

    title: str
    x: Axis
    """What the columns are."""
    y: Axis
    """What the rows are."""
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    unit: str
    """Of the values; `share` for numbers in [0, 1] that are shown as per cent."""
    low_is_bad: bool
    """Whether the lowest value is the worst, as of a ratio of signal to noise; else the highest is."""
    kind: str = "heatmap"


@dataclass(frozen=True, slots=True)
class BarGroup:
    """Intervals that share a colour, e.g. the features of one dimension; `ends[i]` may be infinite: it lasts."""

    label: str
    starts: tuple[float, ...]
    ends: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Barcode:
    """Intervals of one axis, one above the other, such as the life spans of features in a filtration."""

    title: str
    x: Axis
    groups: tuple[BarGroup, ...]
    kind: str = "barcode"


Figure = Table | Bars | Lines | Scatter | Heatmap | Barcode
