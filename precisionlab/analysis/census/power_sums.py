"""Power sums of blocks about a shift, merged to the moments of the whole."""

import math
from dataclasses import dataclass
from typing import Final

from precisionlab.analysis.census.records import Moments

PILOT: Final = 1024
"""Elements at the start of a block whose mean is the shift of its power sums."""
PRECISE_FROM: Final = 2.0**-970
"""Sums from here on have all 53 bits, whatever terms underflowed."""


@dataclass(frozen=True, slots=True)
class PowerSums:
    """Count, mean and central power sums: the sums of (x - mean)^2, ^3 and ^4.

    Merging follows Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances and
    Arbitrary-Order Statistical Moments (2008), equations 3.1. Differences are multiplied, not raised
    to powers: Python's powers raise where its products become infinite.
    """

    count: int = 0
    mean: float = 0.0
    second: float = 0.0
    third: float = 0.0
    fourth: float = 0.0

    def merge(self, other: "PowerSums") -> "PowerSums":
        """The sums of both parts together."""
        if not other.count or not self.count:
            return other if other.count else self
        n, a, b = float(self.count + other.count), float(self.count), float(other.count)
        delta = other.mean - self.mean
        square = delta * delta
        second = self.second + other.second + square * a * b / n
        third = (
            self.third
            + other.third
            + square * delta * a * b * (a - b) / n**2
            + 3 * delta * (a * other.second - b * self.second) / n
        )
        fourth = (
            self.fourth
            + other.fourth
            + square * square * a * b * (a * a - a * b + b * b) / n**3
            + 6 * square * (a * a * other.second + b * b * self.second) / n**2
            + 4 * delta * (a * other.third - b * self.third) / n
        )
        return PowerSums(self.count + other.count, self.mean + delta * b / n, second, third, fourth)

    def moments(self) -> Moments:
        """Mean, population variance, skewness and kurtosis; NaN where undefined."""
        if not self.count:
            return Moments(math.nan, math.nan, math.nan, math.nan)
        variance = self.second / self.count
        if variance == 0:
            return Moments(self.mean, 0.0, math.nan, math.nan)
        third, fourth = self.third / self.count, self.fourth / self.count
        deviation = variance**0.5
        return Moments(
            self.mean,
            variance,
            standardised(third, variance * deviation),
            standardised(fourth, variance * variance),
        )


def standardised(moment: float, scale: float) -> float:
    """Their ratio; NaN where the scale is so small that moments of its size lose digits to underflow."""
    return moment / scale if scale > PRECISE_FROM else math.nan


def about_mean(  # noqa: PLR0913, PLR0917 - the terms of one formula
    shift: float, count: int, first: float, second: float, third: float, fourth: float
) -> PowerSums:
    """From the sums of d, d^2, d^3, d^4 with d = x - shift to those about the mean.

    Exact algebra; its rounding error grows with the square of the distance between shift and mean in
    standard deviations. That square is at most n / m where the shift is the mean of m of the n elements,
    since these m take part in the spread.
    """
    if not count:
        return PowerSums()
    offset = first / count
    square = offset * offset
    rest = second - offset * first
    return PowerSums(
        count,
        shift + offset,
        0.0 if rest < 0 else rest,
        third - 3 * offset * second + 2 * square * first,
        fourth - 4 * offset * third + 6 * square * second - 3 * square * offset * first,
    )
