"""A number format is data: a few facts in a record, everything else derived from them."""

from dataclasses import dataclass
from enum import Enum

from precisionlab.errors import FormatError
from precisionlab.escaping import printable

MAX_BITS = 128
"""Widest pattern that a record may describe."""
MAX_EXPONENT_BITS = 19
"""Widest exponent field: that of binary256; keeps exact rationals small enough to print."""


class NaNs(Enum):
    """Which bit patterns of a float format are no number."""

    IEEE = "largest exponent, mantissa not zero (mantissa zero is infinity)"
    ALL_ONES = "exponent and mantissa all ones; no infinities"
    NEGATIVE_ZERO = "the pattern of negative zero; no infinities"
    NONE = "every pattern is a number"
    NEGATIVE_ZERO_AND_INFINITY = "the pattern of negative zero; exponent and mantissa all ones are infinity"


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """Floats by fields: sign, then biased exponent, then mantissa, most significant bit first.

    With exponent field e, mantissa field f and m mantissa bits a pattern stands for
    2^(e - bias) * (1 + f / 2^m), or 2^(1 - bias) * (f / 2^m) where e is 0 and the format
    has subnormals (IEEE 754-2019, clause 3.4).

    Raises:
        FormatError: no format can have these fields.
    """

    name: str
    exponent_bits: int
    mantissa_bits: int
    """Of the fraction, without a stored integer bit."""
    bias: int
    nans: NaNs
    title: str
    source: str
    """Where the format is defined."""
    signed: bool = True
    subnormals: bool = True
    """Whether exponent field 0 holds zero and the subnormals; if not it is an ordinary exponent."""
    zero: bool = True
    """Whether magnitude 0 is the number zero even where exponent field 0 is an ordinary exponent."""
    integer_bit: bool = False
    """Whether the leading bit of the significand is stored, between exponent and fraction (x87)."""

    def __post_init__(self) -> None:
        problem = impossibility(self)
        if problem:
            raise FormatError(self.name, problem)

    @property
    def bits(self) -> int:
        """Width of a pattern."""
        return int(self.signed) + self.exponent_bits + int(self.integer_bit) + self.mantissa_bits

    @property
    def precision(self) -> int:
        """Significant bits of a normal number, the hidden one included (p in IEEE 754)."""
        return self.mantissa_bits + 1

    @property
    def min_exponent(self) -> int:
        """Exponent of the smallest normal number (emin in IEEE 754)."""
        return int(self.subnormals) - self.bias

    @property
    def has_infinities(self) -> bool:
        """Whether the format has infinities."""
        return self.nans in {NaNs.IEEE, NaNs.NEGATIVE_ZERO_AND_INFINITY}

    @property
    def has_nan(self) -> bool:
        """Whether the format has a NaN."""
        return self.nans is not NaNs.NONE

    @property
    def has_zero(self) -> bool:
        """Whether zero is a number of the format."""
        return self.subnormals or self.zero

    @property
    def has_negative_zero(self) -> bool:
        """Whether zero has a sign."""
        is_taken = self.nans in {NaNs.NEGATIVE_ZERO, NaNs.NEGATIVE_ZERO_AND_INFINITY}
        return self.signed and self.has_zero and not is_taken

    @property
    def max_finite_pattern(self) -> int:
        """The largest finite number: its pattern, but for a stored integer bit."""
        top = (1 << (self.exponent_bits + self.mantissa_bits)) - 1
        match self.nans:
            case NaNs.IEEE:
                return top - (1 << self.mantissa_bits)
            case NaNs.ALL_ONES | NaNs.NEGATIVE_ZERO_AND_INFINITY:
                return top - 1
            case NaNs.NEGATIVE_ZERO | NaNs.NONE:
                return top

    @property
    def max_exponent(self) -> int:
        """Exponent of the largest finite number (emax in IEEE 754)."""
        return (self.max_finite_pattern >> self.mantissa_bits) - self.bias

    @property
    def max_finite(self) -> float:
        """The largest finite number.

        Raises:
            OverflowError: float64 does not reach so far; `facts` has the exact number.
        """
        fraction = self.max_finite_pattern & ((1 << self.mantissa_bits) - 1)
        return float(((1 << self.mantissa_bits) + fraction) * 2.0 ** (self.max_exponent - self.mantissa_bits))

    @property
    def min_normal(self) -> float:
        """The smallest positive normal number; 0 where float64 does not reach so far."""
        return float(2.0**self.min_exponent)

    @property
    def min_positive(self) -> float:
        """The smallest positive number: subnormal where the format has subnormals."""
        return float(2.0**self.lowest_bit) * (1 + 2.0**-self.mantissa_bits if self.is_lowest_taken else 1)

    @property
    def is_lowest_taken(self) -> bool:
        """Whether zero takes the pattern of what would be the smallest normal number."""
        return self.zero and not self.subnormals

    @property
    def lowest_bit(self) -> int:
        """Exponent of the smallest positive number, but where zero takes its pattern.

        Every finite number of a format with subnormals is a multiple of 2 to it.
        """
        return self.min_exponent - (self.mantissa_bits if self.subnormals else 0)


def impossibility(format_: FloatFormat) -> str:
    """Why no format can have such fields; empty where one can."""
    return problem_of_types(format_) or problem_of_widths(format_) or problem_of_patterns(format_)


def problem_of_types(format_: FloatFormat) -> str:
    """What is wrong with the kinds of the fields; empty for nothing."""
    numbers: dict[str, object] = {
        "exponent_bits": format_.exponent_bits,
        "mantissa_bits": format_.mantissa_bits,
        "bias": format_.bias,
    }
    wrong = next((name for name, number in numbers.items() if type(number) is not int), "")
    if wrong:
        return f"{wrong} is a whole number, unlike {printable(repr(numbers[wrong]), 40)}"
    nans: object = format_.nans
    return "" if isinstance(nans, NaNs) else f"nans is one of NaNs, unlike {printable(repr(nans), 40)}"


def problem_of_widths(format_: FloatFormat) -> str:
    """What is wrong with the sizes of the fields; empty for nothing."""
    if not 1 <= format_.exponent_bits <= MAX_EXPONENT_BITS:
        return f"a float has 1 to {MAX_EXPONENT_BITS} exponent bits, not {format_.exponent_bits}"
    if format_.mantissa_bits < 0:
        return f"a float has at least 0 mantissa bits, not {format_.mantissa_bits}"
    if format_.bits > MAX_BITS:
        return f"a format has at most {MAX_BITS} bits, not {format_.bits}"
    if abs(format_.bias) >= 1 << MAX_EXPONENT_BITS:
        return f"a bias lies between -2^{MAX_EXPONENT_BITS} and 2^{MAX_EXPONENT_BITS}, unlike {format_.bias}"
    return ""


def problem_of_patterns(format_: FloatFormat) -> str:
    """Which patterns would be missing or taken twice; empty for none."""
    if format_.nans is NaNs.IEEE and format_.mantissa_bits == 0:
        return "infinity and NaN need at least 1 mantissa bit to be told apart"
    if not format_.signed and format_.nans in {NaNs.NEGATIVE_ZERO, NaNs.NEGATIVE_ZERO_AND_INFINITY}:
        return "a format without sign has no pattern of negative zero"
    if format_.signed and not format_.has_zero:
        return "a format without zero has no sign either"
    if format_.max_finite_pattern < int(format_.has_zero) or (
        format_.subnormals and format_.max_finite_pattern < 1 << format_.mantissa_bits
    ):
        return f"{format_.exponent_bits} exponent bits leave no normal number beside infinity and NaN"
    return ""


class SignEncoding(Enum):
    """How the patterns of signed integers are numbered."""

    TWOS_COMPLEMENT = "two's complement"
    SIGN_MAGNITUDE = "sign and magnitude"
    OFFSET_BINARY = "offset binary"


@dataclass(frozen=True, slots=True)
class IntegerFormat:
    """Whole numbers; `value_bits` of the pattern carry the value.

    Raises:
        FormatError: the width is not 2 to 64 bits.
    """

    name: str
    bits: int
    signed: bool
    title: str
    value_bits: int = 0
    """Fewer than `bits` where some patterns are not canonical (booleans); 0 means all."""
    encoding: SignEncoding = SignEncoding.TWOS_COMPLEMENT
    """Of signed ones."""
    source: str = ""
    """Where the format is defined."""

    def __post_init__(self) -> None:
        if type(self.bits) is not int or not 2 <= self.bits <= 64:
            raise FormatError(self.name, f"integers have 2 to 64 bits, not {self.bits}")
        if not 0 <= self.value_bits <= self.bits:
            raise FormatError(self.name, f"{self.value_bits} of {self.bits} bits cannot carry the value")

    @property
    def minimum(self) -> int:
        """The smallest integer."""
        if not self.signed:
            return 0
        return -(1 << (self.bits - 1)) + int(self.encoding is SignEncoding.SIGN_MAGNITUDE)

    @property
    def maximum(self) -> int:
        """The largest integer with a canonical pattern."""
        return (1 << ((self.value_bits or self.bits) - int(self.signed))) - 1


@dataclass(frozen=True, slots=True)
class PositFormat:
    """Posits: sign, a run of equal bits (the regime), `exponent_bits` of exponent, the rest fraction.

    A regime of k ones and a zero stands for 2^(2^es * (k - 1)), one of k zeros and a one for
    2^(-2^es * k); negative posits are the two's complement of positive ones, and the pattern
    of the sign bit alone is NaR (Standard for Posit Arithmetic (2022)).

    Raises:
        FormatError: no posit can have these fields.
    """

    name: str
    bits: int
    exponent_bits: int
    title: str
    source: str

    def __post_init__(self) -> None:
        if not 3 <= self.bits <= 64:
            raise FormatError(self.name, f"posits have 3 to 64 bits, not {self.bits}")
        if not 0 <= self.exponent_bits <= 8:
            raise FormatError(self.name, f"posits have 0 to 8 exponent bits, not {self.exponent_bits}")


@dataclass(frozen=True, slots=True)
class CodebookFormat:
    """Numbers by table: pattern i stands for `values[i]`; patterns beyond the table stand for nothing.

    Raises:
        FormatError: the table is empty or longer than the patterns are many.
    """

    name: str
    bits: int
    values: tuple[float, ...]
    title: str
    source: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, tuple):
            raise FormatError(self.name, "the values of a table are a tuple")
        if not 1 <= self.bits <= 16 or not 1 <= len(self.values) <= 1 << self.bits:
            raise FormatError(self.name, f"{len(self.values)} values do not fit patterns of {self.bits} bits")


Format = FloatFormat | IntegerFormat
"""What checkpoints store numbers in."""

ElementFormat = FloatFormat | IntegerFormat | PositFormat | CodebookFormat
"""Any format of one number."""
