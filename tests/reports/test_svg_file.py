"""Drawings as files of their own: XML that parses, with the title in sight and nothing asked of a page."""

import math
from xml.etree import ElementTree as ET

import pytest

from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Bars,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Window,
)
from precisionlab.errors import ReportError
from precisionlab.reports.svg import Chart
from precisionlab.reports.svg_file import standalone

NAMESPACE = "{http://www.w3.org/2000/svg}"
X, Y = Axis("exponent"), Axis("elements")
TITLE = "What <b>lies</b> & where\x1b"
CHARTS: dict[str, Chart] = {
    "bars": Bars(TITLE, X, Y, -3.0, 1.0, (1.0, 5.0, 7.0), (Window("fp16", -24.0, -14.0, 16.0),)),
    "lines": Lines(TITLE, X, Y, (Series("a", (0.0, 1.0), (0.5, 2.0)),)),
    "scatter": Scatter(TITLE, X, Y, (PointGroup("p", (1.0, 2.0), (2.0, 3.0), ("w", "v")),)),
    "heatmap": Heatmap(TITLE, X, Y, ("fp8", "fp4"), ("a", "b"), ((1.0, 2.0), (3.0, math.nan)), "dB", low_is_bad=True),
    "barcode": Barcode(TITLE, X, (BarGroup("H0", (0.0, 0.5), (1.0, math.inf)),)),
}


def parsed(figure: Chart) -> ET.Element:
    """The file, as an XML parser reads it."""
    return ET.fromstring(standalone(figure))  # noqa: S314 - our own


@pytest.mark.parametrize("kind", CHARTS)
def test_every_drawing_is_a_file_of_its_own(kind: str) -> None:
    """The drawing lies whole within the page, under a title that is text and not markup, and asks for nothing from elsewhere."""
    page = parsed(CHARTS[kind])
    assert page.tag == f"{NAMESPACE}svg"
    texts = [element.text for element in page.findall(f"{NAMESPACE}text")]
    assert texts == ["What <b>lies</b> & where\\x1b"]
    (drawing,) = page.findall(f"{NAMESPACE}svg")
    left, top, width, height = (float(drawing.attrib[name]) for name in ("x", "y", "width", "height"))
    assert drawing.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    assert left > 0
    assert top > 0
    assert left + width < float(page.attrib["width"])
    assert top + height < float(page.attrib["height"])
    text = standalone(CHARTS[kind])
    assert "url(" not in text
    assert "href" not in text


def test_a_long_title_is_smaller_or_the_page_wider() -> None:
    """It never ends beyond the page: a bold letter takes less than two thirds of its font's size."""
    for length in (10, 80, 200):
        page = parsed(Lines("m" * length, X, Y, (Series("a", (0.0, 1.0), (0.5, 2.0)),)))
        (title,) = page.findall(f"{NAMESPACE}text")
        ends = float(title.attrib["x"]) + length * 0.64 * float(title.attrib["font-size"])
        assert ends <= float(page.attrib["width"])
        assert float(title.attrib["font-size"]) >= 9


def test_nothing_to_draw_is_told() -> None:
    """With the remedy; a white page would look like a drawing of nothing."""
    figure = Lines("empty", X, Y, (Series("a", (0.0,), (math.nan,)),))
    with pytest.raises(ReportError, match="empty: there is nothing to draw: no finite values; the CSV has all"):
        standalone(figure)
