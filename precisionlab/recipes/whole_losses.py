"""Losses as whole multiples of one power of two, so that totals are compared without rounding.

Every finite float64 is such a multiple, and Python's integers have no end.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from precisionlab.recipes.problem import Unit


class Offered(NamedTuple):
    """A candidate of finite loss in whole numbers."""

    bits: int
    loss: int
    """As a multiple of 2^-exponent."""
    place: int
    """Among the candidates of its unit."""


@dataclass(frozen=True, slots=True)
class Offers:
    """The candidates of finite loss, unit by unit."""

    units: tuple[tuple[Offered, ...], ...]
    exponent: int


def offers_of(units: Sequence[Unit]) -> Offers:
    """The candidates of finite loss in whole numbers."""
    exponent = common_exponent(candidate.loss for unit in units for candidate in unit.possible)
    return Offers(tuple(tuple(offered(unit, exponent)) for unit in units), exponent)


def offered(unit: Unit, exponent: int) -> Iterable[Offered]:
    """The candidates of finite loss of one unit."""
    for place, candidate in enumerate(unit.candidates):
        if candidate.loss < math.inf:
            yield Offered(int(candidate.bits), whole(candidate.loss, exponent), place)


def common_exponent(losses: Iterable[float]) -> int:
    """The least k from 0 such that all losses are whole multiples of 2^-k."""
    return max(exponent_of(loss.as_integer_ratio()[1]) for loss in losses)


def exponent_of(power: int) -> int:
    """The k of 2^k."""
    return power.bit_length() - 1


def whole(loss: float, exponent: int) -> int:
    """A finite loss as a multiple of 2^-exponent, which it is."""
    numerator, denominator = loss.as_integer_ratio()
    return numerator << (exponent - exponent_of(denominator))


def rounded(multiple: int | Fraction, exponent: int) -> float:
    """So many times 2^-exponent, rounded once; infinite beyond float64."""
    try:
        return float(Fraction(multiple) / (1 << exponent))
    except OverflowError:
        return math.inf


def most_within(limit: float, exponent: int) -> int:
    """The largest multiple of 2^-exponent that rounds to at most a finite limit."""
    halfway = Fraction(limit) + Fraction(math.ulp(limit)) / 2
    most = math.floor(halfway * (1 << exponent))
    return most if rounded(most, exponent) <= limit else most - 1
