"""Charts with many points: nothing of them is cut, as long texts are."""

from precisionlab.analysis.figures import Axis, Bars, Lines, PointGroup, Scatter, Series
from precisionlab.reports.html_figures import Charts, figure_markup

PLACES = tuple(float(place) for place in range(500))


def test_charts_are_drawn_to_their_end() -> None:
    """Texts of more than a thousand characters are cut, but paths of lines, bars and fronts are not."""
    axis = Axis("x")
    for figure in (
        Lines("title", axis, axis, (Series("line", PLACES, PLACES),)),
        Bars("title", axis, axis, 0.0, 1.0, PLACES),
        Scatter("title", axis, axis, (PointGroup("front", PLACES, PLACES, is_joined=True),)),
    ):
        assert "…" not in figure_markup(figure, Charts())
