"""Tables in the PDF report: how columns are set, and how they share the width of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from precisionlab.reports.typst_markup import Code, call, flowing, folded, folded_name

CROWDED = 7
"""Tables with more columns are set smaller."""
SIZE, SMALL_SIZE = Code("8.5pt"), Code("7pt")
ROOM, SMALL_ROOM = 104, 126
"""Characters of either size that a line of the page has room for."""
CHARACTER = 0.53
"""Width of a character, in sizes of its typeface: a little more than it takes."""
GAP = 4
"""Characters of room between two columns."""
MOST_FIXED, LEAST_SHARED = 18, 16
"""Characters of a column that is never folded, and those that each longer one is left beside such columns."""
MOST_NEEDED = 64
"""Characters of a text that a column is made for; longer ones are folded."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a column is set."""

    header: str
    face: Callable[[str], Code] = folded
    """Makes a cell's text an expression."""
    is_number: bool = False
    """Whether it stands to the right."""

    def length(self, text: str) -> int:
        """The room that a cell takes, in characters; names are set in a wider typeface."""
        return ceil(1.15 * len(text)) if self.face is folded_name else len(text)


def grid(title: str, settings: Sequence[Setting], rows: Sequence[Sequence[str]], more: str = "") -> Code:
    """A table under its title, with a remark on what it leaves out; nothing where it has no columns."""
    if not settings:
        return Code("")
    is_crowded = len(settings) > CROWDED
    return call(
        "grid_table",
        flowing(title) if title else "",
        widths(settings, rows, SMALL_ROOM if is_crowded else ROOM),
        ["right" if setting.is_number else "left" for setting in settings],
        [folded(setting.header) for setting in settings],
        [[setting.face(text) for setting, text in zip(settings, row, strict=True)] for row in rows],
        more=more,
        size=SMALL_SIZE if is_crowded else SIZE,
    )


def widths(settings: Sequence[Setting], rows: Sequence[Sequence[str]], room: int) -> list[Code]:
    """As wide as their texts where there is room for that; else by what cells need, headers folded.

    Long texts share what short ones leave, or all share the page where these leave too little.
    """
    longest = [max((one.length(row[at]) for row in rows), default=0) for at, one in enumerate(settings)]
    if sum(max(len(one.header), cell) + GAP for one, cell in zip(settings, longest, strict=True)) <= room:
        return [Code("auto")] * len(settings)
    words = [max(map(len, setting.header.split() or [""])) for setting in settings]
    needs = [min(max(word, cell), MOST_NEEDED) + GAP for word, cell in zip(words, longest, strict=True)]
    is_fixed = [need <= MOST_FIXED for need in needs]
    left = room - sum(need for need, fixed in zip(needs, is_fixed, strict=True) if fixed)
    if left < LEAST_SHARED * is_fixed.count(False):
        return [Code(f"{need}fr") for need in needs]
    return [
        Code(f"{need * CHARACTER:g}em" if fixed else f"{need}fr") for need, fixed in zip(needs, is_fixed, strict=True)
    ]
