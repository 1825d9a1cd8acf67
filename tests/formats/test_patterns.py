"""What patterns stand for, against numpy and ml_dtypes over all patterns of every format of at most 16 bits."""

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from precisionlab.formats import STORED_FLOATS, STORED_FORMATS
from precisionlab.formats.patterns import decode, decode_all, is_infinity, is_nan, magnitudes

NARROW_FLOATS = sorted(name for name, format_ in STORED_FLOATS.items() if format_.bits <= 16)
NARROW_INTEGERS = ("int8", "uint8", "int16", "uint16")


def library_type(name: str) -> np.dtype[np.generic]:
    """The official library's type of that name."""
    return np.dtype(getattr(ml_dtypes, name, name))


def all_patterns(name: str) -> NDArray[np.unsignedinteger]:
    """Every pattern once, in the unsigned type of the library's storage."""
    return np.arange(1 << STORED_FORMATS[name].bits).astype(f"u{library_type(name).itemsize}")


def assert_same_numbers(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    """Equal including the signs of zeros and where NaN is."""
    np.testing.assert_array_equal(ours, theirs)
    ordinary = ~np.isnan(theirs)
    np.testing.assert_array_equal(np.signbit(ours[ordinary]), np.signbit(theirs[ordinary]))


@pytest.mark.parametrize("name", [*NARROW_FLOATS, *NARROW_INTEGERS])
def test_every_pattern_is_the_librarys_number(name: str) -> None:
    """All patterns decode to what the library says, and are NaN or infinite where it says so."""
    patterns = all_patterns(name)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        published = patterns.view(library_type(name)).astype(np.float64)
    assert_same_numbers(decode(patterns, STORED_FORMATS[name]), published)
    assert_same_numbers(decode_all(STORED_FORMATS[name]), published)
    if name in STORED_FLOATS:
        np.testing.assert_array_equal(is_nan(patterns, STORED_FLOATS[name]), np.isnan(published))
        np.testing.assert_array_equal(is_infinity(patterns, STORED_FLOATS[name]), np.isinf(published))


def edge_patterns(exponent_bits: int, mantissa_bits: int) -> NDArray[np.uint64]:
    """Both signs, every exponent, and mantissas of no bit, one bit, all bits and random bits."""
    exponents = np.arange(1 << (exponent_bits + 1), dtype=np.uint64) << np.uint64(mantissa_bits)
    drawn = np.random.default_rng(0).integers(0, 1 << mantissa_bits, 5, dtype=np.uint64)
    singles = [1 << bit for bit in range(mantissa_bits)]
    mantissas = np.array([0, (1 << mantissa_bits) - 1, *singles], np.uint64)
    patterns: NDArray[np.uint64] = (exponents[:, None] | np.concatenate([mantissas, drawn])).ravel()
    return patterns


def test_float32_patterns_are_numpys() -> None:
    """Every exponent with edge and random mantissas decodes as numpy's float32."""
    patterns = edge_patterns(8, 23).astype(np.uint32)
    with np.errstate(invalid="ignore"):
        published = patterns.view(np.float32).astype(np.float64)
    assert_same_numbers(decode(patterns, STORED_FORMATS["float32"]), published)
    np.testing.assert_array_equal(is_nan(patterns, STORED_FLOATS["float32"]), np.isnan(published))
    np.testing.assert_array_equal(is_infinity(patterns, STORED_FLOATS["float32"]), np.isinf(published))


def test_float64_patterns_are_numpys() -> None:
    """Every exponent with edge and random mantissas decodes as numpy's float64."""
    patterns = edge_patterns(11, 52)
    published = patterns.view(np.float64)
    assert_same_numbers(decode(patterns, STORED_FORMATS["float64"]), published)
    np.testing.assert_array_equal(is_nan(patterns, STORED_FLOATS["float64"]), np.isnan(published))
    np.testing.assert_array_equal(is_infinity(patterns, STORED_FLOATS["float64"]), np.isinf(published))


def test_tfloat32_patterns_are_float32s_without_its_13_low_bits() -> None:
    """TensorFloat-32 is float32 cut to 10 mantissa bits: all 2^19 patterns decode so."""
    patterns = np.arange(1 << 19, dtype=np.uint32)
    with np.errstate(invalid="ignore"):
        published = (patterns << np.uint32(13)).view(np.float32).astype(np.float64)
    assert_same_numbers(decode(patterns, STORED_FORMATS["tfloat32"]), published)


@pytest.mark.parametrize("name", ["int32", "uint32", "int64", "uint64"])
def test_wide_integers_are_numpys(name: str) -> None:
    """Extreme and random patterns decode as numpy's integers, rounded to float64."""
    bits = STORED_FORMATS[name].bits
    drawn = np.random.default_rng(0).integers(0, (1 << bits) - 1, 1000, dtype=np.uint64, endpoint=True)
    edges = np.array([0, 1, (1 << (bits - 1)) - 1, 1 << (bits - 1), (1 << bits) - 1], np.uint64)
    patterns = np.concatenate([edges, drawn]).astype(f"u{bits // 8}")
    np.testing.assert_array_equal(decode(patterns, STORED_FORMATS[name]), patterns.view(name).astype(np.float64))


def test_booleans_decode_to_their_byte() -> None:
    """The byte of a boolean is its number, canonical or not."""
    np.testing.assert_array_equal(decode_all(STORED_FORMATS["bool"]), np.arange(256))


def test_shapes_are_kept() -> None:
    """An array of patterns decodes to an array of the same shape, also an empty one."""
    for shape in ((), (0,), (2, 3, 4)):
        patterns = np.full(shape, 0x3C00, np.uint16)
        np.testing.assert_array_equal(decode(patterns, STORED_FORMATS["float16"]), np.ones(shape))


def test_table_of_all_numbers_cannot_be_changed() -> None:
    """The cached table is read-only."""
    with pytest.raises(ValueError, match="read-only"):
        decode_all(STORED_FORMATS["float16"])[0] = 1.0


def test_magnitudes_drop_the_sign_only() -> None:
    """The sign bit goes, where there is one."""
    patterns = np.array([0x80, 0xFF, 0x7F], np.uint8)
    assert magnitudes(patterns, STORED_FLOATS["float8_e5m2"]).tolist() == [0x00, 0x7F, 0x7F]
    assert magnitudes(patterns, STORED_FLOATS["float8_e8m0fnu"]).tolist() == [0x80, 0xFF, 0x7F]
