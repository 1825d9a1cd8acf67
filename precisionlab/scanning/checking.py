"""Whether an analyzer's answer is one that a report can hold: analyzers may be anybody's."""

from collections.abc import Callable, Mapping

from precisionlab.analysis.figures import (
    Axis,
    Barcode,
    BarGroup,
    Bars,
    Column,
    Heatmap,
    Lines,
    PointGroup,
    Scatter,
    Series,
    Table,
    Window,
)
from precisionlab.analysis.results import Finding, Measurement, Metric, Result, Status
from precisionlab.analysis.rules import Severity
from precisionlab.errors import AnalyzerError
from precisionlab.escaping import printable


class Checker:
    """Checks the answers of one scan. A metric that measurements of many tensors share is looked at once."""

    def __init__(self) -> None:
        self._sound_metrics: dict[int, Metric] = {}
        self._parts: Mapping[str, Callable[[object], bool]] = {
            "measurements": self._is_measurement,
            "findings": is_finding,
            "figures": is_figure,
        }

    def checked(self, answer: object, analyzer: str, subject: str | None) -> Result:
        """The answer, known to be the analyzer's result about the subject.

        Raises:
            AnalyzerError: it is something else, or holds what no report can.
        """
        if not isinstance(answer, Result):
            raise AnalyzerError("", f"the analyzer returned {kind(answer)}, not a Result")
        if (answer.analyzer, answer.subject) != (analyzer, subject):
            raise AnalyzerError("", f"the analyzer returned a result of {claim(answer)}")
        if not (isinstance(answer.status, Status) and is_text(answer.reason)):
            raise AnalyzerError("", "the analyzer's result has no status of the known ones, or no text for a reason")
        for name, is_sound in self._parts.items():
            part = getattr(answer, name)
            if not every(part, is_sound):
                raise AnalyzerError("", f"the {name} of the analyzer's result are {fault(part, is_sound)}")
        return answer

    def _is_measurement(self, value: object) -> bool:
        return isinstance(value, Measurement) and is_scalar(value.value) and self._is_metric(value.metric)

    def _is_metric(self, value: object) -> bool:
        if id(value) in self._sound_metrics:
            return True
        if isinstance(value, Metric) and is_metric(value):
            self._sound_metrics[id(value)] = value  # which keeps its id from being another's
            return True
        return False


def claim(answer: Result) -> str:
    """Whose result about what this says to be."""
    about = "the checkpoint" if answer.subject is None else printable(str(answer.subject), 60)
    return f"{printable(str(answer.analyzer), 60)} about {about}"


def kind(value: object) -> str:
    """What the value is, in words."""
    return "None" if value is None else f"a value of type {printable(type(value).__name__, 60)}"


def fault(part: object, is_sound: Callable[[object], bool]) -> str:
    """What is wrong with a part of a result."""
    if not isinstance(part, tuple):
        return f"{kind(part)}, not a tuple"
    index = next(i for i, entry in enumerate(part) if not is_sound(entry))
    return f"not what a report can hold: entry {index} is {printable(repr(part[index]), 120)}"


def every(values: object, is_sound: Callable[[object], bool]) -> bool:
    """Whether the values are a tuple of nothing but sound ones."""
    return isinstance(values, tuple) and all(map(is_sound, values))


def is_text(value: object) -> bool:
    """A text."""
    return isinstance(value, str)


def is_number(value: object) -> bool:
    """A number of Python's, or one that derives from it, as numpy's float64 does."""
    return isinstance(value, int | float)


def is_scalar(value: object) -> bool:
    """What a measurement, an evidence entry and a table cell can hold."""
    return isinstance(value, int | float | str)


def maps_texts(value: object, is_sound: Callable[[object], bool]) -> bool:
    """A mapping from texts to sound values."""
    return isinstance(value, Mapping) and all(map(is_text, value)) and all(map(is_sound, value.values()))


def is_metric(value: Metric) -> bool:
    """Texts throughout."""
    return is_text(value.name) and is_text(value.unit) and maps_texts(value.labels, is_text)


def is_finding(value: object) -> bool:
    """A finding with all that belongs to it."""
    return (
        isinstance(value, Finding)
        and isinstance(value.severity, Severity)
        and all(map(is_text, (value.code, value.message, value.remedy)))
        and (value.subject is None or is_text(value.subject))
        and maps_texts(value.evidence, is_scalar)
    )


def is_figure(value: object) -> bool:
    """A figure of any kind."""
    return any(is_kind(value) for is_kind in (is_table, is_bars, is_lines, is_scatter, is_heatmap, is_barcode))


def is_table(value: object) -> bool:
    """A table whose rows are as long as its header."""
    return (
        isinstance(value, Table)
        and is_text(value.title)
        and every(value.columns, is_column)
        and every(value.rows, lambda row: every(row, is_scalar) and len(row) == len(value.columns))  # type: ignore[arg-type]
    )


def is_column(value: object) -> bool:
    """A column of a table."""
    return isinstance(value, Column) and is_text(value.label) and is_text(value.unit)


def is_bars(value: object) -> bool:
    """A bar chart."""
    return (
        isinstance(value, Bars)
        and is_text(value.title)
        and is_axis(value.x)
        and is_axis(value.y)
        and is_number(value.first)
        and is_number(value.width)
        and every(value.heights, is_number)
        and every(value.windows, is_window)
    )


def is_axis(value: object) -> bool:
    """An axis of a chart."""
    return (
        isinstance(value, Axis) and is_text(value.label) and is_text(value.unit) and isinstance(value.logarithmic, bool)
    )


def is_window(value: object) -> bool:
    """A window under a bar chart."""
    return (
        isinstance(value, Window)
        and is_text(value.label)
        and all(map(is_number, (value.fade_from, value.start, value.stop)))
    )


def is_lines(value: object) -> bool:
    """A chart of lines."""
    return (
        isinstance(value, Lines)
        and is_text(value.title)
        and is_axis(value.x)
        and is_axis(value.y)
        and every(value.series, is_series)
    )


def is_series(value: object) -> bool:
    """A line with as many ys as xs."""
    return (
        isinstance(value, Series)
        and is_text(value.label)
        and every(value.xs, is_number)
        and every(value.ys, is_number)
        and len(value.xs) == len(value.ys)
    )


def is_scatter(value: object) -> bool:
    """A chart of points."""
    return (
        isinstance(value, Scatter)
        and is_text(value.title)
        and is_axis(value.x)
        and is_axis(value.y)
        and every(value.groups, is_point_group)
    )


def is_point_group(value: object) -> bool:
    """Points with as many ys as xs, and as many names where there are any."""
    return (
        isinstance(value, PointGroup)
        and is_text(value.label)
        and every(value.xs, is_number)
        and every(value.ys, is_number)
        and len(value.xs) == len(value.ys)
        and every(value.names, is_text)
        and len(value.names) in {0, len(value.xs)}
        and isinstance(value.is_joined, bool)
    )


def is_barcode(value: object) -> bool:
    """Intervals of one axis."""
    return (
        isinstance(value, Barcode) and is_text(value.title) and is_axis(value.x) and every(value.groups, is_bar_group)
    )


def is_bar_group(value: object) -> bool:
    """Intervals with as many ends as starts."""
    return (
        isinstance(value, BarGroup)
        and is_text(value.label)
        and every(value.starts, is_number)
        and every(value.ends, is_number)
        and len(value.starts) == len(value.ends)
    )


def is_heatmap(value: object) -> bool:
    """A heat map with a value for each row and column."""
    return (
        isinstance(value, Heatmap)
        and is_text(value.title)
        and is_axis(value.x)
        and is_axis(value.y)
        and every(value.columns, is_text)
        and every(value.rows, is_text)
        and every(value.values, lambda row: every(row, is_number) and len(row) == len(value.columns))  # type: ignore[arg-type]
        and len(value.values) == len(value.rows)
        and is_text(value.unit)
        and isinstance(value.low_is_bad, bool)
    )
