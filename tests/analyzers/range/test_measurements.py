"""Every measurement of a tensor against numpy, scipy, ml_dtypes and exact rounding of the elements themselves."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.stats
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analyzers.range.options import CAST_TARGETS, Options
from precisionlab.analysis.results import Scalar
from tests.stored_fields import FIELDS

Array = NDArray[Any]
Numbers = NDArray[np.float64]
Measured = Callable[..., Mapping[str, Scalar]]

BINARY = {name: np.dtype(getattr(ml_dtypes, name, name)) for name in FIELDS}
COMPONENTS = {"complex64": np.float32, "complex128": np.float64}
TARGET_FIELDS = {**FIELDS, "tfloat32": (8, 10)}
SATURATING = ("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn")
"""Targets whose overflow ml_dtypes does not show."""


@dataclass(frozen=True)
class Elements:
    """A tensor's components as patterns and numbers, by the official libraries."""

    array: Array

    @property
    def components(self) -> Array:
        """Flat; real and imaginary parts one after the other."""
        flat = np.ascontiguousarray(self.array).reshape(-1)
        return flat.view(COMPONENTS.get(flat.dtype.name, flat.dtype))

    @property
    def kind(self) -> str:
        """The components' type."""
        return self.components.dtype.name

    @property
    def patterns(self) -> NDArray[np.unsignedinteger]:
        """Bit patterns."""
        return self.components.view(f"u{self.components.dtype.itemsize}")

    @property
    def bits(self) -> int:
        """Stored bits of a component."""
        exponent_bits, mantissa_bits = FIELDS.get(self.kind, (0, 0))
        is_narrow = self.kind in SATURATING
        return 1 + exponent_bits + mantissa_bits if is_narrow else 8 * self.components.dtype.itemsize

    @property
    def numbers(self) -> Numbers:
        """In float64."""
        with np.errstate(invalid="ignore"):  # signalling NaNs
            numbers: Numbers = (self.patterns if self.kind == "bool" else self.components).astype(np.float64)
        return numbers

    @property
    def finite(self) -> Numbers:
        """The finite numbers."""
        finite: Numbers = self.numbers[np.isfinite(self.numbers)]
        return finite

    @property
    def magnitudes(self) -> Numbers:
        """Of the finite non-zero numbers."""
        magnitudes: Numbers = np.abs(self.finite[self.finite != 0])
        return magnitudes


def count(mask: NDArray[np.bool_]) -> int:
    """How many are true."""
    return int(mask.sum())


def counts_by_hand(elements: Elements) -> dict[str, float]:
    """Zeros, subnormals, infinities and NaNs."""
    numbers = elements.numbers
    n = len(numbers)
    is_float = elements.kind in FIELDS
    smallest_normal = bounds(elements.kind)[0] if is_float else 0.0
    counts = {
        "zeros": count(numbers == 0),
        "subnormals": count(elements.magnitudes < smallest_normal),
        "infinities": count(np.isinf(numbers)),
        "nans": count(np.isnan(numbers)),
    }
    shares = {f"{name}_share": count / n if n else math.nan for name, count in counts.items()}
    return {
        "elements": n,
        "negative_zeros": count((numbers == 0) & np.signbit(numbers)),
        **counts,
        **shares,
    }


def extent_by_hand(elements: Elements) -> dict[str, float]:
    """Smallest and largest magnitude and the binary logarithm of their ratio."""
    if not len(elements.magnitudes):
        return dict.fromkeys(("smallest_magnitude", "largest_magnitude", "dynamic_range"), math.nan)
    smallest, largest = float(elements.magnitudes.min()), float(elements.magnitudes.max())
    dynamic_range = math.log2(largest) - math.log2(smallest)
    return {"smallest_magnitude": smallest, "largest_magnitude": largest, "dynamic_range": dynamic_range}


def moments_by_hand(elements: Elements) -> dict[str, float]:
    """Mean, variance, skewness and kurtosis, summed by numpy in extended precision; magnitude brought near 1 first."""
    values = elements.finite.astype(np.longdouble)
    if not len(values):
        return dict.fromkeys(("mean", "variance", "skewness", "kurtosis"), math.nan)
    scale = max(np.abs(values).max(), np.longdouble(np.finfo(np.float64).tiny))
    mean = (values / scale).mean()
    deviations = values / scale - mean
    variance = (deviations**2).mean()
    is_constant = bool(np.all(values == values[0]))
    return {
        "mean": float(mean * scale),
        "variance": 0.0 if is_constant else float(variance * scale * scale),
        "skewness": math.nan if is_constant else float((deviations**3).mean() / variance**1.5),
        "kurtosis": math.nan if is_constant else float((deviations**4).mean() / variance**2),
    }


def entropy_of(keys: NDArray[np.unsignedinteger]) -> float:
    """Shannon entropy in bits, by scipy."""
    return float(scipy.stats.entropy(np.unique(keys, return_counts=True)[1], base=2)) if len(keys) else 0.0


def entropies_by_hand(elements: Elements) -> dict[str, float]:
    """Of the fields that the type's name tells, cut out of the patterns, and of the patterns themselves."""
    patterns = elements.patterns
    whole = entropy_of(patterns)
    shared = {
        "entropy[field=pattern]": whole,
        "entropy_is_upper_bound": False,
        "lossless_share": whole / elements.bits if len(patterns) else math.nan,
    }
    if elements.kind not in FIELDS:
        return {"entropy[field=sign]": 0, "entropy[field=exponent]": 0, "entropy[field=mantissa]": whole, **shared}
    exponent_bits, mantissa_bits = FIELDS[elements.kind]
    kind = patterns.dtype.type
    mantissas = patterns & kind((1 << mantissa_bits) - 1)
    exponents = (patterns >> kind(mantissa_bits)) & kind((1 << exponent_bits) - 1)
    signs = patterns >> kind(exponent_bits + mantissa_bits) if elements.kind != "float8_e8m0fnu" else patterns * kind(0)
    return {
        "entropy[field=sign]": entropy_of(signs),
        "entropy[field=exponent]": entropy_of(exponents),
        "entropy[field=mantissa]": entropy_of(mantissas),
        **shared,
    }


def patterns_by_hand(elements: Elements) -> dict[str, float]:
    """Distinct patterns, and low mantissa bits that no finite non-zero number uses."""
    distinct = len(np.unique(elements.patterns))
    counted = {"distinct_values": distinct} if distinct <= 65_536 else {"distinct_values_above": 65_536}
    if elements.kind not in FIELDS:
        return {**counted, "trailing_zero_bits": 0}
    mantissa_bits = FIELDS[elements.kind][1]
    used = elements.patterns[np.isfinite(elements.numbers) & (elements.numbers != 0)]
    free = [bit for bit in range(1, mantissa_bits + 1) if not (used & used.dtype.type((1 << bit) - 1)).any()]
    return {**counted, "trailing_zero_bits": max(free, default=0)}


def rounded(numbers: Numbers, target: str) -> Numbers:
    """To the nearest multiple of the last place, ties to even, by scaling with powers of two, which is exact."""
    exponent_bits, mantissa_bits = TARGET_FIELDS[target]
    bias = (1 << (exponent_bits - 1)) - 1
    _, above = np.frexp(numbers)
    last_place = np.maximum(above - 1, 1 - bias) - mantissa_bits
    with np.errstate(over="ignore"):  # the largest float64 rounds to infinity
        result: Numbers = np.ldexp(np.rint(np.ldexp(numbers, -last_place)), last_place)
    return result


def bounds(target: str) -> tuple[float, float]:
    """The smallest normal and the largest number, by ml_dtypes; tfloat32 has float32's exponents and float16's 10 bits."""
    if target == "tfloat32":
        return 2.0**-126, (2 - 2**-10) * 2.0**127
    limits = ml_dtypes.finfo(BINARY[target])  # type: ignore[no-untyped-call] # its stub
    return float(limits.smallest_normal), float(limits.max)


def cast_by_library(elements: Elements, target: str) -> Numbers:
    """The magnitudes cast by ml_dtypes where it casts them in one rounding and shows overflow; else exactly rounded."""
    is_single = elements.kind in FIELDS and elements.kind != "float64"
    if target in {"tfloat32", *SATURATING} or not is_single:
        return rounded(elements.magnitudes, target)
    with np.errstate(over="ignore"):
        return elements.magnitudes.astype(np.float32).astype(BINARY[target]).astype(np.float64)


def casts_by_hand(elements: Elements) -> dict[str, float]:
    """What casts to all targets do to the finite non-zero numbers."""
    counts: dict[str, float] = {}
    if elements.kind not in FIELDS:
        return counts
    for target in CAST_TARGETS:
        if target == "int8":
            result, smallest_normal, largest = np.rint(elements.magnitudes), 0.0, 127.0
        else:
            result, (smallest_normal, largest) = cast_by_library(elements, target), bounds(target)
        fits = result <= largest
        masks = {
            "overflows": ~fits,
            "underflows": result == 0,
            "subnormals": (result > 0) & (result < smallest_normal),
            "exact": fits & (result == elements.magnitudes),
        }
        counts |= {f"cast_{name}[format={target}]": count(mask) for name, mask in masks.items()}
    return counts


def by_hand(array: Array) -> dict[str, float]:
    """Every measurement of a flat tensor that can be computed from its elements exactly."""
    elements = Elements(array)
    return {
        **counts_by_hand(elements),
        **extent_by_hand(elements),
        **moments_by_hand(elements),
        **patterns_by_hand(elements),
        **entropies_by_hand(elements),
        **casts_by_hand(elements),
    }


def assert_agrees(found: Mapping[str, Scalar], expected: Mapping[str, float]) -> None:
    """Counts are equal; of the rest differences are below 1e-9, of the spread where that is larger."""
    spread = math.sqrt(expected["variance"]) if expected.get("variance", math.nan) > 0 else 0.0
    for key, value in expected.items():
        if isinstance(value, int):
            assert found[key] == value, key
        else:
            # The cube root of a sum of cubes is as exact as its largest term.
            slack = {"mean": 1e-9 * spread, "skewness": 1e-7}.get(key, 1e-12)
            assert found[key] == pytest.approx(value, rel=1e-9, abs=slack if value else 1e-12, nan_ok=True), key


def every_pattern(kind: str) -> Array:
    """Each pattern of a type of at most 16 bits, once."""
    exponent_bits, mantissa_bits = FIELDS[kind]
    bits = exponent_bits + mantissa_bits + int(kind != "float8_e8m0fnu")
    return np.arange(1 << bits).astype(f"u{BINARY[kind].itemsize}").view(BINARY[kind])


def weights(kind: str, n: int, deviation: float = 0.02) -> Array:
    """Normal deviates with zeros of both signs, of other magnitudes at the end."""
    drawn = np.random.default_rng(n).normal(0, deviation, n)
    drawn[:3] = 0.0, -0.0, 0.0
    drawn[-n // 8 :] *= 10.0 ** np.random.default_rng(1).uniform(-12, 8, len(drawn[-n // 8 :]))
    with np.errstate(over="ignore"):
        return drawn.astype(kind if kind.startswith("complex") else BINARY[kind])


def with_specials(array: Array) -> Array:
    """Infinities, NaNs and the smallest subnormals among the elements."""
    copy = array.copy()
    copy[5:9] = np.array([np.inf, -np.inf, np.nan, np.nan]).astype(copy.dtype)
    copy[9:11] = np.array([1, 3], f"u{copy.dtype.itemsize}").view(copy.dtype)
    return copy


TENSORS: dict[str, Array] = {
    **{f"every {kind}": every_pattern(kind) for kind in FIELDS if BINARY[kind].itemsize <= 2},
    **{
        f"weights in {kind}": weights(kind, 3000)
        for kind in ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
    },
    **{f"scaled weights in {kind}": weights(kind, 3000, 50.0) for kind in ("float8_e4m3fn", "float8_e5m2")},
    "specials in float16": with_specials(weights("float16", 3000)),
    "specials in bfloat16": with_specials(weights("bfloat16", 3000)),
    "specials in float32": with_specials(weights("float32", 3000)),
    "specials in float64": with_specials(weights("float64", 3000)),
    "many elements in bfloat16": weights("bfloat16", 200_000),
    "few numbers in many float32": np.tile(weights("float32", 500), 200),
    "matrix": weights("float32", 3000).reshape(50, 60),
    "int8": np.arange(-128, 128, dtype=np.int8).repeat(3),
    "uint8": np.arange(256, dtype=np.uint8),
    "int16": np.arange(-32768, 32768, 5, dtype=np.int16),
    "uint16": np.arange(0, 65536, 7, dtype=np.uint16),
    "int32": np.arange(-3000, 90_000, 31, dtype=np.int32),
    "uint32": np.array([0, 1, 2**32 - 1], np.uint32),
    "int64": np.array([-(2**63), -5, 0, 2**40, 2**52], np.int64),
    "uint64": np.array([0, 7, 2**63], np.uint64),
    "bool": np.array([True, False, True, True]),
    "zeros": np.zeros(9, np.float32),
    "zeros of both signs": np.array([0.0, -0.0, -0.0], np.float16),
    "empty": np.empty((0, 4), np.float32),
    "empty bool": np.empty(0, bool),
    "no axes": np.array(2.5, np.float32),
    "one element": np.array([-3e-5], np.float16),
    "one pair": np.array([1.5 - 2j], np.complex64),
    "nothing but NaN": np.full(7, np.nan, np.float32),
    "nothing but infinities": np.array([np.inf, -np.inf], np.float64),
    "constant": np.full(1000, 0.1, np.float32),
    "extremes of float64": np.array([5e-324, -1.7976931348623157e308, 1.0, 2.0]),
}
"""Tensors with few enough distinct patterns that everything about them is exact."""


@pytest.mark.parametrize("name", TENSORS, ids=lambda name: name.replace(" ", "_"))
def test_every_measurement_is_that_of_the_elements(name: str, measured: Measured) -> None:
    """Counts, extent, moments, entropies, distinct patterns and casts of exactly counted tensors."""
    expected = by_hand(TENSORS[name])
    if name == "extremes of float64":  # the square of the largest exceeds float64
        expected |= {"variance": math.inf}
    assert_agrees(measured(TENSORS[name]), expected)


BINNED: dict[str, Array] = {
    "float32": weights("float32", 120_000),
    "float64": weights("float64", 120_000),
    "specials in float32": with_specials(weights("float32", 120_000)),
    "specials in float64": with_specials(weights("float64", 120_000)),
    "complex64": weights("float32", 150_000).view(np.complex64),
    "near int8 in float32": np.linspace(-140, 140, 100_001, dtype=np.float32),
    "near int8 in float64": np.linspace(-140, 140, 100_001),
}
"""Tensors with more than 65,536 distinct patterns."""


@pytest.mark.parametrize("name", BINNED, ids=lambda name: name.replace(" ", "_"))
def test_bins_lose_nothing_but_low_mantissa_bits(name: str, measured: Measured) -> None:
    """Everything is exact but the entropies of mantissa and pattern, which are bounds from above."""
    expected, found = by_hand(BINNED[name]), measured(BINNED[name])
    bounded = {key: expected.pop(key) for key in ("entropy[field=mantissa]", "entropy[field=pattern]")}
    share = expected.pop("lossless_share")
    assert found["entropy_is_upper_bound"] is True
    assert_agrees(found, {**expected, "entropy_is_upper_bound": True})
    for key, value in bounded.items():
        assert value <= float(found[key]) <= Elements(BINNED[name]).bits, key
    assert share <= float(found["lossless_share"]) <= 1


@pytest.mark.parametrize("kind", ["int32", "uint32", "int64", "uint64"])
def test_of_many_wide_integers_the_extent_is_known(kind: str, measured: Measured) -> None:
    """More than 65,536 distinct integers: elements, zeros and the largest magnitude remain, entropy is bounded."""
    limits = np.iinfo(kind)
    array = np.random.default_rng(3).integers(limits.min // 2, limits.max // 2, 70_000, dtype=kind)
    array[:4] = 0
    found = measured(array)
    assert (found["elements"], found["zeros"]) == (70_000, 4)
    assert found["largest_magnitude"] == float(max(abs(int(array.min())), abs(int(array.max()))))
    assert found["distinct_values_above"] == 65_536
    assert entropy_of(array.view(f"u{array.itemsize}")) <= float(found["entropy[field=pattern]"]) <= limits.bits
    assert found["narrowest_format"] == kind


def by_fractions(number: float) -> tuple[bool, bool, bool, bool]:
    """Overflow, underflow, subnormal and exact in a cast to tfloat32: 8 exponent and 10 mantissa bits, rational."""
    magnitude = abs(Fraction(number))
    exponent = -126
    while magnitude >= Fraction(2) ** (exponent + 1):
        exponent += 1
    last_place = Fraction(2) ** (exponent - 10)
    result = round(magnitude / last_place) * last_place  # Python rounds ties to even
    overflows = result >= 2**128
    return overflows, result == 0, 0 < result < Fraction(2) ** -126, result == magnitude and not overflows


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_casts_to_tfloat32_are_those_of_rational_arithmetic(kind: str, measured: Measured) -> None:
    """Midpoints, their neighbours, subnormals and numbers about the largest, each rounded as a fraction."""
    tie = 1 + 2.0**-11
    scales = [2.0**-149, 2.0**-137, 2.0**-136, 2.0**-127, 2.0**-126, 1.0, 2.0**127]
    cores = [
        1,
        tie,
        np.nextafter(tie, 0),
        np.nextafter(tie, 2),
        tie + 2.0**-10,
        2 - 2.0**-11,
        2 - 2.0**-12,
        1 + 2.0**-23,
    ]
    array = np.array([core * scale * sign for core in cores for scale in scales for sign in (1, -1)]).astype(kind)
    found = measured(array)
    outcomes = [by_fractions(float(number)) for number in array if number]
    totals = [sum(column) for column in zip(*outcomes, strict=True)]
    names = ("overflows", "underflows", "subnormals", "exact")
    assert [found[f"cast_{name}[format=tfloat32]"] for name in names] == totals


def test_int8_is_unscaled_symmetric_and_rounds_ties_to_even(measured: Measured) -> None:
    """0.5 becomes 0, 0.5000001 does not; 127.5 becomes 128 and overflows, 127.49 does not; -128 does."""
    array = np.array([0.5, 0.5000001, 1.0, -1.5, 127.0, 127.49, 127.5, -127.5, -128.0, 126.5], np.float32)
    found = measured(array)
    assert [found[f"cast_{name}[format=int8]"] for name in ("overflows", "underflows", "subnormals", "exact")] == [
        3,
        1,
        0,
        2,
    ]


def test_only_chosen_casts_and_those_of_rules_are_measured(measured: Measured) -> None:
    """float16 and the underflow format are cast to whatever is listed."""
    options = Options(casts=("int8",), underflow_format="float8_e5m2")
    keys = [key for key in measured(np.ones(4, np.float32), options) if key.startswith("cast_exact")]
    assert keys == [f"cast_exact[format={name}]" for name in ("int8", "float16", "float8_e5m2")]


@pytest.mark.parametrize(
    ("patterns", "kind", "expected"),
    [
        ([0x7E00, 0xFE00], "float16", 0),
        ([0x7E00, 0x7E01, 0x7D00], "float16", 2),
        ([0x7FC00000, 0x7FC00001, 0x7FA00000, 0xFFFF3C00], "float32", 3),
        ([0x7FF8000000000000, 0xFFFFFFFF3F800000], "float64", 1),
    ],
)
def test_non_canonical_nans_are_counted(patterns: list[int], kind: str, expected: int, measured: Measured) -> None:
    """The quiet NaN of either sign is canonical; payloads, signalling NaNs and boxed numbers are not."""
    array = np.array(patterns, f"u{np.dtype(kind).itemsize}").view(kind)
    found = measured(array)
    assert found["non_canonical_patterns"] == expected
    quiet_bit = {"float16": 0x200, "float32": 0x400000, "float64": 1 << 51}[kind]
    assert found["signalling_nans"] == sum(not pattern & quiet_bit for pattern in patterns)


def test_boolean_bytes_over_one_are_non_canonical(measured: Measured) -> None:
    """They count as such, once each."""
    assert measured(np.array([0, 1, 2, 255, 1], np.uint8).view(bool))["non_canonical_patterns"] == 2


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_measurements_of_random_bytes(measured: Measured, data: st.DataObject) -> None:
    """Whatever the bytes, every measurement is that of the elements."""
    kind = data.draw(st.sampled_from([*FIELDS, "complex64", "complex128", "int8", "int16", "int32", "uint64"]))
    dtype = BINARY.get(kind, np.dtype(kind))
    bits = sum(FIELDS[kind]) + 1 if kind in SATURATING else 8
    content = np.frombuffer(data.draw(st.binary(max_size=240)), np.uint8) & np.uint8((1 << bits) - 1)
    array = content[: len(content) // dtype.itemsize * dtype.itemsize].view(dtype)
    expected = by_hand(array)
    if kind in {"float64", "complex128", "uint64"}:  # powers beyond float64's range, integers beyond its precision
        expected = {key: value for key, value in expected.items() if key not in {"variance", "skewness", "kurtosis"}}
    if array.dtype == np.dtype("complex128") or kind == "float64":
        expected.pop("mean")
    assert_agrees(measured(array), expected)
