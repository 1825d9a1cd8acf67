"""What a number format is: fields, derived constants, the catalogue, what patterns stand for, what casts do."""

from precisionlab.formats.catalogue import FLOAT_FORMATS, FORMATS
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.naming import CATALOGUE
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

__all__ = [
    "CATALOGUE",
    "FLOAT_FORMATS",
    "FORMATS",
    "CodebookFormat",
    "ElementFormat",
    "FloatFormat",
    "Format",
    "IntegerFormat",
    "NaNs",
    "Overflow",
    "PositFormat",
    "Rounding",
    "SignEncoding",
]
