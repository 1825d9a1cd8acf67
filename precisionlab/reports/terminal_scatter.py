"""Points over two axes in characters: a marker each, and names where they cover nothing."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from rich.cells import cell_len

from precisionlab.analysis.figures import PointGroup, Scatter
from precisionlab.reports.placing import Box, Name, Place, Room
from precisionlab.reports.quantities import scalar
from precisionlab.reports.scales import runs, scatter_scales, thinned
from precisionlab.reports.scatter_points import MOST_NAMED, Dot, dots, in_front, short_name, unplaced
from precisionlab.reports.terminal_frame import (
    NOTHING,
    Curve,
    Frame,
    Mark,
    axis_line,
    chart,
    framed,
    legend_lines,
)
from precisionlab.reports.terminal_tables import title_text

MARKS = ("●", "\N{MULTIPLICATION SIGN}", "■", "▲", "◆", "+")
"""Groups differ in their marker, so that they can be told apart without colour."""
LISTED = 12
"""Names without a place that are listed."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the drawing, by its cell."""

    dot: Dot
    column: int
    row: int


def scatter_lines(figure: Scatter, width: int, height: int) -> list[str]:
    """Markers, lines through joined groups, names, a legend, and the names that found no place."""
    scales = scatter_scales(figure)
    if scales is None:
        return [NOTHING]
    frame = framed(*scales, width, height - 6, [])
    groups = in_front(enumerate(figure.groups))
    spots = [spots_of(figure, group, style, frame) for style, group in groups]
    curves = [curve for style, group in groups if group.is_joined for curve in curves_of(figure, group, style, frame)]
    free = room(spots, curves, frame)
    names = [pair for group in spots for pair in placed(group, free)]
    marks = [
        *(name_mark(dot, place, frame) for dot, place in names if place),
        *markers([spot for group in reversed(spots) for spot in group], frame),
    ]
    rest = [described(dot) for dot, place in names if place is None]
    legend = legend_lines(
        ((MARKS[style % len(MARKS)], group.label) for style, group in enumerate(figure.groups)), frame
    )
    return [
        axis_line(figure.y, frame),
        *chart(frame, curves, marks),
        axis_line(figure.x, frame),
        *legend,
        *(title_text(unplaced(rest, LISTED), width).split("\n") if rest else ()),
    ]


def described(dot: Dot) -> str:
    """A point whose name found no place."""
    return f"{short_name(dot)} ({scalar(dot.x)}, {scalar(dot.y)})"


def spots_of(figure: Scatter, group: PointGroup, style: int, frame: Frame) -> list[Spot]:
    """The points of a group on the drawing."""
    return [
        Spot(dot, frame.across(frame.x.clamped(dot.x)), frame.down(frame.y.clamped(dot.y)))
        for dot in dots(figure, group, style)
    ]


def curves_of(figure: Scatter, group: PointGroup, style: int, frame: Frame) -> list[Curve]:
    """The line through a group."""
    parts = (thinned(run, 4 * frame.n_columns) for run in runs(group, figure.x, figure.y))
    return [Curve(tuple((frame.x.clamped(x), frame.y.clamped(y)) for x, y in part), style) for part in parts]


def room(spots: Iterable[Sequence[Spot]], curves: Iterable[Curve], frame: Frame) -> Room:
    """The cells with their markers and lines, before any name stands there."""
    free = Room(Box(0, 0, frame.n_columns, frame.rows), cell=1.0, gap=(1.5, 0.5), apart=1.0)
    for column, row in {(spot.column, spot.row) for group in spots for spot in group}:
        free.take((column + 0.5, row + 0.5), Box(column - 1, row, 3, 1))
    for curve in curves:
        corners = [(x * frame.n_columns, (1 - y) * frame.rows) for x, y in curve.points]
        for start, stop in pairwise(corners):
            free.cross(start, stop)
    return free


def markers(spots: Iterable[Spot], frame: Frame) -> Iterable[Mark]:
    """A marker in every cell that has a point, of the last of these."""
    cells = {(spot.column, spot.row): spot.dot.style for spot in spots}
    return (Mark(frame.centre(*cell), MARKS[style % len(MARKS)], style) for cell, style in cells.items())


def placed(spots: Iterable[Spot], free: Room) -> Iterator[tuple[Dot, Place | None]]:
    """The points of a group that have a name, with the place of it; None where none was found."""
    wanted = [spot for spot in spots if spot.dot.name]
    return zip_longest([spot.dot for spot in wanted], map(free.place, map(name_of, wanted[:MOST_NAMED])))


def name_mark(dot: Dot, place: Place, frame: Frame) -> Mark:
    """A name at its place."""
    return Mark(frame.centre(math.ceil(place.box.left), math.ceil(place.box.top)), short_name(dot))


def name_of(spot: Spot) -> Name:
    """The name by its size; no place holds one with characters that are not one column wide."""
    text = short_name(spot.dot)
    return Name(
        (spot.column + 0.5, spot.row + 0.5), width=len(text) if cell_len(text) == len(text) else math.inf, height=1
    )
