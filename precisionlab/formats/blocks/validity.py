"""Which parts of a block format fit one another."""

from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Final

from precisionlab.formats.blocks.parts import (
    FITS,
    FLOAT_ROUNDINGS,
    TABLE_ROUNDINGS,
    BlockElement,
    Division,
    ElementRounding,
    Extent,
    ScaleRule,
    ScaleStore,
    Storing,
)
from precisionlab.formats.naming import ELEMENTS, is_same
from precisionlab.formats.records import CodebookFormat, FloatFormat, IntegerFormat, SignEncoding

if TYPE_CHECKING:
    from precisionlab.formats.blocks.records import BlockFormat

MAX_ELEMENT_BITS: Final = 8
"""Widest element: a table of all its values is small, and codes are bytes."""
LEAST_EXPONENT, GREATEST_EXPONENT = -126, 100
"""Of floats as elements: binary32 holds them, and the powers of two that round to them."""
MAX_ELEMENT_EXPONENT: Final = 32
LONGEST_IN_A_ROW: Final = 1 << 16
"""Of blocks that must lie in one piece of a tensor."""

SIGNED_INTEGERS: Final = frozenset(
    {
        ScaleRule.HALF_RANGE,
        ScaleRule.NO_CLIPPING,
        ScaleRule.SIGNED_LARGEST,
        ScaleRule.FIT_SYMMETRIC,
        ScaleRule.FIT_THREE_BITS,
    }
)
"""Rules for integers of both signs."""
WITH_MINIMUM: Final = frozenset({ScaleRule.SPAN, ScaleRule.FIT_AFFINE})
"""Rules for unsigned integers above a minimum."""
ALONG_ROWS: Final = FITS | {ScaleRule.SIGNED_LARGEST}
"""Rules for blocks of a fixed length in a row."""


def impossibility(format_: "BlockFormat") -> str:
    """Why no block format can have such parts; empty where one can."""
    return next(problems(format_), "")


def problems(format_: "BlockFormat") -> Iterator[str]:
    """What is wrong with a format, the types of its parts first."""
    given: tuple[object, ...] = (format_.element, format_.extent, format_.scale)
    kinds = (FloatFormat | IntegerFormat | CodebookFormat, Extent, ScaleStore)
    if not all(isinstance(part, kind) for part, kind in zip(given, kinds, strict=True)):
        yield "a block format has an element that is a float, an integer or a table, an Extent and a ScaleStore"
        return
    yield from problems_of_element(format_.element)
    yield from problems_of_extent(format_)
    yield from problems_of_rule(format_)
    yield from problems_of_arithmetic(format_)
    yield from problems_of_span(format_.scale)
    yield from problems_of_least(format_)
    yield from problems_of_store(format_.scale, format_)
    if format_.minimum is not None:
        yield from problems_of_store(format_.minimum, format_)
        if (format_.minimum.storing, format_.minimum.span) != (format_.scale.storing, format_.scale.span):
            yield "minima are stored as scales are, as many together"


def problems_of_element(element: BlockElement) -> Iterator[str]:
    """What keeps a format from being an element."""
    if element.bits > MAX_ELEMENT_BITS:
        yield f"elements of blocks have at most {MAX_ELEMENT_BITS} bits, not {element.bits}"
    match element:
        case FloatFormat():
            if not (element.signed and element.subnormals and element.mantissa_bits > 0):
                yield f"{element.name} is no signed float with subnormals and a mantissa, as elements of blocks are"
            elif element.min_exponent < LEAST_EXPONENT or element.max_exponent > GREATEST_EXPONENT:
                yield f"elements of blocks have exponents from {LEAST_EXPONENT} to {GREATEST_EXPONENT}"
        case IntegerFormat():
            if element.encoding is not SignEncoding.TWOS_COMPLEMENT or element.value_bits not in {0, element.bits}:
                yield "integers in blocks are in two's complement, every pattern a number"
        case CodebookFormat():
            if not all(map(isfinite, element.values)) or max(element.values) <= 0 or min(element.values) > 0:
                yield "tables of blocks hold finite numbers, one above 0 and one that is not"


def problems_of_extent(format_: "BlockFormat") -> Iterator[str]:
    """What is wrong with the size of blocks, or with the filling of rows."""
    sizes = (format_.extent.rows, format_.extent.columns)
    if not all(size is None or (type(size) is int and size > 0) for size in sizes):
        yield "blocks have a whole number of elements along an axis, at least one, or None for all"
        return
    if not isinstance(format_.padding, int) or format_.padding < 1:
        yield "rows are filled up to a multiple of a whole number, at least 1"
        return
    if abs(format_.element_exponent) > MAX_ELEMENT_EXPONENT:
        yield f"elements are multiplied by 2^-{MAX_ELEMENT_EXPONENT} to 2^{MAX_ELEMENT_EXPONENT}"
    if format_.rule in ALONG_ROWS and (sizes[0] != 1 or sizes[1] is None or sizes[1] > LONGEST_IN_A_ROW):
        yield f"the rule {format_.rule.name} is for blocks of a fixed length in a row, at most {LONGEST_IN_A_ROW}"
    elif format_.rule in ALONG_ROWS and not format_.is_local:
        yield f"the rule {format_.rule.name} is for scales that the tensor does not share"
    elif format_.rule in FITS and format_.padding % (format_.extent.columns or 1):
        yield f"the rule {format_.rule.name} asks for padding to whole blocks"


def problems_of_rule(format_: "BlockFormat") -> Iterator[str]:
    """What a rule asks of the element, and of what a block has beside its scale."""
    element, rule = format_.element, format_.rule
    is_integer, is_table = isinstance(element, IntegerFormat), isinstance(element, CodebookFormat)
    is_signed = isinstance(element, IntegerFormat) and element.signed
    if is_table != (format_.rounding in TABLE_ROUNDINGS):
        yield "entries of a table, and they alone, go to the lower or the upper one at a tie"
    if is_table and rule not in {ScaleRule.LARGEST, ScaleRule.FIT_CODEBOOK}:
        yield f"the rule {rule.name} is not for tables"
    if not is_table and rule is ScaleRule.FIT_CODEBOOK:
        yield "the rule FIT_CODEBOOK is for tables"
    if is_integer and not is_signed and rule not in WITH_MINIMUM | {ScaleRule.RANGE}:
        yield "unsigned integers need a zero point or a minimum, or all negative numbers become 0"
    if rule in SIGNED_INTEGERS and not is_signed:
        yield f"the rule {rule.name} is for integers of both signs"
    if rule in WITH_MINIMUM and (not is_integer or is_signed):
        yield f"the rule {rule.name} is for unsigned integers above a minimum"
    if (rule in WITH_MINIMUM) != (format_.minimum is not None):
        yield "blocks have a minimum by the rules SPAN and FIT_AFFINE, and by them alone"
    if (rule is ScaleRule.RANGE) != format_.zero_point or (format_.zero_point and not is_integer):
        yield "integers have a zero point by the rule RANGE, and by it alone"
    if (rule is ScaleRule.FIT_AFFINE) != (format_.fit is not None):
        yield "the rule FIT_AFFINE, and it alone, needs a fit"


def problems_of_arithmetic(format_: "BlockFormat") -> Iterator[str]:
    """What roundings and divisions ask of other parts."""
    element, rounding, division = format_.element, format_.rounding, format_.division
    if isinstance(element, FloatFormat) and rounding not in FLOAT_ROUNDINGS:
        yield f"floats in blocks are not rounded {rounding.name}"
    if rounding is ElementRounding.NEAREST_TOWARD and not isinstance(element, FloatFormat):
        yield "the rounding NEAREST_TOWARD is for floats"
    if rounding is ElementRounding.EVEN_BEFORE_ZERO and not format_.zero_point:
        yield "the rounding EVEN_BEFORE_ZERO is for blocks with a zero point"
    if (division is Division.FACTOR) != (format_.rule is ScaleRule.LARGEST_FACTOR):
        yield "elements are multiplied with a factor by the rule LARGEST_FACTOR, and by it alone"
    if division is Division.RECIPROCAL_OF_BOTH and format_.scale.storing is not Storing.TENSOR_MULTIPLIED:
        yield "the division RECIPROCAL_OF_BOTH goes with TENSOR_MULTIPLIED alone"


def problems_of_least(format_: "BlockFormat") -> Iterator[str]:
    """What is wrong with the smallest scale."""
    store = format_.scale
    if not store.least:
        return
    if not (isinstance(store.format, FloatFormat) and 0 < store.least <= store.format.max_finite):
        yield "the smallest scale is a number of the format of scales, above 0"
    elif store.storing not in {Storing.ROUNDED, Storing.TENSOR_MULTIPLIED}:
        yield f"scales that are stored by {store.storing.name} have no smallest one"
    elif format_.rule is ScaleRule.SIGNED_LARGEST:
        yield "scales of either sign have no smallest one"


def problems_of_span(store: ScaleStore) -> Iterator[str]:
    """What is wrong with how many scales share one of the second level."""
    if store.span is not None and (type(store.span) is not int or store.span < 1):
        yield "a whole number of scales, at least one, shares one of the second level"


def problems_of_float_scale(store: ScaleStore) -> Iterator[str]:
    """What is wrong with the format of scales that are numbers."""
    if not isinstance(store.format, FloatFormat):
        yield f"scales that are {store.storing.name.lower().replace('_', ' ')} are floats"
    elif store.storing is Storing.ROUNDED_UP_AT_HALF and not is_same(store.format, ELEMENTS.float("float8_e4m3fn")):
        yield "scales that are rounded up at half are in E4M3"


def problems_of_store(store: ScaleStore, format_: "BlockFormat") -> Iterator[str]:
    """What is wrong with how scales are stored."""
    kept, span = store.format, store.span
    match store.storing:
        case Storing.ROUNDED | Storing.ROUNDED_UP_AT_HALF | Storing.TENSOR_SCALED | Storing.TENSOR_MULTIPLIED:
            yield from problems_of_float_scale(store)
            if store.is_tensor_wide != (store.outer is not None) or span is not None:
                yield "a scale for the tensor, and none for neighbours, goes with TENSOR_SCALED and TENSOR_MULTIPLIED"
        case Storing.SUPER_BLOCK | Storing.SIGNED_SUPER_BLOCK:
            is_signed = store.storing is Storing.SIGNED_SUPER_BLOCK
            if not isinstance(kept, IntegerFormat) or kept.signed is not is_signed:
                yield f"scales of super-blocks are {'signed' if is_signed else 'unsigned'} integers"
            length = (format_.extent.columns or 0) * (span or 0)
            if store.outer is None or not length or format_.padding % length:
                yield "super-blocks have a float scale, a whole number of blocks, and padding to whole ones"
        case Storing.CENTRED:
            if not isinstance(kept, CodebookFormat) or store.outer is None or not span:
                yield "centred scales are entries of a table, so many under one float scale"
    is_in_binary32 = store.is_tensor_wide or store.storing is Storing.CENTRED
    if is_in_binary32 and store.outer is not None and store.outer.bits != 32:
        yield f"the second level of {store.storing.name} is in binary32"
