"""What casts do, against ml_dtypes and torch over all 16-bit numbers and exact rational rounding at the boundaries."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from precisionlab.formats import STORED_FORMATS
from precisionlab.formats.casting import Outcome, cast, significant_bits

SOURCES = (
    "float16",
    "bfloat16",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "float6_e2m3fn",
    "float6_e3m2fn",
    "float4_e2m1fn",
)
"""All types of at most 16 bits: every pattern of each is cast."""
DETECTABLE = ("float16", "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")
"""Targets whose overflow ml_dtypes shows as NaN or infinity."""
SATURATING = ("float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn")
"""Targets without NaN, which ml_dtypes saturates."""

GRIDS = {
    "float4_e2m1fn": (2, 0, 6.0),
    "float6_e2m3fn": (4, 0, 7.5),
    "float6_e3m2fn": (3, -2, 28.0),
    "float8_e4m3fn": (4, -6, 448.0),
    "float8_e5m2": (3, -14, 57344.0),
    "float8_e4m3fnuz": (4, -7, 240.0),
    "float8_e5m2fnuz": (3, -15, 57344.0),
    "float16": (11, -14, 65504.0),
    "bfloat16": (8, -126, (2 - 2**-7) * 2.0**127),
    "tfloat32": (11, -126, (2 - 2**-10) * 2.0**127),
    "float32": (24, -126, (2 - 2**-23) * 2.0**127),
    "float64": (53, -1022, (2 - 2**-52) * 2.0**1023),
}
"""Significant bits, smallest normal exponent and largest finite number as the formats' definitions print them."""


def numbers_of(source: str) -> NDArray[np.float64]:
    """The finite non-zero numbers among all patterns of a type, decoded by the library."""
    kind = np.dtype(getattr(ml_dtypes, source, source))
    bits = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6}.get(source, 8 * kind.itemsize)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        numbers = np.arange(1 << bits).astype(f"u{kind.itemsize}").view(kind).astype(np.float64)
    ordinary: NDArray[np.float64] = numbers[np.isfinite(numbers) & (numbers != 0)]
    return ordinary


def limits_of(target: str) -> Any:  # noqa: ANN401 - ml_dtypes is untyped
    """The library's constants of a type."""
    return ml_dtypes.finfo(target)  # type: ignore[no-untyped-call]


def by_ml_dtypes(numbers: NDArray[np.float64], target: str) -> NDArray[np.float64]:
    """Numbers cast by ml_dtypes, from float32, which holds every number of at most 16 bits."""
    with np.errstate(over="ignore"):
        result: NDArray[np.float64] = (
            numbers.astype(np.float32).astype(getattr(ml_dtypes, target, target)).astype(float)
        )
    return result


@pytest.mark.parametrize("target", DETECTABLE)
@pytest.mark.parametrize("source", SOURCES)
def test_casts_of_all_narrow_numbers_are_those_of_ml_dtypes(source: str, target: str) -> None:
    """Every outcome agrees with ml_dtypes, whose overflow is NaN or infinity."""
    numbers = numbers_of(source)
    result = by_ml_dtypes(numbers, target)
    answer = cast(numbers, STORED_FORMATS[target])
    min_normal = float(limits_of(target).smallest_normal)
    np.testing.assert_array_equal(answer.outcomes == Outcome.OVERFLOW, ~np.isfinite(result))
    np.testing.assert_array_equal(answer.outcomes == Outcome.UNDERFLOW, result == 0)
    np.testing.assert_array_equal(answer.outcomes == Outcome.SUBNORMAL, (result != 0) & (np.abs(result) < min_normal))
    np.testing.assert_array_equal(answer.exact, result == numbers)


@pytest.mark.parametrize("target", SATURATING)
@pytest.mark.parametrize("source", SOURCES)
def test_casts_to_formats_without_nan_are_those_of_ml_dtypes(source: str, target: str) -> None:
    """Outcomes agree with ml_dtypes, which saturates: what overflows becomes the largest number and was beyond it."""
    numbers = numbers_of(source)
    result = by_ml_dtypes(numbers, target)
    answer = cast(numbers, STORED_FORMATS[target])
    published = limits_of(target)
    overflow = answer.outcomes == Outcome.OVERFLOW
    assert np.all(np.abs(result[overflow]) == float(published.max))
    assert np.all(np.abs(numbers[overflow]) > float(published.max))
    np.testing.assert_array_equal(answer.outcomes == Outcome.UNDERFLOW, result == 0)
    np.testing.assert_array_equal(
        answer.outcomes == Outcome.SUBNORMAL, (result != 0) & (np.abs(result) < float(published.smallest_normal))
    )
    np.testing.assert_array_equal(answer.exact, result == numbers)


@pytest.mark.parametrize("source", SOURCES)
def test_casts_to_scales_are_those_of_ml_dtypes(source: str) -> None:
    """Positive numbers cast to E8M0 overflow where ml_dtypes gives NaN, and are exact where they survive."""
    numbers = np.abs(numbers_of(source))
    result = by_ml_dtypes(numbers, "float8_e8m0fnu")
    answer = cast(numbers, STORED_FORMATS["float8_e8m0fnu"])
    np.testing.assert_array_equal(answer.outcomes == Outcome.OVERFLOW, np.isnan(result))
    assert set(np.unique(answer.outcomes)) <= {Outcome.NORMAL, Outcome.OVERFLOW}
    np.testing.assert_array_equal(answer.exact, result == numbers)


@pytest.mark.parametrize("target", ["float16", "bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz"])
@pytest.mark.parametrize("source", ["float16", "bfloat16"])
def test_casts_of_all_16_bit_numbers_are_those_of_torch(source: str, target: str) -> None:
    """Underflows, subnormals and exact casts agree with torch, whatever it does with overflow."""
    numbers = numbers_of(source)
    result = torch.from_numpy(numbers).float().to(getattr(torch, target)).double().numpy()
    answer = cast(numbers, STORED_FORMATS[target])
    min_normal = torch.finfo(getattr(torch, target)).smallest_normal
    np.testing.assert_array_equal(answer.outcomes == Outcome.UNDERFLOW, result == 0)
    np.testing.assert_array_equal(answer.outcomes == Outcome.SUBNORMAL, (result != 0) & (np.abs(result) < min_normal))
    np.testing.assert_array_equal(answer.exact, result == numbers)


def rounded_float(number: Fraction, precision: int, min_exponent: int) -> Fraction:
    """The nearest number of `precision` bits, ties to even, with exponents unbounded above."""
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, min_exponent) - precision + 1)
    return round(number / unit) * unit


def outcome_of(number: float, rounded: Fraction, largest: Fraction, min_normal: Fraction) -> tuple[Outcome, bool]:
    """By definition: overflow, underflow, subnormal or normal, and whether exact."""
    if abs(rounded) > largest:
        return Outcome.OVERFLOW, False
    if rounded == 0:
        return Outcome.UNDERFLOW, False
    return Outcome.SUBNORMAL if abs(rounded) < min_normal else Outcome.NORMAL, rounded == Fraction(number)


def float_oracle(target: str) -> Callable[[float], tuple[Outcome, bool]]:
    """Classifies one number by exact rational rounding."""
    precision, min_exponent, largest = GRIDS[target]

    def classify(number: float) -> tuple[Outcome, bool]:
        rounded = rounded_float(Fraction(number), precision, min_exponent)
        return outcome_of(number, rounded, Fraction(largest), Fraction(2) ** min_exponent)

    return classify


def neighbourhood(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each number, the float64 beside it on either side, and all of them negated; finite and non-zero."""
    with np.errstate(all="ignore"):
        around = np.concatenate([numbers, np.nextafter(numbers, np.inf), np.nextafter(numbers, -np.inf)])
    around = around[np.isfinite(around) & (around != 0)]
    return np.unique(np.concatenate([around, -around]))


def boundaries(precision: int, min_exponent: int, max_exponent: int) -> NDArray[np.float64]:
    """Grid points and midpoints of a format, in every binade that it has and two beyond, and all about them."""
    exponents = np.arange(max(min_exponent - precision - 1, -1074), min(max_exponent + 2, 1024))
    if len(exponents) > 80:
        exponents = np.concatenate([exponents[:40], exponents[len(exponents) // 2 :][:5], exponents[-35:]])
    half_units = np.array([0, 1, 2, 3, 4, -4, -3, -2, -1]) % (1 << precision)
    with np.errstate(all="ignore"):
        steps = np.ldexp(half_units[:, None].astype(np.float64), exponents - precision)
        return neighbourhood((np.ldexp(1.0, exponents) + steps).ravel())


@pytest.mark.parametrize("target", GRIDS)
def test_casts_of_boundary_float64_are_exact_rounding(target: str) -> None:
    """At grid points, midpoints, thresholds and one ulp beside each, the outcome is that of rational rounding."""
    precision, min_exponent, largest = GRIDS[target]
    numbers = boundaries(precision, min_exponent, math.frexp(largest)[1] - 1)
    subnormal_grid = np.ldexp(np.arange(1.0, 20), min_exponent - precision)
    beyond = np.array([1e308, 2.0**128, 2.0**-149, 2.0**-150, 5e-324, largest])
    assert_classified(np.concatenate([numbers, neighbourhood(subnormal_grid), neighbourhood(beyond)]), target)


def assert_classified(numbers: NDArray[np.float64], target: str) -> None:
    """Every number has the outcome of the rational oracle."""
    classify = float_oracle(target)
    answer = cast(numbers, STORED_FORMATS[target])
    expected = [classify(number) for number in numbers.tolist()]
    assert list(zip(answer.outcomes.tolist(), answer.exact.tolist(), strict=True)) == expected


def test_casts_of_all_16_bit_numbers_to_tfloat32_are_exact_rounding() -> None:
    """TensorFloat-32, which no library stores, agrees with rational rounding over fp16 and about bf16's own edges."""
    assert_classified(numbers_of("float16")[::17], "tfloat32")
    assert_classified(numbers_of("bfloat16")[::17], "tfloat32")


@pytest.mark.parametrize("target", ["int8", "int16", "int32", "int64", "uint8", "uint64"])
def test_casts_to_integers_are_symmetric_rounding_to_even(target: str) -> None:
    """Integers round half to even; beyond the largest, or below its negative, they overflow."""
    largest = np.iinfo(target).max
    edges = [0.25, 0.5, 1.0, 1.5, 2.5, 100.5, 126.5, 127.5, largest - 0.5, largest, largest + 0.5, largest + 1, 1e300]
    numbers = neighbourhood(np.array(edges, np.float64))
    answer = cast(numbers, STORED_FORMATS[target])
    expected = [
        outcome_of(number, Fraction(round(Fraction(number))), Fraction(int(largest)), Fraction(1))
        for number in numbers.tolist()
    ]
    assert list(zip(answer.outcomes.tolist(), answer.exact.tolist(), strict=True)) == expected


def test_significant_bits_are_those_of_the_integer_ratio() -> None:
    """Highest and lowest set bit follow from Python's exact ratio, subnormals included."""
    drawn = np.random.default_rng(0).integers(1, 0x7FF << 52, 2000, dtype=np.uint64).view(np.float64)
    coarse = np.ldexp(np.random.default_rng(1).integers(1, 1 << 20, 500).astype(np.float64), -1060)
    numbers = np.concatenate([drawn, coarse, neighbourhood(np.array([1.0, 2.0**-1022, 5e-324]))])
    bits = significant_bits(numbers)
    for number, highest, lowest in zip(numbers.tolist(), bits.highest.tolist(), bits.lowest.tolist(), strict=True):
        size = abs(Fraction(number))
        assert Fraction(2) ** highest <= size < Fraction(2) ** (highest + 1)
        odd = size / Fraction(2) ** lowest
        assert odd.denominator == 1
        assert odd.numerator % 2 == 1


def test_nothing_is_cast_to_nothing() -> None:
    """Empty arrays have empty answers."""
    answer = cast(np.empty(0), STORED_FORMATS["float16"])
    assert answer.outcomes.shape == answer.exact.shape == (0,)
