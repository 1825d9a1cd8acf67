"""Charts in characters: axes, curves, markers and words. The one module that knows plotext.

plotext draws on one global figure, so threads take turns. It raises on
infinities and NaN and prints warnings on empty ranges: before it sees a value, the value
has a place from 0 to 1 on a scale of our own.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from precisionlab.analysis.figures import Axis
from precisionlab.escaping import printable
from precisionlab.reports.quantities import unit_beside
from precisionlab.reports.scales import Point, Scale, Tick, ticks

LABEL_COLUMNS = 16
"""Columns at the left for labels, at most; never more than a quarter of the width."""
LEAST_ROWS = 4
"""A chart is never drawn flatter than this, even where it then exceeds the wanted height."""
COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
MARKERS = ("braille", "x", "o", "+", "*", "#")
"""Lines differ in their marker too, so that they can be told apart without colour."""
DRAWING = threading.Lock()
NOTHING = "nothing to draw: no finite values"


@dataclass(frozen=True, slots=True)
class Curve:
    """Points to join, or to fill down to the base line, by their places on both axes."""

    points: tuple[Point, ...]
    style: int = 0
    """The place of its line or group among the others, which gives it its colour."""
    marker: str = "braille"
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters in the cell of a place and those right of it: a point's marker, or its name."""

    at: Point
    text: str
    style: int | None = None
    """Of the group whose colour it has; None for plain text."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Axes around `n_columns` times `rows` cells, with a margin for labels at the left."""

    x: Scale
    y: Scale
    margin: int
    n_columns: int
    rows: int

    @property
    def base(self) -> float:
        """The place of the line on which bars stand."""
        return 0.0 if self.y.logarithmic else self.y.clamped(0.0)

    def across(self, place: float) -> int:
        """The column of a place from 0 to 1."""
        return min(int(place * self.n_columns), self.n_columns - 1)

    def down(self, place: float) -> int:
        """The row of a place from 0 to 1, counted from the top."""
        return self.rows - 1 - min(int(place * self.rows), self.rows - 1)

    def centre(self, column: int, row: int) -> Point:
        """The places of the middle of a cell."""
        return (column + 0.5) / self.n_columns, 1 - (row + 0.5) / self.rows


def framed(x: Scale, y: Scale, width: int, rows: int, labels: Iterable[str]) -> Frame:
    """The frame that the wanted size leaves beside labels and ticks."""
    rows = max(rows, LEAST_ROWS)
    wanted = max(len(text) for text in (*labels, *(tick.label for tick in y_ticks(y, rows)), ""))
    margin = min(wanted, LABEL_COLUMNS, width // 4)
    return Frame(x, y, margin, max(width - margin - 1, 8), rows)


def y_ticks(y: Scale, rows: int) -> tuple[Tick, ...]:
    """As many ticks as rows can tell apart."""
    return ticks(y, max(2, rows // 2))


def chart(frame: Frame, curves: Iterable[Curve], marks: Iterable[Mark] = ()) -> list[str]:
    """The axes with their ticks around the curves and, over these, the marks."""
    with DRAWING:
        return drawn(frame, curves, marks)


def drawn(frame: Frame, curves: Iterable[Curve], marks: Iterable[Mark]) -> list[str]:
    """What `chart` answers, for one thread at a time."""
    import plotext  # noqa: PLC0415 - takes 0.1 s, and only charts need it

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear.all()
    figure.theme("colorless")
    figure.plot_size(frame.margin + 1 + frame.n_columns, frame.rows + 2)
    for axis in ("x", "y"):
        figure.axes(False, axis=axis, side=1)
    for curve in curves:
        signal = figure.signal(
            [x for x, _ in curve.points],
            [y - frame.base for _, y in curve.points],
            marker=plotext.marker("hd" if curve.filled else curve.marker, COLOURS[curve.style % len(COLOURS)]),
        )
        figure.draw(signal.fillx() if curve.filled else signal.lines())
    for mark in marks:
        text = mark.text if mark.style is None else plotext.colorize(mark.text, COLOURS[mark.style % len(COLOURS)])
        figure.draw(figure.text(mark.at[0], mark.at[1] - frame.base, text))
    across = labelled(ticks(frame.x, max(2, frame.n_columns // 12)), 0.0, 0)
    figure.ruler("x").alignment(lim="edge").lim(0.0, 1.0).ticks(*across)
    up = labelled(y_ticks(frame.y, frame.rows), frame.base, frame.margin)
    figure.ruler("y").alignment(lim="edge").lim(-frame.base, 1 - frame.base).ticks(*up)
    return str(figure.build().string()).removesuffix("\n").split("\n")


def labelled(marks: tuple[Tick, ...], base: float, columns: int) -> tuple[list[float], list[str]]:
    """Places of the ticks above the base line, and their labels in exactly `columns` columns, or as long as they are."""
    places = [mark.place - base for mark in marks]
    return places, [mark.label[: columns or None].rjust(columns) for mark in marks]


def legend_lines(entries: Iterable[tuple[str, str]], frame: Frame) -> list[str]:
    """Which marker is which line or group, on as many lines as that takes."""
    lines: list[str] = []
    for marker, label in entries:
        entry = f"{marker} {printable(label, 40)}"
        if lines and len(lines[-1]) + len(entry) + 3 <= frame.n_columns:
            lines[-1] += f"   {entry}"
        else:
            lines.append(entry)
    return [" " * (frame.margin + 1) + line for line in lines]


def axis_line(axis: Axis, frame: Frame) -> str:
    """What an axis shows, over the cells."""
    label = printable(axis.label, frame.n_columns)
    unit = unit_beside(axis.label, axis.unit)
    beside = f" ({printable(unit, 20)})" if unit else ""
    return f"{' ' * (frame.margin + 1)}{label}{beside}"
