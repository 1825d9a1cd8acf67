"""Sums and dot products that are hard to compute, of a chosen condition number."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import UsageError
from precisionlab.summation.summing import dot_by

Doubles = NDArray[np.float64]


def ill_conditioned(n: int, condition: float, seed: int = 0) -> tuple[Doubles, Doubles]:
    """Two arrays [n] of float64 whose dot product has about that condition number (Ogita, Rump and Oishi 2005, GenDot).

    The condition number of x'y is 2 |x|'|y| / |x'y|. The first half of the products spans its range of magnitudes, each
    of the second half brings the sum of all so far nearer to 1.

    Raises:
        UsageError: fewer than 6 elements, or a condition number below 1 or beyond 1e270.
    """
    if n < 6 or not 1 <= condition <= 1e270:
        raise UsageError("ill_conditioned", "takes at least 6 elements and a condition number from 1 to 1e270")
    random = np.random.default_rng(seed)
    bits = np.log2(condition)
    half = n // 2
    exponents = np.rint(random.random(half) * bits / 2)
    exponents[0], exponents[-1] = np.rint(bits / 2) + 1, 0
    x, y = np.zeros(n), np.zeros(n)
    x[:half] = (2 * random.random(half) - 1) * 2.0**exponents
    y[:half] = (2 * random.random(half) - 1) * 2.0**exponents
    falling = np.rint(np.linspace(bits / 2, 0, n - half))
    for i, exponent in zip(range(half, n), falling, strict=True):
        x[i] = (2 * random.random() - 1) * 2.0**exponent
        target = (2 * random.random() - 1) * 2.0**exponent
        y[i] = (target - float(dot_by(x[:i], y[:i], "exact"))) / x[i]
    order = random.permutation(n)
    return x[order], y[order]


def ill_conditioned_sum(n: int, condition: float, seed: int = 0) -> Doubles:
    """Terms [n] of float64 whose sum has about that condition number, sum |x_i| / |sum x_i|; n is even.

    They are the products of `ill_conditioned` and what these lose, so that both have the same sum.

    Raises:
        UsageError: fewer than 12 terms or an odd number of them, or a condition number that is not possible.
    """
    if n < 12 or n % 2:
        raise UsageError("ill_conditioned_sum", "takes an even number of terms, at least 12")
    x, y = ill_conditioned(n // 2, condition, seed)
    exact = [Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    leading = np.array([float(product) for product in exact])
    lost = np.array([float(product - Fraction(near)) for product, near in zip(exact, leading.tolist(), strict=True)])
    return np.concatenate((leading, lost))[np.random.default_rng(seed).permutation(2 * len(x))]
