"""Microscaling formats against exact arithmetic: element by element, as the specification words it."""

from fractions import Fraction

import numpy as np
import pytest

from precisionlab.formats import BlockFormat, FloatFormat, Overflow, formats, quantize
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.specials import as_fraction, floor_log2, power_of_two
from tests.formats.blocks.conftest import adversarial

NAMES = ("mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8")
SUFFIXES = ("", "_ceil", "_even", "_rceil")


def ceil_log2(value: Fraction) -> int:
    """The least power of two that is not below."""
    exponent = floor_log2(value)
    return exponent + (power_of_two(exponent) < value)


def rounded_up_to(value: Fraction, bits: int) -> Fraction:
    """To so many bits after the leading one, halves up."""
    unit = power_of_two(floor_log2(value) - bits)
    return (value / unit + Fraction(1, 2)).__floor__() * unit


def scale_exponent(amax: Fraction, format_: BlockFormat, suffix: str) -> int:
    """The exponent of the scale by one of the rules; -127 for a block of zeros."""
    if not amax:
        return -127
    element = format_.element
    unit = power_of_two(format_.element_exponent)
    if isinstance(element, FloatFormat):
        top, bits = Fraction(element.max_finite), element.mantissa_bits
    else:
        top, bits = Fraction(2 ** (element.bits - 1) - 1) * unit, element.bits - 2
    match suffix:
        case "":
            exponent = floor_log2(amax) - floor_log2(top)
        case "_ceil":
            exponent = ceil_log2(amax) - floor_log2(top)
        case "_even":
            exponent = floor_log2(rounded_up_to(amax, bits)) - floor_log2(top)
        case _:
            exponent = ceil_log2(amax / top)
    return max(-127, min(127, exponent))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_codes_and_scales_are_those_of_exact_arithmetic(name: str, suffix: str) -> None:
    """Each element is x / 2^s rounded once to nearest even, saturated; quotients by powers of two are exact."""
    format_ = formats.block(name + suffix)
    values = adversarial(11, 64, seed=3)
    found = quantize(values, format_)
    codes, scales = found.codes.numpy(), found.scales.numbers.numpy()
    for row in range(values.shape[0]):
        for block in range(2):
            numbers = [Fraction(float(x)) for x in values[row, 32 * block : 32 * block + 32]]
            exponent = scale_exponent(max(abs(x) for x in numbers), format_, suffix)
            assert Fraction(float(scales[row, block])) == power_of_two(exponent)
            shared = power_of_two(exponent + format_.element_exponent)
            for k, x in enumerate(numbers):
                wanted = encode_exact(x / shared, format_.element, overflow=Overflow.SATURATE)
                got = int(codes[row, 32 * block + k])
                assert as_fraction(decode_exact(got, format_.element)) == as_fraction(
                    decode_exact(wanted, format_.element)
                )


def test_the_rules_differ_where_amax_is_almost_a_power_of_two() -> None:
    """1.8 in E2M1: floor keeps 2^-2, the others go to 2^-1; 6.5: floor saturates."""
    values = np.zeros((2, 32), np.float32)
    values[0, 0], values[1, 0] = 1.8, 6.5
    scales = {suffix: quantize(values, f"mxfp4{suffix}").scales.numbers.numpy().ravel().tolist() for suffix in SUFFIXES}
    assert scales == {"": [0.25, 1.0], "_ceil": [0.5, 2.0], "_even": [0.5, 1.0], "_rceil": [0.5, 2.0]}
