"""Encode and decode single numbers exactly, in any format: the slow reference of all array code.

>>> from precisionlab.formats import STORED_FORMATS
>>> hex(encode_exact(Fraction(1, 10), STORED_FORMATS["float32"]))
'0x3dcccccd'
>>> decode_exact(0x3C01, STORED_FORMATS["float16"])
Fraction(1025, 1024)
"""

from fractions import Fraction

from precisionlab.errors import FormatError
from precisionlab.formats.ladders import Ladder, ladder_of
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import ElementFormat
from precisionlab.formats.specials import Number, Special


def decode_exact(pattern: int, format_: ElementFormat) -> Number:
    """What a pattern stands for; NaN also for patterns that stand for nothing.

    Raises:
        FormatError: the pattern is wider than the format.
    """
    ladder = ladder_of(format_)
    special = ladder.special(checked_pattern(pattern, format_))
    return ladder.value(ladder.rung(pattern)) if special is None else special


def checked_pattern(pattern: int, format_: ElementFormat) -> int:
    """The pattern, if it is one of the format.

    Raises:
        FormatError: it is wider.
    """
    if not 0 <= pattern < 1 << format_.bits:
        problem = f"has {format_.bits} bits, {pattern.bit_length()} were given" if pattern > 0 else "no bits below 0"
        raise FormatError(format_.name, problem)
    return pattern


def encode_exact(
    number: Number,
    format_: ElementFormat,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.IEEE,
) -> int:
    """The pattern that a number becomes, rounded once.

    NaN becomes the positive quiet one, infinity NaN in a float or posit without infinity; zero
    loses its sign where the format has only one. A format without zero takes its smallest number.

    Raises:
        FormatError: NaN, in a format without.
    """
    ladder = ladder_of(format_)
    if isinstance(number, Special):
        return encode_special(number, format_, overflow)
    rung = rounded(number, ladder, rounding)
    if rung < ladder.lowest or rung > ladder.highest:
        return past_the_end(ladder, overflow, is_low_end=rung < ladder.lowest)
    if number < 0 and not ladder.value(rung):
        return encode_special(Special.NEGATIVE_ZERO, format_, overflow)
    return ladder.pattern(rung)


def encode_special(special: Special, format_: ElementFormat, overflow: Overflow) -> int:
    """The pattern of a special, or what stands in for it.

    Raises:
        FormatError: NaN, in a format without.
    """
    ladder = ladder_of(format_)
    match special:
        case Special.NAN:
            pattern = ladder.pattern_of_special(special)
            if pattern is None:
                raise FormatError(format_.name, "the format has no NaN")
            return pattern
        case Special.NEGATIVE_ZERO:
            pattern = ladder.pattern_of_special(special)
            return encode_exact(Fraction(0), format_) if pattern is None else pattern
        case _:
            return past_the_end(ladder, overflow, is_low_end=special is Special.NEGATIVE_INFINITY)


def past_the_end(ladder: Ladder, overflow: Overflow, *, is_low_end: bool) -> int:
    """The pattern of what lies beyond the largest, or below the smallest, finite number."""
    finite = ladder.pattern(ladder.lowest if is_low_end else ladder.highest)
    if overflow is Overflow.SATURATE:
        return finite
    infinity = ladder.pattern_of_special(Special.NEGATIVE_INFINITY if is_low_end else Special.INFINITY)
    candidates = (infinity, ladder.pattern_of_special(Special.NAN), finite)
    return next(pattern for pattern in candidates if pattern is not None)


def rounded(value: Fraction, ladder: Ladder, rounding: Rounding) -> int:
    """The rung of a number after rounding; one past an end where it overflows."""
    lowest, highest = ladder.value(ladder.lowest), ladder.value(ladder.highest)
    if value < lowest:
        return past_lowest(value, ladder, rounding)
    if value > highest:
        return past_highest(value, ladder, rounding)
    below = ladder.floor(value)
    if ladder.value(below) == value:
        return below
    chosen = below + goes_up(value, ladder.midpoint(below), rounding, is_odd=ladder.is_odd(below))
    return 2 * below + 1 - chosen if ladder.never_rounds_to(chosen) else chosen


def past_highest(value: Fraction, ladder: Ladder, rounding: Rounding) -> int:
    """The highest rung or one more, for a number above all; rounding to odd stays."""
    beyond = ladder.beyond(is_low_end=False)
    if beyond is None or rounding is Rounding.TO_ODD:
        return ladder.highest
    middle = (ladder.value(ladder.highest) + beyond) / 2
    return ladder.highest + goes_up(value, middle, rounding, is_odd=ladder.is_odd(ladder.highest))


def past_lowest(value: Fraction, ladder: Ladder, rounding: Rounding) -> int:
    """The lowest rung or one less, for a number below all; rounding to odd stays, as do positive numbers without zero.

    Zero, where a format has none, is none of its numbers in any mode.
    """
    beyond = ladder.beyond(is_low_end=True)
    if not value:
        return ladder.lowest - 1
    if beyond is None or rounding is Rounding.TO_ODD or value > 0:
        return ladder.lowest
    middle = (ladder.value(ladder.lowest) + beyond) / 2
    return ladder.lowest - 1 + goes_up(value, middle, rounding, is_odd=not ladder.is_odd(ladder.lowest))


def goes_up(value: Fraction, midpoint: Fraction, rounding: Rounding, *, is_odd: bool) -> bool:
    """Whether a number between two rungs becomes the upper one; `is_odd` tells the lower one's pattern."""
    match rounding:
        case Rounding.UP:
            return True
        case Rounding.DOWN:
            return False
        case Rounding.TOWARD_ZERO:
            return value < 0
        case Rounding.TO_ODD:
            return not is_odd
        case Rounding.NEAREST_EVEN:
            return value > midpoint or (value == midpoint and is_odd)
        case Rounding.NEAREST_AWAY:
            return value > midpoint or (value == midpoint and value > 0)


def neighbours(pattern: int, format_: ElementFormat) -> tuple[int | None, int | None]:
    """The patterns of the next lower and next higher number, infinities included; None where there is none.

    As nextDown and nextUp of IEEE 754-2019, clause 5.3.1, but that NaN and infinity have none outward.
    """
    ladder = ladder_of(format_)
    special = ladder.special(checked_pattern(pattern, format_))
    match special:
        case Special.NAN:
            return None, None
        case Special.INFINITY:
            return ladder.pattern(ladder.highest), None
        case Special.NEGATIVE_INFINITY:
            return None, ladder.pattern(ladder.lowest)
        case _:
            rung = ladder.rung(pattern)
            return at(ladder, rung - 1), at(ladder, rung + 1)


def at(ladder: Ladder, rung: int) -> int | None:
    """The pattern of a rung, infinity's one past an end."""
    if rung > ladder.highest:
        return infinity_or_none(ladder, Special.INFINITY)
    if rung < ladder.lowest:
        return infinity_or_none(ladder, Special.NEGATIVE_INFINITY)
    return ladder.pattern(rung)


def infinity_or_none(ladder: Ladder, infinity: Special) -> int | None:
    """The pattern of an infinity that is one: NaR, which stands in for it in posits, is not."""
    pattern = ladder.pattern_of_special(infinity)
    return pattern if pattern is not None and ladder.special(pattern) is infinity else None


def ulp(value: Fraction, format_: ElementFormat) -> Fraction:
    """The unit in the last place: the gap that a number lies in, or at the lower end of, counted away from zero.

    For floats 2^(max(e, emin) - m) with e = floor(log2 |value|), the definition of Goldberg
    (1991) extended to all reals (Muller et al., Handbook of Floating-Point Arithmetic (2018),
    section 2.3); beyond the largest number that of the largest.
    """
    ladder = ladder_of(format_)
    clamped = min(max(value, ladder.value(ladder.lowest)), ladder.value(ladder.highest))
    rung = ladder.floor(clamped)
    if clamped < 0:
        rung += int(ladder.value(rung) != clamped)
        return gap_below(ladder, rung) or gap_above(ladder, rung) or Fraction(0)
    return gap_above(ladder, rung) or gap_below(ladder, rung) or Fraction(0)


def gap_above(ladder: Ladder, rung: int) -> Fraction | None:
    """From a rung to the next, or to where it would be; None at an end that nothing rounds past."""
    upper = ladder.value(rung + 1) if rung < ladder.highest else ladder.beyond(is_low_end=False)
    return None if upper is None else upper - ladder.value(rung)


def gap_below(ladder: Ladder, rung: int) -> Fraction | None:
    """From the rung before, or where it would be, to a rung; None at an end that nothing rounds past."""
    lower = ladder.value(rung - 1) if rung > ladder.lowest else ladder.beyond(is_low_end=True)
    return None if lower is None else ladder.value(rung) - lower
