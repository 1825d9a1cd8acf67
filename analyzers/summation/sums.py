"""The sums of one quantity in one format by every method, and how far they are from the exact ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10

import numpy as np

from analyzers.summation.terms import Doubles, Reals, Terms
from precisionlab.accumulation.records import unit_roundoff
from precisionlab.formats import FloatFormat
from precisionlab.summation.methods import Method
from precisionlab.summation.summing import absorbed_by, sum_by


@dataclass(frozen=True, slots=True)
class Exact:
    """Exact sums, each as the nearest float64 and the float64 nearest to what that leaves."""

    high: Doubles
    low: Doubles

    def beyond(self, others: Doubles) -> Doubles:
        """[sums] how much larger they are than other numbers; not finite where one of both is not."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.high - others) + self.low)


@dataclass(frozen=True, slots=True)
class Sums:
    """What came out in one format."""

    format: FloatFormat
    digits: Mapping[str, Doubles]
    """[sums] right decimal digits by method: see `right_digits`."""
    overflows: Mapping[str, float]
    """Share of the sums that are infinite or NaN, by method."""
    absorbed: float
    """Share of the terms other than 0 that leave the recursive sum as it is: that of the sum in the middle."""
    rounding: float
    """How far rounding the terms moves the exact sum, over that: of the sum in the middle; infinite where they overflow."""

    def median(self, method: str) -> float:
        """Digits of the sum in the middle."""
        return float(np.median(self.digits[method]))

    def overflows_mostly(self, method: str) -> bool:
        """Whether the sum in the middle is infinite or NaN, and has no digit for that."""
        return self.overflows[method] > 1 / 2

    def gained(self, method: str) -> float:
        """Digits that a method keeps and plain summation loses, of the sum in the middle."""
        return float(np.median(self.digits[method] - self.digits["recursive"]))


def exact_sums(terms: Reals, threads: int) -> Exact:
    """The sums of the columns of terms [terms, sums]; where these are float32, float64 tells enough of them."""
    high = nearest_sums(terms, threads)
    low = np.zeros_like(high)
    is_finite = np.isfinite(high)
    if terms.dtype == np.float64 and is_finite.any():
        rest = np.concatenate((terms, -high[np.newaxis]))[:, is_finite]
        low[is_finite] = nearest_sums(rest, threads)
    return Exact(high, low)


def nearest_sums(terms: Reals, threads: int) -> Doubles:
    """The float64 nearest to the exact sums of the columns of terms [terms, sums]."""
    return sum_by(terms, "exact", axis=0, working="float64", threads=threads).astype(np.float64, copy=False)


def most_digits(format_: FloatFormat) -> float:
    """Decimal digits of a format: -log10 of its unit roundoff."""
    return -log10(unit_roundoff(format_))


def digits_left(error: float, format_: FloatFormat) -> float:
    """-log10 of a relative error, from 0 to the digits of the format."""
    most = most_digits(format_)
    return min(most, max(0.0, -log10(error))) if error else most


def right_digits(got: Doubles, exact: Exact, format_: FloatFormat) -> Doubles:
    """[sums] -log10 of the relative errors, from 0 to the digits of the format; 0 where a sum is not finite."""
    errors = np.abs(exact.beyond(got))
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = -np.log10(np.where(errors == 0, 0.0, errors / np.abs(exact.high)))
    # No digit at all is 0 here, not the -0 that the logarithm gives.
    return np.clip(np.where(np.isnan(digits), 0.0, digits), 0.0, most_digits(format_)) + 0.0


def sums_in(format_: FloatFormat, terms: Terms, stored: Doubles, methods: Sequence[Method], threads: int) -> Sums:
    """All sums in one format, beside the exact sums of the stored terms."""
    rounded = terms.rounded_to(format_)
    exact = exact_sums(rounded, threads)
    results = {
        method.name: sum_by(rounded, method, axis=0, working=format_, threads=threads).astype(np.float64)
        for method in methods
    }
    return Sums(
        format_,
        {name: right_digits(got, exact, format_) for name, got in results.items()},
        {name: 1 - float(np.isfinite(got).mean()) for name, got in results.items()},
        absorbed_share(rounded, format_),
        moved_by(exact.high, stored),
    )


def absorbed_share(rounded: Reals, format_: FloatFormat) -> float:
    """Share of the terms other than 0 that leave the recursive sum as it is, of the sum in the middle."""
    absorbed = absorbed_by(rounded, axis=0, working=format_)
    nonzero = np.count_nonzero(rounded, axis=0)
    return float(np.median(absorbed / np.maximum(nonzero, 1)))


def moved_by(rounded: Doubles, stored: Doubles) -> float:
    """How far the exact sum of rounded terms is from that of the stored ones, relative to it, in the middle.

    Infinite where either is beyond its format, for the stored numbers and what they stand for are not.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(rounded == stored, 0.0, np.abs(rounded - stored) / np.abs(stored))
    return float(np.median(np.where(np.isfinite(rounded) & np.isfinite(stored), relative, np.inf)))
