"""Compiled loops that sum many lanes side by side: the way of summing is a textbook's, and lanes fill vector registers.

Each takes terms [n, lanes], goes on from the parts [components, lanes] of their sums (the running sum, and what is summed
aside), and leaves them there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from precisionlab.summation.methods import Way
from precisionlab.summation.steps import (
    Constants,
    fused,
    kept,
    rounded,
    two_product,
    two_sum,
)

Reals = NDArray[Any]
Doubles = NDArray[np.float64]


@njit(nogil=True, cache=True)
def recursive(terms: Reals, parts: Reals, a: Constants) -> None:
    """The sum takes one term after the other."""
    s = parts[0]
    for i in range(terms.shape[0]):
        for j in range(s.size):
            s[j] = rounded(s[j] + terms[i, j], a)


@njit(nogil=True, cache=True)
def kahan(terms: Reals, parts: Reals, a: Constants) -> None:
    """Parts are the sum, and what is still to be added: Kahan's correction with its sign turned."""
    s, c = parts[0], parts[1]
    nothing = parts.dtype.type(-0.0)
    for i in range(terms.shape[0]):
        for j in range(s.size):
            y = rounded(terms[i, j] + c[j], a)
            t = rounded(s[j] + y, a)
            c[j] = kept(rounded(y - rounded(t - s[j], a), a), nothing)
            s[j] = t


@njit(nogil=True, cache=True)
def neumaier(terms: Reals, parts: Reals, a: Constants) -> None:
    """What each addition loses is summed aside; found by comparing magnitudes, or without, it is the same number."""
    s, c = parts[0], parts[1]
    nothing = parts.dtype.type(-0.0)
    for i in range(terms.shape[0]):
        for j in range(s.size):
            t, lost = two_sum(s[j], terms[i, j], a, nothing)
            c[j] = rounded(c[j] + lost, a)
            s[j] = t


@njit(nogil=True, cache=True)
def klein(terms: Reals, parts: Reals, a: Constants) -> None:
    """The same, with what c loses in a third part."""
    s, c, d = parts[0], parts[1], parts[2]
    nothing = parts.dtype.type(-0.0)
    for i in range(terms.shape[0]):
        for j in range(s.size):
            t, lost = two_sum(s[j], terms[i, j], a, nothing)
            c_next, c_lost = two_sum(c[j], lost, a, nothing)
            d[j] = rounded(d[j] + c_lost, a)
            c[j] = c_next
            s[j] = t


@njit(nogil=True, cache=True)
def sumk(terms: Reals, parts: Reals, a: Constants) -> None:
    """Every part but the last takes what the part before loses; the last sums it plainly."""
    last, n_lanes = parts.shape[0] - 1, parts.shape[1]
    nothing = parts.dtype.type(-0.0)
    passed = np.empty(n_lanes, parts.dtype)
    for i in range(terms.shape[0]):
        passed[:] = terms[i]
        for level in range(last):
            for j in range(n_lanes):
                t, lost = two_sum(parts[level, j], passed[j], a, nothing)
                parts[level, j] = t
                passed[j] = lost
        for j in range(n_lanes):
            parts[last, j] = rounded(parts[last, j] + passed[j], a)


@njit(nogil=True, cache=True)
def double_double(terms: Reals, parts: Reals, a: Constants) -> None:
    """The sum is parts[0] + parts[1], of which the first is what both round to."""
    high, low = parts[0], parts[1]
    nothing = parts.dtype.type(-0.0)
    for i in range(terms.shape[0]):
        for j in range(high.size):
            s, lost = two_sum(high[j], terms[i, j], a, nothing)
            rest = rounded(lost + low[j], a)
            total = rounded(s + rest, a)
            low[j] = kept(rounded(rest - rounded(total - s, a), a), nothing)
            high[j] = total


@njit(nogil=True, cache=True)
def add_pairs(terms: Reals, sums: Reals, a: Constants) -> None:
    """One level of pairwise summation: sums [ceil(n / 2), lanes] may be the beginning of the terms."""
    n = terms.shape[0]
    for i in range(n // 2):
        for j in range(terms.shape[1]):
            sums[i, j] = rounded(terms[2 * i, j] + terms[2 * i + 1, j], a)
    if n % 2:
        for j in range(terms.shape[1]):
            sums[n // 2, j] = terms[n - 1, j]


@njit(nogil=True, cache=True)
def multiply(x: Reals, y: Reals, products: Reals, a: Constants) -> None:
    """Products [n, lanes], rounded."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            products[i, j] = rounded(x[i, j] * y[i, j], a)


@njit(nogil=True, cache=True)
def multiply_add(x: Doubles, y: Doubles, parts: Doubles, a: Constants) -> None:
    """Product and sum are rounded once."""
    s = parts[0]
    for i in range(x.shape[0]):
        for j in range(s.size):
            s[j] = fused(x[i, j], y[i, j], s[j], a)


@njit(nogil=True, cache=True)
def dot2(x: Doubles, y: Doubles, parts: Doubles, a: Constants) -> None:
    """What product and sum lose is summed aside."""
    s, c = parts[0], parts[1]
    nothing = parts.dtype.type(-0.0)
    for i in range(x.shape[0]):
        for j in range(s.size):
            h, r = two_product(x[i, j], y[i, j], a)
            t, lost = two_sum(s[j], h, a, nothing)
            c[j] = rounded(c[j] + rounded(lost + r, a), a)
            s[j] = t


@njit(nogil=True, cache=True)
def split_products(x: Doubles, y: Doubles, terms: Doubles, a: Constants) -> None:
    """Terms [2n, lanes] whose sum is that of the products: what products lose, then what their running sum loses, then it."""
    n, n_lanes = x.shape
    nothing = terms.dtype.type(-0.0)
    s = np.empty(n_lanes, terms.dtype)
    for j in range(n_lanes):
        s[j], terms[0, j] = two_product(x[0, j], y[0, j], a)
    for i in range(1, n):
        for j in range(n_lanes):
            h, terms[i, j] = two_product(x[i, j], y[i, j], a)
            s[j], terms[n + i - 1, j] = two_sum(s[j], h, a, nothing)
    terms[2 * n - 1] = s


@njit(nogil=True, cache=True)
def add_parts(parts: Reals, sums: Reals, a: Constants) -> None:
    """Sums [lanes] of the parts, from the first on: what cancels leaves room for what the last ones kept."""
    for j in range(sums.size):
        total = parts[0, j]
        for k in range(1, parts.shape[0]):
            total = rounded(total + parts[k, j], a)
        sums[j] = total


@njit(nogil=True, cache=True)
def finish_sumk(parts: Reals, sums: Reals, a: Constants) -> None:
    """What the K - 1 passes of SumK leave, added: each running sum goes through those that follow."""
    last = parts.shape[0] - 1
    nothing = parts.dtype.type(-0.0)
    for j in range(sums.size):
        top, rest = parts[0, j], parts[last, j]
        for level in range(1, last):
            top, passed = two_sum(parts[level, j], top, a, nothing)
            for below in range(level + 1, last):
                t, passed = two_sum(parts[below, j], passed, a, nothing)
                parts[below, j] = t
            rest = rounded(rest + passed, a)
        sums[j] = rounded(rest + top, a)


@njit(nogil=True, cache=True)
def count_absorbed(terms: Reals, counts: NDArray[np.int64], a: Constants) -> None:
    """How many terms other than 0 [n, lanes] a recursive sum takes without changing, beginning with the second."""
    s = terms[0].copy()
    for i in range(1, terms.shape[0]):
        for j in range(s.size):
            t = rounded(s[j] + terms[i, j], a)
            counts[j] += np.int64((t == s[j]) & (terms[i, j] != 0))
            s[j] = t


SINGLE_PASS: Final[Mapping[Way, Callable[..., None]]] = {
    Way.RECURSIVE: recursive,
    Way.KAHAN: kahan,
    Way.NEUMAIER: neumaier,
    Way.KLEIN: klein,
    Way.SUM2: neumaier,
    Way.SUMK: sumk,
    Way.DOUBLE_DOUBLE: double_double,
}
"""The loop of each way that goes through the terms once. Neumaier's and Sum2 differ in how they find the same number."""
OF_FACTORS: Final[Mapping[Way, Callable[..., None]]] = {Way.FMA: multiply_add, Way.DOT2: dot2}
"""The same for factors."""
