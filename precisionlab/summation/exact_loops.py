"""Compiled loops of the exact sum: every number is added to one wide fixed-point number.

The fixed-point number is an array of 64-bit digits, digit k of weight 2^(32 k - 1074): 32 bits of it are value, the rest
room for carries, so that numbers are added without looking at neighbours (Kulisch 1980; Neal 2015 for the room).

Many numbers are not added one by one. Where they are of like size, an anchor takes from each of a block the bits above
a common place; these leading parts are multiples of one power of two, few enough bits wide that their sum in float64 is
exact (Rump, Ogita and Oishi 2008), and two rounds empty most blocks. Where they are not, significands are summed apart
for each sign and exponent (Zhu and Hayes 2010; Neal 2015), and these sums added in the end.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Digits = NDArray[np.int64]
Integer = Any
"""An int of 64 bits."""

DIGIT_BITS = 32
LOWEST = -1074
"""Exponent of the lowest bit: that of the smallest float64."""
N_DIGITS = 70
"""From 2^-1074 to beyond 2^1024, and 2^64 such numbers."""
BLOCK, SIDE = 2048, 256
BLOCK_BITS = 11
CARRY_EVERY = 1 << 28
"""Additions to a digit before its carries are passed on."""
MASK = np.int64((1 << DIGIT_BITS) - 1)
MAGNITUDE = np.int64(0x7FFFFFFFFFFFFFFF)
FRACTION = np.int64((1 << 52) - 1)
INFINITY = np.int64(0x7FF0000000000000)
ROUNDS = 2
MANY_LEFT, STAYS_WIDE = BLOCK // 8, 16
"""Numbers that the rounds leave of a block of unlike sizes, and how many blocks are taken for such after one."""
N_BINS, COUNT_PLACE = 1 << 12, 42
"""Bins for each sign and exponent: the sum of lower halves, and that of upper ones with the count 42 bits above."""
EMPTIED_EVERY = 1 << 21
"""Numbers of which neither sum nor count leaves its bits."""
WORTH_BINS = 1 << 16
"""Numbers that are worth emptying 4,096 bins."""


@njit(nogil=True, cache=True)
def add_shifted(value: Integer, place: Integer, is_negative: bool, digits: Digits) -> None:
    """Add a whole number below 2^63 times 2^(place - 1074), or subtract it."""
    digit, offset = place >> 5, place & 31
    low, high = (value & MASK) << offset, (value >> DIGIT_BITS) << offset
    sign = np.int64(-1) if is_negative else np.int64(1)
    digits[digit] += sign * (low & MASK)
    digits[digit + 1] += sign * ((low >> DIGIT_BITS) + (high & MASK))
    digits[digit + 2] += sign * (high >> DIGIT_BITS)


@njit(nogil=True, cache=True)
def add_one(x: float, digits: Digits) -> None:
    """Add a finite float64."""
    bits = np.float64(x).view(np.int64)
    field = np.int64((bits & INFINITY) >> 52)
    significand = bits & FRACTION
    if field > 0:
        significand += np.int64(1) << 52
    add_shifted(significand, max(field, np.int64(1)) - 1, bool(bits < 0), digits)


@njit(nogil=True, cache=True)
def carry(digits: Digits) -> None:
    """Pass carries on: all digits but the last come to lie between 0 and 2^32."""
    for k in range(digits.size - 1):
        digits[k + 1] += digits[k] >> DIGIT_BITS
        digits[k] &= MASK


@njit(nogil=True, cache=True)
def largest(block: Doubles) -> Any:  # noqa: ANN401 - a 64-bit pattern
    """The pattern of the largest magnitude [rows, SIDE]; those of infinity and NaN are above all others."""
    tops = np.zeros(SIDE, np.int64)
    bits = block.view(np.int64)
    for i in range(bits.shape[0]):
        for j in range(SIDE):
            tops[j] = max(tops[j], bits[i, j] & MAGNITUDE)
    top = np.int64(0)
    for j in range(SIDE):
        top = max(top, tops[j])
    return top


@njit(nogil=True, cache=True)
def take_leading(block: Doubles, anchor: float, sums: Doubles) -> None:
    """Move the part of each number that is a multiple of the anchor's last bit to the sums [SIDE]."""
    for i in range(block.shape[0]):
        for j in range(SIDE):
            x = block[i, j]
            leading = (x + anchor) - anchor
            sums[j] += leading
            block[i, j] = x - leading


@njit(nogil=True, cache=True)
def total_of(sums: Doubles) -> Any:  # noqa: ANN401 - a float64
    """The sum of [SIDE] sums of leading parts, which is exact."""
    n = SIDE // 2
    while n:
        for j in range(n):
            sums[j] += sums[j + n]
        n //= 2
    return sums[0]


@njit(nogil=True, cache=True)
def empty_block(block: Doubles, digits: Digits) -> Any:  # noqa: ANN401 - an int
    """Add what anchors take of finite numbers [rows, SIDE], which keep the rest; how many keep one."""
    # The anchor exceeds the largest number so far that the sum of all leading parts is exact.
    field = (largest(block) >> 52) + BLOCK_BITS + 2
    sums = np.empty(SIDE, np.float64)
    for _ in range(ROUNDS):
        if not 0 < field < 2046:
            break
        anchor = np.int64((field << 52) | (np.int64(1) << 51)).view(np.float64)
        sums[:] = 0.0
        take_leading(block, anchor, sums)
        add_one(total_of(sums), digits)
        field -= 52 - BLOCK_BITS - 1
    return 0 if largest(block) == 0 else np.count_nonzero(block)


@njit(nogil=True, cache=True)
def add_singly(block: Doubles, digits: Digits) -> Any:  # noqa: ANN401 - an int
    """Add numbers one by one; what is not finite is left out, and told as `add_all` does."""
    seen = 0
    for x in block.flat:
        if abs(x) < np.inf:
            if x != 0.0:
                add_one(x, digits)
        else:
            seen |= 1 if x != x else (2 if x > 0 else 4)  # noqa: PLR0124 - NaN
    return seen


@njit(nogil=True, cache=True)
def add_to_bins(numbers: NDArray[Any], bins: NDArray[np.uint64]) -> None:
    """Add numbers to the bins [N_BINS, 2] of their signs and exponents."""
    for number in numbers:
        word = np.float64(number).view(np.uint64)
        which = word >> np.uint64(52)
        bins[which, 0] += word & np.uint64(0xFFFFFFFF)
        bins[which, 1] += ((word >> np.uint64(32)) & np.uint64(0xFFFFF)) | np.uint64(1 << COUNT_PLACE)


@njit(nogil=True, cache=True)
def empty_bins(bins: NDArray[np.uint64], digits: Digits) -> Any:  # noqa: ANN401 - an int
    """Add what the bins hold, which are set to 0; what is not finite is told as `add_all` does."""
    seen = 0
    for which in range(N_BINS):
        low, high = np.int64(bins[which, 0]), np.int64(bins[which, 1])
        if high == 0:
            continue
        count, high = high >> COUNT_PLACE, high & ((np.int64(1) << COUNT_PLACE) - 1)
        field, is_negative = which & 2047, which > 2047
        if field == 2047:
            is_infinity = low == 0 and high == 0
            seen |= (4 if is_negative else 2) if is_infinity else 1
            continue
        place = max(field, 1) - 1
        add_shifted(low, place, is_negative, digits)
        add_shifted(high, place + 32, is_negative, digits)
        if field > 0:  # the leading bits, which are not stored
            add_shifted(count, place + 52, is_negative, digits)
    bins[:] = 0
    carry(digits)
    return seen


@njit(nogil=True, cache=True)
def add_all(terms: NDArray[Any], digits: Digits) -> Any:  # noqa: ANN401 - an int
    """Add float32s or float64s; what is not finite is left out, and told.

    Returns:
        The sum of 1 where there are NaN, 2 for positive and 4 for negative infinities.
    """
    block = np.empty((BLOCK // SIDE, SIDE), np.float64)
    flat = block.reshape(-1)
    has_bins = terms.size >= WORTH_BINS
    bins = np.zeros((N_BINS if has_bins else 0, 2), np.uint64)
    seen, n_binned, wide_for, since = 0, 0, 0, 0
    for start in range(0, terms.size, BLOCK):
        part = terms[start : start + BLOCK]
        if wide_for > 0:
            wide_for -= 1
            add_to_bins(part, bins)
            n_binned += BLOCK
        else:
            flat[: part.size] = part
            flat[part.size :] = 0.0
            n_left = empty_block(block, digits) if largest(block) < INFINITY else BLOCK
            if n_left > MANY_LEFT and has_bins:
                add_to_bins(flat, bins)
                n_binned += BLOCK
                wide_for = STAYS_WIDE
            elif n_left:
                seen |= add_singly(block, digits)
        if n_binned >= EMPTIED_EVERY:
            seen |= empty_bins(bins, digits)
            n_binned = 0
        since += BLOCK
        if since >= CARRY_EVERY:
            carry(digits)
            since = 0
    if n_binned:
        seen |= empty_bins(bins, digits)
    carry(digits)
    return seen


@njit(nogil=True, cache=True)
def magnitude_of(digits: Digits) -> Any:  # noqa: ANN401 - a bool
    """Make the number its magnitude, carried; whether it was negative."""
    carry(digits)
    is_negative = digits[digits.size - 1] < 0
    if is_negative:
        for k in range(digits.size):
            digits[k] = -digits[k]
        carry(digits)
    return is_negative


@njit(nogil=True, cache=True)
def highest_bit(digits: Digits) -> Any:  # noqa: ANN401 - an int
    """The place of the highest bit of a number that is not negative; -1 of zero."""
    top = digits.size - 1
    while top >= 0 and digits[top] == 0:
        top -= 1
    width = 0
    while top >= 0 and (digits[top] >> width) > 0:
        width += 1
    return DIGIT_BITS * top + width - 1 if top >= 0 else -1


@njit(nogil=True, cache=True)
def bits_from(digits: Digits, highest: int, lowest: int) -> Any:  # noqa: ANN401 - a 64-bit integer
    """The bits between two places, of which there are at most 53."""
    significand = np.int64(0)
    for k in range(highest // DIGIT_BITS, lowest // DIGIT_BITS - 1, -1):
        place = DIGIT_BITS * k - lowest
        significand += digits[k] << place if place >= 0 else digits[k] >> -place
    return significand


@njit(nogil=True, cache=True)
def bits_below(digits: Digits, lowest: int) -> Any:  # noqa: ANN401 - two 64-bit integers
    """The bit below a place, and one that is not 0 where any bit below that one is."""
    if lowest <= 0:
        return np.int64(0), np.int64(0)
    k, offset = (lowest - 1) >> 5, (lowest - 1) & 31
    rest = digits[k] & ((np.int64(1) << offset) - 1)
    for below in range(k):
        rest |= digits[below]
    return (digits[k] >> offset) & 1, rest


@njit(nogil=True, cache=True)
def to_double(digits: Digits, is_to_odd: bool) -> Any:  # noqa: ANN401 - a float64
    """The number rounded once: to nearest even, or to odd, so that it may be rounded to fewer bits. Digits are overwritten."""
    is_negative = magnitude_of(digits)
    highest = highest_bit(digits)
    if highest < 0:
        return 0.0
    lowest = max(highest - 52, 0)
    significand = bits_from(digits, highest, lowest)
    half, rest = bits_below(digits, lowest)
    if is_to_odd:
        significand |= np.int64((half | rest) != 0)
    else:
        significand += half & np.int64((rest | (significand & 1)) != 0)
    # Adding the significand, hidden bit included, to the exponent below it carries by itself.
    bits = (np.int64(min(lowest, 2045)) << 52) + significand
    if lowest > 2045 or bits >= INFINITY:
        bits = INFINITY - 1 if is_to_odd else INFINITY
    value = np.int64(bits).view(np.float64)
    return -value if is_negative else value
