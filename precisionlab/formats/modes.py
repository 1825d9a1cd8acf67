"""How a number that a format does not hold becomes one that it holds."""

from enum import Enum


class Rounding(Enum):
    """Which of the two neighbours a number between them becomes (IEEE 754-2019, clause 4.3)."""

    NEAREST_EVEN = "nearest-even"
    """The nearer one; of two equally near ones the one with the even pattern."""
    NEAREST_AWAY = "nearest-away"
    """The nearer one; of two equally near ones the one of larger magnitude."""
    TOWARD_ZERO = "toward-zero"
    UP = "up"
    """Toward positive infinity."""
    DOWN = "down"
    """Toward negative infinity."""
    TO_ODD = "to-odd"
    """The one with the odd pattern: safe to round once more (Boldo and Melquiond, 2008)."""


class Overflow(Enum):
    """What becomes of a number that rounds beyond the largest finite one."""

    IEEE = "ieee"
    """Infinity; NaN in a format without infinity; the largest finite number in one without either.

    A direction of rounding that leads back stops at the largest finite number (IEEE 754-2019, clause 7.4).
    """
    SATURATE = "saturate"
    """The largest finite number, infinities included (OCP FP8 1.0, section 5.2.1)."""
