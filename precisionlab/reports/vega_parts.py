"""What Vega-Lite charts are put together from: axes, scales, tables of data, and what is said under the pointer.

No text of a report is ever a field's name or part of an expression: fields have fixed names, and
texts are axis titles, data or values of parameters, which Vega draws as they are.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from precisionlab.analysis.figures import Axis
from precisionlab.escaping import printable
from precisionlab.reports.json_encoding import Json
from precisionlab.reports.quantities import axis_header
from precisionlab.reports.scales import Scale

HEIGHT = 240
DIGITS = 6
"""Significant digits of a number in the page; the JSON report has all of them."""
LABEL_LIMIT = 80
VISIBLE = "indexof(hidden, datum.s) < 0"
"""What the legend has not turned off; `s` is the place of a row's series."""
COLOUR = {"expr": "colours[datum.s % 6]"}
"""A series' colour: the page sets `colours`, `ink` and `accent`, in light and in dark."""

Columns = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Hover:
    """A line of what is said under the pointer."""

    label: str
    field: str
    unit: str = ""
    among: str = ""
    """The parameter that holds the texts of which the field is the place; empty where the field itself is shown."""


@dataclass(frozen=True, slots=True)
class VegaChart:
    """A chart for Vega-Lite, in parts: figures that are alike share one specification."""

    spec: Json
    """Without data and without the values of its parameters."""
    values: Json
    """Of its parameters: the ends of its axes, texts."""
    tables: Mapping[str, Columns]
    """Its data, column by column."""
    hover: tuple[Hover, ...]
    legend: tuple[str, ...] = ()
    """Labels of the series, in their order; empty where there is but one."""
    styles: str = ""
    """How the legend shows a series: `line`, `point` or `bar`."""
    least_width: int = 0
    """Pixels without which texts would cover each other; narrower places scroll."""

    @property
    def record(self) -> Json:
        """All but the specification, for the page."""
        return {
            "values": self.values,
            "tables": self.tables,
            "hover": [[one.label, one.field, one.unit, one.among] for one in self.hover],
            "legend": self.legend,
            "styles": self.styles,
            "least": self.least_width,
        }


def axis(of: Axis, **settings: object) -> Json:
    """An axis with its label."""
    format_ = {"format": "~g"} if of.logarithmic else {}
    return {"title": axis_header(of) or None, **format_, "labelOverlap": True, **settings}


def scale(of: Axis, which: str) -> Json:
    """A scale between two parameters, e.g. `x0` and `x1`."""
    kind: Json = {"type": "log"} if of.logarithmic else {"type": "linear", "zero": False}
    return {**kind, "domainMin": {"expr": f"{which}0"}, "domainMax": {"expr": f"{which}1"}, "nice": False}


def place(of: Axis, which: str, name: str, **settings: object) -> Json:
    """The encoding of a position by a field."""
    return {"field": name, "type": "quantitative", "scale": scale(of, which), "axis": axis(of, **settings)}


def ends(of: Scale, which: str) -> dict[str, object]:
    """The parameters of a scale."""
    low, high = of.value(0.0), of.value(1.0)
    return {f"{which}0": rounded(low), f"{which}1": rounded(high)}


def rounded(value: float) -> float:
    """A finite number to six digits, as close to an infinite one as floats come."""
    short = float(f"{value:.{DIGITS}g}")
    return short if math.isfinite(short) else math.copysign(sys.float_info.max, value)


def numbers(values: Iterable[float]) -> list[float]:
    """Numbers to six digits; whole ones without a point."""
    return [int(short) if (short := rounded(value)).is_integer() and abs(short) < 1e15 else short for value in values]


def specification(*layers: Json, height: object = HEIGHT, params: Iterable[str] = (), **more: object) -> Json:
    """A specification as wide as its place, whose parameters get their values later."""
    return {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "params": [{"name": name, "value": None} for name in ("hidden", "colours", "ink", "accent", "dashes", *params)],
        "layer": layers,
        **more,
    }


def zooming() -> list[Json]:
    """Dragging moves, the wheel with a key zooms, so that a page still scrolls; a double click shows all."""
    wheel = "wheel![event.ctrlKey || event.metaKey]"
    return [{"name": "zoom", "select": {"type": "interval", "zoom": wheel}, "bind": "scales"}]


def shown(label: str) -> str:
    """A label of a series."""
    return printable(label, LABEL_LIMIT)
