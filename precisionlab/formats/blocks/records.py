"""A block format is data: an element format, how far a scale reaches, how it is found, and how it is stored."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import ceil, prod

from precisionlab.errors import FormatError
from precisionlab.formats.records import CodebookFormat, FloatFormat, IntegerFormat, SignEncoding

BlockElement = FloatFormat | IntegerFormat | CodebookFormat
"""What the elements of a block can be."""

MAX_ELEMENT_BITS = 8
"""Widest element: a table of all its values is small, and codes are bytes."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How far one scale reaches over a matrix: the first axis of a tensor by all its others.

    Whatever the extent does not divide, its last blocks are short.
    """

    rows: int | None
    """None for all."""
    columns: int | None
    """None for all."""
    is_flat: bool = False
    """Whether the matrix is taken as one long row, so that blocks run on from one row into the next."""

    def grid(self, n_rows: int, n_columns: int) -> tuple[int, int]:
        """How many blocks a matrix has along either axis."""
        return ceil(n_rows / (self.rows or max(1, n_rows))), ceil(n_columns / (self.columns or max(1, n_columns)))


TENSOR = Extent(None, None)
CHANNEL = Extent(1, None)


def group(size: int, *, is_flat: bool = False) -> Extent:
    """So many neighbours along a row."""
    return Extent(1, size, is_flat=is_flat)


class ScaleRule(Enum):
    """What the scale s of a block is, before it is stored; amax is the largest magnitude in the block."""

    LARGEST = "s = amax / the element's largest number"
    HALF_RANGE = "s = amax / (half the distance of the element's ends)"
    RANGE = "s = (max(0, x) - min(0, x)) / (the distance of the element's ends)"
    SPAN = "s = (largest - least number) / (the distance of the element's ends); the minimum is the least number"
    SIGNED_LARGEST = "s = the value of largest magnitude / the element's lowest number"
    POWER_FLOOR = "s = 2^(floor(log2 amax) - emax)"
    POWER_CEIL = "s = 2^(ceil(log2 amax) - emax)"
    POWER_EVEN = "s = 2^(floor(log2 of amax rounded half up to the element's mantissa bits) - emax)"
    POWER_UP = "s = 2^ceil(log2(amax / the element's largest number))"
    FIT_SYMMETRIC = "s of least error weighted by x^2 among 19 near the signed largest / lowest"
    FIT_THREE_BITS = "s of least error weighted by x^2, improved by moving single elements"
    FIT_AFFINE = "s and minimum of least weighted error among steps near the range"
    FIT_CODEBOOK = "s of least error weighted by x^2 among 15 near the signed largest / first entry"


RANGE_RULES = frozenset({ScaleRule.RANGE, ScaleRule.SPAN})
POWER_RULES = frozenset({ScaleRule.POWER_FLOOR, ScaleRule.POWER_CEIL, ScaleRule.POWER_EVEN, ScaleRule.POWER_UP})
FITS = frozenset({ScaleRule.FIT_SYMMETRIC, ScaleRule.FIT_THREE_BITS, ScaleRule.FIT_AFFINE, ScaleRule.FIT_CODEBOOK})


class Storing(Enum):
    """How scales become stored ones."""

    ROUNDED = "rounded to their format"
    TENSOR_SCALED = "times g = 2688 / amax of the tensor, rounded to their format; g is stored and divides"
    SUPER_BLOCK = "times their largest integer / the largest scale of the super-block, rounded; that ratio is stored"
    SIGNED_SUPER_BLOCK = "as in a super-block, but the scale of largest magnitude becomes the lowest integer"
    CENTRED = "less their mean, in blocks of 256 with a scale of their own in binary32; the mean is stored"


@dataclass(frozen=True, slots=True)
class ScaleStore:
    """Where the scales of blocks, or their minima, are kept."""

    format: FloatFormat | IntegerFormat | CodebookFormat
    storing: Storing = Storing.ROUNDED
    outer: FloatFormat | None = None
    """The format of the second-level scale."""
    span: int | None = None
    """How many scales share one of the second level; None for all of the tensor."""

    def bits(self, n_scales: int) -> int:
        """Bits that so many scales take, those of the second level included."""
        n_outer = 0 if self.outer is None else 1 if self.span is None else ceil(n_scales / self.span)
        n_outer += int(self.storing is Storing.CENTRED)
        return n_scales * self.format.bits + n_outer * (0 if self.outer is None else self.outer.bits)


@dataclass(frozen=True, slots=True)
class AffineFit:
    """How scale and minimum are looked for: `steps` + 1 trials, (start + 0.1 i + the largest element) / range."""

    start: float
    steps: int
    is_absolute: bool
    """Whether errors are summed as magnitudes, weighted by |x|; else as squares, weighted by |x| + rms(x)."""


class Division(Enum):
    """By what elements are divided before they are rounded."""

    STORED = "x / stored scale"
    STORED_RECIPROCAL = "x * (1 / stored scale)"
    RECIPROCAL = "x * (1 / scale before it was stored)"


class ElementRounding(Enum):
    """How a scaled number becomes an element."""

    NEAREST_EVEN = "nearest, ties to even"
    NEAREST_AWAY = "nearest, ties away from zero"
    HALF_UP = "floor(x + 1/2 - lowest) + lowest, the sum rounded to binary32"
    LOWER = "nearest, ties to the lower entry"
    UPPER = "nearest, ties to the upper entry"


TABLE_ROUNDINGS = frozenset({ElementRounding.LOWER, ElementRounding.UPPER})


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """Elements in blocks that share a scale.

    An element x of a block with scale s becomes q = round(x / s), clamped to the element's ends,
    and stands for q * s. With a zero point z it is round(x / s + z), and (q - z) * s; with a
    minimum m, which is kept negated, it is round((x + m) / s), and q * s - m. All steps are in binary32.

    Raises:
        FormatError: the parts do not fit one another.
    """

    name: str
    element: BlockElement
    extent: Extent
    rule: ScaleRule
    scale: ScaleStore
    title: str
    source: str
    """Where it is defined, and whose arithmetic it is."""
    minimum: ScaleStore | None = None
    """Where minima are kept, in formats that have them."""
    zero_point: bool = False
    """Whether blocks have a zero point, stored as an element."""
    division: Division = Division.STORED
    rounding: ElementRounding = ElementRounding.NEAREST_EVEN
    element_exponent: int = 0
    """Elements stand for themselves times 2 to this (MXINT8: -6)."""
    packed_bits: Fraction | None = None
    """Bits an element takes where several are packed together (TQ1_0: five trits and a bit in eight)."""
    fit: AffineFit | None = None
    """For the rule that fits scale and minimum."""
    padding: int = 1
    """Rows are filled up to a multiple of this, so that there are no short blocks."""

    def __post_init__(self) -> None:
        problem = impossibility(self)
        if problem:
            raise FormatError(self.name, problem)

    @property
    def element_bits(self) -> Fraction:
        """Bits an element takes without its share of the scale."""
        return Fraction(self.element.bits) if self.packed_bits is None else self.packed_bits

    @property
    def bits_per_weight(self) -> float:
        """Bits an element takes in a large tensor whose rows the blocks divide, scales counted.

        What a channel or a tensor shares once counts nothing here; `stored_bits` counts it for a shape.
        """
        size = (self.extent.rows or 0) * (self.extent.columns or 0)
        if not size:
            return float(self.element_bits)
        stores = [store for store in (self.scale, self.minimum) if store is not None]
        scales = sum((bits_of_scale(store) for store in stores), Fraction(0)) + self.zero_point * self.element.bits
        return float(self.element_bits + scales / size)

    @property
    def is_local(self) -> bool:
        """Whether the scales of a block depend on no more than its neighbours in a super-block."""
        is_bounded = self.extent.rows is not None and self.extent.columns is not None
        return is_bounded and (self.scale.outer is None or self.scale.span is not None) and not self.is_centred

    @property
    def is_centred(self) -> bool:
        """Whether the mean of all scales is taken off them."""
        return self.scale.storing is Storing.CENTRED

    def stored_bits(self, shape: tuple[int, ...]) -> int:
        """Bits that a tensor of this shape takes: elements, scales of both levels, zero points, padding."""
        n_rows, n_columns = matrix_shape(shape, is_flat=self.extent.is_flat)
        padded = ceil(n_columns / self.padding) * self.padding
        n_scales = prod(self.extent.grid(n_rows, padded)) if n_rows * n_columns else 0
        stores = [store for store in (self.scale, self.minimum) if store is not None]
        scales = sum(store.bits(n_scales) for store in stores) + n_scales * self.zero_point * self.element.bits
        return ceil(self.element_bits * n_rows * padded) + scales


def bits_of_scale(store: ScaleStore) -> Fraction:
    """Bits of one scale with its share of the second level, which counts nothing where a tensor has only one."""
    outer = Fraction(store.outer.bits, store.span) if store.outer is not None and store.span else Fraction(0)
    return store.format.bits + outer


def matrix_shape(shape: tuple[int, ...], *, is_flat: bool) -> tuple[int, int]:
    """A tensor as a matrix: its first axis by all others; one row for fewer than two axes, or where blocks run on."""
    if is_flat or len(shape) < 2:
        return 1, prod(shape)
    return shape[0], prod(shape[1:])


def impossibility(format_: BlockFormat) -> str:
    """Why no block format can have such parts; empty where one can."""
    element = format_.element
    if element.bits > MAX_ELEMENT_BITS:
        return f"elements of blocks have at most {MAX_ELEMENT_BITS} bits, not {element.bits}"
    if isinstance(element, FloatFormat) and not is_plain(element):
        return f"{element.name} is no signed float with subnormals and a mantissa, as elements of blocks are"
    if isinstance(element, IntegerFormat) and element.encoding is not SignEncoding.TWOS_COMPLEMENT:
        return "integers in blocks are in two's complement"
    if format_.zero_point and not isinstance(element, IntegerFormat):
        return "only integers have a zero point"
    if isinstance(element, CodebookFormat) != (format_.rounding in TABLE_ROUNDINGS):
        return "entries of a table, and they alone, go to the lower or the upper one at a tie"
    is_size = all(size is None or size > 0 for size in (format_.extent.rows, format_.extent.columns))
    return "" if is_size else "blocks have at least one element"


def is_plain(element: FloatFormat) -> bool:
    """Whether a float format has sign, zero, subnormals and a mantissa."""
    return element.signed and element.subnormals and element.mantissa_bits > 0
