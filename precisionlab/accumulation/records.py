"""What adds up the products of a dot product, as data: formats, directions of rounding, orders, blocks."""

from dataclasses import dataclass
from typing import Final

from precisionlab.errors import UsageError
from precisionlab.formats.modes import Rounding
from precisionlab.formats.records import FloatFormat
from precisionlab.formats.rounding.policy import Draw
from precisionlab.summation.methods import RECURSIVE, Method, Way

SHORT_NAMES: Final = {
    "float64": "fp64",
    "float32": "fp32",
    "float16": "fp16",
    "bfloat16": "bf16",
    "tfloat32": "tf32",
    "float8_e4m3fn": "fp8_e4m3",
    "float8_e5m2": "fp8_e5m2",
}
"""How formats are called in the names of accumulators."""
DIRECTIONS: Final = {
    Rounding.TOWARD_ZERO: "truncated",
    Rounding.DOWN: "floor",
    Rounding.UP: "ceiling",
    Rounding.NEAREST_AWAY: "away",
}
"""The same of directions of rounding; to nearest even goes without saying."""
ORDERS: Final = {Way.RECURSIVE, Way.PAIRWISE, Way.BLOCKED, Way.KAHAN}
FUSED_ORDERS: Final = {Way.RECURSIVE, Way.BLOCKED}
MOST_RANDOM_BITS: Final = 28
"""Float64 rounded to odd tells so many equal parts of a gap of float32 from one another."""
MOST_EXACT_BITS: Final = 53
"""Of whole numbers in float64."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Operations on pairs of numbers, each rounded to one format."""

    format: FloatFormat
    rounding: Rounding | Draw = Rounding.NEAREST_EVEN
    method: Method = RECURSIVE
    """Recursive, pairwise, blocked or kahan; all but recursive round to nearest even."""
    is_fused: bool = False
    """Whether product and addition are rounded together; else the product is rounded first."""
    random_bits: int = 0
    """Of stochastic rounding."""

    def __post_init__(self) -> None:
        """See that products are added up so.

        Raises:
            UsageError: they are not.
        """
        way, is_nearest = self.method.way, self.rounding is Rounding.NEAREST_EVEN
        is_drawn = self.rounding is Draw.STOCHASTIC
        require(is_nearest or is_drawn or self.rounding in DIRECTIONS, f"sums are not rounded {self.rounding.value}")
        require(is_nearest or self.format.name != "float64", "float64 is rounded to nearest even only")
        require(is_nearest or way is Way.RECURSIVE, f"{way.value} sums are rounded to nearest even only")
        require(way in ORDERS, f"products are not added up by {self.method.name}")
        require(not self.is_fused or way in FUSED_ORDERS, f"{way.value} sums are of rounded products")
        require(
            self.random_bits in (range(1, MOST_RANDOM_BITS + 1) if is_drawn else (0,)),
            f"stochastic rounding takes 1 to {MOST_RANDOM_BITS} random bits, any other none",
        )

    @property
    def name(self) -> str:
        """`fp32`, `bf16_fma`, `fp32_blocked128`, `fp16_sr8`."""
        words = [SHORT_NAMES.get(self.format.name, self.format.name)]
        words += ["fma"] * self.is_fused
        words += [f"sr{self.random_bits}"] if self.rounding is Draw.STOCHASTIC else []
        words += [DIRECTIONS[self.rounding]] if self.rounding in DIRECTIONS else []
        words += [self.method.name.replace(":", "")] if self.method.way is not Way.RECURSIVE else []
        return "_".join(words)


@dataclass(frozen=True, slots=True)
class BlockFma:
    """A tensor core: so many products and the accumulator are aligned, cut and summed exactly, and rounded once."""

    name: str
    operands: FloatFormat
    """Of both factors. Exponents are theirs: a subnormal factor has their smallest one."""
    terms: int
    """Products of a block."""
    alignment_bits: int
    """Addends are cut toward zero to multiples of 2^(E - alignment_bits), E the largest exponent among them.

    The exponent of a product is the sum of its factors', whose significands' product lies in [1, 4).
    """
    lowest_exponent: int
    """What E is at least."""
    format: FloatFormat
    """Of the accumulator, and of the result of each block."""
    rounding: Rounding
    """Of the sum of a block to it: toward zero, or to nearest even. Beyond the largest number it is infinity."""

    def __post_init__(self) -> None:
        """See that blocks are summed so.

        Raises:
            UsageError: they are not.
        """
        is_known = self.rounding in {Rounding.TOWARD_ZERO, Rounding.NEAREST_EVEN}
        require(is_known, "sums of blocks are rounded toward zero or to nearest even")
        require(self.terms >= 1, "a block has at least one product")
        # An addend is less than 4 times the largest power of two.
        n_bits = self.alignment_bits + 2 + self.terms.bit_length()
        require(self.alignment_bits >= 0 and n_bits <= MOST_EXACT_BITS, "sums of blocks must be exact in float64")


@dataclass(frozen=True, slots=True)
class Promoted:
    """Another accumulator, emptied after so many products into a sum of another format, which is rounded to nearest."""

    inner: Chain | BlockFma
    every: int
    format: FloatFormat

    def __post_init__(self) -> None:
        """See that there is something to add.

        Raises:
            UsageError: there is not.
        """
        require(self.every >= 1, "a sum is promoted after at least one product")

    @property
    def name(self) -> str:
        """`h100_fp8_promoted128`; the format is named where it is not float32."""
        into = "" if self.format.name == "float32" else f"_into_{SHORT_NAMES.get(self.format.name, self.format.name)}"
        return f"{self.inner.name}_promoted{self.every}{into}"


@dataclass(frozen=True, slots=True)
class Strassen:
    """Strassen's matrix product (1969), so many levels deep; below them, and for its additions, a chain.

    Matrices whose sides 2^levels does not divide are filled up with zeros.
    """

    inner: Chain
    levels: int

    def __post_init__(self) -> None:
        """See that it is computed so.

        Raises:
            UsageError: it is not.
        """
        is_nearest = self.inner.rounding is Rounding.NEAREST_EVEN
        require(is_nearest, "Strassen's product is rounded to nearest even only")
        require(self.levels >= 1, "Strassen's product has at least one level")

    @property
    def name(self) -> str:
        """`fp32_strassen2`."""
        return f"{self.inner.name}_strassen{self.levels}"

    @property
    def format(self) -> FloatFormat:
        """Of all numbers."""
        return self.inner.format


def require(is_so: bool, problem: str) -> None:
    """See that an accumulator is one.

    Raises:
        UsageError: it is not so.
    """
    if not is_so:
        raise UsageError("accumulator", problem)


Accumulator = Chain | BlockFma | Promoted | Strassen


def unit_roundoff(format_: FloatFormat, rounding: Rounding | Draw = Rounding.NEAREST_EVEN) -> float:
    """The largest relative error of rounding a normal number: 2^-p to nearest, 2^(1 - p) in any other direction."""
    is_nearest = rounding in {Rounding.NEAREST_EVEN, Rounding.NEAREST_AWAY}
    return float(2.0 ** (-format_.precision if is_nearest else 1 - format_.precision))


def operands_of(accumulator: Accumulator) -> str | None:
    """The format that factors are rounded to first; None where they are taken as they are."""
    inner = accumulator.inner if isinstance(accumulator, Promoted) else accumulator
    return inner.operands.name if isinstance(inner, BlockFma) else None
