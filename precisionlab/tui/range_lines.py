"""Where a number lies between the smallest and the largest number of each format, on one logarithmic axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from precisionlab.formats import ElementFormat
from precisionlab.formats.facts import exact_log2, facts_of
from precisionlab.formats.specials import Number, as_fraction

FAINT, SOLID, INSIDE, OUTSIDE = "┄", "─", "●", "○"
"""Subnormal numbers, all others, the number where the format reaches it, and where it does not."""
LEAST_COLUMNS: Final = 20


@dataclass(frozen=True, slots=True)
class Axis:
    """Powers of two over columns."""

    low: float
    high: float
    columns: int

    def column(self, power: float) -> int:
        """Where a power of two stands."""
        share = (power - self.low) / max(self.high - self.low, 1)
        return max(0, min(self.columns - 1, round(share * (self.columns - 1))))


def range_lines(number: Number, formats: Sequence[ElementFormat], columns: int) -> tuple[str, ...]:
    """A line for each format, and the axis below them."""
    size = abs(as_fraction(number) or Fraction(0))
    ends = [end for one in formats for end in (facts_of(one).smallest_positive, facts_of(one).largest_finite)]
    powers = [exact_log2(end) for end in (*ends, *([size] if size else []))]
    axis = Axis(min(powers), max(powers), max(columns, LEAST_COLUMNS))
    return (*(range_line(number, one, axis) for one in formats), scale(axis))


def range_line(number: Number, format_: ElementFormat, axis: Axis) -> str:
    """A format's positive numbers as a line, and the size of the number on it; zero, infinity and NaN have no place."""
    facts = facts_of(format_)
    start, end = axis.column(exact_log2(facts.smallest_positive)), axis.column(exact_log2(facts.largest_finite))
    normal = start if facts.smallest_normal is None else axis.column(exact_log2(facts.smallest_normal))
    line = list(" " * start + FAINT * (normal - start) + SOLID * (end - normal + 1)) + [" "] * (axis.columns - end - 1)
    exact = as_fraction(number)
    if exact:
        is_inside = facts.smallest_positive <= abs(exact) and facts.lowest_finite <= exact <= facts.largest_finite
        line[axis.column(exact_log2(abs(exact)))] = INSIDE if is_inside else OUTSIDE
    return "".join(line)


def scale(axis: Axis) -> str:
    """The powers of two at the ends, and 2^0 where it stands between them."""
    low, high = f"2^{round(axis.low)}", f"2^{round(axis.high)}"
    line = list(low.ljust(axis.columns - len(high)) + high)
    one = axis.column(0)
    if len(low) < one < axis.columns - len(high) - 1:
        line[one] = "1"
    return "".join(line)
