"""What rounding float64 to a narrower format takes, in float64 itself: three operations and no branch.

The sum of two numbers of p bits, rounded to float64 and then to p bits, is the sum rounded once where 53 >= 2p + 2
(Figueroa 1995): additions and products of formats of up to 25 bits are simulated so. Products of such numbers are exact
in float64. Where a rounding follows that is none to nearest, or a product and a sum are rounded together, the sum in
float64 is rounded to odd instead (Boldo and Melquiond 2008), after which any rounding to fewer bits is the right one.

A number x is rounded to m mantissa bits by an anchor c = 1.5 * 2^(e + 52 - m), e its exponent: (x + c) - c.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from precisionlab.errors import FormatError
from precisionlab.formats.finding import formats
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import ElementFormat, FloatFormat
from precisionlab.formats.rounding import resolved
from precisionlab.formats.rounding.grid import Grid, grid_of
from precisionlab.formats.rounding.policy import Draw, Policy
from precisionlab.formats.rounding.working import SOURCES, is_within

Doubles = NDArray[np.float64]

DOUBLE: Final = formats.element("float64")
SINGLE: Final = formats.element("float32")
MANTISSA_BITS: Final = 52
"""Of float64."""


class Anchors(NamedTuple):
    """The constants of one format and direction of rounding."""

    anchor: float
    """1.5 * 2^(52 - m); 0 for float64 itself."""
    lowest: float
    """The smallest normal number, below which steps shrink no more."""
    step: float
    """2^-m: the gap between neighbours of 1 and above."""
    limit: float
    """The largest finite number."""
    last: float
    """The largest float64 that is rounded to it, to nearest even."""
    least: float
    """The smallest positive number of a format without subnormals; else 0."""
    beyond_positive: float
    """What larger numbers become: infinity, NaN, or the limit."""
    beyond_negative: float


@lru_cache(maxsize=256)
def anchors_of(format_: FloatFormat, rounding: Rounding | Draw = Rounding.NEAREST_EVEN) -> Anchors:
    """The constants for a format.

    Raises:
        FormatError: float64 does not serve to simulate it.
    """
    if format_ == DOUBLE:
        return Anchors(0.0, 0.0, 0.0, np.inf, np.inf, 0.0, np.inf, -np.inf)
    if not (format_.signed and format_.has_zero and is_within(format_, SOURCES["float32"])):
        raise FormatError(
            format_.name, "its arithmetic is not simulated", "give float64, or a signed float that float32 holds"
        )
    working = SOURCES["float64"]
    grid = grid_of(format_, working, working, Policy(rounding, Overflow.IEEE, "keep"))
    limit = float(working.value(grid.limit_positive))
    return Anchors(
        1.5 * 2.0 ** (MANTISSA_BITS - format_.mantissa_bits),
        2.0**format_.min_exponent,
        2.0**-format_.mantissa_bits,
        limit,
        last_before_overflow(format_, limit),
        0.0 if format_.subnormals else float(working.value(grid.smallest)),
        *ends_of(grid),
    )


def last_before_overflow(format_: FloatFormat, limit: float) -> float:
    """The largest float64 that is not nearer to what would come after the largest number."""
    middle = limit + 2.0 ** (format_.max_exponent - format_.mantissa_bits - 1)
    is_odd = format_.max_finite_pattern % 2 == 1
    return float(np.nextafter(middle, 0.0)) if is_odd else middle


def ends_of(grid: Grid) -> tuple[float, float]:
    """What overflows become on either side."""
    patterns = np.array([grid.beyond_positive, grid.beyond_negative], np.uint64)
    above, below = patterns.view(np.float64)
    return float(above), -float(below)


def working_format(format_: ElementFormat | str) -> FloatFormat:
    """A format in which sums can be computed, by its name; compensated ones need subnormals, or losses are no numbers.

    Raises:
        FormatError: there is none, or sums are not computed in it.
    """
    found = resolved(format_)
    if not isinstance(found, FloatFormat):
        raise FormatError(found.name, "sums are computed in floats only", "give one such as bf16, fp16, fp32 or e5m7")
    anchors_of(found)
    if not found.subnormals:
        raise FormatError(found.name, "it has no subnormals, which ways of summing rely on", "give one such as e4m7")
    return found


def accumulating_format(format_: ElementFormat | str) -> FloatFormat:
    """A format in which products can be accumulated, by its name: also one without subnormals.

    Raises:
        FormatError: there is none, or products are not accumulated in it.
    """
    found = resolved(format_)
    if not isinstance(found, FloatFormat):
        raise FormatError(found.name, "products are accumulated in floats only", "give one such as bf16, fp16 or e5m7")
    anchors_of(found)
    return found
