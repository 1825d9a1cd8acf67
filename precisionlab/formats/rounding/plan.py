"""What rounding to a format comes down to in the bits of a working float: the constants that every kernel takes.

Kernels work on the bit patterns of binary32 or binary64 (the *working* type), whichever holds
both the source numbers and the format's grid. All that differs between formats, overflow
policies and modes is in the records here, made once a call with exact rationals; a kernel is
then one branch-free pass of integer operations.
"""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from precisionlab.errors import FormatError
from precisionlab.formats.facts import smallest_positive
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import ElementFormat, FloatFormat, Format, IntegerFormat, SignEncoding
from precisionlab.formats.specials import Special, floor_log2, power_of_two

Subnormals = Literal["keep", "flush", "flush-results", "flush-sources"]
"""What happens to subnormals: kept; or zeroed as results (FTZ), as sources (DAZ), or as both."""

MAX_RANDOM_BITS: Final = 62
"""So many random bits and the carry beyond them fit in a signed 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Working:
    """Layout of an IEEE binary type, with the arithmetic that the plans need."""

    name: str
    exponent_bits: int
    mantissa_bits: int

    @property
    def bias(self) -> int:
        """Also the largest exponent."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def min_exponent(self) -> int:
        """Exponent of the smallest normal number."""
        return 1 - self.bias

    @property
    def lowest_bit(self) -> int:
        """Exponent of the smallest positive number."""
        return self.min_exponent - self.mantissa_bits

    @property
    def sign(self) -> int:
        """Pattern of the sign bit."""
        return 1 << (self.exponent_bits + self.mantissa_bits)

    @property
    def infinity(self) -> int:
        """Pattern of infinity; those above it are NaN."""
        return self.sign - (1 << self.mantissa_bits)

    @property
    def nan(self) -> int:
        """Pattern of the quiet NaN without payload."""
        return self.infinity | 1 << (self.mantissa_bits - 1)

    def floor(self, value: Fraction) -> int:
        """Pattern of the largest finite magnitude that is not above a value."""
        if not value:
            return 0
        exponent = max(floor_log2(value), self.min_exponent)
        significand = int(value / power_of_two(exponent - self.mantissa_bits))
        pattern = significand + ((exponent - self.min_exponent) << self.mantissa_bits)
        return min(pattern, self.infinity - 1)

    def value(self, pattern: int) -> Fraction:
        """The finite magnitude of a pattern without sign."""
        exponent, fraction = divmod(pattern, 1 << self.mantissa_bits)
        significand = fraction + ((1 << self.mantissa_bits) if exponent else 0)
        return significand * power_of_two(max(exponent, 1) - self.bias - self.mantissa_bits)

    def exact(self, value: Fraction) -> int | None:
        """Pattern of a magnitude; None where the type does not hold it."""
        pattern = self.floor(value)
        return pattern if self.value(pattern) == value else None


SOURCES: Final = {
    form.name: form
    for form in (
        Working("float16", 5, 10),
        Working("bfloat16", 8, 7),
        Working("float32", 8, 23),
        Working("float64", 11, 52),
    )
}
"""The types whose arrays are rounded, by numpy's and torch's name."""


class Draw(Enum):
    """The mode of rounding that draws lots, beside the deterministic ones of `Rounding`."""

    STOCHASTIC = "stochastic"
    """To the upper neighbour with the probability of the distance to the lower one."""


class Policy(NamedTuple):
    """How to round, settled: modes as enums."""

    rounding: Rounding | Draw
    overflow: Overflow
    subnormals: Subnormals


class Draws(NamedTuple):
    """Where random bits come from: element i takes those of `first_index` + i under a key."""

    random_bits: int
    key: int
    """64 bits that the seed was mixed to, so that near seeds share no draws."""
    first_index: int


class Grid(NamedTuple):
    """The numbers of a format as patterns of the working type, magnitudes without sign; what kernels take."""

    mantissa_bits: int
    """Of the working type."""
    sign: int
    """Its sign bit."""
    infinity: int
    nan: int
    dropped_bits: int
    """How many mantissa bits a normal number of the format loses."""
    lowest_exponent: int
    """Biased exponent of the working type where the format's subnormals begin; each one below drops one bit more."""
    parity_mask: int
    """1 where exponents decide what is even, for want of a mantissa bit."""
    parity_offset: int
    """1 where odd exponents then have even patterns."""
    smallest: int
    """The smallest positive number."""
    gap: int
    """Below it lies nothing but zero, if that; 0 where subnormals fill the gap."""
    gap_up_positive: int
    """In the gap positive numbers from here on become the smallest, others zero."""
    gap_up_negative: int
    flush_results: int
    """Results below become zero."""
    flush_sources: int
    """Sources below are taken for zero."""
    zero: int
    """What zero becomes, overflow or not."""
    limit_positive: int
    """Results above overflow."""
    limit_negative: int
    beyond_positive: int
    """What overflows become; infinity stands for an end of the format that the working type cannot hold."""
    beyond_negative: int
    infinity_positive: int
    """What infinities become."""
    infinity_negative: int
    kept_sign: int
    """The sign bit, or 0 for a format without."""
    signed_zero: int
    """1 where zero keeps its sign."""


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


def checked(format_: ElementFormat) -> Format:
    """The format, if arrays can be rounded to it.

    Raises:
        FormatError: it is of another kind, or signed without zero.
    """
    if isinstance(format_, IntegerFormat):
        return format_
    if not isinstance(format_, FloatFormat):
        raise FormatError(format_.name, "arrays are rounded to float and integer formats only")
    if format_.signed and not format_.has_zero:
        raise FormatError(format_.name, "arrays are not rounded to signed formats without zero")
    return format_


def working_of(source: Working, format_: Format) -> Working:
    """The narrower of binary32 and binary64 that holds the source and the format.

    Raises:
        FormatError: binary64 holds neither all of the format's numbers nor are all of its own among them.
    """
    single, double = SOURCES["float32"], SOURCES["float64"]
    if source is not double and is_within(format_, single):
        return single
    if isinstance(format_, IntegerFormat) or is_within(format_, double) or is_beyond(format_, double):
        return double
    raise FormatError(format_.name, "reaches beyond the normal numbers of float64, in which arrays are rounded")


def is_within(format_: Format, working: Working) -> bool:
    """Whether the type holds every finite number of the format."""
    if isinstance(format_, IntegerFormat):
        return max(format_.maximum, -format_.minimum) <= 2 << working.mantissa_bits
    return (
        format_.mantissa_bits <= working.mantissa_bits
        and format_.min_exponent >= working.min_exponent
        and format_.max_exponent <= working.bias
    )


def is_beyond(format_: FloatFormat, working: Working) -> bool:
    """Whether the format holds every number of the type."""
    return (
        format_.mantissa_bits >= working.mantissa_bits
        and format_.lowest_bit <= working.lowest_bit
        and format_.max_exponent >= working.bias
        and format_.has_negative_zero
        and format_.has_infinities
    )


def largest(format_: FloatFormat) -> Fraction:
    """The largest finite number."""
    ladder = ladder_of(format_)
    return ladder.value(ladder.highest)


def smallest(format_: FloatFormat) -> Fraction:
    """The smallest positive number."""
    return smallest_positive(ladder_of(format_))


@lru_cache(maxsize=1024)
def grid_of(format_: Format, working: Working, source: Working, policy: Policy) -> Grid:
    """The constants for rounding numbers of `source`, held in `working`, to a format.

    Raises:
        FormatError: stochastic rounding to a format whose zero stands apart from its smallest number.
    """
    if isinstance(format_, IntegerFormat):
        return integer_grid(format_, working, source, policy)
    return float_grid(format_, working, source, policy)


def float_grid(format_: FloatFormat, working: Working, source: Working, policy: Policy) -> Grid:
    """`grid_of` for floats."""
    least = working.floor(smallest(format_))
    top = max_pattern(largest(format_), working)
    bottom = top if format_.signed else least * (not format_.has_zero)
    gap = 0 if format_.subnormals else least
    up_positive, up_negative = gap_thresholds(format_, working, policy.rounding) if gap else (0, 0)
    # In E8M0, without zero, the hidden bit decides: all are odd, ties go up, as in ml_dtypes and torch.
    by_exponent = format_.mantissa_bits == 0 and format_.has_zero
    lowest_exponent = max(0, format_.min_exponent + working.bias)
    return Grid(
        **constants_of(working),
        dropped_bits=max(0, working.mantissa_bits - format_.mantissa_bits),
        lowest_exponent=lowest_exponent,
        parity_mask=int(by_exponent),
        parity_offset=(lowest_exponent + (not format_.subnormals)) % 2 if by_exponent else 0,
        smallest=least,
        gap=gap,
        gap_up_positive=up_positive,
        gap_up_negative=up_negative,
        flush_results=flushed_below(format_, working, policy),
        flush_sources=sources_flushed_below(working, source, policy),
        zero=0 if format_.has_zero else stand_in(least, working, policy, has_nan=format_.has_nan),
        limit_positive=working.floor(largest(format_)),
        limit_negative=working.floor(largest(format_)) if format_.signed else 0,
        **ends_of(format_, working, policy, top, bottom),
        kept_sign=working.sign if format_.signed else 0,
        signed_zero=int(format_.has_negative_zero),
    )


def integer_grid(format_: IntegerFormat, working: Working, source: Working, policy: Policy) -> Grid:
    """`grid_of` for integers: a grid of step 1 throughout, its ends not symmetric."""
    return Grid(
        **constants_of(working),
        dropped_bits=0,
        lowest_exponent=working.bias + working.mantissa_bits,
        parity_mask=0,
        parity_offset=0,
        smallest=working.floor(Fraction(1)),
        gap=0,
        gap_up_positive=0,
        gap_up_negative=0,
        flush_results=0,
        flush_sources=sources_flushed_below(working, source, policy),
        zero=0,
        limit_positive=working.floor(Fraction(format_.maximum)),
        limit_negative=working.floor(Fraction(-format_.minimum)),
        **ends_of(
            format_,
            working,
            policy,
            max_pattern(Fraction(format_.maximum), working),
            max_pattern(Fraction(-format_.minimum), working),
        ),
        kept_sign=working.sign if format_.signed else 0,
        signed_zero=int(format_.signed and format_.encoding is SignEncoding.SIGN_MAGNITUDE),
    )


def constants_of(working: Working) -> dict[str, int]:
    """The fields of a `Grid` that the working type sets."""
    return {
        "mantissa_bits": working.mantissa_bits,
        "sign": working.sign,
        "infinity": working.infinity,
        "nan": working.nan,
    }


def max_pattern(value: Fraction, working: Working) -> int:
    """Pattern of an end of a format; infinity stands for one that the type does not hold."""
    pattern = working.exact(value)
    return working.infinity if pattern is None else pattern


def ends_of(format_: Format, working: Working, policy: Policy, top: int, bottom: int) -> dict[str, int]:
    """The fields of a `Grid` about overflow, from the patterns of the largest and lowest number."""
    above = past_the_end(format_, working, policy, top, is_low_end=False)
    below = past_the_end(format_, working, policy, bottom, is_low_end=True)
    return {
        "beyond_positive": top if leads_back(policy.rounding, is_low_end=False) else above,
        "beyond_negative": bottom if leads_back(policy.rounding, is_low_end=True) else below,
        "infinity_positive": above,
        "infinity_negative": below,
    }


def past_the_end(format_: Format, working: Working, policy: Policy, end: int, *, is_low_end: bool) -> int:
    """What lies past an end: infinity, else NaN, else the end itself, which it always is when saturating."""
    if policy.overflow is Overflow.SATURATE or isinstance(format_, IntegerFormat):
        return end
    if format_.has_infinities and (format_.signed or not is_low_end):
        return working.infinity
    return working.nan if format_.has_nan else end


def leads_back(rounding: Rounding | Draw, *, is_low_end: bool) -> bool:
    """Whether a mode stops at the end of a format (IEEE 754-2019, clause 7.4); rounding to odd does, too."""
    against = Rounding.UP if is_low_end else Rounding.DOWN
    return rounding in {Rounding.TOWARD_ZERO, Rounding.TO_ODD, against}


def stand_in(least: int, working: Working, policy: Policy, *, has_nan: bool) -> int:
    """What zero becomes in a format without: NaN as in ml_dtypes, when saturating the smallest number as in torch."""
    return least if policy.overflow is Overflow.SATURATE or not has_nan else working.nan


def flushed_below(format_: FloatFormat, working: Working, policy: Policy) -> int:
    """Pattern of the smallest normal number, where subnormal results are flushed; else 0."""
    is_flushing = format_.subnormals and policy.subnormals in {"flush", "flush-results"}
    return working.floor(power_of_two(format_.min_exponent)) if is_flushing else 0


def sources_flushed_below(working: Working, source: Working, policy: Policy) -> int:
    """Pattern of the source type's smallest normal number, where its subnormals are flushed; else 0."""
    is_flushing = policy.subnormals in {"flush", "flush-sources"}
    return working.floor(power_of_two(source.min_exponent)) if is_flushing else 0


def gap_thresholds(format_: FloatFormat, working: Working, rounding: Rounding | Draw) -> tuple[int, int]:
    """From which positive and from which negative magnitude numbers in the gap become the smallest one.

    Raises:
        FormatError: stochastic rounding between zero and a number that is no power of two apart.
    """
    if not format_.has_zero:
        return 1, 1
    if isinstance(rounding, Draw):
        raise FormatError(format_.name, "stochastic rounding does not serve formats without subnormals")
    least = working.floor(smallest(format_))
    half = smallest(format_) / 2
    below_half = working.floor(half)
    half_or_more = below_half + (working.exact(half) is None)
    return {
        Rounding.NEAREST_EVEN: (below_half + 1, below_half + 1),
        Rounding.NEAREST_AWAY: (half_or_more, half_or_more),
        Rounding.TOWARD_ZERO: (least, least),
        Rounding.UP: (1, least),
        Rounding.DOWN: (least, 1),
        Rounding.TO_ODD: (1, 1),
    }[rounding]


@dataclass(frozen=True, slots=True)
class Job:
    """One call's work, the same for every block of its array."""

    format_: Format
    source: Working
    working: Working
    grid: Grid
    rounding: Rounding | Draw
    overflow: Overflow
    draws: Draws | None
    """For stochastic rounding."""

    @property
    def is_lossless(self) -> bool:
        """Whether the source type holds every result; if not, each must be looked at."""
        if is_within(self.format_, self.source):
            return True
        infinity_stays = self.grid.infinity_positive == self.grid.infinity_negative == self.grid.infinity
        return infinity_stays and isinstance(self.format_, FloatFormat) and is_beyond(self.format_, self.source)

    @property
    def has_nan(self) -> bool:
        """Whether the format has a NaN; if not, no value may be one."""
        return isinstance(self.format_, FloatFormat) and self.format_.has_nan

    @property
    def has_stand_in(self) -> bool:
        """Whether infinity stands for an end of the format that the working type cannot hold."""
        ends = {self.grid.beyond_positive, self.grid.beyond_negative}
        ends |= {self.grid.infinity_positive, self.grid.infinity_negative}
        has_infinities = isinstance(self.format_, FloatFormat) and self.format_.has_infinities
        is_saturating = self.overflow is Overflow.SATURATE
        return self.grid.infinity in ends and (is_saturating or not has_infinities)


def job_for(format_: ElementFormat, source: Working, policy: Policy, draws: Draws | None) -> Job:
    """The work of rounding numbers of a type to a format.

    Raises:
        FormatError: arrays are not rounded to such a format.
    """
    target = checked(format_)
    working = working_of(source, target)
    return Job(
        target, source, working, grid_of(target, working, source, policy), policy.rounding, policy.overflow, draws
    )


def unheld_error(job: Job) -> FormatError:
    """The error for a result that the source type cannot hold."""
    problem = f"a value rounds to a number that {job.source.name} does not hold"
    return FormatError(job.format_.name, problem, "give wider values, or encode them")


def nan_error(job: Job) -> FormatError:
    """The error for NaN that goes to a format without."""
    return FormatError(job.format_.name, "the format has no NaN, but the values have", "replace NaN first")


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
