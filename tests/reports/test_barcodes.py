"""Barcodes as drawn in pages and in characters."""

import math
import xml.etree.ElementTree as ET

import pytest

from precisionlab.analysis.figures import Axis, Barcode, BarGroup
from precisionlab.reports import svg
from precisionlab.reports.barcode_bars import Bar, longest
from precisionlab.reports.svg_frame import RIGHT, WIDTH
from precisionlab.reports.terminal_charts import draw

NAME = "{http://www.w3.org/2000/svg}"
PARTS = BarGroup("H0", (0.0, 0.0, 0.0), (1.0, 4.0, math.inf))
LOOPS = BarGroup("H1", (2.0, 1.0), (3.0, 1.5))
FIGURE = Barcode("rows", Axis("distance"), (PARTS, LOOPS))


def intervals(figure: Barcode) -> list[tuple[float, float]]:
    """Left and right end of every bar of the drawing, from the first drawn one on."""
    root = ET.fromstring(svg.draw(figure))  # noqa: S314 - our own output
    drawn = [part for part in root.iter(f"{NAME}path") if part.find(f"{NAME}title") is not None]
    ends = [part.attrib["d"].removeprefix("M").replace("H", " ").split() for part in drawn]
    return [(float(left), float(right)) for left, _, right in ends]


def test_every_interval_is_drawn_from_its_start_to_its_end() -> None:
    """On a linear axis lengths are in the ratios of the numbers; one that lasts reaches the edge."""
    drawn = intervals(FIGURE)
    left, right = drawn[0][0], WIDTH - RIGHT
    unit = (right - left) / 4
    expected = [(0, 1), (0, 4), (0, 4), (1, 1.5), (2, 3)]
    for (start, end), (birth, death) in zip(drawn, expected, strict=True):
        assert start == pytest.approx(left + birth * unit, abs=0.1)
        assert end == pytest.approx(left + death * unit, abs=0.1)


def test_in_characters_too() -> None:
    """Each interval is a line; the one that lasts ends in an arrow head; groups have their own strokes."""
    lines = draw(FIGURE, 82, 20, colour=False).split("\n")
    bars = [line for line in lines if set(line.strip()) <= set("━═▶") and line.strip()]
    lengths = [(len(line) - len(line.lstrip()) - 1, len(line.rstrip()) - 1) for line in bars]
    assert lengths == [(40, 61), (20, 31), (0, 80), (0, 80), (0, 21)]
    assert [line.strip()[-1] for line in bars] == ["═", "═", "▶", "━", "━"]


def test_of_many_the_longest_are_drawn_and_the_others_counted() -> None:
    """Each group has its share of the bars, and its legend says how many it has in all."""
    many = BarGroup("H1", tuple(map(float, range(1000))), tuple(i + 1.0 + (i % 10 == 0) for i in range(1000)))
    figure = Barcode("rows", Axis("distance"), (PARTS, many))
    assert len(intervals(figure)) == 3 + 75
    assert "H1: the 75 longest of 1,000" in svg.draw(figure)
    assert all(start % 10 == 0 for _, start in ((bar.group, bar.start) for bar in longest(figure, 100) if bar.group))


def test_what_has_no_place_is_not_drawn() -> None:
    """NaN, ends before their starts and, on a logarithmic axis, zeros are left out; infinite starts too."""
    odd = BarGroup("odd", (math.nan, 3.0, -math.inf, 0.0, 1.0), (1.0, 2.0, 2.0, 2.0, 2.0))
    figure = Barcode("rows", Axis("distance", logarithmic=True), (odd,))
    assert longest(figure, 10) == [Bar(0, 1.0, 2.0)]
    nothing = Barcode("rows", Axis("distance"), (BarGroup("none", (math.nan,), (1.0,)),))
    assert "Nothing to draw" in svg.draw(nothing)
    assert "nothing to draw" in draw(nothing, 80, 20, colour=False)
