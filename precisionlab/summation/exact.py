"""Exact sums and dot products, rounded once: of numpy arrays, one sum after the other."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.exact import encode_exact
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding import decode, round_to
from precisionlab.summation.anchors import DOUBLE
from precisionlab.summation.exact_loops import BLOCK, LOWEST, N_DIGITS, add_all, carry, to_double

Reals = NDArray[Any]
Doubles = NDArray[np.float64]

SHARE: Final = 1 << 20
"""Terms that are worth a thread."""
NOT_A_NUMBER, POSITIVE_INFINITY, NEGATIVE_INFINITY = 1, 2, 4


def exact_sums(terms: Reals, format_: FloatFormat, threads: int) -> Doubles:
    """The exact sum of each row [sums, n] of float32 or float64, rounded once to a format; n is at least 1."""
    return np.array([exact_sum(np.ascontiguousarray(row), format_, threads) for row in terms], np.float64)


def exact_sum(terms: Reals, format_: FloatFormat, threads: int) -> float:
    """The exact sum of contiguous terms."""
    digits, seen = digits_of(terms, threads)
    if seen:
        return in_format(special(seen), format_)
    total = rounded_once(digits, format_)
    return signed_zero(terms, format_) if is_unsigned_zero(total) else total


def is_unsigned_zero(total: float) -> bool:
    """Whether a sum is 0 and not one that underflowed to -0: its sign is that of the terms."""
    return total == 0 and not np.signbit(total)


def signed_zero(terms: Reals, format_: FloatFormat) -> float:
    """The zero that terms add up to: negative only where all of them are negative zeros, and the format has it."""
    return in_format(-0.0, format_) if bool(np.all((terms == 0) & np.signbit(terms))) else 0.0


def digits_of(terms: Reals, threads: int) -> tuple[NDArray[np.int64], int]:
    """The sum of the finite terms as digits, and what others there are."""
    n_parts = max(1, min(threads, terms.size // SHARE))
    size = -(-terms.size // n_parts // BLOCK) * BLOCK
    parts = [terms[start : start + size] for start in range(0, terms.size, size)]
    all_digits = np.zeros((len(parts), N_DIGITS), np.int64)
    if len(parts) == 1:
        seen = [add_all(parts[0], all_digits[0])]
    else:
        with ThreadPoolExecutor(len(parts), "precisionlab-sum") as pool:
            seen = list(pool.map(add_all, parts, all_digits))
    total = all_digits.sum(axis=0)
    carry(total)
    return total, int(np.bitwise_or.reduce(seen))


def special(seen: int) -> float:
    """What infinities and NaN add up to."""
    if seen & NOT_A_NUMBER or seen == POSITIVE_INFINITY | NEGATIVE_INFINITY:
        return float("nan")
    return float("inf") if seen == POSITIVE_INFINITY else -float("inf")


def rounded_once(digits: NDArray[np.int64], format_: FloatFormat) -> float:
    """The number that the digits are, in a format. Digits are overwritten."""
    # Odd rounding keeps what the second one needs to know (Boldo and Melquiond 2008).
    return in_format(float(to_double(digits, format_ != DOUBLE)), format_)


def in_format(x: float, format_: FloatFormat) -> float:
    """The nearest number of a format; what stands for infinity where it has none."""
    return x if format_ == DOUBLE else float(round_to(np.array(x), format_, Rounding.NEAREST_EVEN))


def exact_dots(x: Doubles, y: Doubles, format_: FloatFormat, threads: int) -> Doubles:
    """The exact dot product of each pair of rows [sums, n], rounded once to a format; n is at least 1."""
    return np.array([exact_dot(*pair, format_, threads) for pair in zip(x, y, strict=True)], np.float64)


def exact_dot(x: Doubles, y: Doubles, format_: FloatFormat, threads: int) -> float:
    """The exact dot product of two arrays of float64."""
    with np.errstate(all="ignore"):
        products = x * y
    if not np.isfinite(products).all() and not (np.isfinite(x).all() and np.isfinite(y).all()):
        return exact_sum(np.where(np.isfinite(x) & np.isfinite(y), 0.0, products), format_, threads)
    counts = (x != 0) & (y != 0)
    if not counts.any():
        return signed_zero(products, format_)
    x, y, rounded = x[counts], y[counts], products[counts]
    if is_split_safely(x, y):
        total = exact_sum(np.concatenate((rounded, lost_by(x, y, rounded))), format_, threads)
    else:
        total = by_fractions(x, y, format_)
    return signed_zero(products, format_) if is_unsigned_zero(total) else total


def is_split_safely(x: Doubles, y: Doubles) -> bool:
    """Whether no product of numbers other than 0, nor what it loses, leaves the range in which splitting is exact."""
    sizes = [np.abs(factor) for factor in (x, y)]
    largest = max(float(size.max()) for size in sizes)
    highest = np.log2(sizes[0].max()) + np.log2(sizes[1].max())
    lowest = np.log2(sizes[0].min()) + np.log2(sizes[1].min())
    return bool(largest < 2.0**990 and highest < 1020 and lowest > LOWEST + 110)


def lost_by(x: Doubles, y: Doubles, products: Doubles) -> Doubles:
    """X y - products, exactly (Dekker 1971, by Veltkamp's splitting)."""
    splitter = 2.0**27 + 1
    x1, y1 = (factor * splitter - (factor * splitter - factor) for factor in (x, y))
    x2, y2 = x - x1, y - y1
    return np.asarray(x2 * y2 - (((products - x1 * y1) - x2 * y1) - x1 * y2))


def by_fractions(x: Doubles, y: Doubles, format_: FloatFormat) -> float:
    """The same of numbers so large or small that float64 does not hold their products: slowly."""
    total = sum((Fraction(a) * Fraction(b) for a, b in zip(x.tolist(), y.tolist(), strict=True)), Fraction(0))
    return float(decode(np.array(encode_exact(total, format_)), format_))
