"""Heat maps as Vega-Lite charts: what rows and columns are called are values of parameters, by place."""

from collections.abc import Sequence

from precisionlab.analysis.figures import Heatmap
from precisionlab.reports.names import shortened, shortened_names
from precisionlab.reports.quantities import axis_header, shown_name, with_unit
from precisionlab.reports.shading import first_rows, number, shading
from precisionlab.reports.svg_frame import text_width
from precisionlab.reports.svg_heatmap import (
    COLUMNS_SHOWN,
    FAINTEST,
    NAME_LIMIT,
    ROWS_SHOWN,
    STRONGEST,
    Texts,
)
from precisionlab.reports.vega_parts import Hover, VegaChart, rounded, specification

MOST_LETTERED = 2_000
"""Cells that hold their numbers; those of more say them under the pointer."""
SHADE = f"datum.b < 0 ? 0 : {FAINTEST} + {round(STRONGEST - FAINTEST, 3)} * datum.b"
HEADER_LIMIT = 36
"""Characters of a column's header."""
SLANTED_ROOM = 28
"""For the end of the last slanted header, which Vega takes for a little shorter than it is."""
ROOM = 620.0
"""Width that all headers together may take where they lie."""


def heatmap(figure: Heatmap, texts: Texts | None = None) -> VegaChart | None:
    """A cell for each row and column; None where there are none. `texts` stand in the cells instead of the numbers."""
    rows = first_rows(figure, ROWS_SHOWN)
    columns = figure.columns[:COLUMNS_SHOWN]
    if not (rows and columns):
        return None
    shades = shading(figure)
    cells = [(i, j, values[j]) for i, (_, values) in enumerate(rows) for j in range(len(columns))]
    badness = [shades.badness(value) for _, _, value in cells]
    lettered = len(cells) <= MOST_LETTERED
    written = [texts[i][j] if texts else number(value, figure.unit) for i, j, value in cells]
    told = written if texts else [with_unit(value, figure.unit) for _, _, value in cells]
    headers = [shortened(shown_name(column), HEADER_LIMIT) for column in columns]
    values = {
        "rows": [shown_name(name) for name, _ in rows],
        "short": shortened_names([name for name, _ in rows], NAME_LIMIT),
        "columns": [shown_name(column) for column in columns],
        "headers": headers,
    }
    table: dict[str, Sequence[object]] = {
        "i": [cell[0] for cell in cells],
        "j": [cell[1] for cell in cells],
        "b": [-1 if bad is None else rounded(round(bad, 3)) for bad in badness],
        "n": told,
        **({"t": written} if lettered and written != told else {}),
    }
    hover = (Hover("", "i", "", "rows"), Hover("", "j", "", "columns"), Hover("", "n"))
    letters = ("t" if "t" in table else "n") if lettered else ""
    names, texts_width, headers_width = (max(map(text_width, group)) for group in (values["short"], written, headers))
    slanted = max(headers_width, texts_width) * len(columns) > ROOM
    needed = max(texts_width if lettered else 4, 12 if slanted else headers_width) + 6
    least = round(names + needed * len(columns) + (0.7 * headers_width if slanted else 0))
    spec = specified(figure, len(rows), letters, slanted=slanted)
    return VegaChart(spec, values, {"cells": table}, hover, least_width=least)


def specified(figure: Heatmap, n_rows: int, letters: str, *, slanted: bool) -> dict[str, object]:
    """Cells, and their numbers where a field for these is named."""
    top = {"orient": "top", "labelExpr": "headers[datum.value]", "title": axis_header(figure.x) or None}
    turned = {"labelAngle": -45, "labelAlign": "left"} if slanted else {"labelAngle": 0}
    left = {"labelExpr": "short[datum.value]", "title": None, "labelLimit": 300, "labelOverlap": True}
    bands = {"paddingInner": 0.04 if n_rows <= 64 else 0, "paddingOuter": 0}
    encoding = {
        "x": {"field": "j", "type": "ordinal", "axis": {**top, **turned, "labelLimit": 220}, "scale": bands},
        "y": {"field": "i", "type": "ordinal", "axis": left, "scale": bands},
    }
    mark = {"type": "rect", "color": {"expr": "accent"}, "opacity": {"expr": SHADE}, "tooltip": {"content": "data"}}
    layers: list[dict[str, object]] = [{"mark": mark}]
    if letters:
        text = {"type": "text", "color": {"expr": "ink"}, "tooltip": {"content": "data"}}
        layers.append({"mark": text, "encoding": {"text": {"field": letters, "type": "nominal"}}})
    step = 18 if n_rows <= 64 else max(3, 1_080 // n_rows)
    params = ("rows", "short", "columns", "headers")
    beyond = {"padding": {"left": 5, "top": 5, "bottom": 5, "right": SLANTED_ROOM}} if slanted else {}
    return {
        **beyond,
        **specification(*layers, height=step * n_rows, params=params),
        "data": {"name": "cells"},
        "encoding": encoding,
    }
