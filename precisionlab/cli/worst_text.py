"""The text of `precisionlab inspect --worst`: what became of all numbers, and a table of those that lose most."""

import textwrap
from collections.abc import Iterator, Sequence

from precisionlab.analysis.cast_losses import Fate
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.worst import Loser, Ranking
from precisionlab.checkpoints.model import TensorInfo
from precisionlab.cli.element_reference import bracketed
from precisionlab.cli.inspect_text import labelled
from precisionlab.cli.number_text import short_text
from precisionlab.cli.terminal import styled
from precisionlab.formats.classes import PatternClass
from precisionlab.formats.facts import facts_of
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.records import ElementFormat, IntegerFormat
from precisionlab.formats.specials import Number, Special

HEADINGS = ("index", "stored", "becomes", "error", "relative", "ulps", "class")
TO_THE_LEFT = {0, 6}
"""Columns of words; numbers stand to the right."""
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
    widths = [max(len(row[i]) for row in (HEADINGS, *rows)) for i in range(len(HEADINGS))]
    is_narrow = sum(widths) + 2 * (len(widths) - 1) > table_width
    found = records(rows) if is_narrow else table(rows, widths)
    body = styled_first(found, is_coloured=is_coloured and not is_narrow) if rows else ()
    return "\n".join((*lines, "", title, *(("", *body) if rows else ()))) + "\n"


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


def has_nan(format_: ElementFormat) -> bool:
    """Whether a format has a pattern for NaN."""
    return ladder_of(format_).pattern_of_special(Special.NAN) is not None


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
    part = "" if loser.component == "value" else f".{loser.component[:4]}"
    return (
        f"{bracketed(loser.index)}{part}",
        short_text(loser.stored.value, digits_of(stored)),
        short_text(loser.result.value, digits_of(target)),
        signed(loser.error),
        signed(loser.relative_error),
        signed(loser.error_in_ulps),
        SHORT_CLASSES.get(loser.result_class, loser.result_class.value),
    )


def digits_of(format_: ElementFormat) -> int:
    """Decimal digits that tell any two numbers of a format apart, and a few in any case."""
    if isinstance(format_, IntegerFormat):
        return DIGITS_OF_INTEGERS
    return max(LEAST_DIGITS, facts_of(format_).round_trip_digits or 0)


def signed(error: Number) -> str:
    """A few digits, with the sign; an infinite error has none."""
    sign = "" if isinstance(error, Special) or error <= 0 else "+"
    return f"{sign}{short_text(error, DIGITS_OF_ERRORS)}"


def table(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """The headings and the rows, aligned."""
    for row in (HEADINGS, *rows):
        padded = (
            cell.ljust(width) if i in TO_THE_LEFT else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(padded).rstrip()


def records(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """One short line for each cell, for terminals that are narrower than the table."""
    for index, *others in rows:
        yield index
        yield from (f"  {heading:<10}{cell}" for heading, cell in zip(HEADINGS[1:], others, strict=True))


def styled_first(lines: Iterator[str], *, is_coloured: bool) -> Iterator[str]:
    """The lines, the first one bold."""
    yield styled(next(lines), "1", is_coloured=is_coloured)
    yield from lines
