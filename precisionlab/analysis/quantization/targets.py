"""What a tensor can be quantized to: a block format, or an element format under one scale for the tensor.

Written `nvfp4`, `int4_g128`, `float8_e4m3fn:amax`, `int4_g128:mse`: a format, and behind a colon how its scales
are chosen. Without one, posits and floats of at least 16 bits are cast to, other element formats take the largest
magnitude, and block formats follow their runtime.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import prod
from typing import Final

from precisionlab.errors import FormatError
from precisionlab.escaping import printable
from precisionlab.formats import (
    BlockFormat,
    CodebookFormat,
    ElementFormat,
    FloatFormat,
    IntegerFormat,
    PositFormat,
    formats,
)
from precisionlab.formats.blocks.parts import ScaleRule
from precisionlab.formats.nearest import MAX_BITS


class Scale(Enum):
    """How the scale s of a tensor is chosen; elements are numbers over s, and beyond the ends the ends."""

    NONE = "none"
    """s = 1: a plain cast that saturates."""
    AMAX = "amax"
    """s = the largest magnitude / the format's largest number."""
    POWER = "power"
    """The least power of two that is not below that of `amax`."""
    MSE = "mse"
    """The s of least squared error that a search finds; never worse than `amax`."""


SCALE_BITS: Final = {Scale.NONE: 0, Scale.AMAX: 32, Scale.POWER: 8, Scale.MSE: 32}
"""Bits of the scale of a tensor: binary32, or E8M0 for powers of two."""
SEARCHED_RULES: Final = frozenset({ScaleRule.LARGEST, ScaleRule.HALF_RANGE})
"""The rules of block formats whose scales `mse` searches below."""
BLOCKS_OF_TABLES: Final = {"nf4": "nf4_g64", "bnb_fp4": "bnb_fp4_g64"}
"""Tables that every runtime uses in blocks: their bare names stand for these."""

EIGHT_BITS: Final = ("float8_e4m3fn:amax", "int8_channel", "mxfp8_e4m3")
FOUR_BITS: Final = ("int4_g128", "nf4_g64", "nvfp4", "mxfp4", "q4_0")
SIXTEEN_BITS: Final = ("bfloat16:none", "float16:none")


def default_names(stored_bits: int) -> tuple[str, ...]:
    """The targets that are looked at where none are named: what is in wide use and narrower than the stored type."""
    return (*SIXTEEN_BITS * (stored_bits > 16), *EIGHT_BITS * (stored_bits > 8), *FOUR_BITS)


@dataclass(frozen=True, slots=True)
class Target:
    """A format with its way to scales."""

    format: ElementFormat | BlockFormat
    scale: Scale | None = None
    """None for block formats that follow their runtime."""

    @property
    def name(self) -> str:
        """As it is written: `nvfp4`, `float8_e4m3fn:amax`."""
        return self.format.name if self.scale is None else f"{self.format.name}:{self.scale.value}"

    @property
    def arithmetic(self) -> str:
        """Whose arithmetic its figures follow: a runtime's, or that of real numbers in float64."""
        return self.format.runtime if isinstance(self.format, BlockFormat) else "float64"

    def bits(self, shape: tuple[int, ...]) -> int:
        """Bits that a tensor of this shape takes, scales counted."""
        if isinstance(self.format, BlockFormat):
            return self.format.stored_bits(shape)
        return self.format.bits * prod(shape) + SCALE_BITS[self.scale or Scale.NONE]

    def bits_per_weight(self, shape: tuple[int, ...]) -> float:
        """Bits an element, scales counted; those of a large tensor for an empty one."""
        n_elements = prod(shape)
        if n_elements:
            return float(Fraction(self.bits(shape), n_elements))
        return self.format.bits_per_weight if isinstance(self.format, BlockFormat) else float(self.format.bits)


def parse_targets(names: Iterable[str]) -> tuple[Target, ...]:
    """The targets of these names, each once, in order.

    Raises:
        FormatError: one is not a format, or cannot be scaled so; the remedy suggests.
    """
    return tuple(dict.fromkeys(map(parse_target, names)))


def parse_target(name: str) -> Target:
    """The target of a name.

    Raises:
        FormatError: there is none.
    """
    base, colon, rule = name.strip().partition(":")
    found = formats.find(base)
    scale = scale_named(name, rule) if colon else None
    if isinstance(found, CodebookFormat) and scale is None and found.name in BLOCKS_OF_TABLES:
        found = formats.block(BLOCKS_OF_TABLES[found.name])
    check_target(found, scale)
    return Target(found, scale if isinstance(found, BlockFormat) else scale or usual_scale(found))


def usual_scale(format_: ElementFormat) -> Scale:
    """How a scale is chosen where nothing is said: types of wide range are cast to without any."""
    is_wide = isinstance(format_, PositFormat) or (isinstance(format_, FloatFormat) and format_.bits >= MAX_BITS)
    return Scale.NONE if is_wide else Scale.AMAX


def scale_named(name: str, rule: str) -> Scale:
    """The rule of a word.

    Raises:
        FormatError: there is none.
    """
    try:
        return Scale(rule.lower())
    except ValueError:
        known = ", ".join(scale.value for scale in Scale)
        raise FormatError(
            name, f"there is no scale rule {printable(rule, 40) or 'without a name'}", f"known: {known}"
        ) from None


def why_not_searched(format_: BlockFormat) -> str:
    """Why scales of least squared error are not searched for each block by itself; empty where they are."""
    if format_.rule not in SEARCHED_RULES:
        return f"scales by the rule {format_.rule.name} are not searched"
    if format_.extent.rows is None:
        return "one scale for the tensor is searched for element formats"
    if format_.is_centred:
        return "scales that are stored less the mean of all are not searched"
    return "scales of packed elements are not searched" if format_.packed_bits is not None else ""


def remedy_for(format_: BlockFormat) -> str:
    """What can be written instead."""
    is_of_tensor = format_.rule in SEARCHED_RULES and format_.extent.rows is None
    return f"{format_.element.name}:{Scale.MSE.value}" if is_of_tensor else format_.name


def check_target(found: ElementFormat | BlockFormat, scale: Scale | None) -> None:
    """See that tensors can be quantized so.

    Raises:
        FormatError: they cannot.
    """
    if isinstance(found, BlockFormat):
        if scale not in {None, Scale.MSE}:
            raise FormatError(
                found.name, "a block format follows its own rule for scales, or :mse", f"write {found.name}"
            )
        obstacle = why_not_searched(found) if scale is Scale.MSE else ""
        if obstacle:
            raise FormatError(found.name, obstacle, f"write {remedy_for(found)}")
    elif isinstance(found, PositFormat) and found.bits > MAX_BITS:
        raise FormatError(found.name, f"posits of more than {MAX_BITS} bits are not measured", "name posit8 or posit16")
    elif found.name == "bool" or (isinstance(found, FloatFormat | IntegerFormat) and found.bits > 64):
        raise FormatError(found.name, "tensors are not quantized to it", "name a format of at most 64 bits")
