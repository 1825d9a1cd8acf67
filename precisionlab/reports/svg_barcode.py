"""Intervals one above the other as SVG."""

import math
from collections.abc import Iterator

from precisionlab.analysis.figures import Barcode
from precisionlab.reports.barcode_bars import Bar, barcode_scale, longest, told
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.quantities import counted, significant
from precisionlab.reports.scales import Scale
from precisionlab.reports.svg_frame import RIGHT, ROW, WIDTH, Area, chart, floor, label

MOST_BARS = 150
"""That are drawn; of more, the longest."""
PITCH = 3.0
"""From a bar to the next."""
THICK = 2.0
LEAST_HEIGHT = 60.0
LEFT = 24.0
OPACITIES = (1.0, 0.65, 0.4)
"""Groups differ in shade, and stand one above the other, so that they can be told apart without colour."""


def barcode(figure: Barcode) -> Markup | None:
    """A bar for every interval, the first one at the bottom; one that lasts ends in an arrow head."""
    x, bars = barcode_scale(figure), longest(figure, MOST_BARS)
    if x is None or not bars:
        return None
    height = max(LEAST_HEIGHT, PITCH * len(bars))
    area = Area(x, Scale(0.0, float(len(bars))), LEFT, height)
    below = area.bottom + 3 * ROW
    indices = sorted({bar.group for bar in bars})
    return chart(
        figure.title,
        below + len(indices) * ROW,
        f"Barcode over {figure.x.label}, {counted(len(bars), 'interval')}.",
        element("g", floor(area, figure.x), class_="axes"),
        *(part for i, bar in enumerate(bars) for part in drawn(bar, i, area)),
        *(entry(told(figure, bars, index), index, below + row * ROW) for row, index in enumerate(indices)),
    )


def drawn(bar: Bar, row: int, area: Area) -> Iterator[Markup]:
    """One interval, which says under the pointer from where to where it goes."""
    left, right = area.across(area.x.clamped(bar.start)), area.across(area.x.clamped(bar.end))
    up = area.up((row + 0.5) / area.y.high)
    says = element("title", f"{significant(bar.start)} to {significant(bar.end)}")
    yield element("path", says, d=f"M{left:g} {up:g}H{max(right, left + 1):g}", **look(bar.group))
    if bar.end == math.inf:
        edge = WIDTH - RIGHT
        yield element("path", d=f"M{edge:g} {up - 3:g}v6l5 -3Z", fill="currentColor", class_=f"line-{bar.group % 6}")


def look(index: int) -> dict[str, str | float]:
    """How the intervals of a group look."""
    return {
        "class_": f"interval line-{index % 6}",
        "stroke": "currentColor",
        "stroke_width": THICK,
        "stroke_opacity": OPACITIES[index % len(OPACITIES)],
    }


def entry(text: str, index: int, top: float) -> Markup:
    """A legend's entry."""
    sample = element("path", d=f"M{LEFT:g} {top + 8:g}h28", **look(index))
    return joined(sample, label(text, LEFT + 36, top + 12, "start", "tick"))
