"""Accumulation: how hardware adds up the products of a dot product, what that loses, and what a test may tolerate.

Importing this package imports nothing heavy; each public name loads what it needs when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from precisionlab.accumulation.catalogue import HARDWARE, parse_accumulator
    from precisionlab.accumulation.products import matmul_by
    from precisionlab.accumulation.records import Accumulator, BlockFma, Chain, Promoted, Strassen

__all__ = [
    "HARDWARE",
    "Accumulator",
    "BlockFma",
    "Chain",
    "Promoted",
    "Strassen",
    "matmul_by",
    "parse_accumulator",
]

_HOMES = {
    "HARDWARE": "precisionlab.accumulation.catalogue",
    "Accumulator": "precisionlab.accumulation.records",
    "BlockFma": "precisionlab.accumulation.records",
    "Chain": "precisionlab.accumulation.records",
    "Promoted": "precisionlab.accumulation.records",
    "Strassen": "precisionlab.accumulation.records",
    "matmul_by": "precisionlab.accumulation.products",
    "parse_accumulator": "precisionlab.accumulation.catalogue",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
