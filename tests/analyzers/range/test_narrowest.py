"""The narrowest formats that hold every element, against round trips by the libraries through all formats."""

from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.results import Scalar
from precisionlab.formats import STORED_FORMATS

Array = NDArray[Any]
Measured = Callable[..., Mapping[str, Scalar]]

NARROW_BITS = {"float4_e2m1fn": 4, "float6_e2m3fn": 6, "float6_e3m2fn": 6, "tfloat32": 19}
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
SOURCES = ("float16", "bfloat16", "float32", "float64", *INTEGERS)


def dtype_of(name: str) -> np.dtype[Any]:
    """Numpy's or ml_dtypes' type."""
    return np.dtype(getattr(ml_dtypes, name, name))


def bits_of(name: str) -> int:
    """Stored bits."""
    return NARROW_BITS.get(name) or 8 * dtype_of(name).itemsize


def survives(number: float, name: str) -> bool:
    """Whether one number, an int or a float, is the same after a cast to the format and back."""
    if name == "bool" or name in INTEGERS:
        limits = (0, 1) if name == "bool" else (int(np.iinfo(name).min), int(np.iinfo(name).max))
        return np.isfinite(number) and number == int(number) and limits[0] <= int(number) <= limits[1]
    if name == "tfloat32":
        single = np.float32(number)
        return bool(np.isnan(single)) or (float(single) == number and int(single.view(np.uint32)) & 0x1FFF == 0)
    result = float(np.asarray(float(number)).astype(dtype_of(name)).astype(np.float64))
    return result == number or bool(np.isnan(number) and np.isnan(result))


def narrowest_by_round_trips(array: Array) -> list[str]:
    """All formats of the fewest bits that every element survives, or the stored one."""
    own = array.dtype.name
    numbers = set(array.reshape(-1).astype(object if own in INTEGERS else np.float64).tolist())
    with np.errstate(all="ignore"):
        holding = [
            name
            for name in STORED_FORMATS
            if bits_of(name) < bits_of(own) and all(survives(one, name) for one in numbers)
        ]
    fewest = min((bits_of(name) for name in holding), default=0)
    return [name for name in holding if bits_of(name) == fewest] or [own]


def assert_narrowest(array: Array, measured: Measured) -> None:
    """The names, in the catalogue's order, and their width."""
    found, expected = measured(array), narrowest_by_round_trips(array)
    assert str(found["narrowest_format"]).split() == expected
    assert found["narrowest_bits"] == bits_of(expected[0])


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.5, -6, 4], np.float32),
        np.array([0.125, 7.5], np.float32),
        np.array([28.0, -20], np.float64),
        np.array([1.0, 2.0**100], np.float32),
        np.array([-1.0, 2.0**100], np.float32),
        np.array([0.0, 2.0**100], np.float32),
        np.array([-128.0, 127], np.float32),
        np.array([-129.0, 127], np.float32),
        np.array([255.0, 3], np.float64),
        np.array([65535.0, 3], np.float64),
        np.array([-32768.0, 32767], np.float64),
        np.array([-1.0, 2.0**31 + 1], np.float64),
        np.array([np.nan, 1.5], np.float32),
        np.array([np.nan, np.inf, 3.0], np.float32),
        np.array([np.nan, 100.0, 127.0], np.float32),
        np.array([1 + 2.0**-10, 2.0**20], np.float32),
        np.array([1 + 2.0**-23], np.float64),
        np.array([1 + 2.0**-24], np.float64),
        np.array([-128, 5], np.int16),
        np.array([200, 201], np.int16),
        np.array([2**53 + 1], np.int64),
        np.array([2**60 + 1, 2**60], np.int64),
        np.array([-(2**60)], np.int64),
        np.array([2**63 + 2**12], np.uint64),
        np.array([2**64 - 1], np.uint64),
        np.array([-(2**63)], np.int64),
        np.zeros(3, np.float16),
        np.array([-0.0], np.float32),
        np.empty(0, np.float32),
    ],
    ids=lambda array: f"{array.dtype}-{'_'.join(map(str, array))}",
)
def test_narrowest_formats_of_chosen_numbers(array: Array, measured: Measured) -> None:
    """Extremes of each format, infinities, NaNs, zeros, integers beyond 2^53, and nothing at all."""
    assert_narrowest(array, measured)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_narrowest_formats_are_those_of_round_trips(measured: Measured, data: st.DataObject) -> None:
    """Few random patterns of one format stored in another."""
    held = data.draw(st.sampled_from([name for name in STORED_FORMATS if name not in {"tfloat32", "bool"}]))
    patterns = data.draw(st.lists(st.integers(0, (1 << bits_of(held)) - 1), max_size=4))
    source = dtype_of(data.draw(st.sampled_from(SOURCES)))
    numbers = np.array(patterns, f"u{dtype_of(held).itemsize}").view(dtype_of(held))
    with np.errstate(all="ignore"):
        array = numbers.astype(np.float64).astype(source) if source.kind != "u" else numbers.astype(source)
    assert_narrowest(array, measured)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.random.default_rng(0).normal(16_000, 1000, 200_000).astype(np.float32), "float32"),
        (np.random.default_rng(0).uniform(5000, 2e9, 200_000), "float64"),
        (np.random.default_rng(0).normal(0, 1, 200_000).astype(np.float32).astype(np.float64), "float32"),
        ((np.random.default_rng(0).integers(2**12, 2**23, 200_000) << 1).astype(np.float64), "float32"),
    ],
    ids=["thousands", "thousands in float64", "float32 in float64", "integers"],
)
def test_bins_claim_no_format_that_does_not_hold_all(array: Array, expected: str, measured: Measured) -> None:
    """Numbers with fractions below what the bins tell are not taken for integers."""
    assert measured(array)["narrowest_format"] == expected


def test_infinities_and_nans_count_in_bins_too(measured: Measured) -> None:
    """70,000 NaN payloads, and powers of two: E8M0 holds them, unless one is negative, zero or infinite."""
    payloads = np.uint32(0x7FC00000) | np.arange(70_000, dtype=np.uint32)
    array = np.concatenate([payloads.view(np.float32), np.array([0.5, 4, 1024 * 1024], np.float32)])
    assert measured(array)["narrowest_format"] == "float8_e8m0fnu"
    for spoiler in (-4.0, 0.0, np.inf):
        array[-2] = spoiler
        assert measured(array)["narrowest_format"] == "bfloat16"
