"""What follows from a format's record: its landmarks, exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log2, log10
from operator import itemgetter

from precisionlab.formats.ladders import Ladder, ladder_of
from precisionlab.formats.records import ElementFormat, FloatFormat, IntegerFormat
from precisionlab.formats.specials import floor_log2, power_of_two


@dataclass(frozen=True, slots=True)
class Facts:
    """The landmarks of a format; None where it has no such number."""

    smallest_subnormal: Fraction | None
    largest_subnormal: Fraction | None
    smallest_normal: Fraction | None
    below_one: Fraction | None
    """The largest number below 1."""
    above_one: Fraction | None
    """The smallest number above 1."""
    smallest_positive: Fraction
    largest_finite: Fraction
    lowest_finite: Fraction
    epsilon: Fraction | None
    """From 1 to the next number above."""
    unit_roundoff: Fraction | None
    """The largest relative error of rounding a number of the normal range to nearest: 2^-p."""
    dynamic_range_bits: float
    """log2 of the largest finite number over the smallest positive one."""
    dynamic_range_decades: float
    """log10 of the same."""
    integers_exact_to: int | None
    """The largest n such that all integers from 1 to n are numbers of the format."""
    guaranteed_digits: int | None
    """Decimals of so many digits survive a conversion to the format and back (FLT_DIG of C)."""
    round_trip_digits: int | None
    """So many decimal digits tell any two numbers apart (FLT_DECIMAL_DIG of C)."""


@lru_cache(maxsize=1024)
def facts_of(format_: ElementFormat) -> Facts:
    """The landmarks of a format."""
    ladder = ladder_of(format_)
    below, above = around_one(ladder)
    smallest, largest = smallest_positive(ladder), ladder.value(ladder.highest)
    subnormals = subnormals_of(format_, ladder)
    decimals = decimal_digits(format_)
    return Facts(
        smallest_subnormal=subnormals[0],
        largest_subnormal=subnormals[1],
        smallest_normal=smallest_normal(format_),
        below_one=below,
        above_one=above,
        smallest_positive=smallest,
        largest_finite=largest,
        lowest_finite=ladder.value(ladder.lowest),
        epsilon=above - 1 if above is not None and holds(ladder, Fraction(1)) else None,
        unit_roundoff=power_of_two(-format_.precision) if isinstance(format_, FloatFormat) else None,
        dynamic_range_bits=exact_log2(largest / smallest),
        dynamic_range_decades=exact_log2(largest / smallest) * log10(2),
        integers_exact_to=integers_exact_to(ladder),
        guaranteed_digits=decimals[0],
        round_trip_digits=decimals[1],
    )


def holds(ladder: Ladder, value: Fraction) -> bool:
    """Whether a value is a number of the format."""
    if not ladder.value(ladder.lowest) <= value <= ladder.value(ladder.highest):
        return False
    return ladder.value(ladder.floor(value)) == value


def around_one(ladder: Ladder) -> tuple[Fraction | None, Fraction | None]:
    """The numbers next to 1 on either side."""
    one = Fraction(1)
    if ladder.value(ladder.highest) < one:
        return ladder.value(ladder.highest), None
    if ladder.value(ladder.lowest) > one:
        return None, ladder.value(ladder.lowest)
    rung = ladder.floor(one)
    below = rung - int(ladder.value(rung) == one)
    return (
        ladder.value(below) if below >= ladder.lowest else None,
        ladder.value(rung + 1) if rung < ladder.highest else None,
    )


def smallest_positive(ladder: Ladder) -> Fraction:
    """The number next above zero."""
    if ladder.value(ladder.lowest) > 0:
        return ladder.value(ladder.lowest)
    rung = ladder.floor(Fraction(0))
    # Codebooks need not hold zero: then the floor is a negative number, as it is zero elsewhere.
    return ladder.value(rung + 1)


def subnormals_of(format_: ElementFormat, ladder: Ladder) -> tuple[Fraction | None, Fraction | None]:
    """The smallest and the largest subnormal number."""
    if not isinstance(format_, FloatFormat) or not format_.subnormals or not format_.mantissa_bits:
        return None, None
    return ladder.value(1), ladder.value((1 << format_.mantissa_bits) - 1)


def smallest_normal(format_: ElementFormat) -> Fraction | None:
    """The smallest positive normal number."""
    if not isinstance(format_, FloatFormat):
        return None
    lowest = power_of_two(format_.min_exponent)
    return lowest + power_of_two(format_.min_exponent - format_.mantissa_bits) if format_.is_lowest_taken else lowest


def exact_log2(value: Fraction) -> float:
    """The binary logarithm of a rational beyond float64's range too."""
    exponent = floor_log2(value)
    return exponent + log2(value / power_of_two(exponent))


def integers_exact_to(ladder: Ladder) -> int | None:
    """Where the first gap wider than 1 begins, searched by halving: above 1, gaps never shrink again."""
    largest = ladder.value(ladder.highest)
    if not holds(ladder, Fraction(1)):
        return None
    low, high = ladder.floor(Fraction(1)), ladder.highest
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if ladder.value(middle + 1) - ladder.value(middle) > 1 else (middle + 1, high)
    return int(min(ladder.value(low), largest))


def decimal_digits(format_: ElementFormat) -> tuple[int | None, int | None]:
    """Guaranteed and round-trip digits: floor((p - 1) log10 2) and ceil(1 + p log10 2), by whole numbers.

    ISO/IEC 9899:2024, clause 5.2.5.3.3; of integers, what all of them have and what the longest has.
    """
    match format_:
        case FloatFormat():
            return digits_within(1 << format_.mantissa_bits), digits_within(1 << format_.precision) + 2
        case IntegerFormat():
            longest = max(len(str(format_.maximum)), len(str(-format_.minimum)))
            return digits_within(format_.maximum + 1), longest
        case _:
            return None, None


def digits_within(bound: int) -> int:
    """The largest n with 10^n <= bound."""
    return len(str(bound)) - 1


def landmarks(facts: Facts) -> Iterator[tuple[str, Fraction]]:
    """The facts that are numbers of the format, from the smallest to the largest, by name."""
    is_named = facts.smallest_positive in {facts.smallest_subnormal, facts.smallest_normal}
    named = (
        ("lowest finite", facts.lowest_finite),
        ("smallest positive", None if is_named else facts.smallest_positive),
        ("smallest subnormal", facts.smallest_subnormal),
        ("largest subnormal", facts.largest_subnormal),
        ("smallest normal", facts.smallest_normal),
        ("largest below 1", facts.below_one),
        ("smallest above 1", facts.above_one),
        ("largest finite", facts.largest_finite),
    )
    yield from sorted(((name, value) for name, value in named if value is not None), key=itemgetter(1))
