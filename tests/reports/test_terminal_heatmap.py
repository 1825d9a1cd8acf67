"""Heat maps in characters."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from precisionlab.analysis.figures import Axis, Heatmap
from precisionlab.reports.terminal_charts import draw

ROWS = tuple(f"model.layers.{i}.self_attn.q_proj.weight" for i in range(12))
COLUMNS = ("fp8_e4m3fn", "int8_channel", "nvfp4", "q4_k")
VALUES = tuple((31.0 + i / 4, 42.5 - i, math.nan if i == 3 else 20.25, 10.0 + i) for i in range(12))
MAP = Heatmap("SQNR", Axis("format"), Axis("tensor"), COLUMNS, ROWS, VALUES, "dB", low_is_bad=True)


def cells(line: str) -> list[tuple[str, str]]:
    """Shades and numbers of a row, in their order."""
    return re.findall(r"([░▒▓█]?) +([-\d.]+|inf|\N{EN DASH})(?= |$)", line)


def test_a_row_is_a_line() -> None:
    """With its name, and each number to three digits behind its shade; a dash where nothing is known."""
    lines = draw(MAP, 100, 40, colour=False).splitlines()
    rows = [line for line in lines if line.startswith("model.")]
    assert [line.split()[0] for line in rows] == list(ROWS)
    for line, values in zip(rows, VALUES, strict=True):
        expected = ["\N{EN DASH}" if math.isnan(value) else f"{value:.1f}" for value in values]
        assert [number for _, number in cells(line)] == expected
    assert cells(rows[3])[2] == ("", "\N{EN DASH}")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=6, unique=True), st.booleans())
def test_shades_are_quarters_of_the_range(values: list[float], low_is_bad: bool) -> None:
    """From ░ for the best quarter to █ for the worst."""
    low, high = min(values), max(values)
    if high - low < 1e-3:
        return
    columns = tuple(f"c{i}" for i in range(len(values)))
    figure = replace(MAP, columns=columns, rows=("r",), values=(tuple(values),), low_is_bad=low_is_bad)
    row = next(line for line in draw(figure, 200, 20, colour=False).splitlines() if line.startswith("r"))
    for shade, value in zip(re.findall("[░▒▓█]", row), values, strict=True):
        share = (high - value) / (high - low) if low_is_bad else (value - low) / (high - low)
        quarter = "░▒▓█".index(shade)
        assert quarter / 4 - 1e-6 <= share <= (quarter + 1) / 4 + 1e-6


def test_the_shades_are_explained() -> None:
    """Best and worst with their unit."""
    assert draw(MAP, 100, 40, colour=False).splitlines()[-1] == "░▒▓█ best 42.5 dB, worst 10 dB"


def test_names_keep_what_tells_them_apart() -> None:
    """In little room the parts that all share go first; every number stays whole."""
    lines = draw(MAP, 50, 40, colour=False).splitlines()
    assert max(map(cell_len, lines)) <= 50
    rows = [line for line in lines if line.startswith("…")]
    assert [line.split()[0] for line in rows] == [f"…{i}…" for i in range(12)]
    assert [len(cells(line)) for line in rows] == [4] * 12


def test_columns_without_room_are_named() -> None:
    """From the right, whole, in a line under the rows."""
    lines = draw(MAP, 40, 40, colour=False).splitlines()
    assert lines[-1] == "left out for lack of width: nvfp4, q4_k"
    assert max(map(cell_len, lines)) <= 40


def test_headers_are_folded_where_their_parts_end() -> None:
    """A format's name is broken after an underscore, not within its words."""
    lines = draw(MAP, 100, 40, colour=False).splitlines()
    assert lines[1].split() == ["fp8_", "int8_"]
    assert lines[2].split() == ["tensor", "e4m3fn", "channel", "nvfp4", "q4_k"]


def test_a_hundred_thousand_rows_are_counted() -> None:
    """The first ones that fit are shown, the others counted."""
    n_rows = 100_000
    figure = replace(MAP, rows=tuple(f"layer.{i}" for i in range(n_rows)), values=VALUES[:1] * n_rows)
    lines = draw(figure, 80, 25, colour=False).splitlines()
    assert sum("layer." in line or line.startswith("…") for line in lines) == 20
    assert lines[-1] == "and 99,980 more rows"
    assert len(lines) <= 25


def test_colour_is_ansi_and_nothing_else() -> None:
    """Only colour escapes are added, and only where asked for."""
    coloured = draw(MAP, 90, 20, colour=True)
    assert re.findall("\x1b[^m]*m", coloured)
    stripped = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()]
    assert stripped == draw(MAP, 90, 20, colour=False).splitlines()


def test_nothing_to_draw_is_said() -> None:
    """Without rows, and without columns."""
    assert "nothing to draw" in draw(replace(MAP, rows=(), values=()), 80, 20, colour=False)
    assert "nothing to draw" in draw(replace(MAP, columns=()), 80, 20, colour=False)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.text(max_size=40), min_size=1, max_size=4), width=st.integers(30, 120))
def test_any_name_is_one_line(names: list[str], width: int) -> None:
    """However long or wide, a row takes one line of the width."""
    figure = replace(MAP, rows=tuple(names), values=((1.0,) * 4,) * len(names))
    lines = draw(figure, width, 40, colour=False).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert len([line for line in lines if re.search("[░▒▓█] 1.00", line)]) == len(names)


@pytest.mark.parametrize(
    "columns", [("x" * 300,), ("\u91cd" * 40,), ("",), ("a b",)], ids=["long", "wide", "empty", "words"]
)
def test_any_header_fits(columns: tuple[str, ...]) -> None:
    """Its column stays narrow, the header folded."""
    lines = draw(replace(MAP, columns=columns, values=((1.0,),) * 12), 80, 40, colour=False).splitlines()
    assert max(map(cell_len, lines)) <= 60
