"""What is added up: numbers, or their squares; by any method, and exactly, as a rational that no format rounds."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, isnan
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding import round_to
from precisionlab.formats.specials import Number, Special
from precisionlab.summation.exact import digits_of, is_split_safely, lost_by, special
from precisionlab.summation.exact_loops import DIGIT_BITS, LOWEST, N_DIGITS
from precisionlab.summation.methods import Method
from precisionlab.summation.summing import absorbed_by, dot_by, sum_by

Reals = NDArray[Any]
Doubles = NDArray[np.float64]

PIECE = 1 << 22
"""Numbers that are held in float64 at a time."""


class Summands(Protocol):
    """Flat arrays of float16, bfloat16, float32 or float64, and what of them is summed."""

    @property
    def values(self) -> Reals:
        """The numbers [n]."""

    def total(self) -> Number:
        """The exact sum."""

    def size(self) -> Number:
        """The exact sum of the magnitudes."""

    def rounded_total(self, format_: FloatFormat) -> Number:
        """The exact sum once the numbers, and nothing else, are rounded to a format."""

    def sum_by(self, method: Method, format_: FloatFormat) -> Number:
        """The sum by a method in a working format."""

    def absorbed(self, format_: FloatFormat) -> int:
        """How many terms other than 0 a recursive sum takes without changing."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The numbers of an array themselves."""

    values: Reals

    def total(self) -> Number:
        """The exact sum."""
        return exact_total(pieces(self.values))

    def size(self) -> Number:
        """The exact sum of the magnitudes."""
        return exact_total(map(np.abs, pieces(self.values)))

    def rounded_total(self, format_: FloatFormat) -> Number:
        """The exact sum once the numbers, and nothing else, are rounded to a format."""
        return exact_total(round_to(piece, format_) for piece in pieces(self.values))

    def sum_by(self, method: Method, format_: FloatFormat) -> Number:
        """The sum by a method in a working format."""
        return number_of(float(sum_by(self.values, method, working=format_)))

    def absorbed(self, format_: FloatFormat) -> int:
        """How many terms other than 0 a recursive sum takes without changing."""
        return int(absorbed_by(self.values, working=format_))


@dataclass(frozen=True, slots=True, eq=False)
class Squares:
    """The squares of an array's numbers: their sum is the norm's square."""

    values: Reals

    def total(self) -> Number:
        """The exact sum."""
        return exact_total_of_squares(pieces(self.values))

    def size(self) -> Number:
        """The same: no square is negative."""
        return self.total()

    def rounded_total(self, format_: FloatFormat) -> Number:
        """The exact sum once the numbers, but not their squares, are rounded to a format."""
        return exact_total_of_squares(round_to(piece, format_) for piece in pieces(self.values))

    def sum_by(self, method: Method, format_: FloatFormat) -> Number:
        """The sum by a method in a working format, to which the squares are rounded."""
        return number_of(float(dot_by(self.values, self.values, method, working=format_)))

    def absorbed(self, format_: FloatFormat) -> int:
        """How many rounded squares other than 0 a recursive sum takes without changing."""
        numbers = round_to(self.values.astype(np.float64), format_)
        with np.errstate(all="ignore"):
            # Products of two numbers of at most 25 bits are exact, and rounded once here.
            squares = round_to(numbers * numbers, format_)
        return int(absorbed_by(squares, working=format_))


def pieces(values: Reals) -> Iterator[Doubles]:
    """An array [n] in float64, piece after piece."""
    return (values[i : i + PIECE].astype(np.float64) for i in range(0, len(values), PIECE))


def exact_total(parts: Iterable[Doubles]) -> Number:
    """The exact sum of all numbers of contiguous arrays, none empty; NaN and infinities as IEEE 754 has them."""
    total, seen = np.zeros(N_DIGITS, np.int64), 0
    for part in parts:
        digits, own = digits_of(part, os.cpu_count() or 1)
        total, seen = total + digits, seen | own
    return number_of_digits(total, seen)


def exact_total_of_squares(parts: Iterable[Doubles]) -> Number:
    """The exact sum of the squares of all numbers of arrays."""
    totals = [total_of_squares(part) for part in parts]
    specials = [total for total in totals if isinstance(total, Special)]
    if specials:
        return Special.NAN if Special.NAN in specials else Special.INFINITY
    return sum((total for total in totals if isinstance(total, Fraction)), Fraction(0))


def total_of_squares(x: Doubles) -> Number:
    """The exact sum of the squares of an array: of what float64 makes of them, and what it loses."""
    x = x[x != 0]
    if not len(x):
        return Fraction(0)
    with np.errstate(all="ignore"):
        squares = x * x
    if not np.isfinite(x).all():
        return exact_total([squares])
    if is_split_safely(x, x):
        return exact_total([squares, lost_by(x, x, squares)])
    return sum((Fraction(number) ** 2 for number in x.tolist()), Fraction(0))


def number_of_digits(digits: NDArray[np.int64], seen: int) -> Number:
    """What the digits of an exact sum stand for, and what is not finite among its terms (`exact.digits_of`)."""
    if seen:
        return number_of(special(seen))
    return Fraction(sum(int(digit) << (DIGIT_BITS * k) for k, digit in enumerate(digits)), 1 << -LOWEST)


def number_of(x: float) -> Number:
    """What a float64 is, exactly."""
    if isnan(x):
        return Special.NAN
    if not isfinite(x):
        return Special.INFINITY if x > 0 else Special.NEGATIVE_INFINITY
    is_negative_zero = x == 0 and str(x).startswith("-")
    return Special.NEGATIVE_ZERO if is_negative_zero else Fraction(x)
