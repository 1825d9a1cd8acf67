"""What kind of datum a pattern is."""

from enum import Enum

from precisionlab.formats.exact import checked_pattern
from precisionlab.formats.ladders import FloatLadder, ladder_of
from precisionlab.formats.records import CodebookFormat, ElementFormat, FloatFormat, IntegerFormat, NaNs, PositFormat
from precisionlab.formats.specials import Special


class PatternClass(Enum):
    """The classes of IEEE 754-2019, clause 5.7.2, without sign, and those that other formats add."""

    ZERO = "zero"
    NEGATIVE_ZERO = "negative zero"
    SUBNORMAL = "subnormal"
    NORMAL = "normal"
    INFINITY = "infinity"
    QUIET_NAN = "quiet NaN"
    SIGNALING_NAN = "signaling NaN"
    NAN = "NaN"
    NAR = "NaR"
    """Posits: not a real."""
    INTEGER = "integer"
    NUMBER = "number"
    """Posits and codebooks, which have no subnormals."""
    UNUSED = "unused pattern"
    """Codebooks: beyond the table."""
    PSEUDO_DENORMAL = "pseudo-denormal"
    """x87: exponent 0 with integer bit 1; the number that exponent 1 would make it."""
    UNNORMAL = "unnormal"
    """x87: exponent not 0 with integer bit 0; invalid since the 80387."""
    PSEUDO_INFINITY = "pseudo-infinity"
    """x87: infinity with integer bit 0; invalid since the 80387."""
    PSEUDO_NAN = "pseudo-NaN"
    """x87: NaN with integer bit 0; invalid since the 80387."""


SPECIAL_CLASSES = {
    Special.NAN: PatternClass.NAN,
    Special.INFINITY: PatternClass.INFINITY,
    Special.NEGATIVE_INFINITY: PatternClass.INFINITY,
    Special.NEGATIVE_ZERO: PatternClass.NEGATIVE_ZERO,
}


def classify(pattern: int, format_: ElementFormat) -> PatternClass:
    """The class of a pattern.

    Raises:
        FormatError: the pattern is wider than the format.
    """
    ladder = ladder_of(format_)
    special = ladder.special(checked_pattern(pattern, format_))
    if isinstance(format_, FloatFormat):
        return classify_float(pattern, format_, special)
    if special is not None:
        return nothing_of(format_) if special is Special.NAN else SPECIAL_CLASSES[special]
    if not ladder.value(ladder.rung(pattern)):
        return PatternClass.ZERO
    return PatternClass.INTEGER if isinstance(format_, IntegerFormat) else PatternClass.NUMBER


def nothing_of(format_: ElementFormat) -> PatternClass:
    """What a pattern without number is in formats that are no floats."""
    match format_:
        case PositFormat():
            return PatternClass.NAR
        case CodebookFormat():
            return PatternClass.UNUSED
        case _:
            return PatternClass.NAN


def classify_float(pattern: int, format_: FloatFormat, special: Special | None) -> PatternClass:
    """The class of a float's pattern, of which it is known whether it is a special."""
    ladder = FloatLadder(format_)
    exponent, leading, fraction = fields_of(pattern, format_)
    if ladder.is_invalid(pattern):
        return invalid_class(exponent, fraction, format_)
    if special is Special.NAN:
        return nan_class(fraction, format_)
    if special is not None:
        return SPECIAL_CLASSES[special]
    if format_.integer_bit and not exponent and leading:
        return PatternClass.PSEUDO_DENORMAL
    if not ladder.value(ladder.rung(pattern)):
        return PatternClass.ZERO
    return PatternClass.SUBNORMAL if format_.subnormals and not exponent else PatternClass.NORMAL


def fields_of(pattern: int, format_: FloatFormat) -> tuple[int, int, int]:
    """Exponent field, stored integer bit (0 where there is none) and fraction field."""
    upper, fraction = divmod(pattern, 1 << format_.mantissa_bits)
    leading = upper & 1 if format_.integer_bit else 0
    exponent = (upper >> int(format_.integer_bit)) & ((1 << format_.exponent_bits) - 1)
    return exponent, leading, fraction


def invalid_class(exponent: int, fraction: int, format_: FloatFormat) -> PatternClass:
    """The class of an x87 pattern without its integer bit (Intel SDM, volume 1, table 8-3)."""
    if exponent < (1 << format_.exponent_bits) - 1:
        return PatternClass.UNNORMAL
    return PatternClass.PSEUDO_NAN if fraction else PatternClass.PSEUDO_INFINITY


def nan_class(fraction: int, format_: FloatFormat) -> PatternClass:
    """Quiet with the first bit of the fraction set, where the format has IEEE NaNs (IEEE 754-2019, clause 6.2.1)."""
    if format_.nans is not NaNs.IEEE:
        return PatternClass.NAN
    is_quiet = fraction >> (format_.mantissa_bits - 1) & 1
    return PatternClass.QUIET_NAN if is_quiet else PatternClass.SIGNALING_NAN
