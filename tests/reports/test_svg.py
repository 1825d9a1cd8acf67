"""Charts as SVG, read by an XML parser."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.figures import Axis, Bars, Figure, Lines, Series, Table, Window
from precisionlab.reports import svg

NAME = "{http://www.w3.org/2000/svg}"
FLAT = Bars("a < b & c", Axis("x", "bits"), Axis("count", "elements"), 0.0, 1.0, (1.0, 2.0, 0.0, 4.0))


def parsed(figure: svg.Chart) -> ET.Element:
    """The drawing as an XML parser sees it."""
    return ET.fromstring(svg.draw(figure))  # noqa: S314 - our own output, and what is under test


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_figure_gives_well_formed_xml(data: st.DataObject, any_figure: st.SearchStrategy[Figure]) -> None:
    """However extreme the numbers and hostile the labels, the drawing parses, and every coordinate is a finite number."""
    figure = data.draw(any_figure.filter(lambda drawn: not isinstance(drawn, Table)))
    assert not isinstance(figure, Table)
    for part in parsed(figure).iter():
        numbers = [part.get(name, "0") for name in ("x", "y", "width", "height")]
        assert all(math.isfinite(float(number)) for number in numbers)
        assert not re.search("nan|inf", part.get("d", ""))


def test_a_chart_describes_itself() -> None:
    """The title is the figure's, the description tells kind, axes and highest bar."""
    root = parsed(FLAT)
    assert root.get("role") == "img"
    assert root.findtext(f"{NAME}title") == "a < b & c"
    assert root.findtext(f"{NAME}desc") == "Histogram of count over x, 4 bins; the highest, 4, starts at 3."


def test_bars_stand_where_their_bins_are() -> None:
    """Each bar with height is one closed path, of equal width, as high as its share of the axis."""
    drawn = parsed(FLAT).find(f"{NAME}path[@class='bars']")
    assert drawn is not None
    boxes = [
        tuple(map(float, box))
        for box in re.findall(r"M([\d.]+) ([\d.]+)V([\d.]+)H([\d.]+)V[\d.]+Z", drawn.get("d", ""))
    ]
    assert len(boxes) == 3
    heights = [base - top for _, base, top, _ in boxes]
    assert [round(height / heights[0], 1) for height in heights] == [1.0, 2.0, 4.0]
    widths = {round(right - left) for left, _, _, right in boxes}
    assert len(widths) == 1


def test_windows_share_the_axis_of_the_bars() -> None:
    """The solid part of a window spans the same columns as the bins that it covers."""
    root = parsed(replace(FLAT, windows=(Window("w", 1.0, 2.0, 4.0), Window("endless", -99.0, -99.0, 99.0))))
    window, endless = root.findall(f"{NAME}g[@class='window']")
    faint, solid = ((float(part.get("x", "")), float(part.get("width", ""))) for part in window.findall(f"{NAME}rect"))
    assert faint[0] + faint[1] == solid[0]
    assert round(solid[1] / faint[1], 2) == 2
    assert window.findtext(f"{NAME}title") == "w: 2 to 4, gradual from 1"
    assert len(endless.findall(f"{NAME}path")) == 2


def test_gaps_interrupt_a_line() -> None:
    """A point that is not finite ends one part of the path and begins another."""
    series = Series("s", (0.0, 1.0, 2.0, 3.0), (1.0, math.nan, 2.0, 3.0))
    drawn = parsed(Lines("t", Axis("x"), Axis("y"), (series,))).find(f"{NAME}path[@class='line line-0']")
    assert drawn is not None
    assert drawn.get("d", "").count("M") == 2


def test_nothing_finite_is_a_sentence() -> None:
    """A chart without values says so."""
    assert "Nothing to draw" in svg.draw(replace(FLAT, heights=()))
