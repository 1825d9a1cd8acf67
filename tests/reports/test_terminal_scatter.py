"""Points drawn in characters."""

import math
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from precisionlab.analysis.figures import Axis, PointGroup, Scatter
from precisionlab.reports.terminal_charts import draw

FRONT = PointGroup("front", (4.0, 8.0), (20.0, 40.0), ("int4", "int8"), is_joined=True)
REST = PointGroup("dominated", (4.5, 8.0, 6.0), (30.0, 30.0, math.nan), ("nvfp4", "fp8", "lost"))
FIGURE = Scatter("Noise", Axis("size", "bits"), Axis("SQNR", "dB"), (FRONT, REST))


def body(text: str) -> list[str]:
    """The lines between the vertical axis and the right end."""
    return [line.split("┤" if "┤" in line else "│", 1)[1] for line in text.splitlines() if "┤" in line or "│" in line]


def found(rows: list[str], marker: str) -> list[tuple[int, int]]:
    """Column and row of every such character, from the left."""
    return sorted((at, row) for row, line in enumerate(rows) for at, one in enumerate(line) if one == marker)


def test_markers_stand_by_value() -> None:
    """Across and up, distances between markers are in the ratios of those between values."""
    points = PointGroup("p", (0.0, 10.0, 40.0), (0.0, 10.0, 40.0))
    first, second, third = found(body(draw(replace(FIGURE, groups=(points,)), 100, 46, colour=False)), "●")
    assert abs((second[0] - first[0]) / (third[0] - first[0]) - 1 / 4) < 0.02
    assert abs((first[1] - second[1]) / (first[1] - third[1]) - 1 / 4) < 0.05


def test_only_joined_groups_have_lines() -> None:
    """Dots of a line lead through the front, and none through the others."""
    for groups in ((FRONT, REST), (REST,) * 7 + (FRONT,)):
        assert re.search("[\u2801-\u28ff]", draw(replace(FIGURE, groups=groups), 80, 20, colour=False))
    assert not re.search("[\u2801-\u28ff]", draw(replace(FIGURE, groups=(REST,)), 80, 20, colour=False))


def test_groups_have_markers_of_their_own() -> None:
    """As the legend says, and as many as there are points with a place; names stand beside them."""
    text = draw(FIGURE, 80, 20, colour=False)
    rows = body(text)
    assert "● front   × dominated" in text  # noqa: RUF001 - the marker
    assert len(found(rows, "●")) == 2
    assert len(found(rows, "\N{MULTIPLICATION SIGN}")) == 2
    drawn = "\n".join(rows)
    assert re.search(r"int4.?●|●.?int4", drawn)
    assert "\N{MULTIPLICATION SIGN} nvfp4" in drawn
    assert "lost" not in text


def test_names_without_room_are_listed_with_their_values() -> None:
    """What stands in no place of the drawing stands under it."""
    same = PointGroup("same", (1.0,) * 9, (2.5,) * 9, tuple(f"point{i}" for i in range(9)))
    text = draw(replace(FIGURE, groups=(same,)), 80, 20, colour=False)
    drawn, under = "\n".join(body(text)), text.split("no room for the names ")[1]
    missing = [name for name in same.names if name not in drawn]
    assert 0 < len(missing) < 9
    assert under.replace("\n", " ") == ", ".join(f"{name} (1, 2.5)" for name in missing)


def test_a_name_of_wide_characters_moves_nothing() -> None:
    """It stands under the drawing, where no column depends on it."""
    wide = replace(REST, names=("\u91cd\u307f", "fp8", ""))
    text = draw(replace(FIGURE, groups=(wide,)), 80, 20, colour=False)
    assert "\u91cd\u307f" not in "\n".join(body(text))
    assert "no room for the names \u91cd\u307f (4.5, 30)" in text


def test_long_legends_take_several_lines() -> None:
    """No line is wider than the chart, and no label is lost."""
    groups = tuple(replace(REST, label=f"group number {i}") for i in range(8))
    text = draw(replace(FIGURE, groups=groups), 50, 20, colour=False)
    assert all(f"group number {i}" in text for i in range(8))
    assert max(map(len, text.splitlines())) <= 50


def test_nothing_to_draw_is_said() -> None:
    """Without groups, and without a point that has a place."""
    assert "nothing to draw" in draw(replace(FIGURE, groups=()), 80, 20, colour=False)
    assert "nothing to draw" in draw(replace(FIGURE, groups=(replace(REST, xs=(math.nan,) * 3),)), 80, 20, colour=False)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9), st.text("abc \u91cd\x1b", max_size=30)), min_size=1),
    width=st.integers(30, 120),
    joined=st.booleans(),
)
def test_no_name_covers_a_marker_or_leaves_the_drawing(
    points: list[tuple[float, float, str]], width: int, joined: bool
) -> None:
    """The same chart without names has its markers in the same cells, and no line is wider."""
    xs, ys, names = zip(*points, strict=True)
    group = PointGroup("g", xs, ys, names, joined)
    named, bare = (
        draw(replace(FIGURE, groups=(one,)), width, 18, colour=False) for one in (group, replace(group, names=()))
    )
    assert found(body(named), "●") == found(body(bare), "●")
    assert max(cell_len(line) for line in named.splitlines()) <= width
