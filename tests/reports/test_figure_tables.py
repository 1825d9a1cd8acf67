"""Figures as tables: every number with all its digits, and read back by Python's own csv module."""

import csv
import io
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Bars,
    Column,
    Figure,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
    Window,
)
from precisionlab.analysis.results import Measurement, Result, metric
from precisionlab.reports.figure_tables import comma_separated, measurements_of, tab_separated, table_of

X, Y = Axis("exponent", "2^e"), Axis("elements", "elements", logarithmic=True)
THIRD = 1 / 3

BARS = Bars("bars", X, Y, -3.0, 0.5, (1.0, 0.0, 7.0), (Window("fp16", -24, -14, 16),))
LINES = Lines("lines", X, Y, (Series("a", (0.0, 1.0), (THIRD, math.nan)), Series("b", (5.0,), (1e-300,))))
NAMED = Scatter("points", X, Y, (PointGroup("p", (1.0,), (2.0,), ("w",)), PointGroup("q", (3.0,), (4.0,))))
BARE = Scatter("points", X, Y, (PointGroup("p", (1.0, 2.0), (3.0, 4.0)),))
HEAT = Heatmap(
    "heat",
    Axis("format"),
    Axis("layer"),
    ("fp8", "fp4"),
    ("l0", "l1"),
    ((1.5, THIRD), (math.nan, -0.0)),
    "dB",
    low_is_bad=True,
)
CODE = Barcode("code", Axis("scale"), (BarGroup("H0", (0.0, 0.25), (math.inf, 0.5)), BarGroup("H1", (), ())))

EXPECTED: list[tuple[Figure, list[list[str]]]] = [
    (
        BARS,
        [
            ["exponent from (2^e)", "exponent to (2^e)", "elements"],
            ["-3.0", "-2.5", "1.0"],
            ["-2.5", "-2.0", "0.0"],
            ["-2.0", "-1.5", "7.0"],
        ],
    ),
    (
        LINES,
        [
            ["line", "exponent (2^e)", "elements"],
            ["a", "0.0", "0.3333333333333333"],
            ["a", "1.0", "nan"],
            ["b", "5.0", "1e-300"],
        ],
    ),
    (
        NAMED,
        [["group", "name", "exponent (2^e)", "elements"], ["p", "w", "1.0", "2.0"], ["q", "", "3.0", "4.0"]],
    ),
    (BARE, [["group", "exponent (2^e)", "elements"], ["p", "1.0", "3.0"], ["p", "2.0", "4.0"]]),
    (HEAT, [["layer", "fp8 (dB)", "fp4 (dB)"], ["l0", "1.5", "0.3333333333333333"], ["l1", "nan", "-0.0"]]),
    (CODE, [["group", "scale from", "scale to"], ["H0", "0.0", "inf"], ["H0", "0.25", "0.5"]]),
    (
        Table("t", (Column("name"), Column("part", "share"), Column("ok")), (("a, b", 0.1, True), ('"', 2**70, False))),
        [["name", "part (share)", "ok"], ["a, b", "0.1", "true"], ['"', str(2**70), "false"]],
    ),
]


@pytest.mark.parametrize(("render", "delimiter"), [(comma_separated, ","), (tab_separated, "\t")])
@pytest.mark.parametrize(("figure", "rows"), EXPECTED, ids=["bars", "lines", "named", "bare", "heat", "code", "table"])
def test_every_kind_of_figure_is_read_back(
    figure: Figure, rows: list[list[str]], render: Callable[[Table], str], delimiter: str
) -> None:
    """Header and cells are those of the figure, whatever stands in them."""
    assert list(csv.reader(io.StringIO(render(table_of(figure))), delimiter=delimiter)) == rows


@given(st.lists(st.one_of(st.floats(), st.integers(), st.booleans()), min_size=1))
def test_no_digit_is_lost(values: list[float | int | bool]) -> None:
    """A float read back is the same number to the last bit, and so is an integer of any size."""
    table = Table("t", (Column("x"),), tuple((value,) for value in values))
    _, *rows = csv.reader(io.StringIO(comma_separated(table)))
    for value, (text,) in zip(values, rows, strict=True):
        if isinstance(value, bool):
            assert text == str(value).lower()
        elif isinstance(value, int):
            assert int(text) == value
        else:
            assert math.isnan(value) == math.isnan(float(text))
            assert math.isnan(value) or (value, math.copysign(1, value)) == (float(text), math.copysign(1, float(text)))


@given(st.text())
def test_texts_stay_on_their_line_and_are_no_formulas(text: str) -> None:
    """Two lines for one row; names with controls, quotes, delimiters or formulas make one harmless cell."""
    table = Table("t", (Column(text), Column("y")), ((text, 1.0),))
    for render, delimiter in ((comma_separated, ","), (tab_separated, "\t")):
        written = render(table)
        assert written.count("\n") == 2
        assert written.replace("\n", "").replace("\t", "").isprintable()
        head, row = csv.reader(io.StringIO(written), delimiter=delimiter)
        assert len(head) == len(row) == 2
        assert not row[0].startswith(("=", "@")) or len(row[0]) == 1


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|x", "-2+3"])
def test_formulas_are_marked_as_text(text: str) -> None:
    """With the apostrophe that spreadsheets know; a text that is a number stays as it is."""
    table = Table("t", (Column("x"),), ((text,), ("-3.5",), ("+0.2",), ("-inf",), ("-",)))
    assert comma_separated(table).splitlines() == ["x", f"'{text}", "-3.5", "+0.2", "-inf", "-"]


def test_measurements_have_all_digits_and_units() -> None:
    """The shown table rounds; this one does not."""
    result = Result(
        "range", "w", measurements=(Measurement(metric("mean", ""), THIRD), Measurement(metric("n", "elements"), 7))
    )
    rows = list(csv.reader(io.StringIO(tab_separated(measurements_of(result))), delimiter="\t"))
    assert rows == [["measurement", "value", "unit"], ["mean", repr(THIRD), ""], ["n", "7", "elements"]]
