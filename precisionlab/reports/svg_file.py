"""A figure's drawing as a file of its own: on white, with its title, readable without a page's style sheet."""

import re

from precisionlab.errors import ReportError
from precisionlab.escaping import printable
from precisionlab.reports.markup import Markup, element
from precisionlab.reports.svg import Chart, drawn

MARGIN = 20.0
HEAD = 44.0
"""Height of the title's part."""
SIZE = re.compile(r'viewBox="0 0 ([0-9.e+]+) ([0-9.e+]+)"')
OPENING = re.compile(r"^<svg[^>]*>")
SIZES = re.compile(r' (?:width|height)="[^"]*"')
TITLE_SIZE = 15.0
LEAST_TITLE_SIZE = 9.0
LETTER = 0.64
"""Width of a bold letter in sizes of its font, a little more than it takes."""
STYLE = """
svg { color: #1c1e21; font-family: system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; }
.tick, .axis-label { fill: #5c6068; }
.bars, .cell, .window rect, .window path { fill: #2b5c8a; }
.line-0, .group-0 { color: #2b5c8a; }
.line-1, .group-3 { color: #b3201a; }
.line-2, .group-2 { color: #8a5200; }
.name { stroke: #fff; stroke-width: 3px; stroke-linejoin: round; paint-order: stroke; }
"""


def standalone(figure: Chart) -> str:
    """The drawing under its title.

    Raises:
        ReportError: no value can be drawn.
    """
    drawing = drawn(figure)
    size = SIZE.search(drawing) if drawing is not None else None
    if drawing is None or size is None:
        raise ReportError(printable(figure.title), "there is nothing to draw: no finite values", "the CSV has all")
    width, height = float(size[1]), float(size[2])
    title = printable(figure.title)
    title_size = max(LEAST_TITLE_SIZE, min(TITLE_SIZE, width / (LETTER * max(len(title), 1))))
    whole_width = max(width, title_size * LETTER * len(title)) + 2 * MARGIN
    whole_height = height + HEAD + MARGIN
    return element(
        "svg",
        element("style", Markup(STYLE)),
        element("rect", width=whole_width, height=whole_height, fill="#fff"),
        element("text", title, x=MARGIN, y=28, font_size=title_size, font_weight="bold", fill="currentColor"),
        placed(drawing, width, height),
        xmlns="http://www.w3.org/2000/svg",
        width=whole_width,
        height=whole_height,
        viewBox=f"0 0 {whole_width:g} {whole_height:g}",
    )


def placed(drawing: Markup, width: float, height: float) -> Markup:
    """The drawing in its own size under the title, whatever size it asks of a page."""
    place = f'<svg x="{MARGIN:g}" y="{HEAD:g}" width="{width:g}" height="{height:g}"'
    return Markup(OPENING.sub(lambda opening: SIZES.sub("", opening[0]).replace("<svg", place, 1), drawing, count=1))
