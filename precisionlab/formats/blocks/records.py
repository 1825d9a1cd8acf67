"""A block format is data: an element format, how far a scale reaches, how it is found, and how it is stored."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, prod

from precisionlab.errors import FormatError
from precisionlab.formats.blocks.parts import (
    AffineFit,
    BlockElement,
    Division,
    ElementRounding,
    Extent,
    ScaleRule,
    ScaleStore,
    Storing,
)
from precisionlab.formats.blocks.validity import impossibility


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """Elements in blocks that share a scale.

    An element x of a block with scale s becomes q = round(x / s), clamped to the element's ends,
    and stands for q * s. With a zero point z it is round(x / s + z), or round(x / s) + z, and (q - z) * s; with a
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
    runtime: str = ""
    """Whose arithmetic it is, in a word or two."""
    base: str = ""
    """The entry whose name it shares and whose runtime computes otherwise; empty for that entry itself."""

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
        scales = sum((store.bits_of_one for store in stores), Fraction(0)) + self.zero_point * self.element.bits
        return float(self.element_bits + scales / size)

    @property
    def family(self) -> str:
        """The name that entries of one format share whose runtimes compute otherwise."""
        return self.base or self.name

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


def matrix_shape(shape: tuple[int, ...], *, is_flat: bool) -> tuple[int, int]:
    """A tensor as a matrix: its first axis by all others; one row for fewer than two axes, or where blocks run on."""
    if is_flat or len(shape) < 2:
        return 1, prod(shape)
    return shape[0], prod(shape[1:])
