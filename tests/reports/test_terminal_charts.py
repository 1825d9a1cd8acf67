"""Figures drawn in characters."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from precisionlab.analysis.figures import Axis, Bars, Figure, Lines, Series, Table, Window
from precisionlab.reports.terminal_charts import draw

FLAT = Bars("flat", Axis("x"), Axis("count"), 0.0, 1.0, (1.0,) * 10)


def body(text: str) -> list[str]:
    """The lines between the vertical axis and the right end."""
    return [line.split("┤" if "┤" in line else "│", 1)[1] for line in text.splitlines() if "┤" in line or "│" in line]


def test_bars_fill_the_columns_of_their_bins() -> None:
    """The left half of the axis is full, the right half empty."""
    rows = body(draw(replace(FLAT, heights=(1.0,) * 5 + (0.0,) * 5), 62, 12, colour=False))
    assert set(rows) == {"█" * 29}


def test_windows_stand_under_the_bins_that_they_span() -> None:
    """A window over the second half of the bins starts in the column where those bins start."""
    window = Window("half", 2.0, 5.0, 10.0)
    text = draw(replace(FLAT, heights=(0.0,) * 5 + (1.0,) * 5, windows=(window,)), 80, 14, colour=False)
    lines = text.splitlines()
    bar_start = min(line.index("█") for line in lines if "█" in line)
    row = next(line for line in lines if line.lstrip().startswith("half"))
    assert abs(row.index("▓") - bar_start) <= 1
    assert row.count("░") == pytest.approx(0.6 * row.count("▓"), abs=1)


def test_a_window_off_the_axis_says_so() -> None:
    """A window far from all bins is named all the same."""
    assert "not on this axis" in draw(replace(FLAT, windows=(Window("far", 90.0, 90.0, 99.0),)), 80, 12, colour=False)


def test_colour_is_ansi_and_nothing_else() -> None:
    """Only colour escapes are added, and only where asked for."""
    coloured = draw(FLAT, 60, 12, colour=True)
    plain = draw(FLAT, 60, 12, colour=False)
    assert re.findall("\x1b[^m]*m", coloured)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_lines_differ_by_marker() -> None:
    """Without colour each line of several has its own marker, named in the legend."""
    xs = (0.0, 1.0, 2.0)
    series = (Series("first", xs, (0.0, 1.0, 2.0)), Series("second", xs, (2.0, math.nan, 0.0)))
    text = draw(Lines("two", Axis("x"), Axis("y"), series), 60, 14, colour=False)
    assert "⠒ first   x second" in text
    assert "".join(body(text)).count("x") == 2


def test_nothing_finite_is_said() -> None:
    """A chart without values says so instead of raising."""
    assert "nothing to draw" in draw(replace(FLAT, heights=(math.nan, math.inf)), 60, 12, colour=False)
    assert "nothing to draw" in draw(Lines("none", Axis("x"), Axis("y"), ()), 60, 12, colour=False)


def test_an_axis_names_its_unit_once() -> None:
    """Elements in elements are elements."""
    lines = draw(replace(FLAT, y=Axis("elements", "elements"), x=Axis("size", "bytes")), 60, 12, colour=False).split(
        "\n"
    )
    assert lines[1].strip() == "elements"
    assert lines[-1].strip() == "size (bytes)"


def test_titles_wrap() -> None:
    """A chart's title is not cut in a narrow window."""
    lines = draw(replace(FLAT, title="Binary exponents of all float tensors of it"), 30, 12, colour=False).split("\n")
    assert [line.rstrip() for line in lines[:2]] == ["Binary exponents of all float", "tensors of it"]


def test_long_tables_count_their_rest() -> None:
    """Rows that do not fit are counted."""
    table = Table("long", (), ((),) * 30)
    assert draw(table, 60, 10, colour=False).endswith("and 24 more rows")


@settings(max_examples=60, deadline=None)
@given(
    heights=st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any),
    logarithmic=st.booleans(),
    width=st.integers(30, 120),
)
def test_the_axis_stands_in_one_column(heights: list[int], logarithmic: bool, width: int) -> None:
    """Whatever the counts, all rows share one left edge, and the horizontal axis ends where the width does."""
    figure = replace(FLAT, y=Axis("count", logarithmic=logarithmic), heights=tuple(map(float, heights)))
    lines = draw(figure, width, 16, colour=False).splitlines()
    edges = {line.index(mark) for line in lines for mark in "┤│└" if mark in line}
    assert len(edges) == 1
    assert next(len(line) for line in lines if "└" in line) == width


@settings(max_examples=150, deadline=None)
@given(data=st.data(), width=st.integers(20, 160), height=st.integers(1, 40), colour=st.booleans())
def test_any_figure_can_be_drawn(
    data: st.DataObject, any_figure: st.SearchStrategy[Figure], width: int, height: int, colour: bool
) -> None:
    """However extreme the numbers: no error, and no character that a terminal could obey but colours."""
    text = draw(data.draw(any_figure), width, height, colour=colour)
    assert all(line.isprintable() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n"))
    assert colour or "\x1b" not in text
