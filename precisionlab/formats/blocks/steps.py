"""What elementwise work comes down to: constants of the element format, and six numbers for each block."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from precisionlab.formats.blocks.parts import Division, ElementRounding
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.patterns import decode_all
from precisionlab.formats.records import CodebookFormat, ElementFormat, FloatFormat, IntegerFormat

if TYPE_CHECKING:
    from torch import Tensor

(
    FLOATS,
    FLOATS_OF_ONE_ZERO,
    NEAREST_EVEN,
    EVEN_BEFORE_ZERO,
    NEAREST_AWAY,
    NEAREST_TOWARD,
    HALF_UP,
    LOWER,
    UPPER,
) = range(9)
"""The kinds of loops that turn scaled numbers into elements."""
KINDS = {
    ElementRounding.NEAREST_EVEN: NEAREST_EVEN,
    ElementRounding.EVEN_BEFORE_ZERO: EVEN_BEFORE_ZERO,
    ElementRounding.NEAREST_AWAY: NEAREST_AWAY,
    ElementRounding.NEAREST_TOWARD: NEAREST_TOWARD,
    ElementRounding.HALF_UP: HALF_UP,
    ElementRounding.LOWER: LOWER,
    ElementRounding.UPPER: UPPER,
}

MAGNITUDE = 0x7FFFFFFF
"""All bits of binary32 but the sign."""
BINARY32_BIAS = 127
BINARY32_MANTISSA_BITS = 23


@dataclass(frozen=True, slots=True)
class Worth:
    """What an element q stands for: (q - minus) * unit - less; each is [blocks down, across] in binary32."""

    minus: "Tensor"
    unit: "Tensor"
    less: "Tensor"
    is_shifted: bool
    """Whether anything is added or taken off; if not these are left out, since x + 0 loses the sign of zero."""

    def part(self, down: slice, across: slice) -> "Worth":
        """That of some neighbouring blocks."""
        minus, unit, less = (array[down, across].contiguous() for array in (self.minus, self.unit, self.less))
        return Worth(minus, unit, less, self.is_shifted)

    def on_grid(self, grid: tuple[int, int]) -> "Worth":
        """The same for as many blocks in another arrangement."""
        return Worth(self.minus.view(grid), self.unit.view(grid), self.less.view(grid), self.is_shifted)


@dataclass(frozen=True, slots=True)
class Steps:
    """An element x becomes q = round((x + before) / divisor + after), and then what that is worth.

    With `ElementRounding.EVEN_BEFORE_ZERO` it is q = round((x + before) / divisor) + after.
    """

    before: "Tensor"
    divisor: "Tensor"
    """What elements are divided by, or multiplied with: see `ElementPlan.multiplies`."""
    after: "Tensor"
    worth: Worth

    def part(self, down: slice, across: slice) -> "Steps":
        """Those of some neighbouring blocks."""
        before, divisor, after = (array[down, across].contiguous() for array in (self.before, self.divisor, self.after))
        return Steps(before, divisor, after, self.worth.part(down, across))

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Those of `quantize_piece`, in its order."""
        worth = self.worth
        return tuple(
            array.numpy() for array in (self.before, self.divisor, self.after, worth.minus, worth.unit, worth.less)
        )


@dataclass(frozen=True, slots=True)
class ElementPlan:
    """What a loop must know of an element format."""

    rounding: ElementRounding
    multiplies: bool
    """Whether the divisor is a reciprocal."""
    low: float
    high: float
    mantissa_bits: int
    """Of floats; -1 for others."""
    min_exponent: int
    """Of the smallest normal float."""
    has_negative_zero: bool
    """Whether zero keeps its sign."""
    bounds: NDArray[np.float32]
    """Halfway between the entries."""
    entries: NDArray[np.float32]
    """A table's numbers in increasing order; of floats whose ties go toward zero, those without a sign."""

    @property
    def rounds_first(self) -> bool:
        """Whether numbers are rounded before anything is added."""
        return self.rounding is ElementRounding.EVEN_BEFORE_ZERO

    def unrounded(self) -> "ElementPlan":
        """The same without that, for whoever rounds otherwise."""
        return replace(self, rounding=ElementRounding.NEAREST_EVEN) if self.rounds_first else self

    @property
    def adds_anchors(self) -> bool:
        """Whether elements are floats to which a sum rounds, ties to even."""
        return self.mantissa_bits >= 0 and self.rounding is ElementRounding.NEAREST_EVEN

    def constants(self) -> tuple[np.float32, np.float32, np.int32, np.int32]:
        """Lowest and highest element; for floats the lowest exponent field, and how far above an anchor lies, as patterns."""
        lowest = (self.min_exponent + BINARY32_BIAS) << BINARY32_MANTISSA_BITS
        raise_by = (BINARY32_MANTISSA_BITS - self.mantissa_bits) << BINARY32_MANTISSA_BITS
        return np.float32(self.low), np.float32(self.high), np.int32(lowest), np.int32(raise_by)

    def for_loops(
        self,
    ) -> tuple[int, tuple[np.float32, np.float32, np.int32, np.int32], NDArray[np.float32], NDArray[np.float32]]:
        """The kind, the constants and the table, as compiled loops take them."""
        floats = FLOATS if self.has_negative_zero else FLOATS_OF_ONE_ZERO
        kind = floats if self.adds_anchors else KINDS[self.rounding]
        return kind, self.constants(), self.bounds, self.entries


@lru_cache(maxsize=1024)
def plan_of(format_: BlockFormat) -> ElementPlan:
    """The plan for a block format's elements."""
    element = format_.element
    low, high = ends_of(format_)
    goes_toward = format_.rounding is ElementRounding.NEAREST_TOWARD
    entries = magnitudes(element) if goes_toward else sorted_entries(element)
    return ElementPlan(
        rounding=format_.rounding,
        multiplies=format_.division is not Division.STORED,
        low=low,
        high=high,
        mantissa_bits=element.mantissa_bits if isinstance(element, FloatFormat) else -1,
        min_exponent=element.min_exponent if isinstance(element, FloatFormat) else 0,
        has_negative_zero=isinstance(element, FloatFormat) and element.has_negative_zero,
        bounds=bounds_of(entries),
        entries=entries,
    )


def ends_of(format_: BlockFormat) -> tuple[float, float]:
    """The lowest and the highest element."""
    match format_.element:
        case FloatFormat() as element:
            return -element.max_finite, element.max_finite
        case IntegerFormat() as element:
            return element.minimum, element.maximum
        case CodebookFormat() as element:
            return min(element.values), max(element.values)


def bounds_of(entries: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halfway between neighbours of a table."""
    return (entries[1:] + entries[:-1]) / np.float32(2)


def sorted_entries(element: object) -> NDArray[np.float32]:
    """A table's distinct numbers in increasing order; none for other formats."""
    values = element.values if isinstance(element, CodebookFormat) else ()
    return np.unique(np.asarray(values, np.float32))


def magnitudes(element: ElementFormat) -> NDArray[np.float32]:
    """A format's finite numbers without their signs in increasing order."""
    values = np.abs(decode_all(element))
    return np.unique(values[np.isfinite(values)].astype(np.float32))
