"""How rounded numbers become the codes of a format: the constants that coding takes."""

from functools import lru_cache
from typing import NamedTuple

from precisionlab.errors import FormatError
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.records import FloatFormat, Format, IntegerFormat, SignEncoding
from precisionlab.formats.rounding.working import Working
from precisionlab.formats.specials import Special


class Coding(NamedTuple):
    """How patterns of the working type that lie on the format's grid become its codes."""

    mantissa_bits: int
    sign: int
    infinity: int
    dropped_bits: int
    lowest_exponent: int
    code_mantissa_bits: int
    left_mask: int
    """All ones for integers, whose large numbers are shifted left; 0 for floats."""
    exponent_mask: int
    """All ones for floats; 0 for integers."""
    hidden: int
    """The hidden bit, where exponent field 0 is an ordinary exponent and codes do not count it."""
    offset: int
    """Added to every finite code (offset binary)."""
    negative_flip: int
    """Negative codes are the magnitude with these bits flipped, …"""
    negative_add: int
    """… plus this."""
    mask: int
    """The bits of a code."""
    infinity_positive: int
    infinity_negative: int
    nan_positive: int
    nan_negative: int


@lru_cache(maxsize=1024)
def coding_of(format_: Format, working: Working) -> Coding:
    """The constants for turning numbers on a format's grid, held in `working`, into codes.

    Raises:
        FormatError: the format's codes are wider than 64 bits, or hold the integer bit.
    """
    if format_.bits > 64:
        raise FormatError(format_.name, f"arrays of codes have at most 64 bits, not {format_.bits}")
    return integer_coding(format_, working) if isinstance(format_, IntegerFormat) else float_coding(format_, working)


def float_coding(format_: FloatFormat, working: Working) -> Coding:
    """`coding_of` for floats."""
    if format_.integer_bit:
        raise FormatError(format_.name, "arrays are not encoded in formats with a stored integer bit")
    sign = 1 << (format_.bits - 1) if format_.signed else 0
    nan = ladder_of(format_).pattern_of_special(Special.NAN) or 0
    return Coding(
        mantissa_bits=working.mantissa_bits,
        sign=working.sign,
        infinity=working.infinity,
        dropped_bits=working.mantissa_bits - format_.mantissa_bits,
        lowest_exponent=format_.min_exponent + working.bias,
        code_mantissa_bits=format_.mantissa_bits,
        left_mask=0,
        exponent_mask=working.sign - 1,
        hidden=0 if format_.subnormals else 1 << format_.mantissa_bits,
        offset=0,
        negative_flip=sign,
        negative_add=0,
        mask=(1 << format_.bits) - 1,
        infinity_positive=format_.max_finite_pattern + 1,
        infinity_negative=format_.max_finite_pattern + 1 | sign,
        nan_positive=nan,
        nan_negative=nan | sign,
    )


def integer_coding(format_: IntegerFormat, working: Working) -> Coding:
    """`coding_of` for integers."""
    mask = (1 << format_.bits) - 1
    half = 1 << (format_.bits - 1)
    is_magnitude = format_.encoding is SignEncoding.SIGN_MAGNITUDE
    is_offset = format_.signed and format_.encoding is SignEncoding.OFFSET_BINARY
    lowest = (format_.maximum | half) if is_magnitude else format_.minimum % (1 << format_.bits)
    return Coding(
        mantissa_bits=working.mantissa_bits,
        sign=working.sign,
        infinity=working.infinity,
        dropped_bits=0,
        lowest_exponent=working.bias + working.mantissa_bits,
        code_mantissa_bits=0,
        left_mask=working.sign - 1,
        exponent_mask=0,
        hidden=0,
        offset=half if is_offset else 0,
        negative_flip=half if is_magnitude else mask,
        negative_add=0 if is_magnitude else 1,
        mask=mask,
        infinity_positive=mask if is_offset else format_.maximum,
        infinity_negative=0 if is_offset else lowest,
        nan_positive=0,
        nan_negative=0,
    )
