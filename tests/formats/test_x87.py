"""The 80-bit format against the processor, and its invalid patterns against Intel's table."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

from precisionlab.formats.classes import PatternClass, classify
from precisionlab.formats.exact import decode_exact, encode_exact, neighbours
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.specials import Special

X87 = ELEMENTS["x87"]
ON_X86 = pytest.mark.skipif(np.finfo(np.longdouble).nmant != 63, reason="long double is not the x87 format here")
LEADING = 1 << 63
TOP = 0x7FFF << 64


def long_double(pattern: int) -> np.longdouble:
    """The processor's number of a pattern."""
    number: np.longdouble = np.frombuffer(pattern.to_bytes(16, "little"), np.longdouble)[0]
    return number


def valid_patterns() -> list[int]:
    """Drawn normal, subnormal and extreme finite patterns of both signs."""
    generator = np.random.default_rng(0)
    fractions = [int(word) for word in generator.integers(0, LEADING, 400, dtype=np.uint64)]
    exponents = [int(word) for word in generator.integers(1, 0x7FFF, 400)]
    normal = [exponent << 64 | LEADING | fraction for exponent, fraction in zip(exponents, fractions, strict=True)]
    edges = [0, 1, LEADING - 1, 1 << 64 | LEADING, TOP - 1, 0x3FFF << 64 | LEADING]
    return [sign << 79 | pattern for pattern in (*normal, *fractions[:50], *edges) for sign in (0, 1)]


@ON_X86
def test_numbers_are_the_processors() -> None:
    """Valid patterns stand for the integer ratio of the long double with the same bytes."""
    for pattern in valid_patterns():
        ours, theirs = decode_exact(pattern, X87), long_double(pattern)
        if ours is Special.NEGATIVE_ZERO:
            assert theirs == 0
            assert np.signbit(theirs)
        else:
            assert ours == Fraction(*theirs.as_integer_ratio())
            assert encode_exact(Fraction(*theirs.as_integer_ratio()), X87) == pattern


@ON_X86
@pytest.mark.parametrize(
    "text", ["0.1", "1e-4940", "3.3621031431120935e-4932", "1e4932", "2.718281828459045235360287471"]
)
def test_decimals_round_as_in_c(text: str) -> None:
    """C's strtold rounds decimals correctly: the same patterns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy takes C's underflow for overflow
        number = np.longdouble(text)
    published = int.from_bytes(np.array([number]).tobytes()[:10], "little")
    assert encode_exact(Fraction(text), X87) == published


@ON_X86
def test_pseudo_denormals_are_the_processors() -> None:
    """Exponent 0 with the integer bit set counts as exponent 1, also for the processor."""
    pattern = LEADING | 12345
    assert classify(pattern, X87) is PatternClass.PSEUDO_DENORMAL
    assert decode_exact(pattern, X87) == decode_exact(1 << 64 | pattern, X87)
    assert long_double(pattern) * 1 == long_double(1 << 64 | pattern)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (0, PatternClass.ZERO),
        (1 << 79, PatternClass.NEGATIVE_ZERO),
        (1, PatternClass.SUBNORMAL),
        (LEADING, PatternClass.PSEUDO_DENORMAL),
        (1 << 64 | LEADING, PatternClass.NORMAL),
        (1 << 64, PatternClass.UNNORMAL),
        (0x7FFE << 64 | 1, PatternClass.UNNORMAL),
        (TOP, PatternClass.PSEUDO_INFINITY),
        (TOP | 1, PatternClass.PSEUDO_NAN),
        (TOP | 1 << 62, PatternClass.PSEUDO_NAN),
        (TOP | LEADING, PatternClass.INFINITY),
        (TOP | LEADING | 1, PatternClass.SIGNALING_NAN),
        (TOP | LEADING | 1 << 62, PatternClass.QUIET_NAN),
    ],
)
def test_classes_are_intels(pattern: int, expected: PatternClass) -> None:
    """Tables 4-3 and 8-3 of the Software Developer's Manual; the sign does not matter."""
    assert classify(pattern, X87) is expected
    if pattern and expected is not PatternClass.NEGATIVE_ZERO:
        assert classify(pattern | 1 << 79, X87) is expected


@pytest.mark.parametrize("pattern", [1 << 64, TOP, TOP | 1, 1 << 79 | TOP])
def test_invalid_patterns_are_no_numbers(pattern: int) -> None:
    """Since the 80387 unnormals, pseudo-infinities and pseudo-NaNs are invalid operands: NaN."""
    assert decode_exact(pattern, X87) is Special.NAN
    assert neighbours(pattern, X87) == (None, None)


def test_infinity_and_nan_have_the_integer_bit() -> None:
    """What is encoded is valid: 7FFF 8000… and 7FFF C000…."""
    assert encode_exact(Special.INFINITY, X87) == TOP | LEADING
    assert encode_exact(Special.NAN, X87) == TOP | LEADING | 1 << 62
    assert encode_exact(Fraction(1 << 16385), X87) == TOP | LEADING
