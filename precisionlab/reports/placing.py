"""Places for names beside points: no name covers another one or a point, and none stands nearer to another's point.

What is taken is kept on a raster, whose cells are characters in the terminal and a few units
in a drawing. Names are placed one after the other, each at the first free place of a few
around its point. (To place as many as possible is NP-hard: Formann and Wagner 1991.)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil, floor, hypot

SIDES = (
    *((1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, -1.0), (-1.0, 1.0)),
    *((0.5, -1.0), (-0.5, -1.0), (0.5, 1.0), (-0.5, 1.0), (1.0, 0.5), (1.0, -0.5), (-1.0, 0.5), (-1.0, -0.5)),
)
"""Where a name is tried: right, left, above, below, at the corners, between."""

COINCIDENT = 0.5
"""Points that are nearer to each other than so many gaps are one to the eye."""

Point = tuple[float, float]
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, its top above its bottom: y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> Point:
        """The centre."""
        return self.left + self.width / 2, self.top + self.height / 2

    def within(self, other: "Box") -> bool:
        """Whether no part of it lies outside the other one."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )

    def nearest(self, point: Point) -> Point:
        """The point of the rectangle that is nearest to this one."""
        return min(max(point[0], self.left), self.right), min(max(point[1], self.top), self.bottom)


@dataclass(frozen=True, slots=True)
class Name:
    """What is to stand beside a point, by its size."""

    point: Point
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name stands."""

    box: Box
    side: Point
    leader: tuple[Point, Point] | None
    """The ends of a line from the point to a name that does not stand right beside it."""


@dataclass(slots=True)
class Room:
    """An area with points and lines in which names are placed."""

    area: Box
    cell: float
    """Edge of a cell of the raster."""
    gap: Point
    """Between a point and a name right beside it: across and up."""
    apart: float
    """Between two names that stand in one line."""
    distances: tuple[float, ...] = (0.0,)
    """How much farther away a name is tried, the nearest first."""
    points: list[Point] = field(default_factory=list)
    taken: set[Cell] = field(default_factory=set)
    """Cells of markers, names and the lines to these."""
    crossed: set[Cell] = field(default_factory=set)
    """Cells with a line, across which a name stands only where there is no other place."""

    def take(self, point: Point, marker: Box) -> None:
        """Keep names away from a point and its marker."""
        self.points.append(point)
        self.taken.update(self.cells(marker))

    def cross(self, start: Point, stop: Point) -> None:
        """Keep names away from a line where there is other room."""
        self.crossed.update(self.along(start, stop))

    def place(self, name: Name) -> Place | None:
        """The first free place of a name, taken from now on; None where none is free.

        Places farther away are tried before those across a line.
        """
        candidates = [self.candidate(name, side, far) for far in self.distances for side in SIDES]
        found = next(
            (
                place
                for taken in (self.taken | self.crossed, self.taken)
                for place in candidates
                if self.is_free(place, taken) and self.is_clear(place, name.point)
            ),
            None,
        )
        if found:
            self.taken.update(self.cells(widened(found.box, self.apart)))
            self.taken.update(self.along(*found.leader) if found.leader else ())
        return found

    def candidate(self, name: Name, side: Point, far: float) -> Place:
        """The place at a side of the point, so much farther away than right beside it."""
        across, up = (
            at + towards * (gap + edge / 2 + far)
            for at, towards, gap, edge in zip(name.point, side, self.gap, (name.width, name.height), strict=True)
        )
        box = Box(across - name.width / 2, up - name.height / 2, name.width, name.height)
        return Place(box, side, self.leader(name.point, box) if far else None)

    def leader(self, point: Point, box: Box) -> tuple[Point, Point]:
        """The line to a name, from beside the point."""
        end = box.nearest(point)
        clear = min(max(self.gap) / max(hypot(end[0] - point[0], end[1] - point[1]), 1e-9), 1.0)
        return (point[0] + clear * (end[0] - point[0]), point[1] + clear * (end[1] - point[1])), end

    def is_free(self, place: Place, taken: set[Cell]) -> bool:
        """Whether it lies in the area and covers nothing."""
        return (
            place.box.within(self.area)
            and taken.isdisjoint(self.cells(place.box))
            and (place.leader is None or taken.isdisjoint(self.beyond(*place.leader)))
        )

    def is_clear(self, place: Place, point: Point) -> bool:
        """Whether nobody takes the name for another point's: neither by nearness, nor by a leader that passes there."""
        least = 1.0 if place.leader else self.distance(point, place.box.nearest(point))
        return all(
            self.distance(other, place.box.nearest(other)) > least - 1e-6
            and (place.leader is None or self.passes(place.leader, point, other))
            for other in self.points
        )

    def passes(self, leader: tuple[Point, Point], point: Point, other: Point) -> bool:
        """Whether a point's leader keeps away from another point, unless the two nearly coincide."""
        return self.distance(point, other) < COINCIDENT or self.distance(other, closest(other, *leader)) > 1.0

    def distance(self, point: Point, other: Point) -> float:
        """Between two points, in gaps."""
        return hypot(*((a - b) / gap for a, b, gap in zip(point, other, self.gap, strict=True)))

    def beyond(self, start: Point, stop: Point) -> Iterator[Cell]:
        """The cells along a leader, but for its beginning: there a point that nearly coincides may stand."""
        length = max(hypot(stop[0] - start[0], stop[1] - start[1]), 1e-9)
        share = min(max(self.gap) / length, 1.0)
        return self.along((start[0] + share * (stop[0] - start[0]), start[1] + share * (stop[1] - start[1])), stop)

    def cells(self, box: Box) -> Iterator[Cell]:
        """The cells that a rectangle touches."""
        columns = range(floor(box.left / self.cell), ceil(box.right / self.cell))
        rows = range(floor(box.top / self.cell), ceil(box.bottom / self.cell))
        return ((column, row) for row in rows for column in columns)

    def along(self, start: Point, stop: Point) -> Iterator[Cell]:
        """The cells that a line runs through."""
        n_steps = ceil(2 * hypot(stop[0] - start[0], stop[1] - start[1]) / self.cell) + 1
        for step in range(n_steps + 1):
            share = step / n_steps
            across, up = (a + share * (b - a) for a, b in zip(start, stop, strict=True))
            yield floor(across / self.cell), floor(up / self.cell)


def closest(point: Point, start: Point, stop: Point) -> Point:
    """The point of a line that is nearest to this one."""
    (x, y), (dx, dy) = start, (stop[0] - start[0], stop[1] - start[1])
    along = ((point[0] - x) * dx + (point[1] - y) * dy) / max(dx * dx + dy * dy, 1e-9)
    share = min(max(along, 0.0), 1.0)
    return x + share * dx, y + share * dy


def widened(box: Box, margin: float) -> Box:
    """The rectangle with a margin at its left and right."""
    return Box(box.left - margin, box.top, box.width + 2 * margin, box.height)
