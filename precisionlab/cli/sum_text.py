"""The text of `precisionlab sum`: what is summed, a table of what each method makes of it, and which to take."""

import textwrap
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from precisionlab.cli.aligned import aligned, records
from precisionlab.cli.inspect_text import labelled
from precisionlab.cli.number_text import short_text, signed_text
from precisionlab.cli.place_text import LONGEST_PATH, place_text
from precisionlab.cli.sum_answer import Answer
from precisionlab.cli.sum_source import STANDARD_INPUT
from precisionlab.cli.terminal import styled
from precisionlab.escaping import printable
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.facts import facts_of
from precisionlab.formats.finding import formats
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number, Special
from precisionlab.summation.comparing import Comparison, Outcome
from precisionlab.summation.methods import Way

HEADINGS: Final = ("method", "sum", "relative", "ulps", "digits")
TIME: Final = "ns"
NUMBERS: Final = {1, 2, 3, 4, 5}
"""Columns of numbers."""
DIGITS_OF_ERRORS: Final = 3
DIGITS_OF_TIMES: Final = 3
MOST_DIGITS: Final = 17
"""Of an exact sum that float64 does not round."""
NONE: Final = "-"


def sum_text(answer: Answer, width: int, *, is_coloured: bool) -> str:
    """What is summed, a table where it fits, else a block for each method, and the verdict."""
    headings = (*HEADINGS, TIME) if answer.nanoseconds else HEADINGS
    rows = [cells(outcome, answer) for outcome in answer.comparison.outcomes]
    heading, *body = aligned([headings, *rows], NUMBERS)
    is_narrow = max(map(len, (heading, *body))) > width
    table = records(headings, rows) if is_narrow else (styled(heading, "1", is_coloured=is_coloured), *body)
    lines = (labelled(label, text, width) for label, text in described(answer))
    verdict = textwrap.fill(verdict_of(answer), width, break_on_hyphens=False)
    return "\n".join((title_of(answer, width), *lines, "", *table, "", verdict)) + "\n"


def title_of(answer: Answer, width: int) -> str:
    """Where the numbers were."""
    source = answer.source
    if source.place is not None:
        return place_text(source.name, source.place, width)
    return "standard input" if source.name == STANDARD_INPUT else printable(source.name, LONGEST_PATH)


def described(answer: Answer) -> Iterator[tuple[str, str]]:
    """Labels and texts above the table."""
    comparison = answer.comparison
    n, format_ = comparison.n_terms, comparison.format.name
    yield "summed", f"{n:,} {answer.summands if n != 1 else answer.summands[:-1]} in {format_}{specials(comparison)}"
    yield "exact sum", exact_text(comparison.total)
    if n and not isinstance(comparison.total, Special):
        yield "condition", f"{short_text(comparison.condition, DIGITS_OF_ERRORS)} = sum |x| / |sum x|"
        yield "rounding", rounding_text(comparison)
        if n > 1:
            yield "absorbed", absorbed_text(comparison.absorbed, n - 1)
    if answer.nanoseconds:
        yield "timed", "ns a number, the best of several runs on this machine"


def specials(comparison: Comparison) -> str:
    """How many of the numbers are not finite."""
    counts = ((comparison.n_nan, "NaN"), (comparison.n_infinite, "infinite"))
    shown = ", ".join(f"{count:,} {name}" for count, name in counts if count)
    return f", {shown}" if shown else ""


def exact_text(total: Number) -> str:
    """The exact sum as the nearest float64 in its shortest digits, or in 17 where it is none."""
    double = formats.element("float64")
    if isinstance(total, Special):
        return total.value
    nearest = decode_exact(encode_exact(total, double), double)
    if isinstance(nearest, Special) or (total and not nearest):
        return short_text(total, MOST_DIGITS)
    return shortest(nearest, double)


def absorbed_text(absorbed: int, n_added: int) -> str:
    """How many terms are as good as left out."""
    additions = "addition" if n_added == 1 else "additions"
    return f"the recursive sum is unchanged by {absorbed:,} of {n_added:,} {additions}"


def rounding_text(comparison: Comparison) -> str:
    """What rounding the numbers alone costs."""
    return f"the numbers to {comparison.format.name} alone {cost_text(comparison)}"


def cost_text(comparison: Comparison) -> str:
    """What rounding the numbers alone does to their exact sum."""
    ulps = comparison.rounding.error_in_ulps
    if not isinstance(ulps, Fraction):
        return f"makes their sum {short_text(comparison.total_of_rounded)}"
    return f"costs {short_text(abs(ulps), DIGITS_OF_ERRORS)} ulp" if ulps else "costs nothing"


def cells(outcome: Outcome, answer: Answer) -> tuple[str, ...]:
    """One row."""
    deviation, digits = outcome.deviation, outcome.right_digits
    times = answer.nanoseconds
    return (
        outcome.method.name,
        shortest(outcome.total, answer.comparison.format),
        error_text(deviation.relative_error),
        error_text(deviation.error_in_ulps),
        NONE if digits is None else f"{digits:.1f}",
        *((short_text(Fraction(times[outcome.method]), DIGITS_OF_TIMES),) if times else ()),
    )


def error_text(error: Number | None) -> str:
    """An error with its sign."""
    return NONE if error is None else signed_text(error, DIGITS_OF_ERRORS)


def shortest(number: Number, format_: ElementFormat) -> str:
    """The fewest decimal digits from which a number of a format is read back."""
    if isinstance(number, Special):
        return number.value
    most = facts_of(format_).round_trip_digits or MOST_DIGITS
    texts = (short_text(number, digits) for digits in range(1, most))
    return next((text for text in texts if is_read_back(text, number, format_)), short_text(number, most))


def is_read_back(text: str, number: Fraction, format_: ElementFormat) -> bool:
    """Whether a text is rounded to the number."""
    return decode_exact(encode_exact(Fraction(text), format_), format_) == number


def verdict_of(answer: Answer) -> str:
    """What the table comes to."""
    comparison, format_ = answer.comparison, answer.comparison.format.name
    if not comparison.n_terms:
        return f"There are no {answer.summands}: their sum is 0."
    if isinstance(comparison.total, Special):
        becomes = "" if comparison.rounded == comparison.total else f" ({short_text(comparison.rounded)} in {format_})"
        return f"The {answer.summands} add up to {comparison.total.value}{becomes}, in whatever order and by whatever method."
    if comparison.total and comparison.rounded in {0, Special.NEGATIVE_ZERO}:
        return f"The exact sum is too small for {format_}, in which it becomes 0."
    if comparison.is_beyond:
        return f"The exact sum is beyond {format_}, in which it becomes {short_text(comparison.rounded)}."
    cause = f": rounding the numbers to {format_} alone {cost_text(comparison)}" if comparison.is_rounding_felt else ""
    return f"{choice_of(comparison, cause)}."


def choice_of(comparison: Comparison, cause: str) -> str:
    """Which method to take, and the cause where rounding the numbers decides."""
    cheapest = comparison.cheapest_right
    only = comparison.outcomes[0].method.name if len(comparison.outcomes) == 1 else ""
    if cheapest is None:
        return f"{f'{only} is not' if only else 'None of these is'} right to within 1 ulp{cause}"
    if only:
        return f"{only} is right to within 1 ulp"
    if cheapest.method.way is Way.EXACT:
        return f"Only exact, which rounds once, is right to within 1 ulp{cause}"
    return (
        f"{cheapest.method.name} is the cheapest that is right to within 1 ulp{', by chance' if cause else ''}{cause}"
    )
