"""Formats by what they take and what they lose, and which of them no other beats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from precisionlab.analysis.figures import Axis, PointGroup, Scatter


@dataclass(frozen=True, slots=True)
class Point:
    """A format among others: what it takes, and what it loses."""

    name: str
    bits: float
    """A weight."""
    sqnr_db: float


def pareto(title: str, points: Sequence[Point]) -> Scatter:
    """Loss against bits: the formats of which none other is better in both are joined."""
    front = front_of(points)
    rest = [point for point in points if point not in front]
    groups = [group("best for their bits", front, is_joined=True)] if front else []
    groups += [group("another is better in both", rest, is_joined=False)] if rest else []
    return Scatter(title, Axis("bits a weight"), Axis("SQNR", "dB"), tuple(groups))


def group(label: str, points: Sequence[Point], *, is_joined: bool) -> PointGroup:
    """Points under one marker."""
    xs, ys, names = ([getattr(point, part) for point in points] for part in ("bits", "sqnr_db", "name"))
    return PointGroup(label, tuple(xs), tuple(ys), tuple(names), is_joined=is_joined)


def front_of(points: Iterable[Point]) -> list[Point]:
    """The points of which none other takes as few bits and loses as little, from the fewest bits on."""
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one.bits, -one.sqnr_db)):
        if not front or point.sqnr_db > front[-1].sqnr_db:
            front.append(point)
    return front
