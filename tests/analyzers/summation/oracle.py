"""Sums as textbooks write them, with the scalars of numpy and ml_dtypes, and their errors in rationals."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import ml_dtypes
import numpy as np

Scalar = Any
"""A number of one of `KINDS`, whose addition and multiplication round to it."""

KINDS: Mapping[str, Callable[[float], Scalar]] = MappingProxyType(
    {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}
)
BITS: Mapping[str, int] = MappingProxyType({"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53})
"""Of significands."""


def recursive(terms: Sequence[Scalar]) -> Scalar:
    """One after the other."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def pairwise(terms: Sequence[Scalar]) -> Scalar:
    """Neighbours first."""
    level = list(terms)
    while len(level) > 1:
        pairs = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def kahan(terms: Sequence[Scalar]) -> Scalar:
    """Kahan 1965."""
    total, correction = terms[0], terms[0] - terms[0]
    for term in terms[1:]:
        y = term - correction
        t = total + y
        correction = (t - total) - y
        total = t
    return total


def neumaier(terms: Sequence[Scalar]) -> Scalar:
    """Neumaier 1974, which looks for the larger one."""
    total, correction = terms[0], terms[0] - terms[0]
    for term in terms[1:]:
        t = total + term
        correction = correction + ((total - t) + term if abs(total) >= abs(term) else (term - t) + total)
        total = t
    return total + correction


def blocked(size: int) -> Callable[[Sequence[Scalar]], Scalar]:
    """Blocks, then their sums."""
    return lambda terms: recursive([recursive(terms[i : i + size]) for i in range(0, len(terms), size)])


METHODS: Mapping[str, Callable[[Sequence[Scalar]], Scalar]] = MappingProxyType(
    {
        "recursive": recursive,
        "pairwise": pairwise,
        "kahan": kahan,
        "neumaier": neumaier,
        "blocked:16": blocked(16),
    }
)


def exactly(terms: Sequence[Scalar]) -> Fraction:
    """The sum of the numbers themselves."""
    return sum((Fraction(float(term)) for term in terms), Fraction(0))


def digits(got: Scalar, exact: Fraction, kind: str) -> float:
    """Right decimal digits of a sum in a format."""
    most = BITS[kind] * math.log10(2)
    if not math.isfinite(float(got)):
        return 0.0
    error = abs(Fraction(float(got)) - exact)
    if error == 0:
        return most
    if exact == 0:
        return 0.0
    ratio = error / abs(exact)
    return min(most, max(0.0, math.log10(ratio.denominator) - math.log10(ratio.numerator)))


def absorbed_share(terms: Sequence[Scalar]) -> float:
    """Of the terms other than 0, how many leave the sum of those before as it is."""
    total, count = terms[0], 0
    for term in terms[1:]:
        count += bool(total + term == total and term != 0)
        total = total + term
    n_nonzero = sum(bool(term != 0) for term in terms)
    return count / n_nonzero if n_nonzero else 0.0
