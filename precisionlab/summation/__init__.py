"""Summation: every way of adding numbers up that textbooks compare, in any format, and the exact sum.

Importing this package imports nothing heavy; each public name loads what it needs when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from precisionlab.summation.generating import ill_conditioned, ill_conditioned_sum
    from precisionlab.summation.methods import Method, Way, parse_method
    from precisionlab.summation.summing import absorbed_by, dot_by, sum_by

__all__ = ["Method", "Way", "absorbed_by", "dot_by", "ill_conditioned", "ill_conditioned_sum", "parse_method", "sum_by"]

_HOMES = {
    "Method": "precisionlab.summation.methods",
    "Way": "precisionlab.summation.methods",
    "absorbed_by": "precisionlab.summation.summing",
    "dot_by": "precisionlab.summation.summing",
    "ill_conditioned": "precisionlab.summation.generating",
    "ill_conditioned_sum": "precisionlab.summation.generating",
    "parse_method": "precisionlab.summation.methods",
    "sum_by": "precisionlab.summation.summing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
