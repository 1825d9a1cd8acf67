"""Names beside points, held against exact rectangles."""

from itertools import combinations
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.reports.placing import Box, Name, Place, Room

AREA = Box(10, 20, 300, 200)
RADIUS = 4.0
spots = st.tuples(st.floats(14, 306), st.floats(24, 216))


def room(points: list[tuple[float, float]]) -> Room:
    """A room with a marker at every point, in which names are tried at three distances."""
    free = Room(AREA, cell=2.0, gap=(6.0, 6.0), apart=4.0, distances=(0.0, 10.0, 25.0))
    for x, y in points:
        free.take((x, y), Box(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS))
    return free


def overlap(first: Box, second: Box) -> bool:
    """Whether two rectangles share more than an edge."""
    return (
        first.left < second.right
        and second.left < first.right
        and first.top < second.bottom
        and second.top < first.bottom
    )


def distance(point: tuple[float, float], box: Box) -> float:
    """From a point to a rectangle."""
    across = max(box.left - point[0], 0.0, point[0] - box.right)
    up = max(box.top - point[1], 0.0, point[1] - box.bottom)
    return hypot(across, up)


@settings(max_examples=100, deadline=None)
@given(points=st.lists(spots, min_size=1, max_size=25), data=st.data())
def test_no_name_covers_anything(points: list[tuple[float, float]], data: st.DataObject) -> None:
    """Every placed name lies in the area and covers neither another one nor a marker."""
    free = room(points)
    widths = data.draw(st.lists(st.floats(5, 90), min_size=len(points), max_size=len(points)))
    places = [free.place(Name(point, width, 11.0)) for point, width in zip(points, widths, strict=True)]
    boxes = [place.box for place in places if place]
    for box in boxes:
        assert AREA.left <= box.left <= box.right <= AREA.right
        assert AREA.top <= box.top <= box.bottom <= AREA.bottom
        assert not any(overlap(box, Box(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS)) for x, y in points)
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))


@settings(max_examples=100, deadline=None)
@given(points=st.lists(spots, min_size=2, max_size=25))
def test_no_name_is_taken_for_another_points(points: list[tuple[float, float]]) -> None:
    """A name without a line to its point stands nearest to that one; with a line, neither is right beside another point."""
    free = room(points)
    for point in points:
        place = free.place(Name(point, 40.0, 11.0))
        if place is None:
            continue
        nearest = min(distance(other, place.box) for other in points)
        assert nearest >= (6.0 if place.leader else distance(point, place.box)) - 1e-4
        if place.leader:
            others = [other for other in points if hypot(other[0] - point[0], other[1] - point[1]) > 3.0]
            assert all(hypot(x - a, y - b) > 5.9 for x, y in steps(*place.leader) for a, b in others)


def steps(start: tuple[float, float], stop: tuple[float, float]) -> list[tuple[float, float]]:
    """Points along a line."""
    return [(start[0] + (stop[0] - start[0]) * i / 50, start[1] + (stop[1] - start[1]) * i / 50) for i in range(51)]


def placed(free: Room, point: tuple[float, float], width: float = 40.0) -> Place:
    """The place of a name, which there is."""
    found = free.place(Name(point, width, 11.0))
    assert found is not None
    return found


def test_a_point_alone_has_its_name_at_the_right() -> None:
    """Right beside it, in the middle of its height, without a line between."""
    assert placed(room([(100.0, 100.0)]), (100.0, 100.0)) == Place(Box(106.0, 94.5, 40.0, 11.0), (1.0, 0.0), None)


def test_at_an_edge_the_name_stands_on_the_other_side() -> None:
    """At the right end of the area it is at the left."""
    assert placed(room([(300.0, 100.0)]), (300.0, 100.0)).box.right == 294.0


def test_a_name_keeps_off_lines_where_it_can() -> None:
    """A line to the right sends it to the left; lines everywhere are crossed rather than leave it out."""
    free = room([(150.0, 100.0)])
    free.cross((150.0, 100.0), (310.0, 100.0))
    assert placed(free, (150.0, 100.0)).side == (-1.0, 0.0)
    full = room([(150.0, 100.0)])
    for y in range(20, 220, 2):
        full.cross((10.0, y), (310.0, y))
    assert placed(full, (150.0, 100.0)).side == (1.0, 0.0)


def test_where_there_is_no_room_beside_it_a_line_leads_to_the_name() -> None:
    """A point between others has its name farther away, and the line passes none of them."""
    ring = [(150.0 + dx, 100.0 + dy) for dx in (-14.0, 0.0, 14.0) for dy in (-14.0, 0.0, 14.0) if (dx, dy) != (0, -14)]
    place = placed(room(ring), (150.0, 100.0))
    assert place.leader is not None
    (x, y), end = place.leader
    assert hypot(x - 150, y - 100) == pytest.approx(6.0)
    assert end[1] <= place.box.bottom
    others = [point for point in ring if point != (150.0, 100.0)]
    assert min(hypot(a - c, b - d) for a, b in steps((x, y), end) for c, d in others) > RADIUS


def test_no_line_to_a_name_passes_another_point() -> None:
    """In a shaft that is open upwards a line leads up and out, unless another point stands in the way."""
    walls = (Box(10, 80, 134, 140), Box(156, 80, 154, 140), Box(140, 108, 20, 112))
    for points, is_placed in (([(150.0, 100.0)], True), ([(150.0, 100.0), (150.0, 95.0)], False)):
        free = room(points)
        for wall in walls:
            free.take((wall.left, 219.0), wall)
        assert (free.place(Name((150.0, 100.0), 60.0, 11.0)) is not None) is is_placed


def test_a_name_covers_no_marker_however_large() -> None:
    """A marker that reaches far from its point keeps its place."""
    free = room([(150.0, 100.0)])
    free.take((300.0, 100.0), Box(156.0, 90.0, 148.0, 20.0))
    assert placed(free, (150.0, 100.0)).side == (-1.0, 0.0)


def test_where_there_is_no_room_at_all_there_is_no_place() -> None:
    """A name wider than the area, and one in a crowd, are left out."""
    assert room([(150.0, 100.0)]).place(Name((150.0, 100.0), 400.0, 11.0)) is None
    crowd = [(float(x), float(y)) for x in range(10, 310, 10) for y in range(20, 220, 10)]
    assert room(crowd).place(Name((150.0, 100.0), 40.0, 11.0)) is None
