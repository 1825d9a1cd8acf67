"""Tables in narrow windows."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from precisionlab.analysis.figures import Cell, Column, Table
from precisionlab.reports.quantities import cell
from precisionlab.reports.terminal_charts import draw

NAME = "model.layers.0.self_attn.q_proj.weight"
WIDE = Table(
    "Bits of 2 bfloat16 tensors, and the relative change when one flips",
    (
        Column("tensor"),
        Column("least median"),
        Column("largest median"),
        Column("worst"),
        Column("to inf/NaN", "share"),
    ),
    ((NAME, 1.0, 2.913e43, -3.4e38, 0.0758), ("half", 0.005525, 0.01111, 7.8e-3, 1.0)),
)


def lines_of(table: Table, width: int) -> list[str]:
    """The table, without colour."""
    return draw(table, width, 40, colour=False).splitlines()


def test_what_fits_is_one_line_a_row() -> None:
    """Title, header, and the rows as they are."""
    title, header, *rows = lines_of(WIDE, 120)
    assert title == WIDE.title
    assert re.split(" {2,}", header) == [column.label for column in WIDE.columns]
    assert rows[0].split() == [NAME, "1", "2.913e43", "-3.4e38", "7.58", "%"]
    assert len(rows) == 2


def test_long_texts_and_headers_are_folded_first() -> None:
    """All columns stay; names go on over several lines, in full."""
    lines = lines_of(WIDE, 65)
    assert lines[2].split() == ["largest"]
    assert lines[3].split()[-5:] == ["median", "median", "worst", "to", "inf/NaN"]
    assert "2.913e43" in "\n".join(lines)
    assert "".join(line.split("  ")[0] for line in lines[4:-1]) == NAME
    assert not [line for line in lines if "left out" in line]


def test_columns_without_room_are_named() -> None:
    """From the right, whole, in a line under the table."""
    lines = lines_of(WIDE, 50)
    assert lines[-1] == "left out for lack of width: to inf/NaN"
    assert "2.913e43" in "\n".join(lines)
    assert max(map(len, lines)) <= 50


def test_a_first_column_without_room_is_folded() -> None:
    """Its numbers keep all their digits."""
    table = Table("t", (Column("count"), Column("other")), ((10**40, 1),))
    lines = lines_of(table, 35)
    assert re.sub(r"[^0-9]", "", "".join(lines)) == str(10**40)
    assert lines[-1] == "left out for lack of width: other"


def test_titles_wrap() -> None:
    """A title is never cut, in any width."""
    lines = lines_of(WIDE, 30)
    assert " ".join(line.strip() for line in lines[:3]) == WIDE.title
    assert max(map(len, lines)) <= 30


@st.composite
def numbers(draw_: st.DrawFn) -> Table:
    """A table of numbers beside a name."""
    n = draw_(st.integers(1, 8))
    one = st.floats() | st.integers(-(10**12), 10**12) | st.booleans()
    rows = draw_(st.lists(st.tuples(st.just(NAME), *[one] * n), min_size=1, max_size=4))
    return Table("t", (Column("tensor"), *(Column(f"number {i}") for i in range(n))), tuple(rows))


@settings(max_examples=150, deadline=None)
@given(table=numbers(), width=st.integers(40, 120))
def test_no_number_is_ever_cut(table: Table, width: int) -> None:
    """Every column is whole, or named as left out; no line is too wide."""
    lines = lines_of(table, width)
    text = "\n".join(lines)
    assert "…" not in text
    assert max(map(cell_len, lines)) <= width
    named = text.split("left out for lack of width: ")
    n_shown = len(table.columns) - (named[1].replace("\n", " ").count("number") if len(named) > 1 else 0)
    words = set(named[0].split())
    shown: list[tuple[Cell, Column]] = [
        pair for row in table.rows for pair in zip(row[1:n_shown], table.columns[1:n_shown], strict=True)
    ]
    assert all(cell(value, column) in words for value, column in shown)


@pytest.mark.parametrize("width", [60, 80])
def test_short_texts_stay_whole(width: int) -> None:
    """Dtypes and codes are not broken in two."""
    table = Table("t", (Column("tensor"), Column("rules")), ((NAME * 2, "PL001 PL020 PL030"),))
    assert any(line.endswith("PL001 PL020 PL030") for line in lines_of(table, width))
