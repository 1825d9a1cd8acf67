"""Norms and inner products of streams of float64, which neither overflow nor underflow on the way."""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from precisionlab.analysis.cast_losses import Floats

SAFE_EXPONENT: Final = 400
"""Products of numbers below 2 to it, and sums of those, stay finite; what products lose below 2^-1074 does not matter."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """Numbers, times 2 to an exponent."""

    values: Floats
    exponent: int = 0


def scaled(values: Floats) -> Scaled:
    """The numbers, divided by a power of two where their squares might overflow or underflow."""
    largest = float(np.abs(values).max(initial=0.0))
    exponent = math.frexp(largest)[1]
    if not largest or abs(exponent) <= SAFE_EXPONENT:
        return Scaled(values)
    return Scaled(np.ldexp(values, -exponent), exponent)


def difference(one: Floats, other: Floats) -> Scaled:
    """One less the other, rounded once; halved where it lies beyond float64."""
    with np.errstate(over="ignore"):
        values = one - other
    if np.isfinite(values).all():
        return scaled(values)
    halves = scaled(one / 2 - other / 2)
    return Scaled(halves.values, halves.exponent + 1)


@dataclass
class InnerProduct:
    """A sum of products, stretch by stretch: within some 1e-12 of the sum of their magnitudes.

    Each stretch is added up in pairs, and the stretches without any error but the last rounding.
    """

    parts: list[tuple[float, int]] = field(default_factory=list)
    """Sums, each times 2 to its exponent."""

    def add(self, one: Scaled, other: Scaled) -> None:
        """Add the products of two stretches."""
        self.parts.append((float((one.values * other.values).sum()), one.exponent + other.exponent))

    def total(self) -> tuple[float, int]:
        """The sum, times 2 to the exponent."""
        exponent = max((part[1] for part in self.parts if part[0]), default=0)
        return math.fsum(math.ldexp(sum_, own - exponent) for sum_, own in self.parts if sum_), exponent

    def root(self) -> float:
        """The root of a sum of squares; infinite beyond float64."""
        total, exponent = self.total()
        return times_power(math.sqrt(total), exponent // 2)


def ratio_of_roots(one: InnerProduct, other: InnerProduct) -> float:
    """The root of a sum of squares over another; 0 over 0 is 0, anything else infinite."""
    (above, high), (below, low) = one.total(), other.total()
    if not below:
        return math.inf if above else 0.0
    return times_power(math.sqrt(above) / math.sqrt(below), (high - low) // 2)


def cosine(products: InnerProduct, squares: InnerProduct, others: InnerProduct) -> float | None:
    """An inner product over both norms; None where one of them is 0."""
    (above, high), (one, first), (other, second) = products.total(), squares.total(), others.total()
    if not (one and other):
        return None
    found = times_power(above / math.sqrt(one) / math.sqrt(other), high - (first + second) // 2)
    return max(-1.0, min(1.0, found))


def times_power(number: float, exponent: int) -> float:
    """A number times 2 to an exponent; infinite beyond float64."""
    try:
        return math.ldexp(number, exponent)
    except OverflowError:
        return math.copysign(math.inf, number)
