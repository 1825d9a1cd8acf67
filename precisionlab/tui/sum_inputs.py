"""What is typed on the screen of sums: how many terms, which condition number, which seed."""

from fractions import Fraction
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.formats.expressions import parse_number
from precisionlab.tui.sum_sources import Source

LARGEST_CONDITION: Final = 10**270
LARGEST_SEED: Final = (1 << 32) - 1


def typed_count(text: str, source: Source) -> int:
    """How many terms `1000`, `1,000`, `1e6` or `2^20` are.

    Raises:
        UsageError: the source has not so many, or the text is no whole number.
    """
    return whole(text, "terms", source.least, source.most)


def typed_seed(text: str) -> int:
    """A seed.

    Raises:
        UsageError: it is none.
    """
    return whole(text, "seed", 0, LARGEST_SEED)


def typed_condition(text: str) -> float:
    """A condition number.

    Raises:
        UsageError: it is below 1, too large, or no number.
    """
    number = number_or_none(text)
    if number is None or not 1 <= number <= LARGEST_CONDITION:
        raise UsageError("condition number", "takes a number from 1 to 1e270", "such as 1e8")
    return float(number)


def whole(text: str, what: str, least: int, most: int) -> int:
    """A whole number between two others.

    Raises:
        UsageError: it is none.
    """
    number = number_or_none(text)
    if number is None or number.denominator != 1 or not least <= number <= most:
        raise UsageError(what, f"takes a whole number from {least:,} to {most:,}", "such as 1000, 1e3 or 2^10")
    return int(number)


def number_or_none(text: str) -> Fraction | None:
    """A finite number, commas between its thousands allowed; None where it is none."""
    try:
        number = parse_number(text.replace(",", ""))
    except UsageError:
        return None
    return number if isinstance(number, Fraction) else None
