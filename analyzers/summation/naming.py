"""What sums are called in tables and findings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from analyzers.summation.measuring import Summed
from analyzers.summation.terms import Quantity

WORDS: Final[Mapping[Quantity, str]] = MappingProxyType(
    {
        Quantity.ELEMENTS: "elements",
        Quantity.SQUARES: "squares",
        Quantity.PRODUCTS: "products with x",
    }
)

OVERFLOW: Final = "overflow"
"""In the place of digits, where a sum is infinite or NaN: 0 is a number without a right digit."""
ROUNDED: Final = "terms rounded"
"""The row of what digits rounding the terms to the format leaves, with no error in adding."""


def counted(summed: Summed) -> str:
    """`16,384 squares`, `first 262,144 elements`."""
    return f"{'first ' if summed.n_left_out else ''}{summed.n_terms:,} {WORDS[summed.quantity]}"
