"""How one number stands to an earlier one."""

import math
from enum import StrEnum

from precisionlab.analysis.definitions import Better
from precisionlab.analysis.results import Scalar

RELATIVE_TOLERANCE = 0.01
"""Numbers change where they do so by more than this part of the larger magnitude; of fewer than 100 things each counts.

Sums of other blocks, threads and devices differ by far less, what a user would act upon by more; and
from step to step of a training run every large count drifts.
"""
ABSOLUTE_TOLERANCE = 1e-12
"""What ratios and shares differ by for rounding alone, where they should be 0."""

DECIBEL = "dB"
"""The unit of figures that are logarithms: they change as the ratio of amplitudes does that they stand for."""

RATIOS = frozenset({"1", "share"})
"""The units of ratios and shares."""


class Turn(StrEnum):
    """How a number changed."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"
    """It has no better way."""
    SAME = "same"
    """Within the tolerance; truth values and texts exactly."""


def turn(old: Scalar, new: Scalar, better: Better = Better.NEITHER, unit: str = "") -> Turn:
    """How the number changed; NaN is worse than any other."""
    if is_same(old, new, unit):
        return Turn.SAME
    if better is Better.NEITHER or isinstance(old, str) or isinstance(new, str):
        return Turn.CHANGED
    if math.isnan(as_float(old)) or math.isnan(as_float(new)):
        return Turn.WORSE if math.isnan(as_float(new)) else Turn.BETTER
    return Turn.BETTER if (new > old) is (better is Better.HIGHER) else Turn.WORSE


def is_same(old: Scalar, new: Scalar, unit: str = "") -> bool:
    """Whether two numbers are one within the tolerance; truth values and texts exactly."""
    if old == new:
        return True
    if isinstance(old, str | bool) or isinstance(new, str | bool):
        return False
    a, b = as_float(old), as_float(new)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if unit == DECIBEL:
        return a == b or abs(b - a) <= 20 * math.log10(1 + RELATIVE_TOLERANCE)
    absolute = ABSOLUTE_TOLERANCE if unit in RATIOS else 0.0
    return math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE, abs_tol=absolute)


def relative_change(old: Scalar, new: Scalar, unit: str = "") -> float:
    """How much larger the number is than it was, as a part of what it was: 0.5 from 2 to 3, -0.5 from 2 to 1.

    Signed as the difference is; infinite from 0; NaN where there is no such number. Of decibels that of the
    ratio of amplitudes: about 1 from 20 dB to 26 dB.
    """
    if isinstance(old, str) or isinstance(new, str):
        return math.nan
    a, b = as_float(old), as_float(new)
    difference = b - a
    if unit == DECIBEL:
        return amplitude_change(difference) if a != b else 0.0
    if a == 0 or math.isinf(difference):
        return math.copysign(math.inf, difference) if difference else difference
    return difference / abs(a)


def amplitude_change(decibels: float) -> float:
    """By what part a ratio of amplitudes grows where its logarithm does by so many decibels."""
    try:
        return math.expm1(decibels / 20 * math.log(10))
    except OverflowError:
        return math.inf


def gain(old: Scalar, new: Scalar, better: Better, unit: str = "") -> float:
    """The relative change, positive where it is for the better; NaN where there is no better way."""
    if better is Better.NEITHER:
        return math.nan
    change = relative_change(old, new, unit)
    return change if better is Better.HIGHER else 0.0 - change


def as_float(value: float) -> float:
    """The number as a float; infinite where it is a whole number beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
