"""Classes of patterns, against numpy's and by the definitions of the formats."""

import numpy as np
import pytest

from precisionlab.errors import FormatError
from precisionlab.formats.classes import PatternClass, classify
from precisionlab.formats.naming import ELEMENTS


def test_classes_of_half_are_numpys() -> None:
    """NaN, infinite, zero, subnormal and normal patterns of binary16 are those of numpy."""
    values = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    smallest = np.finfo(np.float16).smallest_normal
    for pattern in range(0, 1 << 16, 3):
        value, kind = values[pattern], classify(pattern, ELEMENTS["half"])
        assert np.isnan(value) == (kind in {PatternClass.QUIET_NAN, PatternClass.SIGNALING_NAN})
        assert np.isinf(value) == (kind is PatternClass.INFINITY)
        assert (value == 0) == (kind in {PatternClass.ZERO, PatternClass.NEGATIVE_ZERO})
        assert (0 < abs(value) < smallest) == (kind is PatternClass.SUBNORMAL)


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("half", 0x7C01, PatternClass.SIGNALING_NAN),
        ("half", 0xFE00, PatternClass.QUIET_NAN),
        ("half", 0x8000, PatternClass.NEGATIVE_ZERO),
        ("e4m3fn", 0xFF, PatternClass.NAN),
        ("e4m3fn", 0x78, PatternClass.NORMAL),
        ("e4m3fnuz", 0x80, PatternClass.NAN),
        ("e8m0", 0x00, PatternClass.NORMAL),
        ("binary8p3", 0x7F, PatternClass.INFINITY),
        ("binary8p3", 0x80, PatternClass.NAN),
        ("binary8p1", 0x01, PatternClass.NORMAL),
        ("dlfloat16", 0x0001, PatternClass.NORMAL),
        ("dlfloat16", 0x0000, PatternClass.ZERO),
        ("int8", 0xFF, PatternClass.INTEGER),
        ("sign_magnitude8", 0x80, PatternClass.NEGATIVE_ZERO),
        ("posit8", 0x80, PatternClass.NAR),
        ("posit8", 0x01, PatternClass.NUMBER),
        ("ternary", 0x3, PatternClass.UNUSED),
        ("nf4", 0x7, PatternClass.ZERO),
    ],
)
def test_patterns_have_the_class_of_their_format(name: str, pattern: int, expected: PatternClass) -> None:
    """Each kind of special where its format's definition puts it."""
    assert classify(pattern, ELEMENTS[name]) is expected


def test_wider_patterns_have_no_class() -> None:
    """A pattern that does not fit is refused."""
    with pytest.raises(FormatError, match="int8: has 8 bits, 9 were given"):
        classify(256, ELEMENTS["int8"])
