"""What each bit of a pattern is, and what a pattern stands for."""

import numpy as np

from precisionlab.analysis.figures import Window
from precisionlab.formats import FloatFormat, Format
from precisionlab.formats.patterns import decode


def field_of(bit: int, format_: Format) -> str:
    """The field that a bit belongs to, bit 0 being the least significant."""
    if isinstance(format_, FloatFormat):
        if bit < format_.mantissa_bits:
            return "mantissa"
        return "exponent" if bit < format_.mantissa_bits + format_.exponent_bits else "sign"
    if format_.value_bits and bit >= format_.value_bits:
        return "unused"
    return "sign" if format_.signed and bit == format_.bits - 1 else "value"


def windows_of(format_: Format) -> tuple[Window, ...]:
    """The fields as spans of bit positions, the most significant first."""
    fields = [field_of(bit, format_) for bit in range(format_.bits)]
    names = dict.fromkeys(reversed(fields))
    starts = {name: fields.index(name) for name in names}
    return tuple(Window(name, starts[name], starts[name], starts[name] + fields.count(name)) for name in names)


def number_of(pattern: int, format_: Format) -> int | float:
    """The number that a pattern stands for; integers exactly."""
    if isinstance(format_, FloatFormat):
        return float(decode(np.array([pattern], np.uint64), format_)[0])
    return pattern - (1 << format_.bits) if format_.signed and pattern >> (format_.bits - 1) else pattern
