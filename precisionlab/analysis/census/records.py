"""What a census says of a tensor's numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats import Format

DISTINCT_LIMIT = 1 << 16
"""Tensors of wider types are counted pattern by pattern as long as they hold at most this many distinct ones."""


@dataclass(frozen=True, slots=True)
class Specials:
    """Counts of what is no ordinary number. Non-canonical NaNs are also among the quiet or signalling ones."""

    positive_zeros: int = 0
    negative_zeros: int = 0
    subnormals: int = 0
    positive_infinities: int = 0
    negative_infinities: int = 0
    quiet_nans: int = 0
    signalling_nans: int = 0
    boxed_nans: int = 0
    """Other than canonical NaNs whose upper half is all ones: a narrower number in a wider register (RISC-V)."""
    payload_nans: int = 0
    """NaNs that are neither boxed nor canonical (the quiet bit alone, or all mantissa bits): they carry a payload."""
    non_canonical: int = 0
    """Patterns outside the format's values: a boolean byte that is neither 0 nor 1."""

    @property
    def zeros(self) -> int:
        """Zeros of either sign."""
        return self.positive_zeros + self.negative_zeros

    @property
    def infinities(self) -> int:
        """Infinities of either sign."""
        return self.positive_infinities + self.negative_infinities

    @property
    def nans(self) -> int:
        """NaNs of every kind."""
        return self.quiet_nans + self.signalling_nans


@dataclass(frozen=True, slots=True)
class Moments:
    """Of the finite elements, zeros included; NaN where undefined.

    The variance divides by n; skewness and kurtosis are standardised third and fourth moments
    (0 and 3 for a normal distribution). Relative error below 1e-11 of the spread's own scale. Of a
    binned float64 tensor those are infinite or NaN whose powers leave float64's normal range:
    kurtosis and skewness for spreads under 1e-73 or magnitudes beyond 1e77, at last the others.
    """

    mean: float
    variance: float
    skewness: float
    kurtosis: float


@dataclass(frozen=True, slots=True)
class Entropies:
    """Shannon entropies in bits an element of the fields and of the whole pattern."""

    sign: float
    exponent: float
    mantissa: float
    pattern: float
    """No lossless code of single elements needs fewer bits on average."""
    is_upper_bound: bool
    """True where low mantissa bits were not counted: mantissa and pattern are then at most this."""


@dataclass(frozen=True, slots=True)
class CastCounts:
    """How many finite non-zero elements a cast to one format (nearest even, unscaled) treats how."""

    overflows: int
    underflows: int
    subnormals: int
    exact: int


@dataclass(frozen=True, slots=True)
class FieldBins:
    """Wide floats by sign and exponent field.

    Arrays are [2, exponents]: row 0 positive. With f the fraction in [0, 1) that the mantissa field
    stands for: the count, the sum of f and the sum of f*f of each bin. All are added up as integers,
    whatever the order, and rounded at the end to about 2^-52; those of f*f for binary64 miss at
    most 2^-61 an element.
    """

    counts: NDArray[np.int64]
    fractions: NDArray[np.float64]
    squared_fractions: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Census:
    """The count of every number of a tensor; everything per element follows from it.

    `values` and `counts` list the finite non-zero numbers. Where `is_exact` they are the numbers
    themselves (integers beyond 2^53 rounded to float64); else each stands for a bin of equal sign-less exponent, 11 leading mantissa bits and
    knowledge whether a lower bit is set: enough to round every element to any format of at most 11
    significant bits as if the element itself were at hand (signs are then all positive).
    """

    format: Format
    """Of one component, e.g. float32 for complex64."""
    n_elements: int
    """Components counted: twice the elements for complex types."""
    specials: Specials
    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    is_exact: bool
    patterns: NDArray[np.uint64] | None
    """Every distinct pattern, ascending, where exact."""
    pattern_counts: NDArray[np.int64] | None
    exponents: NDArray[np.int64]
    """Binary exponents floor(log2 |x|) that occur, ascending, and how often."""
    exponent_counts: NDArray[np.int64]
    smallest_magnitude: float
    """Of the finite non-zero numbers; NaN without any, as the next."""
    largest_magnitude: float
    moments: Moments
    entropies: Entropies
    trailing_zeros: int
    """Mantissa bits at the low end that no finite element uses; 0 for integers."""
    binary32: CastCounts | None = None
    """Of a cast to float32, where the bins cannot tell (binned float64)."""
    field_bins: FieldBins | None = None
    """For binned floats."""
    set_bits: NDArray[np.int64] | None = None
    """In how many elements each bit is set, the least significant first, where patterns are not listed; see `bit_counts`."""

    @property
    def distinct(self) -> int | None:
        """Distinct patterns; None for more than `DISTINCT_LIMIT`."""
        return None if self.patterns is None else len(self.patterns)

    @property
    def n_finite(self) -> int:
        """Elements that are neither infinite nor NaN."""
        return self.n_elements - self.specials.infinities - self.specials.nans
