"""What a cast does to numbers: the arrays against rational arithmetic, one by one."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from precisionlab.analysis.cast_losses import (
    By,
    CastRequest,
    Fate,
    check_castable,
    exact_loss,
    first_past_end,
    losing,
    losses_of,
)
from precisionlab.errors import FormatError
from precisionlab.formats import STORED_FORMATS, Overflow, Rounding
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.specials import Special

TARGETS = (
    "float4_e2m1fn",
    "float6_e3m2fn",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e8m0fnu",
    "binary8p3",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "dlfloat16",
    "x87_extended",
    "binary128",
    "bool",
    "int8",
    "uint8",
    "int32",
    "int64",
    "uint64",
    "sign_magnitude8",
)
SOURCES = ("float4_e2m1fn", "float8_e5m2", "float8_e8m0fnu", "float16", "bfloat16", "float32", "float64", "int64")


def adversarial(source: str) -> np.ndarray:
    """Patterns of a stored format: random ones, and those near the ends and the middle of every power of two."""
    bits = STORED_FORMATS[source].bits
    random = (
        np.random.default_rng(3).integers(0, 1 << bits, 300, np.uint64, endpoint=False)
        if bits < 64
        else (np.random.default_rng(3).integers(0, 1 << 63, 300, np.uint64) * np.uint64(2))
    )
    near = [((1 << i) + d) % (1 << bits) for i in range(bits) for d in (-2, -1, 0, 1, 2)]
    ends = [
        ((a << (bits - 12 if bits > 12 else 0)) + d) % (1 << bits) for a in range(0, 1 << 12, 37) for d in (-1, 0, 1)
    ]
    patterns = np.array([*random.tolist(), *near, *ends], np.uint64)
    return np.unique(patterns).astype(f"u{max(8, bits) // 8}")


@pytest.mark.parametrize("by", By, ids=lambda by: by.value)
@pytest.mark.parametrize("overflow", Overflow, ids=lambda overflow: overflow.value)
@pytest.mark.parametrize("rounding", Rounding, ids=lambda rounding: rounding.value)
@pytest.mark.parametrize("source", SOURCES)
def test_losses_are_those_of_rational_arithmetic(source: str, rounding: Rounding, overflow: Overflow, by: By) -> None:
    """Every fate agrees, absolute errors to the last bit of float64, relative ones to two."""
    codes = adversarial(source)[::7]
    for target in TARGETS:
        cast = CastRequest(ELEMENTS.find(target), rounding, overflow, by)
        found = losses_of(codes, STORED_FORMATS[source], cast)
        for i, pattern in enumerate(codes.tolist()):
            number = decode_exact(pattern, STORED_FORMATS[source])
            shown = f"{source} {pattern:#x} to {target}"
            if number is Special.NAN:
                assert (found.loss[i], found.fate[i]) == (0, Fate.NAN), shown
                continue
            loss, tie, fate = exact_loss(number, cast)
            assert found.fate[i] == fate, shown
            assert found.tie[i] == tie, shown
            assert found.loss[i] == pytest.approx(loss, rel=0 if by is By.ABSOLUTE else 2**-52, abs=0), shown


@pytest.mark.parametrize("rounding", Rounding, ids=lambda rounding: rounding.value)
@pytest.mark.parametrize("name", ["float8_e4m3fn", "float16", "float8_e8m0fnu", "int8", "uint8", "int64", "x87"])
def test_the_first_number_past_an_end(name: str, rounding: Rounding) -> None:
    """It overflows and the float64 before it does not, by the exact encoder with a format that tells."""
    format_ = ELEMENTS.find(name)
    for is_low_end, sign in ((False, 1), (True, -1)):
        first = first_past_end(format_, rounding, is_low_end=is_low_end)
        if not np.isfinite(first):
            continue
        for number, is_past in ((first, True), (float(np.nextafter(first, 0)), False)):
            if first or is_past:
                loss = exact_loss(sign * Fraction(number), CastRequest(format_, rounding))
                assert (loss[2] is Fate.OVERFLOW) == is_past


def test_half_overflows_from_65520() -> None:
    """The published midpoint (IEEE 754-2019, clause 7.4), and the modes that stop at the largest number."""
    half = STORED_FORMATS["float16"]
    assert first_past_end(half, Rounding.NEAREST_EVEN, is_low_end=False) == 65520
    assert first_past_end(half, Rounding.UP, is_low_end=False) == np.nextafter(65504, np.inf)
    assert first_past_end(half, Rounding.TOWARD_ZERO, is_low_end=False) == np.inf
    assert first_past_end(half, Rounding.UP, is_low_end=True) == np.inf


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_large_integers_are_exact(number: int) -> None:
    """float64 leaves out integers beyond 2^53; what they lose is exact all the same."""
    pattern = np.array([number % (1 << 64)], np.uint64)
    for target in ("float64", "float32", "float16", "int64", "uint64", "int32"):
        format_ = ELEMENTS.find(target)
        result = decode_exact(encode_exact(Fraction(number), format_), format_)
        found = losses_of(pattern, STORED_FORMATS["int64"], CastRequest(format_))
        expected = abs(result - number) if isinstance(result, Fraction) else Fraction(0)
        assert found.loss[0] == (np.inf if isinstance(result, Special) else float(expected))


@pytest.mark.parametrize("source", ["float4_e2m1fn", "float6_e2m3fn", "bool", "float8_e4m3fn", "bfloat16"])
def test_narrow_patterns_are_looked_up(source: str) -> None:
    """Each is cast once; the table says the same as the cast."""
    cast = CastRequest(ELEMENTS.find("float8_e5m2"), by=By.RELATIVE)
    codes = np.random.default_rng(5).integers(0, 1 << STORED_FORMATS[source].bits, 1000).astype(np.uint16)
    looked_up, computed = losing(STORED_FORMATS[source], cast)(codes), losses_of(codes, STORED_FORMATS[source], cast)
    for one, other in zip(looked_up, computed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["posit16", "nf4", "ternary"])
def test_formats_that_arrays_are_not_rounded_to(name: str) -> None:
    """Posits and codebooks are refused before anything is read."""
    with pytest.raises(FormatError, match="float and integer formats only"):
        check_castable(CastRequest(ELEMENTS.find(name)))
