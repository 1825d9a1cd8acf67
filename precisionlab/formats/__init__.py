"""What a number format is: fields, derived constants, the catalogue, what patterns stand for, what casts do."""

from precisionlab.formats.catalogue import FLOAT_FORMATS, FORMATS
from precisionlab.formats.records import FloatFormat, Format, IntegerFormat, NaNs

__all__ = ["FLOAT_FORMATS", "FORMATS", "FloatFormat", "Format", "IntegerFormat", "NaNs"]
