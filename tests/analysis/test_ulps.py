"""Units in the last place of arrays, against rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from precisionlab.analysis.ulps import ulps
from precisionlab.formats import FloatFormat, formats
from precisionlab.formats.exact import ulp


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"])
def test_units_in_the_last_place_are_those_of_rational_arithmetic(name: str) -> None:
    """Of powers of two and their neighbours, subnormal numbers, zero, and what lies beyond the ends."""
    format_ = formats.element(name)
    assert isinstance(format_, FloatFormat)
    powers = [2.0**exponent for exponent in range(-1074, 1024, 7)]
    numbers = np.array([0.0, *powers, *np.nextafter(powers, 0), *np.nextafter(powers, np.inf)])
    numbers = numbers[numbers <= format_.max_finite]
    wanted = [float(ulp(Fraction(float(one)), format_)) for one in numbers]
    assert ulps(numbers, format_).tolist() == ulps(-numbers, format_).tolist() == wanted
