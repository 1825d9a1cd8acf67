"""Points over two axes as SVG: a marker each, and names where they cover nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from precisionlab.analysis.figures import PointGroup, Scatter
from precisionlab.escaping import printable
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.placing import Box, Name, Place, Room
from precisionlab.reports.quantities import counted
from precisionlab.reports.scales import Point, runs, scatter_scales
from precisionlab.reports.scatter_points import MOST_NAMED, Dot, dots, in_front, short_name, told, unplaced
from precisionlab.reports.svg_frame import (
    RIGHT,
    ROW,
    TOP,
    WIDTH,
    Area,
    axes,
    chart,
    label,
    left_margin,
    text_width,
    trace,
)

PLOT_HEIGHT = 300.0
RADIUS = 4.0
"""Of a marker, its line included."""
LETTERS = 11.0
"""Height of a name."""
LEADERS = (0.0, 9.0, 20.0, 34.0, 50.0, 70.0)
"""How much farther than beside its point a name is tried."""
MARKS = (
    "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
    "m-3 -3l6 6m0 -6l-6 6",
    "m-2.7 -2.7h5.4v5.4h-5.4Z",
    "m0 -3.4l3.4 6h-6.8Z",
    "m0 -3.6l3.6 3.6l-3.6 3.6l-3.6 -3.6Z",
    "m-3.6 0h7.2m-3.6 -3.6v7.2",
)
"""Groups differ in their marker, so that they can be told apart without colour."""
MOST_MARKS = 1_000
"""Of one group; of more points, neighbours share a marker."""
LISTED = 4
"""Names without a place that are listed; the markers say all of them under the pointer."""
NEIGHBOURS = 4.0
"""Points in one square of this edge are neighbours."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on the drawing."""

    dot: Dot
    at: Point


@dataclass(frozen=True, slots=True)
class Beside:
    """A name right beside its point, for who draws it elsewhere."""

    dot: Dot
    text: str
    across: float
    """From the point to the name's start, end or middle, by `align`."""
    down: float
    """From the point to the middle of the name's height."""
    align: str
    """`left`, `right` or `center`."""


def scatter(figure: Scatter) -> Markup | None:
    """Markers, lines through joined groups, names and a legend."""
    scales = scatter_scales(figure)
    if scales is None:
        return None
    area = Area(*scales, left_margin(scales[1], []), PLOT_HEIGHT)
    groups = in_front(enumerate(figure.groups))
    spots = [spots_of(figure, group, style, area) for style, group in groups]
    free = room(figure, area, spots)
    names = [pair for group in spots for pair in placed(group, free)]
    rest = [short_name(spot.dot) for spot, place in names if place is None]
    below = area.bottom + 3 * ROW
    legend = [entry(group, style, area, below + style * ROW) for style, group in enumerate(figure.groups)]
    bottom = below + len(legend) * ROW
    n_points = sum(map(len, spots))
    return chart(
        figure.title,
        bottom + (ROW if rest else 0),
        f"Scatter chart of {figure.y.label} over {figure.x.label}, {counted(n_points, 'point')}.",
        axes(area, figure.x, figure.y),
        *(line(figure, group, style, area) for style, group in groups if group.is_joined),
        *(marker(figure, spot) for group in reversed(spots) for spot in apart(group)),
        *(name(spot, place) for spot, place in names if place),
        *legend,
        *([label(unplaced(rest, LISTED), area.left, bottom + 12, "start", "tick")] if rest else []),
    )


def names_beside(figure: Scatter) -> tuple[list[Dot], list[Beside]]:
    """The points that are drawn, and the names that have room right beside theirs."""
    scales = scatter_scales(figure)
    if scales is None:
        return [], []
    area = Area(*scales, left_margin(scales[1], []), PLOT_HEIGHT)
    spots = [spots_of(figure, group, style, area) for style, group in in_front(enumerate(figure.groups))]
    free = room(figure, area, spots)
    names = [pair for group in spots for pair in placed(group, free)]
    drawn = [spot.dot for group in reversed(spots) for spot in apart(group)]
    return drawn, [beside(spot, place) for spot, place in names if place is not None and place.leader is None]


def beside(spot: Spot, place: Place) -> Beside:
    """Where a name stands, seen from its point."""
    align, x = {1.0: ("left", place.box.left), -1.0: ("right", place.box.right)}.get(
        place.side[0], ("center", place.box.middle[0])
    )
    return Beside(spot.dot, short_name(spot.dot), x - spot.at[0], place.box.middle[1] - spot.at[1], align)


def spots_of(figure: Scatter, group: PointGroup, style: int, area: Area) -> list[Spot]:
    """The points of a group on the drawing."""
    return [
        Spot(dot, (area.across(area.x.clamped(dot.x)), area.up(area.y.clamped(dot.y))))
        for dot in dots(figure, group, style)
    ]


def apart(spots: Sequence[Spot]) -> Iterable[Spot]:
    """All of few points; of many, one of those that are neighbours."""
    if len(spots) <= MOST_MARKS:
        return spots
    return {(spot.at[0] // NEIGHBOURS, spot.at[1] // NEIGHBOURS): spot for spot in reversed(spots)}.values()


def room(figure: Scatter, area: Area, spots: Iterable[Sequence[Spot]]) -> Room:
    """The area with its markers and lines, before any name stands there."""
    bounds = Box(area.left, TOP, WIDTH - RIGHT - area.left, PLOT_HEIGHT)
    free = Room(bounds, cell=2.0, gap=(RADIUS + 2, RADIUS + 2), apart=4.0, distances=LEADERS)
    for group in spots:
        for spot in apart(group):
            free.take(spot.at, Box(spot.at[0] - RADIUS, spot.at[1] - RADIUS, 2 * RADIUS, 2 * RADIUS))
    for joined_group in (group for group in figure.groups if group.is_joined):
        cross(figure, joined_group, area, free)
    return free


def cross(figure: Scatter, group: PointGroup, area: Area, free: Room) -> None:
    """Keep names off the line through a group."""
    for run in runs(group, figure.x, figure.y):
        corners = [(area.across(area.x.clamped(x)), area.up(area.y.clamped(y))) for x, y in run]
        for start, stop in pairwise(corners):
            free.cross(start, stop)


def placed(spots: Iterable[Spot], free: Room) -> Iterator[tuple[Spot, Place | None]]:
    """The points of a group that have a name, with the place of it; None where none was found."""
    wanted = [spot for spot in spots if spot.dot.name]
    names = [Name(spot.at, text_width(short_name(spot.dot)), LETTERS) for spot in wanted[:MOST_NAMED]]
    return zip_longest(wanted, map(free.place, names))


def name(spot: Spot, place: Place) -> Markup:
    """A name at its place, with a thin line to its point where it does not stand right beside it."""
    anchor, x = {1.0: ("start", place.box.left), -1.0: ("end", place.box.right)}.get(
        place.side[0], ("middle", place.box.middle[0])
    )
    text = label(short_name(spot.dot), x, place.box.bottom - 3, anchor, "name")
    if place.leader is None:
        return text
    (x, y), (to_x, to_y) = place.leader
    drawn = f"M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"
    return joined(element("path", class_="leader", d=drawn, stroke="currentColor", stroke_opacity=0.5), text)


def line(figure: Scatter, group: PointGroup, style: int, area: Area) -> Markup:
    """The line through a group."""
    drawn = "".join(trace(run, area) for run in runs(group, figure.x, figure.y))
    return element(
        "path",
        class_=f"front group-{style % len(MARKS)}",
        d=Markup(drawn),
        fill="none",
        stroke="currentColor",
        stroke_width=1.2,
        stroke_linejoin="round",
    )


def marker(figure: Scatter, spot: Spot) -> Markup:
    """A point, which says under the pointer what it is."""
    return mark(spot.at, spot.dot.style, element("title", told(figure, spot.dot)))


def mark(at: Point, style: int, *contents: Markup) -> Markup:
    """The marker of a group at a place."""
    return element(
        "path",
        *contents,
        class_=f"point group-{style % len(MARKS)}",
        d=f"M{at[0]:g} {at[1]:g}{MARKS[style % len(MARKS)]}",
        fill="currentColor",
        stroke="currentColor",
        stroke_width=1.4,
    )


def entry(group: PointGroup, style: int, area: Area, top: float) -> Markup:
    """A legend's entry: the marker, a piece of the line where there is one, and the label."""
    piece = element(
        "path",
        class_=f"front group-{style % len(MARKS)}",
        d=f"M{area.left:g} {top + 8:g}h28",
        stroke="currentColor",
        stroke_width=1.2,
    )
    return joined(
        piece if group.is_joined else "",
        mark((area.left + 14, top + 8), style),
        label(printable(group.label, 80), area.left + 36, top + 12, "start", "tick"),
    )
