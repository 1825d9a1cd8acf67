"""The numbers of a format as patterns of the working type: the constants that rounding takes."""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from precisionlab.errors import FormatError
from precisionlab.formats.facts import smallest_positive
from precisionlab.formats.ladders import ladder_of
from precisionlab.formats.modes import Overflow, Rounding
from precisionlab.formats.records import FloatFormat, Format, IntegerFormat, SignEncoding
from precisionlab.formats.rounding.policy import Draw, Policy
from precisionlab.formats.rounding.working import Working
from precisionlab.formats.specials import power_of_two


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


def largest(format_: FloatFormat) -> Fraction:
    """The largest finite number."""
    ladder = ladder_of(format_)
    return ladder.value(ladder.highest)


def smallest(format_: FloatFormat) -> Fraction:
    """The smallest positive number."""
    return smallest_positive(ladder_of(format_))
