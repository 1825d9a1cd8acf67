"""What a number format is: fields, derived constants, the catalogue, what patterns stand for, what casts do.

Importing this package imports nothing heavy; what works on arrays is loaded when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.catalogue import STORED_FLOATS, STORED_FORMATS
from precisionlab.formats.finding import AnyFormat, formats
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    Format,
    IntegerFormat,
    NaNs,
    PositFormat,
    SignEncoding,
)

if TYPE_CHECKING:
    from precisionlab.formats.blocks.quantizing import Quantized, dequantize, fake_quantize, quantize
    from precisionlab.formats.blocks.summing import error_sums
    from precisionlab.formats.rounding import decode, encode, round_to
    from precisionlab.formats.sums import ErrorSums

__all__ = [
    "STORED_FLOATS",
    "STORED_FORMATS",
    "AnyFormat",
    "BlockFormat",
    "CodebookFormat",
    "ElementFormat",
    "ErrorSums",
    "FloatFormat",
    "Format",
    "IntegerFormat",
    "NaNs",
    "Overflow",
    "PositFormat",
    "Quantized",
    "Rounding",
    "SignEncoding",
    "decode",
    "dequantize",
    "encode",
    "error_sums",
    "fake_quantize",
    "formats",
    "quantize",
    "round_to",
]

_HOMES = {
    "ErrorSums": "precisionlab.formats.sums",
    "Quantized": "precisionlab.formats.blocks.quantizing",
    "decode": "precisionlab.formats.rounding",
    "dequantize": "precisionlab.formats.blocks.quantizing",
    "encode": "precisionlab.formats.rounding",
    "error_sums": "precisionlab.formats.blocks.summing",
    "fake_quantize": "precisionlab.formats.blocks.quantizing",
    "quantize": "precisionlab.formats.blocks.quantizing",
    "round_to": "precisionlab.formats.rounding",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
