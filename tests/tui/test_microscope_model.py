"""The bit microscope without a screen, against numpy, ml_dtypes and the exact functions of formats."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from precisionlab.errors import FormatError, UsageError
from precisionlab.formats import ElementFormat, formats
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.specials import Number, Special, as_fraction
from precisionlab.tui.microscope import (
    Specimen,
    flipped,
    moved,
    pointed,
    recast,
    rounded,
    specimen_of,
    stepped,
    typed,
    written,
)

LIBRARY_TYPES = {
    "float16": np.float16,
    "float32": np.float32,
    "float64": np.float64,
    "int8": np.int8,
    "uint16": np.uint16,
    "int32": np.int32,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
    "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
}
PATTERNS = (0, 1, 0x3C01_3F80_7BFF_5A5A, 0xFFFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0x8001_8001_8080_8181)


def element(name: str) -> ElementFormat:
    """A format of one number."""
    return formats.element(name)


def of_library(pattern: int, name: str) -> float | int:
    """The number that the bytes of a pattern are to the library."""
    library = np.dtype(LIBRARY_TYPES[name])
    stored = np.array([pattern], f"u{library.itemsize}").view(library)[0]
    return int(stored) if library.kind in "iu" else float(stored)


def as_number(value: float) -> Number:
    """A float of Python as an exact number."""
    if value != value:  # noqa: PLR0124 - NaN is the one number that differs from itself
        return Special.NAN
    if value in {float("inf"), float("-inf")}:
        return Special.INFINITY if value > 0 else Special.NEGATIVE_INFINITY
    return Special.NEGATIVE_ZERO if value == 0 and str(value).startswith("-") else Fraction(value)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", LIBRARY_TYPES)
def test_a_flipped_bit_is_the_librarys_exclusive_or(name: str) -> None:
    """Flipping bit b makes what the library reads from the pattern XOR 2^b, for every bit."""
    format_ = element(name)
    for whole in PATTERNS:
        pattern = whole & ((1 << format_.bits) - 1)
        for bit in range(format_.bits):
            found = flipped(pointed(specimen_of(pattern, format_), bit))
            assert found.pattern == pattern ^ (1 << bit)
            assert found.value == as_number(of_library(pattern ^ (1 << bit), name))


@pytest.mark.parametrize("name", sorted(ELEMENTS))
def test_flipping_twice_changes_nothing(name: str) -> None:
    """Two flips of one bit cancel, in every format of the catalogue."""
    format_ = element(name)
    for bit in range(format_.bits):
        start = specimen_of((1 << format_.bits) // 3, format_, bit)
        assert flipped(flipped(start)) == start


def test_steps_are_numpys_next_numbers() -> None:
    """A step up and a step down are nextafter, also over zero (here without its sign), and end at infinity."""
    for value in (0.1, 1.0, -2.0, 0.0, -0.0, 1e-45, -1e-45, 3.4028235e38):
        start = specimen_of(int(np.float32(value).view(np.uint32)), element("float32"))
        for step, end in ((1, np.inf), (-1, -np.inf)):
            with np.errstate(over="ignore"):
                wanted = np.nextafter(np.float32(value), np.float32(end))
            assert as_fraction(stepped(start, step).value) == as_fraction(as_number(float(wanted)))
    infinity = typed("inf", start)
    assert stepped(infinity, 1) is infinity
    nan = typed("nan", start)
    assert stepped(nan, 1) is nan
    assert stepped(nan, -1) is nan


@pytest.mark.parametrize("name", ["float4_e2m1fn", "float8_e4m3fn", "int8", "posit8", "nf4", "ternary"])
def test_steps_go_through_all_numbers_in_order(name: str) -> None:
    """From the lowest number of a narrow format steps lead to each other one, always upwards."""
    format_ = element(name)
    decoded = [decode_exact(pattern, format_) for pattern in range(1 << format_.bits)]
    numbers = sorted({value for value in decoded if isinstance(value, Fraction)})
    now = specimen_of(encode_exact(numbers[0], format_), format_)
    for number in numbers[1:]:
        now = stepped(now, 1)
        assert now.value == number


def test_the_cursor_stays_within_the_pattern() -> None:
    """Moves end at the first and the last bit, and a narrower format takes the cursor along."""
    start = specimen_of(0, element("float16"))
    assert start.cursor == 15
    assert moved(start, -1).cursor == 15
    assert moved(start, 3).cursor == 12
    assert moved(start, 99).cursor == 0
    assert recast(start, element("float8_e5m2")).cursor == 7


def test_bits_are_written_one_after_the_other() -> None:
    """Writing bits from the first on makes the pattern that they spell."""
    now = typed("nan", specimen_of(0, element("float16")))
    for digit in "0011110000000001":
        now = written(now, one=digit == "1")
    assert now.pattern == 0x3C01
    assert now.cursor == 0


@pytest.mark.parametrize(
    ("text", "name", "pattern"),
    [
        ("0.1", "bfloat16", 0x3DCD),
        (" 1/3 ", "bfloat16", 0x3EAB),
        ("2^-14", "bfloat16", 0x3880),
        ("0x3f80", "bfloat16", 0x3F80),
        ("0x3f80p0", "bfloat16", 0x467E),
        ("0b0_01111111_0000000", "bfloat16", 0x3F80),
        ("0 01111111 0000000", "bfloat16", 0x3F80),
        ("float16 0x7bff", "float16", 0x7BFF),
        ("float16: 0x7bff", "float16", 0x7BFF),
        ("fp16 65504", "float16", 0x7BFF),
        ("half 1/3", "float16", 0x3555),
        ("int8", "int8", 0),
        ("int8 -128", "int8", 0x80),
        ("-0.0", "bfloat16", 0x8000),
        ("nan", "bfloat16", 0x7FC0),
        ("-inf", "bfloat16", 0xFF80),
        ("e5m7 1", "e5m7", 0xF << 7),
        ("1e400", "bfloat16", 0x7F80),
    ],
)
def test_texts_are_numbers_patterns_and_formats(text: str, name: str, pattern: int) -> None:
    """Each way to type something leads to the pattern that it means."""
    found = typed(text, specimen_of(0, element("bfloat16")))
    assert (found.format.name, found.pattern) == (name, pattern)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("one half", FormatError),
        ("1/0", UsageError),
        ("0.1 bfloat16", UsageError),
        ("float16 0x12345", FormatError),
        ("e2m1fn nan", FormatError),
        ("mxfp4 1", FormatError),
        ("0 011 1", UsageError),
        ("3^60000", UsageError),
    ],
)
def test_what_is_neither_is_refused(text: str, error: type[Exception]) -> None:
    """A text without meaning, and a number that the format has not, are errors that say so."""
    with pytest.raises(error):
        typed(text, specimen_of(0, element("bfloat16")))


def test_the_number_asked_for_survives_narrow_formats() -> None:
    """A number through a narrow format and back is rounded from what was asked for, until a bit is changed."""
    start = typed("float64 1/3", specimen_of(0, element("float32")))
    there = recast(recast(start, element("float4_e2m1fn")), element("int8"))
    assert there.number == Fraction(1, 3)
    assert recast(there, element("float64")).pattern == start.pattern
    changed = flipped(recast(start, element("float8_e5m2")))
    assert changed.asked is None
    assert changed.number == changed.value


def test_a_number_that_fits_was_not_asked_for() -> None:
    """Nothing is remembered beside a pattern that stands for just the number."""
    assert rounded(Fraction(1, 2), element("float16")).asked is None
    assert rounded(Special.NEGATIVE_ZERO, element("float16")).asked is None
    assert rounded(Special.NEGATIVE_ZERO, element("int8")).asked is Special.NEGATIVE_ZERO


def test_a_pattern_beyond_the_format_is_refused() -> None:
    """No specimen has more bits than its format."""
    with pytest.raises(FormatError):
        specimen_of(256, element("int8"))
    assert isinstance(specimen_of(255, element("int8")), Specimen)
