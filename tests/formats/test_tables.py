"""Formats that ml_dtypes lacks, against tables from other libraries, or from their published formulas."""

import hashlib
import math
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from precisionlab.formats import CodebookFormat, Rounding
from precisionlab.formats.exact import decode_exact, encode_exact
from precisionlab.formats.naming import ELEMENTS
from precisionlab.formats.patterns import decode_all
from precisionlab.formats.specials import Special

TABLES = Path(__file__).parent / "tables"


@pytest.mark.parametrize("precision", range(1, 8))
def test_binary8_is_gfloats(precision: int) -> None:
    """Every pattern of P3109's binary8 for every precision, in the table that gfloat gives."""
    line = (TABLES / "p3109-binary8.txt").read_text(encoding="ascii").splitlines()[precision - 1].split()
    assert line[0] == str(precision)
    published = [float.fromhex(word) for word in line[1:]]
    np.testing.assert_array_equal(decode_all(ELEMENTS[f"binary8p{precision}"]), published)


def posit_lines(name: str, kind: str) -> list[list[str]]:
    """The lines of a table that concern a posit."""
    lines = (line.split() for line in (TABLES / f"posits-{name}.txt").read_text(encoding="ascii").splitlines())
    return [line[1:] for line in lines if line[0] == kind]


def test_posits_are_softposits() -> None:
    """All posits of 8 and 16 bits and a thousand of 32 decode as softposit decodes them."""
    (eight,), ((digest,),) = posit_lines("decoded", "posit8"), posit_lines("decoded", "posit16")
    values = decode_all(ELEMENTS["posit8"])
    assert values[~np.isnan(values)].tolist() == [float.fromhex(word) for word in eight]
    wide = decode_all(ELEMENTS["posit16"])
    table = b"".join(struct.pack("<d", value) for value in wide[~np.isnan(wide)].tolist())
    assert hashlib.sha256(table).hexdigest() == digest
    for pattern, value in posit_lines("decoded", "posit32"):
        assert decode_exact(int(pattern, 16), ELEMENTS["posit32"]) == Fraction(float.fromhex(value))


@pytest.mark.parametrize("name", ["posit8", "posit16"])
def test_posits_round_as_softposits(name: str) -> None:
    """At midpoints of the encoding, which are not those of the values, and beside them; nothing becomes zero or NaR."""
    for value, pattern in posit_lines("encoded", name):
        assert encode_exact(Fraction(float.fromhex(value)), ELEMENTS[name]) == int(pattern, 16)
    tiny, huge = Fraction(1, 1 << 400), Fraction(1 << 400)
    half = 1 << (ELEMENTS[name].bits - 1)
    for rounding in Rounding:
        assert encode_exact(tiny, ELEMENTS[name], rounding) == 1
        assert encode_exact(-tiny, ELEMENTS[name], rounding) == 2 * half - 1
        assert encode_exact(huge, ELEMENTS[name], rounding) == half - 1


@pytest.mark.parametrize("special", [Special.NAN, Special.INFINITY, Special.NEGATIVE_INFINITY])
def test_what_is_no_real_is_nar(special: Special) -> None:
    """NaN and infinities become NaR."""
    assert encode_exact(special, ELEMENTS["posit16"]) == 0x8000


def test_dlfloat_is_its_formula() -> None:
    """2^(e - 31) * (1 + f / 512) for all exponents but at all zeros (zero) and all ones (NaN-infinity)."""
    values = decode_all(ELEMENTS["dlfloat16"])
    expected = [math.ldexp(1 + (i & 511) / 512, (i >> 9) - 31) for i in range(1 << 15)]
    expected[0], expected[-1] = 0.0, math.nan
    np.testing.assert_array_equal(values[: 1 << 15], expected)
    np.testing.assert_array_equal(values[1 << 15 :], -np.array(expected))
    assert np.nanmax(values) == 8573157376.0


def test_m7e4_has_neither_specials_nor_subnormals() -> None:
    """2^(e - 7) * (1 + f / 128) in 12 bits, zero at all zeros."""
    values = decode_all(ELEMENTS["m7e4"])
    expected = [math.ldexp(1 + (i & 127) / 128, (i >> 7) - 7) for i in range(1 << 11)]
    expected[0] = 0.0
    np.testing.assert_array_equal(values[: 1 << 11], expected)
    np.testing.assert_array_equal(values[1 << 11 :], -np.array(expected))


@pytest.mark.parametrize(("name", "dropped"), [("pxr24", 8), ("tfloat32", 13)])
def test_cut_formats_are_float32_without_low_bits(name: str, dropped: int) -> None:
    """Patterns of PXR24 and TensorFloat-32 with zeros below are binary32's."""
    format_ = ELEMENTS[name]
    drawn = np.random.default_rng(0).integers(0, 1 << format_.bits, 3000, dtype=np.uint32)
    with np.errstate(invalid="ignore"):
        published = (drawn << np.uint32(dropped)).view(np.float32).astype(np.float64)
    ours = [decode_exact(int(pattern), format_) for pattern in drawn]
    as_floats = [float(number.value if isinstance(number, Special) else number) for number in ours]
    np.testing.assert_array_equal(as_floats, published)


def test_fp24_is_one_seven_sixteen() -> None:
    """2^(e - 63) * (1 + f / 65536), with subnormals below and infinity at the top by IEEE 754's rules."""
    format_ = ELEMENTS["fp24"]
    assert decode_exact(63 << 16 | 1, format_) == 1 + Fraction(1, 1 << 16)
    assert decode_exact(1, format_) == Fraction(1, 1 << 78)
    assert decode_exact(126 << 16 | 0xFFFF, format_) == (2 - Fraction(1, 1 << 16)) * 2**63
    assert decode_exact(127 << 16, format_) is Special.INFINITY


def values_of(name: str) -> list[float]:
    """The table of a codebook."""
    format_ = ELEMENTS[name]
    assert isinstance(format_, CodebookFormat)
    return list(format_.values)


def test_nf4_are_quantiles_of_the_normal_distribution() -> None:
    """QLoRA's recipe: eight quantiles above the median and seven below, up to 0.9677083, over the largest."""
    above = norm.ppf(np.linspace(0.9677083, 0.5, 9)[:-1])
    below = -norm.ppf(np.linspace(0.9677083, 0.5, 8)[:-1])
    recipe = np.sort(np.concatenate([above, below, [0.0]]))
    np.testing.assert_allclose(values_of("nf4"), recipe / recipe.max(), atol=2e-7)


def test_fp4_of_bitsandbytes_are_twelfths() -> None:
    """Sign bit and 0, 1/192, 2/3, 1, 1/3, 1/2, 1/6, 1/4, in float32; pattern 8 is negative zero."""
    sizes = [0, 1 / 192, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4]
    assert values_of("bnb_fp4") == np.array(sizes + [-size for size in sizes], np.float32).tolist()
    assert decode_exact(8, ELEMENTS["bnb_fp4"]) is Special.NEGATIVE_ZERO


def test_af4_has_more_resolution_near_zero_than_nf4() -> None:
    """Sixteen increasing values from -1 to 1 with a zero, the inner ones below NF4's, as Yoshida's note says."""
    ours, others = values_of("af4"), values_of("nf4")
    assert ours == sorted(ours)
    assert (ours[0], ours[7], ours[15]) == (-1, 0, 1)
    assert all(abs(one) < abs(other) for one, other in zip(ours[3:12], others[3:12], strict=True) if other)


@pytest.mark.parametrize(("name", "values"), [("binary", [-1, 1]), ("ternary", [-1, 0, 1])])
def test_few_valued_weights_round_to_their_values(name: str, values: list[int]) -> None:
    """The values are those of the papers; everything beyond saturates; unused patterns are nothing."""
    assert values_of(name) == values
    assert decode_exact(encode_exact(Fraction(9), ELEMENTS[name]), ELEMENTS[name]) == 1
    assert decode_exact(encode_exact(Fraction(-9), ELEMENTS[name]), ELEMENTS[name]) == -1
    assert decode_exact(3, ELEMENTS["ternary"]) is Special.NAN


@pytest.mark.parametrize("bits", [2, 3, 4, 8, 12])
def test_signed_integers_are_numbered_by_their_encoding(bits: int) -> None:
    """Two's complement by Python's int.from_bytes rule, sign and magnitude by its sign bit, offset binary by subtraction."""
    half = 1 << (bits - 1)
    for pattern in range(2 * half):
        assert decode_exact(pattern, ELEMENTS[f"int{bits}"]) == (pattern ^ half) - half
        assert decode_exact(pattern, ELEMENTS[f"offset_binary{bits}"]) == pattern - half
        assert decode_exact(pattern, ELEMENTS[f"uint{bits}"]) == pattern
        size = pattern % half
        expected = -size if pattern >= half else size
        is_minus_zero = pattern == half
        got = decode_exact(pattern, ELEMENTS[f"sign_magnitude{bits}"])
        assert got == (Special.NEGATIVE_ZERO if is_minus_zero else expected)
