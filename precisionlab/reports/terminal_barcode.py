"""Intervals one above the other in characters."""

from collections.abc import Iterator

from precisionlab.analysis.figures import Barcode
from precisionlab.reports.barcode_bars import Bar, barcode_scale, longest, told
from precisionlab.reports.scales import Scale, ticks
from precisionlab.reports.terminal_frame import NOTHING, Frame, axis_line, legend_lines

STROKES = ("━", "═", "╍", "┅", "┉", "─")
"""Groups differ in their stroke, so that they can be told apart without colour."""


def barcode_lines(figure: Barcode, width: int, height: int) -> list[str]:
    """A line for each of the longest intervals, the axis under them, and a legend."""
    x = barcode_scale(figure)
    bars = longest(figure, max(4, height - 4 - len(figure.groups)))
    if x is None or not bars:
        return [NOTHING]
    frame = Frame(x, Scale(0.0, 1.0), 0, max(width - 2, 8), len(bars))
    indices = sorted({bar.group for bar in bars})
    legend = legend_lines(((STROKES[i % len(STROKES)] * 2, told(figure, bars, i)) for i in indices), frame)
    return [
        *(line(bar, frame) for bar in reversed(bars)),
        *ruler(frame),
        axis_line(figure.x, frame),
        *legend,
    ]


def line(bar: Bar, frame: Frame) -> str:
    """One interval; one that lasts ends in an arrow head."""
    first, last = frame.across(frame.x.clamped(bar.start)), frame.across(frame.x.clamped(bar.end))
    stroke = STROKES[bar.group % len(STROKES)] * (last - first + 1)
    return " " * (first + 1) + (f"{stroke[:-1]}▶" if bar.end == float("inf") else stroke)


def ruler(frame: Frame) -> Iterator[str]:
    """The axis with its ticks, and their labels where they fit."""
    marks = ticks(frame.x, max(2, frame.n_columns // 12))
    axis = ["─"] * frame.n_columns
    labels = " " * frame.n_columns
    for mark in marks:
        column = frame.across(mark.place)
        axis[column] = "┬"
        start = min(max(column - len(mark.label) // 2, 0), max(frame.n_columns - len(mark.label), 0))
        if not labels[max(start - 1, 0) : start + len(mark.label) + 1].strip():
            labels = labels[:start] + mark.label + labels[start + len(mark.label) :]
    yield f" {''.join(axis)}"
    yield f" {labels}".rstrip()
