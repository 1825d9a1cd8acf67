"""The text of `precisionlab inspect --worst`: what became of all numbers, and a table of those that lose most."""

import textwrap
from collections.abc import Iterator

from precisionlab.analysis.cast_losses import Fate
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.elements import element_text
from precisionlab.analysis.worst import Loser, Ranking, has_nan
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.cli.aligned import aligned, records
from precisionlab.cli.inspect_text import labelled
from precisionlab.cli.number_text import short_text, signed_text
from precisionlab.cli.terminal import styled
from precisionlab.formats.classes import PatternClass
from precisionlab.formats.facts import facts_of
from precisionlab.formats.records import ElementFormat, IntegerFormat

HEADINGS = ("index", "stored", "becomes", "error", "relative", "ulps", "class")
NUMBERS = {1, 2, 3, 4, 5}
"""Columns of numbers; the index and the class are words."""
DIGITS_OF_INTEGERS = 20
LEAST_DIGITS = 6
DIGITS_OF_ERRORS = 4

FATES = {
    Fate.EXACT: "exact",
    Fate.ROUNDED: "rounded",
    Fate.UNDERFLOW: "underflow to zero",
    Fate.OVERFLOW: "overflow",
    Fate.NAN: "NaN (not ranked)",
}
SHORT_CLASSES = {
    PatternClass.NEGATIVE_ZERO: "zero",
    PatternClass.QUIET_NAN: "NaN",
    PatternClass.SIGNALING_NAN: "NaN",
}
"""The sign and the kind of NaN are in the JSON."""


def ranking_text(ranking: Ranking, tensor: TensorInfo, width: int, table_width: int, *, is_coloured: bool) -> str:
    """The counts, then a table where it fits, else a block for each of the worst."""
    lines = (labelled(label, text, width) for label, text in described(ranking, tensor))
    rows = [cells(loser, LAYOUTS[tensor.dtype].format, ranking.cast.format) for loser in ranking.losers]
    title = textwrap.fill(title_of(ranking), width)
    heading, *body = aligned([HEADINGS, *rows], NUMBERS)
    table = (styled(heading, "1", is_coloured=is_coloured), *body)
    is_narrow = max(map(len, (heading, *body))) > table_width
    found = ("", *(records(HEADINGS, rows) if is_narrow else table)) if rows else ()
    return "\n".join((*lines, "", title, *found)) + "\n"


def described(ranking: Ranking, tensor: TensorInfo) -> Iterator[tuple[str, str]]:
    """Labels and texts above the table."""
    cast = ranking.cast
    yield "cast to", f"{cast.format.name}, unscaled, rounding {cast.rounding.value}, overflow {cast.overflow.value}"
    kind = "elements" if LAYOUTS[tensor.dtype].components == 1 else "numbers, two an element"
    counts = ", ".join(f"{ranking.counts[fate]:,} {words}" for fate, words in FATES.items() if shows(ranking, fate))
    counts += f", and {cast.format.name} has none" if is_nan_lost(ranking) else ""
    yield "counted", f"{ranking.n_numbers:,} {kind}: {counts}"


def shows(ranking: Ranking, fate: Fate) -> bool:
    """Whether a count is told: the zeros of overflow, underflow and exactness are answers too."""
    return ranking.counts[fate] > 0 or fate in {Fate.EXACT, Fate.UNDERFLOW, Fate.OVERFLOW}


def is_nan_lost(ranking: Ranking) -> bool:
    """Whether there are NaN that the cast has no pattern for."""
    return ranking.counts[Fate.NAN] > 0 and not has_nan(ranking.cast.format)


def title_of(ranking: Ranking) -> str:
    """What the table holds, or that it would be empty."""
    if not ranking.losers and is_nan_lost(ranking):
        return f"{ranking.counts[Fate.NAN]:,} NaN cannot be stored in {ranking.cast.format.name}; no number loses anything."
    if not ranking.losers:
        return "No number loses anything."
    return f"The worst {len(ranking.losers):,} by {ranking.cast.by.value} error:"


def cells(loser: Loser, stored: ElementFormat, target: ElementFormat) -> tuple[str, ...]:
    """One row."""
    return (
        element_text(loser.index, loser.component),
        short_text(loser.stored.value, telling_digits(stored)),
        short_text(loser.result.value, telling_digits(target)),
        signed_text(loser.error, DIGITS_OF_ERRORS),
        signed_text(loser.relative_error, DIGITS_OF_ERRORS),
        signed_text(loser.error_in_ulps, DIGITS_OF_ERRORS),
        SHORT_CLASSES.get(loser.result_class, loser.result_class.value),
    )


def telling_digits(format_: ElementFormat) -> int:
    """Decimal digits that tell any two numbers of a format apart, and a few in any case."""
    if isinstance(format_, IntegerFormat):
        return DIGITS_OF_INTEGERS
    return max(LEAST_DIGITS, facts_of(format_).round_trip_digits or 0)
