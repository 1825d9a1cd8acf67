"""What casting to a format does to numbers, by class of outcome, rounding to nearest even."""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.records import FloatFormat, Format


class Outcome(IntEnum):
    """What becomes of one finite, non-zero number when it is cast."""

    NORMAL = 0
    """A normal number (or an integer other than 0)."""
    OVERFLOW = 1
    """Beyond the largest finite number after rounding; infinity, NaN or saturation, as the format does."""
    UNDERFLOW = 2
    """Rounds to zero."""
    SUBNORMAL = 3
    """A subnormal number."""


@dataclass(frozen=True, slots=True)
class CastBounds:
    """Between which magnitudes a cast has which outcome; each bound is itself the last float64 that has it."""

    overflow_from: float
    """The smallest magnitude that overflows; infinity where none in float64 does."""
    underflow_to: float
    """The largest magnitude that rounds to zero; 0 where none does."""
    normal_from: float
    """The smallest magnitude that rounds to a normal number."""


@dataclass(frozen=True, slots=True)
class Bits:
    """Where the significant bits of finite non-zero numbers lie."""

    highest: NDArray[np.int64]
    """Exponent of the highest set bit, floor(log2 |x|)."""
    lowest: NDArray[np.int64]
    """Exponent of the lowest set bit: x is an odd multiple of 2 to it."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The outcome of casting each of some numbers, in their order."""

    outcomes: NDArray[np.uint8]
    """An `Outcome` each."""
    exact: NDArray[np.bool_]
    """Whether the cast number equals the source."""


def cast(values: NDArray[np.float64], target: Format) -> Cast:
    """Classify the cast of finite, non-zero `values` to `target`.

    A number overflows where rounding with unbounded exponent exceeds the largest finite number
    (IEEE 754-2019, clause 7.4). Integer targets are neither scaled nor do they use their most
    negative number, as in symmetric quantization. Magnitudes alone are judged: for targets
    without sign, that of a negative number.
    """
    return classify(np.abs(values), significant_bits(values), target)


def classify(magnitudes: NDArray[np.float64], bits: Bits, target: Format) -> Cast:
    """`cast` for numbers of which magnitudes and significant bits are known."""
    bounds = cast_bounds(target)
    outcomes = np.full(magnitudes.shape, Outcome.NORMAL, np.uint8)
    outcomes[magnitudes < bounds.normal_from] = Outcome.SUBNORMAL
    outcomes[magnitudes <= bounds.underflow_to] = Outcome.UNDERFLOW
    outcomes[magnitudes >= bounds.overflow_from] = Outcome.OVERFLOW
    return Cast(outcomes, is_exact(magnitudes, bits, target))


def significant_bits(values: NDArray[np.float64]) -> Bits:
    """The highest and lowest set bit of finite non-zero `values`."""
    fractions, exponents = np.frexp(values)
    integers = np.abs(np.ldexp(fractions, 53)).astype(np.int64)
    _, above_lowest = np.frexp((integers & -integers).astype(np.float64))
    highest = exponents.astype(np.int64) - 1
    return Bits(highest, highest - 53 + above_lowest)


def is_exact(magnitudes: NDArray[np.float64], bits: Bits, target: Format) -> NDArray[np.bool_]:
    """Which numbers of these `magnitudes` and `bits` the target holds without rounding."""
    if not isinstance(target, FloatFormat):
        return (bits.lowest >= 0) & (magnitudes < target.maximum + 1)
    last_place = np.maximum(bits.highest, target.min_exponent) - target.mantissa_bits
    in_range = (magnitudes <= target.max_finite) & (magnitudes >= target.min_positive)
    return (bits.lowest >= last_place) & in_range


@lru_cache(maxsize=1024)
def cast_bounds(target: Format) -> CastBounds:
    """The bounds of a format, derived from ties to even.

    Halfway beyond the largest finite number a tie goes up exactly if its significand is odd; half
    the smallest subnormal goes to zero; halfway below the smallest normal goes up to it.
    """
    if not isinstance(target, FloatFormat):
        return CastBounds(
            up_from(target.maximum + 0.5, is_odd=target.maximum % 2 == 1), 0.5, float(np.nextafter(0.5, 1))
        )
    half_step = 2.0 ** (target.max_exponent - target.mantissa_bits - 1)
    with np.errstate(over="ignore"):
        beyond = float(np.float64(target.max_finite) + half_step)
    # The hidden bit is the only significand bit where the mantissa has none, and is odd.
    is_odd = target.mantissa_bits == 0 or target.max_finite_pattern % 2 == 1
    overflow = up_from(beyond, is_odd=is_odd)
    if not target.subnormals:
        return CastBounds(overflow, 0.0, 0.0)
    half_lowest = 2.0 ** (target.lowest_bit - 1) if target.lowest_bit > -1074 else 0.0
    return CastBounds(overflow, half_lowest, target.min_normal - half_lowest)


def up_from(midpoint: float, *, is_odd: bool) -> float:
    """The smallest float64 that rounds up past a midpoint, where the number below has an odd significand or not."""
    return midpoint if is_odd else float(np.nextafter(midpoint, np.inf))
