"""The finite numbers of each kind of format as a ladder: rungs numbered by whole numbers, values increasing."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from fractions import Fraction
from functools import cached_property, lru_cache
from math import copysign, floor

from precisionlab.formats.records import (
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    NaNs,
    PositFormat,
    SignEncoding,
)
from precisionlab.formats.specials import Special, floor_log2, power_of_two


class Ladder(ABC):
    """What differs between kinds of formats; all else is counting rungs.

    Patterns that stand for no finite number have no rung; negative zero has that of zero.
    """

    lowest: int
    highest: int

    @abstractmethod
    def value(self, rung: int) -> Fraction:
        """The number on a rung from `lowest` to `highest`."""

    @abstractmethod
    def pattern(self, rung: int) -> int:
        """Its pattern, positive for zero."""

    @abstractmethod
    def rung(self, pattern: int) -> int:
        """The rung of a pattern that is no special, or is negative zero."""

    @abstractmethod
    def special(self, pattern: int) -> Special | None:
        """What else the pattern stands for; None if it is on a rung."""

    @abstractmethod
    def pattern_of_special(self, special: Special) -> int | None:
        """The preferred pattern of a special; None where the format has none."""

    def beyond(self, *, is_low_end: bool) -> Fraction | None:
        """The number that the next rung past an end would hold; None where nothing rounds past the ends."""
        del is_low_end
        return None

    def floor(self, value: Fraction) -> int:
        """The highest rung that is not above a value within the ladder."""
        low, high = self.lowest, self.highest
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.value(middle) <= value else (low, middle - 1)
        return low

    def is_odd(self, rung: int) -> bool:
        """Whether a tie leaves this rung for its neighbour."""
        return self.pattern(rung) % 2 == 1

    def midpoint(self, below: int) -> Fraction:
        """Where rounding to nearest changes from a rung to the next."""
        return (self.value(below) + self.value(below + 1)) / 2

    def never_rounds_to(self, rung: int) -> bool:
        """Whether only the number itself becomes this rung."""
        del rung
        return False


class FloatLadder(Ladder):
    """Rung r > 0 holds the magnitude of pattern r, -r its negative; a stored integer bit is left out of r."""

    def __init__(self, format_: FloatFormat) -> None:
        self._format = format_
        self.highest = format_.max_finite_pattern
        self.lowest = -self.highest if format_.signed else 0

    def value(self, rung: int) -> Fraction:
        """The magnitude of |rung|, with the sign of the rung."""
        return self._magnitude(rung) if rung >= 0 else -self._magnitude(-rung)

    def _magnitude(self, rung: int) -> Fraction:
        form = self._format
        exponent, fraction = divmod(rung, 1 << form.mantissa_bits)
        if not rung and form.has_zero:
            return Fraction(0)
        if not exponent and form.subnormals:
            return fraction * power_of_two(form.lowest_bit)
        return ((1 << form.mantissa_bits) + fraction) * power_of_two(exponent - form.bias - form.mantissa_bits)

    def pattern(self, rung: int) -> int:
        """Sign and magnitude joined."""
        return self._join(abs(rung)) | (self._sign_bit if rung < 0 else 0)

    @cached_property
    def _sign_bit(self) -> int:
        return 1 << (self._format.bits - 1) if self._format.signed else 0

    def _join(self, size: int) -> int:
        """The pattern of a magnitude, its integer bit put in."""
        if not self._format.integer_bit:
            return size
        exponent, fraction = divmod(size, 1 << self._format.mantissa_bits)
        return (2 * exponent + int(exponent > 0)) << self._format.mantissa_bits | fraction

    def _split(self, pattern: int) -> int:
        """The magnitude of a pattern without its integer bit; a pseudo-denormal counts as the normal it equals."""
        size = pattern & ~self._sign_bit
        if not self._format.integer_bit:
            return size
        upper, fraction = divmod(size, 1 << self._format.mantissa_bits)
        exponent = upper >> 1
        return max(exponent, upper & 1) << self._format.mantissa_bits | fraction

    def rung(self, pattern: int) -> int:
        """The magnitude without its integer bit, negated under a sign bit."""
        size = self._split(pattern)
        return -size if pattern & self._sign_bit else size

    def is_invalid(self, pattern: int) -> bool:
        """Whether the stored integer bit is 0 where the exponent asks for 1."""
        if not self._format.integer_bit:
            return False
        upper = (pattern & ~self._sign_bit) >> self._format.mantissa_bits
        return upper > 1 and not upper & 1

    def special(self, pattern: int) -> Special | None:
        """Negative zero, infinities and NaNs, those that x87 calls invalid among them."""
        form, size = self._format, self._split(pattern)
        is_minus = bool(pattern & self._sign_bit)
        if self.is_invalid(pattern):
            return Special.NAN
        if size == 0 and is_minus:
            return Special.NEGATIVE_ZERO if form.has_negative_zero else Special.NAN
        if size <= self.highest:
            return None
        if size == self.highest + 1 and form.has_infinities:
            return Special.NEGATIVE_INFINITY if is_minus else Special.INFINITY
        return Special.NAN

    def pattern_of_special(self, special: Special) -> int | None:
        """Infinity is one above the largest finite magnitude."""
        form = self._format
        match special:
            case Special.NAN:
                return self._nan()
            case Special.NEGATIVE_ZERO:
                return self._sign_bit if form.has_negative_zero else None
            case _ if not form.has_infinities or (special is Special.NEGATIVE_INFINITY and not form.signed):
                return None
            case _:
                sign = self._sign_bit if special is Special.NEGATIVE_INFINITY else 0
                return self._join(self.highest + 1) | sign

    def _nan(self) -> int | None:
        """Positive and quiet where there is a choice (IEEE 754-2019, clause 6.2.1)."""
        match self._format.nans:
            case NaNs.IEEE:
                return self._join(self.highest + 1) | 1 << (self._format.mantissa_bits - 1)
            case NaNs.ALL_ONES:
                return self._join(self.highest + 1)
            case NaNs.NEGATIVE_ZERO | NaNs.NEGATIVE_ZERO_AND_INFINITY:
                return self._sign_bit
            case NaNs.NONE:
                return None

    def is_odd(self, rung: int) -> bool:
        """The pattern's last bit, as in P3109 also for powers of two; E8M0's hidden bit is odd, as in ml_dtypes."""
        form = self._format
        return (form.mantissa_bits == 0 and not form.has_zero) or self.pattern(rung) % 2 == 1

    def beyond(self, *, is_low_end: bool) -> Fraction | None:
        """The next number on the grid of the last binade, as if the exponent had no end."""
        form = self._format
        if not is_low_end or form.signed:
            top = self._magnitude(self.highest) + power_of_two(form.max_exponent - form.mantissa_bits)
            return -top if is_low_end else top
        return -self.value(1) if form.has_zero else Fraction(0)

    def floor(self, value: Fraction) -> int:
        """By the position of the leading bit."""
        if value >= 0:
            return self._floor_magnitude(value)
        size = self._floor_magnitude(-value)
        is_exact = self._magnitude(size) == -value
        return -(size + int(not is_exact))

    def _floor_magnitude(self, size: Fraction) -> int:
        form = self._format
        if not size:
            return 0
        exponent = max(floor_log2(size), form.min_exponent)
        significand = floor(size * power_of_two(form.mantissa_bits - exponent))
        hidden = 0 if form.subnormals else 1 << form.mantissa_bits
        return max(0, ((exponent - form.min_exponent) << form.mantissa_bits) + significand - hidden)


class IntegerLadder(Ladder):
    """Each rung holds its own number."""

    def __init__(self, format_: IntegerFormat) -> None:
        self._format = format_
        self.lowest, self.highest = format_.minimum, format_.maximum
        self._modulus = 1 << format_.bits

    def value(self, rung: int) -> Fraction:
        """The rung itself."""
        return Fraction(rung)

    def pattern(self, rung: int) -> int:
        """By the encoding of signs."""
        if not self._format.signed:
            return rung
        match self._format.encoding:
            case SignEncoding.TWOS_COMPLEMENT:
                return rung % self._modulus
            case SignEncoding.OFFSET_BINARY:
                return rung + self._modulus // 2
            case SignEncoding.SIGN_MAGNITUDE:
                return abs(rung) + (self._modulus // 2 if rung < 0 else 0)

    def rung(self, pattern: int) -> int:
        """By the encoding of signs."""
        if not self._format.signed:
            return pattern
        half = self._modulus // 2
        match self._format.encoding:
            case SignEncoding.TWOS_COMPLEMENT:
                return pattern - self._modulus if pattern >= half else pattern
            case SignEncoding.OFFSET_BINARY:
                return pattern - half
            case SignEncoding.SIGN_MAGNITUDE:
                return half - pattern if pattern >= half else pattern

    def special(self, pattern: int) -> Special | None:
        """Negative zero, in sign and magnitude."""
        return Special.NEGATIVE_ZERO if pattern == self.pattern_of_special(Special.NEGATIVE_ZERO) else None

    def pattern_of_special(self, special: Special) -> int | None:
        """Negative zero is the sign bit alone, in sign and magnitude."""
        is_signed_zero = self._format.signed and self._format.encoding is SignEncoding.SIGN_MAGNITUDE
        return self._modulus // 2 if special is Special.NEGATIVE_ZERO and is_signed_zero else None

    def beyond(self, *, is_low_end: bool) -> Fraction | None:
        """One past the end."""
        return Fraction(self.lowest - 1 if is_low_end else self.highest + 1)

    def floor(self, value: Fraction) -> int:
        """The floor itself."""
        return floor(value)


class PositLadder(Ladder):
    """A posit's rung is its pattern read as a two's complement integer; NaR would be the lowest."""

    def __init__(self, format_: PositFormat) -> None:
        self._format = format_
        self._modulus = 1 << format_.bits
        self.highest = self._modulus // 2 - 1
        self.lowest = -self.highest

    def value(self, rung: int) -> Fraction:
        """The magnitude of |rung|, with the sign of the rung."""
        return posit_magnitude(rung, self._format.bits, self._format.exponent_bits) * (1 if rung > 0 else -1)

    def pattern(self, rung: int) -> int:
        """Two's complement."""
        return rung % self._modulus

    def rung(self, pattern: int) -> int:
        """Two's complement."""
        return pattern - self._modulus if pattern >= self._modulus // 2 else pattern

    def special(self, pattern: int) -> Special | None:
        """NaR alone."""
        return Special.NAN if pattern == self._modulus // 2 else None

    def pattern_of_special(self, special: Special) -> int | None:
        """NaR for NaN and infinities (Standard for Posit Arithmetic (2022))."""
        return None if special is Special.NEGATIVE_ZERO else self._modulus // 2

    def midpoint(self, below: int) -> Fraction:
        """The posit of one bit more between the two (Standard for Posit Arithmetic (2022))."""
        between = 2 * below + 1
        return posit_magnitude(between, self._format.bits + 1, self._format.exponent_bits) * (1 if between > 0 else -1)

    def never_rounds_to(self, rung: int) -> bool:
        """Only zero becomes zero."""
        return rung == 0


def posit_magnitude(rung: int, bits: int, exponent_bits: int) -> Fraction:
    """The magnitude of the posit numbered `rung`: regime, exponent and fraction of its absolute value."""
    if not rung:
        return Fraction(0)
    body = bits - 1
    text = f"{abs(rung):0{body}b}"
    run = body - len(text.lstrip(text[0]))
    regime = run - 1 if text[0] == "1" else -run
    tail = text[run + 1 :]
    exponent = int(tail[:exponent_bits].ljust(exponent_bits, "0") or "0", 2)
    fraction = tail[exponent_bits:]
    significand = Fraction(int("1" + fraction, 2), 1 << len(fraction))
    return significand * power_of_two((regime << exponent_bits) + exponent)


class CodebookLadder(Ladder):
    """The distinct numbers of a table in increasing order."""

    def __init__(self, format_: CodebookFormat) -> None:
        self._format = format_
        patterns = {Fraction(value): pattern for pattern, value in reversed(list(enumerate(format_.values)))}
        self._values = sorted(patterns)
        self._patterns = [patterns[value] for value in self._values]
        self.lowest, self.highest = 0, len(self._values) - 1

    def value(self, rung: int) -> Fraction:
        """The value at that place of the sorted table."""
        return self._values[rung]

    def pattern(self, rung: int) -> int:
        """The lowest pattern of that value."""
        return self._patterns[rung]

    def rung(self, pattern: int) -> int:
        """The place of the value in the sorted table."""
        return self.floor(Fraction(self._format.values[pattern]))

    def special(self, pattern: int) -> Special | None:
        """Patterns beyond the table, and a zero that has a sign there."""
        if pattern >= len(self._format.values):
            return Special.NAN
        value = self._format.values[pattern]
        return Special.NEGATIVE_ZERO if value == 0 and copysign(1, value) < 0 else None

    def pattern_of_special(self, special: Special) -> int | None:
        """Negative zero, where the table has one."""
        if special is not Special.NEGATIVE_ZERO:
            return None
        return next((p for p in range(len(self._format.values)) if self.special(p) is special), None)

    def floor(self, value: Fraction) -> int:
        """By bisection of the sorted table."""
        return bisect_right(self._values, value) - 1


@lru_cache(maxsize=1024)
def ladder_of(format_: ElementFormat) -> Ladder:
    """The ladder of a format."""
    match format_:
        case FloatFormat():
            return FloatLadder(format_)
        case IntegerFormat():
            return IntegerLadder(format_)
        case PositFormat():
            return PositLadder(format_)
        case CodebookFormat():
            return CodebookLadder(format_)
