"""What the screen of sums says of a course, as text: what is added, where the sums are, who is right."""

from collections.abc import Iterator, Sequence
from math import log10
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from precisionlab.formats.facts import facts_of
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Number, Special
from precisionlab.reports.quantities import count, counted
from precisionlab.reports.terminal_frame import COLOURS, MARKERS
from precisionlab.summation.methods import Method, Way
from precisionlab.tui.microscope_text import number_text, signed
from precisionlab.tui.sum_courses import Course

if TYPE_CHECKING:
    from precisionlab.summation.comparing import Outcome

HEADINGS: Final = ("method", "partial sum", "relative", "ulps", "digits")
BAR: Final = 10
"""Cells of the bar of digits."""
GUARD_DIGITS: Final = 3
"""Of an exact sum, beyond those that the format tells apart."""
NONE: Final = "-"
WAYS: Final = {
    Way.RECURSIVE: "one after the other: the naive way",
    Way.PAIRWISE: "neighbours, then sums of neighbours",
    Way.BLOCKED: "blocks, then their sums: as libraries do",
    Way.KAHAN: "what is lost is taken off the next term",
    Way.NEUMAIER: "what is lost is summed aside",
    Way.KLEIN: "what that loses is summed aside, too",
    Way.SUM2: "as in twice the precision",
    Way.SUMK: "as in K times the precision",
    Way.DOUBLE_DOUBLE: "the sum is a pair of numbers",
    Way.EXACT: "rounded once",
}
"""What each way does, in a few words."""


def facts(course: Course) -> Iterator[str]:
    """What there is to know of all the terms together."""
    format_ = course.question.format
    total = course.exact[-1]
    yield f"{how_many(course)} in {format_.name}"
    if course.is_all_zero:
        yield "all are 0, so that every sum is 0, by whatever method"
        return
    if course.first_special is not None:
        yield special_text(course)
    else:
        yield f"exact sum {number_text(total, digits_of(format_) + GUARD_DIGITS)}{beyond_text(course)}"
        yield f"condition number {number_text(course.condition, 3)}"
    yield from rounding_text(course)
    if course.n_rounded_away:
        yield f"{count(course.n_rounded_away)} of the numbers are beyond the format, or too small for it"
    if course.absorbed:
        verb = "leaves" if course.absorbed == 1 else "leave"
        yield f"{counted(course.absorbed, 'term')} {verb} the plain sum as it is"


def how_many(course: Course) -> str:
    """The number of terms, and of how many they are the first."""
    there = course.question.source.available
    return counted(course.n, "term") if there in {None, course.n} else f"the first {count(course.n)} of {count(there)}"


def special_text(course: Course) -> str:
    """What the first term does that is no number."""
    place = course.first_special or 1
    shown = f"{course.last_terms[course.index_at(place)]:g}"
    return f"term {count(place)} is {shown}: from there on every sum is inf or nan, by whatever method"


def beyond_text(course: Course) -> str:
    """That the sum has no number in the format."""
    largest = facts_of(course.question.format).largest_finite
    total = course.exact[-1]
    return ", which is beyond the format" if not isinstance(total, Special) and abs(total) > largest else ""


def rounding_text(course: Course) -> Iterator[str]:
    """What rounding the numbers to the format does to their sum."""
    error, name = course.rounding.relative_error, course.question.format.name
    if error == 0:
        yield f"rounding the numbers to {name} costs nothing"
    elif error is not None:
        yield f"rounding the numbers to {name} alone: relative error {signed(error, 2)}"


def reading(course: Course, index: int) -> str:
    """Where the cursor is."""
    exact = number_text(course.exact[index], digits_of(course.question.format) + GUARD_DIGITS)
    return f"of {count(course.n)} is {course.last_terms[index]:.4g}; sum exactly {exact}"


def verdict(course: Course, index: int) -> str:
    """Who is right there."""
    from precisionlab.summation.comparing import cheapest_right  # noqa: PLC0415 - numba, imported by now

    outcomes = course.outcomes_at(index)
    if isinstance(course.exact[index], Special):
        return "There is no finite sum here, and no method helps."
    cheapest = cheapest_right(outcomes)
    if cheapest is None:
        return "None of these is right to within 1 ulp here."
    if all(one.is_right for one in outcomes):
        return "All of these are right to within 1 ulp here."
    return f"{cheapest.method.name} is the cheapest that is right to within 1 ulp here."


def digits_of(format_: FloatFormat) -> int:
    """Decimal digits that tell all numbers of a format apart."""
    return facts_of(format_).round_trip_digits or 17


def most_digits(format_: FloatFormat) -> float:
    """Right digits that a sum can have."""
    return format_.precision * log10(2)


def cells(one: "Outcome", format_: FloatFormat) -> tuple[str, ...]:
    """A line of the table, under `HEADINGS`."""
    return (
        one.method.name,
        number_text(one.total, digits_of(format_)),
        error_text(one.deviation.relative_error),
        error_text(one.deviation.error_in_ulps),
        NONE if one.right_digits is None else f"{one.right_digits:.1f}",
    )


def error_text(error: Number | None) -> str:
    """An error with its sign."""
    return NONE if error is None else "0" if error == 0 else signed(error, 3)


def table_of(course: Course, index: int) -> Table:
    """Every method with its marker on the chart, its sum with the right digits in bold, and the digits as a bar."""
    format_ = course.question.format
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(Text(f"  {HEADINGS[0]}"), no_wrap=True)
    for heading in HEADINGS[1:]:
        table.add_column(Text(heading), justify="right", no_wrap=True)
    table.add_column(Text(f"of {most_digits(format_):.1f}"), no_wrap=True)
    for style, one in enumerate(course.outcomes_at(index)):
        name, total, *rest = cells(one, format_)
        table.add_row(
            Text.assemble((marker(style), COLOURS[style % len(COLOURS)]), f" {name}"),
            with_right_digits(total, one.right_digits),
            *map(Text, rest),
            Text(bar_of(one.right_digits, format_)),
        )
    return table


def marker(style: int) -> str:
    """What a method's line is drawn with."""
    name = MARKERS[style % len(MARKERS)]
    return "⠒" if name == "braille" else name


def with_right_digits(total: str, digits: float | None) -> Text:
    """A sum whose right leading digits are bold, and the others dim."""
    n_left = int(digits or 0)
    text = Text()
    mantissa, mark, exponent = total.partition("e")
    for character in mantissa:
        text.append(character, "bold" if n_left > 0 else "dim")
        n_left -= character.isdigit() and bool(text.plain.strip("-0."))
    return text.append(mark + exponent, "dim" if not digits else "")


def bar_of(digits: float | None, format_: FloatFormat) -> str:
    """Right digits among those of the format; nothing where there is no sum."""
    if digits is None:
        return ""
    n = round(digits / most_digits(format_) * BAR)
    return "█" * n + "░" * (BAR - n)


def copied(course: Course, index: int) -> str:
    """The table for a spreadsheet: tabs between cells."""
    format_ = course.question.format
    exact = number_text(course.exact[index], digits_of(format_) + GUARD_DIGITS)
    rows: Sequence[Sequence[str]] = [
        HEADINGS,
        *(cells(one, format_) for one in course.outcomes_at(index)),
        ("exactly", exact),
    ]
    return "\n".join("\t".join(row) for row in rows)


def method_label(method: Method) -> str:
    """A method in the list to choose from."""
    return f"{method.name:<15}{WAYS[method.way]}"
