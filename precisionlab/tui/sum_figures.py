"""Errors of running sums as lines, and what a chart of them shows up to a cursor."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import inf, log10, nan
from typing import TYPE_CHECKING, Final

from rich.text import Text

from precisionlab.analysis.figures import MOST_LINES, Axis, Lines, Series
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Number
from precisionlab.reports.scales import Scale, lines_scales
from precisionlab.reports.terminal_charts import places
from precisionlab.reports.terminal_frame import MARKERS, Curve, Frame, chart, framed
from precisionlab.tui.sum_courses import Course

if TYPE_CHECKING:
    from precisionlab.summation.comparing import Outcome

MOST_METHODS: Final = MOST_LINES
LEAST_ULPS: Final = 0.01
"""Errors below this, and none at all, stand at the bottom of the chart."""
FEW: Final = 10
"""Terms up to which the axis is even in any case."""
RULER_ROWS: Final = 2
"""Below the cells: the axis and its ticks."""
EMPTY_CELLS: Final = " \u2800"


class Measure(Enum):
    """How errors are told."""

    ULPS = "ulps"
    RELATIVE = "relative"
    DIGITS = "digits"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn chart, and where on it a number of terms stands."""

    lines: tuple[Text, ...]
    frame: Frame

    def column_of(self, place: int) -> int:
        """The column of the cell over a number of terms, counted from the left of the picture."""
        return self.frame.margin + 1 + self.frame.across(self.frame.x.clamped(place))

    def place_at(self, column: int) -> int:
        """The number of terms in the middle of such a column."""
        share = (column - self.frame.margin - 0.5) / self.frame.n_columns
        return round(self.frame.x.value(min(max(share, 0.0), 1.0)))

    def shown(self, column: int, *, is_growing: bool) -> Text:
        """The chart with the cursor in a column; of one that still grows, nothing to the right of it."""
        cells, ruler = self.lines[: self.frame.rows], self.lines[self.frame.rows :]
        return Text("\n").join([*(with_cursor(line, column, is_growing) for line in cells), *ruler])


def error_lines(course: Course, measure: Measure, *, is_logarithmic: bool) -> Lines:
    """The error of each method's running sum."""
    format_ = course.question.format
    xs = tuple(map(float, course.places))
    series = tuple(
        Series(track[0].method.name, xs, tuple(measured(one, measure, format_) for one in track))
        for track in course.tracks
    )
    y = Axis(measure.value, logarithmic=measure is not Measure.DIGITS)
    x = Axis("terms", logarithmic=is_logarithmic and course.n > FEW)
    return Lines(title_of(measure, format_), x, y, series)


def title_of(measure: Measure, format_: FloatFormat) -> str:
    """What the vertical axis shows."""
    match measure:
        case Measure.ULPS:
            return f"error of the running sum in ulps of {format_.name}"
        case Measure.RELATIVE:
            return "relative error of the running sum"
        case Measure.DIGITS:
            return f"right digits of the running sum, of {format_.precision * log10(2):.1f}"


def measured(one: "Outcome", measure: Measure, format_: FloatFormat) -> float:
    """A partial sum's error; NaN where there is none, or no end of it."""
    match measure:
        case Measure.ULPS:
            return at_least(one.deviation.error_in_ulps, LEAST_ULPS)
        case Measure.RELATIVE:
            return at_least(one.deviation.relative_error, LEAST_ULPS * 2.0**-format_.precision)
        case Measure.DIGITS:
            return nan if one.right_digits is None else one.right_digits


def at_least(error: Number | None, least: float) -> float:
    """An error's magnitude on a chart whose lowest line stands for all that is less."""
    if not isinstance(error, Fraction):
        return nan
    try:
        return max(least, float(abs(error)))
    except OverflowError:
        return inf


def picture(lines: Lines, width: int, height: int, *, colour: bool) -> Picture | None:
    """The lines in a chart of that size, its ruler included; None where there is nothing to draw."""
    scales = lines_scales(lines)
    if scales is None:
        return None
    frame = framed(scale_of_terms(lines), scales[1], width, height - RULER_ROWS, [])
    drawn = [Text.from_ansi(line) for line in chart(frame, curves_of(lines, frame))]
    return Picture(tuple(line if colour else Text(line.plain) for line in drawn), frame)


def scale_of_terms(lines: Lines) -> Scale:
    """From the first to the last number of terms, whether there are errors or not."""
    first, last = lines.series[0].xs[0], lines.series[0].xs[-1]
    if lines.x.logarithmic:
        return Scale(log10(first), log10(last), logarithmic=True)
    return Scale(first, max(last, first + 1))


def curves_of(lines: Lines, frame: Frame) -> Iterator[Curve]:
    """Every uninterrupted part of every line, with the marker of the line."""
    for style, series in enumerate(lines.series):
        for run in places(series, lines, frame):
            yield Curve(run, style, MARKERS[style % len(MARKERS)])


def with_cursor(line: Text, column: int, is_growing: bool) -> Text:
    """A line of cells with the cursor over it."""
    line = line.copy()
    line.pad_right(max(0, column + 1 - line.cell_len))
    left, cell, right = line[:column], line[column], line[column + 1 :]
    mark = Text("│", "dim") if cell.plain in EMPTY_CELLS else Text(cell.plain, "reverse")
    return Text.assemble(left, mark) if is_growing else Text.assemble(left, mark, right)
