"""The points of a scatter chart that can be drawn, and what is said of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from precisionlab.analysis.figures import PointGroup, Scatter
from precisionlab.escaping import printable
from precisionlab.reports.names import shortened
from precisionlab.reports.quantities import count, with_unit
from precisionlab.reports.scales import on_axis

NAME_LIMIT = 24
"""Characters of a name beside its point."""
MOST_NAMED = 60
"""Names of a group for which a place is looked for; more would cover everything."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with a place on both axes."""

    x: float
    y: float
    name: str
    """Printable; empty where it has none."""
    style: int
    """The place of its group among the groups."""


def dots(figure: Scatter, group: PointGroup, style: int) -> list[Dot]:
    """The points of a group that can be drawn."""
    named = zip(group.xs, group.ys, chain(group.names, repeat("")), strict=False)
    return [Dot(x, y, printable(name), style) for x, y, name in named if on_axis(x, figure.x) and on_axis(y, figure.y)]


def in_front(groups: Iterable[tuple[int, PointGroup]]) -> list[tuple[int, PointGroup]]:
    """Groups with their places, the joined ones first: theirs are the names that matter."""
    return sorted(groups, key=lambda entry: not entry[1].is_joined)


def short_name(dot: Dot) -> str:
    """A point's name as it stands beside it."""
    return shortened(dot.name, NAME_LIMIT)


def told(figure: Scatter, dot: Dot) -> str:
    """A point in words: `nvfp4: 4.5 bits, 18.7 dB`."""
    at = f"{with_unit(dot.x, figure.x.unit)}, {with_unit(dot.y, figure.y.unit)}"
    return f"{dot.name}: {at}" if dot.name else at


def unplaced(names: Sequence[str], most: int) -> str:
    """What names found no place: the first of them, and how many more."""
    more = f" and {count(len(names) - most)} more" if len(names) > most else ""
    return f"no room for the names {', '.join(names[:most])}{more}"
