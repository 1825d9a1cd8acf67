"""Ways of summing side by side: what each makes of the same numbers, and how far that is from their exact sum.

The exact sum is that of the numbers as they are given, before they are rounded to the working format: what no way of
adding can help is counted against all of them, and told apart as `Comparison.rounding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from typing import Final

import numpy as np

from precisionlab.formats.exact import decode_exact, encode_exact, ulp
from precisionlab.formats.facts import exact_log2
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.specials import Number, Special, as_fraction
from precisionlab.summation.methods import Method, Way
from precisionlab.summation.summands import Summands

BY_COST: Final = (
    Way.RECURSIVE,
    Way.FMA,
    Way.PAIRWISE,
    Way.BLOCKED,
    Way.KAHAN,
    Way.NEUMAIER,
    Way.SUM2,
    Way.DOT2,
    Way.KLEIN,
    Way.SUMK,
    Way.DOTK,
    Way.DOUBLE_DOUBLE,
    Way.EXACT,
)
"""The ways in the order in which one would try them: by operations a term, then by what they need to be written."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far a number is from the exact sum; None where one of them is infinite or NaN."""

    error: Number | None
    """The number minus the sum."""
    relative_error: Number | None
    """That over the sum, negative where the number is too small; infinite where the sum is 0 and the error is not."""
    error_in_ulps: Number | None
    """The error over the format's unit in the last place at the sum (`precisionlab.formats.exact.ulp`)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one method makes of the numbers."""

    method: Method
    total: Number
    deviation: Deviation
    is_right: bool
    """Whether it is at most 1 ulp from the exact sum, or is what the exact sum becomes in the format."""
    right_digits: float | None
    """-log10 of the relative error, at least 0, and at most log10(2^p) in a format of p bits; None where there is none."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same numbers, summed by several methods."""

    n_terms: int
    n_nan: int
    n_infinite: int
    format: FloatFormat
    total: Number
    """The exact sum."""
    rounded: Number
    """What it becomes in the format, rounded once."""
    condition: Number
    """Of the sum: sum |x| over |sum x| (Higham 2002, section 4.2). Infinite where the sum is 0, 1 where all terms are."""
    total_of_rounded: Number
    """The exact sum of the numbers once they, and nothing else, are rounded to the format."""
    rounding: Deviation
    """What that does to their exact sum."""
    absorbed: int
    """Terms other than 0 that leave the recursive sum as it is."""
    outcomes: tuple[Outcome, ...]

    @property
    def cheapest_right(self) -> Outcome | None:
        """The first by cost that is right; None where none is."""
        return cheapest_right(self.outcomes)

    @property
    def is_beyond(self) -> bool:
        """Whether the exact sum is finite, and too large for the format."""
        return isinstance(self.total, Fraction) and not is_near(deviation(self.rounded, self.total, self.format))

    @property
    def is_rounding_felt(self) -> bool:
        """Whether rounding the numbers costs more than 1 ulp, so that methods that do are right by chance only."""
        return not is_near(self.rounding)


def compare(summands: Summands, methods: Sequence[Method], format_: FloatFormat) -> Comparison:
    """Sum by each of the methods in a working format, and tell how far that is from the exact sum.

    Raises:
        UsageError: the numbers are none of those that are summed, or a method is none for them.
        FormatError: sums are not computed in the format, or it has no NaN but the numbers have.
    """
    exact = summands.total()
    total_of_rounded = summands.rounded_total(format_)
    rounded = decode_exact(encode_exact(exact, format_), format_)
    outcomes = [outcome(method, summands.sum_by(method, format_), exact, rounded, format_) for method in methods]
    return Comparison(
        n_terms=len(summands.values),
        n_nan=int(np.isnan(summands.values).sum()),
        n_infinite=int(np.isinf(summands.values).sum()),
        format=format_,
        total=exact,
        rounded=rounded,
        condition=condition(summands.size(), exact),
        total_of_rounded=total_of_rounded,
        rounding=deviation(total_of_rounded, exact, format_),
        absorbed=summands.absorbed(format_),
        outcomes=tuple(outcomes),
    )


def outcome(method: Method, total: Number, exact: Number, rounded: Number, format_: FloatFormat) -> Outcome:
    """What a method made of numbers, beside their exact sum and what that becomes in the format."""
    off = deviation(total, exact, format_)
    return Outcome(method, total, off, is_near(off) or total == rounded, right_digits(off, format_))


def cheapest_right(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The first by cost that is right; None where none is."""
    return min(
        (one for one in outcomes if one.is_right),
        key=lambda one: (BY_COST.index(one.method.way), one.method.parameter),
        default=None,
    )


def condition(size: Number, total: Number) -> Number:
    """The condition number of a sum, from the sums of magnitudes and of terms."""
    if not isinstance(size, Fraction) or not isinstance(total, Fraction):
        return Special.NAN
    if not total:
        return Special.INFINITY if size else Fraction(1)
    return size / abs(total)


def is_near(off: Deviation) -> bool:
    """Whether it is at most 1 ulp."""
    ulps = off.error_in_ulps
    return isinstance(ulps, Fraction) and abs(ulps) <= 1


def deviation(number: Number, exact: Number, format_: FloatFormat) -> Deviation:
    """How far a number is from the exact sum."""
    value, total = as_fraction(number), as_fraction(exact)
    if value is None or total is None:
        return Deviation(None, None, None)
    error = value - total
    unit = ulp(total, format_)
    relative = error / total if total else of_zero(error)
    return Deviation(error, relative, error / unit)


def of_zero(error: Fraction) -> Number:
    """An error over a sum of 0."""
    if not error:
        return Fraction(0)
    return Special.INFINITY if error > 0 else Special.NEGATIVE_INFINITY


def right_digits(off: Deviation, format_: FloatFormat) -> float | None:
    """Decimal digits on which a sum agrees with the exact one."""
    relative = off.relative_error
    most = format_.precision * log10(2)
    if relative is None:
        return None
    if isinstance(relative, Special):
        return 0.0
    if not relative:
        return most
    return min(most, max(0.0, -exact_log2(abs(relative)) * log10(2)))
