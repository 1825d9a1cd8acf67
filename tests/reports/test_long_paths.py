"""Charts with many points: nothing of them is cut, as long texts are."""

import json
import xml.etree.ElementTree as ET

from precisionlab.analysis.figures import Axis, Bars, Lines, PointGroup, Scatter, Series
from precisionlab.reports import svg
from precisionlab.reports.html_figures import figure_markup

PLACES = tuple(float(place) for place in range(500))


def test_charts_are_drawn_to_their_end() -> None:
    """Texts of more than a thousand characters are cut, but paths of lines, bars and fronts are not."""
    axis = Axis("x")
    for figure in (
        Lines("title", axis, axis, (Series("line", PLACES, PLACES),)),
        Bars("title", axis, axis, 0.0, 1.0, PLACES),
        Scatter("title", axis, axis, (PointGroup("front", PLACES, PLACES, is_joined=True),)),
    ):
        assert "…" not in figure_markup(figure)


def test_heights_of_many_bars_reach_the_page_whole() -> None:
    """What a page's script reads of 500 bars is JSON with all of their heights."""
    figure = Bars("title", Axis("x"), Axis("y"), 0.0, 1.0, PLACES)
    document = ET.fromstring(svg.draw(figure))  # noqa: S314 - our own output
    assert len(json.loads(document.attrib["data-bars"])["heights"]) == len(PLACES)
