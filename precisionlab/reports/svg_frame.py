"""What the drawings share: their size, the area in which values stand, axes, labels, lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from precisionlab.analysis.figures import Axis
from precisionlab.escaping import printable
from precisionlab.reports.markup import Markup, element, joined
from precisionlab.reports.quantities import axis_header
from precisionlab.reports.scales import Point, Scale, Tick, thinned, ticks

WIDTH = 560.0
PLOT_HEIGHT = 170.0
TOP = 24.0
RIGHT = 12.0
CHARACTER = 6.6
"""Width of a character of the tick labels (11 px), a little more than it takes."""
ROW = 18.0
"""Height of a line of text, of a window and of a legend entry."""
MOST_POINTS = 1_000
"""Of one line; longer ones are drawn by the extremes of their parts."""
LABEL_LIMIT = 24
"""Characters of a label in the margin."""


@dataclass(frozen=True, slots=True)
class Area:
    """The rectangle in which data is drawn, and its two scales."""

    x: Scale
    y: Scale
    left: float
    height: float = PLOT_HEIGHT

    def across(self, place: float) -> float:
        """The horizontal coordinate of a place from 0 to 1."""
        return round(self.left + place * (WIDTH - RIGHT - self.left), 1)

    def up(self, place: float) -> float:
        """The vertical coordinate of a place from 0 to 1."""
        return round(TOP + (1 - place) * self.height, 1)

    @property
    def bottom(self) -> float:
        """Where the horizontal axis stands."""
        return self.up(0.0)


def chart(title: str, height: float, description: str, *parts: Markup, **extra: str) -> Markup:
    """The SVG element around a drawing of the usual width."""
    return drawing(title, (WIDTH, height + 4), description, *parts, **extra)


def drawing(title: str, size: tuple[float, float], description: str, *parts: Markup, **extra: str | float) -> Markup:
    """The SVG element around the parts of a drawing of this width and height."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        class_="chart",
        role="img",
        aria_label=title,
        font_size=11,
        **extra,
    )


def text_width(text: str) -> float:
    """A little more than a text takes; characters of East Asian scripts are twice as wide as others."""
    return CHARACTER * sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def left_margin(y: Scale, labels: Iterable[str]) -> float:
    """Room for the longest label at the left."""
    texts = (*(printable(label, LABEL_LIMIT) for label in labels), *(tick.label for tick in ticks(y, 5)), "0")
    return 14 + CHARACTER * min(max(map(len, texts)), LABEL_LIMIT)


def axes(area: Area, x: Axis, y: Axis) -> Markup:
    """Grid lines, ticks and labels of both axes."""
    up = [y_tick(area, tick) for tick in ticks(area.y, 5)]
    above = label(axis_header(y), area.left - 8, TOP - 12, "start", "axis-label")
    return element("g", *up, floor(area, x), above, class_="axes")


def floor(area: Area, x: Axis) -> Markup:
    """The horizontal axis with its ticks and label."""
    line = element("path", class_="axis", d=f"M{area.left:g} {area.bottom:g}H{WIDTH - RIGHT:g}", stroke="currentColor")
    below = label(axis_header(x), WIDTH - RIGHT, area.bottom + 2 * ROW - 2, "end", "axis-label")
    return joined(line, *(x_tick(area, tick) for tick in ticks(area.x, 8)), below)


def x_tick(area: Area, tick: Tick) -> Markup:
    """A tick under the drawing."""
    at = area.across(tick.place)
    mark = element("path", class_="axis", d=f"M{at:g} {area.bottom:g}v4", stroke="currentColor")
    is_cut = at + text_width(tick.label) / 2 > WIDTH
    place, anchor = (WIDTH, "end") if is_cut else (at, "middle")
    return joined(mark, label(tick.label, place, area.bottom + ROW - 2, anchor, "tick"))


def y_tick(area: Area, tick: Tick) -> Markup:
    """A grid line with its label at the left."""
    at = area.up(tick.place)
    line = element(
        "path", class_="grid", d=f"M{area.left:g} {at:g}H{WIDTH - RIGHT:g}", stroke="currentColor", stroke_opacity=0.12
    )
    return joined(line, label(tick.label, area.left - 8, at + 4, "end", "tick"))


def label(text: str, x: float, y: float, anchor: str, kind: str) -> Markup:
    """A text at a place."""
    return element("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=kind, fill="currentColor")


def trace(run: Sequence[Point], area: Area) -> str:
    """The path through values in order."""
    return path([(area.across(area.x.clamped(x)), area.up(area.y.clamped(y))) for x, y in thinned(run, MOST_POINTS)])


def path(points: Sequence[Point]) -> str:
    """Points joined; the round cap makes a dot of a single one."""
    first, *rest = points
    return f"M{first[0]:g} {first[1]:g}" + ("".join(f"L{x:g} {y:g}" for x, y in rest) or "h0")


def dashes(style: int) -> dict[str, str]:
    """Lines differ in their dashes too, so that they can be told apart without colour."""
    pattern = ("", "6 4", "2 4", "9 3 2 3", "12 4", "1 5")[style % 6]
    return {"stroke_dasharray": pattern} if pattern else {}
