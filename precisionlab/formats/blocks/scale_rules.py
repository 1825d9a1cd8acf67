"""From what is known of the numbers in blocks to the blocks' scales, before these are stored; on any device."""

from dataclasses import dataclass

import torch
from torch import Tensor

from precisionlab.formats.blocks.parts import POWER_RULES, ElementRounding, ScaleRule
from precisionlab.formats.blocks.records import BlockFormat
from precisionlab.formats.blocks.steps import ends_of
from precisionlab.formats.blocks.stored_scales import raised
from precisionlab.formats.records import FloatFormat

LOWEST_POWER = -127
HIGHEST_POWER = 127
"""Exponents of E8M0."""
MANTISSA_MASK = (1 << 23) - 1
E2M1_MANTISSA_BITS = 1
LEAST_AMAX = 1e-12
"""What DeepSeek takes for amax where that is smaller."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Of each block, [blocks down, across] in binary32; what a rule does not ask for is None."""

    amax: Tensor
    low: Tensor | None = None
    high: Tensor | None = None
    signed: Tensor | None = None
    """The first number of largest magnitude."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Of each block, before they are stored."""

    scale: Tensor
    minimum: Tensor | None = None
    zero_point: Tensor | None = None
    factor: Tensor | None = None
    """What elements are multiplied with, where that is no quotient of the scale."""


def scales_of(extremes: Extremes, format_: BlockFormat) -> Scales:
    """The scale, and zero point if any, of each block, for the rules that need no more than the extremes."""
    if format_.rule in POWER_RULES:
        return Scales(powers(extremes.amax, format_))
    if extremes.low is not None and extremes.high is not None:
        return scales_of_range(extremes.low, extremes.high, format_)
    lowest, highest = ends_of(format_)
    match format_.rule:
        case ScaleRule.LARGEST:
            return Scales(over(extremes.amax, highest))
        case ScaleRule.HALF_RANGE:
            return Scales(over(extremes.amax, (highest - lowest) / 2))
        case ScaleRule.LARGEST_FACTOR:
            return factored(extremes.amax, highest)
        case ScaleRule.SIGNED_LARGEST if extremes.signed is not None:
            return Scales(over(extremes.signed, lowest))
        case _:
            raise AssertionError(format_.rule)


def scales_of_range(low: Tensor, high: Tensor, format_: BlockFormat) -> Scales:
    """The same for the rules that ask for the least and the greatest number."""
    lowest, highest = ends_of(format_)
    match format_.rule:
        case ScaleRule.RANGE:
            return ranged(low, high, format_)
        case ScaleRule.NO_CLIPPING:
            return Scales(torch.maximum(over(low.clamp(max=0), lowest), over(high.clamp(min=0), highest)))
        case ScaleRule.SPAN:
            return Scales(over(high - low, highest - lowest), minimum=-low)
        case _:
            raise AssertionError(format_.rule)


def over(values: Tensor, constant: float) -> Tensor:
    """True quotients: with a plain number torch would multiply by its reciprocal on some devices."""
    return values / torch.full_like(values, constant)


def factored(amax: Tensor, highest: float) -> Scales:
    """The factor that makes the largest number the highest element, and the scale that is its reciprocal."""
    sizes = amax.double().clamp(min=LEAST_AMAX)
    factor = (torch.full_like(sizes, highest) / sizes).float()
    return Scales(factor.reciprocal(), factor=factor)


def ranged(low: Tensor, high: Tensor, format_: BlockFormat) -> Scales:
    """Scale and zero point of the range from the least to the greatest number, which holds 0."""
    lowest, highest = ends_of(format_)
    low, high = low.clamp(max=0), high.clamp(min=0)
    scale = raised(over(high - low, highest - lowest), format_.scale)
    if format_.rounding is ElementRounding.EVEN_BEFORE_ZERO:
        zero_point = (lowest - (low / scale).round()).clamp(lowest, highest)
    else:
        zero_point = (lowest - low / scale).clamp(lowest, highest).round()
    return Scales(scale, zero_point=torch.where(scale > 0, zero_point, 0.0))


def powers(amax: Tensor, format_: BlockFormat) -> Tensor:
    """The power of two by one of the rules for E8M0, which differ in how amax is rounded.

    OCP Microscaling Formats (MX) 1.0 (2023), section 6.3, for the floor; torchao, ScaleCalculationMode, for all.
    """
    top = exponent_of_largest(format_)
    match format_.rule:
        case ScaleRule.POWER_FLOOR:
            exponent = exponents(amax) - top
        case ScaleRule.POWER_FLOOR_OF_LOG:
            exponent = exponents_by_log(amax) - top
        case ScaleRule.POWER_CEIL:
            exponent = exponents_up(amax) - top
        case ScaleRule.POWER_EVEN:
            exponent = exponents(rounded_half_up(amax, mantissa_bits(format_))) - top
        case ScaleRule.POWER_EVEN_E2M1:
            exponent = exponents(rounded_half_up(amax, E2M1_MANTISSA_BITS)) - top
        case _:
            exponent = exponents_up(over(amax, ends_of(format_)[1] * 2.0**format_.element_exponent))
    return power_of_two(exponent.clamp(LOWEST_POWER, HIGHEST_POWER))


def rounded_half_up(values: Tensor, bits: int) -> Tensor:
    """To so many mantissa bits, but for those below, which exponents do not depend on."""
    return (values.view(torch.int32) + (1 << (22 - bits))).view(torch.float32)


def exponents(values: Tensor) -> Tensor:
    """floor(log2) of positive numbers; -127 for 0 and all subnormals, below which E8M0 does not go."""
    return (values.view(torch.int32) >> 23) - 127


def exponents_by_log(values: Tensor) -> Tensor:
    """The floor of log2 rounded to binary32, which just below some powers of two is theirs; -300 for 0."""
    return values.double().log2().float().floor().clamp(min=-300).to(torch.int32)


def exponents_up(values: Tensor) -> Tensor:
    """ceil(log2) of positive numbers, exactly; -127 for 0 and all up to 2^-127."""
    bits = values.view(torch.int32)
    up = exponents(values) + ((bits & MANTISSA_MASK) > 0).to(torch.int32)
    return torch.where(bits <= 1 << 22, LOWEST_POWER, up)


def power_of_two(exponent: Tensor) -> Tensor:
    """2 to integers from -127 to 127, by pattern."""
    pattern = torch.where(exponent > LOWEST_POWER, (exponent + 127) << 23, 1 << 22)
    return pattern.to(torch.int32).view(torch.float32)


def exponent_of_largest(format_: BlockFormat) -> int:
    """floor(log2) of the element's largest number (emax in the specification)."""
    element = format_.element
    if isinstance(element, FloatFormat):
        return element.max_exponent
    return int(ends_of(format_)[1]).bit_length() - 1 + format_.element_exponent


def mantissa_bits(format_: BlockFormat) -> int:
    """Those of the element; of an integer, the bits after its leading one."""
    element = format_.element
    return element.mantissa_bits if isinstance(element, FloatFormat) else element.bits - 2
