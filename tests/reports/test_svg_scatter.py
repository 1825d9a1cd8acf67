"""Points as SVG, read by an XML parser."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from precisionlab.analysis.figures import Axis, PointGroup, Scatter
from precisionlab.reports import svg

NAME = "{http://www.w3.org/2000/svg}"
FRONT = PointGroup("front", (4.0, 6.0, 8.0), (20.0, math.nan, 40.0), ("int4", "lost", "int8"), is_joined=True)
REST = PointGroup("rest", (4.5, 8.0, 5.0), (20.0, 30.0, math.inf), ("nvfp4", "", "lost too"))
FIGURE = Scatter("a < b", Axis("size", "bits"), Axis("SQNR", "dB"), (REST, FRONT))


def parsed(figure: Scatter) -> ET.Element:
    """The drawing as an XML parser sees it."""
    return ET.fromstring(svg.draw(figure))  # noqa: S314 - our own output, and what is under test


def marks(root: ET.Element) -> list[ET.Element]:
    """The markers, those of the legend left out."""
    return [path for path in root.findall(f"{NAME}path") if path.find(f"{NAME}title") is not None]


def at(mark: ET.Element) -> tuple[float, float]:
    """Where a marker stands."""
    found = re.match(r"M([\d.]+) ([\d.]+)m", mark.get("d", ""))
    assert found
    return float(found[1]), float(found[2])


def test_every_point_with_a_place_has_a_marker_that_says_what_it_is() -> None:
    """Name and values stand in the marker's title; points without a place on both axes are not drawn."""
    titles = {mark.findtext(f"{NAME}title") for mark in marks(parsed(FIGURE))}
    assert titles == {"int4: 4 bits, 20 dB", "int8: 8 bits, 40 dB", "nvfp4: 4.5 bits, 20 dB", "8 bits, 30 dB"}


def test_markers_stand_by_value() -> None:
    """Across and up, distances between markers are in the ratios of those between values."""
    place = {mark.findtext(f"{NAME}title", "").partition(":")[0]: at(mark) for mark in marks(parsed(FIGURE))}
    assert (place["nvfp4"][0] - place["int4"][0]) / (place["int8"][0] - place["int4"][0]) == pytest.approx(1 / 8, 0.01)
    middle = place["8 bits, 30 dB"][1]
    assert middle - place["int8"][1] == pytest.approx(place["int4"][1] - middle, abs=0.2)
    assert place["int4"][1] == place["nvfp4"][1]


def test_groups_differ_in_their_markers() -> None:
    """By shape, not by colour alone; the legend shows each once."""
    groups = tuple(PointGroup(f"g{i}", (float(i),), (1.0,)) for i in range(6))
    paths = parsed(replace(FIGURE, groups=groups)).findall(f"{NAME}path")
    shapes = [path.get("d", "").split("m", 1)[1] for path in paths if "point" in path.get("class", "")]
    assert len(shapes) == 12
    assert len(set(shapes)) == 6


def test_a_joined_group_has_a_line_that_a_lost_point_interrupts() -> None:
    """Two parts, as one point has no place; a group that is not joined has no line."""
    lines = [path for path in parsed(FIGURE).findall(f"{NAME}path") if path.get("class") == "front group-1"]
    assert [path.get("d", "").count("M") for path in lines] == [2, 1]
    assert not [path for path in parsed(FIGURE).findall(f"{NAME}path") if path.get("class") == "front group-0"]


def names(root: ET.Element, kind: str) -> list[str]:
    """The texts of one class."""
    return [text.text or "" for text in root.findall(f"{NAME}text[@class='{kind}']")]


def test_names_without_room_are_listed() -> None:
    """Each name stands in the drawing, or is among the first of those under it, or is counted there."""
    same = PointGroup("same", (1.0,) * 70, (1.0,) * 70, tuple(f"point{i}" for i in range(70)))
    root = parsed(replace(FIGURE, groups=(same,)))
    drawn, note = names(root, "name"), names(root, "tick")[-1]
    assert note.startswith("no room for the names point")
    listed = re.findall(r"point\d+", note)
    assert not set(drawn) & set(listed)
    more = re.search(r"and (\d+) more", note)
    assert more
    assert len(drawn) + len(listed) + int(more[1]) == 70
    assert len(marks(root)) == 70


def test_the_front_is_named_first() -> None:
    """Where two points have one place, the name right of it is that of the joined group."""
    front, other = replace(FRONT, xs=(1.0,), ys=(1.0,), names=("front",)), replace(REST, xs=(1.0,), ys=(1.0,))
    root = parsed(replace(FIGURE, groups=(other, front)))
    starts = {text.text: text.get("text-anchor") for text in root.findall(f"{NAME}text[@class='name']")}
    assert starts["front"] == "start"
    assert starts["nvfp4"] == "end"


def test_many_points_share_markers() -> None:
    """Of 40,000 points fewer are drawn than there are places for, none of them far from any point."""
    xs = tuple(float(i % 200) for i in range(40_000))
    ys = tuple(float(i // 200) for i in range(40_000))
    drawn = marks(parsed(replace(FIGURE, groups=(PointGroup("cloud", xs, ys),))))
    assert 1_000 < len(drawn) < 15_000


def test_nothing_to_draw_is_a_sentence() -> None:
    """Without groups, and without a point that has a place."""
    assert "Nothing to draw" in svg.draw(replace(FIGURE, groups=()))
    assert "Nothing to draw" in svg.draw(replace(FIGURE, groups=(replace(REST, xs=(math.nan,) * 3),)))
