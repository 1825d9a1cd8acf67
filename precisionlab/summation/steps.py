"""Single additions and products with what they lose, compiled: loops over lanes are made of them.

`a` are the `Anchors` of the format in which every operation is rounded, on numbers in float64; None stands for the
arithmetic of the numbers' own type. What an addition loses is a number of the format itself (Dekker 1971), so that it
takes no rounding; it is -0 where it is nothing, which changes no number that it is added to, -0 neither.
"""

from typing import Any, Final

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from precisionlab.formats.modes import Rounding

Real = Any
"""A float32 or float64."""
Constants = Any
"""`Anchors`, or None."""

EXPONENT = np.int64(0x7FF0000000000000)
NEVER, ALWAYS = 2.0, 2.0**-400  # below any share that a product of float32 has of a gap, and no 0 times a gap
THRESHOLDS: Final = {
    Rounding.TOWARD_ZERO: (NEVER, NEVER),
    Rounding.DOWN: (NEVER, ALWAYS),
    Rounding.UP: (ALWAYS, NEVER),
    Rounding.NEAREST_AWAY: (0.5, 0.5),
}
"""From which share of a gap on a positive, and a negative number becomes the neighbour farther from 0.

Stochastically it is 1 - d / 2^r, d a random whole number of r bits.
"""


@njit(nogil=True, cache=True)
def exponent_part(x: Real) -> Real:
    """The largest power of two not above the magnitude of a float64; 0 of subnormals, infinity of what is not finite."""
    return np.int64(np.float64(x).view(np.int64) & EXPONENT).view(np.float64)


@njit(nogil=True, cache=True)
def rounded(x: Real, a: Constants) -> Real:
    """To nearest even in the format."""
    if a is None:
        return x
    size = abs(x)
    c = max(exponent_part(x), a.lowest) * a.anchor
    near = (size + c) - c
    above_nothing = a.least if size > 0.5 * a.least else 0.0
    near = above_nothing if near < a.least else near
    return np.copysign(a.beyond_positive if size > a.last else near, x)


@njit(nogil=True, cache=True)
def rounded_by(x: Real, a: Constants, from_positive: Real, from_negative: Real) -> Real:
    """To the neighbour farther from 0 where the distance from the other, in units of the gap, reaches a threshold.

    See `THRESHOLDS`. Nearest even alone has none.
    """
    size = abs(x)
    scale = max(exponent_part(x), a.lowest)
    gap = scale * a.step
    c = scale * a.anchor
    near = (size + c) - c
    below = near - gap if near > size else near
    is_ordinary = not below < a.least
    below = below if is_ordinary else 0.0
    gap = gap if is_ordinary else a.least
    threshold = from_positive if x > 0 else from_negative
    result = below + gap if size - below >= threshold * gap else below
    beyond = a.beyond_positive if x > 0 else a.beyond_negative
    special = beyond if size < np.inf else x
    return np.copysign(result if result <= a.limit else special, x)


@njit(nogil=True, cache=True)
def kept(lost: Real, nothing: Real) -> Real:
    """What an addition lost; -0 where the sum is infinite, which it then stays, as in IEEE 754."""
    return lost if abs(lost) < np.inf else nothing


@njit(nogil=True, cache=True)
def two_sum(x: Real, y: Real, a: Constants, nothing: Real) -> tuple[Real, Real]:
    """The rounded sum, and exactly what it lost (Dekker 1971: the larger number is taken off first, and none overflows)."""
    s = x + y
    is_larger = abs(x) > abs(y)
    gained = (s - (x if is_larger else y)) - (y if is_larger else x)
    if a is None:
        return s, kept(-gained, nothing)
    near = rounded(s, a)
    return near, kept(-((near - s) + gained), nothing)


def typed_multiply_add(context: Any, x: Any, y: Any, s: Any) -> Any:  # noqa: ANN401 - numba's types
    """Type and code of `multiply_add`."""
    del context, x, y, s

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - numba's types
        del context, signature
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


multiply_add: Final[Any] = intrinsic(typed_multiply_add)
"""The processor's x y + s of float64s, rounded once (IEEE 754-2019, clause 5.4.1)."""


@njit(nogil=True, cache=True)
def two_product(x: Real, y: Real, a: Constants) -> tuple[Real, Real]:
    """The rounded product of float64s, and exactly what it lost, barring underflow."""
    product = x * y
    if a is None:
        return product, kept(-multiply_add(-x, y, product), np.float64(-0.0))
    h = rounded(product, a)
    return h, kept(-rounded(h - product, a), np.float64(-0.0))


@njit(nogil=True, cache=True)
def odd_sum(x: Real, y: Real) -> Real:
    """The sum of float64s rounded to odd (Boldo and Melquiond 2008): what is not exact ends in a one."""
    s = x + y
    z = s - x
    lost = (x - (s - z)) + (y - z)
    bits = np.float64(s).view(np.int64)
    is_inexact = (lost > 0) | (lost < 0)
    away = (lost > 0) == (s > 0)
    is_even = (bits & np.int64(1)) == np.int64(0)
    step = np.int64(1) if away else np.int64(-1)
    return np.int64(bits + (step if is_inexact & is_even else np.int64(0))).view(np.float64)


@njit(nogil=True, cache=True)
def fused(x: Real, y: Real, s: Real, a: Constants) -> Real:
    """A product and a sum of float64s, rounded once."""
    return multiply_add(x, y, s) if a is None else rounded(odd_sum(x * y, s), a)
