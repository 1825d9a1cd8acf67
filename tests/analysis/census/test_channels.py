"""Extremes of channels against numpy's over each slice, also where blocks split rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from precisionlab.analysis.census.backends import Backend
from precisionlab.analysis.census.channels import ChannelExtremes, plan_channels
from precisionlab.analysis.census.counting import ChannelCounting
from precisionlab.analysis.census.cpu import CpuBackend
from precisionlab.analysis.census.layouts import LAYOUTS
from precisionlab.analysis.census.survey import Survey
from precisionlab.formats import STORED_FORMATS

if TYPE_CHECKING:
    from tests.analysis.census.conftest import MakeSpecimen, Specimen

Codes = NDArray[np.unsignedinteger]

DTYPES = (
    "float4_e2m1fn",
    "float6_e3m2fn",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e8m0fnu",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex32",
    "complex64",
    "complex128",
)
SHAPES = ((5, 7), (1, 9), (9, 1), (1, 1), (3, 4, 5), (6, 1, 3), (3, 2, 1, 4))


def library_type(dtype: str) -> np.dtype[np.generic]:
    """Of one component, from numpy or ml_dtypes."""
    component = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
    return np.dtype(getattr(ml_dtypes, component, component))


def codes_of(dtype: str, shape: tuple[int, ...], seed: int = 0) -> Codes:
    """Random patterns, with a constant row, a row of zeros, one of NaNs and a column of zeros where there is room."""
    layout, rng = LAYOUTS[dtype], np.random.default_rng(seed)
    last = (1 << layout.format.bits) - 1
    drawn = rng.integers(0, last, (*shape, layout.components), dtype=np.uint64, endpoint=True)
    if shape[0] > 2 and shape[1] > 1:
        drawn[0], drawn[1], drawn[2] = 1, 0, last
        drawn[3:, -1] = 0
    return drawn.astype(layout.code_type)


def expected(codes: Codes, dtype: str, axis: int) -> tuple[list[float], list[bool], list[bool]]:
    """Largest finite magnitude, whether constant and whether not finite throughout, slice by slice."""
    slices = [np.take(codes, index, axis=axis).ravel() for index in range(codes.shape[axis])]
    amax, constant, non_finite = [], [], []
    for one in slices:
        with np.errstate(invalid="ignore"):
            numbers = one.view(library_type(dtype)).astype(np.float64)
        amax.append(float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)))
        constant.append(len(np.unique(one)) == 1)
        non_finite.append(constant[-1] and not np.isfinite(numbers).any())
    return amax, constant, non_finite


def assert_extremes(found: tuple[ChannelExtremes, ...], codes: Codes, dtype: str) -> None:
    """Both axes are as expected."""
    assert [extremes.axis for extremes in found] == [0, 1]
    for extremes in found:
        amax, constant, non_finite = expected(codes, dtype, extremes.axis)
        assert extremes.amax.tolist() == amax
        assert extremes.is_constant.tolist() == constant
        assert extremes.is_non_finite.tolist() == non_finite
        assert extremes.length == codes.size // codes.shape[extremes.axis]


def channels_in_blocks(codes: Codes, dtype: str, backend: Backend, length: int) -> tuple[ChannelExtremes, ...]:
    """Channels of codes that come in blocks of `length` codes, the last one first."""
    plan = plan_channels(LAYOUTS[dtype].format, codes.shape[:-1], LAYOUTS[dtype].components)
    assert plan is not None
    counting = ChannelCounting(plan, codes.dtype, backend)
    flat = codes.ravel()
    for first in reversed(range(0, codes.size, length)):
        counting.add(first, backend.place(flat[first : first + length]))
    return counting.channels()


@pytest.mark.parametrize("length", [1, 2, 5, 1000], ids="blocks of {}".format)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extremes_of_each_slice(dtype: str, shape: tuple[int, ...], length: int, backend: Backend) -> None:
    """Rows and columns have numpy's extremes wherever blocks end."""
    codes = codes_of(dtype, shape)
    assert_extremes(channels_in_blocks(codes, dtype, backend, length), codes, dtype)


@settings(max_examples=60, deadline=None)
@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.lists(st.integers(1, 6), min_size=2, max_size=4).map(tuple),
    length=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_extremes_of_any_tensor(dtype: str, shape: tuple[int, ...], length: int, seed: int) -> None:
    """Any shape, any pattern, any length of blocks."""
    codes = codes_of(dtype, shape, seed)
    assert_extremes(channels_in_blocks(codes, dtype, CpuBackend(), length), codes, dtype)


@pytest.mark.parametrize("dtype", ["float4_e2m1fn", "float6_e3m2fn", "bfloat16", "float64", "complex64"])
def test_survey_has_the_channels(
    dtype: str,
    backend: Backend,
    make_specimen: "MakeSpecimen",
    survey_with: "Callable[[Specimen, Backend], Survey]",
) -> None:
    """A survey of stored bytes, packed ones too, tells the extremes of a tensor with odd sides."""
    codes = codes_of(dtype, (7, 3, 5))
    specimen = make_specimen(dtype, codes.ravel(), shape=(7, 3, 5))
    assert_extremes(survey_with(specimen, backend).channels, codes, dtype)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        ("int32", (3, 3)),
        ("bool", (3, 3)),
        ("float32", (9,)),
        ("float32", ()),
        ("float32", (0, 3)),
        ("float32", (3, 0)),
        ("float32", (2, (1 << 20) + 1)),
        ("complex64", (2, (1 << 19) + 1)),
        ("float32", ((1 << 20) + 1, 2)),
    ],
    ids=str,
)
def test_no_channels(dtype: str, shape: tuple[int, ...]) -> None:
    """Integers, fewer than two axes, empty tensors and over 2^20 rows or columns have none."""
    layout = LAYOUTS[dtype]
    assert plan_channels(layout.format, shape, layout.components) is None


def test_widest_rows_have_channels() -> None:
    """2^20 rows or codes a row are still kept."""
    assert plan_channels(STORED_FORMATS["float32"], (2, 1 << 20), 1) is not None
    assert plan_channels(STORED_FORMATS["float32"], (1 << 20, 2), 1) is not None
