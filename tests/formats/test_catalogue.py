"""The catalogued formats' derived constants against numpy's, ml_dtypes' and the published definitions."""

import ml_dtypes
import numpy as np
import pytest

from precisionlab.formats import STORED_FLOATS, STORED_FORMATS, FloatFormat, IntegerFormat, NaNs

ML_DTYPES = sorted(name for name in STORED_FLOATS if hasattr(ml_dtypes, name))
STORED_BITS = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6}


@pytest.mark.parametrize("name", [*ML_DTYPES, "float16", "float32", "float64"])
def test_constants_are_those_of_the_library(name: str) -> None:
    """Extremes, precision and field widths equal those of ml_dtypes (numpy's for the IEEE formats)."""
    format_ = STORED_FLOATS[name]
    published = ml_dtypes.finfo(name)  # type: ignore[no-untyped-call]
    assert format_.max_finite == float(published.max)
    assert format_.min_normal == float(published.smallest_normal)
    assert format_.precision == published.nmant + 1
    assert format_.bits == STORED_BITS.get(name, published.bits)
    assert 2.0 ** (1 - format_.precision) == float(published.eps)
    if format_.subnormals:
        assert format_.min_positive == float(published.smallest_subnormal)


def test_tfloat32_is_nvidias() -> None:
    """1 sign, 8 exponent and 10 mantissa bits: float32's range, float16's precision (A100 whitepaper, 2020)."""
    format_ = STORED_FLOATS["tfloat32"]
    assert (format_.bits, format_.exponent_bits, format_.mantissa_bits, format_.precision) == (19, 8, 10, 11)
    assert format_.max_finite == (2 - 2**-10) * 2.0**127 == 3.4011621342146535e38
    assert format_.max_exponent == 127
    assert format_.min_normal == 2.0**-126
    assert format_.min_positive == 2.0**-136


@pytest.mark.parametrize(
    ("name", "nans"),
    [
        ("float4_e2m1fn", 0),
        ("float6_e2m3fn", 0),
        ("float6_e3m2fn", 0),
        ("float8_e4m3fn", 2),
        ("float8_e5m2", 6),
        ("float8_e4m3fnuz", 1),
        ("float8_e5m2fnuz", 1),
        ("float8_e8m0fnu", 1),
        ("float16", 2046),
        ("bfloat16", 254),
        ("tfloat32", 2046),
    ],
)
def test_number_of_nans_follows_from_their_kind(name: str, nans: int) -> None:
    """The patterns above the largest finite one, less infinity, are the published number of NaNs."""
    format_ = STORED_FLOATS[name]
    top = (1 << (format_.bits - int(format_.signed))) - 1
    above = (top - format_.max_finite_pattern - int(format_.has_infinities)) * (1 + int(format_.signed))
    assert above + int(format_.nans is NaNs.NEGATIVE_ZERO) == nans
    assert format_.has_nan == (nans > 0)


@pytest.mark.parametrize("name", [name for name in STORED_FORMATS if "int" in name])
def test_integers_are_numpys(name: str) -> None:
    """Width and extent of the integer formats are numpy's."""
    format_, published = STORED_FORMATS[name], np.iinfo(name)
    assert isinstance(format_, IntegerFormat)
    assert (format_.bits, format_.minimum, format_.maximum) == (published.bits, published.min, published.max)


def test_booleans_have_two_canonical_patterns() -> None:
    """A boolean takes a byte, of which 0 and 1 are canonical."""
    format_ = STORED_FORMATS["bool"]
    assert isinstance(format_, IntegerFormat)
    assert (format_.bits, format_.minimum, format_.maximum) == (8, 0, 1)


def test_every_format_is_listed_under_its_own_name_with_a_source() -> None:
    """The catalogue's keys are the formats' names, and every float format says where it is defined."""
    assert all(name == format_.name for name, format_ in STORED_FORMATS.items())
    assert all(isinstance(format_, FloatFormat) and format_.source for format_ in STORED_FLOATS.values())
